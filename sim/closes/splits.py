"""Splits of the shares: those that a user or the file states, and moves that are too large to be anything else."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from fractions import Fraction

#: A day's move by a larger factor is refused unless it is explained: three simulated years of GARCH returns with
#: Student's t at volatilities from 60% to 130% a year have at most 0.04 such days.
MOST_FACTOR = 4.5
_ROUNDING = 0.02  # of a ratio, by prices with two decimals and by dividends
#: Ratios of shares that companies choose. The return of the day itself moves a large one by several.
_USUAL = (*range(1, 11), 12, 15, 20, 25, 30, 35, 40, 50, 60, 75, 80, 100, 125, 150, 200, 250, 300, 400, 500, 1000)


def ratio_of(value: object) -> float:
    """New shares for an old one: of "10:1", "3:2", "1:20", or a number. Raises ValueError for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        ratio = float(value)
    else:
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?::|/|-?for-?)\s*(\d+(?:\.\d+)?)\s*", str(value))
        if found is None:
            raise ValueError
        new, old = map(float, found.groups())
        ratio = new / old if old else math.nan
    if not 1e-6 <= ratio <= 1e6:
        raise ValueError
    return ratio


def rounded(ratio: float) -> float:
    """The split that a ratio of prices with two decimals stands for."""
    near = Fraction(ratio).limit_denominator(4) if ratio > 1.0 else 1 / Fraction(1.0 / ratio).limit_denominator(4)
    return float(near) if abs(float(near) / ratio - 1.0) < _ROUNDING else ratio


def ratio_text(ratio: float) -> str:
    """`10:1`, `3:2`, `1:20`."""
    near = Fraction(ratio).limit_denominator(1000) if ratio < 1 else Fraction(ratio).limit_denominator(20)
    return f"{near.numerator}:{near.denominator}"


def likely(factor: float) -> str:
    """The split that a close multiplied by `factor` suggests: the usual one that leaves the smallest return."""
    size = max(factor, 1.0 / factor)
    ratio = min(_USUAL, key=lambda usual: abs(math.log(usual / size))) if size <= _USUAL[-1] else round(size)
    return f"{ratio}:1" if factor < 1.0 else f"1:{ratio}"


def adjusted(
    values: list[float], volumes: list[float | None], dates: list[datetime.date], splits: Mapping[datetime.date, float]
) -> tuple[list[float], list[float | None]]:
    """Closes and volumes of before each split in shares of after it."""
    factor = 1.0
    closes, shares = list(values), list(volumes)
    for i in range(len(values) - 1, -1, -1):
        closes[i] = values[i] / factor
        if shares:
            volume = volumes[i]
            shares[i] = None if volume is None else volume * factor
        factor *= splits.get(dates[i], 1.0)
    return closes, shares


def unadjusted(
    values: list[float], dates: list[datetime.date], stated: Mapping[datetime.date, float]
) -> dict[datetime.date, float]:
    """The stated splits whose days have a move of about the split: the column is not adjusted for them."""
    found = {}
    for i in range(1, len(values)):
        ratio = stated.get(dates[i], 1.0)
        move = math.log(values[i] / values[i - 1])
        if ratio != 1.0 and abs(move + math.log(ratio)) < abs(move):
            found[dates[i]] = ratio
    return found
