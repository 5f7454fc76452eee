"""Intervals hold the truth as often as they say, and no figure is printed with more digits than its error allows.

The long version, 2,000 repetitions of everything: `python -m tests.proof coverage`.
"""

import math

import numpy as np
import pytest

import sim
from sim.results import estimates, figures, measures, statistics_of, summary_text
from sim.results.distribution import mean_of_all
from sim.results.estimates import GroupError
from sim.results.measures import COUNT, MEASURES
from sim.text import numbers
from tests.proof import coverage
from tests.proof.coverage import Row, Subject, Task, judged, rows_of, seeds
from tests.support.valence import valence_2002

REPETITIONS = 420  # 4 standard errors above 95% is then less than always
PATHS = 1_024
LIMIT = 4.0  # standard errors of a coverage of 95%

SHORT = {"horizon": "2002-06-30", "line.conditions": [], "milestones": [], "company.cash": 1_200_000}


@pytest.fixture(scope="module")
def subject():
    """The proof's small case in one quarter: a draw at the end of each month, few dimensions."""
    case = coverage.small_case().replace(SHORT | {"policy.cadence": "month_end"})
    variant = case.replace({"price.volatility": 0.7, "burn.monthly": 930_000})
    quantiles = (("effective_price", 5), ("effective_price", 50), ("effective_price", 95))
    return Subject(case, variant, quantiles, (("raised", 50),), ("effective_price", "funding_gap"), 0)


@pytest.fixture
def ready(subject, monkeypatch):
    monkeypatch.setattr(coverage, "subjects", lambda: {"short": subject})
    monkeypatch.setattr(coverage, "TRUTH_PATHS", 2**19)
    return subject


@pytest.fixture(scope="module")
def truth(subject):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coverage, "TRUTH_PATHS", 2**19)
        return coverage.truth_of(subject)


def rows(subject, truth, found):
    every = judged(rows_of(subject), found, truth)
    return {row.name: row for row in every if "(atom)" not in row.name}


def far(rows):
    """Rows whose coverage is more than LIMIT standard errors from 95%."""
    return {name: row.covered for name, row in rows.items() if abs(row.covered - 0.95) > LIMIT * row.se}


def repeated(how, keep=True, differences=False, repetitions=REPETITIONS):
    return coverage.repeat(Task("short", how, keep, differences, PATHS, seeds(0, repetitions)))


def test_the_truth_is_known_better_than_what_it_judges(ready, truth):
    found = rows(ready, truth, repeated("antithetic", repetitions=40))
    assert {name: row.blur for name, row in found.items() if not row.blur < coverage.WIDEST_TRUTH} == {}


def test_intervals_of_whole_runs_cover_as_often_as_they_say(ready, truth):
    found = rows(ready, truth, repeated("philox"))
    assert len(found) == 12 + len(coverage.STATISTICS)
    assert far(found) == {}


@pytest.mark.parametrize("how", ["philox", "antithetic"])
def test_so_do_those_of_runs_that_keep_no_paths(ready, truth, how):
    assert far(rows(ready, truth, repeated(how, keep=False, repetitions=250))) == {}


def test_differences_of_cases_cover_as_often_as_they_say(ready, truth):
    found = rows(ready, truth, repeated("antithetic", differences=True, repetitions=250))
    assert {name for name in found if name.startswith("difference")} == {
        "difference raised", "difference runway_months", "difference cash_out",
    }  # fmt: skip
    assert far(found) == {}


@pytest.mark.parametrize(("how", "seen"), [("antithetic", {"mean effective_price"}), ("sobol", {"mean runway_months"})])
def test_groups_are_heeded_and_a_standard_error_that_ignores_them_is_seen(ready, truth, how, seen, monkeypatch):
    honest, careless = [], []
    for seed in seeds(0, REPETITIONS):
        result = sim.simulate(ready.case, paths=PATHS, seed=seed, workers=1, **coverage.RUNS[how])
        honest.append(coverage.intervals(result.summary(), ready))
        with monkeypatch.context() as patch:
            patch.setattr(figures.Run, "groups", None)
            vars(result).pop("_summary")
            careless.append(coverage.intervals(result.summary(), ready))
    left_out = np.full((REPETITIONS, len(coverage.DIFFERENCES), 2), np.nan)
    honest, careless = (np.concatenate([found, left_out], axis=1) for found in (honest, careless))
    assert far(rows(ready, truth, honest)) == {}
    assert seen <= set(far(rows(ready, truth, careless)))


