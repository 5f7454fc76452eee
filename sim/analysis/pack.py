"""`gather`: all analyses of a board pack, under common random numbers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sim.analysis.backtest import PATHS as RECORD_PATHS
from sim.analysis.backtest import backtest
from sim.analysis.bands import Uncertainty
from sim.analysis.cap_table import cap_table
from sim.analysis.capital import cost_of_capital
from sim.analysis.clause_costs import ClauseCosts
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
from sim.analysis.scenarios import policies_of, scenarios_of
from sim.analysis.search import lines_to_solve
from sim.analysis.sensitivity import INDEX_PATHS, SAMPLES, sensitivity
from sim.analysis.shortfall import Outlook
from sim.analysis.solution import Solution
from sim.analysis.solve import reverse_stress, solve
from sim.analysis.swings import Sensitivity
from sim.analysis.uncertainty import DRAWS, uncertainty
from sim.analysis.variants import main_variants
from sim.calendar import month_end
from sim.engine.simulate import kept_by_default, simulate
from sim.results.result import Result
from sim.results.summary import jsonable
from sim.results.value import Value
from sim.terms import Case, load_case
from sim.terms.options import seed_of
from sim.terms.problems import check_whole

#: Most paths of each run of an analysis. The run itself, the other comparisons and the outlook have all paths.
MOST_OF_MANY, MOST_OF_SEARCH, MOST_OF_GRID, MOST_OF_DRAWS = 200_000, 100_000, 10_000, 10_000
#: A pack of fewer paths than `WHOLE` has proportionally fewer in the analyses of hundreds of runs, at least
#: `LEAST`, and a smaller sample of inputs.
WHOLE, LEAST, LEAST_SAMPLES = 50_000, 256, 32
#: What the searches solve for besides the commitments, and the probability of cash-out they look for.
SOLVED, TARGET = ("cash", "cost_cut", "burn"), 0.1
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
    run = _Steps(seed, workers, progress)
    by = min(month_end(case.valuation_date, 11), case.horizon)
    search: dict[str, Any] = {"by": by, "paths": min(paths, MOST_OF_SEARCH)}
    sample: dict[str, Any] = _sample(paths)
    how: dict[str, Any] = {"paths": paths, "sampler": sampler, "antithetic": antithetic}
    solved = [*(("commitment", line) for line in lines_to_solve(case)), *((what, None) for what in SOLVED)]
    scenarios, missing = scenarios_of(case)
    result = run("result", simulate, case, **how, keep_paths=kept_by_default(case, paths))
    found: dict[str, Any] = {
        "result": result,
        "variants": run("variants", compare, main_variants(case), **how),
        "clauses": run("clauses", _clause_costs, case, paths=_scaled(paths, CLAUSE_PATHS), levels=how),
        "sensitivity": run("sensitivity", sensitivity, case, paths=min(paths, MOST_OF_MANY), **sample),
        "scenarios": run("scenarios", compare, scenarios, **how),
        "price_models": run("price_models", price_models, case, paths=min(paths, MODEL_PATHS)),
        "solutions": tuple(
            run("solutions", solve, case, what, TARGET, part=(i, len(solved)), line=line, **search)
            for i, (what, line) in enumerate(solved)
        ),
        "stresses": tuple(run("stresses", reverse_stress, case, **search | {"by": _before_even_odds(result, by)})),
        "outlook": run("outlook", outlook, case, paths=paths, warning=True),
        "policies": run("policies", compare, policies_of(case), **how),
        "grid": run("grid", grid, case, paths=_scaled(paths, MOST_OF_GRID)),
        "record": run("record", _recorded, case, paths=min(paths, RECORD_PATHS)),
        "uncertainty": run("uncertainty", _uncertain, case, draws=_draws(paths), paths=_scaled(paths, MOST_OF_DRAWS)),
    }
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
    share = SAMPLES * min(paths, WHOLE) // WHOLE
    points = min(SAMPLES, max(1 << max(share - 1, 0).bit_length(), LEAST_SAMPLES))
    return {"samples": points, "index_paths": _scaled(paths, INDEX_PATHS)}


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


class _Steps:
    """Calls the analyses one after another, and reports how much of the work is done."""

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
