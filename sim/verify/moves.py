"""Moves of the stock that leave the growth of its mean as it is: single paths by hand, and means."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

import sim
from sim.calendar import sessions
from sim.terms import Case
from sim.verify import laws
from sim.verify.check import About, Check
from sim.verify.samples import plain_case
from sim.verify.written import a_quarter, days_at_close, write_paths

#: The licence of valence-2002, of which the first two figures below are known by hand.
LICENCE = {"name": "licence", "probability": 0.7, "median_days": 270, "p90_days": 700, "price_jump": 0.15}
LAW = (270.0, laws.log_sd(270.0, 700.0))
NOT_REACHED, REACHED = 0.911658, 1.103567  # at day 365: not reached by then; reached on day 200
DAY = datetime.date(2003, 3, 31)  # whose close is that of day 365
RATE, FALL = 0.12, -0.10  # of the chief executive's changes
AMOUNT = 1e9  # dollars of a draw that shows the close of its date
CHAIN = [
    {"name": "cell", "probability": 0.7, "median_days": 100, "p90_days": 250, "price_jump": 0.5},
    {"name": "plant", "probability": 0.5, "median_days": 30, "p90_days": 80, "follows": "cell", "price_jump": -0.3},
]
FORMULA = "(1 + j 1{T <= t}) (1 - p F(min(t, T)))^j"


def checks(paths: int, seed: int) -> Iterator[Check]:
    yield from _by_hand(a_quarter(paths), seed)
    yield from _means(paths, seed)


def _case(day: datetime.date, changes: dict[str, Any]) -> Case:
    """A stock of $1 and a single draw, whose price is the close of its date."""
    price = {"model": "gbm", "initial": 1.0, "volatility": 0.0, "jumps": "compensated"}
    return plain_case({"price": price, "policy": {"kind": "schedule", "dates": [day], "amounts": [AMOUNT]}} | changes)


def _by_hand(paths: int, seed: int) -> Iterator[Check]:
    """Without volatility a close is what the moves make of the opening price."""
    case = _case(DAY, {"milestones": [LICENCE]})
    written, t = write_paths(case, paths, seed), days_at_close(case, DAY)
    days, close = written.achieved[0], written.draw("close")[0]
    late = days > t
    about = About("until a milestone comes, the price falls by what its move is worth", FORMULA, within=5e-7)
    for name, value in (("lowest", close[late].min()), ("highest", close[late].max())):
        yield about.exact(f"{name} close at day 365 without the licence", NOT_REACHED, value)
    order = np.argsort(days[~late])
    value = np.interp(200.0, days[~late][order], close[~late][order])
    about = About("a milestone moves the price, which was lower for it", FORMULA, within=5e-7)
    yield about.exact("close at day 365, licence on day 200", REACHED, value)
    known = np.where(late, 1.0, 1.15) * (1.0 - 0.7 * laws.lognormal_by(np.minimum(days, t), *LAW)) ** 0.15
    about = About("the compensation of every path", FORMULA, within=1e-12)
    yield about.exact("close over that of the formula less 1, at most: licence", 0.0, np.abs(close / known - 1.0).max())
    case = _case(DAY, {"events": {"ceo_change": {"annual_rate": RATE, "price_jump": FALL}}})
    written = write_paths(case, min(paths, 1000), seed)
    change, close = written.ceo_change, written.draw("close")[0]
    known = np.where(change > t, 1.0, 1.0 + FALL) * np.exp(-FALL * RATE * np.minimum(change, t) / laws.DAYS_IN_YEAR)
    about = About("the compensation of a change of CEO", "(1 + j 1{T <= t}) exp(-j rate min(t, T))", within=1e-12)
    yield about.exact("close over that of the formula less 1, at most: CEO", 0.0, np.abs(close / known - 1.0).max())


def _means(paths: int, seed: int) -> Iterator[Check]:
    """E[S] = S0 e^(mu t)."""
    change = {"ceo_change": {"annual_rate": 4 * RATE, "price_jump": FALL}}
    about = About("compensated moves leave the mean of the stock as stated", "S0 e^(mu t)")
    for words, day, changes in (
        ("a chain of two and the CEO", datetime.date(2002, 6, 28), {"milestones": CHAIN, "events": change}),
        ("a chain of two and the CEO", datetime.date(2003, 9, 30), {"milestones": CHAIN, "events": change}),
        ("one with a common factor", datetime.date(2002, 9, 30),
         {"milestones": CHAIN[:1], "events": {"common_loading": 0.6}}),
    ):  # fmt: skip
        case = _case(day, {**changes, "price.volatility": 0.3, "price.drift": 0.2})
        years = len(sessions(case.valuation_date, day)) / 252
        close = AMOUNT / sim.simulate(case, paths=paths, seed=seed)["shares_issued"]
        yield about.mean(f"E[close] of {day} with moves: {words}", math.exp(0.2 * years), close)
