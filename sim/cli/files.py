"""What the commands read and write: cases, histories, documents; and the one error of all that cannot be used."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sim.terms import Case, load_case, overridden
from sim.terms.problems import one_line, show

UNUSABLE = 2  # exit status
TRACED = {"case", "path", "seed", "version", "history", "ledger"}  # what a traced path's file holds
MOST_JSON = 64 * 2**20  # bytes of a history file


class Unusable(Exception):
    """Input that cannot be used; the message is one line."""


def complain(text: str) -> None:
    """To standard error; where nobody can be told, the exit status has to do."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def case_of(options: argparse.Namespace) -> Case:
    return overridden(load_case(options.case), options.overrides)


def read_history(name: str) -> Any:
    """A history from a JSON file; a traced path's file holds one."""
    try:
        with open(name, "rb") as file:
            data = file.read(MOST_JSON + 1)
    except (OSError, ValueError) as error:
        raise Unusable(f"{shown(name)}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MOST_JSON:
        raise Unusable(f"{shown(name)}: larger than {MOST_JSON // 2**20} MiB: a history is a JSON object")
    try:
        document = json.loads(data.decode(), object_pairs_hook=_object)
    except Unusable as error:
        raise Unusable(f"{shown(name)}: {error}") from None
    except RecursionError:
        raise Unusable(f"{shown(name)}: nested too deeply: a history is a JSON object") from None
    except ValueError as error:
        raise Unusable(f"{shown(name)}: not JSON: {error}") from None
    if not isinstance(document, dict) or "history" not in document:
        return document
    if others := sorted(document.keys() - TRACED):
        raise Unusable(f"{shown(name)}: {show(others[0])}: nothing beside history but what trace writes")
    return document["history"]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unusable(f"{twice!r} stands twice in one object: each key once")
    return table


def check_outputs(inputs: Sequence[str], *names: str | None, save: str | None = None) -> None:
    """Refuse what can never be written, or would overwrite an input or another output, before any work is done.

    A name of "-" is standard output, on which `save`, a file of arrays, cannot be written.
    """
    if save == "-":
        raise Unusable("--save = -: the name of a file is needed")
    taken = {_real(name): "an input" for name in inputs}
    for name in (*names, save):
        if name in (None, "-"):
            continue
        try:
            _check_output(str(name), Path(str(name)))
            real = os.path.realpath(str(name))
        except (OSError, ValueError) as error:
            raise Unusable(
                f"{shown(str(name))}: cannot be written: {getattr(error, 'strerror', None) or error}"
            ) from None
        if real in taken and (os.path.isfile(real) or not os.path.exists(real)):  # a device takes any number
            raise Unusable(f"{shown(str(name))}: cannot be written: it is {taken[real]} of the same command")
        taken[real] = "another output"


def shown(name: str) -> str:
    """A file's name on one line, whatever it is made of."""
    return one_line(name, 200) or "(empty)"


def _real(name: str) -> str:
    try:
        return os.path.realpath(name)
    except (OSError, ValueError):  # there can be no such file; who reads it says so
        return name


def _check_output(name: str, path: Path) -> None:
    folder = path.parent
    if not name.strip() or path.is_dir():
        raise Unusable(f"{shown(name)}: cannot be written: the name of a file is needed")
    if not folder.is_dir():
        raise Unusable(f"{shown(name)}: cannot be written: there is no folder {shown(str(folder))}")
    if not path.exists() and not os.access(folder, os.W_OK):
        raise Unusable(f"{shown(name)}: cannot be written: folder {shown(str(folder))} is read-only")


def written(write: Callable[[], object]) -> None:
    """Runs what writes a file; its complaint is one line."""
    from sim.results.files import ResultError

    try:
        write()
    except ResultError as error:
        raise Unusable(str(error)) from None


def put(name: str | None, document: dict[str, Any], text: str) -> None:
    """The text to standard output, the document to a file; `-` puts the document in the text's place."""
    if name == "-":
        print(json.dumps(document, indent=2, allow_nan=False))
        return
    if name is not None:
        from sim.results.files import write_text_atomically

        written(lambda: write_text_atomically(name, json.dumps(document, indent=2, allow_nan=False) + "\n"))
    print(text)
