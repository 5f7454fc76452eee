"""Philox4x32-10: a random number is a function of (seed, path, purpose, index). Salmon et al. (2011), "Parallel random
numbers: as easy as 1, 2, 3".

Production layout: the counter is (path low, path high, index, purpose), the key is (seed low, seed high). One call gives two
uniforms of 52 bits. Words of 32 bits travel in uint64, unsigned everywhere: uint64 meeting int64 becomes float64.
"""

import numpy as np

from sim.kernels.elementary import normal
from sim.kernels.jit import from_bits, kernel

_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)  # golden ratio
_WEYL_1 = np.uint64(0xBB67AE85)  # sqrt(3) - 1
_LOW = np.uint64(0xFFFFFFFF)
_WORD = np.uint64(32)
_ONE = np.uint64(0x3FF0000000000000)  # the bits of 1.0
_SPARE = np.uint64(12)  # 64 bits less 52
_ROUNDS = 10


@kernel
def philox(c0, c1, c2, c3, k0, k1):
    """The four output words for a counter and a key of 32-bit words, all in uint64."""
    for _ in range(_ROUNDS):
        product_0 = _MULTIPLIER_0 * (c0 & _LOW)
        product_1 = _MULTIPLIER_1 * (c2 & _LOW)
        c0, c1 = (product_1 >> _WORD) ^ c1 ^ k0, product_1
        c2, c3 = (product_0 >> _WORD) ^ c3 ^ k1, product_0
        k0, k1 = (k0 + _WEYL_0) & _LOW, (k1 + _WEYL_1) & _LOW
    return c0 & _LOW, c1 & _LOW, c2 & _LOW, c3 & _LOW


@kernel
def to_uniform(low, high):
    """(k + 1/2) 2^-52 with k the upper 52 of 64 bits: exact, never 0 or 1."""
    k = ((high << _WORD) | low) >> _SPARE
    return from_bits(k | _ONE) - (1.0 - 2.0**-53)


@kernel
def uniform_pair(path, index, purpose, seed):
    """The two uniforms that belong to (seed, path, purpose, index)."""
    path, seed = np.uint64(path), np.uint64(seed)
    x0, x1, x2, x3 = philox(
        path & _LOW, path >> _WORD, np.uint64(index) & _LOW, np.uint64(purpose) & _LOW, seed & _LOW, seed >> _WORD
    )
    return to_uniform(x0, x1), to_uniform(x2, x3)


@kernel
def fill_uniform_pair(row_a, row_b, first_path, index, purpose, seed):
    """Both uniforms of the paths first_path, first_path + 1, ...: one row each."""
    for i in range(row_a.shape[0]):
        row_a[i], row_b[i] = uniform_pair(np.uint64(first_path) + np.uint64(i), index, purpose, seed)


@kernel
def fill_uniform(row, first_path, index, purpose, seed):
    """The first uniform only."""
    for i in range(row.shape[0]):
        row[i] = uniform_pair(np.uint64(first_path) + np.uint64(i), index, purpose, seed)[0]


@kernel
def fill_normal_pair(row_a, row_b, first_path, index, purpose, seed):
    """The normals of both uniforms."""
    for i in range(row_a.shape[0]):
        a, b = uniform_pair(np.uint64(first_path) + np.uint64(i), index, purpose, seed)
        row_a[i], row_b[i] = normal(a), normal(b)


@kernel
def fill_normal(row, first_path, index, purpose, seed):
    """The normal of the first uniform only."""
    for i in range(row.shape[0]):
        row[i] = normal(uniform_pair(np.uint64(first_path) + np.uint64(i), index, purpose, seed)[0])
