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

MASK52 = 2**52 - 1


@numba.njit(error_model="numpy")
def box_muller(a, b, out):
    for i in range(len(a)):
        out[0, i], out[1, i] = elementary.box_muller(a[i], b[i])


def pairs(a, b):
    """Both normals of words a, b: (2, n)."""
    a, b = (np.atleast_1d(np.asarray(word, np.uint64)) for word in np.broadcast_arrays(a, b))
    out = np.empty((2, len(a)))
    box_muller(np.ascontiguousarray(a), np.ascontiguousarray(b), out)
    return out


def exact_pair(a, b):
    radius = mpmath.sqrt(-2 * mpmath.log((mpmath.mpf(a >> 12) + 0.5) / 2**52))
    angle = mpmath.pi / 2 * (mpmath.mpf(b & MASK52) / 2**52 - 0.5)
    sine, cosine = radius * mpmath.sin(angle), radius * mpmath.cos(angle) * (-1) ** (b >> 63)
    return (sine, cosine) if b >> 62 & 1 else (cosine, sine)


def worst_pair(got, a, b):
    """Largest error of either normal in units of the exact value's last place; a sine of 0 is exact."""
    off = [0.0]
    with mpmath.workdps(40):
        for i, words in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
            for g, e in zip(got[:, i].tolist(), exact_pair(*words), strict=True):
                off.append(float(abs(g - e) / math.ulp(float(e))) if e else float(g != 0.0))
    return max(off)


def words_of_64_bits(seed, n=POINTS):
    return np.random.default_rng(seed).integers(0, 2**64, (2, n), np.uint64)


def near(k, width):
    """The whole numbers around k, within 52 bits."""
    return np.clip(np.arange(k - width, k + width), 0, MASK52).astype(np.uint64)


def powers(seed):
    """Whole numbers below 2^52, evenly by their logarithm."""
    return (2.0 ** np.random.default_rng(seed).uniform(0, 52, POINTS)).astype(np.uint64) & np.uint64(MASK52)


RADII = {
    "anywhere": words_of_64_bits(8)[0],
    "largest": near(0, 500) << np.uint64(12),
    "tail": powers(9) << np.uint64(12),
    "least": near(2**52, 500) << np.uint64(12),
    "close to 0": (np.uint64(MASK52) - powers(10)) << np.uint64(12),
    "seams": np.concatenate([near(int(2.0 ** (52 - j) * math.sqrt(0.5)), 50) for j in range(40)]) << np.uint64(12),
}
ANGLES = {
    "anywhere": words_of_64_bits(11)[1],
    "on the axis": near(2**51, 500),
    "close to the axis": np.uint64(2**51) + (powers(12) >> np.uint64(1)),
    "between two axes": np.concatenate([near(0, 500), near(2**52, 500)]),
}


@pytest.mark.parametrize("which", RADII)
def test_radii_of_pairs(which):
    a = RADII[which]
    b = np.resize(words_of_64_bits(13)[0], len(a))
    assert worst_pair(pairs(a, b), a, b) < PAIR


@pytest.mark.parametrize("quarter", range(4))
@pytest.mark.parametrize("which", ANGLES)
def test_angles_of_pairs(which, quarter):
    b = ANGLES[which] & np.uint64(MASK52) | np.uint64(quarter << 62)
    a = np.resize(words_of_64_bits(14)[0], len(b))
    assert worst_pair(pairs(a, b), a, b) < PAIR


@pytest.mark.parametrize("name", ["_SIN", "_COS", "_LOG_MINUS_2"])
def test_a_faulty_coefficient_of_a_pair_is_seen(name):
    """Each coefficient but the last matters as much less as its power of the argument is smaller."""
    a, b = words_of_64_bits(15)
    half = 0.25 if name != "_LOG_MINUS_2" else math.tan(math.pi / 8) ** 4
    faulty = list(getattr(elementary, name))
    faulty[3] *= 1 + 1e-12 / half**3
    x = (b & np.uint64(MASK52)) * 2.0**-52 - 0.5
    u = ((a >> np.uint64(12)) + 0.5) * 2.0**-52
    m = np.frexp(u)[0]
    m = np.where(m < math.sqrt(0.5), 2 * m, m)
    square = x * x if name != "_LOG_MINUS_2" else ((m - 1) / (m + 1)) ** 2
    off = np.polyval(faulty, square) / np.polyval(getattr(elementary, name), square)
    got = pairs(a, b)
    assert worst_pair(got, a, b) < PAIR < worst_pair(got * off, a, b)


def test_the_largest_and_the_least_normal():
    """sqrt(106 ln 2), about 8.57: a uniform is at least 2^-53. And a radius is never 0."""
    everything, axis = 2**64 - 1, 2**51
    with mpmath.workdps(40):
        largest = float(mpmath.sqrt(106 * mpmath.log(2)))
        least = float(mpmath.sqrt(-2 * mpmath.log(1 - mpmath.mpf(2) ** -53)))
    for sign, swap in ((1, 0), (-1, 1 << 63)):
        (first,), (second,) = pairs(0, axis | swap)
        assert first == pytest.approx(sign * largest, rel=2**-52)
        assert second == 0.0
        (first,), (second,) = pairs(everything, axis | swap | 1 << 62)
        assert (first, second) == (0.0, pytest.approx(sign * least, rel=2**-52))
    a, b = words_of_64_bits(16, 1_000_000)
    a[::2] >>= np.uint64(40)
    assert np.abs(pairs(a, b)).max() <= largest


def test_a_radius_of_32_bits_is_seen():
    """Its largest normal is sqrt(66 ln 2), about 6.76."""
    cut = np.uint64(1 << 31)
    assert pairs(cut, 2**51)[0, 0] == pytest.approx(math.sqrt(66 * math.log(2)))
    assert pairs(cut, 2**51)[0, 0] < 6.8 < pairs(0, 2**51)[0, 0]


def test_angles_are_symmetric_bit_for_bit():
    a, b = words_of_64_bits(17, 100_000)
    b &= np.uint64(MASK52)
    b[b == 0] = 1  # whose mirror image is one too large
    cosine, sine = pairs(a, b)
    np.testing.assert_array_equal(pairs(a, np.uint64(2**52) - b), [cosine, -sine])
    np.testing.assert_array_equal(pairs(a, b | np.uint64(1 << 63)), [-cosine, sine])
    np.testing.assert_array_equal(pairs(a, b | np.uint64(1 << 62)), [sine, cosine])
    np.testing.assert_array_equal(pairs(a, b | np.uint64(3 << 62)), [sine, -cosine])


@pytest.mark.parametrize(("of_a", "of_b"), [(0xFFF, 0), (0, 0x3FF << 52)])
def test_spare_bits_of_a_pair_change_nothing(of_a, of_b):
    a, b = words_of_64_bits(18, 1000)
    np.testing.assert_array_equal(pairs(a ^ np.uint64(of_a), b ^ np.uint64(of_b)), pairs(a, b))


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
