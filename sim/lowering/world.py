"""What surrounds the lines of a case, as numbers: `world_tables(case)`, None where a case uses none of it."""

from __future__ import annotations

from sim.lowering import world_records as w
from sim.terms import Case


def world_tables(case: Case) -> w.WorldTables | None:
    """The mechanisms that a case uses."""
    compensated = int(case.price.jumps == "compensated")
    if not compensated:
        return None
    return w.WorldTables(other=w.OtherCash(0), people=w.People(0), compensated=compensated)
