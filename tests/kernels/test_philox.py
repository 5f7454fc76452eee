"""The generator against a second source, and statistics of its streams in the layout of every run.

Scores are in standard errors. Every statistic must also notice planted faults.
"""

import math

import numba
import numpy as np
import pytest
import randomgen

from sim.kernels.random import philox
from sim.kernels.random.elementary import box_muller, normal
from sim.kernels.random.variates import draw_words
from tests.support.compiled import called
from tests.support.random_rows import normals, single_normals, uniforms, words

MOST = 4.0  # standard errors of an honest stream, at pinned seeds
STEP = 2.0**-52
ROW = 128


@numba.njit
def raw(counters, keys, out):
    """Philox of one counter (n, 4) and key (n, 2) a row, uint64."""
    for i in range(len(out)):
        c, k = counters[i], keys[i]
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = philox.philox(c[0], c[1], c[2], c[3], k[0], k[1])


@numba.njit
def one_by_one(a, b, first_path, index, purpose, seed):
    for i in range(len(a)):
        a[i], b[i] = philox.words(first_path + np.uint64(i), index, purpose, seed)


# ------------------------------------------------------------------------------------------------------ exactness


def test_a_million_counters_and_keys_against_randomgen():
    """Random keys; random counters and the 10,000 after them, every other one carrying into the upper words."""
    rng, each = np.random.default_rng(1), 10_000
    for trial in range(100):
        start, key = rng.integers(0, 2**32, 4, np.uint64), rng.integers(0, 2**32, 2, np.uint64)
        if trial % 2:
            start[0] = 2**32 - rng.integers(1, each)
            start[1] = 2**32 - 1
        whole = sum(int(word) << 32 * i for i, word in enumerate(start))
        counters = np.array([[(whole + j) >> 32 * i & 0xFFFFFFFF for i in range(4)] for j in range(each)], np.uint64)
        source = randomgen.Philox(number=4, width=32)
        state = source.state
        before = (whole - 1) % 2**128  # it counts before it generates
        state["state"]["counter"] = np.array([before >> 32 * i & 0xFFFFFFFF for i in range(4)], np.uint32)
        state["state"]["key"] = key.astype(np.uint32)
        source.state = state
        expected = source.random_raw(4 * each).reshape(each, 4)
        got = np.empty((each, 4), np.uint64)
        raw(counters, np.broadcast_to(key, (each, 2)), got)
        np.testing.assert_array_equal(got, expected)


def test_the_layout_of_counter_and_key():
    path, index, purpose, seed = 0x1_2345_6789, 0xFEDC_BA98, 7, 0x8765_4321_0FED_CBA9
    got = np.empty((1, 4), np.uint64)
    counter = [path & 0xFFFFFFFF, path >> 32, index, purpose]
    raw(np.array([counter], np.uint64), np.array([[seed & 0xFFFFFFFF, seed >> 32]], np.uint64), got)
    x0, x1, x2, x3 = got[0].tolist()
    a, b = words(path, 1, index, purpose, seed)
    assert (int(a[0]), int(b[0])) == (x1 << 32 | x0, x3 << 32 | x2)
    a, b = uniforms(path, 1, index, purpose, seed)
    assert a[0] == ((x1 << 32 | x0) >> 12) * STEP + STEP / 2
    assert b[0] == ((x3 << 32 | x2) >> 12) * STEP + STEP / 2


@pytest.mark.parametrize("k", [0, 1, 2, 2**51 - 1, 2**51, 2**52 - 2, 2**52 - 1])
def test_a_uniform_is_exact_inside_0_and_1(k):
    to_uniform = called(philox.to_uniform)
    for spare in (0, 0xFFF):
        got = to_uniform(np.uint64(k << 12 | spare))
        assert 0.0 < got < 1.0
        assert got.as_integer_ratio() == ((2 * k + 1) * STEP / 2).as_integer_ratio()


def test_every_bit_of_a_uniform_is_exact():
    @numba.njit
    def over(k, out):
        for i in range(len(k)):
            out[i] = philox.to_uniform(k[i] << np.uint64(12))

    k = np.random.default_rng(2).integers(0, 2**52, 1_000_000, np.uint64)
    got = np.empty(len(k))
    over(k, got)
    np.testing.assert_array_equal((got * 2.0**53).astype(np.uint64), 2 * k + np.uint64(1))


