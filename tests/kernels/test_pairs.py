"""Antithetic pairs: path 2m has the luck of path m of a plain run, path 2m + 1 mirrored luck. All of it is exact."""

from random import Random

import numpy as np
import pytest

import sim
from sim.terms import Case
from sim.verify.samples import DRIFT, S0, VOLATILITY, one_draw, plain_case
from tests.support.valence import valence_2002
from tests.twin.random_cases import random_case

PAIRS = 300  # more than two blocks
CASES = {"headline": None, "daily": None} | {f"case {number}": number for number in range(700, 712)}


def case_of(name: str) -> Case:
    if CASES[name] is not None:
        return Case.from_dict(random_case(Random(CASES[name])))
    case = valence_2002()
    return case.replace({"policy.cadence": "daily"}) if name == "daily" else case


def pairs(case: Case, antithetic: bool = True, **options) -> sim.Result:
    return sim.simulate(case, paths=2 * PAIRS, seed=7, antithetic=antithetic, workers=1, **options)


@pytest.mark.parametrize("name", CASES)
def test_the_first_of_each_pair_is_a_path_of_a_plain_run(name):
    plain = sim.simulate(case_of(name), paths=PAIRS, seed=7, workers=1)
    mirrored = pairs(case_of(name))
    for column in plain.columns:
        np.testing.assert_array_equal(mirrored[column][::2], plain[column], err_msg=column)
    np.testing.assert_array_equal(mirrored.by_period["raised"][::2], plain.by_period["raised"])


def test_a_shard_of_pairs_goes_on_where_the_one_before_ends():
    case, first = case_of("headline"), 16_384
    plain = sim.simulate(case, paths=PAIRS, seed=7, first_path=first, workers=1)
    mirrored = pairs(case, first_path=2 * first)
    np.testing.assert_array_equal(mirrored["raised"][::2], plain["raised"])


def sums_of_pairs(values: np.ndarray) -> np.ndarray:
    return values[::2] + values[1::2]


@pytest.mark.parametrize("antithetic", [True, False])
def test_prices_are_mirrored(antithetic):
    """log S / S0 = (mu - sigma^2/2) t + sigma W, and W + (-W) = 0."""
    n = 63
    logs = np.log(1e9 / pairs(one_draw(n), antithetic)["shares_issued"] / S0)
    off = np.abs(sums_of_pairs(logs) - 2 * (DRIFT - VOLATILITY**2 / 2) * n / 252)
    assert (off < 1e-7).all() == antithetic  # whole shares of 1e9 dollars
    assert antithetic or np.median(off) > 0.1


@pytest.mark.parametrize("antithetic", [True, False])
def test_coins_are_mirrored(antithetic):
    """Of u < 1/2 and 1 - u < 1/2 exactly one is true: the investor waives for one path of each pair."""
    never = {"name": "never", "probability": 0.0, "median_days": 10.0, "p90_days": 20.0}
    condition = {"name": "c", "kind": "milestone", "milestone": "never", "waiver_probability": 0.5}
    drawn = pairs(one_draw(5, {"milestones": [never], "line.conditions": [condition]}), antithetic)["draws"]
    assert (sums_of_pairs(drawn) == 1).all() == antithetic
    assert drawn.sum() == PAIRS if antithetic else 0 < drawn.sum() < 2 * PAIRS


@pytest.mark.parametrize("antithetic", [True, False])
def test_third_parties_terms_are_mirrored(antithetic):
    """They come every month; a lognormal amount and its mirror image have the median's square as their product."""
    median = 8e6
    party = {"annual_rate": 1e4, "median_amount": median, "log_sd": 0.5, "kind": "debt"}
    case = plain_case({"third_party": party, "horizon": "2002-04-30", "company.cash": 2e6, "line.commitment": 0})
    amounts = pairs(case, antithetic)["ending_cash"] - 1e6  # of the opening cash a month's burn is gone
    off = np.abs(sums_of_pairs(np.log(amounts / median)))
    assert (off < 1e-9).all() == antithetic
    assert antithetic or np.median(off) > 0.1
