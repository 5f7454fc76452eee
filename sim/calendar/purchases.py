"""Purchase dates of a cadence: the last session of each day, week, month or fiscal quarter."""

from __future__ import annotations

import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any

from sim.calendar.fiscal import fiscal_quarter
from sim.calendar.sessions import ONE_DAY, sessions


@lru_cache(maxsize=256)
def last_sessions(
    first: datetime.date, last: datetime.date, cadence: str, fiscal_year_end_month: int
) -> tuple[datetime.date, ...]:
    """The last session of each period of `cadence`, in order, as far as it lies from `first` to `last`."""
    periods: dict[str, Any] = {
        "quarter_end": lambda day: fiscal_quarter(day, fiscal_year_end_month).ordinal,
        "month_end": lambda day: (day.year, day.month),
        "weekly": lambda day: day.isocalendar()[:2],
        "daily": lambda day: day,
    }
    if last < first:
        return ()
    # The last session of the period that contains `last` may be after it, so sessions beyond `last` are needed.
    beyond = last + 100 * ONE_DAY
    ends = (list(days)[-1] for _, days in groupby(sessions(first, beyond), periods[cadence]))
    return tuple(day for day in ends if day <= last)
