"""Fiscal quarters of the simulated span, and days as the ledger counts them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sim.calendar import fiscal_quarter
from sim.text.frozen import whole

if TYPE_CHECKING:
    from sim.terms import Case


@whole
class Period(NamedTuple):
    """A fiscal quarter, or the part of it that is simulated."""

    label: str
    start: date
    end: date


def fiscal_periods(case: Case) -> tuple[Period, ...]:
    """The fiscal quarters that overlap the simulated span, the first and the last cut to it."""
    quarter = fiscal_quarter(case.valuation_date, case.company.fiscal_year_end_month)
    periods = []
    while quarter.start <= case.horizon:
        start, end = max(quarter.start, case.valuation_date), min(quarter.end, case.horizon)
        periods.append(Period(quarter.label, start, end))
        quarter = quarter.next()
    return tuple(periods)


def days_at_close(case: Case, when: date) -> int:
    """t(d): days from the opening of the valuation date to the close of a date."""
    return (when - case.valuation_date).days + 1
