"""The command that makes the board pack."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from sim.cli.arguments import Commands, whole
from sim.cli.files import Unusable, case_of, written
from sim.cli.meter import Meter
from sim.terms import CaseError


def add(commands: Commands) -> None:
    report_ = commands.add("report", report, "the board pack: deck, figures and numbers in a folder")
    report_.add_argument("--out", required=True, metavar="DIR", help="folder to write into; it may exist")
    report_.add_argument("--paths", type=whole("--paths"), metavar="N", help="number of paths (default: the case's)")
    report_.add_argument("--seed", type=whole("--seed"), metavar="S", help="seed (default: the case's)")
    report_.add_argument("--workers", type=whole("--workers"), metavar="W", help="threads (default: every core)")


def report(options: argparse.Namespace) -> None:
    case = case_of(options)
    from sim.board.report import DOCUMENTS, NUMBERS, check_folder, write_report

    written(lambda: check_folder(options.out))
    outputs = {os.path.realpath(Path(options.out) / name) for name in (*DOCUMENTS, *NUMBERS)}
    if os.path.realpath(options.case) in outputs:
        raise Unusable(f"{options.case}: cannot be written: it is an input of the same command")
    from sim.analysis.pack import gather

    try:
        with Meter("steps") as meter:
            pack = gather(case, options.paths, options.seed, workers=options.workers, progress=meter)
    except CaseError:  # has a line for each problem
        raise
    except ValueError as error:
        raise Unusable(f"--{error}") from None
    with Meter("files") as meter:
        meter.ready()
        written(lambda: print(_listed(write_report(pack, options.out, meter), options.out, pack.elapsed_s)))


def _listed(files: tuple[Path, ...], folder: str, seconds: float) -> str:
    """What was written, and where."""
    figures = sum(file.suffix in (".png", ".svg") for file in files)
    names = [file.name for file in files if file.suffix not in (".png", ".svg")]
    size = sum(file.stat().st_size for file in files)
    return f"{folder}: {', '.join(names)} and {figures} figures, {size / 1e6:.1f} MB; computed in {seconds:.0f} s"
