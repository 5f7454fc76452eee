"""Cash and draws where the answer is known: a ledger worked by hand, first passages, the draw that was."""

import datetime
import math
from statistics import NormalDist

import numpy as np
import pytest

import sim
from sim.calendar import month_end
from sim.results.summary import days_at_close
from sim.terms import Case
from sim.verify.ledger import BY_HAND
from tests.support.samples import errors_of_chance, far, plain_case, plant_fault

PATHS, SEED = 400_000, 20020401

SMALL = BY_HAND  # worked out where it stands

INTEREST = 1_000_000 * 0.06 * 181 / 365, 1_000_000 * 0.06 * 46 / 365
AT_CASH_OUT = 1_350_000 + 30_000 - INTEREST[0] - 600_000 - 600_000 * 15 / 31 - INTEREST[1] - 1_000_000
GAP = 100_000 - (AT_CASH_OUT - 600_000 * 16 / 31 - 600_000)
CENT = 0.01


def test_a_ledger_worked_by_hand():
    ledger = sim.trace(Case.from_dict(SMALL), path=3, seed=1).ledger
    assert [draw["binding"] for draw in ledger["draws"]] == ["period cap", "commitment"]
    assert [draw["amount"] for draw in ledger["draws"]] == [700_000, 500_000]
    assert [draw["shares"] for draw in ledger["draws"]] == [411_765, 294_118]
    assert [draw["date"] for draw in ledger["draws"]] == ["2002-06-28", "2002-09-30"]
    assert {(draw["average"], draw["price"], draw["close"]) for draw in ledger["draws"]} == {(2.0, 1.7, 2.0)}
    expected = [1_900_000, 1_300_000, 1_350_246.58, 750_246.58, -857_315.07, -977_315.07]
    assert list(ledger["cash_month_end"].values()) == pytest.approx(expected, abs=CENT)
    assert ledger["cash_out"] == {"days": 137.0, "date": "2002-08-15", "cause": "principal"}
    assert (ledger["raised"], ledger["shares_issued"]) == (700_000, 411_765)
    assert ledger["discount_cost"] == pytest.approx(411_765 * 0.30, abs=CENT)
    assert ledger["funding_gap"] == pytest.approx(1_557_315.07, abs=CENT) == pytest.approx(GAP, abs=CENT)
    assert ledger["ending_cash"] == pytest.approx(-547_637.65, abs=CENT) == pytest.approx(AT_CASH_OUT, abs=CENT)


def test_a_run_without_chance_is_that_ledger_on_every_path():
    result = sim.simulate(Case.from_dict(SMALL), paths=300, seed=1)
    ledger = sim.trace(Case.from_dict(SMALL), path=0, seed=1).ledger
    for name in ("raised", "shares_issued", "discount_cost", "funding_gap", "ending_cash"):
        assert set(result[name]) == {ledger[name]}
    assert set(result["dilution"]) == {411_765 / 20_411_765}
    assert set(result["runway_months"]) == {137 / 30.4375}
    assert set(result["draws"]) == {1}
    assert (result.by_period["raised"] == [700_000, 0]).all()
    document = result.summary().to_dict()
    assert document["cash_out"]["causes"] == {"operations": 0, "interest": 0, "principal": 1}
    waterfall = document["line"]["waterfall"]
    assert waterfall["raised"] == 700_000
    assert waterfall["unraised"] == {"cash-out": pytest.approx(500_000)}
    assert [period["binding"] for period in document["line"]["by_period"]] == [{"period cap": 1.0}, {}]


def test_an_extended_note_leaves_the_company_alive_until_its_operations_use_up_the_cash():
    note = {"extended_maturity": "2004-08-15", "extension_probability": 1.0}
    case = Case.from_dict({**SMALL, "notes": [SMALL["notes"][0] | note]})
    ledger = sim.trace(case, path=0, seed=1).ledger
    # 750,246.58 on 31 July, of which 650,246.58 above the minimum: August takes 600,000, September the rest.
    days = 30 + 31 + 30 + 31 + 31 + (650_000 + 30_000 - INTEREST[0] - 600_000) / 600_000 * 30
    assert ledger["cash_out"]["cause"] == "operations"
    assert ledger["cash_out"]["days"] == pytest.approx(days, abs=1e-9)
    assert ledger["ending_cash"] == 100_000


def test_a_draw_with_dilution_moves_later_closes_to_the_price_ex_issue():
    document = {**SMALL, "price": SMALL["price"] | {"impact": "dilution"}}
    after = sim.trace(Case.from_dict(document), path=0, seed=1).history["closes"]
    expected = 2.0 * (20_000_000 + 411_765 * 1.7 / 2.0) / (20_000_000 + 411_765)
    assert after["2002-06-28"] == 2.0
    assert after["2002-09-30"] == pytest.approx(expected, rel=1e-15)


# ------------------------------------------------------------------------------------------------------ first passage


