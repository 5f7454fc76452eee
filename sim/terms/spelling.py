"""Values in spellings that TOML does not read, such as 9,400,000 or $5 or 85%, and how to write them."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext

from sim.text.exact import FIFTY_DIGITS

_GROUPED = r"\d{1,3}(?:%s\d{3})+"
_SEPARATORS = {",": "commas", "'": "apostrophes", "\u2019": "apostrophes", " ": "spaces", "\u00a0": "spaces"}
_SCALES = {
    "k": 10**3, "thousand": 10**3, "m": 10**6, "mm": 10**6, "mn": 10**6, "mio": 10**6, "million": 10**6,
    "millions": 10**6, "b": 10**9, "bn": 10**9, "billion": 10**9,
}  # fmt: skip
_CENTS = ("c", "ct", "cent", "cents", "\u00a2")
_CURRENCY = r"US\$|USD|EUR|GBP|[$\u20ac\u00a3]"
_WORDS = {"true": "true", "yes": "true", "false": "false", "no": "false"}


def spelled(text: str, in_percent: bool = False) -> str:
    """What is wrong with the spelling of a value, and how to write it; "" if nothing is known about it.

    `in_percent` says that the key is in percent, so that 85% is written 85 and not 0.85.
    """
    text = text.strip()
    number, reason = text, ""
    currency = re.fullmatch(rf"(?i:({_CURRENCY})\s*(\S.*)|(.*\S)\s*({_CURRENCY}))", number)
    if currency:
        number, reason = currency[2] or currency[3], f"without {currency[1] or currency[4]}"
    percent = re.fullmatch(r"(.*\S)\s*%", number)
    if percent:
        number, reason = percent[1], "without %"
    scale = re.fullmatch(r"(.*[\d.])\s*([a-zA-Z]+|\u00a2)", number)
    factor = Decimal(1)
    if scale and scale[2].lower() in _CENTS:
        number, factor, reason = scale[1], Decimal("0.01"), f"in dollars, without {scale[2]}"
    elif scale and scale[2].lower() in _SCALES:
        number, factor, reason = scale[1], Decimal(_SCALES[scale[2].lower()]), f"in full, without {scale[2]}"
    plain, separated = _ungrouped(number)
    if plain is None:
        return "" if reason else _other(text)
    reason = separated or reason
    if not reason:
        return ""
    with localcontext(FIFTY_DIGITS):
        value = Decimal(plain) * factor
        if percent and not in_percent:
            value /= 100
    return f"{_cause(reason)}; write {_toml(value)}"


def _cause(reason: str) -> str:
    return reason if reason.startswith("TOML") else f"a number is written {reason}"


def _ungrouped(text: str) -> tuple[str | None, str]:
    """A number without separators of thousands and with a decimal point, and what was wrong; None if it is none."""
    for separator, called in _SEPARATORS.items():
        if re.fullmatch(rf"[+-]?{_GROUPED % re.escape(separator)}(?:\.\d*)?", text):
            return text.replace(separator, ""), f"TOML has no thousands {called}"
    if re.fullmatch(r"[+-]?\d{1,3}((\.\d{3})+,\d+|(\.\d{3}){2,})", text):  # 9.400 alone is a number
        return text.replace(".", "").replace(",", "."), "TOML has no thousands points"
    if re.fullmatch(r"[+-]?\d+,\d+", text):
        return text.replace(",", "."), "TOML has no decimal commas"
    if re.fullmatch(r"[+-]?(\d+\.|\.\d+)", text):
        return text, "TOML requires digits on both sides of the point"
    if re.fullmatch(r"[+-]?0[\d_]*\d(\.\d+)?", text):
        return text, "TOML has no leading zeros"
    return (text, "") if re.fullmatch(r"[+-]?\d[\d_]*(\.\d+)?([eE][+-]?\d+)?", text) else (None, "")


def _other(text: str) -> str:
    """What is wrong with a value that is no number."""
    if text.lower() in _WORDS:
        return f"TOML has true and false only; write {_WORDS[text.lower()]}"
    if re.fullmatch(r"\d{4}[/.]\d{1,2}[/.]\d{1,2}", text):
        year, month, day = re.split(r"[/.]", text)
        return f"a date is written with hyphens; write {year}-{int(month):02d}-{int(day):02d}"
    if re.fullmatch(r"\d{1,2}([/. -])\d{1,2}\1\d{4}|\d{1,2}\.? [A-Z][a-z]+ \d{4}|[A-Z][a-z]+ \d{1,2}, \d{4}", text):
        return "a date is written year first, as 2002-04-30"
    if re.fullmatch(r"[^\W\d][\w &.,-]*", text):
        return f'text is written in quotes; write "{text}"'
    return ""


def _toml(value: Decimal) -> str:
    """9_400_000 or 9_400_000.5."""
    whole, _, rest = f"{value:f}".partition(".")
    rest = rest.rstrip("0")
    return f"{int(whole):_}" + (f".{rest}" if rest else "") if whole not in ("-0", "") else f"{whole}.{rest or '0'}"
