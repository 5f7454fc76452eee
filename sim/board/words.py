"""How the board's documents write numbers: no more digits than the error allows, and probabilities as "97 of 100"."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sim.analysis.variants import LINE_OFF, SIGNED, WAIVED
from sim.board.charts.canvas import fitted, shortened
from sim.results import shares
from sim.results.estimates import DUST, Estimate
from sim.results.measures import DAYS_PER_MONTH, MEASURES, Reading, marked
from sim.results.result import Result
from sim.results.shares import is_extreme
from sim.text.dates import long_date as day
from sim.text.numbers import decimals_allowed, is_zero, lost, rounded, shared_decimals, with_decimals

if TYPE_CHECKING:
    from sim.terms import Case

__all__ = [
    "aligned", "bare", "base_of", "brief", "capitalised", "change", "day", "exactly", "fitted", "frequency",
    "in_words", "input_name", "line_dilution", "listed", "measure_of", "median_day", "moved", "name_of",
    "own_scenarios", "plus_minus", "reading", "share_between", "short_day", "shortened", "spoken", "tail", "the_line",
    "value", "variant_name",
]  # fmt: skip

MINUS, PLUS_MINUS, NO_BREAK = "\N{MINUS SIGN}", "\N{PLUS-MINUS SIGN}", "\N{NO-BREAK SPACE}"
#: What a number begins with that is written as a bound.
BOUNDS = ("<", ">")
_PER_CENT = Reading(0.01, "", "%", 2)
_MOST_BASE = 1_000_000  # "3 of 1,000,000"
_NAMES = {"cash_out": "Cash-out", "cash_out_12m": "Cash-out within 12 months"}
_VARIANTS = {SIGNED: "with {}", LINE_OFF: "without {}", WAIVED: "with {}, all conditions waived"}


def reading(name: str) -> Reading:
    """Scale, prefix, suffix and decimals of a measure, or of a probability of cash-out."""
    return MEASURES[name].reading if name in MEASURES else _PER_CENT


def name_of(name: str) -> str:
    """The name of a measure, or of a probability of cash-out."""
    return MEASURES[name].label if name in MEASURES else _NAMES[name]


def measure_of(name: str, case: Case) -> str:
    """`name_of` a measure, as the documents of one case have it: `Dilution by the line's shares`."""
    return f"Dilution by {the_line(case, owner=True)} shares" if name == "dilution" else name_of(name)


def the_line(case: Case, owner: bool = False) -> str:
    """`the line`, `the lines` of a case with several; as the `owner` of something `the line's`, `the lines'`."""
    if len(case.facilities) > 1:
        return "the lines" + "'" * owner
    return "the line" + "'s" * owner


def line_dilution(case: Case) -> str:
    """`line's dilution`, `lines' dilution`, as a heading has it."""
    return f"{the_line(case, owner=True)} dilution".removeprefix("the ")


def variant_name(name: str, case: Case, in_sentence: bool = False) -> str:
    """What the documents of a board call a variant of the line: `with the line`, `without the lines`.

    `in_sentence` is for a list of variants in a sentence, where a name has no comma.
    """
    return (
        "with all conditions waived"
        if in_sentence and name == WAIVED
        else _VARIANTS.get(name, "{}").format(the_line(case) if name in _VARIANTS else name)
    )


def value(name: str, number: float, error: float) -> str:
    """`$11.51M`, `10.68 months`, `97.3%`: no more digits than the error allows; "-" where absent."""
    return _written(name, number, error, 15)


def brief(name: str, number: float, error: float) -> str:
    """As `value`, with at most three significant digits."""
    return _written(name, number, error, _three_digits(name, number))


def spoken(name: str, estimate: Estimate) -> str:
    """`brief` of an estimate."""
    return marked(brief(name, estimate.value, estimate.error), estimate)


def exactly(dollars: float) -> str:
    """`$10.25M`: an amount that the documents state, with all its digits."""
    return value("raised", dollars, 0.0)


def plus_minus(name: str, estimate: Estimate) -> str:
    """`$11.51M ± 0.03`: an estimate with its standard error, unless that is 0."""
    scale, error = reading(name).scale, estimate.error
    if not math.isfinite(estimate.value):
        return "-"
    text = marked(value(name, estimate.value, error), estimate)
    if not math.isfinite(error):
        return f"{text} (error unknown)"
    if error <= 0.0:
        return text
    shown = with_decimals(error / scale, min(decimals_allowed(error / scale), reading(name).max_decimals))
    return f"{text}{NO_BREAK}{PLUS_MINUS}{NO_BREAK}{shown}"


def change(name: str, estimate: Estimate, short: bool = False) -> str:
    """A difference with its sign: `+$1.2M`, `−3.1 points`; `short` has at most three significant digits."""
    return _signed(name, (spoken if short else _whole)(name, estimate), estimate.value)


def in_words(text: str) -> str:
    """A number in a sentence, of a bound in words: `less than $0.1M` for `<$0.1M`; also where it is negative."""
    if text[:1] not in BOUNDS:
        return text
    number = text[1:].lstrip(MINUS)
    return f"{'more' if text[0] == '>' and number == text[1:] else 'less'} than {number}"


def moved(name: str, estimate: Estimate) -> str:
    """A difference in a sentence that ends with what is moved: `+1.2 months`, `no change`, `less than 0.01 months`."""
    text = change(name, estimate, short=True)
    return "no change" if is_zero(text) else in_words(text)


def aligned(name: str, estimates: Sequence[Estimate], signed: bool = False) -> tuple[str, ...]:
    """Estimates of one column, all with the decimals that the largest error allows; "-" where absent.

    What would be rounded to 0, or of a percentage to 100%, is a bound: `<0.1`, `>99.9%`. With `signed`, for
    differences, it is 0 unless its own error is as small.
    """
    how = reading(name)
    known = [each for each in estimates if math.isfinite(each.value)]
    values, errors = [each.value / how.scale for each in known], [each.error / how.scale for each in known]
    largest = max((abs(each.value) for each in known), default=0.0)
    decimals = min(
        shared_decimals(values, errors, how.max_decimals), max(_three_digits(name, largest), int(how.suffix == "%"))
    )
    if how.suffix == "%":  # whole percents at least: one uncertain share must not round the others to tens
        decimals = max(decimals, 0)
    texts = [marked(_fixed(name, each.value, decimals, each.error * signed), each) for each in estimates]
    if not signed:
        return tuple(texts)
    return tuple(_signed(name, text, each.value) for text, each in zip(texts, estimates, strict=True))


def base_of(estimate: Estimate, paths: int) -> int:
    """The denominator of a frequency: 100, or as many as it takes to tell it from 0 and 1; at most `paths`."""
    rarer, base = min(estimate.value, 1.0 - estimate.value), 100
    while rarer > 0.0 and base < _MOST_BASE and rarer * base < 0.995:
        base *= 10
    return min(base, paths)


def frequency(estimate: Estimate, paths: int, base: int | None = None) -> str:
    """A probability as a frequency: `97 of 100`, `3 of 1,000`, `none of 200,000`.

    Probabilities that stand together take one `base`, from `base_of` the first of them; one that it cannot tell from 0
    or 1 is `fewer than 1 of 100` or `more than 99 of 100`.
    """
    chance = estimate.value
    if chance in (0.0, 1.0):
        word = "none" if chance == 0.0 else "all"
        return word if base is not None else f"{word} of {paths:,}" if chance == 0.0 else f"{word} {paths:,}"
    base = base_of(estimate, paths) if base is None else base
    out = round(chance * base)
    if out in (0, base):
        return f"fewer than 1 of {base:,}" if out == 0 else f"more than {base - 1:,} of {base:,}"
    return f"{out:,} of {base:,}"


def bare(text: str) -> str:
    """A number without its unit, for a column whose heading has it: `+3.2`, `−0.4`."""
    return text.removesuffix(" months").removesuffix(" points").replace("$", "").removesuffix("M").removesuffix("%")


def listed(items: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def capitalised(text: str) -> str:
    """With a capital first letter, the others unchanged."""
    return text[:1].upper() + text[1:]


def input_name(label: str, letters: int) -> str:
    """The label of an input, cut to `letters`; of `licence: probability` it is the owner's name that is cut."""
    owner, colon, what = label.rpartition(": ")
    if not owner or len(label) <= letters:
        return shortened(label, letters)
    return f"{shortened(owner, max(letters - len(colon + what), 12))}{colon}{what}"


