"""What people do, by hand: management's response, an insider's loan, waivers, third parties who look at the price.

Alone, and beside other cash."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np

import sim
from sim.calendar import sessions
from sim.verify.check import About, Check
from sim.verify.laws import lognormal_mean
from sim.verify.samples import by_hand, plain_case
from sim.verify.written import a_quarter, write_paths

#: Months of 2002 and 2003 from April on.
LENGTHS = (30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28, 31)
CENT = 0.01
BY_HAND = "model, section 5, by hand"
CUT = {"cover_months": 4, "cut": 0.3, "delay_months": 1}


def checks(paths: int, seed: int) -> Iterator[Check]:
    """Ledgers worked out by hand, then probabilities in closed form."""
    yield from _response()
    yield from _bridge()
    yield from _forecast()
    yield from _reduction()
    yield from _waived_coverage()
    yield from _cuts_beside_other_cash()
    yield from _loan_and_income()
    yield from _forecast_with_flows()
    yield from _waivers(a_quarter(paths), seed)
    yield from _arrivals(paths, seed)


def _months(days: float) -> float:
    """Days from the opening in months of the calendar: a month counts 1 whatever its length."""
    total = 0.0
    for length in LENGTHS:
        if days <= length:
            return total + days / length
        total, days = total + 1.0, days - length
    return math.inf


def _lasts(changes: dict[str, Any], cash: float, burn: float = 2e6) -> float:
    """Months that cash lasts without a line, at a burn that does not vary."""
    case = plain_case(
        {"horizon": "2003-03-31", "company.cash": cash, "burn.monthly": burn, "line.commitment": 0, **changes}
    )
    return _months(float(sim.simulate(case, paths=1, seed=1)["cash_out_days"][0]))


def _response() -> Iterator[Check]:
    response = CUT
    about = About("how long money lasts when management cuts the burn", BY_HAND, 1e-9)
    # At the opening of the fourth month 6 cover 3 months: from the fifth on 1.4 are used, and 4 / 1.4 = 2.857...
    lasts = _lasts({"response": response}, 12e6)
    yield about.exact("months that 12 last at 2, cut by 30% below 4 months", 6.857142857142857, lasts)
    # Cut at once: 6 / 1.4 = 4.2857... months from the opening of the fourth.
    known = 3 + 3 / 0.7
    yield about.exact("the same without delay", known, _lasts({"response": response | {"delay_months": 0}}, 12e6))
    # A month of 2 is paid at the end of the fourth month: 2 are left, 2 / 1.4 months.
    known = 4 + 1 / 0.7
    yield about.exact(
        "the same, one month's burn paid once", known, _lasts({"response": response | {"one_off_months": 1}}, 12e6)
    )
    # 4 are left at the end of July, and 2.6 at the end of August: less than 2 months of 1.4, so that the insider
    # lends up to 5 months. That is more than 4.5, and September uses 2 again.
    about = About("a restored burn", BY_HAND, CENT)
    bridge = {"limit": 4.6e6, "trigger_months": 2, "target_months": 5}
    case = plain_case(
        {
            "horizon": "2003-03-31", "company.cash": 12e6, "burn.monthly": 2e6, "line.commitment": 0,
            "response": response | {"restore_months": 4.5}, "bridge": bridge,
        }
    )  # fmt: skip
    cash = sim.trace(case, path=0, seed=1).ledger["cash_month_end"]
    yield about.exact("cash at the end of August, after a loan up to 5 months of the cut burn", 7e6, cash["2002-08"])
    yield about.exact("cash at the end of September, at the restored burn", 5e6, cash["2002-09"])


def _bridge() -> Iterator[Check]:
    about = About("how long money lasts with an insider's loan", BY_HAND, 1e-9)
    # 5, 3, 1: he lends 3, up to two months of 2; 4, 2, 0 at the end of the fourth month.
    bridge = {"limit": 3e6, "probability": 1.0}
    yield about.exact("months that 5 last at 2 with a loan of at most 3", 4, _lasts({"bridge": bridge}, 5e6))
    yield about.exact("the same where he is never willing", 2.5, _lasts({"bridge": bridge | {"probability": 0.0}}, 5e6))
    case = plain_case(
        {
            "horizon": "2002-07-31", "company.cash": 5e6, "burn.monthly": 2e6, "line.commitment": 0,
            "bridge": bridge | {"rate": 0.1},
        }
    )  # fmt: skip
    owed = sim.trace(case, path=0, seed=1).ledger["bridge"]["owed"]
    about = About("interest accrues on an insider's loan", "simple, actual/365", CENT)
    yield about.exact("owed after 30 + 31 days at 10%, $", 3e6 * (1 + 0.1 * 61 / 365), owed)
    months = [f"2002-{month:02}" for month in (4, 5, 6, 7)]
    ledger = by_hand(case, [2e6] * 4, bridge_months=months[2:])
    about = About("an insider lends only when he is willing", BY_HAND, CENT)
    # Nothing at the end of May, when 1 is left; -1 at the end of June, and he lends all 3 that he has.
    yield about.exact(
        "cash at the end of June, if he is willing from then on", 2e6, ledger["cash_month_end"]["2002-06"]
    )


def _forecast() -> Iterator[Check]:
    """On 28 June: 28 of June's 30 days at 3, and the rest at the expected 1; before it 2 and 4."""
    coverage = {"percent": [100], "basis": "forecast"}
    case = plain_case({"horizon": "2002-06-30", "line.coverage": coverage})
    drawn = by_hand(case, [2e6, 4e6, 3e6])["draws"][0]["amount"]
    about = About("coverage of the quarter's use so far and the expected rest", BY_HAND, CENT)
    yield about.exact("draw on 28 June, $", 2e6 + 4e6 + 3e6 * 28 / 30 + 1e6 * 2 / 30, drawn)
    early = case.replace({"policy": {"kind": "maximum", "dates": ["2002-04-15"]}})
    drawn = by_hand(early, [2e6, 4e6, 3e6])["draws"][0]["amount"]
    yield about.exact("draw on 15 April, $", 2e6 * 0.5 + 1e6 * 0.5 + 2e6, drawn)


