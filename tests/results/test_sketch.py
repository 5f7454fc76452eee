"""A run that keeps no paths says what the paths would have said, in whatever order they came and were put together."""

import itertools
import json
import math

import numpy as np
import pytest

import sim
from sim.lowering import program as records
from sim.results.distribution import Distribution
from sim.results.estimates import GROUPS
from sim.results.histogram import BINS, PAGES, Histogram
from sim.results.measures import MEASURES
from sim.results.merge import merge
from sim.results.result import PathsNotKept, Result
from sim.results.saved import load_result
from sim.results.sketch import Sketch
from tests.support.synthetic import synthetic_result
from tests.support.valence import valence_2002

CHUNK = 1024
PATHS = 4 * CHUNK + 160


def columns_of(result, start=0, stop=None):
    """What the engine would have written for paths of a result."""
    columns = result.paths_or_sketch()
    return {name: column[..., start:stop] for name, column in columns.items()}


def twisted(result):
    """The same paths with neighbours that have something in common, so that groups matter."""
    order = np.argsort(result["raised"] + np.random.default_rng(1).normal(0.0, 4e6, result.paths))
    return {name: column[..., order] for name, column in result.paths_or_sketch().items()}


def made(groups, **data):
    """A result whose paths depend on one another in a given way."""
    base = synthetic_result(paths=PATHS)
    sampler = "sobol" if groups == "scrambles" else "philox"
    return Result(base.case, PATHS, 11, sampler, base.tallies, antithetic=groups == "pairs", **data)


