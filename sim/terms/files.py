"""Finding and reading case files."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from sim.terms.case import Case
from sim.terms.closes import with_path
from sim.terms.problems import CaseError, joined, nearest, one_line, show
from sim.terms.spelling import spelled
from sim.terms.toml_text import TooDeep, parsed
from sim.text.reading import STDIN, STDIN_NAME, Unreadable, decoded, form_of, is_stream, read_bytes

MOST_BYTES = 2**20
SHIPPED = Path(__file__).parent.parent / "cases"


def load_case(case: str | os.PathLike[str] | Case) -> Case:
    """Read a case.

    Parameters
    ----------
    case : str or path or Case
        The name of a shipped case, the path of a case file, or "-" for the standard input; a Case is returned as it is.

    Returns
    -------
    Case

    Raises
    ------
    CaseError
        With a line for each problem: `FILE: KEY = VALUE: must be ...`.

    Examples
    --------
    >>> import sim
    >>> sim.load_case("valence-2002").line.commitment
    30000000.0
    """
    if isinstance(case, Case):
        return case
    if not isinstance(case, str | os.PathLike):
        raise CaseError([f"case = {show(case)}: must be the name of a shipped case, or a path"])
    name = os.fsdecode(case)
    if name == STDIN:
        return _read(STDIN, STDIN_NAME)
    path = SHIPPED / f"{name}.toml" if isinstance(case, str) and name in _shipped_names() else Path(name)
    complaint = _complaint(path, name)
    if complaint:
        raise CaseError([f"{_shown(name)}: {complaint}"])
    return _read(path, name)


def _read(path: str | os.PathLike[str], name: str) -> Case:
    """The case in a file, a pipe, or for "-" in the standard input; `name` becomes its source."""
    try:
        data = read_bytes(path, MOST_BYTES)
        text = decoded(data)
    except Unreadable as error:
        hint = "; must be a case file of at most 1 MiB" if str(error).startswith("larger") else ""
        raise CaseError([f"{_shown(name)}: {error}{hint}"]) from None
    document = _parsed(text, name)
    folder = Path(path).parent if Path(path).is_file() else Path()  # of a stream, the working folder
    made = Case.from_dict(with_path(document, folder), source=name, text=text)
    names_a_file = isinstance(document["price"].get("closes"), str)
    return replace(made, quoted=made.price.closes if names_a_file else None, form=form_of(data))


def shipped_cases() -> list[tuple[str, str]]:
    """The shipped cases.

    Returns
    -------
    list of (str, str)
        The name and the title of each, sorted by name.

    Examples
    --------
    >>> import sim
    >>> [name for name, title in sim.shipped_cases() if name.startswith("valence")]
    ['valence-2002', 'valence-2002-draws', 'valence-seaside-2009']
    """
    return [(name, load_case(name).title) for name in _shipped_names()]


@cache
def _shipped_names() -> tuple[str, ...]:
    return tuple(sorted(file.stem for file in SHIPPED.glob("*.toml")))


def _complaint(path: Path, name: str) -> str:
    """Why there is nothing to read at a path; "" for a file, or a stream that the shell has opened."""
    try:
        if name and path.is_dir():
            return "is a directory; must be the name of a shipped case, or the path of a case file"
        if name and (path.is_file() or is_stream(path)):
            return ""
        if name and path.exists():  # a device may not end
            return "is not a regular file; must be the path of a case file, or - for the standard input"
    except OSError as error:
        return f"cannot be read: {one_line(error.strerror or str(error))}"
    except ValueError as error:  # such as a NUL character in the path
        return f"cannot be read: {one_line(str(error))}"
    near = nearest(Path(name).name.removesuffix(".toml"), _shipped_names(), 0.5)
    hint = f"Did you mean {near}? " if near else ""
    return f"not a shipped case and not a file. {hint}(`fundrisk cases` lists the shipped cases.)"


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        return parsed(text)
    except TooDeep as error:
        complaint = str(error)
    except ValueError as error:
        complaint = _broken_toml(str(error), text)
    raise CaseError([f"{_shown(name)}: {complaint}"])


def _broken_toml(message: str, text: str) -> str:
    """The parser's message after its place: `line 3, column 5: not valid TOML: ...`.

    For a value in a known spelling: `line 3: company.cash = 9,400,000: TOML has no thousands commas; write 9_400_000`.
    """
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    if place is None:  # not the parser's own: an integer of too many digits
        return f"not TOML that can be read: {one_line(message, 200)}"
    reason = one_line(message[: place.start()], 200)
    lines = text.split("\n")
    if place[1] is None:
        return f"line {len(lines)}, at the end of the file: not valid TOML: {reason}"
    misspelled = _misspelled(lines[: int(place[1])])
    return (
        f"line {place[1]}{misspelled}"
        if misspelled
        else f"line {place[1]}, column {place[2]}: not valid TOML: {reason}"
    )


_TABLE = re.compile(r"\s*\[+\s*([\w.-]+)\s*\]+")
_STATEMENT = re.compile(r"""\s*([\w.-]+)\s*=\s*((?:"[^"]*"|'[^']*'(?!\d)|[^#"])*)""")
#: A value inside a list or an inline table: up to the next key, bracket or blank after a comma.
_INSIDE = re.compile(
    r"(?<![\w.])(?:[$\u20ac\u00a3]\s?\d(?:[\d._']|,(?=\d))*|\d{1,3}(?:[,']\d{3})+(?:\.\d+)?|[\d.]+\s?%|\d+,\d+(?=\s*\}))"
)


def _misspelled(lines: list[str]) -> str:
    """`: KEY = VALUE: what is wrong with it`, of the last line; "" if its value is in no known spelling."""
    statement = _STATEMENT.match(lines[-1])
    if statement is None:
        return ""
    table = next((found[1] for line in reversed(lines[:-1]) if (found := _TABLE.match(line))), "")
    key, value = joined(table, statement[1]), statement[2].strip()
    percent = key.endswith("percent")
    if value[:1] not in "[{":
        said = spelled(value, percent)
        return f": {one_line(key, 200)} = {one_line(value)}: {said}" if said else ""
    for inside in _INSIDE.finditer(value):
        said = spelled(inside[0], percent)
        if said:
            return f": {one_line(key, 200)}: {one_line(inside[0])}: {said}"
    return ""


def _shown(name: str) -> str:
    return one_line(name, 200) or '""'
