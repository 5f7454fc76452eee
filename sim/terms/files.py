"""Finding and reading case files."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from sim.terms.case import Case
from sim.terms.problems import CaseError, one_line, show

MOST_BYTES = 2**20
SHIPPED = Path(__file__).parent.parent / "cases"


def load_case(case: str | os.PathLike[str] | Case) -> Case:
    """The case of a shipped name or a path; a Case is returned as it is.

    CaseError with a line for each problem: `FILE: KEY = VALUE: what is allowed`.
    """
    if isinstance(case, Case):
        return case
    if not isinstance(case, str | os.PathLike):
        raise CaseError([f"case = {show(case)}: the name of a shipped case, or a path"])
    name = os.fsdecode(case)
    path = SHIPPED / f"{name}.toml" if isinstance(case, str) and name in _shipped_names() else Path(name)
    return Case.from_dict(_parsed(_content(path, name), name), source=name)


def content_of(name: str) -> bytes:
    """The bytes of the file of a shipped name or a path. CaseError in one line if there is none that can be read."""
    return _content(SHIPPED / f"{name}.toml" if name in _shipped_names() else Path(name), name)


def shipped_cases() -> list[tuple[str, str]]:
    """(name, title) of every shipped case, in the order of the names."""
    return [(name, load_case(name).title) for name in _shipped_names()]


@cache
def _shipped_names() -> tuple[str, ...]:
    return tuple(sorted(file.stem for file in SHIPPED.glob("*.toml")))


def _content(path: Path, name: str) -> bytes:
    """The bytes of a file. CaseError in one line if there is none that can be read."""
    try:
        complaint = _complaint(path, name)
        if not complaint:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
            if len(data) <= MOST_BYTES:
                return data
            complaint = f"larger than {MOST_BYTES} bytes: a case file of at most 1 MiB"
    except OSError as error:
        complaint = f"cannot be read: {one_line(error.strerror or str(error))}"
    except ValueError as error:  # such as a NUL character in the path
        complaint = f"cannot be read: {one_line(str(error))}"
    raise CaseError([f"{_shown(name)}: {complaint}"])


def _complaint(path: Path, name: str) -> str:
    if name and path.is_file():
        return ""
    if name and path.is_dir():
        return "is a directory: the name of a shipped case, or the path of a case file"
    if name and path.exists():
        return "is no regular file: the path of a case file"  # a pipe or device might never end
    from difflib import get_close_matches

    near = get_close_matches(Path(name).name.removesuffix(".toml"), _shipped_names(), 1, 0.5)
    hint = f"; perhaps {near[0]}" if near else ""
    return f"no such case or file: shipped cases are {', '.join(_shipped_names())}{hint}"


MOST_DOTS = 100  # before the = of a line: far more than a case has


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
        complaint = "not TOML that can be read: tables or lists nested too deeply"
    except ValueError as error:
        complaint = _broken_toml(str(error), data)
    raise CaseError([f"{_shown(name)}: {complaint}"])


def _broken_toml(message: str, data: bytes) -> str:
    """The parser's message with its place in front: `line 3, column 5: not valid TOML: ...`."""
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    if place is None:  # not the parser's own: an integer of too many digits
        return f"not TOML that can be read: {one_line(message, 200)}"
    reason = one_line(message[: place.start()], 200)
    if place[1] is None:
        return f"line {data.count(10) + 1}, at the end of the file: not valid TOML: {reason}"
    return f"line {place[1]}, column {place[2]}: not valid TOML: {reason}"


def _shown(name: str) -> str:
    return one_line(name, 200) or '""'
