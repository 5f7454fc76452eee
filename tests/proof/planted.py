"""The table of planted faults: `planted.toml`, read."""

import tomllib
from pathlib import Path
from typing import NamedTuple


class Edit(NamedTuple):
    """`old` becomes `new` in `file`, a path from the root."""

    file: str
    old: str
    new: str


class Fault(NamedTuple):
    name: str
    edits: tuple[Edit, ...]

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(edit.file for edit in self.edits))


def read_table(text: str) -> dict[str, Fault]:
    """Faults by name. ValueError where two have the same name or the same edits."""
    faults: dict[str, Fault] = {}
    for row in tomllib.loads(text)["fault"]:
        edits = tuple(Edit(part["file"], part["old"], part["new"]) for part in (row, *row.get("also", [])))
        if row["name"] in faults or edits in [fault.edits for fault in faults.values()]:
            raise ValueError(f"planted twice: {row['name']}")
        faults[row["name"]] = Fault(row["name"], edits)
    return faults


FAULTS = read_table((Path(__file__).parent / "planted.toml").read_text(encoding="utf-8"))
