"""A line with any set of its clauses lifted. The program is lowered once and then edited, thousands of times a second.

An edited program gives the same bits as lowering the changed case: random numbers are a pure function of path, purpose
and index, a condition that is waived with probability 1 holds for every random number, and a coverage test without
months is no test.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sim.analysis.variants import waiving
from sim.lowering import program as r
from sim.lowering.lower import Plan, lower
from sim.terms.line import Line
from sim.terms.schema import keys

if TYPE_CHECKING:
    from sim.analysis.variants import Clause
    from sim.terms import Case

Edit = Callable[[r.Program, Any], r.Program]


def _line(field: str, absent: float = 0.0) -> Edit:
    def edit(program: r.Program, value: Any) -> r.Program:
        changes: dict[str, Any] = {field: absent if value is None else float(value)}
        return program._replace(line=program.line._replace(**changes))

    return edit


def _never_cut(program: r.Program, value: Any) -> r.Program:
    return program._replace(third_party=program.third_party._replace(reduction_probability=float(value)))


def _uncovered(program: r.Program, value: Any) -> r.Program:
    purchases = program.purchases.copy()
    purchases["last_cover"] = purchases["first_cover"]
    return program._replace(purchases=purchases)


def _waived(i: int) -> Edit:
    def edit(program: r.Program, value: Any) -> r.Program:
        conditions = program.conditions.copy()
        conditions["probability"][i] = value
        return program._replace(conditions=conditions)

    return edit


def edits_of(case: Case) -> dict[str, Edit]:
    """For each override that lifts a clause, what it changes in the program."""

    def authorized(program: r.Program, value: Any) -> r.Program:
        headroom = float(value) - case.company.shares_reserved
        return program._replace(opening=program.opening._replace(headroom=headroom))

    # A limit whose field of `LineRecord` has the name of the clause: "draw cap", draw_cap.
    clauses = {f"line.{word}": known.clause.name for word, known in keys(Line).items() if known.clause}
    fields = {key: name.replace(" ", "_") for key, name in clauses.items()}
    edits: dict[str, Edit] = {
        **{key: _line(field, r.UNLIMITED) for key, field in fields.items() if field in r.LineRecord._fields},
        "line.pricing.multiplier": _line("multiplier"),
        "line.pricing.floor": _line("floor"),
        "line.max_per_period": _line("cap", r.UNLIMITED),
        "line.minimum_draw": _line("minimum_draw"),
        "line.legal_cost_per_draw": _line("legal_cost"),
        "line.coverage": _uncovered,
        "third_party.reduction_probability": _never_cut,
        "company.shares_authorized": authorized,
    }
    for i, condition in enumerate(case.conditions):
        edits |= dict.fromkeys(waiving(case, condition.name), _waived(i))
    return edits


class Lifter:
    """Programs of a case with sets of clauses lifted."""

    def __init__(self, case: Case, clauses: Sequence[Clause]) -> None:
        self.case, self.clauses = case, clauses
        self.plan = lower(case)
        self.edits = {} if self.plan.has_tables or self.plan.waivers else edits_of(case)

    def plan_of(self, members: Sequence[int]) -> Plan:
        """The plan with these clauses lifted; only its program differs. A change without an edit is lowered anew."""
        changes = {key: value for i in members for key, value in self.clauses[i].lifted.items()}
        if not changes.keys() <= self.edits.keys():
            return lower(self.case.replace(changes))
        program = self.plan.program
        for key, value in changes.items():
            program = self.edits[key](program, value)
        return dataclasses.replace(self.plan, program=program)
