"""What a run remembers of its paths when it keeps none: counts in bins, and moments by chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sim.terms import Case


class Digest:
    """Counts and moments of the measures of the chunks that were added. `groups` as in `Distribution.from_values`."""

    def __init__(self, case: Case, groups: str | None = None) -> None:
        self.case, self.groups = case, groups

    def add(self, chunk: int, block: np.ndarray) -> None:
        """Take in a chunk by its number: rows `sim.records.COLUMNS`, then each period's raised; (rows, paths) float64."""

    def merge(self, other: Digest) -> None:
        """Take in what another digest of the same case has seen: other chunks."""
