"""python -m benchmarks [NAME ...] [--paths N] [--repeats R] [--out DIR] [--against VERSION]"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from benchmarks.report import Options, machine_line

NAMES = (
    "headline",
    "normals",
    "models",
    "scaling",
    "start",
    "memory",
    "accuracy",
    "stages",
    "sweep",
    "cluster",
    "live",
    "extras",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run benchmarks; returns 1 if an opponent disagrees or another check fails, else 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure fundrisk against its opponents.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"benchmarks to run: {', '.join(NAMES)} (default: all)"
    )
    parser.add_argument("--paths", type=int, help="number of paths; the largest where a benchmark has several sizes")
    parser.add_argument("--repeats", type=int, help="number of repetitions of each measurement; the best is reported")
    parser.add_argument("--out", type=Path, help="folder for JSON and plots (default: a temporary one)")
    parser.add_argument(
        "--against", metavar="VERSION", help="headline: compare with another version, or a folder of it"
    )
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.names if name not in NAMES]:
        parser.error(f"NAME = {', '.join(unknown)}: must be one of {', '.join(NAMES)}")
    if any(number is not None and number < 1 for number in (given.paths, given.repeats)):
        parser.error("--paths and --repeats must be at least 1")
    out = given.out or Path(tempfile.mkdtemp(prefix="fundrisk-benchmarks-"))
    out.mkdir(parents=True, exist_ok=True)
    options = Options(given.paths, given.repeats, out, given.against)
    failed = False
    for name in given.names or NAMES:
        print(f"=== {name}\n{machine_line()}\n", flush=True)
        report = import_module(f"benchmarks.{name}").run(options)
        print(f"{report}\n", flush=True)
        (out / f"{name}.json").write_text(json.dumps(report.to_dict(), indent=2) + "\n", encoding="utf-8")
        failed |= not all(check.holds for check in report.checks)
    print(f"JSON and plots: {out}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
