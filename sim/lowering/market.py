"""The sessions whose closes matter, and the Brownian walk that reaches them."""

from __future__ import annotations

import datetime
import math
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache

from sim.calendar import month_number, sessions
from sim.lowering import program as r
from sim.lowering.variates import Variates
from sim.terms import Case

SESSIONS_IN_YEAR = 252.0
#: Sessions before a month-end that a pricing window most often needs.
LAST_SESSIONS = 5


@lru_cache(maxsize=64)
def tree(length: int) -> dict[int, tuple[int, int, int]]:
    """The bridges inside a month of `length` sessions: for positions 1 ... length - 1, those between which it lies, and
    the number of its normal. Position 0 is the month-end before, `length` the month's own.

    First the fifth session before the end, then what follows it, then the first session, then halves: most pricing
    windows end at a month-end or on a first session, and so need few normals.
    """
    found: dict[int, tuple[int, int, int]] = {}

    def place(back: int, position: int, ahead: int) -> None:
        found[position] = (back, ahead, len(found))

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


@dataclass
class Market:
    """Rows of the tables of the Brownian walk: of month-ends, and of the windows of purchase dates and of all sessions.

    Sessions have numbers from 1; 0 and below are the opening and the sessions before it.
    """

    case: Case
    purchases: tuple[datetime.date, ...]
    variates: Variates
    walk: list[dict] = field(default_factory=list)
    windows: list[dict] = field(default_factory=list)
    day_calls: list[dict] = field(default_factory=list)
    anchors: list[dict] = field(default_factory=list)
    bridges: list[dict] = field(default_factory=list)
    days: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sessions = sessions(self.case.valuation_date, self.case.horizon)
        self.numbers = {day: n for n, day in enumerate(self.sessions, start=1)}
        self.starts, self.ends = _months_of(self.case.valuation_date, self.sessions)
        self.month_ends = {k: self.sessions[n - 1] for k, n in self.ends.items()}
        self.lengths = tuple(self.ends[k] - self.starts[k] + 1 for k in range(len(self.ends)))
        self._month_of = {n: k for k in self.ends for n in range(self.starts[k], self.ends[k] + 1)}
        needed: set[int] = set()
        for day in self.purchases:
            needed.update(self.priced_sessions(day), [self.numbers[day]])
            self._add_window(self.priced_sessions(day), self.numbers[day])
        financed = set(self.ends.values()) if self.case.third_party is not None else set()
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
        """Mean of the log of session n's close relative to the opening."""
        price = self.case.price
        return (price.drift - 0.5 * price.volatility * price.volatility) * (n / SESSIONS_IN_YEAR)

    def t(self, n: int) -> float:
        """Days from the opening of the valuation date to the close of session n."""
        return float((self.sessions[n - 1] - self.case.valuation_date).days + 1)

    def _walk_months(self, last: int) -> None:
        """Month-ends through that of the month of session `last`."""
        for k, length in enumerate(self.lengths):
            if self.starts[k] > last:
                break
            z = self.variates.ask(r.MONTH_END_NORMAL, k >> 1, k & 1, r.NORMAL)
            self.walk.append({"variate": z, "root": math.sqrt(length)})

    def _add_window(self, priced: list[int], own: int | None) -> None:
        """The window of sessions `priced` and, unless it is among them, of a purchase date's own."""
        first = {name: len(getattr(self, f"{name}s")) for name in ("day_call", "anchor", "bridge", "day")}
        days = priced if own is None or own in priced else [*priced, own]
        rows = _Rows(self)
        for n in days:
            session = {"t": self.t(n), "drift": self.drift(n)} if n > 0 else {"t": -1.0, "drift": 0.0}
            self.days.append({"row": rows.of(n), **session})
        window = {"close": -1 if own is None else days.index(own)}
        for name, start in first.items():
            short = name.removeprefix("day_")
            window |= {f"first_{short}": start, f"last_{short}": len(getattr(self, f"{name}s"))}
        self.windows.append(window)


class _Rows:
    """Rows of one window: each session's W, and before it that of the sessions between which it lies."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.row_of: dict[int, int] = {}
        self.slot_of: dict[int, int] = {}  # calls of the generator by index

    def of(self, n: int) -> int:
        """The row of session n, which is added if it is not there."""
        n = max(n, 0)
        if n not in self.row_of:
            market = self.market
            k = market._month_of.get(n, -1)
            if n == 0 or n == market.ends[k]:
                row = self.row_of[n] = len(self.row_of)
                market.anchors.append({"row": row, "month_end": k + 1})
            else:
                self._add_bridge(n, k)
        return self.row_of[n]

    def _add_bridge(self, n: int, k: int) -> None:
        market, before = self.market, self.market.starts[k] - 1
        back, ahead, rank = tree(market.lengths[k])[n - before]
        rows = {"back": self.of(before + back), "ahead": self.of(before + ahead)}
        index = k * r.DAY_CALLS_A_MONTH + (rank >> 1)
        if index not in self.slot_of:
            self.slot_of[index] = len(self.slot_of)
            market.day_calls.append({"index": index, "spare": 0})
        row = self.row_of[n] = len(self.row_of)
        position, length = n - before - back, ahead - back
        market.bridges.append(
            {
                "row": row,
                **rows,
                "normal": 2 * self.slot_of[index] + (rank & 1),
                "ratio": position / length,
                "root": math.sqrt(position * (length - position) / length),
            }
        )
