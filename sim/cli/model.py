"""`fundrisk model`."""

import argparse
from importlib.resources import files

from sim.cli.arguments import Commands, add_workers, whole
from sim.cli.meter import progress


def add(commands: Commands) -> None:
    summary = "print the model document: equations, assumptions, limits and validation"
    parser = commands.add("model", run, summary, case=False)
    parser.add_argument("--register", metavar="CASE", help="print the assumption register of a case instead")
    parser.add_argument("--paths", type=whole("--paths"), metavar="N", help="paths of each run of the register")
    add_workers(parser)


def run(options: argparse.Namespace) -> None:
    if options.register is None:
        print(files("sim").joinpath("docs", "model.md").read_text(encoding="utf-8"), end="")
        return
    from sim.analysis.register import register

    with progress() as meter:
        found = register(options.register, options.paths, workers=options.workers, progress=meter)
    print(found)
