"""The ledger of a block of paths: stop by stop, in the order of events of SPEC, section 5."""

import numpy as np

from sim.kernels.jit import stage
from sim.kernels.limits import ask, average_window, check_conditions, cover, settle_draw, size_draw
from sim.records import (
    ALIVE,
    AMOUNT,
    AVERAGE,
    BINDING,
    BLOCK,
    CASH,
    CAUSE,
    CAUSE_INTEREST,
    CAUSE_NONE,
    CAUSE_OPERATIONS,
    CAUSE_PRINCIPAL,
    COVERAGE,
    CUT,
    DISCOUNT_COST,
    DRAWN,
    DRAWS,
    ENDING,
    GAP,
    IMPACT,
    ISSUED,
    NEVER,
    OUT_DAYS,
    OUTSTANDING,
    PRICE,
    RAISED,
    REASON,
    REMAINING,
    REQUEST,
    SHARES,
    SHORT,
    UNUSED_COVERAGE,
)


@stage
def open_ledger(ledgers, program):
    """Opening balances. Cash below the minimum at the opening is a cash-out at t = 0."""
    s, opening = ledgers.state, program.opening
    short = opening.minimum - opening.cash
    for i in range(BLOCK):
        s[CASH + i] = opening.cash
        s[OUTSTANDING + i] = opening.outstanding
        s[REMAINING + i] = program.line.commitment
        s[UNUSED_COVERAGE + i] = opening.unused_coverage
        s[IMPACT + i] = 1.0
        s[GAP + i] = short if short > 0.0 else 0.0
        s[OUT_DAYS + i] = 0.0 if short > 0.0 else NEVER
        s[CAUSE + i] = CAUSE_OPERATIONS if short > 0.0 else CAUSE_NONE
        s[ENDING + i] = opening.minimum
    for field in (DRAWN, RAISED, ISSUED, DISCOUNT_COST, DRAWS, CUT):
        for i in range(BLOCK):
            s[field + i] = 0.0
    for j in range(len(program.notes)):
        ledgers.notes[3 * j] = program.notes[j].principal
        ledgers.notes[3 * j + 1] = program.notes[j].accrued
        ledgers.notes[3 * j + 2] = 0.0
    ledgers.raised[:] = 0.0
    ledgers.shortfall[:] = 0.0


@stage
def operate(s, cash_used, stop, minimum):
    """Step 1: operations use up cash evenly; a cash-out inside the stretch is found by linear interpolation."""
    share, days, start = stop.share, stop.days, stop.start
    used_in_month = cash_used[stop.month]
    for i in range(BLOCK):
        before = s[CASH + i]
        used = used_in_month[i] * share
        cash = before - used
        s[CASH + i] = cash
        short = minimum - cash
        s[GAP + i] = short if short > s[GAP + i] else s[GAP + i]
        part = (before - minimum) / used
        t = start + (part if part > 0.0 else 0.0) * days
        out = (cash < minimum) & (s[OUT_DAYS + i] == NEVER)
        s[OUT_DAYS + i] = t if out else s[OUT_DAYS + i]
        s[CAUSE + i] = CAUSE_OPERATIONS if out else s[CAUSE + i]
        s[ENDING + i] = minimum if out else s[ENDING + i]


@stage
def check_cash(s, t, minimum, cause):
    """After a payment at t: the funding gap, and the cash-out with its cause if this payment broke the minimum."""
    for i in range(BLOCK):
        cash = s[CASH + i]
        short = minimum - cash
        s[GAP + i] = short if short > s[GAP + i] else s[GAP + i]
        out = (cash < minimum) & (s[OUT_DAYS + i] == NEVER)
        s[OUT_DAYS + i] = t if out else s[OUT_DAYS + i]
        s[CAUSE + i] = cause if out else s[CAUSE + i]
        s[ENDING + i] = (minimum if cause == CAUSE_OPERATIONS else cash) if out else s[ENDING + i]


@stage
def impress(s, closes, days, first, last):
    """Dilution impact of the draws so far on the closes from row `first` to before row `last`."""
    for j in range(first, last):
        if days[j].needed:
            row = closes[j]
            for i in range(BLOCK):
                row[i] = row[i] * s[IMPACT + i]


