"""Slide: when and how much to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.scenarios import PRICE_TRIGGER, TARGET_MONTHS
from sim.board.story.chapter import Chapter
from sim.board.story.cover import paying_lines
from sim.board.story.parts import compared_cases, paired
from sim.board.words import BOUNDS, change, in_words, plus_minus, shortened, the_line

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison
    from sim.analysis.pack import Pack


def policies(pack: Pack) -> Chapter | None:
    """Mean runway under other purchase dates and requests; nothing where the line is off."""
    found = pack.policies
    if len(found.names) < 2 or not paying_lines(pack.result.case):
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
        notes=f"Maximum: the company requests all that {the_line(pack.result.case)} can pay. Six months' runway: the "
        f"company requests the amount that restores {TARGET_MONTHS:g} months of burn. Opportunistic: the company "
        "requests the maximum if "
        f"the stock closes at {PRICE_TRIGGER:.0%} of the opening price or more. Otherwise it requests the amount that "
        f"restores {TARGET_MONTHS:g} months of burn.",
    )


def _best(found: Comparison) -> str:
    runway = found.differences["runway_months"]
    best = max(range(1, len(found.names)), key=lambda i: runway[i].value)
    if runway[best].value <= 2.0 * runway[best].error:
        return "No other draw policy lengthens the mean runway"
    more = change("runway_months", runway[best], short=True)
    if more[0] in BOUNDS:
        return f"No other draw policy lengthens the mean runway by {more[1:]} or more"
    dilution = change("dilution", found.differences["dilution"][best], short=True)
    return (
        "With the policy "
        f"\N{LEFT DOUBLE QUOTATION MARK}{shortened(found.names[best], 40)}\N{RIGHT DOUBLE QUOTATION MARK}, "
        f"mean runway changes by {more} and {the_line(found.cases[0], owner=True)} dilution by {in_words(dilution)}"
    )
