"""What a run remembers of its paths when it keeps none: counts in bins, and moments by chunk.

Memory does not grow with the number of paths, but for a few hundred numbers a chunk. Everything is a count, or a sum
over one chunk that is kept under the chunk's number and added up in the order of those numbers. So it does not matter
in which order chunks are added and sketches are merged: the bits are the same.

Means, standard deviations and their errors are exact but for rounding. Quantiles come from bins that are 2^-11 of their
values wide: a value that fills its bin alone, as 0 or a limit of the documents, is exact, any other is known to half of
that width. The intervals' ranks are those of a run that keeps its paths, and their ends the outer ends of the bins.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.lowering import program as r
from sim.lowering.line import is_plain
from sim.lowering.line_records import LINE_OUTPUTS
from sim.results.distribution import Distribution, Moments, read_quantiles, worst_mean
from sim.results.estimates import (
    GROUPS,
    WORST_PERCENT,
    Estimate,
    GroupError,
    design_effect,
    group_error,
    grouped_proportion,
)
from sim.results.estimates import proportion as independent_proportion
from sim.results.figures import CAUSES
from sim.results.histogram import Histogram
from sim.results.measures import DAYS_PER_MONTH, MEASURES
from sim.results.summary import days_at_close, fiscal_periods
from sim.results.value import same

if TYPE_CHECKING:
    from sim.terms import Case

_DIRECT = r.OUTPUTS[: r.OUTPUTS.index("cash_out_days")]  # measures that are columns of the ledger
_DERIVED = ("dilution", "effective_price", "effective_discount", "runway_months")  # as `kernels.sketch.derive` has them
_ROWS = (*_DIRECT, *_DERIVED)
_OF_LINES = ("costs",)  # rows beside those, where the lines are in tables; else the costs follow from the draws


class Sketch:
    """Counts and moments of the measures of the chunks that were added. `groups` as in `Distribution.from_values`."""

    def __init__(self, case: Case, groups: str | None = None) -> None:
        self.case, self.groups, self.kind = case, groups, GROUPS.index(groups)
        self.periods, self.plain = len(fiscal_periods(case)), is_plain(case)
        self.rows = _ROWS if self.plain else (*_ROWS, *_OF_LINES)
        slots = (1, 3, r.SCRAMBLES)[self.kind]
        self.histograms = {name: Histogram(self.kind, slots) for name in self.rows if name != "dilution"}
        self.cash_outs = np.zeros((self.periods + 1, len(CAUSES) + 1, slots), np.int64)
        self.moments: dict[int, np.ndarray] = {}  # by chunk: (measures and periods, numbers)
        self._period_of_day = _period_of_day(case)
        self._room = np.empty(0)

    @property
    def paths(self) -> int:
        """Number of paths seen."""
        return int(self.cash_outs.sum())

    def add(self, chunk: int, columns: Mapping[str, np.ndarray]) -> None:
        """Take in a chunk by its number.

        `columns`: an array (paths,) for each of `sim.lowering.program.OUTPUTS`, raised_by_period (periods, paths), and
        by_line where the lines are in tables.
        Raises ValueError for a chunk that was added before, and for arrays of other shapes.
        """
        from sim.kernels import sketch as kernels

        paths = len(columns["raised"])
        shapes = dict.fromkeys(r.OUTPUTS, (paths,)) | {"raised_by_period": (self.periods, paths)}
        for name, shape in shapes.items():
            if columns[name].shape != shape:
                raise ValueError(f"{name}: an array of shape {columns[name].shape}; allowed: {shape}")
        if chunk in self.moments:
            raise ValueError(f"chunk {chunk} was added already")
        if self._room.size < len(_DERIVED) * paths:
            self._room = np.empty(len(_DERIVED) * paths)
        derived = self._room[: len(_DERIVED) * paths].reshape(len(_DERIVED), paths)
        company, horizon = self.case.company, float(days_at_close(self.case, self.case.horizon))
        direct = np.array([columns[name] for name in _DIRECT], np.float64)
        by_period = np.ascontiguousarray(columns["raised_by_period"])
        raised, issued, cost = (direct[_DIRECT.index(name)] for name in ("raised", "shares_issued", "discount_cost"))
        days, cause = np.ascontiguousarray(columns["cash_out_days"]), np.ascontiguousarray(columns["cause"])
        kernels.derive(derived, raised, issued, cost, days, float(company.shares_outstanding), horizon, DAYS_PER_MONTH)
        of_lines = np.empty((0, paths)) if self.plain else costs_of_lines(columns["by_line"])[None]
        moments = np.empty((len(self.rows) + self.periods, kernels.WIDTHS[self.kind]))
        lanes, start = np.empty((3, kernels.LANES)), 0
        for values in (direct, derived, *[of_lines] * (not self.plain), by_period):
            kernels.sum_moments(values, moments[start : start + len(values)], lanes, self.kind)
            start += len(values)
        every = dict(zip(self.rows, (*direct, *derived, *of_lines), strict=True))
        for name, histogram in self.histograms.items():
            histogram.add(every[name])
        kernels.count_cash_outs(days, cause, self._period_of_day, self.cash_outs, self.kind)
        if paths:
            self.moments[int(chunk)] = moments

    def merge(self, other: Sketch) -> None:
        """Take in what another sketch of the same case has seen. Raises ValueError if both have seen the same chunk."""
        if (self.case.sha256, self.groups) != (other.case.sha256, other.groups):
            raise ValueError("sketches of different cases, or of different groups of paths")
        twice = sorted(self.moments.keys() & other.moments.keys())
        if twice:
            raise ValueError(f"chunk {twice[0]} is in both sketches")
        self.moments |= other.moments
        self.cash_outs += other.cash_outs
        for name, histogram in self.histograms.items():
            histogram.merge(other.histograms[name])

    def distribution(self, name: str) -> Distribution:
        """The distribution of one measure."""
        source = "draws" if name == "costs" and self.plain else name
        measure, moments = MEASURES[name], self._moments(self.rows.index(source))
        n = moments.n
        if n == 0:
            return Distribution.of_nothing(moments.absent)
        bins, counts = self.histograms["shares_issued" if name == "dilution" else source].table()
        if name == "dilution":
            bins = bins / (float(self.case.company.shares_outstanding) + bins)
        if source != name:
            cost = self.case.facilities[0].legal_cost_per_draw
            bins, moments = bins * cost, moments.times(cost)
        values = bins[0]
        totals = counts.sum(axis=1)
        until, slots_until, slots = np.cumsum(totals), np.cumsum(counts, axis=0), counts.sum(axis=0)

        def bin_of(rank: int) -> int:
            return int(np.searchsorted(until, rank, side="left"))

        def effect_at(rank: int, strict: bool = False) -> float:
            here = bin_of(rank)
            strict = (strict and here > 0) or here == len(until) - 1
            below = slots_until[here] - (counts[here] if strict else 0)
            return design_effect(*_by_group(below, slots, self.kind))

        def value_at(rank: int, side: int = 0) -> float:
            return float(bins[side, bin_of(rank)])

        quantiles = read_quantiles(n, value_at, effect_at if self.groups else None, moments.error.dof)
        whole, low = n * WORST_PERCENT // 100, measure.bad_tail == "low"
        order = slice(None) if low else slice(None, None, -1)
        mean, se = worst_mean(values[order], totals[order], n)
        least, most = (worst_mean(ends[order], totals[order], n)[0] for ends in bins[1:])
        edge = whole + 1 if low else n - whole
        if self.groups == "pairs":
            se *= math.sqrt(effect_at(edge, strict=low))  # of being in the tail, not of how far
        elif self.groups == "scrambles":
            worse = np.maximum((values[bin_of(edge)] - values) * (1 if low else -1), 0.0) @ counts
            beyond = group_error(worse - worse.sum() / n * slots, slots).se / (WORST_PERCENT / 100)
            se = math.nan if math.isnan(se) else beyond
        se = math.hypot(se, (most - least) / 2.0)  # where in their bins the values lie is not known
        return Distribution.assembled(moments, quantiles, (mean, se))

    def raised_by_period(self) -> tuple[Estimate, ...]:
        """Mean of what is raised in each period."""
        moments = (self._moments(len(self.rows) + period) for period in range(self.periods))
        return tuple(each.error.estimate(each.mean) for each in moments)

    def cash_out_counts(self) -> np.ndarray:
        """int64 (periods, causes): paths out of cash by the end of each period."""
        counts: np.ndarray = np.cumsum(self.cash_outs[:-1, 1:].sum(axis=2), axis=0)
        return counts

    def cash_out_by_period(self) -> tuple[Estimate, ...]:
        """Probability of being out of cash by the end of each period."""
        slots, out = self.cash_outs.sum(axis=(0, 1)), np.cumsum(self.cash_outs[:-1, 1:].sum(axis=1), axis=0)
        if self.groups is None:
            return tuple(independent_proportion(int(count), self.paths) for (count,) in out)
        return tuple(grouped_proportion(*_by_group(below, slots, self.kind)) for below in out)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Everything, in one way only whatever the order of adding and merging."""
        chunks = sorted(self.moments)
        arrays = {
            "digest_chunks": np.array(chunks, np.int64),
            "digest_moments": np.array([self.moments[chunk] for chunk in chunks]),
            "digest_cash_outs": self.cash_outs,
        }
        for name, histogram in self.histograms.items():
            arrays |= {f"digest_{name}_{part}": array for part, array in histogram.to_arrays().items()}
        return arrays

    @classmethod
    def from_arrays(cls, case: Case, groups: str | None, arrays: Mapping[str, np.ndarray]) -> Sketch:
        """What `to_arrays` gave. Raises KeyError or ValueError for anything else."""
        from sim.kernels.sketch import WIDTHS

        sketch = cls(case, groups)
        chunks = np.unique(arrays["digest_chunks"])
        fits = {
            "digest_chunks": (chunks.shape, np.int64),
            "digest_cash_outs": (sketch.cash_outs.shape, np.int64),
            "digest_moments": ((chunks.size, len(sketch.rows) + sketch.periods, WIDTHS[sketch.kind]), np.float64),
        }
        if any((arrays[name].shape, arrays[name].dtype) != fit for name, fit in fits.items()):
            raise ValueError("a sketch of other periods or groups")
        sketch.cash_outs = arrays["digest_cash_outs"].copy()
        sketch.moments = dict(zip(arrays["digest_chunks"].tolist(), arrays["digest_moments"], strict=True))
        for name, histogram in sketch.histograms.items():
            histogram.fill(*(arrays[f"digest_{name}_{part}"] for part in Histogram.PARTS))
        return sketch

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sketch):
            return NotImplemented
        one_kind = (self.case.sha256, self.groups) == (other.case.sha256, other.groups)
        return one_kind and same(self.to_arrays(), other.to_arrays())

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpacked, (self.case, self.groups, {name: _pack(array) for name, array in self.to_arrays().items()})

    def __repr__(self) -> str:
        return f"<Sketch of {self.case.title!r}: {self.paths:,} paths in {len(self.moments):,} chunks>"

    def _moments(self, row: int) -> Moments:
        """The moments of one row over all chunks: each chunk's around its own mean, then around the whole mean.

        Chan, Golub and LeVeque (1983), The American Statistician 37(3). Columns as in `sim.kernels.sketch`.
        """
        by_chunk = (self.moments[chunk][row] for chunk in sorted(self.moments))
        numbers = np.array([chunk for chunk in by_chunk if chunk[1] > 0])
        anchor, n, total, squares = numbers.T[:4] if numbers.size else np.zeros((4, 0))
        count = int(n.sum())
        absent = self.paths - count
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


