"""What is written down of a purchase date: its tallies, and the ledger's entries of recorded paths."""

from sim.kernels.jit import add_to, stage, verb
from sim.lowering.line_records import CASH_OUT
from sim.lowering.program import BLOCK, COUNTS, NEVER


@verb
def count_date(i, arrays, program, lanes, notice, draw):
    """Tally a purchase date of path i, by the reason of its draw (amount, shares, reason, opportunity).

    After a cash-out the reason is that, and all of the opportunity counts as undrawn.
    """
    books, state, tables = arrays.books, arrays.ledgers.state[0], program.lines
    amount, shares, reason, opportunity = draw
    line = tables.kinds[notice.kind].line
    solvent = state.out_days[i] == NEVER
    code = int(reason if solvent else tables.conditions + CASH_OUT)
    undrawn = opportunity - (amount if solvent else 0.0)
    if i < lanes.paths:
        add_to(books.undrawn, (line * tables.reasons + code) * BLOCK + i, undrawn)
        place = (line * tables.periods + notice.quarter) * tables.reasons + code
        add_to(books.binding, place * COUNTS + (i & (COUNTS - 1)), 1)
    if i < lanes.recorded and arrays.recording.close.shape[1] > 0:
        recording, p, column = arrays.recording, notice.number, lanes.offset + i
        recording.amount[p, column] = amount
        recording.shares[p, column] = shares
        recording.binding[p, column] = reason


@stage
def record_notices(date, recording, lanes, p):
    """What is known at a notice of the block's first paths: request, average, price, close."""
    for i in range(lanes.recorded):
        column = lanes.offset + i
        recording.request[p, column] = date.wanted[i]
        recording.average[p, column] = date.average[i]
        recording.price[p, column] = date.price[i]
        recording.close[p, column] = date.close[i]
        recording.settled[p, column] = 0.0
        recording.fee_shares[p, column] = 0.0
        recording.costs[p, column] = 0.0
        recording.amount[p, column] = 0.0
        recording.shares[p, column] = 0.0


@verb
def record_price(i, recording, lanes, p, average, price):
    """The true price of a draw of path i."""
    if i < lanes.recorded and recording.close.shape[1] > 0:
        recording.average[p, lanes.offset + i] = average
        recording.price[p, lanes.offset + i] = price


@verb
def record_settlement(i, recording, lanes, p, fee_shares, costs):
    """That a draw of path i was settled, with its fee shares and costs."""
    if i < lanes.recorded and recording.close.shape[1] > 0:
        recording.settled[p, lanes.offset + i] = 1.0
        recording.fee_shares[p, lanes.offset + i] = fee_shares
        recording.costs[p, lanes.offset + i] = costs
