"""Finding and reading case files."""

from __future__ import annotations

import os
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from sim.terms.case import Case
from sim.terms.schema import CaseError, one_line, show

MOST_BYTES = 2**20


def load_case(case: str | os.PathLike[str] | Case) -> Case:
    """The case of a shipped name or a path; a Case is returned as it is.

    CaseError with a line for each problem: `FILE: KEY = VALUE: what is allowed`.
    """
    if isinstance(case, Case):
        return case
    if not isinstance(case, str | os.PathLike):
        raise CaseError([f"case = {show(case)}: the name of a shipped case, or a path"])
    name = os.fsdecode(case)
    if isinstance(case, str) and name in _shipped_names():
        return Case.from_dict(_parsed(_shipped(name).read_bytes(), name), source=name)
    return Case.from_dict(_parsed(_bytes(name), name), source=name)


@cache
def shipped_cases() -> list[tuple[str, str]]:
    """(name, title) of every shipped case, in the order of the names."""
    return [(name, load_case(name).title) for name in _shipped_names()]


def _shipped(name: str) -> Any:
    return resources.files("sim") / "cases" / f"{name}.toml"


@cache
def _shipped_names() -> list[str]:
    files = (resources.files("sim") / "cases").iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def _bytes(name: str) -> bytes:
    """The content of the file at the path `name`. CaseError in one line if there is none that can be read."""
    shown = one_line(name, 200) or '""'
    try:
        path = Path(name)
        if name and path.is_dir():
            raise CaseError([f"{shown}: is a directory: the name of a shipped case, or the path of a case file"])
        if not name or not path.exists():
            raise CaseError([_no_such(name, shown)])
        if not path.is_file():
            raise CaseError([f"{shown}: is no regular file: the path of a case file"])
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, CaseError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise CaseError([f"{shown}: cannot be read: {one_line(reason)}"]) from None
    if len(data) > MOST_BYTES:
        raise CaseError([f"{shown}: larger than {MOST_BYTES} bytes: a case file of at most 1 MiB"])
    return data


def _no_such(name: str, shown: str) -> str:
    from difflib import get_close_matches

    names = _shipped_names()
    near = get_close_matches(Path(name).name.removesuffix(".toml"), names, 1, 0.5)
    hint = f"; perhaps {near[0]}" if near else ""
    return f"{shown}: no such case or file: shipped cases are {', '.join(names)}{hint}"


def _parsed(data: bytes, name: str) -> dict[str, Any]:
    import tomllib

    shown = one_line(name, 200)
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CaseError([f"{shown}: line {line}: not UTF-8: byte 0x{data[error.start]:02x}"]) from None
    except RecursionError:
        raise CaseError([f"{shown}: not TOML that can be read: tables or lists nested too deeply"]) from None
    except ValueError as error:
        message = str(error)
        place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
        if place is None:  # not a TOMLDecodeError of its own, for example an integer of too many digits
            raise CaseError([f"{shown}: not TOML that can be read: {one_line(message, 200)}"]) from None
        line, column = (place[1], place[2]) if place[1] else (data.count(b"\n") + 1, "at the end of the file")
        at = f"line {line}, " + (f"column {column}" if place[1] else column)
        raise CaseError([f"{shown}: {at}: not valid TOML: {one_line(message[: place.start()], 200)}"]) from None
