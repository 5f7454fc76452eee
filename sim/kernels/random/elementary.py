"""exp, log, normals and their tail: the same bits on every machine, eight paths at a time.

Every function of a number is one straight line of +, -, x, /, fused multiply-adds, integer operations and selects.
There is no branch, no table and no libm, so a loop over a row vectorises, and IEEE 754 fixes every rounding.
"""

import math

import numpy as np

from sim.kernels.jit import fma, from_bits, load, sqrt, stack_floats, store, to_bits, verb

_FRACTION = np.uint64(0x000FFFFFFFFFFFFF)  # the 52 bits behind the point
_ONE = np.uint64(0x3FF0000000000000)  # the bits of 1.0
_WIDTH = np.uint64(52)
_SQRT_HALF = np.uint64(0x3FE6A09E667F3BCD)  # the bits of sqrt(1/2)
_SHIFT = np.uint64(_ONE - _SQRT_HALF)
_SPARE = np.uint64(12)  # 64 bits less 52
_SIGN = np.uint64(1 << 63)
_UPPER_40 = np.uint64(0x000FFFFFFFFFF000)  # of the 52 bits behind the point
_SWAP = np.uint64(1 << 22)  # the second of the 24 bits of an angle
_TO_SIGN, _TO_FRACTION = np.uint64(40), np.uint64(30)  # shifts of the first of them, and of the last 22
_TWO52 = np.uint64(0x4330000000000000)  # the bits of 2^52: or-ed with n < 2^52 they are those of 2^52 + n

_CHUNK = 128  # elements
_SQRT2 = 1.4142135623730951
_LOG2_E = 1.4426950408889634
_LN2_HIGH = 0.6931471803691238  # 32 bits: its product with an exponent is exact
_LN2_LOW = 1.9082149292705877e-10
_ROUND = 6755399441055744.0  # 1.5 x 2^52: adding and subtracting it rounds to an integer

# Coefficients: highest power first. From a Remez exchange in 50 digits; the error is that of the function named.

# (exp(r) - 1 - r) / r^2 on |r| <= ln(2) / 2: relative error 2^-57.9 of exp(r).
_EXP = (
    2.500008442577437e-08, 2.763024879588082e-07, 2.755758629088442e-06, 2.4801493097828538e-05, 0.00019841269506688846,
    0.0013888888943631085, 0.008333333333494399, 0.041666666666530155, 0.16666666666666413, 0.5000000000000011,
)  # fmt: skip

# (2 atanh(s) - 2 s) / s^3 in z = s^2 for |s| <= tan(pi/8)^2: relative error 2^-59.5 of the logarithm.
_LOG = (
    0.14796079444205318, 0.15314038405233762, 0.18183564767214752, 0.22222198565381013, 0.28571428742456556,
    0.39999999999414404, 0.6666666666666734,
)  # fmt: skip

# 2 atanh(s) / (s ln 2) in z = s^2 for the same s: absolute error 2^-54.4 of the logarithm to base 2.
_LOG2 = (
    0.24450981167637284, 0.26129185664515586, 0.3206219921226437, 0.41219830314439104, 0.5770780180946972,
    0.9617966939212167, 2.8853900817779308,
)  # fmt: skip

# z / (u - 1/2) in w, degrees 14 and 13: minimax of the relative error on 0 <= w <= 51, by least squares with Lawson's
# weights in 60 digits against Newton's method on erfc, then scaled and rounded; error 2^-52.3 as rounded.
_ABOVE = (
    0.035485753794651936, 68.91678358295346, 12444.639415042513, 508713.7034842994, 23481142.78604971,
    730804662.5830891, 18597995094.695168, 388308726399.8712, 6563945760522.434, 89256221641479.08, 973989918610934.5,
    8415733632340576.0, 5.5114029067430296e+16, 2.6613750870119875e+17, 7.73913650551308e+17,
)  # fmt: skip
_BELOW = (
    1.0, 496.16558976135747, 39032.8581596995, 1385527.7424111431, 65196557.442607224, 1513315430.1110942,
    41798218171.17223, 679083389949.4579, 11751795239735.41, 133562958433856.22, 1326503821960519.5,
    1.0954287865793612e+16, 5.014659596531587e+16, 3.0874687658473626e+17,
)  # fmt: skip

