"""Faults of the machine: killed while writing, a full disk, a folder or a home that cannot be written, others at work.

Each ends in a right result or in a clear line and status 2; a file is the old one or the new one, never half of one.
"""

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.cli.meter import COMPILING
from sim.results.files import ResultError, read_arrays, write_arrays, write_text_atomically

ROOT = Path(__file__).resolve().parents[2]
PREPARING = f"{COMPILING}\n"
COMPARE = [sys.executable, "-m", "sim", "compare", "valence-2002", "--paths", "2000", "--seed", "7"]
RUN = [sys.executable, "-m", "sim", "run", "valence-2002", "--paths", "64", "--seed", "7"]


def environment(**changes: str | None) -> dict[str, str]:
    """This process's environment with some variables changed, or removed (None)."""
    merged = dict(os.environ, PYTHONPATH=str(ROOT)) | changes
    return {name: value for name, value in merged.items() if value is not None}


def ran(command: list, **how) -> subprocess.CompletedProcess:
    how = {"env": environment(), "cwd": ROOT} | how
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120, check=False, **how)
    done.stderr = done.stderr.replace(PREPARING, "")
    return done


# --- killed while writing --------------------------------------------------------------------------------------------

# Writes versions of a file again and again, in children that are killed at random; a line for each file found.
KILLING = """
import os, random, signal, sys, time
import numpy as np
from pathlib import Path
from sim.results.files import read_arrays, write_arrays, write_text_atomically

folder, kills, in_place = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "in place"
rng = random.Random(7)

def write_in_place(path, arrays):
    np.savez(path.open("wb"), **arrays)

for kill in range(kills):
    child = os.fork()
    if child == 0:
        for version in range(10**9):
            number = kill * 10**6 + version
            arrays = {"a": np.full(60_000, number), "b": np.full(60_000, number)}
            (write_in_place if in_place else write_arrays)(folder / "run.npz", arrays)
            write_text_atomically(folder / "x.json", f"{number}\\n" * 60_000)
            if version == 0:
                os.close(os.open(folder / f"first-{kill}", os.O_CREAT))
    while not (folder / f"first-{kill}").exists():
        time.sleep(0.001)
    time.sleep(rng.uniform(0, 0.012))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if list(folder.glob(".fundrisk-*.tmp")):
        (folder / "first-draft").touch()
    arrays = read_arrays(folder / "run.npz")
    lines = (folder / "x.json").read_text().splitlines()
    assert len(lines) == 60_000 and len(set(lines)) == 1, "half a text"
    assert set(map(int, arrays["a"])) == set(map(int, arrays["b"])) and len(arrays["a"]) == 60_000, "half an archive"
    print(arrays["a"][0], flush=True)
"""


def killed(folder: Path, kills: int, how: str) -> subprocess.CompletedProcess:
    return ran([sys.executable, "-c", KILLING, folder, kills, how])


def test_a_kill_at_any_moment_leaves_the_old_file_or_the_new_one(tmp_path):
    done = killed(tmp_path, 30, "atomically")
    assert (done.returncode, done.stderr) == (0, "")
    found = list(map(int, done.stdout.split()))
    assert len(found) == 30
    assert found == sorted(found)  # never older than what was there at the kill before
    left = [path.name for path in tmp_path.iterdir() if not path.name.startswith("first-")]
    drafts = [name for name in left if name.startswith(".fundrisk-") and name.endswith(".tmp")]
    assert sorted(set(left) - set(drafts)) == ["run.npz", "x.json"]
    assert len(drafts) <= 2  # the next process removes those of the killed one
    assert (tmp_path / "first-draft").exists()  # some kills fell into the middle of a write


def test_a_writer_in_place_is_caught_by_the_same_kills(tmp_path):
    assert killed(tmp_path, 30, "in place").returncode != 0


