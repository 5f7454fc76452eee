"""The draw policy: the amount that the company requests on a purchase date."""

from sim.kernels.jit import verb
from sim.lowering.program import UNLIMITED


@verb
def request(state, i, purchase, line):
    """The request of path i; infinity requests the maximum.

    The lesser of what a schedule says and of what brings cash to so many months of burn; each is infinite for the
    policies that have no such number. A close at or above the trigger requests the maximum.
    """
    usual, after_cut = purchase.runway_cash, purchase.cut_runway_cash  # first, or LLVM gathers one of them
    runway_cash = usual if state.burn_cut[i] == 0.0 else after_cut
    wanted = runway_cash - state.cash[i]
    wanted = wanted if wanted > 0.0 else 0.0
    wanted = purchase.scheduled if purchase.scheduled < wanted else wanted
    return UNLIMITED if state.close[i] >= line.trigger else wanted
