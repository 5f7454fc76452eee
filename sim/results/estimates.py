"""Estimates with their errors: means, proportions and quantiles, of independent paths and of groups of paths.

Paths that depend on one another come in groups: "pairs" (antithetic: paths 2m and 2m + 1) or "scrambles" (randomised
quasi-Monte Carlo: path p belongs to scramble p % 16). The groups are independent, so errors come from their sums.
Absent values leave groups of different sizes. A mean is then a ratio, sum of the groups' sums over sum of their sizes,
and its error comes from the residuals: Cochran (1977), Sampling Techniques, sections 6.3 and 9A.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import special

from sim.lowering.program import SCRAMBLES
from sim.results.value import HashableValue, hashed
from sim.text.frozen import same, whole
from sim.text.numbers import decimals_allowed, rounded

QUANTILE_PERCENTS = (5, 25, 50, 75, 95)
WORST_PERCENT = 5
GROUPS = (None, "pairs", "scrambles")
DUST = 1e-12  # an error this small beside its value is rounding of equal values
CENSORED_MARK = "+"  # after a number that is a lower bound, because its path was not followed further: `24.0+`
_Z95 = float(special.ndtri(0.975))


# --- estimates ---


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Estimate(HashableValue):
    """A number with its standard error and 95% confidence interval. Prints as `0.184 +- 0.001`.

    Examples
    --------
    >>> Estimate(0.184, 0.0012, (0.182, 0.186))
    0.184 +- 0.001
    """

    value: float
    se: float
    ci95: tuple[float, float]

    @property
    def error(self) -> float:
        """The uncertainty printed after +-: the standard error or, if that is 0, half the interval width over 1.96.

        A proportion of 0 out of 1,000 has a standard error of 0 although the probability is not known exactly.
        """
        return self.se if self.se > 0.0 else (self.ci95[1] - self.ci95[0]) / (2.0 * _Z95)

    def complement(self) -> Estimate:
        """The probability of the opposite."""
        return Estimate(1.0 - self.value, self.se, (1.0 - self.ci95[1], 1.0 - self.ci95[0]))

    def as_percent(self) -> str:
        """A probability or share as `84.2% +- 0.1%`."""
        low, high = self.ci95
        scaled = Estimate(100 * self.value, 100 * self.se, (100 * low, 100 * high))
        return str(scaled).replace(" +- ", "% +- ") + "%"

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        if not math.isfinite(self.value):
            return "absent"
        if not math.isfinite(self.error):
            return f"{self.value:g}, error unknown"
        if self.error <= 0.0:
            return f"{self.value:g} +- 0"
        digits = decimals_allowed(self.error)
        return f"{rounded(self.value, digits)} +- {rounded(self.error, digits)}"


class LowerBound(Estimate):
    """The mean runway of paths of which none runs out of cash before the horizon. Prints as `24.02+ +- 0`."""

    __slots__ = ()

    def __str__(self) -> str:
        number, sign, error = Estimate.__str__(self).partition(" +- ")
        return f"{number}{CENSORED_MARK}{sign}{error}"


def bounded(levels: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """The measures of a run, with the runway as a lower bound where no path runs out of cash."""
    found = dict(levels)
    if "runway_months" in found and found["cash_out"].value == 0.0:
        runway = found["runway_months"]
        found["runway_months"] = LowerBound(runway.value, runway.se, runway.ci95)
    return found


def proportion(successes: int, trials: int, se: float | None = None, dof: float = math.inf) -> Estimate:
    """The probability behind `successes` out of `trials`, with its Wilson interval.

    Wilson (1927): the p for which (p^ - p)^2 <= z^2 p (1 - p) / n. The standard error is sqrt(p^ (1 - p^) / n).

    For trials in groups, `se` is the standard error estimated from the groups and `dof` its degrees of freedom: n is
    then the number of independent trials that would have this error, and z Student's quantile. Franco and others
    (2019), Journal of Survey Statistics and Methodology 7(3). Where all groups agree on 0 or 1, n = trials.
    """
    successes, trials = int(successes), int(trials)
    if trials <= 0 or not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} trials: 0 <= successes <= trials, and at least one trial")
    share = successes / trials
    variance, n, z = share * (1.0 - share) / trials, float(trials), _Z95
    if se is not None and 0 < successes < trials:
        if math.isnan(se):
            return Estimate(share, se, (0.0, 1.0))
        if se == 0.0:
            return Estimate(share, se, (share, share))
        variance, n, z = se**2, share * (1.0 - share) / se**2, float(special.stdtrit(dof, 0.975))
    shrink = 1.0 + z**2 / n
    middle = (share + z**2 / (2 * n)) / shrink
    half = z / shrink * math.sqrt(variance + (z / (2 * n)) ** 2)
    low = 0.0 if successes == 0 else max(middle - half, 0.0)
    high = 1.0 if successes == trials else min(middle + half, 1.0)
    return Estimate(share, math.sqrt(variance), (low, high))


# --- groups of paths ---


def by_group(values: np.ndarray, groups: str) -> np.ndarray:
    """Sums (groups,) of `values` (paths,), one for each group of paths."""
    if groups not in GROUPS[1:]:
        raise ValueError(f"groups = {groups!r}: None, {', '.join(repr(name) for name in GROUPS[1:])}")
    width = SCRAMBLES if groups == "scrambles" else 2
    padded = np.append(values, np.zeros(-values.size % width, values.dtype)).reshape(-1, width)
    sums: np.ndarray = padded.sum(axis=0 if groups == "scrambles" else 1)
    return sums


class GroupError(NamedTuple):
    """Standard error of a mean, and its degrees of freedom."""

    se: float
    dof: float

    def half_width(self) -> float:
        """Half of the width of Student's 95% interval."""
        return float(special.stdtrit(self.dof, 0.975)) * self.se if self.dof > 0 else math.nan

    def estimate(self, mean: float) -> Estimate:
        """`mean` with this error and Student's 95% interval."""
        half_width = self.half_width()
        return Estimate(mean, self.se, (mean - half_width, mean + half_width))


