"""Flows, advances of notes and interest income of one path, for its history and its ledger."""

from __future__ import annotations

import datetime
from typing import Any

from sim import calendar
from sim.lowering import world_records as w
from sim.lowering.other_cash import has_fixed_items, moving
from sim.terms import Case


def other_history(case: Case, months: tuple[str, ...], world: w.World | None, i: int) -> dict[str, Any]:
    """`flows`: those that are not certain and that path i of a block has. `cash_fixed`: what of its cash used no
    response cuts. Each only of cases that have such."""
    said: dict[str, Any] = {}
    if any(flow.probability < 1.0 for flow in case.flows):
        happens = () if world is None else world.other.rows.happens[:, i]  # none where no flow moves cash
        flows = zip(moving(case), happens, strict=False)
        said["flows"] = [flow.name for flow, happened in flows if flow.probability < 1.0 and happened]
    if world is not None and has_fixed_items(case):
        fixed = world.other.rows.fixed[:, i]
        said["cash_fixed"] = {month: float(fixed[k]) for k, month in enumerate(months)}
    return said


class OtherEntries:
    """What path i of a block has of it, from the rows of a finished block."""

    def __init__(self, case: Case, world: w.World | None, i: int) -> None:
        self.case = case
        self.flows: list[dict[str, Any]] = []
        self.advances: list[tuple[str, int, float]] = []
        if world is None:
            return
        tables, rows, names = world.other.tables, world.other.rows, [flow.name for flow in moving(case)]
        for f, row in enumerate(tables.flows):
            day, amount = float(rows.days[f, i]), float(row["amount"])
            if day >= len(tables.month_at):
                continue
            date = (case.valuation_date + datetime.timedelta(days=int(day) - 1)).isoformat()
            if row["note"] < 0:
                self.flows.append({"date": date, "name": names[f], "amount": amount})
            else:
                self.advances.append((date, int(row["note"]), amount))
        self.flows.sort(key=lambda entry: entry["date"])

    def with_advances(self, payments: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Payments on notes with the principal that came in, as principal below zero, on its day."""
        if not self.advances:
            return payments
        names = [note.name for note in self.case.notes]
        keyed = {(paid["date"], names.index(paid["note"])): paid for paid in payments}
        for date, number, amount in self.advances:
            paid = keyed.setdefault(
                (date, number), {"date": date, "note": names[number], "interest": 0.0, "principal": 0.0}
            )
            paid["principal"] = -amount + paid["principal"]
        return [keyed[key] for key in sorted(keyed)]

    def entries(self, cash_month_end: dict[str, float]) -> dict[str, Any]:
        """Entries of the ledger: dated flows in order, interest income by month; none where the case has none."""
        found: dict[str, Any] = {}
        if any(not flow.monthly for flow in self.case.flows):
            found["flows"] = self.flows
        rate = self.case.company.interest_income_rate
        if rate > 0:
            opening, income = self.case.company.cash, {}
            for k, (month, cash) in enumerate(cash_month_end.items()):
                days = float(calendar.simulated_days(self.case.valuation_date, k))
                income[month] = max(0.0, opening * rate * days / 365.0)
                opening = cash
            found["interest_income"] = income
        return found
