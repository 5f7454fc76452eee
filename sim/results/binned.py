"""Quantiles and the mean of the worst 5% of values that are known by the bin they are in."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.results.distribution import grouped_worst_se, read_quantiles, worst_mean
from sim.results.estimates import GROUPS, QUANTILE_PERCENTS, WORST_PERCENT, Quantile, design_effect


class Binned:
    """Counts of values in bins.

    `bins` (3, bins), rising: what stands for each bin, and the ends between which its values lie. `counts` (bins,
    slots), with slots as in `sim.kernels.sketch.count_bins`. `groups` as in `Distribution.from_values`.
    """

    def __init__(self, bins: np.ndarray, counts: np.ndarray, groups: str | None) -> None:
        self.bins, self.counts, self.groups = bins, counts, groups
        self.totals, self.slots = counts.sum(axis=1), counts.sum(axis=0)
        self.n = int(self.totals.sum())
        self._until, self._slots_until = np.cumsum(self.totals), np.cumsum(counts, axis=0)

    def quantiles(self, dof: float, percents: tuple[int, ...] = QUANTILE_PERCENTS) -> tuple[Quantile, ...]:
        """The quantiles, with intervals that end at the outer ends of bins. `dof`: of the mean's error."""
        return read_quantiles(self.n, self._value_at, self._effect_at if self.groups else None, dof, percents)

    def worst(self, bad_tail: str) -> tuple[float, float]:
        """Mean of the worst 5%, and its standard error, which includes that the places in the bins are not known."""
        low, n = bad_tail == "low", self.n
        order = slice(None) if low else slice(None, None, -1)
        mean, se = worst_mean(self.bins[0][order], self.totals[order], n)
        least, most = (worst_mean(ends[order], self.totals[order], n)[0] for ends in self.bins[1:])
        edge = n * WORST_PERCENT // 100 + 1 if low else n - n * WORST_PERCENT // 100
        if self.groups == "pairs":
            se *= math.sqrt(self._effect_at(edge, strict=low))  # of being in the tail, not of how far
        elif self.groups == "scrambles":
            values = self.bins[0]
            worse = np.maximum((values[self._bin_of(edge)] - values) * (1 if low else -1), 0.0) @ self.counts
            beyond = grouped_worst_se(float(worse.sum()), worse, self.slots)
            se = math.nan if math.isnan(se) else beyond
        return mean, math.hypot(se, (most - least) / 2.0)

    def _bin_of(self, rank: int) -> int:
        return int(np.searchsorted(self._until, rank, side="left"))

    def _value_at(self, rank: int, side: int = 0) -> float:
        return float(self.bins[side, self._bin_of(rank)])

    def _effect_at(self, rank: int, strict: bool = False) -> float:
        here = self._bin_of(rank)
        strict = (strict and here > 0) or here == len(self._until) - 1
        below = self._slots_until[here] - (self.counts[here] if strict else 0)
        return design_effect(*counts_by_group(below, self.slots, GROUPS.index(self.groups)))


def counts_by_group(below: np.ndarray, slots: np.ndarray, kind: int) -> tuple[np.ndarray, np.ndarray, Any]:
    """How many values of each group are below something, the group's size, and how often that occurs.

    Of pairs, `below` counts the values of paths alone, the smaller ones and the larger ones; `slots` all of each.
    """
    if kind == 2:
        return below, slots, None
    (alone, smaller, larger), (singles, _, pairs) = below, slots
    often = np.array([larger, smaller - larger, pairs - smaller, alone, singles - alone])
    return np.array([2, 1, 0, 1, 0]), np.array([2, 2, 2, 1, 1]), often
