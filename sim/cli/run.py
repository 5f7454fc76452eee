"""`fundrisk run CASE`."""

import argparse

from sim.cli.arguments import Commands, add_json, add_simulation, whole
from sim.cli.files import Unusable, case_of, check_outputs, put, written
from sim.cli.meter import progress
from sim.terms.problems import check_whole


def add(commands: Commands) -> None:
    parser = commands.add("run", run, "simulate a case and print the distributions of its measures")
    add_simulation(parser)
    add_json(parser, "the summary")
    parser.add_argument("--save", metavar="FILE.npz", help="write the measures of every path")
    parser.add_argument(
        "--uncertain", type=whole("--uncertain"), metavar="N",
        help="also draw the inputs of [ranges] N times, and print the band of each measure over them",
    )  # fmt: skip


def run(options: argparse.Namespace) -> None:
    case = case_of(options)
    check_outputs([options.case], options.json, save=options.save)
    # The modules that load Numba are imported when they are needed: `fundrisk check` starts without them.
    from sim.engine.simulate import kept_by_default, simulate

    if options.uncertain is not None:
        from sim.analysis.uncertainty import MOST_DRAWS, PATHS, uncertainty

    try:
        with progress() as meter:
            if options.uncertain is not None:
                check_whole("uncertain", options.uncertain, 2, MOST_DRAWS)
            result = simulate(
                case, paths=options.paths, seed=options.seed, sampler=options.sampler,
                antithetic=options.antithetic, workers=options.workers, progress=meter,
                keep_paths=bool(options.save) or kept_by_default(case, options.paths or case.simulation.paths),
            )  # fmt: skip
    except Unusable as error:
        raise Unusable(str(error).replace("simulate with keep_paths=False", "leave out --save")) from None
    if options.save:
        written(lambda: result.save(options.save))
    document, text = result.summary().to_dict(), str(result.summary())
    if options.uncertain is not None:
        with progress("runs") as meter:
            found = uncertainty(
                case, options.uncertain, min(result.paths, PATHS), result.seed, workers=options.workers, progress=meter
            )
        document, text = document | {"uncertainty": found.to_dict()}, f"{text}\n\n{found}"
    put(options.json, document, text, beside=bool(options.save))
