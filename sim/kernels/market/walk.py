"""Brownian motion W at the sessions that are needed; its time unit is one session, and W = 0 at the opening.

Month-ends are a random walk. Inside a month the sessions form a tree (`sim.lowering.market.tree`): W at each is a point
of the Brownian bridge between two sessions higher up in the tree, or month-ends. W at a session is therefore one
function of (seed, path), whichever other sessions are needed. Glasserman (2004), section 3.1.
"""

import numpy as np

from sim.kernels.jit import peek, put, stage, verb
from sim.kernels.random.elementary import fma
from sim.kernels.random.variates import draw_words, take_row, to_pairs
from sim.lowering.program import BLOCK, DAY_NORMAL


@stage
def walk_months(month_ends, variates, walk):
    """Fill `month_ends` (1 + months, BLOCK) with W at the opening and at each month-end."""
    month_ends[0] = 0.0
    for k in range(len(walk)):
        add_step(month_ends[k + 1], month_ends[k], variates[walk[k].variate], walk[k].root)


@stage
def add_step(row, back, z, root):
    """A step of the random walk."""
    for i in range(BLOCK):
        row[i] = fma(root, z[i], back[i])


@verb
def walk_window(selection, count, histories, program, window, points, lanes):
    """Fill `selection.walked` with W at every session of a window, for the first `count` selected paths."""
    paths, normals, walked = selection.paths, selection.normals, selection.walked
    for k in range(window.first_call, window.last_call):
        row = 2 * (k - window.first_call)
        a, b = normals[row], normals[row + 1]
        if points.numbers.shape[1] > 0:
            rows = len(histories.variates) + row
            take_row(a, points.numbers[rows], lanes.offset)
            take_row(b, points.numbers[rows + 1], lanes.offset)
        else:
            index = program.day_calls[k].index
            draw_words(a, b, paths, count, lanes.first_path, lanes.antithetic, index, np.int64(DAY_NORMAL), lanes.seed)
            to_pairs(a, b, paths, count, lanes.antithetic)
    for k in range(window.first_anchor, window.last_anchor):
        select_row(walked[program.anchors[k].row], histories.month_ends[program.anchors[k].month_end], paths, count)
    for k in range(window.first_bridge, window.last_bridge):
        step = program.bridges[k]
        bridge(
            walked[step.row], walked[step.back], walked[step.ahead], normals[step.normal], step.ratio, step.root, count
        )


@stage
def select_row(row, source, paths, count):
    """The selected paths' part of a row."""
    for i in range(count & 0xFFF8):
        put(row, i, peek(source, peek(paths, i)))


@stage
def bridge(row, back, ahead, z, ratio, root, count):
    """A point of the bridge from `back` to `ahead`."""
    for i in range(count & 0xFFF8):
        start = peek(back, i)
        put(row, i, fma(root, peek(z, i), fma(ratio, peek(ahead, i) - start, start)))