def own_scenarios(paths: int, result: Result) -> str:
    """For the title of a chart: its number of scenarios, if it is not that of the run, which the footer states."""
    return "" if paths == result.paths else f" (from {paths:,} scenarios)"


def short_day(when: date) -> str:
    """`30 Aug 2002`."""
    number, month, year = day(when).split()
    return f"{number} {month[:3]} {year}"


def share_between(result: Result, name: str, low: float, high: float) -> str:
    """How many scenarios have a value from `low` to `high`: `95 of 100`, `all`."""
    return frequency(shares.share_between(result, name, low, high), result.paths, min(100, result.paths))


def tail(result: Result, name: str, percent: int) -> tuple[str, str]:
    """How many scenarios reach the 5% or the 95% quantile, and what they reach: `5 of 100`, `$3.1M or less`.

    They are more than 5 of 100 where a limit stops many of them at one value: `36 of 100`, `12.9%, the most`.
    """
    quantile = result.summary()[name].quantile(percent)
    text, edge, low = brief(name, quantile.value, quantile.error), quantile.value, percent < 50
    often = share_between(result, name, *((-math.inf, edge) if low else (edge, math.inf)))
    if is_extreme(result, name, edge, low):
        return often, text if is_extreme(result, name, edge, not low) else f"{text}, the {'least' if low else 'most'}"
    return often, f"{text} or {'less' if low else 'more'}"


