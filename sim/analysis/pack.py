"""`gather`: all analyses of a board pack, under common random numbers."""

from __future__ import annotations

import math
import operator
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from threading import Event
from typing import Any, NamedTuple

from sim.analysis.backtest import backtest
from sim.analysis.bands import Uncertainty
from sim.analysis.cap_table import cap_table
from sim.analysis.capital import cost_of_capital
from sim.analysis.clause_costs import ClauseCosts
from sim.analysis.clauses import MOST as MOST_CLAUSES
from sim.analysis.clauses import PATHS as CLAUSE_PATHS
from sim.analysis.clauses import clauses
from sim.analysis.compare import compare
from sim.analysis.comparison import Comparison
from sim.analysis.facts import Backtest
from sim.analysis.grid import Grid, grid
from sim.analysis.inputs import inputs_of
from sim.analysis.outlook import outlook
from sim.analysis.price_models import PATHS as MODEL_PATHS
from sim.analysis.price_models import PriceModels, price_models
from sim.analysis.runs import in_threads, threads
from sim.analysis.scenarios import policies_of, scenarios_of
from sim.analysis.search import lines_to_solve
from sim.analysis.sensitivity import INDEX_PATHS, sensitivity
from sim.analysis.shortfall import Outlook
from sim.analysis.solution import Solution
from sim.analysis.solve import reverse_stress, solve
from sim.analysis.swings import Sensitivity
from sim.analysis.uncertainty import DRAWS, uncertainty
from sim.analysis.variants import clauses_of, main_variants
from sim.calendar import a_year_from
from sim.engine.simulate import kept_by_default, simulate
from sim.results.result import Result
from sim.results.summary import jsonable
from sim.results.value import Value
from sim.terms import Case, load_case
from sim.terms.options import seed_of
from sim.terms.problems import check_whole

