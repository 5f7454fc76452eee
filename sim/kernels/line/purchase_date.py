"""One purchase date of a block of paths: the draws of active paths, their tallies, and which paths become inactive."""

import numpy as np

from sim.kernels.jit import stage, verb
from sim.kernels.line.draw import draw
from sim.kernels.line.inactivity import mark_inactive
from sim.lowering.program import BLOCK, CASH_OUT_FROM_END, MANY


@verb
def purchase_shares(ledgers, histories, program, stop, tally, recording, lanes):
    """The draw of a purchase date and its legal cost. Inactive paths are skipped."""
    state, p = ledgers.state[0], stop.purchase
    purchase = program.purchases[p]
    recorded = lanes.recorded > 0 and recording.close.shape[1] > 0
    active = BLOCK if recorded or purchase.everyone != 0 else count_active(state, purchase.t)
    together = active > MANY
    lo = np.int64(0)
    while active > 0 and lo < BLOCK:
        hi = np.int64(BLOCK) if together else lo + 1
        if together or state.next_active[lo] <= purchase.t:
            draw(state, lo, hi, ledgers, histories, program, stop)
            count(state, lo, min(hi, lanes.paths), p, ledgers.undrawn, tally.binding, program.purchases)
            if program.line.skips:
                mark_inactive(state, lo, hi, ledgers.failures, purchase.t, program)
            active -= hi - lo
        lo = hi
    if recorded:
        record_draw(state, lanes, recording, p)


@stage
def count_active(state, t):
    """How many paths can draw or change their binding reason by day t."""
    active = 0
    for i in range(BLOCK):
        active += state.next_active[i] <= t
    return active


@stage
def count(state, lo, hi, p, undrawn, binding, purchases):
    """Tally purchase date p for paths lo ... hi - 1, and the dates on which they were inactive before it."""
    reasons = len(undrawn)
    out = reasons + CASH_OUT_FROM_END
    row = purchases[p].period * reasons
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        if state.counted[i] < p - 1:
            count_inactive(state, i, p, undrawn, binding, purchases)
        reason = int(state.binding[i]) if state.solvent[i] != 0.0 else out
        undrawn[reason, i] += state.undrawn[i]
        binding[row + reason, i] += 1
        state.counted[i] = p


@stage
def count_inactive(state, i, p, undrawn, binding, purchases):
    """Tally the dates before p on which path i was inactive: all for one reason, and from the cash-out on for that."""
    reasons = len(undrawn)
    first = int(state.counted[i]) + 1
    solvent = 0
    for j in range(first, p):
        solvent += purchases[j].t <= state.out_days[i]
    out = reasons + CASH_OUT_FROM_END
    row = purchases[first].period * reasons
    for reason, dates in ((int(state.inactive_reason[i]), solvent), (out, p - first - solvent)):
        undrawn[reason, i] += dates * state.inactive_undrawn[i]
        binding[row + reason, i] += dates


@stage
def record_draw(state, lanes, recording, p):
    """Record purchase date p of the block's first paths."""
    for i in range(lanes.recorded):
        recording.request[p, lanes.offset + i] = state.request[i]
        recording.average[p, lanes.offset + i] = state.average[i]
        recording.price[p, lanes.offset + i] = state.price[i]
        recording.close[p, lanes.offset + i] = state.close[i]
        recording.amount[p, lanes.offset + i] = state.amount[i]
        recording.shares[p, lanes.offset + i] = state.shares[i]
        recording.binding[p, lanes.offset + i] = state.binding[i]
