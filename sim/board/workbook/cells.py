"""Cells: numbers with formats of no more digits than their errors allow, dates, and text that is no formula."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sim.analysis.paired import SHOWN as _ANALYSED
from sim.board.story.parts import setting
from sim.board.words import BOUNDS, MINUS, measure_of, reading, value
from sim.results.estimates import Estimate, LowerBound
from sim.results.measures import CENSORED_MARK, MEASURES
from sim.terms import Case
from sim.text.characters import replaced
from sim.text.numbers import decimals_allowed, is_zero, lost, rounded

__all__ = [
    "ABSENT", "PM", "Block", "Cell", "Number", "aligned", "censored", "change", "column", "error", "estimated",
    "exact",
    "form_like", "is_formula_like", "level", "limits", "moved", "number", "safe", "set_to", "unbounded",
]  # fmt: skip

SHOWN = {**MEASURES, **_ANALYSED}
PM = "\N{PLUS-MINUS SIGN}"
ABSENT = "\N{EN DASH}"  # a hyphen would begin a formula
MOST_LETTERS = 32_000  # a cell takes 32,767
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # also the wide ones
_NUMBER = re.compile(r"[\d,]*\d(\.\d+)?")
_DIGITS = re.compile(r"#,##0(?:\.(0+))?")  # of a number format
_SCALE = {"M": 1e6, "%": 0.01}
_MOST_ERROR_DECIMALS = 6


class Block(NamedTuple):
    """Where a table's rows are: on `sheet`, from row `first` to row `last`, counted from 0."""

    sheet: str
    first: int
    last: int

    def range(self, column: int, last: int | None = None) -> list[Any]:
        """One of its columns, as the argument of a chart."""
        return [self.sheet, self.first, column, self.last if last is None else last, column]


class Number(NamedTuple):
    """A stored number, its number format, and its formula and comment, if any.

    `decimals` are those that the error allows; None if the number is exact or its error is not known.
    """

    value: float
    form: str = "General"
    formula: str = ""
    note: str = ""
    decimals: int | None = None


Cell = Number | str | date | bool | None


def safe(text: str) -> str:
    """Text that a cell may hold: without the characters that XML does not allow, and no longer than a cell takes.

    A single hyphen, which stands for what is absent, is a dash.
    """
    clean = "\n".join(map(replaced, text.split("\n")))
    clean = clean.encode("utf-8", "replace").decode("utf-8")[:MOST_LETTERS]
    return ABSENT if clean == "-" else clean


def is_formula_like(text: str) -> bool:
    """Whether a text begins like a formula. Its cell has the prefix of a text, so that it stays one when edited."""
    return text.lstrip().startswith(_FORMULA)


def form_like(text: str, sign: bool = False) -> str:
    """The number format that shows a number as `text` does: `$11.51M` is `"$"#,##0.00,,"M"`.

    `sign` puts a plus before what is above 0.
    """
    found = _NUMBER.search(text)
    if found is None:
        return "General"
    before = text[: found.start()].strip("+-" + MINUS)
    after = text[found.end() :].removesuffix(" months")  # the heading says it
    digits = "#,##0" + ("." + "0" * (len(found[1]) - 1) if found[1] else "")
    rest = after[1:] if after[:1] in _SCALE else after
    scale = {"M": ",,", "%": "%"}.get(after[:1], "")
    words = ("M" if scale == ",," else "") + rest
    form = (f'"{before}"' if before else "") + digits + scale + (f'"{words}"' if words else "")
    return f"+{form};-{form};{form}" if sign else form


def number(text: str, stored: float, error: float = math.nan, sign: bool = False) -> Number | None:
    """A number that is shown as `text`; None where it is absent.

    It is stored in full, unless its error does not allow all digits before the point: then as it is shown.
    """
    found = _NUMBER.search(text)
    if found is None or not math.isfinite(stored):
        return None
    decimals = max(len(found[1] or "") - 1, 0) if math.isfinite(error) and error > 0.0 else None
    if text[0] in BOUNDS:
        return Number(stored, _bound_form(text.replace(MINUS, "-").removesuffix(" months")), decimals=decimals)
    scale = _SCALE.get(text[found.end() :][:1], 1.0)
    if math.isfinite(error) and error > 0.0 and decimals_allowed(error / scale) < 0:
        stored = math.copysign(float(found[0].replace(",", "")) * scale, stored)
    if is_zero(found[0]):  # no sign before what is shown as 0
        form = form_like(text)
        return Number(stored, f"{form};{form};{form}" if stored else form, decimals=decimals)
    return Number(stored, form_like(text, sign), decimals=decimals)


def _bound_form(text: str) -> str:
    """The number format of a number that is shown as a bound, `<$0.1M`, whatever its sign."""
    return ";".join([f'"{text}"'] * 3)


def unbounded(form: str) -> str:
    """A number format; in place of that of a bound the one with the same digits and unit."""
    text = form.partition(";")[0].strip('"')
    return form_like(text.lstrip("<>-")) if text[:1] in BOUNDS else form


