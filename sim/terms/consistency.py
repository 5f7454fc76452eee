"""Rules between the tables of a case. Each takes a case, or a draft of one, and yields its problems."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from typing import Any

from sim import calendar
from sim.calendar.sessions import LAST_SESSION_YEAR
from sim.terms.derived import (
    burn_levels,
    coverage_name,
    dates_of,
    facilities,
    item_levels,
    purchase_span,
    spread_of,
)
from sim.terms.price import MODELS_OF, REQUIRED
from sim.terms.problems import MISSING, Problem, number_text, one_line
from sim.terms.ranges import MOST_MONEY
from sim.terms.schema import Unread, attempt, item_name

MOST_YEARS = 30
MOST_LOG_PRICE = 290 * math.log(10)
#: Of reaching a milestone before the latest time that its normal score, at most 8.6, can give.
MOST_PROBABILITY = 1.0 - 2.0**-53


def check_horizon(case: Any) -> Iterator[Problem]:
    if (case.horizon + calendar.ONE_DAY).day != 1:
        yield "horizon", case.horizon, "must be the last day of a month"
    elif case.horizon < case.valuation_date:
        yield "horizon", case.horizon, f"must be after valuation_date, {case.valuation_date}"
    elif calendar.month_number(case.valuation_date, case.horizon) >= 12 * MOST_YEARS:
        yield (
            "horizon",
            case.horizon,
            f"must be at most {MOST_YEARS} years after valuation_date, {case.valuation_date}",
        )


def check_lines(case: Any) -> Iterator[Problem]:
    if case.line is None and not case.lines:
        yield "line", MISSING, "must be a table, unless [[lines]] lists the lines"
    if case.line is not None and case.lines:
        names = [line.name for line in case.lines]
        yield "lines", names, "must be absent, as the case has [line]"
    for number, line in enumerate(case.lines):
        if not line.name:
            yield f"lines[{number}].name", MISSING, "must be the name of the line, which no other one has"


def check_term(case: Any) -> Iterator[Problem]:
    for where, line in facilities(case):
        if line.end < case.valuation_date:
            yield f"{where}.end", line.end, f"must be on or after valuation_date, {case.valuation_date}"
        if line.start > case.horizon:
            yield f"{where}.start", line.start, f"must be on or before horizon, {case.horizon}"


def check_burn(case: Any) -> Iterator[Problem]:
    last = calendar.month_number(case.valuation_date, case.horizon)
    steps = {calendar.month_number(case.valuation_date, step.date) for step in case.burn.steps}
    # Between steps the level is monotone, so its largest values lie beside them.
    months = {0, last} | {k + i for k in steps for i in (0, 1) if 0 <= k + i <= last}
    if case.burn.model == "statement":
        yield from attempt(_items, case, sorted(months))
    elif max(burn_levels(case.burn, case.valuation_date, tuple(sorted(months)))) > MOST_MONEY:
        allowed = f"must stay at most {number_text(MOST_MONEY)} a month with growth and steps"
        yield "burn.monthly", case.burn.monthly, allowed


def check_price(case: Any) -> Iterator[Problem]:
    """Prices must stay numbers: a close that rounds to 0 has no shares, and one beyond all floats no value."""
    years = max(0, (case.horizon - case.valuation_date).days + 1) / 365.25
    price, jumps = case.price, [milestone.price_jump for milestone in case.milestones]
    if case.events.ceo_change is not None:
        jumps.append(case.events.ceo_change.price_jump)
    initial = price.initial
    if initial is None:
        before = price.closes_before(case.valuation_date)
        if not before:
            allowed = "must be given, as no date of closes lies before valuation_date"
            yield "price.initial", MISSING, allowed
            return
        initial = before[-1]
    if any(getattr(price, word) is None for word in REQUIRED if price.model in MODELS_OF[word]):
        return  # which the table's own check reports
    sd = spread_of(price)
    # ln of the furthest price: drift, the median's fall, nine standard deviations, and every jump.
    trend = price.drift * years - sd**2 * years / 2
    reach = 9 * sd * math.sqrt(years) + sum(abs(math.log1p(jump)) for jump in jumps)
    if price.jumps == "compensated":
        reach += _compensation(case, years)
    dilution = math.log(MOST_MONEY) * (price.impact == "dilution")  # new shares over old ones, all together
    low, high = min(trend, 0.0) - reach - dilution, max(trend, 0.0) + reach
    if math.log(initial) + low < -MOST_LOG_PRICE or math.log(initial) + high > MOST_LOG_PRICE:
        allowed = "must keep prices, with drift and jumps, between $1e-290 and $1e290 up to the horizon"
        key = "closes" if price.model == "bootstrap" else "volatility"
        yield f"price.{key}", getattr(price, key), allowed


def check_past(case: Any) -> Iterator[Problem]:
    """What has happened did so before the simulation, and the time of a milestone begins with that of another."""
    begun = {"", *(milestone.name for milestone in case.milestones if milestone.achieved is not None)}
    for where, milestone in entries("milestones", case.milestones):
        yield from _not_after(f"{where}.achieved", milestone.achieved, case)
        waits = f"as {one_line(milestone.follows, 200)}, which it follows, is not achieved"
        if milestone.follows not in begun and milestone.achieved is not None:
            yield f"{where}.achieved", milestone.achieved, f"must be left out, {waits}"
        if milestone.follows not in begun and milestone.elapsed_days:
            yield f"{where}.elapsed_days", milestone.elapsed_days, f"must be left out, {waits}"
    for word in ("ceo_change", "adverse_change"):
        event = getattr(case.events, word)
        if event is not None:
            yield from _not_after(f"events.{word}.happened", event.happened, case)


def _not_after(name: str, day: datetime.date | None, case: Any) -> Iterator[Problem]:
    if day is not None and day > case.valuation_date:
        yield name, day, f"must be on or before valuation_date, {case.valuation_date}"


def _compensation(case: Any, years: float) -> float:
    """The most that the compensation of the moves of the stock adds to the log price, either way."""
    most = sum(
        abs(milestone.price_jump) * -math.log1p(-min(milestone.probability, MOST_PROBABILITY))
        for milestone in case.milestones
    )
    change = case.events.ceo_change
    return most + (0.0 if change is None else abs(change.price_jump) * change.annual_rate * years)


def check_bootstrap(case: Any) -> Iterator[Problem]:
    if case.price.model != "bootstrap":
        return
    for where, row in (("burn", case.burn), *entries("burn.items", case.burn.items)):
        if row.price_correlation != 0.0:
            allowed = 'must be 0 with price.model = "bootstrap", which has no Brownian motion'
            yield f"{where}.price_correlation", row.price_correlation, allowed


def check_conditions(case: Any) -> Iterator[Problem]:
    known = [milestone.name for milestone in case.milestones]
    for key, line in facilities(case):
        for where, condition in entries(f"{key}.conditions", line.conditions):
            yield from attempt(_known_milestone, f"{where}.milestone", condition, "milestone", known)
        for where, registration in entries(f"{key}.registrations", line.registrations):
            yield from attempt(_known_milestone, f"{where}.milestone", registration, "milestone", known)
        if line.exchange_cap is not None:
            yield from _known_milestone(f"{key}.exchange_cap.vote", line.exchange_cap, "vote", known)


def check_waivers(case: Any) -> Iterator[Problem]:
    """Conditions of one name are waived together, whichever line they are of."""
    known: dict[str, tuple[str, float]] = {}
    for key, line in facilities(case):
        for where, condition in entries(f"{key}.conditions", line.conditions):
            first, waived = known.setdefault(condition.name, (key, condition.waiver_probability))
            if condition.waiver_probability != waived:
                allowed = f"must be {number_text(waived)}, as that of the condition with the same name of {first}"
                yield f"{where}.waiver_probability", condition.waiver_probability, allowed


def check_own_waivers(case: Any) -> Iterator[Problem]:
    """A condition of several lines is waived in all of them together, and so not by one line's [waivers]; the name of
    coverage, where it can be waived, is no condition's."""
    names = [(key, line, {condition.name for condition in line.conditions}) for key, line in facilities(case)]
    for key, line, own in names:
        shared = sorted(own & {name for other, _, known in names if other != key for name in known})
        if line.waivers is not None and shared:
            yield f"{key}.waivers", "given", f"must be absent, as another line has the condition {shared[0]} too"
        waived = coverage_name(case, line)
        if line.coverage is not None and line.coverage.waiver_probability > 0:
            for where, condition in entries(f"{key}.conditions", line.conditions):
                if condition.name == waived:
                    yield f"{where}.name", condition.name, "must be another name, as coverage can be waived by this one"


