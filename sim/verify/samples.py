"""Samples for the checks, through the public interface: a case with nothing but a price and a burn, and its paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import numpy as np

import sim
from sim.calendar import sessions
from sim.engine.trace import trace_paths
from sim.lowering.program import BLOCK
from sim.terms import Case

S0, DRIFT, VOLATILITY = 2.5, -0.10, 0.90
YEAR = 252  # sessions
AMOUNT = 1e9  # dollars of a single draw: so many shares that rounding to whole ones is negligible
OPENING, HORIZON = date(2002, 4, 1), date(2004, 3, 31)

PLAIN: dict[str, Any] = {
    "schema": 1,
    "title": "nothing but a price and a burn",
    "valuation_date": OPENING.isoformat(),
    "horizon": HORIZON.isoformat(),
    "company": {
        "name": "Plain, Inc.", "fiscal_year_end_month": 3, "cash": 1e12, "shares_outstanding": 10**6,
        "shares_authorized": 10**14,
    },
    "price": {"model": "gbm", "initial": S0, "drift": DRIFT, "volatility": VOLATILITY},
    "burn": {"model": "lognormal", "monthly": 1e6, "volatility": 0.0},
    "line": {
        "investor": "Investor, LLC", "commitment": 1e12, "start": OPENING.isoformat(), "end": HORIZON.isoformat(),
        "pricing": {"window": 1, "timing": "through", "multiplier": 1.0},
    },
    "policy": {"kind": "maximum", "cadence": "quarter_end"},
}  # fmt: skip


def plain_case(changes: dict[str, Any] | None = None) -> Case:
    """The plain case with other values at some keys."""
    return Case.from_dict(PLAIN).replace(changes or {})


@cache
def _days() -> tuple[date, ...]:
    return sessions(OPENING, HORIZON)


def session(n: int) -> date:
    """The nth session of the plain case, from 1."""
    return _days()[n - 1]


def one_draw(n: int, changes: dict[str, Any] | None = None) -> Case:
    """A single draw of AMOUNT dollars on session n."""
    policy = {"kind": "schedule", "dates": [session(n).isoformat()], "amounts": [AMOUNT]}
    return plain_case({"policy": policy} | (changes or {}))


def prices(case: Case, paths: int, seed: int) -> np.ndarray:
    """The purchase price of a case's single draw of AMOUNT, in dollars a share (paths,)."""
    return AMOUNT / sim.simulate(case, paths=paths, seed=seed)["shares_issued"]


def by_hand(case: Case, used: Sequence[float] = (), closes: Mapping[str, float] | None = None, **events: Any) -> Any:
    """The ledger of a path written by hand: `used` dollars of operations month by month (then none), and `events` as a
    history names them. Closes are the first path's own but for those given.
    """
    own = sim.trace(case, path=0, seed=1).history
    months = dict.fromkeys(own["cash_used"], 0.0) | dict(zip(own["cash_used"], used, strict=False))
    return sim.replay(case, {"closes": own["closes"] | dict(closes or {}), "cash_used": months, **events})


def traces(case: Case, paths: int, seed: int) -> list[Any]:
    """The first paths, each with its history and its ledger: some 40 microseconds a path."""
    found: list[Any] = []
    for first in range(0, paths, BLOCK):
        found += trace_paths(case, first, min(BLOCK, paths - first), seed)
    return found


def histories(case: Case, paths: int, seed: int) -> list[dict[str, Any]]:
    """The first paths' histories."""
    return [trace.history for trace in traces(case, paths, seed)]
