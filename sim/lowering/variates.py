"""Which numbers of the generator a case uses, and the rows that hold them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import NamedTuple

from sim.lowering import program as r


@lru_cache(maxsize=4096)
def index_of(name: str) -> int:
    """A random stream's index made of a name, so that random numbers do not move when a list gets longer or shorter."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


class _Number(NamedTuple):
    """What a row holds: one number of each path."""

    row: int
    kind: int
    of_purpose: int  # which of the purpose's numbers


class Variates:
    """Allocates rows of the array of variates and records which call of the generator fills each row.

    Once it is `complete`, it gives the rows that were asked for before, and no others.
    """

    def __init__(self) -> None:
        self.complete = False
        self.rows = r.UNUSED_ROWS
        self._calls: dict[tuple[int, int], dict[int, _Number]] = {}

    def ask(self, purpose: int, index: int, word: int, kind: int) -> int:
        """The row that will hold one number for each path, made of one of the two words of a call."""
        return self._row(purpose, index, word, _Number(self.rows, kind, 2 * index + word))

    def normal(self, purpose: int, number: int, start: int = 0) -> int:
        """The row of a normal of a purpose whose calls give four. `start`: index of the call of its normals 0 to 3."""
        index, place = divmod(number, r.NORMALS_A_CALL)
        return self._row(purpose, (start + index) & 0xFFFFFFFF, place, _Number(self.rows, r.TWO_NORMALS, number))

    def _row(self, purpose: int, index: int, place: int, new: _Number) -> int:
        if self.complete:
            return self._calls[purpose, index][place].row
        found = self._calls.setdefault((purpose, index), {}).setdefault(place, new)
        self.rows += found is new
        return found.row

    def normals(self, purpose: int, count: int) -> tuple[int, ...]:
        """The rows of normals 0 ... count - 1 of a purpose, of those that were asked for."""
        places = (divmod(n, r.NORMALS_A_CALL) for n in range(count))
        found = (self._calls.get((purpose, index), {}).get(place) for index, place in places)
        return tuple(number.row for number in found if number)

    def normal_rows(self) -> list[int]:
        """The rows of all normals."""
        numbers = (number for numbers in self._calls.values() for number in numbers.values())
        return [number.row for number in numbers if number.kind != r.UNIFORM]

    def by_importance(self) -> list[int]:
        """The rows in decreasing importance for the outcome of a path: extensions and the first financings, the broad
        course of burn and market, the events of the company, then single months, then single days."""
        ranked = [
            (self._rank(purpose, number.of_purpose, index), number.row)
            for (purpose, index), numbers in self._calls.items()
            for number in numbers.values()
        ]
        return [row for _, row in sorted(ranked)]

    @staticmethod
    def _rank(purpose: int, number: int, index: int) -> tuple[int, int]:
        once = {
            r.EXTENSION: -1, r.THIRD_PARTY_ARRIVAL: 0, r.COMMON_FACTOR: 4, r.WAIVER_FACTOR: 4, r.WAIVER: 5, r.EVENTS: 5,
            r.FLOW: 5, r.MILESTONE: 6, r.WAIVER_OF_PERIOD: 7,
        }  # fmt: skip
        if purpose in (r.BURN_NORMAL, r.ITEM_NORMAL):
            return 2 * number + 1, purpose
        if purpose in (r.MONTH_END_NORMAL, r.THIRD_PARTY_MONTH):
            return 2 * number + 2, purpose
        return once.get(purpose, 10_000 + index), purpose

    def calls(self) -> list[dict]:
        rows = []
        for (purpose, index), numbers in self._calls.items():
            row = {"purpose": purpose, "index": index}
            fours = any(number.kind == r.TWO_NORMALS for number in numbers.values())
            for word, letter in enumerate("ab"):
                unused = _Number(word, r.UNUSED, -1)
                places = (2 * word, 2 * word + 1) if fours else (word, -1)
                first, second = (numbers.get(place, unused) for place in places)
                row |= {
                    f"kind_{letter}": max(first.kind, second.kind),
                    f"row_{letter}": first.row,
                    f"second_{letter}": second.row,
                }
            rows.append(row)
        return rows


def bernoulli(variates: Variates, purpose: int, name: str, probability: float) -> int:
    """The row of the uniform of a Bernoulli draw, one for each path and name; -1 if the probability is 0 or 1."""
    return variates.ask(purpose, index_of(name), 0, r.UNIFORM) if 0 < probability < 1 else -1
