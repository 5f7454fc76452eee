"""Ready variants of a case: the line off, every condition waived, each of its clauses lifted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Clause:
    """One clause of a line. `lifted` are the overrides that lift it, as `Case.replace` takes them.

    `key` is a short name such as "coverage" or "condition: licence"; `words` says what it asks for; `clause` is its
    number in the documents where the case says it, else "".
    """

    key: str
    words: str
    lifted: Mapping[str, object]
    clause: str = ""
