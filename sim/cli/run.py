"""`fundrisk run CASE`."""

import argparse

from sim.cli.arguments import Commands, add_json, add_simulation
from sim.cli.files import Unusable, case_of, check_outputs, put, written
from sim.cli.meter import progress


def add(commands: Commands) -> None:
    parser = commands.add("run", run, "simulate a case and print the distributions of its measures")
    add_simulation(parser)
    add_json(parser, "the summary")
    parser.add_argument("--save", metavar="FILE.npz", help="write the measures of every path")


def run(options: argparse.Namespace) -> None:
    case = case_of(options)
    check_outputs([options.case], options.json, save=options.save)
    # The modules that load Numba are imported when they are needed: `fundrisk check` starts without them.
    from sim.engine.simulate import kept_by_default, simulate

    try:
        with progress() as meter:
            result = simulate(
                case, paths=options.paths, seed=options.seed, sampler=options.sampler,
                antithetic=options.antithetic, workers=options.workers, progress=meter,
                keep_paths=bool(options.save) or kept_by_default(case, options.paths or case.simulation.paths),
            )  # fmt: skip
    except Unusable as error:
        raise Unusable(str(error).replace("simulate with keep_paths=False", "leave out --save")) from None
    if options.save:
        written(lambda: result.save(options.save))
    put(options.json, result.summary().to_dict(), str(result.summary()), beside=bool(options.save))
