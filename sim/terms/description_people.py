"""Management's response, an insider's loan and the investor's waivers in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from sim.terms.case import Case
from sim.terms.line import Line
from sim.text.dates import long_date
from sim.text.numbers import count, money, percent


def response(case: Case) -> Iterator[str]:
    """What management does when cash is short; nothing where the case says nothing of it."""
    plan = case.response
    if plan is None:
        return
    when = f"{count(plan.delay_months, 'month')} later" if plan.delay_months else "at once"
    yield (
        f"If cash above the minimum covers less than {_months(plan.cover_months)} of expected burn at the opening of a "
        f"month, management cuts the burn by {percent(plan.cut)}, {when}."
    )
    if plan.cut_from is not None:
        yield f"A cut has been decided before the simulation; it holds from {long_date(plan.cut_from)} on."
    if plan.one_off_months:
        cost = _months(plan.one_off_months)
        yield f"A cut costs {cost} of expected burn, paid at the end of the month of the decision."
    if plan.restore_months is None:
        yield "The burn is not restored."
    else:
        enough = _months(plan.restore_months)
        yield f"The burn is restored when cash covers {enough} of the cut burn, and may be cut again."


def bridge(case: Case) -> Iterator[str]:
    """What an insider lends; nothing where the case says nothing of it."""
    loan = case.bridge
    if loan is None:
        return
    willing = ""
    if loan.probability < 1:
        drawn = "drawn once for the whole term" if loan.common else "drawn anew each month"
        willing = f" With probability {percent(loan.probability)} he is willing, {drawn}."
    yield f"An insider lends up to {money(loan.limit)} in all.{willing}"
    yield (
        "He lends on the last day of a month if cash above the minimum covers less than "
        f"{_months(loan.trigger_months)} of the next month's expected burn, as much as brings the cover to "
        f"{_months(loan.target_months)}. Interest accrues at {percent(loan.rate)} a year; nothing is "
        "paid back within the simulation."
    )


def waivers(facility: Line) -> Iterator[str]:
    """How a line's conditions and its coverage are waived."""
    coverage, rule = facility.coverage, facility.waivers
    if coverage is not None and coverage.waiver_probability > 0:
        yield f"- coverage: With probability {percent(coverage.waiver_probability)}, the investor waives it."
    if rule is None:
        return
    if rule.mode == "each_period":
        yield "Waivers are drawn anew each fiscal quarter, and hold for that quarter."
    if rule.common:
        yield (
            f"The conditions have {percent(rule.common)} of the score that decides about a waiver in common: an "
            "investor who waives one is more likely to waive another."
        )
    if rule.price_sensitivity:
        when = "of a fiscal quarter" if rule.mode == "each_period" else "of all"
        yield (
            f"The log odds of a waiver change by {rule.price_sensitivity:g} times the log of the close on the first "
            f"purchase date {when} over the opening price."
        )


def _months(number: float) -> str:
    return "1 month" if number == 1 else f"{number:g} months"
