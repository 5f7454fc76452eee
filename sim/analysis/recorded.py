"""The recorded figures of a case, and the same figures on simulated paths."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from sim.analysis.facts import BRIDGED, GROWTH
from sim.analysis.inputs import shown
from sim.calendar import fiscal_quarter, is_session, month_end, sessions
from sim.engine.trace import Trace, trace_paths
from sim.lowering.program import BLOCK
from sim.results.summary import days_at_close
from sim.terms import Case
from sim.terms.record import Record, RecordedDraw, RecordedSales
from sim.text.dates import long_date


class Issue(NamedTuple):
    """Money that came in on a day for new shares; `shares` is 0 for debt."""

    date: datetime.date
    amount: float
    shares: float
    third_party: bool


class Question(NamedTuple):
    """A recorded figure, and `answer(trace, trace with the recorded days as purchase dates, issues)` of a path."""

    date: datetime.date
    label: str
    value: float
    unit: str
    source: str
    answer: Callable[[Trace, Trace, tuple[Issue, ...]], float]


class Simulated(NamedTuple):
    """Recorded figures in the order of their dates, their `values` on the paths, and notes for the reader."""

    questions: tuple[Question, ...]
    values: np.ndarray  # (figures, paths)
    notes: tuple[str, ...]


def simulated(case: Case, paths: int, seed: int, told: Callable[[int], object] = lambda done: None) -> Simulated:
    """The recorded figures of a case with a table [record] on paths 0 to `paths` - 1; `told` gets the paths done."""
    assert case.record is not None
    questions, notes = _questions(case, case.record)
    questions.sort(key=lambda question: question.date)
    drawing = _drawing(case, [draw.date for draw in case.record.draws])
    values = np.empty((len(questions), paths))
    for first in range(0, paths, BLOCK):
        n = min(BLOCK, paths - first)
        own = trace_paths(case, first, n, seed)
        then = trace_paths(drawing, first, n, seed) if drawing is not None else own
        for i, (as_is, on_the_days) in enumerate(zip(own, then, strict=True), first):
            shares = tuple(issues(as_is))
            values[:, i] = [question.answer(as_is, on_the_days, shares) for question in questions]
        told(first + n)
    return Simulated(tuple(questions), values, tuple(notes))


def _questions(case: Case, record: Record) -> tuple[list[Question], list[str]]:
    """The figures that can be compared, and notes for the reader."""
    asked: list[Question] = []
    notes: list[str] = []
    rows: list[Any] = [*record.draws, *record.shares_outstanding, *record.cash, *record.financings, *record.waivers]
    simulated = [row for row in rows if case.valuation_date <= row.date <= case.horizon]
    sold = [row for row in record.sales if case.valuation_date <= row.from_ and row.to <= case.horizon]
    facts = len(rows) + len(record.sales)
    left = facts - len(simulated) - len(sold)
    if left:
        notes.append(f"{left} of {facts} facts lie outside the simulated span and are left out.")
    for draw in record.draws:
        if draw in simulated:
            asked += _of_draw(case, draw)
    for sales in sold:
        asked += _of_sales(sales)
    for row in record.shares_outstanding:
        if row in simulated:
            outstanding = _outstanding(case, row.date)
            asked.append(Question(row.date, "shares outstanding", row.shares, "shares", row.source, outstanding))
    for at in record.cash:
        if at in simulated:
            asked.append(Question(at.date, "cash", at.amount, "$", at.source, _cash(at.date)))
    total = 0.0
    for deal in sorted(record.financings, key=lambda deal: deal.date):
        total += deal.amount
        if deal in simulated:
            source = f"{deal.kind}; {deal.source}"
            asked.append(Question(deal.date, "third parties' money so far", total, "$", source, _received(deal.date)))
    waived = sorted((row for row in record.waivers if row in simulated), key=lambda row: row.date)
    if waived:
        month = case.company.fiscal_year_end_month
        quarters = {fiscal_quarter(row.date, month).ordinal for row in waived}
        until, label = fiscal_quarter(waived[-1].date, month).end, "quarters with conditions waived"
        asked.append(
            Question(waived[-1].date, label, len(quarters), "quarters", waived[-1].source, _waived(case, until))
        )
    if any(question.unit == "shares" for question in asked):
        notes.append(GROWTH)
    notes.append(BRIDGED)
    return asked, notes


# --- values on a path ------------------------------------------------------------------------------------------------


def _of_draw(case: Case, draw: RecordedDraw) -> Iterator[Question]:
    when = draw.date.isoformat()

    def price(_: Trace, then: Trace, __: tuple[Issue, ...]) -> float:
        return next(each["price"] for each in then.ledger.draws if each["date"] == when)

    def shares(told: Trace, then: Trace, issued: tuple[Issue, ...]) -> float:
        return math.floor(draw.amount / price(told, then, issued) + 0.5)

    quarter = fiscal_quarter(draw.date, case.company.fiscal_year_end_month)

    def in_quarter(_: Trace, __: Trace, issued: tuple[Issue, ...]) -> float:
        return sum(i.amount for i in issued if not i.third_party and quarter.start <= i.date <= quarter.end)

    if _may_draw(case, draw.date):
        yield Question(draw.date, "price of the draw", draw.amount / draw.shares, "$/share", draw.source, price)
        yield Question(draw.date, f"shares for {shown(draw.amount, '$')}", draw.shares, "shares", draw.source, shares)
    assert case.record is not None
    month = case.company.fiscal_year_end_month
    drawn = sum(row.amount for row in case.record.draws if fiscal_quarter(row.date, month) == quarter)
    if quarter.end <= case.horizon and draw == _last_of(case, quarter.ordinal):
        yield Question(draw.date, f"drawn in {quarter.label}", drawn, "$", draw.source, in_quarter)


def _of_sales(sales: RecordedSales) -> Iterator[Question]:
    """Amount and shares of the draws that settle within the span."""

    def total(told: Trace, word: str) -> float:
        first, last = sales.from_.isoformat(), sales.to.isoformat()
        draws = (
            draw for draw in told.ledger.draws if draw["amount"] > 0 and draw["line"] == (sales.line or draw["line"])
        )
        return sum(float(draw[word]) for draw in draws if first <= draw["settled"] <= last)

    since = f" since {long_date(sales.from_)}" + f", {sales.line}" * bool(sales.line)
    yield Question(sales.to, f"sold{since}", sales.amount, "$", sales.source, lambda told, _, __: total(told, "amount"))
    if sales.shares is not None:
        yield Question(
            sales.to,
            f"shares sold{since}",
            sales.shares,
            "shares",
            sales.source,
            lambda told, _, __: total(told, "shares"),
        )


def _last_of(case: Case, ordinal: int) -> RecordedDraw:
    """The last recorded draw of a fiscal quarter, which stands for all of them."""
    assert case.record is not None
    month = case.company.fiscal_year_end_month
    return max(
        (row for row in case.record.draws if fiscal_quarter(row.date, month).ordinal == ordinal),
        key=lambda row: row.date,
    )


def _outstanding(case: Case, day: datetime.date) -> Callable[[Trace, Trace, tuple[Issue, ...]], float]:
    return lambda _, __, issued: case.company.shares_outstanding + sum(i.shares for i in issued if i.date <= day)


def _cash(day: datetime.date) -> Callable[[Trace, Trace, tuple[Issue, ...]], float]:
    return lambda told, _, __: told.ledger.cash_month_end[day.isoformat()[:7]]


def _received(day: datetime.date) -> Callable[[Trace, Trace, tuple[Issue, ...]], float]:
    return lambda _, __, issued: sum(i.amount for i in issued if i.third_party and i.date <= day)


def _waived(case: Case, until: datetime.date) -> Callable[[Trace, Trace, tuple[Issue, ...]], float]:
    days = [day for day in case.purchase_dates if day <= until]

    def counted(told: Trace, _: Trace, __: tuple[Issue, ...]) -> float:
        waived = set(told.history.waived)
        quarters = set()
        for day in days:
            missing = unmet(told, day)
            if missing and waived.issuperset(missing):
                quarters.add(fiscal_quarter(day, case.company.fiscal_year_end_month).ordinal)
        return len(quarters)

    return counted


def unmet(told: Trace, day: datetime.date) -> list[str]:
    """Names of the conditions that apply on a purchase date and do not hold, waived or not (model, section 5)."""
    history, case, t = told.history, told.case, days_at_close(told.case, day)
    found = []
    for condition in case.conditions:
        if condition.after is not None and day <= condition.after:
            continue
        if condition.kind == "milestone":
            fails = t < history.achieved_days.get(condition.milestone, math.inf)
        elif condition.kind == "same_ceo":
            fails = history.ceo_change_days is not None and history.ceo_change_days <= t
        else:
            begins, adverse = history.adverse_change_days, case.events.adverse_change
            fails = begins is not None and adverse is not None and begins <= t < begins + adverse.duration_days
        if fails:
            found.append(condition.name)
    return found


def issues(told: Trace) -> Iterator[Issue]:
    """The money that came in on a path, in the ledger's order: third parties before the draw of the same day.

    The ledger's own rule for third parties' equity (model, section 5): whole shares at the close less the discount,
    as far as the authorised shares allow.
    """
    case, company = told.case, told.case.company
    room = float(company.shares_authorized - company.shares_reserved - company.shares_outstanding)
    deals = list(_deals(told))
    coming = [
        (datetime.date.fromisoformat(each["settled"]), 1, each) for each in told.ledger.draws if each["amount"] > 0
    ]
    for day, third, each in sorted([*deals, *coming], key=lambda event: event[:2]):
        money, shares = each["amount"], each.get("shares", 0) + each.get("fee_shares", 0)
        if not third and case.third_party is not None and case.third_party.kind == "equity":
            price = told.history.closes[day.isoformat()] * (1.0 - case.third_party.discount)
            money = min(money, room * price)
            shares = min(math.floor(money / price + 0.5), room)
        room -= shares
        yield Issue(day, money, float(shares), not third)


def _deals(told: Trace) -> Iterator[tuple[datetime.date, int, dict[str, Any]]]:
    """Third parties' financings, on the last trading day of their months."""
    for deal in told.history.third_party:
        first = datetime.date.fromisoformat(f"{deal['month']}-01")
        yield sessions(first, month_end(first, 0))[-1], 0, deal


# --- the case that is simulated --------------------------------------------------------------------------------------


def _may_draw(case: Case, day: datetime.date) -> bool:
    """Whether the day can be a purchase date."""
    line = case.facilities[0]
    inside = max(case.valuation_date, line.start) <= day <= min(case.horizon, line.end)
    return inside and is_session(day)


def _drawing(case: Case, days: list[datetime.date]) -> Case | None:
    """The case with the recorded days as further purchase dates, so that they have a price; None if there are none.

    The random numbers are the same, so the closes are those of the case itself, except for the impact of
    a draw that is made then.
    """
    if len(case.purchases) > 1 or case.facilities[0].policy is not None:
        return None  # each kind of purchase has dates of its own
    mine = case.purchase_dates
    more = {day for day in days if _may_draw(case, day)}
    if not more:
        return None
    dates = sorted(more | set(mine))
    changes: dict[str, Any] = {"policy.cadence": "dates", "policy.dates": dates, "record": None}
    if case.policy.kind == "schedule":
        planned = dict(zip(mine, case.policy.amounts, strict=True))
        changes["policy.amounts"] = [planned.get(day, 0.0) for day in dates]
    return case.replace(changes, blame="backtest")
