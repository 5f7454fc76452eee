"""Random numbers of a block: from the generator, mirrored in pairs, or from quasi-random points."""

from sim.kernels.jit import stage
from sim.kernels.random.elementary import normal_row, normal_rows
from sim.kernels.random.philox import fill_uniform_pair
from sim.lowering.program import BLOCK, NORMAL, UNUSED


@stage
def draw_variates(variates, calls, first_path, seed):
    """Fill `variates` (rows, paths) for paths first_path ... as `calls` state. Row 0 receives unused variates."""
    for j in range(len(calls)):
        call = calls[j]
        a, b = variates[call.row_a], variates[call.row_b]
        fill_uniform_pair(a, b, first_path, call.index, call.purpose, seed)
        if call.kind_a == NORMAL and call.kind_b == NORMAL:
            normal_rows(a, b)
        elif call.kind_a == NORMAL:
            normal_row(a)
        elif call.kind_b == NORMAL:
            normal_row(b)


@stage
def mirror(variates, half, calls):
    """Spread the variates of `half` (rows, BLOCK / 2) over pairs of paths: a normal and its negative, u and 1 - u."""
    for j in range(len(calls)):
        mirror_row(variates[calls[j].row_a], half[calls[j].row_a], calls[j].kind_a)
        mirror_row(variates[calls[j].row_b], half[calls[j].row_b], calls[j].kind_b)


@stage
def mirror_row(row, half, kind):
    """One row of `mirror`."""
    total = 0.0 if kind == NORMAL else 1.0
    for i in range(BLOCK // 2):
        row[2 * i] = half[i]
        row[2 * i + 1] = total - half[i]


@stage
def take_points(variates, calls, points, first):
    """Fill `variates` from the columns first ... of quasi-random uniforms."""
    for j in range(len(calls)):
        call = calls[j]
        for row, kind in ((call.row_a, call.kind_a), (call.row_b, call.kind_b)):
            if kind != UNUSED:
                take_row(variates[row], points.uniforms[row], first)
                if kind == NORMAL:
                    normal_row(variates[row])
    for group in range(2):
        turn(variates, points.rows[group], points.turns[group], points.scratch)


@stage
def take_row(row, uniforms, first):
    """A row of uniforms; paths beyond the last are given 1/2 and are not used."""
    for i in range(BLOCK):
        row[i] = uniforms[first + i] if first + i < len(uniforms) else 0.5


@stage
def turn(variates, rows, matrix, scratch):
    """variates[rows] = matrix x variates[rows], summed from the first column to the last."""
    for k in range(len(rows)):
        scratch[k] = 0.0
        for j in range(len(rows)):
            add_scaled(scratch[k], variates[rows[j]], matrix[k, j])
    for k in range(len(rows)):
        variates[rows[k]] = 0.0
        add_scaled(variates[rows[k]], scratch[k], 1.0)


@stage
def add_scaled(total, row, weight):
    """total += row x weight."""
    for i in range(BLOCK):
        total[i] = total[i] + row[i] * weight
