"""Samples of a case through the public interface, and how many standard errors an estimate is from its known answer."""

import dataclasses
from datetime import date

import numpy as np

import sim
from sim import audit, engine
from sim.analysis.verification import written
from sim.audit import trace_paths
from sim.lowering import lower
from sim.records import BLOCK
from sim.terms import Case
from sim.terms.calendar import sessions

LIMIT = 4.0  # standard errors
S0, DRIFT, VOLATILITY = 2.5, -0.10, 0.90

DOCUMENT = {
    "schema": 1,
    "title": "nothing but a price and a burn",
    "valuation_date": "2002-04-01",
    "horizon": "2004-03-31",
    "company": {
        "name": "Plain, Inc.", "fiscal_year_end_month": 3, "cash": 1e12, "shares_outstanding": 10**6,
        "shares_authorized": 10**14,
    },
    "price": {"model": "gbm", "initial": S0, "drift": DRIFT, "volatility": VOLATILITY},
    "burn": {"model": "lognormal", "monthly": 1e6, "volatility": 0.0},
    "line": {
        "investor": "Investor, LLC", "commitment": 1e12, "start": "2002-04-01", "end": "2004-03-31",
        "pricing": {"window": 1, "timing": "through", "multiplier": 1.0},
    },
    "policy": {"kind": "maximum", "cadence": "quarter_end"},
}  # fmt: skip
AMOUNT = 1e9  # so many shares that whole ones are of no matter


def plain_case(changes: dict | None = None) -> Case:
    return Case.from_dict(DOCUMENT).replace(changes or {})


def session(n: int) -> date:
    """The nth session of the plain case, from 1."""
    return sessions(date(2002, 4, 1), date(2004, 3, 31))[n - 1]


def one_draw(n: int, changes: dict | None = None) -> Case:
    """A single draw of a fixed amount on session n."""
    policy = {"kind": "schedule", "dates": [session(n).isoformat()], "amounts": [AMOUNT]}
    return plain_case({"policy": policy} | (changes or {}))


def prices(case: Case, paths: int, seed: int) -> np.ndarray:
    """The price of a case's single draw, one for each path."""
    return AMOUNT / sim.simulate(case, paths=paths, seed=seed)["shares_issued"]


def histories(case: Case, paths: int, seed: int) -> list[dict]:
    """The first paths' histories."""
    found: list[dict] = []
    for first in range(0, paths, BLOCK):
        found += [trace.history for trace in trace_paths(case, first, min(BLOCK, paths - first), seed)]
    return found


def errors(sample: np.ndarray, expected: float) -> float:
    """How many standard errors the sample's mean is from what is expected."""
    sample = np.asarray(sample, dtype=float)
    return float((sample.mean() - expected) / (sample.std(ddof=1) / np.sqrt(len(sample))))


def errors_of_chance(happened: np.ndarray, probability: float) -> float:
    """How many standard errors a frequency is from a probability."""
    n = len(happened)
    return float((np.mean(happened) - probability) / np.sqrt(probability * (1 - probability) / n))


def far(found: dict[str, float]) -> dict[str, float]:
    """Those that are more than LIMIT standard errors away (or are no number)."""
    return {name: z for name, z in found.items() if not abs(z) <= LIMIT}


def plant_fault(monkeypatch, fault) -> None:
    """Lets everything run with a fault: a function from the kernels' program to another one."""

    def lowered(case):
        plan = lower(case)
        return dataclasses.replace(plan, program=fault(plan.program))

    for place in (audit, engine, written):
        monkeypatch.setattr(place, "lower", lowered)


def changed(array: np.ndarray, **fields) -> np.ndarray:
    """A copy of a structured array with other values in some fields."""
    array = array.copy()
    for name, values in fields.items():
        array[name] = values
    return array