def _reduction() -> Iterator[Check]:
    """A cap of 5 a quarter; third parties bring 3 in April and 4 in August, and the investor takes up his option."""
    party = {"annual_rate": 1.0, "median_amount": 1e6, "log_sd": 0.5, "kind": "debt", "reduces": "period"}
    case = plain_case({"horizon": "2002-12-31", "line.max_per_period": 5e6, "third_party": party})
    deals = [
        {"month": "2002-04", "amount": 3e6, "reduces_line": True},
        {"month": "2002-08", "amount": 8e6, "reduces_line": True},
    ]
    drawn = [draw["amount"] for draw in by_hand(case, third_party=deals)["draws"]]
    about = About("a financing reduces the running quarter alone", "term sheet: Draw Down Amount remaining un-funded")
    for words, known, amount in zip(("3", "8, more than is left", "nothing"), (2e6, 0.0, 5e6), drawn, strict=True):
        yield about.exact(f"draw in a quarter that was reduced by {words}", known, amount)


def _waived_coverage() -> Iterator[Check]:
    coverage = {"percent": [50], "waiver_probability": 0.4}
    changes = {"horizon": "2002-06-30", "line.coverage": coverage, "line.max_per_period": 9e6}
    case = plain_case(changes)
    about = About("coverage can be waived", BY_HAND)
    for words, waived, known in (("waived", ["coverage"], 9e6), ("not waived", [], 1.5e6)):
        drawn = by_hand(case, [1e6] * 3, waived=waived)["draws"][0]["amount"]
        yield about.exact(f"draw with coverage of 50% of 3 {words}, $", known, drawn)
    ledger = by_hand(
        plain_case(changes | {"horizon": "2002-12-31", "line.waivers": {"mode": "each_period"}}),
        [1e6] * 9, waived_by_period={"FY2003 Q1": [], "FY2003 Q2": ["coverage"], "FY2003 Q3": []},
    )  # fmt: skip
    for draw, known in zip(ledger["draws"], (1.5e6, 9e6, 1.5e6), strict=True):
        yield about.exact(
            f"draw on {draw['date']} with coverage waived in the second quarter alone", known, draw["amount"]
        )


FIRST, SECOND = 0.3, 0.6


