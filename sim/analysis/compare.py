"""`compare`: several cases under common random numbers, with their differences from the first, path by path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.analysis.comparison import Comparison
from sim.analysis.paired import (
    ABSENT,
    NOTHING,
    Mean,
    Probability,
    difference_of,
    level_of,
    measures_of,
    values_of,
)
from sim.analysis.runs import Counter, Sampling, shards
from sim.results.columns import Columns
from sim.results.estimates import bounded
from sim.results.summary import days_at_close, fiscal_periods
from sim.terms import Case, load_case
from sim.terms.options import seed_of
from sim.terms.problems import check_whole


def compare(
    cases: Mapping[str, Case | str] | Iterable[Case | str],
    paths: int | None = None,
    seed: int | None = None,
    *,
    sampler: str = "philox",
    antithetic: bool = False,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> Comparison:
    """Simulate several cases under common random numbers and compare them with the first.

    Differences are means over the paths of case minus base, with Student's interval from those differences (of pairs
    and scrambles where paths come in groups); that of a probability is the mean of the difference of two indicators.
    Cases of different months are paired by the number of the month, the first being the valuation date's.

    Parameters
    ----------
    cases : mapping of str to Case, or iterable of Case or str
        The cases with their names; those of an iterable are named by their titles.
    paths, seed : int, optional
        The first case's unless given.
    sampler, antithetic, workers, executor
        As in `sim.simulate`.
    progress : callable, optional
        Called as progress(done, total) with the paths of all cases together.

    Returns
    -------
    Comparison

    Raises
    ------
    CaseError, ValueError
        For cases and options that cannot be used.

    Notes
    -----
    Memory does not grow with the number of paths, except with sobol, whose scrambles need the whole run.

    Examples
    --------
    >>> case = sim.load_case("valence-2002")
    >>> sim.compare({"as signed": case, "half the price": case.replace({"price.initial": 1.5})}, paths=1000)
    <Comparison: 2 cases, the first 'as signed', 1,000 paths each, seed 20020401>
    """
    names, cases = named_cases(cases)
    base = cases[0]
    paths = check_whole("paths", base.simulation.paths if paths is None else paths, 1, 10**12)
    seed = seed_of(base, seed)
    how = Sampling(seed, sampler, antithetic, workers, executor)
    sums, counter = Sums.of(cases, how.groups), Counter(progress, paths * len(cases))
    base_values: dict[str, np.ndarray] = {}
    for i, columns in shards(cases, paths, how, counter):
        values = sums.add(i, columns, base_values if i else {})
        base_values = base_values if i else values
    return sums.comparison(names, paths, how)


@dataclass
class Sums:
    """The running sums of a comparison: levels and differences by measure and case, cash-outs by case and period."""

    cases: tuple[Case, ...]
    groups: str | None
    measures: tuple[str, ...]
    levels: dict[str, list[Mean | Probability]]
    shifts: dict[str, list[Mean]]
    by_period: list[list[Probability | None]]

    @classmethod
    def of(cls, cases: tuple[Case, ...], groups: str | None) -> Sums:
        measures = measures_of(*cases)
        periods = fiscal_periods(cases[0])
        return cls(
            cases,
            groups,
            measures,
            {name: [level_of(name, groups) for _ in cases] for name in measures},
            {name: [difference_of(name, groups) for _ in cases] for name in measures},
            [
                [
                    Probability(groups) if case.valuation_date <= period.end <= case.horizon else None
                    for period in periods
                ]
                for case in cases
            ],
        )

    def add(self, i: int, columns: Columns, base: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Add a shard of case i and return its values; `base` has those of the base, none for the base itself."""
        case, values = self.cases[i], {}
        for name in self.measures:
            values[name] = values_of(columns, name)
            self.levels[name][i].add(values[name])
            if base:
                self.shifts[name][i].add(np.subtract(values[name], base[name], dtype=np.float64))
        for period, chance in zip(fiscal_periods(self.cases[0]), self.by_period[i], strict=True):
            if chance is not None:
                chance.add(columns["cash_out_days"] <= days_at_close(case, period.end))
        return values

    def comparison(self, names: tuple[str, ...], paths: int, how: Sampling) -> Comparison:
        """The estimates."""
        by_case = [bounded({name: row[i].estimate() for name, row in self.levels.items()}) for i in range(len(names))]
        levels = {name: tuple(each[name] for each in by_case) for name in self.levels}
        shifts = {name: (NOTHING, *(shift.estimate() for shift in row[1:])) for name, row in self.shifts.items()}
        by_period = tuple(tuple(ABSENT if c is None else c.estimate() for c in row) for row in self.by_period)
        return Comparison(
            names, self.cases, paths, how.seed, how.sampler, how.antithetic, levels, shifts, by_period,
            fiscal_periods(self.cases[0]), _notes(names, self.cases),
        )  # fmt: skip


def named_cases(
    cases: Mapping[str, Case | str] | Iterable[Case | str] | Case | str, what: str = "compare"
) -> tuple[tuple[str, ...], tuple[Case, ...]]:
    """Names, each different, and cases. Raises ValueError if there is none."""
    if isinstance(cases, (str, Case)):
        cases = [cases]
    if isinstance(cases, Mapping):
        names, given = [str(name) for name in cases], list(cases.values())
    else:
        given = list(cases)
        names = [case if isinstance(case, str) else case.title for case in given]
    if not given:
        raise ValueError(f"{what}: there must be at least one case")
    names = [
        name if names.index(name) == i else f"{name} ({names[: i + 1].count(name)})" for i, name in enumerate(names)
    ]
    return tuple(names), tuple(load_case(case) for case in given)


def _notes(names: tuple[str, ...], cases: tuple[Case, ...]) -> tuple[str, ...]:
    base, notes = cases[0], []
    for name, case in zip(names[1:], cases[1:], strict=True):
        if (case.valuation_date, case.horizon) != (base.valuation_date, base.horizon):
            notes.append(
                f"{name} is simulated from {case.valuation_date} to {case.horizon}, {names[0]} from "
                f"{base.valuation_date} to {base.horizon}: each measure is over its own case's span."
            )
    return tuple(notes)
