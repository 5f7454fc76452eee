"""What would change it: the inputs that matter, scenarios, when to draw, and how far things must move."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.board.charts.canvas import MIDDLE
from sim.board.charts.data import COLOURS, Chart, Series, Table
from sim.board.story.chapter import Chapter
from sim.board.story.words import (
    MINUS,
    bare,
    brief,
    change,
    frequency,
    plus_minus,
    reading,
    short_day,
    shortened,
    spoken,
)
from sim.results.estimates import Quantile

if TYPE_CHECKING:
    from sim.analysis.compare import Comparison
    from sim.analysis.pack import Pack
    from sim.analysis.sensitivity import Sensitivity, Swing
    from sim.analysis.solve import Solution

_MOST_SWINGS = 8
_MOST_CASES = 9


def sensitivity(pack: Pack) -> Chapter | None:
    """The tornado: the runway, or where nothing moves it the capital raised, at each input's low and high."""
    found = pack.sensitivity
    if found is None or not found.swings:
        return None
    measure = moved(found)
    scale, noun = reading(measure).scale, _NOUNS[measure]
    swings = found.ordered(measure)[:_MOST_SWINGS]
    names = tuple(f"{_upper(shortened(s.label, 36))}: {span(s.low, s.high, s.unit)}" for s in swings)
    charts = [
        Series(
            name,
            tuple(each.value / scale for each in moves),
            tuple(each.ci95[0] / scale for each in moves),
            tuple(each.ci95[1] / scale for each in moves),
            colour=colour,
            labels=tuple(bare(change(measure, each, short=True)) for each in moves),
        )
        for name, colour, moves in (
            ("at the low", MIDDLE, [swing.down[measure] for swing in swings]),
            ("at the high", COLOURS[0], [swing.up[measure] for swing in swings]),
        )
    ]
    unit = "months" if measure == "runway_months" else "$ millions"
    said = "; ".join(_swing_text(swing, measure) for swing in swings)
    chart = Chart(
        "tornado", "bars", f"Change of the mean of {noun}, {unit}", alt=f"{said}.", categories=names,
        series=tuple(charts), unit="months" if measure == "runway_months" else "$M", decimals=1,
    )  # fmt: skip
    stated = sum(swing.stated for swing in found.swings)
    ranges = f"{stated} of {len(found.swings)} ranges are the case's own, the others usual ones."
    words = _swing_words(swings[0], measure)
    return Chapter(
        key="sensitivity",
        headline=words.replace(": from", " matters most: from", 1).rstrip(".")
        if swings[0].width(measure) > 0.0
        else "No input, between its low and its high, changes the runway or the capital raised",
        charts=(chart,),
        sure=f"Differences are paired on {found.paths:,} futures; intervals on the bars are 95% ones. {ranges}",
        compared=f"The case as it is: a mean of {noun} of {plus_minus(measure, found.base[measure])}.",
        change=_interaction_words(pack),
        source="Each input alone at its low and at its high, everything else as the case has it",
        notes="Terms of the documents are not varied here; scenarios move several inputs at once.",
    )


_NOUNS = {"runway_months": "runway", "raised": "capital raised"}


def moved(found: Sensitivity) -> str:
    """The measure to show: the runway, or the capital raised where no input moves the runway."""
    still = all(swing.width("runway_months") == 0.0 for swing in found.swings)
    return "raised" if still and any(swing.width("raised") > 0.0 for swing in found.swings) else "runway_months"


def swing_words(pack: Pack) -> str:
    """One sentence on the input that moves most; empty where nothing moves."""
    if pack.sensitivity is None or not pack.sensitivity.swings:
        return ""
    measure = moved(pack.sensitivity)
    first = pack.sensitivity.ordered(measure)[0]
    if first.width(measure) == 0.0:
        return "No input, between its low and its high, changes the runway or the capital raised."
    return _swing_words(first, measure)


def _swing_words(swing: Swing, measure: str) -> str:
    ends, noun = span(swing.low, swing.high, swing.unit), _NOUNS[measure]
    return f"{_upper(shortened(swing.label, 40))}: from {ends} the {noun} changes by {_span(swing, measure)}."


