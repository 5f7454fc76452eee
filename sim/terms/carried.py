"""What draws and notes have come to by a later day."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import NamedTuple

from sim import calendar
from sim.terms.actuals import ActualDraw, Actuals
from sim.terms.case import Case
from sim.terms.line import Line
from sim.terms.notes import Note


def draws_of(actuals: Actuals, line: Line) -> list[ActualDraw]:
    return [draw for draw in actuals.draws if draw.line == line.name]


def drawn_in(
    period: Callable[[datetime.date], tuple[int, int]],
    draws: list[ActualDraw],
    to: datetime.date,
    before: float,
    opening: datetime.date,
) -> float:
    """Dollars drawn in the period of day `to`; `before` those of the period of the opening, before it."""
    return before * (period(opening) == period(to)) + sum(
        draw.amount for draw in draws if period(draw.date) == period(to)
    )


def period_of(case: Case, kind: str, day: datetime.date) -> tuple[int, int]:
    """What identifies the month or the fiscal quarter in which a day lies."""
    if kind == "month":
        return day.year, day.month
    return calendar.fiscal_quarter(day, case.company.fiscal_year_end_month).ordinal, 0


class CarriedNote(NamedTuple):
    """A note at a later day: its principal, the interest owed, and the day from which that has run, if a later one."""

    principal: float
    accrued: float
    paid_to: datetime.date | None


def carried_note(note: Note, opening: datetime.date, to: datetime.date, came: datetime.date | None) -> CarriedNote:
    """A note from the opening to a later day, as its terms have it.

    On each interest date before that day interest is paid, or added to the principal. `came`: when the principal came
    in, if it was after the opening.
    """
    stated = note.accrued is not None
    since = came or (opening if stated else note.last_interest_date or opening)
    principal, owed, paid_to, first = note.principal, note.accrued or 0.0, came, max(opening, since)
    dates = (datetime.date.fromisoformat(f"{year}-{day}") for year in range(first.year, to.year + 1)
             for day in note.interest_days)  # fmt: skip
    for day in sorted(day for day in dates if first <= day < to and (stated or day != note.last_interest_date)):
        owed += principal * note.rate * (day - since).days / 365.0
        principal += owed * (note.interest == "accrue")
        owed, since, paid_to = 0.0, day, day
    return CarriedNote(principal, owed + principal * note.rate * (to - since).days / 365.0, paid_to)
