"""What people do on a single path: keys of its history and of its ledger, where the case has such people."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.calendar import month_end, month_start
from sim.engine.workspace import Workspace
from sim.terms import Case


def people_history(case: Case, workspace: Workspace, i: int) -> dict[str, Any]:
    """`bridge_months`: the months at whose ends the insider would lend. `waived_by_period`: what the investor waives in
    which fiscal quarter, of lines where each has waivers of its own."""
    world, plan = workspace.world, workspace.plan
    said: dict[str, Any] = {}
    if world is not None and case.bridge is not None:
        said["bridge_months"] = [month for k, month in enumerate(plan.months) if world.people.willing[k, i]]
    of_periods = sorted(
        (waiver.period.ordinal, waiver.condition < 0, row, waiver.period.label, waiver.name)
        for row, waiver in enumerate(plan.waivers)
        if waiver.period is not None
    )
    if world is not None and of_periods:
        waived: dict[str, list[str]] = {label: [] for _, _, _, label, _ in of_periods}
        for _, _, row, label, name in of_periods:
            waived[label] += [name] * bool(world.people.waived[row, i])
        said["waived_by_period"] = waived
    return said


def waived_coverage(workspace: Workspace, i: int) -> list[str]:
    """The names of coverage that is waived for the whole term."""
    world, waivers = workspace.world, enumerate(workspace.plan.waivers)
    once = [(row, waiver.name) for row, waiver in waivers if waiver.condition < 0 and waiver.period is None]
    return [name for row, name in once if world is not None and world.people.waived[row, i]]


def people_ledger(case: Case, workspace: Workspace, i: int) -> dict[str, Any]:
    """`response`: what management decided at the opening of which month. `bridge`: the insider's loans, and what is
    owed to him at the horizon, with interest."""
    world, months = workspace.world, workspace.plan.months
    said: dict[str, Any] = {}
    if world is not None and case.response is not None:
        acts = [(k, act) for k, act in enumerate(world.people.acts[:, i]) if act]
        said["response"] = [
            {
                "month": months[k],
                "burn": "cut" if act > 0 else "restored",
                "from": f"{month_start(case.valuation_date, k + case.response.delay_months * (act > 0)):%Y-%m}",
            }
            for k, act in acts
        ]
    if world is not None and case.bridge is not None:
        rows, loans = world.people.rows[0], world.people.loans[:, i]
        said["bridge"] = {
            "loans": [
                {"date": month_end(case.valuation_date, int(k)).isoformat(), "amount": float(loans[k])}
                for k in np.flatnonzero(loans)
            ],
            "owed": float(rows.lent[i] + rows.accrued[i]),
        }
    return said
