"""Notes: interest, principal, and the sweep of revolving notes. Section "The ledger of one path" of sim/docs/model.md.

Interest is simple, actual/365: accrued += principal x rate x days / 365.
"""

from sim.kernels.cash import pay
from sim.kernels.jit import stage, verb
from sim.lowering.program import BLOCK, CAUSE_INTEREST, CAUSE_PRINCIPAL


@verb
def pay_notes(ledgers, histories, program, stop, recording, lanes):
    """Interest due of every note; then principal due of every note."""
    state, minimum = ledgers.state[0], program.opening.minimum
    for a in range(stop.first_action, stop.last_action):
        action = program.actions[a]
        balances, extended = ledgers.notes[action.note], histories.extended[action.note]
        due = 2 if action.interest == 1 else action.maturity
        rate, days = program.notes[action.note].rate, action.accrual_days
        if program.notes[action.note].advanced != 0:
            accrue_by_path(balances, rate, stop.t)
            days = 0.0
        accrue(state, balances, extended, rate, days, due, stop.t, minimum)
        if action.interest == 2:
            capitalise(balances)
        if due != 0:
            record_payment(recording.interest, a, state.paid, lanes)
            keep_paid(ledgers.interest, stop.month, state.paid)
    for a in range(stop.first_action, stop.last_action):
        action = program.actions[a]
        if action.maturity != 0:
            extended = histories.extended[action.note]
            repay(state, ledgers.notes[action.note], extended, action.maturity, stop.t, minimum)
            record_payment(recording.principal, a, state.paid, lanes)


@stage
def accrue(state, balances, extended, rate, days, due, t, minimum):
    """Interest since the last accrual, paid if it is due: 0 no, 1 unless the note is extended, 2 yes."""
    for i in range(BLOCK):
        interest = balances.accrued[i] + balances.principal[i] * rate * days / 365.0
        paid = interest if (due == 2) | ((due == 1) & (extended[i] == 0.0)) else 0.0
        balances.accrued[i] = interest - paid
        state.paid[i] = paid
        pay(state, i, paid, t, minimum, CAUSE_INTEREST)


@stage
def accrue_by_path(balances, rate, t):
    """Interest since each path's own day, of a note whose principal comes in later."""
    for i in range(BLOCK):
        interest = balances.principal[i] * rate * (t - balances.since[i]) / 365.0
        balances.accrued[i] = balances.accrued[i] + interest
        balances.since[i] = t


@stage
def capitalise(balances):
    """Interest that is not paid is added to the principal."""
    for i in range(BLOCK):
        balances.principal[i] = balances.principal[i] + balances.accrued[i]
        balances.accrued[i] = 0.0


@stage
def repay(state, balances, extended, maturity, t, minimum):
    """Principal due at the original maturity (1), unless the note is extended, or at the extended one (2)."""
    for i in range(BLOCK):
        due = (maturity == 2) | (extended[i] == 0.0)
        paid = balances.principal[i] if due else 0.0
        balances.principal[i] = balances.principal[i] - paid
        balances.prepaid[i] = 0.0 if due else balances.prepaid[i]
        state.paid[i] = paid
        pay(state, i, paid, t, minimum, CAUSE_PRINCIPAL)


@verb
def sweep_notes(ledgers, program, stop, recording, lanes):
    """At the end of a month, cash above `prepay_above` prepays a note; cash below `reborrow_below` borrows it again."""
    state, notes = ledgers.state[0], ledgers.notes
    for a in range(stop.first_action, stop.last_action):
        action = program.actions[a]
        if action.sweep == 0:
            continue
        sweep(state, notes[action.note], program.notes[action.note], action.may_reborrow)
        record_payment(recording.interest, a, state.paid, lanes)
        keep_paid(ledgers.interest, stop.month, state.paid)
        record_payment(recording.principal, a, state.repaid, lanes)


@stage
def sweep(state, balances, note, may_reborrow):
    for i in range(BLOCK):
        cash = state.cash[i]
        excess = cash - note.prepay_above
        excess = excess if excess > 0.0 else 0.0
        interest = balances.accrued[i] if balances.accrued[i] < excess else excess
        excess = excess - interest
        repaid = balances.principal[i] if balances.principal[i] < excess else excess
        lack = note.reborrow_below - cash
        lack = lack if (lack > 0.0) & (may_reborrow != 0) else 0.0
        borrowed = balances.prepaid[i] if balances.prepaid[i] < lack else lack
        balances.accrued[i] = balances.accrued[i] - interest
        balances.principal[i] = balances.principal[i] - repaid + borrowed
        balances.prepaid[i] = balances.prepaid[i] + repaid - borrowed
        state.cash[i] = cash - interest - repaid + borrowed
        state.paid[i] = interest
        state.repaid[i] = repaid - borrowed


@stage
def keep_paid(interest, month, paid):
    """Add interest that is paid to that of its month, if some coverage counts it."""
    if len(interest) > 0:
        for i in range(BLOCK):
            interest[month, i] = interest[month, i] + paid[i]


@stage
def record_payment(rows, action, paid, lanes):
    """Add what was paid to the recording of an action, if payments are recorded."""
    if rows.shape[1] > 0:
        for i in range(lanes.recorded):
            rows[action, lanes.offset + i] += paid[i]
