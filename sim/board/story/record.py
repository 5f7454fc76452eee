"""Slide: what really happened, beside the simulated scenarios."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.analysis.facts import ALL_EQUAL, lying
from sim.board.story.chapter import Chapter
from sim.board.story.parts import setting, table
from sim.board.words import brief, capitalised, short_day, shortened

if TYPE_CHECKING:
    from sim.analysis.facts import Backtest, Fact
    from sim.analysis.pack import Pack

_MOST_FACTS = 11
_NEXT_TO_NOTHING = 1e-4  # of a figure
_COLUMNS = ("date", "figure", "observed", "scenarios with a lower value", "middle 90% of scenarios", "median")


def record(pack: Pack) -> Chapter | None:
    """Observed figures and their place in the simulated distribution; nothing where the case file has none."""
    found = pack.record
    if found is None or not found.rows:
        return None
    shown = found.rows[:_MOST_FACTS]
    most = f"; the first {len(shown)} figures are shown" if len(shown) < len(found.rows) else ""
    return Chapter(
        key="record",
        headline=f"{_first_price(found)}{_inside(found)}",
        charts=(table("record", "Observed and simulated", _COLUMNS, [_row(fact) for fact in shown], (0, 1)),),
        sure=f"Percentages are of {found.paths:,} simulated scenarios{most}. One real history is too little to confirm "
        "the model.",
        compared=found.notes[0] if found.notes else "The scenarios on the same dates.",
        change="Other inputs. The simulation does not use the observed figures.",
        source="; ".join(dict.fromkeys(fact.source for fact in found.rows if fact.source)),
        notes=" ".join(found.notes),
    )


def _inside(found: Backtest) -> str:
    """How many figures lie in the 90% range, of those that could differ."""
    compared = found.compared
    if not compared:
        return "No observed figure could differ from the simulated ones"
    words = lying(sum(fact.inside for fact in compared), len(compared))
    return f"{words} inside the simulated 90% range"


def _row(fact: Fact) -> tuple[str, ...]:
    low, middle, high = (
        amount_words(bound, fact.unit, error)
        for bound, error in zip((fact.p05, fact.p50, fact.p95), fact.errors, strict=True)
    )
    observed = f"{fact.value:,.0f}" if fact.unit == "shares" else amount_words(fact.value, fact.unit, 0.0)
    below = brief("cash_out", fact.percentile.value, fact.percentile.error)
    if fact.equal:
        same = brief("cash_out", fact.equal, fact.percentile.error)
        below = f"{below}; the same value in {same}" if fact.could_differ else ALL_EQUAL
    return short_day(fact.date), shortened(fact.label, 70), observed, below, f"{low} to {high}", middle


def _first_price(found: Backtest) -> str:
    """The first observed price, as the beginning of a sentence."""
    price = next((fact for fact in found.rows if fact.unit == "$/share"), None)
    if price is None:
        return ""
    lower = brief("cash_out", price.percentile.value, price.percentile.error)
    name = shortened(capitalised(price.label), 40)
    observed = amount_words(price.value, price.unit, 0.0)
    return f"{name} on {short_day(price.date)}: {observed}; in {lower} of scenarios the price is lower; "


def amount_words(number: float, unit: str, error: float = math.nan) -> str:
    """A figure with its unit: shares in millions. One whose error is next to nothing has four digits."""
    error = math.nan if error < _NEXT_TO_NOTHING * abs(number) else error
    if unit == "shares":
        return f"{setting(number / 1e6, '', error / 1e6).rstrip()}M"
    return setting(number, unit, error).removesuffix(f" {unit}")
