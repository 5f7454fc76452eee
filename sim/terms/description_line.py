"""A line, its purchase dates, coverage and conditions in plain words."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sim import calendar
from sim.terms.case import Case
from sim.terms.clauses import StatedClause, stated_in
from sim.terms.description_people import waivers
from sim.terms.events import AdverseChange, CeoChange
from sim.terms.line import Line, Purchase, PurchaseTerms
from sim.terms.parts import Condition, Leg, Pricing
from sim.terms.policy import Policy
from sim.terms.quarters import covered_quarters
from sim.terms.schema import keys
from sim.text.dates import long_date
from sim.text.numbers import count, money, percent, price
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
    "forecast": "in that quarter through the purchase date, and the average cash use for the rest of the quarter",
}
_DUE = "Interest that is due later in the quarter counts on the principal of the purchase date."
INTEREST = {
    "quarter": _DUE,
    "to_date": "Interest that is due on the purchase date itself counts too.",
    "previous_quarter": "Interest that is added to the principal does not count.",
    "forecast": _DUE,
}


def line(case: Case, facility: Line) -> Iterator[str]:
    if facility.commitment == 0:
        yield "The line is off: its commitment is $0."
        return
    stock = "registered" if facility.registered else "restricted"
    most = f"{facility.max_shares:,} shares" if facility.commitment is None else money(facility.commitment)
    when = "purchase dates on which the conditions hold" if facility.conditions else "its purchase dates"
    signed = f" Signed on {long_date(facility.signing)}." if facility.signing else ""
    yield (
        f"{facility.party} {facility.trade} up to {most} of {stock} stock from {long_date(facility.start)} "
        f"to {long_date(facility.end)}, on {when}.{signed}{_used(facility)}"
    )
    kinds = facility.kinds(case.policy)
    if not facility.purchases:
        yield " ".join(_price(kinds[0]))
    limits = _limits(facility, without_purchases=bool(facility.purchases))
    if facility.max_per_period is None:
        limits.append(f"no limit by {facility.period.replace('_', ' ')}")
    covered = ", and the coverage limit below" if facility.coverage else ""
    yield f"Limits: {'; '.join(limits)}{covered}.{_used_up(case, facility)}"
    for purchase in kinds if facility.purchases else ():
        said = _limits(purchase)
        most = f" Limits: {'; '.join(said)}." if said else " No limits of its own."
        yield f"- {purchase.name}: {' '.join(_price(purchase))}{most}"
    costs = [sentence(words) for stated in stated_in(facility, "", "cost") for words in _costs(case, stated)]
    if costs:
        yield " ".join(costs)


def _costs(case: Case, stated: StatedClause) -> Iterator[str]:
    """What a clause costs, in words; fees before the valuation date are paid."""
    if stated.clause.name != "staged fees":
        yield stated.words
        return
    paid = [stage.words for stage in stated.value if stage.date < case.valuation_date]
    due = [stage.words for stage in stated.value if stage.date >= case.valuation_date]
    if paid:
        yield f"fees of {'; '.join(paid)} are paid: they are before the simulation"
    if due:
        yield f"the company owes fees of {'; '.join(due)}"


def _used(facility: Line) -> str:
    used = facility.used
    if used is None:
        return ""
    price = f" for {money(used.amount)}" if used.amount else ""
    said = [f"it had issued {used.shares:,} shares{price}" if used.shares else f"it had drawn {money(used.amount)}"]
    if used.this_period:
        said.append(f"{money(used.this_period)} of it in the current {facility.period.replace('_', ' ')}")
    if used.this_quarter is not None:
        said.append(f"{money(used.this_quarter)} in the current fiscal quarter")
    held = f"; the investor still holds {used.holdings:,} of the shares" if used.holdings else ""
    return f" Before the simulation {', '.join(said)}{held}."


def _limits(table: Line | Purchase, without_purchases: bool = False) -> list[str]:
    """The limits that a line or a kind of purchase states, in words; those of kinds of purchase only where wanted."""
    own = keys(PurchaseTerms) if without_purchases else ()
    stated = stated_in(table, "", "date", "limit", "shares", "size")
    return [each.words for each in stated if "." not in each.key and each.key not in own]


def _price(purchase: Purchase) -> Iterator[str]:
    """The price of a kind of purchase, its floors and its settlement, in sentences."""
    pricing = purchase.pricing
    assert pricing is not None  # a checked case
    yield f"Purchase price: {price_words(pricing)}."
    floors = [each for each in stated_in(pricing, "", "price") if each.key.startswith("floor")]
    for each in floors:
        yield sentence(each.words)
    least_close = purchase.tiers[0].from_price if purchase.tiers else 0.0
    if not floors:
        yield f"There is no floor price{f', but no draw at a close below {price(least_close)}' * (least_close > 0)}."
    if pricing.below_floor == "drop_sessions":
        yield "A session of the window with a value below the floor is left out, and its part of the shares with it."
    forward, later = pricing.forward, purchase.settlement_sessions
    if forward or later:
        when = "the end of the window" if forward else "the purchase date"
        after = f"{count(later, 'session')} after" if later else "at"
        yield f"Settlement is {after} {when}."


def sentence(words: str) -> str:
    """Words in lower case as a sentence."""
    return f"{words[:1].upper()}{words[1:]}."


SERIES = {"close": "close", "vwap": "volume-weighted average price", "low": "low"}


def price_words(pricing: Pricing) -> str:
    """`85% of the mean close of the five sessions (Nasdaq trading days) before the purchase date`."""
    share = f"{percent(pricing.multiplier)} of " if pricing.multiplier != 1 else ""
    legs = [leg_words(leg, first=number == 0) for number, leg in enumerate(pricing.legs)]
    return share + (legs[0] if len(legs) == 1 else least_of(legs))


def least_of(legs: list[str]) -> str:
    """`the lesser of A and B`, `the least of A, B and C`."""
    return f"the {'lesser' if len(legs) == 2 else 'least'} of {', '.join(legs[:-1])} and {legs[-1]}"


def leg_words(leg: Leg, first: bool) -> str:
    share = f"{percent(leg.multiplier)} of " if leg.multiplier != 1 else ""
    series, sessions = SERIES[leg.series], " (Nasdaq trading day)" if first else ""
    if leg.window == 1:
        day = (
            "the purchase date" if leg.timing == "through" else f"the session{sessions} {leg.timing} the purchase date"
        )
        return f"{share}the {series} of {day}"
    days = count(leg.window, "session") + (" (Nasdaq trading days)" if first else "")
    when = "that end with the purchase date" if leg.timing == "through" else f"{leg.timing} the purchase date"
    if leg.statistic == "mean_of_lowest":
        return f"{share}the mean of the {count(leg.count or 1, f'lowest {series}')} of the {days} {when}"
    return f"{share}the {leg.statistic} {series} of the {days} {when}"


def _used_up(case: Case, facility: Line) -> str:
    """How many quarters at the limit use the commitment up, beside the quarters of the term."""
    month, cap, commitment = case.company.fiscal_year_end_month, facility.max_per_period, facility.commitment
    if not cap or commitment is None or commitment > MOST_DRAWS * cap or facility.period != "fiscal_quarter":
        return ""
    first, last = (calendar.fiscal_quarter(day, month) for day in (facility.start, facility.end))
    full = count(math.ceil(commitment / cap), "fiscal quarter")
    term = count(last.ordinal - first.ordinal + 1, "fiscal quarter")
    return f" At {money(cap)} per quarter, the commitment lasts {full}. The term spans {term}."


def purchases(case: Case, facility: Line) -> Iterator[str]:
    coverage, mine = facility.coverage, [each for each in case.purchases if each[0] is facility]
    for _, purchase, days in mine:
        policy = purchase.policy
        assert policy is not None  # of a completed kind
        when = CADENCES["dates" if policy.dates else policy.cadence]
        named = f"- {purchase.name}: " * bool(facility.purchases)
        dates = f"There {'is' if len(days) == 1 else 'are'} {count(len(days), 'purchase date')}."
        yield f"{named}{when}, {_request(case, policy)}. {_reserve(policy)}{dates}"
    if not any(days for _, _, days in mine):
        return
    if coverage:
        carried = " Coverage that a quarter leaves unused is carried forward." * coverage.carry_forward
        interest = " " + INTEREST[coverage.basis] if coverage.includes_interest else ""
        yield (
            f"The draws of a fiscal quarter are limited to a percentage of the {coverage.counted} "
            f"{BASES[coverage.basis]}. This percentage is called coverage.{carried}{interest}"
        )
    yield _quarter_table(case, facility)


def _request(case: Case, policy: Policy) -> str:
    requests = "the company requests"
    lacking = f"the amount that restores cash to {policy.target_months or 0:g} months of expected burn"
    everything = "the maximum that the limits allow"
    match policy.kind:
        case "runway":
            return f"{requests} {lacking}{_tilt(policy)}"
        case "opportunistic":
            trigger = f"{price((policy.price_trigger or 0) * case.price.initial)} or above"
            if policy.trigger_over == "average":
                days = count(policy.trigger_sessions or 0, "session")
                trigger = f"or above {policy.price_trigger:g} times the mean close of the {days} before"
            return f"{requests} {lacking}, or {everything} if the stock closes at {trigger}"
        case "schedule":
            return f"{requests} listed amounts, {money(sum(policy.amounts))} in all"
    return f"{requests} {everything}"


def _tilt(policy: Policy) -> str:
    tilt = f", {policy.price_tilt or 0.0:+g} months for each unit of the log of the close over its opening value"
    most = f", at most {policy.cover_months_high or 0:g} months"
    return tilt * bool(policy.price_tilt) + most * (policy.cover_months_high is not None)


def _reserve(policy: Policy) -> str:
    if policy.reserve_price is None:
        return ""
    need = f", unless cash covers less than {policy.need_months:g} months" if policy.need_months else ""
    return f"It requests nothing at a close below {price(policy.reserve_price)}{need}. "


def _quarter_table(case: Case, facility: Line) -> str:
    """One row for each fiscal quarter that has purchase dates."""
    covered, cap = facility.coverage is not None, facility.max_per_period
    rows = []
    for quarter, dates, share, dollars in covered_quarters(case, facility):
        shown = ", ".join(map(str, dates))
        if len(dates) > LISTED_DATES:
            shown = f"{len(dates)} from {dates[0]} to {dates[-1]}"
        cells = [quarter.label, str(quarter.end), shown]
        rows.append((*cells, f"{share:g}%", money(dollars or 0.0)) if covered else tuple(cells))
    heads = ("quarter", "ends", "purchase dates", "coverage", "coverage limit")
    without = ", without interest" * (facility.coverage is not None and facility.coverage.includes_interest)
    note = f"The coverage limit shown is that at the average cash use{without}." if covered else ""
    if covered and cap is not None:
        note += f" The limit of {money(cap)} per {facility.period.replace('_', ' ')} applies as well."
    return table_text(Table("", heads if covered else heads[:3], rows, left=(0, 1, 2), note=note))


def conditions(case: Case, facility: Line) -> Iterator[str]:
    if not facility.conditions:
        yield "None: no event keeps the company from selling."
    for condition in facility.conditions:
        yield f"- {condition.name}: {_condition(case, condition)} {_waiver(facility, condition)}"
    yield from waivers(facility)


def _condition(case: Case, condition: Condition) -> str:
    after = f"after {long_date(condition.after)}, " if condition.after else ""
    ceo, adverse = case.events.ceo_change, case.events.adverse_change
    match condition.kind:
        case "milestone":
            return sentence(f"{after}no draw until the milestone {condition.milestone} is reached")
        case "same_ceo":
            return sentence(f"{after}no draw once the chief executive has changed") + _yearly(ceo)
        case _:
            days = f"for {adverse.duration_days:g} days " if adverse and adverse.duration_days else ""
            said = f"{after}no draw {days}after a material adverse change"
            return sentence(said) + _yearly(adverse)


def _yearly(event: CeoChange | AdverseChange | None) -> str:
    if event is None or not (event.happened or event.annual_rate):
        return " The simulation has no such change."
    if event.happened:
        return f" The change was on {long_date(event.happened)}."
    return f" The simulation has {event.annual_rate:g} such changes a year on average."


def _waiver(facility: Line, condition: Condition) -> str:
    if not condition.waiver_probability:
        return "The investor never waives this condition."
    chance = percent(condition.waiver_probability)
    each = facility.waivers is not None and facility.waivers.mode == "each_period"
    when = "in a fiscal quarter" if each else "for the whole term"
    return f"With probability {chance}, the investor waives this condition {when}."
