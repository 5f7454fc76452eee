"""Several backtests together: a calibrated model is accepted as often as it should be, a wrong one is found."""

import dataclasses
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

import sim
from sim.analysis import positions as module
from sim.analysis.facts import lying
from sim.analysis.pooled import verdict_of
from sim.analysis.positions import BINS, calibration_test, positions_of
from sim.board.charts.backtest import positions
from sim.board.story.record import record
from sim.cli import main
from sim.engine.trace import trace_paths

CASES, PATHS, REPEATS = 12, 200, 200


def cases(rng, scale=1.0, shift=0.0, common=0.9, discrete=False):
    """Records of `CASES` cases, each of 1 to 6 figures that move together, beside the model's paths of scale 1."""

    def figures(n, k, scale, shift):
        own, shared = rng.normal(size=(k, n)), rng.normal(size=n)
        values = shift + scale * (np.sqrt(common) * shared + np.sqrt(1.0 - common) * own)
        return np.maximum(np.round(values), 0.0) if discrete else values

    sizes = rng.integers(1, 7, CASES)
    return [np.hstack([figures(1, k, scale, shift), figures(PATHS, k, 1.0, 0.0)]) for k in sizes]


def rejections(**how):
    """Verdicts of the tests that reject, of `REPEATS`."""
    rng = np.random.default_rng(7)
    found = (calibration_test(cases(rng, **how), i) for i in range(REPEATS))
    return [test.verdict for test in found if test.verdict != "calibrated"]


@pytest.fixture
def fewer_draws(monkeypatch):
    monkeypatch.setattr(module, "DRAWS", 499)


@pytest.mark.usefixtures("fewer_draws")
@pytest.mark.parametrize("how", [{}, {"common": 0.0}, {"discrete": True}])
def test_a_calibrated_model_is_rejected_as_often_as_stated(how):
    low, high = stats.binom.interval(0.999, REPEATS, 0.05)
    assert low <= len(rejections(**how)) <= high


@pytest.mark.usefixtures("fewer_draws")
@pytest.mark.parametrize(
    ("how", "verdict"),
    [
        ({"scale": 3.0}, "too sure"),
        ({"scale": 0.2}, "too unsure"),
        ({"shift": 1.2}, "too low"),
        ({"shift": -1.2}, "too high"),
        ({"scale": 3.0, "discrete": True}, "too sure"),
    ],
)
def test_a_wrong_model_is_found_with_its_fault(how, verdict):
    found = rejections(**how)
    least = 0.5 if how.get("discrete") else 0.8  # counts that are 0 half of the time tell less
    assert len(found) > least * REPEATS
    assert found.count(verdict) > 0.8 * len(found)


@pytest.mark.usefixtures("fewer_draws")
def test_figures_taken_as_independent_reject_too_often():
    """The planted fault: each figure is a case of its own."""
    rng = np.random.default_rng(7)
    split = [calibration_test([row[None, :] for case in cases(rng) for row in case], i) for i in range(REPEATS)]
    assert sum(test.p < 0.05 for test in split) > stats.binom.interval(0.999, REPEATS, 0.05)[1]


def test_positions_are_shares_of_lower_and_of_equal_values():
    low, high = positions_of(np.array([[2.0, 1.0, 2.0, 3.0], [5.0, 5.0, 5.0, 5.0]]))
    assert low.tolist() == [[0.25, 0.0, 0.25, 0.75], [0.0, 0.0, 0.0, 0.0]]
    assert high.tolist() == [[0.75, 0.25, 0.75, 1.0], [1.0, 1.0, 1.0, 1.0]]


def test_the_histogram_spreads_equal_values_over_their_bins():
    values = np.array([[0.0] * 10 + [1.0] * 10])
    found = calibration_test([values], 1)
    assert np.allclose(found.counts, [0.2] * 5 + [0.0] * 5)
    assert (found.figures, found.cases, len(found.counts)) == (1, 1, BINS)
    assert found.position == pytest.approx(0.25)
    assert found.bias.mean == pytest.approx(-0.5)
    assert found.spread.mean == pytest.approx(0.0)


