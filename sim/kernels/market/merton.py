"""Closes with jumps: log S(n) = ln S0 + drift_n + sigma W(n) + J(n), J the sum of the log jumps so far. Merton (1976).

The waits between jumps are exponential and the logs of the jumps normal. A jump at time T, in sessions, belongs to
session ceil(T). `drift_n` takes what the jumps add to the growth of the mean off again, so that E[S] is as stated.
"""

import numpy as np

from sim.kernels.jit import fma, stage
from sim.kernels.market.pairs import draw_uniform_pair
from sim.kernels.random.elementary import exp, log, normal_row
from sim.lowering.program import BLOCK, JUMP


@stage
def fill(closes, selection, program, window, market, room, lanes):
    """Closes of the last window before the moves of the stock: the sum of the jumps so far by row, then the closes.

    Each jump is added to the sum of all before it, so that the sum at a session does not depend on the other rows.
    """
    scratch, merton, price = room.scratch, market.merton, program.price
    time, wait, size, total = scratch[0], scratch[1], scratch[2], scratch[3]
    closes[:] = np.nan
    time[:] = 0.0
    total[:] = 0.0
    j, left = np.int64(0), BLOCK if merton.last > 0.0 and merton.wait < np.inf else 0
    while left > 0:
        draw_uniform_pair(wait, size, selection.everyone, lanes, np.int64(JUMP), j)
        normal_row(size)
        left = jump(closes, total, time, wait, size, merton, market.row_at)
        j += 1
    total[:] = 0.0
    for k in range(len(closes)):
        carry(closes[k], total if k == 0 else closes[k - 1])
    for k in range(len(market.trading)):
        day = market.trading[k]
        subtract(room.opens[k], closes[day.row], closes[day.back])
    for k in range(window.known, len(closes)):
        day = program.days[window.first_day + k]
        to_close(closes[k], selection.walked[day.row], day.drift, price.scale, price.initial)


@stage
def jump(closes, total, time, wait, size, merton, row_at):
    """The next jump of every path; returns how many paths may have another that matters."""
    for i in range(BLOCK):
        time[i] = time[i] - log(wait[i]) * merton.wait
        total[i] = total[i] + fma(merton.sd, size[i], merton.mean)
    left = 0
    for i in range(BLOCK):
        if time[i] <= merton.last:
            row = row_at[int(np.ceil(time[i]))]
            closes[row, i] = total[i]
            left += 1
    return left


@stage
def carry(row, before):
    """Without a jump, which is NaN here, a path has the sum of the row before."""
    for i in range(BLOCK):
        row[i] = before[i] if np.isnan(row[i]) else row[i]


@stage
def subtract(row, later, earlier):
    for i in range(BLOCK):
        row[i] = later[i] - earlier[i]


@stage
def to_close(row, walked, drift, scale, initial):
    """The sum of the jumps and W into dollars a share."""
    for i in range(BLOCK):
        row[i] = initial * exp(fma(scale, walked[i], drift + row[i]))
