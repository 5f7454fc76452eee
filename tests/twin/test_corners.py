"""Corners that random cases seldom reach, each worked out by hand and held to the twin as well."""

import copy
from datetime import date

import numpy as np
import pytest

import sim
from sim.results.histogram import BINS, Histogram
from sim.terms import Case
from sim.terms.record import record_lines
from tests.support.small_case import changed, small_case, small_history
from tests.support.valence import valence_2002
from tests.twin import ledger as reference


def ledgers(document: dict, history: dict) -> tuple[dict, dict]:
    """Ours and the twin's."""
    names = {"schema": 1, "title": "corner", "price.model": "gbm", "burn.model": "lognormal"}
    names |= {"company.name": "Corner, Inc.", "line.investor": "Investor, LLC", "burn.volatility": 0.0}
    document = changed(document, names)
    return sim.replay(Case.from_dict(document), copy.deepcopy(history)), reference.replay(document, history)


def amounts(ledger: dict) -> list[float]:
    return [draw["amount"] for draw in ledger["draws"]]


def test_a_quarter_that_drew_more_than_its_cash_used_covers_leaves_nothing_behind():
    """April's use covers a draw; then money comes back, and the whole quarter used none. July starts from nothing."""
    coverage = {"percent": [100], "basis": "to_date", "carry_forward": True}
    document = changed(small_case(), {
        "line.commitment": 5_000_000, "line.coverage": coverage, "policy.cadence": "month_end", "notes": [],
    })  # fmt: skip
    history = small_history(document) | {"extended": []}
    history["cash_used"] |= {"2002-04": 900_000, "2002-05": -500_000, "2002-06": -400_000, "2002-07": 310_000}
    got, expected = ledgers(document, history)
    assert amounts(got)[:4] == pytest.approx([900_000, 0, 0, 310_000])
    assert got == expected


@pytest.mark.parametrize("legal_cost", [20_000, 0])
def test_a_runway_policy_asks_for_the_last_half_dollar(legal_cost):
    """On 28 June 2,500,000 less 600,000, 620,000 and 28 days of 900,000 are left: half a dollar less than a month."""
    document = changed(small_case(), {
        "burn.monthly": 440_000.5, "policy": {"kind": "runway", "target_months": 1, "cadence": "quarter_end"},
        "line.legal_cost_per_draw": legal_cost,
    })  # fmt: skip
    got, expected = ledgers(document, small_history(document))
    assert amounts(got)[0] == pytest.approx(0.5)
    assert got["draws"][0]["binding"] == "policy"
    assert got == expected


@pytest.mark.parametrize(
    ("first", "second", "least"),
    [
        (300_000.1, 300_000.2, 0),
        (100_000.1, 200_000.3, 0),
        (32_258.07, 96_774.19, 0),
        (333_333.4, 333_333.4, 333_333.2),
    ],
)
def test_limits_that_only_rounding_tells_apart_are_equal(first, second, least):
    """After a draw of one whole cap the commitment left and the second cap's rest are the same dollars: the earlier
    binds. So does it where that rest is just the smallest draw that is allowed."""
    document = changed(small_case(), {
        "line.commitment": 2_000_000, "line.max_per_period": 1_000_000, "line.minimum_draw": least, "notes": [],
        "policy": {"kind": "schedule", "cadence": "month_end", "amounts": [1_000_000, 0, 0, first, second, 3_000_000]},
    })  # fmt: skip
    document["line"].pop("coverage")
    got, expected = ledgers(document, small_history(document) | {"extended": []})
    last = got["draws"][-1]
    assert last["amount"] == pytest.approx(1_000_000 - first - second)
    assert last["binding"] == "commitment"
    assert got == expected


