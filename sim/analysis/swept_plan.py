"""What the rows of a sweep are: cases, combinations of overrides, size, columns, and the facts that decide them."""

from __future__ import annotations

import datetime
import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sim.analysis.compare import named_cases
from sim.analysis.design import Design, design_of, value_text
from sim.analysis.row import FIGURES, MOST_PATHS
from sim.analysis.swept import Failures, Row, Sweep
from sim.engine.executors import versions_that_matter
from sim.results.files import ResultError, shown
from sim.results.journal import CLOSED, SESSIONS, difference
from sim.results.provenance import calendar_of
from sim.results.row_files import Column, read_rows
from sim.terms import Case
from sim.terms.case import SIMULATED_DAY
from sim.terms.options import seed_of
from sim.terms.problems import check_whole
from sim.terms.ranges import BAD

#: Tables of a case that are not simulated: a row needs them only if it overrides them.
APART = ("ranges", "variants", "record", "forecasts")
#: Days after the last horizon whose sessions can decide whether a purchase date is the last one of its quarter.
BEYOND = datetime.timedelta(days=100)


@dataclass(frozen=True)
class Plan:
    """What the rows of a sweep are. `simulated`: the cases without the tables that no run depends on."""

    cases: dict[str, Case]
    simulated: dict[str, Case]
    design: Design
    paths: int | None
    seed: int | None

    @classmethod
    def of(cls, cases: Any, grid: Any, paths: int | None, seed: int | None) -> Plan:
        names, found = named_cases(cases, "sweep")
        named = dict(zip(names, found, strict=True))
        if paths is not None:
            paths = check_whole("paths", paths, 1, MOST_PATHS)
        if seed is not None:
            seed = seed_of(found[0], seed)
        design = design_of(grid, named)
        unused = {word: None for word in APART if not any(key.startswith(word) for key in design.keys)}
        simulated = {name: case.replace(unused) for name, case in named.items()}
        return cls(named, simulated, design, paths, seed)

    @property
    def size(self) -> int:
        return self.design.combinations * len(self.cases)

    @property
    def facts(self) -> dict[str, str]:
        """What decides the rows, in short."""
        cases = "".join(f"{name}\n{case.sha256}\n" for name, case in self.cases.items())
        return {
            **versions_that_matter(),
            "cases": hashlib.sha256(cases.encode()).hexdigest()[:12],
            "grid": self.design.sha256[:12],
            SESSIONS: self.calendar["sha256"][:12],
            "paths": "each case's" if self.paths is None else str(self.paths),
            "seed": "each case's" if self.seed is None else str(self.seed),
        }

    @property
    def record(self) -> dict[str, Any]:
        """The facts, and the closures by which another calendar is told."""
        return {**self.facts, CLOSED: self.calendar["closed"]}

    @cached_property
    def calendar(self) -> dict[str, Any]:
        """The sessions of all rows, as `calendar_of` has them: what is changed in one place can move every path."""
        days = [day for case in self.cases.values() for day in (case.valuation_date, case.horizon)]
        for key in self.design.keys:
            if key.strip() in ("valuation_date", "horizon"):
                days += [day for day in map(_day, self.design.values(key)) if day is not BAD]
        return calendar_of(min(days), max(days) + BEYOND)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Of the file; `sweep` is the same in all rows, and says to which sweep they belong."""
        texts = [Column(name, "text") for name in ("case", "case_sha256")]
        keys = [Column(key, "number" if self.design.numeric(key) else "text") for key in self.design.keys]
        numbers = [Column(name, "number") for name in FIGURES]
        size = [Column("sweep", "text"), Column("paths", "whole"), Column("seed", "whole")]
        return (Column("row", "whole"), *texts, *keys, *size, *numbers, Column("error", "text"))

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def combinations(self) -> Iterator[tuple[str, Case, dict[str, Any]]]:
        """Case and overrides of each row, in the order of the rows."""
        return ((name, case, overrides) for name, case in self.simulated.items() for overrides in self.design)

    def labels(self) -> Iterator[list[Any]]:
        """What each row has before its figures."""
        sha256 = {name: case.sha256 for name, case in self.cases.items()}
        sweep = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        numeric = {key: self.design.numeric(key) for key in self.design.keys}
        for number, (name, _, overrides) in enumerate(self.combinations(), start=1):
            values = [_shown(overrides, key, numeric[key]) for key in self.design.keys]
            yield [number, name, sha256[name], *values, sweep]

    @staticmethod
    def row(label: list[Any], values: list[Any]) -> Row:
        """A row of the columns, from its label and from what a worker found."""
        *found, error = values
        return (*label, *found, error or None)

    def checked(self, file: str) -> Iterator[Row]:
        """The rows of a file that is there already. ResultError unless it is this sweep's."""
        rows = iter(read_rows(file))
        first = next(rows, {})
        theirs = dict(pair.partition("=")[::2] for pair in str(first.get("sweep") or "").split(", "))
        if not theirs.keys() >= versions_that_matter().keys() or list(first) != self.names:
            raise ResultError(f"{shown(file)}: is not a file of this sweep: must be removed, or use another file")
        if differs := difference(theirs, self.facts):
            raise ResultError(
                f"{shown(file)}: is the file of another sweep: {differs}: must be removed, or use another file"
            )
        return self._whole(file, (tuple(row.values()) for row in itertools.chain([first], rows)))

    def _whole(self, file: str, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows. ResultError at their end unless they are all there."""
        size = 0
        for row in rows:
            size += 1
            yield row
        if size != self.size:
            raise ResultError(f"{shown(file)}: has {size:,} rows; must have {self.size:,}: must be removed")

    def swept(self, file: str | None, new: int, kept: tuple[Row, ...], found: Failures) -> Sweep:
        """What a sweep returns, all of whose rows have passed `found`."""
        return Sweep(file, self.columns, found.rows, new, found.count, tuple(found.first), kept)


def _shown(overrides: Mapping[str, Any], key: str, numeric: bool) -> Any:
    """The value of an override in its column; None where the row does not override the key."""
    if key not in overrides:
        return None
    return overrides[key] if numeric else value_text(overrides[key])


def _day(value: Any) -> Any:
    """A simulated day; `BAD` for what is none, whose row has an error."""
    return SIMULATED_DAY.read(value, "", lambda *_: None)
