"""Slide: probability of a shortfall within twelve months of issuing the accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.variants import LINE_OFF, SIGNED, WAIVED
from sim.board.charts.data import COLOURS, Chart, Series
from sim.board.story.chapter import Chapter
from sim.board.story.parts import largest_swing, table
from sim.board.words import (
    aligned,
    capitalised,
    change,
    day,
    frequency,
    listed,
    plus_minus,
    short_day,
    the_line,
    variant_name,
)

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.analysis.shortfall import Outlook


GAP = (
    "The funding gap is the largest amount by which cash falls below the minimum, if someone covered every shortage. "
    "The mean is over all scenarios."
)


def outlook(pack: Pack) -> Chapter:
    """Probability of a shortfall in the window and its mean size, as signed and for the line's variants."""
    found = pack.outlook
    signed = found.names.index(SIGNED)
    return Chapter(
        key="outlook",
        headline=f"By {day(found.until)}, cash has fallen below the minimum in "
        f"{frequency(found.shortfall[signed], found.paths)} scenarios",
        charts=(_columns(found) if any(each.value for each in found.shortfall) else _table(found),),
        points=(
            f"Window: {short_day(found.issued)} to {short_day(found.until)}",
            *gap_words(found),
            "A risk figure, not an accounting conclusion (ASC 205-40, IAS 1)",
        ),
        sure=f"With {the_line(found.case)}: {plus_minus('cash_out', found.shortfall[signed])}, from {found.paths:,} "
        "scenarios.",
        compared=_differences(found),
        change=largest_swing(pack),
        source="Share of all scenarios whose cash falls below the minimum by the end of the window, including those "
        "out of cash before it",
        notes=f"{GAP} Under ASC 205-40 management's plans count only if they are probable.",
    )


def gap_words(found: Outlook) -> list[str]:
    """The mean funding gap of each variant, and why it is measured to another day where it is."""
    why = " (the end of the fiscal quarter in which the window ends)" if found.gap_until != found.until else ""
    gaps = ["$0" if gap == "$0M" else gap for gap in aligned("funding_gap", found.gap)]
    listed_gaps = [
        f"{capitalised(variant_name(name, found.case))}: {gap}" for name, gap in zip(found.names, gaps, strict=True)
    ]
    return [f"Mean funding gap up to {short_day(found.gap_until)}{why}:", *listed_gaps]


def _columns(found: Outlook) -> Chart:
    names = tuple(capitalised(variant_name(name, found.case)) for name in found.names)
    labels = aligned("cash_out", found.shortfall)
    series = Series(
        "a shortfall in the window", tuple(100.0 * each.value for each in found.shortfall),
        tuple(100.0 * each.ci95[0] for each in found.shortfall),
        tuple(100.0 * each.ci95[1] for each in found.shortfall), colour=COLOURS[0], labels=labels,
    )  # fmt: skip
    said = ", ".join(f"{name} {label}" for name, label in zip(names, labels, strict=True))
    title = f"Scenarios with a shortfall by {day(found.until)}, %"
    return Chart(
        "outlook", "columns", title, alt=f"{title}: {said}.", categories=names, series=(series,), unit="%",
        y_title="% of scenarios", decimals=1,
    )  # fmt: skip


def _table(found: Outlook) -> Chart:
    """In place of columns without height."""
    bounds = [f"{100.0 * each.ci95[1]:.2g}%" for each in found.shortfall]
    rows = [
        (capitalised(variant_name(name, found.case)), frequency(each, found.paths), f"at most {bound}")
        for name, each, bound in zip(found.names, found.shortfall, bounds, strict=True)
    ]
    columns = ("", "scenarios with a shortfall", "95% confidence interval")
    return table("outlook_table", f"Scenarios with a shortfall by {day(found.until)}", columns, rows, (0,))


def _differences(found: Outlook) -> str:
    others = [
        f"{change('cash_out', difference, short=True)} {variant_name(name, found.case, in_sentence=True)}"
        for name, difference in zip(found.names, found.differences, strict=True)
        if name in (LINE_OFF, WAIVED)
    ]
    return f"Change from the probability with {the_line(found.case)}: {listed(others)}." if others else ""
