"""Answers to changes of a case: a first one of few paths at once, then finer ones as long as nobody asks for another.

The numbers of a changed case are those of `fundrisk run` with the same changes, seed and paths, to the last bit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sim.analysis.paired import PROBABILITIES, difference_of, level_of, twelve_months, values_of
from sim.analysis.roll_forward import text_of
from sim.board.page.picker import P05
from sim.engine.simulate import simulate
from sim.live.controls import Control, changed_case, changes_of, controls_of
from sim.results.estimates import Estimate
from sim.results.merge import merge
from sim.results.result import Result
from sim.terms import Case
from sim.terms.options import seed_of
from sim.terms.rewriting import rewritten

#: Paths of the first answer, and where the shards of the finer ones end.
FIRST, SHARDS = 20_000, (49_152, 114_688, 200_000)
#: What is shown, in this order: means, probabilities and a quantile.
MEASURED = ("cash_out", "cash_out_12m", "runway_months", "raised", P05, "dilution", "funding_gap")
_Z95 = 1.96


class Interrupted(Exception):
    """Raised inside a run that nobody waits for any more."""


@dataclass(frozen=True)
class Answer:
    """A run of the changed case, its measures, those of the case itself, and the differences path by path."""

    result: Result
    changes: Mapping[str, Any]
    levels: Mapping[str, Estimate]
    base: Mapping[str, Estimate]
    moves: Mapping[str, Estimate]


class _Runs:
    """The runs of one case, each made when it is first asked for: a short one, then shards of a longer one, merged."""

    def __init__(self, case: Case, seed: int, workers: int | None) -> None:
        self.case = case
        self.options: dict[str, Any] = {"seed": seed, "workers": workers}
        self.made: list[Result] = []
        self.lock = threading.Lock()

    def upto(self, n: int, progress: Callable[[int, int], Any]) -> Result:
        """Run n, from 0. An exception in `progress` ends the wait, and leaves what has been made."""
        while not self.lock.acquire(timeout=0.05):
            progress(0, 1)
        try:
            while len(self.made) <= n:
                self.made.append(self._next(progress))
            return self.made[n]
        finally:
            self.lock.release()

    def _next(self, progress: Callable[[int, int], Any]) -> Result:
        done = len(self.made)
        if not done:
            return simulate(self.case, paths=FIRST, progress=progress, **self.options)
        first, end = (0, *SHARDS)[done - 1 : done + 1]
        shard = simulate(self.case, paths=end - first, first_path=first, progress=progress, **self.options)
        return merge([self.made[-1], shard]) if first else shard


class Engine:
    """One case, its controls, and its own figures, with which every answer is compared.

    Parameters
    ----------
    case : Case
    seed : int, optional
        The case's unless given.
    workers : int, optional
        Threads of a run, as in `sim.simulate`.
    progress : callable, optional
        Called as progress(paths done, paths) while the case itself is first simulated, which may compile the kernels.
    """

    def __init__(
        self,
        case: Case,
        seed: int | None = None,
        workers: int | None = None,
        progress: Callable[[int, int], Any] | None = None,
    ) -> None:
        self.case, self.seed, self.workers = case, seed_of(case, seed), workers
        self.controls: tuple[Control, ...] = controls_of(case)
        self.names = tuple(name for name in MEASURED if name != "cash_out_12m" or twelve_months(case) is not None)
        self.runs = _Runs(case, self.seed, workers)
        self.runs.upto(0, progress or _nothing)

    def answers(self, values: Mapping[str, Any], stopped: Callable[[], bool]) -> Iterator[Answer]:
        """The answers to values of the controls, finer and finer, until `stopped` says so.

        Raises CaseError, before any answer, for values that cannot be used.
        """
        changes = changes_of(self.case, self.controls, values)
        return self._answers(changed_case(self.case, changes), changes, stopped)

    def text(self, values: Mapping[str, Any]) -> str:
        """The case file with the changes, each with a comment; its other lines stay. Raises CaseError."""
        changes = changes_of(self.case, self.controls, values)
        made = changed_case(self.case, changes)
        notes = dict.fromkeys(changes, "changed on the what-if page")
        return text_of(replace(made, text=rewritten(text_of(self.case), changes, notes, self.case, made)))

    def _answers(self, case: Case, changes: Mapping[str, Any], stopped: Callable[[], bool]) -> Iterator[Answer]:
        def check(*_: int) -> None:
            if stopped():
                raise Interrupted

        runs = _Runs(case, self.seed, self.workers) if changes else self.runs
        try:
            for n in range(1 + len(SHARDS)):
                result, base = runs.upto(n, check), self.runs.upto(n, check)
                check()
                yield self._answer(result, base, changes)
        except Interrupted:
            return

    def _answer(self, result: Result, base: Result, changes: Mapping[str, Any]) -> Answer:
        here, there = ({name: _level(each, name) for name in self.names} for each in (result, base))
        moves = {}
        for name in self.names:
            if name == P05:
                moves[name] = _between(here[name], there[name])
                continue
            moved = difference_of(name, None)
            moved.add(np.subtract(values_of(result, name), values_of(base, name), dtype=np.float64))
            moves[name] = moved.estimate()
        return Answer(result, changes, here, there, moves)


def _level(result: Result, name: str) -> Estimate:
    """As the summary of the run has it; of a quantile, half the width of its interval over 1.96 is the error."""
    summary = result.summary()
    if name == "cash_out":
        return summary.cash_out
    if name == P05:
        low = summary["raised"].p05
        return Estimate(low.value, low.error, low.ci95)
    if name in PROBABILITIES:
        counted = level_of(name, None)
        counted.add(values_of(result, name))
        return counted.estimate()
    return summary[name].estimate


def _between(here: Estimate, there: Estimate) -> Estimate:
    """A difference of quantiles; the sum of both errors is an upper bound of its error under common random numbers."""
    value, error = here.value - there.value, here.error + there.error
    return Estimate(value, error, (value - _Z95 * error, value + _Z95 * error))


def _nothing(*_: int) -> None:
    """No progress is shown."""
