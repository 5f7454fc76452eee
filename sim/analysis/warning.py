"""Early warning: how often cash runs out within six months, by the months of cover at a month's end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from sim.calendar import month_end
from sim.lowering.program import CENT
from sim.results.estimates import Estimate, by_group, grouped_proportion, proportion
from sim.results.periods import days_at_close
from sim.results.result import Result
from sim.results.value import HashableValue
from sim.terms import Case
from sim.terms.derived import cut_month
from sim.text.numbers import rounded, shared_decimals, with_decimals
from sim.text.tables import Table

#: Months within which cash runs out or not, and the ends of the bins in months of cover.
AHEAD = 6
EDGES = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 9.0, 12.0, math.inf)
_ABSENT = Estimate(math.nan, math.nan, (math.nan, math.nan))


@dataclass(frozen=True, eq=False, repr=False)
class CoverBin(HashableValue):
    """Month-ends with a cover from `low` to below `high` months.

    `month_ends` counts them, on `paths` paths. `chance` is the probability of a cash-out within the months ahead; NaN
    where there is no month-end.
    """

    low: float
    high: float
    month_ends: int
    paths: int
    chance: Estimate

    @property
    def label(self) -> str:
        """`2 to 3`, `12 or more`."""
        return f"{self.low:g} or more" if math.isinf(self.high) else f"{self.low:g} to {self.high:g}"

    def __repr__(self) -> str:
        return f"<CoverBin: {self.label} months, {self.chance}>"


@dataclass(frozen=True, eq=False, repr=False)
class EarlyWarning(HashableValue):
    """The probability of a cash-out within `months_ahead`, by months of cover at a month's end, on `paths` paths."""

    months_ahead: int
    paths: int
    bins: tuple[CoverBin, ...]

    @property
    def seen(self) -> tuple[CoverBin, ...]:
        """The bins that have month-ends."""
        return tuple(each for each in self.bins if each.month_ends)

    def to_dict(self) -> dict[str, Any]:
        """As JSON; absent and unbounded numbers are None."""
        return {
            "months_ahead": self.months_ahead,
            "paths": self.paths,
            "bins": [
                {
                    "cover_from": each.low, "cover_below": each.high, "month_ends": each.month_ends,
                    "paths": each.paths, "probability": each.chance.value, "se": each.chance.se,
                    "ci95": list(each.chance.ci95),
                }
                for each in self.bins
            ],
        }  # fmt: skip

    def table(self) -> Table:
        """The bins as rows."""
        there = self.seen
        chances = [100 * each.chance.value for each in there]
        decimals = shared_decimals(chances, [100 * each.chance.error for each in there], 2)
        rows = [
            (
                each.label, with_decimals(chance, decimals),
                " to ".join(rounded(100 * bound, decimals) for bound in each.chance.ci95),
                f"{each.month_ends:,}", f"{each.paths:,}",
            )
            for each, chance in zip(there, chances, strict=True)
        ]  # fmt: skip
        heading = f"Early warning: probability of a cash-out within {self.months_ahead} months, by months of cover"
        if not there:
            none = f"There is none: no month ends {self.months_ahead} months or more before the horizon."
            return Table(heading, (), [], (), none)
        note = (
            "Cover at a month's end: cash above the minimum, over the expected cash use of the next month. Month-ends "
            f"before a cash-out and at least {self.months_ahead} months before the horizon, of {self.paths:,} paths. A "
            "path has several of them, which are not independent; the intervals are of paths."
        )
        columns = ("months of cover", "out, %", "95% interval", "month-ends", "on paths")
        return Table(heading, columns, rows, (0,), note)

    def __repr__(self) -> str:
        return f"<EarlyWarning: {len(self.bins)} bins, {self.paths:,} paths>"


def early_warning(result: Result) -> EarlyWarning:
    """The early warning of a run's own paths, of those whose cash at month-ends it keeps (`Result.fan`).

    Without bins where the horizon is less than seven months away. Raises `PathsNotKept`.
    """
    case, cash = result.case, result.tallies.fan
    months, paths = cash.shape
    looked = range(months - AHEAD)
    if not looked or not paths:
        return EarlyWarning(AHEAD, paths, ())
    days = result["cash_out_days"][:paths]
    ends = np.array([days_at_close(case, month_end(case.valuation_date, k)) for k in range(months)], np.float64)
    alive = np.array([days > ends[k] for k in looked])
    out = np.array([days <= ends[k + AHEAD] for k in looked]) & alive
    burns = expected_burns(case, cash)
    cover = np.array([_cover(cash[k] - case.company.minimum_cash, burns[k]) for k in looked])
    bins = []
    for low, high in pairwise(EDGES):
        # Cash may be below the minimum by less than a cent.
        inside = alive & (cover < high) & ((cover >= low) | (low == 0.0))
        bins.append(_bin(low, high, (inside & out).sum(axis=0), inside.sum(axis=0), result.run.groups))
    return EarlyWarning(AHEAD, paths, tuple(bins))


def expected_burns(case: Case, cash: np.ndarray) -> np.ndarray:
    """The expected burn of the month after each month's end, as management has cut it by then, (months, paths).

    `cash`: at the months' ends; management decides by it and by nothing else. Section "Management's response" of
    sim/docs/model.md.
    """
    whole, cut = np.array([case.burn_level(k) for k in range(len(cash) + 1)]), case.cut_levels(len(cash) + 1)
    burns = np.repeat(whole[1:, None], cash.shape[1], axis=1)
    response, minimum = case.response, case.company.minimum_cash
    if response is None:
        return burns
    begun = cut_month(case)
    begins = np.full(cash.shape[1], math.inf if begun is None else begun)
    expected = np.where(begins <= 0, cut[0], whole[0])
    opening = np.full(cash.shape[1], float(case.company.cash))
    for k in range(len(cash)):
        free, cutting = opening - minimum, begins < math.inf
        cuts = ~cutting & (response.cover_months * expected - free >= CENT)
        begins[cuts] = k + response.delay_months
        if response.restore_months is not None:
            begins[cutting & (response.restore_months * expected - free < CENT)] = math.inf
        burns[k] = np.where(begins <= k + 1, cut[k + 1], burns[k])
        opening, expected = cash[k], burns[k]
    return burns


def _cover(cash: np.ndarray, burn: np.ndarray) -> np.ndarray:
    """Months of cover; without an end where no cash is expected to be used."""
    return np.divide(cash, burn, out=np.full(cash.shape, math.inf), where=burn > 0.0)


def _bin(low: float, high: float, hits: np.ndarray, sizes: np.ndarray, groups: str | None) -> CoverBin:
    """A bin from the month-ends of each path in it, and how many of them a cash-out follows.

    The estimate is a ratio of sums over the paths, or over their groups. Cochran (1977), section 3.12.
    """
    total, happened, on = int(sizes.sum()), int(hits.sum()), int((sizes > 0).sum())
    if not total:
        return CoverBin(low, high, 0, 0, _ABSENT)
    if groups is not None:
        hits, sizes = by_group(hits, groups), by_group(sizes, groups)
    if happened in (0, total):  # the interval is that of so many paths, not of so many month-ends
        return CoverBin(low, high, total, on, proportion(on if happened else 0, on))
    return CoverBin(low, high, total, on, grouped_proportion(hits, sizes))
