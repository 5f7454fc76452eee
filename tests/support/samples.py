"""Samples of a case through the public interface, and how many standard errors an estimate is from its known answer."""

import dataclasses

import numpy as np

from sim.engine import simulate as engine
from sim.engine import trace as audit
from sim.lowering.lower import lower
from sim.verify import written
from sim.verify.samples import (
    AMOUNT,
    DRIFT,
    S0,
    VOLATILITY,
    histories,
    one_draw,
    plain_case,
    prices,
    session,
)
from sim.verify.samples import PLAIN as DOCUMENT

__all__ = [
    "AMOUNT", "DOCUMENT", "DRIFT", "LIMIT", "S0", "VOLATILITY", "changed", "errors", "errors_of_chance", "far",
    "histories", "one_draw", "plain_case", "plant_fault", "prices", "session",
]  # fmt: skip

LIMIT = 4.0  # standard errors


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
