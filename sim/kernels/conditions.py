"""The conditions of a draw: from when until when each fails."""

from sim.kernels.jit import stage, verb
from sim.lowering.program import BLOCK, CONDITION_MILESTONE, CONDITION_SAME_CEO, NEVER


@verb
def time_failures(failures, histories, conditions, adverse_duration):
    """Set the interval [begins, ends) in which each condition fails; both are NEVER if the condition is waived."""
    for c in range(len(conditions)):
        time_failure(failures[c], conditions[c], histories.waived[c], histories, adverse_duration)


@verb
def time_failure(failure, condition, waived, histories, adverse_duration):
    """The interval of one condition."""
    if condition.kind == CONDITION_MILESTONE:
        fail_until(failure, histories.achieved[condition.milestone], waived)
    elif condition.kind == CONDITION_SAME_CEO:
        fail_from(failure, histories.ceo_change[0], waived, NEVER)
    else:
        fail_from(failure, histories.adverse_change[0], waived, adverse_duration)


@stage
def fail_until(failure, day, waived):
    for i in range(BLOCK):
        failure.begins[i] = NEVER if waived[i] != 0.0 else -1.0
        failure.ends[i] = NEVER if waived[i] != 0.0 else day[i]


@stage
def fail_from(failure, day, waived, duration):
    for i in range(BLOCK):
        failure.begins[i] = NEVER if waived[i] != 0.0 else day[i]
        failure.ends[i] = NEVER if waived[i] != 0.0 else day[i] + duration
