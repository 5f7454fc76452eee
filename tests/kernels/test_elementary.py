"""exp, log, both ways to a normal and its tail against 40 digits; their machine code is tested in test_machine_code."""

import math

import mpmath
import numba
import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from sim.kernels.random import elementary

EXP, LOG, NORMAL, PAIR, TAIL = 2.0, 2.0, 8.0, 5.0, 5.0  # most units in the last place; seen: 1.0, 0.8, 5.4, 3.7, 3.9
STEP = 2.0**-52  # between two uniforms
POINTS = 3000


def over_a_row(function):
    @numba.njit(error_model="numpy")
    def over(x, out):
        for i in range(x.shape[0]):
            out[i] = function(x[i])

    def call(x):
        x = np.ascontiguousarray(x, np.float64)
        out = np.empty_like(x)
        over(x, out)
        return out

    return call


exp, log, normal, upper_tail = map(
    over_a_row, (elementary.exp, elementary.log, elementary.normal, elementary.upper_tail)
)


def uniforms(k):
    return (np.asarray(k, np.float64) + 0.5) * STEP


def exact_normal(u):
    """Two steps of Halley's method on erfc from SciPy's answer, in 40 digits."""
    u = mpmath.mpf(u)
    tail = min(u, 1 - u)
    z = mpmath.mpf(-ndtri(float(tail)))
    for _ in range(2):
        miss = (mpmath.erfc(z / mpmath.sqrt(2)) / 2 - tail) / mpmath.npdf(z)
        z += miss / (1 - z * miss / 2)
    return z if u > 0.5 else -z


def worst(got, x, exact):
    """Largest error in units of the exact value's last place."""
    with mpmath.workdps(40):
        values = [exact(mpmath.mpf(float(v))) for v in x]
        return float(max(abs(mpmath.mpf(float(g)) - e) / math.ulp(float(e)) for g, e in zip(got, values, strict=True)))


# ------------------------------------------------------------------------------------------------------ accuracy


@pytest.mark.parametrize(("low", "high"), [(-700.0, 700.0), (-1.0, 1.0), (-1e-6, 1e-6)])
def test_exp(low, high):
    x = np.random.default_rng(1).uniform(low, high, POINTS)
    assert worst(exp(x), x, mpmath.exp) < EXP


def test_exp_is_held_within_700():
    below, above = exp([-math.inf, -1e308, -745.13, -700.0000001, -700.0]), exp([700.0, 700.0000001, 1e308, math.inf])
    assert set(below) == {exp([-700.0])[0]}
    assert set(above) == {exp([700.0])[0]}
    np.testing.assert_array_max_ulp(np.array([below[0], above[0]]), np.exp([-700.0, 700.0]), 1)
    assert (exp([-0.0, 0.0]) == 1.0).all()
    assert np.isnan(exp([math.nan])).all()


@pytest.mark.parametrize(("low", "high"), [(-708.0, 709.0), (-0.4, 0.4), (-1e-3, 1e-3), (-744.0, -709.0)])
def test_log(low, high):
    x = np.exp(np.random.default_rng(3).uniform(low, high, POINTS))
    x = x[x != 1.0]
    assert worst(log(x), x, mpmath.log) < LOG


def test_log_at_the_ends():
    got = log([0.0, -0.0, -1.0, -math.inf, 1.0, math.inf, math.nan, 5e-324])
    np.testing.assert_array_equal(
        got, [-math.inf, -math.inf, math.nan, math.nan, 0.0, math.inf, math.nan, math.log(5e-324)]
    )


rng = np.random.default_rng(4)


@pytest.mark.parametrize(
    "k",
    [
        rng.integers(0, 2**52, POINTS),
        np.arange(500),  # the outermost
        2.0 ** rng.uniform(0, 51, POINTS) // 1,  # the tail, evenly by its logarithm
        2**51 + np.arange(500),  # the middle
        2**51 + 2.0 ** rng.uniform(0, 51, POINTS) // 1,
    ],
    ids=["anywhere", "outermost", "tail", "innermost", "middle"],
)
def test_normal(k):
    u = uniforms(np.minimum(k, 2**52 - 1))
    assert worst(normal(u), u, exact_normal) < NORMAL


@pytest.mark.parametrize(("low", "high"), [(-9.0, 9.0), (0.0, 37.0), (-1e-3, 1e-3)])
def test_upper_tail(low, high):
    z = np.random.default_rng(6).uniform(low, high, POINTS)
    got = upper_tail(z)
    assert worst(got, z, lambda x: mpmath.erfc(x / mpmath.sqrt(2)) / 2) < TAIL
    np.testing.assert_allclose(got, ndtr(-z), rtol=1e-12)


def test_upper_tail_at_the_ends():
    got = upper_tail([-math.inf, -37.0, math.nan, 0.0, -0.0, 37.0, 1e300, math.inf])
    np.testing.assert_array_equal(got[:5], [1.0, 1.0, 1.0, 0.5, 0.5])
    np.testing.assert_array_equal(got[5:], upper_tail([37.0] * 3))
    assert got[-1] > 0.0


