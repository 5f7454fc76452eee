"""The shipped cases: each loads, `check` says it, and its file says where every figure comes from."""

import re
import tomllib
from pathlib import Path

import pytest

import sim.terms
from sim.terms import describe, load_case, shipped_cases, sources
from sim.terms.overrides import find
from sim.terms.warnings import warnings_of

CASES = Path(sim.terms.__file__).parent.parent / "cases"
NAMES = [name for name, _ in shipped_cases()]


NAMED = (".name", ".investor", ".model")  # keys whose value speaks for itself


def leaves(table: dict, where: str = "") -> list[str]:
    """The dotted keys of a document's values; entries of lists by their name, or by number."""
    found = []
    for word, value in table.items():
        key = f"{where}.{word}".strip(".")
        if isinstance(value, dict):
            found += leaves(value, key)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            found += [each for i, row in enumerate(value) for each in leaves(row, f"{key}[{row.get('name', i)}]")]
        else:
            found.append(key)
    return found


def comments(name: str) -> str:
    """The comments of a case's file, one line each, from its legend on."""
    lines = (CASES / f"{name}.toml").read_text(encoding="utf-8").splitlines()
    return "\n".join(re.sub(r'"[^"]*"', "", line).partition("#")[2] for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_shipped_case_has_a_description_without_warnings(name):
    case = load_case(name)
    assert describe(case).startswith(f"{case.title}\n{name} ")
    assert list(warnings_of(case)) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_source_is_in_the_legend_and_used(name):
    said = comments(name)
    legend = re.findall(r"^  +\[(\w+)\]  *\S", said, re.MULTILINE)
    used = set(re.findall(r"\[([A-Z0-9]+)\]", re.sub(r"^  +\[\w+\]", "", said, flags=re.MULTILINE)))
    assert used == set(legend)
    assert re.search(r"^  +ASSUMPTION: no document", said, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_every_key_has_a_comment_at_it_or_at_a_table_around_it(name):
    text = (CASES / f"{name}.toml").read_text(encoding="utf-8")
    beside, bare = sources.comments(text), {"schema", "title", "simulation", "ranges", "record", "variants"}
    keys = [key for key in leaves(tomllib.loads(text)) if re.split(r"[.\[]", key)[0] not in bare]
    assert len(keys) > 30
    assert [key for key in keys if not sources.comment_on(beside, key) and not key.endswith(NAMED)] == []


@pytest.mark.parametrize("name", NAMES)
def test_ranges_hold_the_values_of_the_case(name):
    case = load_case(name)
    for key, (low, high) in case.ranges.items():
        assert low <= find(case, key, sim.terms.Case)[1] <= high, key
