"""The sessions whose closes matter, and the Brownian walk that reaches them."""

from __future__ import annotations

import datetime
import math
from bisect import bisect_right
from functools import lru_cache

from sim.calendar import month_number, sessions
from sim.lowering import program as r
from sim.lowering.variates import Variates
from sim.terms import Case

SESSIONS_IN_YEAR = 252.0
#: Sessions before a month-end that a pricing window most often needs.
LAST_SESSIONS = 5


@lru_cache(maxsize=64)
def tree(length: int) -> dict[int, tuple[int, int, int, float, float]]:
    """The bridges inside a month of `length` sessions. For positions 1 ... length - 1: the two between which it lies,
    the number of its normal, and the bridge's ratio and root. Position 0 is the month-end before, `length` the month's.

    First the fifth session before the end, then what follows it, then the first session, then halves: most pricing
    windows end at a month-end or on a first session, and so need few normals.
    """
    found: dict[int, tuple[int, int, int, float, float]] = {}

    def place(back: int, position: int, ahead: int) -> None:
        part, whole = position - back, ahead - back
        found[position] = (back, ahead, len(found), part / whole, math.sqrt(part * (whole - part) / whole))

    def halve(back: int, ahead: int) -> None:
        pending = [(back, ahead)]
        while pending:
            back, ahead = pending.pop(0)
            if ahead - back > 1:
                middle = (back + ahead) // 2
                place(back, middle, ahead)
                pending += [(back, middle), (middle, ahead)]

    last = length - LAST_SESSIONS
    if last > 1:
        place(0, last, length)
        halve(last, length)
        place(0, 1, last)
        halve(1, last)
    else:
        halve(0, length)
    return found


@lru_cache(maxsize=64)
def _months_of(valuation_date: datetime.date, days: tuple[datetime.date, ...]) -> tuple[dict[int, int], dict[int, int]]:
    """Numbers, from 1, of the first and of the last session of each month."""
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    for n, day in enumerate(days, start=1):
        k = month_number(valuation_date, day)
        ends[k] = n
        starts.setdefault(k, n)
    return starts, ends


class Market:
    """Rows of the tables of the Brownian walk: of month-ends, and of the windows of purchase dates and of all sessions.

    Sessions have numbers from 1; 0 and below are the opening and the sessions before it. The tables hold tuples in the
    order of the fields of their record types.
    """

    def __init__(self, case: Case, purchases: tuple[datetime.date, ...], variates: Variates) -> None:
        self.case, self.variates = case, variates
        self.sessions = sessions(case.valuation_date, case.horizon)
        self.numbers = {day: n for n, day in enumerate(self.sessions, start=1)}
        self.starts, self.ends = _months_of(case.valuation_date, self.sessions)
        self.month_ends = {k: self.sessions[n - 1] for k, n in self.ends.items()}
        self.lengths = tuple(self.ends[k] - self.starts[k] + 1 for k in range(len(self.ends)))
        self.walk: list[tuple] = []
        self.windows: list[tuple] = []
        self.day_calls: list[int] = []
        self.anchors: list[tuple] = []
        self.bridges: list[tuple] = []
        self.days: list[tuple] = []
        growth = case.price.drift - 0.5 * case.price.volatility * case.price.volatility
        self._drifts = [growth * (n / SESSIONS_IN_YEAR) for n in range(len(self.sessions) + 1)]
        self._times = [-1.0, *(float((day - case.valuation_date).days + 1) for day in self.sessions)]
        self._month_of = [-1, *(k for k, length in enumerate(self.lengths) for _ in range(length))]
        needed: set[int] = set()
        for day in purchases:
            priced, own = self.priced_sessions(day), self.numbers[day]
            needed.update(priced, [own])
            self._add_window(priced if own in priced else [*priced, own], own)
        financed = set(self.ends.values()) if case.third_party is not None else set()
        self.everything = sorted(needed | financed)
        self._add_window(self.everything, None)
        self._walk_months(max(self.everything, default=0))
        self._row_of = {n: row for row, n in enumerate(self.everything)}
        self.dates = tuple(self.sessions[n - 1] if n > 0 else None for n in self.everything)

    def priced_sessions(self, day: datetime.date) -> list[int]:
        """The sessions of a purchase date's pricing window, oldest first."""
        pricing, n = self.case.line.pricing, self.numbers[day]
        last = n if pricing.timing == "through" else n - 1
        return list(range(last - pricing.window + 1, last + 1))

    def row(self, n: int) -> int:
        """The row of closes of session n."""
        return self._row_of[n]

    def rows_through(self, day: datetime.date) -> int:
        """How many rows of closes lie on or before a date."""
        return bisect_right(self.everything, bisect_right(self.sessions, day))

    def drift(self, n: int) -> float:
        """Mean of the log of session n's close relative to the opening; 0 at the opening and before."""
        return self._drifts[max(n, 0)]

    def t(self, n: int) -> float:
        """Days from the opening of the valuation date to the close of session n; -1 at the opening and before."""
        return self._times[max(n, 0)]

    def _walk_months(self, last: int) -> None:
        """Month-ends through that of the month of session `last`."""
        for k, length in enumerate(self.lengths):
            if self.starts[k] > last:
                break
            z = self.variates.ask(r.MONTH_END_NORMAL, k >> 1, k & 1, r.NORMAL)
            self.walk.append((z, math.sqrt(length)))

    def _add_window(self, days: list[int], own: int | None) -> None:
        """The window of some sessions, of which `own` is a purchase date's own."""
        tables: tuple[list, ...] = (self.day_calls, self.anchors, self.bridges, self.days)
        first = [len(table) for table in tables]
        row_of: dict[int, int] = {}
        slot_of: dict[int, int] = {}
        for n in days:
            self.days.append((self._reach(max(n, 0), row_of, slot_of), self.t(n), self.drift(n)))
        ranges = [end for start, table in zip(first, tables, strict=True) for end in (start, len(table))]
        self.windows.append((*ranges, -1 if own is None else days.index(own)))

    def _reach(self, n: int, row_of: dict[int, int], slot_of: dict[int, int]) -> int:
        """The row of a window that has session n; before it are those of the sessions between which n lies.

        `row_of`: rows by session, `slot_of`: calls of the generator by index, both of the window so far.
        """
        if n in row_of:
            return row_of[n]
        k = self._month_of[n]
        if n == 0 or n == self.ends[k]:
            row_of[n] = len(row_of)
            self.anchors.append((row_of[n], k + 1))
            return row_of[n]
        before = self.starts[k] - 1
        back, ahead, rank, ratio, root = tree(self.lengths[k])[n - before]
        behind = self._reach(before + back, row_of, slot_of)
        beyond = self._reach(before + ahead, row_of, slot_of)
        index = k * r.DAY_CALLS_A_MONTH + (rank >> 1)
        if index not in slot_of:
            slot_of[index] = len(slot_of)
            self.day_calls.append(index)
        row_of[n] = len(row_of)
        self.bridges.append((row_of[n], behind, beyond, 2 * slot_of[index] + (rank & 1), ratio, root))
        return row_of[n]
