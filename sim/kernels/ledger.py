"""The ledger of a block of paths: stop by stop, in the order of events of SPEC, section 5."""

import numpy as np

from sim.kernels.cash import operate, pay
from sim.kernels.jit import stage, verb
from sim.kernels.line.draw import count_sleep, purchase_shares
from sim.kernels.line.limits import cover
from sim.kernels.market.gbm import close_of
from sim.lowering.program import (
    BASE_DAY,
    BLOCK,
    CASH,
    CAUSE,
    CAUSE_INTEREST,
    CAUSE_NONE,
    CAUSE_OPERATIONS,
    CAUSE_PRINCIPAL,
    CONDITION_MILESTONE,
    CONDITION_SAME_CEO,
    COVERAGE,
    CUT,
    DISCOUNT_COST,
    DRAWN,
    DRAWS,
    ENDING,
    GAP,
    IMPACT,
    ISSUED,
    LAST,
    NEEDED,
    NEVER,
    NOW,
    OUT_DAYS,
    OUTSTANDING,
    PAID,
    RAISED,
    RARE,
    REMAINING,
    UNUSED_COVERAGE,
    WAKE,
)


@verb
def open_ledger(ledgers, program):
    """Opening balances. Cash below the minimum at the opening is a cash-out at t = 0."""
    s, opening = ledgers.state, program.opening
    short = opening.minimum - opening.cash
    for i in range(BLOCK):
        s[CASH + i] = opening.cash
        s[OUTSTANDING + i] = opening.outstanding
        s[REMAINING + i] = program.line.commitment
        s[UNUSED_COVERAGE + i] = opening.unused_coverage
        s[IMPACT + i] = 1.0
        s[GAP + i] = short if short > 0.0 else 0.0
        s[OUT_DAYS + i] = 0.0 if short > 0.0 else NEVER
        s[CAUSE + i] = CAUSE_OPERATIONS if short > 0.0 else CAUSE_NONE
        s[ENDING + i] = opening.minimum
        s[WAKE + i] = -1.0
        s[LAST + i] = -1.0
    for field in (BASE_DAY, DRAWN, RAISED, ISSUED, DISCOUNT_COST, DRAWS, CUT):
        for i in range(BLOCK):
            s[field + i] = 0.0
    for j in range(len(program.notes)):
        ledgers.notes[3 * j] = program.notes[j].principal
        ledgers.notes[3 * j + 1] = 0.0
        ledgers.notes[3 * j + 2] = 0.0
    ledgers.raised[:] = 0.0
    ledgers.shortfall[:] = 0.0


@stage
def time_failures(fails_from, fails_until, histories, conditions, adverse_duration):
    """When each condition fails, from a day until before another; never where the investor waives it."""
    for c in range(len(conditions)):
        kind = conditions[c].kind
        for i in range(BLOCK):
            begins, ends = -1.0, NEVER
            if kind == CONDITION_MILESTONE:
                ends = histories.achieved[conditions[c].milestone, i]
            elif kind == CONDITION_SAME_CEO:
                begins = histories.ceo_change[0, i]
            else:
                begins = histories.adverse_change[0, i]
                ends = begins + adverse_duration
            waived = histories.waived[c, i] != 0.0
            fails_from[c, i] = NEVER if waived else begins
            fails_until[c, i] = NEVER if waived else ends


@stage
def impress(s, closes, days, first, last):
    """Dilution impact of the draws so far on the closes from row `first` to before row `last`."""
    for j in range(first, last):
        if days[j].needed == NEEDED or days[j].needed == RARE:
            for i in range(BLOCK):
                closes[j, i] = closes[j, i] * s[IMPACT + i]


@verb
def finance(s, histories, stop, program):
    """Step 2: third-party financing of the month, and the investor's cut of the line. Rare, so path by path."""
    third_party, opening = program.third_party, program.opening
    for j in range(histories.deals_until[stop.month], histories.deals_until[stop.month + 1]):
        i, amount = histories.deal_path[j], histories.deal_amount[j]
        operate(s, i, i + 1, histories.cash_used, stop.month, stop.month_days, stop.t, opening.minimum)
        if third_party.price_factor > 0.0:
            price = close_of(histories, stop.third_party_row, i, program) * third_party.price_factor
            room = opening.headroom - s[OUTSTANDING + i]
            worth = room * price
            amount = worth if worth < amount else amount
            shares = np.floor(amount / price + 0.5)
            s[OUTSTANDING + i] += room if shares > room else shares
        if amount > 0.0:
            s[CASH + i] = s[NOW + i] + amount
            s[BASE_DAY + i] = stop.t
        if histories.deal_reduces[j] != 0.0 and stop.in_term:
            cut = min(amount, s[REMAINING + i])
            s[REMAINING + i] -= cut
            if s[OUT_DAYS + i] == NEVER:
                s[CUT + i] += cut
            s[WAKE + i] = -1.0
        if s[OUTSTANDING + i] >= opening.headroom:
            s[WAKE + i] = -1.0


