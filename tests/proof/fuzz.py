"""Bad input, at scale: `python -m tests.proof fuzz --inputs 100000`; one input again: `--only SEED:INDEX`.

Every input must end in a valid answer (finite, identities hold) or in listed problems, a line each, and status 2. An
exception, a hang, a warning, memory beyond a gibibyte, a file outside the folder or an undetected damage is a failure.

Inputs are a function of (seed, index), so a failure can be repeated alone. They go through the command itself, in
this process or, with `--processes`, each in one of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import sim
from sim.cli.meter import Meter
from sim.results.files import ResultError, read_arrays, write_arrays
from sim.terms import Case, CaseError
from tests.proof import expected, inputs
from tests.proof.commands import command, complaints
from tests.proof.expected import must
from tests.proof.surroundings import surroundings
from tests.support.hostile import hostile_document
from tests.support.valence import valence_2002
from tests.twin.random_cases import random_case, random_history

SLOW = 10.0  # seconds of the processor that no input may take; by the clock, twenty times as many
SLOW_ANALYSIS = 30.0  # the smallest sensitivity is 841 runs, each of which may have every day of two years
MOST_MEMORY = 2**30  # bytes above what the process has when it starts
VALID, REFUSED = "valid", "refused"


class TooSlow(BaseException):
    """No `except Exception` of the library catches it."""


class Outcome(NamedTuple):
    kind: str
    index: int
    seconds: float  # of the processor
    verdict: str  # valid, refused, or what went wrong
    details: str = ""


@dataclass
class Bench:
    """A folder with valid files that inputs start from, and what the present input is, for the report."""

    folder: Path
    cases: list[dict] = field(default_factory=list)
    histories: list[dict] = field(default_factory=list)
    results: list[bytes] = field(default_factory=list)
    documents: list[dict] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    depth: float = 0.1  # how often the dear checks of a valid case are made
    processes: bool = False  # whether each command is a process of its own

    def write(self, name: str, data: bytes) -> None:
        (self.folder / name).write_bytes(data)
        self.shown.append(f"{name}: {data[:6000]!r}")

    def tidy(self) -> None:
        for path in self.folder.iterdir():
            if path.name != "sub":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        (self.folder / "sub").mkdir(exist_ok=True)
        self.shown.clear()


@contextlib.contextmanager
def bench(depth: float = 0.1) -> Iterator[Bench]:
    """A bench in a temporary folder, which is the working directory meanwhile."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as top:
        made = Bench(Path(top) / "outside" / "inside", depth=depth)
        made.folder.mkdir(parents=True)
        os.chdir(made.folder)
        patience, Meter.PATIENCE = Meter.PATIENCE, 600.0  # the first run may compile
        try:
            compile_kernels()
            for number in range(12):
                made.cases.append(hostile_document(number) if number % 4 == 3 else random_case(Random(number)))
                made.histories.append(random_history(Random(number), made.cases[-1]))
            for number in range(3):
                run = sim.simulate(Case.from_dict(made.cases[number]), paths=16, seed=1, keep_paths=number != 1)
                vars(run)["run"] = run.run._replace(elapsed_s=0.5)  # so that the bytes are the same every time
                run.save("run.npz")
                made.results.append(Path("run.npz").read_bytes())
                made.documents.append(run.summary().to_dict())
            yield made
        finally:
            os.chdir(before)
            Meter.PATIENCE = patience


def compile_kernels() -> None:
    """The compiled kernels of cases with and without tables of lines, models of the world and Sobol' points, so that
    no input waits for them."""
    for name, model in itertools.product(("base", "valence-2002", "lordstown-2021"), ("gbm", "garch")):
        case = valence_2002() if name == "base" else sim.load_case(name)
        for sampler in ("philox", "sobol"):
            sim.simulate(case.replace({"price.model": model}), paths=16, sampler=sampler)


def case_of(made: Bench, status: int, name: str, words: list[str], rng: Random) -> str:
    """What a case file and its overrides come to in the library, which must agree with the command."""
    try:
        case = sim.terms.overridden(sim.load_case(name), words)
    except CaseError as error:
        must(status == 2, f"the command accepts what the library refuses: {error.problems[0][:200]}")
        complaints("".join(f"{line}\n" for line in error.problems))
        return REFUSED
    must(status == 0, "the command refuses what the library accepts")
    expected.valid_case(case, rng, made.depth)
    return VALID


# --- kinds of input --------------------------------------------------------------------------------------------------


