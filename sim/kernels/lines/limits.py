"""What forbids a notice, and every limit of its size in order, with the binding reason.

Source: section "Several lines, kinds of purchase, and settlement" of sim/docs/model.md. Each step runs over all paths
of the block; a limit that the line does not have is left out. Add a new limit to `apply_limits`.
"""

from sim.kernels.copying import fill_row, take_row
from sim.kernels.jit import peek, put, stage, verb
from sim.kernels.lines.exchange_cap import leave_to_exchange
from sim.kernels.lines.ownership import may_buy
from sim.kernels.lines.price import least_price
from sim.kernels.lines.size import limit_authorized, limit_dollars, limit_shares, open_size, set_rest
from sim.lowering.line_records import (
    AUTHORIZED,
    BLACKOUT,
    COMMITMENT,
    COOLDOWN,
    COVERAGE,
    DRAW_CAP,
    EXCHANGE_CAP,
    FLOOR_PRICE,
    LINE_SHARES,
    MARKET_CAP,
    MULTIPLE,
    OWNERSHIP,
    PENDING_DRAW,
    PERIOD_CAP,
    POLICY,
    PRICE_TIER,
    REGISTERED,
    SHARE_CAP,
    VOLUME,
)
from sim.lowering.program import BLOCK, UNLIMITED


@verb
def apply_limits(state, books, program, notice, achieved):
    """The sizes of a notice at a price, known or estimated. Not rounded, and not yet forbidden by anything.

    `achieved`: the days of the milestones, one of which may be the vote that lifts the exchange cap.
    """
    tables, first, date, limit = program.lines, program.lines.conditions, books.date[0], books.date[0].limit
    kind, caps = tables.kinds[notice.kind], tables.tiers[tables.kinds[notice.kind].first_tier]
    line, book = tables.lines[kind.line], books.books[kind.line]
    open_size(date, line.share_multiplier, first + POLICY)
    count_issued(date.issued, book)
    limit_dollars(date, book.remaining, first + COMMITMENT)
    if line.cap < UNLIMITED:
        set_rest(limit, line.cap, books.drawn[notice.cap_row])
        limit_dollars(date, limit, first + PERIOD_CAP)
    if notice.last_cover > notice.first_cover:
        set_cover(limit, state.coverage, date.unused, books.drawn[notice.quarter_row])
        limit_dollars(date, limit, first + COVERAGE)
    set_rest(limit, program.opening.headroom, state.outstanding)
    if kind.forward != 0:
        limit_shares(date, limit, first + AUTHORIZED)
    else:
        limit_authorized(date, limit, first + AUTHORIZED)
    if line.max_shares < UNLIMITED:
        set_rest(limit, line.max_shares, date.issued)
        limit_shares(date, limit, first + LINE_SHARES)
    if caps.draw_cap < UNLIMITED or kind.last_tier - kind.first_tier > 1:
        limit_dollars(date, date.draw_cap, first + DRAW_CAP)
    if caps.share_cap < UNLIMITED or kind.last_tier - kind.first_tier > 1:
        limit_shares(date, date.share_cap, first + SHARE_CAP)
    if kind.volume_sessions > 0 or kind.during_share < UNLIMITED:
        limit_shares(date, date.volume, first + VOLUME)
    if kind.market_cap < UNLIMITED:
        set_market_cap(limit, kind.market_cap, date.close, state.outstanding)
        limit_dollars(date, limit, first + MARKET_CAP)
    if kind.multiple >= 0:
        set_multiple(limit, books.orders[kind.multiple], kind.times, notice.session)
        limit_shares(date, limit, first + MULTIPLE)
    if line.ownership < 1.0:
        may_buy(limit, state, book, line, notice.session)
        limit_shares(date, limit, first + OWNERSHIP)
    if line.exchange_cap < UNLIMITED:
        votes = date.leg  # a row that has served the price
        set_votes(votes, achieved, line.vote)
        leave_to_exchange(limit, votes, date, book, line, notice, kind.forward, first)
        limit_shares(date, limit, first + EXCHANGE_CAP)
    if line.registered != 0:
        take_from(date.registered, date.issued)
        limit_shares(date, date.registered, first + REGISTERED)