def median_day(result: Result) -> date:
    """The day by which half of all paths are out of cash. A day's close is a whole number of days from the opening."""
    days = math.ceil(round(result.summary()["runway_months"].p50.value * DAYS_PER_MONTH, 6))
    return result.case.valuation_date + timedelta(max(days - 1, 0))


def _whole(name: str, estimate: Estimate) -> str:
    return marked(value(name, estimate.value, estimate.error), estimate)


def _signed(name: str, text: str, number: float) -> str:
    """With a plus or minus sign, and points for a difference of percentages; none for what is shown as 0."""
    if name not in MEASURES or reading(name).suffix == "%":
        text = text.replace("%", " points")
    unsigned = text.lstrip("-" + MINUS)
    if text[:1] in BOUNDS:
        return text
    if is_zero(unsigned):
        return unsigned or text
    return (MINUS if number < 0 else "+") + unsigned


def _three_digits(name: str, number: float) -> int:
    """Decimals of three significant digits."""
    scaled = abs(number / reading(name).scale)
    return 2 - math.floor(math.log10(scaled)) if scaled and math.isfinite(scaled) else 15


def _written(name: str, number: float, error: float, most: int) -> str:
    """With at most `most` decimals; an exact number has no trailing zeros."""
    how = reading(name)
    text = _fixed(name, number, min(decimals_allowed(error / how.scale), most))
    if error <= DUST * abs(number) and "." in text:
        digits = text.removeprefix(MINUS).removeprefix(how.prefix).removesuffix(how.suffix)
        text = text.replace(digits, digits.rstrip("0").rstrip("."))
    return "$0" if text == "$0M" else text


def _fixed(name: str, number: float, decimals: int, error: float = 0.0) -> str:
    """With so many decimals, as far as the measure is ever written; a bound for what would be rounded to 0 or 100%."""
    if not math.isfinite(number):
        return "-"
    how, bound = reading(name), ""
    decimals, scaled = min(decimals, how.max_decimals), number / how.scale
    text, least = rounded(scaled, decimals), 10.0**-decimals
    if lost(scaled, decimals, error / how.scale):
        bound, text = ("<", rounded(least, decimals)) if number > 0.0 else (">", rounded(-least, decimals))
    elif how.suffix == "%" and 0.0 < number < 1.0 and text == rounded(100.0, decimals):
        bound, text = ">", rounded(100.0 - least, decimals)
    return f"{bound}{MINUS if text.startswith('-') else ''}{how.prefix}{text.lstrip('-')}{how.suffix}"
