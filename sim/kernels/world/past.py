"""What has happened, or has not, before the opening. Section "Milestones" of sim/docs/model.md."""

from sim.kernels.jit import stage, verb
from sim.kernels.random.elementary import exp, fma, normal, upper_tail
from sim.lowering.program import BLOCK, NEVER

_LEAST, _MOST = 2.0**-53, 1.0 - 2.0**-53


@verb
def remaining_days(score, milestone, past):
    """Days to a milestone whose time is above `past.elapsed`, by the same normal score as without that knowledge.

    With F(t) its distribution function and u that of the score, the time is F^-1(F(elapsed) + u (1 - F(elapsed))).
    """
    u = fma(upper_tail(-score), 1.0 - past.behind, past.behind)
    u = u if u < _MOST else _MOST
    u = u if u > _LEAST else _LEAST
    days = exp(fma(milestone.log_sd, normal(u), milestone.log_median)) - past.elapsed
    return days if days > 0.0 else 0.0


@stage
def date_changes(histories, past):
    """The change of the chief executive and the adverse change that have happened already."""
    if past.ceo_change < NEVER:
        for i in range(BLOCK):
            histories.ceo_change[0, i] = past.ceo_change
    if past.adverse_change < NEVER:
        for i in range(BLOCK):
            histories.adverse_change[0, i] = past.adverse_change
