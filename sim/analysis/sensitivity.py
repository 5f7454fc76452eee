"""Which uncertain input matters: each alone from low to high, and Sobol' indices of those that matter most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sim.estimates import Estimate
from sim.summary import jsonable


@dataclass(frozen=True)
class Swing:
    """One input at its low and at its high, everything else as the case has it.

    `low`, `base` and `high` are in `unit`; `stated` says whether the case's [ranges] name them. `at_low` and `at_high`
    are the measures there, `down` and `up` their differences to the base case, paired by path.
    """

    key: str
    label: str
    unit: str
    low: float
    base: float
    high: float
    stated: bool
    at_low: Mapping[str, Estimate]
    at_high: Mapping[str, Estimate]
    down: Mapping[str, Estimate]
    up: Mapping[str, Estimate]

    def width(self, measure: str) -> float:
        """The larger of the two moves of a measure, in its unit."""
        return max(abs(self.down[measure].value), abs(self.up[measure].value))


@dataclass(frozen=True)
class Indices:
    """Sobol' indices by measure, one a key: the share of the variance of a measure's mean that comes from the input.

    `first` is the share the input has alone, `total` the share it has together with others. Inputs are uniform between
    low and high and independent. The function is a mean over paths with common luck, hence deterministic: the intervals
    are those of the sample of inputs. `evaluations` counts its runs.
    """

    keys: tuple[str, ...]
    first: Mapping[str, tuple[Estimate, ...]]
    total: Mapping[str, tuple[Estimate, ...]]
    evaluations: int


@dataclass(frozen=True)
class Sensitivity:
    """The swings, largest effect on the runway first, and the indices of the inputs that matter most."""

    swings: tuple[Swing, ...]
    base: Mapping[str, Estimate]
    indices: Indices | None
    paths: int
    seed: int

    def ordered(self, measure: str) -> tuple[Swing, ...]:
        """The swings, largest effect on `measure` first."""
        return tuple(sorted(self.swings, key=lambda swing: -swing.width(measure)))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        document: dict[str, Any] = jsonable(asdict(self))
        return document
