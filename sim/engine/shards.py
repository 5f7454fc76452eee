"""Runs whose parts are simulated by the workers of an executor."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import closing
from typing import Any

from sim.engine.chunks import Part, Run
from sim.engine.executors import found, spread, workers_of


def simulate_part(over: Callable[[], bool], *of: Any) -> Part:
    """Simulate a part of a run on a worker. `of`: the arguments of `Run`."""
    run = Run(*of)
    run.finish(1, stopping(over))
    return run.part()


def stopping(over: Callable[[], bool]) -> Callable[..., None]:
    """A progress that ends a run, with InterruptedError, once its result is not wanted any more."""

    def check(*_: int) -> None:
        if over():
            raise InterruptedError

    return check


def spread_runs(runs: Iterable[Run], executor: Executor, told: Callable[[int, int], Any]) -> Iterator[Run]:
    """The runs in their order, done by the workers of an executor."""
    begun: deque[Run] = deque()

    def parts() -> Iterator[tuple[Run, tuple]]:
        for run in runs:
            begun.append(run)
            for part in run.parts(workers):
                yield run, part

    def tell() -> None:
        if begun:
            told(begun[0].paths - begun[0].missing, begun[0].paths)

    workers = workers_of(executor)
    with closing(spread(executor, simulate_part, parts(), tell)) as done:
        for run, part in done:
            run.take(found(part))
            tell()
            while begun and not begun[0].missing:
                yield begun.popleft()
