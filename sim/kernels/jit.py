"""The one compilation policy, and the machine operations that Python has no name for.

Why these flags:

* `nogil`: threads run blocks of paths side by side.
* `error_model="numpy"`: division by zero gives inf or NaN, as in NumPy, without a branch, which would stop vectorising.
* `forceinline`: the loop that calls a `verb` can only run eight paths at a time when it sees the verb's body.
  A `stage`, whose callers loop over nothing that vectorises, goes without: compiled once, called a few times a block.
  It says `forceinline=False`, as Numba hands that option down to callees.
* no `parallel`: the engine owns the threads, so that Ctrl-C, progress and the order of sums stay in its hands.
* no `fastmath`: NaN means "absent", and results must not depend on the width of the vectors.
* `passage`: inlined before types are inferred. For very short functions.
* `LINKED`: all but outermost kernels are compiled the shorter way of `sim.kernels.linking`. Python cannot call them.
* no `cache`: only the outermost kernel of a call is cached, by the module that defines it.
"""

from typing import Any, cast

import numba
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.core.codegen import get_host_cpu_features
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from sim.kernels.linking import LINKED


def _use_wide_registers() -> None:
    """Let LLVM use registers of 512 bits on the Intel processors that have them without a lower clock.

    LLVM prefers 256 bits there, and Numba reads its setting once, when the first function of a process is compiled: so
    this does nothing where another program has compiled first, or where the user has chosen a processor. Numba's cache
    tells apart code with different settings; results are the same.
    """
    features, settings = get_host_cpu_features(), cast(Any, config)  # its names are made when it is imported
    if settings.CPU_NAME is None and settings.CPU_FEATURES is None and "+avx512vbmi2" in features.split(","):
        settings.CPU_FEATURES = f"{features},-prefer-256-bit"
        try:
            cpu_target.target_context.codegen()
        finally:
            settings.CPU_FEATURES = None


_use_wide_registers()
POLICY: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
_INNER: dict[str, Any] = {**LINKED, **POLICY}
stage = numba.njit(forceinline=False, **_INNER)
verb = numba.njit(forceinline=True, **_INNER)
passage = numba.njit(inline="always", **_INNER)


@intrinsic
def fma(typingctx, a, b, c):
    """a x b + c with one rounding (IEEE 754 fusedMultiplyAdd)."""

    def build(context, builder, signature, args):
        return builder.fma(*args)

    return types.float64(types.float64, types.float64, types.float64), build


@intrinsic
def sqrt(typingctx, x):
    """Square root, rounded as IEEE 754 says."""

    def build(context, builder, signature, args):
        return builder.call(builder.module.declare_intrinsic("llvm.sqrt", [ir.DoubleType()]), args)

    return types.float64(types.float64), build


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


@intrinsic
def load(typingctx, pointer, index):
    """pointer[index]."""

    def build(context, builder, signature, args):
        return builder.load(builder.gep(args[0], [args[1]]))

    return types.float64(pointer, types.int64), build


@intrinsic
def store(typingctx, pointer, index, value):
    """pointer[index] = value."""

    def build(context, builder, signature, args):
        builder.store(args[2], builder.gep(args[0], [args[1]]))
        return context.get_dummy_value()

    return types.void(pointer, types.int64, types.float64), build


@intrinsic
def fetch(typingctx, row, i):
    """Ask for the cache line of row[i]; nothing waits for it. The index is not checked."""

    def build(context, builder, signature, args):
        place = builder.gep(context.make_array(signature.args[0])(context, builder, args[0]).data, [args[1]])
        number, byte = ir.IntType(32), ir.IntType(8).as_pointer()
        prefetch = builder.module.declare_intrinsic(
            "llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        )
        reading, second_cache, data = number(0), number(2), number(1)
        builder.call(prefetch, [builder.bitcast(place, byte), reading, second_cache, data])
        return context.get_dummy_value()

    return types.void(row, types.int64), build


def _apart(builder):
    """Metadata that says: what carries this scope is not what carries it as `noalias`."""
    module = builder.module
    domain = module.add_metadata([ir.MetaDataString(module, "fundrisk")])
    scope = module.add_metadata([ir.MetaDataString(module, "inputs of a block"), domain])
    return module.add_metadata([scope])


@intrinsic
def peek(typingctx, row, i):
    """row[i] of a contiguous row of numbers that no `put` of the same loop writes to; the index is not checked.

    The arrays of a block never overlap, but LLVM cannot know that. It would test it before every loop, which does not
    pay for the few paths of a group, and so leaves such loops scalar.
    """

    def build(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        value = builder.load(builder.gep(data, [args[1]]))
        value.set_metadata("alias.scope", _apart(builder))
        return value

    return row.dtype(row, types.int64), build


@intrinsic
def put(typingctx, row, i, value):
    """row[i] = value for a contiguous row of numbers; see `peek`. The index is not checked."""

    def build(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        store = builder.store(args[2], builder.gep(data, [args[1]]))
        store.set_metadata("noalias", _apart(builder))
        return context.get_dummy_value()

    return types.void(row, types.int64, row.dtype), build


@intrinsic
def add_to(typingctx, sums, place, amount):
    """Add to number `place` of a contiguous array, counted through its rows. The index is not checked."""

    def build(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        at = builder.gep(data, [args[1]])
        add = builder.fadd if isinstance(sums.dtype, types.Float) else builder.add
        builder.store(add(builder.load(at), args[2]), at)
        return context.get_dummy_value()

    return types.void(sums, types.int64, sums.dtype), build
