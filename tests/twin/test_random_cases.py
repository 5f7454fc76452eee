"""The random cases reach what they are meant to reach, and the twin keeps its identities on them."""

from collections import Counter
from datetime import date
from random import Random

import pytest

from tests.twin.ledger import counted_draws, measures, raised_by_quarter, read, replay, sample
from tests.twin.random_cases import random_case, random_history

CASES = 300


@pytest.fixture(scope="module")
def random_ledgers():
    ledgers = []
    for number in range(CASES):
        case = random_case(Random(number))
        terms = read(case)
        for path in range(5):
            history = random_history(Random(f"{number}, {path}"), terms)
            ledgers.append((case, terms, history, replay(terms, history)))
    return ledgers


def test_random_cases_reach_every_reason_and_cause(random_ledgers):
    reasons, causes, tied = Counter(), Counter(), 0
    for _, terms, _, ledger in random_ledgers:
        reasons.update({draw["binding"].split(":")[0] for draw in ledger["draws"]})
        causes[ledger["cash_out"] and ledger["cash_out"]["cause"]] += 1
        out = ledger["cash_out"]
        legal = out and any(draw["date"] == out["date"] and draw["amount"] > 0 for draw in ledger["draws"])
        tied += bool(legal and out["cause"] == "operations" and out["days"] == terms.t(date.fromisoformat(out["date"])))
    limits = {"policy", "commitment", "period cap", "coverage", "authorized shares", "draw cap"}
    assert set(reasons) == limits | {"floor price", "condition", "minimum draw"}
    assert set(causes) == {None, "operations", "interest", "principal"}
    assert min(reasons.values()) >= 50, reasons
    assert min(causes.values()) >= 30, causes
    assert tied >= 5


def test_identities_hold_on_every_random_path(random_ledgers):
    for case, terms, history, ledger in random_ledgers:
        drawn = [draw["amount"] for draw in ledger["draws"]]
        assert 0 <= ledger["raised"] <= sum(drawn) * (1 + 1e-12) <= terms.commitment * (1 + 1e-9)
        assert sum(draw["shares"] for draw in ledger["draws"]) <= terms.issuable - terms.opening_shares
        assert ledger["ending_cash"] >= terms.minimum or ledger["cash_out"] is not None
        assert (ledger["funding_gap"] > 0) == (ledger["cash_out"] is not None)
        assert list(ledger["cash_month_end"]) == list(history["cash_used"])
        assert len(ledger["draws"]) == len(terms.purchase_dates)
        counted = counted_draws(terms, ledger)
        assert sum(draw["shares"] for draw in counted) == ledger["shares_issued"]
        assert sum(raised_by_quarter(terms, ledger).values()) == pytest.approx(ledger["raised"], rel=1e-12)
        if not terms.notes and not terms.third_party:
            costs = sum(history["cash_used"].values()) + terms.lines[0].legal_cost * sum(amount > 0 for amount in drawn)
            scale = terms.opening_cash + sum(map(abs, history["cash_used"].values())) + sum(drawn)
            balance = list(ledger["cash_month_end"].values())[-1]
            assert balance == pytest.approx(terms.opening_cash + sum(drawn) - costs, abs=1e-9 * scale)
        assert case["schema"] == 1


MONEY = {
    *("cash", "minimum_cash", "initial", "floor", "monthly", "commitment", "max_per_period", "max_per_draw"),
    *(
        "legal_cost_per_draw",
        "minimum_draw",
        "median_amount",
        "principal",
        "prepay_above",
        "reborrow_below",
        "amount",
        "amounts",
    ),
    *("closes", "cash_used"),
}


def doubled(value, key=None):
    """Twice the money everywhere; a power of two, so that no bit of a ratio changes."""
    if isinstance(value, dict):
        return {name: doubled(item, key if key in MONEY else name) for name, item in value.items()}
    if isinstance(value, list):
        return [doubled(item, key) for item in value]
    return 2.0 * value if key in MONEY else value


def test_twice_the_money_everywhere_changes_no_share_and_no_day(random_ledgers):
    for case, _, history, ledger in random_ledgers[::7]:
        got = replay(doubled(case), doubled(history))
        assert got["shares_issued"] == ledger["shares_issued"]
        assert got["cash_out"] == ledger["cash_out"]
        assert got["raised"] == 2 * ledger["raised"]
        assert got["ending_cash"] == 2 * ledger["ending_cash"]
        assert [draw["binding"] for draw in got["draws"]] == [draw["binding"] for draw in ledger["draws"]]


def test_samples_of_random_cases_replay_to_a_ledger():
    for number in range(40):
        terms = read(random_case(Random(number)))
        history = sample(terms, seed=number, path=number << 30)
        assert history == sample(terms, seed=number, path=number << 30)
        ledger = replay(terms, history)
        assert set(measures(terms, ledger)) >= {"raised", "dilution", "runway_months", "draws"}
        assert all(close > 0 for close in history["closes"].values())
