"""When things happen on a ledger: months, fiscal quarters, coverage tests, notes, and the list of stops."""

from __future__ import annotations

import datetime
from bisect import bisect_left, bisect_right
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from sim.calendar import (
    FiscalQuarter,
    fiscal_quarter,
    month_end,
    month_number,
    month_opening,
    month_start,
    sessions,
    simulated_days,
)
from sim.lowering import program as r
from sim.lowering.market import Market
from sim.lowering.note_dates import accrued_to, action_dates, due_interest, paid_before
from sim.lowering.program import GAP_MONTHS
from sim.terms import Case, Line
from sim.terms.derived import level_before

#: The number that stands for the days of month 0 before the valuation date.
ELAPSED = -(10**6)


def gap_months(case: Case) -> tuple[int, ...]:
    """Those of `GAP_MONTHS` whose end, so many months after the valuation date, is before the horizon."""
    return tuple(months for months in GAP_MONTHS if month_end(case.valuation_date, months - 1) < case.horizon)


def issues_to_others(case: Case) -> bool:
    """Whether a case issues shares to others than the investors of its lines."""
    party = case.third_party
    return party is not None and party.kind == "equity" and party.annual_rate > 0


class MonthRows(NamedTuple):
    """Of each row of months its month, and the share of the month's expected figure that it has."""

    months: tuple[int, ...]
    shares: np.ndarray


class Calendar:
    """Months and fiscal quarters of a case, and the shares of months that its coverage tests add up."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.n_months = month_number(case.valuation_date, case.horizon) + 1
        self.sessions = sessions(case.valuation_date, case.horizon)
        self.outside: list[int] = []  # months whose expected figure some coverage test needs
        self.covers: list[dict] = []
        self.counted: dict[int, int] = {}  # the last simulated month that a coverage test of a month counts
        self.periods = self.period(case.horizon) + 1  # fiscal quarters, cut to the simulated span
        self.gap_months = gap_months(case)

    def month_start(self, k: int) -> datetime.date:
        return month_start(self.case.valuation_date, k)

    def month_end(self, k: int) -> datetime.date:
        return month_end(self.case.valuation_date, k)

    @property
    def month_ends(self) -> set[datetime.date]:
        """The last days of the simulated months."""
        return {self.month_end(k) for k in range(self.n_months)}

    def month(self, day: datetime.date) -> int:
        return month_number(self.case.valuation_date, day)

    def quarter(self, day: datetime.date) -> FiscalQuarter:
        return fiscal_quarter(day, self.case.company.fiscal_year_end_month)

    def t(self, day: datetime.date) -> float:
        """The close of business on a date, in days from the opening of the valuation date."""
        return float((day - self.case.valuation_date).days + 1)

    def period(self, day: datetime.date) -> int:
        return self.quarter(day).ordinal - self.quarter(self.case.valuation_date).ordinal

    def share(self, k: int) -> float:
        """The part of month k that is simulated; month 0 is the rest of its month."""
        return self.days(k) / self.month_end(k).day

    def month_opening(self, k: int) -> datetime.date:
        return month_opening(self.case.valuation_date, k)

    def days(self, k: int) -> int:
        """Number of simulated days of month k."""
        return simulated_days(self.case.valuation_date, k)

    @cached_property
    def rows(self) -> MonthRows:
        """The rows of months, after the last of them has been asked for: simulated months, then months outside the span
        and the days of month 0 before the valuation date, which count as expected."""
        share = self.share(0)
        apart = {ELAPSED: (0, 1.0 - share), 0: (0, share)}
        outside = [apart.get(k, (k, 1.0)) for k in self.outside]
        months, shares = zip(*((k, self.share(k)) for k in range(self.n_months)), *outside, strict=True)
        return MonthRows(months, np.array(shares))

    def whole(self, k: int) -> list[tuple[int, float]]:
        """The rows, and shares of them, that are a whole month."""
        elapsed = k == 0 and self.case.valuation_date.day > 1
        return [(self.month_row(j), 1.0) for j in ([ELAPSED, k] if elapsed else [k])]

    def month_row(self, k: int) -> int:
        """The row that holds month k's cash used: simulated months first, then those outside the span."""
        return k if 0 <= k < self.n_months else self.expected_row(k)

    def expected_row(self, k: int) -> int:
        """The row that holds month k's expected figure; of a month outside the span, its only one."""
        if k not in self.outside:
            self.outside.append(k)
        return self.n_months + self.outside.index(k)


