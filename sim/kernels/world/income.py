"""Interest on cash: rate x days / 365 of a month's opening cash if it is positive, credited at the month's end."""

from sim.kernels.jit import stage
from sim.lowering.program import BLOCK


@stage
def open_income(opening, cash):
    """The first month's opening cash."""
    for i in range(BLOCK):
        opening[i] = cash


@stage
def credit_income(state, opening, rate, days):
    """A month's interest, after its last sweep."""
    for i in range(BLOCK):
        income = opening[i] * rate * days / 365.0
        state.cash[i] = state.cash[i] + (income if income > 0.0 else 0.0)
