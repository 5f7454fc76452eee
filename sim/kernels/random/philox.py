"""Philox4x32-10: a random number is a function of (seed, path, purpose, index). Salmon et al. (2011), "Parallel random
numbers: as easy as 1, 2, 3".

Production layout: the counter is (path low, path high, index, purpose), the key is (seed low, seed high). One call
gives two words of 64 bits, each a uniform of 52 bits or two normals. Words of 32 bits travel in uint64, unsigned
everywhere: uint64 meeting int64 becomes float64.
"""

import numpy as np

from sim.kernels.jit import from_bits, verb

_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)  # golden ratio
_WEYL_1 = np.uint64(0xBB67AE85)  # sqrt(3) - 1
_LOW = np.uint64(0xFFFFFFFF)
_WORD = np.uint64(32)
_ONE = np.uint64(0x3FF0000000000000)  # the bits of 1.0
_SPARE = np.uint64(12)  # 64 bits less 52
_ROUNDS = 10


@verb
def philox(c0, c1, c2, c3, k0, k1):
    """The four output words for a counter and a key of 32-bit words, all in uint64."""
    low, high = philox_pairs(c0, c1, c2, c3, k0, k1)
    return low & _LOW, low >> _WORD, high & _LOW, high >> _WORD


@verb
def philox_pairs(c0, c1, c2, c3, k0, k1):
    """The four output words as two of 64 bits, the first word of a pair below the second.

    The last round is written out: swapping the halves of a product there gives both words of a pair at once. Asking for
    the lower half alone turns the 32-bit multiplication into one of 64 bits, which is three times slower.
    """
    for _ in range(_ROUNDS - 1):
        product_0, product_1 = _MULTIPLIER_0 * (c0 & _LOW), _MULTIPLIER_1 * (c2 & _LOW)
        c0, c1, c2, c3 = (product_1 >> _WORD) ^ c1 ^ k0, product_1, (product_0 >> _WORD) ^ c3 ^ k1, product_0
        k0, k1 = (k0 + _WEYL_0) & _LOW, (k1 + _WEYL_1) & _LOW
    product_0, product_1 = _MULTIPLIER_0 * (c0 & _LOW), _MULTIPLIER_1 * (c2 & _LOW)
    return _swap(product_1) ^ ((c1 ^ k0) & _LOW), _swap(product_0) ^ ((c3 ^ k1) & _LOW)


@verb
def _swap(word):
    return (word << _WORD) | (word >> _WORD)


@verb
def to_uniform(word):
    """(k + 1/2) 2^-52 with k the upper 52 bits: exact, never 0 or 1."""
    return from_bits((word >> _SPARE) | _ONE) - (1.0 - 2.0**-53)


@verb
def words(path, index, purpose, seed):
    """The two words of 64 bits that belong to (seed, path, purpose, index)."""
    path, seed = np.uint64(path), np.uint64(seed)
    return philox_pairs(
        path & _LOW, path >> _WORD, np.uint64(index) & _LOW, np.uint64(purpose) & _LOW, seed & _LOW, seed >> _WORD
    )
