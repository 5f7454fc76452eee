"""The state of the trading volume: a stationary AR(1) from session to session, on the sessions that need it."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import count

from sim.lowering import program as r
from sim.lowering.variates import Variates
from sim.terms import Case

Positions = dict[int, tuple[int, int, int, float, float]]
Tree = Callable[[int], Positions]


class _Steps:
    """Rows of the state by session, and the steps that fill them."""

    def __init__(self, persistence: float, sd: float, variates: Variates) -> None:
        self.persistence, self.sd, self.variates = persistence, sd, variates
        self.steps: list[tuple] = []
        self.row_of: dict[int, int] = {}

    def left(self, sessions: int) -> float:
        """1 - persistence^(2 sessions): the part of the variance that so many sessions renew."""
        return 1.0 - self.power(2 * sessions)

    def power(self, sessions: int) -> float:
        """persistence^sessions by repeated multiplication, so that it is the same on every machine."""
        value = 1.0
        for _ in range(sessions):
            value *= self.persistence
        return value

    def add(self, n: int, back: int, ahead: int, call: tuple[int, int, int], *weights: float) -> None:
        row = self.row_of[n] = len(self.row_of)
        self.steps.append((row, back, ahead, self.variates.ask(*call, r.NORMAL), *weights))

    def between(self, n: int, back: int, ahead: int, call: tuple[int, int, int]) -> None:
        """The state of session n given those of two sessions on either side, the bridge of an AR(1)."""
        p, q = n - back, ahead - n
        whole = self.left(p + q)
        behind, beyond = self.power(p) * self.left(q) / whole, self.power(q) * self.left(p) / whole
        root = self.sd * math.sqrt(self.left(p) * self.left(q) / whole)
        self.add(n, self.row_of[back], self.row_of[ahead], call, behind, beyond, root)


def volume_steps(
    case: Case,
    variates: Variates,
    needed: list[int],
    starts: dict[int, int],
    ends: dict[int, int],
    tree: Tree,
) -> tuple[list[tuple], dict[int, int]]:
    """Steps of the state through the needed sessions, and its rows by session.

    From month-end to month-end, then inside a month in the order of the Brownian bridges, so that the state of a
    session is one function of (seed, path), whichever other sessions are needed.
    """
    volume = case.price.volume
    assert volume is not None
    made = _Steps(float(volume.persistence), float(volume.sd), variates)
    made.add(0, 0, 0, (r.VOLUME_MONTH, r.VOLUME_START, 0), 0.0, 0.0, made.sd)
    before = 0
    for k in count():
        if k not in ends or starts[k] > needed[-1]:
            break
        length = ends[k] - before
        root = made.sd * math.sqrt(made.left(length))
        made.add(ends[k], made.row_of[before], 0, (r.VOLUME_MONTH, k >> 1, k & 1), made.power(length), 0.0, root)
        inside = [n for n in needed if starts[k] <= n <= ends[k]]
        positions = tree(length)
        for n in _with_ancestors(inside, before, positions):
            back, ahead, rank, _, _ = positions[n - before]
            made.between(
                n, before + back, before + ahead, (r.VOLUME_DAY, k * r.DAY_CALLS_A_MONTH + (rank >> 1), rank & 1)
            )
        before = ends[k]
    return made.steps, made.row_of


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
