"""What must hold on every path, whatever the case: money in is money out, no limit is passed, no path is lost."""

import dataclasses
import math
from collections import Counter
from datetime import date
from random import Random
from types import SimpleNamespace

import numpy as np
import pytest

import sim
from sim.engine.trace import trace_paths
from sim.terms import Case
from tests.support import accounts as bookkeeping
from tests.support.accounts import accounts, before_cash_out, comes_before
from tests.twin.random_cases import random_case

CASES, PATHS, AT_ONCE = 100, 40, 10
GROUPS = range(0, CASES, AT_ONCE)
ROUNDING = 2.0**-52  # of one operation; sums of n terms are held to n of them
DAYS_A_MONTH = 30.4375


@pytest.fixture(scope="module", params=GROUPS, ids=lambda first: f"cases {first} to {first + AT_ONCE - 1}")
def runs(request):
    """Cases with a run and the traces of all of its paths."""
    found = []
    for number in range(request.param, request.param + AT_ONCE):
        case = Case.from_dict(random_case(Random(number)))
        result = sim.simulate(case, paths=PATHS, seed=number, workers=1)
        found.append(SimpleNamespace(case=case, result=result, traces=trace_paths(case, 0, PATHS, seed=number)))
    return found


def money_out_of_balance(case, trace) -> float:
    """The largest gap between a month-end balance and the books, in roundings of the path's turnover."""
    books = accounts(case, trace)
    ledger = trace.ledger["cash_month_end"]
    assert list(ledger) == list(books.cash_month_end)
    gap = max(abs(ledger[month] - books.cash_month_end[month]) for month in ledger)
    return gap / (ROUNDING * max(books.turnover, 1e-300))


# A ledger of 1,000 stops makes some thousand roundings of at most half a last place each.
ROUNDINGS_OF_A_PATH = 4_000


def test_money_in_is_money_out_at_every_month_end(runs):
    for run in runs:
        for trace in run.traces:
            assert money_out_of_balance(run.case, trace) < ROUNDINGS_OF_A_PATH, (run.case.title, trace.path)


def test_shares_stay_within_the_charter(runs):
    for run in runs:
        company = run.case.company
        room = company.shares_authorized - company.shares_reserved - company.shares_outstanding
        for trace in run.traces:
            books = accounts(run.case, trace)
            assert books.shares_of_draws + books.shares_of_third_parties <= room
            assert all(draw["shares"] >= 0 and draw["amount"] >= 0 for draw in trace.ledger["draws"])


def test_raised_stays_within_the_commitment_and_each_period_within_its_cap(runs):
    for run in runs:
        line, result = run.case.line, run.result
        by_period = result.by_period["raised"]
        assert (result["raised"] >= 0).all()
        assert (result["raised"] <= line.commitment).all()
        assert (by_period >= 0).all()
        if line.max_per_period is not None:
            assert (by_period <= line.max_per_period).all()
        roundings = ROUNDING * (result["draws"] + by_period.shape[1])
        assert (abs(by_period.sum(axis=1) - result["raised"]) <= roundings * result["raised"]).all()


def test_all_draws_keep_to_the_line_even_those_after_a_cash_out(runs):
    """The line does not know who bridges a shortfall: commitment less cuts, and cap, hold throughout."""
    for run in runs:
        line, cap = run.case.line, run.case.line.max_per_period
        for trace in run.traces:
            assert accounts(run.case, trace).overdrawn <= 1e-12 * line.commitment
            drawn = Counter()
            for draw in trace.ledger["draws"]:
                drawn[period_of(run, draw["date"])] += draw["amount"]
            assert cap is None or max(drawn.values(), default=0) <= cap * (1 + 1e-12)


def test_a_draw_is_what_its_shares_cost_and_never_more_than_was_asked_for(runs):
    for run in runs:
        company = run.case.company
        for trace in run.traces:
            for draw in trace.ledger["draws"]:
                cost = draw["shares"] * draw["price"]
                assert abs(draw["amount"] - cost) <= draw["price"] * (0.5 + 1e-6) + 1e-9 * draw["amount"], draw
                assert draw["request"] is None or draw["amount"] <= draw["request"]
                assert draw["price"] == run.case.line.pricing.multiplier * draw["average"]
                assert draw["amount"] == 0 or draw["amount"] >= run.case.line.minimum_draw
                assert draw["shares"] <= company.shares_authorized


