"""Waiting times: the first run, later runs, `import sim`, and the exit after Ctrl-C."""

import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.case import FILE
from benchmarks.processes import environment, finish, fundrisk
from benchmarks.report import Check, Options, Report, timed
from sim.text.tables import Table

MANY = 100_000_000  # paths: more than a run can finish before it is interrupted
STOP_AFTER = (1.5, 2.5, 4.0)  # seconds after the start at which Ctrl-C comes
TIMEOUT = 20  # seconds to wait for the exit


def run(options: Options) -> Report:
    report = Report("start")
    paths, repeats = options.many(100_000), options.times(10)
    with tempfile.TemporaryDirectory() as folder:
        waits(report, Path(folder), paths, repeats)
    interrupts(report, options.many(MANY))
    return report


def waits(report: Report, folder: Path, paths: int, repeats: int) -> None:
    """Cold and warm runs and imports, each in its own process."""
    command = fundrisk("run", str(FILE), "--paths", str(paths))
    bare, imported = ([sys.executable, "-c", text] for text in ("pass", "import sim"))
    with_case = [sys.executable, "-c", f"import sim; sim.load_case({str(FILE)!r})"]
    cold = cold_run(command, folder)
    times = {"bare": [], "imported": [], "case": [], "warm": []}
    for _ in range(repeats):
        for name, words in (("bare", bare), ("imported", imported), ("case", with_case), ("warm", command)):
            times[name].append(timed(lambda words=words: finish(words, folder))[0])
    best = {name: min(seconds) for name, seconds in times.items()}
    middle = {name: statistics.median(seconds) for name, seconds in times.items()}
    rows = [
        (f"run, {paths:,} paths, nothing compiled", f"{cold:.2f}", ""),
        (f"run, {paths:,} paths, compiled before", f"{best['warm']:.3f}", f"{middle['warm']:.3f}"),
        ("python -c pass", f"{best['bare']:.3f}", f"{middle['bare']:.3f}"),
        ("import sim", *(f"{m['imported'] - m['bare']:.3f}" for m in (best, middle))),
        ("import sim and load_case", *(f"{m['case'] - m['bare']:.3f}" for m in (best, middle))),
    ]
    note = f"each in its own process, {repeats} times in turns; imports without the bare interpreter's time"
    report.tables.append(Table("Seconds to wait", ("what", "best", "median"), rows, note=note))
    light = best["imported"] - best["bare"]
    report.figures |= {"cold_s": cold, "warm_s": best["warm"], "bare_s": best["bare"], "import_s": light}
    report.aim("first run, compiling", cold, 15, False, " s")
    report.aim("later run", best["warm"], 1.2, False, " s")
    report.aim("import sim", light, 0.15, False, " s")


def cold_run(command: list[str], folder: Path) -> float:
    """Seconds of a run that finds no compiled code."""
    cache = folder / "cold"
    cache.mkdir()
    return timed(lambda: finish(command, folder, cache))[0]


def interrupts(report: Report, paths: int) -> None:
    """Ctrl-C in the middle of runs that write JSON, that keep their paths to save them, or that still compile."""
    json, save = ["--json", "summary.json"], ["--save", "paths.npz"]
    # Saved paths are kept in memory (17 columns): few enough to fit, many enough not to finish in time.
    few = min(paths, MANY // 4)
    kinds = [("summary as JSON", paths, json, False), ("paths to save", few, save + json, False)]
    kinds.append(("compiling", paths, json, True))
    rows, slowest = [], 0.0
    for kind, count, outputs, cold in kinds:
        command = fundrisk("run", str(FILE), "--paths", str(count), *outputs)
        for after in STOP_AFTER:
            seconds, status, left = interrupt(command, after, cold)
            slowest = max(slowest, seconds)
            rows.append((kind, f"{count:,}", f"{after:g}", f"{seconds:.3f}", f"{status}", ", ".join(left) or "none"))
            found = f"status {status}, files left: {', '.join(left) or 'none'}"
            report.checks.append(Check(f"Ctrl-C after {after:g} s, {kind}", status == 130 and not left, found))
    headings = ("run", "paths", "Ctrl-C after, s", "exit after, s", "status", "files left")
    report.tables.append(Table("Ctrl-C", headings, rows))
    report.figures["interrupt_s"] = slowest
    report.aim("exit after Ctrl-C, slowest", slowest, 0.5, False, " s")


def interrupt(command: list[str], after: float, cold: bool = False) -> tuple[float, int | None, list[str]]:
    """Seconds from SIGINT to the exit, the exit status (None: no exit in time), and the files left behind.

    SIGINT comes `after` seconds after the start; `cold`: the process finds no compiled code.
    """
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as cache:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(Path(cache) if cold else None),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            time.sleep(after)
            process.send_signal(signal.SIGINT)
            seconds, status = timed(lambda: _wait(process))
        finally:
            process.kill()
            process.wait()
        return seconds, status, sorted(path.name for path in Path(folder).iterdir())


def _wait(process: subprocess.Popen) -> int | None:
    try:
        return process.wait(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return None