#: Most paths of each run of an analysis. The run itself, the other comparisons and the outlook have all paths.
MOST_OF_MANY, MOST_OF_SEARCH, MOST_OF_GRID, MOST_OF_DRAWS = 50_000, 25_000, 5_000, 10_000
#: Most points of the sample of inputs, and paths of the record, which are traced one by one.
MOST_SAMPLES, MOST_OF_RECORD = 128, 2_048
#: Most paths of the clauses over all their sets, of which there are 2^n: more clauses have fewer paths a set.
MOST_OF_SETS = 2**22
#: A pack of fewer paths than `WHOLE` has proportionally fewer in the analyses of hundreds of runs, at least
#: `LEAST`, and a smaller sample of inputs.
WHOLE, LEAST, LEAST_SAMPLES = 50_000, 256, 32
#: What the searches solve for besides the commitments, and the probability of cash-out they look for.
SOLVED, TARGET = ("cash", "cost_cut", "burn"), 0.1
#: Analyses that run at the same time: more threads go into each.
MOST_AT_ONCE = 4
#: About how long each step takes, for the progress.
WORK = {
    "result": 1, "variants": 2, "clauses": 20, "sensitivity": 40, "scenarios": 5, "price_models": 3, "solutions": 20,
    "stresses": 20,
    "outlook": 2, "policies": 15, "grid": 20, "record": 2, "uncertainty": 10,
}  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Pack(Value):
    """The analyses of `gather`. None, or an empty tuple, where one does not apply; `skipped` gives the reason by field.

    `variants` are the line as signed, off, and with every condition waived; `scenarios`, the stress cases, and
    `policies` begin with the case as it is. `solutions` are the values at which a cash-out by `by` is unlikely: twelve
    months after the valuation date, or the horizon if that is sooner. `stresses` are the changes at which a cash-out
    has probability 50% by the last quarter's end up to `by` at which its probability is below 50%, if there is one.
    `signed` and `lifted` of the clause costs are of all paths of the run, like every other figure of the case as it is.
    """

    result: Result
    variants: Comparison
    clauses: ClauseCosts | None
    sensitivity: Sensitivity
    scenarios: Comparison
    price_models: PriceModels
    solutions: tuple[Solution, ...]
    stresses: tuple[Solution, ...]
    outlook: Outlook
    policies: Comparison
    grid: Grid
    record: Backtest | None
    elapsed_s: float
    by: date
    skipped: Mapping[str, str] = field(default_factory=dict)
    uncertainty: Uncertainty | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON: the run's summary under "result", then every part; absent numbers are None."""
        document = {
            "result": self.result.summary().to_dict(),
            "variants": self.variants.to_dict(),
            "clauses": self.clauses and self.clauses.to_dict(),
            "sensitivity": self.sensitivity.to_dict(),
            "scenarios": self.scenarios.to_dict(),
            "price_models": self.price_models.to_dict(),
            "solutions": [solution.to_dict() for solution in self.solutions],
            "stresses": [solution.to_dict() for solution in self.stresses],
            "outlook": self.outlook.to_dict(),
            "policies": self.policies.to_dict(),
            "capital": cost_of_capital(self.result).to_dict(),
            "cap_table": (shares := cap_table(self.result)) and shares.to_dict(),
            "grid": self.grid.to_dict(),
            "record": self.record and self.record.to_dict(),
            "uncertainty": None if self.uncertainty is None else self.uncertainty.to_dict(),
            "by": self.by,
            "skipped": self.skipped,
            "elapsed_s": self.elapsed_s,
            "manifest": self.result.manifest,
        }
        return jsonable(document)

    def _repr_html_(self) -> str:
        return self.result._repr_html_()

    def __repr__(self) -> str:
        run = self.result.run
        return f"<Pack: {run.case.title}, {run.paths:,} paths, seed {run.seed}>"


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
    """Run all analyses of a board pack under common random numbers.

    Parameters
    ----------
    case : Case or str
        The case, its file or the name of a shipped case.
    paths, seed : int, optional
        The case's unless given. Analyses of hundreds of runs have fewer paths, in proportion to `paths`; each result
        says how many.
    sampler, antithetic
        Of the run and of the comparisons, as in `sim.simulate`; the other analyses use philox.
    workers : int, optional
        Threads; as many as there are cores unless given. Their number changes no figure.
    progress : callable, optional
        Called as progress(done, total) in thousandths of the work.

    Returns
    -------
    Pack

    Raises
    ------
    CaseError, ValueError
        For a case and for options that cannot be used.

    Examples
    --------
    >>> sim.gather("valence-2002", paths=1000)
    <Pack: Valence Technology and the Berg & Berg equity line, 2002, 1,000 paths, seed 20020401>
    """
    started = time.perf_counter()
    case = load_case(case)
    least = 4 if antithetic else 2  # of one there is no error, and no interval to draw
    paths = check_whole("paths", case.simulation.paths if paths is None else paths, least, 10**12)
    seed = seed_of(case, seed)
    by = min(a_year_from(case.valuation_date), case.horizon)
    search: dict[str, Any] = {"by": by, "paths": _scaled(paths, MOST_OF_SEARCH)}
    sample: dict[str, Any] = _sample(paths)
    how: dict[str, Any] = {"paths": paths, "sampler": sampler, "antithetic": antithetic}
    solved = [*(("commitment", line) for line in lines_to_solve(case)), *((what, None) for what in SOLVED)]
    scenarios, missing = scenarios_of(case)
    steps = _Steps(seed, workers, progress)
    steps.add("result", simulate, case, **how, keep_paths=kept_by_default(case, paths))
    (result,) = steps.run()  # first: it compiles, and says until when the stress looks
    steps.add("sensitivity", sensitivity, case, paths=min(paths, MOST_OF_MANY), **sample)
    steps.add("clauses", _clause_costs, case, paths=_scaled(paths, _paths_of_sets(case)), levels=how)
    steps.add("grid", grid, case, paths=_scaled(paths, MOST_OF_GRID))
    for what, line in solved:
        steps.add("solutions", solve, case, what, TARGET, line=line, part=1.0 / len(solved), **search)
    steps.add("stresses", reverse_stress, case, **search | {"by": _before_even_odds(result, by)})
    steps.add("policies", compare, policies_of(case), **how)
    steps.add("uncertainty", _uncertain, case, draws=_draws(paths), paths=_scaled(paths, MOST_OF_DRAWS))
    steps.add("record", _recorded, case, paths=_scaled(paths, MOST_OF_RECORD))
    steps.add("price_models", price_models, case, paths=min(paths, MODEL_PATHS))
    steps.add("scenarios", compare, scenarios, **how)
    steps.add("variants", compare, main_variants(case), **how)
    steps.add("outlook", outlook, case, paths=paths, warning=True)
    names = [step.name for step in steps.waiting]
    parts: dict[str, list[Any]] = {}
    for name, part in zip(names, steps.run(), strict=True):
        parts.setdefault(name, []).append(part)
    several = {"solutions": tuple(parts.pop("solutions")), "stresses": tuple(parts.pop("stresses")[0])}
    found = {"result": result, **{name: part for name, (part,) in parts.items()}, **several}
    skipped = {}
    if found["record"] is None:
        skipped["record"] = "the case has no table [record]"
    if found["uncertainty"] is None:
        skipped["uncertainty"] = "the case has no table [ranges]"
    if missing:
        skipped["scenarios"] = "; ".join(missing)
    return Pack(**found, by=by, skipped=skipped, elapsed_s=time.perf_counter() - started)


