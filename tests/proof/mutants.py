"""Mutate sources at random, one small change at a time, and count how many changes the tests notice.

`python -m tests.proof mutants [--number N | --all] [--workers N] [--only NAME] [--out FILE]`

A seeded sample over the modules that fix the numbers, stratified by file. Each mutant meets the tests of its part
(`PARTS`), the likeliest first; a mutant is killed when a test fails, crashes or runs out of time. Results are appended
to FILE, a JSON object a line, so that a run can be taken up again. `equivalent.toml` lists mutants that cannot be told
from the original, each with the reason; they are counted apart. `--survivors` runs those that survived once more,
against the whole suite.
"""

import argparse
import hashlib
import json
import math
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests.proof.bench import INTERPRETED, ROOT, Copy, file_of, side_by_side, suite
from tests.proof.faults import read_results
from tests.proof.operators import Mutant, mutants

ENOUGH = 0.85
NUMBER = 200
LEAST = 3  # of each file
SECONDS = 240.0  # of processor time: three times what the slowest part takes
SECONDS_OF_ALL = 1800.0  # of the whole suite
CONTROL = "unchanged program: "

# Files, and the tests of their part. Kernels are compiled anew for each mutant.
PARTS = {
    "sim/terms/": (
        "test_case",
        "test_problems",
        "test_files",
        "test_overrides",
        "test_description",
        "test_warnings",
        "test_reference",
        "test_case_limits",
        "test_calendar",
        "test_corners",
        "test_sensitivity",
        "test_backtest",
        "test_sources",
        "test_twin",
    ),
    "sim/lowering/": (
        "test_twin",
        "test_corners",
        "test_ledger_by_hand",
        "test_sampling",
        "test_identities",
    ),
    "sim/kernels/": (
        "test_twin",
        "test_corners",
        "test_ledger_by_hand",
        "test_invariance",
        "test_result",
        "test_identities",
    ),
    "sim/": ("test_measures", "test_sketch", "test_result", "test_quasi_random"),
}
FILES = (
    "sim/terms/", "sim/lowering/lower.py", "sim/lowering/burn.py", "sim/lowering/events.py", "sim/lowering/schedule.py",
    "sim/lowering/market.py", "sim/lowering/variates.py", "sim/kernels/line/", "sim/kernels/ledger.py",
    "sim/kernels/cash.py", "sim/kernels/financing.py", "sim/results/measures.py", "sim/results/estimates.py",
    "sim/results/distribution.py",
)  # fmt: skip


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--number", type=int, default=NUMBER, metavar="N", help=f"mutants in all (default: {NUMBER})")
    parser.add_argument("--all", action="store_true", help="every mutant there is")
    parser.add_argument("--seed", type=int, default=1, help="another seed draws another sample")
    parser.add_argument("--files", default="", metavar="PREFIX", help="only files that begin so")
    parser.add_argument("--survivors", action="store_true", help="survivors once more, against the whole suite")
    parser.add_argument("--list", action="store_true", help="name the mutants and run none")


