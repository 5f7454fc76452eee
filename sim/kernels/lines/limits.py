"""What forbids a notice, and every limit of its size in order, with the binding reason.

Source: section "Several lines, kinds of purchase, and settlement" of sim/docs/model.md. A size is a tuple: the amount
in dollars, its reason, the least limit in dollars, the least in shares, and the price of a delivered share. Add a new
limit to `apply_limits`.
"""

from sim.kernels.jit import verb
from sim.kernels.lines.exchange_cap import is_exempt
from sim.kernels.lines.ownership import may_buy
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
from sim.lowering.program import CENT, UNLIMITED


@verb
def limit_dollars(size, limit, code):
    """The size under a limit in dollars. The reason becomes `code` only if it is lower by a cent or more."""
    amount, reason, dollars, most, each = size
    reason = code if amount - limit >= CENT else reason
    return limit if limit < amount else amount, reason, limit if limit < dollars else dollars, most, each


@verb
def limit_shares(size, limit, code):
    """The size under a limit in shares. The reason becomes `code` only if it is lower by a cent and a share or more."""
    amount, reason, dollars, most, each = size
    worth, tie = limit * each, each if each > CENT else CENT
    reason = code if amount - worth >= tie else reason
    return worth if worth < amount else amount, reason, dollars, limit if limit < most else most, each


@verb
def apply_limits(i, asked, tier, state, books, tables, notice, headroom, votes):
    """The size of a notice of path i at a price, known or estimated. Not rounded, and not yet forbidden by anything.

    `asked`: what the policy requests, the price, and the close of the date; `headroom`: shares that may still be
    issued; `votes`: the day of the vote that lifts the exchange cap.
    """
    wanted, price, close = asked
    kind, date = tables.kinds[notice.kind], books.date[0]
    line, book = tables.lines[kind.line], books.books[kind.line]
    first, each, issued = tables.conditions, price / line.share_multiplier, book.issued[i] + book.promised[i]
    covered = state.coverage[i] + date.unused[i] - books.drawn[notice.quarter_row, i]
    size = (wanted, first + POLICY, wanted, UNLIMITED, each)
    size = limit_dollars(size, book.remaining[i], first + COMMITMENT)
    size = limit_dollars(size, line.cap - books.drawn[notice.cap_row, i], first + PERIOD_CAP)
    size = limit_dollars(size, covered, first + COVERAGE)
    size = limit_authorized(size, headroom, kind.forward, first + AUTHORIZED)
    size = limit_shares(size, line.max_shares - issued, first + LINE_SHARES)
    size = limit_dollars(size, tier.draw_cap, first + DRAW_CAP)
    size = limit_shares(size, tier.share_cap, first + SHARE_CAP)
    size = limit_shares(size, date.volume[i], first + VOLUME)
    size = limit_dollars(size, kind.market_cap * (close * state.outstanding[i]), first + MARKET_CAP)
    size = limit_shares(size, multiple(i, books, kind, notice), first + MULTIPLE)
    size = limit_shares(size, may_buy(i, state, book, line, notice.session), first + OWNERSHIP)
    registered = date.registered[i] - issued
    if line.exchange_cap < UNLIMITED and votes > notice.t:
        uncapped = limit_shares(size, registered, first + REGISTERED)
        capped = limit_shares(size, line.exchange_cap - issued, first + EXCHANGE_CAP)
        size = size if is_exempt(i, uncapped, price, book, line, kind.forward) else capped
    return limit_shares(size, registered, first + REGISTERED)


@verb
def limit_authorized(size, headroom, forward, code):
    """`limit_shares`, but of a price that is known a cent alone is a tie, as among dollars."""
    if forward != 0:
        return limit_shares(size, headroom, code)
    amount, reason, dollars, most, each = size
    worth = headroom * each
    reason = code if amount - worth >= CENT else reason
    return worth if worth < amount else amount, reason, dollars, headroom if headroom < most else most, each


@verb
def multiple(i, books, kind, notice):
    """The most shares by the other purchase of the line on the same date; without such a limit infinite."""
    if kind.multiple < 0:
        return UNLIMITED
    other = books.orders[kind.multiple]
    return kind.times * other.today_shares[i] if other.today[i] == notice.session else 0.0


@verb
def forbidden(i, price, floor, tier, close, books, tables, notice, failures):
    """The code of the first rule that forbids a notice of path i, or -1."""
    kind, t, n = tables.kinds[notice.kind], notice.t, notice.session
    line, book, code = tables.lines[kind.line], books.books[kind.line], -1.0
    for c in range(line.first_condition, line.last_condition):
        failure = failures[c]
        fails = (tables.applies[notice.number, c] != 0) & (failure.begins[i] <= t) & (t < failure.ends[i])
        code = tables.condition_codes[c] if fails & (code < 0.0) else code
    since = n - book.settled[i]
    named = kind.multiple >= 0 and book.noticed[i] == n and books.orders[max(kind.multiple, 0)].today[i] == n
    code = FLOOR_PRICE if (kind.forward == 0) & (price < floor) else code
    code = PRICE_TIER if close < tier.from_price else code
    code = COOLDOWN if (since >= 1.0) & (since <= kind.cooldown) else code
    code = PENDING_DRAW if (book.open[i] > 0.0) & (not named) else code
    return BLACKOUT if notice.blackout != 0 else code
