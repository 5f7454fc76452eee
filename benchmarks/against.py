"""Another version of fundrisk as an opponent: a process of its own that simulates when it is told to."""

import json
import math
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from benchmarks.case import FILE
from benchmarks.processes import ROOT, environment
from benchmarks.report import FRESH

CADENCES = ("quarter_end", "daily")
MEASURES = ("raised", "shares_issued", "runway_months")
WORKER = """
import json, sys, time
import numpy as np
import sim
file, fresh, *measures = sys.argv[1:]
for line in sys.stdin:
    case, paths, seed, workers = json.loads(line)
    case = sim.load_case(file).replace(case)
    np.ones(int(fresh) // 8)  # memory that is at hand
    started = time.perf_counter()
    result = sim.simulate(case, paths=paths, seed=seed, workers=workers)
    seconds = time.perf_counter() - started
    columns = [result[name] for name in measures]
    print(json.dumps([seconds, [[float(c.mean()), float(c.std() / paths**0.5)] for c in columns]]), flush=True)
"""


class Version:
    """A version of fundrisk in a process of its own, from the start to the end of a `with` block."""

    def __init__(self, tree: Path, cache: Path) -> None:
        self.tree, self.cache = tree, cache

    def __enter__(self) -> "Version":
        changed = environment(self.cache)
        changed["PYTHONPATH"] = os.pathsep.join([str(self.tree), changed["PYTHONPATH"]])
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(FILE), str(FRESH), *MEASURES],
            cwd=self.tree, env=changed, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()

    def simulate(self, case: dict, paths: int, seed: int, workers: int = 1) -> tuple[float, list]:
        """Seconds, and mean and standard error of each of MEASURES."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([case, paths, seed, workers]) + "\n")
        self.process.stdin.flush()
        seconds, means = json.loads(self.process.stdout.readline())
        return seconds, means


def tree_of(wanted: str, room: Path) -> Path:
    """The sources of a version: a folder that has them, or the newest commit of this repository with that number."""
    folder = Path(wanted).expanduser()
    if (folder / "sim" / "__init__.py").is_file():
        return folder.resolve()
    for commit in _git("rev-list", "HEAD").split():
        found = _git("grep", "-h", "__version__ = ", commit, "--", "sim")
        if f'"{wanted}"' in found:
            archive = subprocess.run(["git", "archive", commit, "sim"], cwd=ROOT, capture_output=True, check=True)
            subprocess.run(["tar", "-x"], input=archive.stdout, cwd=room, check=True)
            return room
    raise ValueError(f"--against {wanted}: must be a version in this repository's history, or a folder of its sources")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout


def compare(wanted: str, paths: int, repeats: int, seed: int) -> dict[str, dict[str, tuple[float, list]]]:
    """For each cadence and version: best seconds and means, in turns on one core."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="fundrisk-against-") as folder:
        room = Path(folder) / "tree"
        room.mkdir()
        trees = {"this version": ROOT, wanted: tree_of(wanted, room)}
        with ExitStack() as running:
            versions = {
                name: running.enter_context(Version(tree, Path(folder) / str(number)))
                for number, (name, tree) in enumerate(trees.items())
            }
            for cadence in CADENCES:
                case = {"policy.cadence": cadence}
                best = {name: version.simulate(case, 128, seed) for name, version in versions.items()}  # compile
                best = dict.fromkeys(best, (math.inf, []))
                for _ in range(repeats):
                    for name, version in versions.items():
                        best[name] = min(best[name], version.simulate(case, paths, seed))
                found[cadence] = best
    return found
