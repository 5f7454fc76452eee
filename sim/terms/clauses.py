"""The clauses of a line as its keys state them: every key with a `Clause`, in the order in which a draw meets them."""

from __future__ import annotations

from typing import Any, NamedTuple

from sim.terms.case import Case
from sim.terms.schema import CLAUSE_KINDS, Clause, Key, Table, Terms, keys
from sim.text.numbers import money, percent


class StatedClause(NamedTuple):
    """One clause of a case: the dotted key that states it, and the key's value."""

    key: str
    known: Key
    clause: Clause
    value: Any

    @property
    def words(self) -> str:
        """What the clause says, in lower case: `at most $5.00 million a fiscal quarter`."""
        shown = self.clause.shown or (lambda value: value_text(value, self.known.unit))
        return self.clause.words.format(shown(self.value))


def stated_clauses(case: Case, *kinds: str) -> list[StatedClause]:
    """The clauses of these kinds (default: all) that have an effect in the case; conditions are not among them."""
    found: list[StatedClause] = []

    def walk(table: Terms, where: str) -> None:
        of: Any = type(table)
        for word, known in keys(of).items():
            value = getattr(table, word)
            if known.clause is not None and known.clause.applies(value, table):
                found.append(StatedClause(where + word, known, known.clause, value))
            if isinstance(known.rule, Table) and value is not None:
                walk(value, f"{where}{word}.")

    walk(case, "")
    wanted = [stated for stated in found if not kinds or stated.clause.kind in kinds]
    return sorted(wanted, key=lambda stated: CLAUSE_KINDS.index(stated.clause.kind))


def value_text(value: Any, unit: str) -> str:
    """The value of a key in words: $5.00 million, $0.50, 85%, 100,000,000."""
    if unit == "$":
        return money(value)
    if unit == "$/share":
        return f"${value:,g}" if value < 0.01 else f"${value:,.2f}"
    if unit in ("1", "1/year"):
        return percent(value)
    return f"{value:,}" if isinstance(value, int | float) else str(value)
