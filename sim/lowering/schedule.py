"""When things happen on a ledger: months, fiscal quarters, the sessions whose closes matter, and the list of stops."""

from __future__ import annotations

import datetime
import math
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache

from sim.calendar import (
    FiscalQuarter,
    fiscal_quarter,
    month_end,
    month_number,
    month_start,
    sessions,
)
from sim.lowering import program as r
from sim.terms import Case, Note

SESSIONS_IN_YEAR = 252.0


class Variates:
    """Allocates rows of the array of variates and records which call of the generator fills each row."""

    def __init__(self) -> None:
        self.rows = 1  # row 0 receives unused variates
        self._halves: dict[tuple[int, int], dict[int, tuple[int, int]]] = {}

    def ask(self, purpose: int, index: int, half: int, kind: int) -> int:
        """The row that will hold one number for each path."""
        halves = self._halves.setdefault((purpose, index), {})
        if half not in halves:
            halves[half] = (self.rows, kind)
            self.rows += 1
        return halves[half][0]

    def row_of(self, purpose: int, index: int, half: int) -> int:
        """The row of a number that was asked for, or -1."""
        return self._halves.get((purpose, index), {}).get(half, (-1, r.UNUSED))[0]

    def by_importance(self) -> list[int]:
        """The rows in decreasing importance for the outcome of a path: the broad course of burn and market, the events
        of the company, then single months, then single days."""
        ranked = [
            (self._rank(purpose, index, half), row)
            for (purpose, index), halves in self._halves.items()
            for half, (row, _) in halves.items()
        ]
        return [row for _, row in sorted(ranked)]

    @staticmethod
    def _rank(purpose: int, index: int, half: int) -> tuple[int, int]:
        month = 2 * index + half
        once = {r.EXTENSION: 0, r.COMMON_FACTOR: 4, r.WAIVER: 5, r.EVENTS: 5, r.MILESTONE: 6}
        if purpose == r.BURN_NORMAL:
            return 2 * month + 1, purpose
        if purpose in (r.MONTH_END_NORMAL, r.THIRD_PARTY_ARRIVAL):
            return 2 * month + 2, purpose
        return once.get(purpose, 10_000 + index), purpose

    def calls(self) -> list[dict]:
        rows = []
        for (purpose, index), halves in self._halves.items():
            (row_a, kind_a), (row_b, kind_b) = (halves.get(half, (0, r.UNUSED)) for half in (0, 1))
            rows.append(
                {"purpose": purpose, "index": index, "row_a": row_a, "kind_a": kind_a, "row_b": row_b, "kind_b": kind_b}
            )
        return rows


class Calendar:
    """Months, fiscal quarters and purchase dates of a case, and the coverage tests that use them."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.n_months = month_number(case.valuation_date, case.horizon) + 1
        self.sessions = sessions(case.valuation_date, case.horizon)
        self.purchases = case.purchase_dates
        self.outside: list[int] = []  # months outside the span that some coverage test needs
        self.covers: list[dict] = []
        self.term_start = self.quarter(case.line.start)
        self.periods = self.period(case.horizon) + 1  # fiscal quarters, cut to the simulated span
        self.quarters: list[dict] = []
        if self.carries:
            q = max(self.term_start, self.quarter(case.valuation_date))
            while q.end <= case.horizon and q.start <= case.line.end:
                first, last = self.cover(q)
                self.quarters.append({"percent": self.percent(q), "first_cover": first, "last_cover": last})
                q = q.next()

    @property
    def carries(self) -> bool:
        return self.case.line.coverage is not None and self.case.line.coverage.carry_forward

    def month_start(self, k: int) -> datetime.date:
        return month_start(self.case.valuation_date, k)

    def month_end(self, k: int) -> datetime.date:
        return month_end(self.case.valuation_date, k)

    def month(self, day: datetime.date) -> int:
        return month_number(self.case.valuation_date, day)

    def quarter(self, day: datetime.date) -> FiscalQuarter:
        return fiscal_quarter(day, self.case.company.fiscal_year_end_month)

    def t(self, day: datetime.date) -> float:
        """The close of business on a date, in days from the opening of the valuation date."""
        return float((day - self.case.valuation_date).days + 1)

    def period(self, day: datetime.date) -> int:
        return self.quarter(day).ordinal - self.quarter(self.case.valuation_date).ordinal

    def percent(self, q: FiscalQuarter) -> float:
        coverage = self.case.line.coverage
        if coverage is None:
            return 0.0
        i = max(0, q.ordinal - self.term_start.ordinal)
        return coverage.percent[min(i, len(coverage.percent) - 1)] / 100.0

    def basis(self, q: FiscalQuarter, through: datetime.date | None = None) -> list[tuple[int, float]]:
        """Months and shares of their cash used that count for a draw in quarter q on day `through` (None: its end)."""
        coverage = self.case.line.coverage
        if coverage is None:
            return []
        if coverage.basis == "previous_quarter":
            q = q.plus(-1)
        first = self.month(q.start)
        if coverage.basis != "to_date" or through is None:
            return [(k, 1.0) for k in range(first, first + 3)]
        k = self.month(through)
        return [(j, 1.0) for j in range(first, k)] + [(k, through.day / self.month_end(k).day)]

    def cover(self, q: FiscalQuarter, through: datetime.date | None = None) -> tuple[int, int]:
        """Add a coverage test; returns its rows [first, last) in `covers`."""
        first = len(self.covers)
        self.covers += [{"month": self.month_row(k), "share": share} for k, share in self.basis(q, through)]
        return first, len(self.covers)

    def month_row(self, k: int) -> int:
        """The row that holds month k's cash used: simulated months first, then those outside the span."""
        if 0 <= k < self.n_months:
            return k
        if k not in self.outside:
            self.outside.append(k)
        return self.n_months + self.outside.index(k)

    def unused_at_opening(self) -> float:
        """Coverage that the term's quarters before the valuation date left unused: at expected figures, undrawn."""
        unused, q = 0.0, self.term_start
        while self.carries and q.end < self.case.valuation_date:
            used = 0.0
            for k, share in self.basis(q):
                used += self.case.burn_level(k) * share
            unused = max(0.0, self.percent(q) * max(0.0, used) + unused)
            q = q.next()
        return unused


