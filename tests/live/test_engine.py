"""Answers: the numbers of `simulate` to the last bit, changes path by path, and an end as soon as it is asked for."""

import time

import numpy as np
import pytest

import sim
from sim.live.engine import FIRST, SHARDS, Engine
from sim.live.shown import charts_of, command, document, settings
from sim.terms.sources import sources
from tests.support.valence import valence_2002

SEED = 11
CHANGES = {"price.volatility": 0.7, "clause: coverage": False}


@pytest.fixture(scope="module")
def engine():
    return Engine(valence_2002(), SEED)


@pytest.fixture(scope="module")
def answers(engine):
    return list(engine.answers(CHANGES, lambda: False))


@pytest.mark.parametrize("n", range(1 + len(SHARDS)))
def test_answers_have_the_bits_of_a_run(engine, answers, n):
    answer = answers[n]
    case = engine.case.replace({"price.volatility": 0.7, "line.coverage": None})
    run = sim.simulate(case, paths=(FIRST, *SHARDS)[n], seed=SEED)
    assert answer.result == run
    summary = run.summary()
    assert answer.levels["cash_out"] == summary.cash_out
    assert all(answer.levels[name] == summary[name].estimate for name in ("runway_months", "raised", "dilution"))
    assert answer.levels["raised_p05"].value == summary["raised"].p05.value
    assert answer.levels["cash_out_12m"].value == pytest.approx(run.probability_of_cash_out("2003-03-31").value)


def test_errors_shrink_as_answers_come(answers):
    errors = [answer.levels["runway_months"].se for answer in answers]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.4 * errors[0]


def test_changes_are_those_of_the_same_paths(engine, answers):
    for answer in answers[:2]:
        base = sim.simulate(engine.case, paths=answer.result.paths, seed=SEED)
        difference = answer.result["raised"] - base["raised"]
        assert answer.moves["raised"].value == pytest.approx(difference.mean(), rel=1e-12)
        assert answer.moves["raised"].se == pytest.approx(difference.std(ddof=1) / np.sqrt(difference.size), rel=1e-9)
    assert answers[0].moves["raised"].se < answers[0].levels["raised"].se


def test_nothing_changed_is_the_case(engine):
    found = document(next(engine.answers({}, lambda: False)))
    assert {row["change"] for row in found["rows"]} == {"-"}
    assert found["settings"] == []


def test_an_answer_nobody_waits_for_ends_at_once():
    engine = Engine(valence_2002().replace({"policy.cadence": "daily"}), SEED)
    asked = []

    def stopped():
        asked.append(time.monotonic())
        return len(asked) > 2

    assert list(engine.answers({"company.cash": 2e7}, stopped)) == []
    assert time.monotonic() - asked[2] < 0.5


def test_a_document_is_texts_and_drawings(answers):
    found = document(answers[0])
    assert list(found["figures"]) == ["cash", "cash_out", "waterfall", "dilution"]
    assert all(each["svg"].startswith("<svg") and "<table" in each["numbers"] for each in found["figures"].values())
    assert found["paths"] == FIRST
    assert "refining" in found["progress"]
    assert "refining" not in document(answers[-1])["progress"]


def test_a_case_without_a_line_has_fewer_charts():
    engine = Engine(valence_2002(), SEED)
    answer = next(engine.answers({"line.commitment": 0.0}, lambda: False))
    assert [chart.key for chart in charts_of(answer.result)] == ["cash", "cash_out"]
    assert {row["key"]: row["value"] for row in document(answer)["rows"]}["raised"] == 0.0


def test_nothing_that_can_be_issued_has_an_answer():
    case = valence_2002()
    engine = Engine(case.replace({"company.shares_authorized": case.company.shares_outstanding}), SEED)
    for answer in engine.answers({"company.cash": 1.2e7}, lambda: False):
        assert "100.0%" in document(answer)["figures"]["cash_out"]["svg"]


def test_settings_are_those_of_the_command_line(engine, answers):
    assert settings(answers[0].changes) == ["price.volatility=0.7", "line.coverage="]
    assert command("a case.toml", {"notes[x y].principal": 1e6}, answers[0].result) == (
        "fundrisk run 'a case.toml' --set 'notes[x y].principal=1_000_000' --paths 20000 --seed 11"
    )


@pytest.mark.parametrize(
    "values",
    [
        {},
        CHANGES,
        {"third_party": False, "policy.cadence": "weekly", "policy.kind": "runway"},
        {"burn.monthly": 4e6, "clause: condition: licence": False, "clause: period cap": False, "waivers": 0.1},
    ],
)
def test_the_changed_case_is_a_file_with_its_comments(engine, tmp_path, values):
    file = tmp_path / "changed.toml"
    file.write_text(engine.text(values), encoding="utf-8")
    answer = next(engine.answers(values, lambda: False))
    assert sim.load_case(str(file)) == answer.result.case
    assert "# [TS] letter" in file.read_text(encoding="utf-8")
    beside = sources(sim.load_case(str(file))).beside
    said = "changed on the what-if page"
    for key in answer.changes:
        assert key not in beside or said in beside[key], key
    assert (said in beside.values()) is bool(values)


def test_a_case_of_python_has_a_file_too(tmp_path):
    case = sim.Case.from_dict(valence_2002().to_dict())
    file = tmp_path / "changed.toml"
    file.write_text(Engine(case, SEED).text({"company.cash": 2e7}), encoding="utf-8")
    assert sim.load_case(str(file)).company.cash == 2e7
