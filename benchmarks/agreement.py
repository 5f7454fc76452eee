"""Agreement of two programs: differences of their means in standard errors."""

import math
from collections.abc import Mapping

import numpy as np

from benchmarks.report import Check

FARTHEST = 4.0  # standard errors
NAMES = ("raised", "shares", "cash-out", "runway")


def measures(columns: Mapping[str, np.ndarray], horizon_t: float) -> dict[str, np.ndarray]:
    """The values (paths,) whose means are compared; `columns` as in a result or an opponent's answer."""
    days = columns["cash_out_days"]
    return {
        "raised": columns["raised"],
        "shares": columns["shares_issued"],
        "cash-out": (days < np.inf).astype(float),
        "runway": np.minimum(days, horizon_t),
    }


def z_scores(ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray]) -> dict[str, float]:
    """(mean of ours - mean of theirs) / standard error of the difference, for independent samples."""
    return {name: z_score(ours[name], theirs[name]) for name in NAMES}


def z_score(a: np.ndarray, b: np.ndarray) -> float:
    error = math.sqrt(a.var() / a.size + b.var() / b.size)
    difference = a.mean() - b.mean()
    return float(difference / error) if error else (0.0 if difference == 0 else math.inf)


def check(name: str, scores: Mapping[str, float]) -> Check:
    """The check that every score is within `FARTHEST`."""
    worst = max(scores, key=lambda measure: abs(scores[measure]))
    found = f"largest |z| {abs(scores[worst]):.2f} ({worst}), allowed {FARTHEST:g}"
    return Check(f"{name} agrees", abs(scores[worst]) <= FARTHEST, found)
