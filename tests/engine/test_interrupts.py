"""An interrupt between any two lines of the caller's work with threads ends the work, and nobody waits for ever."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sim.engine.interrupts import WAITING, uninterrupted

ROOT = Path(__file__).resolve().parents[2]

# Interrupts the caller at each line of modules that start threads, wait for them or hold locks, one line a run.
AT_EACH_LINE = """
import faulthandler, itertools, signal, sys, threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
import sim
from sim.analysis.runs import in_threads
from sim.engine import executors, threads
from sim.lowering.program import CHUNK

faulthandler.dump_traceback_later({patience}, exit=True)
signal.signal(signal.SIGINT, signal.default_int_handler)
if "{planted}":
    executors.uninterrupted = threads.uninterrupted = nullcontext
CASE, POOL = sim.load_case("valence-2002"), ThreadPoolExecutor(2)
WATCHED = ("/threading.py", "/_base.py", "/thread.py", "/threads.py", "/executors.py", "/interrupts.py")

def run():
    sim.simulate(CASE, paths=6 * CHUNK, seed=1, workers=2)

def jobs():
    assert in_threads([int] * 9, 2, lambda: None) == [0] * 9

def spread():
    sim.simulate(CASE, paths=6 * CHUNK, seed=1, executor=POOL)

def interrupted_at(number):
    '''Whether the work has such a line; it must end by the interrupt.'''
    left = [number]
    def look(frame, event, argument):
        if not frame.f_code.co_filename.endswith(WATCHED):
            return None
        if event == "line":
            left[0] -= 1
            if not left[0]:
                sys.settrace(None)
                signal.raise_signal(signal.SIGINT)
        return look
    try:
        sys.settrace(look)
        {work}()
        ended = "the work"
    except KeyboardInterrupt:
        ended = "the interrupt"
    finally:
        sys.settrace(None)
    if left[0] > 0:
        return False
    assert ended == "the interrupt", (number, ended)
    return True

{work}()
lines = next(number for number in itertools.count(1) if not interrupted_at(number))
print(lines)
"""


def at_each_line(work: str, planted: str = "", patience: int = 400) -> subprocess.CompletedProcess:
    script = AT_EACH_LINE.format(work=work, planted=planted, patience=patience)
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    return subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("work", ["run", "jobs", "spread"])
def test_an_interrupt_at_any_line_ends_the_work_and_the_process(work):
    done = at_each_line(work)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 50


@pytest.mark.parametrize("work", ["run", "spread"])
def test_work_that_can_be_interrupted_at_any_line_is_seen(work):
    done = at_each_line(work, planted="yes", patience=10)
    assert done.returncode == 1
    assert "Timeout" in done.stderr or "Error" in done.stderr


# --- signals that wait ------------------------------------------------------------------------------------------------


@pytest.fixture
def handler():
    """A handler of SIGINT that raises, whatever the tests' own is."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def interrupted(steps: list, error: type[BaseException] | None = None) -> None:
    """A block within a block, in which a signal arrives."""
    with uninterrupted():
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            steps.append("inner block")
        steps.append("outer block")
        if error is not None:
            raise error
    steps.append("after the blocks")


def test_a_signal_waits_for_the_end_of_the_block_and_of_those_around_it(handler):
    steps = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(steps)
    assert steps == ["inner block", "outer block"]
    assert signal.getsignal(signal.SIGINT) is handler


def test_an_error_of_the_block_is_kept_beside_the_interrupt(handler):
    with pytest.raises(KeyboardInterrupt) as raised:
        interrupted([], ZeroDivisionError)
    assert isinstance(raised.value.__context__, ZeroDivisionError)
    assert signal.getsignal(signal.SIGINT) is handler


def test_signals_that_the_system_handles_are_left_to_it(handler):
    with uninterrupted():
        ignored = {number: signal.getsignal(number) for number in WAITING if number != signal.SIGINT}
    assert ignored == {number: signal.getsignal(number) for number in ignored}
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with uninterrupted():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        signal.raise_signal(signal.SIGINT)
