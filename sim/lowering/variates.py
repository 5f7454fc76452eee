"""Which numbers of the generator a case uses, and the rows that hold them."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from sim.lowering import program as r


@lru_cache(maxsize=4096)
def index_of(name: str) -> int:
    """A random stream's index made of a name, so that random numbers do not move when a list gets longer or shorter."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


class Variates:
    """Allocates rows of the array of variates and records which call of the generator fills each row.

    Once it is `complete`, it gives the rows that were asked for before, and no others.
    """

    def __init__(self) -> None:
        self.complete = False
        self.rows = 1  # row 0 receives unused variates
        self._halves: dict[tuple[int, int], dict[int, tuple[int, int]]] = {}
        self._months: dict[int, int] = {}

    def ask(self, purpose: int, index: int, half: int, kind: int, month: int = -1) -> int:
        """The row that will hold one number for each path. `month`: to which it belongs, if its index does not say."""
        if self.complete:
            return self._halves[purpose, index][half][0]
        kind = r.PAIRED if purpose in r.PAIRS else kind
        halves = self._halves.setdefault((purpose, index), {})
        if half not in halves:
            halves[half] = (self.rows, kind)
            self._months[self.rows] = month
            self.rows += 1
        return halves[half][0]

    def row_of(self, purpose: int, index: int, half: int) -> int:
        """The row of a number that was asked for, or -1."""
        return self._halves.get((purpose, index), {}).get(half, (-1, r.UNUSED))[0]

    def by_importance(self) -> list[int]:
        """The rows in decreasing importance for the outcome of a path: the broad course of burn and market, the events
        of the company, then single months, then single days."""
        ranked = [
            (self._rank(purpose, 2 * index + half if self._months[row] < 0 else self._months[row], index), row)
            for (purpose, index), halves in self._halves.items()
            for half, (row, _) in halves.items()
        ]
        return [row for _, row in sorted(ranked)]

    @staticmethod
    def _rank(purpose: int, month: int, index: int) -> tuple[int, int]:
        once = {
            r.EXTENSION: 0, r.COMMON_FACTOR: 4, r.WAIVER_FACTOR: 4, r.WAIVER: 5, r.EVENTS: 5, r.FLOW: 5, r.MILESTONE: 6,
            r.WAIVER_OF_PERIOD: 7,
        }  # fmt: skip
        if purpose in (r.BURN_NORMAL, r.ITEM_NORMAL):
            return 2 * month + 1, purpose
        if purpose in (r.MONTH_END_NORMAL, r.THIRD_PARTY_ARRIVAL, r.THIRD_PARTY_MONTH):
            return 2 * month + 2, purpose
        return once.get(purpose, 10_000 + index), purpose

    def calls(self) -> list[dict]:
        rows = []
        for (purpose, index), halves in self._halves.items():
            (row_a, kind_a), (row_b, kind_b) = (halves.get(half, (0, r.UNUSED)) for half in (0, 1))
            kind_a = r.PAIRED if purpose in r.PAIRS else kind_a
            rows.append(
                {"purpose": purpose, "index": index, "row_a": row_a, "kind_a": kind_a, "row_b": row_b, "kind_b": kind_b}
            )
        return rows


def bernoulli(variates: Variates, purpose: int, name: str, probability: float) -> int:
    """The row of the uniform of a Bernoulli draw, one for each path and name; -1 if the probability is 0 or 1."""
    return variates.ask(purpose, index_of(name), 0, r.UNIFORM) if 0 < probability < 1 else -1