def check_reduces(case: Any) -> Iterator[Problem]:
    """A reduction of the running period needs a cap of the period."""
    party = case.third_party
    for key, line in facilities(case):
        if party is not None and party.reduces == "period" and line.max_per_period is None:
            allowed = f'must be "commitment", as {key} has no max_per_period'
            yield "third_party.reduces", party.reduces, allowed


def check_follows(case: Any) -> Iterator[Problem]:
    known = [milestone.name for milestone in case.milestones]
    for where, milestone in entries("milestones", case.milestones):
        yield from attempt(_known_milestone, f"{where}.follows", milestone, "follows", known)


def check_circles(case: Any) -> Iterator[Problem]:
    follows = {milestone.name: milestone.follows for milestone in case.milestones}
    done: set[str] = set()
    for name in follows:
        chain: list[str] = []
        while name in follows and name not in done:
            done.add(name)
            chain.append(name)
            name = follows[name]
        if name in chain:
            circle = one_line(" -> ".join([*chain[chain.index(name) :], name]), 200)
            yield (
                f"milestones[{name}].follows",
                follows[name],
                f"must not lead back to the milestone itself, as in {circle}",
            )


def check_notes(case: Any) -> Iterator[Problem]:
    for where, note in entries("notes", case.notes):
        for check in (_note_maturity, _note_interest, _note_sweep, _note_advance):
            yield from attempt(check, where, note, case)


