"""Probabilities and counts of cash-outs, from the days and the causes of kept paths."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sim.lowering.program import CAUSES
from sim.results.estimates import Estimate, by_group, grouped_proportion, proportion


def out_by(days: np.ndarray, end: int, groups: str | None) -> Estimate:
    """Probability that cash has run out by day `end`."""
    out = days <= end
    if groups is None:
        return proportion(int(out.sum()), days.size)
    sizes = by_group(np.ones(days.size, np.int64), groups)
    return grouped_proportion(by_group(out.astype(np.int64), groups), sizes)


def counts_by(days: np.ndarray, cause: np.ndarray, ends: Iterable[int]) -> np.ndarray:
    """int64 (ends, causes): paths out of cash by each of the days `ends`."""
    by_cause = [np.sort(days[cause == code]) for code in range(1, len(CAUSES) + 1)]
    return np.array([[np.searchsorted(times, end, side="right") for times in by_cause] for end in ends], np.int64)
