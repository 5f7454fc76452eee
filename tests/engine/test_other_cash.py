"""Other cash in whole runs: accounts that balance, relations between cases, and every way to run them."""

from random import Random

import numpy as np
import pytest

import sim
from sim.engine.trace import trace_paths
from sim.lowering.program import CAUSES
from sim.terms import Case
from sim.verify.samples import plain_case
from tests.support.other_cash import EVERYTHING, everything
from tests.twin.ledger import read
from tests.twin.other_cash import OtherCash
from tests.twin.random_cases import random_case, random_market
from tests.twin.random_cash import with_other_cash

PATHS, SEED = 3000, 5


def same(one, other) -> bool:
    """Whether two runs have the same bits, path by path."""
    return all(one.columns[name].tobytes() == other.columns[name].tobytes() for name in one.columns)


def test_what_comes_in_and_goes_out_adds_up_on_every_path():
    seen = set()
    for number in range(60):
        rng = Random(f"accounts {number}")
        document = with_other_cash(rng, random_case(rng, any_day=True))
        terms, case = read(document), Case.from_dict(document)
        for path in trace_paths(case, 0, 4, SEED):
            ledger, other = path.ledger, OtherCash(terms, path.history)
            monthly = sum(other.monthly(flow, month) for flow in other.flows for month in terms.months())
            financed = [deal["amount"] for deal in path.history["third_party"]]
            if financed and document["third_party"]["kind"] == "equity":
                continue  # the charter may have cut them
            parts = {
                "drawn": sum(draw["amount"] - draw["costs"] for draw in ledger["draws"]),
                "financed": sum(financed),
                "flows": sum(flow["amount"] for flow in ledger.get("flows", [])) + monthly,
                "income": sum(ledger.get("interest_income", {}).values()),
                "notes": -sum(paid["interest"] + paid["principal"] for paid in ledger["payments"]),
                "used": -sum(path.history["cash_used"].values()),
            }
            seen |= {name for name, amount in parts.items() if amount}
            left = list(ledger["cash_month_end"].values())[-1]
            scale = case.company.cash + sum(map(abs, parts.values())) + abs(left)
            assert left == pytest.approx(case.company.cash + sum(parts.values()), abs=1e-9 * scale), number
    assert seen == {"drawn", "financed", "flows", "income", "notes", "used"}


def test_a_flow_of_nothing_changes_no_bit():
    none = {"flows": [{"name": "none", "amount": 0, "date": "2002-09-10", "probability": 0.5}]}
    for case in (sim.load_case("valence-2002"), everything({"flows": []})):
        flows = [*case.to_dict().get("flows", []), *none["flows"]]
        one, other = (sim.simulate(each, paths=PATHS, seed=SEED) for each in (case, case.replace({"flows": flows})))
        assert same(one, other)
        assert one.tallies.unraised.tobytes() == other.tallies.unraised.tobytes()


def test_a_monthly_flow_is_burn_of_as_much():
    flow = {"flows": [{"name": "rent", "amount": -250_000, "monthly": True, "operations": True}]}
    coverage = {"line.coverage": {"percent": [60]}, "company.cash": 6e6, "line.commitment": 5e6}
    more = sim.simulate(plain_case(coverage | {"burn.monthly": 1_250_000}), paths=PATHS, seed=SEED)
    beside = sim.simulate(plain_case(coverage | flow), paths=PATHS, seed=SEED)
    assert same(more, beside)
    apart = plain_case(coverage | flow).replace({"flows[rent].operations": False})
    assert sim.simulate(apart, paths=PATHS, seed=SEED)["raised"].mean() < beside["raised"].mean()


def test_interest_that_accrues_leaves_cash_until_the_maturity():
    note = {"name": "n", "principal": 1e6, "maturity": "2003-03-31", "base_rate": 0.2, "interest_dates": ["09-30"]}
    ledgers = [
        sim.trace(plain_case({"notes": [note | {"interest": how}]}), 0, SEED).ledger for how in ("cash", "accrue")
    ]
    paid, accrued = (np.array(list(ledger["cash_month_end"].values())) for ledger in ledgers)
    gap = accrued - paid
    assert list(gap[:5]) == [0.0] * 5
    coupon = 1e6 * 0.2 * 182 / 365
    assert gap[5:11] == pytest.approx(np.full(6, coupon), abs=0.01)
    assert gap[11] == pytest.approx(-coupon * 0.2 * 182 / 365, abs=0.01)


def test_a_tranche_that_is_drawn_at_once_is_a_note_and_a_receipt():
    note = {"name": "n", "principal": 1e6, "maturity": "2003-03-31", "base_rate": 0.2}
    receipt = {"flows": [{"name": "in", "amount": 1e6, "date": "2002-04-01"}]}
    drawn = plain_case({"notes": [note | {"advance": {"date": "2002-04-01"}}], "company.cash": 5e6})
    # Interest counts from 1 April either way.
    stated = plain_case({"notes": [note | {"last_interest_date": "2002-04-01"}], "company.cash": 5e6} | receipt)
    one, other = (sim.trace(case, 0, SEED).ledger for case in (drawn, stated))
    assert one["cash_month_end"] == pytest.approx(other["cash_month_end"], abs=0.01)


