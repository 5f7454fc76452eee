"""Random numbers of a block: every call of the generator fills two rows of luck."""

from sim.kernels.elementary import normal_row, normal_rows
from sim.kernels.jit import stage
from sim.kernels.philox import fill_uniform_pair
from sim.records import NORMAL


@stage
def draw_luck(luck, calls, first_path, seed):
    """Fill `luck` (rows, BLOCK) for paths first_path ... first_path + BLOCK - 1 as `calls` say. Row 0 takes what nobody uses."""
    for j in range(len(calls)):
        call = calls[j]
        a, b = luck[call.row_a], luck[call.row_b]
        fill_uniform_pair(a, b, first_path, call.index, call.purpose, seed)
        if call.kind_a == NORMAL and call.kind_b == NORMAL:
            normal_rows(a, b)
        elif call.kind_a == NORMAL:
            normal_row(a)
        elif call.kind_b == NORMAL:
            normal_row(b)
