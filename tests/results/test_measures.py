"""Estimates say how wrong they can be: intervals cover, digits stop where the error begins."""

import math

import numpy as np
import pytest
from scipy import stats

from sim.results import measures
from sim.results.distribution import Distribution
from sim.results.estimates import (
    QUANTILE_PERCENTS,
    Estimate,
    GroupError,
    Quantile,
    by_group,
    design_effect,
    grouped_proportion,
    grouped_ranks,
    interval_ranks,
    proportion,
    quantile_rank,
)
from sim.results.measures import MEASURES
from sim.text.numbers import decimals_allowed, rounded

CONTRACT = (
    "raised shares_issued dilution total_dilution surviving_dilution retained_ownership effective_price discount_cost "
    "effective_discount runway_months funding_gap ending_cash draws costs"
)
LOW_IS_BAD = {"raised", "retained_ownership", "effective_price", "runway_months", "ending_cash", "draws"}


def test_the_registry_is_the_contracts_table():
    assert list(MEASURES) == CONTRACT.split()
    assert {name for name, measure in MEASURES.items() if measure.bad_tail == "low"} == LOW_IS_BAD
    assert {measure.unit for measure in MEASURES.values()} == {"$", "shares", "1", "$/share", "months"}


# --- the measures that follow from others ---


def test_dilution_is_new_shares_over_all_shares():
    np.testing.assert_allclose(measures.dilution(np.array([0.0, 50.0, 100.0]), 100.0), [0.0, 1 / 3, 0.5])


def test_effective_price_is_absent_where_nothing_was_issued():
    got = measures.effective_price(np.array([0.0, 5_000_000.0]), np.array([0.0, 4_409_560.0]))
    assert np.isnan(got[0])
    assert got[1] == 5_000_000.0 / 4_409_560.0


def test_effective_discount_of_a_line_at_85_percent_is_15_percent():
    raised = np.array([0.0, 85.0, 0.0])
    got = measures.effective_discount(np.array([0.0, 15.0, 2.0]), raised)
    assert np.isnan(got[0])
    np.testing.assert_allclose(got[1:], [0.15, 1.0])


def test_runway_is_censored_at_the_horizon():
    got = measures.runway_months(np.array([0.0, 304.375, 731.0, np.inf]), 731)
    np.testing.assert_allclose(got, [0.0, 10.0, 731 / 30.4375, 731 / 30.4375])


# --- digits ---


@pytest.mark.parametrize(
    ("value", "se", "text"),
    [
        (0.18412, 0.00123, "0.184 +- 0.001"),
        (0.18412, 0.00096, "0.184 +- 0.001"),  # the error itself rounds up to the next digit
        (0.18412, 0.0951, "0.2 +- 0.1"),
        (12_345_678.0, 23_456.0, "12,350,000 +- 20,000"),
        (-0.0004, 0.01, "0.00 +- 0.01"),
        (3.0, 0.0, "3 +- 0"),
        (math.nan, math.nan, "absent"),
    ],
)
def test_an_estimate_prints_no_more_digits_than_its_error_allows(value, se, text):
    assert str(Estimate(value, se, (value - 2 * se, value + 2 * se))) == text


def test_a_probability_of_none_still_prints_an_error():
    assert str(proportion(0, 10_000)) == "0.0000 +- 0.0001"


@pytest.mark.parametrize(("successes", "text"), [(0, "0.0% +- 0.1%"), (842, "84% +- 1%"), (1000, "100.0% +- 0.1%")])
def test_probabilities_in_percent_keep_their_error(successes, text):
    assert proportion(successes, 1_000).as_percent() == text


def test_a_column_has_an_error_for_each_value():
    assert MEASURES["raised"].aligned([1.2e6, 3e6], [1e5, 1e5]) == ["1.2", "3.0"]
    for errors in ([1e5], [1e5] * 3):
        with pytest.raises(ValueError, match="zip"):
            MEASURES["raised"].aligned([1.2e6, 3e6], errors)


