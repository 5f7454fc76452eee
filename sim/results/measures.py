"""The measures of a path, in the table `MEASURES`: unit, label, meaning, format, and which tail is the bad one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.results.estimates import CENSORED_MARK, DUST, Estimate, LowerBound
from sim.text.frozen import in_brief, whole
from sim.text.numbers import aligned, decimals_allowed, rounded, with_decimals

DAYS_PER_MONTH = 30.4375
UNKNOWN_DIGITS = 2  # significant digits of what has an error that is not known


@whole
class Reading(NamedTuple):
    """How a number is printed: `value / scale`, in a sentence between `prefix` and `suffix`."""

    scale: float
    prefix: str
    suffix: str
    max_decimals: int


@whole
@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of a path.

    `bad_tail` is the side on which the worst paths lie; `column` is the heading of the measure as `reading` shows it.
    """

    name: str
    unit: str
    label: str
    column: str
    bad_tail: str
    reading: Reading
    meaning: str

    __repr__ = in_brief

    def format(self, value: float, error: float = math.nan) -> str:
        """`value` as a person reads it, with no more digits than `error` (in the same unit) allows.

        An error of 0 or NaN allows all decimals of the reading; an infinite one leaves `UNKNOWN_DIGITS` digits.
        """
        bare = self.format_bare(value, error)
        sign = "-" if bare.startswith("-") and bare != "-" else ""
        return bare if bare == "-" else f"{sign}{self.reading.prefix}{bare.lstrip('-')}{self.reading.suffix}"

    def format_bare(self, value: float, error: float = math.nan) -> str:
        """As `format`, without prefix and suffix: for a table whose heading says the unit. Absent: "-"."""
        if not math.isfinite(value):
            return "-"
        read = value / self.reading.scale
        if error == math.inf and read:
            error = _two_digits(read) * self.reading.scale
        text = rounded(read, self.decimals(error))
        # A value without error, such as a median equal to a limit of the line, is printed without zeros at its end.
        return text.rstrip("0").rstrip(".") if "." in text and error <= DUST * abs(value) else text

    def aligned(self, values: Sequence[float], errors: Sequence[float]) -> list[str]:
        """The values of one column or row in this measure, with one number of decimals, without prefix and suffix."""
        scale = self.reading.scale
        read = [value / scale for value in values]
        known = [
            _two_digits(value) if error == math.inf and value and math.isfinite(value) else error / scale
            for value, error in zip(read, errors, strict=True)
        ]
        return aligned(read, known, self.reading.max_decimals)

    def format_error(self, error: float, value: float) -> str:
        """The error of `value` in the same reading, with the decimals that `format_bare` gives the value."""
        if not math.isfinite(error):
            return "-"
        scaled = error / self.reading.scale
        return "0" if error <= DUST * abs(value) else with_decimals(scaled, self.decimals(error))

    def decimals(self, error: float) -> int:
        """Decimals of the number read that an error allows; never more than the reading's own limit."""
        return min(decimals_allowed(error / self.reading.scale), self.reading.max_decimals)


def with_interval(name: str, estimate: Estimate) -> tuple[str, str, str]:
    """An estimate of a measure without its unit, its error, and its 95% interval: for the cells of a row."""
    measure = MEASURES[name]
    error = estimate.se if math.isfinite(estimate.se) else math.inf
    bounds = " to ".join(marked(measure.format_bare(bound, estimate.error), estimate) for bound in estimate.ci95)
    return (
        marked(measure.format_bare(estimate.value, error), estimate),
        measure.format_error(estimate.se, estimate.value),
        bounds,
    )


def censored_text(text: str, censored: bool) -> str:
    """A number as text, with the mark of a censored one after its last digit: `24.0+ months`."""
    digits = len(text.rstrip("".join(set(text) - set("0123456789"))))
    return f"{text[:digits]}{CENSORED_MARK}{text[digits:]}" if censored and digits else text


def marked(text: str, estimate: Estimate) -> str:
    """An estimate as text, with the mark of one that is a lower bound."""
    return censored_text(text, isinstance(estimate, LowerBound))


def _two_digits(number: float) -> float:
    """An error that leaves `UNKNOWN_DIGITS` significant digits of a number."""
    exponent = int(f"{number:.{UNKNOWN_DIGITS - 1}e}".partition("e")[2])
    return 10.0 ** (exponent + 1 - UNKNOWN_DIGITS)


_MILLION_DOLLARS = Reading(1e6, "$", "M", 3)
_MILLIONS = Reading(1e6, "", "M", 3)
_PERCENT = Reading(0.01, "", "%", 2)
_DOLLARS = Reading(1.0, "$", "", 4)
_MONTHS = Reading(1.0, "", " months", 2)
COUNT = Reading(1.0, "", "", 3)


def _registry(*rows: tuple[str, str, str, str, str, Reading, str]) -> dict[str, Measure]:
    return {row[0]: Measure(*row) for row in rows}


