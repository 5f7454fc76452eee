"""Tables of rows as CSV or Parquet, written row by row, so that memory does not grow with their number."""

from __future__ import annotations

import csv
import io
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sim.results.files import ResultError, _replacing, reading, shown
from sim.text.frozen import whole

#: Rows of a group of a Parquet file.
GROUP = 4096
ENDINGS = (".csv", ".parquet")


@whole
class Column(NamedTuple):
    """A column of a table: its name, and "text", "whole" or "number"."""

    name: str
    kind: str


def check_name(file: str) -> None:
    """ResultError unless a table can be written to a file of this name."""
    path = Path(file)
    if path.suffix.lower() not in ENDINGS:
        raise ResultError(f"{shown(file) or '(empty)'}: must be the name of a file that ends in {' or '.join(ENDINGS)}")
    try:
        special, there = path.exists() and not path.is_file(), path.parent.is_dir()
    except (OSError, ValueError) as error:
        raise ResultError(f"{shown(file)}: cannot be written: {error}") from None
    if special:
        raise ResultError(f"{shown(file)}: cannot be written: not a regular file")
    if not there:
        raise ResultError(f"{shown(file)}: cannot be written: there is no folder {shown(path.parent)}")
    if path.suffix.lower() == ".parquet":
        _pyarrow(file)


def write_rows(file: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table atomically. None and NaN are absent. Raises ResultError."""
    if Path(file).suffix.lower() == ".parquet":
        _write_parquet(file, columns, rows)
    else:
        _write_csv(file, columns, rows)


def read_rows(file: str) -> Iterator[dict[str, Any]]:
    """The rows of a table by the names of its columns; of CSV they are texts. Raises ResultError."""
    if Path(file).suffix.lower() == ".parquet":
        with reading(file):
            _, parquet = _pyarrow(file)
            with parquet.ParquetFile(file) as opened:
                for group in range(opened.num_row_groups):
                    yield from opened.read_row_group(group).to_pylist()
        return
    with reading(file), open(file, encoding="utf-8-sig", newline="") as text:  # a spreadsheet adds a mark
        try:
            yield from csv.DictReader(text, strict=True)
        except csv.Error as error:
            raise ResultError(f"{shown(file)}: cannot be read: {error}") from None


def _write_csv(file: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> None:
    with _replacing(file) as binary:
        text = io.TextIOWrapper(binary, encoding="utf-8", newline="")
        try:
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow([column.name for column in columns])
            writer.writerows([None if value != value else value for value in row] for row in rows)
            text.flush()
        finally:
            text.detach()


def _write_parquet(file: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> None:
    arrow, parquet = _pyarrow(file)
    types = {"text": arrow.string(), "whole": arrow.uint64(), "number": arrow.float64()}
    schema = arrow.schema([(column.name, types[column.kind]) for column in columns])
    with _replacing(file) as binary, parquet.ParquetWriter(binary, schema) as writer:
        waiting = iter(rows)
        while group := list(itertools.islice(waiting, GROUP)):
            by_column = zip(columns, zip(*group, strict=True), strict=True)
            arrays = [
                arrow.array(list(map(_fitting(column), values)), types[column.kind]) for column, values in by_column
            ]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))


def _fitting(column: Column) -> Any:
    """What makes a value one of the column's type."""
    make = {"text": str, "whole": int, "number": float}[column.kind]
    return lambda value: None if value is None or value != value else make(value)


def _pyarrow(file: str | os.PathLike[str]) -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ResultError(f'{shown(file)}: needs pyarrow: pip install "fundrisk[cluster]", or write a .csv') from None
    return pyarrow, pyarrow.parquet
