"""The commands that compare: cases and variants, clauses one by one, the next twelve months."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from sim.cli.arguments import Commands, override_option, simulation_options, whole
from sim.cli.files import Unusable, case_of, check_outputs, put, shown
from sim.cli.meter import Meter
from sim.terms import CaseError, load_case, overridden

if TYPE_CHECKING:
    from sim.terms import Case


def add(commands: Commands) -> None:
    compare_ = commands.add("compare", compare, "several cases or variants under the same luck", case=False)
    compare_.add_argument("cases", metavar="CASE", nargs="+", help="shipped cases' names, or paths of case files")
    compare_.add_argument("--variants", action="store_true", help="the first case's ready variants: the line off, ...")
    compare_.add_argument(
        "--variant", action="append", nargs="+", default=[], metavar=("[NAME] KEY=VALUE", "KEY=VALUE"),
        help="the first case with keys changed, beside it; may be repeated",
    )  # fmt: skip
    override_option(compare_)
    simulation_options(compare_)
    json_option(compare_)
    clauses_ = commands.add("clauses", clauses, "what each clause of the line costs, and its fair share of all")
    few_options(clauses_, "4,096: each is run once for every set of clauses")
    json_option(clauses_)
    outlook_ = commands.add("outlook", outlook, "twelve months from the accounts' issue: how likely is a shortfall")
    outlook_.add_argument("--issued", metavar="DATE", help="day on which they are issued (default: the valuation date)")
    few_options(outlook_)
    json_option(outlook_)


def few_options(parser: argparse.ArgumentParser, paths: str = "the case's") -> None:
    """Paths, seed and workers: what an analysis of many runs can be told."""
    parser.add_argument("--paths", type=whole("--paths"), metavar="N", help=f"number of paths (default: {paths})")
    parser.add_argument("--seed", type=whole("--seed"), metavar="S", help="seed (default: the case's)")
    parser.add_argument("--workers", type=whole("--workers"), metavar="W", help="threads (default: every core)")


def json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", metavar="FILE", help="write the numbers as JSON; - is standard output")


def computed(compute: Any, *arguments: Any, **options: Any) -> Any:
    """What an analysis gives, with progress; its complaint is one line."""
    try:
        with Meter() as meter:
            return compute(*arguments, **options, progress=meter)
    except CaseError:  # has a line for each problem
        raise
    except ValueError as error:
        raise Unusable(f"--{error}") from None


def compare(options: argparse.Namespace) -> None:
    from sim.analysis.comparison import compare

    cases = _cases(options)
    check_outputs(options.cases, options.json)
    comparison = computed(
        compare, cases, options.paths, options.seed,
        sampler=options.sampler, antithetic=options.antithetic, workers=options.workers,
    )  # fmt: skip
    put(options.json, comparison.to_dict(), str(comparison))


def clauses(options: argparse.Namespace) -> None:
    from sim.analysis.clauses import clauses

    case = case_of(options)
    check_outputs([options.case], options.json)
    costs = computed(clauses, case, options.paths, options.seed, workers=options.workers)
    put(options.json, costs.to_dict(), str(costs))


def outlook(options: argparse.Namespace) -> None:
    from sim.analysis.outlook import outlook

    case = case_of(options)
    check_outputs([options.case], options.json)
    found = computed(outlook, case, options.issued, options.paths, options.seed, workers=options.workers)
    put(options.json, found.to_dict(), str(found))


def _cases(options: argparse.Namespace) -> dict[str, Case]:
    """The cases by name: the first one, its variants, then the others."""
    from sim.analysis.variants import variants

    given = [(name, overridden(load_case(name), options.overrides)) for name in options.cases]
    first = given[0][1]
    named = [given[0]]
    if options.variants:
        named = list(variants(first).items())
    for words in options.variant:
        called = "" if "=" in words[0] else words[0]
        changes = words[1:] if called else words
        if not changes:
            raise Unusable(f"--variant {shown(called)}: at least one KEY=VALUE after the name")
        named.append((called or " ".join(words), overridden(first, changes)))
    named += given[1:]
    if len(named) < 2:
        raise Unusable("compare: one case only: a second CASE, --variants or --variant KEY=VALUE is needed")
    cases: dict[str, Case] = {}
    for name, case in named:
        if name in cases:
            raise Unusable(f"compare: {shown(name)}: named twice")
        cases[name] = case
    return cases
