"""The outermost kernels: random words in, finished ledgers out, block by block; and the quasi-random points of a chunk.

These alone are cached on disk. Numba's cache looks at this file only, so the file carries a fingerprint of all kernel
sources: where it does not fit them, the cache is not used (see `sim.kernels.jit`). Each is compiled at its first call.
"""

import numpy as np

from sim.kernels.burn import spread_burn
from sim.kernels.cache import outermost
from sim.kernels.copying import copy_out, fetch_row
from sim.kernels.events import draw_flags, time_changes, time_milestones
from sim.kernels.financing import find_financings
from sim.kernels.jit import passage, stage, verb
from sim.kernels.ledger import keep_ledger
from sim.kernels.lines.ledger import keep_ledger_of_lines
from sim.kernels.lines.output import write_lines
from sim.kernels.market.gbm import close_window
from sim.kernels.market.models import fill_market
from sim.kernels.market.walk import walk_months
from sim.kernels.random.elementary import normal_row
from sim.kernels.random.variates import draw_variates, take_points
from sim.kernels.reference import by_reference
from sim.kernels.waterfall import share_commitment
from sim.kernels.world.compensation import prepare_compensation
from sim.kernels.world.past import date_changes
from sim.kernels.world.surroundings import draw_world
from sim.lowering.model_records import MarketRoom, MarketTables
from sim.lowering.program import (
    BLOCK,
    REASON_CASH_OUT,
    REASON_NO_DATE,
    REASON_PERIOD_CAP,
    Arrays,
    Lanes,
    Program,
)
from sim.lowering.world_records import World

by_reference(Program, Arrays, MarketTables, MarketRoom, World)

FINGERPRINT = "d24f437a18eb2d512de50497c24d73cc"


@stage
def sample(arrays, program, lanes, world):
    """Fill the histories with everything random of BLOCK paths but closes and trading days."""
    histories, selection, points = arrays.histories, arrays.selection, arrays.points
    variates, everyone = histories.variates, selection.everyone
    if points.numbers.shape[1] > 0:
        take_points(variates, points.numbers, lanes.offset)
    else:
        draw_variates(variates, program.calls, everyone, lanes.first_path, lanes.antithetic, lanes.seed)
    spread_burn(histories.cash_used, variates, program.months, program.burn, selection.average)
    if world is None:
        time_milestones(histories.achieved, variates, program.milestones, program.events, None)
    else:
        time_milestones(histories.achieved, variates, program.milestones, program.events, world.past)
    time_changes(histories.ceo_change, histories.adverse_change, variates, program.events)
    if world is not None:
        date_changes(histories, world.past)
    draw_flags(histories.waived, variates, program.conditions)
    draw_flags(histories.extended, variates, program.notes)
    walk_months(histories.month_ends, variates, program.walk)
    if world is not None:
        prepare_compensation(world.jumps, histories, program, lanes)
    if program.third_party.variate >= 0:
        find_financings(histories, selection, program, points, lanes, world)
    if world is not None:
        draw_world(world, histories)


@stage
def close_everything(arrays, program, lanes, world):
    """The closes of all sessions under geometric Brownian motion."""
    selection, histories = arrays.selection, arrays.histories
    for i in range(BLOCK):
        selection.paths[i] = i
    window = program.windows[len(program.windows) - 1]
    close_window(histories.closes, selection, np.int64(BLOCK), histories, program, window, arrays.points, lanes, world)


@stage
def fetch_output(output, first, n):
    """Ask for the memory of what `write_output` will write, so that the block's work passes while it comes."""
    for column in (
        output.raised,
        output.shares_issued,
        output.discount_cost,
        output.funding_gap,
        output.ending_cash,
        output.cash_out_days,
    ):
        fetch_row(column, first, n)
    for rows in (output.raised_by_period, output.gap_by_month, output.other_shares):
        for row in range(len(rows)):
            fetch_row(rows[row], first, n)


@stage
def write_output(output, first, ledgers, n):
    """Columns first ... of the output, for the block's first n paths."""
    state = ledgers.state[0]
    copy_out(output.raised, first, state.raised, n)
    copy_out(output.shares_issued, first, state.issued, n)
    copy_out(output.discount_cost, first, state.discount_cost, n)
    copy_out(output.draws, first, state.draws, n)
    copy_out(output.funding_gap, first, state.funding_gap, n)
    copy_out(output.ending_cash, first, state.ending_cash, n)
    copy_out(output.cash_out_days, first, state.out_days, n)
    copy_out(output.cause, first, state.cause, n)
    for q in range(len(ledgers.raised)):
        copy_out(output.raised_by_period[q], first, ledgers.raised[q], n)
    for row in range(len(output.gap_by_month)):
        copy_out(output.gap_by_month[row], first, ledgers.gaps[row], n)
    for row in range(len(output.other_shares)):
        copy_out(output.other_shares[row], first, state.other_shares, n)


