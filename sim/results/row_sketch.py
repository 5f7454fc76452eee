"""Moments by chunk and counts in bins of some rows of numbers, one value a path. See `sim.results.sketch`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from sim.lowering import program as r
from sim.results.distribution import Moments
from sim.results.estimates import GROUPS, GroupError, group_error
from sim.results.histogram import Histogram


class RowSketch:
    """Moments of rows by their names, and histograms of those that are `binned`. `groups` as in `Distribution`."""

    def __init__(self, names: Sequence[str], binned: Sequence[str], groups: str | None) -> None:
        self.names, self.groups, self.kind = tuple(names), groups, GROUPS.index(groups)
        self.slots = (1, 3, r.SCRAMBLES)[self.kind]
        self.histograms = {name: Histogram(self.kind, self.slots) for name in binned}
        self.moments: dict[int, np.ndarray] = {}  # by chunk: (rows, numbers)

    def add(self, chunk: int, blocks: Sequence[np.ndarray]) -> None:
        """Take in the rows of a chunk: contiguous float64 arrays (rows, paths), together in the order of the names."""
        from sim.kernels import sketch as kernels

        moments, start = np.empty((len(self.names), kernels.WIDTHS[self.kind])), 0
        lanes = np.empty((3, kernels.LANES))
        for rows in blocks:
            kernels.sum_moments(rows, moments[start : start + len(rows)], lanes, self.kind)
            start += len(rows)
        for name, values in zip(self.names, (row for rows in blocks for row in rows), strict=True):
            if name in self.histograms:
                self.histograms[name].add(values)
        if blocks[0].shape[1]:
            self.moments[int(chunk)] = moments

    def merge(self, other: RowSketch) -> None:
        """Take in what another sketch of the same rows has seen. ValueError if both have seen the same chunk."""
        twice = sorted(self.moments.keys() & other.moments.keys())
        if twice:
            raise ValueError(f"chunk {twice[0]} is in both sketches")
        self.moments |= other.moments
        for name, histogram in self.histograms.items():
            histogram.merge(other.histograms[name])

    def moments_of(self, name: str, paths: int) -> Moments:
        """The moments of one row over all chunks: each chunk's around its own mean, then around the whole mean.

        Chan, Golub and LeVeque (1983), The American Statistician 37(3). Columns as in `sim.kernels.sketch`.
        """
        row = self.names.index(name)
        by_chunk = (self.moments[chunk][row] for chunk in sorted(self.moments))
        numbers = np.array([chunk for chunk in by_chunk if chunk[1] > 0])
        anchor, n, total, squares = numbers.T[:4] if numbers.size else np.zeros((4, 0))
        count = int(n.sum())
        absent = paths - count
        if count == 0:
            return Moments(0, absent, math.nan, math.nan, GroupError(math.nan, 0.0))
        means = anchor + total / n
        mean = float(means[0] + (n * (means - means[0])).sum() / count)
        within, between = np.maximum(squares - total * total / n, 0.0), n * (means - mean) ** 2
        around = float(within.sum() + between.sum())
        sd = math.sqrt(around / (count - 1)) if count > 1 else math.nan
        return Moments(count, absent, mean, sd, self._error(numbers, mean, sd))

    def _error(self, numbers: np.ndarray, mean: float, sd: float) -> GroupError:
        anchor, n, total = numbers[:, 0], numbers[:, 1], numbers[:, 2]
        count, away = float(n.sum()), mean - anchor
        if self.groups is None:
            return GroupError(sd / math.sqrt(count), count - 1.0)
        if self.groups == "scrambles":
            sums, sizes = numbers[:, 4 : 4 + r.SCRAMBLES], numbers[:, 4 + r.SCRAMBLES :]
            return group_error((sums - sizes * away[:, None]).sum(axis=0), sizes.sum(axis=0))
        pair_squares, full_sum, full = numbers[:, 4:].T
        # Sum of (e - size x away)^2 over the pairs, whose sizes are 1 and 2.
        squares = (pair_squares - 2.0 * away * (total + full_sum) + away**2 * (n + 2.0 * full)).sum()
        pairs = count - float(full.sum())
        if pairs < 2:
            return GroupError(math.nan, 0.0)
        return GroupError(math.sqrt(pairs / (pairs - 1.0) * max(float(squares), 0.0)) / count, pairs - 1.0)

    def to_arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """Everything by name, in one way only whatever the order of adding and merging."""
        chunks = sorted(self.moments)
        width = (4, 7, 4 + 2 * r.SCRAMBLES)[self.kind]
        arrays = {
            f"{prefix}chunks": np.array(chunks, np.int64),
            f"{prefix}moments": np.array([self.moments[chunk] for chunk in chunks]).reshape(-1, len(self.names), width),
        }
        for name, histogram in self.histograms.items():
            arrays |= {f"{prefix}{name}_{part}": array for part, array in histogram.to_arrays().items()}
        return arrays

    def fill(self, prefix: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what `to_arrays` gave. Raises KeyError or ValueError for anything else."""
        from sim.kernels.sketch import WIDTHS

        chunks, moments = np.unique(arrays[f"{prefix}chunks"]), arrays[f"{prefix}moments"]
        found = (arrays[f"{prefix}chunks"].shape, arrays[f"{prefix}chunks"].dtype, moments.shape, moments.dtype)
        if found != (chunks.shape, np.int64, (chunks.size, len(self.names), WIDTHS[self.kind]), np.float64):
            raise ValueError("a sketch of other periods or groups")
        self.moments = dict(zip(chunks.tolist(), moments, strict=True))
        for name, histogram in self.histograms.items():
            histogram.fill(*(arrays[f"{prefix}{name}_{part}"] for part in Histogram.PARTS))
