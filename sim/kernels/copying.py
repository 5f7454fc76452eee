"""Rows: filled, copied from one array to another, and summed."""

from sim.kernels.jit import fetch, peek, put, stage
from sim.lowering.program import BLOCK


@stage
def copy_out(row, first, source, n):
    """The first n numbers of `source`, from `first` on."""
    for i in range(n):
        row[first + i] = source[i]


@stage
def fetch_row(row, first, n):
    """Bring n numbers of 64 bits, from `first` on, into the cache."""
    for i in range(0, n, 8):
        fetch(row, first + i)


@stage
def copy_row(rows, j, row):
    """Row j becomes what `row` is."""
    for i in range(BLOCK):
        rows[j, i] = row[i]


@stage
def fill_row(row, value):
    for i in range(BLOCK):
        row[i] = value


@stage
def take_row(row, rows, j):
    """`row` becomes row j."""
    source = rows[j]
    for i in range(BLOCK):
        put(row, i, peek(source, i))


@stage
def sum_rows(total, rows, first, number):
    """`total` becomes the sum of rows first ... first + number - 1, from the first on."""
    for i in range(BLOCK):
        total[i] = 0.0
    for k in range(first, first + number):
        row = rows[k]
        for i in range(BLOCK):
            put(total, i, total[i] + peek(row, i))
