"""Runs on the workers of an executor: the bits of one thread, lost workers, other versions, interrupts."""

import os
import pickle
import signal
import threading
import time
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from types import SimpleNamespace

import numpy as np
import pytest

import sim
from sim.engine import executors
from sim.engine.executors import TRIES, ExecutorError, Lost, in_order, spread, work, workers_of
from sim.engine.sobol import SobolPoints
from sim.lowering.lower import lower
from sim.lowering.program import CHUNK, SCRAMBLES
from tests.support.valence import valence_2002

CASE = valence_2002()
SMALL = CASE.replace({"title": "small", "horizon": "2003-03-31", "line.conditions": CASE.line.conditions[:2]})
PATHS = 2 * CHUNK + 320
WAYS = {
    "philox": {},
    "antithetic": {"antithetic": True},
    "sobol": {"sampler": "sobol"},
    "a shard": {"first_path": 3 * CHUNK},
    "summary": {"keep_paths": False},
    "summary of pairs": {"keep_paths": False, "antithetic": True},
    "summary of scrambles": {"keep_paths": False, "sampler": "sobol"},
}


@pytest.fixture(scope="module")
def threads():
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture(scope="module")
def processes():
    """Processes that are started anew: they have nothing of this one."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.fixture(scope="module")
def dask():
    """The executor of a cluster of two processes, and a function that gives the workers' process numbers."""
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with (
        distributed.LocalCluster(**options, host="127.0.0.1", silence_logs=50) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client.get_executor(), lambda: list(client.run(os.getpid).values())


@pytest.fixture(params=["threads", "processes", "dask"])
def executor(request):
    found = request.getfixturevalue(request.param)
    return found[0] if request.param == "dask" else found


class Here(Executor):
    """Runs each call at once, after `before` has had a look at its future, which may settle it."""

    def __init__(self, before=lambda future: None):
        self.before, self.futures = before, []

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        self.futures.append(future)
        self.before(future)
        if not future.done():
            future.set_result(fn(*args, **kwargs))
        return future


# --- the bits of one thread ---


@pytest.mark.parametrize("way", WAYS)
def test_an_executor_gives_the_bits_of_one_thread(way, threads):
    expected = sim.simulate(CASE, paths=PATHS, seed=7, workers=1, **WAYS[way])
    result = sim.simulate(CASE, paths=PATHS, seed=7, executor=threads, **WAYS[way])
    assert result == expected
    assert result.sha256 == expected.sha256
    one, another = (run.summary().to_dict() | {"elapsed_s": 0} for run in (result, expected))
    assert one == another


@pytest.mark.parametrize("way", ["philox", "summary of scrambles"])
def test_workers_of_all_kinds_give_the_same_bits(way, executor):
    expected = sim.simulate(CASE, paths=PATHS, seed=7, **WAYS[way])
    assert sim.simulate(CASE, paths=PATHS, seed=7, executor=executor, **WAYS[way]) == expected


@pytest.mark.parametrize("executor", ["threads", "dask"], indirect=True)
def test_analyses_on_an_executor_give_the_same_bits(executor):
    paths = 16 * CHUNK + 500  # two shards of a comparison
    bare = SMALL.replace({"line.conditions": [], "line.coverage": None, "line.max_per_period": 1e9})
    cases = {"a": SMALL, "b": SMALL.replace({"price.volatility": 0.9})}
    assert sim.compare(cases, paths, 7, executor=executor).to_dict() == sim.compare(cases, paths, 7).to_dict()
    assert sim.grid(SMALL, 16, executor=executor).to_dict() == sim.grid(SMALL, 16).to_dict()
    assert sim.clauses(bare, 4200, executor=executor).to_dict() == sim.clauses(bare, 4200).to_dict()  # two stretches
    few = {"indexed": 2, "samples": 4, "index_paths": 64}
    found, expected = (sim.sensitivity(SMALL, 200, **few, **on) for on in ({"executor": executor}, {}))
    assert found.to_dict() == expected.to_dict()


def test_points_that_begin_later_are_those_of_the_whole_run():
    plan = lower(CASE)
    whole, part = SobolPoints(plan, 7), SobolPoints(plan, 7, 5 * CHUNK)
    for _ in range(5):
        whole.take(CHUNK)
    for paths in (CHUNK, SCRAMBLES):
        expected, got = whole.take(paths), part.take(paths)
        assert np.array_equal(got.numbers, expected.numbers)
        assert np.array_equal(got.financings, expected.financings)


def test_what_is_sent_is_small_and_needs_no_file(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_bytes((sim.terms.files.SHIPPED / "valence-2002.toml").read_bytes())
    case = sim.load_case(str(file))
    file.unlink()
    assert len(pickle.dumps(case)) < 30_000  # the text of its file among it
    again = pickle.loads(pickle.dumps(case))
    assert (again, again.source, again.sha256) == (case, str(file), case.sha256)
    run = sim.simulate(case, paths=20_000, seed=7, keep_paths=False)
    sketch = pickle.dumps(run.sketch)
    assert len(sketch) < 450_000
    assert pickle.loads(sketch) == run.sketch
    assert sim.simulate(case, paths=64, seed=7) == pickle.loads(pickle.dumps(sim.simulate(case, paths=64, seed=7)))
    told = pickle.loads(pickle.dumps(run.summary()))
    assert told == run.summary()
    assert len(pickle.dumps(run.summary())) < 60_000
    assert (
        len(pickle.dumps(run)) - run.tallies.fan.nbytes < 500_000
    )  # the cash of single paths is needed to merge and save


def test_progress_counts_up_to_all_paths(executor):
    seen = []
    sim.simulate(SMALL, paths=PATHS, seed=1, executor=executor, progress=lambda *told: seen.append(told))
    assert seen == sorted(seen)
    assert seen[-1] == (PATHS, PATHS)


# --- lost workers ---


def lose(times: int, error: BaseException | None):
    """Lose the first calls: their futures have an error, or are cancelled."""
    left = [times]

    def before(future):
        if left[0]:
            left[0] -= 1
            if error is None:
                future.cancel()
                future.set_running_or_notify_cancel()
            else:
                future.set_exception(error)

    return before


class KilledWorker(Exception):
    """As a cluster raises it."""


@pytest.mark.parametrize("error", [None, KilledWorker("three died"), CancelledError(), OSError("gone")])
def test_a_lost_call_is_run_again(error):
    here = Here(lose(TRIES - 1, error))
    assert sim.simulate(SMALL, paths=300, seed=1, executor=here) == sim.simulate(SMALL, paths=300, seed=1)
    assert len(here.futures) == TRIES


def test_a_call_that_is_lost_each_time_is_an_error():
    with pytest.raises(ExecutorError, match=r"^executor: a worker was lost 3 times at the same work: three died$"):
        sim.simulate(SMALL, paths=300, seed=1, executor=Here(lose(99, KilledWorker("three died."))))


def test_a_killed_worker_of_a_cluster_changes_no_bit(dask):
    executor, processes = dask
    killed = []

    def kill(done, paths):
        if done and not killed:
            killed.append(processes()[0])
            os.kill(killed[0], signal.SIGKILL)

    expected = sim.simulate(CASE, paths=60 * CHUNK, seed=7, keep_paths=False)
    result = sim.simulate(CASE, paths=60 * CHUNK, seed=7, keep_paths=False, executor=executor, progress=kill)
    assert killed
    assert result == expected


def test_a_broken_pool_is_a_clear_error():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        number = pool.submit(os.getpid).result()
        os.kill(number, signal.SIGKILL)
        with pytest.raises(ExecutorError, match=r"^executor: takes no more work: .*abruptly.*; start again with a new"):
            sim.simulate(SMALL, paths=300, seed=1, executor=pool)
    with ThreadPoolExecutor(1) as pool:
        pass
    with pytest.raises(ExecutorError, match="takes no more work: cannot schedule new futures after shutdown"):
        sim.simulate(SMALL, paths=300, seed=1, executor=pool)


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), BlockingIOError(11, "no more")])
def test_a_pool_that_cannot_grow_is_not_called_broken(monkeypatch, error):
    def refused(*_, **__):
        raise error

    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(pool, "submit", refused)
        with pytest.raises(ExecutorError, match=r"; the system starts no more threads or processes$"):
            sim.simulate(SMALL, paths=300, seed=1, executor=pool)


