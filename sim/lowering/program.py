"""The vocabulary that crosses the border between a case and the kernels: codes, record types and named tuples.

A case (dollars and dates) is lowered to a `Program` (numbers, arrays and a list of stops); the kernels run it on
blocks of `BLOCK` paths that lie side by side in memory. Every field has one type only, so that the kernels compile
once: float64 for quantities, int64 for codes and row numbers.
"""

from typing import NamedTuple

import numpy as np

from sim.lowering.layout import BLOCK as BLOCK
from sim.lowering.layout import record as _record
from sim.lowering.layout import rows as _rows
from sim.lowering.line_records import Books, LineTables
from sim.lowering.model_records import (
    BurnRecord,
    EventRecord,
    PriceRecord,
    ThirdPartyRecord,
)

#: Paths of one call of the outermost kernel. Sums are kept by chunk, so this is part of what fixes their last bits.
CHUNK = 16_384
#: More active paths than these go through a purchase date as a block; fewer, one by one.
MANY = 24
#: Lanes of a count: path i of a block adds to lane i % COUNTS, so that no addition waits for the one before.
COUNTS = 8
#: Independent scramblings of a quasi-random sequence; path p belongs to number p % SCRAMBLES.
SCRAMBLES = 16
#: Third-party financings of a path that have quasi-random terms; later ones take the generator's.
FINANCINGS = 3
#: Dollars below which an amount is no draw.
CENT = 0.01

#: A day that does not come, a price or a balance that is not reached.
NEVER = np.inf
#: Dollars (or a rate) without a limit: a limit that the case does not have, or a request for the maximum.
UNLIMITED = np.inf
#: The price of a share where no price is needed: no limit in dollars follows from it, and 0 shares are worth nothing.
ANY_PRICE = 1e300

# Purposes of random numbers: one word of the generator's counter. A number, once given, is never reused.
MONTH_END_NORMAL = 1
DAY_NORMAL = 2
BURN_NORMAL = 3
COMMON_FACTOR = 4
MILESTONE = 5
EVENTS = 6
THIRD_PARTY_ARRIVAL = 7
THIRD_PARTY_TERMS = 8
WAIVER = 9
EXTENSION = 10
JUMP = 11
VARIANCE_NORMAL = 12
ACTIVITY = 13
RESAMPLE = 14
DAY_SHAPE = 15
VOLUME_MONTH = 16
VOLUME_DAY = 17
OVERNIGHT = 18
FLOW = 24
ITEM_NORMAL = 25
BRIDGE = 30
WAIVER_FACTOR = 31
WAIVER_OF_PERIOD = 32
THIRD_PARTY_MONTH = 33

#: Normals of a call of the generator that gives nothing else: normal n of a purpose is number n % 4 of call n // 4.
NORMALS_A_CALL = 4
#: Numbers kept for the normals of a month's days, of DAY_NORMAL and VOLUME_DAY: at most 31 days a month.
DAY_NORMALS_A_MONTH = 32
#: Added to the index of a call of DAY_NORMAL whose second word is used too; the generator takes the lower 32 bits.
BOTH_WORDS = 1 << 32
#: Index of the call of VOLUME_MONTH that gives the volume's state at the opening, and of that of BRIDGE for all months.
VOLUME_START = BRIDGE_COMMON = 1 << 20
#: Attempt k at the activity of session n has the index n + (k << ATTEMPT).
ATTEMPT = 16

# What a word of a random call is used as: a uniform, the inverse normal of one, or the two normals that Box and
# Muller's method makes of it.
UNUSED, UNIFORM, NORMAL, TWO_NORMALS = range(4)
#: Rows of variates that receive those numbers of a call's first and second word that are not used.
UNUSED_ROWS = 2

# Statistics of a window, kinds of condition, causes of a cash-out.
STATISTICS = ("mean", "lowest", "mean_of_lowest")
STATISTIC_MEAN, STATISTIC_LOWEST, STATISTIC_MEAN_OF_LOWEST = range(3)
CONDITION_KINDS = ("milestone", "same_ceo", "no_adverse_change")
CONDITION_MILESTONE, CONDITION_SAME_CEO, CONDITION_NO_ADVERSE_CHANGE = range(3)
#: Causes of a cash-out, with the codes 1, 2, ...; 0 is no cash-out. Floats, as they stand in rows of floats.
CAUSES = ("operations", "interest", "principal", "flows")
CAUSE_NONE, CAUSE_OPERATIONS, CAUSE_INTEREST, CAUSE_PRINCIPAL, CAUSE_FLOWS = 0.0, 1.0, 2.0, 3.0, 4.0

