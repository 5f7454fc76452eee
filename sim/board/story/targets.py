"""Slide: what meets a target probability of cash-out, and what brings it to 50%."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.board.story.chapter import Chapter
from sim.board.story.parts import setting, span, table
from sim.board.words import aligned, brief, capitalised, short_day, shortened
from sim.results.estimates import Quantile

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.analysis.solution import Solution

_COLUMNS = (
    "input", "base case", "by", "target cash-outs", "value needed", "95% confidence interval",
    "probability at that value",
)  # fmt: skip
_NAMES = {"cost_cut": "cost cut"}
_DRAWS = " At each value the draws follow the policy; the liquidity at risk has those of the base case."


def stress(pack: Pack) -> Chapter | None:
    """A table of searches; nothing where none was made."""
    found = (*pack.solutions, *pack.stresses)
    if not found:
        return None
    notes = [solution.note.replace(" +- ", " ± ") for solution in found if solution.note]
    there = aligned("cash_out", [solution.probability for solution in found])
    rows = [_row(solution, chance) for solution, chance in zip(found, there, strict=True)]
    return Chapter(
        key="stress",
        headline=_sentence(pack.solutions),
        charts=(table("targets", "Targets and reverse stress", _COLUMNS, rows, (0,)),),
        sure=f"From {found[0].paths or pack.result.paths:,} scenarios. The interval contains every input value for "
        "which the target lies inside the 95% confidence interval of the simulated probability.",
        compared=f"The base case; its values are in the second column.{draws_words(pack)}",
        change="Here one input changes at a time. If several change together, smaller changes of each can be enough.",
        source="Bisection on one input with common random numbers, everything else as in the base case",
        notes=" ".join(notes),
    )


def draws_words(pack: Pack) -> str:
    """Why the amounts of a search are not those of the liquidity at risk; nothing where no scenario has a draw."""
    return _DRAWS if pack.result.summary()["raised"].mean > 0.0 else ""


def uncertain(solution: Solution) -> float:
    """The standard error that the interval of a solution corresponds to; NaN without an interval."""
    if solution.value is None or solution.interval is None:
        return math.nan
    return Quantile(solution.value, solution.interval).error


def _sentence(solutions: tuple[Solution, ...]) -> str:
    """What the first input that can meet the target must be."""
    if not solutions:
        return "Changes of the inputs at which a cash-out has a probability of 50%"
    first = next((solution for solution in solutions if solution.value is not None), solutions[0])
    aim, name = f"cash-outs at or below {_target(first)} scenarios by {short_day(first.by)}", _name(first)
    if first.value is None:
        best = brief("cash_out", first.probability.value, first.probability.error)
        return f"No {name} alone keeps {aim}; the lowest probability is {best}"
    if first.value == 0.0 and first.what in ("commitment", "cost_cut"):
        return f"No {name} is needed to keep {aim}"
    needed, now = setting(first.value, first.unit, uncertain(first)), setting(first.base, first.unit)
    name = name if name == "opening cash" else f"the {name}"
    bound = "may be at most" if first.what == "burn" else "must be at least"
    met = first.base <= first.value if first.what == "burn" else first.base >= first.value
    if met:
        return f"The base case keeps {aim}: {name} {bound} {needed}, and is {now}"
    return f"To keep {aim}, {name} {bound} {needed} (base case {now})"


def _row(solution: Solution, chance: str) -> tuple[str, ...]:
    unit, error, interval = solution.unit, uncertain(solution), "-"
    if solution.interval is not None:
        interval = span(*solution.interval, unit, error)
    needed = "not reached" if solution.value is None else setting(solution.value, unit, error)
    if solution.value == 0.0 and solution.what in ("commitment", "cost_cut"):
        needed, interval = "none", "-"
    return (
        capitalised(shortened(solution.label, 60)), setting(solution.base, unit), short_day(solution.by),
        _target(solution), needed, interval, chance,
    )  # fmt: skip


def _target(solution: Solution) -> str:
    return f"{100 * solution.target:g} of 100"


def _name(solution: Solution) -> str:
    return _NAMES.get(solution.what, shortened(solution.label, 40))
