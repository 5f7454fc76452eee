"""The what-if grid: each point is the run that it says, whatever the axes."""

import json
import math

import numpy as np
import pytest

import sim
from sim.analysis.grid import P05, PRICES, grid
from sim.analysis.inputs import waivers
from sim.analysis.paired import MEASURED
from tests.support.valence import valence_2002

CASE = valence_2002()
PATHS, SEED = 256, 9


@pytest.fixture(scope="module")
def found():
    return grid(CASE, PATHS, SEED)


def test_axes_hold_the_case_as_it_is(found):
    assert [axis.key for axis in found.axes] == ["price.initial", "price.volatility", "burn.monthly", "waivers"]
    price, volatility, burn, waived = found.axes
    assert [axis.values[axis.base] for axis in (price, volatility, burn)] == [3.0, 0.95, 2_367_000.0]
    assert price.values == tuple(3.0 * factor for factor in PRICES)
    assert (burn.values[0], burn.values[-1]) == CASE.ranges["burn.monthly"]
    assert (waived.values, waived.base) == ((0.0, waivers(CASE).base, 1.0), 1)
    for axis in found.axes:
        assert list(axis.values) == sorted(set(axis.values))
    assert set(found.mean) == set(found.error) == {*MEASURED, "cash_out_12m", P05}
    assert {array.shape for array in (*found.mean.values(), *found.error.values())} == {(5, 5, 5, 3)}


def agrees(found, at: tuple[int, ...], changes: dict) -> bool:
    """Whether a point of the grid is the run of the case with these changes."""
    run = sim.simulate(CASE.replace(changes), paths=PATHS, seed=SEED)
    summary = run.summary()
    got = {name: (found.mean[name][at], found.error[name][at]) for name in ("raised", "runway_months", "cash_out", P05)}
    expected = {
        "raised": (summary["raised"].mean, summary["raised"].mcse),
        "runway_months": (summary["runway_months"].mean, summary["runway_months"].mcse),
        "cash_out": (summary.cash_out.value, summary.cash_out.se),
        P05: (summary["raised"].p05.value, summary["raised"].p05.error),
    }
    return all(np.allclose(got[name], expected[name], rtol=1e-12, atol=1e-12) for name in expected)


def test_points_are_runs_of_the_case(found):
    base = tuple(axis.base for axis in found.axes)
    assert agrees(found, base, {})
    some = {"price.initial": 6.0, "burn.monthly": found.axes[2].values[0]} | waivers(CASE).overrides(1.0)
    assert agrees(found, (4, base[1], 0, 2), some)
    none = {"price.volatility": found.axes[1].values[4]} | waivers(CASE).overrides(0.0)
    assert agrees(found, (base[0], 4, base[2], 0), none)
    assert not agrees(found, (base[0], 3, base[2], 0), none)  # the point beside it


def test_more_burn_and_fewer_waivers_are_worse(found):
    runway, dilution = found.mean["runway_months"], found.mean["dilution"]
    assert (np.diff(runway, axis=2) < 0.0).all()
    assert (np.diff(runway, axis=3) > 0.0).all()
    assert (np.diff(dilution, axis=0) < 0.0).all()


def test_axes_without_room_have_one_value():
    case = CASE.replace({"price.volatility": 0, "burn.monthly": 0, "line.conditions": [], "ranges": None})
    small = grid(case, 16, SEED, workers=1)
    assert [len(axis.values) for axis in small.axes] == [5, 1, 1, 1]
    assert small.mean["raised"].shape == (5, 1, 1, 1)
    assert [axis.base for axis in small.axes] == [2, 0, 0, 0]


def test_a_base_outside_its_range_is_a_point_too():
    document = CASE.to_dict()
    document["burn"]["monthly"] = 4_000_000
    document["ranges"] = {"burn.monthly": [2_000_000, 3_000_000]}
    case = sim.Case.from_dict(document)
    burn = grid(case, 16, SEED).axes[2]
    assert burn.values[burn.base] == 4_000_000 == max(burn.values)


def test_the_same_for_any_number_of_workers_and_as_json(found):
    seen = []
    again = grid(CASE, PATHS, SEED, workers=1, progress=lambda *done: seen.append(done))
    assert seen[-1] == (PATHS * 375, PATHS * 375)
    assert again.to_dict() == found.to_dict()
    document = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert np.array(document["mean"]["raised"]).shape == (5, 5, 5, 3)
    assert "375 combinations of 256 paths each" in str(found)
    assert max(map(len, str(found).splitlines())) <= 100


def test_nonsense_is_refused():
    for wrong in (0, -1, 1.5, math.nan):
        with pytest.raises(ValueError, match="paths = "):
            grid(CASE, wrong)
