"""Several cases under the same luck: each one's estimates, and its differences from the first, paired path by path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.results.summary import Period, days_at_close, fiscal_periods, jsonable, manifest

if TYPE_CHECKING:
    import numpy as np

    from sim.analysis.paired import Mean, Probability
    from sim.results.estimates import Estimate
    from sim.results.result import Result
    from sim.terms import Case

#: Chunks of paths that are simulated at once, so that memory does not grow with the number of paths.
CHUNKS_AT_ONCE = 16
BASE = "as signed"


@dataclass(frozen=True)
class Comparison:
    """Cases under common random numbers; the first is the base.

    `estimates` gives each measure one estimate a case; `differences` the same of case minus base, paired by path, the
    base's own being exactly 0. `cash_out_by_period` is [case][period]: the probability of having run out of cash by the
    end of each of the base's fiscal quarters; absent where a case does not span it. `notes` are sentences on what is
    not alike, such as horizons. Measures are those of `sim.analysis.paired.SHOWN`; "cash_out_12m" is among them where
    every case spans twelve months. The effective price is not: paths that draw nothing have none, so that a difference
    would be one of other paths.
    """

    names: tuple[str, ...]
    cases: tuple[Case, ...]
    paths: int
    seed: int
    sampler: str
    antithetic: bool
    estimates: Mapping[str, tuple[Estimate, ...]]
    differences: Mapping[str, tuple[Estimate, ...]]
    cash_out_by_period: tuple[tuple[Estimate, ...], ...]
    periods: tuple[Period, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON, with each whole case; absent numbers are None."""
        from sim.analysis.paired import estimate_dict

        def of_case(i: int) -> dict[str, Any]:
            case, by_period = self.cases[i], zip(self.periods, self.cash_out_by_period[i], strict=True)
            return {
                "name": self.names[i],
                "title": case.title,
                "case_sha256": case.sha256,
                "estimates": {name: estimate_dict(row[i]) for name, row in self.estimates.items()},
                "differences": {name: estimate_dict(row[i]) for name, row in self.differences.items()},
                "cash_out_by_period": [
                    {"period": period.label, "end": period.end} | estimate_dict(chance) for period, chance in by_period
                ],
                "case": case.to_dict(),
            }

        document = {
            "base": self.names[0],
            "paths": self.paths,
            "seed": self.seed,
            "sampler": self.sampler,
            "antithetic": self.antithetic,
            "cases": [of_case(i) for i in range(len(self.cases))],
            "notes": self.notes,
            "manifest": manifest(self.cases[0], self.paths, self.seed, self.sampler, self.antithetic),
        }
        return jsonable(document)

    def __str__(self) -> str:
        from sim.analysis.tables import comparison_text

        return comparison_text(self)