def scenarios(pack: Pack) -> Chapter | None:
    """Named scenarios beside the case as it is."""
    found = pack.scenarios
    if len(found.names) < 2:
        return None
    runway = found.differences["runway_months"]
    worst = min(range(1, len(found.names)), key=lambda i: runway[i].value)
    lasting = found.estimates["runway_months"][worst]
    headline = "No scenario changes how long the money lasts"
    if runway[worst].value < -2.0 * runway[worst].error:
        less = brief("runway_months", -runway[worst].value, runway[worst].error)
        headline = (
            f"{_upper(shortened(found.names[worst], 50))} leaves {spoken('runway_months', lasting)} of runway on "
            f"average, {less} less than in the case"
        )
    return Chapter(
        key="scenarios",
        headline=headline,
        charts=_pair("scenarios", found),
        sure=f"Differences are paired on {found.paths:,} futures with the same luck; intervals are 95% ones.",
        compared=f"{_upper(found.names[0])}: {plus_minus('runway_months', found.estimates['runway_months'][0])} of "
        f"mean runway, {frequency(found.estimates['cash_out'][0], found.paths)} futures run out.",
        change="How far things must go wrong, or be put right, is on the page on targets and reverse stress.",
        source="Scenarios of the case file where it has some, else usual ones; all under the same luck",
        notes="A scenario is a change of inputs, not a forecast: no probability is attached to it.",
    )


def policies(pack: Pack) -> Chapter | None:
    """When to draw: cadences and policies under the same luck."""
    found = pack.policies
    if len(found.names) < 2 or not pack.result.case.line.commitment:
        return None
    runway = found.differences["runway_months"]
    best = max(range(1, len(found.names)), key=lambda i: runway[i].value)
    gain = runway[best]
    if gain.value > 2.0 * gain.error:
        dilution = change("dilution", found.differences["dilution"][best], short=True)
        headline = (
            f"Drawing as {_quoted(found.names[best])} gives {change('runway_months', gain, short=True)} of runway, for "
            f"{dilution} of dilution"
        )
    else:
        headline = "No other way of drawing the line makes the money last longer"
    return Chapter(
        key="policies",
        headline=headline,
        charts=_pair("policies", found),
        sure=f"Differences are paired on {found.paths:,} futures with the same luck; intervals are 95% ones.",
        compared=f"As the case has it: {plus_minus('runway_months', found.estimates['runway_months'][0])} of mean "
        f"runway, {plus_minus('raised', found.estimates['raised'][0])} raised.",
        change="Whether the company may ask more often is in its own hands; whether the conditions hold is not.",
        source="The same case with other purchase dates and other requests",
        notes="Maximum asks for all the line allows; runway for what lacks to some months of expected burn.",
    )


def stress(pack: Pack) -> Chapter | None:
    """What it takes to meet a target, and how far until a cash-out is as likely as not."""
    rows = [_solution_row(solution) for solution in (*pack.solutions, *pack.stresses)]
    if not rows:
        return None
    columns = ("what", "in the case", "cash-out in", "needs", "95% interval", "cash-out then", "by")
    table = Chart(
        "targets", "table", "Targets and reverse stress", alt="", table=Table("", columns, rows, (0,)),
    )  # fmt: skip
    headline = _aim(pack.solutions)
    notes = [s.note.replace(" +- ", " ± ") for s in (*pack.solutions, *pack.stresses) if s.note]
    return Chapter(
        key="stress",
        headline=headline,
        charts=(table,),
        sure="The intervals are those of the simulation: values whose probability's 95% interval meets the target.",
        compared="The case's own figure stands in the second column.",
        change=shortened(" ".join(notes[:1] or ["One input moves at a time; together they need less."]), 200),
        source="Searches under common luck: one input moves, everything else stays",
        notes=" ".join(notes)[:1500],
    )


def _aim(solutions: tuple[Solution, ...]) -> str:
    """What it takes, by the first input that can bring it about."""
    if not solutions:
        return "How far things must move until a cash-out is as likely as not"
    met = [solution for solution in solutions if solution.value is not None]
    first = (met or solutions)[0]
    chance, by = f"at most {_target(first)} futures by {short_day(first.by)}", _what(first)
    if first.value is None:
        best = brief("cash_out", first.probability.value, first.probability.error)
        return f"No {by} alone brings the cash-outs down to {chance}: the best is {best}"
    needed, there = _solution_row(first)[3], setting(first.base, first.unit)
    spare = first.value < first.base if first.what in ("commitment", "cash", "cost_cut") else first.value > first.base
    if spare:
        return f"{_upper(_article(by))} of {needed} would do, instead of {there}, for cash-outs in {chance}"
    return f"For cash-outs in {chance} it takes {_article(by)} of {needed}, not {there}"


def _article(noun: str) -> str:
    return noun if noun == "opening cash" else f"a {noun}"


def setting(number: float, unit: str, error: float = math.nan) -> str:
    """A value of an input in its unit, as a person writes it."""
    from sim.analysis.inputs import shown

    return shown(number, unit, error).replace("-", MINUS) if math.isfinite(number) else "no bound"