@pytest.mark.parametrize("jump", [1.0, -0.5, 3.0])
def test_every_event_moves_the_price_by_its_jump_also_to_twice_the_price(jump):
    """Without volatility and drift the closes are $2, times 1 + jump for each event that has come."""
    case = valence_2002().replace({
        "price": {"model": "gbm", "initial": 2.0, "volatility": 0.0}, "ranges": None, "line.conditions": [],
        "milestones": [{"name": "m", "probability": 1.0, "median_days": 40, "p90_days": 60, "price_jump": jump}],
        "events": {"ceo_change": {"annual_rate": 6.0, "price_jump": jump}}, "policy.cadence": "daily",
    })  # fmt: skip
    history = sim.trace(case, path=2, seed=3).history
    times = [history["achieved_days"]["m"], history["ceo_change_days"]]
    assert len(history["closes"]) > 250
    for day, close in history["closes"].items():
        t = (date.fromisoformat(day) - case.valuation_date).days + 1
        assert close == 2.0 * (1.0 + jump) ** sum(time <= t for time in times)
    assert max(times) < 300


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_bin_with_several_values_has_its_middle_and_reaches_to_its_ends(sign):
    """From 2^20 on bins are 2^20 / 2048 = 512 wide; a value alone is itself."""
    start, width = 2.0**20, 2.0**20 / BINS
    histogram = Histogram(0, 1)
    histogram.add(
        np.array([sign * (start + part * width) for part in (0.25, 0.5, 0.9)] + [sign * (start + 1.75 * width)])
    )
    values, counts = histogram.table()
    order = slice(None) if sign > 0 else slice(None, None, -1)
    middle, low, high = (row[order] for row in values)
    alone = sign * (start + 1.75 * width)
    np.testing.assert_array_equal(counts[order].ravel(), [3, 1])
    np.testing.assert_allclose(middle, [sign * (start + width / 2), alone], rtol=1e-12)
    np.testing.assert_allclose(np.abs([low[0], high[0]]), np.sort([start, start + width])[:: int(sign)], rtol=1e-12)
    assert (low[1], high[1]) == (alone, alone)


def test_every_fact_of_a_record_is_said_with_its_source():
    record = valence_2002().record
    lines = list(record_lines(record, 3))
    facts = [*record.draws, *record.shares_outstanding, *record.cash, *record.financings, *record.waivers]
    assert len(lines) == len(facts) == 10
    for fact in facts:
        assert any(line.endswith(f"({fact.source}).") and str(fact.date.year) in line for line in lines), fact
    for row in record.shares_outstanding:
        assert sum(f"{row.shares:,} shares outstanding" in line for line in lines) == 1
    assert sum("cash of $7.40 million" in line for line in lines) == 1


def test_a_financing_that_says_nothing_of_the_line_cuts_nothing():
    document = changed(small_case(), {
        "third_party": {"annual_rate": 1.0, "median_amount": 1e6, "log_sd": 0.5, "kind": "debt"}, "notes": [],
        "line.coverage": {"percent": [100]},
    })  # fmt: skip
    history = small_history(document) | {"extended": []}
    deal = {"month": "2002-05", "amount": 1_000_000.0}
    raised = [
        ledgers(document, history | {"third_party": [deal | said]})[0]["raised"]
        for said in ({}, {"reduces_line": False}, {"reduces_line": True})
    ]
    assert raised == [1_200_000.0, 1_200_000.0, 200_000.0]


def test_a_line_that_is_cut_after_the_cash_out_is_unraised_for_the_cash_out():
    """$5M in June, out of cash in July, and the rest of the line cut in each month: no later date falls short."""
    case = valence_2002().replace({
        "company.cash": 27e6, "burn": {"model": "lognormal", "monthly": 10e6, "volatility": 0.0}, "ranges": None,
        "line.coverage": None, "line.conditions": [], "milestones": [], "notes": [], "line.commitment": 12e6,
        "third_party": {"annual_rate": 1e3, "median_amount": 2e6, "log_sd": 0.0, "kind": "debt",
                        "reduction_probability": 1.0},
    })  # fmt: skip
    run = sim.simulate(case, paths=256, seed=1)
    waterfall = run.summary().to_dict()["line"]["waterfall"]
    assert np.unique(run["raised"]).tolist() == [5e6]
    assert waterfall["unraised"].keys() == {"cash-out"}
