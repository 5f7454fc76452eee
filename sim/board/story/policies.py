"""Slide: when and how much to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.board.story.chapter import Chapter
from sim.board.story.parts import compared_cases, paired
from sim.board.words import change, plus_minus, shortened

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison
    from sim.analysis.pack import Pack


def policies(pack: Pack) -> Chapter | None:
    """Mean runway under other purchase dates and requests; nothing where the line is off."""
    found = pack.policies
    if len(found.names) < 2 or not pack.result.case.line.commitment:
        return None
    return Chapter(
        key="policies",
        headline=_best(found),
        charts=compared_cases("policies", found),
        sure=paired(found),
        compared=f"Base case: {plus_minus('runway_months', found.estimates['runway_months'][0])} of mean runway, "
        f"{plus_minus('raised', found.estimates['raised'][0])} raised.",
        change="The company decides when and how much it requests; it does not decide whether the conditions hold.",
        source="The same case with other purchase dates and other requests",
        notes="'maximum' requests all that the line allows; 'runway' requests the amount that restores a target number "
        "of months of burn; 'opportunistic' requests the maximum at a close at or above the trigger, else as 'runway'.",
    )


def _best(found: Comparison) -> str:
    runway = found.differences["runway_months"]
    best = max(range(1, len(found.names)), key=lambda i: runway[i].value)
    if runway[best].value <= 2.0 * runway[best].error:
        return "No other way of drawing the line makes the cash last longer"
    more = change("runway_months", runway[best], short=True)
    dilution = change("dilution", found.differences["dilution"][best], short=True)
    return (
        f"Drawing \N{LEFT DOUBLE QUOTATION MARK}{shortened(found.names[best], 40)}\N{RIGHT DOUBLE QUOTATION MARK} "
        f"changes mean runway by {more} and the line's dilution by {dilution}"
    )
