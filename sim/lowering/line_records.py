"""The records of lines of today: any number of lines and kinds of purchase, with every limit.

A part of the vocabulary of `sim.lowering.program`, with the same conventions. A case with one line whose price is known
on the purchase date, and without a newer limit, uses `LineRecord` there instead, and these tables are empty.
"""

from typing import NamedTuple

import numpy as np

from sim.lowering.layout import record, rows

# What a line does on a stop.
TURN_SETTLE, TURN_NOTICE, TURN_FEE = range(3)
# Statistics of daily volumes.
VOLUME_STATISTICS = ("mean", "median")
VOLUME_MEAN, VOLUME_MEDIAN = range(2)
# What happens to a draw when the price, or a session of its window, is below the floor.
BELOW_FLOOR = ("skip", "drop_sessions")
FLOOR_SKIP, FLOOR_DROP_SESSIONS = range(2)
# Whose average price lifts the exchange cap.
AVERAGES = ("all", "draw")
AVERAGE_ALL, AVERAGE_DRAW = range(2)

#: Binding reasons. The conditions stand between the floor price and the policy, so codes from `POLICY` on count from
#: the number of conditions.
REASONS_BEFORE_CONDITIONS = ("blackout", "pending draw", "cooldown", "price tier", "floor price")
BLACKOUT, PENDING_DRAW, COOLDOWN, PRICE_TIER, FLOOR_PRICE = 0.0, 1.0, 2.0, 3.0, 4.0
REASONS_AFTER_CONDITIONS = (
    "policy", "commitment", "period cap", "coverage", "authorized shares", "line shares", "draw cap", "share cap",
    "volume", "market cap", "multiple", "ownership", "exchange cap", "registered shares", "minimum draw", "cash-out",
    "no purchase date",
)  # fmt: skip
(
    POLICY, COMMITMENT, PERIOD_CAP, COVERAGE, AUTHORIZED, LINE_SHARES, DRAW_CAP, SHARE_CAP, VOLUME, MARKET_CAP,
    MULTIPLE, OWNERSHIP, EXCHANGE_CAP, REGISTERED, MINIMUM_DRAW, CASH_OUT, NO_DATE,
) = map(float, range(5, 22))  # fmt: skip


