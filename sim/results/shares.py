"""The values of a measure with their counts, and shares of the scenarios, also of a run that keeps no paths."""

from __future__ import annotations

import numpy as np

from sim.results.estimates import Estimate, proportion
from sim.results.result import Result

_NEAR = 1e-3


def counted_values(result: Result, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Values of `raised`, `dilution` or `runway_months` and how often each occurs: those of the paths, or of the bins
    of a run that kept none."""
    if result.sketch is None:
        return result[name], np.ones(result.paths, np.int64)
    bins, counts = result.sketch.histograms["shares_issued" if name == "dilution" else name].table()
    values = bins[0]
    if name == "dilution":
        values = values / (float(result.case.company.shares_outstanding) + values)
    return values, counts.sum(axis=1)


def share_between(result: Result, name: str, low: float, high: float) -> Estimate:
    """The probability of a value from `low` to `high`, to one part in a thousand of the ends: at a limit in dollars,
    whole shares leave a few of them."""
    values, counts = counted_values(result, name)
    there = (values >= low - _NEAR * abs(low)) & (values <= high + _NEAR * abs(high))
    return proportion(int(counts[there].sum()), result.paths)


def is_extreme(result: Result, name: str, value: float, low: bool) -> bool:
    """Whether no value lies beyond `value`, downwards if `low`, by more than one part in a thousand of it."""
    values, _ = counted_values(result, name)
    beyond = value - float(values.min()) if low else float(values.max()) - value
    return beyond <= _NEAR * abs(value)
