"""Problems with the terms of a case: one line for each, and the error that lists them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from numbers import Integral
from typing import Any

from sim.terms.native import native
from sim.text.lines import ListedError, one_line

Problem = tuple[str, Any, str]  # key, value, what it must be
Say = Callable[[str, Any, str], None]


class CaseError(ListedError):
    """Raised for terms that cannot be used. `problems` has one line for each: `FILE: KEY = VALUE: must be ...`."""


class Missing:
    """Stands for the value of a key that is absent, in messages and as the default of a required key."""


MISSING = Missing()


def raise_if(problems: list[Problem], where: str) -> None:
    """CaseError with a line for each problem, `where` as the FILE part; nothing if there are none."""
    if problems:
        raise CaseError([problem_line(where, problem) for problem in problems])


def show(value: Any, depth: int = 2) -> str:
    """A value as TOML would write it, shortened, always one line."""
    match value:
        case Missing():
            return "missing"
        case None:
            return "null"
        case str():
            return '"' + one_line(value.replace("\\", "\\\\").replace('"', '\\"')) + '"'
        case bool():
            return "true" if value else "false"
        case int():
            return str(value) if value.bit_length() < 200 else f"an integer of {value.bit_length()} bits"
        case float():
            return repr(float(value))
        case datetime.date() | datetime.time():
            return value.isoformat()
        case list() | tuple():
            items = [show(v, depth - 1) for v in value[:4]] if depth else ["..."] * bool(value)
            return "[" + ", ".join(items + ["..."] * (depth > 0 and len(value) > 4)) + "]"
        case dict():
            pairs = [f"{one_line(str(k))} = {show(v, depth - 1)}" for k, v in list(value.items())[:4]] if depth else []
            dots = ["..."] * (len(value) > len(pairs))
            return "{ " + ", ".join(pairs + dots) + " }" if value else "{}"
        case _:
            known = native(value)
            return one_line(repr(value)) if known is value else show(known, depth)


def number_text(x: float) -> str:
    """A number as people write it: 0.5, 45552310, 1e15."""
    short = f"{x:g}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
    return short if short.lstrip("-").startswith("1e") or (float(short) == x and "e" not in short) else f"{x:.15g}"


def problem_line(where: str, problem: Problem) -> str:
    """`FILE: KEY = VALUE: must be ...`, or `FILE: KEY: missing; must be ...`."""
    name, value, allowed = problem
    said = ": missing; " if isinstance(value, Missing) else f" = {show(value)}: "
    return f"{one_line(where, 200)}: {one_line(name, 200)}{said}{allowed}"


def joined(name: str, word: str) -> str:
    return f"{name}.{word}" if name else word


def unknown_key(word: str, known: list[str], name: str = "") -> str:
    """The message for a key that does not exist."""
    near = nearest(word.lower(), known)
    if near:
        return f"unknown key. Did you mean {joined(name, near)}?"
    return f"unknown key; must be one of {f'the keys of {one_line(name)}: ' if name else ''}" + ", ".join(known)


def nearest(word: str, known: Iterable[str], alike: float = 0.6) -> str:
    """The known word that is most like `word`, or "" if none is."""
    from difflib import get_close_matches  # only needed when something is wrong

    return next(iter(get_close_matches(word, known, 1, alike)), "")


def check_whole(name: str, value: Any, least: int, most: int) -> int:
    """A whole number within limits, or ValueError with one line that says what is allowed."""
    value = native(value)
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= int(value) <= most:
        raise ValueError(f"{name} = {one_line(repr(value))}: must be a whole number from {least} to {most}")
    return int(value)


def check_flag(name: str, value: Any) -> bool:
    """True or False, or ValueError with one line."""
    value = native(value)
    if not isinstance(value, bool):
        raise ValueError(f"{name} = {one_line(repr(value))}: must be True or False")
    return value
