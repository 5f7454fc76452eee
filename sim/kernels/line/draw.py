"""One purchase date for a block of paths: who is awake, the draw, and what it adds to the tallies."""

import numpy as np

from sim.kernels.cash import operate, pay
from sim.kernels.jit import stage, verb
from sim.kernels.line.limits import (
    ask,
    average_window,
    check_conditions,
    cover,
    doze,
    set_price,
    settle_draw,
    size_draw,
)
from sim.kernels.market.gbm import close_of, finish_row
from sim.lowering.program import (
    ALIVE,
    AMOUNT,
    AVERAGE,
    BINDING,
    BLOCK,
    CASH_OUT_FROM_END,
    CAUSE_OPERATIONS,
    CLOSE,
    IMPACT,
    LAST,
    MANY,
    OUT_DAYS,
    OUTSTANDING,
    PAID,
    PRICE,
    REQUEST,
    SHARES,
    SHORT,
    SLEEP_REASON,
    SLEEP_SHORT,
    STATISTIC_MEAN,
    WAKE,
)


@verb
def purchase_shares(ledgers, histories, program, stop, tally, tape, n, recorded, offset):
    """Step 3: the draw of a purchase date, and its legal cost. Paths that cannot draw sleep through it."""
    s, p = ledgers.state, stop.purchase
    purchase = program.purchases[p]
    recording = recorded > 0 and tape.draws.shape[2] > 0
    awake = BLOCK if recording or purchase.everyone != 0 else count_awake(s, purchase.t)
    together = awake > MANY
    lo = np.int64(0)
    while awake > 0 and lo < BLOCK:
        hi = np.int64(BLOCK) if together else lo + 1
        if together or s[WAKE + lo] <= purchase.t:
            draw(s, lo, hi, ledgers, histories, program, stop)
            count(s, lo, min(hi, n), p, ledgers.shortfall, tally.binding, program.purchases)
            fall_asleep(s, lo, hi, ledgers, program, purchase)
            awake -= hi - lo
        lo = hi
    if recording:
        record_draw(s, recorded, tape.draws[p], offset)


@stage
def count_awake(s, t):
    """How many paths may draw or see their reason change by day t."""
    awake = 0
    for i in range(BLOCK):
        awake += s[WAKE + i] <= t
    return awake


@verb
def draw(s, lo, hi, ledgers, histories, program, stop):
    """The draw of paths lo ... hi - 1: price, conditions, limits, settlement, legal cost."""
    line = program.line
    purchase, applies = program.purchases[stop.purchase], program.applies[stop.purchase]
    operate(s, lo, hi, histories.cash_used, stop.month, stop.month_days, stop.t, program.opening.minimum)
    look_at_market(s, lo, hi, histories, program, purchase)
    covered = purchase.last_cover > purchase.first_cover
    if covered:
        cover(
            s, lo, hi, histories.cash_used, program.covers, purchase.first_cover, purchase.last_cover, purchase.percent
        )
    set_price(s, lo, hi, line.floor, line.multiplier)
    check_conditions(s, lo, hi, purchase.t, ledgers.fails_from, ledgers.fails_until, applies)
    ask(s, lo, hi, purchase, line)
    size_draw(s, lo, hi, line, program.opening.headroom, covered, float(len(applies)))
    if program.price.impact:
        move_later_closes(s, lo, hi)
    settle_draw(s, lo, hi, purchase.t, line.commitment)
    hold_to_cap(s, lo, hi, ledgers.raised, purchase.period, line.cap)
    if line.legal_cost > 0.0:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            s[PAID + i] = line.legal_cost if s[AMOUNT + i] > 0.0 else 0.0
        pay(s, lo, hi, purchase.t, program.opening.minimum, CAUSE_OPERATIONS)


@verb
def fall_asleep(s, lo, hi, ledgers, program, purchase):
    """Who cannot draw again soon sleeps. After `count`, which needs to know why they slept until now."""
    if program.line.dozes:
        covered = purchase.last_cover > purchase.first_cover
        doze(
            s, lo, hi, purchase.t, ledgers.fails_from, ledgers.fails_until,
            program.line, program.opening.headroom, covered, float(len(program.conditions)),
        )  # fmt: skip


@verb
def look_at_market(s, lo, hi, histories, program, purchase):
    """The day's close and the pricing statistic; a block finishes the rows it needs, a path alone its own closes."""
    first, window, statistic = purchase.first_row, program.opening.window, program.line.statistic
    if hi - lo > 1:
        finish_row(histories, purchase.row, program)
        for j in range(first, first + window):
            finish_row(histories, j, program)
        average_window(s, lo, hi, histories.closes, purchase.row, first, window, statistic)
        return
    average = 0.0
    for k in range(window + 1):
        close = close_of(histories, first + k if k < window else purchase.row, lo, program)
        if k == window:
            s[CLOSE + lo] = close
        elif k == 0 or (statistic != STATISTIC_MEAN and close < average):
            average = close
        elif statistic == STATISTIC_MEAN:
            average += close
    s[AVERAGE + lo] = average / window if statistic == STATISTIC_MEAN else average


@stage
def hold_to_cap(s, lo, hi, raised, period, cap):
    """What a period has raised, held to its cap as the whole is held to the commitment."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        in_period = raised[period, i] + s[ALIVE + i] * s[AMOUNT + i]
        raised[period, i] = cap if in_period > cap else in_period


@stage
def move_later_closes(s, lo, hi):
    """The draw's move of later closes, to the theoretical ex-issue price (SPEC, section 5)."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        held, new = s[OUTSTANDING + i], s[SHARES + i]
        factor = (held + new * s[PRICE + i] / s[CLOSE + i]) / (held + new)
        s[IMPACT + i] = s[IMPACT + i] * (factor if new > 0.0 else 1.0)


@stage
def count(s, lo, hi, p, shortfall, binding, purchases):
    """Tally purchase date p for paths lo ... hi - 1, and the dates they slept through since they last woke."""
    reasons = len(shortfall)
    out = reasons + CASH_OUT_FROM_END
    row = purchases[p].period * reasons
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        if s[LAST + i] < p - 1:
            count_sleep(s, i, p, shortfall, binding, purchases)
        reason = int(s[BINDING + i]) if s[ALIVE + i] != 0.0 else out
        shortfall[reason, i] += s[SHORT + i]
        binding[row + reason, i] += 1
        s[LAST + i] = p


@stage
def count_sleep(s, i, p, shortfall, binding, purchases):
    """Purchase dates before p that path i slept through: nothing was drawn, for one reason, until the cash was out."""
    reasons = len(shortfall)
    first = int(s[LAST + i]) + 1
    alive = 0
    for j in range(first, p):
        alive += purchases[j].t <= s[OUT_DAYS + i]
    out = reasons + CASH_OUT_FROM_END
    row = purchases[first].period * reasons
    for reason, dates in ((int(s[SLEEP_REASON + i]), alive), (out, p - first - alive)):
        shortfall[reason, i] += dates * s[SLEEP_SHORT + i]
        binding[row + reason, i] += dates


@stage
def record_draw(s, n, fields, offset):
    """Write the first n paths' draws on the tape: rows as in `sim.lowering.program.TAPE`."""
    for i in range(n):
        fields[0, offset + i] = s[REQUEST + i]
        fields[1, offset + i] = s[AVERAGE + i]
        fields[2, offset + i] = s[PRICE + i]
        fields[3, offset + i] = s[CLOSE + i]
        fields[4, offset + i] = s[AMOUNT + i]
        fields[5, offset + i] = s[SHARES + i]
        fields[6, offset + i] = s[BINDING + i]
