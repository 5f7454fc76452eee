"""The price of a draw: price = multiplier x average, the mean or the lowest of the closes in the pricing window.

Loops that read a row of an input stand in functions of their own: inside another loop LLVM would leave them scalar.
"""

from sim.kernels.jit import peek, put, stage, verb
from sim.kernels.market.gbm import close_of, finish_row
from sim.lowering.program import STATISTIC_MEAN


@verb
def price_shares(state, lo, hi, histories, program, purchase):
    """Set `close`, `average`, `price`, and `blocked` to the floor price (0) or to nothing yet (-1).

    A block converts the rows of closes that it needs; for a single path only its own closes are evaluated.
    """
    first, window, statistic = purchase.first_row, program.opening.window, program.line.statistic
    if hi - lo > 1:
        finish_row(histories, purchase.row, program)
        for j in range(first, first + window):
            finish_row(histories, j, program)
        average_window(state, lo, hi, histories.closes, purchase, window, statistic)
    else:
        average = 0.0
        for k in range(window):
            close = close_of(histories, first + k, lo, program)
            if k == 0 or (statistic != STATISTIC_MEAN and close < average):
                average = close
            elif statistic == STATISTIC_MEAN:
                average += close
        state.average[lo] = average / window if statistic == STATISTIC_MEAN else average
        state.close[lo] = close_of(histories, purchase.row, lo, program)
    set_price(state, lo, hi, program.line.floor, program.line.multiplier)


@stage
def average_window(state, lo, hi, closes, purchase, window, statistic):
    """The close of the purchase date, and the statistic of the closes in the window, summed from the oldest on."""
    first_row = purchase.first_row
    copy_row(state.close, lo, hi, closes[purchase.row])
    copy_row(state.average, lo, hi, closes[first_row])
    for j in range(first_row + 1, first_row + window):
        if statistic == STATISTIC_MEAN:
            add_row(state.average, lo, hi, closes[j], 1.0)
        else:
            lower_to_row(state.average, lo, hi, closes[j])
    if statistic == STATISTIC_MEAN:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            state.average[i] = state.average[i] / window


@stage
def set_price(state, lo, hi, floor, multiplier):
    """price = multiplier x average; a price below the floor blocks the draw."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        price = multiplier * state.average[i]
        state.price[i] = price
        state.blocked[i] = 0.0 if price < floor else -1.0


@stage
def copy_row(total, lo, hi, row):
    """total = row."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        put(total, i, peek(row, i))


@stage
def add_row(total, lo, hi, row, share):
    """total += row x share."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        put(total, i, total[i] + peek(row, i) * share)


@stage
def lower_to_row(least, lo, hi, row):
    """least = the lesser of itself and row."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        value = peek(row, i)
        put(least, i, value if value < least[i] else least[i])
