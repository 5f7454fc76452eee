"""Log returns of closes, with the number of sessions that each one spans."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sim.calendar import LAST_SESSION_YEAR, sessions
from sim.closes import Closes

YEAR = 252.0  # sessions


@dataclass(frozen=True, eq=False)
class Returns:
    """Log returns `values`, the dates on which they end (perhaps none), and `spans`, the sessions that each one takes.

    A span is more than 1 where closes are missing between two dates of the calendar.
    """

    values: np.ndarray
    spans: np.ndarray
    dates: tuple[datetime.date, ...] = ()

    @property
    def years(self) -> float:
        return float(self.spans.sum()) / YEAR


def returns_of(closes: Closes) -> Returns:
    """The log returns of a series of at least two closes."""
    values = np.diff(np.log(np.array(closes.values)))
    return Returns(values, _spans(closes.dates, values.size), closes.dates[1:])


def _spans(dates: tuple[datetime.date, ...], number: int) -> np.ndarray:
    """Nasdaq sessions from each date to the next, at least one: 1 for days that the calendar does not know."""
    if not dates or dates[-1].year > LAST_SESSION_YEAR:
        return np.ones(number, dtype=np.int64)
    days = np.array([day.toordinal() for day in sessions(dates[0], dates[-1])])
    ordinals = [day.toordinal() for day in dates]
    return np.array(
        [
            max(int(np.searchsorted(days, b, "right") - np.searchsorted(days, a, "right")), 1)
            for a, b in pairwise(ordinals)
        ]
    )
