"""The line, its purchase dates, coverage and conditions in plain words."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sim import calendar
from sim.terms.case import Case
from sim.terms.clauses import stated_clauses
from sim.terms.parts import Condition, Leg, Pricing
from sim.terms.quarters import covered_quarters
from sim.text.dates import long_date
from sim.text.numbers import count, money, percent
from sim.text.tables import Table, table_text

MOST_DRAWS = 1e6  # that are counted
LISTED_DATES = 3  # purchase dates of one quarter that are written out

CADENCES = {
    "quarter_end": "On the last session of each fiscal quarter",
    "month_end": "On the last session of each month",
    "weekly": "On the last session of each week",
    "daily": "On every session",
    "dates": "On the listed dates",
}
BASES = {
    "quarter": "in that quarter",
    "to_date": "in that quarter through the purchase date",
    "previous_quarter": "in the fiscal quarter before",
}


def line(case: Case) -> Iterator[str]:
    facility, pricing = case.line, case.line.pricing
    if not facility.commitment:
        yield "The line is off: its commitment is $0."
        return
    kind = "registered" if facility.registered else "restricted"
    yield (
        f"{facility.investor} buys up to {money(facility.commitment)} of {kind} stock from {long_date(facility.start)} "
        f"to {long_date(facility.end)}, on purchase dates on which the conditions hold."
    )
    floors = [sentence(stated.words) for stated in stated_clauses(case, "price") if stated.key.endswith("floor")]
    yield " ".join([f"Purchase price: {price_words(pricing)}.", *floors] + ["There is no floor price."] * (not floors))
    limits = [stated.words for stated in stated_clauses(case, "limit", "size")]
    if facility.max_per_period is None:
        limits.append("no limit by fiscal quarter")
    covered = ", and the coverage limit below" if facility.coverage else ""
    yield f"Limits: {'; '.join(limits)}{covered}.{_used_up(case)}"
    costs = [sentence(stated.words) for stated in stated_clauses(case, "cost")]
    if costs:
        yield " ".join(costs)


def sentence(words: str) -> str:
    """Words in lower case as a sentence."""
    return f"{words[:1].upper()}{words[1:]}."


SERIES = {"close": "close", "vwap": "volume-weighted average price", "low": "low"}


def price_words(pricing: Pricing) -> str:
    """`85% of the mean close of the five sessions (Nasdaq trading days) before the purchase date`."""
    share = f"{percent(pricing.multiplier)} of " if pricing.multiplier != 1 else ""
    legs = [leg_words(leg, first=number == 0) for number, leg in enumerate(pricing.legs)]
    return share + (legs[0] if len(legs) == 1 else f"the least of {'; '.join(legs)}")


def leg_words(leg: Leg, first: bool) -> str:
    share = f"{percent(leg.multiplier)} of " if leg.multiplier != 1 else ""
    series, sessions = SERIES[leg.series], " (Nasdaq trading day)" if first else ""
    if leg.window == 1:
        before = f"the session{sessions} before the purchase date"
        return f"{share}the {series} of {before if leg.timing == 'before' else 'the purchase date'}"
    days = count(leg.window, "session") + (" (Nasdaq trading days)" if first else "")
    when = "before the purchase date" if leg.timing == "before" else "that end with the purchase date"
    if leg.statistic == "mean_of_lowest":
        return f"{share}the mean of the {count(leg.count or 1, f'lowest {series}')} of the {days} {when}"
    return f"{share}the {leg.statistic} {series} of the {days} {when}"


def _used_up(case: Case) -> str:
    """How many quarters at the limit use the commitment up, beside the quarters of the term."""
    facility, month = case.line, case.company.fiscal_year_end_month
    cap = facility.max_per_period
    if not cap or facility.commitment > MOST_DRAWS * cap:
        return ""
    first, last = (calendar.fiscal_quarter(day, month) for day in (facility.start, facility.end))
    full = count(math.ceil(facility.commitment / cap), "fiscal quarter")
    term = count(last.ordinal - first.ordinal + 1, "fiscal quarter")
    return f" At {money(cap)} per quarter, the commitment lasts {full}. The term spans {term}."


def purchases(case: Case) -> Iterator[str]:
    policy, days, coverage = case.policy, case.purchase_dates, case.line.coverage
    when = CADENCES["dates" if policy.dates else policy.cadence]
    yield f"{when}, {_request(case)}. There {'is' if len(days) == 1 else 'are'} {count(len(days), 'purchase date')}."
    if not days:
        return
    if coverage:
        carried = " Coverage that a quarter leaves unused is carried forward." * coverage.carry_forward
        yield (
            "The draws of a fiscal quarter are limited to a percentage of the cash used in operations "
            f"{BASES[coverage.basis]}. This percentage is called coverage.{carried}"
        )
    yield _quarter_table(case)


def _request(case: Case) -> str:
    policy, requests = case.policy, "the company requests"
    lacking = f"the amount that restores cash to {policy.target_months or 0:g} months of expected burn"
    everything = "the maximum that the limits allow"
    match policy.kind:
        case "runway":
            return f"{requests} {lacking}"
        case "opportunistic":
            trigger = money((policy.price_trigger or 0) * case.price.initial)
            return f"{requests} {lacking}, or {everything} if the stock closes at {trigger} or above"
        case "schedule":
            return f"{requests} listed amounts, {money(sum(policy.amounts))} in all"
    return f"{requests} {everything}"


def _quarter_table(case: Case) -> str:
    """One row for each fiscal quarter that has purchase dates."""
    covered = case.line.coverage is not None
    rows = []
    for quarter, dates, share, dollars in covered_quarters(case):
        shown = ", ".join(map(str, dates))
        if len(dates) > LISTED_DATES:
            shown = f"{len(dates)} from {dates[0]} to {dates[-1]}"
        cells = [quarter.label, str(quarter.end), shown]
        rows.append((*cells, f"{share:g}%", money(dollars or 0.0)) if covered else tuple(cells))
    heads = ("quarter", "ends", "purchase dates", "coverage", "coverage limit")
    note = "The coverage limit shown is that at the average cash use." if covered else ""
    if covered and case.line.max_per_period is not None:
        note += f" The limit of {money(case.line.max_per_period)} per fiscal quarter applies as well."
    return table_text(Table("", heads if covered else heads[:3], rows, left=(0, 1, 2), note=note))


def conditions(case: Case) -> Iterator[str]:
    if not case.line.conditions:
        yield "None: the investor must always buy."
    for condition in case.line.conditions:
        yield f"- {condition.name}: {_condition(case, condition)} {_waiver(case, condition)}"


def _condition(case: Case, condition: Condition) -> str:
    after = f"after {long_date(condition.after)}, " if condition.after else ""
    ceo, adverse = case.events.ceo_change, case.events.adverse_change
    match condition.kind:
        case "milestone":
            return sentence(f"{after}no draw until the milestone {condition.milestone} is reached")
        case "same_ceo":
            return sentence(f"{after}no draw once the chief executive has changed") + _yearly(
                ceo.annual_rate if ceo else 0.0
            )
        case _:
            days = f"for {adverse.duration_days:g} days " if adverse else ""
            said = f"{after}no draw {days}after a material adverse change"
            return sentence(said) + _yearly(adverse.annual_rate if adverse else 0.0)


def _yearly(rate: float) -> str:
    return (
        f" The simulation has {rate:g} such changes a year on average."
        if rate
        else " The simulation has no such change."
    )


def _waiver(case: Case, condition: Condition) -> str:
    if not condition.waiver_probability:
        return "The investor never waives this condition."
    chance = percent(condition.waiver_probability)
    return f"With probability {chance}, the investor waives this condition for the whole term."