def test_an_error_of_the_function_is_raised_as_it_is():
    with pytest.raises(ZeroDivisionError):
        list(in_order(Here(), divide, [(1, 1), (1, 0)]))
    assert list(in_order(Here(), divide, [(6, 3), (1, 1)])) == [2, 1]


def divide(over, one, another):
    return one / another


def test_a_scheduler_that_is_gone_is_said():
    def ended(future):
        here._client.status = "closed"
        future.done = lambda: True  # and never settled

    here = Here(ended)
    here._client = SimpleNamespace(status="running", nthreads=lambda: {"worker": 3})
    assert workers_of(here) == 3
    with pytest.raises(ExecutorError, match=r"^executor: the connection to the scheduler is lost; start again"):
        sim.simulate(SMALL, paths=300, seed=1, executor=here)


# --- other versions ---


@pytest.mark.parametrize("name", ["fundrisk", "holidays"])
def test_a_worker_of_another_version_is_refused(name, monkeypatch, processes):
    mine = executors.versions_that_matter()
    assert sorted(mine) == ["fundrisk", "holidays"]
    other = mine | {name: "0.0.1"}
    monkeypatch.setattr(executors, "versions_that_matter", lambda: other)  # in this process alone
    expected = f"^executor: a worker has {name} {mine[name]}; must be {name} 0.0.1, as where the work comes from$"
    with pytest.raises(ExecutorError, match=expected):
        sim.simulate(SMALL, paths=300, seed=1, executor=processes)