def test_decimals_and_rounding():
    assert [decimals_allowed(error) for error in (0.0012, 0.0096, 1.0, 23_000.0)] == [3, 2, 0, -4]
    assert decimals_allowed(0.0) == decimals_allowed(math.nan) == 15
    assert rounded(-0.04, 1) == "0.0"
    assert rounded(-1234.5, -2) == "-1,200"


def test_measures_read_as_a_board_reads_them():
    assert MEASURES["raised"].format(12_345_678.0, 23_456.0) == "$12.35M"
    assert MEASURES["ending_cash"].format(-12_345_678.0, 23_456.0) == "-$12.35M"
    assert MEASURES["dilution"].format(0.2134, 0.002) == "21.3%"
    assert MEASURES["raised"].format(30e6, 0.0) == "$30M"
    assert MEASURES["effective_price"].format(math.nan) == "-"


@pytest.mark.parametrize(
    ("name", "value", "error", "expected"),
    [
        ("runway_months", 11.0, 0.016, ("11.00", "0.02")),
        ("runway_months", 11.0, 0.0001, ("11.00", "<0.01")),
        ("raised", 11.5e6, 15_000.0, ("11.500", "0.015")),
        ("raised", 11.5e6, 140_000.0, ("11.50", "0.14")),
        ("dilution", 0.1118, 0.00016, ("11.18", "0.02")),
        ("draws", 2.5, 0.0001, ("2.500", "<0.001")),
        ("funding_gap", 20e6, 0.0, ("20", "0")),
        ("funding_gap", 0.0, 0.0, ("0", "0")),
    ],
)
def test_an_estimate_and_its_error_have_the_same_decimals(name, value, error, expected):
    measure = MEASURES[name]
    assert (measure.format_bare(value, error), measure.format_error(error, value)) == expected


# --- proportions ---


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (0, 50), (3, 10), (184, 1000), (99_999, 100_000)])
def test_wilson_is_scipys(successes, trials):
    got = proportion(successes, trials)
    expected = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose(got.ci95, expected, rtol=0, atol=1e-12)
    assert got.se == pytest.approx(math.sqrt(got.value * (1 - got.value) / trials))


@pytest.mark.parametrize(("successes", "trials"), [(1, 0), (-1, 5), (6, 5)])
def test_an_impossible_proportion_is_an_error(successes, trials):
    with pytest.raises(ValueError, match="trials"):
        proportion(successes, trials)


# --- quantiles ---


@pytest.mark.parametrize("n", [1, 2, 19, 20, 21, 99, 100, 1001])
def test_quantiles_are_the_inverse_of_the_empirical_distribution(n):
    values = np.random.default_rng(n).normal(size=n)
    got = Distribution.from_values(values)
    expected = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95], method="inverted_cdf")
    assert [quantile.value for quantile in got.quantiles] == list(expected)
    assert got.p50 == got.quantile(50)


@pytest.mark.parametrize("n", [1, 2, 7, 59, 73, 100, 555, 720, 1000, 12_345, 10**6, 10**8])
@pytest.mark.parametrize("percent", [1, *QUANTILE_PERCENTS, 99])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_interval_ranks_are_the_tightest_of_their_level(n, percent, level):
    low, high = interval_ranks(n, percent, level)
    below, tail = stats.binom(n, percent / 100), (1 - level) / 2
    assert low <= quantile_rank(n, percent) <= high
    assert below.cdf(low - 1) <= tail < below.cdf(low)
    assert below.sf(high - 1) <= tail < below.sf(high - 2)
    assert below.cdf(high - 1) - below.cdf(low - 1) >= level


def test_too_few_values_leave_a_side_of_the_interval_open():
    got = Distribution.from_values(np.arange(20.0))
    assert got.p05.ci95[0] == -math.inf
    assert got.p95.ci95[1] == math.inf
    assert all(map(math.isfinite, got.p50.ci95))


@pytest.mark.parametrize("n", [*range(1, 140), 5_000])
def test_quantiles_and_their_intervals_are_the_values_of_their_ranks(n):
    got = Distribution.from_values(np.random.default_rng(n).permutation(n) + 1.0)
    for percent, quantile in zip(QUANTILE_PERCENTS, got.quantiles, strict=True):
        low, high = interval_ranks(n, percent)
        assert quantile.value == quantile_rank(n, percent)
        assert quantile.ci95 == (low if low >= 1 else -math.inf, high if high <= n else math.inf)


