"""Slide: early warning, by the months of cover at a month's end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.board.charts.data import COLOURS, Chart
from sim.board.story.chapter import Chapter
from sim.board.story.parts import INTERVALS, estimated, largest_swing
from sim.board.words import capitalised, frequency, own_scenarios, plus_minus

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.analysis.warning import CoverBin, EarlyWarning
    from sim.results.result import Result


def warning(pack: Pack) -> Chapter | None:
    """How often cash runs out within six months, by months of cover; nothing where the horizon is too near."""
    found = pack.outlook.warning
    if found is None or not any(each.chance.value for each in found.seen):
        return None
    told, widest = _told(found), max(found.seen, key=lambda each: each.chance.error)
    return Chapter(
        key="warning",
        headline=f"With {told.label} months of cover at a month's end, cash runs out within {found.months_ahead} "
        f"months in {frequency(told.chance, told.month_ends)} cases",
        charts=(_columns(found, pack.result),),
        points=(
            "Cover: cash above the minimum, in months of expected cash use",
            f"{told.label} months: {plus_minus('cash_out', told.chance)}, from {told.month_ends:,} month-ends",
        ),
        sure=f"{capitalised(INTERVALS)}; the widest is at {widest.label} months. A scenario has several month-ends: "
        "the errors count scenarios.",
        compared=f"At {found.seen[-1].label} months of cover: {plus_minus('cash_out', found.seen[-1].chance)}.",
        change=largest_swing(pack) or "More cash, or a lower use of it: both raise the cover.",
        source=f"Month-ends of the scenarios with cash left, {found.months_ahead} months or more before the horizon",
        notes="The months of cover are read at each month's end, as a company reads them from its accounts. The "
        f"probability is that of a cash-out within the next {found.months_ahead} months.",
    )


def _told(found: EarlyWarning) -> CoverBin:
    """The highest cover at which a cash-out is likelier than not; else the lowest."""
    likely = [each for each in found.seen if each.chance.value >= 0.5]
    return max(likely, key=lambda each: each.low) if likely else found.seen[0]


def _columns(found: EarlyWarning, result: Result) -> Chart:
    names = tuple(each.label for each in found.seen)
    series = estimated("out within six months", "cash_out", [each.chance for each in found.seen], COLOURS[0])
    said = ", ".join(f"{name} months {label}%" for name, label in zip(names, series.labels, strict=True))
    title = f"Out of cash within {found.months_ahead} months, %, by months of cover"
    return Chart(
        "warning", "columns", title + own_scenarios(found.paths, result), alt=f"{title}: {said}.", categories=names,
        series=(series,), unit="%", x_title="months of cover", y_title="% of month-ends", decimals=1,
    )  # fmt: skip
