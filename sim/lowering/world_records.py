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

#: Cash that comes in (out if negative) once, on day `t`, or on the first day whose close is `delay` days or more after
#: a milestone (-1: none), if that is before `before`; or in months, see `OtherCash.monthly`. `note`: whose principal
#: it is, or -1. `operations`: 1 if it counts in the cash used in operations.
FLOW = record(
    amount="f", probability="f", variate="i", t="f", milestone="i", delay="f", before="f", note="i", operations="i"
)

#: An item of a statement: its AR(1) as in `BurnRecord`, the milestone in the month after which it starts (-1: none),
#: and 1 if management does not cut it.
ITEM = record(sd="f", persistence="f", shock="f", correlation="f", own="f", half_variance="f", milestone="i", fixed="i")
#: An item in a month: the rows of the month's variates, and what is paid in it: `owed` + `level` x the factor of month
#: `of`, if the milestone has been reached by day `since`, that month's opening.
ITEM_MONTH = record(market_variate="i", own_variate="i", owed="f", level="f", of="i", since="f")


class OtherCash(NamedTuple):
    """Flows, advances of notes, items of a statement, interest income."""

    flows: np.ndarray
    first_due: np.ndarray  # int64 (stops + 1,): stop j has the flows due[first_due[j]] ... due[first_due[j + 1] - 1]
    due: np.ndarray  # int64: which flow
    monthly: np.ndarray  # (flows, months): dollars that a monthly flow brings; 0 of other flows
    month_at: np.ndarray  # int64: the month of day t
    income_rate: float  # a year, on a month's opening cash
    items: np.ndarray
    item_months: np.ndarray  # (items x months,), the months of an item together


class OtherRows(NamedTuple):
    """The rows of a block that other cash works in."""

    happens: np.ndarray  # (flows, BLOCK): 1.0 where the path has the flow
    days: np.ndarray  # (flows, BLOCK): the day of a flow that is not monthly; NEVER where it does not come
    burn: np.ndarray  # (months, BLOCK): cash used without the flows of operations
    total: np.ndarray  # (1, BLOCK)
    opening: np.ndarray  # (1, BLOCK): cash at the month's opening
    factors: np.ndarray  # (months, BLOCK): of an item
    fixed: np.ndarray  # (months, BLOCK): cash used of the items that management does not cut
    course: np.ndarray  # (1, BLOCK): the log of an item's factor


class OtherRoom(NamedTuple):
    """`OtherCash` and its rows, as the kernels take them."""

    tables: OtherCash
    rows: OtherRows


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

    other: OtherRoom
    people: People
    jumps: Compensated
    past: Past
