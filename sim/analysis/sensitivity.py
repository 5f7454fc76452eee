"""`sensitivity`: each uncertain input at its low and high, and Sobol' indices of the most important inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.inputs import Input, inputs_of, merged, trial
from sim.analysis.paired import ABSENT, MEASURED, difference_of, level_of, measures_of, values_of
from sim.analysis.runs import Counter, Sampling, many, paths_and_seed
from sim.analysis.swings import Indices, Sensitivity, Swing
from sim.results.estimates import Estimate, bounded
from sim.terms import Case, load_case
from sim.terms.problems import check_whole

if TYPE_CHECKING:
    from sim.results.columns import Columns

#: Inputs whose indices are estimated, points of the sample of inputs, and paths of each of its runs.
INDEXED, SAMPLES, INDEX_PATHS = 6, 256, 2_048
RESAMPLES = 999


def sensitivity(
    case: Case | str,
    paths: int | None = None,
    seed: int | None = None,
    *,
    indexed: int = INDEXED,
    samples: int = SAMPLES,
    index_paths: int = INDEX_PATHS,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> Sensitivity:
    """Effect of each uncertain input at its low and at its high, and Sobol' indices of the most important inputs.

    Lows and highs are those of the case's [ranges], else standard ranges set with each key. All runs have common random
    numbers, so that effects are paired by path.

    Parameters
    ----------
    case : Case or str
        The case, its file or the name of a shipped case.
    paths, seed : int, optional
        The case's unless given, at most 100,000 paths.
    indexed : int
        Number of inputs with indices, those with the largest effects; 0: none.
    samples : int
        Points of the sample of inputs, a power of two. The indices take samples x (indexed + 2) runs.
    index_paths : int
        Paths of each of these runs, at most `paths`.
    workers : int, optional
        Threads; as many as there are cores unless given.
    executor : concurrent.futures.Executor, optional
        As in `sim.simulate`.
    progress : callable, optional
        Called as progress(done, total) with the paths of all runs.

    Returns
    -------
    Sensitivity

    Raises
    ------
    CaseError
        If a range leads to a case that is not valid.
    ValueError
        For other options that cannot be used.

    Examples
    --------
    >>> found = sim.sensitivity("valence-2002", paths=500, indexed=0)
    >>> found.swings[0].label
    'capital spending: amount'
    """
    case = load_case(case)
    paths, seed = paths_and_seed(case, paths, seed)
    indexed = check_whole("indexed", indexed, 0, 50)
    samples = check_whole("samples", samples, 2, 2**20)
    if samples & (samples - 1):
        raise ValueError(f"samples = {samples}: must be a power of two")
    inputs = inputs_of(case)
    indexed, index_paths = min(indexed, len(inputs)), min(paths, check_whole("index_paths", index_paths, 1, 10**7))
    evaluations = samples * (indexed + 2) if indexed else 0
    counter = Counter(progress, paths * (2 * len(inputs) + 1) + index_paths * evaluations)
    how = Sampling(seed, workers=workers, executor=executor)
    swings, base = _swings(case, inputs, paths, how, counter)
    indices = None
    if indexed:
        chosen = _most_important(inputs, swings, indexed)
        indices = _indices(case, chosen, samples, index_paths, how, counter)
    order = sorted(swings, key=lambda swing: -swing.width("runway_months"))
    return Sensitivity(tuple(order), base, indices, paths, seed, case)


def _swings(
    case: Case, inputs: tuple[Input, ...], paths: int, how: Sampling, counter: Counter
) -> tuple[list[Swing], dict[str, Estimate]]:
    names = measures_of(case)
    values = partial(_values, names)
    (base,) = many([trial(case, {})], values, paths, how, counter)

    def moved(there_by_path: dict[str, np.ndarray]) -> tuple[dict[str, Estimate], dict[str, Estimate]]:
        there, moves = {}, {}
        for name, here in there_by_path.items():
            level, shift = level_of(name, None), difference_of(name, None)
            level.add(here)
            shift.add(np.subtract(here, base[name], dtype=np.float64))
            there[name], moves[name] = level.estimate(), shift.estimate()
        return bounded(there), moves

    ends = (trial(case, one.overrides(end)) for one in inputs for end in (one.low, one.high))
    found = many(ends, values, paths, how, counter, moved)
    swings = [
        Swing(one.key, one.label, one.unit, one.low, one.base, one.high, one.stated, low[0], high[0], low[1], high[1])
        for one, low, high in zip(inputs, found[::2], found[1::2], strict=True)
    ]
    levels = {name: level_of(name, None) for name in names}
    for name, level in levels.items():
        level.add(base[name])
    return swings, bounded({name: level.estimate() for name, level in levels.items()})


def _values(names: tuple[str, ...], columns: Columns) -> dict[str, np.ndarray]:
    return {name: values_of(columns, name) for name in names}


def _means(names: tuple[str, ...], columns: Columns) -> list[float]:
    return [float(values_of(columns, name).mean()) for name in names]


def _most_important(inputs: tuple[Input, ...], swings: list[Swing], number: int) -> tuple[Input, ...]:
    """The inputs that move some measure most, each measure on the scale of its widest swing."""
    widest = {name: max(swing.width(name) for swing in swings) or 1.0 for name in MEASURED}
    score = [max(swing.width(name) / widest[name] for name in MEASURED) for swing in swings]
    chosen = sorted(range(len(inputs)), key=lambda i: -score[i])[:number]
    return tuple(inputs[i] for i in chosen)


# --- Sobol' indices ---


def _indices(
    case: Case, inputs: tuple[Input, ...], samples: int, paths: int, how: Sampling, counter: Counter
) -> Indices:
    """Saltelli and others (2010), Computer Physics Communications 181(2), as `scipy.stats.sobol_indices` has it."""
    from scipy import stats

    names = measures_of(case)

    def at(points: np.ndarray) -> np.ndarray:
        cases: Iterator[Case] = (trial(case, merged(inputs, tuple(map(float, point)))) for point in points.T)
        return np.array(many(cases, partial(_means, names), paths, how, counter)).T

    spans = [stats.uniform(one.low, one.high - one.low) for one in inputs]
    found = stats.sobol_indices(func=at, n=samples, dists=spans, rng=np.random.default_rng(how.seed))
    first, total = _with_intervals(found, len(names), len(inputs), how.seed)
    return Indices(
        tuple(one.key for one in inputs),
        dict(zip(names, first, strict=True)),
        dict(zip(names, total, strict=True)),
        samples * (len(inputs) + 2),
    )


def _with_intervals(found: Any, measures: int, inputs: int, seed: int) -> tuple[list, list]:
    """Estimates [measure][input] of first and total indices: percentiles of a bootstrap of the sample's points.

    `found.bootstrap` would do the same, but cannot be repeated: it takes no seed.
    """
    from scipy import stats

    shape = (2, measures, inputs)
    f_a, f_b, f_ab = found._f_A, found._f_B, found._f_AB

    def statistic(points: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.reshape(found._indices_method(f_a[:, points], f_b[:, points], f_ab[..., points]), shape)
        return np.where(np.isfinite(shares), shares, 0.0)  # without variance, as scipy has it

    booted = stats.bootstrap(
        [np.arange(f_a.shape[1])], statistic, vectorized=False, n_resamples=RESAMPLES, method="percentile",
        rng=np.random.default_rng(seed),
    )  # fmt: skip
    values = np.stack([np.reshape(order, shape[1:]) for order in (found.first_order, found.total_order)])
    low, high = booted.confidence_interval
    moves = np.ptp(np.concatenate([f_a, f_b], axis=1), axis=1) > 0.0  # else there is no variance to share

    def estimate(*i: int) -> Estimate:
        if not moves[i[1]]:
            return ABSENT
        return Estimate(float(values[i]), float(booted.standard_error[i]), (float(low[i]), float(high[i])))

    first, total = ([tuple(estimate(o, m, i) for i in range(inputs)) for m in range(measures)] for o in range(2))
    return first, total
