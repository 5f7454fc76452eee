"""What a run remembers of its paths when it keeps none: counts in bins, and moments by chunk.

Memory does not grow with the number of paths, but for a few hundred numbers a chunk. Everything is a count, or a sum
over one chunk that is kept under the chunk's number and added up in the order of those numbers. So it does not matter
in which order chunks are added and sketches are merged: the bits are the same.

Means, standard deviations and their errors are exact but for rounding. Quantiles come from bins that are 2^-11 of their
values wide: a value that fills its bin alone, as 0 or a limit of the documents, is exact, any other is known to half of
that width. The intervals' ranks are those of a run that keeps its paths, and their ends the outer ends of the bins.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.lowering import program as r
from sim.lowering.line import is_plain
from sim.results.binned import Binned, counts_by_group
from sim.results.columns import costs_of_lines
from sim.results.distribution import Distribution, Moments
from sim.results.estimates import GROUPS, Estimate, grouped_proportion
from sim.results.estimates import proportion as independent_proportion
from sim.results.exits import Exits
from sim.results.figures import causes_of
from sim.results.further import FurtherRows
from sim.results.histogram import Histogram
from sim.results.measures import DAYS_PER_MONTH, MEASURES
from sim.results.periods import days_at_close, fiscal_periods
from sim.results.row_sketch import RowSketch
from sim.results.tail import TAIL_PERCENTS, Tail
from sim.text.frozen import FrozenDict, same, whole

if TYPE_CHECKING:
    from sim.terms import Case

_DIRECT = r.OUTPUTS[: r.OUTPUTS.index("cash_out_days")]  # measures that are columns of the ledger
_DERIVED = ("dilution", "effective_price", "effective_discount", "runway_months")  # of `kernels.measures.derive`
_ROWS = (*_DIRECT, *_DERIVED)
_OF_LINES = ("costs",)  # rows beside those, where the lines are in tables; else the costs follow from the draws
#: What the arrays of a sketch are called, and those of its rows that files of versions up to 0.4.0 lack.
_PREFIX, FURTHER_PREFIX = "digest_", "digest_further_"


@whole
class Sketch:
    """Counts and moments of the measures of the chunks that were added. `groups` as in `Distribution.from_values`.

    `main` has the rows that every file has. `further` has those of `FurtherRows`, and `pairs` the cash-outs of
    antithetic pairs as `Exits.counts`; both are None in what an earlier version saved.
    """

    def __init__(self, case: Case, groups: str | None = None) -> None:
        self.case, self.groups, self.kind = case, groups, GROUPS.index(groups)
        self.periods, self.plain = len(fiscal_periods(case)), is_plain(case)
        self.rows = _ROWS if self.plain else (*_ROWS, *_OF_LINES)
        by_period = [f"raised in period {period}" for period in range(self.periods)]
        binned = [name for name in self.rows if name != "dilution"]
        self.main = RowSketch((*self.rows, *by_period), binned, groups)
        self._further_rows = rows = FurtherRows(case)
        self.further: RowSketch | None = RowSketch(rows.names, rows.binned, groups)
        self.cash_outs = np.zeros((self.periods + 1, len(causes_of(case)) + 1, self.main.slots), np.int64)
        self._period_of_day = _period_of_day(case)
        nothing = np.empty(0)
        self.pairs: np.ndarray | None = self._exits_of(nothing, nothing).counts if groups == "pairs" else None
        self._room = np.empty(0)

    @property
    def moments(self) -> Mapping[int, np.ndarray]:
        """By chunk: (measures and periods, numbers)."""
        return FrozenDict(self.main.moments)

    @property
    def histograms(self) -> Mapping[str, Histogram]:
        """By measure."""
        return FrozenDict(self.main.histograms)

    def lock(self) -> None:
        """Make the arrays read-only, as those of a result are."""
        for rows in filter(None, (self.main, self.further)):
            for array in rows.moments.values():
                array.flags.writeable = False
        self.cash_outs.flags.writeable = False

    @property
    def paths(self) -> int:
        """Number of paths seen."""
        return int(self.cash_outs.sum())

    def add(self, chunk: int, columns: Mapping[str, np.ndarray]) -> None:
        """Take in a chunk by its number.

        `columns`: an array (paths,) for each of `sim.lowering.program.OUTPUTS`, rows (number, paths) for each of the
        other fields of `Output`, and by_line where the lines are in tables.
        Raises ValueError for a chunk that was added before, and for arrays of other shapes.
        """
        from sim.kernels import measures
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
        measures.derive(derived, raised, issued, cost, days, float(company.shares_outstanding), horizon, DAYS_PER_MONTH)
        of_lines = [] if self.plain else [costs_of_lines(columns["by_line"])[None]]
        self.main.add(chunk, (direct, derived, *of_lines, by_period))
        if self.further is not None:
            self.further.add(chunk, (self._further_rows.of(columns),))
        kernels.count_cash_outs(days, cause, self._period_of_day, self.cash_outs, self.kind)
        if self.pairs is not None:
            self.pairs += self._exits_of(days, cause).counts

    def merge(self, other: Sketch) -> None:
        """Take in what another sketch of the same case has seen. Raises ValueError if both have seen the same chunk."""
        if (self.case.sha256, self.groups) != (other.case.sha256, other.groups):
            raise ValueError("sketches of different cases, or of different groups of paths")
        self.main.merge(other.main)
        self.cash_outs += other.cash_outs
        if self.further is None or other.further is None:
            self.further = self.pairs = None
            return
        self.further.merge(other.further)
        if self.pairs is not None and other.pairs is not None:
            self.pairs += other.pairs

    def distribution(self, name: str) -> Distribution:
        """The distribution of one measure. Raises KeyError for one that an earlier version did not keep."""
        if name not in self.rows and not (name == "costs" and self.plain):
            if self.further is None:
                raise KeyError(name)
            return self._distribution(name, self.further, self.further.histograms[name].table())
        source = "draws" if name == "costs" and self.plain else name
        bins, counts = self.histograms["shares_issued" if name == "dilution" else source].table()
        if name == "dilution":
            bins = bins / (float(self.case.company.shares_outstanding) + bins)
        scale = self.case.facilities[0].legal_cost_per_draw if source != name else None
        return self._distribution(source, self.main, (bins, counts), scale, MEASURES[name].bad_tail)

    def _distribution(
        self,
        name: str,
        sketch: RowSketch,
        table: tuple[np.ndarray, np.ndarray],
        scale: float | None = None,
        bad_tail: str = "",
    ) -> Distribution:
        """The distribution of a row, or of it times `scale`, whose bins and counts are in `table`."""
        moments = sketch.moments_of(name, self.paths)
        if moments.n == 0:
            return Distribution.of_nothing(moments.absent)
        bins, counts = table
        if scale is not None:
            bins, moments = bins * scale, moments.times(scale)
        binned = Binned(bins, counts, self.groups)
        quantiles = binned.quantiles(moments.error.dof)
        return Distribution.assembled(moments, quantiles, binned.worst(bad_tail or MEASURES[name].bad_tail))

    def mean(self, name: str) -> Moments:
        """The moments of one row of `main` or of `further`, which must be there."""
        sketch = self.main if name in self.main.names else self.further
        assert sketch is not None
        return sketch.moments_of(name, self.paths)

    def tail(self, name: str) -> Tail:
        """The upper tail of one row that is binned, of `main` or of `further`, which must be there."""
        sketch = self.main if name in self.main.names else self.further
        assert sketch is not None
        binned, dof = Binned(*sketch.histograms[name].table(), self.groups), self.mean(name).error.dof
        return Tail.assembled(binned.n, dof, binned.quantiles(dof, TAIL_PERCENTS), binned.worst("high"))

    def raised_by_period(self) -> tuple[Estimate, ...]:
        """Mean of what is raised in each period."""
        moments = (self.mean(name) for name in self.main.names[len(self.rows) :])
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
        return tuple(grouped_proportion(*counts_by_group(below, slots, self.kind)) for below in out)

    def exits(self) -> Exits | None:
        """The cash-outs by period and cause; None where an earlier version did not keep those of pairs."""
        if self.groups != "pairs":
            return Exits.of_counts(self.cash_outs, causes_of(self.case), self.groups)
        return None if self.pairs is None else Exits(self.groups, self.periods, causes_of(self.case), self.pairs)

    def _exits_of(self, days: np.ndarray, cause: np.ndarray) -> Exits:
        last = self._period_of_day.size - 1
        whole = np.minimum(np.ceil(days), last).astype(np.int64)
        period = np.where(cause > 0, self._period_of_day[whole], self.periods)
        inside = np.where(period < self.periods, cause, 0)
        return Exits.of(period, inside, self.periods, causes_of(self.case), self.groups)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Everything, in one way only whatever the order of adding and merging."""
        arrays = self.main.to_arrays(_PREFIX) | {f"{_PREFIX}cash_outs": self.cash_outs}
        if self.further is not None:
            arrays |= self.further.to_arrays(FURTHER_PREFIX)
        if self.pairs is not None:
            arrays[f"{FURTHER_PREFIX}pairs"] = self.pairs
        return arrays

    @classmethod
    def from_arrays(cls, case: Case, groups: str | None, arrays: Mapping[str, np.ndarray]) -> Sketch:
        """What `to_arrays` gave. Raises KeyError or ValueError for anything else."""
        sketch = cls(case, groups)
        counts = arrays[f"{_PREFIX}cash_outs"]
        if (counts.shape, counts.dtype) != (sketch.cash_outs.shape, np.int64):
            raise ValueError("a sketch of other periods or groups")
        sketch.cash_outs = counts.copy()
        sketch.main.fill(_PREFIX, arrays)
        if f"{FURTHER_PREFIX}chunks" not in arrays:
            sketch.further = sketch.pairs = None
            return sketch
        assert sketch.further is not None
        sketch.further.fill(FURTHER_PREFIX, arrays)
        if sketch.pairs is not None:
            pairs = arrays[f"{FURTHER_PREFIX}pairs"]
            if (pairs.shape, pairs.dtype) != (sketch.pairs.shape, np.int64):
                raise ValueError("a sketch of other periods or groups")
            sketch.pairs = pairs.copy()
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


def _period_of_day(case: Case) -> np.ndarray:
    """For t = 0, 1, ... the period in which it ends; after the horizon the number of periods, which is none."""
    ends = [days_at_close(case, period.end) for period in fiscal_periods(case)]
    inside = np.searchsorted(ends, np.arange(ends[-1] + 1))
    return np.append(inside, len(ends)).astype(np.int64)