@stage
def finance(s, amounts, reduces, close, third_party, headroom, in_term):
    """Step 2: third-party financing, and the investor's cut of the line. Rare, so path by path."""
    for i in range(BLOCK):
        amount = amounts[i]
        if amount <= 0.0:
            continue
        if third_party.price_factor > 0.0:
            price = close[i] * third_party.price_factor
            room = headroom - s[OUTSTANDING + i]
            worth = room * price
            amount = worth if worth < amount else amount
            shares = np.floor(amount / price + 0.5)
            s[OUTSTANDING + i] += room if shares > room else shares
        s[CASH + i] += amount
        if reduces[i] != 0.0 and in_term:
            cut = min(amount, s[REMAINING + i])
            s[REMAINING + i] -= cut
            if s[OUT_DAYS + i] == NEVER:
                s[CUT + i] += cut


@stage
def purchase_shares(ledgers, histories, program, p, tally, tape, n, recorded, offset):
    """Step 3: the draw of purchase date p, and its legal cost."""
    s, line = ledgers.state, program.line
    purchase = program.purchases[p]
    close = histories.closes[purchase.row]
    average_window(s, histories.closes, purchase.first_row, program.opening.window, line.statistic)
    covered = purchase.last_cover > purchase.first_cover
    if covered:
        cover(s, histories.cash_used, program.covers, purchase.first_cover, purchase.last_cover, purchase.percent)
    check_conditions(
        s, histories, purchase, program.conditions, program.applies[p],
        line.floor, line.multiplier, program.events.adverse_duration,
    )  # fmt: skip
    ask(s, histories.closes, purchase, line)
    size_draw(s, line, program.opening.headroom, covered, len(program.conditions))
    if program.price.impact:
        for i in range(BLOCK):
            held, new = s[OUTSTANDING + i], s[SHARES + i]
            factor = (held + new * s[PRICE + i] / close[i]) / (held + new)
            s[IMPACT + i] = s[IMPACT + i] * (factor if new > 0.0 else 1.0)
    settle_draw(s, close, line.commitment)
    raised = ledgers.raised[purchase.period]
    for i in range(BLOCK):
        in_period = raised[i] + s[ALIVE + i] * s[AMOUNT + i]
        raised[i] = line.cap if in_period > line.cap else in_period
    reasons = len(ledgers.shortfall)
    for i in range(n):
        reason = int(s[REASON + i])
        ledgers.shortfall[reason, i] += s[SHORT + i]
        tally.binding[purchase.period * reasons + reason, i] += 1
    if recorded > 0 and len(tape.draws) > 0:
        record_draw(s, tape.draws[p], close, recorded, offset)
    if line.legal_cost > 0.0:
        for i in range(BLOCK):
            s[CASH + i] = s[CASH + i] - (line.legal_cost if s[AMOUNT + i] > 0.0 else 0.0)
        check_cash(s, purchase.t, program.opening.minimum, CAUSE_OPERATIONS)


@stage
def record_draw(s, fields, close, n, offset):
    """Write a purchase date's draw on the tape: rows as in `sim.records.TAPE`."""
    for i in range(n):
        fields[0, offset + i] = s[REQUEST + i]
        fields[1, offset + i] = s[AVERAGE + i]
        fields[2, offset + i] = s[PRICE + i]
        fields[3, offset + i] = close[i]
        fields[4, offset + i] = s[AMOUNT + i]
        fields[5, offset + i] = s[SHARES + i]
        fields[6, offset + i] = s[BINDING + i]


@stage
def pay_notes(ledgers, histories, program, stop):
    """Step 4: interest due, of every note; then principal due, of every note."""
    s, balances, minimum = ledgers.state, ledgers.notes, program.opening.minimum
    for a in range(stop.first_action, stop.last_action):
        action = program.actions[a]
        note = program.notes[action.note]
        principal, accrued = balances[3 * action.note], balances[3 * action.note + 1]
        extended = histories.extended[action.note]
        for i in range(BLOCK):
            accrued[i] = accrued[i] + principal[i] * note.rate * action.accrual_days / 365.0
        if action.interest or action.maturity:
            for i in range(BLOCK):
                due = action.interest or action.maturity == 2 or extended[i] == 0.0
                paid = accrued[i] if due else 0.0
                s[CASH + i] = s[CASH + i] - paid
                accrued[i] = accrued[i] - paid
            check_cash(s, stop.t, minimum, CAUSE_INTEREST)
    for a in range(stop.first_action, stop.last_action):
        action = program.actions[a]
        if action.maturity == 0:
            continue
        principal, prepaid = balances[3 * action.note], balances[3 * action.note + 2]
        extended = histories.extended[action.note]
        for i in range(BLOCK):
            due = action.maturity == 2 or extended[i] == 0.0
            paid = principal[i] if due else 0.0
            s[CASH + i] = s[CASH + i] - paid
            principal[i] = principal[i] - paid
            prepaid[i] = 0.0 if due else prepaid[i]
        check_cash(s, stop.t, minimum, CAUSE_PRINCIPAL)