def test_where_everything_lies_below_nothing_tells_groups_apart():
    sizes = np.full(8, 5)
    for below in (sizes, 0 * sizes):
        assert design_effect(below, sizes) == 1.0


def covered(interval, truth):
    return interval[0] <= truth <= interval[1]


def coverage(sample_interval, truth, repetitions=3000):
    """Share of repetitions whose interval holds the truth."""
    rng = np.random.default_rng(20020401)
    return sum(covered(sample_interval(rng), truth) for _ in range(repetitions)) / repetitions


def standard_error(share, repetitions=3000):
    return math.sqrt(share * (1 - share) / repetitions)


def quantile_interval(rng, percent, level=0.95, n=300):
    values = np.sort(rng.exponential(size=n))
    low, high = interval_ranks(n, percent, level)
    return values[low - 1], values[high - 1]


@pytest.mark.parametrize("percent", QUANTILE_PERCENTS)
def test_quantile_intervals_cover_as_often_as_they_say(percent):
    truth = stats.expon.ppf(percent / 100)
    low, high = interval_ranks(300, percent)
    promised = stats.binom(300, percent / 100).cdf(high - 1) - stats.binom(300, percent / 100).cdf(low - 1)
    got = coverage(lambda rng: quantile_interval(rng, percent), truth)
    assert abs(got - promised) < 4 * standard_error(promised)
    assert got > 0.95 - 4 * standard_error(0.95)


@pytest.mark.parametrize("percent", QUANTILE_PERCENTS)
def test_the_coverage_test_notices_an_interval_that_is_too_narrow(percent):
    truth = stats.expon.ppf(percent / 100)
    got = coverage(lambda rng: quantile_interval(rng, percent, level=0.85), truth)
    assert got < 0.95 - 4 * standard_error(0.95)


def test_mean_intervals_cover_as_often_as_they_say():
    got = coverage(lambda rng: Distribution.from_values(rng.normal(3.0, 2.0, size=12)).mean_ci95, 3.0)
    assert abs(got - 0.95) < 4 * standard_error(0.95)


def test_the_mean_test_notices_a_normal_interval_where_students_is_due():
    def normal_interval(rng):
        got = Distribution.from_values(rng.normal(3.0, 2.0, size=12))
        return got.mean - 1.96 * got.mcse, got.mean + 1.96 * got.mcse

    assert coverage(normal_interval, 3.0) < 0.95 - 4 * standard_error(0.95)


def test_wilson_intervals_cover_as_often_as_they_say():
    """Exactly: for a binomial the coverage is a sum. Wilson's swings about 95% and averages it."""
    n = 200
    intervals = np.array([proportion(k, n).ci95 for k in range(n + 1)])
    chances = np.linspace(0.02, 0.98, 97)
    got = [
        stats.binom.pmf(np.flatnonzero((intervals[:, 0] <= p) & (p <= intervals[:, 1])), n, p).sum() for p in chances
    ]
    assert min(got) > 0.91
    assert np.mean(got) == pytest.approx(0.95, abs=0.005)


# --- the worst 5% ---


@pytest.mark.parametrize("n", [1, 7, 19, 20, 21, 30, 59, 100, 1010])
@pytest.mark.parametrize("bad_tail", ["low", "high"])
def test_the_worst_5_percent_of_n_values_are_the_worst_n_of_each_value_20_times(n, bad_tail):
    values = np.random.default_rng(n).normal(size=n)
    twentyfold = np.sort(np.repeat(values, 20))
    expected = (twentyfold[:n] if bad_tail == "low" else twentyfold[-n:]).mean()
    assert Distribution.from_values(values, bad_tail).worst5_mean == pytest.approx(expected, rel=1e-12)


def test_the_error_of_the_worst_5_percent_is_what_repetitions_show():
    rng = np.random.default_rng(5)
    runs = [Distribution.from_values(rng.exponential(size=2000), "high") for _ in range(400)]
    spread = np.std([run.worst5_mean for run in runs], ddof=1)
    said = np.mean([run.worst5_se for run in runs])
    # The standard deviation of 400 nearly normal values is known to 1 in sqrt(800).
    assert abs(said / spread - 1) < 4 / math.sqrt(800)


