"""What the machine gives: cores, a container's share of them and of memory, and threads that do not start."""

import math
import os
import threading
import warnings

import pytest

import sim
from sim.engine import chunks, machine, simulate, threads
from sim.engine.machine import available_workers, memory_limit
from sim.engine.threads import Threads
from sim.lowering.schedule import gap_months
from tests.proof.coverage import small_case

VERSION_2 = "30 23 0:26 / {root} rw,nosuid - cgroup2 cgroup2 rw\n"
CPU_1 = "32 31 0:29 {of} {root}/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
MEMORY_1 = "33 31 0:29 {of} {root}/memory rw,relatime - cgroup cgroup rw,memory\n"


@pytest.fixture
def container(tmp_path, monkeypatch):
    """A function that writes the files of a container: memberships, mounts, and files of control groups by path."""

    def write(cgroup: str, mounts: str, files: dict[str, str], of: str = "/") -> None:
        process, root = tmp_path / "proc", tmp_path / "cgroup"
        process.mkdir()
        (process / "cgroup").write_text(cgroup)
        (process / "mountinfo").write_text(mounts.format(root=root, of=of))
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        monkeypatch.setattr(machine, "_PROCESS", process)
        monkeypatch.setattr(machine, "_cores", lambda: 64)

    return write


@pytest.mark.parametrize(
    ("cgroup", "mounts", "of", "files", "workers"),
    [
        ("0::/\n", VERSION_2, "/", {"cpu.max": "200000 100000\n"}, 2),
        ("0::/\n", VERSION_2, "/", {"cpu.max": "max 100000\n"}, 64),
        ("0::/\n", VERSION_2, "/", {"cpu.max": "150000 100000\n"}, 2),  # one and a half
        ("0::/\n", VERSION_2, "/", {"cpu.max": "10000 100000\n"}, 1),  # a tenth
        ("0::/a/b\n", VERSION_2, "/", {"a/cpu.max": "300000 100000\n", "a/b/cpu.max": "max 100000\n"}, 3),
        ("0::/a/b\n", VERSION_2, "/", {"a/cpu.max": "300000 100000\n", "a/b/cpu.max": "100000 50000\n"}, 2),
        ("0::/a\n", VERSION_2, "/", {"cpu.max": "nonsense\n", "a/cpu.max": "5"}, 64),
        ("0::/a\n", VERSION_2, "/", {"a/cpu.max": "100000 0\n"}, 64),
        ("0::/a\n", "", "/", {"a/cpu.max": "100000 100000\n"}, 64),  # not mounted
        ("2:cpu,cpuacct:/\n0::/\n", CPU_1, "/", {"cpu/cpu.cfs_quota_us": "400000", "cpu/cpu.cfs_period_us": "1e5"}, 64),
        ("2:cpu,cpuacct:/\n", CPU_1, "/", {"cpu/cpu.cfs_quota_us": "400000", "cpu/cpu.cfs_period_us": "100000"}, 4),
        ("2:cpu,cpuacct:/\n", CPU_1, "/", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 64),
        # The mount shows the container's own group as its root, while the membership is that of the machine.
        ("2:cpu,cpuacct:/docker/7\n", CPU_1, "/docker/7",
         {"cpu/cpu.cfs_quota_us": "250000", "cpu/cpu.cfs_period_us": "100000"}, 3),
        ("2:cpu,cpuacct:/docker/7\n", CPU_1, "/elsewhere",
         {"cpu/cpu.cfs_quota_us": "250000", "cpu/cpu.cfs_period_us": "100000"}, 3),
        ("no line of three parts\n", "nor one\n- -\n", "/", {}, 64),
    ],
)  # fmt: skip
def test_workers_heed_the_containers_share(container, cgroup, mounts, of, files, workers):
    container(cgroup, mounts, files, of)
    assert available_workers() == workers


def test_workers_are_the_cores_where_there_are_fewer(container, monkeypatch):
    container("0::/\n", VERSION_2, {"cpu.max": "800000 100000\n"})
    monkeypatch.setattr(machine, "_cores", lambda: 3)
    assert available_workers() == 3


def test_without_control_groups_there_is_no_share(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "_PROCESS", tmp_path / "none")
    monkeypatch.setattr(machine, "_cores", lambda: 5)
    assert available_workers() == 5


def test_the_count_that_the_user_states_for_python_holds(monkeypatch):
    monkeypatch.setattr(os, "process_cpu_count", lambda: 1, raising=False)
    assert machine._cores() == 1


