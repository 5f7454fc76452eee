"""The settlement of an order: the true price, what it cuts, shares, cash, and the impact on later closes."""

import numpy as np

from sim.kernels.cash import pay
from sim.kernels.jit import stage, verb
from sim.kernels.line.limits import tighten
from sim.kernels.lines.coverage import cover_date, recall_interest
from sim.kernels.lines.fees import costs_of, fee_shares_of
from sim.kernels.lines.ownership import deliver_shares
from sim.kernels.lines.price import average_above, least_price, price_all, tier_at
from sim.kernels.lines.record import count_date, record_price, record_settlement
from sim.kernels.lines.sizing import nearest
from sim.kernels.lines.volume import volume_during
from sim.kernels.world.waivers import lift_coverage
from sim.lowering.line_records import (
    AUTHORIZED,
    COMMITMENT,
    COVERAGE,
    FLOOR_DROP_SESSIONS,
    FLOOR_PRICE,
    PERIOD_CAP,
    VOLUME,
)
from sim.lowering.program import BLOCK, CAUSE_OPERATIONS, CENT, NEVER


@stage
def settle_orders(p, arrays, program, lanes, world):
    """Settle the orders that purchase date p, a row of the notices, has left."""
    tables, ledgers, histories, books = program.lines, arrays.ledgers, arrays.histories, arrays.books
    notice, state = tables.notices[p], ledgers.state[0]
    kind = tables.kinds[notice.kind]
    line, book, order = tables.lines[kind.line], books.books[kind.line], books.orders[notice.kind]
    if not any_order(order, float(p)):
        return
    recall_interest(books.date[0], order)
    cover_date(arrays, program, line, notice)
    if world is not None:
        lift_coverage(world.people, state, p)
    price_all(books, histories, tables, notice)
    for i in range(BLOCK):
        if order.notice[i] == p:
            close = histories.closes[notice.row, i]
            floor = least_price(close, kind.floor, kind.floor_of_close)
            multiplier = tables.tiers[tier_at(tables, kind, close)].multiplier
            average, kept = average_above(i, books, histories, tables, notice, floor)
            average = average if kept > 0.0 else close
            price = multiplier * average
            order.notice[i] = -1.0
            book.open[i] = book.open[i] - 1.0
            book.promised[i] = book.promised[i] - order.shares[i]
            book.promised_dollars[i] = book.promised_dollars[i] - order.amount[i]
            headroom = program.opening.headroom - state.outstanding[i]
            if kind.forward != 0:
                volume = volume_during(i, histories, kind, notice)
                draw = recut_shares(i, price, floor, kept, volume, headroom, state, books, tables, notice)
            else:
                draw = recut_dollars(i, price, headroom, state, books, tables, notice)
            record_price(i, arrays.recording, lanes, p, average, price)
            if draw[0] > 0.0:
                book_draw(i, draw, price, close, arrays, program, lanes, notice)
            else:
                count_date(i, arrays, program, lanes, notice, draw)


@stage
def any_order(order, number):
    """Whether any path has an order of this notice."""
    found = 0
    for i in range(BLOCK):
        found += order.notice[i] == number
    return found > 0


@verb
def cut_shares(shares, reason, limit, code):
    """Shares under a limit that is rounded down; the reason becomes `code` if it takes a share or more."""
    most = np.floor(limit)
    most = most if most > 0.0 else 0.0
    return (most, code) if shares - most >= 1.0 else (shares, reason)


@verb
def recut_shares(i, price, floor, kept, volume, headroom, state, books, tables, notice):
    """The draw of a forward order at its true price: amount, shares to deliver, reason, opportunity.

    `kept`: sessions of the first leg's window that count.
    """
    kind, order = tables.kinds[notice.kind], books.orders[notice.kind]
    line, book, first = tables.lines[kind.line], books.books[kind.line], tables.conditions
    covered = state.coverage[i] + books.date[0].unused[i] - books.drawn[notice.quarter_row, i]
    paid, reason, multiplier = order.paid[i], order.reason[i], line.share_multiplier
    dropped = kind.below_floor == FLOOR_DROP_SESSIONS
    above = paid * kept / tables.legs[kind.first_leg].window if dropped else paid if price >= floor else 0.0
    paid, reason = cut_shares(paid, reason, above, FLOOR_PRICE)
    paid, reason = cut_shares(paid, reason, volume / multiplier, first + VOLUME)
    paid, reason = cut_shares(paid, reason, book.remaining[i] / price, first + COMMITMENT)
    paid, reason = cut_shares(paid, reason, (line.cap - books.drawn[notice.cap_row, i]) / price, first + PERIOD_CAP)
    paid, reason = cut_shares(paid, reason, covered / price, first + COVERAGE)
    paid, reason = cut_shares(paid, reason, headroom / multiplier, first + AUTHORIZED)
    most = order.most[i] if order.most[i] < headroom else headroom
    return paid * price, nearest(multiplier * paid, most), reason, order.opportunity[i]


