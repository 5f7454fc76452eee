"""The draw rule of one path: conditions, price, request, limits, then shares and settlement, in this order."""

import numpy as np

from sim.kernels.jit import passage, verb
from sim.kernels.line.limits import apply_limits, opportunity
from sim.kernels.line.policy import request
from sim.lowering.program import ANY_PRICE, NEVER


@passage
def open_date(state, i):
    """No price yet, and nothing that blocks the draw."""
    state.blocked[i] = -1.0
    state.price[i] = ANY_PRICE
    state.close[i] = ANY_PRICE


@verb
def needs_price(state, i, purchase, line, headroom):
    """Whether the amount or the binding reason of path i depends on the price."""
    amount, _ = apply_limits(state, i, request(state, i, purchase, line), headroom_dollars(state, i, headroom), line)
    return (amount > 0.0) | (line.price_first != 0)


@passage
def headroom_dollars(state, i, headroom):
    """Value of the shares that may still be issued. `headroom`: authorised less reserved shares."""
    return (headroom - state.outstanding[i]) * state.price[i]


@verb
def size_draw(state, i, purchase, line, headroom):
    """Set `amount`, `shares` and `binding` of a draw, also after the cash-out; `undrawn` counts draws before it only.

    shares = floor(amount / price + 1/2), at most the shares that may still be issued.
    """
    wanted = request(state, i, purchase, line)
    amount, reason = apply_limits(state, i, wanted, headroom_dollars(state, i, headroom), line)
    shares, most = np.floor(amount / state.price[i] + 0.5), headroom - state.outstanding[i]
    solvent = 1.0 if state.out_days[i] == NEVER else 0.0
    state.undrawn[i] = opportunity(state, i, line) - solvent * amount
    state.request[i] = wanted
    state.amount[i] = amount
    state.shares[i] = most if shares > most else shares
    state.binding[i] = reason
    state.solvent[i] = solvent