class Coverage:
    """The coverage tests of a line, in a calendar. `percents` are the numbers of a case's line, by `place`."""

    def __init__(self, calendar: Calendar, line: Line) -> None:
        self.calendar, self.terms, case = calendar, line.coverage, calendar.case
        self.carries = self.terms is not None and self.terms.carry_forward
        self.term_start = calendar.quarter(line.start)
        self.first_carried = max(self.term_start, calendar.quarter(case.valuation_date))
        self.quarters: list[dict] = []
        self.carried_quarters: list[FiscalQuarter] = []
        if self.carries:
            q = self.first_carried
            while q.end <= case.horizon and q.start <= line.end:
                first, last = self.cover(q)
                self.quarters.append({"percent": float(self.place(q)), "first_cover": first, "last_cover": last})
                self.carried_quarters.append(q)
                q = q.next()

    def place(self, q: FiscalQuarter) -> int:
        """Which of `percents` holds for a quarter."""
        if self.terms is None:
            return 0
        i = max(0, q.ordinal - self.term_start.ordinal)
        return min(i, len(self.terms.percent) - 1)

    @staticmethod
    def percents(line: Line) -> np.ndarray:
        """The shares of cash used that a line's draws may be, one after another; 0 without a coverage test."""
        return np.zeros(1) if line.coverage is None else np.array(line.coverage.percent) / 100.0

    def quarter_table(self, line: Line) -> np.ndarray:
        """The tests at the ends of quarters, with the percentages of a line."""
        table = array_of(self.quarters, r.QUARTER)
        table["percent"] = self.percents(line)[table["percent"].astype(np.int64)]
        return table

    def basis(self, q: FiscalQuarter, through: datetime.date | None = None) -> list[tuple[int, float]]:
        """Rows of months and shares of them that count for a draw in quarter q on day `through` (None: its end)."""
        if self.terms is None:
            return []
        calendar, months = self.calendar, self._months(q)
        row, expected = calendar.month_row, calendar.expected_row
        if self.terms.basis not in ("to_date", "forecast") or through is None:
            return [whole for k in months for whole in calendar.whole(k)]
        k = calendar.month(through)
        share = ((through - calendar.month_opening(k)).days + 1) / calendar.days(k)
        before = [whole for j in months if j < k for whole in calendar.whole(j)]
        counted = [*before, *calendar.whole(k)[:-1], (row(k), share)]
        if self.terms.basis == "to_date":
            return counted
        return [*counted, (expected(k), 1.0 - share), *((expected(j), 1.0) for j in months if j > k)]

    def days(self, q: FiscalQuarter, through: datetime.date | None = None) -> tuple[datetime.date, datetime.date]:
        """The first and the last day of the basis, of a draw in quarter q on day `through` (None: its end)."""
        whole = self._quarter(q)
        to_date = self.terms is not None and self.terms.basis == "to_date"
        return whole.start, through if to_date and through is not None else whole.end

    def _quarter(self, q: FiscalQuarter) -> FiscalQuarter:
        """The quarter whose months cover a draw in quarter q."""
        return q.plus(-1 if self.terms is not None and self.terms.basis == "previous_quarter" else 0)

    def _months(self, q: FiscalQuarter) -> range:
        """The months whose cash used covers a whole quarter."""
        first = self.calendar.month(self._quarter(q).start)
        return range(first, first + 3)

    def cover(
        self, q: FiscalQuarter, through: datetime.date | None = None, settled: datetime.date | None = None
    ) -> tuple[int, int]:
        """Add a coverage test; returns its rows [first, last) in the calendar's `covers`.

        It is made on day `through`, and again on the day `settled`, if that is another one.
        """
        covers, counted = self.calendar.covers, self.calendar.counted
        first, day = len(covers), through or q.end
        covers += [{"month": row, "share": share} for row, share in self.basis(q, through)]
        simulated = [cover["month"] for cover in covers[first:] if cover["month"] < self.calendar.n_months]
        for k in {self.calendar.month(day), self.calendar.month(settled or day)}:
            counted[k] = max(counted.get(k, k), *simulated, k)
        return first, len(covers)

    def unused_at_opening(self, case: Case, line: Line) -> float:
        """Coverage that the term's quarters before the valuation date left unused: at expected figures, undrawn."""
        unused, q, percents = 0.0, self.term_start, self.percents(line).tolist()
        while self.carries and q.end < case.valuation_date:
            used = 0.0
            for k in self._months(q):
                used += level_before(case, k)
            if self.terms is not None and self.terms.includes_interest:
                used += paid_before(case, *self.days(q))
            unused = max(0.0, percents[self.place(q)] * max(0.0, used) + unused)
            q = q.next()
        return unused


