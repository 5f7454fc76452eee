"""Rows of a sweep a second: against the kernels' own time, on this machine's cores, and computed for more of them."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import thread_time

import sim
from benchmarks.case import valence_2002
from benchmarks.report import Options, Report, cores, side_by_side, timed
from sim.analysis.row import FIGURES, TOGETHER
from sim.engine import lane
from sim.results.journal import Journal
from sim.text.tables import Table

ROWS, PATHS, SEED = 1_000, 20_000, 20020401
CASES, MORE_CORES = 1_000_000, (100, 10_000)
GRID = {"sobol": {"points": ROWS}, "ranges": {"price.volatility": [0.5, 1.2], "burn.monthly": [2e6, 3e6]}}


def run(options: Options) -> Report:
    report = Report("sweep")
    paths, repeats = options.many(PATHS), options.times(3)
    case = valence_2002()
    sim.sweep(case, {"overrides": [{}]}, paths=paths)  # compile
    with tempfile.TemporaryDirectory() as folder:
        swept = partial(_sweep, case, paths, Path(folder))
        least = side_by_side({str(n): partial(swept, n) for n in sorted({1, cores()})}, repeats)
        written = timed(partial(_write, Path(folder)))[0] / ROWS
    table = []
    for n, (seconds, kernels) in least.items():
        ratio = seconds * int(n) / kernels
        table.append((n, f"{ROWS / seconds:,.0f}", f"{ROWS / seconds / int(n):,.1f}", f"{ratio:.2f}", "measured"))
    a_core = ROWS / least[str(cores())][0] / cores()
    ratio = least[str(cores())][0] * cores() / least[str(cores())][1]
    rows = {n: min(a_core * n, 1.0 / written) for n in MORE_CORES}
    table += [(f"{n:,}", f"{rate:,.0f}", f"{rate / n:,.1f}", "", "computed") for n, rate in rows.items()]
    note = (
        f"{ROWS:,} rows of {paths:,} paths, best of {repeats} in turns; computed: as many a core as here, and at most "
        f"the {1 / written:,.0f} rows a second that one process writes"
    )
    heads = ("cores", "rows a second", "a core", "time x cores / kernels' time", "")
    report.tables.append(Table("Rows of a sweep", heads, table, note=note))
    times = [(f"{n:,}", f"{CASES / rate / 60:,.1f}", "computed") for n, rate in rows.items()]
    report.tables.append(Table(f"{CASES:,} cases of {paths:,} paths", ("cores", "minutes", ""), times))
    report.figures |= {"rows_a_second_a_core": a_core, "seconds_to_write_a_row": written, "computed": rows}
    report.aim("time x cores / the kernels' time", ratio, 1.15, False, "x")
    return report


def _sweep(case: sim.Case, paths: int, folder: Path, workers: int) -> float:
    """One sweep to a file; returns the CPU time of its kernels."""
    file = folder / f"{workers}.csv"
    file.unlink(missing_ok=True)
    with kernels_timed() as spent:
        sim.sweep(case, GRID, file, paths=paths, seed=SEED, workers=workers)
    return sum(spent)


@contextmanager
def kernels_timed() -> Iterator[list[float]]:
    """The CPU time of each call of the kernels, appended to a list."""
    spent, run_chunk, lock = list[float](), lane.run_chunk, threading.Lock()

    def measured(*given):  # type: ignore[no-untyped-def]
        started = thread_time()
        done = run_chunk(*given)
        with lock:
            spent.append(thread_time() - started)
        return done

    lane.run_chunk = measured
    try:
        yield spent
    finally:
        lane.run_chunk = run_chunk


def _write(folder: Path) -> None:
    """Write as many rows to a journal as a sweep has."""
    journal = Journal(str(folder / "rows.csv"), {}, ROWS)
    for row in range(0, ROWS, TOGETHER):
        journal.add(
            [(row + i, [PATHS, SEED, *[row * 1.1] * len(FIGURES), ""]) for i in range(min(TOGETHER, ROWS - row))]
        )
    journal.close(remove=True)
