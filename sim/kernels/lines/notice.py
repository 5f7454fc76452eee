"""A purchase date of a kind of purchase: what the company asks for, what the limits leave, and the order it gives."""

from sim.kernels.copying import fill_row, sum_rows, take_row
from sim.kernels.jit import peek, put, stage, verb
from sim.kernels.lines.coverage import count_interest, cover_date
from sim.kernels.lines.limits import apply_limits, forbid
from sim.kernels.lines.price import find_tiers, price_all
from sim.kernels.lines.record import count_date, record_notices
from sim.kernels.lines.settlement import book_draw
from sim.kernels.lines.size import get_size
from sim.kernels.lines.sizing import whole_shares
from sim.kernels.lines.volume import limit_by_volume
from sim.kernels.random.elementary import log
from sim.kernels.world.waivers import lift_coverage, renew_waivers
from sim.lowering.line_records import MINIMUM_DRAW
from sim.lowering.program import BLOCK, CENT, UNLIMITED


@stage
def give_notices(p, arrays, program, lanes, world):
    """Purchase date p, a row of the notices, of every path."""
    tables, ledgers, histories, books = program.lines, arrays.ledgers, arrays.histories, arrays.books
    notice, state, date = tables.notices[p], ledgers.state[0], books.date[0]
    kind = tables.kinds[notice.kind]
    line, book = tables.lines[kind.line], books.books[kind.line]
    if world is not None:
        renew_waivers(world.people, arrays, program, p)
    count_interest(p, arrays, program)
    cover_date(arrays, program, line, notice)
    if world is not None:
        lift_coverage(world.people, state, p)
    take_row(date.close, histories.closes, notice.row)
    if kind.forward == 0:
        price_all(books, histories, tables, notice)
    else:
        take_row(date.average, histories.closes, notice.row)
    find_tiers(date, tables.tiers, kind.first_tier, kind.last_tier)
    limit_by_volume(books, histories, tables, notice)
    register(date.registered, histories.achieved, tables.registrations, line, notice.t)
    average_trigger(date.trigger, histories.closes, notice.trigger_row, kind.trigger_sessions, kind.trigger_price)
    request_all(date, state, kind, notice, program.price.initial)
    apply_limits(state, books, program, notice, histories.achieved)
    forbid(books, tables, notice, ledgers.failures)
    place_orders(date, kind, line.share_multiplier, tables.conditions)
    find_room(date.room, book.remaining, books.drawn[notice.cap_row], line.cap)
    if arrays.recording.close.shape[1] > 0:
        record_notices(date, arrays.recording, lanes, notice.number)
    take_orders(notice, arrays, program, lanes)


@stage
def take_orders(notice, arrays, program, lanes):
    """What the orders of a date do: each is settled at once or later, and all others are counted."""
    tables, books, date = program.lines, arrays.books, arrays.books.date[0]
    kind = tables.kinds[notice.kind]
    book, order = books.books[kind.line], books.orders[notice.kind]
    for i in range(BLOCK):
        amount, shares, reason, room = date.amount[i], date.shares[i], date.reason[i], date.room[i]
        if amount == 0.0 or notice.lapses != 0:
            count_date(i, arrays, program, lanes, notice, (0.0, 0.0, reason, room))
        if amount > 0.0:
            draw, price, close = (amount, shares, reason, room), date.price[i], date.close[i]
            order.today[i], order.today_shares[i] = notice.session, shares
            order.interest[i] = date.interest[i]
            if notice.later != 0:
                await_settlement(i, book, order, notice, draw, date.paid[i], date.most[i])
            else:
                book_draw(i, draw, price, close, arrays, program, lanes, notice)


@stage
def find_room(room, remaining, drawn, cap):
    """min(remaining commitment, period cap left), against which the undrawn amount is measured; 0 if infinite."""
    for i in range(BLOCK):
        left, whole = cap - peek(drawn, i), peek(remaining, i)
        left = whole if whole < left else left
        put(room, i, left if left < UNLIMITED else 0.0)


