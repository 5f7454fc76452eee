"""Appendix: what it takes to repeat the numbers."""

from __future__ import annotations

import shlex
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from sim.board.charts.data import Chart
from sim.board.story.chapter import Chapter
from sim.board.story.cover import IN_PYTHON
from sim.board.story.parts import table
from sim.board.words import day, shortened
from sim.terms.sources import changes
from sim.text.numbers import count

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.results.result import Result

_MOST_SETS = 100  # letters of the changed inputs in a command
_MOST_COMMAND = 220
#: Names of the analyses on the slides, by the field of the pack.
ANALYSES = {
    "result": "the answer, cash, commitment, cap table", "variants": "variants of the case",
    "clauses": "cost of each clause", "sensitivity": "what matters most", "scenarios": "stress cases",
    "price_models": "price models", "solutions": "targets", "outlook": "twelve months", "policies": "when to draw",
    "grid": "what if", "record": "what really happened", "uncertainty": "range over the inputs",
}  # fmt: skip


def appendix(pack: Pack) -> Chapter:
    """Hash, seed, versions, commands, and the scenarios of each analysis."""
    return Chapter(
        key="appendix",
        headline="Appendix: how to repeat these numbers",
        charts=(
            table("manifest", "The run", ("", ""), _manifest(pack.result), (0, 1)),
            _runs(pack),
        ),
        sure="The same case, seed, number of scenarios and version give the same numbers to the last bit, on any "
        "machine.",
        compared="All analyses have the same seed, so that their scenarios have the same random numbers.",
        change="Analyses of fewer scenarios say so on their slide; they differ from the others by their sampling "
        "error.",
        source="All inputs and numbers are in result.json; the scenarios are in run.npz",
        notes=" ".join(left_out(pack)) or "No analysis was left out.",
    )


def left_out(pack: Pack) -> list[str]:
    """Sentences on what is not in the pack, and why: an analysis, or of one that is there some of its rows."""
    some = {name for name in pack.skipped if len(getattr(getattr(pack, name), "names", ())) > 1}
    return [
        f"{'Rows left out of the' if name in some else 'Left out,'} {ANALYSES.get(name, name)}: {why}."
        for name, why in pack.skipped.items()
    ]


def commands(result: Result) -> dict[str, str]:
    """Commands that repeat the numbers, by what they do."""
    run = result.run
    options = f"--paths {run.paths} --seed {run.seed}" + f" --sampler {run.sampler}" * (run.sampler != "philox")
    options += " --antithetic" * run.antithetic
    made = f"fundrisk report {shlex.quote(PurePath(run.case.source).name)}"
    changed = changes(run.case)
    sets = "".join(f" --set {shlex.quote(text)}" for text in changed or ())
    as_changed = "" if run.case.source == IN_PYTHON or changed is not None else ", with the case as it was changed"
    if len(sets) > _MOST_SETS:
        sets, as_changed = "", f", with the {count(len(changed or ()), 'input')} that the workbook marks as changed"
    return {
        "to make the pack": f"{made}{sets} {options} --out DIR{as_changed}",
        "to repeat the run": "fundrisk rerun result.json",
        "to change an input": "add --set KEY=VALUE",
        "to check the program": "fundrisk verify",
    }


def _manifest(result: Result) -> list[tuple[str, str]]:
    made, case = result.manifest, result.case
    versions = made["versions"]
    sampled = f"{result.paths:,}, {result.seed}, {result.sampler}" + ", antithetic pairs" * result.run.antithetic
    return [
        ("case", shortened(case.title, 90)),
        ("SHA-256 of the case's terms", made["case_sha256"]),
        ("valuation date, horizon", f"{day(case.valuation_date)}, {day(case.horizon)}"),
        ("scenarios, seed, sampler", sampled),
        ("fundrisk, Python", f"{versions['fundrisk']}, {versions['python']}"),
        ("NumPy, SciPy, Numba", ", ".join(str(versions[name]) for name in ("numpy", "scipy", "numba"))),
        ("platform", shortened(made["platform"], 90)),
        *((what, shortened(command, _MOST_COMMAND)) for what, command in commands(result).items()),
    ]


def scenarios_of_analyses(pack: Pack) -> list[tuple[str, int]]:
    """Each analysis that the pack has, with the scenarios of each of its runs."""
    found = []
    for name, words in ANALYSES.items():
        part: Any = getattr(pack, name)
        if isinstance(part, tuple):
            part = part[0] if part else None
        part = getattr(part, "comparison", part)
        if part is not None:
            found.append((words, part.paths or pack.result.paths))
    return found


def _runs(pack: Pack) -> Chart:
    rows = [(words, f"{paths:,}") for words, paths in scenarios_of_analyses(pack)]
    return table("runs", "Scenarios of each run", ("analysis", "scenarios of each run"), rows, (0,))
