"""What people do in whole runs: independent figures, identities, relations, and histories that are refused."""

from datetime import date

import numpy as np
import pytest

import sim
from sim.engine.history import HistoryError
from sim.verify.samples import plain_case
from tests.support.valence import valence_2002

PATHS = 60_000
RESPONSE = {"cover_months": 4, "cut": 0.3, "delay_months": 1}
BRIDGE = {"limit": 5e6, "probability": 0.5, "trigger_months": 2, "target_months": 3}


@pytest.fixture(scope="module")
def audited() -> sim.Case:
    return valence_2002()


@pytest.mark.parametrize(
    ("changes", "out_in_a_year", "alive"),
    [({"response": RESPONSE}, 0.250, 0.213), ({"third_party.price_sensitivity": 1.0}, 0.679, 0.072)],
    ids=["costs are cut", "third parties look at the price"],
)
def test_an_independent_simulation_found_the_same(audited, changes, out_in_a_year, alive):
    """Within four standard errors of the difference of two runs of 60,000 paths each."""
    days = sim.simulate(audited.replace(changes), paths=PATHS)["cash_out_days"]
    last = (date(2003, 12, 31) - audited.valuation_date).days + 1
    for known, got in ((out_in_a_year, np.mean(days <= 365)), (alive, np.mean(days > last))):
        assert abs(got - known) <= 4 * np.sqrt(2 * known * (1 - known) / PATHS) + 0.0005  # of the rounded figure


@pytest.mark.parametrize(
    "changes",
    [
        {"response": RESPONSE | {"cut": 0.0}},
        {"bridge": BRIDGE | {"probability": 0.0}},
        {"bridge": BRIDGE | {"limit": 0}},
        {"line.waivers": {"common": 0.0}},
        {"third_party.price_sensitivity": 0.0},
    ],
    ids=["no cut", "never willing", "nothing to lend", "nothing in common", "no sensitivity"],
)
def test_what_does_nothing_changes_no_bit(audited, changes):
    run, plain = sim.simulate(audited.replace(changes), paths=2000), sim.simulate(audited, paths=2000)
    for name in ("raised", "ending_cash", "cash_out_days", "funding_gap"):
        assert np.array_equal(run[name], plain[name])


@pytest.mark.parametrize("how", [{"sampler": "sobol"}, {"antithetic": True}], ids=["sobol", "antithetic"])
def test_every_sampler_has_people(audited, how):
    changes = {
        "response": RESPONSE,
        "bridge": BRIDGE,
        "third_party.price_sensitivity": 1.0,
        "line.waivers": {"common": 0.5},
    }
    case = audited.replace(changes)
    some, plain = sim.simulate(case, paths=2**14, **how), sim.simulate(case, paths=2**14)
    for name in ("raised", "runway_months"):
        error = plain.summary().distributions[name].mcse
        assert abs(some[name].mean() - plain[name].mean()) <= 6 * error


def test_a_run_with_people_is_the_same_in_parts(audited):
    case = audited.replace({"response": RESPONSE, "bridge": BRIDGE, "line.waivers": {"mode": "each_period"}})
    whole = sim.simulate(case, paths=40_000)
    rest = sim.simulate(case, paths=40_000 - 16_384, first_path=16_384)
    assert np.array_equal(whole["ending_cash"][16_384:], rest["ending_cash"])


@pytest.mark.parametrize(
    ("changes", "axes"),
    [
        ({"response": RESPONSE}, {"response.cut": [0.1, 0.3, 0.6], "response.cover_months": [3, 6]}),
        ({"bridge": BRIDGE}, {"bridge.limit": [1e6, 5e6, 9e6], "bridge.target_months": [2, 6]}),
        ({"line.waivers": {"common": 0.5}}, {"line.waivers.common": [0.2, 0.9]}),
        ({"milestones[licence].elapsed_days": 30}, {"milestones[licence].elapsed_days": [20, 400]}),
    ],
    ids=["response", "bridge", "waivers", "time that has passed"],
)
def test_rows_of_a_sweep_are_single_runs(audited, changes, axes):
    """Rows that differ in numbers are run in the same arrays, one after another."""
    case = audited.replace(changes)
    for row in sim.sweep(case, {"axes": axes}, paths=500, seed=7, workers=1).rows():
        found = sim.simulate(case.replace({key: row[key] for key in axes}), paths=500, seed=7).summary()
        got = [row[name] for name in ("raised", "funding_gap", "runway_months", "cash_out")]
        expected = [*(found[name].mean for name in ("raised", "funding_gap", "runway_months")), found.cash_out.value]
        assert got == expected


