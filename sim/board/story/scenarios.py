"""Slide: stress cases compared with the base case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.board.story.chapter import Chapter
from sim.board.story.parts import compared_cases, paired
from sim.board.words import brief, capitalised, frequency, plus_minus, shortened, spoken

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison
    from sim.analysis.pack import Pack


def scenarios(pack: Pack) -> Chapter | None:
    """Mean runway of each stress case, a set of changed inputs; nothing where there is none."""
    found = pack.scenarios
    if len(found.names) < 2:
        return None
    return Chapter(
        key="scenarios",
        headline=_worst(found),
        charts=compared_cases("scenarios", found),
        sure=paired(found),
        compared=f"{capitalised(found.names[0])}: {plus_minus('runway_months', found.estimates['runway_months'][0])} "
        f"of mean runway; {frequency(found.estimates['cash_out'][0], found.paths)} scenarios run out of cash.",
        change="Another slide shows how far one input must change to reach a 50% probability of running out of cash.",
        source="Stress cases: the case with one or more inputs changed",
        notes="Stress cases are changes of the inputs, not forecasts; no probability is attached to them.",
    )


def _worst(found: Comparison) -> str:
    runway = found.differences["runway_months"]
    worst = min(range(1, len(found.names)), key=lambda i: runway[i].value)
    if runway[worst].value >= -2.0 * runway[worst].error:
        return "No stress case shortens the mean runway"
    less = brief("runway_months", -runway[worst].value, runway[worst].error)
    lasting = spoken("runway_months", found.estimates["runway_months"][worst])
    return f"{capitalised(shortened(found.names[worst], 50))}: mean runway falls by {less} to {lasting}"
