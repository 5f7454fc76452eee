"""The argument parser, and the options that several commands share."""

import argparse
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NoReturn

from sim.cli.files import UNUSABLE, Unusable
from sim.cli.streams import say
from sim.terms.problems import one_line

CASE = "name of a shipped case, path of a case file, or - for standard input"
Command = Callable[[argparse.Namespace], int | None]


class Parser(argparse.ArgumentParser):
    """An argument parser that prints each error on one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        command = self.prog.removeprefix("fundrisk").strip()
        say(f"fundrisk{' ' + command if command else ''}: {one_line(message, 300)} (try --help)")
        raise SystemExit(UNUSABLE)

    def _print_message(self, message: str, file: Any = None) -> None:
        """Write help, or raise OSError, which argparse would hide: standard output that is full is an error."""
        if file is sys.stdout:
            file.write(message)
        else:
            say(message, end="")


class Commands:
    """The subcommands of a parser. A command's function returns its exit status, or None for 0."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.parsers = parser.add_subparsers(dest="name", required=True, metavar="COMMAND", parser_class=Parser)

    def add(self, name: str, command: Command, summary: str, *, case: bool = True) -> argparse.ArgumentParser:
        """The parser of a new command; with `case` it takes CASE and --set."""
        parser = self.parsers.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        parser.set_defaults(command=command)
        if case:
            parser.add_argument("case", metavar="CASE", help=CASE)
            add_set(parser)
        return parser


def whole(option: str) -> Callable[[str], int]:
    """A function that reads a whole number, such as 5000 or 1e6, and raises `Unusable` for any other text."""

    def read(text: str) -> int:
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?[eE]\+?[0-9]{1,2}", text.strip()) and len(text) < 40:
            number = Decimal(text.strip())
            if number == number.to_integral_value():
                return int(number)
        try:
            return int(text)
        except ValueError:
            shown = one_line(text) or "(empty)"
            raise Unusable(f"{option} = {shown}: must be a whole number, such as 5000 or 1e6") from None

    return read


def add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides",
        help="change a key of the case, such as price.volatility=0.8; may be repeated",
    )  # fmt: skip


def add_size(parser: argparse.ArgumentParser, paths: str = "the case's number") -> None:
    """--paths, --seed and --workers."""
    parser.add_argument("--paths", type=whole("--paths"), metavar="N", help=f"number of paths (default: {paths})")
    parser.add_argument("--seed", type=whole("--seed"), metavar="S", help="seed (default: the case's seed)")
    add_workers(parser)


def add_workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workers", type=whole("--workers"), metavar="W", help="number of threads (default: one per core)"
    )


def add_simulation(parser: argparse.ArgumentParser) -> None:
    """The options of a simulation: its size, and how its random numbers are sampled."""
    add_size(parser)
    parser.add_argument(
        "--sampler", choices=("philox", "sobol"), default="philox",
        help="pseudo-random numbers or scrambled Sobol' points (default: philox)",
    )  # fmt: skip
    parser.add_argument("--antithetic", action="store_true", help="simulate antithetic pairs of paths (philox only)")


def add_json(parser: argparse.ArgumentParser, what: str = "the results") -> None:
    parser.add_argument("--json", metavar="FILE", help=f"write {what} as JSON; - writes to standard output")
