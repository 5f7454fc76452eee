"""Peak memory of a process that runs a simulation, with paths kept and not kept."""

import sys
import tempfile
from pathlib import Path

from benchmarks import plots
from benchmarks.case import FILE
from benchmarks.processes import finish
from benchmarks.report import Options, Report
from sim.text.tables import Table

PATHS = (100_000, 1_000_000, 10_000_000, 100_000_000)
MOST_KEPT = 10_000_000
SEED = 20020401
MIB = 2**20

# VmHWM and not getrusage: on Linux a child's ru_maxrss begins at what its parent had when it was started.
CHILD = """
import resource, sys, sim
paths, keep = int(sys.argv[1]), sys.argv[2] == "kept"
result = sim.simulate({case!r}, paths=paths, seed={seed}, keep_paths=keep)
mean = result.summary()["raised"].mean
try:
    lines = open("/proc/self/status").read().splitlines()
    peak = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
except OSError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak, mean, result.run.elapsed_s)
"""


def run(options: Options) -> Report:
    report = Report("memory")
    most = options.many(PATHS[-1])
    sizes = [n for n in PATHS if n <= most] or [most]
    peaks: dict[str, list[tuple[int, float]]] = {"kept": [], "not kept": []}
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        start, _, _ = peak(1, "not", Path(folder))
        for n in sizes:
            kept = peak(n, "kept", Path(folder)) if n <= MOST_KEPT else None
            flat = peak(n, "not", Path(folder))
            rows.append((f"{n:,}", *_cells(kept, start, n), *_cells(flat, start, n)))
            peaks["not kept"].append((n, flat[0] / MIB))
            if kept:
                peaks["kept"].append((n, kept[0] / MIB))
    headings = ("paths", "kept, MiB", "bytes a path", "seconds", "not kept, MiB", "bytes a path", "seconds")
    note = f"peak resident memory of a process; with one path {start / MIB:,.0f} MiB; bytes a path are beyond that"
    report.tables.append(Table("Peak memory, valence-2002, quarter-end, all cores", headings, rows, note=note))
    report.figures = {"one_path_mib": start / MIB, **peaks}
    (least, low), (largest, high) = peaks["not kept"][0], peaks["not kept"][-1]
    report.aim(f"not kept: {largest:,} paths / {least:,} paths", high / low, 1.1, False, "x")
    report.aim(f"not kept: {largest:,} paths", high, 1024, False, " MiB")
    figure, (ax,) = plots.panels(1)
    plots.lines(ax, "Peak memory", "paths", "MiB", peaks, log_x=True, log_y=True)
    plots.save(figure, options.out / "memory.png")
    return report


def peak(paths: int, keep: str, folder: Path) -> tuple[float, float, float]:
    """Peak resident bytes, mean raised and seconds of one run in a process of its own."""
    words = [sys.executable, "-c", CHILD.format(seed=SEED, case=str(FILE)), str(paths), keep]
    bytes_, mean, seconds = map(float, finish(words, folder).split())
    return bytes_, mean, seconds


def _cells(found: tuple[float, float, float] | None, start: float, paths: int) -> tuple[str, str, str]:
    if found is None:
        return "", "", ""
    return f"{found[0] / MIB:,.0f}", f"{(found[0] - start) / paths:,.1f}", f"{found[2]:.2f}"
