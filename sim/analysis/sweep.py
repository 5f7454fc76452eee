"""`sweep`: many cases, each a combination of overrides, on one machine or on a cluster, to one file a row at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any

from sim.analysis.batches import Memory, Work
from sim.analysis.runs import threads
from sim.analysis.swept import Failures, Sweep
from sim.analysis.swept_plan import Plan
from sim.engine.executors import check_executor
from sim.results.files import ResultError
from sim.results.journal import Journal
from sim.results.row_files import check_name, write_rows
from sim.terms import Case
from sim.terms.problems import show


def sweep(
    cases: Mapping[str, Case | str] | Iterable[Case | str] | Case | str,
    grid: Mapping[str, Any] | str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    paths: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> Sweep:
    """Simulate every combination of a grid of overrides, for one case or several, to a row each.

    A row has the case, the overrides, the number of paths, the seed, the mean and the standard error of every measure,
    and the probability of cash-out with its interval. Rows of the same seed have common random numbers.

    Parameters
    ----------
    cases : mapping of str to Case, iterable of Case or str, or one of them
        As in `sim.compare`.
    grid : mapping or path
        The table of a grid, or a TOML file of it: {"axes": {key: [values]}} for all combinations; {"sobol": {"points":
        n, "seed": s}, "ranges": {key: [low, high]}} for a Sobol' design; {"overrides": [{key: value}, ...]} for a list.
    out : path, optional
        A file that ends in .csv or .parquet; it is new, empty, or of the same sweep. Rows that are done are kept in
        `out`.partial until the file is complete: after an interruption the same call goes on where it ended. Without
        a file the rows are kept in memory.
    paths, seed : int, optional
        Each case's own unless given.
    workers : int, optional
        Threads; as many as there are cores unless given.
    executor : concurrent.futures.Executor, optional
        As in `sim.simulate`. Rows are the same to the last bit.
    progress : callable, optional
        Called as progress(rows done, rows).

    Returns
    -------
    Sweep
        Its `failures` are the rows that have no figures, and why.

    Raises
    ------
    CaseError, ValueError
        For a grid, a case or an option that cannot be used.
    ResultError
        If the file cannot be written, is being written by another sweep, or has the rows of another one.
    ExecutorError
        If the executor takes no more work, or its workers have other versions. Rows that are done are kept.

    Examples
    --------
    >>> found = sim.sweep("valence-2002", {"axes": {"price.volatility": [0.6, 0.9]}}, paths=1000)
    >>> [round(row["raised"], -3) for row in found.rows()]
    [6222000.0, 6208000.0]
    """
    check_executor(executor, workers)
    plan = Plan.of(cases, grid, paths, seed)
    work, failures = Work(plan, threads(workers), executor, progress), Failures()
    if out is None:
        memory = Memory({})
        new = work.finish(memory)
        values = (memory.rows[number] for number in range(plan.size))
        rows = (plan.row(label, found) for label, found in zip(plan.labels(), values, strict=True))
        return plan.swept(None, new, tuple(failures.passing(rows)), failures)
    if not isinstance(out, str | bytes | os.PathLike):
        raise ValueError(f"out = {show(out)}: must be the path of a file")
    file = os.fsdecode(out)
    check_name(file)
    if os.path.exists(file) and os.path.getsize(file) > 0:  # an empty one is new, as `touch` and `mktemp` make it
        for _ in failures.passing(plan.checked(file)):
            pass
        if os.path.exists(f"{os.path.realpath(file)}.partial"):  # killed between the file and the end of its journal
            with suppress(ResultError):
                Journal(file, plan.record, plan.size).close(remove=True)
        return plan.swept(file, 0, (), failures)
    journal, complete = Journal(file, plan.record, plan.size), False
    try:
        new = work.finish(journal)
        journal.sync()
        rows = (plan.row(label, values) for label, values in zip(plan.labels(), journal, strict=True))
        write_rows(file, plan.columns, failures.passing(rows))
        complete = True
    except ResultError as error:
        raise ResultError(f"{error}; rows that are done are kept: run the same sweep again") from None
    finally:
        journal.close(remove=complete)
    return plan.swept(file, new, (), failures)
