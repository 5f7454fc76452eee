"""The normal distribution function from +, -, x, / and `exp`: the same bits on every machine."""

from sim.kernels.jit import kernel
from sim.kernels.random.elementary import exp, horner

# Hart (1968), algorithm 5666, with the tail of West (2005), "Better approximations to cumulative normal functions":
# 1 - Phi(x) = exp(-x^2 / 2) P(x) / Q(x) up to 5 sqrt(2), and a continued fraction beyond.
_ABOVE = (
    3.52624965998911e-02, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
    220.206867912376,
)  # fmt: skip
_BELOW = (
    8.83883476483184e-02, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
    793.826512519948, 440.413735824752,
)  # fmt: skip
_TAIL = 7.07106781186547
_ROOT_TWO_PI = 2.506628274631


@kernel
def normal_cdf(x):
    """Standard normal distribution function; absolute error below 2e-16, relative error below 1e-8."""
    size = x if x > 0.0 else -x
    fraction = size + 1.0 / (size + 2.0 / (size + 3.0 / (size + 4.0 / (size + 0.65))))
    ratio = horner(_ABOVE, size) / horner(_BELOW, size)
    ratio = ratio if size < _TAIL else 1.0 / (fraction * _ROOT_TWO_PI)
    beyond = exp(-0.5 * size * size) * ratio
    return 1.0 - beyond if x > 0.0 else beyond