def _pack(array: np.ndarray) -> tuple[str, tuple[int, ...], bytes]:
    """An array for a pickle, a fifth of its size."""
    return array.dtype.str, array.shape, zlib.compress(np.ascontiguousarray(array).tobytes(), 1)


def _unpacked(case: Case, groups: str | None, packed: Mapping[str, tuple[str, tuple[int, ...], bytes]]) -> Sketch:
    """The sketch of a pickle."""
    arrays = {
        name: np.frombuffer(zlib.decompress(data), dtype).reshape(shape)
        for name, (dtype, shape, data) in packed.items()
    }
    return Sketch.from_arrays(case, groups, arrays)


def costs_of(case: Case, columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Legal costs and cash fees of each path, from its columns; `by_line` is among them where lines are in tables."""
    if "by_line" in columns:
        return costs_of_lines(columns["by_line"])
    costs: np.ndarray = columns["draws"] * float(case.facilities[0].legal_cost_per_draw)
    return costs


def costs_of_lines(by_line: np.ndarray) -> np.ndarray:
    """Legal costs and cash fees of all lines together, for each path. `by_line`: as `Books.columns`."""
    costs: np.ndarray = np.zeros(by_line.shape[1])
    for row in by_line[LINE_OUTPUTS.index("costs") :: len(LINE_OUTPUTS)]:
        costs = costs + row
    return costs


def _by_group(below: np.ndarray, slots: np.ndarray, kind: int) -> tuple[np.ndarray, np.ndarray, Any]:
    """How many values of each group are below something, the group's size, and how often that occurs.

    Of pairs, `below` counts the values of paths alone, the smaller ones and the larger ones; `slots` all of each.
    """
    if kind == 2:
        return below, slots, None
    (alone, smaller, larger), (singles, _, pairs) = below, slots
    often = np.array([larger, smaller - larger, pairs - smaller, alone, singles - alone])
    return np.array([2, 1, 0, 1, 0]), np.array([2, 2, 2, 1, 1]), often


def _period_of_day(case: Case) -> np.ndarray:
    """For t = 0, 1, ... the period in which it ends; after the horizon the number of periods, which is none."""
    ends = [days_at_close(case, period.end) for period in fiscal_periods(case)]
    inside = np.searchsorted(ends, np.arange(ends[-1] + 1))
    return np.append(inside, len(ends)).astype(np.int64)
