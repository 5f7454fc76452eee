"""`fundrisk report CASE --out DIR`."""

import argparse
import os
from contextlib import closing
from pathlib import Path

from sim.cli.arguments import Commands, add_json, add_simulation
from sim.cli.files import Unusable, case_of, check_outputs, put, written
from sim.cli.meter import Meter, progress

#: Processes that draw the figures, at most, while this one writes the documents; they begin while the analyses run.
MOST_PAINTERS = 4


def add(commands: Commands) -> None:
    summary = "write the board pack into a folder: deck, workbook, page, figures and numbers"
    parser = commands.add("report", run, summary)
    parser.add_argument("--out", required=True, metavar="DIR", help="folder to write into; it may exist")
    add_simulation(parser)
    add_json(parser, "the summary of the run, too,")
    parser.add_argument("--force", action="store_true", help="replace the files of an earlier pack in the folder")
    parser.add_argument("--save", metavar="FILE.npz", help="write the measures of every path, too")


def run(options: argparse.Namespace) -> None:
    case = case_of(options)
    from sim.analysis.pack import gather
    from sim.board.charts.painters import Painters
    from sim.board.report import DOCUMENTS, NUMBERS, check_folder, write_report
    from sim.engine.machine import available_workers

    written(lambda: check_folder(options.out, force=options.force))
    check_outputs([options.case], options.json, save=options.save, others=True)
    outputs = {os.path.realpath(Path(options.out) / name) for name in (*DOCUMENTS, *NUMBERS)}
    if os.path.realpath(options.case) in outputs:
        raise Unusable(f"{options.case}: cannot be written: it is an input of the same command")
    files: list[Path] = []
    with closing(Painters(min((options.workers or available_workers()) - 1, MOST_PAINTERS))) as painters:
        with progress("steps") as meter:
            pack = gather(
                case, options.paths, options.seed, sampler=options.sampler, antithetic=options.antithetic,
                workers=options.workers, progress=meter,
            )  # fmt: skip
        with Meter("files") as meter:
            meter.ready()
            written(
                lambda: files.extend(write_report(pack, options.out, meter, force=options.force, painters=painters))
            )
    if options.save:
        written(lambda: pack.result.save(options.save))
    put(options.json, pack.result.summary().to_dict(), _listed(files, options.out, pack.elapsed_s), beside=True)


def _listed(files: list[Path], folder: str, seconds: float) -> str:
    """The line that names the files that were written."""
    figures = sum(file.suffix in (".png", ".svg") for file in files)
    names = [file.name for file in files if file.suffix not in (".png", ".svg")]
    size = sum(file.stat().st_size for file in files)
    return f"{folder}: {', '.join(names)} and {figures} figures, {size / 1e6:.1f} MB; computed in {seconds:.0f} s"
