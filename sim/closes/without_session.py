"""Closes of days without a session: those that only repeat the close before them, and those of another calendar."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from itertools import pairwise

from sim.calendar import LAST_SESSION_YEAR, closures

_WEEKEND, _HOLIDAY = "Saturdays and Sundays", "holidays of Nasdaq"
_WHY = {_WEEKEND: "a market that trades on weekends, or another calendar", _HOLIDAY: "an exchange with other holidays"}


def sessions_alone(dates: Sequence[datetime.date], values: Sequence[float]) -> tuple[list[int], list[str]]:
    """Which closes to keep, as indices, and sentences on the days without a session.

    A close of a Saturday, a Sunday or a holiday of Nasdaq that repeats the close before it is a row that was filled up,
    whose return of 0 would lower the volatility: it is left out. Where most closes of weekends differ from those before
    them, the market trades on weekends, and all of them are kept; likewise for holidays.

    Parameters
    ----------
    dates : sequence of datetime.date
        Increasing.
    values : sequence of float
        The closes of these dates, $/share.
    """
    closed = set(closures(dates[0], dates[-1])) if dates and dates[-1].year <= LAST_SESSION_YEAR else set()
    same: dict[str, list[int]] = {_WEEKEND: [], _HOLIDAY: []}
    other: dict[str, list[int]] = {_WEEKEND: [], _HOLIDAY: []}
    for i, (before, value) in enumerate(pairwise(values), 1):
        kind = _WEEKEND if dates[i].weekday() >= 5 else _HOLIDAY if dates[i] in closed else ""
        if kind:
            (same if value == before else other)[kind].append(i)
    filled = {kind: rows for kind, rows in same.items() if rows and len(rows) >= len(other[kind])}
    notes = [
        f"{_count(rows)} of {kind} without a session {'repeats' if len(rows) == 1 else 'repeat'} the close before: "
        "left out."
        for kind, rows in filled.items()
    ]
    notes += [
        f"{_count(rows)} of {kind} {'differs' if len(rows) == 1 else 'differ'} from the close before, the first on "
        f"{dates[rows[0]]}: {_WHY[kind]}. Such closes are kept, each as a session of a year of 252."
        for kind, rows in other.items()
        if rows
    ]
    gone = {i for rows in filled.values() for i in rows}
    return [i for i in range(len(values)) if i not in gone], notes


def _count(rows: list[int]) -> str:
    return "1 close" if len(rows) == 1 else f"{len(rows):,} closes"