# sin(pi x / 2) / x and cos(pi x / 2) in x^2 for |x| <= 1/2, and -2 ln(m) / s in s^2 for s = (m - 1) / (m + 1),
# sqrt(1/2) <= m < sqrt(2): relative errors 2^-54, 2^-54 and 2^-52.
_SIN = (
    5.6337214012254104e-08, -3.5986417572183925e-06, 0.00016044115029238752, -0.004681754132282509,
    0.07969262624603957, -0.6459640975062443, 1.5707963267948966,
)  # fmt: skip
_COS = (
    4.6560016622341405e-07, -2.5200192250639927e-05, 0.0009192599677101805, -0.02086348073756718, 0.2536695079000525,
    -1.233700550136157, 1.0,
)  # fmt: skip
_LOG_MINUS_2 = (
    -0.3363975054312224, -0.3624727533984496, -0.44446743706480923, -0.5714283425409418, -0.8000000010458764,
    -1.3333333333317432, -4.0,
)  # fmt: skip
_MINUS_2_LN2 = -1.3862943611198906

# e^(a^2/2) P(Z > a), Mills' ratio divided by sqrt(2 pi), for 0 <= a <= 39, degrees 10 and 11: minimax of the relative
# error, by least squares with Lawson's weights in 50 digits against erfc; error 2^-59.8 before rounding.
_TAIL_ABOVE = (
    0.3989422804015239, 12.413598046589415, 189.63909393632773, 1850.062619118298, 12674.12846519749,
    63464.45086620241, 234948.24274887366, 635809.4136521881, 1209183.7719167012, 1473053.0571988823, 889594.4577632518,
)  # fmt: skip
_TAIL_BELOW = (
    1.0, 31.11627585353834, 476.35471483056654, 4668.535547137036, 32242.68346592463, 163656.97421478308,
    619756.5148202531, 1743856.2151523894, 3561039.108047704, 5012092.511636441, 4365693.480847956, 1779188.9155265037,
)  # fmt: skip
_LAST_TAIL = 37.0  # standard deviations


@verb
def horner(coefficients, x):
    """The polynomial with these coefficients, highest power first, one fused multiply-add a power."""
    value = coefficients[0]
    for i in range(1, len(coefficients)):
        value = fma(value, x, coefficients[i])
    return value


@verb
def even_odd(coefficients, x, square):
    """The same from its even and its odd powers, `square` being x^2: two chains, each half as long."""
    n = len(coefficients)
    first, second = coefficients[0], coefficients[1]
    for i in range(2, n - 1, 2):
        first, second = fma(first, square, coefficients[i]), fma(second, square, coefficients[i + 1])
    if n % 2 == 0:
        return fma(first, x, second)
    return fma(second, x, fma(first, square, coefficients[n - 1]))


@verb
def exp(x):
    """e^x for |x| <= 700; beyond, e^-700 or e^700, so that a result is neither 0 nor infinite. NaN for NaN.

    x = n ln 2 + r, |r| <= ln(2) / 2; e^x = 2^n (1 + r + r^2 p(r)).
    """
    x = -700.0 if x < -700.0 else x
    x = 700.0 if x > 700.0 else x
    shifted = fma(x, _LOG2_E, _ROUND)
    n = shifted - _ROUND
    r = fma(n, -_LN2_LOW, fma(n, -_LN2_HIGH, x))
    square = r * r
    value = fma(square, even_odd(_EXP, r, square), r) + 1.0
    return from_bits(to_bits(value) + (to_bits(shifted) << _WIDTH))


@verb
def log(x):
    """Natural logarithm of a float64: subnormals too, -inf at 0, NaN below, inf at inf.

    x = 2^e m, sqrt(1/2) <= m < sqrt(2); with s = (m - 1) / (m + 1), ln m = 2 atanh(s), arranged as in FreeBSD's e_log.c
    (Ng 1993) so that the leading term m - 1 is exact.
    """
    tiny = x < 2.2250738585072014e-308
    bits = to_bits(x * 18014398509481984.0 if tiny else x) + _SHIFT
    e = from_bits((bits >> _WIDTH) | _TWO52) - (4503599627370496.0 + 1077.0 if tiny else 4503599627370496.0 + 1023.0)
    r = from_bits((bits & _FRACTION) + _SQRT_HALF) - 1.0
    s = r / (2.0 + r)
    z = s * s
    half_square = 0.5 * r * r
    rest = fma(s, fma(horner(_LOG, z), z, half_square), e * _LN2_LOW)
    value = fma(e, _LN2_HIGH, r - (half_square - rest))
    value = value if x < math.inf else x  # inf and NaN
    value = value if x > 0.0 else (-math.inf if x == 0.0 else math.nan)
    return value


