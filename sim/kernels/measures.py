"""The measures that follow from others, path by path, and the means of all measures of a run.

The file carries a fingerprint of all kernel sources, as `sim.kernels.block` does.
`sim.results.measures` has the same formulas in NumPy.
"""

from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from sim.kernels.cache import outermost
from sim.kernels.jit import load, stack_floats, stage, store

FINGERPRINT = "d24f437a18eb2d512de50497c24d73cc"

#: Numbers that NumPy adds up without halving them, and the lanes in which it does so.
LEAF, LANES = 128, 8
#: How often they can be halved.
DEPTH = 64
#: Columns of the sums of a measure: the number of values that are there, their mean, the squares of their distances.
N, MEAN, SQUARES = range(3)


class Terms(NamedTuple):
    """What measures need to know of a case.

    `costs_row` and `rows_a_line`: of what lines have of each path, the first row of costs and after how many rows the
    next one comes. `ends`: days whose paths out of cash by then are counted.
    """

    outstanding: float
    horizon_days: float
    days_per_month: float
    legal_cost: float
    costs_row: int
    rows_a_line: int
    ends: tuple[float, float]


@outermost(FINGERPRINT)
def derive(out, raised, issued, cost, days, outstanding, horizon_days, days_per_month):
    """The measures that follow from others, into rows of `out`: dilution, the two that may be absent, runway."""
    dilution(out[0], issued, outstanding)
    effective_price(out[1], raised, issued)
    effective_discount(out[2], cost, raised)
    runway_months(out[3], days, horizon_days, days_per_month)


@outermost(FINGERPRINT)
def sum_measures(output, by_line, terms, room, sums, out):
    """The sums (measures, 3) of the paths of an output, in the order of `sim.results.measures.MEASURES`; in `out` the
    numbers of paths that are out of cash by each of `terms.ends`.

    `by_line`: as `Books.columns`, without rows where the one line of a case is in no table. `room`: float64 (2, paths).
    """
    raised, issued, days, values = output.raised, output.shares_issued, output.cash_out_days, room[0]
    everything = room[1]
    add_up(sums[0], raised, values)
    add_up(sums[1], issued, values)
    dilution(values, issued, terms.outstanding)
    add_up(sums[2], values, values)
    total(everything, issued, output.other_shares)
    dilution(values, everything, terms.outstanding)
    add_up(sums[3], values, values)
    only_survivors(values, days)
    add_up(sums[4], values, values)
    retained_ownership(values, everything, days, terms.outstanding)
    add_up(sums[5], values, values)
    effective_price(values, raised, issued)
    add_up(sums[6], values, values)
    add_up(sums[7], output.discount_cost, values)
    effective_discount(values, output.discount_cost, raised)
    add_up(sums[8], values, values)
    runway_months(values, days, terms.horizon_days, terms.days_per_month)
    add_up(sums[9], values, values)
    add_up(sums[10], output.funding_gap, values)
    add_up(sums[11], output.ending_cash, values)
    for i in range(raised.size):
        values[i] = output.draws[i]
    add_up(sums[12], values, values)
    costs(values, output.draws, by_line, terms)
    add_up(sums[13], values, values)
    for k in range(len(terms.ends)):
        out[k] = count_until(days, terms.ends[k])


# --- measures of each path ---


@stage
def dilution(out, issued, outstanding):
    for i in range(issued.size):
        out[i] = issued[i] / (outstanding + issued[i])


@stage
def effective_price(out, raised, issued):
    for i in range(issued.size):
        out[i] = raised[i] / issued[i] if issued[i] != 0.0 else np.nan


@stage
def effective_discount(out, cost, raised):
    for i in range(raised.size):
        value = raised[i] + cost[i]
        out[i] = cost[i] / value if value != 0.0 else np.nan


@stage
def runway_months(out, days, horizon_days, days_per_month):
    for i in range(days.size):
        out[i] = (days[i] if days[i] < horizon_days else horizon_days) / days_per_month


@stage
def total(out, issued, other_shares):
    """All shares that are issued; `other_shares` has a row or none."""
    for i in range(issued.size):
        out[i] = issued[i]
    for row in range(other_shares.shape[0]):
        for i in range(issued.size):
            out[i] += other_shares[row, i]


@stage
def only_survivors(values, days):
    for i in range(days.size):
        values[i] = values[i] if days[i] == np.inf else np.nan


@stage
def retained_ownership(out, everything, days, outstanding):
    for i in range(days.size):
        kept = outstanding / (outstanding + everything[i])
        out[i] = kept if days[i] == np.inf else 0.0