@pytest.mark.parametrize("first_path", [0, 1, 2**32 - 100, 2**32, 2**40 - 1, 2**63 + 5, 2**64 - 300])
@pytest.mark.parametrize("n", [0, 1, 7, ROW, 257])
def test_a_row_has_the_values_of_its_paths(first_path, n):
    key = (first_path, n, 3, 2, 2**63 + 1)
    a, b = np.empty((2, n), np.uint64)
    one_by_one(a, b, np.uint64(first_path), 3, 2, np.uint64(2**63 + 1))
    np.testing.assert_array_equal(words(*key), (a, b))
    to_uniform, to_normal, to_pair = over(philox.to_uniform), over(normal), over_to_two(box_muller)
    expected = [to_uniform(word, np.empty(n)) for word in (a, b)]
    np.testing.assert_array_equal(uniforms(*key), expected)
    np.testing.assert_array_equal(single_normals(*key), [to_normal(u, np.empty(n)) for u in expected])
    pairs = [to_pair(word, np.empty((2, n))) for word in (a, b)]
    np.testing.assert_array_equal(normals(*key), np.concatenate(pairs))


def over(function):
    @numba.njit(error_model="numpy")
    def each(x, out):
        for i in range(len(x)):
            out[i] = function(x[i])
        return out

    return each


def over_to_two(function):
    @numba.njit(error_model="numpy")
    def each(x, out):
        for i in range(len(x)):
            out[0, i], out[1, i] = function(x[i])
        return out

    return each


