"""The third-party financings of many paths, as the kernels list them."""

import numpy as np

from sim.engine.workspace import Workspace, run_chunk
from sim.lowering import program as r
from sim.lowering.lower import lower
from sim.terms import Case
from sim.verify.samples import plain_case

PARTY = {"annual_rate": 0.0, "median_amount": 8e6, "log_sd": 0.5, "kind": "debt", "reduction_probability": 0.3}


def financed(rate: float, horizon: str = "2004-03-31", **changes: object) -> Case:
    """The plain case, 24 months, with third parties at an annual rate."""
    return plain_case({"third_party": {**PARTY, "annual_rate": rate}, "horizon": horizon, **changes})


def financings(case: Case, paths: int, seed: int, first_path: int = 0, antithetic: int = 0, points=None) -> np.ndarray:
    """Amounts by month and path, 0 where none comes. `paths`: a multiple of BLOCK. `points`: quasi-random ones."""
    plan = lower(case)
    space = Workspace(plan, closes=points is not None)
    found = np.zeros((len(plan.months), paths))
    for first in range(0, paths, r.BLOCK):
        if points is not None:
            space.points = r.Points(*(np.ascontiguousarray(rows[:, first : first + r.BLOCK]) for rows in points))
        at = np.uint64(first_path + first)
        run_chunk(space, plan.program, r.Span(at, r.BLOCK, 0, np.uint64(seed), antithetic))
        listed = space.histories.financings
        for month in range(len(plan.months)):
            numbers = listed.order[listed.until[month] : listed.until[month + 1]]
            assert (listed.month[numbers] == month).all()
            assert len(set(listed.path[numbers])) == len(numbers)  # at most one a month
            found[month, first + listed.path[numbers]] = listed.amount[numbers]
    return found


def furthest_from_independent_months(came: np.ndarray, probability: float) -> float:
    """Standard errors, at most: of each month's frequency, and of any two months' together."""
    n = came.shape[1]
    score = (came - probability) / np.sqrt(probability * (1 - probability))
    together = score @ score.T / np.sqrt(n)
    off = together[np.triu_indices(len(score), 1)]
    return float(max(np.abs(score.sum(axis=1) / np.sqrt(n)).max(), np.abs(off).max()))