def _open(waivers: dict[str, Any], paths: int, seed: int, **changes: Any) -> np.ndarray:
    """On which of two quarter-ends two lines, each of one condition that never holds, are open: (4, paths)."""
    milestone = {"name": "never", "probability": 0.0, "median_days": 10.0, "p90_days": 20.0}
    rows = [
        {"name": name, "kind": "milestone", "milestone": "never", "waiver_probability": p}
        for name, p in (("first", FIRST), ("second", SECOND))
    ]
    found = []
    for row in rows:
        case = plain_case(
            {
                "horizon": "2002-09-30", "milestones": [milestone], "line.conditions": [row],
                "line.waivers": waivers, "line.max_per_period": 1e6, **changes,
            }
        )  # fmt: skip
        found.append(write_paths(case, paths, seed).open)
    return np.concatenate(found)


def _waivers(paths: int, seed: int) -> Iterator[Check]:
    about = About("a waiver keeps its probability when a score is shared", "score below its normal quantile")
    for loading in (0.5, 1.0):
        opened = _open({"common": loading}, paths, seed)
        yield about.share(f"waived with probability {FIRST:g}, common {loading:g}", FIRST, opened[0])
    only = np.count_nonzero(opened[0] & ~opened[2])
    about = About("by one score, who waives the less likely waives the more likely", "common = 1")
    yield about.exact("paths that waive the less likely condition alone", 0, only)
    opened = _open({"mode": "each_period"}, paths, seed)
    about = About("waivers drawn anew each quarter do not depend on each other", "product of the probabilities")
    yield about.share("waived in both quarters", FIRST * FIRST, opened[0] & opened[1])
    calm = {"price.volatility": 0.0, "price.drift": 0.5}
    opened = _open({"mode": "each_period", "price_sensitivity": 2.0}, paths, seed, **calm)
    about = About("a waiver follows the price", "logit p = logit w + b ln(S / S0), S on a known curve")
    days = sessions(date(2002, 4, 1), date(2002, 9, 30))
    for row, n in ((0, days.index(date(2002, 6, 28)) + 1), (1, len(days))):
        log_odds = math.log(FIRST / (1 - FIRST)) + 2.0 * 0.5 * n / 252
        yield about.share(f"waived after {n} sessions of growth", 1 / (1 + math.exp(-log_odds)), opened[row])


def _arrivals(paths: int, seed: int) -> Iterator[Check]:
    """Debt at a price that grows on a known curve: S / S0 at month-ends is exp(drift n / 252)."""
    party = {
        "annual_rate": 3.0, "median_amount": 1e6, "log_sd": 0.5, "kind": "debt", "price_sensitivity": 2.0,
    }  # fmt: skip
    case = plain_case({"horizon": "2003-03-31", "price.volatility": 0.0, "price.drift": 1.0, "third_party": party})
    deals = write_paths(case, a_quarter(paths), seed).deals > 0
    ends = _month_ends(case)
    about = About("third parties come more often at a higher price", "1 - exp(-rate/12 (S/S0)^beta)")
    for month in (0, 1, 11):
        factor = math.exp(2.0 * ends[month - 1] / 252) if month else 1.0
        yield about.share(f"financing in month {month + 1}", -math.expm1(-0.25 * factor), deals[month])
    high = case.replace({"price.drift": 10.0})
    about = About("the price multiplies the rate by 10 at most", "1 - exp(-10 rate/12)")
    deals = write_paths(high, a_quarter(paths), seed).deals
    yield about.share("financing in the last month at a price beyond", -math.expm1(-2.5), deals[-1] > 0)
    about = About("amounts do not depend on the price", "lognormal: m e^(s^2/2)")
    yield about.mean("E[amount], $M", lognormal_mean(1e6, 0.5) / 1e6, deals[deals > 0] / 1e6)


def _month_ends(case: sim.Case) -> list[int]:
    """Numbers of the last sessions of the months, from 1."""
    last = {(day.year, day.month): n for n, day in enumerate(sessions(case.valuation_date, case.horizon), start=1)}
    return list(last.values())


def _cash_case(changes: dict[str, Any]) -> sim.Case:
    """No line. 30 April is day 30, 31 May 61, 30 June 91, 31 July 122, 31 August 153, 30 September 183."""
    return plain_case({"line.commitment": 0, "horizon": "2003-03-31", "burn.monthly": 2e6} | changes)


def _out(changes: dict[str, Any]) -> float:
    ledger = sim.trace(_cash_case(changes), path=0, seed=1).ledger
    return math.nan if ledger["cash_out"] is None else float(ledger["cash_out"]["days"])


def _flow(amount: float, **when: Any) -> list[dict[str, Any]]:
    return [{"name": "flow", "amount": amount, **when}]


