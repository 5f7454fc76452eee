"""Third-party financings whose probability follows the stock price, and reductions of the running period. Section
"Third-party financing" of sim/docs/model.md."""

from sim.kernels.jit import stage, verb
from sim.kernels.random.elementary import exp, fma, log
from sim.lowering.program import BLOCK

_MOST = 10.0  # that a high price multiplies the rate by


@stage
def open_arrivals(people, histories, months):
    """No financing yet. Closes of month-ends before the impact of draws, for the price of a financing's shares."""
    if people.arrivals.used == 0 or people.given != 0:
        return
    histories.financings.until[:] = 0
    for k in range(len(people.month_closes)):
        for i in range(BLOCK):
            people.month_closes[k, i] = histories.closes[months[k].row, i]


@stage
def find_financings_by_price(people, arrays, program, k):
    """List the financings of month k: in each path one with probability 1 - exp(-rate / 12 (S / S0)^beta)."""
    arrivals, histories, third_party = people.arrivals, arrays.histories, program.third_party
    if arrivals.used == 0 or people.given != 0:
        return
    listed, initial = histories.financings, program.price.initial
    row = program.months[max(k - 1, 0)].row  # -1: no session in it
    before = histories.closes[max(row, 0)]
    rows = people.arrival_variates[k]
    comes, amounts, reduces = rows[0], rows[1], rows[2]
    number = listed.until[k]
    for i in range(BLOCK):
        factor = exp(arrivals.sensitivity * log(before[i] / initial)) if k > 0 and row >= 0 else 1.0
        factor = factor if factor < _MOST else _MOST
        p = 1.0 - exp(-(arrivals.rate * factor))
        if histories.variates[comes, i] < p:
            listed.order[number] = number
            listed.path[number] = i
            listed.month[number] = k
            listed.amount[number] = exp(fma(third_party.log_sd, histories.variates[amounts, i], third_party.log_median))
            cuts = histories.variates[reduces, i] < third_party.reduction_probability
            listed.reduces[number] = 1.0 if cuts else 0.0
            listed.close[number] = people.month_closes[k, i]
            number += 1
    listed.until[k + 1 :] = number


@verb
def reduce_period(drawn, row, i, cap, amount):
    """Take the amount from what the running period still allows."""
    left = cap - drawn[row, i]
    left = left if left > 0.0 else 0.0
    drawn[row, i] = drawn[row, i] + (amount if amount < left else left)
