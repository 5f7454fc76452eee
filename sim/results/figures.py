"""Figures of a run: distributions, counts and sums, but no paths."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np

from sim.lowering.program import CAUSES
from sim.results.distribution import Distribution
from sim.results.estimates import Estimate
from sim.results.measures import MEASURES
from sim.results.periods import Period
from sim.results.statistics import Statistics
from sim.results.value import Value, locked
from sim.terms import Case, Line
from sim.text.frozen import FrozenDict, whole

#: Names of the arrays of `Tallies`.
TALLIED = ("binding", "purchase_dates", "cut_by_chunk", "unraised_by_chunk", "fan")
#: Reasons of a purchase date that are no limit on a draw.
NOT_BINDING = ("cash-out", "no purchase date")


def causes_of(case: Case) -> tuple[str, ...]:
    """The causes of a cash-out that a case can have, in the order of `CAUSES`; "flows" last, where it has any."""
    return CAUSES if any(not flow.monthly for flow in case.flows) else CAUSES[: CAUSES.index("flows")]


@whole
class Run(NamedTuple):
    """How a run was made."""

    case: Case
    paths: int
    seed: int
    sampler: str
    antithetic: bool
    first_path: int
    elapsed_s: float
    workers: int
    manifest: dict[str, Any]

    @property
    def groups(self) -> str | None:
        """Which paths depend on one another, as in `Distribution.from_values`."""
        return "scrambles" if self.sampler == "sobol" else "pairs" if self.antithetic else None

    def __repr__(self) -> str:
        return f"<Run: {self.case.title}, {self.paths:,} paths, seed {self.seed}, {self.sampler}>"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Tallies(Value):
    """Sums over all paths that are not in the columns of a result.

    `binding` (int64, periods x reasons) counts purchase dates before the cash-out by the binding limit;
    `purchase_dates` (periods) is their number on one path. `cut_by_chunk` ($, chunks) is the commitment cut by third
    parties, `unraised_by_chunk` ($, chunks x reasons) the amount not raised for each reason, both by chunk in the order
    of the paths. `fan` ($, month ends x paths) is the cash at the month ends of the first few paths,
    shortfalls bridged.
    """

    reasons: tuple[str, ...]
    binding: np.ndarray
    purchase_dates: np.ndarray
    cut_by_chunk: np.ndarray
    unraised_by_chunk: np.ndarray
    fan: np.ndarray

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Every array by name."""
        return {name: getattr(self, name) for name in TALLIED}

    def without_fan(self) -> Tallies:
        """The same without the cash of single paths, which no summary shows."""
        return replace(self, fan=np.zeros((len(self.fan), 0)))

    @property
    def cut(self) -> float:
        """Commitment that third parties cut, $, all paths together."""
        return math.fsum(self.cut_by_chunk)

    @property
    def unraised(self) -> np.ndarray:
        """Amount not raised for each reason, $, all paths together."""
        return np.array([math.fsum(amounts) for amounts in self.unraised_by_chunk.T])

    def __repr__(self) -> str:
        return f"<Tallies: {len(self.reasons)} reasons, {len(self.purchase_dates)} periods>"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LineTallies(Value):
    """Sums over all paths by line, of a case whose lines are in tables of their own (`sim.lowering.lines`).

    As in `Tallies`, with one axis more: `binding` (int64, lines x periods x reasons), `purchase_dates` (lines x
    periods), `cut_by_chunk` (chunks x lines), `unraised_by_chunk` (chunks x lines x reasons). `raised_by_chunk`
    ($, chunks x lines x periods) and `shares_by_chunk` (chunks x lines) are what the lines raised and issued.
    """

    binding: np.ndarray
    purchase_dates: np.ndarray
    cut_by_chunk: np.ndarray
    unraised_by_chunk: np.ndarray
    raised_by_chunk: np.ndarray
    shares_by_chunk: np.ndarray

    def __repr__(self) -> str:
        return f"<LineTallies: {self.binding.shape[0]} lines, {self.binding.shape[1]} periods>"


#: Names of the arrays of `LineTallies`.
TALLIED_BY_LINE = tuple(field.name for field in fields(LineTallies))


def arrays_of_lines(tallies: LineTallies | None) -> dict[str, np.ndarray]:
    """The arrays of the tallies as they are saved, with `line_` before their names; none without tallies."""
    return {} if tallies is None else {f"line_{name}": getattr(tallies, name) for name in TALLIED_BY_LINE}


def lines_in(arrays: Mapping[str, np.ndarray]) -> LineTallies | None:
    """The tallies among saved arrays, if there are any."""
    if "line_binding" not in arrays:
        return None
    return LineTallies(*(arrays[f"line_{name}"] for name in TALLIED_BY_LINE))


@whole
class LineFigures(NamedTuple):
    """What one line did, in means per path. `waterfall` is None for a line without a commitment in dollars."""

    name: str
    raised: float
    shares_issued: float
    raised_by_period: tuple[float, ...]
    binding_by_period: tuple[dict[str, float], ...]
    waterfall: Waterfall | None

    def __repr__(self) -> str:
        return f"<LineFigures: {self.name}, ${self.raised:,.0f} raised>"


