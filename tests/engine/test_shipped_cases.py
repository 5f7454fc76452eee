"""Every shipped case runs, and what it raises stays inside its terms."""

import math

import pytest

import sim

NAMES = [name for name, _ in sim.shipped_cases()]
PATHS = 128


@pytest.mark.parametrize("name", NAMES)
def test_shipped_case_runs_inside_its_terms(name):
    case = sim.load_case(name)
    result = sim.simulate(case, paths=PATHS)
    left = sum(
        math.inf if line.commitment is None else line.commitment - (line.used.amount if line.used else 0.0)
        for line in case.facilities
    )
    company = case.company
    room = company.shares_authorized - company.shares_reserved - company.shares_outstanding
    assert 0.0 < result["raised"].max() <= left + 0.01
    assert result["shares_issued"].max() <= room
    assert result["runway_months"].min() > 0.0
    summary = result.summary()
    assert summary.to_dict()["paths"] == PATHS
    assert str(summary).startswith(case.title)
