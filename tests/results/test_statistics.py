"""Survival, hazard, causes, liquidity at risk, average price and total dilution: exact on columns made by hand."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest

import sim
from sim.results.distribution import Distribution, mean_of_all
from sim.results.estimates import GROUPS, by_group, grouped_proportion, interval_ranks, proportion
from sim.results.exits import Exits
from sim.results.files import read_arrays, write_arrays
from sim.results.measures import DAYS_PER_MONTH, OF_EVERYTHING
from sim.results.merge import merge
from sim.results.result import FURTHER, Result
from sim.results.saved import load_result
from sim.results.sketch import FURTHER_PREFIX
from sim.results.statistics_of import average_price
from sim.results.tail import TAIL_PERCENTS, Tail
from tests.support.synthetic import synthetic_result

INF = math.inf
#: Eight paths: days of the cash-out, cause, raised, shares issued, shares of others, gap up to 6, 12, 18 months and to
#: the horizon. The quarters of valence-2002 end on days 91, 183, 275, 365, ...
BY_HAND = np.array([
    (91.0, 1, 0.0, 0.0, 0.0, 5.0, 9.0, 9.0, 9.0),
    (91.5, 1, 4e6, 2e6, 0.0, 0.0, 7.0, 8.0, 8.0),
    (183.0, 3, 4e6, 1e6, 0.0, 1.0, 1.0, 1.0, 2.0),
    (365.25, 2, 8e6, 4e6, 1e6, 0.0, 0.0, 3.0, 3.0),
    (400.0, 1, 8e6, 1e6, 0.0, 0.0, 0.0, 4.0, 4.0),
    (INF, 0, 8e6, 2e6, 2e6, 0.0, 0.0, 0.0, 0.0),
    (INF, 0, 0.0, 0.0, 3e6, 0.0, 0.0, 0.0, 0.0),
    (INF, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
])  # fmt: skip
OUTSTANDING = 45_552_310


@pytest.fixture(scope="module")
def by_hand():
    base = synthetic_result(paths=8)
    days, cause, raised, issued, others, *gaps = BY_HAND.T
    columns = base.paths_or_sketch() | {
        "cash_out_days": days, "cause": cause.astype(np.int8), "raised": raised, "shares_issued": issued,
        "other_shares": others[None], "gap_by_month": np.array(gaps[:3]), "funding_gap": gaps[3],
    }  # fmt: skip
    return Result(base.case, 8, 1, "philox", base.tallies, columns)


def test_restricted_means_are_means_of_the_shorter_of_two(by_hand):
    days = BY_HAND[:, 0]
    found = by_hand.summary().statistics.rmst
    assert [each.months for each in found] == [12.0, 24.0, 731 / DAYS_PER_MONTH]
    assert [each.at_horizon for each in found] == [False, False, True]
    for each in found:
        values = np.minimum(days / DAYS_PER_MONTH, each.months)
        assert each.mean.value == pytest.approx(values.mean(), rel=1e-15)
        assert each.mean.se == pytest.approx(values.std(ddof=1) / math.sqrt(8), rel=1e-14)
    assert found[2].mean == by_hand.summary()["runway_months"].estimate


def test_hazards_are_of_those_alive_at_the_start(by_hand):
    found = by_hand.summary()
    assert [each.value for each in found.statistics.hazard[:5]] == [1 / 8, 2 / 7, 0.0, 0.0, 2 / 5]
    assert found.statistics.hazard[1] == proportion(2, 7)
    assert [each.value for each in found.survival_by_period[:5]] == [7 / 8, 5 / 8, 5 / 8, 5 / 8, 3 / 8]
    nobody = Exits.of(np.zeros(3, np.int64), np.ones(3, np.int64), 2, None).hazard()
    assert math.isnan(nobody[1].value)


def test_incidence_counts_each_cause_of_all_paths(by_hand):
    found = by_hand.summary().statistics.incidence
    assert [each.value for each in found["operations"][:5]] == [1 / 8, 2 / 8, 2 / 8, 2 / 8, 3 / 8]
    assert [each.value for each in found["principal"][:2]] == [0.0, 1 / 8]
    assert found["interest"][4] == proportion(1, 8)


def test_liquidity_at_risk_is_the_tail_of_the_gap_up_to_a_month(by_hand):
    found = by_hand.summary().statistics.liquidity_at_risk
    assert [each.months for each in found] == [6, 12, 18, 24]
    assert [f"{each.end}" for each in found] == ["2002-09-30", "2003-03-31", "2003-09-30", "2004-03-31"]
    assert [each.quantile(90).value for each in found] == [5.0, 9.0, 9.0, 9.0]
    assert [each.tail.shortfall.value for each in found] == [5.0, 9.0, 9.0, 9.0]
    assert list(by_hand.gap_by_month) == [6, 12, 18, 24]


def test_the_average_price_is_a_ratio_of_sums(by_hand):
    raised, issued = BY_HAND[:, 2], BY_HAND[:, 3]
    found = by_hand.summary().statistics.average_price
    assert found.value == 32e6 / 10e6
    residuals = raised - 3.2 * issued
    assert found.se == pytest.approx(residuals.std(ddof=1) / math.sqrt(8) / (10e6 / 8), rel=1e-14)
    assert math.isnan(average_price(raised, 0.0 * issued, None).value)


def test_everything_issued_dilutes_and_bankruptcy_leaves_nothing(by_hand):
    total, kept = by_hand["total_dilution"], by_hand["retained_ownership"]
    assert total[3] == 5e6 / (OUTSTANDING + 5e6)
    assert by_hand["dilution"][3] == 4e6 / (OUTSTANDING + 4e6)
    np.testing.assert_array_equal(by_hand["surviving_dilution"][5:], total[5:])
    assert np.isnan(by_hand["surviving_dilution"][:5]).all()
    assert kept.tolist() == [0.0] * 5 + [OUTSTANDING / (OUTSTANDING + n) for n in (4e6, 3e6, 0.0)]
    summary = by_hand.summary()
    assert (summary["surviving_dilution"].n, summary["surviving_dilution"].absent) == (3, 5)
    assert summary["retained_ownership"].mean == pytest.approx(kept.mean(), rel=1e-15)


# --- errors ---


@pytest.mark.parametrize("groups", GROUPS)
def test_tails_are_those_of_whole_distributions(groups):
    values = np.round(np.random.default_rng(3).lognormal(0.0, 1.0, 4_800), 2)
    values[:2_000] = 0.0
    np.random.default_rng(4).shuffle(values)
    got, whole = Tail.of(values, groups), Distribution.from_values(values, "high", groups)
    ordered = np.sort(values)
    assert got.quantiles[1] == whole.p95
    assert got.shortfall.value == whole.worst5_mean
    assert (got.shortfall.se, got.shortfall.ci95) == (whole.worst5_se, whole.worst5_ci95)
    assert [each.value for each in got.quantiles] == [ordered[-(-4_800 * p // 100) - 1] for p in TAIL_PERCENTS]
    if groups is None:
        low, high = interval_ranks(4_800, 99)
        assert got.quantiles[2].ci95 == (ordered[low - 1], ordered[high - 1])


@pytest.mark.parametrize("groups", ["pairs", "scrambles"])
def test_shares_of_groups_have_the_errors_of_groups(groups):
    rng = np.random.default_rng(5)
    period = rng.integers(0, 4, 320)
    period[1::2] = np.where(rng.random(160) < 0.6, period[::2], period[1::2])  # 3 is none
    cause = np.where(period < 3, rng.integers(1, 4, 320), 0)
    exits = Exits.of(period, cause, 3, groups)
    for k, got in enumerate(exits.hazard()):
        hits, alive = (by_group(which.astype(np.int64), groups) for which in (period == k, period >= k))
        expected = grouped_proportion(hits, alive)
        assert (got.value, got.se) == (expected.value, pytest.approx(expected.se, rel=1e-12))
    got = exits.incidence()["interest"][1]
    hits = by_group(((period <= 1) & (cause == 2)).astype(np.int64), groups)
    expected = grouped_proportion(hits, by_group(np.ones(320, np.int64), groups))
    assert (got.value, got.se) == (expected.value, pytest.approx(expected.se, rel=1e-12))


def test_means_of_all_are_those_of_distributions():
    values = np.random.default_rng(6).normal(3.0, 1.0, 480)
    for groups in GROUPS:
        whole, (mean, error) = Distribution.from_values(values, groups=groups), mean_of_all(values, groups)
        assert (mean, error.se) == (whole.mean, whole.mcse)
    assert mean_of_all(np.full(48, 0.1), "pairs")[0] == 0.1


# --- runs that keep no paths ---

HOW = [{}, {"antithetic": True}, {"sampler": "sobol"}]


@pytest.mark.parametrize("how", HOW, ids=str)
def test_a_sketch_says_what_the_paths_say(how):
    kept, sketched = (
        sim.simulate("valence-2002", paths=16_384, seed=3, keep_paths=keep, **how).summary() for keep in (True, False)
    )
    got, expected = sketched.statistics, kept.statistics
    pairs = [(one.mean, other.mean) for one, other in zip(got.rmst, expected.rmst, strict=True)]
    pairs += [*zip(got.hazard, expected.hazard, strict=True), (got.average_price, expected.average_price)]
    pairs += [
        pair for cause in got.incidence for pair in zip(got.incidence[cause], expected.incidence[cause], strict=True)
    ]
    for one, other in pairs:
        np.testing.assert_allclose([one.value, one.se, *one.ci95], [other.value, other.se, *other.ci95], 1e-9, 1e-14)
    for one, other in zip(got.liquidity_at_risk, expected.liquidity_at_risk, strict=True):
        assert (one.months, one.end) == (other.months, other.end)
        for quantile, exact in zip(one.tail.quantiles, other.tail.quantiles, strict=True):
            assert quantile.value == pytest.approx(exact.value, rel=2**-11)
        assert one.tail.shortfall.value == pytest.approx(other.tail.shortfall.value, rel=2**-12)
        assert one.tail.shortfall.se == pytest.approx(other.tail.shortfall.se, rel=0.15)


@pytest.mark.parametrize("keep", [True, False])
def test_gaps_grow_with_their_months_and_end_with_the_funding_gap(keep):
    run = sim.simulate("valence-2002", paths=4_096, seed=3, keep_paths=keep)
    quantiles = [each.quantile(95).value for each in run.summary().statistics.liquidity_at_risk]
    assert quantiles == sorted(quantiles)
    if keep:
        spans = list(run.gap_by_month.values())
        assert all((later >= earlier).all() for earlier, later in pairwise(spans))
        np.testing.assert_array_equal(spans[-1], run["funding_gap"])
        short = sim.simulate(run.case.replace({"horizon": "2003-03-31"}), paths=4_096, seed=3)
        np.testing.assert_array_equal(short["funding_gap"], run.gap_by_month[12])


# --- files of earlier versions ---


def as_an_earlier_version(result, path):
    """The file that a version without these figures would have written."""
    result.save(path)
    arrays = read_arrays(path)
    write_arrays(path, {name: a for name, a in arrays.items() if not name.startswith((*FURTHER, FURTHER_PREFIX))})
    return load_result(path)


@pytest.mark.parametrize(
    "how", [{"keep_paths": True}, {"keep_paths": False}, {"keep_paths": False, "antithetic": True}]
)
def test_older_files_load_and_say_what_they_lack(how, tmp_path):
    result = sim.simulate("valence-2002", paths=2_048, seed=3, **how)
    older = as_an_earlier_version(result, tmp_path / "older.npz")
    assert older.sha256 == result.sha256
    summary, whole = older.summary(), result.summary()
    assert summary.absent == tuple(OF_EVERYTHING)
    assert summary["raised"] == whole["raised"]
    assert [each.months for each in summary.statistics.liquidity_at_risk] == [24]
    assert summary.statistics.average_price.value == whole.statistics.average_price.value
    document = json.loads(json.dumps(summary.to_dict(), allow_nan=False))
    assert document["absent"] == list(OF_EVERYTHING)
    text = " ".join(str(summary).split())
    assert "The saved run has no total dilution, total dilution of survivors, retained ownership" in text
    if how["keep_paths"]:
        with pytest.raises(KeyError):
            older["total_dilution"]
    older.save(tmp_path / "again.npz")
    assert load_result(tmp_path / "again.npz") == older


def test_shards_of_an_earlier_version_are_not_merged_with_new_ones(tmp_path):
    first, second = (
        sim.simulate("valence-2002", paths=16_384, first_path=start, seed=3, keep_paths=False) for start in (0, 16_384)
    )
    older = as_an_earlier_version(first, tmp_path / "older.npz")
    with pytest.raises(ValueError, match="measures"):
        merge([older, second])
