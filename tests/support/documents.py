"""A case as a document that tests change: `valence-2002` of version 0.4."""

import copy
import tomllib

import pytest

from sim.terms import Case, CaseError
from tests.support.valence import FILE, valence_2002

CASE = valence_2002()
REMOVED = object()


def document():
    """Its file as the plain dictionary that its reader makes of it."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def changed(changes):
    """The document with `{("price", "drift"): 0.1}` applied; REMOVED takes a key away."""
    doc = document()
    for path, value in changes.items():
        holder = doc
        for part in path[:-1]:
            holder = holder[part]
        if value is REMOVED:
            del holder[path[-1]]
        else:
            holder[path[-1]] = copy.deepcopy(value)
    return doc


def problems(doc, source="x.toml"):
    with pytest.raises(CaseError) as caught:
        Case.from_dict(doc, source=source)
    return caught.value.problems
