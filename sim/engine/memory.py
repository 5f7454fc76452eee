"""Memory of the arrays that kernels work in: each begins at a multiple of a cache line.

A register of 512 bits is as wide as a line, so every access to a row that begins elsewhere would touch two of them.
NumPy's arrays begin at multiples of 16 bytes.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.lowering.layout import LINE

LARGE = 16 << 20  # bytes

Shape = int | tuple[int, ...]


def zeros(shape: Shape, dtype: Any = np.float64) -> np.ndarray:
    """`numpy.zeros` on a cache line."""
    kind = np.dtype(dtype)
    size = _elements(shape) * kind.itemsize
    return _from_line(np.zeros(size + LINE, np.uint8))[:size].view(kind).reshape(shape)


def empty_together(wanted: Sequence[tuple[Shape, Any]]) -> list[np.ndarray]:
    """Arrays of such shapes and types: large ones in one piece of memory, which the system hands out in large pages."""
    sizes = [_elements(shape) * np.dtype(dtype).itemsize for shape, dtype in wanted]
    rooms = [-(-size // LINE) * LINE for size in sizes]
    if sum(rooms) < LARGE:
        pieces = [_from_line(np.empty(room + LINE, np.uint8)) for room in rooms]
    else:
        pieces = np.split(_from_line(np.empty(sum(rooms) + LINE, np.uint8)), np.cumsum(rooms[:-1]))
    return [
        piece[:size].view(dtype).reshape(shape)
        for (shape, dtype), piece, size in zip(wanted, pieces, sizes, strict=True)
    ]


def _elements(shape: Shape) -> int:
    return math.prod(shape) if isinstance(shape, tuple) else shape


def _from_line(memory: np.ndarray) -> np.ndarray:
    """Bytes from the first multiple of a line on."""
    return memory[-memory.ctypes.data % LINE :]
