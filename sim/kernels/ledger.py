"""The ledger of a block of paths, by ledger date. Section "The ledger of one path" of sim/docs/model.md."""

import numpy as np

from sim.kernels.cash import close_month, operate
from sim.kernels.jit import stage, verb
from sim.kernels.line.coverage import cover
from sim.kernels.line.purchase_date import count_inactive, purchase_shares
from sim.kernels.market.gbm import close_of
from sim.kernels.notes import pay_notes, sweep_notes
from sim.lowering.program import (
    BLOCK,
    CAUSE_NONE,
    CAUSE_OPERATIONS,
    CONDITION_MILESTONE,
    CONDITION_SAME_CEO,
    NEEDED,
    NEVER,
    RARE,
)


@verb
def keep_ledger(ledgers, histories, program, tally, recording, lanes):
    """Update a block of paths at each ledger date, in time order."""
    state, minimum = ledgers.state[0], program.opening.minimum
    first, last = np.int64(0), np.int64(BLOCK)
    open_ledger(ledgers, program)
    time_failures(ledgers.failures, histories, program.conditions, program.events.adverse_duration)
    row = 0
    for j in range(len(program.stops)):
        stop = program.stops[j]
        if program.price.impact and stop.closes_until > row:
            apply_price_impact(state, histories.closes, program.days, row, stop.closes_until)
            row = stop.closes_until
        if stop.third_party_row >= 0:
            finance(state, histories, stop, program)
        if stop.purchase >= 0:
            purchase_shares(ledgers, histories, program, stop, tally, recording, lanes)
        if stop.month_end >= 0 or stop.last_action > stop.first_action:
            operate(state, first, last, histories.cash_used[stop.month], stop, minimum)
            pay_notes(ledgers, histories, program, stop, recording, lanes)
        if stop.month_end >= 0:
            sweep_notes(ledgers, program, stop, recording, lanes)
            close_month(state, stop.t)
            for i in range(lanes.recorded):
                recording.cash_month_end[stop.month_end, lanes.offset + i] = state.base_cash[i]
            if stop.closes_quarter >= -1:
                close_quarter(state, histories.cash_used, program, stop.closes_quarter)
    close_ledger(ledgers, program, tally, lanes)


@verb
def open_ledger(ledgers, program):
    """Opening balances. Cash below the minimum at the opening is a cash-out at t = 0."""
    state, opening = ledgers.state[0], program.opening
    short = opening.minimum - opening.cash
    for i in range(BLOCK):
        state.base_cash[i] = opening.cash
        state.outstanding[i] = opening.outstanding
        state.remaining[i] = program.line.commitment
        state.unused_coverage[i] = opening.unused_coverage
        state.impact[i] = 1.0
        state.funding_gap[i] = short if short > 0.0 else 0.0
        state.out_days[i] = 0.0 if short > 0.0 else NEVER
        state.cause[i] = CAUSE_OPERATIONS if short > 0.0 else CAUSE_NONE
        state.ending_cash[i] = opening.minimum
        state.next_active[i] = -1.0
        state.counted[i] = -1.0
    for i in range(BLOCK):
        state.base_day[i] = 0.0
        state.drawn[i] = 0.0
        state.raised[i] = 0.0
        state.issued[i] = 0.0
        state.discount_cost[i] = 0.0
        state.draws[i] = 0.0
        state.cut[i] = 0.0
    for j in range(len(program.notes)):
        balances = ledgers.notes[j]
        for i in range(BLOCK):
            balances.principal[i] = program.notes[j].principal
            balances.accrued[i] = 0.0
            balances.prepaid[i] = 0.0
    ledgers.raised[:] = 0.0
    ledgers.undrawn[:] = 0.0


@stage
def time_failures(failures, histories, conditions, adverse_duration):
    """Set the interval [begins, ends) in which each condition fails; both are NEVER if the condition is waived."""
    for c in range(len(conditions)):
        kind, failure = conditions[c].kind, failures[c]
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
            failure.begins[i] = NEVER if waived else begins
            failure.ends[i] = NEVER if waived else ends


@stage
def apply_price_impact(state, closes, days, first, last):
    """Multiply closes in rows first to last - 1 by the dilution impact of earlier draws."""
    for j in range(first, last):
        if days[j].needed == NEEDED or days[j].needed == RARE:
            for i in range(BLOCK):
                closes[j, i] = closes[j, i] * state.impact[i]


@verb
def finance(state, histories, stop, program):
    """Third-party financing of the month, and the line's reduction. Processed per path because financings are rare."""
    third_party, opening = program.third_party, program.opening
    for j in range(histories.financings_until[stop.month], histories.financings_until[stop.month + 1]):
        i, amount = histories.financing_path[j], histories.financing_amount[j]
        operate(state, i, i + 1, histories.cash_used[stop.month], stop, opening.minimum)
        if third_party.price_factor > 0.0:
            price = close_of(histories, stop.third_party_row, i, program) * third_party.price_factor
            headroom_shares = opening.headroom - state.outstanding[i]
            worth = headroom_shares * price
            amount = worth if worth < amount else amount
            shares = np.floor(amount / price + 0.5)
            state.outstanding[i] += headroom_shares if shares > headroom_shares else shares
        if amount > 0.0:
            state.base_cash[i] = state.cash[i] + amount
            state.base_day[i] = stop.t
        if histories.financing_reduces[j] != 0.0 and stop.in_term:
            cut = min(amount, state.remaining[i])
            state.remaining[i] -= cut
            if state.out_days[i] == NEVER:
                state.cut[i] += cut
            state.next_active[i] = -1.0
        if state.outstanding[i] >= opening.headroom:
            state.next_active[i] = -1.0


@verb
def close_quarter(state, cash_used, program, q):
    """End of a fiscal quarter: its unused coverage is carried forward, and `drawn` is reset to 0."""
    if q >= 0:
        cover(state, np.int64(0), np.int64(BLOCK), cash_used, program.covers, program.quarters[q])
        for i in range(BLOCK):
            left = state.coverage[i] + state.unused_coverage[i] - state.drawn[i]
            state.unused_coverage[i] = left if left > 0.0 else 0.0
    for i in range(BLOCK):
        state.drawn[i] = 0.0


@verb
def close_ledger(ledgers, program, tally, lanes):
    """Tally the last inactive dates; the ending cash of paths without a cash-out is their cash at the horizon."""
    state, purchases = ledgers.state[0], len(program.purchases)
    for i in range(lanes.paths):
        if state.counted[i] < purchases - 1:
            count_inactive(state, i, purchases, ledgers.undrawn, tally.binding, program.purchases)
    for i in range(BLOCK):
        state.ending_cash[i] = state.base_cash[i] if state.out_days[i] == NEVER else state.ending_cash[i]
