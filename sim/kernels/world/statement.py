"""Cash used in operations as the sum of a statement's items. Section "Burn" of sim/docs/model.md.

An item's figure of month j is level(j) exp(x_j - s^2/2), x a stationary AR(1) as that of `sim.kernels.burn`, from the
month after its milestone on; it is paid `lag_months` later.
"""

from sim.kernels.jit import stage, verb
from sim.kernels.random.elementary import exp, fma
from sim.lowering.program import BLOCK


@verb
def add_items(histories, other):
    """Fill the months' cash used, and the part of it that is fixed."""
    tables, rows, months = other.tables, other.rows, len(other.rows.factors)
    cash_used, achieved = histories.cash_used, histories.achieved
    for k in range(months):
        cash_used[k, :] = 0.0
        rows.fixed[k, :] = 0.0
    for n in range(len(tables.items)):
        item, of_item = tables.items[n], tables.item_months[n * months : (n + 1) * months]
        draw_factors(rows.factors, rows.course[0], histories.variates, item, of_item)
        reached = achieved[max(item.milestone, 0)]
        for k in range(months):
            add_item(cash_used[k], rows.factors[of_item[k].of], reached, item, of_item[k])
            if item.fixed != 0:
                add_item(rows.fixed[k], rows.factors[of_item[k].of], reached, item, of_item[k])


@stage
def draw_factors(factors, course, variates, item, months):
    """Factors of an item's figures, of mean 1, month by month. `course` (BLOCK,): x."""
    for k in range(len(months)):
        month, row = months[k], factors[k]
        if month.own_variate < 0:
            row[:] = 1.0
            continue
        market, own = variates[month.market_variate], variates[month.own_variate]
        for i in range(BLOCK):
            shock = fma(item.correlation, market[i], item.own * own[i])
            course[i] = item.sd * shock if k == 0 else fma(item.persistence, course[i], item.shock * shock)
        for i in range(BLOCK):
            row[i] = exp(course[i] - item.half_variance)


@stage
def add_item(used, factors, reached, item, month):
    """What an item pays in a month."""
    for i in range(BLOCK):
        paid = fma(month.level, factors[i], month.owed)
        starts = (item.milestone < 0) | (reached[i] <= month.since)
        used[i] = used[i] + (paid if starts else 0.0)
