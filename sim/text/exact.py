"""Decimal arithmetic in which nothing is taken from the process's own context, which a user may set."""

from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from functools import lru_cache

_LIMIT = 999_999

#: For `localcontext(FIFTY_DIGITS)`, which copies it, or for its own methods. Outside of such a block, floats enter by
#: `Decimal.from_float`, which raises no signal of any context.
FIFTY_DIGITS = Context(
    50, ROUND_HALF_EVEN, Emin=-_LIMIT, Emax=_LIMIT, capitals=1, clamp=0, flags=[],
    traps=[DivisionByZero, InvalidOperation, Overflow],
)  # fmt: skip

_ROOT_TWO_PI = Decimal("2.5066282746310005024157652848110452530069867406099")
_FAR = 14  # beyond it a normal number lies with probability 8e-45


@lru_cache(maxsize=4096)
def log(x: float) -> float:
    """Natural logarithm, correctly rounded."""
    return float(FIFTY_DIGITS.ln(Decimal.from_float(x)))


def normal_cdf(x: Decimal) -> Decimal:
    """Standard normal distribution function, to 20 digits or more where it is above 1e-25.

    Phi(x) = 1/2 + phi(x) (x + x^3 / 3 + x^5 / (3 x 5) + ...), Abramowitz and Stegun (1964), 26.2.11.
    """
    with localcontext(FIFTY_DIGITS):
        if abs(x) > _FAR:
            return Decimal(int(x > 0))
        square, term, total, n = x * x, x, Decimal(0), 1
        while abs(term) > Decimal("1e-50"):
            total += term
            n += 2
            term *= square / n
        return Decimal("0.5") + total * (-square / 2).exp() / _ROOT_TWO_PI