@stage
def sweep_notes(ledgers, program, stop):
    """Step 5: at a month's end, cash above one mark prepays a revolving note; below another it re-borrows what was prepaid."""
    s, balances = ledgers.state, ledgers.notes
    for a in range(stop.first_action, stop.last_action):
        action = program.actions[a]
        if action.sweep == 0:
            continue
        note = program.notes[action.note]
        principal, accrued, prepaid = (
            balances[3 * action.note], balances[3 * action.note + 1], balances[3 * action.note + 2],
        )  # fmt: skip
        may_reborrow = action.may_reborrow != 0
        for i in range(BLOCK):
            cash = s[CASH + i]
            excess = cash - note.prepay_above
            excess = excess if excess > 0.0 else 0.0
            interest = accrued[i] if accrued[i] < excess else excess
            excess = excess - interest
            repaid = principal[i] if principal[i] < excess else excess
            lack = note.reborrow_below - cash
            lack = lack if (lack > 0.0) & may_reborrow else 0.0
            borrowed = prepaid[i] if prepaid[i] < lack else lack
            accrued[i] = accrued[i] - interest
            principal[i] = principal[i] - repaid + borrowed
            prepaid[i] = prepaid[i] + repaid - borrowed
            s[CASH + i] = cash - interest - repaid + borrowed


@stage
def close_quarter(s, cash_used, program, q):
    """End of a fiscal quarter: what its coverage leaves unused is carried forward, and the next quarter starts undrawn."""
    if q >= 0:
        quarter = program.quarters[q]
        cover(s, cash_used, program.covers, quarter.first_cover, quarter.last_cover, quarter.percent)
        for i in range(BLOCK):
            left = s[COVERAGE + i] + s[UNUSED_COVERAGE + i] - s[DRAWN + i]
            s[UNUSED_COVERAGE + i] = left if left > 0.0 else 0.0
    for i in range(BLOCK):
        s[DRAWN + i] = 0.0


@stage
def keep_ledger(ledgers, histories, program, tally, tape, n, recorded, offset):
    """Walk a block of paths through every stop; the first `n` are wanted, the first `recorded` of them go on the tape."""
    s, minimum = ledgers.state, program.opening.minimum
    open_ledger(ledgers, program)
    row = 0
    for j in range(len(program.stops)):
        stop = program.stops[j]
        operate(s, histories.cash_used, stop, minimum)
        if program.price.impact and stop.closes_until > row:
            impress(s, histories.closes, program.days, row, stop.closes_until)
            row = stop.closes_until
        if stop.third_party_row >= 0:
            finance(
                s, histories.third_party[stop.month], histories.reduces[stop.month],
                histories.closes[stop.third_party_row], program.third_party, program.opening.headroom, stop.in_term,
            )  # fmt: skip
        if stop.purchase >= 0:
            purchase_shares(ledgers, histories, program, stop.purchase, tally, tape, n, recorded, offset)
        if stop.last_action > stop.first_action:
            pay_notes(ledgers, histories, program, stop)
        if stop.month_end >= 0:
            sweep_notes(ledgers, program, stop)
            for i in range(recorded):
                tape.cash_month_end[stop.month_end, offset + i] = s[CASH + i]
            if stop.closes_quarter >= -1:
                close_quarter(s, histories.cash_used, program, stop.closes_quarter)
    for i in range(BLOCK):
        s[ENDING + i] = s[CASH + i] if s[OUT_DAYS + i] == NEVER else s[ENDING + i]
