"""Comparisons against the arrays of separate runs: levels, paired differences and their errors, however run."""

import json
import math
from pathlib import Path
from random import Random

import numpy as np
import pytest

import sim
from sim.analysis import compare as module
from sim.analysis import runs
from sim.analysis.compare import compare
from sim.analysis.paired import ABSENT, MEASURED, NOTHING, Difference, Mean, Probability, values_of
from sim.cli import main
from sim.results.distribution import Distribution
from sim.terms import Case
from sim.terms.files import SHIPPED
from tests.support.valence import valence_2002
from tests.twin.random_cases import random_case

PATHS, SEED = 4_096, 11
CALM = {"price.volatility": 0.5, "company.cash": 13_000_000}
WAYS = [{}, {"antithetic": True}, {"sampler": "sobol"}]


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    base = valence_2002()
    return {"base": base, "calm": base.replace(CALM), "off": base.replace({"line.commitment": 0})}


def groups_of(way: dict) -> str | None:
    return "scrambles" if way.get("sampler") == "sobol" else "pairs" if way else None


@pytest.mark.parametrize("way", WAYS)
def test_levels_and_differences_are_those_of_separate_runs(cases, way):
    found = compare(cases, PATHS, SEED, **way)
    runs = [sim.simulate(case, paths=PATHS, seed=SEED, **way) for case in cases.values()]
    assert found.names == ("base", "calm", "off")
    assert tuple(found.estimates) == (*MEASURED, "cash_out_12m")
    for i, run in enumerate(runs):
        summary = run.summary()
        for name in MEASURED:
            expected = summary.cash_out if name == "cash_out" else summary[name].estimate
            assert close(found.estimates[name][i], expected), name
        assert close(found.estimates["cash_out_12m"][i], run.probability_of_cash_out("2003-03-31"))
        assert all(map(close, found.cash_out_by_period[i], summary.cash_out_by_period))
        for name, row in found.differences.items():
            change = np.subtract(values_of(run, name), values_of(runs[0], name), dtype=float)
            expected = Distribution.from_values(change, groups=groups_of(way)).estimate
            assert close(row[i], expected), name
    assert found.estimates["raised"][2].value == found.estimates["raised"][2].se == 0.0


def close(got, expected) -> bool:
    """The same numbers, but for the order of sums."""
    pairs = zip((got.value, got.se, *got.ci95), (expected.value, expected.se, *expected.ci95), strict=True)
    return all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12 * abs(expected.value)) for a, b in pairs)


@pytest.mark.parametrize("way", WAYS[:2])
def test_shards_change_nothing_but_the_order_of_sums(cases, monkeypatch, way):
    paths = 2 * 16_384 + 100
    whole = compare(cases, paths, SEED, **way)
    monkeypatch.setattr(runs, "CHUNKS_AT_ONCE", 1)
    told = []
    parts = compare(cases, paths, SEED, **way, progress=lambda done, total: told.append((done, total)))
    for table, other in ((whole.estimates, parts.estimates), (whole.differences, parts.differences)):
        for name in table:
            assert all(map(close, other[name], table[name])), name
    assert parts.cash_out_by_period == whole.cash_out_by_period
    assert told[-1] == (3 * paths, 3 * paths)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_pairing_by_path_makes_the_error_small(cases, monkeypatch):
    """Planted fault: other random numbers for the base give errors that are several times larger."""
    good = compare(cases, PATHS, SEED).differences["raised"][1]
    columns = runs.Rooms.columns

    def unpaired(rooms, case, paths, how, *options):
        return columns(rooms, case, paths, how._replace(seed=how.seed + (case == cases["base"])), *options)

    monkeypatch.setattr(runs.Rooms, "columns", unpaired)
    bad = compare(cases, PATHS, SEED).differences["raised"][1]
    assert bad.se > 3 * good.se


def test_errors_come_from_pairs_and_scrambles(cases, monkeypatch):
    """Planted fault: an error that takes the paths for independent differs from that of the groups."""
    for way, least in ((WAYS[1], 1.02), (WAYS[2], 1.2)):
        good = compare(cases, PATHS, SEED, **way).estimates["runway_months"][0]
        with monkeypatch.context() as patch:
            patch.setattr(module, "level_of", lambda name, groups: Mean(None))
            bad = compare(cases, PATHS, SEED, **way).estimates["runway_months"][0]
        assert bad.value == pytest.approx(good.value)
        assert bad.se > least * good.se


def test_the_base_differs_by_exactly_nothing(cases):
    found = compare(cases, 500, SEED)
    assert {row[0] for row in found.differences.values()} == {NOTHING}
    twins = compare([cases["base"], cases["base"]], 500, SEED)
    assert twins.names == (cases["base"].title, f"{cases['base'].title} (2)")
    assert twins.differences["raised"][1] == NOTHING
    # No path differs; that none ever would is not known.
    chance = twins.differences["cash_out"][1]
    assert (chance.value, chance.se) == (0.0, 0.0)
    assert chance.ci95 == pytest.approx((-2.7718 / 502, 2.7718 / 502), rel=1e-4)


