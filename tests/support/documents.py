"""The shipped case as a document that tests change."""

import copy
import tomllib
from pathlib import Path

import pytest

import sim.terms
from sim.terms import Case, CaseError, load_case

SHIPPED = Path(sim.terms.__file__).parent.parent / "cases" / "valence-2002.toml"
CASE = load_case("valence-2002")
REMOVED = object()


def document():
    """The shipped file as the plain dictionary that its reader makes of it."""
    return tomllib.loads(SHIPPED.read_text(encoding="utf-8"))


def changed(changes):
    """The shipped document with `{("price", "drift"): 0.1}` applied; REMOVED takes a key away."""
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
