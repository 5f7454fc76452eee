"""One check: a known answer with its source, an estimate with its standard error, a verdict.

The verdict is |z| <= LIMIT, z = (estimate - known) / se. A check without a standard error is exact: the estimate must
be the known answer, or lie within a tolerance that is stated and has a reason (a cent, some units in the last place).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

LIMIT = 4.0  # standard errors
_CHANCE_OF_ALARM = math.erfc(LIMIT / math.sqrt(2.0))  # that an honest normal estimate lies further off


@dataclass(frozen=True, slots=True)
class Check:
    """A known answer beside its estimate.

    Parameters
    ----------
    name : what is compared, in a few words, with its unit where it has one.
    protects : what would be wrong in a result if this failed.
    source : where the known answer comes from: a textbook, a clause of the documents, a sum by hand.
    known, estimate : the two figures, in the same unit.
    se : standard error of the estimate; 0 where nothing is random.
    within : of an exact check, how far the estimate may lie from what is known.
    """

    name: str
    protects: str
    source: str
    known: float
    estimate: float
    se: float
    within: float = 0.0

    @property
    def exact(self) -> bool:
        """Whether no chance is left in the estimate."""
        return self.se == 0.0

    @property
    def z(self) -> float:
        """Distance in standard errors; of an exact check 0 or infinite."""
        off = self.estimate - self.known
        if not self.exact:
            return off / self.se
        return 0.0 if abs(off) <= self.within else math.copysign(math.inf, off) if off == off else math.nan

    @property
    def passed(self) -> bool:
        """Whether |z| <= LIMIT. What is no number fails, and so does an error that is none."""
        return bool(abs(self.z) <= LIMIT and 0.0 <= self.se < math.inf)

    def to_dict(self) -> dict[str, Any]:
        """All fields and the verdict. An infinite z is left to whoever writes JSON."""
        fields = {name: getattr(self, name) for name in ("name", "protects", "source", "known", "estimate", "se")}
        return {**fields, "within": self.within, "z": self.z, "passed": self.passed}


def exact(name: str, protects: str, source: str, known: float, estimate: float, within: float = 0.0) -> Check:
    """A check without chance: |estimate - known| <= within, which is 0 unless a rounding is due."""
    return Check(name, protects, source, float(known), float(estimate), 0.0, float(within))


def mean_of(name: str, protects: str, source: str, known: float, sample: np.ndarray) -> Check:
    """The mean of independent values (n,), its standard error from their spread."""
    values = np.asarray(sample, dtype=np.float64)
    se = float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else math.nan
    return Check(name, protects, source, float(known), float(values.mean()) if values.size else math.nan, se)


def chance(name: str, protects: str, source: str, known: float, happened: np.ndarray) -> Check:
    """The frequency of an event in independent trials (n,), its standard error from the known probability."""
    trials = np.asarray(happened)
    se = math.sqrt(known * (1.0 - known) / trials.size) if trials.size else math.nan
    return Check(name, protects, source, float(known), float(trials.mean()) if trials.size else math.nan, se)


def quantile(name: str, protects: str, source: str, known: float, percent: float, sample: np.ndarray) -> Check:
    """How many of a sample (n,) lie at or below the known quantile: a binomial share of `percent`."""
    below = np.asarray(sample) <= known
    return chance(f"{name}: share up to {known:.6g}", protects, source, percent / 100.0, below)


def chi_square(name: str, protects: str, statistic: float, freedom: int) -> Check:
    """A chi-square by the cube root of itself over its degrees of freedom, which is nearly normal.

    Wilson and Hilferty (1931), PNAS 17: mean 1 - 2 / (9 k), variance 2 / (9 k).
    """
    known, se = 1.0 - 2.0 / (9.0 * freedom), math.sqrt(2.0 / (9.0 * freedom))
    what = f"{name}, (chi-square / {freedom})^(1/3)"
    return Check(what, protects, "Wilson and Hilferty (1931)", known, (statistic / freedom) ** (1.0 / 3.0), se)


def chance_of_false_alarm(checks: int) -> float:
    """That at least one of so many honest, independent checks with a standard error fails."""
    return -math.expm1(checks * math.log1p(-_CHANCE_OF_ALARM))
