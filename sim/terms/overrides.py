"""Changing keys of a case by their dotted names, from Python or from `--set KEY=VALUE`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sim.terms.problems import CaseError, Problem, joined, one_line, raise_if, show, unknown_key
from sim.terms.schema import Key, Rows, Table, Values, item_name, keys, plain

BLAME = "--set"
_PART = re.compile(r"([^.\[\]]+)((?:\[.*?\](?=\.|\[|$))*)(?:\.(?!$)|$)", re.DOTALL)
_INDEX = re.compile(r"\[(.*?)\](?=\[|$)", re.DOTALL)


class _Refused(Exception):
    """Raised for a change that has no place in the document; its argument is the message."""


def parse_override(text: str) -> tuple[str, Any]:
    """`"price.volatility=0.8"` -> `("price.volatility", 0.8)`.

    The right side is a TOML value or a bare word, which is a string; an empty one is None, which removes the key.
    Raises CaseError for anything else.
    """
    name, equals, right = _split(text)
    if not equals or not name:
        raise CaseError([f"{BLAME}: {one_line(text) or '(empty)'}: must be KEY=VALUE, such as price.volatility=0.8"])
    return name, _value(name, right.strip())


def overridden(case: Any, texts: Iterable[str]) -> Any:
    """`case` with every `KEY=VALUE` of `texts` applied. Raises CaseError with a line for each that cannot be used."""
    changes, lines = {}, []
    for text in texts:
        try:
            name, value = parse_override(text)
            changes[name] = value
        except CaseError as error:
            lines += error.problems
    if lines:
        raise CaseError(lines)
    return case.replace(changes, blame=BLAME) if changes else case


def changed(doc: dict[str, Any], changes: Mapping[str, Any], of: type, blame: str) -> dict[str, Any]:
    """The document `doc` of class `of`, changed in place. Raises CaseError for keys that do not exist in it."""
    problems: list[Problem] = []
    for name, value in changes.items():
        try:
            _change(doc, str(name), plain(value), of)
        except _Refused as refused:
            problems.append((str(name), value, str(refused)))
    raise_if(problems, blame)
    return doc


def find(part: Any, name: str, of: type | None = None) -> tuple[Any, Any]:
    """The rule and the value of a dotted key of a case; the value is None where it, or a table around it, is absent.

    `of` is the class of a draft. KeyError with the message if there is no such key; for a draft, Unread where a field
    on the way failed validation.
    """
    try:
        return _find(part, name, of or type(part))
    except _Refused as refused:
        raise KeyError(str(refused)) from None


def known_key(of: Any, name: str) -> Key:
    """What is known about a dotted key of class `of`, or about the list that it is in. KeyError if there is none."""
    known: Any = None
    try:
        for word, _, _ in _parts(name):
            known = keys(of)[word]
            of = known.rule.of if isinstance(known.rule, Table | Rows) else None
    except (_Refused, TypeError):
        raise KeyError(name) from None
    found: Key = known
    return found


def label_of(case: Any, name: str) -> str:
    """The label of a dotted key of a case: `licence: probability`; the key itself where it has none."""
    label = known_key(type(case), name).label
    if "{date}" in label:
        return label.format(date=find(case, f"{name.rpartition('.')[0]}.date")[1])
    entry = re.search(r"\[(.*)\]", name)
    return (label.format(name=entry[1]) if entry else label) or name


def _find(part: Any, name: str, of: Any) -> tuple[Any, Any]:
    where, rule = "", None
    for word, indices, is_last in _parts(name):
        if not of or word not in keys(of):
            raise _Refused(unknown_key(word, list(keys(of)), where) if of else f"{where} has no keys of its own")
        where = joined(where, word)
        rule, part = keys(of)[word].rule, None if part is None else getattr(part, word)
        if indices and (len(indices) > 1 or not isinstance(rule, Rows | Values)):
            raise _Refused(
                f"{where} is not a list{' of lists' * (len(indices) > 1)}, so [{one_line(indices[-1])}] does not apply"
            )
        if indices:
            part = part[_entry(list(part or ()), indices[0], where)]
            where = f"{where}[{indices[0]}]"
            rule = Table(rule.of) if isinstance(rule, Rows) else rule.of
        if isinstance(rule, Rows) and not is_last:
            raise _Refused(f"must name the entry: {where}[NAME] or {where}[NUMBER]")
        of = rule.of if isinstance(rule, Table) else None
    return rule, part


def _split(text: str) -> tuple[str, str, str]:
    """Key, "=" and value; an "=" inside brackets belongs to a name."""
    depth = 0
    for at, c in enumerate(text):
        depth += (c == "[") - (c == "]")
        if c == "=" and depth <= 0:
            return text[:at].strip(), "=", text[at + 1 :]
    return text.strip(), "", ""


def _value(name: str, right: str) -> Any:
    import tomllib

    if not right:
        return None
    try:
        doc = tomllib.loads(f"value = {right}")
        if list(doc) == ["value"]:
            return doc["value"]
    except (ValueError, RecursionError):
        if right[0] not in "[{\"'":
            return right
    raise CaseError(
        [f"{BLAME}: {one_line(name)} = {one_line(right)}: must be a TOML value, such as 0.8, true, word or [1, 2]"]
    )


def _change(doc: Any, name: str, value: Any, of: type) -> None:
    """Walk down `doc` and the classes that describe it, and set or remove the value of `name`."""
    where = ""
    for word, indices, is_last in _parts(name):
        if word not in keys(of):
            raise _Refused(unknown_key(word, list(keys(of)), where))
        where = joined(where, word)
        rule = keys(of)[word].rule
        holder: Any = doc
        slot: Any = word
        if len(indices) > 1 or (indices and not isinstance(rule, Rows | Values)):
            raise _Refused(
                f"{where} is not a list{' of lists' * (len(indices) > 1)}, so [{one_line(indices[-1])}] does not apply"
            )
        if indices:
            holder = doc.setdefault(word, [])
            slot = _entry(holder, indices[0], where)
            where = f"{where}[{indices[0]}]"
        if is_last:
            _put(holder, slot, value)
        elif isinstance(rule, Table):
            doc, of = doc.setdefault(word, {}), rule.of
        elif isinstance(rule, Rows) and indices:
            doc, of = holder[slot], rule.of
        else:
            which = f"must name the entry: {where}[NAME] or {where}[NUMBER]"
            raise _Refused(which if isinstance(rule, Rows) else f"{where} has no keys of its own")
        if not isinstance(doc, dict):  # an earlier change put something else there
            raise _Refused(f"{where} has no keys after the changes before this one")


def _put(holder: Any, slot: Any, value: Any) -> None:
    if value is not None:
        holder[slot] = value
    elif isinstance(holder, list) or slot in holder:
        del holder[slot]


def _parts(name: str) -> list[tuple[str, list[str], bool]]:
    """The parts between the dots: word, contents of its brackets, whether it is the last."""
    parts, at = [], 0
    while at < len(name):
        found = _PART.match(name, at)
        if not found:
            raise _Refused("must be a key, such as price.volatility or notes[NAME].principal")
        at = found.end()
        parts.append((found[1].strip(), _INDEX.findall(found[2]), at == len(name)))
    if not parts:
        raise _Refused("must be a key, such as price.volatility or notes[NAME].principal")
    return parts


def _entry(rows: list[Any], index: str, where: str) -> int:
    """The position of the entry with the name, or the number, `index`."""
    if not isinstance(rows, list):  # an earlier change put something else there
        raise _Refused(f"{where} is not a list after the changes before this one")
    names = [item_name(row) for row in rows]
    if index in names:
        return names.index(index)
    if index.isascii() and index.isdigit() and len(index) < 6 and int(index) < len(rows):
        return int(index)
    known = ", ".join(show(n) for n in names[:10] if n is not None)
    if known:
        raise _Refused(f"{where} has no entry {one_line(index)}; its entries are {known}")
    raise _Refused(f"{where} has no entry {one_line(index)}; it has {len(rows)}, numbered from 0")
