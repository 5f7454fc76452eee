"""Events of the company: milestones, changes of CEO, adverse changes, third-party financing, waivers, extensions."""

import numpy as np

from sim.kernels.jit import stage
from sim.kernels.random.elementary import exp, fma, log, normal
from sim.kernels.random.philox import uniform_pair
from sim.lowering.program import BLOCK, FINANCINGS, NEVER, THIRD_PARTY_TERMS


@stage
def time_milestones(achieved, variates, milestones, events):
    """Fill `achieved` (milestones, BLOCK) with days; NEVER where not reached. Each follows an earlier row.

    Days are lognormal with normal score loading F + sqrt(1 - loading^2) own: one factor, Gaussian copula.
    """
    if len(milestones) == 0:
        return
    factor = variates[events.factor_variate]
    for m in range(len(milestones)):
        milestone = milestones[m]
        row, reached, own = achieved[m], variates[milestone.reached_variate], variates[milestone.own_variate]
        for i in range(BLOCK):
            score = fma(events.loading, factor[i], events.own * own[i])
            days = exp(fma(milestone.log_sd, score, milestone.log_median))
            row[i] = days if reached[i] < milestone.probability else NEVER
        if milestone.follows >= 0:
            before = achieved[milestone.follows]
            for i in range(BLOCK):
                row[i] = before[i] + row[i]


@stage
def time_changes(ceo_change, adverse_change, variates, events):
    """Days to the CEO change and to the adverse change: -log(u) times the mean, exponential; NEVER without a model."""
    ceo_change[0] = NEVER
    adverse_change[0] = NEVER
    if events.variate < 0:
        return
    u, v = variates[events.variate], variates[events.variate + 1]
    if events.ceo_mean_days < NEVER:
        for i in range(BLOCK):
            ceo_change[0, i] = -log(u[i]) * events.ceo_mean_days
    if events.adverse_mean_days < NEVER:
        for i in range(BLOCK):
            adverse_change[0, i] = -log(v[i]) * events.adverse_mean_days


@stage
def find_third_parties(histories, months, third_party, first_path, span, points, offset):
    """List the block's third-party financings month by month: path, amount, and whether the line is reduced for it.

    Arrivals are rare, so they are listed first, without branches, and their terms drawn for the list alone.
    """
    until, paths = histories.financings_until, histories.financing_path
    financings = 0
    for k in range(len(until) - 1):
        until[k] = financings
        financings = list_arrivals(
            paths, financings, histories.variates[months[k].arrival_variate], third_party.probability
        )
    until[len(until) - 1] = financings
    amounts, reduces = histories.financing_amount[:financings], histories.financing_reduces[:financings]
    for k in range(len(until) - 1):
        for j in range(until[k], until[k + 1]):
            path = first_path + np.uint64(paths[j])
            if span.antithetic:
                u, v = uniform_pair(path >> np.uint64(1), k, THIRD_PARTY_TERMS, span.seed)
                odd = (path & np.uint64(1)) != np.uint64(0)
                amounts[j], reduces[j] = (1.0 - u, 1.0 - v) if odd else (u, v)
            else:
                amounts[j], reduces[j] = uniform_pair(path, k, THIRD_PARTY_TERMS, span.seed)
    if points.financings.shape[1] > 0:
        take_terms(histories, financings, points.financings, offset)
    for j in range(financings):
        amounts[j] = normal(amounts[j])
    for j in range(financings):
        amounts[j] = exp(fma(third_party.log_sd, amounts[j], third_party.log_median))
        reduces[j] = 1.0 if reduces[j] < third_party.reduction_probability else 0.0


@stage
def take_terms(histories, financings, uniforms, offset):
    """Quasi-random terms for each path's first financings."""
    so_far = histories.scratch
    so_far[:] = 0.0
    for j in range(financings):
        i = histories.financing_path[j]
        number = int(so_far[i])
        if number < FINANCINGS and offset + i < uniforms.shape[1]:
            histories.financing_amount[j] = uniforms[2 * number, offset + i]
            histories.financing_reduces[j] = uniforms[2 * number + 1, offset + i]
        so_far[i] += 1.0


@stage
def list_arrivals(paths, financings, arrival, probability):
    """Append the paths that receive third-party financing this month; returns the length of the list."""
    for i in range(BLOCK):
        paths[financings] = i
        financings += arrival[i] < probability
    return financings


@stage
def draw_flags(flags, variates, records):
    """Fill `flags` (records, BLOCK): 1.0 with the record's probability. Those of 0 and 1 have no variate (-1)."""
    for j in range(len(records)):
        p = records[j].probability
        if records[j].variate < 0:
            flags[j] = 1.0 if p >= 1.0 else 0.0
        else:
            u = variates[records[j].variate]
            for i in range(BLOCK):
                flags[j, i] = 1.0 if u[i] < p else 0.0
