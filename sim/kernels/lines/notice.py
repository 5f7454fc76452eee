"""A purchase date of a kind of purchase: what the company asks for, what the limits leave, and the order it gives."""

from sim.kernels.jit import stage, verb
from sim.kernels.lines.coverage import count_interest, cover_date
from sim.kernels.lines.limits import apply_limits, forbidden
from sim.kernels.lines.price import least_price, price_all, tier_at
from sim.kernels.lines.record import count_date, record_notice
from sim.kernels.lines.settlement import book_draw
from sim.kernels.lines.sizing import whole_shares
from sim.kernels.lines.volume import limit_by_volume
from sim.kernels.random.elementary import log
from sim.kernels.world.waivers import lift_coverage, renew_waivers
from sim.lowering.line_records import MINIMUM_DRAW
from sim.lowering.program import BLOCK, CENT, NEVER, UNLIMITED


@stage
def give_notices(p, arrays, program, lanes, world):
    """Purchase date p, a row of the notices, of every path."""
    tables, ledgers, histories, books = program.lines, arrays.ledgers, arrays.histories, arrays.books
    notice, state, failures = tables.notices[p], ledgers.state[0], ledgers.failures
    kind = tables.kinds[notice.kind]
    line, book, order = tables.lines[kind.line], books.books[kind.line], books.orders[notice.kind]
    votes = histories.achieved[max(line.vote, 0)]
    if world is not None:
        renew_waivers(world.people, arrays, program, p)
    count_interest(p, arrays, program)
    cover_date(arrays, program, line, notice)
    if world is not None:
        lift_coverage(world.people, state, p)
    if kind.forward == 0:
        price_all(books, histories, tables, notice)
    limit_by_volume(books, histories, tables, notice)
    register(books.date[0].registered, histories.achieved, tables.registrations, line, notice.t)
    average_trigger(books.date[0].trigger, histories.closes, kind, notice)
    for i in range(BLOCK):
        close = histories.closes[notice.row, i]
        tier = tables.tiers[tier_at(tables, kind, close)]
        average = books.date[0].average[i] if kind.forward == 0 else close
        price = tier.multiplier * average
        wanted = request(i, state, kind, notice, close, program.price.initial, books.date[0].trigger[i])
        headroom, vote = program.opening.headroom - state.outstanding[i], votes[i] if line.vote >= 0 else NEVER
        size = apply_limits(i, (wanted, price, close), tier, state, books, tables, notice, headroom, vote)
        code = forbidden(i, price, least_price(kind, close), tier, close, books, tables, notice, failures)
        amount, paid, shares, reason = place_order(size, code, price, kind, line, tables.conditions)
        room = opportunity(i, books, book, line, notice)
        record_notice(i, arrays.recording, lanes, notice.number, (wanted, average, price, close))
        if amount == 0.0 or notice.lapses != 0:
            count_date(i, arrays, program, lanes, notice, (0.0, 0.0, reason, room))
        if amount > 0.0:
            order.today[i], order.today_shares[i] = notice.session, shares
            order.interest[i] = books.date[0].interest[i]
            if notice.later != 0:
                await_settlement(i, book, order, notice, (amount, paid, shares, size[3], reason, room))
            else:
                book_draw(i, (amount, shares, reason, room), price, close, arrays, program, lanes, notice)


@verb
def opportunity(i, books, book, line, notice):
    """min(remaining commitment, period cap left), against which the undrawn amount is measured; 0 if infinite."""
    left = line.cap - books.drawn[notice.cap_row, i]
    left = book.remaining[i] if book.remaining[i] < left else left
    return left if left < UNLIMITED else 0.0


@verb
def await_settlement(i, book, order, notice, placed):
    """The order stays open until it is settled; until then its shares count as issued where limits count them."""
    amount, paid, shares, most, reason, room = placed
    order.notice[i], book.noticed[i] = float(notice.number), notice.session
    order.amount[i], order.paid[i], order.shares[i], order.most[i] = amount, paid, shares, most
    order.reason[i], order.opportunity[i] = reason, room
    book.open[i] = book.open[i] + 1.0
    book.promised[i] = book.promised[i] + shares
    book.promised_dollars[i] = book.promised_dollars[i] + amount


@verb
def request(i, state, kind, notice, close, initial, trigger):
    """What the policy requests on a date; infinity requests the maximum.

    The lesser of what a schedule says and of what brings cash to so many months of burn; a close at or above the
    trigger requests the maximum, and one below the reserve price nothing unless cash is short.
    """
    cash, wanted = state.cash[i], UNLIMITED
    level = notice.level if state.burn_cut[i] == 0.0 else notice.cut_level
    if notice.runway != 0:
        months = kind.target_months
        if kind.tilt != 0.0:
            months = months + kind.tilt * log(close / initial)
        months = months if months < kind.most_months else kind.most_months
        wanted = months * level - cash
    wanted = wanted if wanted > 0.0 else 0.0
    wanted = notice.scheduled if notice.scheduled < wanted else wanted
    wanted = UNLIMITED if close >= kind.price_trigger * trigger else wanted
    short = (kind.need_months >= 0.0) & (cash < kind.need_months * level)
    return 0.0 if (close < kind.reserve_price) & (not short) else wanted


@verb
def place_order(size, code, price, kind, line, first):
    """Amount, shares that are paid for, shares to deliver, and reason of a notice; `code`: what forbids it, or -1.

    Less than a cent, or less than one share, is no draw and keeps the reason of the limit. Other amounts at least one
    cent below `minimum_draw` are none either, with that reason.
    """
    amount, paid, shares = whole_shares(size, price, line.share_multiplier, kind.forward)
    none = (amount < CENT) | (size[3] < 1.0) | ((kind.forward != 0) & (shares < 1.0))
    too_small = (not none) & (kind.minimum_draw - amount >= CENT)
    reason = first + MINIMUM_DRAW if too_small else size[1]
    if none | too_small | (code >= 0.0):
        amount, paid, shares = 0.0, 0.0, 0.0
    return amount, paid, shares, code if code >= 0.0 else reason


@stage
def register(registered, achieved, registrations, line, t):
    """Shares of the registrations in effect on day t."""
    for i in range(BLOCK):
        registered[i] = 0.0 if line.registered != 0 else UNLIMITED
    for j in range(line.first_registration, line.last_registration):
        row = registrations[j]
        for i in range(BLOCK):
            since = achieved[max(row.milestone, 0), i] if row.milestone >= 0 else row.t
            registered[i] = registered[i] + (row.shares if since <= t else 0.0)


@stage
def average_trigger(trigger, closes, kind, notice):
    """What the trigger is a multiple of: the opening price, or the mean close of the sessions before the date."""
    sessions = kind.trigger_sessions
    for i in range(BLOCK):
        trigger[i] = kind.trigger_price
    for k in range(sessions):
        for i in range(BLOCK):
            trigger[i] = (trigger[i] if k > 0 else 0.0) + closes[notice.trigger_row + k, i]
    for i in range(BLOCK):
        trigger[i] = trigger[i] / sessions if sessions > 0 else trigger[i]