# Binding reasons: 0 is the floor price, then one for each condition, then these, counted from the last condition.
REASON_FLOOR = 0
REASONS_AFTER_CONDITIONS = (
    "policy", "commitment", "period cap", "coverage", "authorized shares", "draw cap", "minimum draw", "cash-out",
    "no purchase date",
)  # fmt: skip
(
    REASON_POLICY, REASON_COMMITMENT, REASON_PERIOD_CAP, REASON_COVERAGE, REASON_AUTHORIZED, REASON_DRAW_CAP,
    REASON_MINIMUM_DRAW, REASON_CASH_OUT, REASON_NO_DATE,
) = range(1, 10)  # fmt: skip
#: Where "cash-out" stands among the reasons, from their end.
CASH_OUT_FROM_END = REASONS_AFTER_CONDITIONS.index("cash-out") - len(REASONS_AFTER_CONDITIONS)


def reason_names(condition_names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the binding reasons by code, for a line with these conditions."""
    return ("floor price", *(f"condition: {name}" for name in condition_names), *REASONS_AFTER_CONDITIONS)


#: One call of the generator: what each of its two words is used as, and where one number of it or two go.
CALL = _record(purpose="i", index="i", kind_a="i", row_a="i", second_a="i", kind_b="i", row_b="i", second_b="i")
#: One month: its days, expected cash used, the rows of its variates, and its last session: number of the month-end in
#: the walk (-1: not needed), time, log drift and row of closes (-1: none). Months outside the span have variates -1.
MONTH = _record(days="f", level="f", market_variate="i", own_variate="i", month_end="i", t="f", drift="f", row="i")
MILESTONE_RECORD = _record(
    probability="f", log_median="f", log_sd="f", follows="i", reached_variate="i", own_variate="i"
)
#: `probability`: that the investor waives it.
CONDITION_RECORD = _record(kind="i", milestone="i", probability="f", variate="i")
#: `principal`, `accrued`: at the opening. `probability`: that it is extended. `advanced`: 1 if the principal comes in
#: later, and interest runs from a day of each path's own.
NOTE_RECORD = _record(
    principal="f", accrued="f", rate="f", probability="f", variate="i", prepay_above="f", reborrow_below="f",
    advanced="i",
)  # fmt: skip
#: A date with events for a whole block, and what happens on it in this order. -1: nothing of the kind. A date with a
#: third-party financing and a purchase is two stops.
#: `first_date` ... `last_date` - 1: purchase dates since the stop before, and before a financing of this date.
#: `first_turn` ... `last_turn` - 1: what the lines do, where `LineTables` are in use.
#: `closes_until`: rows of closes on or before the date. `gap_row`: the row of `Output.gap_by_month` that is written at
#: the end of the date.
#: `closes_quarter`: the number of the coverage test that ends here, -1 if a quarter without one ends, -2 if none ends.
STOP = _record(
    t="f", month="i", first_date="i", last_date="i", third_party="i", month_end="i",
    first_action="i", last_action="i", first_turn="i", last_turn="i", closes_until="i", in_term="i", closes_quarter="i",
    gap_row="i",
)  # fmt: skip
#: What a note does on a stop: days of interest since its last accrual; interest date, 1 paid, 2 added to the principal;
#: maturity, 1 original, 2 extended.
ACTION = _record(note="i", accrual_days="f", interest="i", maturity="i", sweep="i", may_reborrow="i")
#: A purchase date. `row`, `first_row`: rows of closes of the date and of the start of its first window. A request is
#: `scheduled` or what brings cash to `runway_cash`, the lesser; `cut_runway_cash` where management has cut the burn.
#: `everyone`: inactive paths take part too, as a quarter begins or a condition starts to apply.
PURCHASE = _record(
    t="f", month="i", row="i", first_row="i", period="i", percent="f", first_cover="i", last_cover="i",
    runway_cash="f", cut_runway_cash="f", scheduled="f", everyone="i",
)  # fmt: skip
#: A share of a month's cash used that counts for a coverage test.
COVER = _record(month="i", share="f")
#: The coverage test at the end of a fiscal quarter of the term, for what it leaves unused.
QUARTER = _record(percent="f", first_cover="i", last_cover="i")


class LineRecord(NamedTuple):
    commitment: float
    cap: float
    draw_cap: float
    multiplier: float
    floor: float
    minimum_draw: float
    legal_cost: float
    trigger: float  # a close at or above it requests the maximum
    reasons: float  # code of the reason "floor price" plus the number of conditions: codes REASON_... count from it
    price_first: int  # whether the binding reason may depend on the price of a path that cannot draw
    skips: int  # whether paths that cannot draw may be skipped on purchase dates


class OpeningRecord(NamedTuple):
    cash: float
    minimum: float
    outstanding: float
    headroom: float  # authorised less reserved shares
    unused_coverage: float


class Program(NamedTuple):
    """A case as the kernels see it."""

    price: PriceRecord
    burn: BurnRecord
    events: EventRecord
    third_party: ThirdPartyRecord
    line: LineRecord
    opening: OpeningRecord
    calls: np.ndarray
    walk: np.ndarray
    windows: np.ndarray  # of each purchase date, and of all sessions
    day_calls: np.ndarray  # int64: indices of DAY_NORMAL, some with BOTH_WORDS; call j gives normals 4 j ... 4 j + 3
    anchors: np.ndarray
    bridges: np.ndarray
    days: np.ndarray
    legs: np.ndarray
    jumps: np.ndarray
    months: np.ndarray
    milestones: np.ndarray
    conditions: np.ndarray
    notes: np.ndarray
    stops: np.ndarray
    actions: np.ndarray
    purchases: np.ndarray
    covers: np.ndarray
    quarters: np.ndarray
    applies: np.ndarray  # int64 (purchases, conditions): 1 where the condition applies on the date
    dates_by: np.ndarray  # int64: number of purchase dates whose time is at most t, for whole days t
    lines: LineTables  # empty where `line` and `purchases` are in use


class Financings(NamedTuple):
    """Third-party financings of a block, in no order; `order` lists them by month."""

    until: np.ndarray  # int64 (months + 1,): month k has order[until[k]] ... order[until[k + 1] - 1]
    order: np.ndarray  # int64
    path: np.ndarray  # int64: which path of the block, as a number of its rows
    month: np.ndarray  # int64
    amount: np.ndarray
    reduces: np.ndarray  # 1.0 where the investor reduces the line for it
    close: np.ndarray  # of the month's last session
    t: np.ndarray  # and its time
    waits: np.ndarray  # (2, BLOCK): uniforms, then months, of two financings of each path that may have more
    before: np.ndarray  # (BLOCK,): month of the financing before them


class Histories(NamedTuple):
    """Everything random of one block of paths, written down. Rows are days, months, events; columns are paths."""

    variates: np.ndarray  # uniforms and normals by row of the plan
    month_ends: np.ndarray  # W at the opening and at each month-end of the walk
    closes: np.ndarray  # of the sessions of the last window, in dollars a share; empty if closes are made when needed
    low: np.ndarray  # the day's low in the same rows, where one is needed; empty if no clause asks for one
    vwap: np.ndarray
    volume: np.ndarray  # shares
    cash_used: np.ndarray
    events: np.ndarray  # days: the rows of `achieved`, then that of `ceo_change`
    achieved: np.ndarray  # days; NEVER where not reached
    ceo_change: np.ndarray  # (1, BLOCK) days
    adverse_change: np.ndarray  # (1, BLOCK) days
    waived: np.ndarray  # 1.0 or 0.0
    extended: np.ndarray
    financings: Financings


class Selection(NamedTuple):
    """Some paths of a block, side by side in the first columns of arrays, and the sessions that they are priced by."""

    paths: np.ndarray  # int64 (BLOCK,): numbers of the paths
    everyone: np.ndarray  # int64 (BLOCK,): 0, 1, 2, ...
    normals: np.ndarray  # (4 x calls, BLOCK)
    walked: np.ndarray  # W by row of a window
    moved_at: np.ndarray  # (1, BLOCK): when a move of the stock happens
    closes: np.ndarray  # (sessions, BLOCK)
    average: np.ndarray  # (BLOCK,)
    leg: np.ndarray  # (BLOCK,): the statistic of one leg
    lowest: np.ndarray  # (count, BLOCK): the lowest prices of a leg so far, in rising order
    alone: np.ndarray  # (6, numbers): four normals of each call, W and closes of a single path, side by side


#: The ledger of a block of paths, one row for each quantity. One record: compiled code passes it as one pointer, and
#: knows that its rows do not overlap.
#: `base_cash`: the balance on `base_day`, the last day on which anything but operations moved it. `cash`: the balance
#: on the current day. `drawn`: in this fiscal quarter. `solvent`: 1.0 until the cash-out. `blocked`: the code of the
#: floor price or of a condition, or -1. `undrawn`: min(remaining, cap left) less the draw of a purchase date.
#: The cash-out is `out_cash` / `out_rate` days after `out_days`, to which close_ledger adds them.
#: `next_active`: the first day on which the path can draw or its binding reason can change. `counted`: the last
#: purchase date in the tallies. `other_shares`: issued before the cash-out to others than the investors of the lines.
#: `burn_cut`: 1.0 where management has cut the month's burn.
STATE = _rows(
    "base_cash", "base_day", "cash", "outstanding", "remaining", "drawn", "unused_coverage", "impact",
    "raised", "issued", "discount_cost", "draws", "cut", "funding_gap", "out_days", "out_cash", "out_rate", "cause",
    "ending_cash", "close", "average", "price", "blocked", "coverage", "request", "amount", "shares", "binding",
    "solvent", "undrawn", "paid", "repaid", "next_active", "inactive_reason", "inactive_undrawn",
    "counted", "other_shares", "burn_cut",
)  # fmt: skip
#: A note's balances, and the day through which interest has accrued, of a note whose principal comes in later; and the
#: days from which and until before which a condition fails.
BALANCES = _rows("principal", "accrued", "prepaid", "since")
FAILURE = _rows("begins", "ends")


class Ledgers(NamedTuple):
    """The state of one block of paths on its way through the ledger, and the undrawn amounts of its purchase dates."""

    state: np.ndarray  # STATE (1,)
    notes: np.ndarray  # BALANCES (notes,)
    failures: np.ndarray  # FAILURE (conditions,)
    rates: np.ndarray  # (months, BLOCK): cash used a day
    raised: np.ndarray  # (periods, BLOCK)
    undrawn: np.ndarray  # (reasons, BLOCK): sums over purchase dates, by binding reason, in dollars
    interest: np.ndarray  # (months, BLOCK): paid on notes, in cash; no rows where no coverage counts it
    gaps: np.ndarray  # (rows of `Output.gap_by_month`, BLOCK): the funding gap up to then


class Tally(NamedTuple):
    """Sums over the blocks of one chunk. Dollars are summed by lane, so that they depend on no block's neighbours."""

    binding: np.ndarray  # int64 (periods x reasons, COUNTS): purchase dates before the cash-out
    cut: np.ndarray  # (BLOCK,): commitment cut by third parties before the cash-out, in dollars
    unraised: np.ndarray  # (reasons, BLOCK): commitment neither raised nor cut, in dollars


class Span(NamedTuple):
    """Which paths to simulate, and where they go."""

    first_path: np.uint64
    paths: int
    column: int  # of the output, for the first path
    seed: np.uint64
    antithetic: int = 0  # 1: paths 2m and 2m + 1 have mirrored variates; first_path is even
    given: int = 0  # 1: the histories are filled already


class Points(NamedTuple):
    """Quasi-random numbers of a chunk; no paths where the generator is used."""

    numbers: np.ndarray  # (rows of variates, then normals of the last window, paths)
    financings: np.ndarray  # (2 x FINANCINGS, paths): uniforms for amount and reduction of each path's first ones


class Lanes(NamedTuple):
    """Which paths of a chunk a block holds, and how they are sampled."""

    offset: int  # of the block's first path in the chunk
    paths: int  # of the block's BLOCK paths, the first ones that are wanted
    recorded: int  # and those that are recorded
    first_path: np.uint64  # number of the block's first path
    seed: np.uint64
    antithetic: int
    whole: int  # 1: `Histories.closes` has all sessions; 0: closes are made when a path needs them


class Recording(NamedTuple):
    """What the ledgers of the first paths of a chunk did; arrays (rows, paths), without paths where not wanted."""

    request: np.ndarray  # of each purchase date, as the next six
    average: np.ndarray
    price: np.ndarray
    close: np.ndarray
    amount: np.ndarray
    shares: np.ndarray
    binding: np.ndarray  # code of the reason
    settled: np.ndarray  # 1.0 where shares and money changed hands; only where `LineTables` are in use, as the next two
    fee_shares: np.ndarray
    costs: np.ndarray  # legal costs and cash fees
    interest: np.ndarray  # paid at each action of a note
    principal: np.ndarray  # repaid at each action of a note, less what is borrowed again
    cash_month_end: np.ndarray  # of each month


#: Fields of a recording that purchase dates have, in the order of a ledger's JSON.
DRAW_FIELDS = Recording._fields[:7]
#: The same of lines with settlements and fees.
SETTLED_FIELDS = Recording._fields[:10]


class Output(NamedTuple):
    """What comes out for each path: arrays (paths,), and rows (number, paths).

    `gap_by_month` has a row for each of `Plan.gap_months`. `other_shares` is one row, or none where a case issues
    shares to nobody but the investors of its lines.
    """

    raised: np.ndarray
    shares_issued: np.ndarray
    discount_cost: np.ndarray
    draws: np.ndarray  # int32
    funding_gap: np.ndarray
    ending_cash: np.ndarray
    cash_out_days: np.ndarray
    cause: np.ndarray  # int8
    raised_by_period: np.ndarray
    gap_by_month: np.ndarray
    other_shares: np.ndarray


#: Names of the outputs that every path has one of.
OUTPUTS = Output._fields[: Output._fields.index("raised_by_period")]
#: Months after the valuation date at whose ends the funding gap up to then is kept, where the horizon is later.
GAP_MONTHS = (6, 12, 18, 24)


class Arrays(NamedTuple):
    """The arrays that one thread works in."""

    points: Points
    histories: Histories
    selection: Selection
    ledgers: Ledgers
    tally: Tally
    recording: Recording
    output: Output
    books: Books
    stop: np.ndarray  # int64 (1,): nonzero ends a run before its next block
