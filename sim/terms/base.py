"""The rules that several tables of a case share, and the decorator of their classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

from sim.terms.ranges import MOST_MONEY, Number, Text, Whole

MONEY = Number(least=0, most=MOST_MONEY, unit="$")
POSITIVE_MONEY = Number(above=0, most=MOST_MONEY, unit="$")
SHARES = Whole(1, int(MOST_MONEY), floats=True, unit="shares")
SHARES_OR_ZERO = Whole(0, int(MOST_MONEY), floats=True, unit="shares")
PROBABILITY = Number(least=0, most=1, unit="1")
ANNUAL_RATE = Number(least=0, most=1e4, unit="1/year")
ANNUAL_VOLATILITY = Number(least=0, most=10, unit="1/year")
LOG_SD = Number(least=0, most=10, unit="1")
PRICE_JUMP = Number(above=-1, most=100, unit="1")
DAYS = Number(above=0, most=1e6, unit="days")
NAME = Text()

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True)
def terms(of: type[T]) -> type[T]:
    """Make a class of terms a frozen dataclass with keyword arguments."""
    return dataclass(frozen=True, slots=True, kw_only=True, repr=False)(of)