def test_other_spans_are_compared_where_they_overlap_and_said(cases):
    base = cases["base"]
    short, late = base.replace({"horizon": "2002-12-31"}), base.replace({"valuation_date": "2002-07-01"})
    found = compare({"base": base, "short": short, "late": late}, 1_000, SEED)
    assert "cash_out_12m" not in found.estimates
    assert [len(row) for row in found.cash_out_by_period] == [8, 8, 8]
    run = sim.simulate(short, paths=1_000, seed=SEED).summary()
    assert found.cash_out_by_period[1][:3] == run.cash_out_by_period
    assert all(math.isnan(each.value) for each in (*found.cash_out_by_period[1][3:], found.cash_out_by_period[2][0]))
    run = sim.simulate(late, paths=1_000, seed=SEED).summary()
    assert found.cash_out_by_period[2][1:] == run.cash_out_by_period
    assert [note.partition(" is ")[0] for note in found.notes] == ["short", "late"]
    assert found.to_dict()["cases"][2]["cash_out_by_period"][0]["value"] is None
    assert str(ABSENT) == "absent"


@pytest.mark.parametrize("number", range(4))
def test_any_case_can_be_compared_and_written(number):
    case = Case.from_dict(random_case(Random(number)))
    found = compare({"as it is": case, "poor": case.replace({"company.cash": 0})}, 64, 1)
    assert max(map(len, str(found).splitlines())) <= 100
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False)) == found.to_dict()


def test_names_cannot_upset_a_terminal(cases):
    text = str(compare({"base": cases["base"], "red \x1b[31m\n" + 60 * "x": cases["calm"]}, 64, 1))
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_sums_of_equal_values_are_exact():
    for groups in (None, "pairs"):
        mean = Mean(groups)
        for size in (2, 4, 6):
            mean.add(np.full(size, 0.1))
        assert (mean.estimate().value, mean.estimate().se) == (0.1, 0.0)


def test_scrambles_come_in_one_piece():
    mean = Mean("scrambles")
    mean.add(np.arange(32.0))
    with pytest.raises(ValueError, match="one piece"):
        mean.add(np.arange(32.0))


def test_intervals_of_probabilities_stay_between_0_and_1():
    shift, chance = Difference(None), Probability(None)
    happened = np.array([1.0] * 9 + [0.0])
    shift.add(happened)
    chance.add(happened > 0)
    assert shift.estimate().ci95[1] == 1.0
    assert 0.9 < chance.estimate().ci95[1] < 1.0


@pytest.mark.parametrize(
    ("how", "line"),
    [
        ({"paths": 0}, "paths = 0: must be a whole number"),
        ({"seed": -1}, "seed = -1: must be a whole number"),
        ({"sampler": "halton"}, "sampler = 'halton': must be one of"),
        ({"paths": 33, "antithetic": True}, "paths = 33: must be even"),
    ],
)
def test_wrong_numbers_are_refused(cases, how, line):
    with pytest.raises(ValueError, match=line):
        compare(cases, **{"paths": 32, "seed": 1} | how)


def test_nothing_cannot_be_compared():
    with pytest.raises(ValueError, match="at least one case"):
        compare([])


# --- the command ---


def test_the_command_compares_variants_of_a_case(capsys, tmp_path):
    file = tmp_path / "out.json"
    words = ["compare", "valence-2002", "--variant", "calm", "price.volatility=0.5", "--variant", "company.cash=2e7"]
    assert main([*words, "--set", "burn.monthly=2e6", "--paths", "1000", "--json", str(file)]) == 0
    printed, document = capsys.readouterr().out, json.loads(file.read_text())
    assert [case["name"] for case in document["cases"]] == ["valence-2002", "calm", "company.cash=2e7"]
    assert {case["case"]["burn"]["monthly"] for case in document["cases"]} == {2e6}
    assert [case["case"]["price"]["volatility"] for case in document["cases"]] == [0.95, 0.5, 0.95]
    assert max(map(len, printed.splitlines())) <= 100
    assert "Difference from valence-2002" in printed


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["mine.toml"], ["mine", "calm"]),
        (["mine.toml", "other.toml"], ["mine", "calm", "other"]),
        (["a/mine.toml", "b/mine.toml"], ["a/mine.toml", "calm", "b/mine.toml"]),
        (["a/mine.toml", "valence-2002"], ["mine", "calm", "valence-2002"]),
    ],
)
def test_the_command_names_a_case_by_its_file(files, names, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = SHIPPED.joinpath("valence-2002.toml").read_text(encoding="utf-8")
    for file in files:
        if file.endswith(".toml"):
            Path(file).parent.mkdir(exist_ok=True)
            Path(file).write_text(text, encoding="utf-8")
    words = [*files, "--variant", "calm", "price.volatility=0.5", "--paths", "100", "--json", "-"]
    assert main(["compare", *words]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [case["name"] for case in document["cases"]] == names
    assert document["base"] == names[0]


def test_the_command_knows_the_ready_variants(capsys):
    assert main(["compare", "valence-2002", "--variants", "--paths", "200", "--json", "-"]) == 0
    document = json.loads(capsys.readouterr().out)
    names = [case["name"] for case in document["cases"]]
    stated = list(sim.load_case("valence-2002").variants)
    assert names[: 3 + len(stated)] == ["as signed", *stated, "line off", "every condition waived"]
    assert document["cases"][names.index("line off")]["estimates"]["raised"]["value"] == 0.0


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["valence-2002"], "compare: must have a second CASE, --variants or --variant KEY=VALUE"),
        (["valence-2002", "valence-2002"], "compare: valence-2002: must not be named twice"),
        (["valence-2002", "--variant", "calm"], "--variant calm: must have at least one KEY=VALUE after the name"),
        (["valence-2002", "--variants", "--paths", "0"], "--paths = 0: must be a whole number from 1 to 1000000000000"),
    ],
)
def test_the_command_refuses_with_one_line(capsys, words, line):
    assert main(["compare", *words]) == 2
    assert capsys.readouterr().err.splitlines() == [line]
