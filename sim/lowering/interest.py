"""Note interest that coverage counts (`line.coverage.includes_interest`), as numbers.

Of each coverage test: what was paid before the opening, the simulated months whose payments count, and what is still
due on the principal of a purchase date.
"""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

import numpy as np

from sim.calendar import FiscalQuarter
from sim.lowering import line_records as lr
from sim.lowering.note_dates import accrued_to, action_dates, interest_dates, paid_before
from sim.lowering.schedule import Calendar, Coverage, array_of
from sim.terms import Case, Note


class Counted(NamedTuple):
    """The days whose interest a coverage test counts. `since`: the purchase date, from which on interest may still be
    due; None for the test at the end of a fiscal quarter."""

    first: datetime.date
    last: datetime.date
    since: datetime.date | None


class InterestRows:
    """The rows of all coverage tests, of which some count no interest (None). They depend on the shape of a case alone;
    `table` adds its numbers."""

    def __init__(self, case: Case, calendar: Calendar, tests: list[Counted | None]) -> None:
        self.calendar, self.tests = calendar, tests if any(tests) else []
        dues: list[dict] = []
        self.rows = [self._row(case, test, dues) for test in self.tests]
        self.dues = array_of(dues, lr.DUE)

    def table(self, case: Case) -> np.ndarray:
        """The rows with what was paid before the opening; no rows where no coverage counts interest."""
        table = array_of(self.rows, lr.INTEREST)
        for number, test in enumerate(self.tests):
            if test is not None:
                table["before"][number] = paid_before(case, test.first, test.last)
        return table

    def _row(self, case: Case, test: Counted | None, dues: list[dict]) -> dict:
        row = {"before": 0.0, "first_month": 0, "last_month": 0, "first_due": len(dues), "last_due": len(dues)}
        if test is None:
            return row
        first, last = self.calendar.month(test.first), self.calendar.month(test.last)
        row |= {"first_month": max(first, 0), "last_month": min(last + 1, self.calendar.n_months)}
        if test.since is not None:
            for number, note in enumerate(case.notes):
                dues += self._due(case, number, note, max(test.since, test.first), test.last)
        return row | {"last_due": len(dues)}

    def _due(self, case: Case, number: int, note: Note, first: datetime.date, last: datetime.date) -> list[dict]:
        """What a note pays from `first` to `last`, if it pays any interest then."""
        until, since = self._last_payment(note, note.maturity, first, last)
        extended = self._last_payment(note, note.extended_maturity or note.maturity, first, last)
        if until == extended[0] == lr.NO_PAYMENT:
            return []
        before = [day for day in action_dates(case, note, self.calendar.month_ends) if day < first]
        begun = before[-1] if before else accrued_to(case, note)
        return [
            {
                "note": number, "accrued_to": self.calendar.t(begun), "until": until, "since": since,
                "extended_until": extended[0], "extended_since": extended[1],
            }
        ]  # fmt: skip

    def _last_payment(
        self, note: Note, maturity: datetime.date, first: datetime.date, last: datetime.date
    ) -> tuple[float, float]:
        """The last day of interest that is paid, and the last on which interest is added to the principal before."""
        none, days = lr.NO_PAYMENT, interest_dates(note, first, min(last, maturity))
        paid = [day for day in days if note.interest == "cash"] + [day for day in (maturity,) if first <= day <= last]
        if not paid:
            return none, none
        added = [day for day in days if note.interest == "accrue" and day < paid[-1]]
        return self.calendar.t(paid[-1]), self.calendar.t(added[-1]) if added else none


def tests_of(lines: Any) -> list[Counted | None]:
    """The coverage tests of all purchase dates of `lines`, then those at the ends of fiscal quarters."""
    calendar, tests = lines.calendar, []
    for notice in lines.notices:
        tests.append(_test(lines.coverages[notice.line], calendar.quarter(notice.day), notice.day))
    for coverage in lines.coverages:
        tests += [_test(coverage, quarter, None) for quarter in coverage.carried_quarters]
    return tests


def _test(coverage: Coverage, quarter: FiscalQuarter, day: datetime.date | None) -> Counted | None:
    """What a test in a fiscal quarter counts; None where its coverage counts no interest."""
    if coverage.terms is None or not coverage.terms.includes_interest:
        return None
    first, last = coverage.days(quarter, day)
    return Counted(first, last, day)
