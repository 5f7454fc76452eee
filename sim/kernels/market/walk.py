"""Brownian motion W at the sessions that are needed; its time unit is one session, and W = 0 at the opening.

Month-ends are a random walk. Inside a month the sessions form a tree (`sim.lowering.market.tree`): W at each is a point
of the Brownian bridge between two sessions higher up in the tree, or month-ends. W at a session is therefore one
function of (seed, path), whichever other sessions are needed. Glasserman (2004), section 3.1.
"""

import numpy as np

from sim.kernels.jit import from_bits, peek, put, stage, to_bits, verb
from sim.kernels.random.elementary import box_muller, fma
from sim.kernels.random.philox import words
from sim.kernels.random.variates import draw_words, take_row, to_pairs
from sim.lowering.program import BLOCK, BOTH_WORDS, DAY_NORMAL, NORMALS_A_CALL

_SIGN = np.uint64(1 << 63)


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
        row = NORMALS_A_CALL * (k - window.first_call)
        if points.numbers.shape[1] > 0:
            for j in range(row, row + NORMALS_A_CALL):
                take_row(normals[j], points.numbers[len(histories.variates) + j], lanes.offset)
        else:
            a, b, index, purpose = normals[row], normals[row + 2], program.day_calls[k], np.int64(DAY_NORMAL)
            draw_words(a, b, paths, count, lanes.first_path, lanes.antithetic, index, purpose, lanes.seed)
            to_pairs(a, normals[row + 1], paths, count, lanes.antithetic)
            if index & BOTH_WORDS:
                to_pairs(b, normals[row + 3], paths, count, lanes.antithetic)
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


@stage
def walk_alone(walked, normals, i, month_ends, program, window, lanes):
    """Fill `walked` with W of path i at every session of a window. `normals`: room (4, calls) for its calls."""
    calls = window.last_call - window.first_call
    path = lanes.first_path + np.uint64(i)
    draw_alone(normals, program.day_calls, window.first_call, calls, path, lanes.antithetic, lanes.seed)
    for k in range(window.first_anchor, window.last_anchor):
        walked[program.anchors[k].row] = month_ends[program.anchors[k].month_end, i]
    for k in range(window.first_bridge, window.last_bridge):
        step = program.bridges[k]
        z, start = normals[step.normal & 3, step.normal >> 2], walked[step.back]
        walked[step.row] = fma(step.root, z, fma(step.ratio, walked[step.ahead] - start, start))


@stage
def draw_alone(normals, indices, first, count, path, antithetic, seed):
    """The normals (4, calls) of one path for `count` calls of the generator side by side."""
    a, b = normals[0], normals[2]
    pair, sign = path >> np.uint64(antithetic), (path & np.uint64(antithetic)) * _SIGN
    for j in range((count + 7) & 0xFFF8):
        low, high = words(pair, peek(indices, first + j), np.int64(DAY_NORMAL), seed)
        put(a, j, from_bits(low))
        put(b, j, from_bits(high))
    for word in range(0, NORMALS_A_CALL, 2):
        a, b = normals[word], normals[word + 1]
        for j in range((count + 7) & 0xFFF8):
            one, other = box_muller(to_bits(a[j]))
            put(a, j, from_bits(to_bits(one) ^ sign))
            put(b, j, from_bits(to_bits(other) ^ sign))
