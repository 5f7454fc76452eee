"""Everything a board pack says about a case, computed once and under common luck."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sim.analysis.backtest import PATHS as RECORD_PATHS
from sim.analysis.capital import cost_of_capital
from sim.analysis.clauses import PATHS as CLAUSE_PATHS
from sim.analysis.clauses import clauses
from sim.analysis.compare import compare
from sim.analysis.outlook import outlook
from sim.analysis.scenarios import policies_of, scenarios_of
from sim.analysis.variants import main_variants
from sim.calendar import month_end
from sim.results.summary import jsonable

if TYPE_CHECKING:
    from sim.analysis.backtest import Backtest
    from sim.analysis.clauses import ClauseCosts
    from sim.analysis.compare import Comparison
    from sim.analysis.grid import Grid
    from sim.analysis.outlook import Outlook
    from sim.analysis.sensitivity import Sensitivity
    from sim.analysis.solve import Solution
    from sim.results.result import Result
    from sim.terms import Case

#: A run with more paths keeps none of them.
MOST_KEPT = 2_000_000
#: Paths of each of the many runs of an analysis. The run itself, comparisons and the outlook have all of them.
MOST_OF_MANY, MOST_OF_SEARCH, MOST_OF_GRID = 200_000, 100_000, 10_000
#: What the searches solve for, and the probability of cash-out they look for.
SOLVED, TARGET = ("commitment", "cash", "cost_cut", "burn"), 0.1
#: About how long each step takes, for the progress.
WORK = {
    "result": 1, "variants": 2, "clauses": 20, "sensitivity": 40, "scenarios": 5, "solutions": 20, "stresses": 20,
    "outlook": 2, "policies": 15, "grid": 20, "record": 2,
}  # fmt: skip


@dataclass(frozen=True)
class Pack:
    """What `gather` found. None, or an empty tuple, where something does not apply; `skipped` says why, by field.

    `variants` are the line as signed, off, and with every condition waived; `scenarios` and `policies` begin with the
    case as it is. `solutions` are what it takes for a cash-out to be unlikely, `stresses` how far things must go until
    it is as likely as not. The first are about `by`: twelve months after the valuation date, or the horizon if that is
    sooner; the others about the last quarter's end up to then at which it is less likely than not, if there is one.
    """

    result: Result
    variants: Comparison
    clauses: ClauseCosts | None
    sensitivity: Sensitivity
    scenarios: Comparison
    solutions: tuple[Solution, ...]
    stresses: tuple[Solution, ...]
    outlook: Outlook
    policies: Comparison
    grid: Grid
    record: Backtest | None
    elapsed_s: float
    by: date
    skipped: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON: the run's summary under "result", then every part; absent numbers are None."""
        document = {
            "result": self.result.summary().to_dict(),
            "variants": self.variants.to_dict(),
            "clauses": self.clauses and self.clauses.to_dict(),
            "sensitivity": self.sensitivity.to_dict(),
            "scenarios": self.scenarios.to_dict(),
            "solutions": [solution.to_dict() for solution in self.solutions],
            "stresses": [solution.to_dict() for solution in self.stresses],
            "outlook": self.outlook.to_dict(),
            "policies": self.policies.to_dict(),
            "capital": cost_of_capital(self.result).to_dict(),
            "grid": self.grid.to_dict(),
            "record": self.record and self.record.to_dict(),
            "by": self.by,
            "skipped": self.skipped,
            "elapsed_s": self.elapsed_s,
            "manifest": self.result.manifest,
        }
        return jsonable(document)


