"""Purchase dates of a block of paths: the draws, their tallies, and which paths become inactive.

Where many paths are active, every step of a date runs over all paths of the block, and only those whose amount depends
on the price are priced. Where few are, each active path goes through the dates alone.
"""

import numpy as np

from sim.kernels.cash import cash_out_day, operate, operate_all
from sim.kernels.copying import copy_out
from sim.kernels.jit import add_to, passage, put, stage, verb
from sim.kernels.line.coverage import cover, cover_all
from sim.kernels.line.draw import needs_price, open_date, size_draw
from sim.kernels.line.inactivity import set_inactive, set_next_active
from sim.kernels.line.limits import block, block_all
from sim.kernels.line.price import price_alone, price_shares
from sim.kernels.line.settlement import move_later_closes, settle_draw
from sim.lowering.program import BLOCK, CASH_OUT_FROM_END, COUNTS, MANY


@stage
def purchase_dates(first, last, arrays, program, lanes, world):
    """Purchase dates first ... last - 1, between which nothing else happens to the block.

    Of these, only the last can be one of `everyone`, because such a date is a stop.
    """
    state, purchases = arrays.ledgers.state[0], program.purchases
    everyone = lanes.recorded > 0 and arrays.recording.close.shape[1] > 0
    while first < last:
        until, together = first + 1, everyone or purchases[first].everyone != 0
        rest = last if purchases[last - 1].everyone == 0 else last - 1
        if not together and count_active(state, purchases[rest - 1].t) <= MANY:
            until = rest
        elif not together:
            together = count_active(state, purchases[first].t) > MANY
        if together:
            purchase_together(first, arrays, program, lanes, world)
        else:
            purchase_alone(first, until, arrays, program, lanes, world)
        first = until


@stage
def count_active(state, t):
    """How many paths can draw or change their binding reason by day t."""
    active = 0
    for i in range(BLOCK):
        active += state.next_active[i] <= t
    return active


@verb
def purchase_together(p, arrays, program, lanes, world):
    """Purchase date p of every path."""
    ledgers, histories, selection, line = arrays.ledgers, arrays.histories, arrays.selection, program.line
    state, purchase, headroom = ledgers.state[0], program.purchases[p], program.opening.headroom
    operate_all(state, ledgers.rates[purchase.month], purchase.t, program.opening.minimum)
    cover_all(state, histories.cash_used, program.covers, purchase)
    open_all(state)
    for c in range(len(program.conditions)):
        if program.applies[p, c] != 0:
            block_all(state, ledgers.failures[c], purchase.t, c + 1.0)
    count = select(state, selection, purchase, line, headroom, lanes.whole)
    if count > 0:
        price_shares(state, selection, count, histories, program, p, arrays.points, lanes, world)
    draw_all(state, ledgers.raised[purchase.period], purchase, line, program.price.impact, program.opening)
    undrawn, binding, before = ledgers.undrawn, arrays.tally.binding, program.purchases[p - 1 if p > 0 else 0].period
    count_all(state, lanes.paths, p, undrawn, binding, purchase.period, before, program.dates_by)
    if line.skips:
        rest_all(state, line, headroom)
        for c in range(len(program.conditions)):
            next_all(state, ledgers.failures[c], purchase.t, c + 1.0)
    if arrays.recording.close.shape[1] > 0:
        record_draw(state, lanes, arrays.recording, p)


@stage
def open_all(state):
    for i in range(BLOCK):
        open_date(state, i)


@stage
def select(state, selection, purchase, line, headroom, everyone):
    """List the paths that need a price; returns how many they are. The list is padded to a multiple of 8."""
    count = 0
    for i in range(BLOCK):
        state.request[i] = 1.0 if needs_price(state, i, purchase, line, headroom) else 0.0
    for i in range(BLOCK):
        put(selection.paths, count, i)
        count += (state.request[i] != 0.0) | (everyone != 0)
    for k in range(count, (count + 7) & 0xFFF8):
        selection.paths[k] = 0
    return count


@stage
def draw_all(state, raised, purchase, line, impact, opening):
    """Draw. In loops of their own, because one loop would divide for an impact that the case does not have."""
    for i in range(BLOCK):
        size_draw(state, i, purchase, line, opening.headroom)
    if impact != 0:
        for i in range(BLOCK):
            move_later_closes(state, i)
    for i in range(BLOCK):
        settle_draw(state, i, raised, purchase.t, line, opening.minimum)


@stage
def rest_all(state, line, headroom):
    for i in range(BLOCK):
        set_inactive(state, i, line, headroom)


@stage
def next_all(state, failure, t, code):
    for i in range(BLOCK):
        set_next_active(state, i, failure, t, code)


