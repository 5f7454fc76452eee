"""A copy of the tree in which sources may be spoilt, and a run of tests there."""

import math
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple, TypeVar

ROOT = Path(__file__).resolve().parent.parent.parent
MEMORY = 8 << 30  # bytes of address space: what a spoilt loop may take
PATIENCE = 20.0  # seconds of waiting for one of processor time
_STAMP = re.compile(r'^FINGERPRINT = "[0-9a-f]*"$', re.MULTILINE)
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)

# The catching suite, strongest and fastest first. Left out: what compares with stored bits or the sources' fingerprint,
# as it sees every edit and proves nothing; and what writes texts, pages and pictures.
SUITE = (
    "test_twin", "test_corners", "test_pairs", "test_calendar", "test_result", "test_sketch", "test_problems",
    "test_case", "test_overrides",
    "test_measures", "test_ledger_by_hand", "test_philox", "test_invariance", "test_identities", "test_elementary",
    "test_checks", "test_quasi_random", "test_sampling", "test_metamorphic", "test_compare", "test_case_limits",
    "test_last_days", "test_price_models", "test_interpreted", "test_coverage", "test_fuzz",
)  # fmt: skip
# Without a compiler: the quickest look at a spoilt kernel, as nothing needs to be compiled for it.
INTERPRETED = "tests/kernels/test_interpreted.py::test_interpreted_kernels_agree_with_the_twin_to_the_last_bit"


class Outcome(NamedTuple):
    """`status`: passed, failed, timeout or crash. `test`: the first that failed. `seconds`: of all."""

    status: str
    test: str
    seconds: float

    @property
    def seen(self) -> bool:
        return self.status != "passed"


def suite(first: Sequence[str] = ()) -> list[str]:
    """Files of the catching suite: `first`, then the rest of SUITE."""
    return [file_of(name) for name in dict.fromkeys([*first, *SUITE])]


def of_rooms(files: Iterable[str]) -> list[str]:
    """Tests of SUITE that stand in the rooms of these sources: the likeliest to notice a fault there."""
    rooms = {Path(file).parts[1] for file in files}
    return [name for name in SUITE if Path(file_of(name)).parts[1] in rooms]


def file_of(name: str) -> str:
    """The path of a test module from the root."""
    (found,) = (ROOT / "tests").rglob(f"{name}.py")
    return found.relative_to(ROOT).as_posix()


class Copy:
    """A copy of the tree with caches of its own. `python` runs there, so that `sim` is the copy's."""

    def __init__(self, root: Path = ROOT) -> None:
        self._room = tempfile.TemporaryDirectory(prefix="fundrisk-proof-")
        self.root = Path(self._room.name) / "tree"
        self.root.mkdir()
        for name in ("sim", "tests", "benchmarks", "notebooks"):
            if (root / name).is_dir():
                skip = shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc")
                shutil.copytree(root / name, self.root / name, ignore=skip)
        for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"):
            if (root / name).is_file():
                shutil.copy2(root / name, self.root / name)
        self._honest: dict[Path, tuple[str, int]] = {}
        self._edits = 0

    def close(self) -> None:
        self._room.cleanup()

    def edit(self, texts: dict[str, str]) -> None:
        """Give files (paths from the root) other texts, until `restore`. Edited kernels are stamped anew."""
        for name, text in texts.items():
            self._write(self.root / name, text)
        if any(name.startswith("sim/kernels/") or name == "sim/lowering/program.py" for name in texts):
            ran = self.python("-c", "from sim.kernels.cache import fingerprint as f; print(f())", timeout=60)
            block = self.root / "sim/kernels/block.py"
            stamp = f'FINGERPRINT = "{ran.stdout.strip()}"'
            self._write(block, _STAMP.sub(stamp, block.read_text(encoding="utf-8")))

    def _write(self, path: Path, text: str) -> None:
        """Each edit gets a time of its own: compiled files are told apart by time and size."""
        if path not in self._honest:
            self._honest[path] = path.read_text(encoding="utf-8"), path.stat().st_mtime_ns
        path.write_text(text, encoding="utf-8")
        self._edits += 1
        moment = 1_000_000_000 + 10 * self._edits
        os.utime(path, (moment, moment))

    def restore(self) -> None:
        """Every file as it was, its time too, so that the caches of the unchanged program still fit."""
        for path, (text, moment) in self._honest.items():
            path.write_text(text, encoding="utf-8")
            os.utime(path, ns=(moment, moment))
        self._honest.clear()
        shutil.rmtree(self.root.parent / "spoilt", ignore_errors=True)

    def python(self, *arguments: str, timeout: float) -> subprocess.CompletedProcess:
        """Run Python there, for `timeout` seconds of processor time: a busy machine makes no test fail.

        TimeoutExpired when it takes longer, or waits for ever; whatever it started is ended too.
        """
        kernels = any("kernels" in path.parts or path.name == "program.py" for path in self._honest)
        cache = self.root.parent / ("spoilt" if kernels else "honest")
        environment = os.environ | {
            "NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(self.root), "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg",
            "HYPOTHESIS_STORAGE_DIRECTORY": str(self.root.parent / "hypothesis"),
        }  # fmt: skip
        limited = ["/bin/sh", "-c", 'ulimit -t "$0" && exec "$@"', str(math.ceil(timeout))]
        command = [*limited, sys.executable, *arguments]
        with subprocess.Popen(
            command, cwd=self.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", start_new_session=True,
        ) as process:  # fmt: skip
            try:
                out, _ = process.communicate(timeout=PATIENCE * timeout)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                raise
        if process.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
            raise subprocess.TimeoutExpired(command, timeout)
        return subprocess.CompletedProcess(command, process.returncode, out)

    def pytest(self, files: Iterable[str], timeout: float) -> Outcome:
        """Run tests until the first fails."""
        started = time.perf_counter()
        try:
            ran = self.python(
                "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--tb=no", "-rfE", *files, timeout=timeout
            )
        except subprocess.TimeoutExpired:
            return Outcome("timeout", "", time.perf_counter() - started)
        return read_outcome(ran.returncode, ran.stdout, time.perf_counter() - started)


def read_outcome(code: int, text: str, seconds: float) -> Outcome:
    """What a run of pytest says: 0 passed, 1 failed, 2 could not be collected; anything else is a crash."""
    if code == 0:
        return Outcome("passed", "", seconds)
    test = (_FAILED.findall(text) or [""])[0].removeprefix("tests/")
    if code in (1, 2) and test:
        return Outcome("failed", test, seconds)
    if code in (4, 5):
        raise RuntimeError(f"no test ran: {text[-2000:]}")
    return Outcome("crash", test, seconds)


Item = TypeVar("Item")
Answer = TypeVar("Answer")


def side_by_side(
    items: Sequence[Item], work: Callable[[Copy, Item], Answer], done: Callable[[Answer], None], workers: int
) -> None:
    """`work(copy, item)` for every item, each worker with a copy of its own; `done` gets the answers as they come."""
    if not items:
        return
    limit_memory()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in the background ignore it
    copies: SimpleQueue[Copy] = SimpleQueue()
    everyone = [Copy() for _ in range(min(workers, len(items)))]
    for copy in everyone:
        copies.put(copy)

    def one(item: Item) -> Answer:
        copy = copies.get()
        try:
            return work(copy, item)
        finally:
            copy.restore()
            copies.put(copy)

    pool = ThreadPoolExecutor(len(everyone))
    try:
        for answer in as_completed([pool.submit(one, item) for item in items]):
            done(answer.result())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for copy in everyone:
            copy.close()


def limit_memory() -> None:
    """For this process and those it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard), hard))
