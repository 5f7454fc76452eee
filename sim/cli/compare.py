"""`fundrisk compare CASE...`."""

import argparse
from collections import Counter
from pathlib import Path

from sim.cli.arguments import Commands, add_json, add_set, add_simulation
from sim.cli.files import Unusable, check_inputs, check_outputs, put, shown
from sim.cli.meter import progress
from sim.terms import Case, load_case, overridden
from sim.text.reading import name_of


def add(commands: Commands) -> None:
    parser = commands.add("compare", run, "compare cases or variants under common random numbers", case=False)
    parser.add_argument(
        "cases", metavar="CASE", nargs="+", help="names of shipped cases, paths of case files, or - for standard input"
    )
    parser.add_argument(
        "--variants", action="store_true",
        help="add the variants of the first case: its own, line off, all conditions waived, each clause removed",
    )  # fmt: skip
    parser.add_argument(
        "--variant", action="append", nargs="+", default=[], metavar=("[NAME] KEY=VALUE", "KEY=VALUE"),
        help="add the first case with keys changed; may be repeated",
    )  # fmt: skip
    add_set(parser)
    add_simulation(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    cases = read_cases(options)
    check_outputs(options.cases, options.json)
    from sim.analysis.compare import compare

    with progress() as meter:
        comparison = compare(
            cases, options.paths, options.seed,
            sampler=options.sampler, antithetic=options.antithetic, workers=options.workers, progress=meter,
        )  # fmt: skip
    put(options.json, comparison.to_dict(), str(comparison))


def read_cases(options: argparse.Namespace) -> dict[str, Case]:
    """The cases by name: the first one, its variants, then the others."""
    check_inputs(*options.cases)
    names = short_names(options.cases)
    given = [(names[name], overridden(load_case(name), options.overrides)) for name in options.cases]
    first = given[0][1]
    named = [given[0]]
    if options.variants:
        from sim.analysis.variants import variants

        named = list(variants(first).items())
    for words in options.variant:
        name = "" if "=" in words[0] else words[0]
        changes = words[1:] if name else words
        if not changes:
            raise Unusable(f"--variant {shown(name)}: must have at least one KEY=VALUE after the name")
        named.append((name or " ".join(words), overridden(first, changes, "--variant")))
    named += given[1:]
    if len(named) < 2:
        raise Unusable("compare: must have a second CASE, --variants or --variant KEY=VALUE")
    cases: dict[str, Case] = {}
    for name, case in named:
        if name in cases:
            raise Unusable(f"compare: {shown(name)}: must not be named twice")
        cases[name] = case
    return cases


def short_names(given: list[str]) -> dict[str, str]:
    """Cases by the names of their files without folder and ending; as they are given where two names would be equal."""
    stems = {name: Path(name).stem if name.endswith(".toml") else name_of(name) for name in given}
    counts = Counter(stems.values())
    return {name: stem if stem and counts[stem] == 1 else name for name, stem in stems.items()}