def test_measures_stay_in_their_ranges(runs):
    for run in runs:
        case, result = run.case, run.result
        horizon = ((case.horizon - case.valuation_date).days + 1) / DAYS_A_MONTH
        out, minimum = np.isfinite(result["cash_out_days"]), case.company.minimum_cash
        assert ((result["dilution"] >= 0) & (result["dilution"] < 1)).all()
        assert ((result["runway_months"] >= 0) & (result["runway_months"] <= horizon)).all()
        assert ((result["runway_months"] == horizon) | out).all()
        assert (out == (result["cause"] > 0)).all()
        assert (result["funding_gap"] >= 0).all()
        # Every moment that can start a cash-out is one at which the gap is measured.
        assert ((result["funding_gap"] > 0) == out).all()
        assert (result["ending_cash"][~out] >= minimum).all()
        assert (result["ending_cash"][result["cause"] == 1] == minimum).all()
        assert (result["ending_cash"][result["cause"] > 1] < minimum).all()
        assert (result["funding_gap"] >= minimum - result["ending_cash"]).all()


def measures_of(case, ledger) -> dict[str, float]:
    """The contract's measures of a ledger, in plain Python."""
    counted = [draw for draw in before_cash_out(case, ledger) if draw["amount"] > 0]
    out = ledger["cash_out"]
    issued, raised, cost = ledger["shares_issued"], ledger["raised"], ledger["discount_cost"]
    horizon = (case.horizon - case.valuation_date).days + 1
    return {
        "raised": raised,
        "shares_issued": issued,
        "dilution": issued / (case.company.shares_outstanding + issued),
        "effective_price": raised / issued if issued else math.nan,
        "discount_cost": cost,
        "effective_discount": cost / (raised + cost) if raised + cost else math.nan,
        "runway_months": min(out["days"] if out else math.inf, horizon) / DAYS_A_MONTH,
        "funding_gap": ledger["funding_gap"],
        "ending_cash": ledger["ending_cash"],
        "draws": len(counted),
        "cash_out_days": out["days"] if out else math.inf,
        "cause": ("none", "operations", "interest", "principal").index(out["cause"]) if out else 0,
    }


def test_the_trace_of_a_path_is_that_path_of_the_run_bit_for_bit(runs):
    for run in runs:
        for trace in run.traces:
            got = {name: run.result[name][trace.path] for name in measures_of(run.case, trace.ledger)}
            np.testing.assert_equal(got, measures_of(run.case, trace.ledger), err_msg=f"{run.case.title} {trace.path}")


def test_the_fan_holds_the_month_end_balances_of_the_traces(runs):
    for run in runs:
        balances = np.array([list(trace.ledger["cash_month_end"].values()) for trace in run.traces]).T
        np.testing.assert_array_equal(run.result.tallies.fan, balances)


def period_of(run, day: str) -> int:
    return next(p for p, period in enumerate(run.result.periods) if period.end >= date.fromisoformat(day))


def test_what_counts_are_the_draws_before_the_cash_out(runs):
    for run in runs:
        by_period = run.result.by_period["raised"]
        for trace in run.traces:
            counted = [draw for draw in before_cash_out(run.case, trace.ledger) if draw["amount"] > 0]
            raised = sum(draw["amount"] for draw in counted)
            cost = sum(draw["shares"] * (draw["close"] - draw["price"]) for draw in counted)
            assert trace.ledger["shares_issued"] == sum(draw["shares"] for draw in counted)
            assert trace.ledger["raised"] == min(raised, run.case.line.commitment)
            assert trace.ledger["discount_cost"] == pytest.approx(cost, rel=1e-12, abs=1e-12 * raised)
            expected = np.zeros(by_period.shape[1])
            for draw in counted:
                expected[period_of(run, draw["date"])] += draw["amount"]
            cap = run.case.line.max_per_period
            np.testing.assert_array_equal(by_period[trace.path], expected if cap is None else np.minimum(expected, cap))


def test_binding_reasons_count_every_purchase_date_once(runs):
    for run in runs:
        tallies = run.result.tallies
        expected = np.zeros_like(tallies.binding)
        dates = Counter()
        for trace in run.traces:
            counted = {draw["date"] for draw in before_cash_out(run.case, trace.ledger)}
            for draw in trace.ledger["draws"]:
                reason = draw["binding"] if draw["date"] in counted else "cash-out"
                expected[period_of(run, draw["date"]), tallies.reasons.index(reason)] += 1
                dates[period_of(run, draw["date"])] += 1
        np.testing.assert_array_equal(tallies.binding, expected)
        assert list(tallies.purchase_dates * PATHS) == [dates[p] for p in range(len(tallies.purchase_dates))]


