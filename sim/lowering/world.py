"""What surrounds the lines of a case, as numbers: `world_tables(case)`, None where a case uses none of it."""

from __future__ import annotations

from sim.lowering import world_records as w
from sim.lowering.line import PlainLine
from sim.lowering.lines import Lines
from sim.lowering.people import people_tables, uses_people
from sim.lowering.schedule import Calendar
from sim.lowering.variates import Variates
from sim.terms import Case


def world_tables(case: Case, calendar: Calendar, variates: Variates, lines: PlainLine | Lines) -> w.WorldTables | None:
    """The mechanisms that a case uses. After the lines, which say what months their coverage needs."""
    if not uses_people(case):
        return None
    people = people_tables(case, calendar, variates, lines)
    return w.WorldTables(other=w.OtherCash(0), people=people, jumps=w.Compensated(0))