@verb
def normal(u):
    """Inverse of the normal distribution function for a 52-bit uniform u = (k + 1/2) 2^-52; at most 8 ulp off.

    With w = -log2(4 u (1 - u)), 0 in the middle and 51 at the ends, z / (u - 1/2) is a smooth function of w on the
    whole range, and one quotient of polynomials follows it. Its coefficients are all positive, so nothing cancels;
    u - 1/2 is exact and u (1 - u) rounded once, so normal(1 - u) == -normal(u) bit for bit.
    """
    return _score(u, _depth(u))


@verb
def upper_tail(z):
    """P(Z > z) of a standard normal Z, at most 5 ulp off for z <= 37; beyond, P(Z > 37) = 6e-300. 1 for NaN.

    e^(-z^2/2) times a quotient of polynomials with positive coefficients, so nothing cancels; what the rounding of z^2
    loses is put back. Below 0 it is 1 - P(Z > -z).
    """
    z = z if z > -_LAST_TAIL else -_LAST_TAIL
    a = abs(z)
    a = a if a < _LAST_TAIL else _LAST_TAIL
    square = a * a
    value = exp(-0.5 * square)
    value = fma(value, -0.5 * fma(a, a, -square), value)
    value = value * (even_odd(_TAIL_ABOVE, a, square) / even_odd(_TAIL_BELOW, a, square))
    return value if z > 0.0 else 1.0 - value


@verb
def box_muller(word):
    """Two independent standard normals from 64 random bits. Box and Muller (1958).

    The radius sqrt(-2 ln u) has u = (k + 1/2) 2^-40, k the upper 40 bits. The lower 24 bits give one of 2^24
    equidistant angles: two bits an axis, the last 22, j, the angle x pi / 2 to it, x = (j + 1/2) 2^-22 - 1/2.
    """
    bits = to_bits(from_bits(((word >> _SPARE) & _UPPER_40) | _ONE) - (1.0 - 2.0**-41)) + _SHIFT
    e = from_bits((bits >> _WIDTH) | _TWO52) - (4503599627370496.0 + 1023.0)
    f = from_bits((bits & _FRACTION) + _SQRT_HALF) - 1.0
    s = f / (2.0 + f)
    radius = sqrt(fma(e, _MINUS_2_LN2, s * horner(_LOG_MINUS_2, s * s)))
    x = from_bits(((word << _TO_FRACTION) & _FRACTION) | _ONE) - (1.5 - 2.0**-23)
    square = x * x
    sine = x * horner(_SIN, square)
    cosine = from_bits(to_bits(horner(_COS, square)) ^ ((word << _TO_SIGN) & _SIGN))
    swap = (word & _SWAP) != np.uint64(0)
    return radius * (sine if swap else cosine), radius * (cosine if swap else sine)


@verb
def normal_row(row):
    """`normal` of every element of a contiguous row, in place."""
    half = row.shape[0] // 2
    normal_rows(row[:half], row[half : 2 * half])
    for i in range(2 * half, row.shape[0]):
        row[i] = normal(row[i])


@verb
def normal_rows(row_a, row_b):
    """`normal` of every element of two contiguous rows of one length, in place.

    In two passes, because the constants of both do not fit the 32 vector registers; and both rows in one loop, because
    the processor finds work in one chain of dependent operations while the other waits. Element by element takes 1.6
    times as long, for the same bits.
    """
    depth_a = stack_floats(_CHUNK)
    depth_b = stack_floats(_CHUNK)
    for start in range(0, row_a.shape[0], _CHUNK):
        a, b = row_a[start : start + _CHUNK], row_b[start : start + _CHUNK]
        for i in range(a.shape[0]):
            store(depth_a, i, _depth(a[i]))
            store(depth_b, i, _depth(b[i]))
        for i in range(a.shape[0]):
            a[i], b[i] = _score(a[i], load(depth_a, i)), _score(b[i], load(depth_b, i))


@verb
def _depth(u):
    """-log2(4 u (1 - u)). With u (1 - u) = 2^e m, 1 <= m < 2, and s = (sqrt(2) - m) / (sqrt(2) + m) it is
    2 atanh(s) / ln(2) - e - 5/2; only its absolute error matters near 0."""
    bits = to_bits(fma(-u, u, u))
    m = from_bits((bits & _FRACTION) | _ONE)
    s = (_SQRT2 - m) / (_SQRT2 + m)
    return fma(s, horner(_LOG2, s * s), (1023.0 - 2.5) - np.int64(bits >> _WIDTH))


@verb
def _score(u, w):
    square = w * w
    return (u - 0.5) * (even_odd(_ABOVE, w, square) / even_odd(_BELOW, w, square))
