"""Numbers as services and spreadsheets write them: currency signs, separators of thousands, decimal commas, K, M, B."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

#: What stands for no number, in lower case and without blanks.
MISSING = frozenset({
    "", "null", "none", "nan", "nil", "na", "n/a", "n.a.", "n.a", "nd", "n.d.", "nat", "<na>", ".", "..", "-", "--",
    "---", "–", "—", "?", "*", "#n/a", "#n/an/a", "#na", "#value!", "#div/0!", "#ref!", "#name?", "#num!", "#null!",
})  # fmt: skip
_UNITS = {
    "": 1.0, "k": 1e3, "t": 1e3, "tsd": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "mln": 1e6, "b": 1e9, "bn": 1e9,
    "mrd": 1e9, "mld": 1e9,
}  # fmt: skip
_CURRENCY = r"(?:[A-Z]{1,2}|[A-Z]{3}|[Kk]r\.?|z[lł]|Rs\.?|[A-Z]{1,3}\$|)"
_NUMBER = re.compile(
    rf"{_CURRENCY}(?P<sign>[-+]?){_CURRENCY}(?P<digits>\d[\d.,]*|[.,]\d+)(?P<power>[eE][-+]?\d+)?"
    rf"(?P<unit>[A-Za-z]{{0,3}})\.?(?:(?<=\d){_CURRENCY})?\*{{0,2}}"
)
_GROUPED = re.compile(r"[1-9]\d{0,2}(?P<mark>[.,])(?:\d{2,3}(?P=mark))*\d{3}")  # India groups the higher digits in twos
_CODE = re.compile(r"[A-Z]{3}|[Kk]r|z[lł]|p")
_DOLLARS = frozenset({"", "$", "US$", "USD", "USD$"})
#: Codes in the name of a column; any three letters may stand there for something else.
_CODES = re.compile(
    r"\b(?:AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|GBX|GBp|HKD|HUF|ILA|ILS|INR|JPY|KRW|MXN|NOK|NZD|PLN|SEK|SGD|TRY|TWD|ZAR)\b"
)


def absent(text: str) -> bool:
    """Whether a cell says that there is no number."""
    return "".join(text.split()).lower() in MISSING


def decimal_mark(columns: Iterable[Iterable[str]]) -> str:
    """ "," or ".", by the first column in which some number shows which; "." if none does.

    A comma is decimal if it is the last mark of a number and does not separate three digits from others: `1.234,50`,
    `12,5`, `0,123`. A point is decimal in the same way.
    """
    for column in columns:
        marks = [_shows(digits) for text in column if (digits := _digits(text))]
        if "," in marks:
            return ","
        if "." in marks:
            return "."
    return "."


def number(text: str, mark: str) -> float:
    """The number in a cell whose decimal mark is known. Raises ValueError for anything else."""
    found = _NUMBER.fullmatch(_bare(text))
    if found is None:
        raise ValueError("not a number")
    digits, unit = found["digits"], found["unit"]
    scale = _UNITS.get(unit.lower())
    if scale is None and not _CODE.fullmatch(unit):
        raise ValueError("not a number")
    whole, _, fraction = digits.partition(mark)
    other = "," if mark == "." else "."
    if mark in fraction or other in fraction or (other in whole and not _GROUPED.fullmatch(whole)):
        raise ValueError("not a number")
    value = float(f"{whole.replace(other, '') or '0'}.{fraction or '0'}{found['power'] or ''}") * (scale or 1.0)
    negative = found["sign"] == "-" or text.strip().startswith("(")
    return -value if negative else value


def currency(text: str) -> str:
    """The currency that a cell with a price states, if it is not the dollar: `€`, `CHF`, `p`; else ""."""
    bare = _bare(text)
    found = _NUMBER.fullmatch(bare)
    if found is None:
        return ""
    unit = "" if found["unit"].lower() in _UNITS else found["unit"]
    letters = bare[: found.start("digits")] + unit + bare[found.end("unit") :]
    stated = "".join(c for c in letters if c.isalpha()) + signs(text)
    return "" if stated in _DOLLARS else stated


def named_currency(name: str) -> str:
    """The currency in the name of a column, if it is not the dollar."""
    code = _CODES.search(name)
    return code[0] if code else signs(name).replace("$", "")


def signs(text: str) -> str:
    """The signs of currencies in a text."""
    return "".join(c for c in text if unicodedata.category(c) == "Sc")


def _bare(text: str) -> str:
    """The cell without blanks, apostrophes, signs of currencies, parentheses and the `="..."` of spreadsheets."""
    text = text.strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    text = text.replace("\N{MINUS SIGN}", "-")
    return "".join(
        c for c in text if not c.isspace() and c not in "'’`\"" and unicodedata.category(c) not in ("Sc", "Cf")
    )


def _digits(text: str) -> str:
    found = _NUMBER.fullmatch(_bare(text))
    return found["digits"] if found else ""


def _shows(digits: str) -> str:
    """The decimal mark that a number shows, or ""."""
    last = max(digits.rfind(","), digits.rfind("."))
    if last < 0:
        return ""
    mark = digits[last]
    other = "," if mark == "." else "."
    if other in digits:  # the later one is decimal, unless it comes twice
        return mark if digits.count(mark) == 1 else other
    if digits.count(mark) > 1:
        return other
    return "" if _GROUPED.fullmatch(digits) else mark
