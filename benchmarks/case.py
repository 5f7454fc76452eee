"""The case that is measured: `valence-2002` as version 0.4 shipped it, so that versions can be compared."""

import dataclasses
from pathlib import Path

import sim

FILE = Path(__file__).parent / "valence-2002.toml"


def valence_2002() -> sim.Case:
    """The case, with the name that it had."""
    return dataclasses.replace(sim.load_case(FILE), source="valence-2002")
