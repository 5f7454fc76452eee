"""The ledger of a block of paths with any number of lines. Section "The ledger of one path" of sim/docs/model.md."""

from sim.kernels.cash import close_month, operate_all
from sim.kernels.conditions import time_failures
from sim.kernels.copying import fill_row
from sim.kernels.financing import take_money
from sim.kernels.jit import stage, verb
from sim.kernels.ledger import apply_price_impact, finish, keep_gap, open_ledger, record_month
from sim.kernels.lines.coverage import cover_quarters
from sim.kernels.lines.fees import pay_fee
from sim.kernels.lines.notice import give_notices
from sim.kernels.lines.settlement import settle_orders
from sim.kernels.notes import pay_notes, sweep_notes
from sim.kernels.world.arrivals import find_financings_by_price, reduce_period
from sim.kernels.world.months import set_rate
from sim.kernels.world.surroundings import close_world, end_month, open_month, open_world, pay_one_off, take_other
from sim.lowering.line_records import TURN_FEE, TURN_SETTLE
from sim.lowering.program import BLOCK, NEVER


@stage
def keep_ledger_of_lines(arrays, program, lanes, world):
    """Update a block of paths at each ledger date, a stop of the program, in time order."""
    ledgers, histories, recording = arrays.ledgers, arrays.histories, arrays.recording
    state, minimum = ledgers.state[0], program.opening.minimum
    open_ledger(ledgers, program)
    open_books(arrays.books, program.lines)
    for k in range(len(program.months)):
        set_rate(ledgers.rates[k], histories.cash_used[k], program.months[k].days)
    time_failures(ledgers.failures, histories, program.conditions, program.events.adverse_duration)
    if world is not None:
        open_world(arrays, program, world)
    cover_quarters(arrays, program)
    row = 0
    for j in range(len(program.stops)):
        stop = program.stops[j]
        if program.price.impact and stop.closes_until > row:
            apply_price_impact(state, histories.closes, row, stop.closes_until)
            if len(histories.low) > 0:
                apply_price_impact(state, histories.low, row, stop.closes_until)
            if len(histories.vwap) > 0:
                apply_price_impact(state, histories.vwap, row, stop.closes_until)
            row = stop.closes_until
        operate_all(state, ledgers.rates[stop.month], stop.t, minimum)
        if stop.third_party != 0:
            finance_lines(arrays, program, stop, world)
        if world is not None:
            take_other(j, stop, ledgers, program, world.other)
        take_turns(stop, arrays, program, lanes, world)
        if stop.month_end >= 0 or stop.last_action > stop.first_action:
            if world is not None:
                pay_one_off(world.people, state, stop, minimum)
            pay_notes(ledgers, histories, program, stop, recording, lanes)
        if stop.month_end >= 0:
            sweep_notes(ledgers, program, stop, recording, lanes)
            if world is not None:
                end_month(stop.month_end, ledgers, program, world)
            close_month(state, stop.t)
            record_month(state, recording, stop.month_end, lanes)
            if world is not None:
                open_month(world, arrays, program, stop.month_end + 1)
            if world is not None or len(program.lines.interest) > 0:
                cover_quarters(arrays, program)
            if stop.gap_row >= 0:
                keep_gap(ledgers.gaps[stop.gap_row], state)
    if world is not None:
        close_world(world, histories)
    add_lines(state, arrays.ledgers.raised, arrays.books, program.lines)
    finish(state)


@verb
def open_books(books, tables):
    """Opening balances of every line, and orders of none."""
    for j in range(len(tables.lines)):
        open_book(books.books[j], tables.lines[j])
    for j in range(len(tables.kinds)):
        open_order(books.orders[j])
    books.drawn[:] = 0.0
    books.raised[:] = 0.0
    books.undrawn[:] = 0.0
    for j in range(len(tables.lines)):
        line = tables.lines[j]
        fill_row(books.drawn[line.cap_rows], line.this_period)
        fill_row(books.drawn[line.quarter_rows], line.this_quarter)


@stage
def open_book(book, line):
    for i in range(BLOCK):
        book.remaining[i] = line.commitment
        book.cut[i] = 0.0
        book.issued[i] = line.issued
        book.paid[i] = line.paid
        book.holdings[i] = line.holdings
        book.delivered[i] = 0.0
        book.open[i] = 0.0
        book.noticed[i] = -1.0
        book.promised[i] = 0.0
        book.promised_dollars[i] = 0.0
        book.settled[i] = -NEVER
        book.raised[i] = 0.0
        book.shares[i] = 0.0
        book.draws[i] = 0.0
        book.costs[i] = 0.0


@stage
def open_order(order):
    for i in range(BLOCK):
        order.notice[i] = -1.0
        order.today[i] = -1.0
        order.today_shares[i] = 0.0


@verb
def take_turns(stop, arrays, program, lanes, world):
    """The settlements, the notices and the fees of a date, in this order."""
    for j in range(stop.first_turn, stop.last_turn):
        turn = program.lines.turns[j]
        if turn.what == TURN_SETTLE:
            settle_orders(turn.row, arrays, program, lanes, world)
        elif turn.what == TURN_FEE:
            pay_fee(turn.row, arrays, program)
        else:
            give_notices(turn.row, arrays, program, lanes, world)


@stage
def finance_lines(arrays, program, stop, world):
    """The month's financings, and the reductions of every line in its term. Path by path, because they are rare."""
    if world is not None:
        find_financings_by_price(world.people, arrays, program, stop.month)
    state, listed, books = arrays.ledgers.state[0], arrays.histories.financings, arrays.books
    rates, tables = arrays.ledgers.rates[stop.month], program.lines
    for k in range(listed.until[stop.month], listed.until[stop.month + 1]):
        j = listed.order[k]
        i, solvent = listed.path[j], state.out_days[listed.path[j]] == NEVER
        amount = take_money(j, state, rates, listed, stop, program.third_party, program.opening)
        for n in range(len(tables.lines)):
            line, book = tables.lines[n], books.books[n]
            if listed.reduces[j] != 0.0 and line.start <= stop.t <= line.end:
                if world is not None:
                    row = world.people.reduced_rows[stop.month, n]
                    if row >= 0:
                        reduce_period(books.drawn, row, i, line.cap, amount)
                        continue
                cut = amount if amount < book.remaining[i] else book.remaining[i]
                book.remaining[i] = book.remaining[i] - cut
                book.cut[i] = book.cut[i] + (cut if solvent else 0.0)


@stage
def add_lines(state, raised, books, tables):
    """Totals over the lines: what the path raised, also by fiscal quarter, shares, draws."""
    for n in range(len(tables.lines)):
        book = books.books[n]
        for i in range(BLOCK):
            state.raised[i] = state.raised[i] + book.raised[i]
            state.issued[i] = state.issued[i] + book.shares[i]
            state.draws[i] = state.draws[i] + book.draws[i]
        for q in range(tables.periods):
            for i in range(BLOCK):
                raised[q, i] = raised[q, i] + books.raised[n * tables.periods + q, i]
