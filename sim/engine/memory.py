"""Memory of the arrays that kernels work in: each begins at a multiple of a cache line.

A register of 512 bits is as wide as a line, so every access to a row that begins elsewhere would touch two of them.
NumPy's arrays begin at multiples of 16 bytes.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

LINE = 64  # bytes

Shape = int | tuple[int, ...]


def zeros(shape: Shape, dtype: Any = np.float64) -> np.ndarray:
    """`numpy.zeros` on a cache line."""
    kind = np.dtype(dtype)
    size = _elements(shape) * kind.itemsize
    return _from_line(np.zeros(size + LINE, np.uint8))[:size].view(kind).reshape(shape)


def empty_together(wanted: Sequence[tuple[Shape, Any]]) -> list[np.ndarray]:
    """Arrays of such shapes and types in one piece of memory, which the system hands out and takes back as a whole."""
    sizes = [_elements(shape) * np.dtype(dtype).itemsize for shape, dtype in wanted]
    starts = np.cumsum([0, *(-(-size // LINE) * LINE for size in sizes)])
    memory = _from_line(np.empty(int(starts[-1]) + LINE, np.uint8))
    return [
        memory[start : start + size].view(dtype).reshape(shape)
        for (shape, dtype), start, size in zip(wanted, starts.tolist(), sizes, strict=False)
    ]


def _elements(shape: Shape) -> int:
    return math.prod(shape) if isinstance(shape, tuple) else shape


def _from_line(memory: np.ndarray) -> np.ndarray:
    """Bytes from the first multiple of a line on."""
    return memory[-memory.ctypes.data % LINE :]
