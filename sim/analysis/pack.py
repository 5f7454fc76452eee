"""Everything a board pack says about a case, computed once and under common luck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim.summary import jsonable

if TYPE_CHECKING:
    from sim.analysis.clauses import ClauseCosts
    from sim.analysis.comparison import Comparison
    from sim.analysis.grid import Grid
    from sim.analysis.outlook import Outlook
    from sim.analysis.record import Backtest
    from sim.analysis.sensitivity import Sensitivity
    from sim.analysis.solving import Solution
    from sim.result import Result


@dataclass(frozen=True)
class Pack:
    """What `gather` found. None, or an empty tuple, where something does not apply; `skipped` says why, by field."""

    result: Result
    variants: Comparison
    clauses: ClauseCosts | None
    sensitivity: Sensitivity | None
    scenarios: Comparison
    solutions: tuple[Solution, ...]
    stresses: tuple[Solution, ...]
    outlook: Outlook
    policies: Comparison
    grid: Grid | None
    record: Backtest | None
    elapsed_s: float
    skipped: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON; absent numbers are None."""
        return jsonable({})
