"""Random numbers of a block: every call of the generator fills one or two rows of luck."""

from sim.kernels.elementary import normal_row
from sim.kernels.jit import stage
from sim.kernels.philox import fill_normal, fill_normal_pair, fill_uniform, fill_uniform_pair
from sim.records import NORMAL, UNUSED


@stage
def draw_luck(luck, calls, first_path, seed):
    """Fill `luck` (rows, BLOCK) for paths first_path ... first_path + BLOCK - 1 as `calls` say."""
    for j in range(len(calls)):
        call = calls[j]
        a, b = luck[call.row_a], luck[call.row_b]
        if call.kind_b == UNUSED:
            if call.kind_a == NORMAL:
                fill_normal(a, first_path, call.index, call.purpose, seed)
            else:
                fill_uniform(a, first_path, call.index, call.purpose, seed)
        elif call.kind_a == NORMAL:
            fill_normal_pair(a, b, first_path, call.index, call.purpose, seed)
        else:
            fill_uniform_pair(a, b, first_path, call.index, call.purpose, seed)
            if call.kind_b == NORMAL:
                normal_row(b)
