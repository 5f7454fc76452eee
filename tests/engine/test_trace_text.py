"""The text of a trace: draws before and after the cash-out stand apart, and every payment on a note is listed."""

import pytest

import sim
from sim.engine.trace import trace_paths
from sim.engine.trace_text import ledger_text
from tests.support.accounts import accounts
from tests.support.valence import valence_2002

APART = "After the cash-out (the shortfall is bridged; these amounts are not raised)"


def sections(text: str) -> dict[str, list[str]]:
    """Lines below each heading."""
    found: dict[str, list[str]] = {"": []}
    heading = ""
    for line in text.splitlines():
        if line.startswith("  "):
            found[heading].append(line)
        elif line:
            heading, found[line] = line, []
    return found


@pytest.mark.parametrize("changes", [{}, {"company.cash": 3e6}, {"line.legal_cost_per_draw": 6e6}, {"notes": []}])
def test_draws_after_the_cash_out_are_set_apart(changes):
    case = valence_2002().replace(changes | {"ranges": None})
    apart = 0
    for path in trace_paths(case, 0, 64, 3):
        found, ledger = sections(ledger_text(case, path.ledger)), path.ledger
        before, after = found["Draws"][1:], found.get(APART, [])
        assert len(before) + len(after) == len(ledger["draws"])
        assert sum(draw["amount"] for draw in ledger["draws"][: len(before)]) == pytest.approx(ledger["raised"])
        apart += len(after)
        if ledger["cash_out"] is None:
            assert after == []
    assert apart > 20


@pytest.mark.parametrize("sweep", [None, {"prepay_above": 8e6, "reborrow_below": 5e6}])
def test_payments_on_notes_are_listed_to_the_dollar(sweep):
    case = valence_2002()
    if sweep:
        case = case.replace({"notes[Baccarat note].sweep": sweep})
    for path in trace_paths(case, 0, 32, 3):
        lines = sections(ledger_text(case, path.ledger))["Payments on notes, $M (principal below 0 is borrowed again)"]
        payments = path.ledger["payments"]
        assert len(lines) == max(1, len(payments))
        paid = sum(payment["interest"] + payment["principal"] for payment in payments)
        assert paid == pytest.approx(accounts(case, path).paid_on_notes, abs=0.01)


def test_a_replay_lists_the_same_payments():
    traced = sim.trace(valence_2002(), 3, seed=5)
    assert sim.replay(valence_2002(), traced.history) == traced.ledger
    assert traced.ledger["payments"]


@pytest.mark.parametrize(("statistic", "timing"), [("mean", "before"), ("lowest", "through")])
def test_the_price_column_names_the_statistic(statistic, timing):
    case = valence_2002().replace({"line.pricing.statistic": statistic, "line.pricing.timing": timing})
    head = sections(ledger_text(case, sim.trace(case, 3, seed=5).ledger))["Draws"][0].split()
    assert head[3] == statistic


@pytest.mark.parametrize("changes", [{}, {"company.cash": 3e6}, {"notes": []}, {"company.cash": 9e8}])
def test_payments_and_balances_after_the_cash_out_are_marked(changes):
    case = valence_2002().replace(changes | {"ranges": None})
    for path in trace_paths(case, 0, 32, 3):
        text, ledger = ledger_text(case, path.ledger), path.ledger
        out = "9999" if ledger["cash_out"] is None else ledger["cash_out"]["date"]
        assert text.count("after the cash-out, bridged\n") == sum(paid["date"] > out for paid in ledger["payments"])
        assert text.count("*") - text.count("(*") == sum(month >= out[:7] for month in ledger["cash_month_end"])


@pytest.mark.parametrize("cash", [3e6, 9e8])
def test_traces_have_a_short_repr(cash):
    case = valence_2002().replace({"company.cash": cash})
    traced = sim.trace(case, 3, seed=5)
    for thing in (traced, traced.history, traced.ledger):
        assert len(repr(thing)) < 240
        assert "\n" not in repr(thing)


LAPSES = "; lapses: would be settled after the horizon"


@pytest.mark.parametrize(
    ("changes", "lapsing"),
    [
        ({}, []),
        ({"line.settlement_sessions": 1}, ["2004-03-31"]),
        ({"line.settlement_sessions": 1, "horizon": "2003-12-31"}, ["2003-12-31"]),
        ({"line.pricing.timing": "after"}, ["2004-03-31"]),
        ({"policy.cadence": "month_end", "line.settlement_sessions": 25}, ["2004-02-27", "2004-03-31"]),
    ],
)
def test_a_notice_that_the_horizon_overtakes_says_so(changes, lapsing):
    case = sim.load_case("valence-2002").replace(changes)
    text = ledger_text(case, sim.trace(case, 3, 7).ledger)
    assert [line.split()[0] for line in text.splitlines() if line.endswith(LAPSES)] == lapsing
