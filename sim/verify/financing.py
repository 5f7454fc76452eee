"""Checks of third-party financing: how often it comes, how much, what it issues, and what it cuts from the line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

import sim
from sim.verify import laws
from sim.verify.check import Check, chance, exact, mean_of, quantile
from sim.verify.samples import plain_case
from sim.verify.written import a_quarter, write_paths

RATE, MEDIAN, SD, CUT, MONTHS = 3.0, 8e6, 0.5, 0.3, 12
MONTHLY = -math.expm1(-RATE / 12)
PARTY: dict[str, Any] = {
    "annual_rate": RATE, "median_amount": MEDIAN, "log_sd": SD, "kind": "debt", "reduction_probability": CUT,
}  # fmt: skip
CLAUSE = "term sheet, termination: dollar for dollar"


def checks(paths: int, seed: int) -> Iterator[Check]:
    """Some 20 checks: arrivals, amounts, whole runs in closed form, and ledgers worked out by hand."""
    case = plain_case({"third_party": PARTY, "horizon": "2003-03-31"})
    written = write_paths(case, a_quarter(paths), seed)
    yield from _arrivals(written.deals > 0)
    yield from _amounts(written.deals[written.deals > 0], written.reduces[written.deals > 0])
    yield from _runs(paths, seed)
    yield from _shares()
    yield from _cuts()


def _arrivals(came: np.ndarray) -> Iterator[Check]:
    source = "model, section 4: 1 - e^(-rate/12) a month"
    yield chance("financing in a month", "how often a third party comes", source, MONTHLY, came.ravel())
    yield chance("financing in the last month", "the chance is the same in every month", source, MONTHLY, came[-1])
    yield chance(
        "no financing in a year",
        "a year's chance is the rate's",
        "e^(-rate)",
        math.exp(-RATE),
        np.logical_not(came.any(axis=0)),
    )
    count = came.sum(axis=0)
    yield mean_of("financings in a year, variance", "months do not depend on each other", "binomial: 12 p (1 - p)",
                  MONTHS * MONTHLY * (1 - MONTHLY), (count - MONTHS * MONTHLY) ** 2)  # fmt: skip


def _amounts(amounts: np.ndarray, reduces: np.ndarray) -> Iterator[Check]:
    yield quantile("median amount", "how much a third party brings", "median_amount", MEDIAN, 50, amounts)
    yield quantile(
        "95% point of the amount",
        "a large financing",
        "lognormal",
        laws.lognormal_quantile(0.95, MEDIAN, SD),
        95,
        amounts,
    )
    yield mean_of(
        "E[amount], $M", "what financing brings on average", "lognormal: m e^(s^2/2)",
        laws.lognormal_mean(MEDIAN, SD) / 1e6, amounts / 1e6,
    )  # fmt: skip
    score = np.log(amounts / MEDIAN) / SD
    yield mean_of("variance of the log's score", "how much amounts vary", "log_sd", 1, score**2)
    yield chance(
        "investor takes up his option to cut", "how often a financing costs part of the line", "reduction_probability",
        CUT, reduces,
    )  # fmt: skip
    yield mean_of(
        "correlation of cut and amount", "the option does not depend on the amount", "independence",
        0, score * (reduces - CUT),
    )  # fmt: skip


def _runs(paths: int, seed: int) -> Iterator[Check]:
    """Whole runs: cash with twelve months' debt; and a line of one date, after that month's financing."""
    case = plain_case({"third_party": PARTY, "horizon": "2003-03-31", "company.cash": 1e8, "line.commitment": 0})
    result = sim.simulate(case, paths=paths, seed=seed)
    yield mean_of(
        "E[cash after a year of debt financing], $M", "financing reaches the cash", "100 - 12 + 12 p m e^(s^2/2)",
        88 + MONTHS * MONTHLY * laws.lognormal_mean(MEDIAN, SD) / 1e6, result["ending_cash"] / 1e6,
    )  # fmt: skip
    commitment, often = 1e7, {**PARTY, "annual_rate": 12.0, "reduction_probability": 0.6}
    comes = -math.expm1(-1) * 0.6
    case = plain_case(
        {
            "horizon": "2002-04-30", "line.commitment": commitment, "policy.cadence": "month_end", "third_party": often,
        }
    )  # fmt: skip
    raised = sim.simulate(case, paths=paths, seed=seed)["raised"]
    yield mean_of(
        "E[raised after one month's chance of a cut], $M", "the cut is min(amount, remaining)",
        "C - p q E[min(amount, C)], limited expected value",
        (commitment - comes * laws.lognormal_limited(commitment, MEDIAN, SD)) / 1e6, raised / 1e6,
    )  # fmt: skip
    yield chance(
        "whole commitment cut", "a financing above the commitment ends the line, no more", "p q P(amount >= C)",
        comes * (1 - laws.lognormal_by(commitment, MEDIAN, SD)), raised == 0,
    )  # fmt: skip


OPENING, BURN = 1e8, 1e6
EQUITY, DEBT = {"kind": "equity", "discount": 0.1}, {"kind": "debt"}


def _ledger(deals: list[dict[str, Any]], party: dict[str, Any], changes: dict[str, Any] | None = None) -> Any:
    """The ledger of three months with these financings, at closes of 1.95, with a draw of everything on 28 June."""
    case = plain_case(
        {
            "horizon": "2002-06-30",
            "company.cash": OPENING,
            "line.commitment": 3e7,
            "third_party": {**PARTY, **party},
            **(changes or {}),
        }
    )
    days = ("2002-04-30", "2002-05-31", "2002-06-28")
    history = {
        "closes": dict.fromkeys(days, 1.95),
        "cash_used": {f"2002-{month:02}": BURN for month in (4, 5, 6)},
        "third_party": deals,
    }
    return sim.replay(case, history)


def _deal(month: int, amount: float, reduces: bool = False) -> dict[str, Any]:
    return {"month": f"2002-{month:02}", "amount": amount, "reduces_line": reduces}


def _shares() -> Iterator[Check]:
    """New shares show in the room they leave: what a draw without any other limit can still issue."""
    # Room 9,000,000 of 10,000,000 - 1,000,000. $8,000,000 / (0.9 x 1.95) = 4,558,404.56: 4,558,405; left 4,441,595.
    room: dict[str, Any] = {"company.shares_authorized": 10_000_000, "line.commitment": 1e12}
    source = "model, section 5, by hand"
    for words, party, known in (("equity at 10% off", EQUITY, 4_441_595), ("debt", DEBT, 9_000_000)):
        yield exact(
            f"shares left after $8M of {words}", "what a financing issues, to the nearest whole share", source,
            known, _ledger([_deal(4, 8e6)], party, room)["draws"][0]["shares"],
        )  # fmt: skip
    # $20,000,000 would be 11,396,011 shares; 9,000,000 x 1.755 = 15,795,000 dollars are all that the charter allows.
    ledger = _ledger([_deal(4, 2e7)], EQUITY, room)
    yield exact(
        "cash after a financing that the charter limits, $", "financing keeps to the authorised shares", source,
        OPENING - BURN + 15_795_000, ledger["cash_month_end"]["2002-04"], 0.005,
    )  # fmt: skip
    yield exact("shares left after it", "financing keeps to the authorised shares", source, 0, ledger["shares_issued"])
    # It comes on the last session, 31 May, after that day's operations; the month's balance has both.
    ledger = _ledger([_deal(5, 5e6)], EQUITY)
    yield exact(
        "cash at the end of the month of a financing, $", "financing adds its amount, once", source,
        OPENING - 2 * BURN + 5e6, ledger["cash_month_end"]["2002-05"], 0.005,
    )  # fmt: skip


def _cuts() -> Iterator[Check]:
    """The commitment is $30M; what the quarter's draw of everything raises is what the cuts left."""
    for words, deals, known in (
        ("$8M that the investor lets pass", [_deal(4, 8e6)], 30e6),
        ("$8M that he cuts for", [_deal(4, 8e6, True)], 22e6),
        ("$8M and $5M on the draw's own day", [_deal(4, 8e6, True), _deal(6, 5e6, True)], 17e6),
        ("$8M and $25M, more than is left", [_deal(4, 8e6, True), _deal(5, 25e6, True)], 0),
    ):
        yield exact(
            f"raised after {words}", "third-party financing cuts the undrawn commitment", CLAUSE,
            known, _ledger(deals, DEBT)["raised"],
        )  # fmt: skip
    ledger = _ledger([_deal(6, 5e6, True)], DEBT, {"line.end": "2002-06-28"})
    yield exact(
        "raised after $5M on the term's last day", "the option lasts through the term's last day", CLAUSE, 25e6,
        ledger["raised"],
    )  # fmt: skip
    ledger = _ledger([_deal(4, 8e6, True)], DEBT, {"line.start": "2002-05-01"})
    yield exact(
        "raised after $8M before the line begins", "a financing outside the line's term cuts nothing", CLAUSE,
        30e6, ledger["raised"],
    )  # fmt: skip
