"""Other cash beside what people do, by hand: what a cut is of, and in which order a month ends."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import sim
from sim.verify.check import About, Check
from sim.verify.samples import by_hand, plain_case

BY_HAND = "model, section 5, by hand"
CENT, TINY = 0.005, 1e-9  # dollars; days
CUT = {"cover_months": 4, "cut": 0.3, "delay_months": 1}


def checks(paths: int, seed: int) -> Iterator[Check]:
    """A cut of a statement and beside flows, a loan beside interest income, a forecast with flows; without chance."""
    yield from _cuts()
    yield from _month_ends()
    yield from _forecasts()


def _case(changes: dict[str, Any]) -> sim.Case:
    """No line. 30 April is day 30, 31 May 61, 30 June 91, 31 July 122, 31 August 153, 30 September 183."""
    return plain_case({"line.commitment": 0, "horizon": "2003-03-31", "burn.monthly": 2e6} | changes)


def _out(changes: dict[str, Any]) -> float:
    ledger = sim.trace(_case(changes), path=0, seed=1).ledger
    return math.nan if ledger["cash_out"] is None else float(ledger["cash_out"]["days"])


def _flow(amount: float, **when: Any) -> list[dict[str, Any]]:
    return [{"name": "flow", "amount": amount, **when}]


def _cuts() -> Iterator[Check]:
    # 2 a month: 6 at the opening of July cover 3 months. From August on 1 + 0.7: 4, 2.3, 0.6, and 0.6 / 1.7 of October.
    items = [{"name": "people", "monthly": 1e6}, {"name": "rent", "monthly": 1e6, "fixed": True}]
    statement = {"burn": {"model": "statement", "items": items}, "company.cash": 12e6, "response": CUT}
    about = About("management does not cut what is fixed", BY_HAND, TINY)
    yield about.exact(
        "day on which 12 are used up at 1 that is cut and 1 that is not", 183 + 31 * 6 / 17, _out(statement)
    )
    # The cut burn is 1.7: 4 months of it are 6.8, so that 6.9 at an opening restore it, and 6.7 do not.
    restored = {**statement, "company.cash": 6.5e6, "response": CUT | {"delay_months": 0, "restore_months": 4}}
    cash = sim.trace(_case(restored | {"flows": _flow(2.1e6, date="2002-04-20")}), path=0, seed=1).ledger[
        "cash_month_end"
    ]
    yield About("cover is counted in the burn that is left", BY_HAND, CENT).exact(
        "cash at the end of May, after a month at 1.7 and one at 2", 6.5e6 - 1.7e6 + 2.1e6 - 2e6, cash["2002-05"]
    )
    # 2 a month and 1 of a flow: 15, 12, 9, and 6 at the opening of July cover 3 months of 2. From August on 1.4 + 1.
    beside = {"company.cash": 15e6, "response": CUT, "flows": _flow(-1e6, monthly=True)}
    about = About("management does not cut flows, and cover is of the burn alone", BY_HAND, TINY)
    yield about.exact("day on which 15 are used up at 2 and a flow of 1", 153 + 30 * 0.6 / 2.4, _out(beside))
    ledger = by_hand(
        _case(statement | {"company.cash": 5e6}), [3e6] * 6, cash_fixed={f"2002-{m:02}": 1e6 for m in range(4, 13)}
        | {f"2003-{m:02}": 0.0 for m in (1, 2, 3)},
    )  # fmt: skip
    about = About("a history has what fixed items use", BY_HAND, CENT)
    yield about.exact(
        "cash at the end of May, after 3 and 1 + 0.7 x 2", 5e6 - 3e6 - 2.4e6, ledger["cash_month_end"]["2002-05"]
    )


def _month_ends() -> Iterator[Check]:
    """30 April: 3 - 2, and 12% of 3 for 30 days. He lends what 4, two months, lack; May earns interest on 4."""
    case = _case(
        {
            "company.cash": 3e6, "company.interest_income_rate": 0.12, "horizon": "2002-06-30",
            "bridge": {"limit": 10e6, "trigger_months": 1, "target_months": 2},
        }
    )  # fmt: skip
    april = 3e6 * 0.12 * 30 / 365
    ledger = sim.trace(case, path=0, seed=1).ledger
    about = About("interest income comes before the insider's loan, which earns it", BY_HAND, CENT)
    yield about.exact("first loan, $", 4e6 - 1e6 - april, ledger["bridge"]["loans"][0]["amount"])
    yield about.exact("interest income of May, $", 4e6 * 0.12 * 31 / 365, ledger["interest_income"]["2002-05"])


def _forecasts() -> Iterator[Check]:
    """28 of June's 30 days as they were, and two as expected: 1 a month, and half a flow of 0.6."""
    coverage = {"percent": [100], "basis": "forecast"}
    flows = _flow(-6e5, monthly=True, probability=0.5, operations=True)
    case = plain_case({"horizon": "2002-06-30", "line.coverage": coverage, "flows": flows})
    about = About("a forecast has the flows of operations that are planned", BY_HAND, CENT)
    drawn = by_hand(case, [2e6, 4e6, 3e6], flows=["flow"])["draws"][0]["amount"]
    yield about.exact("draw on 28 June with the flow, $", 2.6e6 + 4.6e6 + 3.6e6 * 28 / 30 + 1.3e6 * 2 / 30, drawn)
    drawn = by_hand(case, [2e6, 4e6, 3e6])["draws"][0]["amount"]
    yield about.exact("and without it, $", 2e6 + 4e6 + 3e6 * 28 / 30 + 1.3e6 * 2 / 30, drawn)
