"""The price of a draw: price = multiplier x average, the least of the legs, each a statistic of some sessions' prices.

Loops that read a row of an input stand in functions of their own: inside another loop LLVM would leave them scalar.
"""

from sim.kernels.jit import passage, peek, put, stage, verb
from sim.kernels.market.gbm import close_alone, close_window
from sim.kernels.market.walk import select_row
from sim.lowering.model_records import SERIES_CLOSE, SERIES_LOW
from sim.lowering.program import NEVER, STATISTIC_LOWEST, STATISTIC_MEAN_OF_LOWEST


@verb
def price_shares(state, selection, count, histories, program, p, points, lanes, world):
    """Set `close`, `average`, `price`, and `blocked` to the floor price (0), for the first `count` selected paths."""
    purchase, window = program.purchases[p], program.windows[p]
    closes, room, own = selection.closes, (count + 7) & 0xFFF8, purchase.row - purchase.first_row
    if lanes.whole == 0:
        close_window(closes, selection, count, histories, program, window, points, lanes, world)
    for j in range(len(program.legs)):
        leg = program.legs[j]
        if lanes.whole != 0:
            prices = prices_of(histories, leg.series)
            for k in range(leg.first, leg.first + leg.window):
                select_row(closes[k], prices[purchase.first_row + k], selection.paths, room)
        average_closes(selection.leg, closes, leg, selection.lowest, room)
        take_least(selection.average, selection.leg, leg.multiplier, j, room)
    if lanes.whole != 0:
        select_row(closes[own], histories.closes[purchase.row], selection.paths, room)
    set_prices(state, selection, count, closes[own], program.line)


@verb
def price_alone(state, selection, i, histories, program, p, lanes, world):
    """`price_shares` for path i alone."""
    purchase, window = program.purchases[p], program.windows[p]
    closes, own, least = selection.alone[5], purchase.row - purchase.first_row, NEVER
    if lanes.whole == 0:
        close_alone(closes, selection, i, histories, program, window, lanes, world)
    for j in range(len(program.legs)):
        leg = program.legs[j]
        if lanes.whole != 0:
            prices = prices_of(histories, leg.series)
            for k in range(leg.first, leg.first + leg.window):
                closes[k] = prices[purchase.first_row + k, i]
        average = leg.multiplier * average_alone(closes, leg, selection.alone[0])
        least = average if average < least else least
    close = histories.closes[purchase.row, i] if lanes.whole != 0 else closes[own]
    price_path(state, i, close, least, program.line)


@passage
def prices_of(histories, series):
    """The rows of a series of prices."""
    return histories.closes if series == SERIES_CLOSE else histories.low if series == SERIES_LOW else histories.vwap


@passage
def average_alone(prices, leg, lowest):
    """The statistic of a leg's prices; a sum begins with the oldest, or with the lowest. `lowest`: room for those."""
    first, last = leg.first, leg.first + leg.window
    if leg.statistic == STATISTIC_MEAN_OF_LOWEST:
        for j in range(leg.count):
            lowest[j] = NEVER
        for k in range(first, last):
            value = prices[k]
            for j in range(leg.count):
                value, lowest[j] = max(value, lowest[j]), min(value, lowest[j])
        prices, first, last = lowest, 0, leg.count
    total = prices[first]
    for k in range(first + 1, last):
        lesser = prices[k] if prices[k] < total else total
        total = lesser if leg.statistic == STATISTIC_LOWEST else total + prices[k]
    return total if leg.statistic == STATISTIC_LOWEST else total / (last - first)


@passage
def price_path(state, i, close, average, line):
    """price = multiplier x average; a price below the floor blocks the draw, whatever blocked it before."""
    price = line.multiplier * average
    state.close[i] = close
    state.average[i] = average
    state.price[i] = price
    state.blocked[i] = 0.0 if price < line.floor else state.blocked[i]


@stage
def average_closes(average, closes, leg, lowest, count):
    """The statistic of a leg's rows of prices; a sum begins with the oldest, or with the lowest."""
    first, last = leg.first, leg.first + leg.window
    if leg.statistic == STATISTIC_MEAN_OF_LOWEST:
        lowest[: leg.count] = NEVER
        for k in range(first, last):
            add_row(average, closes[k], 0.0, count)
            for j in range(leg.count):
                order(lowest[j], average, count)
        closes, first, last = lowest, 0, leg.count
    add_row(average, closes[first], 0.0, count)
    for k in range(first + 1, last):
        if leg.statistic == STATISTIC_LOWEST:
            lower_to_row(average, closes[k], count)
        else:
            add_row(average, closes[k], 1.0, count)
    if leg.statistic != STATISTIC_LOWEST:
        divide(average, last - first, count)


@stage
def order(low, high, count):
    """Exchange the numbers of two rows where the second is lower."""
    for i in range(count & 0xFFF8):
        one, other = low[i], high[i]
        low[i] = other if other < one else one
        high[i] = one if other < one else other


@stage
def take_least(least, average, multiplier, number, count):
    """least = the lesser of itself and multiplier x average; the first leg begins it."""
    for i in range(count & 0xFFF8):
        value = multiplier * peek(average, i)
        put(least, i, value if (number == 0) | (value < least[i]) else least[i])


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
