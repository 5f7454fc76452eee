"""The table of all checks: as text, as a document, and a sentence that says how it came out."""

from __future__ import annotations

import math
import platform
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sim.results.provenance import versions
from sim.results.summary import jsonable
from sim.text.numbers import decimals_allowed, rounded
from sim.text.tables import Table, table_text, wrapped
from sim.verify.check import LIMIT, Check, probability_of_false_alarm

_MOST_DECIMALS = 9  # of exact figures, unless the check fails
_BINS = 16  # of z, from -LIMIT to LIMIT


@dataclass(frozen=True, slots=True)
class Group:
    """The checks of one part of the model."""

    title: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """All checks of one run of `verify`, in the order of the table."""

    groups: tuple[Group, ...]
    paths: int
    seed: int
    made: str  # when, as ISO 8601 in UTC
    elapsed_s: float

    @property
    def checks(self) -> tuple[Check, ...]:
        return tuple(check for group in self.groups for check in group.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.passed)

    @property
    def passed(self) -> bool:
        """Whether there are checks and all of them passed."""
        return bool(self.checks) and not self.failed

    @property
    def false_alarm(self) -> float:
        """Probability that a correct program fails at least one check, at a seed chosen without looking."""
        return probability_of_false_alarm(sum(not check.exact for check in self.checks))

    @property
    def sentence(self) -> str:
        """How it came out."""
        n, bad = len(self.checks), len(self.failed)
        return f"All {n} checks passed." if self.passed else f"{bad} of {n} checks FAILED."

    @property
    def explanation(self) -> str:
        """How to read the table."""
        exact = sum(check.exact for check in self.checks)
        return (
            f"{exact} checks are exact. The other {len(self.checks) - exact} compare an estimate with a known answer: "
            f"z is their distance in standard errors of the estimate, and {LIMIT:g} is the most allowed. A correct "
            f"program fails one or more of them at {self.false_alarm:.1%} of all seeds or fewer; this seed is "
            f"{self.seed}, with up to {self.paths:,d} paths a check."
        )

    def manifest(self) -> dict[str, Any]:
        """What it takes to repeat the table."""
        return {"versions": versions(), "platform": platform.platform(), "seed": self.seed, "paths": self.paths}

    def distances(self) -> list[tuple[float, float, int, float]]:
        """Bins (from, to) of z, how many checks lie in each, and the expected number if z were standard normal.

        The z of a correct program are nearly standard normal, so the two columns are alike. Checks of one run share
        random numbers, so they are not independent.
        """
        z = [check.z for check in self.checks if not check.exact and math.isfinite(check.z)]
        width = 2.0 * LIMIT / _BINS
        edges = [-LIMIT + i * width for i in range(_BINS + 1)]
        return [
            (low, high, sum(low <= one < high for one in z), len(z) * (_normal_cdf(high) - _normal_cdf(low)))
            for low, high in pairwise(edges)
        ]

    def to_dict(self) -> dict[str, Any]:
        """The table as JSON has it; None for numbers that are infinite or absent."""
        checks = [{"group": group.title, **check.to_dict()} for group in self.groups for check in group.checks]
        return jsonable(
            {
                "passed": self.passed,
                "number": len(self.checks),
                "failed": [check.name for check in self.failed],
                "limit": LIMIT,
                "false_alarm": self.false_alarm,
                "made": self.made,
                "elapsed_s": self.elapsed_s,
                "checks": checks,
                "manifest": self.manifest(),
            }
        )

    def __str__(self) -> str:
        parts = [table_text(_table(group)) + "\n" for group in self.groups]
        parts += [f"FAILED: {check.name}: {check.protects}" for check in self.failed]
        return "\n".join([*parts, wrapped(self.explanation), f"{self.sentence} {self.elapsed_s:.1f} s."])


def _table(group: Group) -> Table:
    rows = [(check.name, *figures(check), verdict(check)) for check in group.checks]
    columns = ("check", "known", "estimate", "std. error", "z", "verdict")
    return Table(group.title, columns, rows, (0, 5), details=[f"{c.protects} [{c.source}]" for c in group.checks])


def verdict(check: Check) -> str:
    return "pass" if check.passed else "FAIL"


def figures(check: Check) -> tuple[str, str, str, str]:
    """Known answer, estimate, standard error and z as text, to a tenth of the error."""
    if not check.exact:
        digits = decimals_allowed(check.se) + 1
        z = f"{check.z:+.2f}" if math.isfinite(check.z) else "-"
        error = rounded(check.se, digits) if math.isfinite(check.se) else "unknown"
        return _number(check.known, digits), _number(check.estimate, digits), error, z
    known, estimate = f"{check.known:,.12g}", f"{check.estimate:,.12g}"
    if check.within > 0.0:
        digits = min(decimals_allowed(check.within), _MOST_DECIMALS)
        known, estimate = _number(check.known, digits), _number(check.estimate, digits)
    if known == estimate and not check.passed:
        known, estimate = repr(check.known), repr(check.estimate)
    return known, estimate, f"<= {check.within:.0e}" if check.within > 0.0 else "exact", ""


def _number(value: float, digits: int) -> str:
    return rounded(value, digits) if math.isfinite(value) else repr(value)


def _normal_cdf(x: float) -> float:
    return math.erfc(-x / math.sqrt(2.0)) / 2.0
