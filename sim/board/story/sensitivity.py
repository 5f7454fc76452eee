"""Slide: the inputs that change the runway most."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.board.charts.canvas import MIDDLE
from sim.board.charts.data import COLOURS, Chart
from sim.board.story.chapter import Chapter
from sim.board.story.parts import (
    INTERVALS,
    NOTHING_MOVES,
    estimated,
    input_words,
    mean_of,
    span,
    swing_measure,
    swing_sentence,
)
from sim.board.words import capitalised, input_name, plus_minus, reading

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.analysis.swings import Sensitivity, Swing

_MOST_SWINGS = 8
_MOST_ERROR = 0.1  # of an index that a sentence states


def sensitivity(pack: Pack) -> Chapter | None:
    """The tornado: the runway, or where no input changes it the capital raised, at each input's low and high value."""
    found = pack.sensitivity
    if found is None or not found.swings:
        return None
    measure = swing_measure(found)
    swings = found.ordered(measure)[:_MOST_SWINGS]
    return Chapter(
        key="sensitivity",
        headline=swing_sentence(swings[0], measure) if swings[0].width(measure) else NOTHING_MOVES,
        charts=(_tornado(swings, measure),),
        sure=f"Paired differences over {found.paths:,} scenarios; {INTERVALS}. {ranges_words(found)}",
        compared=f"Base case: {mean_of(measure)} {plus_minus(measure, pack.result.summary()[measure].estimate)}.",
        change=_interactions(found, measure),
        source="One input at a time at its low and its high value, everything else as in the base case",
        notes="Terms of the agreement such as the commitment, the caps and the discount are varied only if the case "
        "file gives a range for them. The slide on stress cases shows several inputs changed at once.",
    )


def _tornado(swings: tuple[Swing, ...], measure: str) -> Chart:
    down, up = (
        estimated(
            f"input at its {end}", measure, [getattr(swing, side)[measure] for swing in swings], colour, signed=True
        )
        for end, side, colour in (("low", "down", MIDDLE), ("high", "up", COLOURS[0]))
    )
    names = tuple(f"{capitalised(input_name(s.label, 54))}: {span(s.low, s.high, s.unit)}" for s in swings)
    rows = zip(names, down.labels, up.labels, strict=True)
    said = "; ".join(f"{name}: {low} at the low, {high} at the high" for name, low, high in rows)
    unit = "months" if reading(measure).suffix == " months" else "$ millions"
    return Chart(
        "tornado", "bars", f"Change of {mean_of(measure)}, {unit}", alt=f"{said}.", categories=names, series=(down, up),
        unit=unit.replace("$ millions", "$M"), decimals=1,
    )  # fmt: skip


def ranges_words(found: Sensitivity) -> str:
    """Where the ranges of the inputs come from."""
    stated, n = sum(swing.stated for swing in found.swings), len(found.swings)
    if not stated:
        return "All ranges are standard ranges set by the program."
    return f"{stated} of {n} ranges come from the case file; the others are standard ranges set by the program."


def _interactions(found: Sensitivity, measure: str) -> str:
    indices = found.indices
    if indices is None or measure not in indices.first or not indices.keys:
        return "Several inputs that change together can have more effect than the sum of their bars."
    together = f"When the {len(indices.keys)} most important inputs vary together"
    first = indices.first[measure]
    if any(math.isnan(estimate.value) for estimate in first):  # no variance to share
        return f"{together}, {mean_of(measure)} does not change."
    if not all(estimate.error <= _MOST_ERROR for estimate in first):
        return "Several inputs that change together can have more effect than the sum of their bars."
    alone = min(100.0 * sum(estimate.value for estimate in first), 100.0)
    top = max(range(len(first)), key=lambda i: first[i].value)
    labels = {swing.key: swing.label for swing in found.swings}
    name = input_words(labels.get(indices.keys[top], indices.keys[top]))
    return (
        f"{together}, {name} alone causes {100 * first[top].value:.0f}% of the variance of {mean_of(measure)}. "
        f"Combined effects cause {100.0 - alone:.0f}%."
    )
