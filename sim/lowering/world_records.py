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
    burn: np.ndarray  # cash used without flows and without a cut, in the rows of `Histories.cash_used`
    total: np.ndarray  # (1, BLOCK)
    opening: np.ndarray  # (1, BLOCK): cash at the month's opening
    factors: np.ndarray  # (months, BLOCK): of an item
    fixed: np.ndarray  # (months, BLOCK): cash used of the items that management does not cut
    course: np.ndarray  # (1, BLOCK): the log of an item's factor


class OtherRoom(NamedTuple):
    """`OtherCash` and its rows, as the kernels take them."""

    tables: OtherCash
    rows: OtherRows


class ResponseRecord(NamedTuple):
    """Management's response; months are months of expected burn."""

    used: int
    cover: float
    factor: float  # 1 - cut
    delay: float
    restore: float  # UNLIMITED: never
    one_off: float
    begun: float  # the month from which a cut decided before the opening holds; NEVER: none


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
    cut_levels: np.ndarray  # the same as management cuts it
    spread_to: np.ndarray  # int64 (months,): the month after the last one whose cash used coverage counts in a month
    expected_rows: np.ndarray  # int64 (months + MONTHS_AHEAD,): the row of months of a month's expected figure; -1
    cut_rows: np.ndarray  # expected figures by row of months, as management cuts them
    bridge_variates: np.ndarray  # int64 (months,): -1: none
    arrival_variates: np.ndarray  # int64 (months, 3): rows of the uniform, of the amount's normal, of the reduction's
    reduced_rows: np.ndarray  # int64 (months, lines): row of `Books.drawn` that a reduction adds to; -1: the commitment
    waivers: np.ndarray  # WAIVER
    renewals: np.ndarray  # int64 (notices, 2): the rows [first, last) of `waivers` that begin on a purchase date
    coverage_rows: np.ndarray  # int64 (notices,): the row of `waivers` of coverage on a purchase date; -1: none
    rows: np.ndarray  # PEOPLE (1,)
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

    other: OtherRoom
    people: People
    jumps: Compensated
    past: Past
