"""Every key of a case file with its unit, range, default and meaning: as rows, as Markdown and as a JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from sim.terms.case import Case
from sim.terms.closes import LEAST_CLOSE, MOST_CLOSE, MOST_CLOSES, ShownCloses
from sim.terms.named_variants import MOST_VARIANTS, StatedVariants
from sim.terms.problems import MISSING, number_text, show
from sim.terms.ranges import MOST_TEXT, Day, Flag, MonthDay, Number, Text, Whole
from sim.terms.schema import MOST_ENTRIES, Key, Rows, Table, Values, keys, plain
from sim.terms.stated import StatedRanges

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class KeyRow(NamedTuple):
    """One key. `table` is its heading in the file, such as "[line.pricing]" or "[[notes]]"; "" at the top.

    `default` is "required", "none" for an optional key without one, or the value as TOML writes it.
    """

    table: str
    key: str
    unit: str
    allowed: str
    default: str
    meaning: str


def key_rows(of: type = Case, table: str = "", root: type | None = None) -> Iterator[KeyRow]:
    """Every key of a table and of the tables below it, in the order of the file, whose keys are those of `root`.

    Tables with the same keys, such as [line] and [[lines]], are listed once, under the shortest name.
    """
    below: list[tuple[type, str]] = []
    root = root or of
    for word, known in keys(of).items():
        rule: Any = known.rule
        if isinstance(rule, Table | Rows):
            name, listed = _heading(table, word, rule), _headings(root)[rule.of]
            below += [(rule.of, name)] * (name == listed)
            what = "list of tables" if isinstance(rule, Rows) else "table"
            allowed = f"{what} {name}" + f", with the keys of {listed}" * (name != listed)
        else:
            allowed = rule.allowed
        unit = "" if known.unit == "1" else known.unit
        yield KeyRow(table, word, unit, allowed, _default(known), known.meaning)
    for part, name in below:
        yield from key_rows(part, name, root)


def _heading(table: str, word: str, rule: Table | Rows) -> str:
    name = f"{table.strip('[]')}.{word}" if table else word
    return f"[[{name}]]" if isinstance(rule, Rows) else f"[{name}]"


@cache
def _headings(root: type) -> dict[type, str]:
    """The heading under which each class of terms is listed: the first one of the least depth."""
    found: dict[type, str] = {}
    level: list[tuple[type, str]] = [(root, "")]
    while level:
        tables = [
            (known.rule.of, _heading(table, word, known.rule))
            for of, table in level
            for word, known in keys(of).items()
            if isinstance(known.rule, Table | Rows)
        ]
        level = [(of, name) for of, name in tables if of not in found]
        found = dict(reversed(level)) | found
    return found


def tables() -> list[str]:
    """The names of the tables of a case file, without brackets: company, line, line.pricing, ..."""
    return list(dict.fromkeys(row.table.strip("[]") for row in key_rows() if row.table))


def _default(known: Key) -> str:
    if known.default is MISSING:
        return "required"
    if known.default is None:
        return "none"
    if isinstance(known.rule, Table):
        return "the defaults of its keys"
    return number_text(known.default) if isinstance(known.default, float) else show(known.default)


# --- JSON Schema ---


def json_schema() -> dict[str, Any]:
    """A JSON Schema (draft 2020-12) of a case file, its dates as ISO strings. Rules between keys are not in it."""
    return {"$schema": DIALECT, "title": "fundrisk case file"} | _table(Case)


def _table(of: type) -> dict[str, Any]:
    known = keys(of)
    return {
        "type": "object",
        "properties": {word: _property(key) for word, key in known.items()},
        "required": [word for word, key in known.items() if key.default is MISSING],
        "additionalProperties": False,
    }


def _property(known: Key) -> dict[str, Any]:
    unit = f" ({known.unit})" if known.unit not in ("", "1") else ""
    schema = {"description": known.meaning + unit} | _rule(known.rule)
    if known.default is not MISSING and known.default is not None:
        schema["default"] = plain(known.default)
    return schema


def _rule(rule: Any) -> dict[str, Any]:
    """The schema of the values that a rule allows."""
    match rule:
        case Table():
            return _table(rule.of)
        case Rows():
            return {"type": "array", "items": _table(rule.of), "maxItems": MOST_ENTRIES}
        case Values():
            return {
                "type": "array", "items": _rule(rule.of), "minItems": rule.least_entries, "maxItems": MOST_ENTRIES,
            }  # fmt: skip
        case Number():
            limits = {
                "minimum": rule.least, "maximum": rule.most,
                "exclusiveMinimum": rule.above, "exclusiveMaximum": rule.below,
            }  # fmt: skip
            return {"type": "number"} | {word: limit for word, limit in limits.items() if limit is not None}
        case Whole():
            return {"type": "integer", "minimum": rule.least, "maximum": rule.most}
        case Text(choices=()):
            return {"type": "string", "minLength": int(not rule.empty), "maxLength": MOST_TEXT}
        case Text():
            return {"enum": list(rule.choices)}
        case Flag():
            return {"type": "boolean"}
        case Day():
            return {"type": "string", "format": "date"}
        case MonthDay():
            return {"type": "string", "pattern": "^([0-9]{2}-[0-9]{2})?$"}
        case ShownCloses():
            close = {"type": "number", "minimum": LEAST_CLOSE, "maximum": MOST_CLOSE}
            dated = {
                "type": "array",
                "prefixItems": [{"type": "string", "format": "date"}, close],
                "minItems": 2,
                "maxItems": 2,
            }
            listed = {"type": "array", "items": {"anyOf": [close, dated]}, "minItems": 1, "maxItems": MOST_CLOSES}
            return {"anyOf": [{"type": "string"}, listed]}
        case StatedRanges():
            pair = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
            forms = [pair, _numbers_table("low", "high", "mode"), _numbers_table("p05", "p95")]
            return {"type": "object", "additionalProperties": {"anyOf": forms}, "maxProperties": MOST_ENTRIES}
        case StatedVariants():
            changes = {"type": "object", "minProperties": 1}
            return {
                "type": "object",
                "additionalProperties": changes,
                "maxProperties": MOST_VARIANTS,
                "minProperties": 1,
            }
    raise TypeError(f"rule = {rule!r}: must be a rule of sim.terms.ranges, sim.terms.schema or sim.terms.stated")


def _numbers_table(*words: str) -> dict[str, Any]:
    """A table of numbers, all of which are required."""
    numbers = {word: {"type": "number"} for word in words}
    return {"type": "object", "properties": numbers, "required": list(words), "additionalProperties": False}


# --- Markdown ---


def markdown() -> str:
    """The key reference as Markdown, one section for each table: the second part of `sim/docs/case-file.md`."""
    lines: list[str] = []
    table = None
    for row in key_rows():
        if row.table != table:
            table = row.table
            lines += ["", f"### `{table}`" if table else "### At the top", ""]
            lines += ["| key | unit | must be | default | meaning |", "|---|---|---|---|---|"]
        default = row.default if row.default in ("required", "none") or " " in row.default else f"`{row.default}`"
        allowed = row.allowed.replace("|", "\\|")
        lines.append(f"| `{row.key}` | {row.unit} | {allowed} | {default} | {row.meaning} |")
    return "\n".join(lines[1:]) + "\n"