def test_only_two_tails_exist():
    with pytest.raises(ValueError, match=r'"low" or "high"'):
        Distribution.from_values(np.zeros(3), "left")


# --- absent, equal, few ---


def test_absent_values_are_left_out_and_counted():
    got = Distribution.from_values(np.array([np.nan, 1.0, 3.0, np.nan, 2.0]))
    assert (got.n, got.absent, got.mean, got.sd, got.p50.value) == (3, 2, 2.0, 1.0, 2.0)


def test_nothing_but_absent_values_gives_absent_numbers():
    got = Distribution.from_values(np.full(4, np.nan))
    assert (got.n, got.absent) == (0, 4)
    assert all(math.isnan(x) for x in (got.mean, got.sd, got.mcse, got.p05.value, got.worst5_mean))


def test_equal_values_have_exactly_no_error():
    got = Distribution.from_values(np.full(1000, 0.1))
    assert (got.mean, got.sd, got.mcse, got.mean_ci95, got.worst5_mean) == (0.1, 0.0, 0.0, (0.1, 0.1), 0.1)


def test_one_path_has_a_value_but_no_error():
    got = Distribution.from_values(np.array([7]))
    assert (got.mean, got.p95.value) == (7.0, 7.0)
    assert math.isnan(got.mcse)


def test_moments_are_numpys():
    values = np.random.default_rng(3).lognormal(size=10_001)
    got = Distribution.from_values(values)
    assert got.mean == values.mean()
    assert got.sd == values.std(ddof=1)
    assert got.mcse == pytest.approx(got.sd / math.sqrt(10_001))
    assert Distribution.from_values(values[:, None][::1, 0]) == got  # a strided view of the same paths


def test_the_dictionary_has_the_contracts_keys():
    keys = list(Distribution.from_values(np.arange(100.0)).to_dict())
    quantiles = [key for p in ("p05", "p25", "p50", "p75", "p95") for key in (p, f"{p}_ci95")]
    worst = ["worst5_mean", "worst5_se", "worst5_ci95"]
    assert keys == ["n", "mean", "sd", "mcse", "mean_ci95", *quantiles, *worst]


# --- paths that depend on one another ---


def mirrored(rng):
    """Antithetic pairs: what is high in one path is low in the other."""
    z = rng.normal(size=500)
    return np.exp(0.5 * np.stack([z, -z], axis=1).ravel())


def alike(rng):
    """Pairs with much in common."""
    common, own = rng.normal(size=500), rng.normal(size=(2, 500))
    return np.exp(0.5 * (math.sqrt(0.8) * common + math.sqrt(0.2) * own).T.ravel())


def clustered(rng):
    """Sixteen scrambles, each with something of its own: path p belongs to scramble p % 16."""
    common, own = rng.normal(size=16), rng.normal(size=(60, 16))
    return np.exp(0.5 * (math.sqrt(0.1) * common + math.sqrt(0.9) * own).ravel())


def stratified(rng):
    """Sixteen scrambles, each of which spreads its points evenly."""
    order = rng.permuted(np.tile(np.arange(60), (16, 1)), axis=1).T
    return np.exp(0.5 * stats.norm.ppf((order + rng.random((60, 16))) / 60).ravel())


DEPENDENT = [(mirrored, "pairs"), (alike, "pairs"), (clustered, "scrambles"), (stratified, "scrambles")]
TRUTH = stats.lognorm(0.5)
REPETITIONS = 1000


def shares_covered(draw, groups, repetitions=REPETITIONS):
    """Coverage of the intervals of the mean, of the quantiles and of a probability."""
    rng, hits = np.random.default_rng(11), np.zeros(7)
    limit = TRUTH.ppf(0.3)
    for _ in range(repetitions):
        values = draw(rng)
        got = Distribution.from_values(values, groups=groups)
        below = values < limit
        chance = (
            proportion(int(below.sum()), below.size)
            if groups is None
            else grouped_proportion(by_group(below * 1, groups), by_group(np.ones(below.size, int), groups))
        )
        hits += [
            covered(got.mean_ci95, TRUTH.mean()),
            *(covered(q.ci95, TRUTH.ppf(p / 100)) for p, q in zip(QUANTILE_PERCENTS, got.quantiles, strict=True)),
            covered(chance.ci95, 0.3),
        ]
    return hits / repetitions


