"""The what-if grid: price, volatility, burn and waivers, every combination run once under common luck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.summary import jsonable


@dataclass(frozen=True)
class Axis:
    """One input and its values in `unit`, rising; the case's own is `values[base]`."""

    key: str
    label: str
    values: tuple[float, ...]
    unit: str
    base: int


@dataclass(frozen=True)
class Grid:
    """Means of measures and their standard errors over the grid, arrays of the shape of the axes.

    The axes are price.initial, price.volatility, burn.monthly and waivers; one that does not apply has one value.
    """

    axes: tuple[Axis, ...]
    mean: Mapping[str, np.ndarray]
    error: Mapping[str, np.ndarray]
    paths: int
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; arrays as nested lists."""
        return jsonable(
            {
                "axes": [vars(axis) for axis in self.axes],
                "mean": {name: array.tolist() for name, array in self.mean.items()},
                "error": {name: array.tolist() for name, array in self.error.items()},
                "paths": self.paths,
                "seed": self.seed,
            }
        )
