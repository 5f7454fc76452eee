"""What surrounds the lines in a block of paths, in the order of the ledger: the calls that both ledgers make."""

from sim.kernels.copying import copy_row
from sim.kernels.events import draw_flags
from sim.kernels.jit import verb
from sim.kernels.world.arrivals import open_arrivals
from sim.kernels.world.bridge import draw_willing, lend_all, open_bridge
from sim.kernels.world.flows import take_flows, time_flows
from sim.kernels.world.income import credit_income, open_income
from sim.kernels.world.months import expect_months, keep_burn, restore_burn, spread_month
from sim.kernels.world.response import open_response, pay_one_offs, respond
from sim.kernels.world.statement import add_items
from sim.kernels.world.waivers import draw_waivers


@verb
def draw_world(world, histories):
    """Everything random of it that no price decides: flows that happen, items of a statement, waivers, an insider."""
    other, people = world.other, world.people
    draw_flags(other.rows.happens, histories.variates, other.tables.flows)
    if len(other.tables.items) > 0:
        add_items(histories, other)
    draw_waivers(people, histories.variates, histories.waived)
    if people.bridge.used != 0:
        draw_willing(people, histories.variates)


@verb
def open_world(arrays, program, world):
    """The opening of a ledger, before its first month, once the months have their burn."""
    people, other, histories = world.people, world.other, arrays.histories
    open_arrivals(people, histories, program.months)
    open_bridge(people.rows[0])
    open_response(people.rows[0], people.response.begun)
    open_income(other.rows.opening[0], program.opening.cash)
    if people.response.used != 0 or len(other.tables.flows) > 0:
        keep_burn(other.rows.burn, histories.cash_used)
        time_flows(histories, other)
    if people.response.used == 0 and len(other.tables.flows) > 0:
        for k in range(len(other.rows.fixed)):
            spread_month(arrays, program, world, k)
    open_month(world, arrays, program, 0)


@verb
def open_month(world, arrays, program, k):
    """The opening of month k: management looks at cash, and the months that are affected have their cash used."""
    people, months = world.people, len(world.people.acts)
    if people.response.used != 0 and k < months:
        respond(people.rows[0], people.acts, arrays.ledgers.state[0], k, people, program.opening.minimum)
        for number in range(k, people.spread_to[k]):
            spread_month(arrays, program, world, number)
        expect_months(arrays.histories.cash_used, people, program.months, k)


@verb
def take_other(j, stop, ledgers, program, other):
    """Flows of stop j, after operations and financings."""
    if other.tables.first_due[j] < other.tables.first_due[j + 1]:
        take_flows(j, stop, ledgers, program, other)


@verb
def pay_one_off(people, state, stop, minimum):
    """The one-off costs of the month's cuts, at its end."""
    if people.response.used != 0 and stop.month_end >= 0:
        pay_one_offs(people.rows[0], state, stop.t, minimum)


@verb
def end_month(k, ledgers, program, world):
    """The end of month k, after the sweep of notes: interest income, then the insider's loan."""
    state, days, tables = ledgers.state[0], program.months[k].days, world.other.tables
    if tables.income_rate > 0.0:
        credit_income(state, world.other.rows.opening[0], tables.income_rate, days)
    if world.people.bridge.used != 0:
        lend_all(world.people, state, k, days, program.opening.minimum)
    if tables.income_rate > 0.0:
        copy_row(world.other.rows.opening, 0, state.cash)


@verb
def close_world(world, histories):
    """The end of a ledger: a history holds the burn without flows and without management's response."""
    if world.people.response.used != 0 or len(world.other.tables.flows) > 0:
        restore_burn(histories.cash_used, world.other.rows.burn)
