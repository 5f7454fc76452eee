"""The cash used of a month: its burn, as management has cut it, less what flows bring. Sections "Other cash" and
"Management's response" of sim/docs/model.md."""

from sim.kernels.copying import copy_row
from sim.kernels.jit import stage, verb
from sim.lowering.program import BLOCK
from sim.lowering.world_records import MONTHS_AHEAD


@verb
def keep_burn(burn, cash_used):
    """The burn, and the expected figures, before anything changes them."""
    for j in range(len(cash_used)):
        copy_row(burn, j, cash_used[j])


@verb
def restore_burn(cash_used, burn):
    for j in range(len(cash_used)):
        copy_row(cash_used, j, burn[j])


@verb
def spread_month(arrays, program, world, k):
    """Month k: cash used a day, with every flow that comes by month; cash used in operations, with those of it."""
    tables, rows, people = world.other.tables, world.other.rows, world.people
    used, rates, total = arrays.histories.cash_used, arrays.ledgers.rates, rows.total
    if people.response.used != 0:
        cut_burn(used[k], rows.burn[k], rows.fixed[k], people.rows[0].cut_from, k, people.response.factor)
    if len(tables.flows) == 0:
        set_rate(rates[k], used[k], program.months[k].days)
        return
    copy_row(total, 0, used[k])
    for f in range(len(tables.flows)):
        if tables.monthly[f, k] != 0.0:
            take_monthly(total[0], rows.happens[f], tables.monthly[f, k])
    set_rate(rates[k], total[0], program.months[k].days)
    for f in range(len(tables.flows)):
        if tables.flows[f].operations != 0:
            if tables.monthly[f, k] != 0.0:
                take_monthly(used[k], rows.happens[f], tables.monthly[f, k])
            count_used(used[k], rows.days[f], tables.flows[f].amount, tables.month_at, k)


@stage
def cut_burn(used, burn, fixed, cut_from, k, factor):
    """The burn of month k, its fixed part whole and the rest as management has cut it."""
    for i in range(BLOCK):
        used[i] = fixed[i] + (burn[i] - fixed[i]) * factor if cut_from[i] <= k else burn[i]


@stage
def take_monthly(used, happens, amount):
    """A month's cash used, less what a monthly flow brings."""
    for i in range(BLOCK):
        used[i] = used[i] - amount if happens[i] != 0.0 else used[i]


@stage
def set_rate(rates, used, days):
    """Cash used a day."""
    for i in range(BLOCK):
        rates[i] = used[i] / days


@stage
def count_used(used, days, amount, month_at, k):
    """A dated flow of operations in the cash used of month k, if that is its month."""
    for i in range(BLOCK):
        if days[i] < len(month_at) and month_at[int(days[i])] == k:
            used[i] = used[i] - amount


@verb
def expect_months(cash_used, people, months, k):
    """The expected figures of month k and of those after it that coverage in month k can count."""
    for number in range(k, k + MONTHS_AHEAD):
        row = people.expected_rows[number]
        if row >= 0:
            expect(cash_used[row], people.rows[0].cut_from, number, months[row].level, people.cut_rows[row])


@stage
def expect(figures, cut_from, k, level, cut):
    """The expected figure of month k, or that of a month that is cut."""
    for i in range(BLOCK):
        figures[i] = cut if cut_from[i] <= k else level
