"""When and why paths run out of cash, counted so that shares of them have errors: hazard, cumulative incidence.

A path's state is its period of the cash-out and its cause; the period after the last stands for none.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.lowering.program import CAUSES, SCRAMBLES
from sim.results.estimates import Estimate, grouped_proportion, proportion

_CODES = len(CAUSES) + 1
_ABSENT = Estimate(math.nan, math.nan, (math.nan, math.nan))


class Exits(NamedTuple):
    """Counts of paths by state = period x (causes + 1) + cause.

    `counts`, int64: of independent paths (states, 1); of scrambles (states, scrambles); of pairs (states + 1, states),
    by the state of the first path and of the second, the last row those of paths alone. `groups` as in
    `Distribution.from_values`.
    """

    groups: str | None
    periods: int
    counts: np.ndarray

    @classmethod
    def of(cls, period: np.ndarray, cause: np.ndarray, periods: int, groups: str | None) -> Exits:
        """From the period of each path's cash-out, `periods` if there is none, and its cause, 0 if there is none."""
        states = (periods + 1) * _CODES
        state = period.astype(np.int64) * _CODES + cause.astype(np.int64)
        if groups == "scrambles":
            cells, shape = state * SCRAMBLES + np.arange(state.size) % SCRAMBLES, (states, SCRAMBLES)
        elif groups == "pairs":
            both = state.size // 2 * 2
            cells, shape = np.append(state[0:both:2] * states + state[1:both:2], states * states + state[both:]), (
                states + 1, states,
            )  # fmt: skip
        else:
            cells, shape = state, (states, 1)
        return cls(groups, periods, np.bincount(cells, minlength=math.prod(shape)).reshape(shape))

    @classmethod
    def of_counts(cls, cash_outs: np.ndarray, groups: str | None) -> Exits:
        """From counts (periods + 1, causes + 1, slots) of paths that do not come in pairs."""
        return cls(groups, len(cash_outs) - 1, cash_outs.reshape(-1, cash_outs.shape[2]))

    @classmethod
    def of_cumulative(cls, counts: np.ndarray, paths: int) -> Exits:
        """Of independent paths, from the number (periods, causes) that is out by the end of each period."""
        out = np.diff(counts, axis=0, prepend=0)
        cash_outs = np.zeros((len(counts) + 1, _CODES, 1), np.int64)
        cash_outs[:-1, 1:, 0], cash_outs[-1, 0, 0] = out, paths - int(out.sum())
        return cls.of_counts(cash_outs, None)

    def hazard(self) -> tuple[Estimate, ...]:
        """For each period, the probability of running out in it of those paths that are not out at its start."""
        period, _ = self._states()
        return tuple(self._share(period == k, period >= k) for k in range(self.periods))

    def incidence(self) -> dict[str, tuple[Estimate, ...]]:
        """For each cause, the probability of having run out because of it by the end of each period.

        Of all paths: no cause is taken away, so that the causes add up to the probability of a cash-out. Kalbfleisch
        and Prentice (2002), The Statistical Analysis of Failure Time Data, section 8.2.
        """
        period, cause = self._states()
        everyone = np.ones(period.size, bool)
        return {
            name: tuple(self._share((cause == code) & (period <= k), everyone) for k in range(self.periods))
            for code, name in enumerate(CAUSES, 1)
        }

    def _states(self) -> tuple[np.ndarray, np.ndarray]:
        """Period and cause of each state."""
        period, cause = np.divmod(np.arange((self.periods + 1) * _CODES), _CODES)
        return period, cause

    def _share(self, hit: np.ndarray, among: np.ndarray) -> Estimate:
        """The share of the paths in states `hit` among those in states `among`, which they are part of."""
        if self.groups == "pairs":
            rows = np.append(np.arange(hit.size), -1)  # a path alone has no first
            first, second = np.nonzero(self.counts)
            times = self.counts[first, second]
            hits, sizes = (
                np.where(rows[first] >= 0, which[rows[first]], False).astype(np.int64) + which[second]
                for which in (hit, among)
            )
            found = grouped_proportion(hits, sizes, times) if (times * sizes).sum() else _ABSENT
            return found
        hits, sizes = self.counts[hit].sum(axis=0), self.counts[among].sum(axis=0)
        if not sizes.sum():
            return _ABSENT
        return grouped_proportion(hits, sizes) if self.groups else proportion(int(hits[0]), int(sizes[0]))
