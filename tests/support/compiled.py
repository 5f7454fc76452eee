"""Functions of the kernels that Python may call: by themselves they are only linked into outermost kernels."""

from collections.abc import Callable

import numba
from numba.core.dispatcher import Dispatcher

from sim.kernels.jit import POLICY


def called(function: Dispatcher) -> Callable:
    """The function, compiled for Python."""
    return numba.njit(**POLICY)(function.py_func)
