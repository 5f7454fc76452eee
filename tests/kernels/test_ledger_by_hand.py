"""A ledger worked by hand in what `fundrisk verify` does not look at: reasons, causes, dates; and cash to the cent."""

import datetime

import numpy as np
import pytest

import sim
from sim.calendar import month_end
from sim.results.summary import days_at_close
from sim.terms import Case
from sim.verify.ledger import BY_HAND
from sim.verify.samples import plain_case


def test_reasons_dates_and_cause_by_hand():
    ledger = sim.trace(Case.from_dict(BY_HAND), path=3, seed=1).ledger
    found = [(draw["date"], draw["binding"], draw["shares"]) for draw in ledger["draws"]]
    assert found == [("2002-06-28", "period cap", 411_765), ("2002-09-30", "commitment", 294_118)]
    assert {(draw["average"], draw["price"], draw["close"]) for draw in ledger["draws"]} == {(2.0, 1.7, 2.0)}
    assert ledger["cash_out"] == {"days": 137.0, "date": "2002-08-15", "cause": "principal"}


def test_every_path_without_chance_is_that_ledger():
    result = sim.simulate(Case.from_dict(BY_HAND), paths=300, seed=1)
    ledger = sim.trace(Case.from_dict(BY_HAND), path=0, seed=2).ledger
    for name in ("raised", "shares_issued", "discount_cost", "funding_gap", "ending_cash"):
        assert set(result[name]) == {ledger[name]}
    assert set(result["draws"]) == {1}
    assert (result.by_period["raised"] == [700_000, 0]).all()
    document = result.summary().to_dict()
    assert document["cash_out"]["causes"] == {"operations": 0, "interest": 0, "principal": 1}
    assert document["line"]["waterfall"]["unraised"] == {"cash-out": pytest.approx(500_000)}
    assert [period["binding"] for period in document["line"]["by_period"]] == [{"period cap": 1.0}, {}]


@pytest.mark.parametrize("months", range(1, 25))
@pytest.mark.parametrize("burn", [1e6, 777_777.77, 2_367_000.0, 1e6 / 3.0])
def test_cash_for_whole_months_lasts_them(months, burn):
    """Nothing is short to the cent on the last day, whatever the sums round to."""
    lasts = {"burn.monthly": burn, "company.cash": months * burn, "company.minimum_cash": 0, "line.commitment": 0}
    case = plain_case(lasts | {"horizon": month_end(datetime.date(2002, 4, 1), months - 1)})
    assert not np.isfinite(sim.simulate(case, paths=1)["cash_out_days"]).any()
    short = sim.simulate(case.replace({"company.cash": months * burn - 1.0}), paths=1)
    assert short["cash_out_days"][0] == pytest.approx(days_at_close(case, case.horizon), abs=0.1)
