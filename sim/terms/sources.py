"""The sources of a case's figures: the comments beside them in its file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from sim.terms.case import Case
from sim.terms.files import content_of
from sim.terms.problems import CaseError

CHANGED = "changed for this run; the case file says otherwise"
_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\-]+)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([\w\-]+)\s*=")
_NAME = re.compile(r"""\s*name\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_TAG = re.compile(r"#\s\s+\[(\w+)\]\s+(.+)")


class Sources(NamedTuple):
    """`beside` maps keys to comments (`company.cash`, `notes[Baccarat note].principal`, `notes[NAME]` for an entry);
    `legend` explains the tags in square brackets that the comments use.
    """

    beside: dict[str, str]
    legend: dict[str, str]


def sources(case: Case) -> Sources:
    """The comments of a case's file by key: at the end of the key's line, else above it or above the keys before it.

    Empty for a case without a file, or whose file cannot be read any more. The comment of a value that differs from
    the file, such as one set on the command line, is `CHANGED`.
    """
    import tomllib

    try:
        text = content_of(case.source).decode("utf-8-sig")
        stored = dict(_values(Case.from_dict(tomllib.loads(text)).to_dict()))
    except (CaseError, ValueError, RecursionError):
        return Sources({}, {})
    beside = comments(text)
    for key, value in _values(case.to_dict()):
        if stored.get(key) != value:
            beside[key] = CHANGED
    return Sources(beside, dict(_TAG.findall(text)))


def comments(text: str) -> dict[str, str]:
    """The comments of a TOML text by key; entries of lists go by name, or by number where they have none."""
    found: dict[str, str] = {}
    for where, lines in _tables(text):
        above: list[str] = []
        block = ""  # the comment above the first of several consecutive keys
        for number, line in enumerate(lines):
            if line.lstrip().startswith("#"):
                above.append(line.lstrip().lstrip("#").strip())
                continue
            key = _KEY.match(line)
            block = (" ".join(filter(None, above)) or block) if key else ""  # an empty line ends it
            words = _trailing(line) or block
            name = ".".join(filter(None, (where, key[1]))) if key else where if number == 0 else ""
            if name and words:
                found[name] = words
            above = []
    return found


def _tables(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each table's key and its lines, its heading first."""
    number: dict[str, int] = {}
    table, rows, lines = "", False, [""]
    for line in [*text.splitlines(), "[end]"]:
        header = _HEADER.match(line)
        if not header:
            lines.append(line)
            continue
        if rows:
            number[table] = number.get(table, -1) + 1
            name = next((m[1] or m[2] for m in map(_NAME.match, lines) if m), "") or str(number[table])
            yield f"{table}[{name}]", lines
        else:
            yield table, lines
        table, rows, lines = header[2], header[1] == "[[", [line]


def _trailing(line: str) -> str:
    """The comment at the end of a line; a # inside quotes begins none."""
    quote = ""
    for place, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "#":
            return line[place + 1 :].strip()
    return ""


def _values(table: dict[str, Any], where: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a case's document with its key."""
    for key, value in table.items():
        name = f"{where}.{key}" if where else key
        if isinstance(value, dict):
            yield from _values(value, name)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for number, row in enumerate(value):
                yield from _values(row, f"{name}[{row.get('name', number)}]")
        else:
            yield name, value
