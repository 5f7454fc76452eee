"""A mean runway of censored paths is marked as the lower bound that it is, wherever it is printed."""

import pytest

import sim
from tests.support.valence import valence_2002

HOW = {"paths": 64, "seed": 7}
MARKED = "24.02+"


@pytest.fixture(scope="module")
def rich():
    return valence_2002().replace({"company.cash": 2e9})


def test_a_comparison_marks_it(rich):
    found = sim.compare({"rich": rich, "poor": valence_2002()}, **HOW)
    rows = [case["estimates"]["runway_months"] for case in found.to_dict()["cases"]]
    poor = sim.simulate(valence_2002(), **HOW)["censored"].sum()
    assert [row["censored_count"] for row in rows] == [64, poor]
    assert [row["censored"] for row in rows] == [True, poor > 0]
    assert str(found).count("24.0+") == 1


def test_the_costs_of_clauses_mark_it(rich):
    found = sim.clauses(rich, **HOW)
    document = found.to_dict()
    assert [document[run]["runway_months"]["censored_count"] for run in ("signed", "lifted")] == [64, 64]
    assert str(found).count(MARKED) == 2


def test_a_sensitivity_marks_it(rich):
    found = sim.sensitivity(rich, indexed=0, **HOW)
    document = found.to_dict()
    assert document["base"]["runway_months"]["censored_count"] == 64
    assert all(swing[end]["runway_months"]["censored"] for swing in document["swings"] for end in ("at_low", "at_high"))
    assert f"Runway, months: {MARKED}." in str(found)


def test_bands_mark_it(rich):
    found = sim.uncertainty(rich.replace({"ranges": {"price.drift": [0.0, 0.1]}}), draws=8, **HOW)
    assert found.to_dict()["measures"]["runway_months"]["censored_count"] == 64
    row = next(line for line in str(found).splitlines() if "Runway" in line)
    assert row.count(MARKED) == 4


def test_a_sweep_counts_them(rich):
    rows = list(sim.sweep([rich, valence_2002()], {"overrides": [{}]}, **HOW).rows())
    assert [row["censored"] for row in rows] == [64, sim.simulate(valence_2002(), **HOW)["censored"].sum()]
