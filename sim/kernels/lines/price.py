"""The price of a purchase: multiplier x the least of the legs. Section "Price" of lines in sim/docs/model.md."""

from sim.kernels.jit import stage, verb
from sim.kernels.line.price import prices_of
from sim.lowering.line_records import FLOOR_DROP_SESSIONS
from sim.lowering.program import BLOCK, NEVER, STATISTIC_LOWEST, STATISTIC_MEAN_OF_LOWEST


@verb
def price_all(books, histories, tables, notice):
    """Set `average` of every path to the least of the legs, each a statistic of a series over its window."""
    date, kind = books.date[0], tables.kinds[notice.kind]
    for j in range(kind.first_leg, kind.last_leg):
        leg = tables.legs[j]
        first = tables.leg_rows[notice.first_leg_row + j - kind.first_leg]
        prices = prices_of(histories, leg.series)
        average_rows(date.leg, prices, first, leg.window, leg.statistic, leg.count, books.lowest)
        take_least(date.average, date.leg, leg.multiplier, j == kind.first_leg)


@stage
def average_rows(average, prices, first, window, statistic, count, lowest):
    """A statistic of `window` rows of prices; a sum begins with the oldest, or with the lowest."""
    if statistic == STATISTIC_MEAN_OF_LOWEST:
        for j in range(count):
            for i in range(BLOCK):
                lowest[j, i] = NEVER
        for k in range(first, first + window):
            for i in range(BLOCK):
                average[i] = prices[k, i]
            for j in range(count):
                for i in range(BLOCK):
                    low, value = lowest[j, i], average[i]
                    lowest[j, i] = value if value < low else low
                    average[i] = low if value < low else value
        for i in range(BLOCK):
            average[i] = lowest[0, i]
        for j in range(1, count):
            for i in range(BLOCK):
                average[i] = average[i] + lowest[j, i]
        for i in range(BLOCK):
            average[i] = average[i] / count
        return
    for i in range(BLOCK):
        average[i] = prices[first, i]
    for k in range(first + 1, first + window):
        for i in range(BLOCK):
            value, total = prices[k, i], average[i]
            least = value if value < total else total
            average[i] = least if statistic == STATISTIC_LOWEST else total + value
    if statistic != STATISTIC_LOWEST:
        for i in range(BLOCK):
            average[i] = average[i] / window


@stage
def take_least(least, average, multiplier, begins):
    """least = the lesser of itself and multiplier x average; the first leg begins it."""
    for i in range(BLOCK):
        value = multiplier * average[i]
        least[i] = value if begins or value < least[i] else least[i]


@verb
def tier_at(tables, kind, close):
    """The row of limits at a close of the purchase date: the last that it reaches, or else the first."""
    row = kind.first_tier
    for j in range(kind.first_tier + 1, kind.last_tier):
        row = j if tables.tiers[j].from_price <= close else row
    return row


@stage
def find_tiers(date, tiers, first, last):
    """Set the first price and the caps of the tier that each path's close reaches, and its price, of an average."""
    begin_tiers(date, tiers[first])
    for j in range(first + 1, last):
        reach_tier(date, tiers[j])


@stage
def begin_tiers(date, tier):
    from_price, share_cap, draw_cap, multiplier = tier.from_price, tier.share_cap, tier.draw_cap, tier.multiplier
    for i in range(BLOCK):
        date.from_price[i], date.share_cap[i], date.draw_cap[i] = from_price, share_cap, draw_cap
        date.price[i] = multiplier * date.average[i]


@stage
def reach_tier(date, tier):
    from_price, share_cap, draw_cap, multiplier = tier.from_price, tier.share_cap, tier.draw_cap, tier.multiplier
    for i in range(BLOCK):
        reached = from_price <= date.close[i]
        date.from_price[i] = from_price if reached else date.from_price[i]
        date.share_cap[i] = share_cap if reached else date.share_cap[i]
        date.draw_cap[i] = draw_cap if reached else date.draw_cap[i]
        date.price[i] = multiplier * date.average[i] if reached else date.price[i]


@verb
def least_price(close, floor, floor_of_close):
    """The floor on a purchase date: dollars, or a share of the close if that is greater."""
    of_close = floor_of_close * close
    return of_close if of_close > floor else floor


@verb
def average_above(i, books, histories, tables, notice, floor):
    """The least of the legs of path i without the sessions of the first leg's window below the floor, where these are
    left out, and how many are left; with none left, 0 and 0."""
    kind = tables.kinds[notice.kind]
    leg, first, kept = tables.legs[kind.first_leg], tables.leg_rows[notice.first_leg_row], 0
    if kind.below_floor != FLOOR_DROP_SESSIONS:
        return books.date[0].average[i], float(leg.window)
    prices, numbers = prices_of(histories, leg.series), books.numbers[0]
    for k in range(first, first + leg.window):
        numbers[kept] = prices[k, i]
        kept += prices[k, i] >= floor
    if kept == 0:
        return 0.0, 0.0
    least = leg.multiplier * average_numbers(numbers, kept, leg.statistic, leg.count, books.numbers[1])
    for j in range(kind.first_leg + 1, kind.last_leg):
        leg, first = tables.legs[j], tables.leg_rows[notice.first_leg_row + j - kind.first_leg]
        prices = prices_of(histories, leg.series)
        for k in range(leg.window):
            numbers[k] = prices[first + k, i]
        value = leg.multiplier * average_numbers(numbers, leg.window, leg.statistic, leg.count, books.numbers[1])
        least = value if value < least else least
    return least, float(kept)


@stage
def average_numbers(numbers, number, statistic, count, lowest):
    """`average_rows` of the first numbers of an array. `lowest`: room for as many."""
    if statistic == STATISTIC_MEAN_OF_LOWEST:
        count = count if count < number else number
        for j in range(count):
            lowest[j] = NEVER
        for k in range(number):
            value = numbers[k]
            for j in range(count):
                low = lowest[j]
                lowest[j] = value if value < low else low
                value = low if value < low else value
        total = lowest[0]
        for j in range(1, count):
            total = total + lowest[j]
        return total / count
    total = numbers[0]
    for k in range(1, number):
        least = numbers[k] if numbers[k] < total else total
        total = least if statistic == STATISTIC_LOWEST else total + numbers[k]
    return total if statistic == STATISTIC_LOWEST else total / number