@verb
def await_settlement(i, book, order, notice, draw, paid, most):
    """The order stays open until it is settled; until then its shares count as issued where limits count them."""
    amount, shares, reason, room = draw
    order.notice[i], book.noticed[i] = float(notice.number), notice.session
    order.amount[i], order.paid[i], order.shares[i], order.most[i] = amount, paid, shares, most
    order.reason[i], order.opportunity[i] = reason, room
    book.open[i] = book.open[i] + 1.0
    book.promised[i] = book.promised[i] + shares
    book.promised_dollars[i] = book.promised_dollars[i] + amount


@stage
def request_all(date, state, kind, notice, initial):
    """Set what the policy requests of every path on a date; infinity requests the maximum.

    The lesser of what a schedule says and of what brings cash to so many months of burn; a close at or above the
    trigger requests the maximum, and one below the reserve price nothing unless cash is short.
    """
    whole, cut, scheduled, runway = notice.level, notice.cut_level, notice.scheduled, notice.runway
    tilt, target, most, times = kind.tilt, kind.target_months, kind.most_months, kind.price_trigger
    reserve, need = kind.reserve_price, kind.need_months
    if tilt != 0.0:
        for i in range(BLOCK):
            date.limit[i] = target + tilt * log(date.close[i] / initial)
    else:
        fill_row(date.limit, target)
    for i in range(BLOCK):
        cash, close = peek(state.cash, i), date.close[i]
        level = whole if peek(state.burn_cut, i) == 0.0 else cut
        months = date.limit[i] if date.limit[i] < most else most
        wanted = months * level - cash if runway != 0 else UNLIMITED
        wanted = wanted if wanted > 0.0 else 0.0
        wanted = scheduled if scheduled < wanted else wanted
        wanted = UNLIMITED if close >= times * date.trigger[i] else wanted
        short = (need >= 0.0) & (cash < need * level)
        put(date.wanted, i, 0.0 if (close < reserve) & (not short) else wanted)


@stage
def place_orders(date, kind, multiplier, first):
    """Turn the sizes into orders: amount, shares that are paid for, shares to deliver, and reason.

    Less than a cent, or less than one share, is no draw and keeps the reason of the limit. Other amounts at least one
    cent below `minimum_draw` are none either, with that reason; `code` is the reason of a notice that it forbids.
    """
    forward, minimum = kind.forward, kind.minimum_draw
    for i in range(BLOCK):
        code, size = date.code[i], get_size(date, i)
        amount, paid, shares = whole_shares(size, date.price[i], multiplier, forward)
        none = (amount < CENT) | (size[3] < 1.0) | ((forward != 0) & (shares < 1.0))
        too_small = (not none) & (minimum - amount >= CENT)
        reason = first + MINIMUM_DRAW if too_small else size[1]
        date.amount[i] = 0.0 if none | too_small | (code >= 0.0) else amount
        date.paid[i], date.shares[i] = paid, shares
        date.reason[i] = code if code >= 0.0 else reason


@stage
def register(registered, achieved, registrations, line, t):
    """Shares of the registrations in effect on day t."""
    fill_row(registered, 0.0 if line.registered != 0 else UNLIMITED)
    for j in range(line.first_registration, line.last_registration):
        add_registration(registered, achieved[max(registrations[j].milestone, 0)], registrations[j], t)


@stage
def add_registration(registered, achieved, row, t):
    milestone, day, shares = row.milestone, row.t, row.shares
    for i in range(BLOCK):
        since = peek(achieved, i) if milestone >= 0 else day
        put(registered, i, registered[i] + (shares if since <= t else 0.0))


@stage
def average_trigger(trigger, closes, first, sessions, price):
    """What the trigger is a multiple of: the opening price, or the mean close of the sessions before the date."""
    if sessions == 0:
        fill_row(trigger, price)
        return
    sum_rows(trigger, closes, first, sessions)
    for i in range(BLOCK):
        trigger[i] = trigger[i] / sessions
