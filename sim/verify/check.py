"""One check: a known answer with its source, an estimate with its standard error, a verdict.

The verdict is |z| <= LIMIT, z = (estimate - known) / se. A check without a standard error is exact: the estimate must
be the known answer, or lie within a tolerance that is stated and has a reason (a cent, some units in the last place).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, SupportsFloat

import numpy as np

LIMIT = 4.0  # standard errors
_FALSE_ALARM = math.erfc(LIMIT / math.sqrt(2.0))  # probability that a correct normal estimate lies further off


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
        """Whether nothing in the estimate is random."""
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
        """Whether |z| <= LIMIT. A check fails where its estimate or its standard error is not a number."""
        return bool(abs(self.z) <= LIMIT and 0.0 <= self.se < math.inf)

    def to_dict(self) -> dict[str, Any]:
        """All fields and the verdict. z may be infinite, for which JSON has no number."""
        fields = {name: getattr(self, name) for name in ("name", "protects", "source", "known", "estimate", "se")}
        return {**fields, "within": self.within, "z": self.z, "passed": self.passed}


@dataclass(frozen=True, slots=True)
class About:
    """What checks have in common; each of its methods makes one check.

    Parameters
    ----------
    protects, source : of `Check`; a check may state its own.
    within : tolerance of the exact checks.
    """

    protects: str
    source: str
    within: float = 0.0

    def estimate(self, name: str, known: SupportsFloat, estimate: SupportsFloat, se: float, **own: Any) -> Check:
        """An estimate with its standard error. `own` replaces `protects`, `source` or `within`."""
        texts = {"protects": self.protects, "source": self.source} | own
        return Check(name, known=float(known), estimate=float(estimate), se=float(se), **texts)

    def exact(self, name: str, known: SupportsFloat, estimate: SupportsFloat, **own: Any) -> Check:
        """A check in which nothing is random: |estimate - known| <= within, which is 0 unless a rounding is due."""
        return self.estimate(name, known, estimate, 0.0, **({"within": self.within} | own))

    def mean(self, name: str, known: float, sample: np.ndarray, **own: Any) -> Check:
        """The mean of independent values (n,), its standard error from their spread."""
        values = np.asarray(sample, dtype=np.float64)
        se = float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else math.nan
        return self.estimate(name, known, float(values.mean()) if values.size else math.nan, se, **own)

    def share(self, name: str, known: float, happened: np.ndarray, **own: Any) -> Check:
        """The frequency of an event in independent trials (n,), its standard error from the known probability."""
        trials = np.asarray(happened)
        se = math.sqrt(known * (1.0 - known) / trials.size) if trials.size else math.nan
        return self.estimate(name, known, float(trials.mean()) if trials.size else math.nan, se, **own)

    def quantile(self, name: str, percent: float, known: float, sample: np.ndarray, **own: Any) -> Check:
        """How many of a sample (n,) lie at or below the known quantile: a binomial share of `percent`."""
        return self.share(f"{name}: share up to {known:.6g}", percent / 100.0, np.asarray(sample) <= known, **own)

    def chi_square(self, name: str, statistic: float, degrees: int) -> Check:
        """A chi-square by the cube root of itself over its degrees of freedom, which is nearly normal.

        Wilson and Hilferty (1931), PNAS 17: mean 1 - 2 / (9 k), variance 2 / (9 k).
        """
        known, se = 1.0 - 2.0 / (9.0 * degrees), math.sqrt(2.0 / (9.0 * degrees))
        what = f"{name}, (chi-square / {degrees})^(1/3)"
        return self.estimate(what, known, (statistic / degrees) ** (1 / 3), se, source="Wilson and Hilferty (1931)")


def probability_of_false_alarm(checks: int) -> float:
    """That at least one of so many correct, independent checks with a standard error fails."""
    return -math.expm1(checks * math.log1p(-_FALSE_ALARM))
