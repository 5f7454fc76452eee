"""Rows of a sketch beside those of the ledger's columns: funding gaps by month, dilution by everybody, survival."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from sim.calendar import month_end
from sim.lowering.program import GAP_MONTHS
from sim.lowering.schedule import gap_months
from sim.results import measures
from sim.results.measures import DAYS_PER_MONTH
from sim.results.periods import days_at_close

if TYPE_CHECKING:
    from sim.terms import Case

#: Months to which a mean survival time is restricted, where the horizon is not earlier.
RMST_MONTHS = (12, 24)
#: The row whose error, with those of `raised` and `shares_issued`, gives that of their ratio: raised - initial price x
#: shares issued.
NET = "net"


class FurtherRows:
    """What these rows are for a case: `names`, the `binned` ones, and their values."""

    def __init__(self, case: Case) -> None:
        gaps = [gap_row(months) for months in gap_months(case)]
        self.case, self.restricted = case, restricted_days(case)
        self.binned = (*gaps, *measures.OF_EVERYTHING)
        self.names = (*self.binned, *(rmst_row(months) for months in self.restricted), NET)
        self._room = np.empty(0)

    def of(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Their values (rows, paths), until the next call, from the columns of a chunk."""
        raised, issued, days = (columns[name] for name in ("raised", "shares_issued", "cash_out_days"))
        if self._room.size < len(self.names) * raised.size:
            self._room = np.empty(len(self.names) * raised.size)
        rows = self._room[: len(self.names) * raised.size].reshape(len(self.names), raised.size)
        everything, outstanding = issued + columns["other_shares"].sum(axis=0), self.case.company.shares_outstanding
        gaps = columns["gap_by_month"]
        rows[: len(gaps)] = gaps
        found = (
            *(measure(everything, outstanding, days) for measure in measures.OF_EVERYTHING.values()),
            *(np.minimum(days, most) / DAYS_PER_MONTH for most in self.restricted.values()),
            raised - self.case.price.initial * issued,
        )
        for row, values in enumerate(found, len(gaps)):
            rows[row] = values
        return rows


def gap_row(months: int) -> str:
    """The row of the funding gap up to so many months after the valuation date."""
    return f"gap_{months}"


def rmst_row(months: int) -> str:
    """The row of the runway restricted to so many months."""
    return f"rmst_{months}"


def restricted_days(case: Case) -> dict[int, float]:
    """For each of `RMST_MONTHS` that the simulation reaches, the days to which runways are restricted."""
    horizon = float(days_at_close(case, case.horizon))
    return {
        months: min(months * DAYS_PER_MONTH, horizon)
        for months in RMST_MONTHS
        if month_end(case.valuation_date, months - 1) <= case.horizon
    }


def gap_ends(case: Case) -> dict[int, date]:
    """The ends of the spans of the liquidity at risk, by months: those of `GAP_MONTHS` up to the horizon, and it."""
    ends = {months: month_end(case.valuation_date, months - 1) for months in GAP_MONTHS}
    found = {months: end for months, end in ends.items() if end <= case.horizon}
    last = (case.horizon.year - case.valuation_date.year) * 12 + case.horizon.month - case.valuation_date.month + 1
    return found | {last: case.horizon}