@pytest.mark.parametrize(("draw", "groups"), DEPENDENT)
def test_intervals_of_dependent_paths_cover_as_often_as_they_say(draw, groups):
    got = shares_covered(draw, groups)
    # Ranks are rounded outwards: where mirrored or stratified paths know a quantile to a rank or two, as the median,
    # its interval covers more often.
    assert (got > 0.95 - 4 * standard_error(0.95, REPETITIONS)).all()
    assert abs(got[0] - 0.95) < 4 * standard_error(0.95, REPETITIONS)
    if draw in (alike, clustered):
        assert (got < 0.95 + 4.5 * standard_error(0.95, REPETITIONS)).all()


@pytest.mark.parametrize(("draw", "groups"), DEPENDENT)
def test_the_coverage_test_notices_dependent_paths_taken_for_independent(draw, groups):
    got = shares_covered(draw, None)
    miss = 4 * standard_error(0.95, REPETITIONS)
    wrong = got > 0.95 + 0.02 if draw in (mirrored, stratified) else got < 0.95 - miss
    # The mean, the median and the probability at least; far tails of pairs hang together less.
    assert wrong[[0, 3, 6]].all()


@pytest.mark.parametrize(("draw", "groups"), DEPENDENT)
@pytest.mark.parametrize("bad_tail", ["low", "high"])
def test_the_error_of_the_worst_5_percent_of_dependent_paths_is_what_repetitions_show(draw, groups, bad_tail):
    rng = np.random.default_rng(5)
    runs = [Distribution.from_values(draw(rng), bad_tail, groups) for _ in range(600)]
    spread = np.std([run.worst5_mean for run in runs], ddof=1)
    said = math.sqrt(np.mean([run.worst5_se**2 for run in runs]))
    assert abs(said / spread - 1) < 0.2


def with_gaps(rng):
    """Pairs of which the lower half of the values is absent more often."""
    values = alike(rng)
    return np.where(rng.random(values.size) < np.where(values < 1.0, 0.6, 0.2), np.nan, values)


def test_means_of_groups_with_absent_values_cover_as_often_as_they_say():
    lower, upper = TRUTH.expect(ub=1.0, conditional=True), TRUTH.expect(lb=1.0, conditional=True)
    truth = (0.4 * lower + 0.8 * upper) / 1.2
    got = coverage(lambda rng: Distribution.from_values(with_gaps(rng), groups="pairs").mean_ci95, truth, REPETITIONS)
    assert abs(got - 0.95) < 4 * standard_error(0.95, REPETITIONS)
    wrong = coverage(lambda rng: Distribution.from_values(with_gaps(rng)).mean_ci95, truth, REPETITIONS)
    assert wrong < 0.95 - 4 * standard_error(0.95, REPETITIONS)


def test_the_error_of_pairs_is_that_of_their_means():
    values = mirrored(np.random.default_rng(1))
    means = values.reshape(-1, 2).mean(axis=1)
    got = Distribution.from_values(values, groups="pairs")
    assert got.mcse == pytest.approx(means.std(ddof=1) / math.sqrt(500))
    assert got.mean_ci95[1] - got.mean == pytest.approx(stats.t.ppf(0.975, 499) * got.mcse)
    assert got.sd == values.std(ddof=1)


def test_the_error_of_scrambles_is_that_of_their_means():
    values = clustered(np.random.default_rng(1))
    means = values.reshape(-1, 16).mean(axis=0)
    got = Distribution.from_values(values, groups="scrambles")
    assert got.mcse == pytest.approx(means.std(ddof=1) / 4)
    assert got.mean_ci95[1] - got.mean == pytest.approx(stats.t.ppf(0.975, 15) * got.mcse)


