"""The draw rule: price, coverage, conditions, request, limits, then shares and settlement, in this order."""

import numpy as np

from sim.kernels.cash import operate
from sim.kernels.jit import stage, verb
from sim.kernels.line.coverage import cover
from sim.kernels.line.limits import apply_limits, check_conditions, opportunity
from sim.kernels.line.policy import set_request
from sim.kernels.line.price import price_shares
from sim.kernels.line.settlement import settle_draw
from sim.lowering.program import NEVER


@verb
def draw(state, lo, hi, ledgers, histories, program, stop):
    """The draw of paths lo ... hi - 1: operations through the day, price, coverage, conditions, limits, settlement."""
    purchase, applies = program.purchases[stop.purchase], program.applies[stop.purchase]
    operate(state, lo, hi, histories.cash_used[stop.month], stop, program.opening.minimum)
    price_shares(state, lo, hi, histories, program, purchase)
    cover(state, lo, hi, histories.cash_used, program.covers, purchase)
    check_conditions(state, lo, hi, ledgers.failures, purchase.t, applies)
    set_request(state, lo, hi, purchase, program.line)
    size_draw(state, lo, hi, program.line, program.opening.headroom)
    settle_draw(state, lo, hi, ledgers.raised[purchase.period], purchase, program)


@stage
def size_draw(state, lo, hi, line, headroom):
    """Set `amount`, `shares` and `binding` of a draw, also after the cash-out; `undrawn` counts draws before it only.

    shares = floor(amount / price + 1/2), at most the shares that may still be issued. `headroom`: authorised less
    reserved shares.
    """
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        price = state.price[i]
        headroom_shares = headroom - state.outstanding[i]
        amount, reason = apply_limits(state, i, state.request[i], headroom_shares * price, line)
        shares = np.floor(amount / price + 0.5)
        solvent = 1.0 if state.out_days[i] == NEVER else 0.0
        state.undrawn[i] = opportunity(state, i, line) - solvent * amount
        state.amount[i] = amount
        state.shares[i] = headroom_shares if shares > headroom_shares else shares
        state.binding[i] = reason
        state.solvent[i] = solvent
