"""Slide: what earlier cases had said of figures that are known by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.facts import lying
from sim.board.story.chapter import Chapter
from sim.board.story.parts import table
from sim.board.story.record import amount_words
from sim.board.words import short_day, shortened
from sim.results.measures import censored_text

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.terms.forecast import Forecast

_MOST_ROWS = 11
_COLUMNS = ("made", "date", "figure", "actual", "scenarios with a lower value", "forecast: middle 90%", "median")


def forecasts(pack: Pack) -> Chapter | None:
    """Each forecast with what came of it, the latest first; nothing for a case that carries none."""
    found = sorted(pack.result.case.forecasts, key=lambda row: row.date, reverse=True)
    if not found:
        return None
    inside = sum(row.p05 <= row.value <= row.p95 for row in found)
    shown = found[:_MOST_ROWS]
    some = f" The latest {len(shown)} are shown." * (len(shown) < len(found))
    return Chapter(
        key="forecasts",
        headline=f"{lying(inside, len(found), 'actual figure')} inside the 90% range that was forecast",
        charts=(table("forecasts", "Actual figures and their forecasts", _COLUMNS, list(map(_row, shown)), (0, 1, 2)),),
        sure=f"A forecast that fits has about 9 of 10 figures inside its 90% range.{some}",
        compared=f"Forecasts of {len({row.made for row in found})} earlier "
        f"{'cases' if len({row.made for row in found}) > 1 else 'case'}, made before the figures were known.",
        change="Figures that lie outside on the same side again and again: an input is then to be corrected.",
        source="The table [[forecasts]] of the case file, which a roll-forward writes",
        notes="The simulation does not use these figures; the opening of this case is that of the last actuals.",
    )


def _is_open(row: Forecast, value: float) -> bool:
    """Whether a figure is the days of a milestone that was not reached by the day of the figure."""
    return row.unit == "days" and value > (row.date - row.made).days


def _row(row: Forecast) -> tuple[str, ...]:
    below = f"{100 * row.percentile:.0f}%"
    if row.equal:
        below += f", {100 * row.equal:.0f}% equal"
    low, middle, high = (
        censored_text(amount_words(each, row.unit), _is_open(row, each)) for each in (row.p05, row.p50, row.p95)
    )
    actual = amount_words(row.value, row.unit)
    if _is_open(row, row.value):
        actual = f"not reached in {actual} days"
    return (
        short_day(row.made), short_day(row.date), shortened(row.label, 60), actual, below, f"{low} to {high}", middle,
    )  # fmt: skip
