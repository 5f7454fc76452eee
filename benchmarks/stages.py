"""The time of each stage of the kernels, by the processor's cycle counter, so that the next change begins here.

Every `stage` of `sim.kernels` is replaced, before anything is compiled, by a function that reads the counter before and
after it. A stage's time includes that of the stages it calls; `verb`s and loops outside stages stand under "the rest".
"""

import importlib
import inspect
import pkgutil
import tempfile
import time
from collections.abc import Callable

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.dispatcher import Dispatcher
from numba.extending import intrinsic

import sim
from benchmarks.case import valence_2002
from benchmarks.extras import LIMITS, PEOPLE, WEEKLY
from benchmarks.report import Options, Report
from sim.text.tables import Table

CHANGES = {
    "quarter_end": {"policy.cadence": "quarter_end"},
    "daily": {"policy.cadence": "daily"},
    "weekly, limits of today's lines": WEEKLY | LIMITS,
    "cuts of the burn and bridge loans": PEOPLE,
}
SEED = 20020401
MOST = 256  # stages
CYCLES = np.zeros(MOST, np.int64)
CALLS = np.zeros(MOST, np.int64)


@intrinsic
def cycles(typingctx):  # type: ignore[no-untyped-def]
    """The processor's cycle counter."""

    def build(context, builder, signature, args):  # type: ignore[no-untyped-def]
        counter = ir.FunctionType(ir.IntType(64), [])
        return builder.call(cgutils.get_or_insert_function(builder.module, counter, "llvm.readcyclecounter"), [])

    return types.int64(), build


@intrinsic
def add_at(typingctx, address, amount):  # type: ignore[no-untyped-def]
    """Add to the 64 bits at an address."""

    def build(context, builder, signature, args):  # type: ignore[no-untyped-def]
        pointer = builder.inttoptr(args[0], ir.IntType(64).as_pointer())
        builder.store(builder.add(builder.load(pointer), args[1]), pointer)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), build


def timed(inner: Dispatcher, number: int) -> Callable:
    """A function that does what `inner` does and counts its cycles and calls."""
    names = ", ".join(inspect.signature(inner.py_func).parameters)
    cycles_at, calls_at = CYCLES.ctypes.data + 8 * number, CALLS.ctypes.data + 8 * number
    source = (
        f"def timed({names}):\n    _start = _cycles()\n    _given = _inner({names})\n"
        f"    _add_at({cycles_at}, _cycles() - _start)\n    _add_at({calls_at}, 1)\n    return _given\n"
    )
    room = {"_inner": inner, "_cycles": cycles, "_add_at": add_at}  # no stage has parameters of such names
    exec(source, room)
    how = {key: value for key, value in inner.targetoptions.items() if key != "nopython"}
    return numba.njit(room["timed"], **how)


def replace_stages() -> list[str]:
    """Put a timed function in the place of every stage; returns their names."""
    import sim.kernels

    names: list[str] = []
    found: dict[int, Callable] = {}
    modules = [importlib.import_module(m.name) for m in pkgutil.walk_packages(sim.kernels.__path__, "sim.kernels.")]
    for module in modules:
        for name, value in list(vars(module).items()):
            if isinstance(value, Dispatcher) and value.targetoptions.get("forceinline") is False:
                if id(value) not in found:
                    found[id(value)] = timed(value, len(names))
                    names.append(f"{value.py_func.__module__.removeprefix('sim.kernels.')}.{name}")
                setattr(module, name, found[id(value)])
    return names


def run(options: Options) -> Report:
    report = Report("stages")
    paths = options.many(200_000)
    with tempfile.TemporaryDirectory(prefix="fundrisk-stages-") as cache:
        numba.config.CACHE_DIR = cache  # compiled code with counters must not stay behind
        names = replace_stages()
        for name, changes in CHANGES.items():
            case = valence_2002().replace(changes)
            sim.simulate(case, paths=128, seed=SEED, workers=1)
            CYCLES[:], CALLS[:] = 0, 0
            tick, started = _counter(), time.perf_counter()
            sim.simulate(case, paths=paths, seed=SEED, workers=1)
            seconds, ticks = time.perf_counter() - started, _counter() - tick
            each = seconds / ticks / paths * 1e9
            order = [k for k in np.argsort(-CYCLES[: len(names)]) if CALLS[k]]
            rows = [
                (names[k], f"{CYCLES[k] * each:,.1f}", f"{CYCLES[k] / ticks:.1%}", f"{CALLS[k] / paths * 128:,.1f}")
                for k in order
            ]
            headings = ("stage, with those it calls", "ns a path", "of the run", "calls a block")
            note = f"{seconds / paths * 1e9:,.0f} ns a path with the counters, one worker, {paths:,} paths"
            report.tables.append(Table(f"valence-2002, {name}", headings, rows, note=note))
            report.figures[name] = {names[k]: float(CYCLES[k] * each) for k in order}
    return report


@numba.njit
def _counter() -> int:
    return cycles()
