"""Cash used in operations, month by month."""

from sim.kernels.jit import stage
from sim.kernels.random.elementary import exp, fma
from sim.lowering.program import BLOCK


@stage
def spread_burn(cash_used, variates, months, burn, scratch):
    """Fill `cash_used` (months, BLOCK) with level(k) exp(x_k - s^2/2), x a stationary AR(1) with standard deviation s.

    x of the month before the first may be known. The shock of a month is correlated with the month's Brownian increment
    of the price. Months outside the simulated span count at their expected figure. `scratch` holds x, BLOCK values.
    """
    first = True
    for k in range(len(months)):
        month = months[k]
        row, level = cash_used[k], month.level
        if month.own_variate < 0 or burn.sd == 0.0:
            row[:] = level
            continue
        market, own = variates[month.market_variate], variates[month.own_variate]
        if first:
            for i in range(BLOCK):
                shock = fma(burn.correlation, market[i], burn.own * own[i])
                scratch[i] = fma(burn.persistence, burn.before, burn.first_shock * shock)
            first = False
        else:
            for i in range(BLOCK):
                shock = fma(burn.correlation, market[i], burn.own * own[i])
                scratch[i] = fma(burn.persistence, scratch[i], burn.shock * shock)
        for i in range(BLOCK):
            row[i] = level * exp(scratch[i] - burn.half_variance)
