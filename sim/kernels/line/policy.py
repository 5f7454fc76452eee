"""The draw policy: the amount that the company requests on a purchase date."""

from sim.kernels.jit import stage
from sim.lowering.program import POLICY_MAXIMUM, POLICY_OPPORTUNISTIC, POLICY_SCHEDULE, UNLIMITED


@stage
def set_request(state, lo, hi, purchase, line):
    """The request of the policy; infinity requests the maximum."""
    if line.policy == POLICY_MAXIMUM:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            state.request[i] = UNLIMITED
    elif line.policy == POLICY_SCHEDULE:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            state.request[i] = purchase.scheduled
    else:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            wanted = purchase.runway_cash - state.cash[i]
            state.request[i] = wanted if wanted > 0.0 else 0.0
    if line.policy == POLICY_OPPORTUNISTIC:
        for i in range(lo & 0xFFFF, hi & 0xFFFF):
            state.request[i] = UNLIMITED if state.close[i] >= line.trigger else state.request[i]
