"""One purchase date for a block of paths: who is awake, the draw, and what it adds to the tallies."""

from sim.kernels.cash import operate, pay
from sim.kernels.jit import stage
from sim.kernels.limits import ask, average_window, check_conditions, cover, doze, settle_draw, size_draw
from sim.records import (
    ALIVE,
    AMOUNT,
    AVERAGE,
    BINDING,
    BLOCK,
    CASH_OUT_FROM_END,
    CAUSE_OPERATIONS,
    GROUP,
    IMPACT,
    LAST,
    OUT_DAYS,
    OUTSTANDING,
    PAID,
    PRICE,
    REQUEST,
    SHARES,
    SHORT,
    SLEEP_REASON,
    SLEEP_SHORT,
    WAKE,
)


@stage
def purchase_shares(ledgers, histories, program, stop, tally, tape, n, recorded, offset):
    """Step 3: the draw of a purchase date, and its legal cost. Paths that cannot draw sleep through it."""
    s, p = ledgers.state, stop.purchase
    purchase = program.purchases[p]
    recording = recorded > 0 and len(tape.draws) > 0
    everyone = recording or purchase.everyone != 0
    for lo in range(0, BLOCK, GROUP):
        if everyone or is_awake(s, lo, purchase.t):
            operate(s, lo, lo + GROUP, histories.cash_used, stop.month, stop.month_days, stop.t, program.opening.minimum)
            draw(s, lo, ledgers, histories, program, purchase, program.applies[p])
            count(s, lo, min(lo + GROUP, n), p, ledgers.shortfall, tally.binding, program.purchases)
            if recording:
                record_draw(s, lo, min(lo + GROUP, recorded), tape.draws[p], histories.closes, purchase.row, offset)


@stage
def is_awake(s, lo, t):
    """Whether any path of the group may draw or see its reason change by day t."""
    awake = 0
    for i in range(lo, lo + GROUP):
        awake += s[WAKE + i] <= t
    return awake != 0


@stage
def draw(s, lo, ledgers, histories, program, purchase, applies):
    """The draw of one group: price, conditions, limits, settlement, legal cost."""
    line, closes = program.line, histories.closes
    average_window(s, lo, closes, purchase.first_row, program.opening.window, line.statistic)
    covered = purchase.last_cover > purchase.first_cover
    if covered:
        cover(s, lo, histories.cash_used, program.covers, purchase.first_cover, purchase.last_cover, purchase.percent)
    check_conditions(
        s, lo, purchase.t, ledgers.fails_from, ledgers.fails_until, applies, line.floor, line.multiplier
    )
    ask(s, lo, closes, purchase, line)
    size_draw(s, lo, line, program.opening.headroom, covered, float(len(applies)))
    if program.price.impact:
        impress(s, lo, closes, purchase.row)
    settle_draw(s, lo, purchase.t, closes, purchase.row, line.commitment)
    raised = ledgers.raised[purchase.period]
    for i in range(lo, lo + GROUP):
        in_period = raised[i] + s[ALIVE + i] * s[AMOUNT + i]
        raised[i] = line.cap if in_period > line.cap else in_period
    if line.legal_cost > 0.0:
        for i in range(lo, lo + GROUP):
            s[PAID + i] = line.legal_cost if s[AMOUNT + i] > 0.0 else 0.0
        pay(s, lo, lo + GROUP, purchase.t, program.opening.minimum, CAUSE_OPERATIONS)
    if line.dozes:
        doze(
            s, lo, purchase.t, ledgers.fails_from, ledgers.fails_until,
            line, program.opening.headroom, covered, float(len(applies)),
        )  # fmt: skip


@stage
def impress(s, lo, closes, row):
    """The draw's move of later closes, to the theoretical ex-issue price (SPEC, section 5)."""
    for i in range(lo, lo + GROUP):
        held, new = s[OUTSTANDING + i], s[SHARES + i]
        factor = (held + new * s[PRICE + i] / closes[row, i]) / (held + new)
        s[IMPACT + i] = s[IMPACT + i] * (factor if new > 0.0 else 1.0)


@stage
def count(s, lo, hi, p, shortfall, binding, purchases):
    """Tally purchase date p for paths lo ... hi - 1, and the dates they slept through since they last woke."""
    reasons = len(shortfall)
    out = reasons + CASH_OUT_FROM_END
    row = purchases[p].period * reasons
    for i in range(lo, hi):
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
def record_draw(s, lo, hi, fields, closes, row, offset):
    """Write a purchase date's draw on the tape: rows as in `sim.records.TAPE`."""
    for i in range(lo, hi):
        fields[0, offset + i] = s[REQUEST + i]
        fields[1, offset + i] = s[AVERAGE + i]
        fields[2, offset + i] = s[PRICE + i]
        fields[3, offset + i] = closes[row, i]
        fields[4, offset + i] = s[AMOUNT + i]
        fields[5, offset + i] = s[SHARES + i]
        fields[6, offset + i] = s[BINDING + i]
