"""Third-party financings by waiting times: months are independent, each with probability 1 - exp(-rate / 12)."""

import math

import numba
import numpy as np
import pytest

from sim.engine.trace import trace, trace_paths
from sim.kernels.financing import wait_twice
from sim.lowering.program import BLOCK
from tests.support.third_parties import financed, financings, furthest_from_independent_months

LIMIT = 4.0  # standard errors, of 24 months and their 276 pairs, at pinned seeds
PATHS = 40_064  # a multiple of BLOCK


def monthly(rate):
    return -math.expm1(-rate / 12)


# ------------------------------------------------------------------------------------------------------ waits


@numba.njit
def wait(first, second, before, mean):
    wait_twice(first, second, before, mean, len(first))


def months_of(waits, rate):
    """Months of the first financings of each path (waits, BLOCK paths), from two uniforms at a time."""
    found, before = [], np.full(BLOCK, -1.0)
    for first, second in zip(waits[::2].copy(), waits[1::2].copy(), strict=True):
        wait(first, second, before, 12 / rate)
        found += [first, second]
        before = second
    return np.array(found)


def counted(uniforms, rate):
    """The same of one path, month by month: a wait of k months or more has probability exp(-k rate / 12)."""
    month, found = -1, []
    for u in uniforms:
        month, k = month + 1, 1
        while u <= math.exp(-k * rate / 12):
            month, k = month + 1, k + 1
        found.append(month)
    return found


@pytest.mark.parametrize("rate", [0.12, 0.4, 3.0, 12.0, 60.0])
def test_waits_become_months(rate):
    waits = (np.random.default_rng(11).integers(0, 2**52, (6, BLOCK)) + 0.5) * 2.0**-52
    got = months_of(waits, rate)
    expected = np.array([counted(path, rate) for path in waits.T.tolist()]).T
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("rate", [1e-12, 1e-3, 1.0, 1e12])
def test_extreme_waits_are_whole_months(rate):
    for u in (2.0**-53, 0.5, 1 - 2.0**-53):
        got = months_of(np.full((4, BLOCK), u), rate)
        assert (got == np.floor(got)).all()
        assert (np.diff(got, axis=0, prepend=-1.0) >= 1.0).all() or got.max() >= 2.0**53


# ------------------------------------------------------------------------------------------------------ runs


@pytest.mark.parametrize("antithetic", [0, 1])
@pytest.mark.parametrize("rate", [0.4, 3.0, 12.0, 36.0])
def test_months_are_independent(rate, antithetic):
    """The first of a mirrored pair is a path like any other."""
    came = (financings(financed(rate), PATHS * (1 + antithetic), 13, antithetic=antithetic) > 0)[:, :: 1 + antithetic]
    assert len(came) == 24
    assert furthest_from_independent_months(came, monthly(rate)) < LIMIT


@pytest.mark.parametrize("faulty", [
    lambda came: came & (np.random.default_rng(1).random(came.shape) < 0.97),  # too few
    lambda came: came & ~np.roll(came, 1, axis=0),  # never two months in a row
    lambda came: np.where(np.arange(24)[:, None] == 20, came[3], came),  # one month repeats another
    lambda came: np.where(np.arange(24)[:, None] == 23, False, came),  # the last month has none
])  # fmt: skip
def test_dependent_months_are_seen(faulty):
    came = financings(financed(3.0), PATHS, 13) > 0
    assert furthest_from_independent_months(faulty(came), monthly(3.0)) > LIMIT


@pytest.mark.parametrize("rate", [2e3, 1e4])
def test_at_a_high_rate_each_month_has_one(rate):
    assert (financings(financed(rate), 256, 5) > 0).all()


def test_at_rate_zero_no_month_has_one():
    assert not (financings(financed(0.0), 256, 5) > 0).any()
    assert not (financings(financed(1e-9), 256, 5) > 0).any()


def test_a_path_has_its_financings_in_any_block():
    """Alone, with other paths beside it, and where the block begins elsewhere."""
    case, lane = financed(12.0), BLOCK // 2
    whole, later = financings(case, 2 * BLOCK, 7), financings(case, BLOCK, 7, first_path=lane)
    np.testing.assert_array_equal(later, whole[:, lane : lane + BLOCK])
    together = trace_paths(case, 0, BLOCK, 7)
    for number in (0, 1, 77, BLOCK - 1):
        listed = trace(case, number, 7).history["third_party"]
        assert listed == together[number].history["third_party"]
        assert [one["amount"] for one in listed] == [amount for amount in whole[:, number] if amount > 0]


def test_a_longer_horizon_leaves_earlier_financings():
    short, long = (financings(financed(12.0, horizon), 2 * BLOCK, 7) for horizon in ("2002-12-31", "2004-03-31"))
    assert (short > 0).mean() > 0.5
    np.testing.assert_array_equal(long[: len(short)], short)


def test_amounts_and_reductions_are_numbered_by_month():
    """Another rate moves the financings; what one of a month brings does not change."""
    one, other = (financings(financed(rate), 2 * BLOCK, 7) for rate in (12.0, 30.0))
    both = (one > 0) & (other > 0)
    assert both.sum() > 1000
    np.testing.assert_array_equal(one[both], other[both])


def test_the_second_of_a_pair_has_mirrored_waits():
    """In the first month one comes to u > exp(-1) and to 1 - u > exp(-1): to one of two at least."""
    came = financings(financed(12.0), 2 * BLOCK, 7, antithetic=1)[0] > 0
    assert (came[::2] | came[1::2]).all()
    assert not (came[::2] & came[1::2]).all()
    plain = financings(financed(12.0), 2 * BLOCK, 7)[0] > 0
    assert not (plain[::2] | plain[1::2]).all()
