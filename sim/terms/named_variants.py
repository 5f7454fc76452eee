"""The table [variants] of a case: what it would be if something else were so, as changed keys under a name."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from sim.terms.overrides import canonical
from sim.terms.problems import CaseError, Say, one_line, show
from sim.terms.ranges import BAD
from sim.terms.schema import MOST_REPR, plain
from sim.terms.stated import moved_key
from sim.text.frozen import whole

MOST_VARIANTS = 20
#: Names of predefined variants, see `sim.analysis.variants`, and how others begin.
PREDEFINED, WITHOUT = ("as signed", "line off", "every condition waived"), "without "


@whole
class NamedVariants(Mapping[str, Mapping[str, Any]]):
    """An immutable mapping from names to changes, each as `Case.replace` takes them, in the order of the file."""

    __slots__ = ("_text",)

    def __init__(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        self._text = json.dumps(plain(rows))

    def _rows(self) -> dict[str, dict[str, Any]]:
        rows: dict[str, dict[str, Any]] = json.loads(self._text)
        return rows

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        return self._rows()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows())

    def __len__(self) -> int:
        return len(self._rows())

    def __hash__(self) -> int:
        return hash(frozenset(self._rows()))

    def __reduce__(self) -> tuple[Any, ...]:
        return NamedVariants, (self._rows(),)

    def __repr__(self) -> str:
        return one_line(f"NamedVariants({self._rows()!r})", MOST_REPR)


class StatedVariants:
    """The rule of the table: tables of dotted keys and values by name. Whether they fit the case is its own check."""

    allowed = 'a table of tables of dotted keys and values, such as [variants."a lower burn"] "burn.monthly" = 1e6'

    def read(self, value: Any, name: str, say: Say) -> Any:
        if not isinstance(value, Mapping) or not 0 < len(value) <= MOST_VARIANTS:
            say(name, value, f"must be {self.allowed}")
            return BAD
        problems = 0
        for word, changes in value.items():
            where = f'{name}."{one_line(str(word), 200)}"'
            if not isinstance(changes, Mapping) or not changes:
                say(where, changes, 'must be a table of dotted keys and values, such as "burn.monthly" = 1e6')
            elif not word or word in PREDEFINED or word.startswith(WITHOUT):
                say(where, list(changes), f"must have another name: {', '.join(PREDEFINED)}, {WITHOUT}... are taken")
            elif any(str(key).split(".")[0] in ("variants", "record", "schema") for key in changes):
                say(where, list(changes), "must not change variants, record or schema")
            else:
                continue
            problems += 1
        try:
            return BAD if problems else NamedVariants(value)
        except TypeError:
            say(name, value, f"must be {self.allowed}")
            return BAD


def variant_problems(case: Any) -> list[str]:
    """A line for each change of a variant that the case does not allow."""
    lines: list[str] = []
    for name, changes in (case.variants or {}).items():
        try:
            case.replace(changes, blame=f'{case.source}: variants."{one_line(name, 200)}"')
        except CaseError as error:
            lines += error.problems
    return lines


def canonical_variants(case: Any, variants: NamedVariants) -> NamedVariants:
    """The variants of a valid case by the canonical keys: entries of lists by their names."""
    return NamedVariants(
        {name: {_canonical(case, key): value for key, value in changes.items()} for name, changes in variants.items()}
    )


def _canonical(case: Any, key: str) -> str:
    try:
        return canonical(case, key)
    except KeyError:  # an entry of a list that the variant makes itself
        return key


def moved_variants(variants: NamedVariants, moved: Mapping[str, str | None]) -> NamedVariants | None:
    """The variants by the keys that their entries of lists have now; without those that change an entry that is gone.

    `moved` are the entries with another key, None for those that are gone.
    """
    if not moved:
        return variants
    rows = {name: {moved_key(key, moved): value for key, value in row.items()} for name, row in variants.items()}
    kept = {name: {str(key): value for key, value in row.items()} for name, row in rows.items() if None not in row}
    return NamedVariants(kept) if kept else None


def fitting(bare: Any, variants: NamedVariants | None, before: NamedVariants) -> NamedVariants | None:
    """Those of `variants` that a case without any, `bare`, allows. Warns of each of `before` that is none of them."""
    kept, now = {}, {} if variants is None else dict(variants)
    for name, stated in before.items():
        changes = now.get(name, stated)
        if fitted(bare, name, changes, gone=name not in now) is not None:
            kept[name] = changes
    return NamedVariants(kept) if kept else None


def fitted(case: Any, name: str, changes: Mapping[str, Any], gone: bool = False) -> Any:
    """A case with the changes of a variant; None, with a warning, if it does not allow them or `gone` says so."""
    where = f'variants."{one_line(name, 200)}"'
    said = f"{where}: what it changes is gone"
    try:
        made = case.replace(changes, blame=where)
        if not gone:
            return made
    except CaseError as error:
        said = error.problems[0]
    warnings.warn(f"{said}; the variant is left out", stacklevel=2)
    return None


def variant_lines(case: Any) -> Iterator[str]:
    """Each variant and what it changes."""
    if not case.variants:
        return
    yield "The simulation does not use these variants; `fundrisk compare --variants` and the report show them."
    for name, changes in case.variants.items():
        yield f"- {one_line(name, 200)}: " + ", ".join(f"{key} = {show(value)}" for key, value in changes.items())
