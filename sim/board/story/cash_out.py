"""Slide: probability of cash-out by fiscal quarter and cause."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from sim.board.charts.run import cash_out_chart
from sim.board.story.chapter import Chapter
from sim.board.story.parts import INTERVALS, compared_variants, largest_swing
from sim.board.words import brief, capitalised, day, frequency, listed, plus_minus
from sim.results.estimates import Estimate

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.results.result import Result
    from sim.results.summary import Summary

_CAUSES = {
    "operations": "cash used in operations",
    "principal": "principal of a note",
    "interest": "interest",
    "flows": "other payments",
}


def cash_out(pack: Pack) -> Chapter | None:
    """Columns that add up: a scenario that is out of cash in a quarter is so in all later ones; nothing without any."""
    result = pack.result
    if not result.summary().cash_out.value:
        return None
    summary, sentence = result.summary(), cash_out_sentence(result)
    widest = max(summary.cash_out_by_period, key=lambda chance: chance.error)
    low, high = (brief("cash_out", end, widest.error) for end in widest.ci95)
    return Chapter(
        key="cash_out",
        headline=sentence,
        charts=(cash_out_chart(result, sentence),),
        points=(
            *_causes(summary),
            f"Probability by {day(summary.periods[-1].end)}: {plus_minus('cash_out', summary.cash_out)}",
        ),
        sure=f"{capitalised(INTERVALS)}; the widest is {low} to {high}.",
        compared=compared_variants(pack),
        change=largest_swing(pack),
        source="Share of the scenarios whose cash has fallen below the minimum by the end of the quarter",
        notes="The columns are cumulative: a scenario that runs out in one quarter is counted in all later ones.",
    )


def cash_out_sentence(result: Result) -> str:
    """The quarter with most cash-outs, and how many of all scenarios run out in it."""
    summary = result.summary()
    if summary.cash_out.value == 0.0:
        return f"Cash runs out in none of the {result.paths:,} simulated scenarios"
    chances = summary.cash_out_by_period
    steps = [chances[0].value, *(after.value - before.value for before, after in pairwise(chances))]
    worst = max(range(len(steps)), key=steps.__getitem__)
    often = frequency(Estimate(steps[worst], chances[worst].se, (0.0, 1.0)), result.paths)
    return most_cash_outs([period.label for period in summary.periods], steps, result.paths, f"{often} scenarios")


def most_cash_outs(names: list[str], steps: list[float], paths: int, often: str) -> str:
    """The quarter with most cash-outs, and any that differs by less than two standard errors of the difference."""
    most = max(steps)
    worst = steps.index(most)
    rivals = [
        name
        for name, share in zip(names, steps, strict=True)
        if share and most - share <= 2.0 * math.sqrt((most + share - (most - share) ** 2) / paths)
    ]
    if len(rivals) == 1:
        return f"Cash runs out most often in {names[worst]}: in {often}"
    if len(rivals) == 2:
        return f"Cash runs out most often in {listed(rivals)}: in about {often} each"
    return f"Cash-outs are spread over the quarters; the largest number is in {names[worst]}: {often}"


def _causes(summary: Summary) -> list[str]:
    chance = summary.cash_out.value
    shares = {cause: float(s[-1]) / chance for cause, s in summary.causes_by_period.items() if s[-1]}
    ranked = sorted(shares.items(), key=lambda item: -item[1])
    words = [f"{_CAUSES[cause]} {'under 1' if share < 0.005 else f'{100 * share:.0f}'}%" for cause, share in ranked]
    return ["Causes, as shares of the cash-outs:", *(capitalised(each) for each in words)]
