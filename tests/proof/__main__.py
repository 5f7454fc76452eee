"""python -m tests.proof NAME [--workers N] [--out FILE] [--only NAME] ...

Each proof is a module of this package with `run(options) -> int`, the exit status, and where it has options of its own
`add(parser)`. Options of all: `workers`, processes side by side; `out`, where results go; `only`, one case by its name.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

NAMES = {
    "faults": "fault injection: hand-written bugs, applied one at a time; lists which test detects each",
    "mutants": "mutation testing: small random changes of the sources, and how many the tests detect",
    "fuzz": "random and damaged input: each must end in a valid answer or in clear errors",
    "coverage": "empirical coverage of the 95% confidence intervals",
}


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="python -m tests.proof",
        description="Test the tests: inject faults, mutate sources, search for input that breaks something.",
        epilog="; ".join(f"{name}: {what}" for name, what in NAMES.items()),
    )
    parser.add_argument("name", choices=NAMES, help="which proof")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes side by side (default: 2)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where results are written")
    parser.add_argument("--only", metavar="NAME", help="one case by its name")
    if not given or given[0] not in NAMES:
        parser.parse_args(given)
        parser.error("the first argument is the proof's name")
    proof = import_module(f"tests.proof.{given[0]}")
    if hasattr(proof, "add"):
        proof.add(parser)
    options = parser.parse_args(given)
    for name in ("workers", "inputs", "repetitions", "paths", "number"):
        if getattr(options, name, 1) < 1:
            parser.error(f"--{name} must be at least 1")
    return int(proof.run(options))


if __name__ == "__main__":
    sys.exit(main())
