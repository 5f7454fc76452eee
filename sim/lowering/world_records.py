"""The records of what surrounds the lines: other cash, what people do, moves of the stock that keep its mean.

A part of the vocabulary of `sim.lowering.program`, with the same conventions. A case that uses none of it has no
`World`, and the kernels are compiled without it.
"""

from typing import NamedTuple

import numpy as np

from sim.lowering.layout import record

#: What is known of a milestone at the opening: whether it is reached; the probability that its time, if it comes, is at
#: most `elapsed`, the days of it that have passed.
PAST = record(achieved="i", behind="f", elapsed="f")


class OtherCash(NamedTuple):
    """Flows, items of a statement, interest income, and what notes do beyond interest once a year."""

    used: int


class People(NamedTuple):
    """What management, insiders, the investor and third parties do."""

    used: int


class Compensated(NamedTuple):
    """Moves of the stock that leave its mean as it is, in the rows of `Program.jumps`; no rows where moves are raw."""

    before: np.ndarray  # (jumps, days): of a close on a day before the move; not of a move that follows another
    settled: np.ndarray  # (jumps, BLOCK): of a path from its move on
    elapsed: np.ndarray  # (jumps,): days of the wait for a milestone that had passed at the opening
    ahead: np.ndarray  # (jumps,): the probability that its time, if it comes, is above them
    selected: np.ndarray  # (2, BLOCK): room for selected paths


class Past(NamedTuple):
    """What has happened before the opening."""

    milestones: np.ndarray  # PAST, by row of the milestones
    ceo_change: float  # days from the opening, at most 0; NEVER: it has not happened
    adverse_change: float


class WorldTables(NamedTuple):
    """What a case uses, as the lowering makes it."""

    other: OtherCash
    people: People
    compensated: int  # 1: moves of the stock leave its mean as it is
    past: Past


class World(NamedTuple):
    """`WorldTables` and the rows that they work in, as the kernels take them."""

    other: OtherCash
    people: People
    jumps: Compensated
    past: Past