# --- no room ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def no_file_larger_than(size: int):
    """As on a disk that fills up: writing beyond `size` bytes is an error."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("room", [0, 1, 100, 3_000, 40_000, 79_000])
def test_a_file_that_does_not_fit_leaves_what_was_there(tmp_path, room):
    path, text = tmp_path / "run.npz", tmp_path / "x.json"
    write_arrays(path, {"a": np.arange(10_000)})
    write_text_atomically(text, "old\n")
    before = path.read_bytes(), text.read_bytes()
    with no_file_larger_than(room):
        with pytest.raises(ResultError, match=r"run\.npz: cannot be written: File too large$"):
            write_arrays(path, {"a": np.arange(10_000) + 1})
        with pytest.raises(ResultError, match=r"x\.json: cannot be written: File too large$"):
            write_text_atomically(text, "x" * 80_000)
    assert (path.read_bytes(), text.read_bytes()) == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["run.npz", "x.json"]


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 KiB; only the superuser of a machine may have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]
    if os.geteuid() or not shutil.which("mount") or ran(mount).returncode:
        pytest.skip("needs the right to mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=False)


def test_a_full_disk_is_said_and_nothing_is_lost(small_disk):
    assert ran([*RUN, "--json", small_disk / "x.json"]).returncode == 0
    before = (small_disk / "x.json").read_bytes()
    done = ran([*RUN, "--paths", "5000", "--save", small_disk / "run.npz", "--json", small_disk / "x.json"])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{small_disk / 'run.npz'}: cannot be written: No space left on device\n"
    assert [path.name for path in small_disk.iterdir()] == ["x.json"]
    assert (small_disk / "x.json").read_bytes() == before


# --- no right to write -----------------------------------------------------------------------------------------------


@pytest.fixture
def read_only(tmp_path):
    """A folder that cannot be written to, and what starts a process that permissions stop even if we are superuser."""
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o555)
    start = [] if os.geteuid() else ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if start and (not shutil.which("setpriv") or ran([*start, "touch", folder / "x"]).returncode == 0):
        pytest.skip("permissions do not stop the superuser here")
    yield folder, start
    folder.chmod(0o755)


def test_a_read_only_folder_is_said_before_any_work(read_only):
    folder, start = read_only
    for option in ("--json", "--save"):
        done = ran([*start, *RUN, option, folder / "x"])
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"{folder / 'x'}: cannot be written: folder {folder} is read-only\n"


def test_a_file_in_a_read_only_folder_keeps_its_content(read_only):
    folder, start = read_only
    folder.chmod(0o755)
    (folder / "x").write_text("old")
    (folder / "x").chmod(0o666)
    folder.chmod(0o555)
    done = ran([*start, *RUN, "--json", folder / "x"])
    assert (done.returncode, done.stderr) == (2, f"{folder / 'x'}: cannot be written: Permission denied\n")
    assert (folder / "x").read_text() == "old"


def without_a_cache(folder: Path) -> dict[str, str]:
    """An installation in which nothing can be written: not beside the sources, not in a home.

    Files stand where the folders would be made, which stops even those whom permissions do not.
    """
    shutil.copytree(ROOT / "sim", folder / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    for package in [folder / "sim", *(path.parent for path in (folder / "sim").rglob("__init__.py"))]:
        (package / "__pycache__").touch()
    home = folder / "home"
    home.touch()
    return environment(
        HOME=str(home), XDG_CACHE_HOME=str(home), NUMBA_CACHE_DIR=None, PYTHONPATH=str(folder), MPLCONFIGDIR=None
    )


def test_where_no_compiled_code_can_be_kept_it_is_said_and_commands_work(tmp_path):
    bare = without_a_cache(tmp_path)
    done = ran([sys.executable, "-m", "sim", "check", "valence-2002"], env=bare, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    done = ran([sys.executable, "-c", "import sim.kernels.block"], env=bare, cwd=tmp_path)
    assert done.returncode == 0
    assert "compiled code cannot be kept, so every run compiles: set NUMBA_CACHE_DIR" in done.stderr
    kept = bare | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    done = ran([sys.executable, "-c", "import sim.kernels.block"], env=kept, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_home_and_no_environment_are_no_hindrance():
    done = ran([*RUN, "--json", "-"], env={"PYTHONPATH": str(ROOT)})
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["paths"] == 64


# --- others at work, few cores ---------------------------------------------------------------------------------------


def test_two_runs_into_the_same_files_leave_one_whole_run(tmp_path):
    outputs = ["--save", tmp_path / "run.npz", "--json", tmp_path / "x.json"]
    commands = [[*map(str, [*RUN[:-1], seed, *outputs])] for seed in (7, 8)]
    both = [
        subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for command in commands
    ]
    said = [process.communicate(timeout=120)[1].replace(PREPARING, "") for process in both]
    assert (said, [process.returncode for process in both]) == (["", ""], [0, 0])
    result = sim.load_result(tmp_path / "run.npz")
    assert result in [sim.simulate("valence-2002", paths=64, seed=seed) for seed in (7, 8)]
    assert json.loads((tmp_path / "x.json").read_text())["seed"] in (7, 8)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.npz", "x.json"]


def on_one_core(command: list) -> None:
    """Run a command that must succeed, bound to one core."""
    done = ran(command, preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not bind processes to cores")
def test_one_core_gives_the_same_results(tmp_path):
    on_one_core([*RUN, "--paths", "40000", "--save", tmp_path / "run.npz"])
    assert sim.load_result(tmp_path / "run.npz") == sim.simulate("valence-2002", paths=40_000, seed=7, workers=3)
    line_off = ["--variant", "line.commitment=0"]
    on_one_core([*COMPARE, *line_off, "--json", tmp_path / "one.json"])
    ran([*COMPARE, *line_off, "--workers", "3", "--json", tmp_path / "three.json"])
    one, three = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("one", "three"))
    assert {**one, "elapsed_s": 0} == {**three, "elapsed_s": 0}


def test_a_machine_that_does_not_know_its_cores_has_one(monkeypatch):
    from sim.engine.machine import available_workers

    expected = sim.simulate("valence-2002", paths=64, seed=7)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert available_workers() == 1
    assert sim.simulate("valence-2002", paths=64, seed=7) == expected


def test_a_file_that_vanishes_or_changes_its_kind_is_said(tmp_path):
    path = tmp_path / "run.npz"
    with pytest.raises(ResultError, match=r"run\.npz: cannot be read: No such file or directory$"):
        read_arrays(path)
    path.mkdir()
    with pytest.raises(ResultError, match=r"run\.npz: cannot be read: Is a directory$"):
        read_arrays(path)
    with pytest.raises(ResultError, match=r"run\.npz: cannot be written: not a regular file$"):
        write_arrays(path, {"a": np.arange(3)})
