"""Cash: operations use it up evenly, payments move it, and the first moment below the minimum is the cash-out.

cash(t) = base_cash - (month's cash used / its days) x (t - base_day); the minimum is reached after
(base_cash - minimum) / rate days. Section "The cash-out" of sim/docs/model.md.

`base_cash` is the balance on `base_day`, the last day on which anything but operations moved it (the start of the month
at the earliest), so days without a cash flow change no bit. Shortfalls of less than a cent are ignored, so that
rounding cannot turn exactly three months of cash into a cash-out on the last day.
"""

from sim.kernels.jit import passage, stage, verb
from sim.lowering.program import BLOCK, CAUSE_OPERATIONS, CENT, NEVER


@verb
def operate(state, i, rate, t, minimum):
    """Cash of path i after operations through day t, and the cash-out if it falls in between.

    `rate`: cash used a day. `ending_cash` is the minimum from the start, as at such a cash-out. The cash-out's day is
    `out_days` + max(0, `out_cash` / `out_rate`), see `cash_out_day`.
    """
    base, since = state.base_cash[i], state.base_day[i]
    now = base - rate * (t - since)
    short = minimum - now
    out = (short >= CENT) & (state.out_days[i] == NEVER)
    state.cash[i] = now
    state.funding_gap[i] = short if short > state.funding_gap[i] else state.funding_gap[i]
    state.out_days[i] = since if out else state.out_days[i]
    state.out_cash[i] = base - minimum if out else state.out_cash[i]
    state.out_rate[i] = rate if out else state.out_rate[i]
    state.cause[i] = CAUSE_OPERATIONS if out else state.cause[i]


@verb
def pay(state, i, paid, t, minimum, cause):
    """Path i pays out of its cash on day t; the funding gap, and the cash-out with its cause if cash is too low."""
    cash = state.cash[i] - paid
    short = minimum - cash
    out = (short >= CENT) & (state.out_days[i] == NEVER)
    state.cash[i] = cash
    state.base_cash[i] = cash if paid != 0.0 else state.base_cash[i]
    state.base_day[i] = t if paid != 0.0 else state.base_day[i]
    state.funding_gap[i] = short if short > state.funding_gap[i] else state.funding_gap[i]
    state.out_days[i] = t if out else state.out_days[i]
    state.cause[i] = cause if out else state.cause[i]
    state.ending_cash[i] = cash if out & (cause != CAUSE_OPERATIONS) else state.ending_cash[i]


@passage
def cash_out_day(state, i):
    """Days to the cash-out of path i: linear interpolation inside a stretch of operations. NEVER if there is none."""
    lasts = state.out_cash[i] / state.out_rate[i]
    return state.out_days[i] + (lasts if lasts > 0.0 else 0.0)


@stage
def operate_all(state, rates, t, minimum):
    """`operate` for every path. `rates` (BLOCK,): cash used a day in the month."""
    for i in range(BLOCK):
        operate(state, i, rates[i], t, minimum)


@stage
def close_month(state, t):
    """The balance at the end of a month is the opening balance of the next."""
    for i in range(BLOCK):
        state.base_cash[i] = state.cash[i]
        state.base_day[i] = t
