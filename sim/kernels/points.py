"""Quasi-random points of a chunk: from uniforms to the numbers that a block takes. Compiled for such runs only."""

from sim.kernels.block import FINGERPRINT
from sim.kernels.cache import outermost
from sim.kernels.jit import stage
from sim.kernels.random.elementary import normal_row


@outermost(FINGERPRINT)
def turn_points(numbers, normals, groups, turns, scratch):
    """Turn rows `normals` of `numbers` (rows, paths) from uniforms into normals; then each group of rows by a matrix.

    `groups` int64 (2, months), `turns` (2, months, months): numbers[group] = turn x numbers[group], summed from the
    first column to the last. `scratch`: (months, paths).
    """
    for k in range(len(normals)):
        normal_row(numbers[normals[k]])
    for group in range(len(groups)):
        rows = groups[group]
        for k in range(len(rows)):
            scratch[k] = 0.0
            for j in range(len(rows)):
                add_scaled(scratch[k], numbers[rows[j]], turns[group, k, j])
        for k in range(len(rows)):
            numbers[rows[k]] = 0.0
            add_scaled(numbers[rows[k]], scratch[k], 1.0)
    return len(normals)


@stage
def add_scaled(total, row, weight):
    """total += row x weight."""
    for i in range(len(total)):
        total[i] = total[i] + row[i] * weight