@pytest.mark.parametrize(
    ("cgroup", "mounts", "files", "limit"),
    [
        ("0::/a\n", VERSION_2, {"a/memory.max": "300000000\n"}, 300_000_000),
        ("0::/a\n", VERSION_2, {"a/memory.max": "max\n", "memory.max": "70000000\n"}, 70_000_000),
        ("0::/a\n", VERSION_2, {"a/memory.max": "max\n", "a/memory.high": "5000000\n"}, 5_000_000),
        ("4:memory:/\n", MEMORY_1, {"memory/memory.limit_in_bytes": "123456789\n"}, 123_456_789),
        ("4:memory:/\n", MEMORY_1, {"memory/memory.limit_in_bytes": "9223372036854771712\n"}, None),
        ("0::/a\n", VERSION_2, {"a/memory.max": "max\n"}, None),
    ],
)
def test_memory_is_that_of_the_container(container, cgroup, mounts, files, limit):
    without = memory_limit()
    container(cgroup, mounts, files)
    assert memory_limit() == (limit or without)


def test_paths_that_the_container_cannot_hold_are_refused_or_not_kept(monkeypatch):
    case = small_case()
    room = simulate.bytes_of_path(len(sim.results.summary.fiscal_periods(case)), len(gap_months(case)))
    for module in (simulate, chunks):
        monkeypatch.setattr(module, "memory_limit", lambda: 1000 * room)
    assert sim.simulate(case, paths=1000)["raised"].shape == (1000,)
    with pytest.raises(ValueError, match=r"^paths = 1001: too many to keep in memory: simulate with keep_paths=False$"):
        sim.simulate(case, paths=1001)
    assert sim.simulate(case, paths=1001, keep_paths=False).sketch is not None
    assert [simulate.kept_by_default(case, paths) for paths in (1, 250, 251, 1000)] == [True, True, False, False]
    monkeypatch.setattr(simulate, "memory_limit", lambda: None)
    assert [simulate.kept_by_default(case, paths) for paths in (2_000_000, 2_000_001)] == [True, False]


# --- threads ------------------------------------------------------------------------------------------


@pytest.fixture
def few_threads(monkeypatch):
    """A function that lets so many more threads start."""

    def allow(number: int, error: type[Exception] = RuntimeError) -> None:
        threads._say_once.cache_clear()
        left, start = [number], threading.Thread.start

        def start_or_not(thread):
            if not left[0]:
                raise error("can't start new thread")
            left[0] -= 1
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", start_or_not)

    return allow


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("how", [{}, {"sampler": "sobol"}, {"keep_paths": False}])
def test_fewer_threads_give_the_same_result_and_one_warning(few_threads, number, how):
    how = {"paths": 40_000, "seed": 3, "workers": 4} | how
    expected = sim.simulate(small_case(), **how)
    few_threads(number)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(2):
            assert sim.simulate(small_case(), **how) == expected
    # The second run has none of the threads that the first one was allowed.
    said = {0: ["one thread is"], 1: ["one thread is"], 2: ["2 threads are", "one thread is"]}[number]
    assert [str(each.message) for each in told] == [f"no more threads can be started: {words} used" for words in said]


@pytest.mark.parametrize("number", [0, 1])
def test_an_analysis_without_threads_is_the_same(few_threads, number):
    def table():
        document = sim.clauses(small_case(), paths=200, workers=3).to_dict()
        return {name: value for name, value in document.items() if name != "elapsed_s"}

    expected = table()
    few_threads(number)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert table() == expected


@pytest.mark.parametrize("error", [RuntimeError, OSError, MemoryError])
def test_a_sweep_without_threads_is_the_same(few_threads, error):
    def rows():
        grid = {"axes": {"burn.growth": [0.0, 0.1, 0.2]}}
        return list(sim.sweep(small_case(), grid, paths=200, workers=3).rows())

    expected = rows()
    few_threads(0, error)
    with pytest.warns(RuntimeWarning, match="^no more threads can be started: one thread is used$"):
        assert rows() == expected


def test_a_warning_that_is_an_error_stops_no_run(few_threads):
    few_threads(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sim.simulate(small_case(), paths=50, workers=2).paths == 50


@pytest.mark.parametrize("number", [0, 1, 9])
def test_jobs_return_raise_and_are_dropped(few_threads, number):
    few_threads(number)
    pool, gate = Threads(3), threading.Event()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        futures = [pool.submit(lambda n=n: math.sqrt(n)) for n in (4.0, 9.0, -1.0)]
        assert [future.result() for future in futures[:2]] == [2.0, 3.0]
        assert isinstance(futures[2].exception(), ValueError)
        if number:
            waiting = [pool.submit(gate.wait) for _ in range(20)]
            gate.set()
            pool.close()
            ended = [future.done() for future in waiting]  # those that had begun when it was closed, in their order
            assert ended == sorted(ended, reverse=True)
            assert pool.finished(0) is futures[0]
    pool.close()
    assert not any(thread.is_alive() for thread in pool.started)


def test_an_interrupt_of_a_run_without_threads_is_the_callers(few_threads):
    few_threads(0)

    def interrupt(*_):
        raise KeyboardInterrupt

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(KeyboardInterrupt):
            Threads(2).submit(interrupt)
        with pytest.raises(KeyboardInterrupt):
            sim.simulate(small_case(), paths=40_000, workers=2, progress=interrupt)


def test_this_machines_files_can_be_read():
    assert available_workers() >= 1
    assert memory_limit() is None or memory_limit() > 2**20
