"""Decimal arithmetic in which nothing is taken from the process's own context, which a user may set."""

from decimal import ROUND_HALF_EVEN, Context, DivisionByZero, InvalidOperation, Overflow

_LIMIT = 999_999

#: For `localcontext(FIFTY_DIGITS)`, which copies it, or for its own methods. Outside of such a block, floats enter by
#: `Decimal.from_float`, which raises no signal of any context.
FIFTY_DIGITS = Context(
    50, ROUND_HALF_EVEN, Emin=-_LIMIT, Emax=_LIMIT, capitals=1, clamp=0, flags=[],
    traps=[DivisionByZero, InvalidOperation, Overflow],
)  # fmt: skip
