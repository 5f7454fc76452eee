"""The table of planted faults, `planted.toml`, read; and faults of the kernels' program, planted in this process."""

import dataclasses
import math
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.engine import chunks, trace
from sim.lowering import program as r
from sim.lowering.lower import lower
from sim.verify import written


class Edit(NamedTuple):
    """`old` becomes `new` in `file`, a path from the root."""

    file: str
    old: str
    new: str


class Fault(NamedTuple):
    """Edits of sources, for a copy of them."""

    name: str
    edits: tuple[Edit, ...]

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(edit.file for edit in self.edits))


class ProgramFault(NamedTuple):
    """Other values in the kernels' program, or in the tables of its market and of other cash: Python expressions by
    part and field; "" names a whole part."""

    name: str
    values: dict[tuple[str, str], str]
    fails: tuple[str, ...]  # beginnings of the names of what must notice

    def of(self, tables: Any, program: r.Program, case: Any) -> Any:
        """The program, or the tables of its market, with what of the fault belongs there."""
        parts = {}
        for (part, name), expression in self.values.items():
            if not hasattr(tables, part):
                continue
            record = parts.get(part, getattr(tables, part))
            rows = isinstance(record, np.ndarray)
            old = getattr(tables, part)
            if name:
                old = old[name] if rows else getattr(old, name)
            value = eval(
                expression, globals() | {"old": old, "program": program, "case": case, "tables": tables}
            )  # our own table
            if not name:
                parts[part] = value
            elif rows:
                parts[part] = record.copy()
                parts[part][name] = value
            else:
                parts[part] = record._replace(**{name: value})
        return tables._replace(**parts)

    def plant(self, monkeypatch) -> None:
        """Let every run of this process have the fault."""

        def lowered(case):
            plan = lower(case)
            program, market = (self.of(tables, plan.program, case) for tables in (plan.program, plan.market))
            world = plan.world
            if world is not None:
                other, people = (self.of(tables, plan.program, case) for tables in (world.other, world.people))
                world = world._replace(other=other, people=people)
            return dataclasses.replace(plan, program=program, market=market, world=world)

        for place in (chunks, trace, written):
            monkeypatch.setattr(place, "lower", lowered)


def read_table(text: str) -> dict[str, Fault]:
    """Faults of the sources by name. ValueError where two have the same name or the same edits."""
    faults: dict[str, Fault] = {}
    for row in tomllib.loads(text)["fault"]:
        edits = tuple(Edit(part["file"], part["old"], part["new"]) for part in (row, *row.get("also", [])))
        if row["name"] in faults or edits in [fault.edits for fault in faults.values()]:
            raise ValueError(f"planted twice: {row['name']}")
        faults[row["name"]] = Fault(row["name"], edits)
    return faults


def read_program_faults(text: str) -> dict[str, list[ProgramFault]]:
    """Faults of the kernels' program by what they are planted for."""
    found: dict[str, list[ProgramFault]] = {}
    for place, table in tomllib.loads(text)["program"].items():
        for name, parts in table.items():
            fails = tuple(parts.pop("fails", ()))
            values = {
                (part, field): expression
                for part, fields in parts.items()
                for field, expression in (fields.items() if isinstance(fields, dict) else [("", fields)])
            }
            found.setdefault(place, []).append(ProgramFault(name, values, fails))
    return found


# ------------------------------------------------------------------------------- what the expressions of the table use


def first(values: np.ndarray) -> np.ndarray:
    """Every row gets what the first one has."""
    return np.repeat(values[:1], len(values))


def with_fields(array: np.ndarray, **fields: Any) -> np.ndarray:
    """A copy of a structured array with other values in some fields."""
    array = array.copy()
    for name, values in fields.items():
        array[name] = values
    return array


def one_number_for_both(calls: np.ndarray, purpose: int) -> np.ndarray:
    """The calls of a purpose, each word of which fills a row, once more with the first word for the second row."""
    again = calls[calls["purpose"] == purpose]
    return np.concatenate([calls, with_fields(again, row_a=again["row_b"], row_b=1, kind_b=r.UNUSED)])


def a_session_on(days: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """Every session of a window has the close of the one after it in the window."""
    days = days.copy()
    for window in windows:
        rows = slice(window["first_day"], window["last_day"])
        days[rows] = np.append(days[rows][1:], days[rows][-1:])
    return days


def renumbered(calls: np.ndarray, purpose: int) -> np.ndarray:
    """Random streams numbered by their place in the case instead of by what they belong to."""
    rows = calls["purpose"] == purpose
    index = calls["index"].copy()
    index[rows] = np.arange(rows.sum())
    return with_fields(calls, index=index)


def as_one(calls: np.ndarray, purpose: int, other: int) -> np.ndarray:
    """Calls of two purposes as those of the second, numbered by their place."""
    calls = with_fields(calls, purpose=np.where(calls["purpose"] == purpose, other, calls["purpose"]))
    return renumbered(calls, other)


def begun_again(percent: np.ndarray, program: r.Program, case: Any) -> np.ndarray:
    """Coverage percentages that begin again after the last."""
    given = case.line.coverage.percent if case.line.coverage else ()
    return np.array([given[int(p) % len(given)] / 100 for p in program.purchases["period"]]) if given else percent


def stepped_early(level: np.ndarray, case: Any) -> np.ndarray:
    """Expected burn with each step in the month of its date."""
    level = level.copy()
    for step in case.burn.steps:
        k = (step.date.year - case.valuation_date.year) * 12 + step.date.month - case.valuation_date.month
        if step.date.day > 1 and 0 <= k < len(level):
            level[k] *= step.factor
    return level


TABLE = (Path(__file__).parent / "planted.toml").read_text(encoding="utf-8")
FAULTS = read_table(TABLE)
PROGRAM_FAULTS = read_program_faults(TABLE)
__all__ = ["FAULTS", "PROGRAM_FAULTS", "Edit", "Fault", "ProgramFault", "math", "read_program_faults", "read_table"]
