"""How records lie in memory: the number of paths of a block, and the types of records and of rows of a block."""

import numpy as np

#: Paths that a kernel walks side by side. A compile-time constant: row offsets become constants and loops vectorise.
BLOCK = 128
LINE = 64  # bytes of a cache line


def record(**fields: str) -> np.dtype:
    """A record of numbers: "f" for a float, "i" for an int, each of 64 bits."""
    return np.dtype([(name, {"f": np.float64, "i": np.int64}[kind]) for name, kind in fields.items()])


def rows(*names: str) -> np.dtype:
    """A record of rows: one float64 array (BLOCK,) for each name.

    Between two rows lies a cache line that nobody uses: rows a power of 2 apart would want the same few places in the
    cache.
    """
    pitch = 8 * BLOCK + LINE
    return np.dtype(
        {
            "names": names,
            "formats": [(np.float64, (BLOCK,))] * len(names),
            "offsets": [pitch * number for number in range(len(names))],
            "itemsize": pitch * len(names),
        }
    )
