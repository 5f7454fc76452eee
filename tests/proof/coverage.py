"""Empirical coverage of the 95% confidence intervals: repetitions of one run with different seeds, on whole cases.

The true value is that of a run of `TRUTH_PATHS` paths of another seed. Its own standard error is printed beside the
mean width of the intervals; a row whose true value has an error above a twentieth of that width is refused.

Measures with atoms (a cap that many paths reach) are in rows of their own: an interval between two order statistics
covers an atom in more than 95% of repetitions. So do quantiles of runs that keep no paths: their intervals extend to
the ends of bins. Those rows must not cover too little, and may cover more.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from scipy import special

import sim
from sim.lowering.program import SCRAMBLES
from sim.results.estimates import Quantile
from sim.results.statistics import Statistics
from sim.results.summary import Summary
from tests.support.valence import valence_2002

REPETITIONS = 2_000
FURTHER = 3  # times as many again where a row is outside the band: then the band is 4 standard errors wide on each side
PATHS = 16_384  # a repetition: few paths would do, but ranks and counts are whole, and coverage jumps with them
TRUTH_PATHS = 2**22
TRUTH_SEED = 2**63 + 20020401
SLACK = 0.01  # 94 to 96%
WIDEST_TRUTH = 1 / 20  # standard error of the truth over the mean width of the intervals

RUNS = {
    "philox": {"sampler": "philox"},
    "antithetic": {"sampler": "philox", "antithetic": True},
    "sobol": {"sampler": "sobol"},
}
#: What is repeated of each case: the run, and whether it keeps its paths.
COMBINATIONS = {
    "small": [(name, keep) for keep in (True, False) for name in RUNS],
    "valence": [*((name, True) for name in RUNS), ("philox", False)],
}


def seeds(first: int, repetitions: int) -> list[int]:
    """The even ones are neighbours, 0, 1, 2, ...; the odd ones lie far apart, over all of 64 bits."""
    return [k // 2 if k % 2 == 0 else k * 0x9E3779B97F4A7C15 % 2**64 for k in range(first, first + repetitions)]


# --- the cases ---


def small_case() -> sim.Case:
    """Three fiscal quarters of a small company: every kind of random number but those of notes, in few dimensions."""
    return sim.Case.from_dict(
        {
            "schema": 1,
            "title": "a small line",
            "valuation_date": date(2002, 4, 1),
            "horizon": date(2002, 12, 31),
            "company": {
                "name": "Small, Inc.",
                "fiscal_year_end_month": 3,
                "cash": 4_050_000,
                "shares_outstanding": 20_000_000,
                "shares_authorized": 90_000_000,
            },
            "price": {"model": "gbm", "initial": 2.0, "volatility": 0.9},
            "burn": {
                "model": "lognormal",
                "monthly": 900_000,
                "volatility": 0.3,
                "persistence": 0.5,
                "price_correlation": -0.3,
            },
            "line": {
                "investor": "Investor, LLC",
                "commitment": 6_000_000,
                "start": date(2002, 4, 1),
                "end": date(2003, 3, 31),
                "max_per_period": 2_500_000,
                "legal_cost_per_draw": 20_000,
                "pricing": {"window": 2, "multiplier": 0.85},
                "coverage": {"percent": [80, 70]},
                "conditions": [
                    {"name": "sample", "kind": "milestone", "milestone": "sample", "after": date(2002, 6, 30),
                     "waiver_probability": 0.4},
                ],
            },
            "milestones": [{"name": "sample", "probability": 0.9, "median_days": 100, "p90_days": 260}],
            "policy": {"kind": "maximum", "cadence": "quarter_end"},
        }
    )  # fmt: skip


class Subject(NamedTuple):
    """A case, a variant of it for the differences, and where its measures have no atoms."""

    case: sim.Case
    variant: sim.Case
    quantiles: tuple[tuple[str, int], ...]
    atoms: tuple[tuple[str, int], ...]  # quantiles that many paths share
    worst: tuple[str, ...]
    rare: int  # the period by whose end cash has run out with about 2%


def subjects() -> dict[str, Subject]:
    valence, small = valence_2002(), small_case()
    return {
        "small": Subject(
            small,
            small.replace({"price.volatility": 0.7, "burn.monthly": 930_000}),
            (("effective_price", 5), ("effective_price", 50), ("effective_price", 95),
             ("runway_months", 5), ("raised", 95)),
            (("raised", 25),),
            ("effective_price", "funding_gap"),
            0,
        ),
        "valence": Subject(
            valence,
            valence.replace({"price.volatility": 0.8, "company.cash": 12_500_000}),
            (("runway_months", 50), ("runway_months", 95), ("shares_issued", 95),
             ("effective_price", 5), ("effective_price", 50), ("effective_price", 95)),
            (("raised", 50), ("runway_months", 5)),  # whole draws; the day on which the note falls due
            ("runway_months", "shares_issued"),
            0,
        ),
    }  # fmt: skip


# --- what is read from a repetition ---

MEANS = ("raised", "runway_months", "effective_price", "total_dilution", "retained_ownership")
DIFFERENCES = ("raised", "runway_months", "cash_out")
#: What a risk officer reads, each by its estimate. Most paths have no shortfall by the first of the dates.
STATISTICS: dict[str, Callable[[Statistics], Any]] = {
    "restricted mean survival": lambda of: of.rmst[0].mean,
    "hazard of the last quarter": lambda of: of.hazard[-1],
    "incidence of operations": lambda of: of.incidence["operations"][-1],
    "p95 liquidity at risk": lambda of: of.liquidity_at_risk[-1].quantile(95),
    "liquidity, worst 5%": lambda of: of.liquidity_at_risk[-1].tail.shortfall,
    "liquidity by 6 months, worst 5%": lambda of: of.liquidity_at_risk[0].tail.shortfall,
    "average price": lambda of: of.average_price,
}


def rows_of(subject: Subject) -> list[str]:
    """The names of what is judged, in the order of the table."""
    rows = [f"mean {name}" for name in MEANS]
    rows += [f"p{percent:02} {name}" for name, percent in subject.quantiles]
    rows += ["cash-out by the horizon", "rare cash-out"]
    rows += [f"worst 5% {name}" for name in subject.worst]
    rows += STATISTICS
    rows += [f"p{percent:02} {name} (atom)" for name, percent in subject.atoms]
    return rows + [f"difference {name}" for name in DIFFERENCES]


def intervals(summary: Summary, subject: Subject) -> list[tuple[float, float]]:
    """The 95% intervals that a run states, in the order of `rows_of`, without the differences."""
    found = [summary[name].mean_ci95 for name in MEANS]
    found += [summary[name].quantile(percent).ci95 for name, percent in subject.quantiles]
    found += [summary.cash_out.ci95, summary.cash_out_by_period[subject.rare].ci95]
    found += [summary[name].worst5_ci95 for name in subject.worst]
    found += [read(summary.statistics).ci95 for read in STATISTICS.values()]
    return [*found, *(summary[name].quantile(percent).ci95 for name, percent in subject.atoms)]


# --- the truth ---


def truth_of(subject: Subject, workers: int | None = None) -> list[tuple[float, float]]:
    """Each row's true value and its standard error, from one run of each case that keeps its paths."""
    base, other = (
        sim.simulate(case, paths=TRUTH_PATHS, seed=TRUTH_SEED, sampler="sobol", workers=workers)
        for case in (subject.case, subject.variant)
    )
    summary = base.summary()
    found = [(summary[name].mean, summary[name].mcse) for name in MEANS]
    quantiles, atoms = (
        [(each.value, each.error) for each in (summary[name].quantile(percent) for name, percent in points)]
        for points in (subject.quantiles, subject.atoms)
    )
    found += quantiles
    found += [(each.value, each.se) for each in (summary.cash_out, summary.cash_out_by_period[subject.rare])]
    found += [(summary[name].worst5_mean, summary[name].worst5_se) for name in subject.worst]
    stated = [read(summary.statistics) for read in STATISTICS.values()]
    found += [(each.value, each.error if isinstance(each, Quantile) else each.se) for each in stated]
    found += atoms
    for name in DIFFERENCES:
        first, second = (
            np.isfinite(run["cash_out_days"]) if name == "cash_out" else run[name] for run in (base, other)
        )
        means = np.subtract(second, first, dtype=np.float64).reshape(-1, SCRAMBLES).mean(axis=0)
        found.append((float(means.mean()), float(means.std(ddof=1)) / math.sqrt(SCRAMBLES)))
    return found


