"""Counts of float64 values in bins that need no scale: sign, exponent and the upper 11 bits of the mantissa.

A bin is 2^-11 of its values wide, or less, whatever their size. A page holds the bins of one sign and exponent, and
exists when a value has needed it. Nothing depends on the order of the values.
"""

from __future__ import annotations

import numpy as np

BINS, PAGES = 2048, 4096
_FIRST_ROOM = 4  # pages
_LOW_BITS = 52 - 11
_HALF_BIN = np.uint64(1 << (_LOW_BITS - 1))
_LAST_OF_BIN = np.uint64((1 << _LOW_BITS) - 1)
_EMPTY, _MIXED = np.uint64(0), np.uint64(1)


class Histogram:
    """Counts by bin and slot; see `sim.kernels.sketch.count_bins`, which fills them, for what a slot is.

    Beside its counts, a bin has the key of its only value (its bits turned over), or a mark that it holds several.
    """

    PARTS = ("bins", "only", "counts")

    def __init__(self, kind: int, slots: int) -> None:
        self.kind, self.slots, self.pages = kind, slots, 0
        self._cell_of = np.full(PAGES, -1, np.int64)
        self._cells = np.zeros(_FIRST_ROOM * self._page_size, np.uint64)

    @property
    def _page_size(self) -> int:
        return BINS * (1 + self.slots)

    def add(self, values: np.ndarray) -> None:
        """Count the values (paths,), contiguous float64; NaN is none."""
        from sim.kernels.sketch import count_bins

        bits, done = values.view(np.uint64), 0
        while True:
            done = count_bins(bits, done, self._cell_of, self._cells, self.kind)
            if done == bits.size:
                return
            for number in np.unique(~bits[done : done + 2] >> np.uint64(52)):
                self._page(int(number))

    def merge(self, other: Histogram) -> None:
        """Add the counts of another histogram of the same kind."""
        for number in np.flatnonzero(other._cell_of >= 0):
            mine, theirs = self._page(int(number)), other._page(int(number))
            mine[:, 1:] += theirs[:, 1:]
            one, another = mine[:, 0], theirs[:, 0]
            same = (one == another) | (another == _EMPTY)
            mine[:, 0] = np.where(same, one, np.where(one == _EMPTY, another, _MIXED))

    def table(self) -> tuple[np.ndarray, np.ndarray]:
        """The values of the bins in use, rising, and int64 (bins, slots) counts. Absent values are left out.

        The values are (3, bins): what stands for the bin, and the ends between which its values lie. A bin with several
        values has its middle; a value that fills its bin alone is all three.
        """
        bins, only, counts = self.to_arrays().values()
        first = bins.astype(np.uint64) << np.uint64(_LOW_BITS)
        keys = [np.where(only == _MIXED, first + inside, only) for inside in (_HALF_BIN, np.uint64(0), _LAST_OF_BIN)]
        middle, one, another = ((~key).view(np.float64) for key in keys)
        order = np.argsort(middle, kind="stable")[: np.count_nonzero(~np.isnan(middle))]  # NaN come last
        values = np.stack([middle, np.fmin(one, another), np.fmax(one, another)])
        return values[:, order], counts[order]

    def to_arrays(self) -> dict[str, np.ndarray]:
        """`PARTS`: numbers of the bins in use, rising; the only value's key or 1; int64 (bins, slots) counts."""
        numbers = np.flatnonzero(self._cell_of >= 0)
        pages = [self._page(int(number)) for number in numbers]
        used = [np.flatnonzero(page[:, 0] != _EMPTY) for page in pages]
        found = [page[rows] for page, rows in zip(pages, used, strict=True)]
        cells = np.concatenate([np.zeros((0, 1 + self.slots), np.uint64), *found])
        bins = [number * BINS + rows for number, rows in zip(numbers, used, strict=True)]
        every = np.concatenate([np.zeros(0, np.int64), *bins])
        return {"bins": every, "only": cells[:, 0].copy(), "counts": cells[:, 1:].astype(np.int64)}

    def fill(self, bins: np.ndarray, only: np.ndarray, counts: np.ndarray) -> None:
        """Take what `to_arrays` gave. Raises ValueError where it does not fit."""
        inside = bins.ndim == 1 and (bins.size == 0 or 0 <= bins.min() <= bins.max() < PAGES * BINS)
        types = (bins.dtype, only.dtype, counts.dtype) == (np.int64, np.uint64, np.int64)
        if not inside or not types or only.shape != bins.shape or counts.shape != (bins.size, self.slots):
            raise ValueError("a histogram of another kind")
        for number in np.unique(bins // BINS):
            rows = bins // BINS == number
            page = self._page(int(number))
            page[bins[rows] % BINS, 0] = only[rows]
            page[bins[rows] % BINS, 1:] = counts[rows]

    def _page(self, number: int) -> np.ndarray:
        """The cells (BINS, 1 + slots) of a page, made if there are none yet."""
        size = self._page_size
        if self._cell_of[number] < 0:
            if (self.pages + 1) * size > self._cells.size:
                small, self._cells = self._cells, np.zeros(2 * self._cells.size, np.uint64)
                self._cells[: small.size] = small
            self._cell_of[number] = self.pages * size
            self.pages += 1
        start = int(self._cell_of[number])
        return self._cells[start : start + size].reshape(BINS, 1 + self.slots)
