"""Changing keys of a case by their dotted names, from Python or from `--set KEY=VALUE`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sim.terms.paths import REMOVED, WORD, Path, Refused, Track
from sim.terms.problems import CaseError, Problem, joined, one_line, raise_if, show, unknown_key
from sim.terms.schema import Key, Rows, Table, Values, entry_key, item_name, keys, plain
from sim.terms.toml_text import parsed
from sim.text.dates import long_date

BLAME = "--set"


def parse_override(text: str, blame: str = BLAME) -> tuple[str, Any]:
    """`"price.volatility=0.8"` -> `("price.volatility", 0.8)`.

    The right side is a TOML value or a bare word, which is a string; an empty one is None, which removes the key.
    Raises CaseError for anything else.
    """
    name, equals, right = _split(text)
    if not equals or not name:
        raise CaseError([f"{blame}: {one_line(text) or '(empty)'}: must be KEY=VALUE, such as price.volatility=0.8"])
    return name, _value(name, right.strip(), blame)


def overridden(case: Any, texts: Iterable[str], blame: str = BLAME) -> Any:
    """`case` with every `KEY=VALUE` of `texts` applied. Raises CaseError with a line for each that cannot be used.

    `blame` is the option that has the texts. A variant of the case that does not fit the changed one is left out,
    with a warning.
    """
    changes: dict[str, Any] = {}
    lines = []
    for text in texts:
        try:
            name, value = parse_override(text, blame)
            if name in changes:
                lines.append(f"{blame}: {one_line(name, 200)} = {show(value)}: {given_twice(name, name)}")
            changes[name] = value
        except CaseError as error:
            lines += error.problems
    if lines:
        raise CaseError(lines)
    if not changes:
        return case
    made = case.replace(changes, blame=blame)
    return made if "variants" in changes else made.with_fitting_variants(case)


def changed(doc: dict[str, Any], changes: Mapping[str, Any], of: type, blame: str) -> dict[str, str | None]:
    """Change the document `doc` of class `of` in place. Raises CaseError for keys that do not exist in it.

    Returns the list entries that have another key than before, by the old one; None for those that are gone.
    """
    problems: list[Problem] = []
    given: dict[str, str] = {}
    for name, value in changes.items():
        try:
            known = _find(doc, str(name), of).key
        except Refused:  # which the change itself reports, or an earlier change makes good
            known = str(name)
        if known in given:
            problems.append((str(name), value, given_twice(str(name), given[known])))
        given.setdefault(known, str(name))
    raise_if(problems, blame)
    track = Track(doc)
    for name, value in changes.items():
        try:
            _change(doc, str(name), plain(value), of)
        except Refused as refused:
            problems.append((str(name), value, str(refused)))
    raise_if(problems, blame)
    return track.swept(doc)


def given_twice(name: str, first: str) -> str:
    """The message for a key that is given again, after `first`."""
    return "must be given once" + ("" if name == first else f"; {one_line(first, 200)} is the same key")


def canonical(part: Any, name: str, of: type | None = None) -> str:
    """The one spelling of a dotted key of a case: entries by their names, by numbers from 0 where they have none.

    `of` is the class of a draft. KeyError with the message if there is no such key; for a draft, Unread where a field
    on the way failed validation.

    Examples
    --------
    >>> canonical(sim.load_case("valence-2002"), "notes[0].principal")
    'notes[Baccarat note].principal'
    """
    try:
        return _find(part, name, of or type(part)).key
    except Refused as refused:
        raise KeyError(str(refused)) from None


def find(part: Any, name: str, of: type | None = None) -> tuple[Any, Any]:
    """The rule and the value of a dotted key of a case; the value is None where it, or a table around it, is absent.

    `of` and the errors are those of `canonical`.
    """
    try:
        return _find(part, name, of or type(part))[:2]
    except Refused as refused:
        raise KeyError(str(refused)) from None


def known_key(of: Any, name: str) -> Key:
    """What is known about a dotted key of class `of`, or about the list that it is in. KeyError if there is none."""
    word = WORD.match(name)
    try:
        known = keys(of)[word[0].strip()] if word else None
    except TypeError:  # of a class without keys
        known = None
    if word is None or known is None:
        raise KeyError(name)
    rest = name[word.end() :]
    if not rest:
        return known
    below = known.rule.of if isinstance(known.rule, Table | Rows) else None
    if rest[0] == ".":
        return known_key(below, rest[1:])
    for end in (found.end() for found in reversed(list(re.finditer(r"\](?=[.\[]|$)", rest)))):  # a name may have any
        try:
            return known if end == len(rest) else known_key(below, rest[end + 1 :])
        except KeyError:
            continue
    raise KeyError(name)


def label_of(case: Any, name: str) -> str:
    """The label of a dotted key of a case: `licence: probability`; where it has none, the words of the key.

    Examples
    --------
    >>> label_of(sim.load_case("valence-2002"), "notes[0].extension_probability")
    'Baccarat note: extension'
    """
    try:
        found = _find(case, name, type(case))
    except Refused as refused:
        raise KeyError(str(refused)) from None
    label = known_key(type(case), found.key).label or " ".join(found.words).replace("_", " ")
    entries = ", ".join(found.entries)
    if "{date}" in label:
        return label.format(date=long_date(find(case, f"{found.key.rpartition('.')[0]}.date")[1]))
    if "{name}" in label:
        return label.replace("{name}", entries)
    return f"{entries}: {label}" if entries else label


class _Found(NamedTuple):
    """A dotted key of a case: its rule, its value and its one spelling.

    `entries` are the list entries that it leads through, by name or by kind and number from 1; `words` are what follows
    the last of them or, without one, the first table.
    """

    rule: Any
    value: Any
    key: str
    entries: tuple[str, ...]
    words: tuple[str, ...]


def _find(part: Any, name: str, of: Any) -> _Found:
    where, rule = "", None
    entries: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    path, is_last = Path(name), False
    while not is_last:
        word = path.word()
        if not of or word not in keys(of):
            raise Refused(unknown_key(word, list(keys(of)), where) if of else f"{where} has no keys of its own")
        where = joined(where, word)
        rule, part = keys(of)[word].rule, _inside(part, word)
        words = (*words, word) if len(where) > len(word) else ()
        if path.at_index():
            path.must_index(where, isinstance(rule, Rows | Values))
            rows = list(part or ())
            slot = path.index(rows, where)
            where = entry_key(where, slot, rows[slot])
            if isinstance(rule, Rows):
                entries, words = (*entries, item_name(rows[slot]) or f"{word.removesuffix('s')} {slot + 1}"), ()
            else:
                words = (*words, f"{slot + 1}")
            part, rule = rows[slot], Table(rule.of) if isinstance(rule, Rows) else rule.of
        is_last = path.is_last()
        if isinstance(rule, Rows) and not is_last:
            raise Refused(f"must name the entry: {where}[NAME] or {where}[NUMBER]")
        of = rule.of if isinstance(rule, Table) else None
    return _Found(rule, part, where, entries, words)


def _inside(part: Any, word: str) -> Any:
    """A value of a table, which is an object, a document, or absent."""
    return part.get(word) if isinstance(part, Mapping) else None if part is None else getattr(part, word)


def _split(text: str) -> tuple[str, str, str]:
    """Key, "=" and value; an "=" inside brackets belongs to a name."""
    depth = 0
    for at, c in enumerate(text):
        depth += (c == "[") - (c == "]")
        if c == "=" and depth <= 0:
            return text[:at].strip(), "=", text[at + 1 :]
    unbalanced = re.match(r"(.*?\](?:\.[\w. ]+)?)=(.*)", text, re.DOTALL)  # a name with a bracket that is not closed
    if unbalanced:
        return unbalanced[1].strip(), "=", unbalanced[2]
    name, equals, right = text.partition("=")
    return name.strip(), equals, right


def _value(name: str, right: str, blame: str) -> Any:
    if not right:
        return None
    try:
        doc = parsed(f"value = {right}")
        if list(doc) == ["value"]:
            return doc["value"]
    except ValueError:
        if right[0] not in "[{\"'":
            return right
    raise CaseError(
        [f"{blame}: {one_line(name)} = {one_line(right)}: must be a TOML value, such as 0.8, true, word or [1, 2]"]
    )


def _change(doc: Any, name: str, value: Any, of: type) -> None:
    """Set or remove the value of `name` in `doc`."""
    _put(*place_of(doc, name, of), value)


def place_of(doc: Any, name: str, of: type) -> tuple[Any, Any]:
    """The table or list of a document of class `of` that holds the dotted key `name`, and its word or position there.

    Tables on the way that are absent are made. Raises Refused for a key that has no place.
    """
    where = ""
    path = Path(name)
    while True:
        word = path.word()
        if word not in keys(of):
            raise Refused(unknown_key(word, list(keys(of)), where))
        where = joined(where, word)
        rule = keys(of)[word].rule
        holder: Any = doc
        slot: Any = word
        is_entry = path.at_index()
        if is_entry:
            path.must_index(where, isinstance(rule, Rows | Values))
            holder = doc.setdefault(word, [])
            slot = path.index(holder, where)
            where = entry_key(where, slot, holder[slot])
        if path.is_last():
            return holder, slot
        if isinstance(rule, Table):
            doc, of = doc.setdefault(word, {}), rule.of
        elif isinstance(rule, Rows) and is_entry:
            doc, of = holder[slot], rule.of
        else:
            which = f"must name the entry: {where}[NAME] or {where}[NUMBER]"
            raise Refused(which if isinstance(rule, Rows) else f"{where} has no keys of its own")
        if not isinstance(doc, dict):  # an earlier change put something else there
            raise Refused(f"{where} has no keys after the changes before this one")


def _put(holder: Any, slot: Any, value: Any) -> None:
    if isinstance(holder, list):
        holder[slot] = REMOVED if value is None else value
    elif value is not None:
        holder[slot] = value
    elif slot in holder:
        del holder[slot]