# --- repetitions ---


class Task(NamedTuple):
    """Some repetitions of one run; small enough to send to another process."""

    subject: str
    run: str
    keep_paths: bool
    differences: bool
    paths: int
    seeds: list[int]


def repeat(task: Task) -> np.ndarray:
    """The intervals (repetitions, rows, 2) of a task; NaN where differences are left out."""
    subject, how = subjects()[task.subject], RUNS[task.run]
    found = np.full((len(task.seeds), len(rows_of(subject)), 2), np.nan)
    for each, seed in zip(found, task.seeds, strict=True):
        result = sim.simulate(subject.case, paths=task.paths, seed=seed, workers=1, keep_paths=task.keep_paths, **how)
        each[: -len(DIFFERENCES)] = intervals(result.summary(), subject)
        if task.differences:
            both = sim.compare((subject.case, subject.variant), task.paths, seed, workers=1, **how)
            each[-len(DIFFERENCES) :] = [both.differences[name][1].ci95 for name in DIFFERENCES]
    return found


@dataclass(frozen=True)
class Row:
    """How often the interval of one row held the truth."""

    name: str
    repetitions: int
    below: int  # intervals that lay wholly below the truth
    above: int
    truth: float
    blur: float  # standard error of the truth over the intervals' mean width

    @property
    def covered(self) -> float:
        return 1.0 - (self.below + self.above) / self.repetitions

    @property
    def se(self) -> float:
        """Standard error of the coverage, were it 95%."""
        return math.sqrt(0.95 * 0.05 / self.repetitions)

    @property
    def verdict(self) -> str:
        """ "holds", or what is wrong: outside of 94 to 96%, or of 2 errors where few repetitions make those wider."""
        slack = max(SLACK, 2.0 * self.se)
        if not self.blur <= WIDEST_TRUTH:
            return "truth too rough"
        if self.covered < 0.95 - slack:
            return "TOO LOW"
        if self.covered > 0.95 + slack and not self.name.endswith(("(atom)", "(bins)")):
            return "TOO HIGH"
        return "holds"


