"""Variants of a case: those that it states, the line off, every condition waived, each of its clauses lifted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.results.value import Frozen, Value
from sim.terms import Case, load_case
from sim.terms.clauses import StatedClause, stated_clauses
from sim.terms.derived import facilities
from sim.terms.named_variants import fitted
from sim.terms.problems import joined, show
from sim.terms.schema import CLAUSE_KINDS, entry_keys
from sim.text.dates import long_date
from sim.text.frozen import FrozenDict, in_brief
from sim.text.readable import Blocks, Readable
from sim.text.tables import Table

SIGNED, LINE_OFF, WAIVED = "as signed", "line off", "every condition waived"


@dataclass(frozen=True, eq=False)
class Clause(Value):
    """One clause of a line. `lifted` are the overrides that lift it, as `Case.replace` takes them.

    `key` is a short name such as "coverage" or "condition: licence"; `words` states the clause; `clause` is its number
    in the documents if the case gives it, else "".
    """

    key: str
    words: str
    lifted: Mapping[str, object]
    clause: str = ""

    __repr__ = in_brief


class Variants(Frozen, Readable, FrozenDict):
    """Cases by name, the first as signed."""

    __slots__ = ()

    def _blocks(self) -> Blocks:
        signed = next(iter(self.values()), None)
        rows = [(name, _changes(signed, case)) for name, case in self.items()]
        return [Table(signed.title if signed else "No variants", ("Variant", "What differs"), rows, (0, 1))]

    def _in_brief(self) -> str:
        return f"{len(self)} cases, {', '.join(list(self)[:3])}{', ...' * (len(self) > 3)}"


def _changes(signed: Case | None, case: Case) -> str:
    """The keys in which two cases differ, with the values of the second."""
    ours, theirs = _flat({} if signed is None else signed.to_dict()), _flat(case.to_dict())
    moved = [name for name in ours | theirs if ours.get(name) != theirs.get(name)]
    return ", ".join(f"{name} = {show(theirs[name]) if name in theirs else 'none'}" for name in moved) or "nothing"


def _flat(part: Any, name: str = "") -> dict[str, Any]:
    """Every value of a document by its dotted key; entries of lists by name."""
    if isinstance(part, Mapping):
        inside = [(joined(name, word), each) for word, each in part.items()]
    elif isinstance(part, list) and any(isinstance(each, Mapping) for each in part):
        inside = [(f"{name}[{each.get('name', i)}]", each) for i, each in enumerate(part)]
    else:
        return {name: part}
    return {key: value for word, each in inside for key, value in _flat(each, word).items()}


def clauses_of(case: Case) -> tuple[Clause, ...]:
    """The clauses that can limit draws or cost something, in the order in which a draw meets them.

    They are stated by the keys with a `Clause` (`sim.terms.parts`) and by the conditions. With a clause lifted, the
    shares are sold at the full average, a condition is always waived, the investor never reduces the line for
    third-party financing, or a limit or a fee does not exist. The commitment, the term and the window of the price are
    not clauses. The authorised shares are one, although the charter states them.
    """
    return tuple(_clauses(case))


def _clauses(case: Case) -> Iterator[Clause]:
    for kind in CLAUSE_KINDS:
        if kind == "condition":
            yield from _conditions(case)
        yield from _stated(case, kind)


def _stated(case: Case, kind: str) -> Iterator[Clause]:
    """The clauses of a kind; keys of one line that state a clause of the same name are lifted together."""
    found: dict[str, list[StatedClause]] = {}
    for stated in stated_clauses(case, kind):
        line = stated.key.partition("]")[0].removeprefix("lines[") if stated.key.startswith("lines[") else ""
        found.setdefault(stated.clause.name + f" of {line}" * bool(line), []).append(stated)
    for name, members in found.items():
        words = "; ".join(dict.fromkeys(member.words for member in members))
        yield Clause(name, words, {member.key: member.clause.without for member in members})


def _conditions(case: Case) -> Iterator[Clause]:
    for condition in {each.name: each for each in case.conditions}.values():
        if condition.waiver_probability < 1:
            since = f", asked for after {long_date(condition.after)}" if condition.after else ""
            what = _WHAT[condition.kind].format(condition.milestone)
            yield Clause(f"condition: {condition.name}", f"no draw unless {what}{since}", waiving(case, condition.name))


_WHAT = {
    "milestone": "{} is reached",
    "same_ceo": "the chief executive is the same",
    "no_adverse_change": "there is no material adverse change",
}


def waiving(case: Case, name: str) -> dict[str, object]:
    """The overrides that waive the conditions of a name, in every line that has one."""
    return {
        f"{place}.waiver_probability": 1.0
        for key, line in facilities(case)
        for place, condition in zip(entry_keys(f"{key}.conditions", line.conditions), line.conditions, strict=True)
        if condition.name == name
    }


def variants(case: Case | str) -> Variants:
    """Predefined variants of a case, for `sim.compare`.

    Parameters
    ----------
    case : Case or str
        A case, the name of a shipped case, or the path of a case file.

    Returns
    -------
    Variants
        A dictionary of str to Case: "as signed", the variants that the case states in [variants], "line off" (a
        commitment of 0), "every condition waived" (if there are conditions), and "without NAME" for each clause.

    Raises
    ------
    CaseError
        If the case cannot be read.

    Examples
    --------
    >>> import sim
    >>> list(sim.variants("valence-2002"))[:4]
    ['as signed', 'investor waives', 'management acts', 'insiders lend']
    """
    case = load_case(case)
    without = {f"without {clause.key}": case.replace(clause.lifted) for clause in clauses_of(case)}
    return Variants(main_variants(case) | without)


def main_variants(case: Case) -> dict[str, Case]:
    """The first of `variants`: the line as signed, what the case states, the line off, every condition waived.

    A variant that the case does not allow, as there may be after `Case.replace`, is left out with a warning.
    """
    off = {f"{key}.commitment": 0.0 for key, _ in facilities(case)}
    found = {SIGNED: case}
    for name, changes in (case.variants or {}).items():
        made = fitted(case, name, changes)
        if made is not None:
            found[name] = made
    found[LINE_OFF] = case.replace(off)
    if case.conditions:
        every = [waiving(case, condition.name) for condition in case.conditions]
        found[WAIVED] = case.replace({key: value for changes in every for key, value in changes.items()})
    return found