def test_an_interval_that_is_too_short_is_seen(ready, truth, monkeypatch):
    half_width = estimates.GroupError.half_width
    monkeypatch.setattr(estimates.GroupError, "half_width", lambda self: half_width(self) * 1.645 / 1.96)
    assert far(rows(ready, truth, repeated("philox"))) != {}


def test_an_average_price_with_the_error_of_its_numerator_alone_is_seen(ready, truth, monkeypatch):
    honest = statistics_of.average_price

    def careless(raised, issued, groups):
        _, error = mean_of_all(raised, groups)
        return GroupError(error.se / issued.mean(), error.dof).estimate(honest(raised, issued, groups).value)

    monkeypatch.setattr(statistics_of, "average_price", careless)
    assert set(far(rows(ready, truth, repeated("philox")))) == {"average price"}


def test_a_quantile_that_is_off_by_a_tenth_of_its_ranks_is_seen(ready, truth, monkeypatch):
    honest = estimates.interval_ranks

    def shifted(n, percent):
        low, high = honest(n, percent)
        return min(int(1.1 * low), n), min(int(1.1 * high), n)

    monkeypatch.setattr("sim.results.distribution.interval_ranks", shifted)
    assert "p50 effective_price" in far(rows(ready, truth, repeated("philox")))


def test_what_holds_and_what_does_not():
    verdicts = {
        (0, 0): "TOO HIGH", (30, 49): "TOO HIGH", (30, 50): "holds", (50, 50): "holds", (60, 60): "holds",
        (60, 61): "TOO LOW",
    }  # fmt: skip
    for (below, above), verdict in verdicts.items():
        assert Row("mean", 2000, below, above, 1.0, 0.01).verdict == verdict
    assert Row("p50 raised (atom)", 2000, 0, 0, 1.0, 0.0).verdict == "holds"
    assert Row("p50 raised (atom)", 2000, 0, 200, 1.0, 0.0).verdict == "TOO LOW"
    assert Row("p95 raised (bins)", 2000, 30, 40, 1.0, 0.01).verdict == "holds"
    assert Row("p95 raised (bins)", 2000, 70, 70, 1.0, 0.01).verdict == "TOO LOW"
    assert Row("mean", 2000, 50, 50, 1.0, 0.051).verdict == Row("mean", 2000, 50, 50, 1.0, math.nan).verdict
    assert Row("mean", 2000, 50, 50, 1.0, 0.051).verdict == "truth too rough"


def test_intervals_are_counted_on_both_sides_of_the_truth():
    found = np.array([[[0.0, 1.0], [0.0, 1.0]], [[2.0, 3.0], [np.nan, np.nan]], [[1.0, 2.0], [3.0, 4.0]]])
    one, other = judged(["a", "b"], found, [(2.5, 0.1), (2.5, 0.1)])
    assert (one.below, one.above, one.repetitions, one.blur) == (2, 0, 3, pytest.approx(0.1))
    assert (other.below, other.above, other.repetitions) == (1, 1, 2)


def test_no_seed_comes_twice():
    assert len({*seeds(0, 8000), *seeds(10**6, 8000)}) == 16_000
    assert seeds(0, 4)[::2] == [0, 1]
    assert seeds(0, 4000)[1000:] == seeds(1000, 3000)


# --- an atom inside a bin ---


def test_an_atom_in_a_shared_bin_is_in_its_interval():
    """A tenth of the paths raise $2.5M to the cent, and some a little more or less: all in one bin."""
    case = coverage.small_case()
    kept, binned = (sim.simulate(case, paths=65_536, seed=1, keep_paths=keep) for keep in (True, False))
    raised = kept["raised"]
    near = np.abs(raised / 2.5e6 - 1.0) < 2.0**-11
    assert near.sum() > (raised == 2.5e6).sum() > 5_000
    low, high = binned.summary()["raised"].p25.ci95
    assert kept.summary()["raised"].p25 == (2.5e6, (2.5e6, 2.5e6))
    assert low <= 2.5e6 <= high <= low * (1.0 + 2.0**-10)


# --- digits ---


def last_place(text):
    """What one unit of the last digit printed is worth; of 12,300 one hundred."""
    digits = text.lstrip("<>+-$").rstrip("%M").replace(",", "")
    whole, _, decimals = digits.partition(".")
    return 10.0 ** -len(decimals) if decimals else 10.0 ** (len(whole) - len(whole.rstrip("0"))) if whole else 1.0


