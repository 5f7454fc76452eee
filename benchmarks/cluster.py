"""What a Dask cluster adds to the kernels' time of a case: processes of one thread each, on this machine."""

import time
from typing import Any

import sim
from benchmarks.case import valence_2002
from benchmarks.report import Options, Report, cores, side_by_side
from benchmarks.sweep import SEED, kernels_timed
from sim.text.tables import Table

#: Numbers of paths of a case, and of cases of so many paths.
SIZES = {20_000: 500, 2_000: 2_000}


def run(options: Options) -> Report:
    report = Report("cluster")
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        report.tables.append(Table("Dask", ("",), [('not installed: pip install "fundrisk[cluster]"',)]))
        return report
    workers, repeats, rows = cores(), options.times(3), []
    local = {"n_workers": workers, "threads_per_worker": 1, "processes": True, "host": "127.0.0.1"}
    with (
        LocalCluster(**local, dashboard_address=None, silence_logs=50) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        for paths, cases in SIZES.items():
            rows.append(_row(client, workers, (options.many(paths), cases), repeats))
    worst = max(row[3] for row in rows)
    heads = ("paths of a case", "cases", "kernels, ms a case", "overhead, ms a case", "of it processor time")
    note = (
        f"{workers} processes of one thread, best of {repeats}. Overhead: elapsed time less the kernels' time over the "
        "number of processes; of it processor time: of client, scheduler and workers, less that of the kernels"
    )
    shown = [(f"{row[0]:,}", f"{row[1]:,}", *(f"{ms:.2f}" for ms in row[2:])) for row in rows]
    report.tables.append(Table("Cases on a Dask cluster", heads, shown, note=note))
    report.figures |= {"workers": workers, "rows": rows}
    report.aim("overhead of Dask, milliseconds a case", worst, 5.0, False)
    return report


def _row(client: Any, workers: int, size: tuple[int, int], repeats: int) -> tuple[int, int, float, float, float]:
    """Paths, cases, and milliseconds a case: of the kernels, of overhead, and of processor time of overhead."""
    paths, cases = size
    grid = {"sobol": {"points": cases}, "ranges": {"price.volatility": [0.5, 1.2], "burn.monthly": [2e6, 3e6]}}
    case, executor = valence_2002(), client.get_executor()

    def swept(**how: Any) -> None:
        sim.sweep(case, grid, paths=paths, seed=SEED, **how)

    def kernels() -> float:
        with kernels_timed() as spent:
            swept(workers=1)
        return sum(spent)

    def on_cluster() -> float:
        before = _processor_time(client)
        swept(executor=executor)
        return _processor_time(client) - before

    on_cluster()  # compiles on the workers
    least = side_by_side({"kernels": kernels, "cluster": on_cluster}, repeats)
    (_, kernel_time), (elapsed, spent) = least["kernels"], least["cluster"]
    ms = 1000.0 / cases
    return paths, cases, kernel_time * ms, (elapsed - kernel_time / workers) * ms, (spent - kernel_time) * ms


def _processor_time(client: Any) -> float:
    """Of all processes of the cluster so far, and of this one, in which the scheduler is."""
    return time.process_time() + sum(client.run(time.process_time).values())
