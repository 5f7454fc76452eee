"""The settlement of a draw: cash, shares, totals, legal fees, and the impact on later closes."""

from sim.kernels.cash import pay
from sim.kernels.jit import stage, verb
from sim.lowering.program import CAUSE_OPERATIONS


@verb
def settle_draw(state, lo, hi, raised, purchase, program):
    """Cash, shares and totals after the draw, then its legal fees. `raised` (BLOCK,): of the purchase date's period."""
    line = program.line
    if program.price.impact:
        move_later_closes(state, lo, hi)
    add_draw(state, lo, hi, purchase.t, line.commitment)
    add_to_period(state, lo, hi, raised, line.cap)
    if line.legal_cost > 0.0:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            state.paid[i] = line.legal_cost if state.amount[i] > 0.0 else 0.0
        pay(state, lo, hi, purchase.t, program.opening.minimum, CAUSE_OPERATIONS)


@stage
def move_later_closes(state, lo, hi):
    """Dilution impact on later closes, to the theoretical ex-issue price: (N + n x price / close) / (N + n)."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        held, new = state.outstanding[i], state.shares[i]
        factor = (held + new * state.price[i] / state.close[i]) / (held + new)
        state.impact[i] = state.impact[i] * (factor if new > 0.0 else 1.0)


@stage
def add_draw(state, lo, hi, t, commitment):
    """Add the amount to cash and the shares to those outstanding. Totals include draws before the cash-out only.

    Sums of rounded amounts can exceed a limit by their last bit, so `raised` is at most the commitment.
    """
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        amount, shares, solvent = state.amount[i], state.shares[i], state.solvent[i]
        drawn = amount > 0.0
        cash = state.cash[i] + amount
        state.cash[i] = cash
        state.base_cash[i] = cash if drawn else state.base_cash[i]
        state.base_day[i] = t if drawn else state.base_day[i]
        state.remaining[i] = state.remaining[i] - amount
        state.drawn[i] = state.drawn[i] + amount
        state.outstanding[i] = state.outstanding[i] + shares
        raised = state.raised[i] + solvent * amount
        state.raised[i] = commitment if raised > commitment else raised
        state.issued[i] = state.issued[i] + solvent * shares
        state.discount_cost[i] = state.discount_cost[i] + solvent * (shares * (state.close[i] - state.price[i]))
        state.draws[i] = state.draws[i] + (solvent if drawn else 0.0)


@stage
def add_to_period(state, lo, hi, raised, cap):
    """Add the draw to what its period has raised, at most the cap."""
    for i in range(lo & 0xFFFF, hi & 0xFFFF):
        total = raised[i] + state.solvent[i] * state.amount[i]
        raised[i] = cap if total > cap else total
