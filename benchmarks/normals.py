"""The time of a normal, relative to that of NumPy's."""

import numba
import numpy as np

from benchmarks.report import Options, Report, side_by_side
from sim.engine.memory import zeros
from sim.kernels.jit import POLICY
from sim.kernels.random.elementary import normal_row
from sim.kernels.random.variates import draw_words, to_pairs, to_uniforms
from sim.lowering.program import BLOCK, DAY_NORMAL, NORMALS_A_CALL
from sim.text.tables import Table

SEED = 20020401


@numba.njit(**POLICY)
def draw(rows, paths, blocks, seed, paired):
    """Normals as a run makes them, block by block over one buffer: two of a word, or each the inverse of a uniform."""
    total = 0.0
    for block in range(blocks):
        first = np.uint64(block * BLOCK)
        draw_words(rows[0], rows[2], paths, len(paths), first, np.int64(0), np.int64(1), np.int64(DAY_NORMAL), seed)
        for k in (0, 2):
            if paired:
                to_pairs(rows[k], rows[k + 1], paths, len(paths), np.int64(0))
            else:
                to_uniforms(rows[k], paths, len(paths), np.int64(0))
                normal_row(rows[k])
        total += rows[0, 0]
    return total


def run(options: Options) -> Report:
    report = Report("normals")
    number, repeats = options.many(20_000_000), options.times(7)
    blocks = -(-number // (NORMALS_A_CALL * BLOCK))
    rows, paths, buffer = zeros((NORMALS_A_CALL, BLOCK)), np.arange(BLOCK), np.empty(16_384)

    def ours(blocks: int, paired: bool) -> float:
        return draw(rows, paths, blocks, np.uint64(SEED), paired)

    def numpy_way(bits: type) -> None:
        generator = np.random.Generator(bits(SEED))
        for _ in range(-(-number // buffer.size)):
            generator.standard_normal(out=buffer)

    ours(0, paired=True)  # compile
    drawn = {"in pairs": NORMALS_A_CALL * BLOCK * blocks, "by the inverse": 2 * BLOCK * blocks}
    drawn |= dict.fromkeys(("NumPy, PCG64", "NumPy, SFC64"), -(-number // buffer.size) * buffer.size)
    timed = side_by_side(
        {
            "in pairs": lambda: ours(blocks, paired=True),
            "by the inverse": lambda: ours(blocks, paired=False),
            "NumPy, PCG64": lambda: numpy_way(np.random.PCG64),
            "NumPy, SFC64": lambda: numpy_way(np.random.SFC64),
        },
        repeats,
    )
    each = {name: timed[name][0] / drawn[name] * 1e9 for name in timed}
    table = [(name, f"{ns:.2f}", f"{ns / each['in pairs']:.2f}") for name, ns in each.items()]
    note = f"one core, {number:,} normals, best of {repeats} in turns; NumPy: Generator.standard_normal(out=)"
    report.tables.append(Table("A normal", ("way", "ns", "x in pairs"), table, note=note))
    report.figures["ns_per_normal"] = each
    report.aim("NumPy normal (PCG64) / ours", each["NumPy, PCG64"] / each["in pairs"], 8.0, True, "x")
    return report
