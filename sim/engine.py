"""Paths in chunks over threads, progress, interruption, and sums in an order that nothing can change."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Any

import numpy as np

from sim import records as r
from sim.lowering import Plan, lower
from sim.result import Result
from sim.summary import Tallies
from sim.terms import Case, load_case

#: Paths of one call of the outermost kernel. Sums are kept by chunk, so this is part of what fixes their last bits.
CHUNK = 16_384
#: Paths whose month-end cash is kept for the fan of balances.
FAN_PATHS = CHUNK


class Workspace:
    """The arrays that one thread works in, reused from chunk to chunk."""

    def __init__(self, plan: Plan) -> None:
        program = plan.program
        months, reasons = len(plan.months), len(plan.reasons)

        def rows(n: int) -> np.ndarray:
            return np.zeros((max(n, 1), r.BLOCK))

        self.histories = r.Histories(
            luck=rows(plan.luck_rows),
            closes=rows(len(program.days)),
            ready=np.zeros(max(len(program.days), 1), np.int64),
            cash_used=rows(len(program.months)),
            achieved=rows(len(program.milestones)),
            ceo_change=rows(1),
            adverse_change=rows(1),
            waived=rows(len(program.conditions)),
            extended=rows(len(program.notes)),
            deals_until=np.zeros(months + 1, np.int64),
            deal_path=np.zeros(months * r.BLOCK + 1, np.int64),
            deal_amount=np.zeros(months * r.BLOCK),
            deal_reduces=np.zeros(months * r.BLOCK),
            scratch=np.zeros(r.BLOCK),
        )
        self.ledgers = r.Ledgers(
            state=np.zeros(r.N_STATE * r.BLOCK),
            notes=rows(3 * len(program.notes)),
            raised=rows(len(plan.periods)),
            shortfall=rows(reasons),
            fails_from=rows(len(program.conditions)),
            fails_until=rows(len(program.conditions)),
        )
        self.tally = r.Tally(
            binding=np.zeros((len(plan.periods) * reasons, r.BLOCK), np.int64),
            unraised=np.zeros((reasons, r.BLOCK)),
        )


def tape(plan: Plan, paths: int, draws: bool) -> r.Tape:
    """An empty tape for the first `paths` paths of a chunk."""
    return r.Tape(
        draws=np.zeros((len(plan.purchase_dates), len(r.TAPE), paths if draws else 0)),
        cash_month_end=np.zeros((len(plan.months), paths)),
    )


def columns(plan: Plan, paths: int) -> np.ndarray:
    """Room for the columns of `paths` paths: `sim.records.COLUMNS`, then each period's raised."""
    return np.empty((r.N_COLUMNS + len(plan.periods), paths))


def available_workers() -> int:
    """Cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def simulate(
    case: Case | str,
    *,
    paths: int | None = None,
    seed: int | None = None,
    sampler: str = "philox",
    workers: int | None = None,
    keep_paths: bool = True,
    progress: Callable[[int, int], Any] | None = None,
) -> Result:
    """Simulate a case and return its `sim.Result`.

    Parameters
    ----------
    case : a `Case`, the name of a shipped case, or the path of a case file.
    paths, seed : as in the case's [simulation] unless given; at least 1 path, a seed from 0 to 2^64 - 1.
    sampler : "philox", independent pseudo-random paths.
    workers : threads; every core this process may use unless given. No result depends on it.
    keep_paths : whether the result holds every path's measures.
    progress : called as progress(paths done, paths) now and then, from this thread.

    The result for (case, seed) is the same to the last bit for any number of workers, and the first n paths of a
    longer run are the run of n paths. Raises CaseError or ValueError for input that cannot be used; KeyboardInterrupt
    within half a second of Ctrl-C.
    """
    case = load_case(case)
    paths = check_whole("paths", case.simulation.paths if paths is None else paths, 1, 10**12)
    seed = check_whole("seed", case.simulation.seed if seed is None else seed, 0, 2**64 - 1)
    workers = available_workers() if workers is None else check_whole("workers", workers, 1, 4096)
    if sampler != "philox":
        raise ValueError(f"sampler = {sampler!r}: must be 'philox'")
    started = time.perf_counter()
    plan = lower(case)
    run = _Run(plan, paths, seed)
    run.finish(workers, progress)
    return Result(
        case=case,
        paths=paths,
        seed=seed,
        sampler=sampler,
        elapsed_s=time.perf_counter() - started,
        columns=run.columns(),
        tallies=run.tallies(),
        workers=workers,
    )


def check_whole(name: str, value: Any, least: int, most: int) -> int:
    """A whole number within limits, or ValueError with one line that says what is allowed."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        raise ValueError(f"{name} = {value!r}: must be a whole number from {least} to {most}")
    return int(value)


