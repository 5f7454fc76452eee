"""Processes that draw: what they return, when they are gone, and that none of them stays."""

import operator
import os
import subprocess
import sys
import time
from functools import partial

import pytest

from sim.board.charts import painters as module
from sim.board.charts.painters import Painters


@pytest.fixture(scope="module")
def two():
    made = Painters(2)
    yield made
    made.close()


def test_calls_are_made_by_the_processes(two):
    others = {two.submit(os.getpid).result(60) for _ in range(20)}
    assert others <= {process.running.pid for process in two.processes}
    assert os.getpid() not in others


def test_results_are_those_of_the_calls(two):
    futures = [two.submit(partial(operator.mul, n, n)) for n in range(50)]
    assert [two.result(future) for future in futures] == [n * n for n in range(50)]


def test_errors_of_calls_are_raised(two):
    with pytest.raises(ZeroDivisionError):
        two.result(two.submit(partial(operator.truediv, 1, 0)))
    assert two.result(two.submit(partial(operator.add, 1, 1))) == 2


def test_without_processes_the_caller_draws(monkeypatch):
    def refused(*_, **__):
        raise OSError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", refused)
    none = Painters(3)
    assert none.processes == []
    assert none.result(none.submit(os.getpid)) == os.getpid()
    none.close()


def test_a_process_that_ends_is_no_loss():
    one = Painters(1)
    one.submit(os.getpid).result(60)
    one.processes[0].running.kill()
    assert [one.result(one.submit(partial(operator.neg, n))) for n in range(3)] == [0, -1, -2]
    one.close()


def test_closing_ends_the_processes_at_once():
    some = Painters(2)
    some.submit(os.getpid).result(60)
    waiting = [some.submit(partial(time.sleep, 60)) for _ in range(6)]
    started = time.monotonic()
    some.close()
    assert time.monotonic() - started < 5.0
    assert all(process.running.returncode is not None for process in some.processes)
    assert all(future.done() for future in waiting)
    assert not any(thread.is_alive() for thread in some.threads)


def test_a_process_ends_with_the_one_that_started_it():
    code = (
        "import os\nfrom sim.board.charts.painters import Painters\nmade = Painters(1)\n"
        "print(made.submit(os.getpid).result(60), flush=True)\nos._exit(0)"
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


def test_a_process_is_ready_before_its_first_call(monkeypatch):
    drawn = []
    monkeypatch.setattr(module, "save_figures", lambda draw, targets: drawn.append(sorted(targets)))
    reading, writing = os.pipe()
    os.close(writing)
    with os.fdopen(reading, "rb") as asked:
        module.serve(asked, None)
    assert drawn == [["png", "svg"]]
