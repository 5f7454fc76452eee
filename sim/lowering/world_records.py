"""The records of what surrounds the lines: other cash, what people do, moves of the stock that keep its mean.

A part of the vocabulary of `sim.lowering.program`, with the same conventions. A case that uses none of it has no
`World`, and the kernels are compiled without it.
"""

from typing import NamedTuple

import numpy as np

from sim.lowering.layout import record, rows

#: Coverage on a date counts months of its fiscal quarter: the date's month and at most two after it.
MONTHS_AHEAD = 3
#: What is known of a milestone at the opening: whether it is reached; the probability that its time, if it comes, is at
#: most `elapsed`, the days of it that have passed.
PAST = record(achieved="i", behind="f", elapsed="f")


class OtherCash(NamedTuple):
    """Flows, items of a statement, interest income, and what notes do beyond interest once a year."""

    used: int


class ResponseRecord(NamedTuple):
    """Management's response; months are months of expected burn."""

    used: int
    cover: float
    factor: float  # 1 - cut
    delay: float
    restore: float  # UNLIMITED: never
    one_off: float
    policies: int  # 1: policies ask for months of burn; 0: the only policy asks for the maximum or by a schedule


class BridgeRecord(NamedTuple):
    """An insider's loan."""

    used: int
    limit: float
    trigger: float
    target: float
    rate: float
    probability: float


class ArrivalRecord(NamedTuple):
    """Third-party financings whose probability follows the price."""

    used: int
    rate: float  # a month
    sensitivity: float


#: What the investor can waive in a period, or once: a row of `Program.conditions` (-1: coverage), rows of its own
#: uniform (-1: certain) and of the normal that the line's conditions share, its probability and log odds, the weights
#: of the shared normal and of its own, and what the log of the price adds to the log odds.
WAIVER = record(
    condition="i", variate="i", factor="i", once="i", probability="f", log_odds="f", loading="f", own="f",
    sensitivity="f",
)  # fmt: skip
#: Of each path: the first month whose burn is cut (NEVER: none), the cost of a cut decided in this month, what the
#: insider has lent and its interest.
PEOPLE = rows("cut_from", "one_off", "lent", "accrued")


class People(NamedTuple):
    """What management, insiders, the investor and third parties do: tables, then the rows of a block."""

    response: ResponseRecord
    bridge: BridgeRecord
    arrivals: ArrivalRecord
    given: int  # 1: the histories are given, and nothing random is drawn on the way
    levels: np.ndarray  # (months + 1,): expected burn of each month and of the one after the horizon, uncut
    month_rows: np.ndarray  # int64 (months + MONTHS_AHEAD, 2): rows of cash used of a month, simulated and expected; -1
    bridge_variates: np.ndarray  # int64 (months,): -1: none
    arrival_variates: np.ndarray  # int64 (months, 3): rows of the uniform, of the amount's normal, of the reduction's
    reduced_rows: (
        np.ndarray
    )  # int64 (months, lines): rows of `Books.drawn` that a reduction adds to; -1: the commitment
    waivers: np.ndarray  # WAIVER
    renewals: np.ndarray  # int64 (notices, 2): the rows [first, last) of `waivers` that begin on a purchase date
    coverage_rows: np.ndarray  # int64 (notices,): the row of `waivers` of coverage on a purchase date; -1: none
    rows: np.ndarray  # PEOPLE (1,)
    uncut: np.ndarray  # cash used without a cut, in the rows of `Histories.cash_used`
    acts: np.ndarray  # (months, BLOCK): 1.0 where a cut was decided at the opening, -1.0 where its end was
    willing: np.ndarray  # (months, BLOCK): 1.0 where the insider would lend
    loans: np.ndarray  # (months, BLOCK)
    waived: np.ndarray  # (waivers, BLOCK): 1.0 or 0.0
    month_closes: np.ndarray  # (months, BLOCK): of the last sessions, before the impact of draws


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
