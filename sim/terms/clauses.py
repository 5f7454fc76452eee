"""The clauses of a line as its keys state them: every key with a `Clause`, in the order in which a draw meets them."""

from __future__ import annotations

from typing import Any, NamedTuple

from sim.terms.case import Case
from sim.terms.schema import CLAUSE_KINDS, Clause, Key, Rows, Table, Terms, entry_keys, keys
from sim.text.numbers import money, percent, price


class StatedClause(NamedTuple):
    """One clause of a case: the dotted key that states it, and the key's value."""

    key: str
    known: Key
    clause: Clause
    value: Any
    table: Any  # in which the key stands

    @property
    def words(self) -> str:
        """What the clause says, in lower case: `at most $5.00 million a fiscal quarter`."""
        shown = self.clause.shown or (lambda value: value_text(value, self.known.unit))
        period = getattr(self.table, "period", "").replace("_", " ")
        return self.clause.words.format(shown(self.value), period=period)


def stated_clauses(case: Case, *kinds: str) -> list[StatedClause]:
    """The clauses of these kinds (default: all) that have an effect in the case; conditions are not among them."""
    return stated_in(case, "", *kinds)


def stated_in(table: Terms, where: str, *kinds: str) -> list[StatedClause]:
    """`stated_clauses` of one table; `where` is its key with a point, "" for a case."""
    found: list[StatedClause] = []

    def walk(table: Terms, where: str) -> None:
        of: Any = type(table)
        for word, known in keys(of).items():
            value = getattr(table, word)
            if known.clause is not None and known.clause.applies(value, table):
                found.append(StatedClause(where + word, known, known.clause, value, table))
            if isinstance(known.rule, Table) and value is not None:
                walk(value, f"{where}{word}.")
            rows = (value or ()) if isinstance(known.rule, Rows) else ()
            for place, row in zip(entry_keys(f"{where}{word}", rows), rows, strict=True):
                walk(row, f"{place}.")

    walk(table, where)
    wanted = [stated for stated in found if not kinds or stated.clause.kind in kinds]
    return sorted(wanted, key=lambda stated: CLAUSE_KINDS.index(stated.clause.kind))


def value_text(value: Any, unit: str) -> str:
    """The value of a key in words: $5.00 million, $0.50, 85%, 100,000,000."""
    if unit == "$":
        return money(value)
    if unit == "$/share":
        return price(value)
    if unit in ("1", "1/year"):
        return percent(value)
    return f"{value:,}" if isinstance(value, int | float) else str(value)
