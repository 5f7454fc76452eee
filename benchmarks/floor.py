"""The time of a run relative to that of its normals alone, and the time of a normal relative to NumPy's."""

import numba
import numpy as np

import sim
from benchmarks.report import Options, Report, side_by_side
from sim.kernels.jit import POLICY
from sim.kernels.random.elementary import normal_row
from sim.kernels.random.philox import fill_normal, fill_normal_pair, fill_uniform_pair
from sim.lowering.lower import lower
from sim.lowering.program import BLOCK, NORMAL
from sim.text.tables import Table

CADENCES = ("quarter_end", "daily")
SEED = 20020401


@numba.njit(**POLICY)
def make_normals(variates, calls, blocks, seed):
    """The normals of `blocks` blocks of paths, as `calls` say, each block over the one before; returns their sum."""
    total = 0.0
    for block in range(blocks):
        first = np.uint64(block * BLOCK)
        for j in range(len(calls)):
            call = calls[j]
            a, b = variates[call.row_a], variates[call.row_b]
            if call.kind_a == NORMAL and call.kind_b == NORMAL:
                fill_normal_pair(a, b, first, call.index, call.purpose, seed)
            elif call.kind_a == NORMAL:
                fill_normal(a, first, call.index, call.purpose, seed)
            else:  # the first half of the call is a uniform, which the generator makes in any case
                fill_uniform_pair(a, b, first, call.index, call.purpose, seed)
                normal_row(b)
        total += variates[calls[0].row_a, 0]
    return total


def run(options: Options) -> Report:
    report = Report("floor")
    paths, repeats = options.many(1_000_000), options.times(5)
    rows = [measure(report, cadence, paths, repeats) for cadence in CADENCES]
    headings = ("cadence", "normals", "run, ns", "alone, ns", "run/normals", "ns each", "PCG64/ours", "SFC64/ours")
    note = (
        f"a path, one core; {paths:,} paths, best of {repeats} in turns. The normals are made as the run makes them, "
        "in blocks, from counters, over one buffer. PCG64, SFC64: NumPy's Generator.standard_normal(out=), "
        "rows of 16,384: time for each normal divided by ours."
    )
    report.tables.append(Table("The run against its normals alone", headings, rows, note=note))
    return report


def normal_calls(calls: np.ndarray) -> tuple[np.ndarray, int]:
    """The generator's calls that give normals, and how many normals they give a path."""
    halves = (calls["kind_a"] == NORMAL).astype(int) + (calls["kind_b"] == NORMAL)
    return calls[halves > 0], int(halves.sum())


def measure(report: Report, cadence: str, paths: int, repeats: int) -> tuple[str, ...]:
    case = sim.load_case("valence-2002").replace({"policy.cadence": cadence})
    plan = lower(case)
    calls, normals = normal_calls(plan.program.calls)
    variates = np.zeros((plan.variate_rows, BLOCK))
    blocks = -(-paths // BLOCK)
    buffer = np.empty(16_384)

    def draw(bits: type) -> None:
        generator = np.random.Generator(bits(SEED))
        for _ in range(-(-100 * paths // (4 * buffer.size))):  # 25 a path are enough to time them
            generator.standard_normal(out=buffer)

    make_normals(variates, calls, 0, np.uint64(SEED))
    sim.simulate(case, paths=BLOCK, seed=SEED, workers=1)
    timed = side_by_side(
        {
            "run": lambda: sim.simulate(case, paths=paths, seed=SEED, workers=1),
            "normals": lambda: make_normals(variates, calls, blocks, np.uint64(SEED)),
            "PCG64": lambda: draw(np.random.PCG64),
            "SFC64": lambda: draw(np.random.SFC64),
        },
        repeats,
    )
    drawn = -(-100 * paths // (4 * buffer.size)) * buffer.size
    run_ns = timed["run"][0] / paths * 1e9
    normals_ns = timed["normals"][0] / (blocks * BLOCK) * 1e9
    each = normals_ns / normals
    numpy_each = {bits: timed[bits][0] / drawn * 1e9 for bits in ("PCG64", "SFC64")}
    report.figures[cadence] = {
        "normals": normals,
        "run_ns_per_path": run_ns,
        "normals_ns_per_path": normals_ns,
        "ratio": run_ns / normals_ns,
        "ns_per_normal": each,
        "numpy_ns_per_normal": numpy_each,
    }
    report.aim(f"{cadence}: run / its normals alone, one core", run_ns / normals_ns, 2.0, False, "x")
    report.aim(f"{cadence}: NumPy normal (PCG64) / ours", numpy_each["PCG64"] / each, 6.0, True, "x")
    return (
        cadence,
        f"{normals}",
        f"{run_ns:,.0f}",
        f"{normals_ns:,.0f}",
        f"{run_ns / normals_ns:.2f}",
        f"{each:.2f}",
        f"{numpy_each['PCG64'] / each:.2f}",
        f"{numpy_each['SFC64'] / each:.2f}",
    )