def a_case_file(rng: Random, made: Bench) -> str:
    doc = inputs.mutated(rng, rng.choice(made.cases) if rng.random() < 0.3 else random_case(rng))
    made.write("case.toml", inputs.toml_file(rng, doc))
    status, _ = command(made, ["check", "case.toml"])
    return case_of(made, status, "case.toml", [], rng)


def a_broken_file(rng: Random, made: Bench) -> str:
    made.write("case.toml", inputs.noise(rng, inputs.toml_file(rng, rng.choice(made.cases))))
    status, _ = command(made, ["check", "case.toml"])
    return case_of(made, status, "case.toml", [], rng)


def a_document(rng: Random, made: Bench) -> str:
    doc = inputs.mutated(rng, rng.choice(made.cases) if rng.random() < 0.5 else random_case(rng))
    made.shown.append(f"document: {inputs.as_json(doc)[:6000]!r}")
    try:
        case = Case.from_dict(doc)
    except CaseError as error:
        complaints("".join(f"{line}\n" for line in error.problems))
        return REFUSED
    expected.valid_case(case, rng, made.depth)
    return VALID


def an_override(rng: Random, made: Bench) -> str:
    doc = rng.choice(made.cases)
    texts = [inputs.override(rng, doc) for _ in range(rng.choice((1, 1, 1, 2, 4)))]
    made.write("case.toml", inputs.toml_file(rng, doc))
    words = [f"--set={text}" for text in texts]
    status, out = command(
        made, ["run", "case.toml", "--paths", "32", "--seed", "1", "--workers", "1", "--json", "-", *words]
    )
    if status == 0:
        expected.answer(json.loads(out), Case.from_dict(doc))
    return case_of(made, status, "case.toml", texts, rng)


def a_history(rng: Random, made: Bench) -> str:
    number = rng.randrange(len(made.cases))
    doc, history = made.cases[number], made.histories[number]
    if rng.random() < 0.4:
        doc = random_case(rng)
        history = random_history(rng, doc)
    data = inputs.as_json(inputs.mutated(rng, history, of=None))
    if rng.random() < 0.25:
        data = inputs.noise(rng, data)
    made.write("case.toml", inputs.toml_file(rng, doc))
    made.write("in.json", data)
    status, out = command(made, ["replay", "case.toml", "--history", "in.json", "--json", "-"])
    if status == 0:
        expected.ledger(json.loads(out), Case.from_dict(doc))
        command(made, ["replay", "case.toml", "--history", "in.json"])
    return VALID if status == 0 else REFUSED


def a_result(rng: Random, made: Bench) -> str:
    made.write("run.npz", inputs.damaged(rng, rng.choice(made.results)))
    try:
        sim.load_result("run.npz")
    except ResultError as error:
        complaints(f"{error}\n")
        return REFUSED
    raise AssertionError("damage to a saved result was not noticed")


def a_forged_result(rng: Random, made: Bench) -> str:
    """A file with a good seal whose contents no run has written: read as what it is, or refused."""
    made.write("run.npz", rng.choice(made.results))
    arrays = read_arrays("run.npz")
    name = rng.choice(list(arrays))
    if name == "header":
        header = inputs.mutated(rng, json.loads(arrays["header"].tobytes()), of=None)
        text = inputs.as_json(header)
        made.shown.append(f"header: {text[:6000]!r}")
        arrays[name] = sim.results.result.np.frombuffer(text, dtype="u1")
    elif rng.random() < 0.3:
        del arrays[name]
    else:
        array = arrays[name]
        other = (array[:0], array[None], array.astype("U"), array.astype("f4"), array.astype(bool), array.ravel()[:-1])
        arrays[name] = rng.choice(other)
    made.shown.append(f"array: {name}")
    write_arrays("run.npz", arrays)
    try:
        result = sim.load_result("run.npz")
        json.dumps(result.summary().to_dict(), allow_nan=False)
    except ResultError as error:
        complaints(f"{error}\n")
        return REFUSED
    return VALID


def a_command_line(rng: Random, made: Bench) -> str:
    number = rng.randrange(len(made.cases))
    made.write("case.toml", inputs.toml_file(rng, made.cases[number]))
    made.write("in.json", json.dumps(made.histories[number], default=str).encode())
    kept = {name: (made.folder / name).read_bytes() for name in ("case.toml", "in.json")}
    words = inputs.arguments(rng)
    status, _ = command(made, words)
    for name, data in kept.items():
        changed = (made.folder / name).read_bytes() != data
        named = sum(word == name or word.endswith(f"={name}") for word in words)
        must(not changed or (status == 0 and named == 1), f"{name}, an input, was changed")
    drafts = [path.name for path in made.folder.iterdir() if ".tmp" in path.name]
    must(not drafts, f"drafts left behind: {drafts}")
    return VALID if status == 0 else REFUSED