def _before_even_odds(result: Result, by: date) -> date:
    """The last quarter's end, up to `by`, at which a cash-out has a probability below 50%."""
    chances = zip(result.periods, result.summary().cash_out_by_period, strict=True)
    return max((period.end for period, chance in chances if period.end <= by and chance.value < 0.5), default=by)


def _scaled(paths: int, most: int) -> int:
    """Paths of each run of an analysis of hundreds of runs: `most` in a pack of `WHOLE` paths, fewer in a smaller."""
    return min(paths, max(most * min(paths, WHOLE) // WHOLE, LEAST))


def _sample(paths: int) -> dict[str, int]:
    """The sample of inputs for the Sobol' indices: its points, a power of two, and the paths of each of its runs."""
    share = MOST_SAMPLES * min(paths, WHOLE) // WHOLE
    points = min(MOST_SAMPLES, max(1 << max(share - 1, 0).bit_length(), LEAST_SAMPLES))
    return {"samples": points, "index_paths": _scaled(paths, INDEX_PATHS)}


def _paths_of_sets(case: Case) -> int:
    """Paths of each set of clauses in a pack of `WHOLE` paths."""
    return min(CLAUSE_PATHS, max(MOST_OF_SETS >> min(len(clauses_of(case)), MOST_CLAUSES), LEAST))


def _clause_costs(case: Case, *, paths: int, levels: dict[str, Any], **options: Any) -> ClauseCosts:
    """The clause costs, with `signed` and `lifted` of all paths of the run."""
    costs = clauses(case, paths=paths, **options)
    changes = {key: value for clause in costs.clauses for key, value in clause.lifted.items()}
    both = {"as signed": case, "every clause removed": case.replace({"ranges": None, **changes})}
    found = compare(both, **levels, seed=options["seed"], workers=options["workers"]).estimates
    signed, lifted = ({name: row[i] for name, row in found.items()} for i in (0, 1))
    return replace(costs, signed=signed, lifted=lifted, level_paths=levels["paths"])


def _recorded(case: Case, *, workers: int | None, **options: Any) -> Backtest | None:
    """The backtest, if the case has a record; it runs in one thread."""
    return None if case.record is None else backtest(case, **options)


def _uncertain(case: Case, **options: Any) -> Uncertainty | None:
    """The bands over the uncertain inputs, if the case states any."""
    return uncertainty(case, **options) if any(one.stated for one in inputs_of(case)) else None


def _draws(paths: int) -> int:
    """Draws of the uncertain inputs: fewer in a pack of fewer than `WHOLE` paths."""
    return max(DRAWS * min(paths, WHOLE) // WHOLE, LEAST_SAMPLES)


class _Step(NamedTuple):
    name: str
    part: float  # of the work of its name
    call: Callable[..., Any]


class _Steps:
    """Calls analyses side by side, each with its share of the threads, and reports how much of the work is done."""

    def __init__(self, seed: int, workers: int | None, progress: Callable[[int, int], Any] | None) -> None:
        self.seed, self.workers, self.progress = seed, threads(workers), progress
        self.waiting: list[_Step] = []
        self.finished = 0.0
        self.told = 0

    def add(self, name: str, analysis: Callable[..., Any], *given: Any, part: float = 1.0, **options: Any) -> None:
        """An analysis, or `part` of those of a name, for the next `run`."""
        self.waiting.append(_Step(name, part, partial(analysis, *given, **options, seed=self.seed)))

    def run(self) -> list[Any]:
        """What the analyses that wait return. An error or an interrupt ends all of them."""
        steps, self.waiting = self.waiting, []
        side_by_side = min(self.workers, len(steps), MOST_AT_ONCE)
        inside, over, shares = self.workers // side_by_side, Event(), [0.0] * len(steps)
        work = [WORK[step.name] * step.part for step in steps]

        def job(i: int) -> Any:
            def told(done: int, of: int) -> None:
                if over.is_set():
                    raise InterruptedError
                shares[i] = min(done / max(of, 1), 1.0)

            found = steps[i].call(workers=inside, progress=told)
            shares[i] = 1.0
            return found

        def tick() -> None:
            done = self.finished + math.fsum(map(operator.mul, work, shares))
            thousandths = round(1000 * done / sum(WORK.values()))
            if self.progress is not None and thousandths > self.told:
                self.progress(thousandths, 1000)
                self.told = thousandths

        jobs = [partial(job, i) for i in range(len(steps))]
        found = in_threads(jobs, side_by_side, over.set, tick, tick, first_alone=False)
        self.finished += math.fsum(work)
        return found