@lru_cache(maxsize=64)
def _months_of(
    valuation_date: datetime.date, sessions: tuple[datetime.date, ...]
) -> tuple[dict[int, int], dict[int, int]]:
    """Numbers, from 1, of the first and of the last session of each month."""
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    for n, day in enumerate(sessions, start=1):
        k = month_number(valuation_date, day)
        ends[k] = n
        starts.setdefault(k, n)
    return starts, ends


@dataclass
class Grid:
    """The sessions whose closes matter, and the Brownian walk that reaches them."""

    case: Case
    calendar: Calendar
    variates: Variates
    walk: list[dict] = field(default_factory=list)
    days: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        numbers = {day: n for n, day in enumerate(self.calendar.sessions, start=1)}
        pricing = self.case.line.pricing
        needed: set[int] = set()
        earliest = 0
        for day in self.calendar.purchases:
            last = numbers[day] if pricing.timing == "through" else numbers[day] - 1
            needed.update(range(last - pricing.window + 1, last + 1), [numbers[day]])
            earliest = min(earliest, last - pricing.window + 1)
        starts, ends = _months_of(self.case.valuation_date, self.calendar.sessions)
        rare = set(ends.values()) - needed if self.case.third_party is not None else set()
        self.month_ends = {k: self.calendar.sessions[n - 1] for k, n in ends.items()}
        self.lengths = tuple(ends[k] - starts[k] + 1 for k in range(len(ends)))
        self._row_of: dict[int, int] = {}
        dates: list[datetime.date | None] = []
        for n in range(earliest, 1):
            self._row_of[n] = len(self.days)
            self.days.append({"t": -1.0, "drift": 0.0, "needed": r.OPENING})
            dates.append(None)
        for k in range(len(ends)):
            if starts[k] > max(needed | rare, default=0):
                break
            first = min((n for n in needed if starts[k] <= n <= ends[k]), default=ends[k])
            for n in range(first, ends[k] + 1):
                self._row_of[n] = len(self.days)
                day = self.calendar.sessions[n - 1]
                kind = r.NEEDED if n in needed else r.RARE if n in rare else r.SKIPPED
                self.days.append({"t": self.calendar.t(day), "drift": self._drift(n), "needed": kind})
                dates.append(None if kind == r.SKIPPED else day)
            self._walk_month(k, first, starts[k], ends[k])
        self.dates = tuple(dates)
        self.numbers = numbers
        self._times = [row["t"] for row in self.days]  # in order: -1 at the opening and before, then days

    def _drift(self, n: int) -> float:
        price = self.case.price
        return (price.drift - 0.5 * price.volatility * price.volatility) * (n / SESSIONS_IN_YEAR)

    def _walk_month(self, k: int, first: int, start: int, end: int) -> None:
        length = end - start + 1
        back, row = self._row_of[start - 1], self._row_of[end]
        z = self.variates.ask(r.MONTH_END_NORMAL, k >> 1, k & 1, r.NORMAL)
        self.walk.append({"row": row, "back": back, "ahead": -1, "variate": z, "ratio": 0.0, "root": math.sqrt(length)})
        for n in range(end - 1, first - 1, -1):
            j, position = end - n - 1, n - start + 1
            ratio = position / (position + 1)
            z = self.variates.ask(r.DAY_NORMAL, k * r.DAY_CALLS_A_MONTH + (j >> 1), j & 1, r.NORMAL)
            self.walk.append(
                {
                    "row": self._row_of[n], "back": back, "ahead": self._row_of[n + 1],
                    "variate": z, "ratio": ratio, "root": math.sqrt(ratio),
                }
            )  # fmt: skip

    def row(self, n: int) -> int:
        """The row of session number n; 0 and below are the opening and before."""
        return self._row_of[n]

    def rows_through(self, day: datetime.date) -> int:
        """How many rows of closes lie on or before a date."""
        return bisect_right(self._times, self.calendar.t(day))


