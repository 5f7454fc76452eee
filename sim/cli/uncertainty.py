"""The commands about what is not known: which input matters, and what it takes to be safe enough."""

from __future__ import annotations

import argparse

from sim.cli.analysis import computed, few_options, json_option
from sim.cli.arguments import Commands, whole
from sim.cli.files import Unusable, case_of, check_outputs, put
from sim.terms.problems import one_line

ASKED = ("commitment", "cash", "cost-cut", "burn")


def add(commands: Commands) -> None:
    sensitivity_ = commands.add("sensitivity", sensitivity, "what each uncertain input moves, from its low to its high")
    sensitivity_.add_argument(
        "--indexed", type=whole("--indexed"), default=6, metavar="K",
        help="inputs whose Sobol' indices are estimated: those that move most (default: 6; 0 for none)",
    )  # fmt: skip
    few_options(sensitivity_, "the case's, at most 100,000, for each run")
    json_option(sensitivity_)
    solve_ = commands.add("solve", solve, "the commitment, cash, cost cut or burn at which the risk is bearable")
    what = solve_.add_mutually_exclusive_group(required=True)
    what.add_argument("--for", choices=ASKED, dest="what", help="smallest commitment, cash or cost cut; largest burn")
    what.add_argument(
        "--reverse", action="store_true",
        help="how far the price, the burn or a milestone must move until cash-out is as likely as not",
    )  # fmt: skip
    solve_.add_argument("--target", type=_probability, metavar="P", help="probability of cash-out (default: 0.1; 0.5)")
    solve_.add_argument("--by", metavar="DATE", help="day by which cash runs out (default: the horizon)")
    few_options(solve_, "the case's, at most 100,000, for each run")
    json_option(solve_)


def _probability(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Unusable(f"--target = {one_line(text) or '(empty)'}: a probability, such as 0.1") from None


def sensitivity(options: argparse.Namespace) -> None:
    from sim.analysis.sensitivity import sensitivity

    case = case_of(options)
    check_outputs([options.case], options.json)
    found = computed(sensitivity, case, options.paths, options.seed, indexed=options.indexed, workers=options.workers)
    put(options.json, found.to_dict(), str(found))


def solve(options: argparse.Namespace) -> None:
    from sim.analysis.solving import EVEN, TARGET, reverse_stress, solve
    from sim.results.summary_text import wrapped

    case = case_of(options)
    check_outputs([options.case], options.json)
    how = {"paths": options.paths, "seed": options.seed, "workers": options.workers}
    if options.reverse:
        target = EVEN if options.target is None else options.target
        found = computed(reverse_stress, case, options.by, target, **how)
    else:
        target = TARGET if options.target is None else options.target
        found = (computed(solve, case, options.what.replace("-", "_"), target, options.by, **how),)
    document = {"case": case.title, "case_sha256": case.sha256, "solutions": [one.to_dict() for one in found]}
    head = f"{wrapped(case.title)}\n{found[0].paths:,} paths each, seed {found[0].seed}, philox, the same luck for all"
    put(options.json, document, "\n\n".join([head, *map(str, found)]))
