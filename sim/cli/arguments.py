"""Commands and the arguments that several of them take."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn

from sim.cli.files import UNUSABLE, Unusable, complain
from sim.cli.meter import Meter
from sim.terms.problems import one_line

if TYPE_CHECKING:
    from sim.results.result import Result
    from sim.terms import Case

Command = Callable[[argparse.Namespace], "int | None"]


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line, as all others of this command."""

    def error(self, message: str) -> NoReturn:
        command = self.prog.removeprefix("fundrisk").strip()
        said = one_line(message, 300)
        complain(f"fundrisk{' ' + command if command else ''}: {said} (try --help)")
        raise SystemExit(UNUSABLE)


class Commands:
    """The commands by name. A command returns its exit status, or nothing for 0."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.parsers = parser.add_subparsers(dest="name", required=True, metavar="COMMAND", parser_class=Parser)

    def add(self, name: str, command: Command, summary: str, *, case: bool = True) -> argparse.ArgumentParser:
        """A command; with `case` it takes CASE and --set."""
        parser = self.parsers.add_parser(name, help=summary, description=summary)
        parser.set_defaults(command=command)
        if case:
            parser.add_argument("case", metavar="CASE", help="a shipped case's name, or the path of a case file")
            override_option(parser)
        return parser


def override_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides",
        help="change a key of the case, such as price.volatility=0.8; may be repeated",
    )  # fmt: skip


def whole(option: str) -> Callable[[str], int]:
    """Reads a whole number, also one written as 1e6. Unusable for anything else."""

    def read(text: str) -> int:
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?[eE]\+?[0-9]{1,2}", text.strip()) and len(text) < 40:
            number = Decimal(text.strip())
            if number == number.to_integral_value():
                return int(number)
        try:
            return int(text)
        except ValueError:
            raise Unusable(f"{option} = {one_line(text) or '(empty)'}: a whole number, such as 5000 or 1e6") from None

    return read


def simulation_options(parser: argparse.ArgumentParser) -> None:
    """What a simulation can be told: paths, seed, sampler, workers."""
    parser.add_argument("--paths", type=whole("--paths"), metavar="N", help="number of paths (default: the case's)")
    parser.add_argument("--seed", type=whole("--seed"), metavar="S", help="seed (default: the case's)")
    parser.add_argument("--sampler", choices=("philox", "sobol"), default="philox", help="source of random numbers")
    parser.add_argument("--antithetic", action="store_true", help="mirrored pairs of paths (philox)")
    parser.add_argument("--workers", type=whole("--workers"), metavar="W", help="threads (default: every core)")


def simulated(case: Case, options: argparse.Namespace, keep_paths: bool) -> Result:
    """The run that `simulation_options` ask for, with progress."""
    from sim.engine.simulate import simulate

    try:
        with Meter() as meter:
            return simulate(
                case,
                paths=options.paths,
                seed=options.seed,
                sampler=options.sampler,
                antithetic=options.antithetic,
                keep_paths=keep_paths,
                workers=options.workers,
                progress=meter,
            )
    except ValueError as error:
        said = str(error).replace("simulate with keep_paths=False", "leave out --save")
        raise Unusable(f"--{said}") from None
