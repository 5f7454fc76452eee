"""The distribution of one measure over the paths of a run.

Quantiles are those of the inverse of the empirical distribution function (Hyndman and Fan's definition 1, NumPy's
"inverted_cdf"): the p-quantile of n values is the ceil(n p)-th smallest. It is always the value of a path, and the
intervals from order statistics are intervals for the same quantity.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.results.estimates import (
    CENSORED_MARK,
    QUANTILE_PERCENTS,
    WORST_PERCENT,
    Estimate,
    GroupError,
    LowerBound,
    Quantile,
    QuantileBound,
    by_group,
    design_effect,
    group_error,
    grouped_ranks,
    interval_ranks,
    quantile_rank,
)
from sim.results.value import HashableValue

LEAST_TAIL = 5  # values in the tail; fewer do not show how far their mean may be off


class Moments(NamedTuple):
    """How many values, how many absent, their mean and standard deviation, and the error of the mean."""

    n: int
    absent: int
    mean: float
    sd: float
    error: GroupError

    def times(self, factor: float) -> Moments:
        """Those of the values times a factor, at least 0."""
        error = GroupError(self.error.se * factor, self.error.dof)
        return Moments(self.n, self.absent, self.mean * factor, self.sd * factor, error)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Distribution(HashableValue):
    """The distribution of one measure over the paths.

    n paths have a value and `absent` paths have none (NaN). `mcse` is the Monte Carlo standard error of the mean
    (sd / sqrt(n) where all paths are independent), `mean_ci95` Student's interval with it. `worst5_mean` is the mean of
    the worst 5% of the values, the last one with a fractional weight where 5% of n is not whole; `worst5_se` is its
    standard error and `worst5_ci95` Student's interval with as many degrees of freedom as there are independent values
    in the tail, less one.

    `censored` counts the paths whose value is only a lower bound, the largest one: those whose cash lasts to the
    horizon, for the runway. It is None for measures of which every value is known.

    `from_values` is exact. A run that keeps no paths builds the same object from its `sim.results.sketch.Sketch`.
    """

    n: int
    absent: int
    mean: float
    sd: float
    mcse: float
    mean_ci95: tuple[float, float]
    quantiles: tuple[Quantile, ...]
    worst5_mean: float
    worst5_se: float
    worst5_ci95: tuple[float, float]
    censored: int | None = None

    @classmethod
    def from_values(cls, values: np.ndarray, bad_tail: str = "low", groups: str | None = None) -> Distribution:
        """From one value a path, in the order of the paths; NaN is "absent" and counted apart.

        `groups` says which paths depend on one another: None, no paths; "pairs", paths 2m and 2m + 1; "scrambles",
        paths with the same p % 16. The sums run over the whole array in path order, whatever blocks the paths were
        computed in.
        """
        if bad_tail not in ("low", "high"):
            raise ValueError(f'bad_tail = "{bad_tail}": must be "low" or "high"')
        values = np.ascontiguousarray(values, dtype=np.float64).ravel()
        there = ~np.isnan(values)
        present = values[there]
        if present.size == 0:
            return cls.of_nothing(values.size)
        ordered = np.sort(present)
        n = present.size
        constant = bool(ordered[0] == ordered[-1])
        mean, sd = _mean_and_sd(present, constant, present.sum())
        worst_first = ordered if bad_tail == "low" else ordered[::-1]
        tail = worst_first[: n * WORST_PERCENT // 100 + 1]
        worst = worst_mean(tail, np.ones(tail.size, np.int64), n)
        if groups is None:
            error, effect = GroupError(sd / math.sqrt(n), n - 1.0), None
        else:
            sizes = by_group(there.astype(np.int64), groups)
            distances = np.zeros(values.size) if constant else np.where(there, values - mean, 0.0)
            error = group_error(by_group(distances, groups), sizes)
            worse = np.maximum(tail[-1] - values, 0.0) if bad_tail == "low" else np.maximum(values - tail[-1], 0.0)
            worse = np.where(there, worse, 0.0)
            beyond = grouped_worst_se(float(worse.sum()), by_group(worse, groups), sizes)
            worst = worst[0], math.nan if math.isnan(worst[1]) else beyond

            def effect(rank: int) -> float:
                edge, strict = ordered[rank - 1], ordered[rank - 1] == ordered[-1]
                below = (values < edge) if strict else (values <= edge)  # NaN is neither
                return design_effect(by_group(below.astype(np.int64), groups), sizes)

        quantiles = read_quantiles(n, lambda rank, side: float(ordered[rank - 1]), effect, error.dof)
        return cls.assembled(Moments(n, values.size - n, mean, sd, error), quantiles, worst)

    @classmethod
    def of_nothing(cls, absent: int) -> Distribution:
        """The distribution of a measure that is absent on every path."""
        nowhere = (math.nan, math.nan)
        empty = tuple(Quantile(math.nan, nowhere) for _ in QUANTILE_PERCENTS)
        return cls(0, absent, math.nan, math.nan, math.nan, nowhere, empty, math.nan, math.nan, nowhere)

    @classmethod
    def assembled(cls, moments: Moments, quantiles: tuple[Quantile, ...], worst: tuple[float, float]) -> Distribution:
        """From its parts; `worst` is the mean of the worst 5% and its standard error."""
        n, absent, mean, sd, error = moments
        mean_ci95 = error.estimate(mean).ci95
        worst_ci95 = GroupError(worst[1], tail_dof(n, error.dof)).estimate(worst[0]).ci95
        return cls(n, absent, mean, sd, error.se, mean_ci95, quantiles, *worst, worst_ci95)

    @property
    def estimate(self) -> Estimate:
        """The mean with its Monte Carlo standard error."""
        kind = LowerBound if self.all_censored else Estimate
        return kind(self.mean, self.mcse, self.mean_ci95)

    def quantile(self, percent: int) -> Quantile:
        """The quantile of 5, 25, 50, 75 or 95 percent."""
        found = self.quantiles[QUANTILE_PERCENTS.index(percent)]
        return QuantileBound(*found) if self.is_censored(percent) else found

    p05 = property(lambda self: self.quantile(5), doc="The 5% quantile.")
    p25 = property(lambda self: self.quantile(25), doc="The lower quartile.")
    p50 = property(lambda self: self.quantile(50), doc="The median.")
    p75 = property(lambda self: self.quantile(75), doc="The upper quartile.")
    p95 = property(lambda self: self.quantile(95), doc="The 95% quantile.")

    def is_censored(self, percent: int) -> bool:
        """Whether a quantile is the value of a censored path, hence only a lower bound."""
        return self.censored is not None and quantile_rank(self.n, percent) > self.n - self.censored

    @property
    def all_censored(self) -> bool:
        """Whether every path is censored, so that the mean and that of the worst 5% are lower bounds only."""
        return self.n > 0 and self.censored == self.n

    def to_dict(self) -> dict[str, object]:
        """The keys of the JSON document, in the measure's own unit. NaN and infinities are kept.

        A measure that may be censored also has "censored", whether any path is, "censored_count", and for each quantile
        "p95_censored".
        """
        document: dict[str, object] = {
            "n": self.n,
            "mean": self.mean,
            "sd": self.sd,
            "mcse": self.mcse,
            "mean_ci95": list(self.mean_ci95),
        }
        for percent, quantile in zip(QUANTILE_PERCENTS, self.quantiles, strict=True):
            document[f"p{percent:02d}"] = quantile.value
            document[f"p{percent:02d}_ci95"] = list(quantile.ci95)
        worst = {"worst5_mean": self.worst5_mean, "worst5_se": self.worst5_se, "worst5_ci95": list(self.worst5_ci95)}
        document |= worst
        if self.censored is not None:
            document |= {"censored": self.censored > 0, "censored_count": self.censored}
            document |= {f"p{percent:02d}_censored": self.is_censored(percent) for percent in QUANTILE_PERCENTS}
        return document

    def __repr__(self) -> str:
        median = f"{self.p50.value:g}{CENSORED_MARK * self.is_censored(50)}"
        return f"<Distribution: {self.n:,} values, mean {self.estimate}, median {median}>"


def tail_dof(n: int, dof: float) -> float:
    """Degrees of freedom of the mean of the worst 5% of n values, whose mean has `dof` of them."""
    return max(min(n * WORST_PERCENT / 100 - 1.0, dof), 0.0)


def _mean_and_sd(values: np.ndarray, constant: bool, total: np.float64) -> tuple[float, float]:
    """Mean and standard deviation (n - 1 below) of values with this sum; of equal values exactly that value and 0."""
    if constant:
        return float(values[0]), (0.0 if values.size > 1 else math.nan)
    mean = total / values.size
    distances = values - mean
    np.multiply(distances, distances, out=distances)
    return float(mean), math.sqrt(float(distances.sum()) / (values.size - 1))  # as NumPy has it


def mean_of_all(values: np.ndarray, groups: str | None) -> tuple[float, GroupError]:
    """The mean of values (paths,), all present, and its error, as `Distribution.from_values` has them."""
    mean, sd = _mean_and_sd(values, bool((values == values[0]).all()), values.sum())
    if groups is None:
        return mean, GroupError(sd / math.sqrt(values.size), values.size - 1.0)
    sizes = by_group(np.ones(values.size, np.int64), groups)
    return mean, group_error(by_group(values - mean, groups), sizes)


def grouped_worst_se(total: float, worse: np.ndarray, sizes: np.ndarray) -> float:
    """Standard error of the mean of the worst 5% of values in groups.

    `worse` are the groups' sums of how far values lie beyond the edge of the tail, `total` their sum, `sizes` the
    groups' numbers of values.
    """
    shift = total / int(sizes.sum())
    return group_error(worse - shift * sizes, sizes).se / (WORST_PERCENT / 100)


def read_quantiles(
    n: int,
    value_at: Callable[[int, int], float],
    effect_at: Callable[[int], float] | None,
    dof: float,
    percents: tuple[int, ...] = QUANTILE_PERCENTS,
) -> tuple[Quantile, ...]:
    """The quantiles of n values, given the value of each rank from 1 (the smallest), and what bounds it.

    `value_at(rank, side)` is the value for side 0, and no more or no less than it for sides 1 and 2. `effect_at` gives
    the design effect at a rank; None for independent paths.
    """
    quantiles = []
    for percent in percents:
        rank = quantile_rank(n, percent)
        if effect_at is None:
            low, high = interval_ranks(n, percent)
        else:
            low, high = grouped_ranks(n, percent, effect_at(rank), dof)
        interval = value_at(low, 1) if low >= 1 else -math.inf, value_at(high, 2) if high <= n else math.inf
        quantiles.append(Quantile(value_at(rank, 0), interval))
    return tuple(quantiles)


def tail_values(values: np.ndarray, bad_tail: str) -> np.ndarray:
    """One number a path whose mean is the mean of the worst 5% of values without NaN: `q +- max(distance, 0) / 5%`.

    q is the edge of the tail and the distance that of a value beyond it. Rockafellar and Uryasev (2000), Journal of
    Risk 2(3). The standard error of their mean is that of `worst_mean`, and the mean difference of the numbers of two
    cases path by path is the difference of their expected shortfalls, with the error that common random numbers leave.
    """
    sign = 1.0 if bad_tail == "high" else -1.0
    beyond = sign * values
    rank = values.size * WORST_PERCENT // 100
    edge = -float(np.partition(-beyond, rank)[rank])
    numbers: np.ndarray = sign * (edge + np.maximum(beyond - edge, 0.0) / (WORST_PERCENT / 100))
    return numbers


def worst_mean(worst_first: np.ndarray, counts: np.ndarray, n: int) -> tuple[float, float]:
    """Mean of the worst 5% of n independent values and its standard error.

    `counts` says how often each value occurs; together they reach beyond 5% of n, or to the end of the values. The
    variance is (v + (1 - a) (m - q)^2) / (a n), with a = 5%, m the tail's mean, v its variance and q its edge. Manistre
    and Hancock (2005), North American Actuarial Journal 9(2).
    """
    weight = n * WORST_PERCENT / 100
    before = np.cumsum(counts) - counts
    weights = np.clip(weight - before, 0.0, counts)
    edge = float(worst_first[int(np.searchsorted(np.cumsum(counts), n * WORST_PERCENT // 100, side="right"))])
    # Summed as distances from the edge, so that a tail of equal values has exactly that value as its mean.
    mean = edge + float((weights * (worst_first - edge)).sum()) / weight
    variance = float((weights * (worst_first - mean) ** 2).sum()) / weight
    spread = variance + (1.0 - WORST_PERCENT / 100) * (mean - edge) ** 2
    return mean, math.sqrt(spread / weight) if weight >= LEAST_TAIL else math.nan
