"""The one compilation policy, and the four machine operations that Python has no name for.

Why these flags:

* `nogil`: threads run blocks of paths side by side.
* `error_model="numpy"`: division by zero gives inf or NaN, as in NumPy, without a branch, which would stop vectorising.
* `forceinline`: the loop that calls a kernel can only run eight paths at a time when it sees the kernel's body.
* no `fastmath`: NaN means "absent", and results must not depend on the width of the vectors.
* no `parallel`: the engine owns the threads, so that Ctrl-C, progress and the order of sums stay in its hands.
  A `stage`, whose callers loop over nothing that vectorises, goes without: compiled once, called a few times a block.
* no `cache`: only the outermost kernel of a call is cached, by the module that defines it.
"""

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

kernel = numba.njit(nogil=True, error_model="numpy", forceinline=True)
stage = numba.njit(nogil=True, error_model="numpy")


@intrinsic
def fma(typingctx, a, b, c):
    """a x b + c with one rounding (IEEE 754 fusedMultiplyAdd)."""

    def build(context, builder, signature, args):
        return builder.fma(*args)

    return types.float64(types.float64, types.float64, types.float64), build


@intrinsic
def to_bits(typingctx, x):
    """The 64 bits of a float64, as uint64."""

    def build(context, builder, signature, args):
        return builder.bitcast(args[0], ir.IntType(64))

    return types.uint64(types.float64), build


@intrinsic
def from_bits(typingctx, n):
    """The float64 that has these 64 bits."""

    def build(context, builder, signature, args):
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.uint64), build


@intrinsic(prefer_literal=True)
def stack_floats(typingctx, n):
    """Pointer to n float64 on the stack, n a constant, for `numba.carray`. A heap array would cost more than a row."""

    def build(context, builder, signature, args):
        memory = cgutils.alloca_once(builder, ir.ArrayType(ir.DoubleType(), n.literal_value))
        memory.align = 64
        return builder.bitcast(memory, ir.DoubleType().as_pointer())

    return types.CPointer(types.float64)(n), build
