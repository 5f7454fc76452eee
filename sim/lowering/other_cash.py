"""Cash beside operations and lines as numbers: flows, advances of notes, interest income."""

from __future__ import annotations

import datetime
from decimal import Decimal, localcontext
from functools import lru_cache

import numpy as np

from sim.calendar import ONE_DAY
from sim.lowering import program as r
from sim.lowering import world_records as w
from sim.lowering.schedule import Calendar, array_of
from sim.lowering.statement import StatementItems
from sim.lowering.variates import Variates, bernoulli
from sim.terms import Case, Flow
from sim.terms.derived import begins_within
from sim.text.exact import FIFTY_DIGITS


class OtherCash:
    """What a case has of it, first asking for random numbers; `tables` once the stops are known."""

    def __init__(self, case: Case, calendar: Calendar, milestones: tuple[str, ...], variates: Variates) -> None:
        self.case, self.calendar, self.milestones = case, calendar, milestones
        self.flows = moving(case)
        self.rows = [self._flow_row(flow, variates) for flow in self.flows]
        self.rows += [
            self._advance_row(number) for number, note in enumerate(case.notes) if note.advance and note.principal
        ]
        self.items = StatementItems(case, calendar, milestones, variates)
        self.due = {day: rows for day, rows in self._due().items() if rows}

    @property
    def days(self) -> frozenset[datetime.date]:
        """The dates on which a path may have a flow."""
        return frozenset(self.due)

    @property
    def used(self) -> bool:
        """Whether the case has any of it."""
        return bool(self.rows or self.items.rows) or self.case.company.interest_income_rate > 0

    def tables(self, stops: list[dict]) -> w.OtherCash:
        """The tables; `stops` are those of `sim.lowering.schedule.stops_of`."""
        by_t = {self.calendar.t(day): rows for day, rows in self.due.items()}
        first, due = [0], []
        for stop in stops:
            due += by_t.pop(stop["t"], [])  # of two stops on one date the first has the flows
            first.append(len(due))
        n, case = self.calendar.n_months, self.case
        monthly = np.zeros((len(self.rows), n))
        for f, flow in enumerate(self.flows):
            monthly[f] = [monthly_amount(case, flow, k) * self.calendar.share(k) for k in range(n)]
        span = range((case.horizon - case.valuation_date).days + 1)
        months = [0, *(self.calendar.month(case.valuation_date + i * ONE_DAY) for i in span)]
        return w.OtherCash(
            flows=array_of(self.rows, w.FLOW),
            first_due=np.array(first, np.int64),
            due=np.array(due, np.int64),
            monthly=monthly,
            month_at=np.array(months, np.int64),
            income_rate=float(case.company.interest_income_rate),
            items=array_of(self.items.rows, w.ITEM),
            item_months=array_of(self.items.months, w.ITEM_MONTH),
        )

    def _flow_row(self, flow: Flow, variates: Variates) -> dict:
        return {
            "amount": flow.amount,
            "probability": flow.probability,
            "variate": bernoulli(variates, r.FLOW, flow.name, flow.probability),
            "t": self.calendar.t(flow.date) if flow.date else r.NEVER,
            **self._after(flow.milestone, flow.delay_days),
            "before": r.NEVER,
            "note": -1,
            "operations": int(flow.operations),
        }

    def _advance_row(self, number: int) -> dict:
        """The principal of a note comes in before its maturity, or not at all."""
        note = self.case.notes[number]
        advance = note.advance
        assert advance is not None
        return {
            "amount": note.principal,
            "probability": 1.0,
            "variate": -1,
            "t": self.calendar.t(advance.date) if advance.date else r.NEVER,
            **self._after(advance.milestone, advance.delay_days),
            "before": self.calendar.t(note.maturity),
            "note": number,
            "operations": 0,
        }

    def _after(self, milestone: str, delay: float) -> dict:
        return {"milestone": self.milestones.index(milestone) if milestone else -1, "delay": delay}

    def _due(self) -> dict[datetime.date, list[int]]:
        """Which flows may fall on which dates: those after a milestone on any day from the delay on."""
        case = self.case
        days = (case.horizon - case.valuation_date).days + 1
        found: dict[datetime.date, list[int]] = {case.valuation_date + i * ONE_DAY: [] for i in range(days)}
        for f, row in enumerate(self.rows):
            for i, day in enumerate(found, start=1):
                after = row["milestone"] >= 0 and row["delay"] <= i < row["before"]
                if after or row["t"] == i:
                    found[day].append(f)
        return found


def moving(case: Case) -> tuple[Flow, ...]:
    """The flows of a case that move any cash, in the file's order."""
    return tuple(flow for flow in case.flows if flow.amount != 0.0)


@lru_cache(maxsize=16_384)
def _grown(amount: float, growth: float, k: int) -> float:
    """amount x (1 + growth)^(k/12), with 50 decimal digits and rounded once."""
    with localcontext(FIFTY_DIGITS):
        return float(Decimal(amount) * (1 + Decimal(growth)) ** (Decimal(k) / 12))


def monthly_amount(case: Case, flow: Flow, k: int) -> float:
    """What a monthly flow brings in month k, in a whole month; 0 for other flows and outside of its months."""
    counts = flow.monthly and begins_within(case.valuation_date, k, flow.from_, flow.to)
    return _grown(flow.amount, flow.growth, k) if counts else 0.0
