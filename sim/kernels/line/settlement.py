"""The settlement of a draw: cash, shares, totals, legal fees, and the impact on later closes."""

from sim.kernels.cash import pay
from sim.kernels.jit import passage, verb
from sim.lowering.program import CAUSE_OPERATIONS


@verb
def settle_draw(state, i, raised, t, line, minimum):
    """Cash, shares and totals of path i after the draw, then its legal fees. `raised`: of the purchase date's period.

    Totals include draws before the cash-out only. Sums of rounded amounts can exceed a limit by their last bit, so what
    is raised is at most the commitment, and in a period at most its cap.
    """
    amount, shares, solvent = state.amount[i], state.shares[i], state.solvent[i]
    drawn = amount > 0.0
    cash = state.cash[i] + amount
    state.cash[i] = cash
    state.base_cash[i] = cash if drawn else state.base_cash[i]
    state.base_day[i] = t if drawn else state.base_day[i]
    state.remaining[i] = state.remaining[i] - amount
    state.drawn[i] = state.drawn[i] + amount
    state.outstanding[i] = state.outstanding[i] + shares
    total = state.raised[i] + solvent * amount
    state.raised[i] = line.commitment if total > line.commitment else total
    total = raised[i] + solvent * amount
    raised[i] = line.cap if total > line.cap else total
    state.issued[i] = state.issued[i] + solvent * shares
    state.discount_cost[i] = state.discount_cost[i] + solvent * (shares * (state.close[i] - state.price[i]))
    state.draws[i] = state.draws[i] + (solvent if drawn else 0.0)
    pay(state, i, line.legal_cost if drawn else 0.0, t, minimum, CAUSE_OPERATIONS)


@passage
def move_later_closes(state, i):
    """Dilution impact on later closes, to the theoretical ex-issue price: (N + n x price / close) / (N + n)."""
    held, new = state.outstanding[i], state.shares[i]
    factor = (held + new * state.price[i] / state.close[i]) / (held + new)
    state.impact[i] = state.impact[i] * (factor if new > 0.0 else 1.0)