def a_record(rng: Random, made: Bench) -> str:
    """A run's JSON, mutated, to be repeated: the same, different (status 1), or no record."""
    document = inputs.mutated(rng, rng.choice(made.documents), of=None)
    manifest = document.get("manifest")
    if isinstance(manifest, dict) and isinstance(manifest.get("paths"), int) and manifest["paths"] > 10_000:
        manifest["paths"] = 10_000  # it may say anything; more only takes longer
    data = inputs.as_json(document)
    made.write("run.json", inputs.noise(rng, data) if rng.random() < 0.2 else data)
    status, _ = command(made, ["rerun", "run.json", "--workers", "1"], others=(1,))
    return REFUSED if status == 2 else VALID


def an_encoded_file(rng: Random, made: Bench) -> str:
    """A case, a history or a run in another encoding: the answer is that of UTF-8, or clear complaints."""
    number = rng.randrange(len(made.cases))
    case = inputs.toml_file(rng, made.cases[number])
    kind = rng.choice(("case", "history", "run"))
    data = {
        "case": case,
        "history": inputs.as_json(made.histories[number]),
        "run": json.dumps(rng.choice(made.documents), indent=rng.choice((None, 1))).encode(),
    }[kind]
    words = {
        "case": ["check", "in.txt"],
        "history": ["replay", "case.toml", "--history", "in.txt", "--json", "-"],
        "run": ["rerun", "in.txt", "--workers", "1"],
    }[kind]
    other, same = inputs.encoded(rng, data)
    made.write("case.toml", case)
    answers = []
    for written in (data, other):
        made.write("in.txt", written)
        answers.append(command(made, words, others=(1,)))
    must(answers[0] == answers[1] or not same, f"another answer for a {kind} in another encoding")
    return REFUSED if answers[1][0] == 2 else VALID


def an_analysis(rng: Random, made: Bench) -> str:
    """What compares several runs, on a case of any kind and few paths."""
    doc = rng.choice(made.cases) if rng.random() < 0.5 else random_case(rng)
    made.write("case.toml", inputs.toml_file(rng, doc))
    made.write("other.toml", inputs.toml_file(rng, inputs.mutated(rng, doc)))
    words = rng.choice((
        ["compare", "case.toml", "other.toml"], ["compare", "case.toml", "--variants"],
        ["compare", "case.toml", "--variant", inputs.override(rng, doc)], ["clauses", "case.toml"],
        ["outlook", "case.toml"], ["outlook", "case.toml", "--issued", rng.choice(inputs.DAY_TEXTS)],
        ["sensitivity", "case.toml", "--indexed", rng.choice(("0", "1", "-1", "99"))],
        ["solve", "case.toml", "--for", rng.choice(("commitment", "cash", "cost-cut", "burn"))],
        ["solve", "case.toml", "--reverse", "--target", rng.choice(("0.5", "0", "1", "nan", "x"))],
    ))  # fmt: skip
    status, out = command(made, [*words, "--paths", "32", "--workers", "1", "--json", "-"])
    if status == 2:
        return REFUSED
    must(json.loads(out), "an answer of nothing")
    return VALID


KINDS: dict[Callable[[Random, Bench], str], int] = {
    a_case_file: 14, a_broken_file: 8, a_document: 10, an_override: 14, a_history: 14, a_result: 26, a_forged_result: 6,
    a_command_line: 8, a_record: 6, an_encoded_file: 5, surroundings: 3, an_analysis: 1,
}  # fmt: skip


# --- one input, many inputs ------------------------------------------------------------------------------------------