def check_flows(case: Any) -> Iterator[Problem]:
    """Flows and advances name milestones that there are, and days after the opening."""
    known = [milestone.name for milestone in case.milestones]
    tables = [(f"{where}.advance", note.advance) for where, note in entries("notes", case.notes)]
    for where, flow in (*entries("flows", case.flows), *[row for row in tables if row[1] is not None]):
        yield from attempt(_known_milestone, f"{where}.milestone", flow, "milestone", known)
        yield from attempt(_on_or_after_opening, f"{where}.date", flow, case)


def check_listed_dates(case: Any) -> Iterator[Problem]:
    for where, line, policy in _policies(case):
        first, last = purchase_span(case, line)
        for i, day in enumerate(policy.dates):
            if not first <= day <= last:
                yield f"{where}.dates[{i}]", day, f"must be inside the term and the simulated span, {first} to {last}"
            elif not calendar.is_session(day):
                yield f"{where}.dates[{i}]", day, "must be a day on which Nasdaq trades"


def check_amounts(case: Any) -> Iterator[Problem]:
    for where, line, policy in _policies(case):
        if policy.kind != "schedule" or _lacks_dates(policy):
            continue
        days = dates_of(case, line, policy)
        if len(policy.amounts) != len(days):
            span = f" ({days[0]} to {days[-1]})" if days else ""
            allowed = f"must have {len(days)} amounts, one for each purchase date{span}; {len(policy.amounts)} given"
            yield f"{where}.amounts", list(policy.amounts), allowed


def _lacks_dates(policy: Any) -> bool:
    """Whether the policy's own check reports that it lists no dates."""
    return policy.cadence == "dates" and not policy.dates


def _policies(case: Any) -> Iterator[tuple[str, Any, Any]]:
    """Each policy that a kind of purchase follows, with its key and the line; each key once for a line."""
    for key, line in facilities(case):
        found: dict[str, Any] = {}
        for purchase in line.purchases or (line,):
            own = f"{key}.purchases[{purchase.name}].policy" if line.purchases else f"{key}.policy"
            choices = ((own, purchase.policy), (f"{key}.policy", line.policy), ("policy", case.policy))
            found |= [(where, policy) for where, policy in choices if policy is not None][:1]
        yield from ((where, line, policy) for where, policy in found.items())


def check_forward(case: Any) -> Iterator[Problem]:
    """Windows after the purchase date must fit into the term, and one at least must settle before the horizon."""
    days = calendar.sessions(case.valuation_date, case.horizon)
    for key, line in facilities(case):
        for purchase in line.kinds(case.policy):
            own = [kind.name for kind in line.purchases if kind.pricing is not None]
            where = f"{key}.purchases[{purchase.name}]" if purchase.name in own else key
            pricing = purchase.pricing
            if pricing is None or not pricing.forward or _lacks_dates(purchase.policy):
                continue
            after, end = pricing.sessions_after, min(line.end, datetime.date(LAST_SESSION_YEAR, 12, 31))
            term = len(calendar.sessions(line.start, end))
            if after > term:
                yield f"{where}.pricing.window", after, f"must be at most {term}, the sessions of the term"
                continue
            dates = dates_of(case, line, purchase.policy)
            last = days.index(dates[0]) + after + purchase.settlement_sessions if dates else 0
            if last >= len(days):
                allowed = f'must not be "after": no purchase date settles by horizon, {case.horizon}'
                yield f"{where}.pricing.timing", "after", allowed