def test_versions_are_compared_before_anything_is_read():
    assert work({"fundrisk": "0.0.1"}, "", "", b"not a pickle")[0] == "refused"


def test_a_worker_without_fundrisk_is_said():
    with pytest.raises(ExecutorError, match=f"a worker must have fundrisk {sim.__version__}, holidays .*No module"):
        sim.simulate(SMALL, paths=64, executor=Here(lose(1, ModuleNotFoundError("No module named 'sim'"))))


# --- options and interrupts ---


def test_options_that_cannot_be_used_are_said(threads):
    for call in (sim.simulate, sim.grid, sim.clauses, sim.sensitivity, lambda case, **on: sim.compare([case], **on)):
        with pytest.raises(ValueError, match=r"^workers = 2: must be left out with an executor"):
            call(SMALL, paths=16, workers=2, executor=threads)
        with pytest.raises(ValueError, match=r"^executor = 3: must be a concurrent.futures.Executor$"):
            call(SMALL, paths=16, executor=3)
    with pytest.raises(ValueError, match=r"^paths = 0: must be"):
        sim.simulate(SMALL, paths=0, executor=threads)


def test_an_interrupt_stops_the_workers_and_cancels_the_rest(threads):
    started = []
    interrupted_at = []

    def interrupt():
        interrupted_at.append(time.perf_counter())
        signal.raise_signal(signal.SIGINT)

    timer = threading.Timer(0.3, interrupt)
    pool = ThreadPoolExecutor(2)
    submit = pool.submit

    def submitted(*given):
        if not started:
            timer.start()
        started.append(submit(*given))
        return started[-1]

    pool.submit = submitted
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            sim.simulate(CASE, paths=10**9, seed=7, keep_paths=False, executor=pool)
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.perf_counter() - interrupted_at[0] < 0.5
    assert all(future.cancelled() or future.running() or future.done() for future in started)
    pool.shutdown(wait=True)  # parts that had begun end soon
    assert time.perf_counter() - interrupted_at[0] < 5.0
    assert any(future.cancelled() for future in started)


def test_what_is_in_flight_does_not_grow_with_the_number_of_calls():
    waiting = Here()
    taken = []

    def calls():
        for number in range(10_000):
            taken.append(number)
            yield number, (number, 1)

    results = spread(waiting, divide, calls())
    assert next(results) == (0, 0)
    assert len(taken) < 100
    results.close()
    assert isinstance(Lost("x"), tuple)