@verb
def recut_dollars(i, price, headroom, state, books, tables, notice):
    """The draw of an order whose price was known, against what has changed since, as of `recut_shares`."""
    kind, order = tables.kinds[notice.kind], books.orders[notice.kind]
    line, book, first = tables.lines[kind.line], books.books[kind.line], tables.conditions
    covered = state.coverage[i] + books.date[0].unused[i] - books.drawn[notice.quarter_row, i]
    amount, reason, multiplier = order.amount[i], order.reason[i], line.share_multiplier
    amount, reason = tighten(amount, reason, book.remaining[i], first + COMMITMENT)
    amount, reason = tighten(amount, reason, line.cap - books.drawn[notice.cap_row, i], first + PERIOD_CAP)
    amount, reason = tighten(amount, reason, covered, first + COVERAGE)
    amount, reason = tighten(amount, reason, headroom * (price / multiplier), first + AUTHORIZED)
    most = order.most[i] if order.most[i] < headroom else headroom
    amount = amount if amount >= CENT else 0.0
    return amount, nearest(multiplier * amount / price, most), reason, order.opportunity[i]


@verb
def book_draw(i, draw, price, close, arrays, program, lanes, notice):
    """Cash, shares and totals of path i after a draw (amount, shares, reason, opportunity), its fees, and its tallies.

    `close`: of the purchase date. Totals include draws before the cash-out only. Sums of rounded amounts can exceed a
    limit by their last bit, so what is raised is at most the commitment.
    """
    amount, shares, _, _ = draw
    tables, state, books = program.lines, arrays.ledgers.state[0], arrays.books
    kind = tables.kinds[notice.kind]
    line, book, t = tables.lines[kind.line], books.books[kind.line], notice.settled_t
    solvent = 1.0 if state.out_days[i] == NEVER else 0.0
    settled_close = arrays.histories.closes[notice.settled_row, i]
    fees, costs = fee_shares_of(line.pro_rata, line.whole, amount), costs_of(line, amount)
    count_date(i, arrays, program, lanes, notice, draw)
    record_settlement(i, arrays.recording, lanes, notice.number, fees, costs)
    if program.price.impact != 0:
        held = state.outstanding[i]
        factor = (held + shares * price / settled_close) / (held + shares)
        state.impact[i] = state.impact[i] * (factor if shares > 0.0 else 1.0)
    state.cash[i] = state.cash[i] + amount
    state.base_cash[i] = state.cash[i]
    state.base_day[i] = t
    book.remaining[i] = book.remaining[i] - amount
    book.paid[i] = book.paid[i] + amount
    books.drawn[notice.cap_row, i] = books.drawn[notice.cap_row, i] + amount
    if notice.quarter_row != notice.cap_row:
        books.drawn[notice.quarter_row, i] = books.drawn[notice.quarter_row, i] + amount
    state.outstanding[i] = state.outstanding[i] + (shares + fees)
    book.issued[i] = book.issued[i] + (shares + fees)
    deliver_shares(i, book, line, notice.settled, shares + fees)
    book.settled[i] = notice.settled
    total = book.raised[i] + solvent * amount
    book.raised[i] = line.commitment if total > line.commitment else total
    row = kind.line * tables.periods + notice.quarter
    total = books.raised[row, i] + solvent * amount
    books.raised[row, i] = line.quarter_cap if total > line.quarter_cap else total
    book.shares[i] = book.shares[i] + solvent * (shares + fees)
    given_away = shares * (close - price) + fees * settled_close
    state.discount_cost[i] = state.discount_cost[i] + solvent * given_away
    book.draws[i] = book.draws[i] + solvent
    book.costs[i] = book.costs[i] + solvent * costs
    pay(state, i, costs, t, program.opening.minimum, CAUSE_OPERATIONS)