@whole
class Waterfall(NamedTuple):
    """Use of the commitment, in mean dollars per path: `commitment` is raised + cut + the sum of `unraised`."""

    commitment: float
    raised: float
    cut: float
    unraised: dict[str, float]

    def __repr__(self) -> str:
        return f"<Waterfall: ${self.raised:,.0f} raised of ${self.commitment:,.0f}, {len(self.unraised)} reasons>"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Figures(Value, Mapping[str, Distribution]):
    """Distributions of the measures, cash-outs by fiscal quarter and cause, limits on draws, use of the commitment.

    `cash_out_by_period` is the probability that cash has run out by the end of each period, `cash_out_counts` (int64,
    periods x causes) counts those paths by `causes_of`; `raised_by_period` are means of the amounts raised in each
    period. `statistics`: survival, hazard, incidence, liquidity at risk, average price.
    `binned`: quantiles and CVaR come from a quantile sketch (`sim.results.sketch`). `sha256` is
    `Result.sha256`.
    """

    run: Run
    periods: tuple[Period, ...]
    distributions: Mapping[str, Distribution]
    cash_out_by_period: tuple[Estimate, ...]
    cash_out_counts: np.ndarray
    raised_by_period: tuple[Estimate, ...]
    tallies: Tallies
    statistics: Statistics
    binned: bool = False
    sha256: str | None = None
    line_tallies: LineTallies | None = None

    def __getitem__(self, name: str) -> Distribution:
        """The distribution of one measure."""
        return self.distributions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.distributions)

    def __len__(self) -> int:
        return len(self.distributions)

    @property
    def cash_out(self) -> Estimate:
        """Probability that cash runs out within the horizon."""
        return self.cash_out_by_period[-1]

    @property
    def survival_by_period(self) -> tuple[Estimate, ...]:
        """Probability that cash has lasted to the end of each period."""
        return tuple(chance.complement() for chance in self.cash_out_by_period)

    @property
    def absent(self) -> tuple[str, ...]:
        """Measures that the run does not have, because an earlier version saved it."""
        return tuple(name for name in MEASURES if name not in self.distributions)

    @property
    def causes_by_period(self) -> dict[str, np.ndarray]:
        """For each cause, the probability of having run out because of it by the end of each period."""
        shares = locked(self.cash_out_counts / self.run.paths)
        return FrozenDict((cause, shares[:, i]) for i, cause in enumerate(causes_of(self.run.case)))

    @property
    def binding_by_period(self) -> tuple[dict[str, float], ...]:
        """For each period, the reasons that bound draws: shares of its purchase dates before the cash-out."""
        return tuple(self._bound(counts) for counts in self.tallies.binding)

    def _bound(self, counts: np.ndarray) -> dict[str, float]:
        """Shares of the reasons that bound draws, from counts by reason."""
        binds = np.array([reason not in NOT_BINDING for reason in self.tallies.reasons], dtype=bool)
        total = int(counts[binds].sum())
        named = zip(self.tallies.reasons, counts, binds, strict=True)
        return FrozenDict((reason, int(count) / total) for reason, count, bound in named if bound and count)

    @property
    def waterfall(self) -> Waterfall:
        """Use of the commitment, in mean dollars per path; of several lines together, those without one left out."""
        if self.line_tallies is None:
            line = self.run.case.facilities[0]
            return self._waterfall(line, self.distributions["raised"].mean, self.tallies.cut, self.tallies.unraised)
        parts = [line.waterfall for line in self.lines if line.waterfall is not None]
        unraised: dict[str, float] = {}
        for reason in self.tallies.reasons:
            amounts = [part.unraised[reason] for part in parts if reason in part.unraised]
            if amounts:
                unraised[reason] = math.fsum(amounts)
        sums = (math.fsum(amounts) for amounts in zip(*((p.commitment, p.raised, p.cut) for p in parts), strict=True))
        commitment, raised, cut = sums if parts else (0.0, 0.0, 0.0)
        return Waterfall(commitment, raised, cut, FrozenDict(unraised))

    def _waterfall(self, line: Line, raised: float, cut: float, unraised: np.ndarray) -> Waterfall:
        """The waterfall of one line, of which `cut` and `unraised` are sums over the paths."""
        named = zip(self.tallies.reasons, unraised, strict=True)
        used = line.used.amount if line.used else 0.0
        by_reason = {reason: float(total) / self.run.paths for reason, total in named if total != 0.0}
        return Waterfall(
            max(float(line.commitment or 0.0) - used, 0.0), raised, cut / self.run.paths, FrozenDict(by_reason)
        )

    @property
    def lines(self) -> tuple[LineFigures, ...]:
        """What each line did, in the file's order."""
        if self.line_tallies is not None:
            return tuple(self._line(number) for number in range(len(self.run.case.facilities)))
        raised, shares = (self.distributions[name].mean for name in ("raised", "shares_issued"))
        by_period = tuple(estimate.value for estimate in self.raised_by_period)
        name = self.run.case.facilities[0].label
        return (LineFigures(name, raised, shares, by_period, self.binding_by_period, self.waterfall),)

    def _line(self, number: int) -> LineFigures:
        """What one line of `line_tallies` did."""
        tallies, paths = self.line_tallies, self.run.paths
        assert tallies is not None
        line = self.run.case.facilities[number]
        by_period = [math.fsum(sums) / paths for sums in tallies.raised_by_chunk[:, number].T]
        raised, waterfall = math.fsum(by_period), None
        if line.commitment is not None:
            unraised = np.array([math.fsum(sums) for sums in tallies.unraised_by_chunk[:, number].T])
            waterfall = self._waterfall(line, raised, math.fsum(tallies.cut_by_chunk[:, number]), unraised)
        bound = tuple(self._bound(counts) for counts in tallies.binding[number])
        shares = math.fsum(tallies.shares_by_chunk[:, number]) / paths
        return LineFigures(line.label, raised, shares, tuple(by_period), bound, waterfall)
