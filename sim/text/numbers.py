"""Numbers as text: decimals that an error allows, columns with one number of decimals, money, percentages, counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from sim.text.exact import FIFTY_DIGITS

#: A printed error of one digit that would be off by more than this part of it is printed with two.
MOST_ROUNDING = 0.25
#: Decimals of a number without error, or of one whose error is not known: as many as it has.
ANY_DECIMALS = 15

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


# --- decimals ---


def decimals_allowed(error: float) -> int:
    """Decimals at which the last digit of `error` worth printing stands: 3 for 0.0012, -4 for 23,000.

    That is the first significant digit, or the second where the first alone would be off by more than a quarter, which
    is from 1.34 to 1.59: 4 for 0.0015. The value with this error is printed to the same decimal. An error of 0 and an
    unknown one (NaN, infinite) allow any number of decimals, `ANY_DECIMALS`.
    """
    if not math.isfinite(error) or error <= 0.0:
        return ANY_DECIMALS
    further = abs(float(f"{error:.0e}") - error) > MOST_ROUNDING * error
    return min(further + first_digit(error), ANY_DECIMALS)


def first_digit(number: float) -> int:
    """Decimals at which the first significant digit of a rounded number stands: 2 for 0.012, 1 for 0.096."""
    return -int(f"{number:.0e}".partition("e")[2])


def rounded(value: float, decimals: int) -> str:
    """`value` with thousands separated, rounded to `decimals` (negative: to tens, hundreds); never "-0".

    A half is rounded away from 0, of the 15 digits that a spreadsheet keeps, so that both show the same number.
    """
    shown: float | Decimal = value
    if math.isfinite(value):
        shown = Decimal(f"{value:.15g}").quantize(Decimal((0, (1,), -int(decimals))), ROUND_HALF_UP, FIFTY_DIGITS)
    text = f"{shown:,.{max(decimals, 0)}f}"
    return text.lstrip("-") if not text.strip("-0.,") else text


def shared_decimals(values: Sequence[float], errors: Sequence[float], most: int) -> int:
    """Decimals with which all of `values` can be printed: as many as the largest error allows, at most `most`.

    Where no error is known and positive, as many as the exact values need.
    """
    allowed = [decimals_allowed(error) for error in errors if math.isfinite(error) and error > 0.0]
    if allowed:
        return min(*allowed, most)
    return max((decimals_needed(value, most) for value in values if math.isfinite(value)), default=0)


def decimals_needed(value: float, most: int) -> int:
    """Decimals of an exact number, at most `most`, without zeros at the end: 1 for 2.5, 0 for 30."""
    return len(f"{value:.{most}f}".partition(".")[2].rstrip("0"))


def aligned(values: Sequence[float], errors: Sequence[float], most: int) -> list[str]:
    """The numbers of one column, with one number of decimals (`shared_decimals`).

    A number that would be printed as 0, although it and its error are not 0 and smaller than the last decimal, is
    printed as a bound (`<0.1`); absent ones are dashes.
    """
    decimals = shared_decimals(values, errors, most)
    return [with_decimals(value, decimals, error) for value, error in zip(values, errors, strict=True)]


def with_decimals(value: float, decimals: int, error: float = 0.0) -> str:
    """`value` rounded to `decimals`; `<0.1` for one that would be rounded to 0 as its error, `-` for an absent one."""
    if not math.isfinite(value):
        return "-"
    text = rounded(value, decimals)
    if not lost(value, decimals, error):
        return text
    least = rounded(10.0**-decimals, decimals)
    return f"<{least}" if value > 0.0 else f">-{least}"


def lost(value: float, decimals: int, error: float = 0.0) -> bool:
    """Whether a number that is not 0 would be rounded to 0, and its error with it: it is then written as a bound."""
    return value != 0.0 and is_zero(rounded(value, decimals)) and 2.0 * error < 10.0**-decimals


# --- units ---


def is_zero(text: str) -> bool:
    """Whether a number is written as 0, whatever its sign and unit."""
    return not any(digit in text for digit in "123456789")


def money(amount: float) -> str:
    """`$30.0 million`, `$2.37 million`, `$25,000`."""
    if abs(amount) >= 1e9:
        return f"${amount / 1e9:,.2f} billion"
    if abs(amount) >= 9.995e6:
        return f"${amount / 1e6:.1f} million"
    if abs(amount) >= 1e6:
        return f"${amount / 1e6:.2f} million"
    return f"${amount:,.0f}" if amount == round(amount) or amount >= 1000 else f"${amount:.2f}"


def price(amount: float, most: int = 4) -> str:
    """A price of one share: `$2.50`, `$0.10`, `$0.1275`.

    At least two decimals; below a dollar as many more as it needs, up to `most`, or one digit of a smaller price.
    """
    decimals = decimals_needed(amount, max(most, first_digit(amount))) if 0.0 < amount < 1.0 else 2
    return f"${amount:,.{max(decimals, 2)}f}"


def percent(share: float) -> str:
    """`60%`, `5.75%`: as many decimals as needed, at most two."""
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + "%"


def count(number: int, thing: str) -> str:
    """`six draws`, `one draw`, `24 draws`."""
    word = _WORDS[number] if number < len(_WORDS) else f"{number:,}"
    return f"{word} {thing}{'s' * (number != 1)}"
