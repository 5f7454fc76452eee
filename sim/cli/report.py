"""The command that makes the board pack."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from sim.cli.arguments import Commands, simulation_options
from sim.cli.files import Unusable, case_of, check_outputs, put, written
from sim.cli.meter import Meter
from sim.terms import CaseError


def add(commands: Commands) -> None:
    report_ = commands.add("report", report, "the board pack in a folder: deck, workbook, page, figures, numbers")
    report_.add_argument("--out", required=True, metavar="DIR", help="folder to write into; it may exist")
    simulation_options(report_)
    report_.add_argument("--json", metavar="FILE", help="write the run's summary as JSON, beside the pack")
    report_.add_argument("--save", metavar="FILE.npz", help="write every path's measures, beside the pack")


def report(options: argparse.Namespace) -> None:
    case = case_of(options)
    from sim.board.report import DOCUMENTS, NUMBERS, check_folder, write_report

    written(lambda: check_folder(options.out))
    check_outputs([options.case], options.json, save=options.save)
    outputs = {os.path.realpath(Path(options.out) / name) for name in (*DOCUMENTS, *NUMBERS)}
    if os.path.realpath(options.case) in outputs:
        raise Unusable(f"{options.case}: cannot be written: it is an input of the same command")
    from sim.analysis.pack import gather

    try:
        with Meter("steps") as meter:
            pack = gather(
                case, options.paths, options.seed, sampler=options.sampler, antithetic=options.antithetic,
                workers=options.workers, progress=meter,
            )  # fmt: skip
    except CaseError:  # has a line for each problem
        raise
    except ValueError as error:
        raise Unusable(f"--{error}") from None
    with Meter("files") as meter:
        meter.ready()
        files: list[Path] = []
        written(lambda: files.extend(write_report(pack, options.out, meter)))
    if options.save:
        written(lambda: pack.result.save(options.save))
    put(options.json, pack.result.summary().to_dict(), _listed(files, options.out, pack.elapsed_s))


def _listed(files: list[Path], folder: str, seconds: float) -> str:
    """What was written, and where."""
    figures = sum(file.suffix in (".png", ".svg") for file in files)
    names = [file.name for file in files if file.suffix not in (".png", ".svg")]
    size = sum(file.stat().st_size for file in files)
    return f"{folder}: {', '.join(names)} and {figures} figures, {size / 1e6:.1f} MB; computed in {seconds:.0f} s"
