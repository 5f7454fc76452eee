"""Dates of notes: when interest is due, from when it runs, when it accrues; and what was paid before the opening."""

from __future__ import annotations

import datetime

from sim.calendar import ONE_DAY
from sim.terms import Case, Note


def interest_dates(note: Note, first: datetime.date, last: datetime.date) -> list[datetime.date]:
    """The interest dates of a note from `first` to `last`, in order."""
    years = range(first.year, last.year + 1)
    dates = {datetime.date.fromisoformat(f"{year}-{day}") for year in years for day in note.interest_days}
    return sorted(day for day in dates if first <= day <= last)


def due_interest(case: Case, note: Note) -> list[datetime.date]:
    """Interest dates of a note after the last one paid, inside the span and not after its final maturity."""
    first = max(case.valuation_date, note.last_interest_date or case.valuation_date)
    return interest_dates(note, first, min(case.horizon, note.extended_maturity or note.maturity))


def accrued_to(case: Case, note: Note) -> datetime.date:
    """The day from which interest runs at the opening: what is owed for the time before it is stated, or none is."""
    if note.accrued is None and note.last_interest_date is not None:
        return note.last_interest_date
    return case.valuation_date


def action_dates(case: Case, note: Note, month_ends: set[datetime.date]) -> list[datetime.date]:
    """The dates on which a note accrues interest: interest dates, maturities and, with a sweep, month ends."""
    due = {day for day in (note.maturity, note.extended_maturity) if day is not None and day <= case.horizon}
    return sorted({*due_interest(case, note)} | due | (month_ends if note.sweep else set()))


def paid_before(case: Case, first: datetime.date, last: datetime.date) -> float:
    """Interest that the notes paid from `first` to `last` and before the opening, on their opening principal."""
    total = 0.0
    for note in case.notes:
        known = min(last, case.valuation_date - ONE_DAY, note.last_interest_date or last)
        days = interest_dates(note, first, known)
        if days and note.interest == "cash" and note.advance is None:
            begun = interest_dates(note, days[0] - 366 * ONE_DAY, days[0] - ONE_DAY)[-1]
            total += note.principal * note.rate * (days[-1] - begun).days / 365
    return total
