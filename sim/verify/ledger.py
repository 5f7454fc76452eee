"""The ledger: a case without chance worked out by hand, the draw that was, and accounts that must balance."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import numpy as np

import sim
from sim.engine.trace import replay
from sim.terms import Case, load_case
from sim.verify.check import About, Check
from sim.verify.samples import traces

CENT = 0.01
HALF_CENT = 0.005  # a figure by hand is rounded to the cent
TRACED, REPLAYED = 1_024, 64

BY_HAND: dict[str, Any] = {
    "schema": 1,
    "title": "two quarters without chance",
    "valuation_date": "2002-04-01",
    "horizon": "2002-09-30",
    "company": {
        "name": "Small, Inc.", "fiscal_year_end_month": 3, "cash": 2_500_000, "minimum_cash": 100_000,
        "shares_outstanding": 20_000_000, "shares_authorized": 30_000_000,
    },
    "price": {"model": "gbm", "initial": 2.0, "volatility": 0.0},
    "burn": {"model": "lognormal", "monthly": 600_000, "volatility": 0.0},
    "line": {
        "investor": "Investor, LLC", "commitment": 1_200_000, "start": "2002-04-01", "end": "2003-03-31",
        "max_per_period": 700_000, "legal_cost_per_draw": 20_000, "pricing": {"window": 2, "multiplier": 0.85},
        "coverage": {"percent": [50]},
    },
    "notes": [
        {
            "name": "note", "principal": 1_000_000, "maturity": "2002-08-15", "base_rate": 0.05, "margin": 0.01,
            "rate_cap": 0.10, "interest_date": "06-30", "last_interest_date": "2001-12-31",
        }
    ],
    "policy": {"kind": "maximum", "cadence": "quarter_end"},
}  # fmt: skip

# Cash at the opening                                                                        2,500,000.00
#   April 600,000                                                                            1,900,000.00
#   May 600,000                                                                              1,300,000.00
#   June, 28 of 30 days, 560,000                                                               740,000.00
#   28 June, the last session of fiscal Q1: price 0.85 x 2.00 = 1.70. Everything is asked for, 1,200,000 remain, the cap
#     leaves 700,000, coverage is 50% of 1,800,000 = 900,000: draw 700,000; 700,000 / 1.70 = 411,764.7: 411,765 shares
#                                                                                            1,440,000.00
#     legal cost 20,000                                                                      1,420,000.00
#   30 June: two days' operations 40,000; interest of 181 days, 1,000,000 x 6% x 181 / 365 = 29,753.42
#                                                                                            1,350,246.58
#   July 600,000                                                                               750,246.58
#   15 August: operations, 15 of 31 days, 290,322.58; interest of 46 days, 7,561.64            452,362.35
#     principal 1,000,000: below the minimum on day 30 + 31 + 30 + 31 + 15 = 137              -547,637.65
#   31 August: 16 of 31 days, 309,677.42                                                      -857,315.07
#   September 600,000: the gap is 100,000 + 1,457,315.07                                    -1,457,315.07
#   30 September, the last session of Q2: 500,000 of the commitment remain, and come after the cash-out; legal cost
#     20,000                                                                                  -977,315.07
# Each line is rounded to the cent from unrounded figures.
CASH_BY_HAND = {
    "2002-04": 1_900_000.00,
    "2002-05": 1_300_000.00,
    "2002-06": 1_350_246.58,
    "2002-07": 750_246.58,
    "2002-08": -857_315.07,
    "2002-09": -977_315.07,
}
SHARES_BY_HAND = 411_765
HAND = "worked out by hand, beside the check"


def checks(paths: int, seed: int) -> Iterator[Check]:
    yield from by_hand(seed)
    yield from extended_by_hand(seed)
    yield ex_issue(seed)
    yield from real_draw(seed)
    yield from documents_hold(paths, seed)
    yield from accounts(seed)
    yield replays(seed)


def by_hand(seed: int) -> Iterator[Check]:
    ledger = sim.trace(Case.from_dict(BY_HAND), path=0, seed=seed).ledger
    about = About("the order of events on a date, interest, operations by the day", HAND, HALF_CENT)
    for month, known in CASH_BY_HAND.items():
        yield about.exact(f"no chance: cash at the end of {month}, $", known, ledger["cash_month_end"][month])
    first, second = ledger["draws"]
    about = About("period cap, commitment, whole shares", HAND)
    for name, known, found in (
        ("first draw, $", 700_000, first["amount"]),
        ("shares of the first draw", SHARES_BY_HAND, first["shares"]),
        ("second draw, $", 500_000, second["amount"]),
    ):
        yield about.exact(f"no chance: {name}", known, found)
    result = sim.simulate(Case.from_dict(BY_HAND), paths=256, seed=seed)
    about = About("the measures", HAND)
    for name, known, within in (
        ("raised", 700_000, 0.0),
        ("shares_issued", SHARES_BY_HAND, 0.0),
        ("discount_cost", SHARES_BY_HAND * 0.30, HALF_CENT),
        ("cash_out_days", 137, 0.0),
        ("funding_gap", 1_557_315.07, HALF_CENT),
        ("ending_cash", -547_637.65, HALF_CENT),
        ("dilution", SHARES_BY_HAND / (20_000_000 + SHARES_BY_HAND), 0.0),
        ("runway_months", 137 / 30.4375, 0.0),
    ):
        value = result[name]
        farthest = float(value[np.argmax(np.abs(value - known))])
        yield about.exact(f"no chance: {name}, farthest path", known, farthest, within=within)


def extended_by_hand(seed: int) -> Iterator[Check]:
    """With the note extended, 750,246.58 on 31 July are 50,246.58 above the minimum a month later.

    August takes 600,000 and September the rest, in 50,246.58 / 600,000 of its 30 days: day 153 + 2.512329.
    """
    note = {**BY_HAND["notes"][0], "extended_maturity": "2004-08-15", "extension_probability": 1.0}
    ledger = sim.trace(Case.from_dict({**BY_HAND, "notes": [note]}), path=0, seed=seed).ledger
    days = ledger["cash_out"]["days"] if ledger["cash_out"] else float("nan")
    # A day of operations is 20,000 dollars, so half a cent is 2.5e-7 days.
    about = About("cash-out inside a month", HAND, 2.5e-7)
    yield about.exact("note extended: cash-out, days", 153 + 30 * 50_246.58 / 600_000, days)
    about = About("cash-out inside a month", "model, section 6")
    yield about.exact("note extended: cash then is the minimum, $", 100_000, ledger["ending_cash"])


def ex_issue(seed: int) -> Check:
    """The close after a draw with impact: (N + n x price / close) / (N + n) of the one before."""
    document = {**BY_HAND, "price": {**BY_HAND["price"], "impact": "dilution"}}
    closes = sim.trace(Case.from_dict(document), path=0, seed=seed).history["closes"]
    known = 2.0 * (20_000_000 + SHARES_BY_HAND * 1.7 / 2.0) / (20_000_000 + SHARES_BY_HAND)
    about = About("later prices after a draw", "theoretical ex-issue price", 4 * float(np.spacing(2.0)))
    return about.exact("impact: close after a draw at 85%, $", known, closes["2002-09-30"])


def real_draw(seed: int) -> Iterator[Check]:
    """2 December 2002: closes whose five-day mean is 1.3340, $5,000,000 at 85%, which is 1.1339; 4,409,560 shares."""
    closes = {"11-22": 1.21, "11-25": 1.30, "11-26": 1.36, "11-27": 1.38, "11-29": 1.42, "12-02": 1.90}
    policy = {"kind": "schedule", "dates": ["2002-12-02"], "amounts": [5_000_000]}
    case = load_case("valence-2002").replace({"policy": policy})
    months = sim.trace(case, path=0, seed=seed).history["cash_used"]
    history = {
        "closes": {f"2002-{day}": close for day, close in closes.items()},
        "cash_used": dict.fromkeys(months, 2_367_000.0),
        "achieved_days": {"polymer-265": 200.0, "cylindrical-samples": 200.0},
        "extended": ["Baccarat note"],
    }
    draw = replay(case, history)["draws"][0]
    about = About("the window, the discount, whole shares", "press release of 2 December 2002")
    yield about.exact("the draw of 2 December 2002: shares", 4_409_560, draw["shares"])
    yield about.exact("the draw of 2 December 2002: amount, $", 5_000_000, draw["amount"])
    # The release rounds the price to four decimals.
    yield about.exact("the draw of 2 December 2002: price, $", 1.1339, draw["price"], within=0.00005)


def documents_hold(paths: int, seed: int) -> Iterator[Check]:
    """On every path of the shipped case."""
    case = load_case("valence-2002")
    result = sim.simulate(case, paths=paths, seed=seed)
    (line,), company = case.facilities, case.company
    room = company.shares_authorized - company.shares_reserved - company.shares_outstanding
    out = np.isfinite(result["cash_out_days"])
    for name, protects, wrong in (
        ("that raise too much", "the commitment", result["raised"] > case.commitment),
        ("with a quarter too large", "the period cap", (result.by_period["raised"] > line.max_per_period).any(axis=1)),
        ("with too many shares", "the charter", result["shares_issued"] > room),
        ("out of cash that have some", "the cash-out", out & (result["ending_cash"] > company.minimum_cash)),
    ):
        about = About(protects, "the documents' limits")
        yield about.exact(f"valence-2002: paths {name}", 0, wrong.sum())


def accounts(seed: int) -> Iterator[Check]:
    """Cash in less cash out is the change of cash, path by path, to the cent.

    Two notes are extended beyond the horizon and pay nothing before it. Of the other debt, 774,000 falls due on each
    31 December; the whole, 6,836,000 and then 6,062,000, bears 8% for the 365 days before. Equipment takes 492,000
    in each of 24 months. The charter is wide, so third parties get all the shares they pay for.
    """
    extended = {f"notes[{name}].extension_probability": 1.0 for name in ("Baccarat note", "grant payable")}
    debt = 2 * 774_000 + 0.08 * (6_836_000 + 6_062_000)
    changes = {**extended, "company.shares_authorized": 10**13}
    case = load_case("valence-2002").replace(changes)
    off, shares_off = [], []
    for trace in traces(case, TRACED, seed):
        history, ledger = trace.history, trace.ledger
        drawn = [draw for draw in ledger["draws"] if draw["amount"] > 0]
        money_in = sum(draw["amount"] for draw in drawn) + sum(deal["amount"] for deal in history["third_party"])
        money_out = sum(history["cash_used"].values()) + 25_000 * len(drawn) + debt + 24 * 492_000
        last = list(ledger["cash_month_end"].values())[-1]
        off.append(case.company.cash + money_in - money_out - last)
        counted = [draw for draw in drawn if _in_time(case, draw["date"], ledger["cash_out"])]
        shares_off.append(sum(round(draw["amount"] / draw["price"]) for draw in counted) - ledger["shares_issued"])
    about = About("nothing is lost or made", "cash in - cash out = change of cash", CENT)
    yield about.exact(f"accounts of {TRACED:,d} paths: largest imbalance, $", 0, np.abs(off).max())
    about = About("nothing is lost or made", "amount / price, nearest whole share")
    yield about.exact(f"shares of {TRACED:,d} paths: largest imbalance", 0, np.abs(shares_off).max())


def _in_time(case: Case, day: str, out: dict[str, Any] | None) -> bool:
    """Whether a draw comes before the cash-out: on one date operations go before it, interest and principal after."""
    close = (datetime.date.fromisoformat(day) - case.valuation_date).days + 1
    return out is None or close < out["days"] or (close == out["days"] and out["cause"] != "operations")


def replays(seed: int) -> Check:
    """A path's history, put in by hand, gives that path's ledger to the last bit."""
    case = load_case("valence-2002")
    different = sum(replay(case, trace.history) != trace.ledger for trace in traces(case, REPLAYED, seed))
    about = About("a path can be audited", "history decides the ledger")
    return about.exact(f"replays of {REPLAYED} paths that differ in any bit", 0, different)
