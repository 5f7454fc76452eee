"""The commands behind a published number: what the model is, and whether a run gives the same again."""

from __future__ import annotations

import argparse
from importlib.resources import files

from sim.cli.arguments import Commands, whole
from sim.cli.files import Unusable
from sim.cli.meter import Meter
from sim.terms import CaseError

DIFFERS = 1  # exit status


def add(commands: Commands) -> None:
    model_ = commands.add("model", model, "the model: its equations, assumptions, limits and validation", case=False)
    model_.add_argument("--register", metavar="CASE", help="instead, the assumption register of a case, computed now")
    model_.add_argument("--paths", type=whole("--paths"), metavar="N", help="paths of each run of the register")
    model_.add_argument("--workers", type=whole("--workers"), metavar="W", help="threads (default: every core)")
    rerun_ = commands.add("rerun", rerun, "repeat a saved run and compare it to the last bit", case=False)
    rerun_.add_argument("file", metavar="FILE", help="what run --save or run --json wrote, or a report's result.json")
    rerun_.add_argument("--workers", type=whole("--workers"), metavar="W", help="threads (default: every core)")
    rerun_.add_argument("--any-version", action="store_true", help="also where another version wrote the file")


def model(options: argparse.Namespace) -> None:
    if options.register is not None:
        from sim.analysis.register import register

        try:
            with Meter() as meter:
                found = register(options.register, options.paths, workers=options.workers, progress=meter)
        except CaseError:  # has a line for each problem
            raise
        except ValueError as error:
            raise Unusable(f"--{error}") from None
        print(found)
        return
    print(files("sim").joinpath("docs", "model.md").read_text(encoding="utf-8"), end="")


def rerun(options: argparse.Namespace) -> int:
    """0 if the run is the same, 1 if anything differs."""
    from sim.engine.rerun import rerun
    from sim.results.files import ResultError

    try:
        with Meter() as meter:
            repeated = rerun(options.file, workers=options.workers, progress=meter, any_version=options.any_version)
    except ResultError as error:
        raise Unusable(str(error)) from None
    print(repeated)
    return 0 if repeated.same else DIFFERS
