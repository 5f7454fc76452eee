"""The twin's other cash: flows, advances of notes, interest income, and the items of a statement. No code of `sim`.

Conventions: a month's rate is (cash used - monthly flows that happen, in the file's order) / its simulated days. Flows
of operations are taken off the cash used of their month in the file's order. An item pays fma(level, factor, owed).
"""

import math
from datetime import date
from decimal import Decimal, localcontext

from tests.twin import sampler as reference_luck
from tests.twin.line_terms import as_date, month_of

ITEM_NORMAL, FLOW = 25, 24


def moving_flows(terms) -> list[dict]:
    return [flow for flow in terms.flows if float(flow["amount"]) != 0.0]


def sampled_flows(terms, luck) -> list[str]:
    """Of the flows that are not certain, those that the path has."""
    uncertain = [flow for flow in moving_flows(terms) if chance(flow) < 1.0]
    return [flow["name"] for flow in uncertain if reference_luck.happens(luck, FLOW, flow["name"], chance(flow))]


def chance(flow: dict) -> float:
    given = flow.get("probability")
    return 1.0 if given is None else float(given)


def happens(flow: dict, history: dict) -> bool:
    return chance(flow) >= 1.0 or flow["name"] in (history.get("flows") or ())


def day_of(terms, table: dict, history: dict) -> date | None:
    """The date of a flow or of an advance on a path; None where it does not come, or after the horizon."""
    if table.get("date"):
        day = as_date(table["date"])
    elif terms.reached(table):
        days = math.ceil(float(table.get("delay_days") or 0.0))
        day = date.fromordinal(min(terms.reached(table).toordinal() + days, date.max.toordinal()))
    elif table.get("milestone") and table["milestone"] in history["achieved_days"]:
        t = history["achieved_days"][table["milestone"]] + float(table.get("delay_days") or 0.0)
        days = max(1, math.ceil(t)) if t < 1e6 else 10**6
        day = date.fromordinal(min(terms.valuation_date.toordinal() + days - 1, date.max.toordinal()))
    else:
        return None
    return day if terms.valuation_date <= day <= terms.horizon else None


def comes_later(terms, note: dict) -> bool:
    """Whether the principal of a note has not come in at the opening."""
    advance = note.get("advance")
    if not advance or not terms.reached(advance):
        return bool(advance)
    due = terms.reached(advance).toordinal() + math.ceil(float(advance.get("delay_days") or 0.0))
    return due >= terms.valuation_date.toordinal()


