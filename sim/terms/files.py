"""Finding and reading case files."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from sim.terms.case import Case
from sim.terms.problems import CaseError, joined, nearest, one_line, show
from sim.terms.spelling import spelled

MOST_BYTES = 2**20
SHIPPED = Path(__file__).parent.parent / "cases"


def load_case(case: str | os.PathLike[str] | Case) -> Case:
    """Read a case.

    Parameters
    ----------
    case : str or path or Case
        The name of a shipped case or the path of a case file; a Case is returned as it is.

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
    path = SHIPPED / f"{name}.toml" if isinstance(case, str) and name in _shipped_names() else Path(name)
    return Case.from_dict(_parsed(_content(path, name), name), source=name)


def content_of(name: str) -> bytes:
    """The bytes of the file of a shipped case or a path. Raises CaseError if it cannot be read."""
    return _content(SHIPPED / f"{name}.toml" if name in _shipped_names() else Path(name), name)


def shipped_cases() -> list[tuple[str, str]]:
    """The shipped cases.

    Returns
    -------
    list of (str, str)
        The name and the title of each, sorted by name.

    Examples
    --------
    >>> import sim
    >>> sim.shipped_cases()[0][0]
    'valence-2002'
    """
    return [(name, load_case(name).title) for name in _shipped_names()]


@cache
def _shipped_names() -> tuple[str, ...]:
    return tuple(sorted(file.stem for file in SHIPPED.glob("*.toml")))


def _content(path: Path, name: str) -> bytes:
    """The bytes of a file. Raises CaseError if it cannot be read."""
    try:
        complaint = _complaint(path, name)
        if not complaint:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
            if len(data) <= MOST_BYTES:
                return data
            complaint = f"larger than {MOST_BYTES} bytes; must be a case file of at most 1 MiB"
    except OSError as error:
        complaint = f"cannot be read: {one_line(error.strerror or str(error))}"
    except ValueError as error:  # such as a NUL character in the path
        complaint = f"cannot be read: {one_line(str(error))}"
    raise CaseError([f"{_shown(name)}: {complaint}"])


def _complaint(path: Path, name: str) -> str:
    if name and path.is_file():
        return ""
    if name and path.is_dir():
        return "is a directory; must be the name of a shipped case, or the path of a case file"
    if name and path.exists():
        return "is not a regular file; must be the path of a case file"  # reading a pipe or device may not end
    near = nearest(Path(name).name.removesuffix(".toml"), _shipped_names(), 0.5)
    hint = f"Did you mean {near}? " if near else ""
    return f"not a shipped case and not a file. {hint}(`fundrisk cases` lists the shipped cases.)"


MOST_DOTS = 100  # before the = of a line; a case has at most a few


def _parsed(data: bytes, name: str) -> dict[str, Any]:
    import tomllib

    try:
        text = data.decode("utf-8-sig")
        # A key of thousands of dots takes tomllib minutes.
        if any(line.partition("=")[0].count(".") > MOST_DOTS for line in text.splitlines()):
            raise RecursionError
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        complaint = f"line {line}: not UTF-8: byte 0x{error.object[error.start]:02x}"
    except RecursionError:
        complaint = "not TOML that can be read: tables or lists are nested too deeply"
    except ValueError as error:
        complaint = _broken_toml(str(error), data)
    raise CaseError([f"{_shown(name)}: {complaint}"])


def _broken_toml(message: str, data: bytes) -> str:
    """The parser's message after its place: `line 3, column 5: not valid TOML: ...`.

    For a value in a known spelling: `line 3: company.cash = 9,400,000: TOML has no thousands commas; write 9_400_000`.
    """
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    if place is None:  # not the parser's own: an integer of too many digits
        return f"not TOML that can be read: {one_line(message, 200)}"
    reason = one_line(message[: place.start()], 200)
    if place[1] is None:
        return f"line {data.count(10) + 1}, at the end of the file: not valid TOML: {reason}"
    misspelled = _misspelled(data.decode("utf-8-sig").splitlines()[: int(place[1])])
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