def too_fine(text, error):
    """Whether the last digit printed is finer than a second digit of an error that begins with 1.

    Zeros at the end of a whole number may or may not be digits: they are taken for none.
    """
    if text in ("-", "0") or not error > 0:
        return False
    return not math.isfinite(error) or error / last_place(text) >= 16.0


def printed(result):
    """Each figure of a summary's tables with its error, in the units of the table."""
    found = result.summary()
    by_period, by_measure, waterfall, survival, restricted, liquidity = summary_text.tables(found)
    for row, chance, raised in zip(by_period.rows, found.cash_out_by_period, found.raised_by_period, strict=True):
        yield row[2], 100 * chance.error
        yield from ((part, 100 * chance.error) for part in row[3].split(" to "))
        yield row[4], raised.se / 1e6
    for row, name in zip(by_measure.rows, measures.HEADLINE, strict=True):
        measure, each = MEASURES[name], found[name]
        spreads = [each.mcse, *(1.0 if measure.reading is COUNT else q.error for q in each.quantiles), each.worst5_se]
        cells = [row[1], *row[3:]]
        yield from zip(cells, (spread / measure.reading.scale for spread in spreads), strict=True)
        yield row[2], each.mcse / measure.reading.scale
    yield waterfall.rows[0][1], found["raised"].mcse / 1e6
    more = found.statistics
    for row, lasts, hazard in zip(survival.rows, found.survival_by_period, more.hazard, strict=True):
        yield row[1], 100 * lasts.error
        if row[2] != "-":
            yield row[2], 100 * hazard.error
            yield from ((part, 100 * hazard.error) for part in row[3].split(" to "))
    for row, each in zip(restricted.rows, more.rmst, strict=True):
        yield from ((text, each.mean.se) for text in row[1:3])
    for row, each in zip(liquidity.rows, more.liquidity_at_risk, strict=True):
        errors = [*(quantile.error for quantile in each.tail.quantiles), each.tail.shortfall.se]
        yield from zip([*row[1:4], row[5]], (error / 1e6 for error in errors), strict=True)


def finer(result):
    known = [(text, error) for text, error in printed(result) if math.isfinite(error)]
    assert len(known) > 40 or result.paths < 100
    return [(text, error) for text, error in known if too_fine(text, error)]


RUNS = [
    {"paths": paths, **how}
    for paths in (2, 48, 1_000, 65_536)
    for how in ({}, {"antithetic": True}, {"sampler": "sobol"}, {"keep_paths": False})
    if paths % 16 == 0 or "sampler" not in how
]


@pytest.mark.parametrize("how", RUNS, ids=str)
def test_no_figure_has_more_digits_than_its_error_allows(how):
    assert finer(sim.simulate(valence_2002(), seed=3, **how)) == []


@pytest.mark.parametrize("place", [measures, numbers])
def test_a_digit_too_many_is_seen(place, monkeypatch):
    honest = estimates.decimals_allowed
    monkeypatch.setattr(place, "decimals_allowed", lambda error: min(honest(error) + 1, 15))
    assert finer(sim.simulate(valence_2002(), paths=1_000, seed=3)) != []


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_stops_where_its_error_begins(name):
    measure = MEASURES[name]
    rng = np.random.default_rng(5)
    for value, share in zip(10.0 ** rng.uniform(-3, 9, 300), 10.0 ** rng.uniform(-7, 1, 300), strict=True):
        error = value * share
        assert not too_fine(measure.format_bare(value, error), error / measure.reading.scale)
        assert not too_fine(measure.format_error(error, value), error / measure.reading.scale)


def test_an_error_loses_at_most_a_quarter_when_it_is_rounded():
    for error in np.geomspace(1e-6, 1e6, 5000):
        text = str(estimates.Estimate(1.0, error, (0.0, 0.0))).partition(" +- ")[2]
        assert abs(float(text.replace(",", "")) / error - 1.0) <= 0.25 + 1e-9


def test_the_probability_that_the_house_style_quotes_reads_as_it_says():
    assert str(estimates.proportion(18_412, 100_000)) == "0.184 +- 0.001"


@pytest.mark.parametrize("paths", [1, 20])
def test_what_has_an_unknown_error_has_two_digits(paths):
    found = sim.simulate(valence_2002(), paths=paths, seed=3).summary()
    row = dict(zip(measures.HEADLINE, summary_text.tables(found)[1].rows, strict=True))["effective_price"]
    assert len(row[-1].replace(".", "").strip("0")) <= 2
    assert math.isnan(found["effective_price"].worst5_se)