# ---------------------------------------------------------------------------------------------------- of whole cases


def recorded(truth, model, path):
    """The model with a record of one path of the truth: cash at three month-ends and the sales of a quarter."""
    told = trace_paths(truth, path, 1, 99)[0]
    cash = [(month, told.ledger.cash_month_end[month[:7]]) for month in ("2002-06-30", "2002-09-30", "2003-03-31")]
    record = {"cash": [{"date": day, "amount": round(amount, 2), "source": "a path"} for day, amount in cash]}
    return model.replace({"record": record, "title": f"Path {path}", "simulation.seed": 1000 + path})


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [({}, "calibrated"), ({"burn.monthly": 1.6e6}, "too low"), ({"burn.volatility": 1.2}, "too sure")],
)
def test_records_of_simulated_paths_have_the_verdict_of_their_truth(changes, verdict):
    model = sim.load_case("valence-2002").replace({"ranges": None, "burn.volatility": 0.25})
    found = sim.backtest([recorded(model.replace(changes), model, path) for path in range(12)], paths=64)
    assert found.test.verdict == verdict
    assert sum(found.test.counts) == pytest.approx(36.0)


# ---------------------------------------------------------------------------------------------------- what is shown


@pytest.fixture(scope="module")
def found():
    return sim.backtest(["valence-2002", "valence-seaside-2009"], paths=64)


def test_it_prints_and_becomes_json(found):
    document = found.to_dict()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["pooled"]["test"]["p"] == found.test.p
    assert [len(each["facts"]) for each in document["cases"]] == [11, 2]
    assert document["pooled"]["figures"] == 12
    text = str(found)
    assert max(map(len, text.splitlines())) <= 100
    assert found.verdict == verdict_of(found.test)
    assert "All figures together: 12 figures of 2 cases" in text
    assert "of 12 figures lie inside" in text
    assert re.search(r"0.65M shares  +all have this value ", text)
    assert "1 of the figures could not differ" in " ".join(text.split())


def test_a_figure_that_cannot_differ_is_in_no_count(found):
    one = found.backtests[1]
    assert [fact.could_differ for fact in one.rows] == [True, False]
    told = record(SimpleNamespace(record=one))
    assert told.headline == "1 of 1 figure lies inside the simulated 90% range"
    assert told.charts[0].table.rows[1][3] == "all have this value"
    assert (lying(0, 2), lying(1, 3), lying(0, 1)) == (
        "0 of 2 figures lie",
        "1 of 3 figures lies",
        "0 of 1 figure lies",
    )
    sure = dataclasses.replace(one, rows=one.rows[1:])
    assert record(SimpleNamespace(record=sure)).headline == "No observed figure could differ from the simulated ones"


def test_the_figure_has_a_bar_for_each_bin(found):
    ax = positions(found)
    assert [bar.get_height() for bar in ax.containers[0]] == pytest.approx(found.test.counts)
    assert ax.get_title(loc="left").replace("\n", " ") == found.verdict.rstrip(".")


def test_the_command_agrees_with_the_function(tmp_path, capsys, found):
    json_file, picture = tmp_path / "found.json", tmp_path / "found.png"
    words = ["valence-2002", "valence-seaside-2009", "--paths", "64", "--json", str(json_file), "--plot", str(picture)]
    assert main(["backtest", *words]) == 0
    assert capsys.readouterr().out == f"{found}\n"
    made = json.loads(json_file.read_text())
    assert made["pooled"] == found.to_dict()["pooled"]
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["kulr-2022", "redwire-2022"], "kulr-2022: record: missing; must be a table of what really happened"),
        (["valence-2002", "--plot", "a.txt"], "--plot = a.txt: must end in .png, .svg or .pdf"),
        (["valence-2002", "--paths", "0"], "--paths = 0: must be a whole number from 1 to 1000000"),
        (["-", "-"], "<stdin>: must be given once: the standard input can be read once"),
    ],
)
def test_what_cannot_be_tested_is_refused_in_one_line(words, line, capsys):
    assert main(["backtest", *words]) == 2
    assert capsys.readouterr().err.splitlines()[0] == line
