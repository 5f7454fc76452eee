"""The loops over the paths of one chunk for a run that keeps none: bins, moments, cash-outs.

This file compiles from nothing but itself and one constant of `sim.lowering.program`, so that Numba's cache sees
every edit of what it compiles.
"""

import numpy as np

from sim.kernels.block import FINGERPRINT
from sim.kernels.cache import outermost
from sim.lowering.program import SCRAMBLES

#: Lanes of a sum: path i of a chunk adds to lane i % LANES, so that sums vectorise and scrambles stay apart.
LANES = 256

# How the paths depend on one another, and how many counts a bin has for it.
INDEPENDENT, PAIRS, SCRAMBLED = range(3)
SLOTS = (1, 3, SCRAMBLES)

# Columns of the moments: a value, and sums of the distances from it: number of values, their sum, their squares; then
# of pairs, e being a pair's sum: sum of e^2; and where both paths have a value: sum of e, number of pairs;
# of scrambles: the sum and the number of values of each.
ANCHOR, N, SUM, SQUARES = range(4)
PAIR_SQUARES, FULL_SUM, FULL_PAIRS = range(4, 7)
WIDTHS = (4, 7, 4 + 2 * SCRAMBLES)

#: Bins of one page of a histogram: the upper 11 bits of the mantissa. A page is a sign and an exponent.
BINS = 2048
PAGES = 4096
#: A cell is the one value of its bin, as a key, and the counts by slot. Its value before any, and of several.
EMPTY, MIXED = np.uint64(0), np.uint64(1)
_SIGN = np.uint64(1 << 63)
_INFINITY = np.uint64(0xFFF0 << 48)
_PAGE, _BIN, _LAST_BIN, _TOP = np.uint64(52), np.uint64(41), np.uint64(BINS - 1), np.uint64(63)
_ZERO, _ONE, _THREE = np.uint64(0), np.uint64(1), np.uint64(3)


@outermost("")
def _count(cells, cell, slot, key):
    """Count one value in a cell, and note whether its bin still has one value only."""
    only = cells[cell]
    if (only != key) & (only != MIXED):  # rare after a while, whatever the values
        cells[cell] = key if only == EMPTY else MIXED
    cells[cell + slot] += _ONE


