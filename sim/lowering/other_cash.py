"""Cash beside operations and lines as numbers: flows, advances of notes, interest income."""

from __future__ import annotations

import datetime
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any

import numpy as np

from sim.calendar import ONE_DAY
from sim.lowering import program as r
from sim.lowering import world_records as w
from sim.lowering.schedule import Calendar, array_of
from sim.lowering.statement import StatementItems
from sim.lowering.variates import Variates, bernoulli
from sim.terms import Case, Flow
from sim.terms.derived import begins_within, due_date
from sim.text.exact import FIFTY_DIGITS


class OtherCash:
    """What cases of one shape have of it: which flows may fall on which stops, and the months of an item's figures.

    Flows, and after them the principals of notes that come in later, are rows of one table.
    """

    def __init__(self, case: Case, calendar: Calendar, milestones: tuple[str, ...]) -> None:
        self.calendar, self.milestones = calendar, milestones
        self.items = StatementItems(calendar, milestones)
        days = (case.horizon - case.valuation_date).days + 1
        self.dates = [case.valuation_date + i * ONE_DAY for i in range(days)]
        self.month_at = np.array([0, *map(calendar.month, self.dates)], np.int64)
        self.shares = np.array([calendar.share(k) for k in range(calendar.n_months)])
        self.due = self._due(case)
        self.first_due, self.of_stops = np.zeros(0, np.int64), np.zeros(0, np.int64)

    @property
    def days(self) -> frozenset[datetime.date]:
        """The dates on which a path may have a flow."""
        return frozenset(self.due)

    def place(self, stops: list[dict]) -> None:
        """Note which flows may fall on which of the stops, which are those of `sim.lowering.schedule.stops_of`."""
        by_t = {self.calendar.t(day): rows for day, rows in self.due.items()}
        first, due = [0], []
        for stop in stops:
            due += by_t.pop(stop["t"], [])  # of two stops on one date the first has the flows
            first.append(len(due))
        self.first_due, self.of_stops = np.array(first, np.int64), np.array(due, np.int64)

    def tables(self, case: Case, variates: Variates) -> w.OtherCash:
        """The tables of a case."""
        flows, months = moving(case), range(self.calendar.n_months)
        rows = [self._flow_row(case, flow, variates) for flow in flows]
        rows += [self._advance_row(case, number) for number in _advances(case)]
        monthly = np.zeros((len(rows), len(months)))
        for f, flow in enumerate(flows):
            if flow.monthly:
                monthly[f] = [monthly_amount(case, flow, k) for k in months] * self.shares
        items, item_months = self.items.tables(case, variates)
        return w.OtherCash(
            flows=array_of(rows, w.FLOW),
            first_due=self.first_due,
            due=self.of_stops,
            monthly=monthly,
            month_at=self.month_at,
            income_rate=float(case.company.interest_income_rate),
            items=items,
            item_months=item_months,
        )

    def _flow_row(self, case: Case, flow: Flow, variates: Variates) -> dict:
        return {
            "amount": flow.amount,
            "probability": flow.probability,
            "variate": bernoulli(variates, r.FLOW, flow.name, flow.probability),
            **self._when(case, flow),
            "before": r.NEVER,
            "note": -1,
            "operations": int(flow.operations),
        }

    def _advance_row(self, case: Case, number: int) -> dict:
        """The principal of a note comes in before its maturity, or not at all."""
        note = case.notes[number]
        return {
            "amount": note.principal,
            "probability": 1.0,
            "variate": -1,
            **self._when(case, note.advance),
            "before": self.calendar.t(note.maturity),
            "note": number,
            "operations": 0,
        }

    def _when(self, case: Case, flow: Any) -> dict:
        """The day of a flow or an advance, or the milestone and the days to wait for after it.

        Of a milestone that has been reached before the opening the day is known; what has come before is not simulated.
        """
        day = due_date(case, flow)
        waits = flow.milestone if day is None else ""
        return {
            "t": r.NEVER if day is None or day < case.valuation_date else self.calendar.t(day),
            "milestone": self.milestones.index(waits) if waits else -1,
            "delay": flow.delay_days,
        }

    def _due(self, case: Case) -> dict[datetime.date, list[int]]:
        """Which flows may fall on which dates: those after a milestone on any, as its delay is no part of a shape."""
        found: dict[datetime.date, list[int]] = {}
        notes = [case.notes[number] for number in _advances(case)]
        advances: list[tuple[Any, datetime.date]] = [(note.advance, note.maturity) for note in notes]
        last = case.horizon + ONE_DAY
        for f, (flow, before) in enumerate([*((flow, last) for flow in moving(case)), *advances]):
            for day in self.dates if flow.milestone else filter(None, (flow.date,)):
                if day < min(before, last):
                    found.setdefault(day, []).append(f)
        return found


def planned(case: Case, calendar: Calendar, k: int) -> list[float]:
    """What the flows of operations are expected to bring in simulated month k: those by month, and those whose day is
    known. Nobody plans with a milestone that is not reached yet."""
    amounts = []
    for flow in moving(case):
        if flow.operations:
            day = due_date(case, flow)
            dated = day is not None and case.valuation_date <= day <= case.horizon and calendar.month(day) == k
            amount = flow.amount if dated else monthly_amount(case, flow, k) * calendar.share(k)
            amounts.append(flow.probability * amount)
    return amounts


def _advances(case: Case) -> list[int]:
    """The numbers of the notes whose principal comes in later, or has done so after a milestone."""
    return [number for number, note in enumerate(case.notes) if note.principal and note.advance]


def moving(case: Case) -> tuple[Flow, ...]:
    """The flows of a case that move any cash, in the file's order."""
    return tuple(flow for flow in case.flows if flow.amount != 0.0)


def has_fixed_items(case: Case) -> bool:
    """Whether some of the burn is not cut by management's response."""
    return case.response is not None and any(item.fixed for item in case.burn.items)


@lru_cache(maxsize=16_384)
def _grown(amount: float, growth: float, k: int) -> float:
    """amount x (1 + growth)^(k/12), with 50 decimal digits and rounded once."""
    with localcontext(FIFTY_DIGITS):
        return float(Decimal(amount) * (1 + Decimal(growth)) ** (Decimal(k) / 12))


def monthly_amount(case: Case, flow: Flow, k: int) -> float:
    """What a monthly flow brings in month k, in a whole month; 0 for other flows and outside of its months."""
    counts = flow.monthly and begins_within(case.valuation_date, k, flow.from_, flow.to)
    return _grown(flow.amount, flow.growth, k) if counts else 0.0
