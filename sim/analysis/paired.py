"""Means, probabilities and paired differences of measures under common random numbers, summed shard by shard.

A path has the same random numbers in every case. The difference of two cases is therefore the mean of the differences
path by path, and its error is estimated from them. Where paths come in groups, antithetic pairs or scrambles are the
independent units.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from sim.calendar import a_year_from
from sim.lowering.program import SCRAMBLES
from sim.results.estimates import Estimate, GroupError, by_group, grouped_proportion, proportion
from sim.results.measures import MEASURES, Measure
from sim.results.summary import days_at_close

if TYPE_CHECKING:
    from sim.results.columns import Columns
    from sim.results.result import Result
    from sim.terms import Case

#: What analyses measure, in the order in which they are shown.
MEASURED = ("raised", "runway_months", "cash_out", "dilution", "funding_gap", "shares_issued")
#: Probabilities among them.
PROBABILITIES = ("cash_out", "cash_out_12m")

_CASH_OUT = Measure(
    "cash_out", "1", "Cash-out", "Cash-out, %", "high", MEASURES["dilution"].reading,
    "probability that cash runs out within the horizon",
)  # fmt: skip
_CASH_OUT_12M = Measure(
    "cash_out_12m", "1", "Cash-out within 12 months", "Cash-out in 12 months, %", "high", MEASURES["dilution"].reading,
    "probability that cash runs out within twelve months of the valuation date",
)  # fmt: skip
#: How each is called and printed.
SHOWN: Mapping[str, Measure] = {
    **{name: MEASURES[name] for name in MEASURED if name in MEASURES},
    "cash_out": _CASH_OUT,
    "cash_out_12m": _CASH_OUT_12M,
}

NOTHING = Estimate(0.0, 0.0, (0.0, 0.0))
ABSENT = Estimate(math.nan, math.nan, (math.nan, math.nan))
_Z95 = float(special.ndtri(0.975))


def twelve_months(case: Case) -> int | None:
    """Days from the opening of the valuation date to the close twelve months later, if they are simulated."""
    end = a_year_from(case.valuation_date)
    return days_at_close(case, end) if end <= case.horizon else None


def measures_of(*cases: Case) -> tuple[str, ...]:
    """`MEASURED`, and the probability within twelve months where every case spans them."""
    return (*MEASURED, PROBABILITIES[1]) if all(twelve_months(case) is not None for case in cases) else MEASURED


def values_of(result: Result | Columns, name: str) -> np.ndarray:
    """One value a path of a measure; of a probability whether it happened."""
    if name == "cash_out":
        return np.isfinite(result["cash_out_days"])
    if name == "cash_out_12m":
        days = twelve_months(result.case)
        if days is None:
            raise ValueError(f"cash_out_12m: twelve months from {result.case.valuation_date} are not simulated")
        happened: np.ndarray = result["cash_out_days"] <= days
        return happened
    return result[name]


class Mean:
    """The mean of one value a path, shard by shard; `groups` as in `sim.results.estimates`.

    Pairs must not be cut by a shard; of scrambles there is one shard. Equal values give exactly their value and no
    error. Shards are put together by Chan, Golub and LeVeque (1983), The American Statistician 37(3).
    """

    def __init__(self, groups: str | None) -> None:
        self.groups = groups
        self.units, self.mean, self.squares = 0, 0.0, 0.0

    def add(self, values: np.ndarray) -> None:
        units = self._units(np.asarray(values, np.float64))
        constant = bool((units == units[0]).all())
        mean = float(units[0]) if constant else float(units.mean())
        self.add_sums(units.size, mean, 0.0 if constant else float(((units - mean) ** 2).sum()))

    def add_sums(self, units: int, mean: float, squares: float) -> None:
        """Add units, or none, of which the mean is known, and the squares of their distances from it."""
        if units == 0:
            return
        n, shift = self.units + units, mean - self.mean
        self.squares += squares + shift * shift * self.units * units / n
        self.mean = self.mean + shift * units / n if self.units else mean
        self.units = n

    def _units(self, values: np.ndarray) -> np.ndarray:
        if self.groups is None:
            return values
        if self.units and self.groups == "scrambles":
            raise ValueError("scrambles must be added in one piece, as they span the whole run")
        width = 2 if self.groups == "pairs" else values.size // SCRAMBLES
        return by_group(values, self.groups) / width

    def error(self) -> GroupError:
        if self.units < 2:
            return GroupError(math.nan, 0.0)
        return GroupError(math.sqrt(self.squares / (self.units - 1.0) / self.units), self.units - 1.0)

    def estimate(self) -> Estimate:
        """With Student's interval."""
        return self.error().estimate(self.mean)


class Probability:
    """A probability, shard by shard, with Wilson's interval."""

    def __init__(self, groups: str | None) -> None:
        self.groups = groups
        self.successes, self.trials = np.zeros(0, np.int64), 0

    def add(self, happened: np.ndarray) -> None:
        self.trials += happened.size
        if self.groups is None:
            seen = np.array([happened.sum()], np.int64)
        else:
            seen = by_group(happened.astype(np.int64), self.groups)
            if self.groups == "pairs":
                seen = np.bincount(seen, minlength=3)  # pairs with none, one, two of their paths
        self.successes = seen + (self.successes if self.successes.size else 0)

    def estimate(self) -> Estimate:
        if self.groups is None:
            return proportion(int(self.successes[0]), self.trials)
        if self.groups == "pairs":
            return grouped_proportion(np.arange(3), np.full(3, 2), self.successes)
        return grouped_proportion(self.successes, np.full(SCRAMBLES, self.trials // SCRAMBLES))


class Difference(Mean):
    """The difference of two probabilities, from differences path by path: -1, 0 or 1, or between.

    If no path differs, the sample standard error is 0 although the true difference may not be; the interval of Bonett
    and Price (2012), Journal of Educational and Behavioral Statistics 37(4), +-z sqrt(2) / (n + 2), is used instead.
    """

    def __init__(self, groups: str | None) -> None:
        super().__init__(groups)
        self.paths, self.differ = 0, False

    def add(self, values: np.ndarray) -> None:
        super().add(values)
        self.paths += values.size
        self.differ = self.differ or bool(values.any())

    def estimate(self) -> Estimate:
        if not self.differ:
            half_width = _Z95 * math.sqrt(2.0) / (self.paths + 2)
            return Estimate(0.0, 0.0, (-half_width, half_width))
        found = super().estimate()
        low, high = found.ci95
        return Estimate(found.value, found.se, (max(low, -1.0), min(high, 1.0)))


def level_of(name: str, groups: str | None) -> Mean | Probability:
    """An empty sum for a measure itself."""
    return Probability(groups) if name in PROBABILITIES else Mean(groups)


def difference_of(name: str, groups: str | None) -> Mean:
    """An empty sum for the paired differences of a measure."""
    return Difference(groups) if name in PROBABILITIES else Mean(groups)


def levels_dict(levels: Mapping[str, Estimate], paths: int) -> dict[str, Any]:
    """As JSON, the measures of a run of so many paths; that of the runway says how many of them are censored."""
    found = {name: estimate_dict(estimate) for name, estimate in levels.items()}
    if "runway_months" in found:
        censored = round(paths * (1.0 - levels["cash_out"].value))
        found["runway_months"] |= {"censored": censored > 0, "censored_count": censored}
    return found


def estimate_dict(estimate: Estimate) -> dict[str, Any]:
    """As JSON: {"value", "se", "ci95"}."""
    return {"value": estimate.value, "se": estimate.se, "ci95": estimate.ci95}
