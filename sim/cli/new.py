"""`fundrisk new`."""

import argparse
import sys
from importlib.resources import files
from pathlib import Path

from sim.cli.arguments import Commands
from sim.cli.files import Unusable, check_outputs, shown
from sim.cli.streams import tell
from sim.terms.problems import nearest, one_line

#: The kinds of line that there is a template of, each with what it is.
KINDS = {
    "berg": "an investor's line against conditions, as in valence-2002",
    "lincoln-park": "a purchase agreement with regular and accelerated purchases",
    "aspire": "a purchase agreement with regular and VWAP purchases",
    "yorkville": "a standby equity purchase agreement, priced in the days after the notice",
    "b-riley": "a committed equity facility, at the VWAP of a day",
    "ceff": "a committed equity financing facility with a discount by price",
    "put": "put notices of a micro-cap",
    "atm": "an at-the-market programme",
}
DEFAULT = "lincoln-park"  # the form of most of the agreements of small companies


def add(commands: Commands) -> None:
    summary = "write a commented case file to fill in"
    parser = commands.add("new", run, summary, case=False)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "kinds:\n" + "\n".join(f"  {kind:<14}{words}" for kind, words in KINDS.items())
    parser.add_argument("file", metavar="FILE", help="the file, which must not exist; - writes to standard output")
    parser.add_argument("--like", metavar="KIND", default=DEFAULT, help=f"kind of line (default: {DEFAULT})")


def run(options: argparse.Namespace) -> None:
    kind, name = options.like, options.file
    if kind not in KINDS:
        near = nearest(kind, list(KINDS), 0.5)
        hint = f". Did you mean {near}?" if near else ""
        raise Unusable(f"--like = {one_line(kind) or '(empty)'}: must be one of {', '.join(KINDS)}{hint}")
    text = template(kind)
    if name == "-":
        sys.stdout.write(text)
        return
    check_outputs([], name)
    try:
        with Path(name).open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise Unusable(f"{shown(name)}: exists already; must be the name of a new file") from None
    except OSError as error:
        raise Unusable(f"{shown(name)}: cannot be written: {error.strerror}") from None
    tell(f"{shown(name)}: written; fill it in, then read `fundrisk check {shown(name)}`")


def template(kind: str) -> str:
    """The text of a case file to fill in: what all cases have, with the terms of a kind of line between."""
    folder = files("sim").joinpath("cases", "templates")
    return "".join(folder.joinpath(f"{part}.toml").read_text(encoding="utf-8") for part in ("opening", kind, "closing"))
