"""What several slides have: a measure of several cases as bars, its table, and sentences on the largest effects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.analysis.inputs import shown
from sim.analysis.variants import LINE_OFF, SIGNED, WAIVED
from sim.board.charts.data import COLOURS, Chart, Series, Table
from sim.board.words import (
    MINUS,
    aligned,
    bare,
    base_of,
    capitalised,
    day,
    frequency,
    in_words,
    line_dilution,
    listed,
    moved,
    name_of,
    reading,
    shortened,
    variant_name,
)
from sim.results.estimates import Estimate

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison
    from sim.analysis.grid import Grid
    from sim.analysis.pack import Pack
    from sim.analysis.swings import Sensitivity, Swing

#: Cases of a comparison that a slide has room for; a last row says how many more there are.
MOST_CASES = 12
INTERVALS = "error bars show 95% confidence intervals"


#: Inputs of the grid, in a list of them.
_SHORT = {"price.initial": "price", "price.volatility": "volatility", "burn.monthly": "burn", "waivers": "waivers"}


def estimated(
    name: str, measure: str, estimates: Sequence[Estimate], colour: str = COLOURS[0], signed: bool = False
) -> Series:
    """Estimates of one measure as a series, with their intervals and labels of one number of decimals."""
    scale = reading(measure).scale
    return Series(
        name, tuple(each.value / scale for each in estimates), tuple(each.ci95[0] / scale for each in estimates),
        tuple(each.ci95[1] / scale for each in estimates), colour=colour,
        labels=tuple(bare(label) for label in aligned(measure, estimates, signed)),
    )  # fmt: skip


def bars(key: str, title: str, names: Sequence[str], series: Series, unit: str) -> Chart:
    """Horizontal bars of one series."""
    said = ", ".join(f"{name} {label}" for name, label in zip(names, series.labels, strict=True))
    return Chart(
        key, "bars", title, alt=f"{title}: {said}.", categories=tuple(names), series=(series,), unit=unit, decimals=1
    )


def table(
    key: str, title: str, columns: Sequence[str], rows: Sequence[tuple[str, ...]], left: tuple[int, ...]
) -> Chart:
    """A table as a chart."""
    return Chart(key, "table", title, alt="", table=Table("", tuple(columns), rows, left))


def paired(found: Comparison) -> str:
    """How sure the differences of a comparison are."""
    return (
        f"{found.paths:,} scenarios. All cases use the same random numbers, so their differences have less sampling "
        f"error; {INTERVALS}."
    )


def compared_cases(key: str, found: Comparison) -> tuple[Chart, Chart]:
    """Mean runway of each case as bars, and a table of the other measures beside it."""
    shown = range(min(len(found.names), MOST_CASES))
    names = tuple(
        capitalised(shortened(variant_name(found.names[i], found.cases[0], in_sentence=True), 34)) for i in shown
    )
    runway = estimated("mean runway", "runway_months", [found.estimates["runway_months"][i] for i in shown])
    chart = bars(key, "Mean runway, months", names, runway, "months")
    moves = aligned("runway_months", [found.differences["runway_months"][i] for i in shown][1:], signed=True)
    levels = [
        [bare(text) for text in aligned(measure, [found.estimates[measure][i] for i in shown])]
        for measure in ("cash_out", "raised", "dilution")
    ]
    rows = list(zip(names, ["-", *(bare(move) for move in moves)], *levels, strict=True))
    if len(found.names) > len(rows):
        more = len(found.names) - len(rows)
        rows.append((f"{more} more in the workbook", "", "", "", ""))
    dilution = line_dilution(found.cases[0])
    columns = ("", "change of runway, months", "out of cash, %", "raised, $M", f"{dilution}, %")
    return chart, table(f"{key}_table", "Change of runway; level of the other measures", columns, rows, (0,))


def setting(number: float, unit: str, error: float = math.nan) -> str:
    """A value of an input in its unit: `$1.894M a month`."""
    return shown(number, unit, error).replace("-", MINUS) if math.isfinite(number) else "no bound"


def span(low: float, high: float, unit: str, error: float = math.nan) -> str:
    """`$1.894M to $2.84M a month`: the unit once."""
    return " to ".join(ends_of(low, high, unit, error))


def ends_of(low: float, high: float, unit: str, error: float = math.nan) -> tuple[str, str]:
    """`$1.894M` and `$2.84M a month`: two values of an input, of which the last has the unit."""
    first, last = setting(low, unit, error), setting(high, unit, error)
    for words in (" a month", " a year", f" {unit}"):
        first = first.removesuffix(words) if last.endswith(words) else first
    return first, last


def compared_variants(pack: Pack) -> str:
    """Scenarios out of cash with the line, without it and with its conditions waived, over one denominator."""
    variants = pack.variants
    chances = dict(zip(variants.names, variants.estimates["cash_out"], strict=True))
    names = [name for name in (SIGNED, LINE_OFF, WAIVED) if name in chances]
    if len(names) < 2:
        return ""
    base = base_of(chances[names[0]], variants.paths)
    said = [
        f"{frequency(chances[name], variants.paths, base)} {variant_name(name, pack.result.case, in_sentence=True)}"
        for name in names
    ]
    return f"Scenarios out of cash by {day(pack.result.case.horizon)}: {listed(said)}."


def swing_measure(found: Sensitivity) -> str:
    """The runway, or the capital raised where no input changes the runway."""
    still = all(swing.width("runway_months") == 0.0 for swing in found.swings)
    return "raised" if still and any(swing.width("raised") > 0.0 for swing in found.swings) else "runway_months"


def largest_swing(pack: Pack) -> str:
    """A sentence on the input that changes the measure most; empty without inputs."""
    if pack.sensitivity is None or not pack.sensitivity.swings:
        return ""
    measure = swing_measure(pack.sensitivity)
    swing = pack.sensitivity.ordered(measure)[0]
    return f"{swing_sentence(swing, measure)}." if swing.width(measure) else f"{NOTHING_MOVES}."


NOTHING_MOVES = "No input, between its low and its high value, changes the runway or the capital raised"


def swing_sentence(swing: Swing, measure: str) -> str:
    """`Monthly burn has the largest effect: mean runway changes by +3.8 months at $0.92M, by −5.9 at $1.38M`."""
    down, up = aligned(measure, [swing.down[measure], swing.up[measure]], signed=True)
    name, (low, high) = capitalised(input_words(swing.label)), ends_of(swing.low, swing.high, swing.unit)
    return (
        f"{name} has the largest effect: {mean_of(measure)} changes by {in_words(down)} at {low}, "
        f"by {in_words(up).removesuffix(' months')} at {high}"
    )


def input_words(label: str) -> str:
    """The label of an input as the subject of a sentence: `the probability of licence` for `licence: probability`."""
    owner, _, what = label.rpartition(": ")
    return f"the {what} of {shortened(owner, 40)}" if owner else shortened(label, 40)


def mean_of(measure: str) -> str:
    """`mean runway`, `mean capital raised`."""
    return {"raised": "mean capital raised"}.get(measure, f"mean {name_of(measure).lower()}")


def stress_change(pack: Pack, word: str) -> str:
    """What the first stress case whose name has a word changes; else the input with the largest effect."""
    for name, difference in zip(pack.scenarios.names, pack.scenarios.differences["runway_months"], strict=True):
        if word in name.lower():
            return f"{capitalised(shortened(name, 60))}: {moved('runway_months', difference)} of mean runway."
    return largest_swing(pack)


def choice(grid: Grid) -> str:
    """`Choose price, volatility, burn and waivers`: the inputs that the grid has."""
    short = (_SHORT.get(axis.key, axis.label[:1].lower() + axis.label[1:]) for axis in grid.axes)
    return f"Choose {listed(list(short))}"