def _note_actions(case: Case, calendar: Calendar) -> dict[datetime.date, list[dict]]:
    """What each note does on which date, with the days of interest since its last accrual."""
    month_ends = calendar.month_ends
    by_date: dict[datetime.date, list[dict]] = {}
    for number, note in enumerate(case.notes):
        interest = set(due_interest(case, note))
        maturities = {note.maturity: 1} | ({note.extended_maturity: 2} if note.extended_maturity else {})
        paid = 1 if note.interest == "cash" else 2
        before = accrued_to(case, note)
        for day in action_dates(case, note, month_ends):
            by_date.setdefault(day, []).append(
                {
                    "note": number,
                    "accrual_days": float((day - before).days),
                    "interest": paid * (day in interest),
                    "maturity": maturities.get(day, 0),
                    "sweep": int(note.sweep is not None and day in month_ends),
                    "may_reborrow": int(day < note.maturity),
                }
            )
            before = day
    for actions in by_date.values():
        actions.sort(key=lambda action: action["note"])
    return by_date


class DrawDates(NamedTuple):
    """A purchase date of a kind of purchase: names of line and kind, the date, that of its settlement (None after the
    horizon), and the number of its fiscal quarter."""

    line: str
    purchase: str
    day: datetime.date
    settled: datetime.date | None
    period: int


class Agenda(NamedTuple):
    """What lines do on which dates.

    Either one line's purchase dates: `together` are those on which every path of a block takes part, and `carried` its
    coverage tests for what a quarter leaves unused, by quarter. Or `turns`: the settlements, notices and fees of any
    number of lines.
    """

    purchases: tuple[datetime.date, ...]
    together: frozenset[datetime.date]
    term: tuple[datetime.date, datetime.date]
    carried: dict[FiscalQuarter, int]
    turns: dict[datetime.date, list[dict]]


def stops_of(
    case: Case, calendar: Calendar, market: Market, agenda: Agenda, flows: frozenset[datetime.date] = frozenset()
) -> tuple[list[dict], list[dict], list[dict]]:
    """The dates with events for a whole block in order, and what the notes and the lines do on them.

    Purchase dates that are not in `together`, and on which nothing else happens, are no stops of their own: the next
    stop takes them. `flows`: dates on which cash may come or go before the draws.
    """
    notes = _note_actions(case, calendar)
    month_ends = {calendar.month_end(k): k for k in range(calendar.n_months)}
    last_sessions = {day: k for k, day in market.month_ends.items()} if case.third_party else {}
    stops: list[dict] = []
    actions: list[dict] = []
    turns: list[dict] = []
    taken = 0  # purchase dates so far
    gap_rows = {calendar.month_end(months - 1): row for row, months in enumerate(calendar.gap_months)}
    nothing = {"month_end": -1, "closes_quarter": -2, "gap_row": -1}
    for day in sorted({*notes, *agenda.together, *agenda.turns, *month_ends, *last_sessions, *flows}):
        date = {
            "t": calendar.t(day),
            "month": calendar.month(day),
            "closes_until": market.rows_through(day),
            "in_term": int(agenda.term[0] <= day <= agenda.term[1]),
        }
        first, turned, before, through = (
            len(actions),
            len(turns),
            bisect_left(agenda.purchases, day),
            bisect_right(agenda.purchases, day),
        )
        if day in last_sessions or day in flows:
            none = {"first_action": first, "last_action": first, "first_turn": turned, "last_turn": turned}
            nothing["third_party"] = int(day in last_sessions)
            stops.append({**date, **nothing, **none, "first_date": taken, "last_date": before})
            taken = before
            if through == before and not any(day in dates for dates in (notes, month_ends, agenda.turns)):
                continue
        actions += notes.get(day, [])
        turns += agenda.turns.get(day, [])
        quarter = calendar.quarter(day)
        stops.append(
            {
                **date,
                "first_date": taken,
                "last_date": through,
                "third_party": 0,
                "month_end": month_ends.get(day, -1),
                "first_action": first,
                "last_action": len(actions),
                "first_turn": turned,
                "last_turn": len(turns),
                "closes_quarter": agenda.carried.get(quarter, -1) if day == quarter.end else -2,
                "gap_row": gap_rows.get(day, -1),
            }
        )
        taken = through
    return stops, actions, turns


def agenda_of(case: Case, line: Line, coverage: Coverage, together: frozenset[datetime.date]) -> Agenda:
    """The agenda of a case with one line whose price is known at each purchase date."""
    carried = {coverage.first_carried.plus(i): i for i in range(len(coverage.quarters))}
    return Agenda(case.purchase_dates, together, (line.start, line.end), carried, {})


def array_of(rows: list[dict], dtype: np.dtype) -> np.ndarray:
    """Rows by field as a structured array."""
    fields = itemgetter(*(dtype.names or ()))  # of two names or more, so that it gives tuples
    return np.array(list(map(fields, rows)), dtype)
