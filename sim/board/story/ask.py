"""Slide: the decision in one sentence, and what the line is worth to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.variants import LINE_OFF
from sim.board.story.answer import both_errors
from sim.board.story.chapter import Chapter
from sim.board.story.cover import of_size, paying_lines
from sim.board.story.liquidity import money_at, same_draws
from sim.board.story.parts import bars, compared_variants, estimated, largest_swing, paired
from sim.board.words import capitalised, day, frequency, plus_minus, short_day, the_line, variant_name
from sim.text.numbers import count

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.results.estimates import Estimate
    from sim.results.statistics import LiquidityAtRisk
    from sim.terms import Case

_SAFE = 0.95  # of the scenarios
_YEAR = 12  # months of the first decision


def ask(pack: Pack) -> Chapter:
    """How much more money is needed, if any, with the line and without it."""
    found = pack.variants
    shown = [i for i, name in enumerate(found.names) if name not in (pack.result.case.variants or {})]
    names = [capitalised(variant_name(found.names[i], pack.result.case)) for i in shown]
    runway = estimated("mean runway", "runway_months", [found.estimates["runway_months"][i] for i in shown])
    return Chapter(
        key="ask",
        headline=decision(pack),
        charts=(bars("variants", "Mean runway, months", names, runway, "months"),),
        points=(
            capitalised(f"{same_draws(pack.result.summary())}more cash at the opening for 95 of 100 scenarios:"),
            *(f"To {short_day(span.end)}: {_needed(span)}" for span in _spans(pack)),
            *(f"Mean runway, months: {words}" for words in both_errors(pack, "runway_months")),
        ),
        sure=paired(found),
        compared=compared_variants(pack) or f"The mean runway is {plus_minus('runway_months', _runway(pack))}.",
        change=largest_swing(pack)
        or f"Terms of {the_line(pack.result.case)}, a lower use of cash, or more of it at the opening.",
        source="More cash: the liquidity at risk. In the mean runway, a scenario without a cash-out counts in full",
        notes="The decision follows from the liquidity at risk: with so much more cash at the opening, and the same "
        "draws, no cash-out occurs up to the date in 95 of 100 scenarios.",
    )


def decision(pack: Pack) -> str:
    """What the board decides: to draw, and how much more money to find by when."""
    case, spans = pack.result.case, _spans(pack)
    line, last = _the_line(case), spans[-1]
    in_most = "in 95 of 100 scenarios"
    if last.quantile(95).value > 0.0:
        year = next((span for span in spans if span.months == _YEAR), last)
        span = year if year.quantile(95).value > 0.0 else last
        draw = f"Draw on {line} and find" if line else "Find"
        condition = same_draws(pack.result.summary())
        return f"{draw} {money_at(span, 95)} more: {condition}cash then lasts to {day(span.end)} {in_most}"
    if line and _without(pack) < _SAFE:
        return f"Draw on {line}: cash then lasts to {day(last.end)} {in_most} or more, without other money"
    chance = pack.result.summary().cash_out.complement()
    return f"No more money is needed: cash lasts to {day(last.end)} in {frequency(chance, pack.result.paths)} scenarios"


def _the_line(case: Case) -> str:
    """`the line of $30M`, `the two lines`; nothing where no line pays anything."""
    lines = paying_lines(case)
    if not lines:
        return ""
    if len(lines) > 1:
        return f"the {count(len(lines), 'line')}"
    (line,) = lines
    return "the line" if line.commitment is None else f"the line {of_size(line)}"


def _without(pack: Pack) -> float:
    """Share of the scenarios whose cash lasts without the line."""
    found = pack.variants
    return 1.0 - found.estimates["cash_out"][found.names.index(LINE_OFF)].value


def _spans(pack: Pack) -> tuple[LiquidityAtRisk, ...]:
    return pack.result.summary().statistics.liquidity_at_risk


def _needed(span: LiquidityAtRisk) -> str:
    return money_at(span, 95) if span.quantile(95).value > 0.0 else "none"


def _runway(pack: Pack) -> Estimate:
    return pack.result.summary()["runway_months"].estimate