@outermost(FINGERPRINT)
def sum_moments(values, out, lanes, kind):
    """Moments of each row of `values` (rows, paths) into `out` (rows, WIDTHS[kind]). `lanes`: float64 (3, LANES).

    Distances are taken from the row's first value, so that equal values have no distance at all, and no sum is large.
    """
    paths = values.shape[1]
    sums, squares, counts = lanes[0], lanes[1], lanes[2]
    for row in range(values.shape[0]):
        x = values[row]
        anchor = 0.0
        for i in range(paths):
            if x[i] == x[i]:
                anchor = x[i]
                break
        lanes[:] = 0.0
        for start in range(0, paths, LANES):
            tile = x[start : start + LANES]
            for j in range(tile.size):
                distance = tile[j] - anchor
                there = distance == distance
                distance = distance if there else 0.0
                sums[j] += distance
                squares[j] += distance * distance
                counts[j] += 1.0 if there else 0.0
        moments = out[row]
        moments[:] = 0.0
        moments[ANCHOR] = anchor
        for j in range(LANES):
            moments[N] += counts[j]
            moments[SUM] += sums[j]
            moments[SQUARES] += squares[j]
        if kind == SCRAMBLED:
            for j in range(LANES):
                moments[4 + j % SCRAMBLES] += sums[j]
                moments[4 + SCRAMBLES + j % SCRAMBLES] += counts[j]
        if kind == PAIRS:
            lanes[:] = 0.0
            for start in range(0, paths - 1, 2 * LANES):
                tile = x[start : start + 2 * LANES]
                for j in range(tile.size // 2):
                    first, second = tile[2 * j] - anchor, tile[2 * j + 1] - anchor
                    both = first + second == first + second
                    e = (first if first == first else 0.0) + (second if second == second else 0.0)
                    squares[j] += e * e
                    sums[j] += e if both else 0.0
                    counts[j] += 1.0 if both else 0.0
            if paths % 2 == 1 and x[paths - 1] == x[paths - 1]:
                squares[0] += (x[paths - 1] - anchor) ** 2
            for j in range(LANES):
                moments[PAIR_SQUARES] += squares[j]
                moments[FULL_SUM] += sums[j]
                moments[FULL_PAIRS] += counts[j]


@outermost(FINGERPRINT)
def count_bins(bits, start, cell_of, cells, kind):
    """Count the values with these `bits`[start:], each in its bin and slot.

    `cell_of` int64 (PAGES,): the first cell of each page, negative if the page has no room yet. `cells` uint64, flat:
    (pages in use, BINS, 1 + SLOTS[kind]). Returns at the first value that needs a page without room.

    A key is the value's bits turned over, so that 0 can mean none. Slots of pairs: 0 if the other path has no value, 1
    for the smaller, 2 for the larger of both. NaN is counted too, to be left out by the reader.
    """
    width = np.uint64(2 + (2 if kind == PAIRS else SCRAMBLES - 1 if kind == SCRAMBLED else 0))
    left = bits[start:]
    if kind == PAIRS:
        for m in range(left.size // 2):
            one, other = left[2 * m], left[2 * m + 1]
            # Turned so that they order as the values do, NaN above infinity.
            smaller = one ^ (_SIGN | (_ZERO - (one >> _TOP)))
            larger = other ^ (_SIGN | (_ZERO - (other >> _TOP)))
            slot = np.uint64(1) + np.uint64(max(smaller, larger) <= _INFINITY)
            turn = (one ^ other) & (_ZERO - np.uint64(smaller > larger))
            smaller, larger = ~(one ^ turn), ~(other ^ turn)
            first, second = cell_of[smaller >> _PAGE], cell_of[larger >> _PAGE]
            if first < 0 or second < 0:
                return start + 2 * m
            _count(cells, np.uint64(first) + (smaller >> _BIN & _LAST_BIN) * width, slot, smaller)
            _count(cells, np.uint64(second) + (larger >> _BIN & _LAST_BIN) * width, _THREE, larger)
        start += left.size - left.size % 2
        left = bits[start:]
    lane = np.uint64(SCRAMBLES - 1 if kind == SCRAMBLED else 0)
    for i in range(left.size):
        key = ~left[i]
        first = cell_of[key >> _PAGE]
        if first < 0:
            return start + i
        slot = _ONE + (np.uint64(start + i) & lane)
        _count(cells, np.uint64(first) + (key >> _BIN & _LAST_BIN) * width, slot, key)
    return bits.size


@outermost(FINGERPRINT)
def count_cash_outs(days, causes, period_of_day, counts, kind):
    """Count paths by the period of their cash-out, its cause, and slot: int64 (periods + 1, causes + 1, SLOTS[kind]).

    `period_of_day` gives the period in which whole day number t ends; its last entry, the number of periods, is that of
    paths that never run out. Slots of pairs: 1 for the earlier path of both, 2 for the later, 0 for one alone.
    """
    last = period_of_day.size - 1
    never = before = period_of_day[last]
    for i in range(days.size):
        cause = np.int64(causes[i])
        period = never
        if cause > 0 and days[i] < last:
            period = period_of_day[np.int64(np.ceil(days[i]))]
        if kind == SCRAMBLED:
            counts[period, cause, i % SCRAMBLES] += 1
        elif kind == INDEPENDENT:
            counts[period, cause, 0] += 1
        elif i % 2 == 1:
            first_cause = np.int64(causes[i - 1])
            later = np.int64(before > period)
            counts[before, first_cause, 1 + later] += 1
            counts[period, cause, 2 - later] += 1
        elif i == days.size - 1:
            counts[period, cause, 0] += 1
        before = period
