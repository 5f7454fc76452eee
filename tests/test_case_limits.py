"""Where a case's figures together leave what numbers can hold: the last allowed value, and the first refused."""

import math
from datetime import date

import pytest
from samples import plain_case
from scipy.optimize import brentq

import sim
from sim.terms.stated import WAIVERS

LAST_DAY = date(2032, 3, 31)
YEARS = ((LAST_DAY - date(2002, 4, 1)).days + 1) / 365.25
EDGE = 290 * math.log(10)
REACHED = {"probability": 1.0, "median_days": 10.0, "p90_days": 20.0}


def allowed(changes: dict) -> bool:
    try:
        plain_case({"horizon": LAST_DAY} | changes)
    except sim.CaseError:
        return False
    return True


def furthest(sd: float, drift: float, jumps: tuple[float, ...], impact: str) -> tuple[float, float]:
    """Lowest and highest log price: nine standard deviations, drift where it leads further, every jump either way."""
    median = (drift - sd**2 / 2) * YEARS
    away = 9 * sd * math.sqrt(YEARS) + sum(abs(math.log(1 + jump)) for jump in jumps)
    low, high = math.log(2.5) + min(0.0, median) - away, math.log(2.5) + max(0.0, median) + away
    return low - (15 * math.log(10) if impact == "dilution" else 0.0), high


@pytest.mark.parametrize("impact", ["none", "dilution"])
@pytest.mark.parametrize("jumps", [(0.0, 0.0), (9.0, 0.0), (-0.9, 0.0), (0.0, -0.99), (3.0, 50.0)])
@pytest.mark.parametrize("drift", [-8.0, 0.0, 10.0])
def test_prices_stay_numbers(drift, jumps, impact):
    """`jumps` are those of a milestone and of a change of CEO."""

    def room(sd: float) -> float:
        low, high = furthest(sd, drift, jumps, impact)
        return min(low + EDGE, EDGE - high)

    most = brentq(room, 1e-3, 10.0, xtol=1e-14)
    changes = {
        "price.drift": drift, "price.impact": impact, "milestones": [{"name": "m", "price_jump": jumps[0]} | REACHED],
        "events": {"ceo_change": {"annual_rate": 1.0, "price_jump": jumps[1]}},
    }  # fmt: skip
    assert allowed(changes | {"price.volatility": most * (1 - 1e-9)})
    assert not allowed(changes | {"price.volatility": most * (1 + 1e-9)})


def steps(*rows: tuple[str, float]) -> dict:
    return {"burn.steps": [{"date": day, "factor": factor} for day, factor in rows]}


@pytest.mark.parametrize(
    ("month", "changes"),
    [
        (0, {"burn.growth": -0.9}),
        (359, {"burn.growth": 0.5}),
        (2, steps(("2002-06-01", 1000.0), ("2002-07-01", 0.001))),
        (3, steps(("2002-06-15", 1000.0)) | {"burn.growth": -0.99}),
    ],
    ids=["first", "last", "step", "after a step"],
)
def test_burn_stays_within_what_money_may_be(month, changes):
    """In one month alone it is the most that money may be."""
    growth = changes.get("burn.growth", 0.0)
    factor = 1000.0 if "burn.steps" in changes else 1.0
    most = 1e15 / factor / (1 + growth) ** (month / 12)
    assert allowed(changes | {"burn.monthly": most * (1 - 1e-9)})
    assert not allowed(changes | {"burn.monthly": most * (1 + 1e-9)})


def test_the_most_that_money_may_be_is_allowed():
    assert allowed({"burn.monthly": 1e15})


def test_the_longest_list_is_allowed():
    percent = {"percent": [100.0] * 1000}
    assert allowed({"line.coverage": percent})
    assert not allowed({"line.coverage": {"percent": [100.0] * 1001}})


@pytest.mark.parametrize(("ends", "fits"), [((0.0, 1.0), True), ((0.2, 0.2), True), ((-0.1, 0.5), False),
                                            ((0.5, 1.1), False)])  # fmt: skip
def test_the_range_of_waivers_lies_between_0_and_1(ends, fits):
    assert allowed({"ranges": {WAIVERS: list(ends)}}) == fits
