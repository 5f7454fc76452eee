"""Figures that follow from a case's terms: purchase dates, the expected burn, the spread of the stock price."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any

from sim import calendar
from sim.terms.parts import Burn, Step
from sim.terms.schema import entry_keys
from sim.terms.statement import Item
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
        return _sample_volatility(price.gross_returns)
    return float(price.volatility)


@lru_cache(maxsize=16)
def _sample_volatility(gross: tuple[float, ...]) -> float:
    """Standard deviation of the log returns, a year."""
    logs = list(map(math.log, gross))
    mean = math.fsum(logs) / len(logs)
    return math.sqrt(math.fsum((x - mean) ** 2 for x in logs) / (len(logs) - 1) * 252.0)


def begins_within(
    valuation_date: datetime.date, k: int, first: datetime.date | None, last: datetime.date | None
) -> bool:
    """Whether month `k` begins from `first` to `last`; month 0 begins on the valuation date."""
    opening = calendar.month_opening(valuation_date, k)
    return (first is None or opening >= first) and (last is None or opening <= last)


#: Names of milestones that have been reached before the opening, and when.
Reached = tuple[tuple[str, datetime.date], ...]


def reached(case: Any) -> Reached:
    """The milestones of a case, or of a draft of one, that have been reached before its opening."""
    return tuple((milestone.name, milestone.achieved) for milestone in case.milestones if milestone.achieved)


def due_date(case: Any, flow: Any) -> datetime.date | None:
    """The day of a flow, or of the advance of a note, where it is known: its date, or that of a milestone which has
    been reached before the opening and the delay after it."""
    since = dict(reached(case)).get(flow.milestone)
    if since is None:
        day: datetime.date | None = flow.date
        return day
    return since + datetime.timedelta(days=math.ceil(flow.delay_days))


def comes_in_later(case: Any, note: Any) -> bool:
    """Whether the principal of a note has not come in at the opening."""
    day = None if note.advance is None else due_date(case, note.advance)
    return note.advance is not None and (day is None or day >= case.valuation_date)


def burn_level(burn: Burn, valuation_date: datetime.date, k: int, known: Reached = ()) -> float:
    """See `Case.burn_level`. `known`: as `reached` has it."""
    return burn_levels(burn, valuation_date, (k,), known)[0]


@lru_cache(maxsize=256)
def burn_levels(
    burn: Burn, valuation_date: datetime.date, months: tuple[int, ...], known: Reached = ()
) -> tuple[float, ...]:
    """`burn_level` of some months."""
    if burn.model == "lognormal":
        return _levels(burn.monthly or 0.0, burn.growth, burn.steps, valuation_date, months)
    totals = [0.0] * len(months)
    for item in burn.items:
        if not item.milestone or item.milestone in dict(known):  # nobody plans with what is not reached yet
            paid = tuple(k - item.lag_months for k in months)
            figures = item_levels(burn, item, valuation_date, paid, known)
            totals = [total + figure for total, figure in zip(totals, figures, strict=True)]
    return tuple(totals)


def cut_levels(case: Any, months: tuple[int, ...]) -> tuple[float, ...]:
    """`burn_levels` as management's response cuts them: the items of a statement that are fixed stay whole."""
    known, burn = reached(case), case.burn
    whole = burn_levels(burn, case.valuation_date, months, known)
    if case.response is None:
        return whole
    items = tuple(item for item in burn.items if item.fixed)
    fixed = (0.0,) * len(months)
    if items:
        fixed = burn_levels(replace(burn, items=items), case.valuation_date, months, known)
    return tuple(f + (w - f) * (1.0 - case.response.cut) for f, w in zip(fixed, whole, strict=True))


def cut_month(case: Any) -> int | None:
    """The month from which the burn is cut by a decision before the opening; None if there is none. Month 0 is that of
    the valuation date."""
    if case.response is None or case.response.cut_from is None:
        return None
    return calendar.month_number(case.valuation_date, case.response.cut_from)


def level_before(case: Any, k: int) -> float:
    """The expected burn of a whole month whose figure was known at the opening, as management had cut it."""
    begun = cut_month(case)
    levels = burn_levels(case.burn, case.valuation_date, (k,), reached(case))
    return (levels if begun is None or k < begun else cut_levels(case, (k,)))[0]


def item_levels(
    burn: Burn, item: Item, valuation_date: datetime.date, months: tuple[int, ...], known: Reached = ()
) -> list[float]:
    """The expected figure of an item of the statement in some months, each a whole one; 0 outside of its months.

    Those of an item that starts in the month after a milestone are known once the milestone has been reached.
    """
    since = dict(known).get(item.milestone)
    first = -(10**9) if since is None else calendar.month_number(valuation_date, since) + 1
    levels = _levels(item.monthly, item.growth, burn.steps, valuation_date, months)
    return [
        level if k >= first and begins_within(valuation_date, k, item.from_, item.to) else 0.0
        for k, level in zip(months, levels, strict=True)
    ]


@lru_cache(maxsize=1024)
def _levels(
    monthly: float, growth: float, steps: tuple[Step, ...], valuation_date: datetime.date, months: tuple[int, ...]
) -> tuple[float, ...]:
    """Computed with 50 decimal digits and rounded once, so they are the same on every machine."""
    different, which = _factors(growth, steps, valuation_date, months)
    levels = []
    with localcontext(FIFTY_DIGITS):
        for factors in different:
            level = Decimal(monthly)
            for factor in factors:
                level *= factor
            levels.append(float(level))
    return tuple([levels[i] for i in which])


@lru_cache(maxsize=256)
def _factors(
    growth: float, steps: tuple[Step, ...], valuation_date: datetime.date, months: tuple[int, ...]
) -> tuple[list[tuple[Decimal, ...]], list[int]]:
    """The factors of growth and of steps that months have, each combination once, and which of them each month has."""
    different: dict[tuple[Decimal, ...], int] = {}
    which = []
    for k in months:
        first_day = calendar.month_opening(valuation_date, k)
        passed = [Decimal.from_float(float(step.factor)) for step in steps if step.date <= first_day]
        which.append(different.setdefault((_growth(growth, k), *passed), len(different)))
    return list(different), which


@lru_cache(maxsize=4096)
def _growth(growth: float, k: int) -> Decimal:
    """(1 + growth)^(k/12)."""
    with localcontext(FIFTY_DIGITS):
        return (1 + Decimal(growth)) ** (Decimal(k) / 12)


def coverage_name(case: Any, line: Any) -> str:
    """The name of a line's coverage among what the investor can waive."""
    return "coverage" if case.line is not None else f"coverage of {line.name}"
