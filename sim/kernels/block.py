"""The outermost kernels: uniform random words in, finished ledgers out, block by block.

These alone are cached on disk. Numba's cache looks at this file only, so the file carries a fingerprint of all kernel
sources: where it does not fit them, the cache is not used (see `sim.kernels.jit`).
"""

import numpy as np

from sim.kernels.burn import spread_burn
from sim.kernels.cache import outermost
from sim.kernels.events import draw_flags, find_third_parties, time_changes, time_milestones
from sim.kernels.jit import stage
from sim.kernels.ledger import keep_ledger
from sim.kernels.market.gbm import finish_rows, walk_prices
from sim.kernels.random.variates import draw_variates, mirror, take_points
from sim.lowering.program import (
    BLOCK,
    CENT,
    REASON_CASH_OUT,
    REASON_NO_DATE,
    REASON_PERIOD_CAP,
    Lanes,
)

FINGERPRINT = "08b09505d3836b7edcae4e5853386d15"


@stage
def sample(histories, program, points, span, offset, all_closes):
    """Fill `histories` with everything random of BLOCK paths; prices of all days at once where they are recorded."""
    variates, first_path = histories.variates, span.first_path + np.uint64(offset)
    if points.uniforms.shape[1] > 0:
        take_points(variates, program.calls, points, offset)
    elif span.antithetic:
        draw_variates(histories.half_variates, program.calls, first_path >> np.uint64(1), span.seed)
        mirror(variates, histories.half_variates, program.calls)
    else:
        draw_variates(variates, program.calls, first_path, span.seed)
    spread_burn(histories.cash_used, variates, program.months, program.burn, histories.scratch)
    time_milestones(histories.achieved, variates, program.milestones, program.events)
    time_changes(histories.ceo_change, histories.adverse_change, variates, program.events)
    draw_flags(histories.waived, variates, program.conditions)
    draw_flags(histories.extended, variates, program.notes)
    if program.third_party.probability > 0.0:
        find_third_parties(histories, program.months, program.third_party, first_path, span, points, offset)
    walk_prices(histories.closes, histories.ready, variates, program.walk, program.days, program.price)
    everything = all_closes or program.price.impact != 0
    if everything or not program.line.skips:
        finish_rows(histories, program, everything)


@stage
def write_output(output, first, ledgers, n):
    """Columns first ... of the output, for the block's first n paths."""
    state = ledgers.state[0]
    for i in range(n):
        output.raised[first + i] = state.raised[i]
        output.shares_issued[first + i] = state.issued[i]
        output.discount_cost[first + i] = state.discount_cost[i]
        output.draws[first + i] = state.draws[i]
        output.funding_gap[first + i] = state.funding_gap[i]
        output.ending_cash[first + i] = state.ending_cash[i]
        output.cash_out_days[first + i] = state.out_days[i]
        output.cause[first + i] = state.cause[i]
        output.cut[first + i] = state.cut[i]
    for q in range(len(ledgers.raised)):
        row = output.raised_by_period[q]
        for i in range(n):
            row[first + i] = ledgers.raised[q, i]


@stage
def share_unraised(tally, ledgers, program, n):
    """Attribute the commitment that was neither raised nor cut to the reasons, in proportion to the undrawn amounts.

    Source: section "Measures" of sim/docs/model.md. Less than one cent is the rounding error of sums and is ignored. If
    no date has an undrawn amount, for example because third parties cut the line before the next date, all of it is
    attributed to the cash-out if purchase dates follow it, otherwise to the period cap or, without
    purchase dates, to "no purchase date".
    """
    state, undrawn = ledgers.state[0], ledgers.undrawn
    base = len(program.conditions)
    dates = len(program.purchases)
    leftover = base + (REASON_PERIOD_CAP if dates > 0 else REASON_NO_DATE)
    last = program.purchases[dates - 1].t if dates > 0 else 0.0
    for i in range(BLOCK):
        state.undrawn[i] = 0.0
    for r in range(len(undrawn)):
        for i in range(BLOCK):
            state.undrawn[i] = state.undrawn[i] + undrawn[r, i]
    for i in range(BLOCK):
        unraised = program.line.commitment - state.raised[i] - state.cut[i]
        state.amount[i] = unraised if (unraised >= CENT) & (i < n) else 0.0
        reason = base + REASON_CASH_OUT if state.out_days[i] < last else leftover
        tally.unraised[reason, i] += state.amount[i] if state.undrawn[i] <= 0.0 else 0.0
        state.amount[i] = state.amount[i] / state.undrawn[i] if state.undrawn[i] > 0.0 else 0.0
    for r in range(len(undrawn)):
        for i in range(BLOCK):
            tally.unraised[r, i] = tally.unraised[r, i] + state.amount[i] * undrawn[r, i]


@outermost(FINGERPRINT)
def simulate_chunk(program, arrays, span):
    """Simulate the paths of `span` into columns span.column ... of the output; returns how many were finished."""
    recording = arrays.recording
    recorded_paths = recording.cash_month_end.shape[1]
    done = 0
    for offset in range(0, span.paths, BLOCK):
        if arrays.stop[0] != 0:
            break
        n = min(BLOCK, span.paths - offset)
        lanes = Lanes(offset, n, min(n, max(0, recorded_paths - offset)))
        all_closes = lanes.recorded > 0 and recording.close.shape[1] > 0
        sample(arrays.histories, program, arrays.points, span, offset, all_closes)
        keep_ledger(arrays.ledgers, arrays.histories, program, arrays.tally, recording, lanes)
        share_unraised(arrays.tally, arrays.ledgers, program, n)
        write_output(arrays.output, span.column + offset, arrays.ledgers, n)
        done += n
    return done


@outermost(FINGERPRINT)
def replay_block(program, arrays, n):
    """The ledger alone, for histories that are given; the first n <= BLOCK columns are wanted."""
    keep_ledger(arrays.ledgers, arrays.histories, program, arrays.tally, arrays.recording, Lanes(np.int64(0), n, n))
    share_unraised(arrays.tally, arrays.ledgers, program, n)
    write_output(arrays.output, np.int64(0), arrays.ledgers, n)
    return n