@verb
def share_unraised(tally, ledgers, program, n):
    """`share_commitment` of the only line of a program."""
    base, dates, reasons = len(program.conditions), len(program.purchases), len(ledgers.undrawn)
    leftover = base + (REASON_PERIOD_CAP if dates > 0 else REASON_NO_DATE)
    last = program.purchases[dates - 1].t if dates > 0 else 0.0
    state = ledgers.state[0]
    for i in range(n):
        tally.cut[i] += state.cut[i]
    line = (program.line.commitment, leftover, base + REASON_CASH_OUT, last)
    share_commitment(state, state.raised, state.cut, ledgers.undrawn, tally.unraised, np.int64(0), reasons, line, n)


@passage
def lanes_of(arrays, span, offset):
    """The block of a chunk that begins `offset` paths after its first."""
    n = min(BLOCK, span.paths - offset)
    return Lanes(
        offset,
        n,
        min(n, max(0, arrays.recording.cash_month_end.shape[1] - offset)),
        span.first_path + np.uint64(offset),
        span.seed,
        span.antithetic,
        int(len(arrays.histories.closes) > 0),
    )


@stage
def finish_block(arrays, program, lanes, column, world):
    """From histories to the columns of the output; returns the number of paths."""
    keep_ledger(arrays, program, lanes, world)
    share_unraised(arrays.tally, arrays.ledgers, program, lanes.paths)
    write_output(arrays.output, column + lanes.offset, arrays.ledgers, lanes.paths)
    return lanes.paths


@outermost(FINGERPRINT)
def simulate_chunk(program, arrays, span, world):
    """Simulate the paths of `span` into columns span.column ... of the output; returns how many were finished.

    Under geometric Brownian motion, and where a purchase date looks at closes alone; or from histories that are given.
    `world`: a `World`, or None for a case without any of its mechanisms; None is compiled apart, and without them.
    """
    return simulate_blocks(program, arrays, span, None, None, world)


@outermost(FINGERPRINT)
def simulate_market_chunk(program, arrays, span, market, room, world):
    """`simulate_chunk` under any price model, with lows, VWAPs and volumes. Apart, so that a case that needs none of
    them does not wait for its compilation."""
    return simulate_blocks(program, arrays, span, market, room, world)


@stage
def simulate_blocks(program, arrays, span, market, room, world):
    """Of both kernels: `market` and `room` are None for the one without a market."""
    done = 0
    for offset in range(0, span.paths, BLOCK):
        if arrays.stop[0] != 0:
            break
        lanes = lanes_of(arrays, span, offset)
        fetch_output(arrays.output, span.column + offset, lanes.paths)
        if span.given == 0:
            sample(arrays, program, lanes, world)
            if market is not None:
                fill_market(arrays, program, market, room, lanes, world)
            elif lanes.whole != 0:
                close_everything(arrays, program, lanes, world)
        done += finish_block(arrays, program, lanes, span.column, world)
    return done


@outermost(FINGERPRINT)
def simulate_lines_chunk(program, arrays, span, market, room, world):
    """`simulate_chunk` with any number of lines and every limit, under any price model, or from given histories."""
    return simulate_lines_blocks(program, arrays, span, market, room, world)


@stage
def simulate_lines_blocks(program, arrays, span, market, room, world):
    done = 0
    for offset in range(0, span.paths, BLOCK):
        if arrays.stop[0] != 0:
            break
        lanes = lanes_of(arrays, span, offset)
        fetch_output(arrays.output, span.column + offset, lanes.paths)
        if span.given == 0:
            sample(arrays, program, lanes, world)
            fill_market(arrays, program, market, room, lanes, world)
        keep_ledger_of_lines(arrays, program, lanes, world)
        write_lines(arrays.books, program.lines, arrays.ledgers.state[0], span.column + offset, lanes.paths)
        write_output(arrays.output, span.column + offset, arrays.ledgers, lanes.paths)
        done += lanes.paths
    return done


@outermost(FINGERPRINT)
def turn_points(numbers, normals, groups, turns, scratch):
    """Turn rows `normals` of quasi-random `numbers` (rows, paths) into normals, then each group of rows by a matrix.

    `groups` int64 (2, months), `turns` (2, months, months): numbers[group] = turn x numbers[group], summed from the
    first column to the last. `scratch`: (months, paths).
    """
    for k in range(len(normals)):
        normal_row(numbers[normals[k]])
    for group in range(len(groups)):
        rows = groups[group]
        for k in range(len(rows)):
            scratch[k] = 0.0
            for j in range(len(rows)):
                add_scaled(scratch[k], numbers[rows[j]], turns[group, k, j])
        for k in range(len(rows)):
            numbers[rows[k]] = 0.0
            add_scaled(numbers[rows[k]], scratch[k], 1.0)
    return len(normals)


@stage
def add_scaled(total, row, weight):
    """total += row x weight."""
    for i in range(len(total)):
        total[i] = total[i] + row[i] * weight