@stage
def count_all(state, paths, p, undrawn, binding, period, period_before, dates_by):
    """Tally purchase date p, and the dates before it on which a path was inactive."""
    for i in range(paths):
        count(state, i, p, undrawn, binding, period, period_before, dates_by)


@verb
def purchase_alone(first, last, arrays, program, lanes, world):
    """Purchase dates first ... last - 1 of each path that is active by then."""
    state, until = arrays.ledgers.state[0], program.purchases[last - 1].t
    remaining, i = count_active(state, until), np.int64(0)  # a literal 0 would compile everything below a second time
    while remaining > 0:
        if state.next_active[i] <= until:
            remaining -= 1
            p = first
            while state.next_active[i] <= until:
                due = dates_before(state.next_active[i], program.dates_by)
                p = due if due > p else p
                if p >= last:
                    break
                purchase_path(i, p, arrays, program, lanes, world)
                p += 1
        i += 1


@passage
def dates_before(t, dates_by):
    """Number of purchase dates before day t; `dates_by[t]`: by the close of day t."""
    return dates_by[int(np.ceil(t)) - 1] if t > 0.0 else 0


@verb
def purchase_path(i, p, arrays, program, lanes, world):
    """Purchase date p of path i."""
    ledgers, histories, line = arrays.ledgers, arrays.histories, program.line
    state, purchase, headroom = ledgers.state[0], program.purchases[p], program.opening.headroom
    operate(state, i, ledgers.rates[purchase.month, i], purchase.t, program.opening.minimum)
    cover(state, i, histories.cash_used, program.covers, purchase)
    open_date(state, i)
    for c in range(len(program.conditions)):
        if program.applies[p, c] != 0:
            block(state, i, ledgers.failures[c], purchase.t, c + 1.0)
    if needs_price(state, i, purchase, line, headroom):
        price_alone(state, arrays.selection, i, histories, program, p, lanes, world)
    size_draw(state, i, purchase, line, headroom)
    if program.price.impact != 0:
        move_later_closes(state, i)
    settle_draw(state, i, ledgers.raised[purchase.period], purchase.t, line, program.opening.minimum)
    if i < lanes.paths:
        before = program.purchases[p - 1 if p > 0 else 0].period
        count(state, i, p, ledgers.undrawn, arrays.tally.binding, purchase.period, before, program.dates_by)
    if line.skips:
        set_inactive(state, i, line, headroom)
        for c in range(len(program.conditions)):
            set_next_active(state, i, ledgers.failures[c], purchase.t, c + 1.0)


@verb
def count(state, i, p, undrawn, binding, period, period_before, dates_by):
    """Tally purchase date p of path i, and the dates on which it was inactive before it, all in one period.

    From the cash-out on that is the reason, whatever limits the draw; a branch would be predicted wrongly too often.
    """
    reasons = len(undrawn)
    if state.counted[i] < p - 1:
        count_inactive(state, i, p, undrawn, binding, period_before, dates_by)
    out = float(reasons + CASH_OUT_FROM_END)
    reason = int(out + state.solvent[i] * (state.binding[i] - out))
    add_to(undrawn, reason * BLOCK + i, state.undrawn[i])
    add_to(binding, (period * reasons + reason) * COUNTS + (i & (COUNTS - 1)), 1)
    state.counted[i] = p


@verb
def count_inactive(state, i, p, undrawn, binding, period, dates_by):
    """Tally the dates before p on which path i was inactive: all for one reason, and from the cash-out on for that.

    `dates_by[t]`: number of purchase dates by day t.
    """
    first, day, last = state.counted[i] + 1.0, cash_out_day(state, i), len(dates_by) - 1
    reasons, dates = len(undrawn), p - first
    solvent = dates_by[int(day if day < last else float(last))] - first
    solvent = solvent if solvent > 0.0 else 0.0
    solvent = solvent if solvent < dates else dates
    out = reasons + CASH_OUT_FROM_END
    for reason, number in ((int(state.inactive_reason[i]), solvent), (out, dates - solvent)):
        add_to(undrawn, reason * BLOCK + i, number * state.inactive_undrawn[i])
        add_to(binding, (period * reasons + reason) * COUNTS + (i & (COUNTS - 1)), int(number))


@stage
def record_draw(state, lanes, recording, p):
    """Record purchase date p of the block's first paths."""
    n, first = lanes.recorded, lanes.offset
    copy_out(recording.request[p], first, state.request, n)
    copy_out(recording.average[p], first, state.average, n)
    copy_out(recording.price[p], first, state.price, n)
    copy_out(recording.close[p], first, state.close, n)
    copy_out(recording.amount[p], first, state.amount, n)
    copy_out(recording.shares[p], first, state.shares, n)
    copy_out(recording.binding[p], first, state.binding, n)
