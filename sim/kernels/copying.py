"""Rows from one array to another."""

from sim.kernels.jit import stage
from sim.lowering.program import BLOCK


@stage
def copy_out(row, first, source, n):
    """The first n numbers of `source`, from `first` on."""
    for i in range(n):
        row[first + i] = source[i]


@stage
def copy_row(rows, j, row):
    """Row j becomes what `row` is."""
    for i in range(BLOCK):
        rows[j, i] = row[i]
