"""Figures of a run: distributions, counts and sums, but no paths."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from sim.lowering.program import CAUSES
from sim.results.distribution import Distribution
from sim.results.estimates import Estimate
from sim.results.value import Value
from sim.terms import Case

#: Names of the arrays of `Tallies`.
TALLIED = ("binding", "purchase_dates", "cut_by_chunk", "unraised_by_chunk", "fan")
#: Reasons of a purchase date that are no limit on a draw.
NOT_BINDING = ("cash-out", "no purchase date")


class Period(NamedTuple):
    """A fiscal quarter, or the part of it that is simulated."""

    label: str
    start: date
    end: date


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
    periods x causes) counts those paths by `CAUSES`; `raised_by_period` are means of the amounts raised in each period.
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
    binned: bool = False
    sha256: str | None = None

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
    def causes_by_period(self) -> dict[str, np.ndarray]:
        """For each cause, the probability of having run out because of it by the end of each period."""
        return {cause: self.cash_out_counts[:, i] / self.run.paths for i, cause in enumerate(CAUSES)}

    @property
    def binding_by_period(self) -> tuple[dict[str, float], ...]:
        """For each period, the reasons that bound draws: shares of its purchase dates before the cash-out."""
        binds = np.array([reason not in NOT_BINDING for reason in self.tallies.reasons], dtype=bool)
        shares = []
        for counts in self.tallies.binding:
            total = int(counts[binds].sum())
            named = zip(self.tallies.reasons, counts, binds, strict=True)
            shares.append({reason: int(count) / total for reason, count, bound in named if bound and count})
        return tuple(shares)

    @property
    def waterfall(self) -> Waterfall:
        """Use of the commitment, in mean dollars per path."""
        paths = self.run.paths
        named = zip(self.tallies.reasons, self.tallies.unraised, strict=True)
        unraised = {reason: float(total) / paths for reason, total in named if total != 0.0}
        commitment = float(self.run.case.line.commitment)
        return Waterfall(commitment, self.distributions["raised"].mean, self.tallies.cut / paths, unraised)
