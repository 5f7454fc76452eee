"""The design of a sweep: which keys of its cases are changed, to which values, in which combinations.

A grid is a table, as a TOML file has it, with one of three parts:

    [axes]                                     every combination of the values
    "price.volatility" = [0.6, 0.8, 1.0]

    [sobol]                                    a scrambled Sobol' design
    points = 1024
    seed = 1
    [ranges]
    "price.volatility" = [0.6, 1.2]

    [[overrides]]                              a list, each with its own keys
    "price.volatility" = 0.6
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.terms import Case, CaseError
from sim.terms.overrides import canonical, find, given_twice, known_key
from sim.terms.problems import MISSING, Problem, one_line, raise_if, show
from sim.terms.ranges import Whole
from sim.terms.schema import plain
from sim.terms.toml_text import TooDeep, parsed
from sim.text.reading import STDIN, Unreadable, is_stream, name_of, read_text

MOST_ROWS = 10_000_000
MOST_BYTES = 2**26
AT_ONCE = 1024  # points of a Sobol' design
KINDS = {"axes": "[axes]", "ranges": "[ranges] with [sobol]", "overrides": "[[overrides]]"}
_ENDS = {"low", "high"}


@dataclass(frozen=True)
class Design:
    """Combinations of overrides, made one after another so that memory does not grow with their number.

    `rows` are the values of each axis, the ends of each range, or the overrides themselves.
    """

    kind: str
    keys: tuple[str, ...]
    rows: tuple[Any, ...]
    points: int = 0
    seed: int = 0
    whole: tuple[bool, ...] = ()

    @property
    def combinations(self) -> int:
        """Their number, for each case."""
        return {"axes": math.prod(map(len, self.rows)), "ranges": self.points, "overrides": len(self.rows)}[self.kind]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The overrides of each combination; of axes the last changes fastest."""
        if self.kind == "overrides":
            return iter(self.rows)
        points = itertools.product(*self.rows) if self.kind == "axes" else self._sobol()
        return (dict(zip(self.keys, point, strict=True)) for point in points)

    def values(self, key: str) -> tuple[Any, ...]:
        """Every value of a key; none of a range."""
        if self.kind == "axes":
            return tuple(self.rows[self.keys.index(key)])
        return tuple(row[key] for row in self.rows if key in row) if self.kind == "overrides" else ()

    def numeric(self, key: str) -> bool:
        """Whether every value of a key is a number."""
        return all(map(_is_number, self.values(key)))

    @property
    def sha256(self) -> str:
        text = json.dumps([self.kind, self.keys, plain(self.rows), self.points, self.seed], default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def _sobol(self) -> Iterator[list[float]]:
        from scipy.stats import qmc

        sequence = qmc.Sobol(len(self.keys), bits=52, rng=np.random.default_rng(self.seed))
        taken = 0
        while taken < self.points:
            # One point first: SciPy warns if the first points asked for are not a power of two.
            uniforms = sequence.random(min(AT_ONCE, self.points - taken) if taken else 1)
            taken += len(uniforms)
            for point in uniforms.tolist():
                yield [
                    min(low + math.floor(u * (high - low + 1)), high) if whole else low + u * (high - low)
                    for u, (low, high), whole in zip(point, self.rows, self.whole, strict=True)
                ]


def design_of(grid: Mapping[str, Any] | str | os.PathLike[str], cases: Mapping[str, Case]) -> Design:
    """Read a grid, a table or a TOML file, for the cases of a sweep by name. CaseError lists every problem."""
    if not isinstance(grid, Mapping | str | os.PathLike):
        raise CaseError([f"grid = {show(grid)}: must be a table, or the path of a TOML file"])
    source = "grid" if isinstance(grid, Mapping) else os.fsdecode(grid)
    table = grid if isinstance(grid, Mapping) else _parsed(source)
    given = [kind for kind in KINDS if kind in table]
    if len(given) != 1:
        raise CaseError([f"{one_line(source, 200)}: must have exactly one of {', '.join(KINDS.values())}"])
    kind = given[0]
    problems: list[Problem] = []
    for key in table:
        if key not in (kind, *(["sobol"] if kind == "ranges" else [])):
            problems.append((str(key), table[key], f"unknown key; must be one of {', '.join(KINDS.values())}"))
    reader = {"axes": _axes, "ranges": _ranges, "overrides": _overrides}[kind]
    design = reader(table, cases, problems)
    raise_if(problems, source)
    rows = design.combinations * len(cases)
    if rows > MOST_ROWS:
        of_cases = f" of {len(cases)} cases" if len(cases) > 1 else ""
        what = f"{design.combinations:,} combinations{of_cases} are {rows:,} rows; must be at most {MOST_ROWS:,}"
        raise CaseError([f"{one_line(source, 200)}: {kind}: {what}"])
    return design


def _parsed(source: str) -> Mapping[str, Any]:
    """The table of a TOML file. CaseError, one line, if it cannot be read."""
    name = one_line(name_of(source), 200) or "(empty)"
    try:
        if source != STDIN and Path(source).exists() and not (Path(source).is_file() or is_stream(source)):
            raise Unreadable("cannot be read: must be a regular file")
        return parsed(read_text(source, MOST_BYTES))
    except (Unreadable, TooDeep) as error:
        raise CaseError([f"{name}: {one_line(str(error), 200)}"]) from None
    except (ValueError, OSError) as error:
        raise CaseError([f"{name}: not valid TOML: {one_line(str(error), 200)}"]) from None


def _leaves(table: Any, is_leaf: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and their values; a key may be written as one quoted word or as nested tables."""
    for word, value in table.items():
        name = f"{prefix}{word}"
        if isinstance(value, Mapping) and not is_leaf(value):
            yield from _leaves(value, is_leaf, f"{name}.")
        else:
            yield name, value


def _keys_of(kind: str, table: Any, is_leaf: Any, cases: Mapping[str, Case], problems: list[Problem]) -> dict[str, Any]:
    """Values by key; each key must exist in every case."""
    if not isinstance(table, Mapping) or not table:
        problems.append((kind, table, "must be a table of at least one key of a case"))
        return {}
    found: dict[str, Any] = {}
    given: dict[tuple[str, str], str] = {}
    for key, value in _leaves(table, is_leaf):
        where = f'{kind}."{key}"'
        for name, case in cases.items():
            try:
                first = given.setdefault((name, canonical(case, key)), key)
            except KeyError as error:
                problems.append((where, value, f"{error.args[0]}{f' ({name})' if len(cases) > 1 else ''}"))
                break
            if key in found or first != key:
                problems.append((where, value, given_twice(key, first)))
                break
        found[key] = value
    return found


def _axes(table: Mapping[str, Any], cases: Mapping[str, Case], problems: list[Problem]) -> Design:
    found = _keys_of("axes", table["axes"], lambda _: False, cases, problems)
    for key, values in found.items():
        if not isinstance(values, list | tuple) or not values:
            problems.append((f'axes."{key}"', values, "must be a list of at least one value"))
    values = (tuple(values) if isinstance(values, list | tuple) else () for values in found.values())
    return Design("axes", tuple(found), tuple(values))


def _ranges(table: Mapping[str, Any], cases: Mapping[str, Case], problems: list[Problem]) -> Design:
    found = _keys_of("ranges", table["ranges"], lambda value: set(value) == _ENDS, cases, problems)
    ends, whole = [], []
    for key, value in found.items():
        pair = [value["low"], value["high"]] if isinstance(value, Mapping) else value
        numbers = isinstance(pair, list | tuple) and len(pair) == 2 and all(map(_is_number, pair))
        if not numbers or pair[0] > pair[1]:
            problems.append((f'ranges."{key}"', value, "must be two numbers, the lower one first"))
            pair = (0.0, 0.0)
        ends.append(tuple(pair))
        whole.append(_is_whole(key))
        if whole[-1] and any(end != int(end) for end in pair):
            problems.append((f'ranges."{key}"', value, "must be two whole numbers"))
    sobol = table.get("sobol", {})
    if not isinstance(sobol, Mapping):
        problems.append(("sobol", sobol, "must be a table with the keys points, seed"))
        sobol = {}
    for key in sobol.keys() - {"points", "seed"}:
        problems.append((f"sobol.{key}", sobol[key], "unknown key; must be points or seed"))
    points = _whole(sobol, "points", 1, 10**12, MISSING, problems)
    seed = _whole(sobol, "seed", 0, 2**64 - 1, 0, problems)
    return Design("ranges", tuple(found), tuple(ends), points, seed, tuple(whole))


def _overrides(table: Mapping[str, Any], cases: Mapping[str, Case], problems: list[Problem]) -> Design:
    given = table["overrides"]
    if not isinstance(given, list | tuple) or not given or not all(isinstance(row, Mapping) for row in given):
        problems.append(("overrides", given, "must be a list of at least one table of keys and values"))
        return Design("overrides", (), ())
    rows = tuple(dict(_leaves(row, lambda _: False)) for row in given)
    keys = tuple(dict.fromkeys(key for row in rows for key in row))
    for key in keys:
        try:
            known_key(Case, key)
        except KeyError:
            row = next(number for number, row in enumerate(rows) if key in row)
            problems.append((f'overrides[{row}]."{key}"', rows[row][key], _unknown(key, cases)))
    problems += _spelled_twice(rows, cases)
    return Design("overrides", keys, rows)


def _spelled_twice(rows: tuple[dict[str, Any], ...], cases: Mapping[str, Case]) -> Iterator[Problem]:
    """Keys with two spellings in some case; a key whose entry an override makes has one."""
    found: set[str] = set()
    for case in cases.values():
        given: dict[str, str] = {}
        for number, row in enumerate(rows):
            for key, value in row.items():
                with suppress(KeyError):
                    first = given.setdefault(canonical(case, key), key)
                    if first != key and key not in found:
                        found.add(key)
                        yield f'overrides[{number}]."{key}"', value, given_twice(key, first)


def _unknown(key: str, cases: Mapping[str, Case]) -> str:
    try:
        find(next(iter(cases.values())), key)
    except KeyError as error:
        return str(error.args[0])
    return "must be a key of a case"


def _whole(table: Mapping[str, Any], key: str, least: int, most: int, default: Any, problems: list[Problem]) -> int:
    value = table.get(key, default)
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    problems.append((f"sobol.{key}", value, f"must be a whole number from {least} to {most}"))
    return least


def _is_number(value: Any) -> bool:
    """A number that a float can be."""
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) < 2**63
    return isinstance(value, float) and math.isfinite(value)


def _is_whole(key: str) -> bool:
    try:
        return isinstance(known_key(Case, key).rule, Whole)
    except KeyError:
        return False


def override_text(values: Mapping[str, Any]) -> str:
    """Overrides on one line, as `--set` takes them."""
    return ", ".join(f"{key}={value_text(value)}" for key, value in values.items())


def value_text(value: Any) -> str:
    """A value of an override as text: a word as it is, numbers with all their digits."""
    simple = plain(value)
    return simple if isinstance(simple, str) else json.dumps(simple, default=str)
