"""Nasdaq sessions, from the library `holidays` (market XNAS), which knows the closures through 2100."""

from __future__ import annotations

import datetime
from functools import cache, lru_cache

LAST_SESSION_YEAR = 2100
ONE_DAY = datetime.timedelta(days=1)


@cache
def _sessions_of_year(year: int) -> tuple[datetime.date, ...]:
    if year > LAST_SESSION_YEAR:
        raise ValueError(f"no Nasdaq sessions are known for {year}: the calendar ends with {LAST_SESSION_YEAR}")
    from holidays import financial_holidays  # takes longer to import than the rest of the calendar

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
def closures(first: datetime.date, last: datetime.date) -> tuple[datetime.date, ...]:
    """The days from `first` to `last` on which Nasdaq is closed although they are no Saturday or Sunday, in order."""
    open_days = {day.toordinal() for day in sessions(first, last)}
    days = range(first.toordinal(), last.toordinal() + 1)
    # Day 1 is a Monday, so that a Saturday leaves 6 and a Sunday 0.
    return tuple(datetime.date.fromordinal(day) for day in days if 0 < day % 7 < 6 and day not in open_days)


@lru_cache(maxsize=256)
def sessions(first: datetime.date, last: datetime.date) -> tuple[datetime.date, ...]:
    """All Nasdaq sessions from `first` to `last`, both included, in order. ValueError after 2100."""
    years = range(first.year, last.year + 1)
    return tuple(day for year in years for day in _sessions_of_year(year) if first <= day <= last)
