"""Third-party financing: how often it comes, how much, what it issues, and what it cuts from the line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

import sim
from sim.verify import laws
from sim.verify.check import About, Check
from sim.verify.samples import plain_case
from sim.verify.written import a_quarter, write_paths

RATE, MEDIAN, SD, CUT, MONTHS = 3.0, 8e6, 0.5, 0.3, 12
MONTHLY = -math.expm1(-RATE / 12)
HALF_CENT = 0.005  # a figure by hand is rounded to the cent
PARTY: dict[str, Any] = {
    "annual_rate": RATE, "median_amount": MEDIAN, "log_sd": SD, "kind": "debt", "reduction_probability": CUT,
}  # fmt: skip
CLAUSE = "term sheet, termination: dollar for dollar"


def checks(paths: int, seed: int) -> Iterator[Check]:
    """Arrivals, amounts, whole runs in closed form, and ledgers worked out by hand."""
    case = plain_case({"third_party": PARTY, "horizon": "2003-03-31"})
    written = write_paths(case, a_quarter(paths), seed)
    yield from _arrivals(written.deals > 0)
    yield from _amounts(written.deals[written.deals > 0], written.reduces[written.deals > 0])
    yield from _runs(paths, seed)
    yield from _shares()
    yield from _cuts()


def _arrivals(came: np.ndarray) -> Iterator[Check]:
    source, count = "model, section 4: 1 - e^(-rate/12) a month", came.sum(axis=0)
    about = About("how often a third party comes", source)
    yield about.share("financing in a month", MONTHLY, came.ravel())
    about = About("the probability is the same in every month", source)
    yield about.share("financing in the last month", MONTHLY, came[-1])
    about = About("a year's probability is the rate's", "e^(-rate)")
    yield about.share("no financing in a year", math.exp(-RATE), count == 0)
    about = About("months do not depend on each other", "binomial: 12 p (1 - p)")
    known, squares = MONTHS * MONTHLY * (1 - MONTHLY), (count - MONTHS * MONTHLY) ** 2
    yield about.mean("financings in a year, variance", known, squares)


def _amounts(amounts: np.ndarray, reduces: np.ndarray) -> Iterator[Check]:
    about = About("how much a third party brings", "median_amount")
    yield about.quantile("median amount", 50, MEDIAN, amounts)
    about = About("a large financing", "lognormal")
    yield about.quantile("95% point of the amount", 95, laws.lognormal_quantile(0.95, MEDIAN, SD), amounts)
    about = About("what financing brings on average", "lognormal: m e^(s^2/2)")
    yield about.mean("E[amount], $M", laws.lognormal_mean(MEDIAN, SD) / 1e6, amounts / 1e6)
    score = np.log(amounts / MEDIAN) / SD
    yield About("how much amounts vary", "log_sd").mean("variance of the log's score", 1, score**2)
    about = About("how often a financing reduces the line", "reduction_probability")
    yield about.share("investor takes up his option to cut", CUT, reduces)
    about = About("the option does not depend on the amount", "independence")
    yield about.mean("correlation of cut and amount", 0, score * (reduces - CUT))


def _runs(paths: int, seed: int) -> Iterator[Check]:
    """Whole runs: cash with twelve months' debt; and a line of one date, after that month's financing."""
    case = plain_case({"third_party": PARTY, "horizon": "2003-03-31", "company.cash": 1e8, "line.commitment": 0})
    result = sim.simulate(case, paths=paths, seed=seed)
    known = 88 + MONTHS * MONTHLY * laws.lognormal_mean(MEDIAN, SD) / 1e6
    about = About("financing reaches the cash", "100 - 12 + 12 p m e^(s^2/2)")
    yield about.mean("E[cash after a year of debt financing], $M", known, result["ending_cash"] / 1e6)
    commitment, often = 1e7, {**PARTY, "annual_rate": 12.0, "reduction_probability": 0.6}
    comes = -math.expm1(-1) * 0.6
    month = {"horizon": "2002-04-30", "policy.cadence": "month_end"}
    case = plain_case({**month, "line.commitment": commitment, "third_party": often})
    raised = sim.simulate(case, paths=paths, seed=seed)["raised"]
    known = (commitment - comes * laws.lognormal_limited(commitment, MEDIAN, SD)) / 1e6
    about = About("the cut is min(amount, remaining)", "C - p q E[min(amount, C)], limited expected value")
    yield about.mean("E[raised after one month's chance of a cut], $M", known, raised / 1e6)
    about = About("a financing above the commitment ends the line, no more", "p q P(amount >= C)")
    yield about.share("whole commitment cut", comes * (1 - laws.lognormal_by(commitment, MEDIAN, SD)), raised == 0)


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
    about = About("what a financing issues, to the nearest whole share", source)
    for words, party, known in (("equity at 10% off", EQUITY, 4_441_595), ("debt", DEBT, 9_000_000)):
        shares = _ledger([_deal(4, 8e6)], party, room)["draws"][0]["shares"]
        yield about.exact(f"shares left after $8M of {words}", known, shares)
    # $20,000,000 would be 11,396,011 shares; 9,000,000 x 1.755 = 15,795,000 dollars are all that the charter allows.
    ledger, left = _ledger([_deal(4, 2e7)], EQUITY, room), OPENING - BURN + 15_795_000
    about, cash = About("financing keeps to the authorised shares", source), ledger["cash_month_end"]["2002-04"]
    yield about.exact("cash after a financing that the charter limits, $", left, cash, within=HALF_CENT)
    yield about.exact("shares left after it", 0, ledger["shares_issued"])
    # It comes on the last session, 31 May, after that day's operations; the month's balance has both.
    cash = _ledger([_deal(5, 5e6)], EQUITY)["cash_month_end"]["2002-05"]
    about = About("financing adds its amount, once", source, HALF_CENT)
    yield about.exact("cash at the end of the month of a financing, $", OPENING - 2 * BURN + 5e6, cash)


def _cuts() -> Iterator[Check]:
    """The commitment is $30M; what the quarter's draw of everything raises is what the cuts left."""
    cuts = "third-party financing cuts the undrawn commitment"
    ends, begins = {"line.end": "2002-06-28"}, {"line.start": "2002-05-01"}
    for words, deals, changes, known, protects in (
        ("$8M that the investor lets pass", [_deal(4, 8e6)], {}, 30e6, cuts),
        ("$8M that he cuts for", [_deal(4, 8e6, True)], {}, 22e6, cuts),
        ("$8M and $5M on the draw's own day", [_deal(4, 8e6, True), _deal(6, 5e6, True)], {}, 17e6, cuts),
        ("$8M and $25M, more than is left", [_deal(4, 8e6, True), _deal(5, 25e6, True)], {}, 0, cuts),
        ("$5M on the term's last day", [_deal(6, 5e6, True)], ends, 25e6, "the option lasts through the last day"),
        ("$8M before the line begins", [_deal(4, 8e6, True)], begins, 30e6, "outside the line's term nothing is cut"),
    ):
        yield About(protects, CLAUSE).exact(f"raised after {words}", known, _ledger(deals, DEBT, changes)["raised"])
