"""Twelve months from the accounts, and what really happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.board.charts.data import COLOURS, Chart, Series, Table
from sim.board.story.chapter import Chapter
from sim.board.story.what_if import setting, swing_words
from sim.board.story.words import brief, change, day, few, frequency, per_cent, short_day, shortened

if TYPE_CHECKING:
    from sim.analysis.backtest import Backtest
    from sim.analysis.pack import Pack

_MOST_FACTS = 11


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
    shown = found.rows[:_MOST_FACTS]
    rows = []
    for fact in shown:
        low, middle, high = (
            _amount(bound, fact.unit, error)
            for bound, error in zip((fact.p05, fact.p50, fact.p95), fact.errors, strict=True)
        )
        it_was = f"{fact.value:,.0f}" if fact.unit == "shares" else _amount(fact.value, fact.unit, 0.0)
        below = brief("cash_out", fact.percentile.value, fact.percentile.error)
        if fact.equal:
            below += f", {brief('cash_out', fact.equal, fact.percentile.error)} the same"
        row = (short_day(fact.date), shortened(fact.label, 70), it_was, below, f"{low} to {high}", middle)
        rows.append(row)
    columns = ("date", "what", "it was", "futures below it", "nine tenths of the futures", "median")
    table = Chart("record", "table", "What really happened", alt="", table=Table("", columns, rows, (0, 1)))
    inside = sum(fact.inside for fact in found.rows)
    most = f"; the first {len(shown)} are shown" if len(shown) < len(found.rows) else ""
    return Chapter(
        key="record",
        headline=_what_happened(found) + f"{inside} of {len(found.rows)} facts lie within nine tenths of the futures",
        charts=(table,),
        sure=f"Shares of {found.paths:,} futures{most}. One history proves no model; it can only speak against it.",
        compared=shortened(found.notes[0] if found.notes else "What the futures did by the same dates.", 210),
        change="The inputs are those of the valuation date. Set after the fact, they would fit better and say less.",
        source=shortened("; ".join(dict.fromkeys(fact.source for fact in found.rows if fact.source)), 150),
        notes=" ".join(("The simulation uses nothing of the record.", *found.notes)),
    )


def _what_happened(found: Backtest) -> str:
    """The first price in the record, as the beginning of a sentence."""
    price = next((fact for fact in found.rows if fact.unit == "$/share"), None)
    if price is None:
        return ""
    lower = brief("cash_out", price.percentile.value, price.percentile.error)
    first = f"{shortened(price.label[:1].upper() + price.label[1:], 40)} on {day(price.date)} was"
    return f"{first} {_amount(price.value, price.unit, 0.0)}, lower in {lower} of the futures; "


def _amount(number: float, unit: str, error: float) -> str:
    """A fact's value, shares in millions; the unit only where the label leaves it open."""
    if unit == "shares":
        return f"{setting(number / 1e6, '', error / 1e6).rstrip()}M"
    return setting(number, unit, error).removesuffix(f" {unit}")
