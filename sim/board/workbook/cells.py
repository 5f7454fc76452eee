"""What stands in a cell: numbers shown with no more digits than their errors allow, dates, and safe text."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import NamedTuple

from sim.analysis.paired import SHOWN as _ANALYSED
from sim.board.story.words import MINUS, name_of, reading, value
from sim.results.estimates import Estimate, decimals_allowed, rounded
from sim.results.measures import MEASURES

__all__ = [
    "ABSENT", "PM", "Cell", "Number", "change", "column", "error", "exact", "form_like", "level", "limits", "number",
    "safe", "set_to",
]  # fmt: skip

SHOWN = {**MEASURES, **_ANALYSED}
PM = "\N{PLUS-MINUS SIGN}"
ABSENT = "\N{EN DASH}"  # a hyphen would begin a formula
MOST_LETTERS = 32_000  # a cell takes 32,767
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # also the wide ones
_NUMBER = re.compile(r"[\d,]*\d(\.\d+)?")
_SCALE = {"M": 1e6, "%": 0.01}
_MOST_ERROR_DECIMALS = 6


class Number(NamedTuple):
    """A number as it is stored, how it is shown, and where it is worked out its formula and a note of the cell."""

    value: float
    form: str = "General"
    formula: str = ""
    note: str = ""


Cell = Number | str | date | bool | None


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula, also after the sheet was saved as CSV.

    A cell of text is never worked out, but its words are when they are read again from CSV. So words that begin as a
    formula does get an apostrophe before them; what XML cannot hold is replaced.
    """
    clean = "".join(c if c.isprintable() or c == "\n" else " " for c in text)
    clean = clean.encode("utf-8", "replace").decode("utf-8")[:MOST_LETTERS]
    return f"'{clean}" if clean.lstrip().startswith(_FORMULA) else clean


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

    It is stored in full, unless its error allows no digit before the point: then as it is shown.
    """
    if not math.isfinite(stored) or _NUMBER.search(text) is None:
        return None
    found = _NUMBER.search(text)
    assert found is not None
    scale = _SCALE.get(text[found.end() :][:1], 1.0)
    if math.isfinite(error) and error > 0.0 and decimals_allowed(error / scale) < 0:
        stored = math.copysign(float(found[0].replace(",", "")) * scale, stored)
    if not any(digit in found[0] for digit in "123456789"):  # no sign before what is shown as 0
        form = form_like(text)
        return Number(stored, f"{form};{form};{form}" if stored else form)
    return Number(stored, form_like(text, sign))


def level(name: str, stored: float, error: float) -> Number | None:
    """A measure as `sim.board.story.words.value` writes it; two digits where the error is not known."""
    text = value(name, stored, error) if math.isfinite(error) else SHOWN[name].format(stored, math.inf)
    return number(text, stored, error)


def change(name: str, estimate: Estimate) -> Number | None:
    """A difference of a measure, with its sign."""
    return number(value(name, estimate.value, estimate.error), estimate.value, estimate.error, True)


def error(name: str, estimate: Estimate) -> Number | None:
    """The standard error of a measure, to as many digits as are worth it."""
    stored, how = estimate.error, reading(name)
    if not math.isfinite(stored):
        return None
    decimals = min(decimals_allowed(stored / how.scale), _MOST_ERROR_DECIMALS) if stored > 0.0 else 0
    return number(f"{how.prefix}{rounded(stored / how.scale, max(decimals, 0))}{how.suffix}", stored)


def limits(name: str, estimate: Estimate, sign: bool = False) -> tuple[Number | None, Number | None]:
    """The ends of a 95% interval, to the digits of the estimate."""
    low, high = (
        number(value(name, end, estimate.error), end, estimate.error, sign) if math.isfinite(end) else None
        for end in estimate.ci95
    )
    return low, high


def set_to(stored: float, unit: str, uncertain: float = math.nan) -> Number | None:
    """A value of an input in its unit."""
    from sim.board.story.what_if import setting

    return number(setting(stored, unit, uncertain), stored, uncertain)


def exact(stored: float, before: str = "", after: str = "", scale: float = 1.0) -> Number:
    """A number that has no error, with all of its digits."""
    digits = f"{stored / scale:.9f}".rstrip("0").rstrip(".")
    return Number(stored, form_like(f"{before}{digits}{after}"))


def column(name: str) -> str:
    """The heading of a measure, with its unit where the numbers below do not carry it."""
    return name_of(name) + (", months" if reading(name).suffix == " months" else "")
