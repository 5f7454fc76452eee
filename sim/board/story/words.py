"""How the board's pages write numbers: with no more digits than their errors allow, and as natural frequencies."""

from __future__ import annotations

import math
from datetime import date, timedelta

from sim.board.charts.canvas import shortened
from sim.results.estimates import DUST, Estimate, decimals_allowed, rounded
from sim.results.measures import DAYS_PER_MONTH, MEASURES, Reading
from sim.results.result import Result
from sim.text.dates import long_date as day

__all__ = [
    "bare", "brief", "change", "day", "few", "frequency", "median_day", "name_of", "per_cent", "plus_minus", "reading",
    "short_day", "shortened", "spoken", "value",
]  # fmt: skip

MINUS, PLUS_MINUS, NO_BREAK = "\N{MINUS SIGN}", "\N{PLUS-MINUS SIGN}", "\N{NO-BREAK SPACE}"
_PER_CENT = Reading(0.01, "", "%", 2)
_MOST_BASE = 1_000_000  # of a natural frequency: `3 of 1,000,000`
_NAMES = {"cash_out": "Cash-out", "cash_out_12m": "Cash-out within 12 months"}


def reading(name: str) -> Reading:
    """How a measure is read; the probabilities of a cash-out too, which are no measures of a path."""
    return MEASURES[name].reading if name in MEASURES else _PER_CENT


def name_of(name: str) -> str:
    """A measure's name for people."""
    return MEASURES[name].label if name in MEASURES else _NAMES[name]


def value(name: str, number: float, error: float) -> str:
    """`$11.51M`, `10.68 months`, `97.3%`: no more digits than the error allows; absent is a dash."""
    return _written(name, number, error, 15)


def brief(name: str, number: float, error: float) -> str:
    """As `value`, but for a sentence: at most three significant digits."""
    scaled = abs(number / reading(name).scale)
    three = 2 - math.floor(math.log10(scaled)) if scaled and math.isfinite(scaled) else 15
    return _written(name, number, error, three)


def spoken(name: str, estimate: Estimate) -> str:
    """An estimate for a sentence."""
    return brief(name, estimate.value, estimate.error)


def plus_minus(name: str, estimate: Estimate) -> str:
    """`$11.51M ± 0.03`: with its standard error."""
    how, error = reading(name), estimate.error
    if not math.isfinite(estimate.value):
        return "-"
    if not math.isfinite(error):
        return f"{value(name, estimate.value, error)} (error unknown)"
    shown = rounded(error / how.scale, min(decimals_allowed(error / how.scale), 6)) if error > 0 else "0"
    return f"{value(name, estimate.value, error)}{NO_BREAK}{PLUS_MINUS}{NO_BREAK}{shown}"


def change(name: str, estimate: Estimate, short: bool = False) -> str:
    """A difference with its sign: `+$1.2M`, `−3.1 points`; `short` for a sentence."""
    text = (spoken if short else _whole)(name, estimate)
    if name not in MEASURES or reading(name).suffix == "%":
        text = text.replace("%", " points")
    bare = text.lstrip("-" + MINUS)
    if not any(digit in bare for digit in "123456789"):
        return bare
    return (MINUS if estimate.value < 0 else "+") + bare


def per_cent(estimate: Estimate) -> str:
    """`97.34% ± 0.05`."""
    return plus_minus("cash_out", estimate)


def frequency(estimate: Estimate, paths: int) -> str:
    """A probability as a natural frequency: `97 of 100`, `3 of 1,000`, `none of 200,000`, `all but 2 of 3,000`.

    Never of more futures than were simulated.
    """
    chance = estimate.value
    if chance in (0.0, 1.0):
        return f"none of {paths:,}" if chance == 0.0 else f"all {paths:,}"
    base = 100
    while base < _MOST_BASE and min(chance, 1.0 - chance) * base < 0.995:
        base *= 10
    if base <= paths:
        return f"{round(chance * base):,} of {base:,}"
    out = max(round((1.0 - chance) * paths), 1)
    return f"all but {out:,} of {paths:,}" if 10 * out <= paths else f"{paths - out:,} of {paths:,}"


def bare(text: str) -> str:
    """A number without its unit, for a chart or a column whose title has it: `+3.2`, `−0.4`."""
    return text.removesuffix(" months").removesuffix(" points").replace("$", "").removesuffix("M").removesuffix("%")


def few(items: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def short_day(when: date) -> str:
    """`30 Aug 2002`."""
    number, month, year = day(when).split()
    return f"{number} {month[:3]} {year}"


def median_day(result: Result) -> date:
    """The day by which half of the paths are out of cash: the first whose close is not before that moment."""
    days = math.ceil(round(result.summary()["runway_months"].p50.value * DAYS_PER_MONTH, 6))
    return result.case.valuation_date + timedelta(max(days - 1, 0))


def _whole(name: str, estimate: Estimate) -> str:
    return value(name, estimate.value, estimate.error)


def _written(name: str, number: float, error: float, most: int) -> str:
    """With at most so many decimals; an exact number has no zeros behind it that nothing has measured."""
    if not math.isfinite(number):
        return "-"
    how = reading(name)
    decimals = min(decimals_allowed(error / how.scale), how.max_decimals, most)
    text = rounded(number / how.scale, decimals)
    if error <= DUST * abs(number) and "." in text:
        text = text.rstrip("0").rstrip(".")
    if text == "0" and how.prefix == "$":
        return "$0"
    sign = MINUS if text.startswith("-") else ""
    return f"{sign}{how.prefix}{text.lstrip('-')}{how.suffix}"
