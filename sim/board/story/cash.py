"""Slide: cash over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.board.charts.run import cash_chart
from sim.board.story.answer import complement
from sim.board.story.chapter import Chapter
from sim.board.story.parts import scenario_change
from sim.board.words import brief, day, frequency, median_day, short_day

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.results.result import Result


def cash(pack: Pack) -> Chapter | None:
    """Median and bands of cash at month ends; nothing where the run kept none."""
    result = pack.result
    fan, case = result.fan(), result.case
    if not fan.paths:
        return None
    chart = cash_chart(result, cash_sentence(result))
    return Chapter(
        key="cash",
        headline=cash_sentence(result),
        charts=(chart,),
        points=(
            f"Opening cash on {short_day(case.valuation_date)}: {brief('raised', fan.p50[0], 0.0)}",
            f"Minimum cash: {brief('raised', case.company.minimum_cash, 0.0)}",
            f"Median on {short_day(case.horizon)}: {brief('raised', fan.p50[-1], 1e5)} (negative after a cash-out)",
            *(f"{number}. {mark.label}" for number, mark in enumerate(chart.marks, 1)),
        ),
        sure=f"From {fan.paths:,} scenarios: the dark band contains 50% of them, both bands together 90%.",
        compared="Dashed line: minimum cash. A scenario is out of cash from its first day below it, even if a later "
        "draw restores the balance, so the median may cross the line later than half of the scenarios.",
        change=scenario_change(pack, "note"),
        source="Cash after operations, draws, third-party financing, interest and principal",
        notes="After a cash-out the simulation continues, so that cash may be negative; the funding gap is measured "
        "from it.",
    )


def cash_sentence(result: Result) -> str:
    """By when half of all scenarios are out of cash, or how many are never out."""
    chance, end = result.summary().cash_out, day(result.case.horizon)
    if chance.value >= 0.5:
        return f"Half of all scenarios are out of cash by {day(median_day(result))}"
    return f"Cash stays above the minimum to {end} in {frequency(complement(chance), result.paths)} scenarios"
