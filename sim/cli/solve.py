"""`fundrisk solve CASE`."""

import argparse

from sim.cli.arguments import Commands, add_json, add_size
from sim.cli.files import Unusable, case_of, check_outputs, put
from sim.cli.meter import progress
from sim.terms.problems import one_line

QUANTITIES = ("commitment", "cash", "cost-cut", "burn")


def add(commands: Commands) -> None:
    summary = "find the commitment, cash, cost cut or burn at which the probability of cash-out meets a target"
    parser = commands.add("solve", run, summary)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--for",
        choices=QUANTITIES,
        dest="what",
        help="find the smallest commitment, cash or cost cut, or the largest burn",
    )
    what.add_argument(
        "--reverse", action="store_true",
        help="find the change of the price, the burn or a milestone at which a cash-out has the target probability",
    )  # fmt: skip
    parser.add_argument(
        "--target", type=_probability, metavar="P",
        help="probability of cash-out (default: 0.1 with --for, 0.5 with --reverse)",
    )  # fmt: skip
    parser.add_argument(
        "--line", metavar="NAME", help="with --for commitment: the line, where several have a commitment"
    )
    parser.add_argument("--by", metavar="DATE", help="date by which cash runs out (default: the horizon)")
    add_size(parser, "the case's number, at most 100,000, for each run")
    add_json(parser)


def _probability(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Unusable(f"--target = {one_line(text) or '(empty)'}: must be a probability, such as 0.1") from None


def run(options: argparse.Namespace) -> None:
    case = case_of(options)
    check_outputs([options.case], options.json)
    from sim.analysis.solution import EVEN, Solutions
    from sim.analysis.solve import TARGET, reverse_stress, solve
    from sim.results.summary import manifest
    from sim.text.tables import wrapped

    size = {"paths": options.paths, "seed": options.seed, "workers": options.workers}
    with progress() as meter:
        if options.reverse:
            if options.line is not None:
                raise Unusable("--line: must be given with --for commitment only")
            target = EVEN if options.target is None else options.target
            found = reverse_stress(case, options.by, target, **size, progress=meter)
        else:
            target = TARGET if options.target is None else options.target
            what = options.what.replace("-", "_")
            found = Solutions([solve(case, what, target, options.by, line=options.line, **size, progress=meter)])
    document = {
        "case": case.title,
        "case_sha256": case.sha256,
        "solutions": [one.to_dict() for one in found],
        "manifest": manifest(case, found[0].paths, found[0].seed, "philox"),
    }
    how = f"{found[0].paths:,} paths each, seed {found[0].seed}, philox, common random numbers"
    put(options.json, document, "\n\n".join([f"{wrapped(case.title)}\n{how}", *map(str, found)]))
