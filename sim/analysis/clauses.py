"""What each clause of a line costs: lifting it alone, and its exact Shapley share of lifting them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.summary import jsonable

if TYPE_CHECKING:
    from sim.analysis.variants import Clause
    from sim.estimates import Estimate
    from sim.terms import Case


@dataclass(frozen=True)
class ClauseCosts:
    """What lifting the clauses of a line is worth, in each measure.

    `signed` and `lifted` are the case as signed and with all clauses lifted. `alone` is the gain from lifting one
    clause and leaving the others (without it minus as signed), `shapley` its share of lifting all of them: the shares
    add up to lifted minus signed. `grouped` says which clauses were put together, where there are too many.
    """

    case: Case
    clauses: tuple[Clause, ...]
    paths: int
    seed: int
    signed: Mapping[str, Estimate]
    lifted: Mapping[str, Estimate]
    alone: Mapping[str, tuple[Estimate, ...]]
    shapley: Mapping[str, tuple[Estimate, ...]]
    grouped: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON; absent numbers are None."""
        return jsonable({})
