"""The ledger of a block of paths, by ledger date. Section "The ledger of one path" of sim/docs/model.md."""

import numpy as np

from sim.kernels.cash import cash_out_day, close_month, operate_all
from sim.kernels.conditions import time_failures
from sim.kernels.financing import finance
from sim.kernels.jit import stage, verb
from sim.kernels.line.coverage import cover_all
from sim.kernels.line.purchase_date import count_inactive, purchase_dates
from sim.kernels.notes import pay_notes, sweep_notes
from sim.kernels.world.months import set_rate
from sim.kernels.world.surroundings import close_world, end_month, open_month, open_world, pay_one_off, take_other
from sim.lowering.program import (
    BLOCK,
    CAUSE_NONE,
    CAUSE_OPERATIONS,
    CENT,
    NEVER,
)


@stage
def keep_ledger(arrays, program, lanes, world):
    """Update a block of paths at each ledger date, a stop of the program, in time order."""
    ledgers, histories, recording = arrays.ledgers, arrays.histories, arrays.recording
    state, minimum = ledgers.state[0], program.opening.minimum
    open_ledger(ledgers, program)
    for k in range(len(program.months)):
        set_rate(ledgers.rates[k], histories.cash_used[k], program.months[k].days)
    time_failures(ledgers.failures, histories, program.conditions, program.events.adverse_duration)
    if world is not None:
        open_world(arrays, program, world)
    row = np.int64(0)
    for j in range(len(program.stops)):
        stop = program.stops[j]
        if program.price.impact and stop.closes_until > row:
            apply_price_impact(state, histories.closes, row, stop.closes_until)
            if len(histories.low) > 0:
                apply_price_impact(state, histories.low, row, stop.closes_until)
            if len(histories.vwap) > 0:
                apply_price_impact(state, histories.vwap, row, stop.closes_until)
            row = stop.closes_until
        if stop.last_date > stop.first_date:
            purchase_dates(stop.first_date, stop.last_date, arrays, program, lanes, world)
        if stop.third_party != 0:
            rates = ledgers.rates[stop.month]
            finance(state, rates, histories.financings, stop, program.third_party, program.opening)
        if world is not None:
            take_other(j, stop, ledgers, program, world.other)
        if stop.month_end >= 0 or stop.last_action > stop.first_action:
            operate_all(state, ledgers.rates[stop.month], stop.t, minimum)
            if world is not None:
                pay_one_off(world.people, state, stop, minimum)
            pay_notes(ledgers, histories, program, stop, recording, lanes)
        if stop.month_end >= 0:
            sweep_notes(ledgers, program, stop, recording, lanes)
            if world is not None:
                end_month(stop.month_end, ledgers, program, world)
            close_month(state, stop.t)
            record_month(state, recording, stop.month_end, lanes)
            if stop.gap_row >= 0:
                keep_gap(ledgers.gaps[stop.gap_row], state)
            if stop.closes_quarter >= -1:
                close_quarter(state, histories.cash_used, program, stop.closes_quarter)
            if world is not None:
                open_month(world, arrays, program, stop.month_end + 1)
    if world is not None:
        close_world(world, histories)
    close_ledger(ledgers, program, arrays.tally, lanes)


@stage
def record_month(state, recording, month_end, lanes):
    """The month-end cash of recorded paths."""
    for i in range(lanes.recorded):
        recording.cash_month_end[month_end, lanes.offset + i] = state.base_cash[i]


@stage
def keep_gap(gap, state):
    """The funding gap so far; below one cent it is none."""
    for i in range(BLOCK):
        gap[i] = state.funding_gap[i] if state.funding_gap[i] >= CENT else 0.0


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
        state.out_cash[i] = 0.0
        state.out_rate[i] = 1.0
        state.burn_cut[i] = 0.0
    for i in range(BLOCK):
        state.base_day[i] = 0.0
        state.drawn[i] = 0.0
        state.raised[i] = 0.0
        state.issued[i] = 0.0
        state.discount_cost[i] = 0.0
        state.draws[i] = 0.0
        state.cut[i] = 0.0
        state.other_shares[i] = 0.0
    for j in range(len(program.notes)):
        balances = ledgers.notes[j]
        for i in range(BLOCK):
            balances.principal[i] = program.notes[j].principal
            balances.accrued[i] = program.notes[j].accrued
            balances.prepaid[i] = 0.0
            balances.since[i] = 0.0
    ledgers.raised[:] = 0.0
    ledgers.undrawn[:] = 0.0
    ledgers.interest[:] = 0.0


@stage
def apply_price_impact(state, closes, first, last):
    """Multiply the closes in rows first ... last - 1 by the dilution impact of earlier draws."""
    for j in range(first, last):
        for i in range(BLOCK):
            closes[j, i] = closes[j, i] * state.impact[i]


@verb
def close_quarter(state, cash_used, program, q):
    """End of a fiscal quarter: `drawn` is reset. What coverage test q left unused is carried forward; q = -1: none."""
    if q >= 0:
        cover_all(state, cash_used, program.covers, program.quarters[q])
        carry_unused(state)
    reset_drawn(state)


@stage
def carry_unused(state):
    for i in range(BLOCK):
        left = state.coverage[i] + state.unused_coverage[i] - state.drawn[i]
        state.unused_coverage[i] = left if left > 0.0 else 0.0


@stage
def reset_drawn(state):
    for i in range(BLOCK):
        state.drawn[i] = 0.0


@verb
def close_ledger(ledgers, program, tally, lanes):
    """Count the remaining purchase dates of inactive paths, and set what is known at the horizon only.

    The cash-out's day, its interpolation; a funding gap below one cent is none; the ending cash of paths without a
    cash-out is their cash at the horizon.
    """
    state, purchases = ledgers.state[0], len(program.purchases)
    if purchases > 0:
        count_last(
            state, lanes.paths, purchases, ledgers.undrawn, tally.binding, program.purchases[purchases - 1].period,
            program.dates_by,
        )  # fmt: skip
    finish(state)


@stage
def count_last(state, paths, purchases, undrawn, binding, period, dates_by):
    for i in range(paths):
        if state.counted[i] < purchases - 1:
            count_inactive(state, i, purchases, undrawn, binding, period, dates_by)


@stage
def finish(state):
    for i in range(BLOCK):
        state.ending_cash[i] = state.base_cash[i] if state.out_days[i] == NEVER else state.ending_cash[i]
        state.out_days[i] = cash_out_day(state, i)
        state.funding_gap[i] = state.funding_gap[i] if state.funding_gap[i] >= CENT else 0.0