@pytest.mark.parametrize("first_path", [0, 2**32 - 64, 2**63 + 6])
def test_mirrored_paths_have_the_words_of_one(first_path):
    """Paths 2 m and 2 m + 1 have the words of path m; the odd one has 1 - u and minus each normal, to the bit."""
    n = 256
    key = (n // 2, 3, 2, 5)
    mirrored = words(first_path, n, 3, 2, 5, antithetic=1)
    for got, expected in zip(mirrored, words(first_path // 2, *key), strict=True):
        np.testing.assert_array_equal(got, np.repeat(expected, 2))
    for make, mirror in ((uniforms, lambda u: 1 - u), (normals, np.negative), (single_normals, np.negative)):
        for got, one in zip(make(first_path, n, 3, 2, 5, antithetic=1), make(first_path // 2, *key), strict=True):
            np.testing.assert_array_equal(got[::2], one)
            np.testing.assert_array_equal(got[1::2], mirror(one))


def test_selected_paths_have_the_words_of_all():
    @numba.njit
    def selected(a, b, paths, first_path):
        draw_words(a, b, paths, len(paths), first_path, 0, 3, 2, np.uint64(7))

    paths = np.random.default_rng(1).permutation(ROW)[:48]
    rows = np.empty((2, 48))
    selected(*rows, paths, np.uint64(2**32 - 50))
    everyone = words(2**32 - 50, ROW, 3, 2, 7)
    np.testing.assert_array_equal(rows.view(np.uint64), np.array(everyone)[:, paths])


def test_signed_and_unsigned_integers_mean_the_same():
    signed, unsigned = np.empty((2, 8), np.uint64), np.empty((2, 8), np.uint64)
    one_by_one(*signed, 5, 6, 7, 8)
    one_by_one(*unsigned, np.uint64(5), np.uint64(6), np.uint64(7), np.uint64(8))
    np.testing.assert_array_equal(signed, unsigned)


# --------------------------------------------------------------------------------------------- production's layout
#
# A source answers (first_path, n, index, purpose, seed) with two rows. A fault wraps an honest source. Published
# vectors, moments and further correlations are checks of `fundrisk verify`.


def honest(first_path, n, index, purpose, seed):
    return uniforms(first_path, n, index, purpose, seed)


def on_rows(fault):
    return lambda *key: fault(*honest(*key))


FAULTS = {
    "purpose dropped": lambda path, n, index, purpose, seed: honest(path, n, index, 0, seed),
    "index dropped": lambda path, n, index, purpose, seed: honest(path, n, 0, purpose, seed),
    "counter wraps": lambda path, n, index, purpose, seed: honest(path % 2**32, n, index, purpose, seed),
    "half a seed": lambda path, n, index, purpose, seed: honest(path, n, index, purpose, seed % 2**32),
    "seed added to the path": lambda path, n, index, purpose, seed: honest(path + seed, n, index, purpose, 0),
    "index added to the path": lambda path, n, index, purpose, seed: honest(path + index, n, 0, purpose, seed),
    "stream used twice": on_rows(lambda a, b: (a, a.copy())),
    "second half mirrored": on_rows(lambda a, b: (a, 1 - a)),
    "a bit stuck": on_rows(lambda a, b: (np.floor(a * 64) / 64 // (1 / 32) / 32 + a % (1 / 64), b)),
    "too narrow": on_rows(lambda a, b: (0.5 + (a - 0.5) * 0.99, 0.5 + (b - 0.5) * 0.99)),
}


def duplicates(source):
    """How often a value of 52 bits is repeated among two million: 0.0005 times on average."""
    seen = [
        np.concatenate(source(first_path, 4096, index, purpose, seed))
        for first_path in (0, 4096, 2**32, 2**40)
        for index in range(4)
        for purpose in range(1, 9)
        for seed in (0, 2**32)
    ]
    values = np.concatenate(seen)
    return len(values) - len(np.unique(values))


def uniformity(source):
    """Chi-square over 64 cells as a normal score (Wilson, Hilferty 1931), the largest of paths, seeds and indices."""

    def score(u):
        counts = np.bincount((u * 64).astype(int), minlength=64)
        chi2, degrees = float(((counts - len(u) / 64) ** 2).sum() / (len(u) / 64)), 63
        return ((chi2 / degrees) ** (1 / 3) - (1 - 2 / (9 * degrees))) / math.sqrt(2 / (9 * degrees))

    along_paths = source(0, 2**20, 5, 1, 20020401)
    along_seeds = np.array([source(0, 1, 0, 1, seed) for seed in range(8192)])[:, :, 0].T
    along_index = np.array([source(17, 1, index, 2, 7) for index in range(8192)])[:, :, 0].T
    return max(abs(score(u)) for u in (*along_paths, *along_seeds, *along_index))


def correlation(source):
    """Between neighbours of every kind: largest score of the sum of (u - 1/2) (v - 1/2), of 200,000 pairs each."""
    n = 200_000

    def score(u, v):
        return 12 * float(((u - 0.5) * (v - 0.5)).sum()) / math.sqrt(len(u))

    a, b = source(1000, n, 3, 2, 11)
    scores = [score(a, b), score(a[1:], a[:-1]), score(a[ROW:], a[:-ROW]), score(b[1:], a[:-1])]
    for other in (
        source(1000, n, 4, 2, 11),
        source(1000, n, 3, 3, 11),
        source(1000, n, 3, 2, 12),
        source(1000 + 2**32, n, 3, 2, 11),
        source(1000, n, 2, 3, 11),
    ):
        scores += [score(a, other[0]), score(b, other[1]), score(a, other[1]), score(a[1:], other[0][:-1])]
    seeds = np.array([source(0, ROW, 0, 1, seed)[0] for seed in range(8192)])
    scores += [score(seeds[1:, 0], seeds[:-1, 0]), score(seeds[1:].ravel(), seeds[:-1].ravel())]
    scores.append(score(seeds[:-1, 1:].ravel(), seeds[1:, :-1].ravel()))
    return max(map(abs, scores))


#: The most that an honest source may show of a statistic, and the faults that each must notice.
STATISTICS = {
    duplicates: (0, [
        "purpose dropped", "index dropped", "counter wraps", "half a seed", "index added to the path",
        "stream used twice",
    ]),
    uniformity: (MOST, ["a bit stuck", "too narrow"]),
    correlation: (MOST, [
        "purpose dropped", "index dropped", "counter wraps", "seed added to the path", "index added to the path",
        "stream used twice", "second half mirrored",
    ]),
}  # fmt: skip


@pytest.mark.parametrize("statistic", STATISTICS)
def test_streams_are_uniform_independent_and_distinct(statistic):
    most, faults = STATISTICS[statistic]
    assert statistic(honest) <= most
    assert [fault for fault in faults if statistic(FAULTS[fault]) <= most] == []
