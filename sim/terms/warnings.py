"""Warnings about valid but suspicious values, such as a percentage where a fraction is expected."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator

from sim.calendar import month_number
from sim.terms.case import Case
from sim.terms.clauses import stated_clauses
from sim.terms.consistency import entries
from sim.terms.problems import number_text
from sim.terms.quarters import covered_quarters
from sim.text.numbers import money

HIGHEST_RATE = 1.0  # a year; 100% of interest, growth or drift
HIGHEST_FREQUENCY = 12.0  # events a year
LOWEST_VOLATILITY, HIGHEST_VOLATILITY = 0.05, 3.0  # a year
LOWEST_MULTIPLIER, HIGHEST_MULTIPLIER = 0.5, 1.0
LEAST_DOLLARS = 10_000.0  # of what companies count in millions
USED_BY = {"target_months": ("runway", "opportunistic"), "price_trigger": ("opportunistic",), "amounts": ("schedule",)}


def warnings_of(case: Case) -> Iterator[str]:
    """One line per suspicious value, `- KEY = VALUE ...`; none of them is an error."""
    yield from _percentages(case)
    yield from _dollars(case)
    yield from _cash(case)
    yield from _price(case)
    yield from _draws(case)
    yield from _without_effect(case)


def _percentages(case: Case) -> Iterator[str]:
    coverage = case.line.coverage
    if coverage is not None and 0 < max(coverage.percent) <= 1:
        stated = ", ".join(map(number_text, coverage.percent))
        yield f"- line.coverage.percent = [{stated}] is in percent: 100 means all of the cash used."
    for where, note in entries("notes", case.notes):
        for name in ("base_rate", "margin", "rate_cap"):
            rate = getattr(note, name)
            if rate is not None and rate > HIGHEST_RATE:
                yield _fraction(f"{where}.{name}", rate)
    for key, rate in (("price.drift", case.price.drift), ("burn.growth", case.burn.growth)):
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


def _fraction(key: str, rate: float) -> str:
    return f"- {key} = {number_text(rate)} is a fraction a year: {100 * rate:,.4g}%."


def _dollars(case: Case) -> Iterator[str]:
    amounts = [
        ("company.cash", case.company.cash),
        ("burn.monthly", case.burn.monthly),
        ("line.commitment", case.line.commitment),
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


def _price(case: Case) -> Iterator[str]:
    pricing, initial = case.line.pricing, case.price.initial
    multiplier, stated = pricing.multiplier, number_text(pricing.multiplier)
    if multiplier < LOWEST_MULTIPLIER:
        yield (
            f"- line.pricing.multiplier = {stated} sells shares at {100 * multiplier:.4g}% of the price of the window. "
            f"For a discount of {100 * multiplier:.4g}%, write {number_text(round(1 - multiplier, 9))}."
        )
    if multiplier > HIGHEST_MULTIPLIER:
        yield f"- line.pricing.multiplier = {stated} sells shares above the price of the window."
    if pricing.floor is not None and pricing.floor > multiplier * initial:
        yield (
            f"- line.pricing.floor = {number_text(pricing.floor)} is above the purchase price at the opening, "
            f"{stated} x ${number_text(initial)} = ${multiplier * initial:.4g}: no draw until the stock has risen."
        )


def _draws(case: Case) -> Iterator[str]:
    line, company, days = case.line, case.company, case.purchase_dates
    if not line.commitment:
        return
    if not days:
        yield f"- line.end = {line.end}: no purchase date lies in the term and the simulated span: nothing is drawn."
        return
    if company.shares_authorized == company.shares_outstanding + company.shares_reserved:
        yield f"- company.shares_authorized = {company.shares_authorized} leaves no shares to sell: nothing is drawn."
        return
    key, most = _largest_draw(case)
    if line.minimum_draw > most:
        at_burn = key == "line.coverage"
        yield (
            f"- line.minimum_draw = {number_text(line.minimum_draw)} is above {key}, {number_text(most)}"
            + (" at the expected burn: few draws are large enough." if at_burn else ": no draw is large enough.")
        )
    price = line.pricing.multiplier * case.price.initial
    headroom = company.shares_authorized - company.shares_outstanding - company.shares_reserved
    if most >= line.commitment and headroom * price >= line.commitment and _requests(case) >= line.commitment:
        yield f"- line.commitment = {number_text(line.commitment)} can be drawn on one day: no limit is smaller."
    shares = most / price
    if shares > company.shares_outstanding:
        yield (
            f"- price.initial = {number_text(case.price.initial)} makes a draw of {money(most)} {shares:,.0f} shares, "
            f"more than the {company.shares_outstanding:,} outstanding."
        )
    if line.legal_cost_per_draw > most / 2:
        yield (
            f"- line.legal_cost_per_draw = {number_text(line.legal_cost_per_draw)} is more than half of the largest "
            f"draw, {number_text(most)}."
        )


def _requests(case: Case) -> float:
    """The largest amount that the policy can request on one date."""
    if case.policy.kind == "schedule":
        return max(case.policy.amounts)
    if case.policy.kind == "runway":
        months = case.policy.target_months or 0.0
        return months * max(case.burn_level(k) for k in range(month_number(case.valuation_date, case.horizon) + 1))
    return math.inf


def _largest_draw(case: Case) -> tuple[str, float]:
    """The smallest limit of a draw, and its key; coverage is that at the expected burn in the best quarter."""
    line = case.line
    limits = [(line.commitment, "line.commitment")]
    limits += [(stated.value, stated.key) for stated in stated_clauses(case, "limit")]
    if line.coverage is not None:
        limits.append((max(each.dollars or 0.0 for each in covered_quarters(case)), "line.coverage"))
    most, key = min(limits, key=lambda limit: limit[0])
    return key, most


def _without_effect(case: Case) -> Iterator[str]:
    for where, condition in entries("line.conditions", case.line.conditions):
        if condition.after is not None and condition.after >= min(case.line.end, case.horizon):
            yield f"- {where}.after = {condition.after} is the end of the term or later: it never applies."
    for where, milestone in entries("milestones", case.milestones):
        span = (case.horizon - case.valuation_date).days + 1
        if milestone.median_days > span and not milestone.follows:
            reached = case.valuation_date + datetime.timedelta(days=int(milestone.median_days))
            yield (
                f"- {where}.median_days = {number_text(milestone.median_days)} is a time in days: {reached}, after the "
                "horizon."
            )
    for key, kinds in USED_BY.items():
        value = getattr(case.policy, key)
        if value not in (None, ()) and case.policy.kind not in kinds:
            shown = number_text(value) if isinstance(value, float) else f"[{len(value)} amounts]"
            yield f'- policy.{key} = {shown} has no effect with kind = "{case.policy.kind}".'