def test_shares_of_the_binding_reasons_add_up_to_one(runs):
    for run in runs:
        for shares in run.result.summary().binding_by_period:
            assert not shares or sum(shares.values()) == pytest.approx(1, abs=1e-12)


def test_the_waterfall_adds_up_to_the_commitment(runs):
    for run in runs:
        waterfall = run.result.summary().waterfall
        parts = [waterfall.raised, waterfall.cut, *waterfall.unraised.values()]
        assert min(parts) >= 0
        assert math.fsum(parts) == pytest.approx(run.case.line.commitment, rel=1e-9, abs=1e-9)


def shared_out(case, trace) -> Counter:
    """What one path neither raised nor saw cut, by reason: in proportion to what each purchase date fell
    short of its opportunity."""
    books, ledger, short = accounts(case, trace), trace.ledger, Counter()
    counted = {draw["date"] for draw in before_cash_out(case, ledger)}
    for draw, opportunity in zip(ledger["draws"], books.opportunities, strict=True):
        before = draw["date"] in counted
        short[draw["binding"] if before else "cash-out"] += opportunity - (draw["amount"] if before else 0)
    cut = sum(cut for day, cut in books.cuts.items() if comes_before(case, day, ledger["cash_out"]))
    unraised, total = case.line.commitment - ledger["raised"] - cut, math.fsum(short.values())
    if total <= 0:
        if not ledger["draws"]:
            return Counter({"no purchase date": unraised})
        followed = any(draw["date"] not in counted for draw in ledger["draws"])
        return Counter({"cash-out" if followed else "period cap": unraised})
    return Counter({reason: unraised * (amount / total) for reason, amount in short.items()})


def test_the_waterfall_shares_out_what_every_purchase_date_fell_short_of(runs):
    for run in runs:
        expected = Counter()
        for trace in run.traces:
            expected.update(shared_out(run.case, trace))
        got = dict(zip(run.result.tallies.reasons, run.result.tallies.unraised, strict=True))
        for reason, amount in got.items():
            assert abs(amount - expected[reason]) <= 1e-9 * PATHS * run.case.line.commitment, (run.case.title, reason)


def test_causes_add_up_to_the_probability_of_cash_out(runs):
    for run in runs:
        document = run.result.summary().to_dict()["cash_out"]
        total = document["within_horizon"]["probability"]
        assert math.fsum(document["causes"].values()) == pytest.approx(total, abs=1e-12)
        chances = [entry["probability"] for entry in document["by_period"]]
        assert chances == sorted(chances)
        assert chances[-1] == total == np.isfinite(run.result["cash_out_days"]).mean()


# ----------------------------------------------------------------------- twins with a planted fault, which must fail


@pytest.fixture(scope="module")
def all_traces():
    found = []
    for number in range(CASES):
        case = Case.from_dict(random_case(Random(number)))
        found += [(case, trace) for trace in trace_paths(case, 0, 3, seed=number)]
    return found


def test_a_dollar_too_many_is_seen(all_traces):
    for case, trace in all_traces:
        ledger = trace.ledger.to_dict()
        ledger["cash_month_end"][list(ledger["cash_month_end"])[-1]] += 1e-4 * case.burn.monthly
        wrong = dataclasses.replace(trace, ledger=type(trace.ledger)(ledger))
        assert money_out_of_balance(case, wrong) > ROUNDINGS_OF_A_PATH


def _no_interest(self, day):
    self.accrued_to = day


def _interest_of_360_days(self, day):
    self.accrued += self.principal * self.rate * (day - self.accrued_to).days / 360
    self.accrued_to = day


@pytest.mark.parametrize(
    ("place", "name", "fault"),
    [
        (bookkeeping.Loan, "accrue", _no_interest),
        (bookkeeping.Loan, "accrue", _interest_of_360_days),
        (bookkeeping.Loan, "sweep", lambda self, day, cash: 0.0),
        (bookkeeping.Loan, "maturity", property(lambda self: self.note.maturity)),
        (bookkeeping, "_third_party", lambda case, books, amount, close: amount),
    ],
    ids=["no interest", "a year of 360 days", "no sweep", "nothing is extended", "no charter"],
)
def test_wrong_bookkeeping_is_seen(all_traces, monkeypatch, place, name, fault):
    monkeypatch.setattr(place, name, fault)
    off = [money_out_of_balance(case, trace) > ROUNDINGS_OF_A_PATH for case, trace in all_traces]
    assert any(off)