def test_a_coefficient_off_by_1e_13_is_seen():
    u = uniforms(np.arange(500))
    faulty = list(elementary._ABOVE)
    faulty[3] *= 1 + 1e-13
    w = -np.log2(4 * u * (1 - u))
    off = np.polyval(faulty, w) / np.polyval(elementary._ABOVE, w)
    assert worst(normal(u) * off, u, exact_normal) > NORMAL


def test_normal_is_antisymmetric_bit_for_bit():
    k = np.concatenate([np.arange(1000), np.random.default_rng(5).integers(0, 2**52, 1_000_000)])
    u = uniforms(k)
    np.testing.assert_array_equal(normal(1 - u), -normal(u))


# ------------------------------------------------------------------------------------------- Box and Muller's method

SIGN, SWAP = 1 << 23, 1 << 22  # of the cosine and of both normals: the bits between those of radius and angle
MIDDLE = 1 << 21  # the angle next to the axis: pi 2^-24


@numba.njit(error_model="numpy")
def box_muller(words, out):
    for i in range(len(words)):
        out[0, i], out[1, i] = elementary.box_muller(words[i])


def pairs(words):
    """Both normals of each word: (2, n)."""
    words = np.atleast_1d(np.asarray(words, np.uint64))
    out = np.empty((2, len(words)))
    box_muller(words, out)
    return out


def exact_pair(word):
    radius = mpmath.sqrt(-2 * mpmath.log((mpmath.mpf(word >> 24) + 0.5) / 2**40))
    angle = mpmath.pi / 2 * ((mpmath.mpf(word % 2**22) + 0.5) / 2**22 - 0.5)
    sine, cosine = radius * mpmath.sin(angle), radius * mpmath.cos(angle) * (-1 if word & SIGN else 1)
    return (sine, cosine) if word & SWAP else (cosine, sine)


def worst_pair(got, words):
    """Largest error of either normal in units of the exact value's last place."""
    off = [0.0]
    with mpmath.workdps(40):
        for i, word in enumerate(words.tolist()):
            for g, e in zip(got[:, i].tolist(), exact_pair(word), strict=True):
                off.append(float(abs(g - e) / math.ulp(float(e))))
    return max(off)


def words_of_64_bits(seed, n=POINTS):
    return np.random.default_rng(seed).integers(0, 2**64, n, np.uint64)


def near(k, width, bits):
    """The whole numbers around k, within so many bits."""
    return np.clip(np.arange(k - width, k + width), 0, 2**bits - 1).astype(np.uint64)


def powers(seed, bits):
    """Whole numbers of at most so many bits, evenly by their logarithm."""
    return (2.0 ** np.random.default_rng(seed).uniform(0, bits, POINTS)).astype(np.uint64)


RADII = {
    "anywhere": words_of_64_bits(8) >> np.uint64(24),
    "largest": near(0, 500, 40),
    "tail": powers(9, 40),
    "least": near(2**40, 500, 40),
    "close to 0": np.uint64(2**40 - 1) - powers(10, 40),
    "seams": np.concatenate([near(int(2.0 ** (40 - j) * math.sqrt(0.5)), 50, 40) for j in range(40)]),
}
ANGLES = {
    "anywhere": words_of_64_bits(11) >> np.uint64(42),
    "next to the axis": near(MIDDLE, 500, 22),
    "close to the axis": np.uint64(MIDDLE) + powers(12, 21),
    "between two axes": np.concatenate([near(0, 500, 22), near(2**22, 500, 22)]),
}


@pytest.mark.parametrize("which", RADII)
def test_radii_of_pairs(which):
    k = RADII[which]
    words = k << np.uint64(24) | np.resize(words_of_64_bits(13) >> np.uint64(40), len(k))
    assert worst_pair(pairs(words), words) < PAIR


@pytest.mark.parametrize("quarter", range(4))
@pytest.mark.parametrize("which", ANGLES)
def test_angles_of_pairs(which, quarter):
    j = ANGLES[which]
    words = np.resize(words_of_64_bits(14), len(j)) >> np.uint64(24) << np.uint64(24) | np.uint64(quarter << 22) | j
    assert worst_pair(pairs(words), words) < PAIR


@pytest.mark.parametrize("name", ["_SIN", "_COS", "_LOG_MINUS_2"])
def test_a_faulty_coefficient_of_a_pair_is_seen(name):
    """Each coefficient but the last matters as much less as its power of the argument is smaller."""
    words = words_of_64_bits(15)
    half = 0.25 if name != "_LOG_MINUS_2" else math.tan(math.pi / 8) ** 4
    faulty = list(getattr(elementary, name))
    faulty[3] *= 1 + 1e-12 / half**3
    x = (words % np.uint64(2**22) + 0.5) * 2.0**-22 - 0.5
    u = ((words >> np.uint64(24)) + 0.5) * 2.0**-40
    m = np.frexp(u)[0]
    m = np.where(m < math.sqrt(0.5), 2 * m, m)
    square = x * x if name != "_LOG_MINUS_2" else ((m - 1) / (m + 1)) ** 2
    off = np.polyval(faulty, square) / np.polyval(getattr(elementary, name), square)
    got = pairs(words)
    assert worst_pair(got, words) < PAIR < worst_pair(got * off, words)


