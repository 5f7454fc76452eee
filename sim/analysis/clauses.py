"""What each clause of a line costs: lifting it alone, and its exact Shapley share of lifting them all."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.analysis.variants import Clause, clauses_of
from sim.results.summary import jsonable, manifest

if TYPE_CHECKING:
    import numpy as np

    from sim.analysis.coalitions import Lifter
    from sim.results.estimates import Estimate
    from sim.terms import Case

#: More clauses than these are put together: every one doubles the number of runs.
MOST = 12
PATHS = 4_096
#: Paths that go through all sets of clauses before the next ones do: their sums stay in the processor's cache.
AT_ONCE = 4_096
#: Sums that are kept apart, whatever the number of workers, so that it changes no bit.
LANES = 8


@dataclass(frozen=True)
class ClauseCosts:
    """What lifting the clauses of a line is worth, in each measure.

    `signed` and `lifted` are the case as signed and with all clauses lifted, `together` is lifted minus signed, path by
    path. `alone` is the gain from lifting one clause and leaving the others, `shapley` its share of lifting all of
    them: the shares add up to `together`. `grouped` says which clauses were put together, where there are too many.
    """

    case: Case
    clauses: tuple[Clause, ...]
    paths: int
    seed: int
    signed: Mapping[str, Estimate]
    lifted: Mapping[str, Estimate]
    together: Mapping[str, Estimate]
    alone: Mapping[str, tuple[Estimate, ...]]
    shapley: Mapping[str, tuple[Estimate, ...]]
    grouped: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON; absent numbers are None."""
        from sim.analysis.paired import estimate_dict

        def levels(table: Mapping[str, Estimate]) -> dict[str, Any]:
            return {name: estimate_dict(estimate) for name, estimate in table.items()}

        def of_clause(i: int) -> dict[str, Any]:
            clause = self.clauses[i]
            return {
                "key": clause.key,
                "words": clause.words,
                "clause": clause.clause,
                "lifted": clause.lifted,
                "alone": {name: estimate_dict(row[i]) for name, row in self.alone.items()},
                "shapley": {name: estimate_dict(row[i]) for name, row in self.shapley.items()},
            }

        document = {
            "paths": self.paths,
            "seed": self.seed,
            "signed": levels(self.signed),
            "lifted": levels(self.lifted),
            "together": levels(self.together),
            "clauses": [of_clause(i) for i in range(len(self.clauses))],
            "grouped": self.grouped,
            "manifest": manifest(self.case, self.paths, self.seed, "philox"),
        }
        return jsonable(document)

    def __str__(self) -> str:
        from sim.analysis.tables import clauses_text

        return clauses_text(self)


