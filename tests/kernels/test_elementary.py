"""exp, log and both ways to a normal against 40 digits; their machine code is tested in test_machine_code."""

import math

import mpmath
import numba
import numpy as np
import pytest
from scipy.special import ndtri

from sim.kernels.random import elementary

EXP, LOG, NORMAL, PAIR = 2.0, 2.0, 8.0, 4.0  # most units in the last place; seen: 1.0, 0.8, 5.4, 3.0
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


exp, log, normal = map(over_a_row, (elementary.exp, elementary.log, elementary.normal))


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
