"""Input and output files of the commands, and the error that they raise for input that cannot be used."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sim.cli.streams import ClosedOutput, tell
from sim.terms import Case, load_case, overridden
from sim.terms.problems import one_line
from sim.text.reading import STDIN, is_stdin, name_of

UNUSABLE = 2  # exit status
PICTURES = ("png", "svg", "pdf")


class Unusable(Exception):
    """Input that cannot be used; the message is one line."""


def case_of(options: argparse.Namespace) -> Case:
    return overridden(load_case(options.case), options.overrides)


def check_inputs(*names: str) -> None:
    """Raise `Unusable` if more than one of the inputs is the standard input."""
    if sum(map(is_stdin, names)) > 1:
        raise Unusable("<stdin>: must be given once: the standard input can be read once")


def check_outputs(inputs: Sequence[str], *names: str | None, save: str | None = None, others: bool = False) -> None:
    """Raise `Unusable` for an output that cannot be written or that is an input or another output as well.

    The name "-" is standard output, which `save`, a file of arrays, cannot be written to. Where no output is a file,
    the text on standard output is the only one, so that one that is closed is an error, too; `others` says that the
    command writes other files.
    """
    if save == "-":
        raise Unusable("--save = -: must be the name of a file")
    if isinstance(sys.stdout, ClosedOutput) and ("-" in names or not (others or any((*names, save)))):
        raise Unusable("standard output: cannot be written: it is closed")
    taken = {_real(name): "an input" for name in inputs if name != STDIN}
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
        if real in taken and (os.path.isfile(real) or not os.path.exists(real)):  # several outputs may go to one device
            raise Unusable(f"{shown(str(name))}: cannot be written: it is {taken[real]} of the same command")
        taken[real] = "another output"


def shown(name: str) -> str:
    """The name of a file as one printable line; `<stdin>` for -."""
    return one_line(name_of(name), 200) or "(empty)"


def _real(name: str) -> str:
    try:
        return os.path.realpath(name)
    except (OSError, ValueError):  # there can be no such file; reading it raises the error
        return name


def _check_output(name: str, path: Path) -> None:
    folder = path.parent
    if not name.strip() or path.is_dir():
        raise Unusable(f"{shown(name)}: cannot be written: must be the name of a file")
    if not folder.is_dir():
        raise Unusable(f"{shown(name)}: cannot be written: there is no folder {shown(str(folder))}")
    if not path.exists() and not os.access(folder, os.W_OK):
        raise Unusable(f"{shown(name)}: cannot be written: folder {shown(str(folder))} is read-only")


def picture_kind(name: str | None) -> str:
    """The form of a picture, by the end of its name; "" without one."""
    if name is None:
        return ""
    kind = Path(name).suffix.lower().removeprefix(".")
    if kind not in PICTURES:
        raise Unusable(f"--plot = {shown(name)}: must end in .png, .svg or .pdf")
    return kind


def written(write: Callable[[], object]) -> None:
    """Call `write`, which writes a file; a ResultError becomes `Unusable`."""
    from sim.results.files import ResultError

    try:
        write()
    except ResultError as error:
        raise Unusable(str(error)) from None


def put(name: str | None, document: dict[str, Any], text: str, *, beside: bool = False) -> None:
    """Print the text and write the document as JSON to the file `name`; with "-" print the document instead.

    `beside` says that the command has written another file, so that the text only accompanies it.
    """
    if name == "-":
        print(json.dumps(document, indent=2, allow_nan=False))
        return
    if name is not None:
        from sim.results.files import write_text_atomically

        written(lambda: write_text_atomically(name, json.dumps(document, indent=2, allow_nan=False) + "\n"))
    if name is not None or beside:
        tell(text)
    else:
        print(text)
