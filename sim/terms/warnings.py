"""Warnings about valid but suspicious values, such as a percentage where a fraction is expected."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from typing import Any

from sim.calendar import month_number
from sim.terms.case import Case
from sim.terms.clauses import stated_clauses, stated_in
from sim.terms.consecutive import closes_warnings
from sim.terms.consistency import entries
from sim.terms.derived import facilities
from sim.terms.line import Line
from sim.terms.never_binding import never_binding
from sim.terms.overrides import find
from sim.terms.parts import Pricing
from sim.terms.policy import Policy
from sim.terms.problems import number_text
from sim.terms.quarters import covered_quarters
from sim.terms.stated import WAIVERS, has_number
from sim.text.numbers import money

HIGHEST_RATE = 1.0  # a year; 100% of interest, growth or drift
HIGHEST_FREQUENCY = 12.0  # events a year
LOWEST_VOLATILITY, HIGHEST_VOLATILITY = 0.05, 3.0  # a year
LOWEST_MULTIPLIER, HIGHEST_MULTIPLIER = 0.5, 1.0
LEAST_DOLLARS = 10_000.0  # of what companies count in millions
USED_BY = {
    "target_months": ("runway", "opportunistic"), "price_trigger": ("opportunistic",), "amounts": ("schedule",),
    "price_tilt": ("runway",), "cover_months_high": ("runway",),
}  # fmt: skip


def warnings_of(case: Case) -> Iterator[str]:
    """One line per suspicious value, `- KEY = VALUE ...`; none of them is an error."""
    yield from _percentages(case)
    yield from _dollars(case)
    yield from _cash(case)
    yield from _cut_income(case)
    yield from closes_warnings(case)
    for where, line in facilities(case):
        yield from _prices(case, where, line)
        yield from _draws(case, where, line)
        yield from never_binding(case, where, line)
    yield from _without_effect(case)


def _cut_income(case: Case) -> Iterator[str]:
    """Income that management gives up with its costs."""
    cuts = case.response is not None and case.response.cut > 0
    for where, item in entries("burn.items", case.burn.items):
        if cuts and item.monthly < 0 and not item.fixed:
            yield f"- {where} is income and not fixed, so that management's response cuts it too."


def _percentages(case: Case) -> Iterator[str]:
    for where, line in facilities(case):
        coverage = line.coverage
        if coverage is not None and 0 < max(coverage.percent) <= 1:
            stated = ", ".join(map(number_text, coverage.percent))
            yield f"- {where}.coverage.percent = [{stated}] is in percent: 100 means all of the cash used."
    for where, note in entries("notes", case.notes):
        for name in ("base_rate", "margin", "rate_cap"):
            rate = getattr(note, name)
            if rate is not None and rate > HIGHEST_RATE:
                yield _fraction(f"{where}.{name}", rate)
    for key, rate in (("price.drift", case.price.drift), ("burn.growth", case.burn.growth), *_growths(case)):
        if abs(rate) > HIGHEST_RATE:
            yield _fraction(key, rate)
    volatility = case.price.volatility
    if volatility is not None and volatility > HIGHEST_VOLATILITY:
        yield _fraction("price.volatility", volatility)
    if volatility is not None and 0 < volatility < LOWEST_VOLATILITY:
        yield _fraction("price.volatility", volatility) + " Few stocks move by less than 20%."
    events = (("events.ceo_change", case.events.ceo_change), ("events.adverse_change", case.events.adverse_change))
    for where, event in (*events, ("third_party", case.third_party)):
        if event is not None and event.annual_rate > HIGHEST_FREQUENCY:
            rate = number_text(event.annual_rate)
            yield f"- {where}.annual_rate = {rate} is a number of events a year: more than one a month."


def _growths(case: Case) -> Iterator[tuple[str, float]]:
    for where, row in (*entries("burn.items", case.burn.items), *entries("flows", case.flows)):
        yield f"{where}.growth", row.growth
    yield "company.interest_income_rate", case.company.interest_income_rate


def _fraction(key: str, rate: float) -> str:
    return f"- {key} = {number_text(rate)} is a fraction a year: {100 * rate:,.4g}%."


def _dollars(case: Case) -> Iterator[str]:
    amounts = [
        ("company.cash", case.company.cash),
        ("burn.monthly", case.burn.monthly or 0.0),
        *((f"{where}.monthly", abs(item.monthly)) for where, item in entries("burn.items", case.burn.items)),
        *((f"{where}.amount", abs(flow.amount)) for where, flow in entries("flows", case.flows)),
        *((f"{where}.commitment", line.commitment or 0.0) for where, line in facilities(case)),
        *((stated.key, stated.value) for stated in stated_clauses(case, "limit")),
        ("third_party.median_amount", case.third_party.median_amount if case.third_party else 0.0),
        *((f"{where}.principal", note.principal) for where, note in entries("notes", case.notes)),
    ]
    for key, dollars in amounts:
        if 0 < dollars < LEAST_DOLLARS:
            yield f"- {key} = {number_text(dollars)} is in dollars, not in thousands or millions."


def _cash(case: Case) -> Iterator[str]:
    company = case.company
    if company.minimum_cash > company.cash:
        yield (
            f"- company.minimum_cash = {number_text(company.minimum_cash)} is above company.cash, "
            f"{number_text(company.cash)}: every scenario is out of cash on the first day."
        )


def _prices(case: Case, where: str, line: Line) -> Iterator[str]:
    for key, table in ((where, line), *entries(f"{where}.purchases", line.purchases)):
        if table.pricing is not None:
            yield from _price(f"{key}.pricing", table.pricing, case.price.initial)


def _price(key: str, pricing: Pricing, initial: float) -> Iterator[str]:
    multiplier, stated = pricing.multiplier, number_text(pricing.multiplier)
    if multiplier < LOWEST_MULTIPLIER:
        yield (
            f"- {key}.multiplier = {stated} sells shares at {100 * multiplier:.4g}% of the price of the window. "
            f"For a discount of {100 * multiplier:.4g}%, write {number_text(round(1 - multiplier, 9))}."
        )
    if multiplier > HIGHEST_MULTIPLIER:
        yield f"- {key}.multiplier = {stated} sells shares above the price of the window."
    if pricing.floor is not None and pricing.floor > multiplier * initial:
        yield (
            f"- {key}.floor = {number_text(pricing.floor)} is above the purchase price at the opening, "
            f"{stated} x ${number_text(initial)} = ${multiplier * initial:.4g}: no draw until the stock has risen."
        )


def _draws(case: Case, where: str, line: Line) -> Iterator[str]:
    company = case.company
    kinds = [(purchase, dates) for owner, purchase, dates in case.purchases if owner is line]
    if line.commitment == 0:
        return
    if not any(dates for _, dates in kinds):
        yield f"- {where}.end = {line.end}: no purchase date lies in the term and the simulated span: nothing is drawn."
        return
    if company.shares_authorized == company.shares_outstanding + company.shares_reserved:
        yield f"- company.shares_authorized = {company.shares_authorized} leaves no shares to sell: nothing is drawn."
        return
    key, most = _largest_draw(case, where, line)
    if most == math.inf:
        return
    if line.minimum_draw > most:
        at_burn = key.endswith(".coverage")
        yield (
            f"- {where}.minimum_draw = {number_text(line.minimum_draw)} is above {key}, {number_text(most)}"
            + (" at the expected burn: few draws are large enough." if at_burn else ": no draw is large enough.")
        )
    price = max(purchase.pricing.multiplier for purchase, _ in kinds if purchase.pricing) * case.price.initial
    headroom = company.shares_authorized - company.shares_outstanding - company.shares_reserved
    requests = max(_requests(case, purchase.policy) for purchase, _ in kinds if purchase.policy)
    whole, no_shares = line.commitment or math.inf, not stated_in(line, "", "shares")
    if no_shares and most >= whole and headroom * price >= whole and requests >= whole:
        yield f"- {where}.commitment = {number_text(whole)} can be drawn on one day: no limit is smaller."
    shares = most / price
    if no_shares and shares > company.shares_outstanding:
        yield (
            f"- price.initial = {number_text(case.price.initial)} makes a draw of {money(most)} {shares:,.0f} shares, "
            f"more than the {company.shares_outstanding:,} outstanding."
        )
    if line.legal_cost_per_draw > most / 2:
        yield (
            f"- {where}.legal_cost_per_draw = {number_text(line.legal_cost_per_draw)} is more than half of the largest "
            f"draw, {number_text(most)}."
        )


def _requests(case: Case, policy: Policy) -> float:
    """The largest amount that a policy can request on one date."""
    if policy.kind == "schedule":
        return max(policy.amounts)
    if policy.kind == "runway" and not policy.price_tilt:
        months = policy.target_months or 0.0
        return months * max(case.burn_level(k) for k in range(month_number(case.valuation_date, case.horizon) + 1))
    return math.inf


def _largest_draw(case: Case, where: str, line: Line) -> tuple[str, float]:
    """The smallest limit of a draw in dollars, and its key; coverage is that at the expected burn in the best quarter.

    Of limits that single kinds of purchase state, none is looked at.
    """
    limits = [(math.inf if line.commitment is None else line.commitment, f"{where}.commitment")]
    limits += [(each.value, each.key) for each in stated_in(line, f"{where}.", "limit") if each.table is line]
    if line.coverage is not None:
        limits.append((max(each.dollars or 0.0 for each in covered_quarters(case, line)), f"{where}.coverage"))
    most, key = min(limits, key=lambda limit: limit[0])
    return key, most


def _without_effect(case: Case) -> Iterator[str]:
    for key, line in facilities(case):
        for where, condition in entries(f"{key}.conditions", line.conditions):
            if condition.after is not None and condition.after >= min(line.end, case.horizon):
                yield f"- {where}.after = {condition.after} is the end of the term or later: it never applies."
    for where, milestone in entries("milestones", case.milestones):
        span = (case.horizon - case.valuation_date).days + 1
        if milestone.median_days > span and not milestone.follows:
            reached = case.valuation_date + datetime.timedelta(days=int(milestone.median_days))
            yield (
                f"- {where}.median_days = {number_text(milestone.median_days)} is a time in days: {reached}, after the "
                "horizon."
            )
    yield from _unused_milestones(case)
    for name, (low, high) in (case.ranges or {}).items():
        value, ends = None if name == WAIVERS else find(case, name)[1], f"[{number_text(low)}, {number_text(high)}]"
        if not has_number(case, name):
            what = "has no conditions" if name == WAIVERS else f"does not give {name.rpartition('.')[2]}"
            yield f'- ranges."{name}" = {ends} has no effect: the case {what}.'
        elif value is not None and not low <= value <= high:
            yield f'- ranges."{name}" = {ends} does not contain the value of the case, {number_text(value)}.'
    volume = case.price.volume
    if volume is not None and case.price.model == "bootstrap" and volume.return_loading:
        loading = f"price.volume.return_loading = {number_text(volume.return_loading)}"
        yield f'- {loading} has no effect with model = "bootstrap".'
    for where, policy in _policies(case):
        for word, kinds in USED_BY.items():
            value = getattr(policy, word)
            if value not in (None, ()) and policy.kind not in kinds:
                shown = number_text(value) if isinstance(value, float) else f"[{len(value)} amounts]"
                yield f'- {where}.{word} = {shown} has no effect with kind = "{policy.kind}".'
        if policy.need_months is not None and policy.reserve_price is None:
            yield f"- {where}.need_months = {number_text(policy.need_months)} has no effect without reserve_price."
        if policy.trigger_sessions is not None and policy.trigger_over != "average":
            shown = f"{where}.trigger_sessions = {policy.trigger_sessions}"
            yield f'- {shown} has no effect without trigger_over = "average".'


def _unused_milestones(case: Case) -> Iterator[str]:
    """Milestones that no condition, registration, vote or cash needs, that move no price, and none in use follows."""
    lines = case.facilities
    used = {condition.milestone for condition in case.conditions}
    used |= {row.milestone for line in lines for row in line.registrations}
    used |= {line.exchange_cap.vote for line in lines if line.exchange_cap}
    waiting: list[Any] = [*case.flows, *case.burn.items, *(note.advance for note in case.notes if note.advance)]
    used |= {row.milestone for row in waiting}
    used |= {milestone.name for milestone in case.milestones if milestone.price_jump}
    follows = {milestone.name: milestone.follows for milestone in case.milestones}
    for name in follows:  # one that is used makes those before it used
        before = follows[name]
        while name in used and before and before not in used:
            used.add(before)
            before = follows[before]
    for where, milestone in entries("milestones", case.milestones):
        if milestone.name not in used:
            yield f"- {where} has no effect: nothing in the case requires it, and it does not move the stock."


def _policies(case: Case) -> Iterator[tuple[str, Policy]]:
    yield "policy", case.policy
    for where, line in facilities(case):
        for key, table in ((where, line), *entries(f"{where}.purchases", line.purchases)):
            if table.policy is not None:
                yield f"{key}.policy", table.policy