def _interest_dates(note: Note, calendar: Calendar) -> list[datetime.date]:
    """Interest dates of a note after the last one paid, inside the span and not after its final maturity."""
    if not note.interest_date:
        return []
    case = calendar.case
    month, day = map(int, note.interest_date.split("-"))
    years = range(case.valuation_date.year, case.horizon.year + 1)
    last = min(case.horizon, note.extended_maturity or note.maturity)
    dates = [datetime.date(year, month, day) for year in years]
    return [d for d in dates if max(case.valuation_date, note.last_interest_date or case.valuation_date) <= d <= last]


def _note_actions(case: Case, calendar: Calendar) -> dict[datetime.date, list[dict]]:
    """What each note does on which date, with the days of interest since its last accrual."""
    month_ends = [calendar.month_end(k) for k in range(calendar.n_months)]
    by_date: dict[datetime.date, list[dict]] = {}
    for number, note in enumerate(case.notes):
        interest = set(_interest_dates(note, calendar))
        maturities = {note.maturity: 1} | ({note.extended_maturity: 2} if note.extended_maturity else {})
        due = {day for day in maturities if day <= case.horizon}
        accrued_to = note.last_interest_date or case.valuation_date
        for day in sorted(interest | due | set(month_ends if note.sweep else ())):
            by_date.setdefault(day, []).append(
                {
                    "note": number,
                    "accrual_days": float((day - accrued_to).days),
                    "interest": int(day in interest),
                    "maturity": maturities.get(day, 0),
                    "sweep": int(note.sweep is not None and day in month_ends),
                    "may_reborrow": int(day < note.maturity),
                }
            )
            accrued_to = day
    for actions in by_date.values():
        actions.sort(key=lambda action: action["note"])
    return by_date


def stops_of(case: Case, calendar: Calendar, grid: Grid) -> tuple[list[dict], list[dict]]:
    """The dates with events in order, and what the notes do on them."""
    notes = _note_actions(case, calendar)
    purchases = {day: i for i, day in enumerate(calendar.purchases)}
    month_ends = {calendar.month_end(k): k for k in range(calendar.n_months)}
    last_sessions = {day: k for k, day in grid.month_ends.items()}
    carried = {q: i for i, q in enumerate(_carried_quarters(calendar))}
    stops: list[dict] = []
    actions: list[dict] = []
    for day in sorted({*notes, *purchases, *month_ends, *last_sessions}):
        t, k = calendar.t(day), calendar.month(day)
        first = len(actions)
        actions += notes.get(day, [])
        quarter = calendar.quarter(day)
        stops.append(
            {
                "t": t,
                "month": k,
                "month_days": float(calendar.month_end(k).day),
                "third_party_row": grid.row(grid.numbers[day]) if case.third_party and day in last_sessions else -1,
                "purchase": purchases.get(day, -1),
                "month_end": month_ends.get(day, -1),
                "first_action": first,
                "last_action": len(actions),
                "closes_until": grid.rows_through(day),
                "in_term": int(case.line.start <= day <= case.line.end),
                "closes_quarter": carried.get(quarter, -1) if day == quarter.end else -2,
            }
        )
    return stops, actions


def _carried_quarters(calendar: Calendar) -> list[FiscalQuarter]:
    first = max(calendar.term_start, calendar.quarter(calendar.case.valuation_date))
    return [first.plus(i) for i in range(len(calendar.quarters))]
