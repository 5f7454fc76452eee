"""The upper tail of a measure of every path: its 90, 95 and 99% quantiles and its expected shortfall, 5%."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.results.distribution import grouped_worst_se, read_quantiles, tail_dof, worst_mean
from sim.results.estimates import (
    WORST_PERCENT,
    Estimate,
    GroupError,
    Quantile,
    by_group,
    design_effect,
    interval_ranks,
)
from sim.text.frozen import in_brief, whole

TAIL_PERCENTS = (90, 95, 99)


@whole
class Tail(NamedTuple):
    """Quantiles of `TAIL_PERCENTS`, and the mean of the highest 5% of the values."""

    quantiles: tuple[Quantile, ...]
    shortfall: Estimate

    def __repr__(self) -> str:
        return in_brief(self)

    @classmethod
    def of(cls, values: np.ndarray, groups: str | None) -> Tail:
        """From the values (paths,) of all paths; `groups` as in `Distribution.from_values`.

        Independent values are sorted from the lowest rank on that an interval needs.
        """
        n = values.size
        start = 0 if groups else max(interval_ranks(n, TAIL_PERCENTS[0])[0] - 1, 0)
        ordered = np.sort(np.partition(values, start)[start:] if start else values)
        tail = ordered[::-1][: n * WORST_PERCENT // 100 + 1]
        mean, se = worst_mean(tail, np.ones(tail.size, np.int64), n)
        if groups is None:
            quantiles = read_quantiles(
                n, lambda rank, side: float(ordered[rank - 1 - start]), None, n - 1.0, TAIL_PERCENTS
            )
            return cls.assembled(n, n - 1.0, quantiles, (mean, se))
        sizes = by_group(np.ones(n, np.int64), groups)
        worse = np.maximum(values - tail[-1], 0.0)
        beyond = grouped_worst_se(float(worse.sum()), by_group(worse, groups), sizes)

        def effect(rank: int) -> float:
            edge = ordered[rank - 1]
            below = (values < edge) if edge == ordered[-1] else (values <= edge)
            return design_effect(by_group(below.astype(np.int64), groups), sizes)

        dof = float((sizes > 0).sum()) - 1.0
        quantiles = read_quantiles(n, lambda rank, side: float(ordered[rank - 1]), effect, dof, TAIL_PERCENTS)
        return cls.assembled(n, dof, quantiles, (mean, beyond if se == se else se))

    @classmethod
    def assembled(cls, n: int, dof: float, quantiles: tuple[Quantile, ...], worst: tuple[float, float]) -> Tail:
        """From its parts; `dof` are those of the mean, `worst` is the mean of the highest 5% and its error."""
        return cls(quantiles, GroupError(worst[1], tail_dof(n, dof)).estimate(worst[0]))
