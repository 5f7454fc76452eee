"""Notes: interest, principal, and the sweep of revolving notes. Section "The ledger of one path" of sim/docs/model.md.

Interest is simple, actual/365: accrued += principal x rate x days / 365.
"""

import numpy as np

from sim.kernels.cash import pay
from sim.kernels.jit import stage, verb
from sim.lowering.program import BLOCK, CAUSE_INTEREST, CAUSE_PRINCIPAL


@verb
def pay_notes(ledgers, histories, program, stop, recording, lanes):
    """Interest due of every note; then principal due of every note."""
    state, notes = ledgers.state[0], ledgers.notes
    first, last, minimum = np.int64(0), np.int64(BLOCK), program.opening.minimum
    for a in range(stop.first_action, stop.last_action):
        action = program.actions[a]
        rate = program.notes[action.note].rate
        balances, extended = notes[action.note], histories.extended[action.note]
        for i in range(BLOCK):
            interest = balances.principal[i] * rate * action.accrual_days / 365.0
            balances.accrued[i] = balances.accrued[i] + interest
        if action.interest or action.maturity:
            for i in range(BLOCK):
                due = action.interest or action.maturity == 2 or extended[i] == 0.0
                state.paid[i] = balances.accrued[i] if due else 0.0
                balances.accrued[i] = 0.0 if due else balances.accrued[i]
            pay(state, first, last, stop.t, minimum, CAUSE_INTEREST)
            record_payment(recording.interest, a, state.paid, lanes)
    for a in range(stop.first_action, stop.last_action):
        action = program.actions[a]
        if action.maturity == 0:
            continue
        balances, extended = notes[action.note], histories.extended[action.note]
        for i in range(BLOCK):
            due = action.maturity == 2 or extended[i] == 0.0
            state.paid[i] = balances.principal[i] if due else 0.0
            balances.principal[i] = 0.0 if due else balances.principal[i]
            balances.prepaid[i] = 0.0 if due else balances.prepaid[i]
        pay(state, first, last, stop.t, minimum, CAUSE_PRINCIPAL)
        record_payment(recording.principal, a, state.paid, lanes)


@verb
def sweep_notes(ledgers, program, stop, recording, lanes):
    """At the end of a month, cash above `prepay_above` prepays a note; cash below `reborrow_below` borrows it again."""
    state, notes = ledgers.state[0], ledgers.notes
    for a in range(stop.first_action, stop.last_action):
        action = program.actions[a]
        if action.sweep == 0:
            continue
        note, balances = program.notes[action.note], notes[action.note]
        for i in range(BLOCK):
            cash = state.cash[i]
            excess = cash - note.prepay_above
            excess = excess if excess > 0.0 else 0.0
            interest = balances.accrued[i] if balances.accrued[i] < excess else excess
            excess = excess - interest
            repaid = balances.principal[i] if balances.principal[i] < excess else excess
            lack = note.reborrow_below - cash
            lack = lack if (lack > 0.0) & (action.may_reborrow != 0) else 0.0
            borrowed = balances.prepaid[i] if balances.prepaid[i] < lack else lack
            balances.accrued[i] = balances.accrued[i] - interest
            balances.principal[i] = balances.principal[i] - repaid + borrowed
            balances.prepaid[i] = balances.prepaid[i] + repaid - borrowed
            state.cash[i] = cash - interest - repaid + borrowed
            state.paid[i] = interest
            state.repaid[i] = repaid - borrowed
        record_payment(recording.interest, a, state.paid, lanes)
        record_payment(recording.principal, a, state.repaid, lanes)


@stage
def record_payment(rows, action, paid, lanes):
    """Add what was paid to the recording of an action, if payments are recorded."""
    if rows.shape[1] > 0:
        for i in range(lanes.recorded):
            rows[action, lanes.offset + i] += paid[i]
