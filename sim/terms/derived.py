"""Figures that follow from a case's terms: purchase dates, the expected burn, the spread of the stock price."""

from __future__ import annotations

import datetime
import math
import statistics
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any

from sim import calendar
from sim.terms.parts import Burn
from sim.text.exact import FIFTY_DIGITS


def purchase_span(case: Any) -> tuple[datetime.date, datetime.date]:
    """First and last day on which a purchase date can lie: the part of the term that is simulated."""
    return max(case.line.start, case.valuation_date), min(case.line.end, case.horizon)


def purchase_dates(case: Any) -> tuple[datetime.date, ...]:
    """See `Case.purchase_dates`."""
    if case.policy.dates:
        return case.policy.dates
    return calendar.last_sessions(*purchase_span(case), case.policy.cadence, case.company.fiscal_year_end_month)


def spread_of(price: Any) -> float:
    """Standard deviation of the log price after one year in the long run, jumps included; of the bootstrap that of the
    file's returns."""
    if price.model == "merton":
        jumps = price.jump_rate * ((price.jump_mean or 0.0) ** 2 + price.jump_sd**2)
        return math.sqrt(price.volatility**2 + jumps)
    if price.model == "bootstrap":
        return statistics.stdev(map(math.log, price.gross_returns)) * math.sqrt(252.0)
    return float(price.volatility)


@lru_cache(maxsize=4096)
def burn_level(burn: Burn, valuation_date: datetime.date, k: int) -> float:
    """See `Case.burn_level`. Computed with 50 decimal digits and rounded once, so it is the same on every machine."""
    first_day = calendar.month_start(valuation_date, k)
    with localcontext(FIFTY_DIGITS):
        level = Decimal(burn.monthly) * (1 + Decimal(burn.growth)) ** (Decimal(k) / 12)
        for step in burn.steps:
            if step.date <= first_day:
                level *= Decimal(step.factor)
        return float(level)
