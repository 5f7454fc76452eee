"""Other cash and what people do, together: sampled histories, their ledgers and given ones, to the last bit."""

import random

import numpy as np
import pytest

import sim
from sim.engine.trace import trace_paths
from sim.terms import Case
from tests.twin import random_cases, random_cash, random_lines, random_people
from tests.twin.test_twin import differences
from tests.twin.test_twin import production_functions as production_functions

CASES = 40


def document_of(number: int) -> tuple[random.Random, dict]:
    """A random case with both, on any valuation date; every third with another price model, every fourth with a past,
    every second with lines of today."""
    rng = random.Random(f"world {number}")
    document = random_cases.random_case(rng, any_day=rng.random() < 0.5)
    if number % 3 == 0:
        document = random_cases.random_market(rng, document)
        document["price"].setdefault("initial", 2.0)
    if number % 4 == 1:
        document = random_cases.random_past(rng, document)
        document["burn"].pop("last_surprise", None)
        document["price"]["jumps"] = rng.choice(("raw", "compensated"))
    if number % 2:
        document["price"].setdefault("initial", 2.0)
        document = random_lines.usable_lines(rng, document)
    return rng, random_cash.with_other_cash(rng, random_people.with_people(rng, document))


@pytest.mark.usefixtures("production_functions")
@pytest.mark.parametrize("first", range(0, CASES, 10))
def test_both_together_agree_to_the_last_bit(first):
    for number in range(first, first + 10):
        assert differences(number, *document_of(number), paths=4) == []


def test_a_run_with_both_has_the_ledgers_of_its_paths():
    for number in range(CASES):
        case = Case.from_dict(document_of(number)[1])
        run, traces = sim.simulate(case, paths=8, seed=number), trace_paths(case, 0, 8, seed=number)
        for name in ("raised", "shares_issued", "funding_gap", "ending_cash"):
            traced = np.array([float(path.ledger[name]) for path in traces])
            assert np.array_equal(run[name], traced), f"case {number}: {name}"


def test_random_cases_combine_what_meets():
    """Cuts of a statement with fixed items or beside flows, loans beside interest income, forecasts with flows,
    coverage with interest that is paid."""
    met = dict.fromkeys(("fixed items", "flows", "income", "forecast", "interest"), 0)
    for number in range(CASES):
        case = Case.from_dict(document_of(number)[1])
        operations = any(flow.operations for flow in case.flows)
        forecast = any(line.coverage and line.coverage.basis == "forecast" for line in case.facilities)
        counted = any(line.coverage and line.coverage.includes_interest for line in case.facilities)
        met["forecast"] += operations and forecast
        for path in trace_paths(case, 0, 4, seed=number):
            cut, lent = path.ledger.get("response", ()), path.ledger.get("bridge", {}).get("loans", ())
            met["fixed items"] += bool(cut) and any(item.fixed for item in case.burn.items)
            met["flows"] += bool(cut) and operations
            met["interest"] += counted and any(payment["interest"] for payment in path.ledger["payments"])
            met["income"] += bool(lent) and case.company.interest_income_rate > 0
    assert min(met.values()) > 0, met
