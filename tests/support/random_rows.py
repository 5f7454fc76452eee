"""Random numbers of consecutive paths as the kernels make them: block by block, in the layout of every run."""

import numba
import numpy as np

from sim.kernels.random.elementary import normal_row
from sim.kernels.random.variates import draw_words, to_pairs, to_uniforms
from sim.lowering.program import BLOCK, NORMAL, PAIRED, UNIFORM


@numba.njit
def fill_words(a, b, first_path, antithetic, index, purpose, seed):
    """Both words of each path, as the bits of floats. Rows have a length that is a multiple of 8."""
    paths = np.arange(BLOCK)
    for start in range(0, len(a), BLOCK):
        row, other = a[start : start + BLOCK], b[start : start + BLOCK]
        draw_words(row, other, paths, len(row), first_path + np.uint64(start), antithetic, index, purpose, seed)


@numba.njit
def turn(a, b, kind, antithetic):
    """Words of paths from an even one on into what the kernels make of them, in place."""
    paths = np.arange(BLOCK)
    for start in range(0, len(a), BLOCK):
        row, other = a[start : start + BLOCK], b[start : start + BLOCK]
        if kind == PAIRED:
            to_pairs(row, other, paths, len(row), antithetic)
            continue
        to_uniforms(row, paths, len(row), antithetic)
        to_uniforms(other, paths, len(row), antithetic)
        if kind == NORMAL:
            normal_row(row)
            normal_row(other)


def words(first_path, n, index, purpose, seed, antithetic=0):
    """Two rows of uint64, a word for each of n paths."""
    a, b = np.empty((2, -(-n // 8) * 8))
    fill_words(a, b, np.uint64(first_path), antithetic, index, purpose, np.uint64(seed))
    return a[:n].view(np.uint64), b[:n].view(np.uint64)


def turned(a, b, kind, antithetic=0):
    """What the kernels make of words: two rows of uniforms or of normals."""
    rows = np.zeros((2, -(-len(a) // 8) * 8))
    rows.view(np.uint64)[:, : len(a)] = a, b
    turn(*rows, kind, antithetic)
    return rows[0, : len(a)], rows[1, : len(a)]


def uniforms(first_path, n, index, purpose, seed, antithetic=0):
    return turned(*words(first_path, n, index, purpose, seed, antithetic), UNIFORM, antithetic)


def normals(first_path, n, index, purpose, seed, antithetic=0):
    """Both normals that Box and Muller's method makes of a call."""
    return turned(*words(first_path, n, index, purpose, seed, antithetic), PAIRED, antithetic)


def single_normals(first_path, n, index, purpose, seed, antithetic=0):
    """The inverse normals of both halves of a call."""
    return turned(*words(first_path, n, index, purpose, seed, antithetic), NORMAL, antithetic)