def sketch_of(kept, groups, order=None):
    """The sketch of a result's paths, chunk by chunk."""
    sketch = Sketch(kept.case, groups)
    chunks = range(-(-kept.paths // CHUNK))
    for chunk in order or chunks:
        sketch.add(chunk, columns_of(kept, chunk * CHUNK, (chunk + 1) * CHUNK))
    return sketch


@pytest.fixture(scope="module", params=GROUPS)
def both(request):
    """A result that keeps its paths and one that keeps their sketch."""
    kept = made(request.param, columns=twisted(synthetic_result(paths=PATHS)))
    return kept, made(request.param, sketch=sketch_of(kept, request.param))


def same_arrays(one, other):
    return one.keys() == other.keys() and all(one[name].tobytes() == other[name].tobytes() for name in one)


# --- what it says ---


def test_means_and_their_errors_are_those_of_the_paths(both):
    kept, sketched = (result.summary() for result in both)
    for name in MEASURES:
        got, expected = sketched[name], kept[name]
        assert (got.n, got.absent) == (expected.n, expected.absent)
        for field in ("mean", "sd", "mcse", "mean_ci95"):
            rounding = 1e-14 * abs(expected.mean)
            np.testing.assert_allclose(getattr(got, field), getattr(expected, field), 1e-11, rounding, err_msg=name)


def test_quantiles_and_their_intervals_are_right_to_their_bins(both):
    kept, sketched = (result.summary() for result in both)
    for name in MEASURES:
        for got, expected in zip(sketched[name].quantiles, kept[name].quantiles, strict=True):
            assert got.value == pytest.approx(expected.value, rel=2**-11)
            # The design effect is the bin's: a rank may differ by one or two.
            np.testing.assert_allclose(got.ci95, expected.ci95, rtol=0.01 if both[0].run.groups else 2**-11)
        assert sketched[name].worst5_mean == pytest.approx(kept[name].worst5_mean, rel=2**-11)


def test_the_error_of_the_worst_5_percent_is_nearly_that_of_the_paths(both):
    kept, sketched = (result.summary() for result in both)
    for name in MEASURES:
        # Of pairs a sketch knows who is in the tail with whom, not how far.
        blur = 2**-12 * abs(kept[name].worst5_mean)  # half of a bin
        assert sketched[name].worst5_se == pytest.approx(kept[name].worst5_se, rel=0.15, abs=blur)


def test_probabilities_and_what_the_line_did_are_those_of_the_paths(both):
    kept, sketched = (result.summary() for result in both)
    np.testing.assert_array_equal(sketched.cash_out_counts, kept.cash_out_counts)
    for got, expected in zip(sketched.cash_out_by_period, kept.cash_out_by_period, strict=True):
        np.testing.assert_allclose([got.value, got.se, *got.ci95], [expected.value, expected.se, *expected.ci95], 1e-11)
    for got, expected in zip(sketched.raised_by_period, kept.raised_by_period, strict=True):
        np.testing.assert_allclose([got.value, got.se, *got.ci95], [expected.value, expected.se, *expected.ci95], 1e-11)
    assert sketched.waterfall.raised == pytest.approx(kept.waterfall.raised)
    assert sketched.to_dict().keys() == kept.to_dict().keys()
    json.dumps(sketched.to_dict(), allow_nan=False)


@pytest.mark.parametrize("groups", ["pairs", "scrambles"])
def test_taking_dependent_paths_for_independent_would_be_noticed(groups):
    kept = made(groups, columns=twisted(synthetic_result(paths=PATHS)))
    right, wrong = kept.summary(), sketch_of(kept, None)
    assert abs(wrong.distribution("raised").mcse / right["raised"].mcse - 1) > 0.02
    assert abs(wrong.cash_out_by_period()[3].se / right.cash_out_by_period[3].se - 1) > 0.002


@pytest.mark.parametrize("groups", GROUPS)
def test_a_value_that_fills_its_bin_alone_is_exact(groups):
    base = synthetic_result(paths=PATHS)
    columns = base.paths_or_sketch()
    columns["raised"] = np.where(np.arange(PATHS) % 3 == 0, 0.1 + 0.2, 5_000_000.0)
    columns["ending_cash"] = np.where(np.arange(PATHS) % 7 == 0, -12_345.678, 0.0)
    kept = made(groups, columns=columns)
    sketch = sketch_of(kept, groups)
    for name in ("raised", "ending_cash", "draws"):
        got, expected = sketch.distribution(name), Distribution.from_values(kept[name], groups=groups)
        assert [q.value for q in got.quantiles] == [q.value for q in expected.quantiles]


def test_intervals_from_bins_reach_at_least_as_far_as_those_of_the_paths(both):
    """A bin's ends count on either side, so whoever keeps no paths never says more than he knows."""
    kept, sketched = (result.summary() for result in both)
    wider = 0
    for name in MEASURES:
        for got, expected in zip(sketched[name].quantiles, kept[name].quantiles, strict=True):
            assert got.ci95[0] <= expected.ci95[0] <= expected.ci95[1] <= got.ci95[1], name
            wider += (got.ci95[0] < expected.ci95[0]) + (expected.ci95[1] < got.ci95[1])
    assert wider > 20


@pytest.mark.parametrize("groups", GROUPS)
def test_equal_and_absent_values_say_so(groups):
    base = synthetic_result(paths=PATHS)
    columns = {name: np.zeros_like(column) for name, column in base.paths_or_sketch().items()}
    columns["ending_cash"] = np.full(PATHS, 0.1)
    columns["cash_out_days"] = np.full(PATHS, math.inf)
    got = made(groups, sketch=sketch_of(made(groups, columns=columns), groups)).summary()
    assert (got["ending_cash"].mean, got["ending_cash"].sd, got["ending_cash"].mcse) == (0.1, 0.0, 0.0)
    assert got["ending_cash"].worst5_mean == 0.1
    assert (got["effective_price"].n, got["effective_price"].absent) == (0, PATHS)
    assert got.cash_out.value == 0.0
    assert got.cash_out.ci95[1] > 0.0


# --- in whatever order ---


@pytest.mark.parametrize("groups", GROUPS)
def test_no_order_of_adding_and_merging_changes_a_bit(groups):
    kept = made(groups, columns=twisted(synthetic_result(paths=PATHS)))
    expected = sketch_of(kept, groups).to_arrays()
    assert same_arrays(sketch_of(kept, groups, [4, 2, 0, 1, 3]).to_arrays(), expected)
    parts = [[0, 3], [4], [2, 1]]
    for order in itertools.permutations(parts):
        whole = Sketch(kept.case, groups)
        for chunks in order:
            whole.merge(sketch_of(kept, groups, chunks))
        assert same_arrays(whole.to_arrays(), expected)
        assert whole.distribution("raised") == sketch_of(kept, groups).distribution("raised")


def test_a_chunk_is_seen_once():
    kept = synthetic_result(paths=PATHS)
    sketch = sketch_of(kept, None)
    with pytest.raises(ValueError, match="chunk 3 was added already"):
        sketch.add(3, columns_of(kept))
    with pytest.raises(ValueError, match="chunk 1 is in both sketches"):
        sketch.merge(sketch_of(kept, None, [1]))
    with pytest.raises(ValueError, match="different groups"):
        sketch.merge(Sketch(kept.case, "pairs"))
    with pytest.raises(ValueError, match=r"draws: an array of shape \(3,\); allowed: \(4256,\)"):
        sketch.add(9, columns_of(kept) | {"draws": np.zeros(3)})


def test_an_empty_chunk_is_none():
    few = synthetic_result(paths=2)
    sketch = Sketch(few.case)
    sketch.add(0, columns_of(few, 0, 0))
    assert (sketch.paths, sketch.moments) == (0, {})


# --- bins ---


def test_bins_are_a_2048th_of_their_values_wide():
    rng = np.random.default_rng(4)
    values = np.sort(rng.choice([-1.0, 1.0], 20_000) * 10.0 ** rng.uniform(-300, 300, 20_000))
    values[:3] = [-math.inf, math.inf, 0.0]
    histogram = Histogram(0, 1)
    histogram.add(np.append(values, [math.nan, -math.nan]))
    (got, least, most), counts = histogram.table()
    here = np.repeat([least, most], counts[:, 0], axis=1)
    assert ((here[0] <= np.sort(values)) & (np.sort(values) <= here[1])).all()
    assert (most[:-1] < least[1:]).all()
    np.testing.assert_allclose(np.repeat(got, counts[:, 0]), np.sort(values), rtol=2**-11)
    assert (np.diff(got) > 0).all()


def test_the_kernels_and_the_sketch_agree_on_their_shapes():
    from sim.kernels import sketch as kernels

    assert (kernels.BINS, kernels.PAGES, kernels.SCRAMBLES) == (BINS, PAGES, records.SCRAMBLES)
    case = synthetic_result(paths=2).case
    for kind, groups in enumerate(GROUPS):
        assert Sketch(case, groups).cash_outs.shape[2] == kernels.SLOTS[kind]


def test_memory_grows_by_a_few_numbers_a_chunk():
    kept, sketch = synthetic_result(paths=PATHS), Sketch(synthetic_result(paths=2).case)
    for chunk in range(20):
        sketch.add(chunk, columns_of(kept))
    before = sum(histogram._cells.nbytes for histogram in sketch.histograms.values())
    for chunk in range(20, 60):
        sketch.add(chunk, columns_of(kept))
    assert sum(histogram._cells.nbytes for histogram in sketch.histograms.values()) == before
    assert sketch.moments[0].size < 100


# --- a result without paths ---


def test_what_was_not_kept_is_said_in_one_line(both):
    _, sketched = both
    for ask in (lambda: sketched["raised"], lambda: sketched.by_period):
        with pytest.raises(PathsNotKept) as caught:
            ask()
        assert isinstance(caught.value, KeyError)
        assert str(caught.value) == "paths were not kept: simulate with keep_paths=True"


def test_probabilities_at_the_ends_of_quarters_need_no_paths(both):
    kept, sketched = both
    for by in (None, "2002-09-30", "2004-03-31"):
        np.testing.assert_allclose(sketched.probability_of_cash_out(by).ci95, kept.probability_of_cash_out(by).ci95)
    with pytest.raises(ValueError, match=r"by = 2002-10-01: paths were not kept.*2002-06-30, 2002-09-30"):
        sketched.probability_of_cash_out("2002-10-01")


def test_a_summary_of_bins_says_so(both):
    kept, sketched = (" ".join(str(result.summary()).split()) for result in both)
    assert "The run kept no paths: quantiles" in sketched
    assert "No paths were kept" not in kept


def test_a_saved_sketch_comes_back_equal(both, tmp_path):
    kept, sketched = both
    sketched.save(tmp_path / "run.npz")
    back = load_result(tmp_path / "run.npz")
    assert back == sketched
    assert back != kept
    assert back.run == sketched.run
    assert back.summary().to_dict() == sketched.summary().to_dict()


def test_a_sketch_of_other_paths_is_refused():
    base = synthetic_result(paths=PATHS)
    with pytest.raises(ValueError, match=f"sketch of {CHUNK} paths in groups None; must be {PATHS} and None"):
        made(None, sketch=sketch_of(base, None, [0]))
    with pytest.raises(ValueError, match="groups None; must be"):
        made("pairs", sketch=sketch_of(base, None))
    with pytest.raises(ValueError, match="either the columns of its paths or their sketch"):
        made(None)


# --- shards ---

STEP = 16_384
SHARDS = [(0, STEP), (STEP, STEP), (2 * STEP, 1000)]


@pytest.mark.parametrize("keep_paths", [True, False])
@pytest.mark.parametrize("antithetic", [True, False])
def test_shards_make_the_run(keep_paths, antithetic):
    how = {"seed": 5, "keep_paths": keep_paths, "antithetic": antithetic}
    whole = sim.simulate(valence_2002(), paths=2 * STEP + 1000, **how)
    shards = [sim.simulate(valence_2002(), paths=paths, first_path=first, **how) for first, paths in SHARDS]
    expected = whole.summary().to_dict() | {"elapsed_s": None}
    for order in ([0, 1, 2], [2, 0, 1]):
        got = merge([shards[i] for i in order])
        assert got == whole
        assert got.summary().to_dict() | {"elapsed_s": None} == expected
    later = merge(shards[1:])
    assert (later.run.first_path, later.paths) == (STEP, STEP + 1000)
    assert merge([merge(shards[1:]), shards[0]]) == whole


def shard(first_path, paths=STEP, keep=True, **change):
    """A shard of a run that was never simulated."""
    base = synthetic_result(paths=paths)
    data = dict(base.columns, raised_by_period=base.by_period["raised"].T)
    about = {"seed": 11, "case": base.case} | change
    sketch = None
    if not keep:
        sketch = Sketch(base.case)
        sketch.add(first_path // STEP, columns_of(base))
    return Result(
        about["case"], paths, about["seed"], "philox", base.tallies, data if keep else None, sketch,
        first_path=first_path,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([], "at least one"),
        ([shard(0), shard(2 * STEP)], f"paths {STEP} to {2 * STEP - 1} are in no shard"),
        ([shard(0, 2 * STEP), shard(STEP)], f"paths {STEP} to {2 * STEP - 1} are in two shards"),
        ([shard(0), shard(0)], f"paths 0 to {STEP - 1} are in two shards"),
        ([shard(0, 100), shard(100)], f"starts at path 100: must be a multiple of {STEP}"),
        ([shard(0), shard(STEP, seed=12)], "shards must be of one run: seed 11 and 12"),
        ([shard(0), shard(STEP, keep=False)], "shards must be of one run: keep_paths True and False"),
        (
            [shard(0), shard(STEP, case=synthetic_result(paths=2).case.replace({"price.initial": 4.0}))],
            "shards must be of one run: case ",
        ),
    ],
)
def test_shards_that_do_not_fit_are_one_line(parts, message):
    with pytest.raises(ValueError, match=message) as caught:
        merge(parts)
    assert len(str(caught.value).splitlines()) == 1
