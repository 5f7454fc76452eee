"""Random numbers of consecutive paths as the kernels make them: block by block, in the layout of every run."""

import numba
import numpy as np

from sim.kernels.random.elementary import normal_row
from sim.kernels.random.variates import draw_words, to_pairs, to_uniforms
from sim.lowering.program import BLOCK, NORMAL, NORMALS_A_CALL, TWO_NORMALS, UNIFORM


@numba.njit
def fill_words(a, b, first_path, antithetic, index, purpose, seed):
    """Both words of each path, as the bits of floats. Rows have a length that is a multiple of 8."""
    paths = np.arange(BLOCK)
    for start in range(0, len(a), BLOCK):
        row, other = a[start : start + BLOCK], b[start : start + BLOCK]
        draw_words(row, other, paths, len(row), first_path + np.uint64(start), antithetic, index, purpose, seed)


@numba.njit
def turn(a, b, kind, antithetic):
    """Words of paths from an even one on, in row `a`, into what the kernels make of them: in `a`, and `b` for a second
    normal."""
    paths = np.arange(BLOCK)
    for start in range(0, len(a), BLOCK):
        row, other = a[start : start + BLOCK], b[start : start + BLOCK]
        if kind == TWO_NORMALS:
            to_pairs(row, other, paths, len(row), antithetic)
            continue
        to_uniforms(row, paths, len(row), antithetic)
        if kind == NORMAL:
            normal_row(row)


def words(first_path, n, index, purpose, seed, antithetic=0):
    """Two rows of uint64, a word for each of n paths."""
    a, b = np.empty((2, -(-n // 8) * 8))
    fill_words(a, b, np.uint64(first_path), antithetic, index, purpose, np.uint64(seed))
    return a[:n].view(np.uint64), b[:n].view(np.uint64)


def turned(a, b, kind, antithetic=0):
    """What the kernels make of both words: a row of uniforms or of normals for each, or two rows of TWO_NORMALS."""
    rows = np.zeros((NORMALS_A_CALL, -(-len(a) // 8) * 8))
    rows.view(np.uint64)[::2, : len(a)] = a, b
    turn(*rows[:2], kind, antithetic)
    turn(*rows[2:], kind, antithetic)
    return tuple(rows[:: 1 if kind == TWO_NORMALS else 2, : len(a)])


def uniforms(first_path, n, index, purpose, seed, antithetic=0):
    return turned(*words(first_path, n, index, purpose, seed, antithetic), UNIFORM, antithetic)


def normals(first_path, n, index, purpose, seed, antithetic=0):
    """The four normals that Box and Muller's method makes of a call: two of each word."""
    return turned(*words(first_path, n, index, purpose, seed, antithetic), TWO_NORMALS, antithetic)


def single_normals(first_path, n, index, purpose, seed, antithetic=0):
    """The inverse normals of both words of a call."""
    return turned(*words(first_path, n, index, purpose, seed, antithetic), NORMAL, antithetic)
