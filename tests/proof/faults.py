"""Plant the faults of `planted.toml` in the sources, one by one in a copy of the tree, and report what detects them.

`python -m tests.proof faults [--by tests|verify] [--workers N] [--only NAME] [--out FILE]`

Catchers: the test suite without what compares stored bits (`bench.SUITE`), stopped at the first failure; and
`fundrisk verify`. The unchanged program goes through the same as a control: it must pass. Results are
appended to FILE, a JSON object a line; what stands there already is not run again.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.proof.bench import INTERPRETED, ROOT, SUITE, Copy, Outcome, of_rooms, side_by_side, suite
from tests.proof.planted import FAULTS, Fault

ENOUGH = 0.95
SECONDS = 900.0  # of processor time: three times what the unchanged program needs
CONTROL = "unchanged program"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--by", choices=("tests", "verify"), default="tests", help="what must detect them (default: tests)"
    )


def run(options: argparse.Namespace) -> int:
    file: Path = options.out or Path(f"faults-{options.by}.jsonl")
    wanted = [options.only] if options.only else [*FAULTS, CONTROL]
    if unknown := [name for name in wanted if name != CONTROL and name not in FAULTS]:
        print(f"no fault is called {unknown[0]}")
        return 2
    known = read_results(file)
    catch = by_tests if options.by == "tests" else by_verify

    def work(copy: Copy, name: str) -> dict:
        copy.edit(spoilt(FAULTS[name]) if name != CONTROL else {})
        outcome = catch(copy, FAULTS[name].files if name != CONTROL else ())
        return {"name": name, **outcome._asdict()}

    def done(result: dict) -> None:
        known[result["name"]] = result
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(result) + "\n")
        print(f"{result['status']:8} {result['seconds']:6.1f} s  {result['name']}  {result['test']}", flush=True)

    side_by_side([name for name in wanted if name not in known], work, done, options.workers)
    print(report(known, wanted, options.by))
    return 0 if good_enough(known, wanted) else 1


def read_results(file: Path) -> dict[str, dict]:
    """The last result of each name; none where there is no file."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {result["name"]: result for result in map(json.loads, lines)}


def spoilt(fault: Fault, root: Path = ROOT) -> dict[str, str]:
    """The texts of a fault's files with its edits. ValueError where an edit does not apply."""
    texts: dict[str, str] = {}
    for file, old, new in fault.edits:
        text = texts.get(file) or (root / file).read_text(encoding="utf-8")
        if text.count(old) != 1 or old == new:
            raise ValueError(f"{fault.name}: {file} has the old text {text.count(old)} times: {old}")
        texts[file] = text.replace(old, new)
    return texts


def by_tests(copy: Copy, files: Iterable[str]) -> Outcome:
    """Tests of the spoilt rooms and the twin first, as most faults go no further; then all others."""
    likely = list(dict.fromkeys([SUITE[0], *of_rooms(files)]))
    tests = suite(likely)
    stages = [tests[: len(likely)], tests[len(likely) :]]
    if any(file.startswith("sim/kernels/") for file in files):
        stages.insert(0, [INTERPRETED])
    seconds = 0.0
    for stage in stages:
        outcome = copy.pytest(stage, SECONDS)
        seconds += outcome.seconds
        if outcome.seen:
            break
    return outcome._replace(seconds=seconds)


def by_verify(copy: Copy, files: Iterable[str]) -> Outcome:
    """`fundrisk verify`: status 1 says that a check failed; anything else but 0 that it could not even be run."""
    started = time.perf_counter()
    try:
        ran = copy.python("-m", "sim", "verify", timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return Outcome("timeout", "", time.perf_counter() - started)
    if ran.returncode == 2:
        raise RuntimeError(f"fundrisk verify could not be run: {ran.stdout[-2000:]}")
    status = {0: "passed", 1: "failed"}.get(ran.returncode, "crash")
    failed = [line.strip() for line in ran.stdout.splitlines() if "FAIL" in line.upper()]
    return Outcome(status, failed[0] if failed and status == "failed" else "", time.perf_counter() - started)


def caught(results: Mapping[str, dict], names: Iterable[str]) -> list[str]:
    return [name for name in names if name in results and results[name]["status"] != "passed"]


def good_enough(results: Mapping[str, dict], wanted: Iterable[str]) -> bool:
    """Whether the control passes and enough of the faults are detected."""
    planted = [name for name in wanted if name != CONTROL]
    silent = results.get(CONTROL, {"status": "passed"})["status"] == "passed"
    return silent and len(caught(results, planted)) >= ENOUGH * len(planted)


def report(results: Mapping[str, dict], wanted: Iterable[str], by: str) -> str:
    planted = [name for name in wanted if name != CONTROL]
    seen = caught(results, planted)
    lines = [f"{len(planted)} faults planted, {len(seen)} caught by {by} ({len(seen) / max(1, len(planted)):.1%})"]
    lines += [f"not caught: {name}" for name in planted if name not in seen]
    if results.get(CONTROL, {"status": "passed"})["status"] != "passed":
        lines.append(f"the unchanged program fails {results[CONTROL]['test'] or results[CONTROL]['status']}")
    return "\n".join(lines)
