"""The sessions whose prices matter, and the Brownian walk that reaches them."""

from __future__ import annotations

import datetime
import math
from bisect import bisect_right
from functools import lru_cache

import numpy as np

from sim.calendar import month_number, sessions
from sim.lowering import model_records as m
from sim.lowering import program as r
from sim.lowering.drift import DailyDrift
from sim.lowering.variates import Variates
from sim.lowering.volume import StateSteps
from sim.terms import Case, Leg

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
    """Numbers, from 1, of the first and of the last session of each month; of month 0 without one, 1 and 0."""
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    for n, day in enumerate(days, start=1):
        k = month_number(valuation_date, day)
        ends[k] = n
        starts.setdefault(k, n)
    if 0 not in ends:  # the valuation date is after the last session of its month
        starts, ends = {0: 1} | starts, {0: 0} | ends
    return starts, ends


def priced_sessions(leg: Leg, n: int) -> range:
    """The sessions of a leg's window for a purchase on session n, oldest first."""
    last = {"before": n - 1, "through": n, "after": n + leg.window}[leg.timing]
    return range(last - leg.window + 1, last + 1)


class Market:
    """Rows of the tables of the market: of month-ends, of the windows of purchase dates, and of all that is needed.

    Sessions have numbers from 1; 0 and below are the opening and the sessions before it. The tables hold tuples in the
    order of the fields of their record types.

    They depend on the shape of the case alone. `day_table` and `state_table` add the numbers of a case.

    A rule that looks at a price or a volume asks for it before `finish`, `need(n, "close")`, "low", "vwap" or "volume";
    afterwards `row(n)` is where the kernels find it: `histories.closes[row]`, `.low`, `.vwap` and `.volume` share one
    numbering. Once anything but closes is needed, or the model is not "gbm", `whole` is true and these arrays are
    filled for every block of paths; else closes are made for the windows of the paths that need them.
    """

    def __init__(self, case: Case, variates: Variates) -> None:
        self.case, self.variates = case, variates
        self.sessions = sessions(case.valuation_date, case.horizon)
        self.numbers = {day: n for n, day in enumerate(self.sessions, start=1)}
        self.starts, self.ends = _months_of(case.valuation_date, self.sessions)
        self.month_end_sessions = np.array([self.ends[k] for k in range(len(self.ends))], np.int64)
        self.month_ends = {k: self.sessions[n - 1] for k, n in self.ends.items() if n > 0}
        self.lengths = tuple(self.ends[k] - self.starts[k] + 1 for k in range(len(self.ends)))
        self.walk: list[tuple] = []
        self.windows: list[tuple] = []
        self.day_calls: list[int] = []
        self.anchors: list[tuple] = []
        self.bridges: list[tuple] = []
        self.days: list[tuple] = []
        self.day_sessions: list[int] = []  # of the rows of `days`
        self.walked: list[tuple] = []
        self.trading: list[tuple] = []
        self.states: StateSteps | None = None
        self._times = [-1.0, *(float((day - case.valuation_date).days + 1) for day in self.sessions)]
        self._month_of = [-1, *(k for k, length in enumerate(self.lengths) for _ in range(length))]
        self._needed: dict[str, set[int]] = {"close": set(), "low": set(), "vwap": set(), "volume": set()}
        self._financed = {n for n in self.ends.values() if n > 0} if case.third_party is not None else set()

    def price(self, legs: tuple[Leg, ...], reach: int, purchases: tuple[datetime.date, ...]) -> None:
        """Ask for what prices purchase dates; each has a window of its own, from `reach` sessions before it."""
        for day in purchases:
            own = self.numbers[day]
            for leg in legs:
                for n in priced_sessions(leg, own):
                    self.need(n, leg.series)
            self.need(own)
            self._add_window(list(range(own - reach, own + 1)))

    def need(self, n: int, series: str = "close") -> None:
        """Ask for the close, the low, the VWAP or the volume of session n."""
        self._needed[series].add(n)

    def finish(self) -> None:
        """Build the tables of everything that was asked for."""
        priced = sorted({n for series in ("low", "vwap", "volume") for n in self._needed[series] if n > 0})
        closes = self._financed.union(*self._needed.values(), (n - 1 for n in priced))
        self.everything = sorted(closes)
        last = max(self.everything, default=0)
        self._row_of = {n: row for row, n in enumerate(self.everything)}
        self.dates = tuple(self.sessions[n - 1] if n > 0 else None for n in self.everything)
        self.earlier = self._earlier()
        walks = self.case.price.model != "bootstrap"
        every = self.case.price.model in m.WALKED
        row_of = self._add_window(self.everything, walks, range(1, last + 1) if walks and every else ())
        if walks:
            self._walk_months(last)
        number = {n: k for k, n in enumerate(priced)}
        if every:
            self.walked = [
                (row_of.get(n, 0), row_of.get(n - 1, 0), self._row_of.get(n, -1), number.get(n, -1))
                for n in range(1, last + 1)
            ]
        self._trade(priced, row_of)
        self.visited, self.traded = np.array(self.walked, m.SESSION), np.array(self.trading, m.TRADING)
        self.row_at = np.array([bisect_right(self.everything, n - 1) for n in range(max(last, 0) + 1)], np.int64)
        self._days = np.array(self.days, m.DAY)
        self._before = np.flatnonzero(np.array(self.day_sessions, np.int64) <= 0)
        self._drifted = np.maximum(np.array(self.day_sessions, np.int64), 0)

    @property
    def whole(self) -> bool:
        """Whether closes are made for all paths at once."""
        return self.case.price.model != "gbm" or any(self._needed[series] for series in ("low", "vwap", "volume"))

    def needs(self, series: str) -> bool:
        """Whether the series is needed on any session."""
        return bool(self._needed[series])

    def row(self, n: int) -> int:
        """The row of closes of session n."""
        return self._row_of[n]

    def row_or_none(self, n: int) -> int:
        """The row of closes of session n; -1 if its close is not needed."""
        return self._row_of.get(n, -1)

    def looked_at(self, series: str) -> frozenset[int]:
        """The rows of the sessions on which a series was asked for."""
        return frozenset(self._row_of[n] for n in self._needed[series])

    def rows_through(self, day: datetime.date) -> int:
        """How many rows of closes lie on or before a date."""
        return bisect_right(self.everything, bisect_right(self.sessions, day))

    def drift(self, case: Case) -> np.ndarray:
        """As `DailyDrift` has it: the mean of the log of each close relative to the opening, which is session 0."""
        return DailyDrift(case, len(self.sessions)).values

    def day_table(self, case: Case, drift: np.ndarray) -> np.ndarray:
        """The rows of `days` with the drift of their sessions, and the closes of those before the valuation date."""
        table = self._days.copy()
        table["drift"] = drift[self._drifted]
        if self._before.size:
            table["close"][self._before] = [self._close_before(case, self.day_sessions[i]) for i in self._before]
        return table

    def state_table(self, case: Case) -> np.ndarray:
        """The steps of the volume's state."""
        return np.zeros(0, m.STATE_STEP) if self.states is None else self.states.table(case)

    def t(self, n: int) -> float:
        """Days from the opening of the valuation date to the close of session n; -1 at the opening and before."""
        return self._times[max(n, 0)]

    @staticmethod
    def _close_before(case: Case, n: int) -> float:
        """The close of session n, 0 or below: of the closes that the case gives, else the opening price."""
        closes = case.price.closes_before(case.valuation_date)
        return closes[n - 1] if 1 - n <= len(closes) and n < 0 else float(case.price.initial)

    def _earlier(self) -> dict[int, datetime.date]:
        """The dates of the rows of closes before the valuation date."""
        back = [(row, n) for row, n in enumerate(self.everything) if n <= 0]
        if not back:
            return {}
        last = self.case.valuation_date - datetime.timedelta(days=1)
        before = sessions(last - datetime.timedelta(days=2 * (1 - back[0][1]) + 15), last)
        return {row: before[n - 1] for row, n in back}

    def _walk_months(self, last: int) -> None:
        """Month-ends through that of the month of session `last`."""
        for k, length in enumerate(self.lengths):
            if self.starts[k] > last:
                break
            z = self.variates.normal(r.MONTH_END_NORMAL, k)
            self.walk.append((z, math.sqrt(length)))

    def _trade(self, priced: list[int], row_of: dict[int, int]) -> None:
        """The tables of sessions of which more than the close is needed."""
        volumes = sorted(n for n in self._needed["volume"] if n > 0)
        states: dict[int, int] = {}
        if volumes:
            self.states = StateSteps(self.variates, volumes, self.starts, self.ends, tree)
            states = self.states.row_of
        for n in priced:
            prices = n in self._needed["low"] or n in self._needed["vwap"]
            where = (row_of.get(n, 0), row_of.get(n - 1, 0), states.get(n, 0))
            self.trading.append((n, self.row(n), self.row(n - 1), *where, int(prices), int(n in states)))

    def _add_window(self, days: list[int], walks: bool = True, also: range | tuple = ()) -> dict[int, int]:
        """The window of some sessions, in order; W is reached on the sessions of `also` too. Its rows by session."""
        tables: tuple[list, ...] = (self.day_calls, self.anchors, self.bridges, self.days)
        first = [len(table) for table in tables]
        row_of: dict[int, int] = {}
        slot_of: dict[int, int] = {}
        for n in days:
            row = self._reach(max(n, 0), row_of, slot_of) if walks else 0
            self.days.append((row, self.t(n), 0.0, 0.0))
            self.day_sessions.append(n)
        for n in also:
            self._reach(n - 1, row_of, slot_of)
            self._reach(n, row_of, slot_of)
        ranges = [end for start, table in zip(first, tables, strict=True) for end in (start, len(table))]
        self.windows.append((*ranges, bisect_right(days, 0)))
        return row_of

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
        index, place = divmod(r.DAY_NORMALS_A_MONTH * k + rank, r.NORMALS_A_CALL)
        if index not in slot_of:
            slot_of[index] = len(slot_of)
            self.day_calls.append(index)
        if place >= 2:
            self.day_calls[slot_of[index] - len(slot_of)] |= r.BOTH_WORDS
        row_of[n] = len(row_of)
        self.bridges.append((row_of[n], behind, beyond, r.NORMALS_A_CALL * slot_of[index] + place, ratio, root))
        return row_of[n]