def group_error(residuals: np.ndarray, sizes: np.ndarray, times: np.ndarray | None = None) -> GroupError:
    """Error of a mean of groups, from each group's sum of distances from it and its size.

    `times` says how often each of them occurs. sqrt(G / (G - 1) sum e^2) / sum n: Cochran (1977), section 6.3.
    """
    times = np.ones(sizes.size) if times is None else times
    groups = float(times[sizes > 0].sum())
    if groups < 2:
        return GroupError(math.nan, 0.0)
    squares = float((times * residuals * residuals).sum())
    return GroupError(math.sqrt(groups / (groups - 1.0) * squares) / float((times * sizes).sum()), groups - 1.0)


def grouped_proportion(successes: np.ndarray, sizes: np.ndarray, times: np.ndarray | None = None) -> Estimate:
    """As `proportion`, from the successes and the size of each group; `times` as in `group_error`."""
    often = np.ones(sizes.size, np.int64) if times is None else times
    hits, trials = int((often * successes).sum()), int((often * sizes).sum())
    error = group_error(successes - hits / max(trials, 1) * sizes, sizes, times)
    return proportion(hits, trials, error.se, error.dof)


def design_effect(below: np.ndarray, sizes: np.ndarray, times: np.ndarray | None = None) -> float:
    """Variance of a proportion of groups over that of as many independent paths; 1 where everything agrees.

    Kish (1965), Survey Sampling, section 8.2.
    """
    often = np.ones(sizes.size, np.int64) if times is None else times
    n = int((often * sizes).sum())
    share = int((often * below).sum()) / n
    if not 0.0 < share < 1.0:
        return 1.0
    error = group_error(below - share * sizes, sizes, times)
    return 1.0 if math.isnan(error.se) else error.se**2 * n / (share * (1.0 - share))


# --- quantiles ---


@whole
class Quantile(NamedTuple):
    """A quantile and its 95% interval; a side is infinite where there are too few values to bound it."""

    value: float
    ci95: tuple[float, float]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple) and same(tuple(self), tuple(other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hashed(tuple(self))

    @property
    def error(self) -> float:
        """Half of the interval's width over 1.96, as a standard error.

        Where one side of the interval is infinite, from the other side alone; infinite where both are.
        """
        sides = [side for side in (self.value - self.ci95[0], self.ci95[1] - self.value) if math.isfinite(side)]
        return sum(sides) / len(sides) / _Z95 if sides else math.inf


class QuantileBound(Quantile):
    """The quantile of a runway that lasts to the horizon, hence a lower bound. Its value prints as `24.02+`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Quantile(value={self.value}{CENSORED_MARK}, ci95={self.ci95})"


def quantile_rank(n: int, percent: int) -> int:
    """Rank (1 is the smallest) of the quantile among n values: ceil(n percent / 100), in whole numbers."""
    return max(1, -(-n * percent // 100))


@lru_cache(maxsize=1024)  # every measure of a run asks for the same ranks
def interval_ranks(n: int, percent: int, level: float = 0.95) -> tuple[int, int]:
    """Ranks (l, u) of the order statistics that bracket the quantile with probability at least `level`.

    The number of n values below the quantile is Binomial(n, p), so X(l) <= q <= X(u) with probability
    P(l <= B <= u - 1). David and Nagaraja (2003), Order Statistics, section 7.1. Each tail has at most half of 1 -
    `level`, hence the coverage is at least `level`. l = 0 and u = n + 1: no value bounds that side.
    """
    p, tail = percent / 100, (1.0 - level) / 2.0
    spread = float(special.ndtri(1.0 - tail)) * math.sqrt(n * p * (1.0 - p))
    low = min(max(math.floor(n * p - spread), 0), n)
    while low < n and special.bdtr(low, n, p) <= tail:
        low += 1
    while low > 0 and special.bdtr(low - 1, n, p) > tail:
        low -= 1
    high = min(max(math.ceil(n * p + spread), 1), n)
    while high > 1 and special.bdtr(high - 2, n, p) >= 1.0 - tail:
        high -= 1
    while high <= n and special.bdtr(high - 1, n, p) < 1.0 - tail:
        high += 1
    return low, high


def grouped_ranks(n: int, percent: int, effect: float, dof: float) -> tuple[int, int]:
    """As `interval_ranks`, for n values in groups: n (p -+ t se), with se^2 = `effect` p (1 - p) / n.

    Woodruff (1952), Journal of the American Statistical Association 47, with the design effect at the estimate. The
    number of values below the quantile is whole: it is at most k with the probability that its normal stand-in is at
    most k + 1/2, and each tail again gets at most its half.
    """
    p = percent / 100
    spread = float(special.stdtrit(dof, 0.975)) * math.sqrt(effect * n * p * (1.0 - p)) if dof > 0 else math.inf
    low, high = max(n * p - spread + 0.5, 0.0), min(n * p + spread + 0.5, n + 1.0)
    return math.floor(low), math.ceil(high)