def gather(
    case: Case | str,
    paths: int | None = None,
    seed: int | None = None,
    *,
    sampler: str = "philox",
    antithetic: bool = False,
    workers: int | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> Pack:
    """Everything the board pack says, under common luck.

    `paths` and `seed` are the case's unless given. `sampler` and `antithetic` are those of the run and of the
    comparisons; searches and analyses of hundreds of cases take plain philox and fewer paths, each its own number,
    which its result says. `progress` is called as progress(done, all) in thousandths of the work. The same case, seed
    and paths give the same pack for any number of workers, but for the time it took. Raises CaseError or ValueError;
    KeyboardInterrupt within half a second of Ctrl-C.
    """
    from sim.analysis.grid import grid
    from sim.analysis.sensitivity import sensitivity
    from sim.analysis.solve import reverse_stress, solve
    from sim.engine.simulate import simulate
    from sim.terms import load_case
    from sim.terms.problems import check_whole

    started = time.perf_counter()
    case = load_case(case)
    least = 4 if antithetic else 2  # of one there is no error, and no interval to draw
    paths = check_whole("paths", case.simulation.paths if paths is None else paths, least, 10**12)
    seed = check_whole("seed", case.simulation.seed if seed is None else seed, 0, 2**64 - 1)
    run = _Steps(seed, workers, progress)
    by = min(month_end(case.valuation_date, 11), case.horizon)
    search: dict[str, Any] = {"by": by, "paths": min(paths, MOST_OF_SEARCH)}
    how: dict[str, Any] = {"paths": paths, "sampler": sampler, "antithetic": antithetic}
    scenarios, missing = scenarios_of(case)
    result = run("result", simulate, case, **how, keep_paths=paths <= MOST_KEPT)
    found: dict[str, Any] = {
        "result": result,
        "variants": run("variants", compare, main_variants(case), **how),
        "clauses": run("clauses", clauses, case, paths=min(paths, CLAUSE_PATHS)),
        "sensitivity": run("sensitivity", sensitivity, case, paths=min(paths, MOST_OF_MANY)),
        "scenarios": run("scenarios", compare, scenarios, **how),
        "solutions": tuple(
            run("solutions", solve, case, what, TARGET, part=(i, len(SOLVED)), **search)
            for i, what in enumerate(SOLVED)
        ),
        "stresses": tuple(run("stresses", reverse_stress, case, **search | {"by": _before_even_odds(result, by)})),
        "outlook": run("outlook", outlook, case, paths=paths),
        "policies": run("policies", compare, policies_of(case), **how),
        "grid": run("grid", grid, case, paths=min(paths, MOST_OF_GRID)),
        "record": run("record", _recorded, case, paths=min(paths, RECORD_PATHS)),
    }
    skipped = {}
    if found["record"] is None:
        skipped["record"] = "the case says nothing of what really happened"
    if missing:
        skipped["scenarios"] = "; ".join(missing)
    return Pack(**found, by=by, skipped=skipped, elapsed_s=time.perf_counter() - started)


def _before_even_odds(result: Result, by: date) -> date:
    """The last quarter's end, up to `by`, at which a cash-out is less likely than not: what it takes to change that."""
    chances = zip(result.periods, result.summary().cash_out_by_period, strict=True)
    return max((period.end for period, chance in chances if period.end <= by and chance.value < 0.5), default=by)


def _recorded(case: Case, *, workers: int | None, **options: Any) -> Backtest | None:
    """What really happened, if the case says so. Its paths are read one by one, in one thread."""
    from sim.analysis.backtest import backtest

    return None if case.record is None else backtest(case, **options)


class _Steps:
    """Calls the analyses one after another, and says how much of all the work is done."""

    def __init__(self, seed: int, workers: int | None, progress: Callable[[int, int], Any] | None) -> None:
        self.seed, self.workers, self.progress = seed, workers, progress

    def __call__(
        self, step: str, analysis: Callable[..., Any], *given: Any, part: tuple[int, int] = (0, 1), **options: Any
    ) -> Any:
        """One analysis, or `part` (i of n) of a step."""
        i, n = part
        names = list(WORK)
        total = sum(WORK.values())
        before = sum(WORK[name] for name in names[: names.index(step)]) + WORK[step] * i / n

        def told(done: int, of: int) -> None:
            if self.progress is not None:
                self.progress(round(1000 * (before + WORK[step] / n * min(done / max(of, 1), 1.0)) / total), 1000)

        found = analysis(*given, **options, seed=self.seed, workers=self.workers, progress=told)
        told(1, 1)
        return found
