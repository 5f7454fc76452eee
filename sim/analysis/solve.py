"""`solve`: the smallest commitment, cash or cost cut, or the largest burn, at which the probability of cash-out meets a
target. `reverse_stress`: the change of the price, the burn or a milestone at which that probability is 50%.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from numbers import Real

import numpy as np

from sim.analysis.runs import Progress, paths_and_seed
from sim.analysis.search import Run, Search, dial, dials_of_stress, most_with
from sim.analysis.solution import EVEN, Solution, Solutions, answer, stress
from sim.results.estimates import Estimate
from sim.results.summary import days_at_close
from sim.terms import Case, load_case
from sim.terms.native import native
from sim.terms.options import day_of

TARGET = 0.1


def solve(
    case: Case | str,
    what: str,
    target: float = TARGET,
    by: date | str | None = None,
    paths: int | None = None,
    seed: int | None = None,
    *,
    line: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Solution:
    """The value of one parameter at which the probability of a cash-out by a day is at most a target.

    Parameters
    ----------
    case : Case or str
        The case, its file or the name of a shipped case.
    what : {"commitment", "cash", "cost_cut", "burn"}
        The smallest commitment ($), opening cash ($) or cost cut (fraction of the monthly burn), or the largest burn
        ($ a month).
    target : float
        The probability, above 0 and below 1.
    by : date or str, optional
        A day of the simulated span; the horizon unless given.
    paths, seed : int, optional
        The case's unless given, at most 100,000 paths.
    line : str, optional
        For the commitment: the name of the line, where several have a commitment.
    workers : int, optional
        Threads; as many as there are cores unless given.
    progress : callable, optional
        Called as progress(done, total) with the paths of all steps; the total is an estimate.

    Returns
    -------
    Solution

    Raises
    ------
    CaseError, ValueError
        For a case and for options that cannot be used.

    Examples
    --------
    >>> sim.solve("valence-2002", "cost_cut", target=0.5, by="2002-12-31", paths=1000).value
    0.2625
    """
    case = load_case(case)
    by = day_of(case, "by", by, case.horizon)
    target = _target(target)
    turned = dial(case, what, line)
    paths, seed = paths_and_seed(case, paths, seed)
    search = Search(case, turned, days_at_close(case, by), Run(paths, seed, workers, progress, 1))
    found = _solution(search, target, by)
    return replace(found, note=answer(found, search.chance(search.here)))


def reverse_stress(
    case: Case | str,
    by: date | str | None = None,
    target: float = EVEN,
    paths: int | None = None,
    seed: int | None = None,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Solutions:
    """The changes of the opening price, the burn and each milestone at which a cash-out by a day has probability 50%.

    Where it is more likely already, the changes are improvements. A delay of a milestone moves its median and its 90%
    point by the same number of days.

    Parameters
    ----------
    case, by, target, paths, seed, workers, progress
        As in `solve`; `target` is 0.5 unless given.

    Returns
    -------
    Solutions
        A tuple of Solution: the price, the burn, then the milestones in the order of the case.

    Raises
    ------
    CaseError, ValueError
        For a case and for options that cannot be used.

    Examples
    --------
    >>> [found.what for found in sim.reverse_stress("valence-2002", paths=1000)][:2]
    ['price', 'burn']
    """
    case = load_case(case)
    by = day_of(case, "by", by, case.horizon)
    target = _target(target)
    paths, seed = paths_and_seed(case, paths, seed)
    dials = list(dials_of_stress(case))
    run, found = Run(paths, seed, workers, progress, len(dials)), []
    base: np.ndarray | None = None
    for turned in dials:
        search = Search(case, turned, days_at_close(case, by), run)
        if base is None:
            base = search.out(search.here)
        search.known[search.here] = base  # the same case for all
        made = _solution(search, target, by)
        found.append(replace(made, note=stress(made, search.chance(search.here))))
    return Solutions(found)


def _target(target: float) -> float:
    target = native(target)
    if isinstance(target, bool) or not isinstance(target, Real) or not 0.0 < target < 1.0:
        raise ValueError(f"target = {target}: must be a probability above 0 and below 1")
    return float(target)


def _solution(search: Search, target: float, by: date) -> Solution:
    """The value, or what is nearest to the target; the note is left to others."""

    def made(value: float | None, interval: tuple[float, float] | None, chance: Estimate, at: int | None) -> Solution:
        dial, reached = search.dial, None if at is None else search.value(at)
        return Solution(
            dial.what,
            dial.label,
            target,
            by,
            dial.base,
            value,
            interval,
            chance,
            dial.unit,
            "",
            reached,
            search.paths,
            search.run.how.seed,
        )

    found = search.last_good(most_with(search.paths, lambda chance: chance.value <= target))
    if found is None:  # where the best is had first: beyond it the dial moves nothing that the paths could show
        best = search.chance(search.safest)
        reached = search.last_good(search.count(search.safest) + int(best.error * search.paths))
        return made(None, None, best, reached)
    if found == search.wildest and not search.dial.free:
        return made(None, None, search.chance(found), found)
    riskier = search.last_good(most_with(search.paths, lambda chance: chance.ci95[0] <= target))
    safer = search.last_good(most_with(search.paths, lambda chance: chance.ci95[1] <= target))
    bounded = riskier is not None and (riskier < search.wildest or search.dial.free)
    ends = (
        search.sign * math.inf if riskier is None or not bounded else search.value(riskier),
        -search.sign * math.inf if safer is None else search.value(safer),
    )
    return made(search.value(found), (min(ends), max(ends)), search.chance(found), None)
