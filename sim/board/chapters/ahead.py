"""Twelve months from the accounts, and what really happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.board.chapter import Chapter
from sim.board.chapters.what_if import swing_words
from sim.board.charts import COLOURS, Chart, Series, Table
from sim.board.words import brief, change, day, few, frequency, per_cent, short_day, shortened

if TYPE_CHECKING:
    from sim.analysis.pack import Pack

_MOST_FACTS = 9


def outlook(pack: Pack) -> Chapter:
    """The risk of a shortfall within twelve months, as a risk figure."""
    found = pack.outlook
    names = tuple(name[:1].upper() + name[1:] for name in found.names)
    labels = tuple(brief("cash_out", each.value, each.error) for each in found.shortfall)
    series = Series(
        "a shortfall in the window",
        tuple(100.0 * each.value for each in found.shortfall),
        tuple(100.0 * each.ci95[0] for each in found.shortfall),
        tuple(100.0 * each.ci95[1] for each in found.shortfall),
        colour=COLOURS[0],
        labels=labels,
    )
    said = ", ".join(f"{name} {label}" for name, label in zip(names, labels, strict=True))
    chart = Chart(
        "outlook", "columns", f"Futures with a shortfall by {day(found.until)}, %", alt=f"Shortfall: {said}.",
        categories=names, series=(series,), unit="%", y_title="% of futures", decimals=1,
    )  # fmt: skip
    signed = found.names.index("as signed")
    gaps = [f"{name}: {brief('funding_gap', gap.value, gap.error)}" for name, gap in zip(names, found.gap, strict=True)]
    others = [
        f"{change('cash_out', difference, short=True)} with {'the ' if name == 'line off' else ''}{name}"
        for name, difference in zip(found.names, found.differences, strict=True)
        if name != "as signed"
    ]
    window = f"Within twelve months from {day(found.issued)}"
    if found.cut:
        window = f"From {day(found.issued)} to {day(found.until)}"
    return Chapter(
        key="outlook",
        headline=f"{window} cash falls short in {frequency(found.shortfall[signed], found.paths)} futures as signed",
        charts=(chart,),
        points=(
            f"Window: {short_day(found.issued)} to {short_day(found.until)}",
            f"Mean shortfall by {short_day(found.gap_until)}:",
            *gaps,
            "A risk figure, not an accounting conclusion (ASC 205-40, IAS 1)",
        ),
        sure=f"As signed: {per_cent(found.shortfall[signed])}, from {found.paths:,} futures under common luck.",
        compared=f"Against as signed: {few(others)}." if others else "",
        change=swing_words(pack),
        source="Share of all futures whose cash falls below the minimum in the window; earlier shortfalls count",
        notes="Management's plans count under ASC 205-40 only if they are probable.",
    )


def record(pack: Pack) -> Chapter | None:
    """What really happened, and where it lies among the futures."""
    found = pack.record
    if found is None or not found.rows:
        return None
    rows = []
    for fact in found.rows[:_MOST_FACTS]:
        share = getattr(fact.percentile, "value", fact.percentile)
        low, middle, high = (_amount(bound, fact.unit) for bound in (fact.p05, fact.p50, fact.p95))
        place = "-" if share is None else f"{100 * float(share):.0f}%"
        rows.append(
            (
                short_day(fact.date),
                shortened(fact.label, 52),
                _amount(fact.value, fact.unit),
                place,
                f"{low} to {high}",
                middle,
            )
        )
    columns = ("date", "what", "it was", "futures below", "nine in ten futures", "median")
    table = Chart("record", "table", "What really happened", alt="", table=Table("", columns, rows, (0, 1)))
    inside = [
        fact
        for fact in found.rows
        if fact.p05 is not None and fact.value is not None and fact.p05 <= fact.value <= fact.p95
    ]
    known = [fact for fact in found.rows if fact.p05 is not None and fact.value is not None]
    return Chapter(
        key="record",
        headline=f"What really happened lies inside nine tenths of the futures in {len(inside)} of {len(known)} facts"
        if known
        else "What really happened, beside what was simulated",
        charts=(table,),
        sure="One history proves no model: it can only show that the futures were not blind to it.",
        compared="The columns on the right hold what the simulated futures did by the same date.",
        change="Inputs that were set after the fact would fit better and say less.",
        source=shortened(few(sorted({fact.source for fact in found.rows if fact.source})), 200),
        notes="The inputs are those of the valuation date; nothing was fitted to what followed.",
    )


def _amount(number: float | None, unit: str) -> str:
    from sim.board.chapters.what_if import setting

    return "-" if number is None else setting(float(number), unit)