# fmt: off
MEASURES: dict[str, Measure] = _registry(
    ("raised", "$", "Raised", "Raised, $M", "low", _MILLION_DOLLARS,
     "capital raised under the line, up to the cash-out or the term's end"),
    ("shares_issued", "shares", "Shares issued", "Shares issued, millions", "high", _MILLIONS,
     "shares issued under the line, for the capital raised"),
    ("dilution", "1", "Dilution by line shares", "Dilution by line shares, %", "high", _PERCENT,
     "line shares issued / (opening shares outstanding + line shares issued); third parties' shares are not counted"),
    ("total_dilution", "1", "Total dilution", "Total dilution, %", "high", _PERCENT,
     "all shares issued up to the cash-out, also to third parties / (opening shares outstanding + those shares)"),
    ("surviving_dilution", "1", "Total dilution of survivors", "Total dilution of survivors, %", "high", _PERCENT,
     "total dilution; absent where cash runs out"),
    ("retained_ownership", "1", "Retained ownership", "Retained ownership, %", "low", _PERCENT,
     "opening shares outstanding / all shares at the horizon; 0 where cash runs out"),
    ("effective_price", "$/share", "Effective price", "Effective price, $/share", "low", _DOLLARS,
     "raised / shares issued; absent where nothing was issued"),
    ("discount_cost", "$", "Discount cost", "Discount cost, $M", "high", _MILLION_DOLLARS,
     "sum over the draws of shares x (close on the purchase date - price)"),
    ("effective_discount", "1", "Effective discount", "Effective discount, %", "high", _PERCENT,
     "discount cost / (raised + discount cost); absent where nothing was raised"),
    ("runway_months", "months", "Runway", "Runway, months", "low", _MONTHS,
     "cash-out time / 30.4375 days; a path without a cash-out counts with the full period (censored)"),
    ("funding_gap", "$", "Funding gap", "Funding gap, $M", "high", _MILLION_DOLLARS,
     "largest amount by which cash falls below the minimum, if someone covered every shortage"),
    ("ending_cash", "$", "Ending cash", "Ending cash, $M", "low", _MILLION_DOLLARS,
     "cash at the horizon, or at the cash-out"),
    ("draws", "1", "Draws", "Draws", "low", COUNT,
     "number of draws up to the cash-out"),
    ("costs", "$", "Costs of the draws", "Costs, $M", "high", _MILLION_DOLLARS,
     "legal costs and cash fees of the line up to the cash-out"),
)
# fmt: on


#: Those that a board reads first. The mean of ending cash says little, as paths without cash count with the minimum.
HEADLINE = tuple(name for name in MEASURES if name != "ending_cash")

# --- the measures that follow from others ---


def dilution(shares_issued: np.ndarray, shares_outstanding: float) -> np.ndarray:
    """Issued / (outstanding + issued), with the opening number of shares outstanding."""
    issued = np.asarray(shares_issued, dtype=np.float64)
    return issued / (shares_outstanding + issued)


def total_dilution(everything: np.ndarray, shares_outstanding: float, cash_out_days: np.ndarray) -> np.ndarray:
    """Dilution by everything that is issued up to the cash-out."""
    return dilution(everything, shares_outstanding)


def surviving_dilution(everything: np.ndarray, shares_outstanding: float, cash_out_days: np.ndarray) -> np.ndarray:
    """Dilution by everything that is issued; NaN where cash runs out."""
    return np.where(np.isinf(cash_out_days), dilution(everything, shares_outstanding), np.nan)


def retained_ownership(everything: np.ndarray, shares_outstanding: float, cash_out_days: np.ndarray) -> np.ndarray:
    """Part of the shares at the horizon that the opening holders have; 0 where cash runs out."""
    kept = shares_outstanding / (shares_outstanding + np.asarray(everything, dtype=np.float64))
    return np.where(np.isinf(cash_out_days), kept, 0.0)


#: The measures of all shares that are issued up to the cash-out (paths,), of the opening number outstanding, and of the
#: day of the cash-out.
OF_EVERYTHING = {
    "total_dilution": total_dilution,
    "surviving_dilution": surviving_dilution,
    "retained_ownership": retained_ownership,
}


def effective_price(raised: np.ndarray, shares_issued: np.ndarray) -> np.ndarray:
    """Raised / shares issued in $/share; NaN where no share was issued."""
    raised, issued = np.asarray(raised, dtype=np.float64), np.asarray(shares_issued, dtype=np.float64)
    return np.divide(raised, issued, out=np.full(issued.shape, np.nan), where=issued != 0)


def effective_discount(discount_cost: np.ndarray, raised: np.ndarray) -> np.ndarray:
    """Discount cost / (raised + discount cost): the part of the market value given away; NaN where that is 0."""
    cost = np.asarray(discount_cost, dtype=np.float64)
    market_value = np.asarray(raised, dtype=np.float64) + cost
    return np.divide(cost, market_value, out=np.full(cost.shape, np.nan), where=market_value != 0)


def runway_months(cash_out_days: np.ndarray, horizon_days: float) -> np.ndarray:
    """Months from the valuation date to the cash-out; infinite days (never) are censored at `horizon_days`."""
    return np.minimum(np.asarray(cash_out_days, dtype=np.float64), horizon_days) / DAYS_PER_MONTH
