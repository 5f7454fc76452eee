"""What surrounds the lines of a case, as numbers: `world_tables`, None where a case uses none of it."""

from __future__ import annotations

from sim.lowering import world_records as w
from sim.lowering.other_cash import OtherCash


def world_tables(other: OtherCash, stops: list[dict]) -> w.WorldTables | None:
    """The mechanisms that a case uses; `stops` as `sim.lowering.schedule.stops_of` gives them."""
    if not other.used:
        return None
    return w.WorldTables(other=other.tables(stops), people=w.People(0), jumps=w.Compensated(0))
