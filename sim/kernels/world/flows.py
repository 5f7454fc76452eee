"""Flows of cash, and principal of notes that comes in later. Section "Other cash" of sim/docs/model.md.

A flow has one day on each path: a date, or the first day t(d) >= T + delay of a milestone reached at T. A monthly flow
has none: the month's operations use so much less, evenly over its days.
"""

import numpy as np

from sim.kernels.cash import operate_all, pay
from sim.kernels.jit import stage, verb
from sim.lowering.program import BLOCK, CAUSE_FLOWS, NEVER


@verb
def open_flows(ledgers, histories, program, other):
    """The day of every flow, the months' rates with monthly flows, and the cash used with the flows of operations."""
    tables, rows, months = other.tables, other.rows, len(other.rows.burn)
    for f in range(len(tables.flows)):
        flow = tables.flows[f]
        time_flow(rows.days[f], rows.happens[f], histories.achieved[max(flow.milestone, 0)], flow)
    for k in range(months):
        copy_row(rows.burn[k], histories.cash_used[k])
        copy_row(rows.total[0], histories.cash_used[k])
        for f in range(len(tables.flows)):
            if tables.monthly[f, k] != 0.0:
                take_monthly(rows.total[0], rows.happens[f], tables.monthly[f, k])
        set_rate(ledgers.rates[k], rows.total[0], program.months[k].days)
    for f in range(len(tables.flows)):
        if tables.flows[f].operations != 0:
            for k in range(months):
                if tables.monthly[f, k] != 0.0:
                    take_monthly(histories.cash_used[k], rows.happens[f], tables.monthly[f, k])
            count_used(histories.cash_used, rows.days[f], tables.flows[f].amount, tables.month_at)


@stage
def time_flow(days, happens, achieved, flow):
    """The day of a flow on each path."""
    for i in range(BLOCK):
        day = flow.t
        if flow.milestone >= 0:
            day = np.ceil(achieved[i] + flow.delay)
            day = day if day > 1.0 else 1.0
        days[i] = day if (happens[i] != 0.0) & (day < flow.before) else NEVER


@stage
def copy_row(row, source):
    for i in range(BLOCK):
        row[i] = source[i]


@stage
def take_monthly(used, happens, amount):
    """A month's cash used, less what a monthly flow brings."""
    for i in range(BLOCK):
        used[i] = used[i] - amount if happens[i] != 0.0 else used[i]


@stage
def set_rate(rates, used, days):
    """Cash used a day."""
    for i in range(BLOCK):
        rates[i] = used[i] / days


@stage
def count_used(cash_used, days, amount, month_at):
    """A flow of operations in the cash used of its month, if it comes before the end."""
    for i in range(BLOCK):
        if days[i] < len(month_at):
            month = month_at[int(days[i])]
            cash_used[month, i] = cash_used[month, i] - amount


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
