"""Twelve months from the day the accounts are issued: how likely is a shortfall of cash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sim.summary import jsonable

if TYPE_CHECKING:
    from sim.estimates import Estimate
    from sim.terms import Case


@dataclass(frozen=True)
class Outlook:
    """Twelve months from the opening of `issued` to the close of `until`, cut at the horizon where that comes first.

    `names` are "line off", "as signed" and, where the line has conditions, "every condition waived". `shortfall` is the
    probability that cash falls below the minimum by `until`, of all paths: those out of cash before `issued` count, and
    `already` says how many they are. `differences` are paired, to as signed. `gap` is the mean over all paths of the
    largest shortfall ($) up to `gap_until`, the end of the fiscal quarter in which the window ends.
    """

    case: Case
    issued: date
    until: date
    cut: bool
    gap_until: date
    names: tuple[str, ...]
    shortfall: tuple[Estimate, ...]
    already: tuple[Estimate, ...]
    differences: tuple[Estimate, ...]
    gap: tuple[Estimate, ...]
    paths: int
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """As JSON; absent numbers are None."""
        return jsonable({})