def check_volume(case: Any) -> Iterator[Problem]:
    """A limit by volume needs the model of the volume."""
    for key, line in facilities(case):
        for where, table in ((key, line), *entries(f"{key}.purchases", line.purchases)):
            for word in ("volume_before", "volume_during"):
                if getattr(table, word) is not None and case.price.volume is None:
                    yield "price.volume", MISSING, f"must be a table, as {where}.{word} looks at volumes"


def check_record(case: Any) -> Iterator[Problem]:
    """Recorded sales are of a line that the case has."""
    known = [line.name for line in case.lines]
    for where, sales in entries("record.sales", case.record.sales if case.record else ()):
        if sales.line and sales.line not in known:
            names = one_line(", ".join(known), 200)
            allowed = f"must be the name of a line: {names}" if known else "must be empty, as the case has one line"
            yield f"{where}.line", sales.line, allowed


CHECKS = (
    check_horizon,
    check_lines,
    check_term,
    check_burn,
    check_price,
    check_bootstrap,
    check_conditions,
    check_waivers,
    check_own_waivers,
    check_reduces,
    check_follows,
    check_circles,
    check_past,
    check_notes,
    check_flows,
    check_listed_dates,
    check_amounts,
    check_forward,
    check_volume,
    check_record,
)


def entries(where: str, rows: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    """Each row of a list of tables with its key."""
    for number, row in enumerate(rows):
        try:
            name = item_name(row)
        except Unread:
            name = None
        yield f"{where}[{number if name is None else name}]", row


def _known_milestone(where: str, row: Any, word: str, known: list[str]) -> Iterator[Problem]:
    name = getattr(row, word)
    if name and name not in known:
        names = one_line(", ".join(known), 200)
        yield (
            where,
            name,
            f"must be the name of a milestone: {names}" if names else "must be empty, as the case has no milestones",
        )


def _note_maturity(where: str, note: Any, case: Any) -> Iterator[Problem]:
    if note.maturity < case.valuation_date:
        yield f"{where}.maturity", note.maturity, f"must be on or after valuation_date, {case.valuation_date}"


def _note_interest(where: str, note: Any, case: Any) -> Iterator[Problem]:
    if note.last_interest_date is not None and note.last_interest_date > case.valuation_date:
        allowed = f"must be on or before valuation_date, {case.valuation_date}"
        yield f"{where}.last_interest_date", note.last_interest_date, allowed


def _note_sweep(where: str, note: Any, case: Any) -> Iterator[Problem]:
    if note.sweep is not None and note.sweep.prepay_above < case.company.minimum_cash:
        allowed = f"must be at least company.minimum_cash, {number_text(case.company.minimum_cash)}"
        yield f"{where}.sweep.prepay_above", note.sweep.prepay_above, allowed


def _note_advance(where: str, note: Any, case: Any) -> Iterator[Problem]:
    if note.advance is not None and note.advance.date is not None and note.advance.date >= note.maturity:
        yield f"{where}.advance.date", note.advance.date, f"must be before maturity, {note.maturity}"


def _on_or_after_opening(where: str, flow: Any, case: Any) -> Iterator[Problem]:
    if flow.date is not None and flow.date < case.valuation_date:
        yield where, flow.date, f"must be on or after valuation_date, {case.valuation_date}"


def _items(case: Any, months: list[int]) -> Iterator[Problem]:
    known = [milestone.name for milestone in case.milestones]
    for where, item in entries("burn.items", case.burn.items):
        yield from _known_milestone(f"{where}.milestone", item, "milestone", known)
        levels = item_levels(case.burn, item, case.valuation_date, (*months, *range(-item.lag_months, 0)))
        if any(abs(level) > MOST_MONEY for level in levels):
            allowed = f"must stay at most {number_text(MOST_MONEY)} a month with growth and steps, either way"
            yield f"{where}.monthly", item.monthly, allowed
