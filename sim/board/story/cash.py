"""Slide: cash over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.board.charts.run import cash_chart
from sim.board.story.chapter import Chapter
from sim.board.story.parts import stress_change
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
            f"Median on {short_day(case.horizon)}: {brief('raised', fan.p50[-1], 1e5)}{_below(fan.p50[-1])}",
            *(f"{number}. {mark.label}" for number, mark in enumerate(chart.marks, 1)),
        ),
        sure=f"From {fan.paths:,} scenarios: the dark band contains 50% of them, both bands together 90%.",
        compared="The minimum cash (dashed line). A scenario is out of cash from its first day below it, even if cash "
        "is above the minimum again after a later draw.",
        change=stress_change(pack, "note"),
        source="Cash after operations, draws, third-party financing, interest and principal",
        notes="The median can fall below the minimum later than the day by which half of the scenarios are out of "
        "cash, because later draws restore cash in some of them. After a cash-out the simulation continues as if "
        "someone covered the missing cash, so that cash may be negative. The funding gap is the largest amount by "
        "which this cash falls below the minimum.",
    )


def _below(median: float) -> str:
    """What a negative median says."""
    return " (below zero: at least half of the scenarios need outside cash)" if median < 0.0 else ""


def cash_sentence(result: Result) -> str:
    """By when half of all scenarios are out of cash, or how many are never out."""
    chance, end = result.summary().cash_out, day(result.case.horizon)
    if chance.value >= 0.5:
        return f"Half of all scenarios are out of cash by {day(median_day(result))}"
    return f"Cash stays above the minimum to {end} in {frequency(chance.complement(), result.paths)} scenarios"
