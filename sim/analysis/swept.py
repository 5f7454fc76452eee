"""The rows of a sweep: where they are, which of them failed, and their text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.results.row_files import Column, read_rows
from sim.text.frozen import whole
from sim.text.readable import Blocks, Readable

if TYPE_CHECKING:
    import pandas

#: The values of a row, in the order of the columns.
Row = tuple[Any, ...]
#: Failures that a sweep names; its rows have all of them.
MOST_NAMED = 20


@whole
class Failure(NamedTuple):
    """A row without figures: its number, its case and overrides, and why."""

    row: int
    case: str
    why: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.case}: {self.why}"


@dataclass(frozen=True, repr=False)
class Sweep(Readable):
    """The rows of a sweep, in the order of its design.

    `file` has them; without one they are in `kept`. `failed` counts the rows without figures, and `failures` are the
    first of them. `new` is the number of rows that were not done before.
    """

    file: str | None
    columns: tuple[Column, ...]
    size: int
    new: int
    failed: int
    failures: tuple[Failure, ...]
    kept: tuple[Row, ...] = ()

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self.rows()

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each row by the names of the columns; an absent value is None. ResultError if the file cannot be read."""
        if self.file is None:
            names = [column.name for column in self.columns]
            return (dict(zip(names, row, strict=True)) for row in self.kept)
        return (_typed(row, self.columns) for row in read_rows(self.file))

    def to_pandas(self) -> pandas.DataFrame:
        """All rows as a data frame. Raises ImportError where pandas is not installed."""
        try:
            import pandas
        except ImportError:
            raise ImportError("to_pandas needs pandas: pip install pandas; rows() has the same") from None
        return pandas.DataFrame(list(self.rows()), columns=[column.name for column in self.columns])

    def _blocks(self) -> Blocks:
        where = f"in {self.file}" if self.file else "in memory"
        lines = [f"{self.size:,} rows {where}, {self.new:,} of them new"]
        if self.failed:
            lines.append(f"{self.failed:,} rows have no figures:")
            lines += [f"  {failure}" for failure in self.failures]
            lines += [f"  and {self.failed - len(self.failures):,} more: column error"] * (
                self.failed > len(self.failures)
            )
        return ["\n".join(lines)]

    def _in_brief(self) -> str:
        return f"{self.size:,} rows, {self.failed:,} without figures"


class Failures:
    """Counts rows as they pass, and those without figures, of which it keeps the first."""

    def __init__(self) -> None:
        self.rows, self.count, self.first = 0, 0, list[Failure]()

    def passing(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows, each of which begins with its number and its case, and ends with its error."""
        for row in rows:
            self.rows += 1
            if row[-1]:
                self.count += 1
                if len(self.first) < MOST_NAMED:
                    self.first.append(Failure(int(row[0]), str(row[1]), str(row[-1])))
            yield row


def _typed(row: Mapping[str, Any], columns: tuple[Column, ...]) -> dict[str, Any]:
    """A row of a file with the types that it had: CSV has texts."""
    make = {"text": str, "whole": int, "number": float}
    return {name: None if row[name] in (None, "") else make[kind](row[name]) for name, kind in columns}
