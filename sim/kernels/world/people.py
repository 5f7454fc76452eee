"""What people do in a block of paths, in the order of the ledger: the calls that the ledgers make."""

from sim.kernels.jit import verb
from sim.kernels.world.arrivals import open_arrivals
from sim.kernels.world.bridge import draw_willing, lend_all, open_bridge
from sim.kernels.world.response import cut_months, keep_uncut, open_response, pay_one_offs, respond, restore_uncut
from sim.kernels.world.waivers import draw_waivers


@verb
def draw_people(people, variates, waived):
    """Everything random of people that no price decides."""
    draw_waivers(people, variates, waived)
    if people.bridge.used != 0:
        draw_willing(people, variates)


@verb
def open_people(people, arrays, program):
    """The opening of a ledger, before its first month."""
    open_arrivals(people, arrays.histories, program.months)
    if people.bridge.used != 0:
        open_bridge(people.rows[0])
    if people.response.used != 0:
        open_response(people.rows[0])
        keep_uncut(people.uncut, arrays.histories.cash_used)
        open_month(people, arrays, program, 0)


@verb
def open_month(people, arrays, program, k):
    """The opening of month k: management looks at cash, and the month has its burn."""
    if people.response.used != 0 and k < len(people.acts):
        state = arrays.ledgers.state[0]
        respond(people.rows[0], people.acts, state, k, people.levels[k], people.response, program.opening.minimum)
        used, rates = arrays.histories.cash_used, arrays.ledgers.rates[k]
        cut_months(used, people.uncut, people.rows[0], people.month_rows, k, people.response.factor)
        for i in range(len(rates)):
            rates[i] = used[k, i] / program.months[k].days


@verb
def pay_one_off(people, state, stop, minimum):
    """The one-off costs of the month's cuts, at its end."""
    if people.response.used != 0 and stop.month_end >= 0:
        pay_one_offs(people.rows[0], state, stop.t, minimum)


@verb
def lend(people, state, k, program):
    """The insider's loan at the end of month k."""
    if people.bridge.used != 0:
        lend_all(people, state, k, program.months[k].days, program.opening.minimum)


@verb
def close_people(people, cash_used):
    """The end of a ledger: a history holds the burn without management's response."""
    if people.response.used != 0:
        restore_uncut(cash_used, people.uncut)
