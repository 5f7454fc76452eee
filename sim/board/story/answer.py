"""Slide: the answer in one sentence and four numbers, with the errors of sampling and of the inputs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.board.charts.data import Chart
from sim.board.story.chapter import Card, Chapter
from sim.board.story.cover import committed_words
from sim.board.story.parts import compared_variants, largest_swing, table
from sim.board.words import brief, day, frequency, median_day, plus_minus, share_between, tail, the_line, value
from sim.results.estimates import Estimate
from sim.results.measures import censored_text

if TYPE_CHECKING:
    from sim.analysis.bands import Uncertainty
    from sim.analysis.pack import Pack
    from sim.results.result import Result


def answer(pack: Pack) -> Chapter:
    """Probability of cash-out, runway, capital raised and dilution, with the errors of sampling and of the inputs."""
    result = pack.result
    return Chapter(
        key="answer",
        headline=answer_sentence(result),
        cards=_cards(result, pack.uncertainty),
        charts=(_errors(result, pack.uncertainty),),
        sure=f"{_error_words(result.summary().cash_out, result)} {_covered(pack.uncertainty)} On all slides, ± is one "
        "standard error.",
        compared=compared_variants(pack),
        change=largest_swing(pack),
        source="Cash-out: the first day on which cash is below the minimum. In the mean runway, a scenario without a "
        "cash-out counts with the full period.",
        notes="A scenario is one simulated path, with its own stock price, cash use and events. "
        f"The signed terms apply to all of them.{_inputs_words(pack.uncertainty)}",
    )


def answer_sentence(result: Result) -> str:
    """The probability as a frequency; where it is half or more also the day by which half of all scenarios are out."""
    chance, end = result.summary().cash_out, day(result.case.horizon)
    if chance.value < 0.5:
        return f"Cash lasts to {end} in {frequency(chance.complement(), result.paths)} simulated scenarios"
    half = f"half of all scenarios are out of cash by {day(median_day(result))}"
    return f"Cash runs out by {end} in {frequency(chance, result.paths)} simulated scenarios; {half}"


def _errors(result: Result, found: Uncertainty | None) -> Chart:
    """The headline measures with both errors; the second is absent where the case gives no ranges."""
    summary, rows = result.summary(), []
    for name in _MEASURED:
        estimate = summary.cash_out if name == "cash_out" else summary[name].estimate
        sampled = _span(name, *estimate.ci95, estimate.error) if estimate.error > 0.0 else "-"
        row = (_WORDS[name].format(the_line(result.case)), plus_minus(name, estimate).replace(" months", ""), sampled)
        rows.append(row if found is None else (*row, _range(found, name)))
    columns = ("", "mean", "sampling: 95% interval", "inputs: middle 90%")
    return table("errors", "Both errors", columns[: len(rows[0])], rows, (0,))


def both_errors(pack: Pack, name: str) -> tuple[str, ...]:
    """A mean's range by sampling and over the inputs, in a sentence; nothing where the case gives no ranges."""
    estimate, found = pack.result.summary()[name].estimate, pack.uncertainty
    if found is None or not estimate.error > 0.0:
        return ()
    sampled = _span(name, *estimate.ci95, estimate.error)
    return (f"{sampled} by sampling (95%), {_range(found, name)} over the inputs not known (90%)",)


#: Rows of the table of errors.
_MEASURED = ("cash_out", "runway_months", "raised", "dilution")
_WORDS = {
    "cash_out": "out of cash", "runway_months": "runway, months", "raised": "raised",
    "dilution": "dilution by {}",
}  # fmt: skip


def _range(found: Uncertainty, name: str) -> str:
    """From the 5% to the 95% quantile over the draws of the inputs."""
    if name not in found:
        return "-"
    band = found[name]
    bounds = [found.is_bound(name, end) for end in (band.low, band.high)]
    ends = map(censored_text, _span(name, band.low, band.high, band.error).split(" to "), bounds)
    return " to ".join(dict.fromkeys(ends))


def _span(name: str, low: float, high: float, error: float) -> str:
    """`10.87 to 11.00`, `$11.41M to $11.57M`."""
    return " to ".join(value(name, end, error).removesuffix(" months") for end in (low, high))


