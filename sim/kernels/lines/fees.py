"""Fees of a line: staged by date, and with each draw in proportion to its amount."""

import numpy as np

from sim.kernels.cash import pay
from sim.kernels.jit import stage, verb
from sim.kernels.lines.ownership import deliver_shares
from sim.lowering.program import BLOCK, CAUSE_OPERATIONS, NEVER


@verb
def fee_shares_of(pro_rata, whole, amount):
    """Fee shares of a draw: the nearest whole number of its part of those, `pro_rata`, of the `whole` commitment."""
    return np.floor(pro_rata * amount / whole + 0.5) if pro_rata > 0.0 else 0.0


@verb
def costs_of(line, amount):
    """Legal costs and the cash fee of a draw."""
    return line.legal_cost + line.percent * amount


@stage
def pay_fee(f, arrays, program):
    """A fee that is due today, of every path: cash, and shares at no dollars, which obey no limit."""
    tables, state, books = program.lines, arrays.ledgers.state[0], arrays.books
    fee = tables.fees[f]
    line, book = tables.lines[fee.line], books.books[fee.line]
    for i in range(BLOCK):
        worth = fee.shares * arrays.histories.closes[fee.row, i] if fee.shares > 0.0 else 0.0
        solvent = 1.0 if state.out_days[i] == NEVER else 0.0
        state.outstanding[i] = state.outstanding[i] + fee.shares
        book.issued[i] = book.issued[i] + fee.shares
        deliver_shares(i, book, line, fee.session, fee.shares)
        book.shares[i] = book.shares[i] + solvent * fee.shares
        state.discount_cost[i] = state.discount_cost[i] + solvent * worth
        book.costs[i] = book.costs[i] + solvent * fee.cash
        pay(state, i, fee.cash, fee.t, program.opening.minimum, CAUSE_OPERATIONS)
