"""Flows of cash, and principal of notes that comes in later. Section "Other cash" of sim/docs/model.md.

A flow has one day on each path: a date, or the first day t(d) >= T + delay of a milestone reached at T. A monthly flow
has none: the month's operations use so much less, evenly over its days.
"""

import numpy as np

from sim.kernels.cash import operate_all, pay
from sim.kernels.jit import stage, verb
from sim.lowering.program import BLOCK, CAUSE_FLOWS, NEVER


@verb
def time_flows(histories, other):
    """The day of every flow."""
    tables, rows = other.tables, other.rows
    for f in range(len(tables.flows)):
        flow = tables.flows[f]
        time_flow(rows.days[f], rows.happens[f], histories.achieved[max(flow.milestone, 0)], flow)


@stage
def time_flow(days, happens, achieved, flow):
    """The day of a flow on each path."""
    for i in range(BLOCK):
        day = flow.t
        if flow.milestone >= 0:
            day = np.ceil(achieved[i] + flow.delay)
            day = day if day > 1.0 else 1.0
        days[i] = day if (happens[i] != 0.0) & (day < flow.before) else NEVER


@verb
def take_flows(j, stop, ledgers, program, other):
    """The flows of stop j: after operations and financings of the day, before its draws."""
    tables, rows, state = other.tables, other.rows, ledgers.state[0]
    for d in range(tables.first_due[j], tables.first_due[j + 1]):
        f = tables.due[d]
        flow = tables.flows[f]
        if any_due(rows.days[f], stop.t):
            operate_all(state, ledgers.rates[stop.month], stop.t, program.opening.minimum)
            take_flow(state, rows.days[f], flow.amount, stop.t, program.opening.minimum)
            if flow.note >= 0:
                advance(ledgers.notes[flow.note], rows.days[f], flow.amount, stop.t)


@stage
def any_due(days, t):
    """Whether any path has the flow today."""
    found = 0
    for i in range(BLOCK):
        found += days[i] == t
    return found > 0


@stage
def take_flow(state, days, amount, t, minimum):
    """Cash of the paths that have the flow today. A path that it ends is looked at on the next purchase date, so that
    the dates before today count as before the cash-out."""
    for i in range(BLOCK):
        solvent = state.out_days[i] == NEVER
        pay(state, i, -amount if days[i] == t else 0.0, t, minimum, CAUSE_FLOWS)
        state.next_active[i] = -1.0 if solvent & (state.out_days[i] == t) else state.next_active[i]


@stage
def advance(balances, days, principal, t):
    """The principal of a note comes in, and its interest starts."""
    for i in range(BLOCK):
        comes = days[i] == t
        balances.principal[i] = balances.principal[i] + (principal if comes else 0.0)
        balances.since[i] = t if comes else balances.since[i]
