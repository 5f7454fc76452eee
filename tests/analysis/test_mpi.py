"""Sweeps on the workers of MPI, in processes that mpiexec starts: the bytes of one thread, also after a lost worker."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import sim

pytest.importorskip("mpi4py")
ROOT = Path(__file__).resolve().parents[2]
MPIEXEC = shutil.which("mpiexec")
GRID = {"axes": {"price.volatility": [0.4 + i / 200 for i in range(200)]}}
HOW = {"paths": 4000, "seed": 7}
SCRIPT = f"""
import os
import sys
from mpi4py.futures import MPIPoolExecutor
import sim

if __name__ == "__main__":
    out, processes = sys.argv[1:]
    with MPIPoolExecutor() as pool:
        with open(processes, "w") as file:
            file.write(str(pool.submit(os.getpid).result()))
        print(sim.sweep("valence-2002", {GRID}, out, **{HOW}, executor=pool).new)
"""


@pytest.fixture(autouse=True)
def can_start(tmp_path):
    hello = [MPIEXEC or "", "-n", "1", sys.executable, "-c", "import mpi4py.MPI"]
    if MPIEXEC is None or subprocess.run(hello, capture_output=True, check=False).returncode:
        pytest.skip("needs an MPI library and its mpiexec")


def started(tmp_path: Path) -> subprocess.Popen:
    (tmp_path / "script.py").write_text(SCRIPT)
    command = ["mpiexec", "-n", "3", sys.executable, "-m", "mpi4py.futures", "script.py", "m.csv", "process"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_mpi_writes_the_bytes_of_one_thread_also_after_a_lost_worker(tmp_path):
    """MPI ends all of its processes when one dies; the same command goes on with the rows that are missing."""
    first, journal = started(tmp_path), tmp_path / "m.csv.partial"
    until = time.monotonic() + 200
    while not journal.exists() or journal.read_bytes().count(b"\n") < 4:
        assert time.monotonic() < until, "no rows were written"
        time.sleep(0.02)
    os.kill(int((tmp_path / "process").read_text()), signal.SIGKILL)
    first.communicate(timeout=100)
    assert first.returncode != 0
    done = journal.read_bytes().count(b"\n") - 1
    assert 3 <= done < 200
    second = started(tmp_path)
    out, err = second.communicate(timeout=200)
    assert second.returncode == 0, err
    assert int(out) == 200 - done
    sim.sweep("valence-2002", GRID, tmp_path / "one.csv", **HOW, workers=1)
    assert (tmp_path / "m.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()