def _cuts_beside_other_cash() -> Iterator[Check]:
    # 2 a month: 6 at the opening of July cover 3 months. From August on 1 + 0.7: 4, 2.3, 0.6, and 0.6 / 1.7 of October.
    items = [{"name": "people", "monthly": 1e6}, {"name": "rent", "monthly": 1e6, "fixed": True}]
    statement = {"burn": {"model": "statement", "items": items}, "company.cash": 12e6, "response": CUT}
    about = About("management does not cut what is fixed", BY_HAND, 1e-9)
    yield about.exact(
        "day on which 12 are used up at 1 that is cut and 1 that is not", 183 + 31 * 6 / 17, _out(statement)
    )
    # The cut burn is 1.7: 4 months of it are 6.8, so that 6.9 at an opening restore it, and 6.7 do not.
    restored = {**statement, "company.cash": 6.5e6, "response": CUT | {"delay_months": 0, "restore_months": 4}}
    case = _cash_case(restored | {"flows": _flow(2.1e6, date="2002-04-20")})
    cash = sim.trace(case, path=0, seed=1).ledger["cash_month_end"]
    about = About("cover is counted in the burn that is left", BY_HAND, 0.005)
    known = 6.5e6 - 1.7e6 + 2.1e6 - 2e6
    yield about.exact("cash at the end of May, after a month at 1.7 and one at 2", known, cash["2002-05"])
    # 2 a month and 1 of a flow: 15, 12, 9, and 6 at the opening of July cover 3 months of 2. From August on 1.4 + 1.
    beside = {"company.cash": 15e6, "response": CUT, "flows": _flow(-1e6, monthly=True)}
    about = About("management does not cut flows, and cover is of the burn alone", BY_HAND, 1e-9)
    yield about.exact("day on which 15 are used up at 2 and a flow of 1", 153 + 30 * 0.6 / 2.4, _out(beside))
    ledger = by_hand(
        _cash_case(statement | {"company.cash": 5e6}), [3e6] * 6, cash_fixed={f"2002-{m:02}": 1e6 for m in range(4, 13)}
        | {f"2003-{m:02}": 0.0 for m in (1, 2, 3)},
    )  # fmt: skip
    about = About("a history has what fixed items use", BY_HAND, 0.005)
    yield about.exact(
        "cash at the end of May, after 3 and 1 + 0.7 x 2", 5e6 - 3e6 - 2.4e6, ledger["cash_month_end"]["2002-05"]
    )


def _loan_and_income() -> Iterator[Check]:
    """30 April: 3 - 2, and 12% of 3 for 30 days. He lends what 4, two months, lack; May earns interest on 4."""
    case = _cash_case(
        {
            "company.cash": 3e6, "company.interest_income_rate": 0.12, "horizon": "2002-06-30",
            "bridge": {"limit": 10e6, "trigger_months": 1, "target_months": 2},
        }
    )  # fmt: skip
    april = 3e6 * 0.12 * 30 / 365
    ledger = sim.trace(case, path=0, seed=1).ledger
    about = About("interest income comes before the insider's loan, which earns it", BY_HAND, 0.005)
    yield about.exact("first loan, $", 4e6 - 1e6 - april, ledger["bridge"]["loans"][0]["amount"])
    yield about.exact("interest income of May, $", 4e6 * 0.12 * 31 / 365, ledger["interest_income"]["2002-05"])


def _forecast_with_flows() -> Iterator[Check]:
    """28 of June's 30 days as they were, and two as expected: 1 a month, and half a flow of 0.6."""
    coverage = {"percent": [100], "basis": "forecast"}
    flows = _flow(-6e5, monthly=True, probability=0.5, operations=True)
    case = plain_case({"horizon": "2002-06-30", "line.coverage": coverage, "flows": flows})
    about = About("a forecast has the flows of operations that are planned", BY_HAND, 0.005)
    drawn = by_hand(case, [2e6, 4e6, 3e6], flows=["flow"])["draws"][0]["amount"]
    yield about.exact("draw on 28 June with the flow, $", 2.6e6 + 4.6e6 + 3.6e6 * 28 / 30 + 1.3e6 * 2 / 30, drawn)
    drawn = by_hand(case, [2e6, 4e6, 3e6])["draws"][0]["amount"]
    yield about.exact("and without it, $", 2e6 + 4e6 + 3e6 * 28 / 30 + 1.3e6 * 2 / 30, drawn)