def test_the_largest_and_the_least_normal():
    """A radius is at most sqrt(82 ln 2), about 7.54, because a uniform is at least 2^-41. No normal is 0: neither is a
    radius, and no angle lies on an axis."""
    with mpmath.workdps(40):
        largest = mpmath.sqrt(82 * mpmath.log(2))
        least = mpmath.sqrt(-2 * mpmath.log(1 - mpmath.mpf(2) ** -41))
        step = mpmath.pi * mpmath.mpf(2) ** -24
        cosine, sine = mpmath.cos(step), mpmath.sin(step)
        wide, narrow = mpmath.cos(mpmath.pi / 4 - step), mpmath.sin(mpmath.pi / 4 - step)
        expected = {
            MIDDLE: (largest * cosine, largest * sine),
            MIDDLE - 1: (largest * cosine, -largest * sine),
            MIDDLE | SIGN: (-largest * cosine, largest * sine),
            MIDDLE | SWAP: (largest * sine, largest * cosine),
            0: (largest * wide, -largest * narrow),
            2**64 - 2**24 | MIDDLE: (least * cosine, least * sine),
            2**64 - 1: (least * narrow, -least * wide),
        }
    for word, pair in expected.items():
        assert pairs(word)[:, 0] == pytest.approx([float(z) for z in pair], rel=2**-52)
    words = words_of_64_bits(16, 1_000_000)
    words[::2] %= np.uint64(2**36)
    sizes = np.abs(pairs(words))
    assert 0.0 < sizes.min() < 7.0 < sizes.max() <= largest


def test_a_radius_of_32_bits_is_seen():
    """Its largest normal is sqrt(66 ln 2), about 6.76."""
    after, before, first = pairs([128 << 24 | MIDDLE, 127 << 24 | MIDDLE, MIDDLE])[0]
    assert after < math.sqrt(66 * math.log(2)) < before < 6.8 < first


def test_angles_are_symmetric_bit_for_bit():
    words = words_of_64_bits(17, 100_000) & np.uint64(2**64 - 1 - SIGN - SWAP)
    cosine, sine = pairs(words)
    np.testing.assert_array_equal(pairs(words ^ np.uint64(2**22 - 1)), [cosine, -sine])
    np.testing.assert_array_equal(pairs(words | np.uint64(SIGN)), [-cosine, sine])
    np.testing.assert_array_equal(pairs(words | np.uint64(SWAP)), [sine, cosine])
    np.testing.assert_array_equal(pairs(words | np.uint64(SIGN | SWAP)), [sine, -cosine])


def test_each_bit_of_a_word_changes_its_radius_or_its_angle():
    words = words_of_64_bits(18, 1000)
    first, second = pairs(words)
    for bit in range(64):
        one, other = pairs(words ^ np.uint64(1 << bit))
        same_radius = np.isclose(np.hypot(one, other), np.hypot(first, second), rtol=1e-13, atol=0.0)
        same_angle = np.isclose(np.arctan2(other, one), np.arctan2(second, first), rtol=0.0, atol=1e-13)
        assert (same_radius == (bit < 24)).all()
        assert (same_angle == (bit >= 24)).all()


def test_a_row_has_the_bits_of_its_elements():
    @numba.njit
    def row(x):
        elementary.normal_row(x)

    for length in (0, 1, 2, 7, 127, 128, 129, 255, 256, 1001):
        got = np.random.default_rng(length).random(length)
        expected = normal(got)
        row(got)
        np.testing.assert_array_equal(got, expected)


# ------------------------------------------------------------------------------------------------------ seams


def test_exp_and_log_rise_over_their_seams():
    for n in range(-1000, 1000, 37):
        seam = (n + 0.5) * math.log(2)
        assert (np.diff(exp(seam + np.arange(-200, 200) * math.ulp(seam))) >= 0).all()
        seam = math.ldexp(math.sqrt(0.5), n)
        assert (np.diff(log(seam + np.arange(-200, 200) * math.ulp(seam))) >= 0).all()


def test_normal_rises_over_its_seams():
    for j in range(1, 51):  # 4 u (1 - u) = 2^-j
        seam = int(2.0**-j / (1 + math.sqrt(1 - 2.0**-j)) / 2 / STEP)
        k = np.arange(max(0, seam - 300), seam + 300)
        assert (np.diff(normal(uniforms(k))) >= 0).all()
    assert (np.diff(normal(uniforms(2**51 + np.arange(-300, 300)))) > 0).all()


def test_normal_rises_over_the_whole_range():
    assert (np.diff(normal(uniforms(np.linspace(0, 2**52 - 1, 1_000_001)))) > 0).all()
