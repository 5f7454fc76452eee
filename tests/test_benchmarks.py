"""The benchmarks run at small sizes, their opponents simulate the same model, and a fault planted in one is seen."""

import json

import numba
import numpy as np
import pytest

import sim
from benchmarks import __main__ as command
from benchmarks import (
    accuracy,
    against,
    agreement,
    cluster,
    headline,
    live,
    memory,
    models,
    naive_numba,
    normals,
    numpy_opponent,
    processes,
    report,
    scaling,
    stages,
    start,
    sweep,
)
from benchmarks.facts import read_facts
from sim.text.tables import WIDTH
from tests.support.valence import valence_2002

PATHS = 40_000


@pytest.fixture(scope="module")
def case() -> sim.Case:
    return valence_2002()


@pytest.fixture(scope="module")
def facts(case):
    return read_facts(case)


@pytest.fixture(scope="module")
def ours(case) -> sim.Result:
    return sim.simulate(case, paths=2 * PATHS, seed=5)


def tiny(tmp_path, paths: int) -> report.Options:
    return report.Options(paths, 1, tmp_path)


# --- the opponents ---


def every_z(ours, theirs) -> dict[str, float]:
    """Scores of the columns, of each cause of a cash-out, and of what each quarter raised."""
    scores = {name: agreement.z_score(ours[name], theirs[name]) for name in numpy_opponent.COLUMNS[:6]}
    for cause in range(4):
        scores[f"cause {cause}"] = agreement.z_score(*((which["cause"] == cause) * 1.0 for which in (ours, theirs)))
    for q, amounts in enumerate(theirs["raised_by_period"]):
        scores[f"quarter {q}"] = agreement.z_score(ours.by_period["raised"][:, q], amounts)
    return scores


@pytest.mark.parametrize("cadence", ["quarter_end", "daily"])
def test_numpy_simulates_the_same_model(case, cadence):
    case = case.replace({"policy.cadence": cadence})
    facts, ours = read_facts(case), sim.simulate(case, paths=PATHS, seed=5)
    theirs = numpy_opponent.simulate(facts, PATHS, seed=6, way="masks")
    scores = every_z(ours, theirs) | agreement.z_scores(
        *(agreement.measures(which, facts.horizon_t) for which in (ours, theirs))
    )
    assert len(scores) == 6 + 4 + 8 + 3
    assert max(map(abs, scores.values())) < 4.0, scores


def test_both_ways_of_numpy_give_the_same_ledgers(case):
    facts = read_facts(case.replace({"policy.cadence": "weekly"}))
    masks, lists = (numpy_opponent.simulate(facts, 5_000, 3, way, batch=2_048) for way in ("masks", "lists"))
    for name, expected in masks.items():
        np.testing.assert_allclose(lists[name], expected, rtol=1e-9, atol=1e-5, err_msg=name)


def test_naive_numba_simulates_the_same_model(facts, ours):
    theirs = naive_numba.simulate(facts, PATHS, seed=6, workers=2)
    scores = every_z(ours, theirs)
    assert max(map(abs, scores.values())) < 4.0, scores


