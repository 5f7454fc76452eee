"""The fiscal quarters of a line's purchase dates, each with its coverage at the expected burn."""

from __future__ import annotations

import datetime
from itertools import groupby
from typing import NamedTuple

from sim import calendar
from sim.terms.case import Case
from sim.terms.line import Line


class CoveredQuarter(NamedTuple):
    """One fiscal quarter with purchase dates; without a coverage limit `percent` and `dollars` are None."""

    quarter: calendar.FiscalQuarter
    dates: tuple[datetime.date, ...]
    percent: float | None
    dollars: float | None  # percent of the cash used that the basis counts on the last date, at the expected burn


def covered_quarters(case: Case, line: Line) -> list[CoveredQuarter]:
    """One entry for each fiscal quarter in which the line has purchase dates, in order."""
    month, coverage = case.company.fiscal_year_end_month, line.coverage
    first = calendar.fiscal_quarter(line.start, month)
    all_dates = sorted({day for owner, _, dates in case.purchases if owner is line for day in dates})
    found = []
    for quarter, days in groupby(all_dates, lambda day: calendar.fiscal_quarter(day, month)):
        dates, percent, dollars = tuple(days), None, None
        if coverage:
            percent = coverage.percent[min(quarter.ordinal - first.ordinal, len(coverage.percent) - 1)]
            dollars = percent / 100 * _expected_use(case, coverage.basis, quarter, dates[-1])
        found.append(CoveredQuarter(quarter, dates, percent, dollars))
    return found


def _expected_use(case: Case, basis: str, quarter: calendar.FiscalQuarter, last: datetime.date) -> float:
    """The cash used that a coverage basis counts on a quarter's last purchase date, at the expected burn."""
    k = calendar.month_number(case.valuation_date, quarter.start) - 3 * (basis == "previous_quarter")
    full = calendar.month_number(case.valuation_date, last) - k if basis == "to_date" else 3
    use = sum(case.burn_level(k + i) for i in range(full))
    if basis == "to_date":
        use += case.burn_level(k + full) * last.day / calendar.days_in_month(case.valuation_date, k + full)
    return use