def compare(
    cases: Mapping[str, Case | str] | Iterable[Case | str],
    paths: int | None = None,
    seed: int | None = None,
    *,
    sampler: str = "philox",
    antithetic: bool = False,
    workers: int | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> Comparison:
    """Simulate several cases with the same luck and compare them with the first.

    `cases` come with their names, or are named by their titles. `paths` and `seed` are the first case's unless given;
    the rest is as in `sim.simulate`; `progress` counts the paths of all cases together. Memory does not grow with the
    number of paths, but for sobol, whose scrambles reach over the whole run. Raises CaseError or ValueError.

    Differences are means over the paths of case minus base, with Student's interval from those differences (of pairs
    and scrambles where paths come in groups); that of a probability is the mean of the difference of two indicators.
    Cases of different months are paired by the number of the month, the first being the valuation date's.
    """
    from sim.lowering.program import CHUNK
    from sim.terms.problems import check_whole

    names, cases = _named(cases)
    base = cases[0]
    paths = check_whole("paths", base.simulation.paths if paths is None else paths, 1, 10**12)
    seed = check_whole("seed", base.simulation.seed if seed is None else seed, 0, 2**64 - 1)
    sums = _Sums.of(cases, "scrambles" if sampler == "sobol" else "pairs" if antithetic else None)
    at_once = CHUNKS_AT_ONCE * CHUNK if sampler == "philox" else paths
    done = 0
    while done < paths:
        here = min(at_once, paths - done)
        runs = _Runs(here, seed, sampler, antithetic, done, workers)
        base_values: dict[str, np.ndarray] = {}
        for i, case in enumerate(cases):
            told = None if progress is None else part(progress, done * len(cases) + i * here, paths * len(cases))
            values = sums.add(i, runs.simulate(case, told), base_values)
            base_values = base_values or values
        done += here
    return sums.comparison(names, paths, seed, sampler, antithetic)


class _Runs(NamedTuple):
    """How a shard is simulated."""

    paths: int
    seed: int
    sampler: str
    antithetic: bool
    first_path: int
    workers: int | None

    def simulate(self, case: Case, progress: Callable[[int, int], Any] | None) -> Result:
        from sim.engine.simulate import simulate

        return simulate(case, **self._asdict(), progress=progress)


@dataclass
class _Sums:
    """The running sums of a comparison: levels and differences by measure and case, cash-outs by case and period."""

    cases: tuple[Case, ...]
    groups: str | None
    measures: tuple[str, ...]
    levels: dict[str, list[Mean | Probability]]
    shifts: dict[str, list[Mean]]
    by_period: list[list[Probability | None]]

    @classmethod
    def of(cls, cases: tuple[Case, ...], groups: str | None) -> _Sums:
        from sim.analysis.paired import MEASURED, PROBABILITIES, Probability, difference_of, level_of, twelve_months

        measures = (*MEASURED, PROBABILITIES[1]) if all(twelve_months(case) for case in cases) else MEASURED
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

    def add(self, i: int, result: Result, base: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Add case i's shard, with the base's values of it (none for the base itself); returns its values."""
        import numpy as np

        from sim.analysis.paired import values_of

        case, values = self.cases[i], {}
        for name in self.measures:
            values[name] = values_of(result, name)
            self.levels[name][i].add(values[name])
            if base:
                self.shifts[name][i].add(np.subtract(values[name], base[name], dtype=np.float64))
        for period, chance in zip(fiscal_periods(self.cases[0]), self.by_period[i], strict=True):
            if chance is not None:
                chance.add(result["cash_out_days"] <= days_at_close(case, period.end))
        return values

    def comparison(self, names: tuple[str, ...], paths: int, seed: int, sampler: str, antithetic: bool) -> Comparison:
        from sim.analysis.paired import ABSENT, NOTHING

        levels = {name: tuple(level.estimate() for level in row) for name, row in self.levels.items()}
        shifts = {name: (NOTHING, *(shift.estimate() for shift in row[1:])) for name, row in self.shifts.items()}
        by_period = tuple(tuple(ABSENT if c is None else c.estimate() for c in row) for row in self.by_period)
        return Comparison(
            names, self.cases, paths, seed, sampler, antithetic, levels, shifts, by_period,
            fiscal_periods(self.cases[0]), _notes(names, self.cases),
        )  # fmt: skip


def _named(cases: Mapping[str, Case | str] | Iterable[Case | str]) -> tuple[tuple[str, ...], tuple[Case, ...]]:
    from sim.terms import Case, load_case

    if isinstance(cases, (str, Case)):
        cases = [cases]
    if isinstance(cases, Mapping):
        names, given = [str(name) for name in cases], list(cases.values())
    else:
        given = list(cases)
        names = [case if isinstance(case, str) else case.title for case in given]
    if not given:
        raise ValueError("compare needs at least one case")
    names = [
        name if names.index(name) == i else f"{name} ({names[: i + 1].count(name)})" for i, name in enumerate(names)
    ]
    return tuple(names), tuple(load_case(case) for case in given)


def part(progress: Callable[[int, int], Any], before: int, total: int) -> Callable[[int, int], Any]:
    """Progress of one run among several."""
    return lambda done, _: progress(before + done, total)


def _notes(names: tuple[str, ...], cases: tuple[Case, ...]) -> tuple[str, ...]:
    base, notes = cases[0], []
    for name, case in zip(names[1:], cases[1:], strict=True):
        if (case.valuation_date, case.horizon) != (base.valuation_date, base.horizon):
            notes.append(
                f"{name} is simulated from {case.valuation_date} to {case.horizon}, {names[0]} from "
                f"{base.valuation_date} to {base.horizon}: each measure looks at its own case's span."
            )
    return tuple(notes)
