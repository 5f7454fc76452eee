"""Processes that draw: what they make, when they are gone, and that none of them stays."""

import os
import subprocess
import sys
import time
from contextlib import closing
from functools import partial
from io import BytesIO

import pytest

from sim.board.charts import painters as module
from sim.board.charts.painters import Painters


def calls(folder, numbers):
    """Calls that fail if they are made twice."""
    return [partial(os.symlink, f"{number}", folder / str(number)) for number in numbers]


@pytest.mark.parametrize("number", [0, 1, 2, 5])
def test_every_call_is_made_once(tmp_path, number):
    with closing(Painters(number)) as some:
        some.begin(calls(tmp_path, range(7)))
        assert len(list(some.finish())) == 7
    assert sorted(os.listdir(tmp_path)) == [str(n) for n in range(7)]


def test_a_share_of_nothing_is_done():
    with closing(Painters(2)) as some:
        some.begin([])
        assert list(some.finish()) == []


def test_calls_are_made_by_other_processes(tmp_path):
    script = "import os, sys; os.symlink(str(os.getppid()), sys.argv[1])"
    with closing(Painters(2)) as some:
        some.begin([partial(subprocess.run, [sys.executable, "-c", script, str(tmp_path / str(n))]) for n in range(4)])
        assert len(list(some.finish())) == 4
        assert {int(os.readlink(tmp_path / str(n))) for n in range(4)} == {process.pid for process in some.processes}


def test_errors_of_calls_are_raised_here(tmp_path):
    with closing(Painters(1)) as one:
        one.begin([*calls(tmp_path, [1]), partial(os.mkdir, tmp_path / "no" / "folder")])
        done = one.finish()
        next(done)
        with pytest.raises(FileNotFoundError):
            next(done)


def test_without_processes_the_caller_draws(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise OSError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", refused)
    with closing(Painters(3)) as none:
        assert none.processes == []
        none.begin(calls(tmp_path, range(3)))
        assert len(list(none.finish())) == 3
    assert len(os.listdir(tmp_path)) == 3


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_that_ends_is_no_loss(tmp_path, when):
    with closing(Painters(2)) as some:
        if when == "before":
            some.processes[0].kill()
            some.processes[0].wait()
        some.begin([*calls(tmp_path, range(2)), partial(time.sleep, 0.5), partial(time.sleep, 0.5)])
        done = some.finish()
        next(done)
        if when == "after":
            some.processes[0].kill()
        assert len(list(done)) == 3
    assert len(os.listdir(tmp_path)) == 2


def test_closing_ends_the_processes_at_once():
    some = Painters(2)
    some.begin([partial(time.sleep, 60)] * 6)
    started = time.monotonic()
    some.close()
    assert time.monotonic() - started < 5.0
    assert all(process.returncode is not None for process in some.processes)
    some.close()  # once more changes nothing


@pytest.mark.parametrize("given", ["", "made.begin([partial(time.sleep, 0.2)] * 999)\n"])
def test_a_process_ends_with_the_one_that_started_it(given):
    code = (
        "import os, time\nfrom functools import partial\nfrom sim.board.charts.painters import Painters\n"
        f"made = Painters(1)\n{given}print(made.processes[0].pid, flush=True)\nos._exit(0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    other = int(ran.stdout)
    until = time.monotonic() + 20.0
    while time.monotonic() < until and alive(other):
        time.sleep(0.05)
    assert not alive(other)


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_process_is_ready_before_its_calls_come(monkeypatch):
    drawn = []
    monkeypatch.setattr(module, "save_figures", lambda draw, targets: drawn.append(sorted(targets)))
    module.serve(BytesIO(), BytesIO())
    assert drawn == [["png", "svg"]]


@pytest.mark.parametrize("finished", [True, False])
def test_nothing_stays_of_what_matplotlib_keeps_for_a_process(tmp_path, monkeypatch, finished):
    """Where there is no folder for its settings, as for a user without a home, it makes one in the temporary folder."""
    kept, no_folder = tmp_path / "kept", tmp_path / "file"
    kept.mkdir()
    no_folder.write_text("")
    monkeypatch.setenv("TMPDIR", str(kept))
    monkeypatch.setenv("MPLCONFIGDIR", str(no_folder / "settings"))
    with closing(Painters(2)) as some:
        wait_for(lambda: len([name for name in os.listdir(kept) if name.startswith("matplotlib-")]) == 2)
        some.begin([partial(time.sleep, 0.0 if finished else 60.0)] * 2)
        if finished:
            assert len(list(some.finish())) == 2
    assert os.listdir(kept) == []


def wait_for(true):
    until = time.monotonic() + 60.0
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)
