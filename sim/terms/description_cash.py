"""Cash used in operations, other flows and interest income in plain words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from sim.terms.case import Case
from sim.terms.flows import Flow
from sim.terms.statement import Item
from sim.text.dates import long_date
from sim.text.numbers import count, money, percent

MOST_STEPS = 6  # of the burn that are written out


def operations(case: Case) -> Iterator[str]:
    """The burn: one figure, or the items of a statement."""
    burn = case.burn
    if burn.model == "lognormal":
        yield (
            f"Operations use {money(burn.monthly or 0.0)} of cash a month on average. {_growth(burn.growth)}"
            f"{_steps(case)}{_spread(burn.volatility or 0.0)}"
        )
        if burn.volatility and burn.last_surprise is not None:
            last = math.exp(burn.last_surprise - burn.volatility**2 / 2.0)
            yield f"The month before the start used {last:.0%} of its average, which the next months follow in part."
        return
    first = _used(case.burn_level(0))
    yield f"Operations use the sum of these items, {first} in the first month on average. {_steps(case)}".strip()
    for item in burn.items:
        yield f"- {item.name}: {_item(item)}"


def _used(amount: float) -> str:
    return f"{money(-amount)} of income" if amount < 0 else f"{money(amount)} of cash"


def _item(item: Item) -> str:
    words = f"{_used(item.monthly)} a month on average{_during(item)}."
    if item.milestone:
        words += f" It starts in the month after {item.milestone} is reached."
    if item.lag_months:
        verb = "collected" if item.monthly < 0 else "paid"
        words += f" A month's figure is {verb} {count(item.lag_months, 'month')} later."
    if item.fixed:
        words += " Management does not cut it."
    return f"{words} {_growth(item.growth)}{_spread(item.volatility)}"


def _growth(growth: float) -> str:
    return f"The average grows by {percent(growth)} a year. " if growth else ""


def _steps(case: Case) -> str:
    steps, said = case.burn.steps, ""
    for step in steps[:MOST_STEPS]:
        said += f"From {long_date(step.date)} the average is multiplied by {step.factor:g}. "
    more = len(steps) - MOST_STEPS
    return said + f"It changes {count(more, 'more time')} after that. " * (more > 0)


def _spread(volatility: float) -> str:
    """The range of one standard deviation of the log: it contains 68% of the months."""
    if not volatility:
        return "Monthly cash use does not vary around the average."
    low, high = (math.exp(side * volatility - volatility**2 / 2.0) for side in (-1, 1))
    return f"In about two months of three, cash use is between {low:.0%} and {high:.0%} of the average."


def _during(table: Any) -> str:
    """In which months an item or a monthly flow counts."""
    first = f", in months from {long_date(table.from_)} on" if table.from_ else ""
    last = f", in months that begin by {long_date(table.to)}" if table.to else ""
    return first + last


def other_cash(case: Case) -> Iterator[str]:
    """Flows and interest income; nothing where the case has none."""
    if case.company.interest_income_rate:
        yield (
            f"Cash earns interest of {percent(case.company.interest_income_rate)} a year on what a month opens with, "
            "credited at the month's end."
        )
    for flow in case.flows:
        yield f"- {flow.name}: {_flow(flow)}"


def _flow(flow: Flow) -> str:
    what = f"{money(abs(flow.amount))} {'goes out' if flow.amount < 0 else 'comes in'}"
    if flow.monthly:
        when = f" each month{_during(flow)}"
    elif flow.date:
        when = f" on {long_date(flow.date)}"
    else:
        after = f"{flow.delay_days:g} days after" if flow.delay_days else "when"
        when = f" {after} {flow.milestone} is reached"
    grows = f" It grows by {percent(flow.growth)} a year." if flow.growth else ""
    chance = f" It happens with probability {percent(flow.probability)}." if flow.probability < 1.0 else ""
    counts = " It counts in the cash used in operations." if flow.operations else ""
    return f"{what}{when}.{grows}{chance}{counts}"