def reason_names(condition_names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the binding reasons by code, for lines with these conditions together."""
    conditions = (f"condition: {name}" for name in condition_names)
    return (*REASONS_BEFORE_CONDITIONS, *conditions, *REASONS_AFTER_CONDITIONS)


#: A line. What it did before the valuation date is in `commitment` (less what was drawn; `whole`: with it), `issued`,
#: `paid`, `holdings`. `quarter_cap`: the period cap where it is by fiscal quarter. `waterfall`: 1 if the commitment is
#: finite. Ranges of rows of `conditions`, `registrations` and of the coverage tests at the ends of quarters, the first
#: of which is that of period `first_quarter`. `cap_rows`, `quarter_rows`: the first rows of `Books.drawn` by period of
#: the cap, by fiscal quarter. `last_t`: its last purchase date; -1: none. `resale`: sessions; `ownership` 1: no such
#: limit. `vote`: row of a milestone, -1: none.
LINE = record(
    commitment="f", quarter_cap="f", issued="f", paid="f", holdings="f", cap="f", this_period="f", this_quarter="f",
    max_shares="f", legal_cost="f", percent="f", pro_rata="f", whole="f", share_multiplier="f", start="f", end="f",
    last_t="f", unused_coverage="f", ownership="f", resale="f", exchange_cap="f", exempt_price="f", exempt_average="i",
    vote="i", registered="i", first_registration="i", last_registration="i", first_condition="i", last_condition="i",
    first_quarter="i", first_test="i", last_test="i", cap_rows="i", quarter_rows="i", waterfall="i",
)  # fmt: skip
#: A kind of purchase. `floor`, `floor_of_close`: the greater of dollars and of that share of the date's close.
#: `multiple`: another kind, -1: none. `forward`: 1 if the price is known only after the date. The trigger is
#: `price_trigger` times `trigger_price`, or times an average close if there are `trigger_sessions`.
KIND = record(
    line="i", multiplier="f", floor="f", floor_of_close="f", below_floor="i", forward="i", draw_cap="f", share_cap="f",
    volume_share="f", volume_least="f", volume_statistic="i", volume_sessions="i", during_share="f", market_cap="f",
    multiple="i", times="f", cooldown="f", minimum_draw="f", first_leg="i", last_leg="i", first_tier="i", last_tier="i",
    price_trigger="f", trigger_sessions="i", reserve_price="f", need_months="f", tilt="f", most_months="f",
    target_months="f", trigger_price="f",
)  # fmt: skip
#: A statistic of prices: a series, the length of its window, and its own multiplier.
KIND_LEG = record(series="i", window="i", statistic="i", count="i", multiplier="f")
#: Limits of a kind of purchase from a close on.
TIER = record(from_price="f", share_cap="f", draw_cap="f", multiplier="f")
#: Shares that are registered from day `t` on, or with a milestone (-1: none).
REGISTRATION = record(shares="f", t="f", milestone="i")
#: A purchase date of a kind. `session`: its number; `row`: of its close; `first_leg_row`: of `leg_rows`, which has the
#: first row of each leg's window. `before_row`, `during_row`, `trigger_row`: first rows of the volumes before it, of
#: those of its window, and of the closes of the trigger's average. `level`, `cut_level`: expected burn of its month,
#: whole and cut. `lapses`: 1 if the settlement is after the horizon. `later`: 1 if it is not on the date itself.
#: `settled`: session of the settlement, `settled_t` its day, `settled_row` the row of its close.
#: `cap_row`, `quarter_row`: rows of `Books.drawn`; `quarter`: fiscal quarter. `unused_until`: coverage tests before it.
NOTICE = record(
    number="i", kind="i", t="f", session="f", month="i", row="i", quarter="i", cap_row="i", quarter_row="i",
    percent="f", first_cover="i", last_cover="i", unused_until="i", level="f", cut_level="f", scheduled="f",
    runway="i", blackout="i", first_leg_row="i", before_row="i", during_row="i", during_sessions="i", trigger_row="i",
    later="i", lapses="i", settled="f", settled_t="f", settled_row="i",
)  # fmt: skip
#: The interest on notes that a coverage test counts beside the cash used: what was paid before the opening, what is
#: paid in the simulated months from `first_month` to `last_month` - 1, and rows of `dues`.
INTEREST = record(before="f", first_month="i", last_month="i", first_due="i", last_due="i")
#: Interest of a note that is due from a purchase date on. It has accrued to day `accrued_to`, and is paid for days up
#: to `until`, the last payment (NO_PAYMENT: none); what accrues to day `since` before it is added to the principal
#: (NO_PAYMENT: nothing is). `extended_`: the same of a path on which the note is extended.
DUE = record(note="i", accrued_to="f", until="f", since="f", extended_until="f", extended_since="f")
NO_PAYMENT = -1e9
#: A settlement or a notice (row of `notices`), or a fee (row of `fees`), in the order in which they are taken.
TURN = record(what="i", row="i")
#: A fee that is due on a date; `row`: of the last close by then.
FEE = record(line="i", t="f", session="f", row="i", cash="f", shares="f")


class LineTables(NamedTuple):
    """Lines, their kinds of purchase and what they do when."""

    lines: np.ndarray
    kinds: np.ndarray
    legs: np.ndarray
    tiers: np.ndarray
    registrations: np.ndarray
    notices: np.ndarray
    leg_rows: np.ndarray  # int64
    turns: np.ndarray
    fees: np.ndarray
    interest: np.ndarray  # INTEREST of the notices, then of the tests at the ends of quarters; empty if none counts it
    dues: np.ndarray
    applies: np.ndarray  # int64 (notices, conditions)
    condition_codes: np.ndarray  # (conditions,): reason of each condition
    conditions: float  # number of different names of conditions
    reasons: int
    periods: int  # fiscal quarters of the simulated span


#: The books of a line. `issued`, `paid`: shares and dollars of the line, before the valuation date and after a cash-out
#: too. `holdings`: the investor's shares on session `delivered`. `open`: notices that are not settled, given on session
#: `noticed`; `promised`: their shares; `settled`: session of the last settlement. `raised`, `shares`, `draws`, `costs`:
#: measures, up to the cash-out.
BOOK = rows(
    "remaining", "cut", "issued", "paid", "holdings", "delivered", "open", "noticed", "promised", "promised_dollars",
    "settled", "raised", "shares", "draws", "costs",
)  # fmt: skip
#: The order of a kind of purchase that is not settled: its notice (-1: none), dollars (of a forward draw at the
#: estimated price), the shares that they pay for, those to deliver and the most that may be, and the reason and the
#: opportunity of its size; the interest that its coverage counts. `today`: session of the last notice that was not
#: zero, and its shares.
ORDER = rows(
    "notice", "amount", "paid", "shares", "most", "reason", "opportunity", "interest", "today", "today_shares",
)  # fmt: skip
#: Numbers of a purchase date of all paths: the least of the legs, limits by volume and by registration, the average
#: close of the trigger, the unused coverage, the interest that coverage counts; the close, the first price and the caps
#: of the tier that it reaches, the price, known or estimated, and the request; shares that the line has issued or
#: promised. `limit`: one limit after the other. `amount`, `reason`, `dollars`, `most`, `each`: the size of a notice,
#: see `sim.kernels.lines.limits`. `code`: what forbids it, -1 if nothing does. `paid`, `shares`: of the order; `room`:
#: the opportunity.
DATE = rows(
    "leg", "average", "volume", "registered", "trigger", "unused", "interest", "close", "from_price", "share_cap",
    "draw_cap", "price", "wanted", "issued", "limit", "amount", "reason", "dollars", "most", "each", "code", "paid",
    "shares", "room",
)  # fmt: skip


class Books(NamedTuple):
    """The state of the lines of one block of paths."""

    books: np.ndarray  # BOOK (lines,)
    orders: np.ndarray  # ORDER (kinds,)
    date: np.ndarray  # DATE (1,)
    drawn: np.ndarray  # (rows, BLOCK): dollars by line and period of the cap, by line and fiscal quarter
    covered: np.ndarray  # (tests, BLOCK): coverage at the ends of fiscal quarters
    raised: np.ndarray  # (lines x periods, BLOCK)
    undrawn: np.ndarray  # (lines x reasons, BLOCK)
    lowest: np.ndarray  # (most of `count`, BLOCK)
    numbers: np.ndarray  # (2, longest window)
    binding: np.ndarray  # int64 (lines x periods x reasons, COUNTS), a sum over the blocks of a chunk as the next four
    cut: np.ndarray  # (lines, BLOCK)
    unraised: np.ndarray  # (lines x reasons, BLOCK)
    raised_sums: np.ndarray  # (lines x periods, BLOCK)
    share_sums: np.ndarray  # (lines, BLOCK)
    columns: np.ndarray  # output: (lines x LINE_OUTPUTS, paths)


#: What a line has of each path, in the order of the rows of `Books.columns`.
LINE_OUTPUTS = ("raised", "shares_issued", "draws", "costs")
