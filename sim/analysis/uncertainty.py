"""`uncertainty`: the measures of a case over its uncertain inputs, each drawn from its range."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

import numpy as np

from sim.analysis.bands import Band, Drawn, Uncertainty
from sim.analysis.draws import drawn
from sim.analysis.inputs import Input, inputs_of, merged
from sim.analysis.paired import ABSENT, PROBABILITIES
from sim.analysis.runs import paths_and_seed
from sim.analysis.sweep import sweep
from sim.results.estimates import Estimate, GroupError, bounded
from sim.results.measures import MEASURES
from sim.terms import Case, CaseError, load_case
from sim.terms.problems import check_whole

#: Draws of the inputs, and paths of each of their runs at most, unless given.
DRAWS, PATHS = 200, 20_000
MOST_DRAWS = 100_000


def uncertainty(
    case: Case | str,
    draws: int = DRAWS,
    paths: int | None = None,
    seed: int | None = None,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> Uncertainty:
    """The band of each measure over the uncertain inputs of a case, beside its sampling error.

    The inputs of the case's [ranges] are drawn together, each independent of the others: a pair is uniform,
    `{ low, high, mode }` triangular, `{ p05, p95 }` lognormal for a key that cannot be negative and normal for any
    other. Every draw is a run of its own; all runs have common random numbers, so that they differ by the inputs alone.

    Parameters
    ----------
    case : Case or str
        The case, its file or the name of a shipped case; it must have [ranges].
    draws : int
        Draws of the inputs, points of a scrambled Sobol' sequence.
    paths, seed : int, optional
        Of each run: the case's unless given, at most 20,000 paths. The seed is also that of the scrambling.
    workers : int, optional
        Threads; as many as there are cores unless given.
    executor : concurrent.futures.Executor, optional
        As in `sim.simulate`. The figures are the same to the last bit.
    progress : callable, optional
        Called as progress(runs done, runs).

    Returns
    -------
    Uncertainty

    Raises
    ------
    CaseError
        Before any run, if the case states no ranges, or if a draw is not what its key allows.
    ValueError
        For options that cannot be used.

    Examples
    --------
    >>> found = sim.uncertainty("valence-2002", draws=50, paths=1000)
    >>> found["cash_out"].low < found["cash_out"].high
    True
    """
    case = load_case(case)
    draws = check_whole("draws", draws, 2, MOST_DRAWS)
    paths, seed = paths_and_seed(case, paths, seed, PATHS)
    inputs = tuple(one for one in inputs_of(case) if one.stated)
    if not inputs:
        allowed = 'ranges: missing; must state an uncertain input, such as "price.volatility" = [0.7, 1.2]'
        raise CaseError([f"{case.source}: {allowed}"])
    values = drawn(case, inputs, draws, seed)
    bare = case.replace({"ranges": None})
    overrides = [merged(inputs, tuple(row)) for row in values.tolist()]
    _check(case, bare, overrides)
    rows = sweep(
        bare, {"overrides": [{}, *overrides]}, paths=paths, seed=seed, workers=workers, executor=executor,
        progress=progress,
    )  # fmt: skip
    if rows.failures:
        raise RuntimeError(f"draw {rows.failures[0].row - 1}: {rows.failures[0].why}")
    return _summed(case, inputs, values, (paths, seed), list(rows.rows()))


def _check(case: Case, bare: Case, overrides: list[dict[str, float]]) -> None:
    """CaseError for the first draw whose inputs cannot be used together."""
    for number, changes in enumerate(overrides, start=1):
        try:
            bare.replace(changes)
        except CaseError as error:
            problem = error.problems[0].removeprefix("replace: ")
            raise CaseError([f"{case.source}: ranges: draw {number} of {len(overrides)}: {problem}"]) from None


def _summed(
    case: Case, inputs: tuple[Input, ...], values: np.ndarray, size: tuple[int, int], rows: list[dict[str, Any]]
) -> Uncertainty:
    base, *others = rows
    bands = {}
    as_is = bounded({name: _estimate(base, name) for name in (*PROBABILITIES, *MEASURES)})
    for name, estimate in as_is.items():
        found = np.array([math.nan if row[name] is None else row[name] for row in others])
        if not math.isnan(estimate.value):
            bands[name] = Band.of(name, estimate, found)
    paths, seed = size
    return Uncertainty(tuple(map(Drawn.of, inputs)), values, bands, paths, seed, case)


def _estimate(row: Mapping[str, Any], name: str) -> Estimate:
    """A figure of the case as it is, with its sampling error."""
    value, se = row[name], row[f"{name}_se"]
    if value is None:
        return ABSENT
    if name in PROBABILITIES:
        return Estimate(value, se, (row[f"{name}_low"], row[f"{name}_high"]))
    return GroupError(math.nan if se is None else se, row["paths"] - 1.0).estimate(value)