FAULTS = {
    "no -sigma^2/2": lambda f: f._replace(growth=f.growth + f.sigma**2 / 2),
    "another discount": lambda f: f._replace(multiplier=0.9),
    "no persistence of burn": lambda f: f._replace(persistence=0.0),
    "no waivers": lambda f: f._replace(condition_waiver=np.zeros_like(f.condition_waiver)),
    "no milestone follows another": lambda f: f._replace(follows=np.full_like(f.follows, -1)),
    "no third parties": lambda f: f._replace(party_probability=1e-9),
    "coverage always 100%": lambda f: f._replace(period_percent=np.full_like(f.period_percent, 100.0)),
    "the note is always extended": lambda f: f._replace(extension=1.0),
    "fewer shares": lambda f: f._replace(headroom=0.7 * f.headroom),
    "no adverse change": lambda f: f._replace(adverse_mean_days=1e12),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_planted_in_the_opponent_is_seen(facts, ours, fault):
    wrong = FAULTS[fault](facts)
    theirs = numpy_opponent.simulate(wrong, 2 * PATHS, seed=6, way="masks")
    scores = every_z(ours, theirs)
    assert not agreement.check("faulty NumPy", scores).holds, scores


@pytest.mark.parametrize(
    "changes",
    [
        {"policy.kind": "runway", "policy.target_months": 6},
        {"line.coverage.basis": "to_date"},
        {"line.pricing.floor": 1.0},
        {"price.impact": "dilution"},
        {"notes": []},
        {"third_party": None},
        {"line.conditions[same CEO].after": "2002-12-31"},
    ],
)
def test_rules_unknown_to_the_opponents_are_refused(case, changes):
    with pytest.raises(ValueError, match="the opponents do not know"):
        read_facts(case.replace(changes))


# --- the benchmarks ---


def assert_sound(made: report.Report) -> None:
    """It prints within 100 columns, goes to JSON, and its checks hold."""
    assert max(map(len, str(made).splitlines())) <= WIDTH
    assert json.loads(json.dumps(made.to_dict()))["figures"]
    assert all(check.holds for check in made.checks), made.checks


@pytest.mark.parametrize("cores", [1, 2])
def test_headline(tmp_path, monkeypatch, cores):
    monkeypatch.setattr(headline, "cores", lambda: cores)
    made = headline.run(tiny(tmp_path, 2_000))
    assert_sound(made)
    assert len(made.checks) >= 2 * (3 + cores)
    assert len(made.targets) >= 2 * cores


def test_an_opponent_that_disagrees_makes_the_command_fail(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(headline, "read_facts", lambda case: FAULTS["no -sigma^2/2"](read_facts(case)))
    monkeypatch.setattr(headline, "WANTED", {"quarter_end": 10.0})
    arguments = ["headline", "--paths", "4000", "--repeats", "1", "--out", str(tmp_path)]
    assert command.main(arguments) == 1
    assert "FAIL" in capsys.readouterr().out
    assert json.loads((tmp_path / "headline.json").read_text())["machine"]["cores"] >= 1


def test_normals(tmp_path):
    made = normals.run(tiny(tmp_path, 2_000))
    assert_sound(made)
    assert set(made.figures["ns_per_normal"]) == {"in pairs", "by the inverse", "NumPy, PCG64", "NumPy, SFC64"}


def test_models(tmp_path):
    found = models.run(tiny(tmp_path, 256))
    assert set(found.figures["daily"]) == set(models.PRICES) == set(found.figures["quarter_end"])
    assert all(0 < ns < 1e6 for ns in found.figures["daily"].values())


def test_another_version_simulates_the_same_case(tmp_path):
    with against.Version(against.tree_of(str(against.ROOT), tmp_path), tmp_path / "cache") as version:
        seconds, figures = version.simulate({"price.volatility": 0.5}, 256, 3)
    result = sim.simulate(valence_2002().replace({"price.volatility": 0.5}), paths=256, seed=3)
    assert seconds > 0
    assert [mean for mean, _ in figures] == [float(result[name].mean()) for name in against.MEASURES]


def test_an_unknown_version_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"--against 9\.9\.9: must be"):
        against.tree_of("9.9.9", tmp_path)


def test_a_timed_stage_gives_the_same_and_counts():
    double = numba.njit(lambda x: 2 * x)
    stages.CALLS[-1] = stages.CYCLES[-1] = 0
    again = stages.timed(double, stages.MOST - 1)
    assert [again(3), again(4)] == [6, 8]
    assert stages.CALLS[-1] == 2
    assert stages.CYCLES[-1] > 0


def test_scaling(tmp_path):
    made = scaling.run(tiny(tmp_path, 1_000))
    assert_sound(made)
    assert made.figures["milestones"]["16"]["size"] == 16
    assert (tmp_path / "scaling.png").stat().st_size > 10_000


def test_memory(tmp_path):
    made = memory.run(tiny(tmp_path, 1_000))
    assert_sound(made)
    assert 30 < made.figures["one_path_mib"] < 2_000


def test_sweep(tmp_path, monkeypatch):
    monkeypatch.setattr(sweep, "ROWS", 8)
    monkeypatch.setattr(sweep, "GRID", {"sobol": {"points": 8}, "ranges": {"price.volatility": [0.5, 1.2]}})
    made = sweep.run(tiny(tmp_path, 500))
    assert_sound(made)
    assert 0.0 < made.figures["computed"][100] <= 100 * made.figures["rows_a_second_a_core"]


def test_cluster(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "SIZES", {500: 8})
    made = cluster.run(tiny(tmp_path, 400))
    assert_sound(made)
    ((paths, cases, kernels, overhead, processor_time),) = made.figures["rows"]
    assert (paths, cases) == (400, 8)
    assert 0.0 < kernels < overhead
    assert processor_time > 0.0
    assert made.targets[0][2] == "at most 5"


def test_live(tmp_path):
    made = live.run(tiny(tmp_path, None))
    rows = {row[0]: row[1:] for row in made.tables[0].rows}
    assert all(0.0 < float(row[0]) <= float(row[1]) <= float(row[2]) for row in rows.values())
    if len(rows) == 3:
        assert [check.holds for check in made.checks] == [True]
        assert float(rows["input event to answer"][0]) <= float(rows["input event to paint"][0])
        assert made.targets[0][2] == "at most 100 ms"


def test_accuracy(tmp_path, monkeypatch):
    monkeypatch.setattr(accuracy, "SEEDS", 4)
    monkeypatch.setattr(accuracy, "TARGET", 0.05)
    made = accuracy.run(tiny(tmp_path, 512))
    assert_sound(made)
    assert set(made.figures["to_target"]) == {"philox", "antithetic", "sobol"}


def test_paths_to_a_target_are_interpolated():
    slope = [(1_000, 0.1, 0.002), (4_000, 0.4, 0.001)]
    assert accuracy.needed(slope) == pytest.approx((4_000, 0.4))
    assert accuracy.needed([(1_000, 0.1, 0.0016), (4_000, 0.4, 0.0008)])[0] == pytest.approx(1_000 * 1.6**2)
    assert accuracy.needed([(1_000, 0.1, 0.004), (4_000, 0.4, 0.002)]) == (0.0, 0.0)


def test_start_waits(tmp_path, monkeypatch):
    monkeypatch.setattr(start, "cold_run", lambda command, folder: 1.0)  # compiles everything: too long for a test
    made = report.Report("start")
    start.waits(made, tmp_path, 1_000, 1)
    assert_sound(made)
    assert made.figures["import_s"] < made.figures["warm_s"]


def test_an_interrupt_is_timed(ours):
    run = processes.fundrisk("run", "valence-2002", "--paths", "100000000", "--json", "out.json")
    seconds, status, left = start.interrupt(run, after=1.5)
    assert (status, left) == (130, [])
    assert seconds < 10.0


# --- times and the command line ---


def test_the_least_time_counts():
    seconds = iter([0.0, 5.0, 5.0, 6.0, 6.0, 9.0])
    original, report.perf_counter = report.perf_counter, lambda: next(seconds)
    try:
        assert report.side_by_side({"a": lambda: "given"}, 3) == {"a": (1.0, "given")}
    finally:
        report.perf_counter = original


@pytest.mark.parametrize("arguments", [["nothing"], ["normals", "--paths", "0"], ["normals", "--repeats", "-1"]])
def test_wrong_words_are_refused(arguments):
    with pytest.raises(SystemExit) as refused:
        command.main(arguments)
    assert refused.value.code == 2
