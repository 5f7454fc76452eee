"""Random numbers of the paths of a block: from the generator, mirrored in pairs, or from quasi-random points.

Antithetic paths 2m and 2m + 1 have the generator's words of path m; the odd one has 1 - u and minus each normal.
"""

import numpy as np

from sim.kernels.jit import from_bits, peek, put, stage, to_bits
from sim.kernels.random.elementary import box_muller, normal_row
from sim.kernels.random.philox import to_uniform, words
from sim.lowering.program import BLOCK, NORMAL, TWO_NORMALS, UNUSED, UNUSED_ROWS

_ZERO, _SIGN = np.uint64(0), np.uint64(1 << 63)


@stage
def draw_variates(variates, calls, paths, first_path, antithetic, seed):
    """Fill `variates` (rows, BLOCK) for paths first_path + `paths` as `calls` state. The first UNUSED_ROWS receive what
    is not used."""
    for j in range(len(calls)):
        call = calls[j]
        a, b = variates[call.row_a], variates[call.row_b]
        draw_words(a, b, paths, len(paths), first_path, antithetic, call.index, call.purpose, seed)
        for row, second, kind in ((a, call.second_a, call.kind_a), (b, call.second_b, call.kind_b)):
            if kind == TWO_NORMALS:
                to_pairs(row, variates[second], paths, len(paths), antithetic)
            elif kind != UNUSED:
                to_uniforms(row, paths, len(paths), antithetic)
            if kind == NORMAL:
                normal_row(row)


@stage
def draw_words(a, b, paths, count, first_path, antithetic, index, purpose, seed):
    """The generator's words for the first `count` of `paths`, a multiple of 8, as the bits of floats in two rows."""
    for i in range(count & 0xFFF8):
        path = (first_path + np.uint64(peek(paths, i))) >> np.uint64(antithetic)
        low, high = words(path, index, purpose, seed)
        put(a, i, from_bits(low))
        put(b, i, from_bits(high))


@stage
def to_uniforms(row, paths, count, antithetic):
    """Words into uniforms, in place."""
    for i in range(count & 0xFFF8):
        odd = np.uint64(peek(paths, i) & antithetic)
        put(row, i, to_uniform(to_bits(row[i]) ^ (_ZERO - odd)))


@stage
def to_pairs(a, b, paths, count, antithetic):
    """The words in row `a` into two normals each, in `a` and `b`."""
    for i in range(count & 0xFFF8):
        sign = np.uint64(peek(paths, i) & antithetic) * _SIGN
        first, second = box_muller(to_bits(a[i]))
        put(a, i, from_bits(to_bits(first) ^ sign))
        put(b, i, from_bits(to_bits(second) ^ sign))


@stage
def take_points(variates, points, first):
    """Fill `variates` from the columns first ... of a chunk's quasi-random numbers."""
    for row in range(UNUSED_ROWS, len(variates)):
        take_row(variates[row], points[row], first)


@stage
def take_row(row, numbers, first):
    """A row of quasi-random numbers; paths beyond the last are given 1/2 and are not used."""
    for i in range(BLOCK):
        row[i] = numbers[first + i] if first + i < len(numbers) else 0.5
