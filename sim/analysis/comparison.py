"""Several cases under the same luck: each one's estimates, and its differences from the first, paired path by path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.summary import Period, jsonable

if TYPE_CHECKING:
    from sim.estimates import Estimate
    from sim.terms import Case


@dataclass(frozen=True)
class Comparison:
    """Cases under common random numbers; the first is the base.

    `estimates` gives each measure one estimate a case; `differences` the same of case minus base, paired by path, the
    base's own being exactly 0. `cash_out_by_period` is [case][period]: the probability of having run out of cash by the
    end of each of the base's fiscal quarters; absent where a case does not span it. `notes` are sentences on what is
    not alike, such as horizons.
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
        """As JSON; absent numbers are None."""
        return jsonable({})