def clauses(
    case: Case | str,
    paths: int | None = None,
    seed: int | None = None,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> ClauseCosts:
    """What each clause of the case's line costs.

    A clause's Shapley share is the mean, over all orders in which the clauses could be lifted one after another, of
    what the measure gains when its turn comes: the sum over the sets S without it of |S|! (n - |S| - 1)! / n! times
    (v(S with it) - v(S)). Shapley (1953), A value for n-person games. All 2^n sets are simulated with the same luck (n
    at most 12: more are put together, conditions of the same day first), and the sum is taken on every path, so that
    the shares add up there and their errors come from the paths. `paths` is 4,096 unless given, `seed` the case's;
    `progress` counts the paths of all sets. Raises CaseError or ValueError.
    """
    import numpy as np

    from sim.analysis.coalitions import Lifter
    from sim.engine.simulate import available_workers, simulate
    from sim.terms import load_case
    from sim.terms.problems import check_whole

    case = load_case(case)
    paths = check_whole("paths", PATHS if paths is None else paths, 1, 10**9)
    seed = check_whole("seed", case.simulation.seed if seed is None else seed, 0, 2**64 - 1)
    workers = available_workers() if workers is None else check_whole("workers", workers, 1, 4096)
    chosen, grouped = _few_enough(case, clauses_of(case))
    simulate(case, paths=1, seed=seed, workers=1)  # compiles
    lifter = Lifter(case, chosen)
    sums = _Sums(case, len(chosen))
    stop = np.zeros(1, np.int64)
    total = paths << len(chosen)
    with ThreadPoolExecutor(min(workers, LANES)) as pool:
        try:
            for first in range(0, paths, AT_ONCE):
                here = min(AT_ONCE, paths - first)
                lanes = [_Lane(lifter, lane, first, here, seed, stop) for lane in range(LANES)]
                waiting: set[Future] = {pool.submit(lane.work) for lane in lanes}
                while waiting:
                    done, waiting = wait(waiting, timeout=0.1, return_when=FIRST_COMPLETED)
                    for future in done:
                        future.result()
                    if progress is not None:
                        progress((first << len(chosen)) + here * sum(lane.done for lane in lanes), total)
                sums.add(lanes)
        finally:
            stop[0] = 1
    return sums.costs(case, chosen, grouped, paths, seed)


class _Lane:
    """Every LANES-th set of clauses, for one stretch of paths, and the sums over these sets on every path.

    With a(s) = (s - 1)! (n - s)! / n! and b(s) = s! (n - s - 1)! / n!, the share of a clause is the sum over the sets
    with it of (a + b) v minus the sum over all sets of b v.
    """

    def __init__(self, lifter: Lifter, lane: int, first: int, paths: int, seed: int, stop: np.ndarray) -> None:
        import numpy as np

        from sim.analysis.coalitions import measures_of

        self.lifter, self.lane, self.first, self.paths, self.seed, self.stop = lifter, lane, first, paths, seed, stop
        n, measures = len(lifter.clauses), len(measures_of(lifter.case))
        self.with_it = np.zeros((n, measures, paths))
        self.of_all = np.zeros((measures, paths))
        self.kept: dict[int, np.ndarray] = {}  # values of the sets of none, one and all
        self.largest = np.zeros(measures)
        self.done = 0

    def work(self) -> None:
        import numpy as np

        from sim.analysis.coalitions import Desk

        n = len(self.lifter.clauses)
        orders = math.factorial(n)
        desk = Desk(self.lifter.case, self.lifter.plan, self.paths)
        for lifted in range(self.lane, 1 << n, LANES):
            if self.stop[0]:
                return
            members = [i for i in range(n) if lifted >> i & 1]
            size = len(members)
            values = desk.simulate(self.lifter.plan_of(members), self.first, self.paths, self.seed, self.stop)
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
        from sim.analysis.coalitions import measures_of
        from sim.analysis.paired import difference_of, level_of

        self.n, self.measures = n, measures_of(case)
        self.signed = [level_of(name, None) for name in self.measures]
        self.lifted = [level_of(name, None) for name in self.measures]
        self.together = [difference_of(name, None) for name in self.measures]
        self.alone = [[difference_of(name, None) for _ in range(n)] for name in self.measures]
        self.shapley = [[difference_of(name, None) for _ in range(n)] for name in self.measures]

    def add(self, lanes: list[_Lane]) -> None:
        import numpy as np

        kept = {lifted: values for lane in lanes for lifted, values in lane.kept.items()}
        signed, lifted = kept[0], kept[(1 << self.n) - 1]
        shares = sum(lane.with_it for lane in lanes) - sum(lane.of_all for lane in lanes)
        # What is left of sums that cancel: no clause moves a path by so little.
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
            case, chosen, paths, seed, named(self.signed), named(self.lifted), named(self.together),
            named(self.alone), named(self.shapley), grouped,
        )  # fmt: skip


def _few_enough(case: Case, found: tuple[Clause, ...]) -> tuple[tuple[Clause, ...], tuple[str, ...]]:
    """At most `MOST` clauses: conditions of the same day are put together, then all conditions; and what was done."""
    days = {f"condition: {condition.name}": condition.after for condition in case.line.conditions}
    for day_of in (lambda clause: days.get(clause.key), lambda clause: None):
        if len(found) <= MOST:
            break
        groups: dict[Any, list[Clause]] = {}
        for clause in found:
            is_condition = clause.key.startswith("condition")
            groups.setdefault((day_of(clause), "condition") if is_condition else clause.key, []).append(clause)
        found = tuple(_together(members) for members in groups.values())
    grouped = tuple(f"lifted together: {clause.words}" for clause in found if clause.key.startswith("conditions"))
    return found, grouped


def _together(members: list[Clause]) -> Clause:
    if len(members) == 1:
        return members[0]
    names = ", ".join(member.key.partition(": ")[2] for member in members)
    lifted = {key: value for member in members for key, value in member.lifted.items()}
    return Clause(f"conditions: {names}", "; ".join(member.words for member in members), lifted)