def test_cash_in_is_cash_out_with_people(audited):
    """The month-end cash is the opening cash, less the burn as it was cut, plus draws, loans and financings."""
    changes = {"response": RESPONSE | {"one_off_months": 1}, "bridge": BRIDGE, "notes": [], "third_party.kind": "debt"}
    case = audited.replace(changes | {"line.legal_cost_per_draw": 0})
    for path in range(40):
        found = sim.trace(case, path)
        ledger, history = found.ledger, found.history
        acts = {act["month"]: act for act in ledger["response"]}
        cut_from, cash, left = "9999", case.company.cash, 1.0
        for k, (month, used) in enumerate(history["cash_used"].items()):
            act = acts.get(month)
            left = 0.7 if cut_from <= month else 1.0
            if act:
                cut_from = act["from"]
                cash -= case.burn_level(k) * left
            cash -= used * left
            cash += sum(draw["amount"] for draw in ledger["draws"] if draw["date"][:7] == month)
            cash += sum(loan["amount"] for loan in ledger["bridge"]["loans"] if loan["date"][:7] == month)
            cash += sum(deal["amount"] for deal in history["third_party"] if deal["month"] == month)
            assert cash == pytest.approx(ledger["cash_month_end"][month], abs=1)
        assert sum(loan["amount"] for loan in ledger["bridge"]["loans"]) <= case.bridge.limit


@pytest.mark.parametrize(
    ("history", "line"),
    [
        ({"bridge_months": 5}, "history: bridge_months = 5: must be a list of months, such as 2002-06"),
        (
            {"bridge_months": ["1999-01"]},
            'history: bridge_months[0] = "1999-01": must be a month from 2002-04 to 2004-03',
        ),
        (
            {"waived_by_period": {"FY2003 Q1": ["sun"]}},
            'history: waived_by_period.FY2003 Q1 = "sun": must be one of same CEO',
        ),
        ({"waived_by_period": {"FY1999 Q1": []}}, "history: waived_by_period.FY1999 Q1 = []: must be a fiscal quarter"),
    ],
)
def test_a_history_of_people_that_cannot_be_used_is_refused(audited, history, line):
    case = audited.replace({"bridge": BRIDGE, "line.waivers": {"mode": "each_period"}})
    whole = sim.trace(case, 0).history
    with pytest.raises(HistoryError) as error:
        sim.replay(case, whole | history)
    assert len(error.value.problems) == 1
    assert error.value.problems[0].startswith(line)


def test_a_case_without_people_has_none_in_its_history(audited):
    with pytest.raises(HistoryError, match="bridge_months"):
        sim.replay(audited, sim.trace(audited, 0).history | {"bridge_months": ["2002-06"]})


# Without volatility the burn is 2 million a month, and 1.4 million once it is cut.
CERTAIN = {
    "price.volatility": 0.0,
    "price.drift": 0.0,
    "burn": {"model": "lognormal", "monthly": 2e6, "volatility": 0.0},
    "third_party": None,
    "line.commitment": 1e9,
    "company.shares_authorized": 10**12,
    "company.cash": 9.5e6,
    "response": {"cover_months": 4, "cut": 0.3, "delay_months": 0},
}


@pytest.mark.parametrize("dates", [["2002-04-29"], ["2002-04-29", "2002-05-30"]])
@pytest.mark.parametrize(
    "late", [{"line.settlement_sessions": 10}, {"line.pricing.timing": "after", "line.pricing.window": 5}]
)
@pytest.mark.parametrize("basis", ["quarter", "forecast"])
def test_a_settlement_counts_the_cuts_decided_since_the_notice(dates, late, basis):
    """Cut on 1 May, before the settlement, whether or not there is a purchase date in May: 2 + 1.4 + 1.4."""
    coverage = {"percent": [100], "basis": basis}
    case = plain_case(CERTAIN | {"line.coverage": coverage, "policy": {"kind": "maximum", "dates": dates}} | late)
    ledger = sim.trace(case, path=0, seed=1).ledger
    assert ledger["response"][0]["month"] == "2002-05"
    assert ledger["draws"][0]["amount"] == pytest.approx(4.8e6, abs=0.01)


@pytest.mark.parametrize("opening", ["2002-04-01", "2002-04-10", "2002-04-22", "2002-04-30"])
@pytest.mark.parametrize("delay", [0, 1])
def test_a_certain_forecast_is_what_the_quarter_uses(opening, delay):
    """On every session of the first month, however late it begins."""
    changes = CERTAIN | {
        "valuation_date": opening,
        "company.cash": 3e7,
        "policy": {"kind": "maximum", "cadence": "daily"},
    }
    changes["response"] = CERTAIN["response"] | {"delay_months": delay}
    draws = {}
    for basis in ("quarter", "forecast"):
        case = plain_case(changes | {"line.coverage": {"percent": [100], "basis": basis}})
        draws[basis] = [draw["amount"] for draw in sim.trace(case, path=0, seed=1).ledger["draws"][:20]]
    assert draws["forecast"][0] == pytest.approx(6e6, abs=0.01)
    assert draws["forecast"] == pytest.approx(draws["quarter"], abs=0.01)