class _Run:
    """The chunks of one run: where their results go, and how they are worked off."""

    def __init__(self, plan: Plan, paths: int, seed: int) -> None:
        self.plan, self.paths, self.seed = plan, paths, np.uint64(seed)
        self.out = columns(plan, paths)
        self.chunks = -(-paths // CHUNK)
        self.fan = np.zeros((len(plan.months), min(paths, FAN_PATHS)))
        self.binding = np.zeros((len(plan.periods), len(plan.reasons)), np.int64)
        self.unraised = np.zeros((self.chunks, len(plan.reasons)))
        self.stop = np.zeros(1, np.int64)
        self.lock = threading.Lock()

    def finish(self, workers: int, progress: Callable[[int, int], Any] | None) -> None:
        """Work off all chunks on `workers` threads; on an exception here, stop them and leave."""
        from sim.kernels.block import simulate_chunk

        spare = [Workspace(self.plan) for _ in range(min(workers, self.chunks))]
        self._chunk(simulate_chunk, spare, 0, 0)  # no path: compiles, so that two threads never do at once
        if progress is not None:
            progress(0, self.paths)
        pool = ThreadPoolExecutor(len(spare))
        try:
            waiting = {pool.submit(self._chunk, simulate_chunk, spare, c, CHUNK) for c in range(self.chunks)}
            while waiting:
                finished, waiting = wait(waiting, timeout=0.1, return_when=FIRST_COMPLETED)
                for future in finished:
                    future.result()
                if progress is not None:
                    done = (self.chunks - len(waiting)) * CHUNK
                    progress(min(done, self.paths), self.paths)
        finally:
            self.stop[0] = 1
            pool.shutdown(wait=True, cancel_futures=True)

    def _chunk(self, simulate_chunk, spare: list[Workspace], c: int, paths: int) -> None:
        """Simulate the first `paths` paths of chunk c. A chunk's sums depend on nothing but the chunk."""
        first, last = c * CHUNK, min(c * CHUNK + paths, self.paths)
        workspace = spare.pop()  # list.pop and append are atomic
        workspace.tally.binding[:] = 0
        workspace.tally.unraised[:] = 0.0
        fan = tape(self.plan, max(0, min(last, FAN_PATHS) - first), draws=False)
        simulate_chunk(
            self.plan.program, workspace.histories, workspace.ledgers, workspace.tally, fan,
            self.out, first, last - first, np.uint64(first), self.seed, self.stop,
        )  # fmt: skip
        if first < FAN_PATHS:
            self.fan[:, first:last] = fan.cash_month_end
        self.unraised[c] = workspace.tally.unraised.sum(axis=1)
        with self.lock:
            self.binding += workspace.tally.binding.sum(axis=1).reshape(self.binding.shape)
        spare.append(workspace)

    def columns(self) -> dict[str, np.ndarray]:
        """One array for each column, in the order of the paths, and raised_by_period (periods, paths)."""
        columns = dict(zip(r.COLUMNS, self.out[: r.N_COLUMNS], strict=True))
        del columns["cut"]
        columns["draws"] = columns["draws"].astype(np.int32)
        columns["cause"] = columns["cause"].astype(np.int8)
        return {**columns, "raised_by_period": self.out[r.N_COLUMNS :]}

    def tallies(self) -> Tallies:
        """Sums over the paths, added up chunk by chunk."""
        periods = self.plan.program.purchases["period"]
        return Tallies(
            reasons=self.plan.reasons,
            binding=self.binding,
            purchase_dates=np.bincount(periods, minlength=len(self.plan.periods)),
            cut=float(self.out[r.COLUMNS.index("cut")].sum()),
            unraised=self.unraised.sum(axis=0),
            fan=self.fan,
        )