@pytest.mark.parametrize("groups", ["pairs", "scrambles"])
def test_equal_values_of_groups_have_exactly_no_error(groups):
    got = Distribution.from_values(np.full(1000, 0.1), groups=groups)
    assert (got.mean, got.sd, got.mcse, got.mean_ci95, got.worst5_mean) == (0.1, 0.0, 0.0, (0.1, 0.1), 0.1)
    assert got.p50.ci95 == (0.1, 0.1)


def test_pairs_that_balance_exactly_have_no_error_and_a_single_pair_an_unknown_one():
    got = Distribution.from_values(np.tile([1.0, 3.0], 50), groups="pairs")
    assert (got.mean, got.mcse, got.mean_ci95) == (2.0, 0.0, (2.0, 2.0))
    alone = Distribution.from_values(np.array([1.0, 3.0]), groups="pairs")
    assert alone.mean == 2.0
    assert math.isnan(alone.mcse)
    assert alone.p50.ci95 == (-math.inf, math.inf)


def test_nothing_but_absent_values_of_groups_gives_absent_numbers():
    assert math.isnan(Distribution.from_values(np.full(32, np.nan), groups="scrambles").mcse)
    assert math.isnan(Distribution.from_values(np.r_[1.0, 2.0, np.full(30, np.nan)], groups="pairs").mcse)


@pytest.mark.parametrize("hits", [0, 1, 2, 31, 63, 64])
def test_a_probability_of_groups_never_leaves_the_unit_interval(hits):
    groups = np.diff(np.floor(np.linspace(0, hits, 17))).astype(int)
    got = grouped_proportion(groups, np.full(16, 4))
    assert 0.0 <= got.ci95[0] <= got.value <= got.ci95[1] <= 1.0
    if hits in (0, 64):
        assert got == proportion(hits, 64)


def test_a_probability_of_independent_groups_is_nearly_wilsons():
    hits = np.random.default_rng(2).binomial(1, 0.3, 100_000)
    got = grouped_proportion(by_group(hits, "pairs"), np.full(50_000, 2))
    np.testing.assert_allclose(got.ci95, proportion(hits.sum(), 100_000).ci95, atol=3e-5)


def test_ranks_of_independent_groups_are_nearly_the_binomials():
    for percent in QUANTILE_PERCENTS:
        low, high = interval_ranks(10_000, percent)
        got = grouped_ranks(10_000, percent, 1.0, math.inf)
        assert low - 1 <= got[0] <= low + 1
        assert high - 1 <= got[1] <= high + 1


@pytest.mark.parametrize(("effect", "dof"), [(1.0, math.inf), (0.3, 499), (2.0, 499), (3.0, 15)])
@pytest.mark.parametrize("percent", QUANTILE_PERCENTS)
def test_grouped_ranks_are_the_tightest_of_students(percent, effect, dof):
    """Values below the quantile are at most k as often as their stand-in is at most k + 1/2."""
    n, p = 1_000, percent / 100
    low, high = grouped_ranks(n, percent, effect, dof)
    below = stats.t(dof, n * p, math.sqrt(effect * n * p * (1 - p)))
    assert below.cdf(low - 0.5) <= 0.025 < below.cdf(low + 0.5)
    assert below.sf(high - 0.5) <= 0.025 < below.sf(high - 1.5)


def test_pairs_of_equal_paths_count_once():
    """42 in 100 values are 0 and the others 1: the interval of the median begins at rank 40."""
    once = np.repeat([0.0, 1.0], [42, 58])
    twice = np.repeat(once, 2)
    assert Distribution.from_values(once).p50 == (1.0, (0.0, 1.0))
    assert Distribution.from_values(twice, groups="pairs").p50 == (1.0, (0.0, 1.0))
    assert Distribution.from_values(twice).p50 == (1.0, (1.0, 1.0))  # 200 independent paths know more


@pytest.mark.parametrize("bad_tail", ["low", "high"])
def test_pairs_of_one_path_are_independent_paths(bad_tail):
    values = np.random.default_rng(4).exponential(size=2_000)
    lone = np.stack([values, np.full(2_000, np.nan)], axis=1).ravel()
    got, expected = Distribution.from_values(lone, bad_tail, "pairs"), Distribution.from_values(values, bad_tail)
    assert (got.n, got.mean, got.worst5_mean) == (expected.n, expected.mean, expected.worst5_mean)
    assert got.mcse == pytest.approx(expected.mcse, rel=1e-12)
    # The formula for independent paths divides by n, that for groups by n - 1.
    assert got.worst5_se == pytest.approx(expected.worst5_se * math.sqrt(2_000 / 1_999), rel=1e-12)


