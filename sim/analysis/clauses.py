"""`clauses`: the cost of each clause of a line, removed alone, and its exact Shapley value."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from sim.analysis.clause_costs import ClauseCosts
from sim.analysis.coalitions import Lifter
from sim.analysis.paired import difference_of, level_of, measures_of, values_of
from sim.analysis.runs import Progress, in_threads, threads
from sim.analysis.variants import Clause, clauses_of
from sim.engine.chunks import Drawn
from sim.engine.executors import check_executor, in_order
from sim.engine.lane import Lane
from sim.engine.simulate import simulate
from sim.lowering.line import is_plain
from sim.results.estimates import bounded
from sim.terms import Case, load_case
from sim.terms.options import seed_of
from sim.terms.overrides import known_key
from sim.terms.problems import check_whole

#: Of more clauses than these, some are combined: each clause doubles the number of runs.
MOST = 12
#: The same for a case whose lines are in tables, which are made anew for each run.
MOST_OF_TABLES = 8
PATHS = 4_096
#: Paths that are simulated for all sets of clauses before the next ones: their sums stay in the cache.
AT_ONCE = 4_096
#: Separate sums, whatever the number of workers, so that this number changes no bit.
LANES = 8


def clauses(
    case: Case | str,
    paths: int | None = None,
    seed: int | None = None,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> ClauseCosts:
    """The cost of each clause of the case's line: the effect of removing it alone, and its Shapley value.

    The Shapley value of a clause is the mean of its effect over all orders in which the clauses could be removed one
    after another: the sum over the sets S without it of |S|! (n - |S| - 1)! / n! times (v(S with it) - v(S)). Shapley
    (1953), A value for n-person games. All 2^n sets are simulated under common random numbers, and the sum is taken on
    every path, so that the values add up on each path and their errors are estimated from the paths. n is at most 12,
    and 8 where the lines are in tables of their own: some clauses are combined, conditions of the same day first.

    Parameters
    ----------
    case : Case or str
        The case, its file or the name of a shipped case.
    paths : int, optional
        4,096 unless given.
    seed : int, optional
        The case's unless given.
    workers : int, optional
        Threads; as many as there are cores, at most 8, unless given.
    executor : concurrent.futures.Executor, optional
        As in `sim.simulate`.
    progress : callable, optional
        Called as progress(done, total) with the paths of all sets.

    Returns
    -------
    ClauseCosts

    Raises
    ------
    CaseError, ValueError
        For a case and for options that cannot be used.

    Examples
    --------
    >>> costs = sim.clauses("valence-2002", paths=256)
    >>> costs.clauses[8].key, costs.shapley["raised"][8]
    ('period cap', 12,500,000 +- 300,000)
    """
    case = load_case(case)
    paths = check_whole("paths", PATHS if paths is None else paths, 1, 10**9)
    seed = seed_of(case, seed)
    check_executor(executor, workers)
    workers = min(threads(workers), LANES)
    chosen, grouped = _few_enough(case, clauses_of(case), MOST if is_plain(case) else MOST_OF_TABLES)
    sums = _Sums(case, len(chosen))
    if executor is None:
        stretches = _on_threads(case, chosen, paths, seed, workers, progress)
    else:
        stretches = _on_executor(case, chosen, paths, seed, executor, progress)
    for lanes in stretches:
        sums.add(lanes)
    return sums.costs(case, chosen, grouped, paths, seed)


def _on_threads(
    case: Case, chosen: tuple[Clause, ...], paths: int, seed: int, workers: int, progress: Progress | None
) -> Iterator[list[_LaneSums]]:
    """The sums of all lanes for each stretch of paths."""
    simulate(case, paths=1, seed=seed, workers=1)  # compiles
    lifter = Lifter(case, chosen)
    stop = np.zeros(1, np.int64)
    total = paths << len(chosen)
    for first in range(0, paths, AT_ONCE):
        here = min(AT_ONCE, paths - first)
        lanes = [_Lane(lifter, lane, first, here, seed, stop) for lane in range(LANES)]
        told = partial(_told, progress, first << len(chosen), here, lanes, total)
        in_threads([lane.work for lane in lanes], workers, partial(stop.fill, 1), told, told, first_alone=False)
        stop[0] = 0
        yield [lane.sums for lane in lanes]


def _on_executor(
    case: Case, chosen: tuple[Clause, ...], paths: int, seed: int, executor: Executor, progress: Progress | None
) -> Iterator[list[_LaneSums]]:
    stretches = [(first, min(AT_ONCE, paths - first)) for first in range(0, paths, AT_ONCE)]
    calls = ((case, chosen, lane, *stretch, seed) for stretch in stretches for lane in range(LANES))
    done, lanes = 0, []

    def told() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress((paths << len(chosen)) * done // (LANES * len(stretches)), paths << len(chosen))

    for lane in in_order(executor, _lane_sums, calls, told):
        lanes.append(lane)
        if len(lanes) == LANES:
            yield lanes
            lanes = []


def _lane_sums(
    over: Callable[[], bool], case: Case, chosen: tuple[Clause, ...], lane: int, first: int, paths: int, seed: int
) -> _LaneSums:
    """The sums of one lane, on a worker."""
    made = _Lane(Lifter(case, chosen), lane, first, paths, seed, np.zeros(1, np.int64))
    made.work(over)
    return made.sums


def _told(progress: Progress | None, before: int, paths: int, lanes: list[_Lane], total: int) -> None:
    if progress is not None:
        progress(before + paths * sum(lane.done for lane in lanes), total)


class _LaneSums(NamedTuple):
    with_it: np.ndarray  # (clauses, measures, paths)
    of_all: np.ndarray  # (measures, paths)
    kept: dict[int, np.ndarray]  # values of the sets of none, one and all
    largest: np.ndarray  # (measures,)


class _Lane:
    """Every LANES-th set of clauses, for one stretch of paths, and the sums over these sets on every path.

    With a(s) = (s - 1)! (n - s)! / n! and b(s) = s! (n - s - 1)! / n!, the share of a clause is the sum over the sets
    with it of (a + b) v minus the sum over all sets of b v.
    """

    def __init__(self, lifter: Lifter, lane: int, first: int, paths: int, seed: int, stop: np.ndarray) -> None:
        self.lifter, self.lane, self.first, self.paths, self.seed, self.stop = lifter, lane, first, paths, seed, stop
        self.measures = measures_of(lifter.case)
        shape = len(self.measures), paths
        self.with_it = np.zeros((len(lifter.clauses), *shape))
        self.of_all = np.zeros(shape)
        self.kept: dict[int, np.ndarray] = {}
        self.largest = np.zeros(len(self.measures))
        self.done = 0

    @property
    def sums(self) -> _LaneSums:
        return _LaneSums(self.with_it, self.of_all, self.kept, self.largest)

    def work(self, over: Callable[[], bool] = lambda: False) -> None:
        n = len(self.lifter.clauses)
        orders = math.factorial(n)
        lane, drawn = Lane(stop=self.stop), Drawn(self.seed)
        for lifted in range(self.lane, 1 << n, LANES):
            if self.stop[0] or over():
                return
            members = [i for i in range(n) if lifted >> i & 1]
            size = len(members)
            lane.run(self.lifter.plan_of(members), self.paths, drawn, self.first)
            columns = lane.columns(self.lifter.case, self.paths)
            values = np.array([values_of(columns, name) for name in self.measures], np.float64)
            after = math.factorial(size - 1) * math.factorial(n - size) / orders if size else 0.0
            before = math.factorial(size) * math.factorial(n - size - 1) / orders if size < n else 0.0
            weighed = (after + before) * values
            for i in members:
                self.with_it[i] += weighed
            self.of_all += before * values
            self.largest = np.maximum(self.largest, np.abs(values).max(axis=1))
            if size in (0, 1, n):
                self.kept[lifted] = values
            self.done += 1


class _Sums:
    """The running sums of levels, gains and shares."""

    def __init__(self, case: Case, n: int) -> None:
        self.n, self.measures = n, measures_of(case)
        self.signed = [level_of(name, None) for name in self.measures]
        self.lifted = [level_of(name, None) for name in self.measures]
        self.together = [difference_of(name, None) for name in self.measures]
        self.alone = [[difference_of(name, None) for _ in range(n)] for name in self.measures]
        self.shapley = [[difference_of(name, None) for _ in range(n)] for name in self.measures]

    def add(self, lanes: list[_LaneSums]) -> None:
        kept = {lifted: values for lane in lanes for lifted, values in lane.kept.items()}
        signed, lifted = kept[0], kept[(1 << self.n) - 1]
        shares = sum(lane.with_it for lane in lanes) - sum(lane.of_all for lane in lanes)
        # Rounding of sums that cancel; no clause has so small an effect on a path.
        dust = 1e-12 * np.max([lane.largest for lane in lanes], axis=0)[:, None]
        shares = np.where(np.abs(shares) <= dust, 0.0, shares)
        for m in range(len(self.measures)):
            self.signed[m].add(signed[m])
            self.lifted[m].add(lifted[m])
            self.together[m].add(lifted[m] - signed[m])
            for i in range(self.n):
                self.alone[m][i].add(kept[1 << i][m] - signed[m])
                self.shapley[m][i].add(shares[i, m])

    def costs(
        self, case: Case, chosen: tuple[Clause, ...], grouped: tuple[str, ...], paths: int, seed: int
    ) -> ClauseCosts:
        def named(rows: list) -> dict[str, Any]:
            return {
                name: tuple(each.estimate() for each in row) if isinstance(row, list) else row.estimate()
                for name, row in zip(self.measures, rows, strict=True)
            }

        return ClauseCosts(
            case, chosen, paths, seed, bounded(named(self.signed)), bounded(named(self.lifted)), named(self.together),
            named(self.alone), named(self.shapley), grouped,
        )  # fmt: skip


def _few_enough(case: Case, found: tuple[Clause, ...], most: int) -> tuple[tuple[Clause, ...], tuple[str, ...]]:
    """At most `most` clauses, with a note on each that is combined of several.

    Conditions of the same day are combined first, then all conditions, then the limits of one kind of each line, then
    the limits of one kind.
    """
    days = {f"condition: {condition.name}": condition.after for condition in case.conditions}

    def day_of(clause: Clause) -> Any:
        return (days.get(clause.key), "condition") if clause.key.startswith("condition") else clause.key

    def whether_condition(clause: Clause) -> Any:
        return "condition" if clause.key.startswith("condition") else clause.key

    def line_and_kind(clause: Clause) -> Any:
        return next(iter(clause.lifted)).partition("]")[0] if _kind(clause) in COMBINED else "", _kind(clause)

    for group_of in (day_of, whether_condition, line_and_kind, _kind):
        if len(found) <= most:
            break
        groups: dict[Any, list[Clause]] = {}
        for clause in found:
            groups.setdefault(group_of(clause), []).append(clause)
        found = tuple(_together(members) for members in groups.values())
    grouped = tuple(
        f"lifted together: {clause.words}" for clause in found if clause.key.startswith(("conditions", "clauses"))
    )
    return found, grouped


#: Kinds of clauses that single lines state, of which there may be many.
COMBINED = ("date", "price", "limit", "coverage", "shares", "size", "cost")


def _kind(clause: Clause) -> str:
    """The kind of a clause, by the first key that lifts it."""
    stated = known_key(Case, next(iter(clause.lifted))).clause
    return "condition" if stated is None else stated.kind


def _together(members: list[Clause]) -> Clause:
    if len(members) == 1:
        return members[0]
    names = ", ".join(member.key.removeprefix("condition: ") for member in members)
    lifted = {key: value for member in members for key, value in member.lifted.items()}
    what = "conditions" if members[0].key.startswith("condition") else "clauses"
    return Clause(f"{what}: {names}", "; ".join(member.words for member in members), lifted)