@stage
def count_issued(issued, book):
    """Shares of the line that are issued, or promised by notices that are not settled."""
    for i in range(BLOCK):
        put(issued, i, peek(book.issued, i) + peek(book.promised, i))


@stage
def set_cover(limit, coverage, unused, drawn):
    """What coverage leaves of the fiscal quarter."""
    for i in range(BLOCK):
        put(limit, i, peek(coverage, i) + peek(unused, i) - peek(drawn, i))


@stage
def set_market_cap(limit, share, close, outstanding):
    """A share of the company's value."""
    for i in range(BLOCK):
        put(limit, i, share * (peek(close, i) * peek(outstanding, i)))


@stage
def set_multiple(limit, other, times, session):
    """The most shares by the other purchase of the line on the same date."""
    for i in range(BLOCK):
        put(limit, i, times * peek(other.today_shares, i) if peek(other.today, i) == session else 0.0)


@verb
def set_votes(votes, achieved, milestone):
    """The day of the vote that lifts the exchange cap; without one infinite."""
    if milestone >= 0:
        take_row(votes, achieved, milestone)
    else:
        fill_row(votes, UNLIMITED)


@stage
def take_from(total, part):
    """total -= part."""
    for i in range(BLOCK):
        put(total, i, total[i] - peek(part, i))


@verb
def forbid(books, tables, notice, failures):
    """Set `code` of every path to that of the first rule that forbids a notice, or to -1."""
    kind, date = tables.kinds[notice.kind], books.date[0]
    line, book = tables.lines[kind.line], books.books[kind.line]
    fill_row(date.code, -1.0)
    for c in range(line.first_condition, line.last_condition):
        if tables.applies[notice.number, c] != 0:
            forbid_by_condition(date, failures[c], notice.t, tables.condition_codes[c])
    if kind.forward == 0:
        forbid_below_floor(date, kind.floor, kind.floor_of_close)
    forbid_below_tiers(date)
    if kind.cooldown > 0.0:
        forbid_in_cooldown(date, book, notice.session, kind.cooldown)
    if kind.multiple >= 0:
        forbid_while_pending(date, book, books.orders[kind.multiple], notice.session)
    else:
        forbid_while_open(date, book)
    if notice.blackout != 0:
        fill_row(date.code, BLACKOUT)


@stage
def forbid_by_condition(date, failure, t, code):
    """The first condition that fails, in the order of the file."""
    for i in range(BLOCK):
        fails = (peek(failure.begins, i) <= t) & (t < peek(failure.ends, i)) & (date.code[i] < 0.0)
        put(date.code, i, code if fails else date.code[i])


@stage
def forbid_below_floor(date, floor, floor_of_close):
    for i in range(BLOCK):
        below = date.price[i] < least_price(date.close[i], floor, floor_of_close)
        date.code[i] = FLOOR_PRICE if below else date.code[i]


@stage
def forbid_below_tiers(date):
    for i in range(BLOCK):
        date.code[i] = PRICE_TIER if date.close[i] < date.from_price[i] else date.code[i]


@stage
def forbid_in_cooldown(date, book, n, cooldown):
    for i in range(BLOCK):
        since = n - peek(book.settled, i)
        put(date.code, i, COOLDOWN if (since >= 1.0) & (since <= cooldown) else date.code[i])


@stage
def forbid_while_open(date, book):
    for i in range(BLOCK):
        put(date.code, i, PENDING_DRAW if peek(book.open, i) > 0.0 else date.code[i])


@stage
def forbid_while_pending(date, book, other, n):
    """A kind that may be a multiple of another one is not forbidden on the date of the other's notice."""
    for i in range(BLOCK):
        named = (peek(book.noticed, i) == n) & (peek(other.today, i) == n)
        put(date.code, i, PENDING_DRAW if (peek(book.open, i) > 0.0) & (not named) else date.code[i])