@verb
def pay_notes(ledgers, histories, program, stop):
    """Step 4: interest due, of every note; then principal due, of every note."""
    s, balances, minimum = ledgers.state, ledgers.notes, program.opening.minimum
    for a in range(stop.first_action, stop.last_action):
        action = program.actions[a]
        note = program.notes[action.note]
        principal, accrued = balances[3 * action.note], balances[3 * action.note + 1]
        extended = histories.extended[action.note]
        for i in range(BLOCK):
            accrued[i] = accrued[i] + principal[i] * note.rate * action.accrual_days / 365.0
        if action.interest or action.maturity:
            for i in range(BLOCK):
                due = action.interest or action.maturity == 2 or extended[i] == 0.0
                s[PAID + i] = accrued[i] if due else 0.0
                accrued[i] = 0.0 if due else accrued[i]
            pay(s, np.int64(0), np.int64(BLOCK), stop.t, minimum, CAUSE_INTEREST)
    for a in range(stop.first_action, stop.last_action):
        action = program.actions[a]
        if action.maturity == 0:
            continue
        principal, prepaid = balances[3 * action.note], balances[3 * action.note + 2]
        extended = histories.extended[action.note]
        for i in range(BLOCK):
            due = action.maturity == 2 or extended[i] == 0.0
            s[PAID + i] = principal[i] if due else 0.0
            principal[i] = 0.0 if due else principal[i]
            prepaid[i] = 0.0 if due else prepaid[i]
        pay(s, np.int64(0), np.int64(BLOCK), stop.t, minimum, CAUSE_PRINCIPAL)


@verb
def sweep_notes(ledgers, program, stop):
    """Step 5: at a month's end, cash above one mark prepays a revolving note; below another it re-borrows that."""
    s, balances = ledgers.state, ledgers.notes
    for a in range(stop.first_action, stop.last_action):
        action = program.actions[a]
        if action.sweep == 0:
            continue
        note = program.notes[action.note]
        principal, accrued = balances[3 * action.note], balances[3 * action.note + 1]
        prepaid = balances[3 * action.note + 2]
        for i in range(BLOCK):
            cash = s[NOW + i]
            excess = cash - note.prepay_above
            excess = excess if excess > 0.0 else 0.0
            interest = accrued[i] if accrued[i] < excess else excess
            excess = excess - interest
            repaid = principal[i] if principal[i] < excess else excess
            lack = note.reborrow_below - cash
            lack = lack if (lack > 0.0) & (action.may_reborrow != 0) else 0.0
            borrowed = prepaid[i] if prepaid[i] < lack else lack
            accrued[i] = accrued[i] - interest
            principal[i] = principal[i] - repaid + borrowed
            prepaid[i] = prepaid[i] + repaid - borrowed
            s[NOW + i] = cash - interest - repaid + borrowed


@stage
def close_month(s, t):
    """The balance at a month's end is the next month's opening."""
    for i in range(BLOCK):
        s[CASH + i] = s[NOW + i]
        s[BASE_DAY + i] = t


@verb
def close_quarter(s, cash_used, program, q):
    """End of a fiscal quarter: what its coverage leaves unused is carried forward; the next quarter starts undrawn."""
    if q >= 0:
        quarter = program.quarters[q]
        cover(
            s,
            np.int64(0),
            np.int64(BLOCK),
            cash_used,
            program.covers,
            quarter.first_cover,
            quarter.last_cover,
            quarter.percent,
        )
        for i in range(BLOCK):
            left = s[COVERAGE + i] + s[UNUSED_COVERAGE + i] - s[DRAWN + i]
            s[UNUSED_COVERAGE + i] = left if left > 0.0 else 0.0
    for i in range(BLOCK):
        s[DRAWN + i] = 0.0


@verb
def keep_ledger(ledgers, histories, program, tally, tape, n, recorded, offset):
    """Walk a block of paths through every stop; the first `n` are wanted, the first `recorded` go on the tape."""
    s, minimum = ledgers.state, program.opening.minimum
    first, last = np.int64(0), np.int64(BLOCK)
    open_ledger(ledgers, program)
    time_failures(
        ledgers.fails_from, ledgers.fails_until, histories, program.conditions, program.events.adverse_duration
    )
    row = 0
    for j in range(len(program.stops)):
        stop = program.stops[j]
        if program.price.impact and stop.closes_until > row:
            impress(s, histories.closes, program.days, row, stop.closes_until)
            row = stop.closes_until
        if stop.third_party_row >= 0:
            finance(s, histories, stop, program)
        if stop.purchase >= 0:
            purchase_shares(ledgers, histories, program, stop, tally, tape, n, recorded, offset)
        if stop.month_end >= 0 or stop.last_action > stop.first_action:
            operate(s, first, last, histories.cash_used, stop.month, stop.month_days, stop.t, minimum)
            pay_notes(ledgers, histories, program, stop)
        if stop.month_end >= 0:
            sweep_notes(ledgers, program, stop)
            close_month(s, stop.t)
            for i in range(recorded):
                tape.cash_month_end[stop.month_end, offset + i] = s[CASH + i]
            if stop.closes_quarter >= -1:
                close_quarter(s, histories.cash_used, program, stop.closes_quarter)
    purchases = len(program.purchases)
    for i in range(n):
        if s[LAST + i] < purchases - 1:
            count_sleep(s, i, purchases, ledgers.shortfall, tally.binding, program.purchases)
    for i in range(BLOCK):
        s[ENDING + i] = s[CASH + i] if s[OUT_DAYS + i] == NEVER else s[ENDING + i]