@pytest.mark.parametrize(
    ("cash", "minimum", "days"),
    [
        (1_500_000, 0, 61 + 15),  # April and May take 1.2 million; half of June's 600,000 is left
        (1_500_000, 100_000, 61 + 10),
        (600_000, 0, 30),  # on the last day of April cash is the minimum, not below it: out as May begins
        (310_000, 0, 15.5),
        (100_000, 100_000, 0),
        (50_000, 100_000, 0),
        (3_600_000, 0, None),
        (3_599_999, 0, 183 - 30 / 600_000),
    ],
)
@pytest.mark.parametrize("cadence", ["quarter_end", "daily"])
def test_cash_runs_out_on_the_day_that_division_says(cash, minimum, days, cadence):
    document = {**SMALL, "notes": []}
    changes = {"company.cash": cash, "company.minimum_cash": minimum, "line.commitment": 0, "policy.cadence": cadence}
    out = sim.trace(Case.from_dict(document).replace(changes), path=0, seed=1).ledger["cash_out"]
    if days is None:
        assert out is None
        return
    assert out["days"] == pytest.approx(days, abs=1e-9)
    day = datetime.date(2002, 4, 1) + datetime.timedelta(days=max(0, math.ceil(out["days"]) - 1))
    assert (out["cause"], out["date"]) == ("operations", day.isoformat())


SD, LEVEL, CASH = 0.5, 1_000_000, 900_000


def cash_out_in_the_first_month() -> dict[str, float]:
    """Out by day d of April if d/30 of the month's cash is more than there is: a lognormal's distribution function."""
    changes = {"burn.volatility": SD, "burn.price_correlation": 0.7, "company.cash": CASH, "line.commitment": 0}
    result = sim.simulate(plain_case({"horizon": "2002-06-30"} | changes), paths=PATHS, seed=SEED)
    found = {}
    for day in (5, 10, 15, 20, 25, 30):
        score = (math.log(CASH * 30 / day / LEVEL) + SD**2 / 2) / SD
        found[f"day {day}"] = errors_of_chance(result["cash_out_days"] <= day, NormalDist().cdf(-score))
    return found


def test_when_cash_runs_out_in_a_month_of_random_burn():
    assert far(cash_out_in_the_first_month()) == {}


@pytest.mark.parametrize("fault", [{"half_variance": 0.0}, {"own": 1.0}], ids=["no -s^2/2", "own part too large"])
def test_a_wrong_burn_moves_the_day_and_is_seen(monkeypatch, fault):
    plant_fault(monkeypatch, lambda program: program._replace(burn=program.burn._replace(**fault)))
    assert far(cash_out_in_the_first_month()) != {}


@pytest.mark.parametrize("months", range(1, 25))
@pytest.mark.parametrize("burn", [1e6, 777_777.77, 2_367_000.0, 1e6 / 3.0])
def test_cash_for_so_many_months_lasts_so_many_months(months, burn):
    """Nothing is short to the cent on the last day, whatever the sums round to."""
    lasts = {"burn.monthly": burn, "company.cash": months * burn, "company.minimum_cash": 0, "line.commitment": 0}
    case = plain_case(lasts | {"horizon": month_end(datetime.date(2002, 4, 1), months - 1)})
    assert not np.isfinite(sim.simulate(case, paths=1)["cash_out_days"]).any()
    short = sim.simulate(case.replace({"company.cash": months * burn - 1.0}), paths=1)
    assert short["cash_out_days"][0] == pytest.approx(days_at_close(case, case.horizon), abs=0.1)


# ------------------------------------------------------------------------------------------------------ the real draw


def real_draw(amount: float = 5_000_000, **pricing) -> dict:
    """The draw of 2 December 2002: closes whose five-day mean is 1.3340."""
    closes = {"11-22": 1.21, "11-25": 1.30, "11-26": 1.36, "11-27": 1.38, "11-29": 1.42, "12-02": 1.90}
    case = sim.load_case("valence-2002").replace({
        "policy": {"kind": "schedule", "dates": ["2002-12-02"], "amounts": [amount]},
        **{f"line.pricing.{key}": value for key, value in pricing.items()},
    })  # fmt: skip
    used = sim.trace(case, path=0).history["cash_used"]
    history = {
        "closes": {f"2002-{day}": close for day, close in closes.items()},
        "cash_used": dict.fromkeys(used, 2367000.0),
        "achieved_days": {"polymer-265": 200.0, "cylindrical-samples": 200.0},
        "extended": ["Baccarat note"],
    }
    return sim.replay(case, history)["draws"][0]


def test_the_draw_of_2_december_2002():
    draw = real_draw()
    assert draw["average"] == pytest.approx(1.3340, abs=1e-12)
    assert (draw["amount"], draw["shares"], draw["binding"]) == (5_000_000, 4_409_560, "policy")
    assert round(draw["price"], 4) == 1.1339
    assert math.floor(draw["amount"] / draw["price"]) == 4_409_559  # rounding down would give one share fewer


def test_the_real_draw_tells_a_wrong_window_from_the_right_one():
    assert real_draw(timing="through", window=6)["shares"] != 4_409_560
    assert real_draw(statistic="lowest")["shares"] != 4_409_560


def test_the_sample_of_a_case_without_chance_has_no_spread():
    """What the tests above compare with: nothing random is left in the small case."""
    runs = [sim.simulate(Case.from_dict(SMALL), paths=10, seed=seed) for seed in (1, 2)]
    assert np.ptp(np.concatenate([run["ending_cash"] for run in runs])) == 0
