"""Figures that follow from a case's terms: purchase dates, the expected burn, the spread of the stock price."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any

from sim import calendar
from sim.terms.parts import Burn
from sim.terms.schema import entry_keys
from sim.text.exact import FIFTY_DIGITS


def facilities(case: Any) -> Iterator[tuple[str, Any]]:
    """Each line of a case, or of a draft of one, with its key."""
    if case.line is not None:
        yield "line", case.line
    yield from zip(entry_keys("lines", case.lines), case.lines, strict=True)


def purchase_span(case: Any, line: Any) -> tuple[datetime.date, datetime.date]:
    """First and last day on which a purchase date of a line can lie: the part of the term that is simulated."""
    return max(line.start, case.valuation_date), min(line.end, case.horizon)


def dates_of(case: Any, line: Any, policy: Any) -> tuple[datetime.date, ...]:
    """The purchase dates of a line under a policy."""
    if policy.dates:
        found: tuple[datetime.date, ...] = policy.dates
        return found
    return calendar.last_sessions(*purchase_span(case, line), policy.cadence, case.company.fiscal_year_end_month)


def purchases_of(case: Any) -> tuple[tuple[Any, Any, tuple[datetime.date, ...]], ...]:
    """See `Case.purchases`."""
    return tuple(
        (line, purchase, dates_of(case, line, purchase.policy))
        for _, line in facilities(case)
        for purchase in line.kinds(case.policy)
    )


def purchase_dates(case: Any) -> tuple[datetime.date, ...]:
    """See `Case.purchase_dates`."""
    return tuple(sorted({day for _, _, dates in purchases_of(case) for day in dates}))


def spread_of(price: Any) -> float:
    """Standard deviation of the log price after one year in the long run, jumps included; of the bootstrap that of the
    file's returns."""
    if price.model == "merton":
        jumps = price.jump_rate * ((price.jump_mean or 0.0) ** 2 + price.jump_sd**2)
        return math.sqrt(price.volatility**2 + jumps)
    if price.model == "bootstrap":
        logs = [math.log(gross) for gross in price.gross_returns]
        mean = math.fsum(logs) / len(logs)
        return math.sqrt(math.fsum((x - mean) ** 2 for x in logs) / (len(logs) - 1) * 252.0)
    return float(price.volatility)


@lru_cache(maxsize=256)
def burn_levels(burn: Burn, valuation_date: datetime.date, months: tuple[int, ...]) -> tuple[float, ...]:
    """`burn_level` of some months."""
    levels = []
    with localcontext(FIFTY_DIGITS):
        monthly = Decimal(burn.monthly)
        for k in months:
            first_day = calendar.month_start(valuation_date, k)
            level = monthly * _growth(burn.growth, k)
            for step in burn.steps:
                if step.date <= first_day:
                    level *= Decimal(step.factor)
            levels.append(float(level))
    return tuple(levels)


@lru_cache(maxsize=4096)
def burn_level(burn: Burn, valuation_date: datetime.date, k: int) -> float:
    """See `Case.burn_level`. Computed with 50 decimal digits and rounded once, so it is the same on every machine."""
    return burn_levels(burn, valuation_date, (k,))[0]


@lru_cache(maxsize=4096)
def _growth(growth: float, k: int) -> Decimal:
    """(1 + growth)^(k/12)."""
    with localcontext(FIFTY_DIGITS):
        return (1 + Decimal(growth)) ** (Decimal(k) / 12)


def coverage_name(case: Any, line: Any) -> str:
    """The name of a line's coverage among what the investor can waive."""
    return "coverage" if case.line is not None else f"coverage of {line.name}"
