"""The costs of a line's clauses as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.analysis.paired import SHOWN
from sim.analysis.paired_text import gains, levels
from sim.results.estimates import Estimate
from sim.text.readable import Blocks
from sim.text.tables import Table

if TYPE_CHECKING:
    from sim.analysis.clauses import ClauseCosts

_MEASURES = ("raised", "runway_months", "cash_out", "dilution")


def clauses_blocks(costs: ClauseCosts) -> Blocks:
    """The line as signed and without its clauses, each clause's Shapley value, and the effect of removing it alone."""
    head = (
        f"{costs.case.title}\n{costs.paths:,} paths, seed {costs.seed}, {2 ** len(costs.clauses):,} sets of clauses, "
        "common random numbers"
    )
    heads = ("", *(SHOWN[name].column for name in _MEASURES))
    order = sorted(range(len(costs.clauses)), key=lambda i: -costs.shapley["raised"][i].value)
    names = [costs.clauses[i].key for i in order]

    def table(heading: str, rows: Sequence[str], columns: Sequence[Sequence[str]], note: str = "") -> Table:
        return Table(heading, heads, list(zip(rows, *columns, strict=True)), note=note)

    def ordered(found: tuple[Estimate, ...]) -> list[Estimate]:
        return [found[i] for i in order]

    sides = [levels(name, [costs.signed[name], costs.lifted[name]]) for name in _MEASURES]
    errors = [levels_errors(name, [costs.signed[name], costs.lifted[name]]) for name in _MEASURES]
    both = [
        [f"{value} +- {error}" for value, error in zip(*pair, strict=True)] for pair in zip(sides, errors, strict=True)
    ]
    shapley = [gains(name, [*ordered(costs.shapley[name]), costs.together[name]]) for name in _MEASURES]
    alone = [gains(name, ordered(costs.alone[name])) for name in _MEASURES]
    note = ""
    if costs.level_paths != costs.paths:
        note = (
            f"These are of {costs.level_paths:,} paths. The costs below are of {costs.paths:,} paths, so that their "
            "total may differ from the difference of the two rows by the errors shown."
        )
    return [
        head,
        table("Means and probabilities, with standard errors", ["as signed", "every clause removed"], both, note),
        table("Cost of each clause: its Shapley value, with standard error", [*names, "all of them"], shapley),
        table("Effect of removing one clause alone, with standard error", names, alone),
        *(note[0].upper() + note[1:] + "." for note in costs.grouped),
    ]


def levels_errors(name: str, estimates: Sequence[Estimate]) -> list[str]:
    """Standard errors of a measure, in its unit."""
    return [SHOWN[name].format_error(each.error, each.value) for each in estimates]
