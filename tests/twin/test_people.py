"""What people do, against the twin, to the last bit: sampled histories, their ledgers, and given ones."""

import random

import numpy as np
import pytest

import sim
from sim.engine.trace import trace_paths
from sim.terms import Bridge, Case, Response, Waivers
from sim.terms.schema import keys
from tests.twin import random_cases, random_lines, random_people
from tests.twin.test_twin import differences
from tests.twin.test_twin import production_functions as production_functions

CASES = 24


def document_of(number: int, lines: bool) -> tuple[random.Random, dict]:
    """A random case with people; every third with another price model, every fourth with a past."""
    rng = random.Random(f"people {number} {lines}")
    document = random_cases.random_case(rng)
    if number % 3 == 0:
        document = random_cases.random_market(rng, document)
        document["price"].setdefault("initial", 2.0)
    if number % 4 == 1:
        before = random.Random(f"past {number}")
        document = random_cases.random_past(before, document)
        document["price"]["jumps"] = before.choice(("raw", "compensated"))
    if lines:
        document = random_lines.usable_lines(rng, document)
    return rng, random_people.with_people(rng, document)


@pytest.mark.usefixtures("production_functions")
@pytest.mark.parametrize("lines", [False, True], ids=["one line", "lines"])
def test_people_agree_to_the_last_bit(lines):
    for number in range(CASES):
        assert differences(number, *document_of(number, lines), paths=4) == []


@pytest.mark.parametrize("lines", [False, True], ids=["one line", "lines"])
def test_a_run_with_people_has_the_ledgers_of_its_paths(lines):
    for number in range(CASES):
        case = Case.from_dict(document_of(number, lines)[1])
        run, traces = sim.simulate(case, paths=8, seed=number), trace_paths(case, 0, 8, seed=number)
        for name in ("raised", "shares_issued", "funding_gap", "ending_cash"):
            traced = np.array([float(path.ledger[name]) for path in traces])
            assert np.array_equal(run[name], traced), f"case {number}: {name}"


def test_random_people_cover_every_key_and_do_something():
    stated, done = set(), set()
    for number in range(60):
        case = Case.from_dict(document_of(number, lines=number % 2 == 1)[1])
        tables = [case.response, case.bridge, *(line.waivers for line in case.facilities)]
        for table in filter(None, tables):
            known = keys(type(table))
            stated |= {word for word in known if getattr(table, word) != known[word].default}
        for path in trace_paths(case, 0, 4, seed=number):
            done |= {act["burn"] for act in path.ledger.get("response", ())}
            done |= {"lent" for _ in path.ledger.get("bridge", {}).get("loans", ())}
    assert {*keys(Response), *keys(Bridge), *keys(Waivers)} <= stated
    assert done == {"cut", "restored", "lent"}