def level(name: str, stored: float, error: float) -> Number | None:
    """A measure as `sim.board.words.value` writes it; with two digits if the error is not known."""
    text = value(name, stored, error) if math.isfinite(error) else SHOWN[name].format(stored, math.inf)
    return number(text, stored, error)


def censored(cell: Number | None) -> Number | None:
    """The number of a censored path, shown with its mark; what is stored is the number."""
    return cell and cell._replace(form=_DIGITS.sub(rf'\g<0>"{CENSORED_MARK}"', cell.form))


def change(name: str, estimate: Estimate) -> Number | None:
    """A difference of a measure, with its sign."""
    return number(value(name, estimate.value, estimate.error), estimate.value, estimate.error, True)


def error(name: str, estimate: Estimate) -> Number | None:
    """The standard error of a measure, with one or two significant digits."""
    stored, how = estimate.error, reading(name)
    if not math.isfinite(stored):
        return None
    decimals = min(decimals_allowed(stored / how.scale), _MOST_ERROR_DECIMALS) if stored > 0.0 else 0
    return number(f"{how.prefix}{rounded(stored / how.scale, max(decimals, 0))}{how.suffix}", stored)


def limits(name: str, estimate: Estimate, sign: bool = False) -> tuple[Number | None, Number | None]:
    """The ends of a 95% confidence interval, with the digits of the estimate."""
    low, high = (
        number(value(name, end, estimate.error), end, estimate.error, sign) if math.isfinite(end) else None
        for end in estimate.ci95
    )
    return low, high


def estimated(name: str, estimate: Estimate) -> list[Cell]:
    """A measure, its standard error and the ends of its 95% confidence interval."""
    shown, *ends = (level(name, estimate.value, estimate.error), *limits(name, estimate))
    if isinstance(estimate, LowerBound):
        shown, *ends = map(censored, (shown, *ends))
    return [shown, error(name, estimate), *ends]


def moved(name: str, estimate: Estimate) -> list[Cell]:
    """A difference of a measure, its standard error and the ends of its 95% confidence interval, with signs."""
    return [change(name, estimate), error(name, estimate), *limits(name, estimate, True)]


def aligned(column: Sequence[Cell]) -> list[Cell]:
    """A column with one number of decimals: what the largest error allows, or else as many as an exact number has.

    A number that would be rounded to 0 is a bound. A column of several units stays as it is.
    """
    cells = [cell._replace(form=unbounded(cell.form)) for cell in column if isinstance(cell, Number)]
    numbers = [cell for cell in cells if cell.value and _DIGITS.search(cell.form)]
    units = {cell.form.replace(f'"{CENSORED_MARK}"', "").rpartition(";")[2].lstrip("+-") for cell in numbers}
    if len({_DIGITS.sub("", unit) for unit in units}) != 1:
        return list(column)
    known = [cell.decimals for cell in numbers if cell.decimals is not None]
    decimals = min(known, default=max(_decimals(cell.form) for cell in numbers))
    digits = "#,##0" + ("." + "0" * decimals if decimals else "")
    zero = units.pop()  # "$0" alone has no unit
    before, after = (part.replace('"', "") for part in _DIGITS.split(zero)[::2])
    scale, after = 1e6 if ",," in after else 0.01 if after.startswith("%") else 1.0, after.replace(",,", "")

    def shown(cell: Cell) -> Cell:
        if not isinstance(cell, Number):
            return cell
        form = _DIGITS.sub(digits, unbounded(cell.form) if cell.value else zero)
        full = rounded(100.0, decimals)
        if scale == 0.01 and 0.0 < cell.value < 1.0 and rounded(cell.value / scale, decimals) == full:
            form = _bound_form(f">{before}{rounded(100.0 - 10.0**-decimals, decimals)}{after}")
        elif lost(cell.value / scale, decimals):
            least = rounded(10.0**-decimals, decimals)
            form = _bound_form(f"{'<' if cell.value > 0.0 else '>-'}{before}{least}{after}")
        return cell._replace(form=form)

    return [shown(cell) for cell in column]


def _decimals(form: str) -> int:
    found = _DIGITS.search(form)
    return len(found[1] or "") if found else 0


def set_to(stored: float, unit: str, uncertain: float = math.nan) -> Number | None:
    """A value of an input in its unit."""
    return number(setting(stored, unit, uncertain), stored, uncertain)


def exact(stored: float, before: str = "", after: str = "", scale: float = 1.0) -> Number:
    """A number without error, with all its digits."""
    digits = f"{stored / scale:.9f}".rstrip("0").rstrip(".")
    return Number(stored, form_like(f"{before}{digits}{after}"))


def column(name: str, case: Case) -> str:
    """The heading of a measure, with its unit where the numbers below do not show it."""
    return measure_of(name, case) + (", months" if reading(name).suffix == " months" else "")
