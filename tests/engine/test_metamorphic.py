"""How the answer must move when the question does: every relation on random cases, and with faults planted."""

from collections.abc import Iterator
from random import Random

import pytest

from tests.proof.planted import PROGRAM_FAULTS
from tests.support import relations_of_luck  # noqa: F401  (adds its relations)
from tests.support.relations import RELATIONS
from tests.twin.random_cases import random_case

CASES = 60


def outcomes(name: str) -> Iterator[bool]:
    """Of each case of which the relation says something, whether it holds."""
    for number in range(CASES):
        holds = RELATIONS[name](random_case(Random(5000 + number)))
        if holds is not None:
            yield bool(holds)


@pytest.mark.parametrize("name", RELATIONS)
def test_the_relation_holds(name):
    held = list(outcomes(name))
    assert len(held) >= 10
    assert all(held), f"{held.count(False)} of {len(held)} cases"


def test_there_are_enough_relations():
    assert len(RELATIONS) >= 25
    seen = [name for fault in PROGRAM_FAULTS["relations"] for name in fault.fails]
    assert set(RELATIONS) == set(seen)  # each has been seen to fail


@pytest.mark.parametrize("fault", PROGRAM_FAULTS["relations"], ids=lambda fault: fault.name)
def test_a_planted_fault_breaks_its_relations(monkeypatch, fault):
    fault.plant(monkeypatch)
    assert [name for name in fault.fails if all(outcomes(name))] == []
