"""The activity of a session, (nu - 2) / G with G chi-square with nu degrees of freedom. Its mean is 1.

Marsaglia and Tsang (2000), "A simple method for generating gamma variables": with d = nu / 2 - 1/3, c = 1 / sqrt(9 d)
and v = (1 + c x)^3, accept if v > 0 and ln u < x^2 / 2 + d (1 - v + ln v); then G = 2 d v. Each attempt
of a session has an index of its own, so a rejection moves no number of another session.
"""

import numpy as np

from sim.kernels.jit import stage, verb
from sim.kernels.market.pairs import draw_uniform_pair
from sim.kernels.random.elementary import log, normal, normal_row
from sim.kernels.random.philox import to_uniform, words
from sim.lowering.program import ACTIVITY, ATTEMPT, BLOCK


@verb
def attempt(x, u, garch):
    """The activity that a normal and a uniform give; 0 if they are rejected."""
    t = 1.0 + garch.stretch * x
    v = t * t * t
    accepted = (t > 0.0) & (log(u) < 0.5 * x * x + garch.shape * (1.0 - v + log(v)))
    return garch.activity / v if accepted else 0.0


@stage
def draw_activity(activity, u, everyone, garch, n, lanes):
    """The activity of session n, for every path: first attempts side by side, the rejected ones path by path."""
    draw_uniform_pair(activity, u, everyone, lanes, np.int64(ACTIVITY), n)
    normal_row(activity)
    rejected = 0
    for i in range(BLOCK):
        activity[i] = attempt(activity[i], u[i], garch)
    for i in range(BLOCK):
        rejected += activity[i] == 0.0
    if rejected > 0:
        for i in range(BLOCK):
            if activity[i] == 0.0:
                activity[i] = redraw(garch, n, lanes.first_path + np.uint64(i), lanes.antithetic, lanes.seed)


@stage
def redraw(garch, n, path, antithetic, seed):
    """The first attempt after the first that is accepted."""
    mirror = np.uint64(antithetic)
    flip = np.uint64(0) - (path & mirror)
    value, k = 0.0, np.int64(1)
    while value == 0.0:
        a, b = words(path >> mirror, n + (k << ATTEMPT), np.int64(ACTIVITY), seed)
        value = attempt(normal(to_uniform(a ^ flip)), to_uniform(b ^ flip), garch)
        k += 1
    return value