def _covered(found: Uncertainty | None) -> str:
    """What the interval covers, and where the rest is."""
    if found is None:
        return "This is the sampling error. The case gives no ranges of inputs, so their error is not known."
    sets = f"{found.draws} sets of inputs, {found.paths:,} scenarios each"
    return f"This is the sampling error; the inputs' range is from {sets}."


def _inputs_words(found: Uncertainty | None) -> str:
    """What the range over the inputs is."""
    if found is None:
        return ""
    drawn = f"{found.draws} random sets of the {len(found.inputs)} inputs that have a range in the case"
    return f" The range over what we do not know has 90% of {drawn}."


def _cards(result: Result, found: Uncertainty | None = None) -> tuple[Card, ...]:
    unknown = "" if found is None else f" ({found['cash_out']})"
    case, summary = result.case, result.summary()
    commitment = summary.waterfall.commitment  # less what was used before
    raised, dilution, runway = (summary[name] for name in ("raised", "dilution", "runway_months"))
    never, half, early = summary.cash_out.value == 0.0, runway.is_censored(50), runway.is_censored(5)
    soon = (
        "fewer than 5 of 100 scenarios run out of cash"
        if early
        else "{} scenarios: {}".format(*tail(result, "runway_months", 5))
    )
    third = case.third_party
    others = "; third parties' shares are not included" if third is not None and third.kind == "equity" else ""
    return (
        Card(
            frequency(summary.cash_out, result.paths),
            f"scenarios run out of cash by {day(case.horizon)}",
            f"probability {plus_minus('cash_out', summary.cash_out)}{unknown}",
        ),
        Card(
            censored_text(brief("runway_months", runway.p50.value, runway.p50.error), half),
            "median runway" + " (the full period)" * half,
            "no scenario runs out of cash earlier" if never else soon,
        ),
        Card(
            brief("raised", raised.mean, raised.mcse),
            f"raised under {the_line(case)} on average, of {committed_words(case)}"
            if commitment
            else f"raised under {the_line(case)} on average"
            if raised.mean
            else f"raised under {the_line(case)} (off)",
            _least(result),
        ),
        Card(
            brief("dilution", dilution.mean, dilution.mcse),
            f"dilution by {the_line(case, owner=True)} shares on average",
            _most(result) + others,
        ),
    )


def _least(result: Result) -> str:
    """What the scenarios raise that raise least."""
    often, least = tail(result, "raised", 5)
    if not result.summary()["raised"].p05.value:
        return f"in {often} scenarios nothing is raised"
    return f"{often} scenarios: {least}"


def _most(result: Result) -> str:
    """The dilution of the scenarios that are diluted most."""
    if not result.summary()["dilution"].p95.value:
        return f"{share_between(result, 'dilution', 0.0, 0.0)} scenarios have none"
    return "{} scenarios: {}".format(*tail(result, "dilution", 95))


def _error_words(chance: Estimate, result: Result) -> str:
    """The 95% confidence interval. Neither end is rounded to 0% or 100%, which no simulation can show."""
    if chance.value in (0.0, 1.0):
        reach = _upward(100.0 * (chance.ci95[1] if chance.value == 0.0 else 1.0 - chance.ci95[0]))
        bound = f"below {reach:g}%" if chance.value == 0.0 else f"above {100.0 - reach:.10g}%"
        return f"With {result.paths:,} scenarios the probability is {bound} (95% confidence interval)."
    room = min((x for bound in chance.ci95 for x in (bound, 1.0 - bound) if x > 0.0), default=chance.error)
    low, high = (value("cash_out", bound, min(chance.error, room)) for bound in chance.ci95)
    low = _inside(low, "just above 0%", "above 99.99%")
    high = _inside(high, "below 0.01%", "just below 100%")
    return f"95% confidence interval: {low} to {high}, from {result.paths:,} scenarios."


def _inside(text: str, at_zero: str, at_one: str) -> str:
    number = float(text.strip("<>%"))
    return at_zero if text[0] == "<" or number <= 0.0 else at_one if text[0] == ">" or number >= 100.0 else text


def _upward(number: float) -> float:
    """Rounded up to two significant digits, so that it remains a bound."""
    digits = 1 - math.floor(math.log10(number))
    return math.ceil(number * 10.0**digits) / 10.0**digits
