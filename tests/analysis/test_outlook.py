"""The twelve months' outlook against the arrays of whole runs, and the shortened cases behind it."""

import json
from datetime import date
from random import Random

import numpy as np
import pytest

import sim
from sim.analysis import outlook as module
from sim.analysis.outlook import outlook, shortened
from sim.analysis.variants import variants
from sim.cli import main
from sim.results.estimates import proportion
from sim.results.summary import days_at_close, fiscal_periods
from sim.terms import Case
from tests.support.valence import FILE, valence_2002
from tests.twin.random_cases import random_case

PATHS, SEED = 2_048, 3


@pytest.fixture(scope="module")
def valence() -> Case:
    return valence_2002()


def distance_from_whole_runs(case: Case, issued: str) -> float:
    """Largest difference from what the arrays of runs to the horizon say."""
    found = outlook(case, issued, PATHS, SEED)
    ready = variants(case)
    runs = {name: sim.simulate(ready[name], paths=PATHS, seed=SEED)["cash_out_days"] for name in found.names}
    first, last = (days_at_close(case, day) for day in (found.issued, found.until))
    signed = runs["as signed"] <= last
    worst = 0.0
    for i, name in enumerate(found.names):
        short = runs[name] <= last
        expected = proportion(int(short.sum()), PATHS), proportion(int((runs[name] <= first - 1).sum()), PATHS)
        worst = max(worst, abs(found.shortfall[i].value - expected[0].value))
        worst = max(worst, abs(found.already[i].value - expected[1].value))
        worst = max(worst, np.subtract(found.shortfall[i].ci95, expected[0].ci95).max())
        change = short.astype(float) - signed
        worst = max(worst, abs(found.differences[i].value - change.mean()))
        worst = max(worst, abs(found.differences[i].se - change.std(ddof=1) / np.sqrt(PATHS)))
    return worst


@pytest.mark.parametrize("issued", ["2002-04-01", "2002-06-28", "2002-11-14", "2003-06-30", "2004-03-31"])
def test_probabilities_are_those_of_whole_runs(valence, issued):
    assert distance_from_whole_runs(valence, issued) < 1e-12


def test_a_window_that_is_a_month_off_is_seen(valence, monkeypatch):
    right = module._window(valence, date(2002, 6, 28))
    monkeypatch.setattr(module, "_window", lambda case, issued: right)
    assert distance_from_whole_runs(valence, "2002-06-28") < 1e-12
    monkeypatch.setattr(module, "days_at_close", lambda case, day: days_at_close(case, day) + 30)
    assert distance_from_whole_runs(valence, "2002-06-28") > 1e-3


@pytest.mark.parametrize(
    ("issued", "until", "gap_until", "cut"),
    [
        ("2002-04-01", "2003-03-31", "2003-03-31", False),
        ("2002-06-28", "2003-06-27", "2003-06-30", False),
        ("2003-04-01", "2004-03-31", "2004-03-31", False),
        ("2003-04-02", "2004-03-31", "2004-03-31", True),
    ],
)
def test_the_window(valence, issued, until, gap_until, cut):
    found = outlook(valence, issued, 16, SEED)
    assert (str(found.until), str(found.gap_until), found.cut) == (until, gap_until, cut)


def test_the_window_of_a_leap_day(valence):
    case = valence.replace({"horizon": "2005-12-31"})
    assert str(outlook(case, "2004-02-29", 16, SEED).until) == "2005-02-28"


def test_the_gap_is_that_of_the_ledger_up_to_the_windows_quarter(valence):
    """From month ends and purchase dates of traced paths: no gap is missed, and none lies beyond."""
    found = outlook(valence, "2002-06-28", PATHS, SEED)
    whole = sim.simulate(valence, paths=PATHS, seed=SEED)
    short = sim.simulate(valence.replace({"horizon": "2003-06-30"}), paths=PATHS, seed=SEED)
    assert found.gap[1].value == pytest.approx(short["funding_gap"].mean(), rel=1e-12)
    assert (short["funding_gap"] <= whole["funding_gap"]).all()
    inside = whole["cash_out_days"] <= days_at_close(valence, date(2003, 6, 30))
    assert ((short["funding_gap"] > 0) == inside).all()
    # At the month ends that both know, bridged cash is never lower than the gap says.
    cash = whole.tallies.fan[:15]
    assert (np.maximum(0.0, -cash.min(axis=0)) <= short["funding_gap"] + 1e-6).all()


@pytest.mark.parametrize("number", range(40))
def test_a_shortened_case_has_the_same_paths(number):
    rng = Random(number)
    case = Case.from_dict(random_case(rng))
    end = rng.choice(fiscal_periods(case)).end
    short = shortened(case, end)
    assert short.horizon == end
    got, whole = (sim.simulate(each, paths=96, seed=5)["cash_out_days"] for each in (short, case))
    last = days_at_close(case, end)
    assert np.array_equal(np.where(whole <= last, whole, np.inf), got)


def test_all_shapes_of_policies_were_shortened():
    """Else the test above would say nothing about listed dates, schedules and lines that start late."""
    seen = set()
    for number in range(40):
        rng = Random(number)
        case = Case.from_dict(random_case(rng))
        end = rng.choice(fiscal_periods(case)).end
        if end < case.horizon:
            seen |= {case.policy.kind, "dates" if case.policy.dates else "", "late" if case.line.start > end else ""}
    assert seen >= {"maximum", "runway", "schedule", "dates", "late"}


def test_a_line_without_conditions_has_two_rows(valence):
    found = outlook(valence.replace({"line.conditions": []}), None, 64, SEED)
    assert found.names == ("line off", "as signed")
    assert found.differences[1].value == found.differences[1].se == 0.0


def test_shards_change_no_probability(valence, monkeypatch):
    paths = 16_384 + 64
    told = []
    whole = outlook(valence, None, paths, SEED, progress=lambda done, total: told.append((done, total)))
    monkeypatch.setattr("sim.analysis.runs.CHUNKS_AT_ONCE", 1)
    parts = outlook(valence, None, paths, SEED)
    assert parts.shortfall == whole.shortfall
    assert [each.value for each in parts.gap] == pytest.approx([each.value for each in whole.gap], rel=1e-12)
    assert told[-1] == (3 * paths, 3 * paths)


# --- the command ---


def test_the_command_says_what_the_figure_is_not(capsys, tmp_path):
    file = tmp_path / "out.json"
    assert main(["outlook", str(FILE), "--issued", "2002-06-28", "--paths", "500", "--json", str(file)]) == 0
    printed, document = capsys.readouterr().out, json.loads(file.read_text())
    flat = " ".join(printed.split())
    assert "not an accounting conclusion" in flat
    assert "ASC 205-40-50" in flat
    assert "IAS 1.25-26" in flat
    assert "Accounts issued on 28 June 2002; outlook to the close of 27 June 2003" in printed
    assert max(map(len, printed.splitlines())) <= 100
    assert [row["name"] for row in document["variants"]] == ["line off", "as signed", "every condition waived"]
    assert (document["issued"], document["until"]) == ("2002-06-28", "2003-06-27")
    assert "not an accounting conclusion" in document["note"]


@pytest.mark.parametrize("issued", ["2002-03-31", "2004-04-01", "soon", "2002-02-30"])
def test_the_command_refuses_other_days_with_one_line(capsys, issued):
    assert main(["outlook", "valence-2002", "--issued", issued]) == 2
    assert capsys.readouterr().err == f"--issued = {issued}: must be a date from 2002-04-01 to 2004-03-31\n"
