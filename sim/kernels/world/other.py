"""Other cash of a block of paths: what `sim.kernels.block` and the ledgers call, at four places."""

from sim.kernels.events import draw_flags
from sim.kernels.jit import verb
from sim.kernels.world.flows import open_flows, take_flows
from sim.kernels.world.income import credit_income, open_month
from sim.kernels.world.statement import add_items


@verb
def sample_other(histories, other):
    """Which flows happen, and the cash used of a statement."""
    draw_flags(other.rows.happens, histories.variates, other.tables.flows)
    if len(other.tables.items) > 0:
        add_items(histories, other)


@verb
def open_other(ledgers, histories, program, other):
    """Before the first day, once the months have their cash used."""
    if len(other.tables.flows) > 0:
        open_flows(ledgers, histories, program, other)
    open_month(other.rows.opening[0], program.opening.cash)


@verb
def take_other(j, stop, ledgers, program, other):
    """On stop j, after operations and financings."""
    if other.tables.first_due[j] < other.tables.first_due[j + 1]:
        take_flows(j, stop, ledgers, program, other)


@verb
def close_other(stop, ledgers, program, other):
    """At the end of a month, after the sweep of notes."""
    if other.tables.income_rate > 0.0:
        days = program.months[stop.month_end].days
        credit_income(ledgers.state[0], other.rows.opening[0], other.tables.income_rate, days)
