"""`fundrisk sweep CASE...`."""

import argparse
from contextlib import nullcontext

from sim.cli.arguments import Commands, add_set, add_size
from sim.cli.compare import short_names
from sim.cli.files import Unusable, check_inputs, check_outputs
from sim.cli.meter import progress
from sim.cli.streams import say, tell
from sim.terms import load_case, overridden

FAILED = 1  # exit status


def add(commands: Commands) -> None:
    parser = commands.add("sweep", run, "simulate every combination of a grid of overrides, to one file", case=False)
    parser.add_argument("cases", metavar="CASE", nargs="+", help="names of shipped cases, or paths of case files")
    parser.add_argument(
        "--grid", required=True, metavar="GRID.toml",
        help="[axes] for all combinations, [sobol] and [ranges] for a Sobol' design, or a list of [[overrides]]",
    )  # fmt: skip
    parser.add_argument(
        "--out", required=True, metavar="FILE",
        help="write the rows to a .csv or .parquet file; the same command goes on where an interrupted one ended",
    )  # fmt: skip
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="run on the Dask cluster of this scheduler, such as tcp://10.0.0.5:8786"
    )
    add_set(parser)
    add_size(parser)


def run(options: argparse.Namespace) -> int:
    if options.scheduler is not None and options.workers is not None:
        raise Unusable(f"--workers = {options.workers}: must be left out with --scheduler, whose cluster has its own")
    check_inputs(*options.cases, options.grid)
    names = short_names(options.cases)
    if len(set(options.cases)) < len(options.cases):
        raise Unusable("sweep: must not have the same CASE twice")
    cases = {names[name]: overridden(load_case(name), options.overrides) for name in options.cases}
    check_outputs([*options.cases, options.grid], options.out)
    from sim.analysis.sweep import sweep
    from sim.engine.cluster import cluster
    from sim.engine.executors import ExecutorError
    from sim.results.files import ResultError

    try:
        with (
            cluster(options.scheduler) if options.scheduler is not None else nullcontext() as executor,
            progress("rows") as meter,
        ):
            found = sweep(
                cases, options.grid, options.out, paths=options.paths, seed=options.seed,
                workers=options.workers, executor=executor, progress=meter,
            )  # fmt: skip
    except (ExecutorError, ResultError) as error:
        raise Unusable(str(error)) from None
    except KeyboardInterrupt as interrupt:
        interrupt.add_note("rows that are done are kept: the same command goes on with the others")
        raise
    tell(f"{len(found):,} rows in {found.file}, {found.new:,} of them new")
    for failure in found.failures:
        say(f"fundrisk sweep: {failure}")
    if found.failed > len(found.failures):
        say(f"fundrisk sweep: and {found.failed - len(found.failures):,} more rows, in the column error")
    return FAILED if found.failed else 0
