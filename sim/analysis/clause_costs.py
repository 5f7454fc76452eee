"""The costs of a line's clauses, as data and as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.analysis.paired import SHOWN, estimate_dict, levels_dict
from sim.analysis.paired_text import gains, measured
from sim.analysis.variants import Clause
from sim.results.estimates import Estimate
from sim.results.summary import jsonable, manifest
from sim.results.value import Parts, Value
from sim.terms import Case
from sim.text.readable import Blocks, Readable
from sim.text.tables import Table

TOO_MANY = (
    "There are more clauses than can be varied one by one, as each of them doubles the number of runs. Some are "
    "removed together, and their costs are not told apart."
)
_MEASURES = ("raised", "runway_months", "cash_out", "dilution")


@dataclass(frozen=True, eq=False, repr=False)
class ClauseCosts(Parts, Value, Readable):
    """The effect of removing the clauses of a line, in each measure.

    `signed` and `lifted` are the case as signed and with all clauses removed, `together` is lifted minus signed, path
    by path. `alone` is the effect of removing one clause only, `shapley` the Shapley value of each clause; these values
    add up to `together`. `grouped` says which clauses were combined, where there are too many. `level_paths` is the
    number of paths of `signed` and `lifted` where it is not `paths`, as in a board pack.
    """

    _parts = "clauses"

    case: Case
    clauses: tuple[Clause, ...]
    paths: int
    seed: int
    signed: Mapping[str, Estimate]
    lifted: Mapping[str, Estimate]
    together: Mapping[str, Estimate]
    alone: Mapping[str, tuple[Estimate, ...]]
    shapley: Mapping[str, tuple[Estimate, ...]]
    grouped: tuple[str, ...] = ()
    level_paths: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "level_paths", self.level_paths or self.paths)

    def to_dict(self) -> dict[str, Any]:
        """As JSON; absent numbers are None."""

        def of_clause(i: int) -> dict[str, Any]:
            clause = self.clauses[i]
            return {
                "key": clause.key,
                "words": clause.words,
                "clause": clause.clause,
                "lifted": clause.lifted,
                "alone": {name: estimate_dict(row[i]) for name, row in self.alone.items()},
                "shapley": {name: estimate_dict(row[i]) for name, row in self.shapley.items()},
            }

        document = {
            "paths": self.paths,
            "level_paths": self.level_paths,
            "seed": self.seed,
            "signed": levels_dict(self.signed, self.level_paths),
            "lifted": levels_dict(self.lifted, self.level_paths),
            "together": {name: estimate_dict(each) for name, each in self.together.items()},
            "clauses": [of_clause(i) for i in range(len(self.clauses))],
            "grouped": self.grouped,
            "manifest": manifest(self.case, self.paths, self.seed, "philox"),
        }
        return jsonable(document)

    def _blocks(self) -> Blocks:
        return clauses_blocks(self)

    def _in_brief(self) -> str:
        return f"{self.case.title}, {len(self.clauses)} clauses, {self.paths:,} paths, seed {self.seed}"


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

    runs = (costs.signed, costs.lifted)
    both = [measured(name, [run[name] for run in runs]) for name in _MEASURES]
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
        *[TOO_MANY] * bool(costs.grouped),
        *(note[0].upper() + note[1:] + "." for note in costs.grouped),
    ]
