"""Changes of single values: the case, or the error, is the one that the general way makes."""

from random import Random

import pytest

from sim.terms import Case, CaseError
from sim.terms import case as module
from tests.support.overrides import every_case, random_overrides

CASES = every_case()
TRIED = 150


def outcome(case, changes):
    """The case with its text and source, or the lines of the error."""
    try:
        made = case.replace(changes, blame="test")
    except CaseError as error:
        return error.problems
    return made, made.to_dict(), made.source, made.text, made.ranges, made.record


@pytest.mark.parametrize("name", CASES)
def test_both_ways_have_one_outcome(name, monkeypatch):
    rng, case = Random(name), CASES[name]
    overrides = [random_overrides(rng, case) for _ in range(TRIED)]
    overrides += [{"ranges": None, **changes} for changes in overrides[:20]]
    found = [outcome(case, changes) for changes in overrides]
    monkeypatch.setattr(module, "with_values", lambda *_: None)
    assert found == [outcome(case, changes) for changes in overrides]


def test_values_are_changed_without_reading_the_document(monkeypatch):
    monkeypatch.setattr(Case, "to_dict", None)
    case = CASES["valence-2002"]
    changes = {"price.volatility": 0.5, "notes[0].principal": 1e6, "line.coverage.percent[1]": 50}
    made = case.replace({**changes, "line.conditions[licence].waiver_probability": 1})
    assert (made.price.volatility, made.notes[0].principal) == (0.5, 1e6)
    assert made.line.coverage.percent == (100.0, 50.0, 75.0, 50.0)
    assert made.company is case.company
    assert case.price.volatility == 0.95