class OtherCash:
    """What a path has of it."""

    def __init__(self, terms, history: dict):
        self.terms, self.rate = terms, terms.interest_income_rate
        self.flows = [flow for flow in moving_flows(terms) if happens(flow, history)]
        self.days = [None if flow.get("monthly") else day_of(terms, flow, history) for flow in self.flows]
        self.advances = {}
        for number, note in enumerate(terms.notes):
            day = day_of(terms, note["advance"], history) if comes_later(terms, note) else None
            if day is not None and day < as_date(note["maturity"]) and float(note["principal"]) != 0.0:
                self.advances[number] = day
        self.opening, self.taken, self.income = terms.opening_cash, [], {}

    @property
    def dates(self) -> set[date]:
        return {day for day in (*self.days, *self.advances.values()) if day}

    def monthly(self, flow: dict, month: int) -> float:
        """What a monthly flow brings in a simulated month."""
        terms, first = self.terms, self.terms.opening_of(month)
        begin, end = flow.get("from"), flow.get("to")
        if not flow.get("monthly") or (begin and first < as_date(begin)) or (end and first > as_date(end)):
            return 0.0
        with localcontext(terms.context):
            growth = 1 + Decimal(float(flow.get("growth") or 0.0))
            whole = float(Decimal(float(flow["amount"])) * growth ** (Decimal(month - terms.first_month) / 12))
        return whole * terms.share(month)

    def spent(self, used: float, month: int) -> float:
        """A month's cash used, less the monthly flows."""
        for flow in self.flows:
            amount = self.monthly(flow, month)
            used = used - amount if amount != 0.0 else used
        return used

    def in_operations(self, used: float, month: int) -> float:
        """A month's cash used with the flows of operations."""
        for flow, day in zip(self.flows, self.days, strict=True):
            if flow.get("operations"):
                amount = self.monthly(flow, month)
                if day and month_of(day) == month:
                    amount = float(flow["amount"])
                used = used - amount if amount != 0.0 else used
        return used

    def planned(self, month: int) -> list[float]:
        """What flows of operations are expected to bring in a month; nobody plans with what is not reached yet."""
        amounts = []
        for flow in moving_flows(self.terms):
            if flow.get("operations"):
                day = None if flow.get("monthly") else day_of(self.terms, flow, {"achieved_days": {}})
                amount = float(flow["amount"]) if day and month_of(day) == month else self.monthly(flow, month)
                amounts.append(chance(flow) * amount)
        return amounts

    def take(self, books, day: date) -> None:
        """5.2: dated flows, then principal of notes that comes in."""
        for flow, due in zip(self.flows, self.days, strict=True):
            if due == day:
                amount = float(flow["amount"])
                self.taken.append({"date": day.isoformat(), "name": flow["name"], "amount": amount})
                books.move_cash(amount, day)
                books.look_at_cash(self.terms.t(day), "flows")
        for number, due in self.advances.items():
            if due == day:
                note, principal = books.notes[number], float(self.terms.notes[number]["principal"])
                note.principal += principal
                note.accrued_to = day
                books.pay_note(note, day, 0.0, -principal)
                books.move_cash(principal, day)

    def credit(self, books, month: int) -> None:
        """Interest on the month's opening cash, after its last sweep."""
        if self.rate > 0.0:
            income = max(0.0, self.opening * self.rate * self.terms.simulated_days(month) / 365)
            self.income[f"{month // 12:04}-{month % 12 + 1:02}"] = income
            books.cash += income

    def entries(self) -> dict:
        dated = any(not flow.get("monthly") for flow in self.terms.flows)
        return ({"flows": self.taken} if dated else {}) | ({"interest_income": self.income} if self.rate > 0.0 else {})


def statement(terms, luck, shocks: list[float], achieved: dict[str, float], items: list[dict]) -> list[float]:
    """The cash used of each simulated month: the sum of the items, in the file's order."""
    months = terms.months()
    totals = [0.0 for _ in months]
    for item in items:
        factors = item_factors(item, luck, shocks, len(months))
        for k, month in enumerate(months):
            totals[k] += paid(terms, item, factors, k, month, achieved)
    return totals


def item_factors(item: dict, luck, shocks: list[float], months: int) -> list[float]:
    """Of mean one, as those of the burn."""
    sd, phi, rho = (float(item.get(key) or 0.0) for key in ("volatility", "persistence", "price_correlation"))
    if sd == 0.0:
        return [1.0] * months
    innovation, own_share, x, factors = sd * math.sqrt(1 - phi * phi), math.sqrt(1 - rho * rho), 0.0, []
    for k in range(months):
        own = luck.nth_normal(ITEM_NORMAL, k, reference_luck.index_of(item["name"]))
        shock = reference_luck.fma(rho, shocks[k], own_share * own)
        x = sd * shock if k == 0 else reference_luck.fma(phi, x, innovation * shock)
        factors.append(reference_luck.exp(x - 0.5 * sd * sd))
    return factors


def paid(terms, item: dict, factors: list[float], k: int, month: int, achieved: dict[str, float]) -> float:
    """What an item pays in month k: the figure of `lag_months` before, what was owed at the opening at its level."""
    of = k - int(item.get("lag_months") or 0)
    figured = terms.first_month + of
    name = item.get("milestone")
    if terms.waits(item) and not (name in achieved and achieved[name] <= terms.t(terms.opening_of(figured)) - 1):
        return 0.0
    whole = terms.item_level(item, figured)
    if of == k:
        return reference_luck.fma(whole * terms.share(month), factors[k], 0.0)
    random = terms.share(figured) if of >= 0 else 0.0
    owed = whole * (1.0 - random) * terms.share(month)
    return reference_luck.fma(whole * random, factors[max(of, 0)], owed)