def test_the_design_effect_of_pairs_that_are_one_is_two():
    twice = np.repeat(np.random.default_rng(3).random(10_000) < 0.2, 2).astype(int)
    assert design_effect(by_group(twice, "pairs"), np.full(10_000, 2)) == pytest.approx(2.0, rel=1e-3)


def test_only_two_kinds_of_groups_exist():
    with pytest.raises(ValueError, match=r"groups = 'trios'"):
        Distribution.from_values(np.zeros(3), groups="trios")


@pytest.mark.parametrize(
    ("name", "value", "exactly", "unknown"),
    [
        ("raised", 12_345_678.9, "$12.346M", "$12M"),
        ("raised", -1_234_567.8, "-$1.235M", "-$1.2M"),
        ("shares_issued", 1_234_567.8, "1.235M", "1.2M"),
        ("dilution", 0.123456, "12.35%", "12%"),
        ("effective_price", 2.345678, "$2.3457", "$2.3"),
        ("runway_months", 10.123456, "10.12 months", "10 months"),
        ("draws", 2.3456, "2.346", "2.3"),
    ],
)
def test_readings_have_their_most_digits_and_two_where_no_error_is_known(name, value, exactly, unknown):
    assert MEASURES[name].format(value, 1e-7 * abs(value)) == exactly
    assert MEASURES[name].format(value, math.inf) == unknown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (9.96, "$10"), (0.95, "$0.95"), (95.0, "$95"), (99.4, "$99"), (99.6, "$100"), (0.0996, "$0.10"),
        (0.0123, "$0.012"), (123.4, "$120"), (-95.4, "-$95"),
    ],
)  # fmt: skip
def test_two_digits_are_two_digits_of_any_size(value, expected):
    assert MEASURES["effective_price"].format(value, math.inf) == expected


def test_a_quantiles_error_is_half_of_its_interval_in_standard_errors():
    z = stats.norm.ppf(0.975)
    assert Quantile(5.0, (3.0, 9.0)).error == pytest.approx(3.0 / z)
    assert Quantile(5.0, (-math.inf, 9.0)).error == pytest.approx(4.0 / z)
    assert Quantile(5.0, (-math.inf, math.inf)).error == math.inf


def test_no_trials_and_no_freedom_tell_nothing():
    with pytest.raises(ValueError, match="at least one trial"):
        proportion(0, 0)
    assert math.isnan(GroupError(1.0, 0.0).half_width())
    assert GroupError(1.0, 15.0).half_width() == pytest.approx(stats.t.ppf(0.975, 15))


def test_the_error_of_the_worst_5_percent_is_that_of_the_formula():
    """(v + 95% (m - q)^2) / (5% n): v is the tail's variance, m its mean, q its edge. 5% of 2,000 values are 100."""
    values = np.random.default_rng(8).exponential(size=2_000)
    tail, edge = np.sort(values)[-100:], np.sort(values)[-101]
    got = Distribution.from_values(values, "high")
    assert got.worst5_mean == pytest.approx(tail.mean(), rel=1e-14)
    expected = math.sqrt((tail.var() + 0.95 * (tail.mean() - edge) ** 2) / 100)
    assert got.worst5_se == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("successes", "se"), [(2, 0.02), (50, 0.06), (97, 0.01)])
def test_a_grouped_proportion_solves_wilsons_equation(successes, se):
    """(share - p)^2 = z^2 p (1 - p) / n at both ends, n the independent trials that have this error."""
    found, share = proportion(successes, 100, se, dof=15), successes / 100
    n, z = share * (1 - share) / se**2, stats.t.ppf(0.975, 15)
    for p in found.ci95:
        assert (share - p) ** 2 == pytest.approx(z**2 * p * (1 - p) / n, rel=1e-9)
