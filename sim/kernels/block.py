"""The outermost kernels: uniform random words in, finished ledgers out, block by block.

These alone are cached on disk. Numba's cache looks at this file only, so the file carries a fingerprint of all kernel
sources: where it does not fit them, the cache is not used (see `sim.kernels.jit`).
"""

import numpy as np

from sim.kernels.burn import spread_burn
from sim.kernels.cache import outermost
from sim.kernels.events import find_third_parties, time_changes, time_milestones, toss
from sim.kernels.jit import stage
from sim.kernels.ledger import keep_ledger
from sim.kernels.market.gbm import finish_rows, walk_prices
from sim.kernels.random.variates import draw_luck, mirror, take_points
from sim.lowering.program import (
    BLOCK,
    CENT,
    N_COLUMNS,
    REASON_CASH_OUT,
    REASON_NO_DATE,
    REASON_PERIOD_CAP,
    Lanes,
)

FINGERPRINT = "dd4f30b519f7d666597a93df98f17dbe"


@stage
def sample(histories, program, points, span, offset, recording):
    """Everything random of BLOCK paths, written down in `histories`; all closes at once if they are to be recorded."""
    luck, first_path = histories.luck, span.first_path + np.uint64(offset)
    if points.uniforms.shape[1] > 0:
        take_points(luck, program.calls, points, offset)
    elif span.antithetic:
        draw_luck(histories.half_luck, program.calls, first_path >> np.uint64(1), span.seed)
        mirror(luck, histories.half_luck, program.calls)
    else:
        draw_luck(luck, program.calls, first_path, span.seed)
    spread_burn(histories.cash_used, luck, program.months, program.burn, histories.scratch)
    time_milestones(histories.achieved, luck, program.milestones, program.events)
    time_changes(histories.ceo_change, histories.adverse_change, luck, program.events)
    toss(histories.waived, luck, program.conditions)
    toss(histories.extended, luck, program.notes)
    if program.third_party.probability > 0.0:
        find_third_parties(histories, program.months, program.third_party, first_path, span, points, offset)
    walk_prices(histories.closes, histories.ready, luck, program.walk, program.days, program.price)
    everything = recording or program.price.impact != 0
    if everything or not program.line.skips:
        finish_rows(histories, program, everything)


@stage
def write_columns(out, offset, ledgers, n):
    """Columns offset ... of `out`: a row for each of `COLUMNS`, then one for each period's raised."""
    state = ledgers.state[0]
    for i in range(n):
        out[0, offset + i] = state.raised[i]
        out[1, offset + i] = state.issued[i]
        out[2, offset + i] = state.discount_cost[i]
        out[3, offset + i] = state.draws[i]
        out[4, offset + i] = state.funding_gap[i]
        out[5, offset + i] = state.ending_cash[i]
        out[6, offset + i] = state.out_days[i]
        out[7, offset + i] = state.cause[i]
        out[8, offset + i] = state.cut[i]
    for q in range(len(ledgers.raised)):
        row = out[N_COLUMNS + q]
        for i in range(n):
            row[offset + i] = ledgers.raised[q, i]


@stage
def share_unraised(tally, ledgers, program, n):
    """What was neither raised nor cut, shared by reason in proportion to the shortfalls (SPEC, section 7).

    Less than a cent is what sums of rounded amounts leave, and nothing that a reason kept back. Where no date fell
    short, as when third parties cut the line before the next one, the rest is the cash-out's if dates followed it.
    """
    state, shortfall = ledgers.state[0], ledgers.shortfall
    base = len(program.conditions)
    dates = len(program.purchases)
    leftover = base + (REASON_PERIOD_CAP if dates > 0 else REASON_NO_DATE)
    last = program.purchases[dates - 1].t if dates > 0 else 0.0
    for i in range(BLOCK):
        state.short[i] = 0.0
    for r in range(len(shortfall)):
        for i in range(BLOCK):
            state.short[i] = state.short[i] + shortfall[r, i]
    for i in range(BLOCK):
        unraised = program.line.commitment - state.raised[i] - state.cut[i]
        state.amount[i] = unraised if (unraised >= CENT) & (i < n) else 0.0
        reason = base + REASON_CASH_OUT if state.out_days[i] < last else leftover
        tally.unraised[reason, i] += state.amount[i] if state.short[i] <= 0.0 else 0.0
        state.amount[i] = state.amount[i] / state.short[i] if state.short[i] > 0.0 else 0.0
    for r in range(len(shortfall)):
        for i in range(BLOCK):
            tally.unraised[r, i] = tally.unraised[r, i] + state.amount[i] * shortfall[r, i]


@outermost(FINGERPRINT)
def simulate_chunk(program, points, histories, ledgers, tally, tape, out, span, stop):
    """Simulate the paths of `span` into columns span.column ... of `out`; returns how many were finished.

    `points` holds their quasi-random luck, if any. `stop[0]` is looked at before each block: nonzero ends it early.
    """
    recorded_paths = tape.cash_month_end.shape[1]
    done = 0
    for offset in range(0, span.paths, BLOCK):
        if stop[0] != 0:
            break
        n = min(BLOCK, span.paths - offset)
        recorded = min(n, max(0, recorded_paths - offset))
        sample(histories, program, points, span, offset, recorded > 0 and tape.draws.shape[2] > 0)
        keep_ledger(ledgers, histories, program, tally, tape, Lanes(offset, n, recorded))
        share_unraised(tally, ledgers, program, n)
        write_columns(out, span.column + offset, ledgers, n)
        done += n
    return done


@outermost(FINGERPRINT)
def replay_block(program, histories, ledgers, tally, tape, out, n):
    """The ledger alone, for histories that are given; the first n <= BLOCK columns are wanted."""
    keep_ledger(ledgers, histories, program, tally, tape, Lanes(np.int64(0), n, n))
    share_unraised(tally, ledgers, program, n)
    write_columns(out, np.int64(0), ledgers, n)
    return n
