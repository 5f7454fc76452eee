"""The cost of the capital: a ratio of sums, and its error."""

import numpy as np
import pytest

import sim
from sim.analysis.capital import cost_of_capital, ratio
from tests.support.valence import valence_2002

RUN = sim.simulate(valence_2002(), paths=512, seed=7)


def test_the_cost_of_the_capital_is_a_ratio_of_sums():
    result, cost = RUN, cost_of_capital(RUN)
    market = (result["raised"] + result["discount_cost"]).sum()
    legal = (result["draws"] * 25_000.0).sum()
    assert cost.discount.value == pytest.approx(result["discount_cost"].sum() / market, rel=1e-12)
    assert cost.all_in.value == pytest.approx((result["discount_cost"].sum() + legal) / market, rel=1e-12)
    assert cost.all_in.value == pytest.approx(cost.discount.value + cost.legal.value, rel=1e-12)
    assert 0.0 < cost.all_in.se < 0.01


def covered(error_times):
    """How often intervals of a ratio of known value hold it, of 400, with the error multiplied."""
    random = np.random.default_rng(11)
    below = random.exponential(1.0, (400, 300))
    above = 0.3 * below + 0.2 * below * random.standard_normal((400, 300))
    hits = 0
    for a, b in zip(above, below, strict=True):
        estimate = ratio(a, b, None)
        hits += abs(estimate.value - 0.3) <= 1.96 * error_times * estimate.se
    return hits


def test_the_error_of_a_ratio_is_honest():
    spread = np.sqrt(400 * 0.95 * 0.05)
    assert abs(covered(1.0) - 380) < 4 * spread
    assert abs(covered(0.7) - 380) > 4 * spread


def test_the_cost_is_the_same_without_the_paths():
    flat = sim.simulate(RUN.case, paths=512, seed=7, keep_paths=False)
    got, expected = cost_of_capital(flat), cost_of_capital(RUN)
    assert got.all_in.value == pytest.approx(expected.all_in.value, rel=1e-12)
    assert np.isnan(got.all_in.se)


def test_no_shares_no_cost():
    nothing = ratio(np.zeros(5), np.zeros(5), None)
    assert np.isnan(nothing.value)
