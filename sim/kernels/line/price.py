"""The price of a draw: price = multiplier x average, the mean or the lowest of the closes in the pricing window.

Loops that read a row of an input stand in functions of their own: inside another loop LLVM would leave them scalar.
"""

from sim.kernels.jit import passage, peek, put, stage, verb
from sim.kernels.market.gbm import close_alone, close_window
from sim.kernels.market.walk import select_row
from sim.lowering.program import STATISTIC_MEAN


@verb
def price_shares(state, selection, count, histories, program, p, points, lanes):
    """Set `close`, `average`, `price`, and `blocked` to the floor price (0), for the first `count` selected paths."""
    purchase, window, sessions = program.purchases[p], program.windows[p], program.opening.window
    closes, room = selection.closes, (count + 7) & 0xFFF8
    if lanes.whole != 0:
        for k in range(sessions):
            select_row(closes[k], histories.closes[purchase.first_row + k], selection.paths, room)
        select_row(closes[window.close], histories.closes[purchase.row], selection.paths, room)
    else:
        close_window(closes, selection, count, histories, program, window, points, lanes)
    average_closes(selection.average, closes, sessions, program.line.statistic, room)
    set_prices(state, selection, count, closes[window.close], program.line)


@verb
def price_alone(state, selection, i, histories, program, p, lanes):
    """`price_shares` for path i alone."""
    purchase, window, sessions, line = program.purchases[p], program.windows[p], program.opening.window, program.line
    closes = selection.alone[3]
    if lanes.whole != 0:
        for k in range(sessions):
            closes[k] = histories.closes[purchase.first_row + k, i]
        closes[window.close] = histories.closes[purchase.row, i]
    else:
        close_alone(closes, selection, i, histories, program, window, lanes)
    average = closes[0]
    for k in range(1, sessions):
        if line.statistic == STATISTIC_MEAN:
            average = average + closes[k]
        else:
            average = closes[k] if closes[k] < average else average
    average = average / sessions if line.statistic == STATISTIC_MEAN else average
    price_path(state, i, closes[window.close], average, line)


@passage
def price_path(state, i, close, average, line):
    """price = multiplier x average; a price below the floor blocks the draw, whatever blocked it before."""
    price = line.multiplier * average
    state.close[i] = close
    state.average[i] = average
    state.price[i] = price
    state.blocked[i] = 0.0 if price < line.floor else state.blocked[i]


@stage
def average_closes(average, closes, sessions, statistic, count):
    """The statistic of the first `sessions` rows of `closes`; a sum begins with the oldest."""
    add_row(average, closes[0], 0.0, count)
    for k in range(1, sessions):
        if statistic == STATISTIC_MEAN:
            add_row(average, closes[k], 1.0, count)
        else:
            lower_to_row(average, closes[k], count)
    if statistic == STATISTIC_MEAN:
        divide(average, sessions, count)


@stage
def add_row(total, row, weight, count):
    """total = weight x total + row; a weight of 0 begins a sum."""
    for i in range(count & 0xFFF8):
        before = total[i] if weight != 0.0 else 0.0
        put(total, i, before + peek(row, i))


@stage
def lower_to_row(least, row, count):
    """least = the lesser of itself and row."""
    for i in range(count & 0xFFF8):
        value = peek(row, i)
        put(least, i, value if value < least[i] else least[i])


@stage
def divide(total, number, count):
    """total = total / number."""
    for i in range(count & 0xFFF8):
        total[i] = total[i] / number


@stage
def set_prices(state, selection, count, close, line):
    """`price_path` for the selected paths."""
    for k in range(count):
        price_path(state, peek(selection.paths, k), peek(close, k), peek(selection.average, k), line)
