"""Waivers of one line: with a score that its conditions share, anew each fiscal quarter, or by the price. Section
"Waivers and extensions" of sim/docs/model.md.

A condition is waived where its score, loading F + sqrt(1 - loading^2) own, lies below the normal quantile of its
probability p; where nothing is shared, where its uniform lies below p. With a price logit p = logit w + b ln(S / S0).
"""

from sim.kernels.conditions import time_failure
from sim.kernels.copying import copy_row
from sim.kernels.jit import stage, verb
from sim.kernels.random.elementary import exp, fma, log, normal
from sim.lowering.program import BLOCK, UNLIMITED

_LEAST = 2.0**-53  # of a probability whose normal quantile is taken


@verb
def falls_below(u, factor, waiver, p):
    """Whether a waiver with uniform `u` of its own happens with probability p."""
    if waiver.loading == 0.0:
        return u < p
    p = p if p > _LEAST else _LEAST
    p = p if p < 1.0 - _LEAST else 1.0 - _LEAST
    return fma(waiver.loading, factor, waiver.own * normal(u)) < normal(p)


@stage
def draw_waiver(flags, variates, waiver):
    """The waiver of every path where no price decides; a probability of 0 or 1 has no variate (-1)."""
    for i in range(BLOCK):
        flags[i] = 1.0 if waiver.probability >= 1.0 else 0.0
    if waiver.variate >= 0:
        own, factor = variates[waiver.variate], variates[waiver.factor]
        for i in range(BLOCK):
            flags[i] = 1.0 if falls_below(own[i], factor[i], waiver, waiver.probability) else 0.0


@stage
def draw_waiver_by_price(flags, variates, waiver, closes, initial):
    """The waiver of every path, given the closes of the date."""
    own, factor = variates[waiver.variate], variates[waiver.factor]
    for i in range(BLOCK):
        log_odds = fma(waiver.sensitivity, log(closes[i] / initial), waiver.log_odds)
        p = 1.0 / (1.0 + exp(-log_odds))
        flags[i] = 1.0 if falls_below(own[i], factor[i], waiver, p) else 0.0


@verb
def draw_waivers(people, variates, waived):
    """Every waiver that no price decides, and no waiver of the others, which are drawn on purchase dates."""
    for r in range(len(people.waivers)):
        waiver = people.waivers[r]
        draw_waiver(people.waived[r], variates, waiver)
        if waiver.sensitivity != 0.0 and waiver.variate >= 0:
            people.waived[r, :] = 0.0
        if waiver.once != 0 and waiver.condition >= 0:
            copy_row(waived, waiver.condition, people.waived[r])


@verb
def renew_waivers(people, arrays, program, p):
    """On the first purchase date of a period, or of the path: its waivers, and when the conditions fail under them."""
    histories, notice = arrays.histories, program.lines.notices[p]
    for r in range(people.renewals[p, 0], people.renewals[p, 1]):
        waiver = people.waivers[r]
        if waiver.sensitivity != 0.0 and waiver.variate >= 0 and people.given == 0:
            closes = histories.closes[notice.row]
            draw_waiver_by_price(people.waived[r], histories.variates, waiver, closes, program.price.initial)
        c = waiver.condition
        if c >= 0:
            if waiver.once != 0 and people.given == 0:
                copy_row(histories.waived, c, people.waived[r])
            failure, condition = arrays.ledgers.failures[c], program.conditions[c]
            time_failure(failure, condition, people.waived[r], histories, program.events.adverse_duration)


@stage
def lift_coverage(people, state, p):
    """No coverage limit on a purchase date in whose period it is waived."""
    row = people.coverage_rows[p]
    if row >= 0:
        for i in range(BLOCK):
            state.coverage[i] = UNLIMITED if people.waived[row, i] != 0.0 else state.coverage[i]
