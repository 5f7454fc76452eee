"""A case carried forward to a later valuation date: which keys change, to what, and why.

Figures that are known become those of the actuals. Terms and models stay, but for what the passing of time does to
them: the expected burn of the first month, and the days that a milestone which has not come has been awaited.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from decimal import Decimal, localcontext
from functools import partial
from typing import Any

from sim import calendar
from sim.terms.actuals import Actuals
from sim.terms.carried import carried_note, drawn_in, draws_of, period_of
from sim.terms.case import Case
from sim.terms.clause_tables import Used
from sim.terms.derived import cut_levels, due_date, facilities
from sim.terms.events import Milestone
from sim.terms.flows import Advance, Flow
from sim.terms.line import Line
from sim.terms.notes import Note
from sim.terms.problems import Problem, number_text
from sim.terms.rolled_closes import closes_problems, rolled_closes
from sim.terms.schema import item_name
from sim.text.characters import composed
from sim.text.dates import long_date
from sim.text.exact import FIFTY_DIGITS

MOST_FACTOR, MOST_RATE = 10.0, 1e4  # of the rate of third parties, by the price; a rate that a case may have


class Roll:
    """The keys of a case that a roll-forward changes: `changes` and `notes` by dotted key."""

    def __init__(self, case: Case, actuals: Actuals, to: datetime.date) -> None:
        self.case, self.actuals, self.to = case, actuals, to
        self.changes: dict[str, Any] = {}
        self.notes: dict[str, str] = {}
        self.actual = f"actual of {long_date(to)}"
        for part in (self._company, self._price, self._burn, self._events, self._conditions):
            part()
        for key, line in facilities(case):
            self._line(key, line)
        for note in case.notes:
            self._note(note)
        for flow in case.flows:
            self._flow(flow)
        self._policy()
        self._response()
        self._bridge()
        self._followers_of_the_price()

    def set(self, key: str, value: Any, why: str = "") -> None:
        self.changes[key] = value
        self.notes[key] = why or self.actual

    def _company(self) -> None:
        self.set("valuation_date", self.to, f"rolled forward from {long_date(self.case.valuation_date)}")
        self.set("company.cash", self.actuals.cash)
        self.set("company.shares_outstanding", self.actuals.shares_outstanding)

    def _price(self) -> None:
        made = rolled_closes(self.case, self.actuals, self.to)
        rows = [list(row) if isinstance(row, tuple) else row for row in made.kept]
        self.set("price.closes", rows, f"{self.actual}{'; ' * bool(made.words)}{made.words}")
        last = made.kept[-1]
        self.set("price.initial", last[1] if isinstance(last, tuple) else last, "the last of closes")

    def _burn(self) -> None:
        burn, k = self.case.burn, calendar.month_number(self.case.valuation_date, self.to)
        if burn.monthly is not None:
            self._grow("burn.monthly", burn.monthly, burn.growth, k)
        for item in burn.items:
            self._grow(f"burn.items[{item.name}].monthly", item.monthly, item.growth, k)
        if burn.volatility and self.actuals.cash_used is not None and self.actuals.cash_used > 0.0:
            expected = self._expected(k - 1)
            surprise = math.log(self.actuals.cash_used / expected) + burn.volatility**2 / 2.0
            self.set("burn.last_surprise", surprise, f"cash used of {self.actuals.cash_used:,.0f} in the last month")
        elif burn.last_surprise is not None and k > 0:
            self.set("burn.last_surprise", None)

    def _expected(self, k: int) -> float:
        """The expected burn of a month as it then was: cut where the actuals say so."""
        since = self.actuals.cut_from
        cut = since is not None and calendar.month_number(self.case.valuation_date, since) <= k
        return cut_levels(self.case, (k,))[0] if cut else self.case.burn_level(k)

    def _response(self) -> None:
        """A cut that is in force goes on."""
        plan, since = self.case.response, self.actuals.cut_from
        if plan is not None and since != plan.cut_from:
            self.set("response.cut_from", since)

    def _grow(self, key: str, amount: float, growth: float, months: int) -> None:
        """An amount that grows from the valuation month on, in that of the new valuation date."""
        if growth and months:
            with localcontext(FIFTY_DIGITS):
                grown = float(Decimal(amount) * (1 + Decimal(growth)) ** (Decimal(months) / 12))
            self.set(key, grown, f"with the growth since {long_date(self.case.valuation_date)}")

    def _flow(self, flow: Flow) -> None:
        """A flow that has come is in the cash."""
        key, day = f"flows[{flow.name}]", self._due(flow)
        if day is not None and day < self.to:
            self.set(key, None)
        elif flow.monthly:
            months = calendar.month_number(self.case.valuation_date, self.to)
            self._grow(f"{key}.amount", flow.amount, flow.growth, months)

    def _due(self, flow: Flow | Advance) -> datetime.date | None:
        """The day of a flow or an advance, if it is known by now."""
        reached = {row.name: row.date for row in self.actuals.milestones}
        if flow.milestone in reached:
            return reached[flow.milestone] + datetime.timedelta(days=math.ceil(flow.delay_days))
        return due_date(self.case, flow)

    def _events(self) -> None:
        reached = {row.name: row.date for row in self.actuals.milestones}
        dates = {m.name: m.achieved for m in self.case.milestones if m.achieved is not None} | reached
        for milestone in self.case.milestones:
            key = f"milestones[{milestone.name}]"
            if milestone.name in reached:
                self.set(f"{key}.achieved", reached[milestone.name])
                if milestone.elapsed_days:
                    self.set(f"{key}.elapsed_days", None)
            elif milestone.achieved is None and (not milestone.follows or milestone.follows in dates):
                self.set(f"{key}.elapsed_days", self._awaited(milestone, dates), f"not reached by {long_date(self.to)}")
        for word in ("ceo_change", "adverse_change"):
            if getattr(self.actuals, word) is not None:
                self.set(f"events.{word}.happened", getattr(self.actuals, word))

    def _awaited(self, milestone: Milestone, dates: dict[str, datetime.date]) -> float:
        """Days for which a milestone has been awaited: since the one that it follows, or since its time began."""
        begun = dates.get(milestone.follows, self.case.valuation_date)
        before = milestone.elapsed_days if begun <= self.case.valuation_date else 0.0
        return before + (self.to - max(begun, self.case.valuation_date)).days

    def _conditions(self) -> None:
        for key, line in facilities(self.case):
            for condition in line.conditions:
                for names, probability in ((self.actuals.waived, 1.0), (self.actuals.not_waived, 0.0)):
                    if composed(condition.name) in map(composed, names):  # lines may spell one name in two ways
                        self.set(f"{key}.conditions[{condition.name}].waiver_probability", probability)

    def _line(self, key: str, line: Line) -> None:
        draws = draws_of(self.actuals, line)
        before, case, to = line.used or Used(), self.case, self.to
        holdings = {row.line: row.shares for row in self.actuals.holdings}
        period, quarter = partial(period_of, case, line.period), partial(period_of, case, "fiscal_quarter")
        used = {
            "amount": min(before.amount + sum(draw.amount for draw in draws), line.commitment or math.inf),
            "shares": before.shares + sum(draw.shares for draw in draws),
            "this_period": drawn_in(period, draws, to, before.this_period, case.valuation_date),
            "this_quarter": drawn_in(quarter, draws, to, before.of_quarter, case.valuation_date),
            "holdings": holdings.get(line.name, before.holdings),
        }
        if used["this_quarter"] == used["this_period"]:
            del used["this_quarter"]
        if any(used.values()):
            known = {word: value for word, value in used.items() if value}
            self.set(f"{key}.used", known, f"{self.actual}: what the line did before it")
        cut = sum(row.amount for row in self.actuals.financings if row.reduces_line)
        of_commitment = self.case.third_party is None or self.case.third_party.reduces == "commitment"
        if cut and of_commitment and line.commitment is not None:
            left = max(line.commitment - cut, used["amount"])
            self.set(f"{key}.commitment", left, f"{number_text(line.commitment)} less what third parties reduced")

    def _note(self, note: Note) -> None:
        key = f"notes[{note.name}]"
        told = next((row for row in self.actuals.notes if row.name == note.name), None)
        came = None if note.advance is None else self._due(note.advance)
        waits = note.advance is not None and (came is None or came >= self.to) and note.maturity >= self.to
        if waits and (told is None or told.principal == 0.0):
            return
        if told is not None and told.principal == 0.0:
            self.set(key, None)
            return
        if note.advance is not None:
            came = self.to if waits or came is None else came
            self.set(f"{key}.advance", None, "the principal has come in")
        later = came if came is not None and came >= self.case.valuation_date else None
        carried = carried_note(note, self.case.valuation_date, self.to, later)
        paid = told.interest_paid_to if told is not None else None
        if paid is not None:
            self.set(f"{key}.last_interest_date", paid)
        elif carried.paid_to is not None:
            why = "the last interest date" if carried.paid_to != later else "interest started then"
            self.set(f"{key}.last_interest_date", carried.paid_to, why)
        elif note.rate and note.accrued is None and note.last_interest_date is None:
            self.set(f"{key}.last_interest_date", self.case.valuation_date, "interest has run since then")
        if told is not None and told.accrued is not None:
            self.set(f"{key}.accrued", told.accrued)
        elif note.accrued is not None and (paid or carried.paid_to):  # what has run since that day is not stated
            self.set(f"{key}.accrued", None)
        elif note.accrued is not None:
            self.set(f"{key}.accrued", carried.accrued, "with the interest since")
        if told is not None:
            self.set(f"{key}.principal", told.principal)
        elif carried.principal != note.principal:
            self.set(f"{key}.principal", carried.principal, "with the interest added to it")
        if told is not None and told.extended and note.extended_maturity is not None:
            self.set(f"{key}.maturity", note.extended_maturity, "extended")
            self.set(f"{key}.extended_maturity", None)
            self.set(f"{key}.extension_probability", None)

    def _policy(self) -> None:
        policy = self.case.policy
        if policy.price_trigger and policy.trigger_over == "initial":
            same = policy.price_trigger * self.case.price.initial / self.changes["price.initial"]
            self.set("policy.price_trigger", same, "the same price in dollars as before")
        if policy.dates and policy.dates[0] < self.to:
            left = [i for i, day in enumerate(policy.dates) if day >= self.to]
            self.set("policy.dates", [policy.dates[i] for i in left], f"those from {long_date(self.to)} on")
            if policy.amounts:
                self.set("policy.amounts", [policy.amounts[i] for i in left], f"those from {long_date(self.to)} on")

    def _bridge(self) -> None:
        bridge, lent = self.case.bridge, self.actuals.bridge_lent
        if bridge is not None and lent:
            why = f"{number_text(bridge.limit)} less what the insider has lent"
            self.set("bridge.limit", max(bridge.limit - lent, 0.0), why)

    def _followers_of_the_price(self) -> None:
        """Probabilities that are stated at the opening price, at that of the new case: those of the same dollars."""
        rise, why = math.log(self.changes["price.initial"] / self.case.price.initial), "the same at the same price"
        party = self.case.third_party
        if party is not None and party.price_sensitivity and rise:
            factor = min(math.exp(party.price_sensitivity * rise), MOST_FACTOR)
            self.set("third_party.annual_rate", min(party.annual_rate * factor, MOST_RATE), why)
        for key, line in facilities(self.case):
            shift = line.waivers.price_sensitivity * rise if line.waivers else 0.0
            rows = [(f"{key}.conditions[{row.name}]", row.waiver_probability) for row in line.conditions]
            rows += [(f"{key}.coverage", line.coverage.waiver_probability)] if line.coverage else []
            for place, p in rows:
                if shift and 0.0 < p < 1.0 and f"{place}.waiver_probability" not in self.changes:
                    odds = p / (1.0 - p) * math.exp(shift)
                    self.set(f"{place}.waiver_probability", odds / (1.0 + odds), why)


def day_problems(case: Case, to: datetime.date) -> Iterator[Problem]:
    """What is wrong with a new valuation date."""
    if not case.valuation_date < to < case.horizon:
        yield (
            "to",
            to,
            f"must be after the valuation date, {case.valuation_date}, and before the horizon, {case.horizon}",
        )


def roll_problems(case: Case, actuals: Actuals, to: datetime.date) -> Iterator[Problem]:
    """What in the actuals contradicts the case; whole amounts without a point, as people write them."""
    found = (
        *_date_problems(case, actuals, to), *_share_problems(case, actuals), *_draw_problems(case, actuals),
        *_name_problems(case, actuals), *_note_problems(case, actuals, to),
    )  # fmt: skip
    for key, value, allowed in found:
        yield key, int(value) if isinstance(value, float) and value.is_integer() else value, allowed


def _date_problems(case: Case, actuals: Actuals, to: datetime.date) -> Iterator[Problem]:
    rows: list[tuple[str, datetime.date | None]] = [
        ("ceo_change", actuals.ceo_change),
        ("adverse_change", actuals.adverse_change),
    ]
    for word in ("draws", "milestones", "financings"):
        for number, row in enumerate(getattr(actuals, word)):
            rows.append((f"{word}[{item_name(row) or number}].date", row.date))
    for key, day in rows:
        if day is not None and not case.valuation_date <= day < to:
            yield key, day, f"must be from the old valuation date, {case.valuation_date}, to the day before {to}"
    yield from closes_problems(case, actuals, to)


def _share_problems(case: Case, actuals: Actuals) -> Iterator[Problem]:
    sold = sum(row.shares for row in actuals.draws) + sum(row.shares for row in actuals.financings)
    least = case.company.shares_outstanding + sold
    if actuals.shares_outstanding < least:
        allowed = f"must be at least {least}, the shares of the case with those of draws and financings"
        yield "shares_outstanding", actuals.shares_outstanding, allowed


def _draw_problems(case: Case, actuals: Actuals) -> Iterator[Problem]:
    names = [line.name for line in case.facilities]
    for number, draw in enumerate(actuals.draws):
        if draw.line not in names:
            allowed = "must be left out: the case has one line" if names == [""] else _one_of("a line", names)
            yield f"draws[{number}].line", draw.line, allowed
    for _, line in facilities(case):
        used, draws = line.used, draws_of(actuals, line)
        periods: dict[tuple[int, int], float] = {}
        if used is not None:
            periods[period_of(case, line.period, case.valuation_date)] = used.this_period
        for draw in sorted(draws, key=lambda draw: draw.date):
            period = period_of(case, line.period, draw.date)
            periods[period] = periods.get(period, 0.0) + draw.amount
            if line.max_per_period is not None and periods[period] > line.max_per_period + 0.01:
                most = f"must keep the draws of its period at most {number_text(line.max_per_period)}, the period cap"
                yield f"draws[{actuals.draws.index(draw)}].amount", draw.amount, most
        total = sum(draw.amount for draw in draws) + (used.amount if used else 0.0)
        if line.commitment is not None and total > line.commitment + 0.01:
            allowed = f"must not be more than the commitment of {line.label}, {number_text(line.commitment)}"
            yield "draws", total, allowed


def _name_problems(case: Case, actuals: Actuals) -> Iterator[Problem]:
    conditions = {condition.name for condition in case.conditions}
    for word in ("waived", "not_waived"):
        for name in getattr(actuals, word):
            if name not in conditions:
                yield word, name, _one_of("a condition", sorted(conditions))
    milestones = {milestone.name: milestone for milestone in case.milestones}
    reached = {row.name: row.date for row in actuals.milestones}
    for name, day in reached.items():
        if name not in milestones:
            yield f"milestones[{name}].name", name, _one_of("a milestone", list(milestones))
            continue
        first = milestones[name].follows
        since = reached.get(first, milestones[first].achieved) if first else day
        if milestones[name].achieved is not None:
            yield f"milestones[{name}].date", day, f"must be left out: reached on {milestones[name].achieved}"
        elif since is None or since > day:
            yield f"milestones[{name}].date", day, f"must be after that of {first}, which it follows"
    for word in ("ceo_change", "adverse_change"):
        event = getattr(case.events, word)
        if getattr(actuals, word) is not None and (event is None or event.happened is not None):
            why = "must be left out: the case has no such event" if event is None else "must be left out: it is known"
            yield word, getattr(actuals, word), why
    if actuals.cut_from is not None and case.response is None:
        yield "cut_from", actuals.cut_from, "must be absent, as the case has no response"
    if actuals.bridge_lent and (case.bridge is None or actuals.bridge_lent > case.bridge.limit + 0.01):
        most = (
            "absent, as the case has no bridge" if case.bridge is None else f"at most {number_text(case.bridge.limit)}"
        )
        yield "bridge_lent", actuals.bridge_lent, f"must be {most}"
    if case.third_party is None and any(row.reduces_line for row in actuals.financings):
        yield "financings", "reduces_line", "must be false, as the case has no third_party table"


def _note_problems(case: Case, actuals: Actuals, to: datetime.date) -> Iterator[Problem]:
    notes = {note.name: note for note in case.notes}
    told = {row.name: row for row in actuals.notes}
    for name, row in told.items():
        if name not in notes:
            yield f"notes[{name}].name", name, _one_of("a note", list(notes))
        elif row.extended and notes[name].extended_maturity is None:
            yield f"notes[{name}].extended", True, "must be false: the note has no extended_maturity"
        elif row.interest_paid_to is not None and row.interest_paid_to > to:
            yield f"notes[{name}].interest_paid_to", row.interest_paid_to, f"must be on or before {to}"
    for name, note in notes.items():
        state = told.get(name)
        ends = note.extended_maturity if state is not None and state.extended else note.maturity
        if ends is not None and ends < to and (state is None or state.principal > 0.0):
            allowed = f"must say what became of it, as it fell due on {ends}: extended = true, or principal = 0"
            yield f"notes[{name}]", "state" if state is None else state.principal, allowed


def _one_of(what: str, names: list[str]) -> str:
    return f"must be the name of {what} of the case: {', '.join(names)}" if names else f"the case has not {what}"