def one(seed: int, index: int, made: Bench, kind: Callable[[Random, Bench], str] | None = None) -> Outcome:
    """Input number `index` of a seed, and what came of it; its kind is drawn unless given."""
    rng = Random(f"{seed}:{index}")
    drawn = rng.choices(list(KINDS), list(KINDS.values()))[0]
    kind = kind or drawn
    name = kind.__name__.removeprefix("a_").removeprefix("an_").replace("_", " ")
    made.tidy()
    started, details = time.process_time(), ""
    try:
        with warnings.catch_warnings(), alarm(SLOW_ANALYSIS if name == "analysis" else SLOW):
            warnings.simplefilter("error")
            verdict = kind(rng, made)
        outside = [path.name for path in made.folder.parent.iterdir() if path != made.folder]
        must(not outside, f"written outside the folder: {outside}")
    except (Exception, TooSlow) as error:
        verdict = f"{type(error).__name__}: {error}"[:400]
        details = traceback.format_exc() + "".join(f"\n{line}" for line in made.shown)
    return Outcome(name, index, time.process_time() - started, verdict, details)


@contextlib.contextmanager
def alarm(most: float) -> Iterator[None]:
    def ring(*_: Any) -> None:
        raise TooSlow(f"more than {most:g} s")

    clocks = ((signal.SIGPROF, signal.ITIMER_PROF, most), (signal.SIGALRM, signal.ITIMER_REAL, 20 * most))
    before = [signal.signal(number, ring) for number, _, _ in clocks]
    for _, timer, seconds in clocks:
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for (number, timer, _), handler in zip(clocks, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


@contextlib.contextmanager
def memory_limit(extra: int = MOST_MEMORY) -> Iterator[None]:
    """No more address space than `extra` bytes above the present; beyond it Python raises MemoryError."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + extra, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def peak_memory() -> float:
    """Most memory that this process ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def many(seed: int, first: int, last: int, processes: bool) -> tuple[list[Outcome], float]:
    """Inputs `first` to `last` - 1, and the peak of memory."""
    with bench() as made, memory_limit():
        made.processes = processes
        return [one(seed, index, made) for index in range(first, last)], peak_memory()


def table(outcomes: list[Outcome], peak: float) -> str:
    head = f"{'kind':<16}{'inputs':>9}{'valid':>9}{'refused':>9}{'failures':>9}{'slowest':>11}"
    lines = [head]
    for name in [*dict.fromkeys(outcome.kind for outcome in sorted(outcomes)), "all"]:
        rows = [outcome for outcome in outcomes if name in (outcome.kind, "all")]
        valid, refused = (sum(row.verdict == verdict for row in rows) for verdict in (VALID, REFUSED))
        slowest = max(rows, key=lambda row: row.seconds)
        lines.append(
            f"{name:<16}{len(rows):>9,}{valid:>9,}{refused:>9,}{len(rows) - valid - refused:>9,}"
            f"{slowest.seconds:>9.2f} s"
        )
    return "\n".join([*lines, f"peak memory {peak:,.0f} MiB"])


def failures(outcomes: list[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.verdict not in (VALID, REFUSED)]


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--inputs", type=int, default=100_000, metavar="N", help="inputs (default: 100,000)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="seed of the inputs (default: 1)")
    parser.add_argument("--processes", action="store_true", help="each command as a process of its own: slow")


def run(options: argparse.Namespace) -> int:
    if options.only:
        seed, index = map(int, options.only.split(":"))
        with bench() as made, memory_limit():
            outcome = one(seed, index, made)
            print(outcome.kind, outcome.verdict, outcome.details or "\n".join(made.shown), sep="\n")
        return int(bool(failures([outcome])))
    size = max(1, min(1_000, options.inputs // options.workers))
    starts = range(0, options.inputs, size)
    outcomes: list[Outcome] = []
    peak = 0.0
    with ProcessPoolExecutor(options.workers) as pool:
        spans = [(first, min(first + size, options.inputs)) for first in starts]
        waiting = [pool.submit(many, options.seed, *span, options.processes) for span in spans]
        for done, future in enumerate(waiting, 1):
            found, most = future.result()
            outcomes += found
            for outcome in failures(found):
                print(f"\n--only {options.seed}:{outcome.index}  {outcome.kind}: {outcome.verdict}", file=sys.stderr)
            peak = max(peak, most)
            bad = len(failures(outcomes))
            print(
                f"\r{done * size:,} of {options.inputs:,} inputs, {bad} failures", end="", file=sys.stderr, flush=True
            )
    print(file=sys.stderr)
    text = table(outcomes, peak)
    seen: set[str] = set()
    for outcome in failures(outcomes):
        sort = f"{outcome.kind} {outcome.verdict[:60]}"
        if sort not in seen:  # one of each
            seen.add(sort)
            text += f"\n--only {options.seed}:{outcome.index}  {outcome.kind}: {outcome.verdict}"
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    return int(bool(failures(outcomes)))
