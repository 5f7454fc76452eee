"""`backtest`: the recorded figures of cases beside the quantiles of the simulated paths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, overload

import numpy as np

from sim.analysis.facts import Backtest, Fact
from sim.analysis.pooled import PooledBacktest
from sim.analysis.positions import calibration_test
from sim.analysis.recorded import Question, Simulated, simulated
from sim.results.distribution import Distribution
from sim.results.estimates import proportion
from sim.terms import Case, CaseError, load_case
from sim.terms.options import seed_of
from sim.terms.problems import check_whole

#: Paths are traced one by one, hence fewer than elsewhere; percentiles are accurate to about one point.
PATHS = 4096
#: Of each of several cases: to about two points.
PATHS_OF_SEVERAL = 1024
SURE = "{} of the figures could not differ: every path has the recorded value. They are left out of the test."
MUST = "must be a table of what really happened"
Progress = Callable[[int, int], Any]


@overload
def backtest(
    case: Case | str, paths: int | None = None, seed: int | None = None, *, progress: Progress | None = None
) -> Backtest: ...
@overload
def backtest(
    case: list[Case | str] | list[Case] | list[str],
    paths: int | None = None,
    seed: int | None = None,
    *,
    progress: Progress | None = None,
) -> PooledBacktest: ...
def backtest(
    case: Case | str | list[Case | str] | list[Case] | list[str],
    paths: int | None = None,
    seed: int | None = None,
    *,
    progress: Progress | None = None,
) -> Backtest | PooledBacktest:
    """Compare the recorded figures of cases with the simulated distribution. Nothing is fitted to them.

    The price of a draw is compared with the price on that day on every path, whether or not the line is open there; its
    shares with the shares that the same amount would take on that day; the draws of its fiscal quarter with the
    simulated ones. Shares outstanding, cash at a month's end and the money from third parties up to a day are those of
    the ledger. Waivers are counted as fiscal quarters in which a condition was not met and all of them were waived.

    The figures of several cases are also tested together: are they spread over their simulated distributions as those
    of a calibrated model? `sim.analysis.positions` describes the test.

    Parameters
    ----------
    case : Case, str, or a list of them
        Cases with a table [record], their files or the names of shipped cases.
    paths, seed : int, optional
        The case's unless given, at most 4,096 paths of one case and 1,024 of each of several. They run in one thread.
    progress : callable, optional
        Called as progress(done, total) with the paths.

    Returns
    -------
    Backtest
        Of one case; a `PooledBacktest` of a list.

    Raises
    ------
    CaseError
        For a case that cannot be used, or that has no record.
    ValueError
        For options that cannot be used.

    Examples
    --------
    >>> sim.backtest("valence-2002", paths=256)
    <Backtest: 11 recorded figures of Valence Technology and the Berg & Berg equity line, 2002, 256 paths>
    >>> sim.backtest(["valence-2002", "sorrento-2020"], paths=256)
    <PooledBacktest: 13 recorded figures of 2 cases>
    """
    several = isinstance(case, list)
    cases = [load_case(each) for each in case] if isinstance(case, list) else [load_case(case)]
    if not cases:
        raise ValueError("case = []: must have at least one case")
    if without := [f"{each.source}: record: missing; {MUST}" for each in cases if each.record is None]:
        raise CaseError(without)
    number = PATHS_OF_SEVERAL if several else PATHS
    sizes = [
        check_whole("paths", min(each.simulation.paths, number) if paths is None else paths, 1, 10**6) for each in cases
    ]
    found, before = [], 0
    for each, size in zip(cases, sizes, strict=True):

        def told(done: int, before: int = before) -> None:
            if progress is not None:
                progress(before + done, sum(sizes))

        at = seed_of(each, seed)
        made = simulated(each, size, at, told)
        found.append((_backtest(each, made, size, at), made))
        before += size
    return _pooled(found) if several else found[0][0]


def _backtest(case: Case, made: Simulated, paths: int, seed: int) -> Backtest:
    rows = (_fact(question, values) for question, values in zip(made.questions, made.values, strict=True))
    return Backtest(case, tuple(rows), paths, seed, made.notes)


def _pooled(found: list[tuple[Backtest, Simulated]]) -> PooledBacktest:
    """All figures together; each case's seed has a part in the seed of the draws."""
    rows = [list(_rows(made)) for _, made in found]
    differing = [[row for row in each if np.ptp(row) > 0.0] for each in rows]
    matrices = [np.array(each) for each in differing if each]
    sure = sum(map(len, rows)) - sum(map(len, differing))
    test = calibration_test(matrices, [each.seed for each, _ in found]) if matrices else None
    notes = dict.fromkeys([SURE.format(sure)] * (sure > 0))
    notes |= dict.fromkeys(note for _, made in found for note in made.notes)
    return PooledBacktest(tuple(each for each, _ in found), test, tuple(notes))


def _rows(made: Simulated) -> Iterator[np.ndarray]:
    """Each recorded figure, followed by its values on the paths."""
    for question, values in zip(made.questions, made.values, strict=True):
        yield _comparable(question, np.append(question.value, values))


def _comparable(question: Question, values: np.ndarray) -> np.ndarray:
    """Values that can be compared for equality: dollars as whole cents."""
    return np.rint(100.0 * values) if question.unit == "$" else values


def _fact(question: Question, values: np.ndarray) -> Fact:
    spread = Distribution.from_values(values)
    own, others = np.split(_comparable(question, np.append(question.value, values)), [1])
    return Fact(
        date=question.date,
        label=question.label,
        value=float(question.value),
        unit=question.unit,
        percentile=proportion(int((others < own).sum()), values.size),
        equal=float((others == own).mean()),
        p05=spread.p05.value,
        p50=spread.p50.value,
        p95=spread.p95.value,
        errors=(spread.p05.error, spread.p50.error, spread.p95.error),
        source=question.source,
    )