def test_items_have_streams_of_their_own():
    items = EVERYTHING["burn"]["items"]
    other = [{"name": "new", "monthly": 1e5, "volatility": 0.5}, *items[::-1]]
    burn = {"model": "statement", "items": other}
    one, two = (sim.trace(case, 3, SEED).history["cash_used"] for case in (everything(), everything({"burn": burn})))
    alone = everything({"burn": {"model": "statement", "items": other[:1]}})
    new = sim.trace(alone, 3, SEED).history["cash_used"]
    assert [two[month] - new[month] for month in one] == pytest.approx(list(one.values()), abs=0.01)


def test_one_item_has_the_law_of_the_burn_with_quasi_random_points():
    figures = {"monthly": 1e6, "growth": 0.2, "volatility": 0.4, "persistence": 0.5, "price_correlation": -0.4}
    statement = {"model": "statement", "items": [{"name": "all", **figures}]}
    common = {"company.cash": 9e6, "line.commitment": 6e6, "line.coverage": {"percent": [80]}}
    runs = [
        sim.simulate(plain_case({**common, "burn": burn}), paths=2**14, seed=SEED, sampler="sobol").summary()
        for burn in ({"model": "lognormal", **figures}, statement)
    ]
    for name in ("raised", "runway_months", "funding_gap"):
        one, other = (run[name] for run in runs)
        assert abs(one.mean - other.mean) < 4 * np.hypot(one.mcse, other.mcse), name


def test_every_way_to_run_gives_the_same_paths():
    case = everything()
    whole = sim.simulate(case, paths=PATHS, seed=SEED, workers=1)
    assert same(whole, sim.simulate(case, paths=PATHS, seed=SEED, workers=2))
    for path in trace_paths(case, 0, 100, SEED):
        out = path.ledger["cash_out"]
        assert path.ledger["funding_gap"] == whole["funding_gap"][path.path]
        assert (out["days"] if out else np.inf) == whole["cash_out_days"][path.path]
        assert (CAUSES.index(out["cause"]) + 1 if out else 0) == whole["cause"][path.path]
    assert {0, 1, 3, 4} <= set(whole["cause"].tolist())
    mirrored = sim.simulate(case, paths=PATHS, seed=SEED, antithetic=True)
    assert np.array_equal(mirrored["runway_months"][::2], whole["runway_months"][: PATHS // 2])
    for sampler in ("philox", "sobol"):
        kept = sim.simulate(case, paths=4096, seed=SEED, sampler=sampler)
        counted = sim.simulate(case, paths=4096, seed=SEED, sampler=sampler, keep_paths=False)
        assert np.array_equal(kept.summary().cash_out_counts, counted.summary().cash_out_counts)
        assert set(counted.summary().to_dict()["cash_out"]["causes"]) == set(CAUSES)
    assert abs(kept.summary()["runway_months"].mean - whole["runway_months"].mean()) < 0.3


@pytest.mark.parametrize("keep", [True, False])
def test_a_saved_run_keeps_its_causes(tmp_path, keep):
    run = sim.simulate(everything(), paths=PATHS, seed=SEED, keep_paths=keep)
    run.save(tmp_path / "run.npz")
    again = sim.load_result(tmp_path / "run.npz")
    assert np.array_equal(again.summary().cash_out_counts, run.summary().cash_out_counts)
    assert again.summary().causes_by_period["flows"][-1] > 0


def test_causes_of_a_case_without_flows_are_what_they_were():
    run = sim.simulate(everything({"flows": []}), paths=200, seed=SEED)
    assert set(run.summary().causes_by_period) == {"operations", "interest", "principal"}


def test_a_history_without_flows_has_the_certain_ones():
    case = everything()
    history = sim.trace(case, 1, SEED).history.to_dict()
    names = [flow["name"] for flow in sim.replay(case, history | {"flows": ["plant"]})["flows"]]
    assert "plant" in names
    history.pop("flows")
    assert "plant" not in [flow["name"] for flow in sim.replay(case, history)["flows"]]
    with pytest.raises(sim.CaseError, match=r'history: flows = "rent": must be one of plant'):
        sim.replay(case, history | {"flows": ["rent"]})


def test_other_cash_beside_another_price_model_and_a_sobol_run():
    rng = Random("models")
    document = with_other_cash(rng, random_market(rng, random_case(rng), "heston"), "flows", "statement", "income")
    run = sim.simulate(Case.from_dict(document), paths=512, seed=SEED, sampler="sobol")
    assert np.isfinite(run["ending_cash"]).all()


def test_twelve_months_from_a_day_inside_a_month():
    case = plain_case({"valuation_date": "2002-04-16", "burn.monthly": 1e6, "company.cash": 0.5e6 + 11.4e6})
    run = sim.simulate(case.replace({"line.commitment": 0}), paths=8, seed=SEED)
    assert sim.compare([case.replace({"line.commitment": 0})] * 2, paths=200, seed=SEED) is not None
    assert run.probability_of_cash_out(by="2003-04-12").value == 1.0
    assert run.probability_of_cash_out(by="2003-04-11").value == 0.0
