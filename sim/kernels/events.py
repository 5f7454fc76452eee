"""Events of the company: milestones, changes of CEO, adverse changes, waivers, extensions."""

from sim.kernels.jit import stage
from sim.kernels.random.elementary import exp, fma, log
from sim.kernels.world.past import remaining_days
from sim.lowering.program import BLOCK, NEVER


@stage
def time_milestones(achieved, variates, milestones, events, past):
    """Fill `achieved` (milestones, BLOCK) with days; NEVER where not reached. Each follows an earlier row.

    Days are lognormal with normal score loading F + sqrt(1 - loading^2) own: one factor, Gaussian copula. `past`, a
    `Past` or None, says which have been reached, and what time of the others has passed.
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
        if past is not None and past.milestones[m].elapsed > 0.0:
            for i in range(BLOCK):
                score = fma(events.loading, factor[i], events.own * own[i])
                days = remaining_days(score, milestone, past.milestones[m])
                row[i] = days if row[i] < NEVER else NEVER
        if past is not None and past.milestones[m].achieved != 0:
            row[:] = 0.0
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
