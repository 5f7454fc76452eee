"""Dates: Nasdaq sessions, months counted from the valuation date, fiscal quarters, and purchase dates.

Sessions come from the library `holidays` (market XNAS), which knows the closures through 2100; a case may run to 2099.
"""

from __future__ import annotations

import datetime
from calendar import monthrange
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.terms.case import Case

LAST_SESSION_YEAR = 2100
ONE_DAY = datetime.timedelta(days=1)


@cache
def _sessions_of_year(year: int) -> tuple[datetime.date, ...]:
    if year > LAST_SESSION_YEAR:
        raise ValueError(f"no Nasdaq sessions are known for {year}: the calendar ends with {LAST_SESSION_YEAR}")
    from holidays import financial_holidays  # takes longer to import than the rest of sim.terms

    closed = financial_holidays("XNAS", years=year)
    first = datetime.date(year, 1, 1).toordinal()
    days = map(datetime.date.fromordinal, range(first, datetime.date(year + 1, 1, 1).toordinal()))
    return tuple(day for day in days if day.weekday() < 5 and day not in closed)


@cache
def _session_set(year: int) -> frozenset[datetime.date]:
    return frozenset(_sessions_of_year(year))


def is_session(day: datetime.date) -> bool:
    """Whether Nasdaq trades on `day`. ValueError after 2100."""
    return day in _session_set(day.year)


@lru_cache(maxsize=256)
def sessions(first: datetime.date, last: datetime.date) -> tuple[datetime.date, ...]:
    """All Nasdaq sessions from `first` to `last`, both included, in order. ValueError after 2100."""
    years = range(first.year, last.year + 1)
    return tuple(day for year in years for day in _sessions_of_year(year) if first <= day <= last)


# --- months, counted from the valuation date's month, which is 0; negative before it ---------------------------------


def month_number(valuation_date: datetime.date, day: datetime.date) -> int:
    """The number of the month that contains `day`."""
    return (day.year - valuation_date.year) * 12 + day.month - valuation_date.month


@lru_cache(maxsize=4096)
def month_start(valuation_date: datetime.date, k: int) -> datetime.date:
    """First calendar day of month `k`."""
    years, month = divmod(valuation_date.month - 1 + k, 12)
    return datetime.date(valuation_date.year + years, month + 1, 1)


@lru_cache(maxsize=4096)
def month_end(valuation_date: datetime.date, k: int) -> datetime.date:
    """Last calendar day of month `k`."""
    first = month_start(valuation_date, k)
    return first.replace(day=monthrange(first.year, first.month)[1])


def days_in_month(valuation_date: datetime.date, k: int) -> int:
    """Number of calendar days of month `k`."""
    return month_end(valuation_date, k).day


# --- fiscal quarters -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class FiscalQuarter:
    """A quarter of a fiscal year, which is named after the calendar year in which it ends.

    Quarters of one company sort and count in time order: `b.ordinal - a.ordinal` quarters lie between a and b.
    """

    fiscal_year: int
    quarter: int
    year_end_month: int

    @property
    def label(self) -> str:
        return f"FY{self.fiscal_year} Q{self.quarter}"

    @property
    def ordinal(self) -> int:
        return self.fiscal_year * 4 + self.quarter - 1

    @property
    def start(self) -> datetime.date:
        return month_start(self._year_end, 3 * self.quarter - 14)

    @property
    def end(self) -> datetime.date:
        return month_end(self._year_end, 3 * self.quarter - 12)

    def next(self) -> FiscalQuarter:
        return self.plus(1)

    def plus(self, quarters: int) -> FiscalQuarter:
        """The quarter that many later; negative counts go back."""
        year, before = divmod(self.ordinal + quarters, 4)
        return FiscalQuarter(year, before + 1, self.year_end_month)

    @property
    def _year_end(self) -> datetime.date:
        return datetime.date(self.fiscal_year, self.year_end_month, 1)


@lru_cache(maxsize=16_384)
def fiscal_quarter(day: datetime.date, fiscal_year_end_month: int) -> FiscalQuarter:
    """The fiscal quarter that contains `day`."""
    year = day.year + (day.month > fiscal_year_end_month)
    return FiscalQuarter(year, (day.month - fiscal_year_end_month - 1) % 12 // 3 + 1, fiscal_year_end_month)


# --- purchase dates --------------------------------------------------------------------------------------------------


def purchase_span(case: Case) -> tuple[datetime.date, datetime.date]:
    """First and last day on which a purchase date can lie: the term, cut to the simulated span."""
    return max(case.line.start, case.valuation_date), min(case.line.end, case.horizon)


def purchase_dates(case: Case) -> tuple[datetime.date, ...]:
    """The case's purchase dates in order: `policy.dates` where given, else the last session of each period of
    `policy.cadence`, as long as it lies in the term and in the simulated span."""
    if case.policy.dates:
        return case.policy.dates
    return _last_sessions(*purchase_span(case), case.policy.cadence, case.company.fiscal_year_end_month)


@lru_cache(maxsize=256)
def _last_sessions(
    first: datetime.date, last: datetime.date, cadence: str, fiscal_year_end_month: int
) -> tuple[datetime.date, ...]:
    periods: dict[str, Any] = {
        "quarter_end": lambda day: fiscal_quarter(day, fiscal_year_end_month).ordinal,
        "month_end": lambda day: (day.year, day.month),
        "weekly": lambda day: day.isocalendar()[:2],
        "daily": lambda day: day,
    }
    if last < first:
        return ()
    # A period's last session may lie past `last`, so look to the end of any period that is open there.
    beyond = last + 100 * ONE_DAY
    ends = (list(days)[-1] for _, days in groupby(sessions(first, beyond), periods[cadence]))
    return tuple(day for day in ends if day <= last)
