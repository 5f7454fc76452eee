"""The state of the trading volume: a stationary AR(1) from session to session, on the sessions that need it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import numpy as np

from sim.lowering import model_records as m
from sim.lowering import program as r
from sim.lowering.variates import Variates
from sim.terms import Case

Positions = dict[int, tuple[int, int, int, float, float]]
Tree = Callable[[int], Positions]


class StateSteps:
    """Rows of the state by session, and the steps that fill them.

    From month-end to month-end, then inside a month in the order of the Brownian bridges, so that the state of a
    session is one function of (seed, path), whichever other sessions are needed.
    """

    def __init__(
        self, variates: Variates, needed: list[int], starts: dict[int, int], ends: dict[int, int], tree: Tree
    ) -> None:
        self.variates = variates
        self.row_of: dict[int, int] = {}
        self._rows: list[tuple] = []
        self._steps: list[tuple[int, int]] = []  # sessions from the one before, and to the one after; 0: there is none
        self._add(0, (0, 0), (0, 0), (r.VOLUME_MONTH, r.NORMALS_A_CALL * r.VOLUME_START))
        before = 0
        for k in count():
            if k not in ends or starts[k] > needed[-1]:
                break
            length = ends[k] - before
            self._add(ends[k], (self.row_of[before], 0), (length, 0), (r.VOLUME_MONTH, k))
            inside = [n for n in needed if starts[k] <= n <= ends[k]]
            positions = tree(length)
            for n in _with_ancestors(inside, before, positions):
                back, ahead, rank, _, _ = positions[n - before]
                behind, beyond = before + back, before + ahead
                rows, steps = (self.row_of[behind], self.row_of[beyond]), (n - behind, beyond - n)
                self._add(n, rows, steps, (r.VOLUME_DAY, r.DAY_NORMALS_A_MONTH * k + rank))
            before = ends[k]
        self._table, (self._back, self._ahead) = np.array(self._rows, m.STATE_STEP), np.array(self._steps, np.int64).T

    def _add(self, n: int, rows: tuple[int, int], steps: tuple[int, int], normal: tuple[int, int]) -> None:
        row = self.row_of[n] = len(self.row_of)
        self._rows.append((row, *rows, self.variates.normal(*normal), 0.0, 0.0, 0.0))
        self._steps.append(steps)

    def table(self, case: Case) -> np.ndarray:
        """The steps with the weights of a case: of the state `p` sessions before and of that `q` sessions after."""
        volume = case.price.volume
        assert volume is not None
        persistence, sd = float(volume.persistence), float(volume.sd)
        p, q = self._back, self._ahead
        # persistence^n by repeated multiplication, so that it is the same on every machine.
        powers = np.multiply.accumulate(np.append(1.0, np.full(2 * int((p + q).max()), persistence)))
        left = 1.0 - powers[::2]  # the part of the variance that n sessions renew
        table, inside, ends = self._table.copy(), q > 0, (q == 0) & (p > 0)
        table["root"] = np.where(ends, sd * np.sqrt(left[p]), sd)
        table["back_weight"] = np.where(ends, powers[p], 0.0)
        p, q = p[inside], q[inside]
        whole = left[p + q]
        table["back_weight"][inside] = powers[p] * left[q] / whole
        table["ahead_weight"][inside] = powers[q] * left[p] / whole
        table["root"][inside] = sd * np.sqrt(left[p] * left[q] / whole)
        return table


def _with_ancestors(
    days: list[int], before: int, positions: dict[int, tuple[int, int, int, float, float]]
) -> list[int]:
    """These sessions of a month and those between which they lie, in an order in which ends come first."""
    wanted: set[int] = set()
    pending = [n - before for n in days]
    while pending:
        position = pending.pop()
        if position in positions and position not in wanted:
            wanted.add(position)
            pending += positions[position][:2]
    return [before + position for position in positions if position in wanted]
