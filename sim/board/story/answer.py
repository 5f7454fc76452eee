"""Does the money last: the answer, cash over time, and the cash-out by quarter and cause."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from sim.board.charts.canvas import LIGHT
from sim.board.charts.data import COLOURS, Chart, Mark, Series
from sim.board.story.chapter import Card, Chapter
from sim.board.story.words import (
    bare,
    brief,
    change,
    day,
    few,
    frequency,
    median_day,
    per_cent,
    plus_minus,
    short_day,
    shortened,
    spoken,
    value,
)
from sim.results.estimates import Estimate, decimals_allowed
from sim.results.result import Result

if TYPE_CHECKING:
    from sim.analysis.compare import Comparison
    from sim.analysis.pack import Pack

_MILLION = 1e6
_CAUSE_COLOURS = {"operations": COLOURS[0], "principal": COLOURS[1], "interest": LIGHT}
_FAN_COLOURS = {"p05": "#cfe1f2", "p25": "#7fb2d9", "p50": "#08306b", "p75": "#7fb2d9", "p95": "#cfe1f2"}
_MOST_MARKS = 6


def answer(pack: Pack) -> Chapter:
    """The answer in one sentence, four numbers, and what the line and its conditions do to it."""
    result = pack.result
    summary = result.summary()
    raised, dilution, runway = (summary[name] for name in ("raised", "dilution", "runway_months"))
    commitment = float(result.case.line.commitment)
    never = summary.cash_out.value == 0.0
    cards = (
        Card(
            frequency(summary.cash_out, result.paths),
            f"futures run out of cash by {day(result.case.horizon)}",
            f"a probability of {per_cent(summary.cash_out)}",
        ),
        Card(
            brief("runway_months", runway.p50.value, runway.p50.error),
            "of runway in the middle future" + " (the whole horizon)" * never,
            "no future is out of cash before it"
            if never
            else f"one in twenty lasts {brief('runway_months', runway.p05.value, runway.p05.error)} or less",
        ),
        Card(
            brief("raised", raised.mean, raised.mcse),
            f"paid by the line on average, of {brief('raised', commitment, 0.0)} committed"
            if commitment
            else "paid by the line, which is off",
            f"one in twenty gets {brief('raised', raised.p05.value, raised.p05.error)} or less"
            if raised.p05.value
            else "at least one in twenty gets nothing",
        ),
        Card(
            brief("dilution", dilution.mean, dilution.mcse),
            "of all shares are new ones on average",
            f"one in twenty: {brief('dilution', dilution.p95.value, dilution.p95.error)} or more"
            if dilution.p95.value
            else "in at least nineteen of twenty futures there are none",
        ),
    )
    return Chapter(
        key="answer",
        headline=answer_sentence(result),
        cards=cards,
        charts=(_variants_chart(pack.variants),),
        sure=_error_words(summary.cash_out, result)
        + " What nobody knows, the inputs, matters more: see what matters most.",
        compared=_compared(pack.variants),
        change=_largest(pack),
        source=f"{result.paths:,} simulated futures of the case {shortened(result.case.title, 70)}",
        notes="Each future has its own stock price, cash use and events; the signed terms are applied to all.",
    )


def answer_sentence(result: Result) -> str:
    """The answer in one sentence, as a natural frequency."""
    chance, end = result.summary().cash_out, day(result.case.horizon)
    if chance.value < 0.5:
        lasting = Estimate(1.0 - chance.value, chance.se, (1.0 - chance.ci95[1], 1.0 - chance.ci95[0]))
        return f"The money lasts to {end} in {frequency(lasting, result.paths)} simulated futures"
    half = (
        f", in half of them by {day(median_day(result))}"
        if chance.value < 1.0
        else f", in half by {day(median_day(result))}"
    )
    return f"The money runs out by {end} in {frequency(chance, result.paths)} simulated futures{half}"


def cash(pack: Pack) -> Chapter | None:
    """The fan of cash at month ends."""
    result = pack.result
    fan, case = result.fan(), result.case
    if not fan.paths:
        return None
    series = [
        Series(name, tuple(float(v) / _MILLION for v in getattr(fan, name)), colour=colour)
        for name, colour in _FAN_COLOURS.items()
    ]
    minimum = case.company.minimum_cash / _MILLION
    series.append(Series("minimum cash", (minimum,) * len(fan.dates), role="limit", colour="#1a1a1a"))
    marks = dates_that_matter(result)
    below = median_day(result) if result.summary().cash_out.value >= 0.5 else None
    half = f"Half of the futures are out of cash by {day(below)}" if below else _lasting(result)
    chart = Chart(
        "cash", "fan", "Cash at month ends, $ millions; shortfalls shown as if bridged",
        alt=f"Bands of cash over time: median, half and nine tenths of {fan.paths:,} futures. {half}.",
        categories=fan.dates, series=tuple(series), unit="$M", y_title="$ millions",
        marks=tuple(Mark(when, words) for when, words in marks[:_MOST_MARKS]),
    )  # fmt: skip
    opening, last = fan.p50[0], fan.p50[-1]
    return Chapter(
        key="cash",
        headline=half,
        charts=(chart,),
        points=(
            f"Opens with {brief('raised', opening, 0.0)} on {short_day(case.valuation_date)}",
            f"Minimum cash: {brief('raised', case.company.minimum_cash, 0.0)}",
            f"Median on {short_day(case.horizon)}: {brief('raised', last, 1e5)}, shortfalls bridged",
            *(f"{number}. {mark.label}" for number, mark in enumerate(chart.marks, 1)),
        ),
        sure=f"The bands are what {fan.paths:,} futures did; half of them lie in the dark band, nine tenths in both.",
        compared="The dashed line is the minimum the company must keep. Who once fell below it is out of cash, even "
        "if a later draw would lift it again: so the median may cross it after half are out.",
        change=_note_words(pack),
        source="Cash after operations, draws, third-party financing, interest and principal",
        notes="After a cash-out the ledger goes on as if the shortfall were bridged at no cost, to show its depth.",
    )


def cash_out(pack: Pack) -> Chapter:
    """Probability of being out of cash by the end of each fiscal quarter, by cause."""
    result = pack.result
    summary = result.summary()
    chances = summary.cash_out_by_period
    names = tuple(period.label for period in summary.periods)
    causes = [
        Series(f"because of {cause}", tuple(100.0 * float(s) for s in shares), colour=_CAUSE_COLOURS[cause])
        for cause, shares in summary.causes_by_period.items()
        if shares.any()
    ]
    total = Series(
        "all causes, 95% interval",
        tuple(100.0 * chance.value for chance in chances),
        tuple(100.0 * chance.ci95[0] for chance in chances),
        tuple(100.0 * chance.ci95[1] for chance in chances),
        role="total",
        colour="#1a1a1a",
        labels=tuple(brief("cash_out", chance.value, chance.error) for chance in chances),
    )
    steps = [chances[0].value, *(b.value - a.value for a, b in pairwise(chances))]
    worst = max(range(len(steps)), key=steps.__getitem__)
    if summary.cash_out.value == 0.0:
        headline = f"In none of the {result.paths:,} simulated futures does the money run out"
    else:
        rise = Estimate(steps[worst], chances[worst].se, (0.0, 1.0))
        headline = f"{_most_run_out(names, steps, worst, result.paths)}: {frequency(rise, result.paths)} futures"
    widest = max(chances, key=lambda chance: chance.error)
    return Chapter(
        key="cash_out",
        headline=headline,
        charts=(
            Chart(
                "cash_out", "stacked", "Futures out of cash by the end of each fiscal quarter, %",
                alt=f"{headline}. By the end of each quarter: "
                + ", ".join(f"{n} {label}" for n, label in zip(names, total.labels, strict=True)) + ".",
                categories=names, series=(*causes, total), unit="%", y_title="% of futures",
                decimals=max(0, min(decimals_allowed(100 * widest.error), 1)),
            ),
        ),
        points=tuple(_cause_words(summary)),
        sure=f"95% intervals stand on the columns; the widest is {brief('cash_out', widest.ci95[0], widest.error)} to "
        f"{brief('cash_out', widest.ci95[1], widest.error)}.",
        compared=_compared(pack.variants),
        change=_largest(pack),
        source="Share of the futures whose cash has fallen below the minimum by the quarter's end",
        notes="The columns are cumulative: who ran out in one quarter is out in all later ones.",
    )  # fmt: skip


def _most_run_out(names: tuple[str, ...], steps: list[float], worst: int, paths: int) -> str:
    """The quarter in which most futures run out, or those that nothing tells apart from it."""
    most = steps[worst]  # the standard error is that of the difference of two shares of the same futures
    rivals = [
        i for i, share in enumerate(steps)
        if share and most - share <= 2.0 * math.sqrt((most + share - (most - share) ** 2) / paths)
    ]  # fmt: skip
    if len(rivals) == 1:
        return f"Most often the money runs out in {names[worst]}"
    if len(rivals) == 2:
        return f"Most often the money runs out in {few([names[i] for i in rivals])}, with little between them"
    return f"No quarter stands out among the cash-outs, {names[worst]} has most"


def dates_that_matter(result: Result) -> list[tuple[date, str]]:
    """Notes falling due and conditions beginning inside the simulated span, in order."""
    case = result.case
    first, last = case.valuation_date, case.horizon
    begin: defaultdict[date, list[str]] = defaultdict(list)
    for condition in case.line.conditions:
        if condition.after is not None:
            begin[condition.after].append(shortened(condition.name, 30))
    due: defaultdict[date, list[str]] = defaultdict(list)
    for note in case.notes:
        amount, name = brief("raised", note.principal, 0.0), shortened(note.name, 30)
        due[note.maturity].append(f"{name} due, {amount}")
        if note.extended_maturity is not None:
            due[note.extended_maturity].append(f"{name} due if extended, {amount}")
    found = []
    for when in sorted({*due, *begin}):
        words = [f"draws after it need {few(begin[when])}"] if when in begin else []
        found.append((when, shortened(f"{short_day(when)}: {'; '.join([*due.get(when, []), *words])}", 100)))
    return [(when, words) for when, words in found if first < when < last]


def _lasting(result: Result) -> str:
    chance = result.summary().cash_out
    lasting = Estimate(1.0 - chance.value, chance.se, (1.0 - chance.ci95[1], 1.0 - chance.ci95[0]))
    return f"Cash stays above the minimum to {day(result.case.horizon)} in {frequency(lasting, result.paths)} futures"


def _error_words(chance: Estimate, result: Result) -> str:
    # Neither end may round to never or always, which no simulation shows.
    room = min((x for bound in chance.ci95 for x in (bound, 1.0 - bound) if x > 0.0), default=chance.error)
    low, high = (value("cash_out", bound, min(chance.error, room)) for bound in chance.ci95)
    low = _neither(low, "just above 0%", "above 99.99%")
    high = _neither(high, "below 0.01%", "just below 100%")
    if chance.value in (0.0, 1.0):
        reach = _upward(100.0 * (chance.ci95[1] if chance.value == 0.0 else 1.0 - chance.ci95[0]))
        bound = f"below {reach:g}%" if chance.value == 0.0 else f"above {100.0 - reach:.10g}%"
        return f"With {result.paths:,} futures the probability is {bound} (95% interval)."
    return f"95% interval of the simulation: {low} to {high}, from {result.paths:,} futures."


def _neither(text: str, never: str, always: str) -> str:
    """The end of an interval, or words for one that rounds to 0% or 100%."""
    number = float(text.rstrip("%"))
    return never if number <= 0.0 else always if number >= 100.0 else text


def _upward(number: float) -> float:
    """Rounded up to two significant digits: a bound must not promise more than it holds."""
    digits = 1 - math.floor(math.log10(number))
    return math.ceil(number * 10.0**digits) / 10.0**digits


def _variants_chart(variants: Comparison) -> Chart:
    runway = variants.estimates["runway_months"]
    names = tuple(_sentence_case(name) for name in variants.names)
    series = Series(
        "mean runway",
        tuple(each.value for each in runway),
        tuple(each.ci95[0] for each in runway),
        tuple(each.ci95[1] for each in runway),
        labels=tuple(bare(spoken("runway_months", each)) for each in runway),
    )
    said = ", ".join(f"{name} {label}" for name, label in zip(names, series.labels, strict=True))
    return Chart(
        "variants", "bars", "Mean runway, months, censored at the horizon", alt=f"Mean runway: {said}.",
        categories=names, series=(series,), unit="months", decimals=1,
    )  # fmt: skip


def _sentence_case(name: str) -> str:
    return name[:1].upper() + name[1:]


def _compared(variants: Comparison) -> str:
    said = []
    for name, estimate in zip(variants.names[1:], variants.estimates["cash_out"][1:], strict=True):
        said.append(f"with {name} {frequency(estimate, variants.paths)}")
    if not said:
        return ""
    base = frequency(variants.estimates["cash_out"][0], variants.paths)
    words = few(said).replace("with line off", "with the line off")
    return f"Futures that run out by the horizon: {base} as signed, {words}."


def _largest(pack: Pack) -> str:
    """The input that moves the runway most."""
    from sim.board.story.what_if import swing_words

    return swing_words(pack)


def _note_words(pack: Pack) -> str:
    for name, difference in zip(pack.scenarios.names, pack.scenarios.differences["runway_months"], strict=True):
        if "note" in name.lower():
            moved = change("runway_months", difference, short=True)
            return f"{_sentence_case(shortened(name, 60))}: {moved} of runway on average."
    return _largest(pack)


def _cause_words(summary) -> list[str]:
    chance = summary.cash_out.value
    if chance == 0.0:
        return ["No future runs out, so there is no cause to show"]
    shares = {cause: float(s[-1]) / chance for cause, s in summary.causes_by_period.items() if s[-1]}
    ranked = sorted(shares.items(), key=lambda item: -item[1])
    words = {"operations": "cash used in operations", "principal": "a note's principal", "interest": "interest due"}
    return [f"Of 100 cash-outs, {_of_100(share)} come from {words[cause]}" for cause, share in ranked] + [
        f"By {day(summary.periods[-1].end)}: {plus_minus('cash_out', summary.cash_out)}"
    ]


def _of_100(share: float) -> str:
    return "fewer than 1" if share < 0.005 else f"{100 * share:.0f}"