def run(options: argparse.Namespace) -> int:
    file: Path = options.out or Path("mutants.jsonl")
    everything = {mutant.name: mutant for source in sources() for mutant in mutants(source, read(source))}
    chosen = list(everything) if options.all else sample(everything.values(), options.number, options.seed)
    wanted = [options.only] if options.only else [name for name in chosen if name.startswith(options.files)]
    if unknown := [name for name in wanted if name not in everything]:
        print(f"no mutant is called {unknown[0]}")
        return 2
    if options.list:
        print("\n".join(wanted))
        return 0
    known, spared = read_results(file), equivalent()
    if options.survivors:
        rest = [name for name in wanted if known.get(name, {}).get("status") == "passed" and name not in spared]
    else:
        parts = sorted({part_of(everything[name].file) for name in wanted}, key=list(PARTS).index)
        rest = [name for name in [*(CONTROL + part for part in parts), *wanted] if name not in known]

    def work(copy: Copy, name: str) -> dict:
        mutant = everything.get(name)
        copy.edit({mutant.file: mutant.text} if mutant else {})
        tests = PARTS[name.removeprefix(CONTROL) if mutant is None else part_of(mutant.file)]
        there = suite(tests) if options.survivors else [file_of(name) for name in tests]
        if mutant and mutant.file.startswith("sim/kernels/"):
            there.insert(0, INTERPRETED)
        return {"name": name, **copy.pytest(there, SECONDS_OF_ALL if options.survivors else SECONDS)._asdict()}

    def done(result: dict) -> None:
        known[result["name"]] = result
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(result) + "\n")
        print(f"{result['status']:8} {result['seconds']:6.1f} s  {result['name']}  {result['test']}", flush=True)

    side_by_side(rest, work, done, options.workers)
    counts = count(known, wanted, spared)
    print(report(counts))
    blamed = [name for name in known if name.startswith(CONTROL) and known[name]["status"] != "passed"]
    print("".join(f"{name} fails {known[name]['test'] or known[name]['status']}\n" for name in blamed), end="")
    return 0 if not blamed and share_killed(counts) >= ENOUGH else 1


def read(file: str, root: Path = ROOT) -> str:
    return (root / file).read_text(encoding="utf-8")


def sources(root: Path = ROOT) -> list[str]:
    """The files to mutate, from the root."""
    found = []
    for name in FILES:
        found += sorted((root / name).glob("*.py")) if name.endswith("/") else [root / name]
    return [path.relative_to(root).as_posix() for path in found]


def part_of(file: str) -> str:
    return next(part for part in PARTS if file.startswith(part))


def sample(population: Iterable[Mutant], number: int, seed: int) -> list[str]:
    """Names of a sample, stratified: each file has its share, and at least LEAST.

    The choice goes by a hash of seed and name, so an edit elsewhere leaves the rest of the sample as it was.
    """
    by_file: dict[str, list[str]] = {}
    for mutant in population:
        by_file.setdefault(mutant.file, []).append(mutant.name)
    everyone = sum(map(len, by_file.values()))
    chosen = []
    for names in by_file.values():
        names.sort(key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest())
        chosen += names[: max(LEAST, math.floor(number * len(names) / everyone + 0.5))]
    return chosen


def equivalent(text: str | None = None) -> dict[str, str]:
    """Reasons by the names of mutants that nothing can tell from the original."""
    text = (Path(__file__).parent / "equivalent.toml").read_text(encoding="utf-8") if text is None else text
    return {row["name"]: row["reason"] for row in tomllib.loads(text).get("mutant", [])}


def count(results: Mapping[str, dict], wanted: Sequence[str], spared: Mapping[str, str]) -> dict[str, Counter]:
    """By file: tried, killed, survived, equivalent. What is listed as equivalent and yet killed is killed."""
    counts: dict[str, Counter] = {}
    for name in wanted:
        if name not in results:
            continue
        of_file = counts.setdefault(name.partition(":")[0], Counter())
        of_file["tried"] += 1
        killed = results[name]["status"] != "passed"
        of_file["killed" if killed else "equivalent" if name in spared else "survived"] += 1
    return counts


def share_killed(counts: Mapping[str, Counter]) -> float:
    """Of the mutants that are not equivalent; 0 where none was tried."""
    total = sum(counts.values(), Counter())
    return total["killed"] / max(1, total["killed"] + total["survived"])


def report(counts: Mapping[str, Counter]) -> str:
    columns = ("tried", "killed", "survived", "equivalent")
    rows = [*counts.items(), ("all", sum(counts.values(), Counter()))]
    lines = ["| file | " + " | ".join(columns) + " |", "|---" * 5 + "|"]
    lines += [f"| {file} | " + " | ".join(str(numbers[name]) for name in columns) + " |" for file, numbers in rows]
    return "\n".join([*lines, f"killed: {share_killed(counts):.1%} of those that are not equivalent"])