@stage
def costs(out, draws, by_line, terms):
    if by_line.shape[0] == 0:
        for i in range(draws.size):
            out[i] = draws[i] * terms.legal_cost
        return
    out[:] = 0.0
    for row in range(terms.costs_row, by_line.shape[0], terms.rows_a_line):
        for i in range(draws.size):
            out[i] += by_line[row, i]


@stage
def count_until(days, end):
    count = 0
    for i in range(days.size):
        count += days[i] <= end
    return count


# --- sums ---


@stage
def add_up(sums, values, room):
    """The sums of the values that are not NaN. `room` may be the values' own. Of equal values exactly their value and
    no squares."""
    n, whole = values.size, pairwise(values, values.size, 0.0, False)
    there = values
    if whole != whole:
        n = 0
        for i in range(values.size):
            room[n] = values[i]
            n += values[i] == values[i]
        there, whole = room, pairwise(room, n, 0.0, False)
    sums[N], sums[MEAN], sums[SQUARES] = n, np.nan, 0.0
    if n == 0:
        return
    sums[MEAN] = there[0]
    if not all_equal(there, n):
        sums[MEAN] = whole / n
        sums[SQUARES] = pairwise(there, n, sums[MEAN], True)


@stage
def all_equal(values, n):
    if values[0] != values[n - 1]:
        return False
    different = 0
    for i in range(n):
        different += values[i] != values[0]
    return different == 0


@stage
def pairwise(values, n, centre, squared):
    """Sum of n numbers, or of the squares of their distances from a centre, in NumPy's order: halves of halves, down to
    `LEAF`. Higham (1993), SIAM Journal on Scientific Computing 14(4). The centre of a plain sum is 0."""
    before, rest = stack_floats(DEPTH), stack_floats(DEPTH)  # of each half that is begun: the sum, and what is to come
    depth, first = 0, 0
    while True:
        while n > LEAF:
            half = n // 2
            half -= half % LANES
            store(rest, depth, float(n - half))
            n = half
            depth += 1
        result = sum_leaf(values, first, n, centre, squared)
        first += n
        while depth > 0 and load(rest, depth - 1) == 0.0:
            depth -= 1
            result = load(before, depth) + result
        if depth == 0:
            return result
        n = int(load(rest, depth - 1))
        store(before, depth - 1, result)
        store(rest, depth - 1, 0.0)


@stage
def sum_leaf(values, first, n, centre, squared):
    result, lanes = -0.0, n // LANES
    if lanes and squared:
        result = squares_in_lanes(values, first, lanes, centre)
    elif lanes:
        result = sums_in_lanes(values, first, lanes, centre)
    for i in range(first + lanes * LANES, first + n):
        distance = values[i] - centre
        result += distance * distance if squared else distance
    return result


def _in_lanes(squared):
    """Sum of 8 x `times` numbers of a contiguous row, less a centre, number 8 i + j in lane j, and the lanes in pairs.

    LLVM does not find that the lanes are those of one register.
    """

    def build(context, builder, signature, args):
        row, first, times, centre = args
        data = context.make_array(signature.args[0])(context, builder, row).data
        lanes = ir.VectorType(ir.DoubleType(), LANES)
        sums = cgutils.alloca_once_value(builder, ir.Constant(lanes, [-0.0] * LANES))
        centres = ir.Constant(lanes, ir.Undefined)
        for lane in range(LANES):
            centres = builder.insert_element(centres, centre, ir.Constant(ir.IntType(32), lane))
        with cgutils.for_range(builder, times) as loop:
            place = builder.add(first, builder.mul(loop.index, ir.Constant(loop.index.type, LANES)))
            numbers = builder.load(builder.bitcast(builder.gep(data, [place]), lanes.as_pointer()), align=8)
            distances = builder.fsub(numbers, centres)
            added = builder.fmul(distances, distances) if squared else distances
            builder.store(builder.fadd(builder.load(sums), added), sums)
        parts = [builder.extract_element(builder.load(sums), ir.Constant(ir.IntType(32), j)) for j in range(LANES)]
        while len(parts) > 1:
            parts = [builder.fadd(one, other) for one, other in zip(parts[::2], parts[1::2], strict=True)]
        return parts[0]

    def lanes(typingctx, row, first, times, centre):
        return types.float64(row, types.int64, types.int64, types.float64), build

    return intrinsic(lanes)


sums_in_lanes, squares_in_lanes = _in_lanes(False), _in_lanes(True)
