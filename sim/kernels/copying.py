"""Rows from one array to another."""

from sim.kernels.jit import stage


@stage
def copy_out(row, first, source, n):
    """The first n numbers of `source`, from `first` on."""
    for i in range(n):
        row[first + i] = source[i]
