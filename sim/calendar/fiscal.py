"""Months, counted from the valuation date's month, which is 0 (negative before it), and fiscal quarters."""

from __future__ import annotations

import datetime
from calendar import monthrange
from dataclasses import dataclass
from functools import lru_cache


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


def month_opening(valuation_date: datetime.date, k: int) -> datetime.date:
    """First simulated day of month `k`: of month 0 the valuation date; of others, and before it, the calendar's."""
    return valuation_date if k == 0 else month_start(valuation_date, k)


def simulated_days(valuation_date: datetime.date, k: int) -> int:
    """Number of days of month `k` from the valuation date on."""
    return (month_end(valuation_date, k) - month_opening(valuation_date, k)).days + 1


def a_year_from(day: datetime.date) -> datetime.date:
    """Last day of the twelve months that begin with `day`."""
    if (day.month, day.day) == (2, 29):
        return datetime.date(day.year + 1, 2, 28)
    return day.replace(year=day.year + 1) - datetime.timedelta(days=1)


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
