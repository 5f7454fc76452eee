"""`fundrisk keys`."""

import argparse
import json
from itertools import groupby

from sim.cli.arguments import Commands
from sim.cli.files import Unusable
from sim.terms.actuals import Actuals
from sim.terms.problems import nearest, one_line
from sim.terms.reference import KeyRow, json_schema, key_rows, markdown, tables
from sim.terms.stated import FORMS, WAIVERS
from sim.text.tables import Table, table_text


def add(commands: Commands) -> None:
    parser = commands.add("keys", run, "list the keys of a case file: unit, range, default, meaning", case=False)
    parser.add_argument(
        "table", nargs="?", metavar="TABLE",
        help="a table such as line or line.pricing, or actuals for those of the file that `fundrisk roll` reads "
        "(default: all of a case)",
    )  # fmt: skip
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json-schema", action="store_true", help="print a JSON Schema of the case file")
    form.add_argument("--markdown", action="store_true", help="print the tables of sim/docs/case-file.md")


def run(options: argparse.Namespace) -> None:
    if options.table is not None and (options.json_schema or options.markdown):
        raise Unusable(f"TABLE = {one_line(options.table)}: must be left out with --json-schema and --markdown")
    if options.json_schema:
        print(json.dumps(json_schema(), indent=2))
    elif options.markdown:
        print(markdown(), end="")
    elif options.table is not None and options.table.strip("[]") == "ranges":
        print(_ranges())
    else:
        print("\n\n".join(_text(heading, list(rows)) for heading, rows in groupby(_chosen(options.table), _heading)))


def _heading(row: KeyRow) -> str:
    return row.table or "At the top of the file"


def _chosen(table: str | None) -> list[KeyRow]:
    """The rows of a table and of the tables below it."""
    if table is None:
        return list(key_rows())
    name = table.strip("[]")
    if name == "actuals":
        return list(key_rows(Actuals))
    found = [row for row in key_rows() if f"{row.table.strip('[]')}.".startswith(f"{name}.")]
    if not found or not name:
        known = [*tables(), "ranges", "actuals"]
        near = nearest(name, known)
        hint = f". Did you mean {near}?" if near else ""
        raise Unusable(f"TABLE = {one_line(table) or '(empty)'}: must be one of {', '.join(known)}{hint}")
    return found


def _ranges() -> str:
    """What may stand in the table [ranges]."""
    rows = [
        (f"{_place(row.table)}{row.key}", row.unit, row.allowed)
        for row in key_rows()
        if row.allowed.startswith("a number") and not row.table.strip("[]").startswith(("forecasts", "record"))
    ]
    note = (
        f"Each is {FORMS}: ends, ends with the likeliest value, or the 5th and the 95th percentile. NAME is the name "
        f'or the number of an entry, as in "milestones[licence].probability"; "{WAIVERS}" stands for all waiver '
        "probabilities, by their mean."
    )
    return table_text(Table("[ranges]", ("key", "unit", "must be"), rows, left=(0, 1, 2), note=note))


def _text(heading: str, rows: list[KeyRow]) -> str:
    cells = [(row.key, row.unit, row.default, row.allowed, row.meaning) for row in rows]
    return table_text(Table(heading, ("key", "unit", "default", "must be", "meaning"), cells, left=(0, 1, 2, 3, 4)))


def _place(table: str) -> str:
    name = table.strip("[]")
    return "" if not name else f"{name}[NAME]." if table.startswith("[[") else f"{name}."