def judged(names: Sequence[str], found: np.ndarray, truth: Sequence[tuple[float, float]]) -> list[Row]:
    """One row for each name, from intervals (repetitions, rows, 2); without those that were left out."""
    rows = []
    for i, (name, (value, error)) in enumerate(zip(names, truth, strict=True)):
        low, high = found[~np.isnan(found[:, i, 0]), i].T
        if low.size:
            width = float(np.mean(high - low))
            blur = error / width if width > 0 else 0.0 if error == 0 else math.inf
            rows.append(Row(name, low.size, int((high < value).sum()), int((low > value).sum()), value, blur))
    return rows


# --- the command ---

HEADING = (
    f"  {'95% interval of':<28} {'runs':>6} {'covered':>8} {'+-':>6} {'below':>7} {'above':>7} {'truth se/width':>15}"
)


def line_of(row: Row) -> str:
    """As a line under `HEADING`; below and above are the intervals that lay beside the truth."""
    covered = f"{row.name:<28} {row.repetitions:>6,} {row.covered:>8.2%} {row.se:>6.2%}"
    misses = f"{row.below / row.repetitions:>7.2%} {row.above / row.repetitions:>7.2%}"
    return f"  {covered} {misses} {row.blur:>15.4f}  {row.verdict}"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, metavar="N", help="runs of each kind")
    parser.add_argument("--paths", type=int, default=PATHS, metavar="N", help=f"paths of each (default: {PATHS:,})")


def run(options: argparse.Namespace) -> int:
    """The tables; 0 if every row holds."""
    started, failed, lines = time.monotonic(), 0, []

    def say(text: str) -> None:
        print(text, flush=True)
        lines.append(text)

    se = math.sqrt(0.95 * 0.05 / options.repetitions)
    by_chance = 2.0 * special.ndtr(-SLACK / se)
    say(
        f"Empirical coverage of 95% confidence intervals: {options.repetitions:,} repetitions of {options.paths:,} "
        "paths.\n"
        f"A coverage of 95% is then known to +- {se:.2%}, and {by_chance:.1%} of the rows are outside of 94 to 96% by\n"
        f"chance. So a row that is outside is repeated {FURTHER} times more often and judged by all of its runs.\n"
        f"The truth: {TRUTH_PATHS:,} Sobol' points of another seed."
    )
    with ProcessPoolExecutor(options.workers) as pool:
        for name, subject in subjects().items():
            truth = truth_of(subject, options.workers)
            for how, keep in COMBINATIONS[name]:
                title = f"{name}, {how}, {'paths kept' if keep else 'no paths kept'}"
                if options.only and options.only not in title:
                    continue
                begun = time.monotonic()
                rows = judged_runs(pool, Task(name, how, keep, keep, options.paths, []), options.repetitions, truth)
                failed += sum(row.verdict != "holds" for row in rows)
                say(f"\n{title} ({time.monotonic() - begun:.0f} s)\n{HEADING}")
                for row in rows:
                    say(line_of(row))
    say(f"\n{failed} rows fail; {time.monotonic() - started:.0f} s")
    if options.out:
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return int(failed > 0)


def judged_runs(pool: Executor, task: Task, repetitions: int, truth: Sequence[tuple[float, float]]) -> list[Row]:
    """The rows of one kind of run, after more repetitions where some are outside the band."""
    names = rows_of(subjects()[task.subject])
    if not task.keep_paths:
        names = [f"{name} (bins)" if name[0] == "p" and name[1:3].isdigit() else name for name in names]

    def more(first: int, number: int, differences: bool) -> np.ndarray:
        every = seeds(first, number)
        pieces = max(number // 50, 1)
        tasks = [task._replace(seeds=every[k::pieces], differences=differences) for k in range(pieces)]
        return np.concatenate(list(pool.map(repeat, tasks)))

    # Runs that keep no paths get seeds of their own, so that their rows are news.
    first = 0 if task.keep_paths else 10**6
    found = more(first, repetitions, task.differences)
    rows = judged(names, found, truth)
    wrong = {row.name for row in rows if row.verdict != "holds"}
    if not wrong:
        return rows
    again = more(first + repetitions, FURTHER * repetitions, any(name.startswith("difference") for name in wrong))
    after = {row.name: row for row in judged(names, np.concatenate([found, again]), truth)}
    return [after[row.name] if row.name in wrong else row for row in rows]
