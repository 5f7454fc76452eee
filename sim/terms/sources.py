"""The sources of a case's figures: the comments beside them in its file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from sim.terms.case import Case
from sim.terms.closes import with_closes
from sim.terms.overrides import parse_override
from sim.terms.problems import CaseError, joined
from sim.terms.schema import item_name
from sim.terms.toml_text import Entry, Paragraph, entries, parsed

CHANGED = "changed for this run; the case file says otherwise"
_WORD = re.compile(r"[A-Za-z_]+")
_TAG = re.compile(r"\s\s+\[(\w+)\]\s+(.+)")


class Sources(NamedTuple):
    """`beside` maps keys to comments (`company.cash`, `notes[Baccarat note].principal`, `notes[NAME]` for an entry);
    `legend` explains the tags in square brackets that the comments use.
    """

    beside: dict[str, str]
    legend: dict[str, str]


def sources(case: Case) -> Sources:
    """The comments of a case's file by key: at the end of the key's line, else directly above it.

    They are those of the text that was read with the case, whatever has become of the file; empty for a case without
    a file. The comment of a value that differs from the file, such as one set on the command line, is `CHANGED`.
    """
    try:
        stored = dict(_values(Case.from_dict(with_closes(parsed(case.text), case.quoted)).to_dict()))
    except (CaseError, ValueError):  # a case that was made in Python has no text
        return Sources({}, {})
    now = dict(_values(case.to_dict()))
    beside = {key: words for key, words in comments(case.text).items() if key in now}
    beside |= {key: CHANGED for key, value in now.items() if stored.get(key) != value}
    return Sources(beside, dict(legend(case.text)))


def changes(case: Case) -> tuple[str, ...] | None:
    """`KEY=VALUE` of each value that differs from the case's file, as `--set` takes them.

    None for a case without a file, and for changes that are not of single values.
    """
    try:
        stored = Case.from_dict(with_closes(parsed(case.text), case.quoted), source=case.source)
        was, now = (dict(_values(each.to_dict())) for each in (stored, case))
    except (CaseError, ValueError):
        return None
    new = tuple(f"{key}={_toml(value)}" for key, value in now.items() if was.get(key) != value)
    gone = tuple(f"{key}=" for key, value in was.items() if key not in now and value is not None)
    for texts in dict.fromkeys((new, new + gone)):  # a change alone takes the range that it leaves with it
        with suppress(CaseError, ValueError):
            if stored.replace(dict(map(parse_override, texts))).to_dict() == case.to_dict():
                return texts
    return None


def _toml(value: Any) -> str:
    """A value as TOML writes it; a word stands alone."""
    if isinstance(value, str):
        return value if _WORD.fullmatch(value) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "" if value is None else json.dumps(value)


def comment_on(beside: Mapping[str, str], key: str) -> str:
    """The comment beside a key, or beside the innermost table or list around it that has one; "" if there is none."""
    ends = [len(key), *(found.start() for found in reversed(list(re.finditer(r"[.\[]", key))))]
    return next((beside[key[:end]] for end in ends if key[:end] in beside), "")


def comments(text: str) -> dict[str, str]:
    """The comments of a valid TOML text by key; entries of lists go by name, or by number where they have none.

    A comment inside a list of tables goes to the entry on its line, else to the next one.
    """
    found: dict[str, str] = {}
    for name, value, entry in named(text):
        if entry.kind == "in":
            continue
        inside = []
        for number, words, _ in entry.within:
            row = value[number] if isinstance(value, list) and 0 <= number < len(value) else None
            if isinstance(row, dict):
                where = f"{name}[{item_name(row) or number}]"
                found[where] = _sentence([found.get(where, ""), words])
            else:
                inside.append(words)
        words = _sentence([entry.beside or _sentence(entry.above), *inside])
        if words:
            found[name] = words
    return found


def named(text: str) -> Iterator[tuple[str, Any, Entry]]:
    """The headings and keys of a valid TOML text, each with its dotted name and its value; entries of lists go by
    name, or by number where they have none."""
    document = parsed(text)
    read: dict[str, int] = {}  # number of the last entry of each list of tables
    table: tuple[str, Any] = ("", document)
    statement = table
    for entry in entries(text):
        if not isinstance(entry, Entry):
            continue
        if entry.kind == "in":
            yield *_inside(statement, [*entry.inside(), *entry.parts]), entry
            continue
        start = table if entry.kind == "=" else ("", document)
        statement = _place(start, entry, read)
        if entry.kind != "=":
            table = statement
        yield *statement, entry


def _inside(start: tuple[str, Any], way: list[str | int]) -> tuple[str, Any]:
    """The name and the value of what a way through inline tables and lists leads to."""
    name, value = start
    for step in way:
        slot = unquoted(step) if isinstance(step, str) else step
        value = value[slot]
        name = f"{name}[{item_name(value) or slot}]" if isinstance(slot, int) else joined(name, slot)
    return name, value


def paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of comments that stand apart from any key; an empty comment line begins a new one."""
    for entry in entries(text):
        if isinstance(entry, Paragraph):
            part: list[str] = []
            for line in [*entry.lines, ""]:
                if line.strip():
                    part.append(line)
                elif part:
                    yield _sentence(part)
                    part = []


def legend(text: str) -> Iterator[tuple[str, str]]:
    """The tags that the comments of a text explain, as in `#   [TS]   term sheet of 12 March 2002`."""
    for entry in entries(text):
        lines = entry.lines if isinstance(entry, Paragraph) else entry.above
        for line in lines:
            found = _TAG.fullmatch(line)
            if found:
                yield found[1], found[2]


def _place(start: tuple[str, Any], entry: Entry, read: dict[str, int]) -> tuple[str, Any]:
    """The name and the value of a heading or a key, seen from the table `start`."""
    name, place = start
    for i, part in enumerate(entry.parts):
        word = unquoted(part)
        name, place = joined(name, word), place[word]
        if isinstance(place, list) and entry.kind != "=":
            if entry.kind == "[[" and i == len(entry.parts) - 1:
                read[name] = read.get(name, -1) + 1
            number = read[name]
            place = place[number]
            name = f"{name}[{item_name(place) or number}]"
    return name, place


def unquoted(part: str) -> str:
    if part[:1] not in "\"'":
        return part
    return str(parsed(f"key = {part}")["key"]) if "\\" in part else part[1:-1]


def _sentence(lines: list[str]) -> str:
    return " ".join(filter(None, (line.strip() for line in lines)))


def _values(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a case's document with its key; None for tables and for lists of tables."""
    if isinstance(value, dict):
        yield name, None
        for key, item in value.items():
            yield from _values(item, joined(name, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield name, None
        for number, row in enumerate(value):
            yield from _values(row, f"{name}[{item_name(row) or number}]")
    else:
        yield name, value