def span(low: float, high: float, unit: str) -> str:
    """`$1.894M to $2.84M a month`: the unit once."""
    first, last = setting(low, unit), setting(high, unit)
    for words in (" a month", " a year", f" {unit}"):
        first = first.removesuffix(words) if last.endswith(words) else first
    return f"{first} to {last}"


def _pair(key: str, found: Comparison) -> tuple[Chart, ...]:
    """The mean runway of each case as bars, and the numbers beside it."""
    shown = range(min(len(found.names), _MOST_CASES))
    names = tuple(_upper(shortened(found.names[i], 34)) for i in shown)
    runway = [found.estimates["runway_months"][i] for i in shown]
    series = Series(
        "mean runway",
        tuple(each.value for each in runway),
        tuple(each.ci95[0] for each in runway),
        tuple(each.ci95[1] for each in runway),
        labels=tuple(bare(spoken("runway_months", each)) for each in runway),
    )
    said = ", ".join(f"{name} {label}" for name, label in zip(names, series.labels, strict=True))
    chart = Chart(
        key, "bars", "Mean runway, months", alt=f"Mean runway: {said}.", categories=names, series=(series,),
        unit="months", decimals=1,
    )  # fmt: skip
    rows = []
    for i in shown:
        estimate, difference = (lambda m, i=i: found.estimates[m][i]), (lambda m, i=i: found.differences[m][i])
        rows.append(
            (
                names[i],
                bare(change("runway_months", difference("runway_months"), short=True)) if i else "-",
                frequency(estimate("cash_out"), found.paths),
                bare(spoken("raised", estimate("raised"))),
                bare(spoken("dilution", estimate("dilution"))),
            )
        )
    columns = ("", "runway, months", "futures that run out", "raised, $M", "dilution, %")
    title = "Change of the runway; the other measures as they are then"
    return chart, Chart(f"{key}_table", "table", title, alt="", table=Table("", columns, rows, (0,)))


def uncertain(solution: Solution) -> float:
    """The standard error that an interval stands for; where one side is open, the other one stands for both."""
    if solution.value is None or solution.interval is None:
        return math.nan
    return Quantile(solution.value, solution.interval).error


def _solution_row(solution: Solution) -> tuple[str, ...]:
    unit, value, interval, error = solution.unit, "not reached", "-", math.nan
    if solution.interval is not None:
        low, high = solution.interval
        error = uncertain(solution)
        interval = f"{setting(low, unit, error)} to {setting(high, unit, error)}"
    if solution.value is not None:
        value = setting(solution.value, unit, error)
    chance = brief("cash_out", solution.probability.value, solution.probability.error)
    return (
        _upper(shortened(solution.label, 60)),
        setting(solution.base, unit),
        _target(solution),
        value,
        interval,
        chance,
        short_day(solution.by),
    )


def _target(solution: Solution) -> str:
    return f"{100 * solution.target:g} of 100"


def _what(solution: Solution) -> str:
    words = {"commitment": "commitment", "cash": "opening cash", "cost_cut": "cost cut", "burn": "monthly burn"}
    return words.get(solution.what, shortened(solution.label, 40))


def _swing_text(swing: Swing, measure: str) -> str:
    down, up = (change(measure, moves[measure], short=True) for moves in (swing.down, swing.up))
    return f"{swing.label}: {down} at {setting(swing.low, swing.unit)}, {up} at {setting(swing.high, swing.unit)}"


def _span(swing: Swing, measure: str) -> str:
    down, up = (change(measure, moves[measure], short=True) for moves in (swing.down, swing.up))
    return f"{down.removesuffix(' months')} to {up}"


def _interaction_words(pack: Pack) -> str:
    indices = pack.sensitivity.indices if pack.sensitivity else None
    if indices is None or "runway_months" not in indices.first or not indices.keys:
        return "Several inputs that move together can do more than the sum of their bars: see the scenarios."
    first = indices.first["runway_months"]
    alone = 100.0 * sum(estimate.value for estimate in first)
    top = max(range(len(first)), key=lambda i: first[i].value)
    labels = {swing.key: swing.label for swing in pack.sensitivity.swings} if pack.sensitivity else {}
    name = shortened(labels.get(indices.keys[top], indices.keys[top]), 40)
    return (
        f"Of the variance from {len(indices.keys)} inputs, {name} alone explains {100 * first[top].value:.0f}%; "
        f"all of them one by one {min(alone, 100.0):.0f}%, the rest is from moving together."
    )


def _quoted(name: str) -> str:
    return f"\N{LEFT DOUBLE QUOTATION MARK}{shortened(name, 40)}\N{RIGHT DOUBLE QUOTATION MARK}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
