"""The text of a file, whatever its encoding, and one line about a file that is not a table."""

from __future__ import annotations

import codecs
import os
import re
from pathlib import Path

from sim.closes.series import ClosesError
from sim.text.lines import one_line
from sim.text.reading import STDIN, Unreadable, is_stream, name_of, read_bytes

MOST_BYTES, MOST_LINES = 16 * 2**20, 60_000  # a century of daily closes has 25,000 lines

_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_BINARY = (
    (b"PK\x03\x04", "a workbook or a zip file; must be text: save the sheet with the closes as CSV"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook; must be text: save the sheet with the closes as CSV"),
    (b"\x1f\x8b", "a gzip file; must be text: unpack it"),
    (b"%PDF", "a PDF file; must be a CSV file of closes"),
    (b"PAR1", "a Parquet file; must be a CSV file of closes"),
)


def read_lines(path: str | os.PathLike[str]) -> list[str]:
    """The lines of a file. Raises ClosesError, with one line, for a file that cannot be read or is no text."""
    name = shown(path)
    data = _bytes(path, name)
    for start, complaint in _BINARY:
        if data.startswith(start):
            raise ClosesError([f"{name}: {complaint}"])
    try:
        text = data.decode(_encoding(data))
    except UnicodeDecodeError as error:
        raise ClosesError([f"{name}: not text: {one_line(str(error.reason))} at byte {error.start}"]) from None
    if "\0" in text:
        line = len(lines_of(text[: text.index("\0")] + "x"))
        raise ClosesError([f"{name}: line {line}: a NUL byte; must be a text file, such as CSV"])
    if not text.strip():
        raise ClosesError([f"{name}: empty; must be a CSV file of daily closes"])
    head = text.lstrip()[:200].lower()
    if head.startswith(("<!doctype", "<html", "<?xml")):
        raise ClosesError([f"{name}: a web page, not a table; must be a CSV file of daily closes"])
    if head.startswith(("{", "[{", "[[")):
        raise ClosesError([f"{name}: JSON, not a table: {one_line(text.strip(), 120)}"])
    lines = lines_of(text)
    if len(lines) > MOST_LINES:
        raise ClosesError([f"{name}: {len(lines):,} lines; must be the daily closes of one stock"])
    return lines


def lines_of(text: str) -> list[str]:
    """The lines as an editor numbers them: a form feed or a Unicode separator does not end one."""
    lines = re.split(r"\r\n|\r|\n", text)
    return lines[:-1] if not lines[-1] else lines


def shown(path: str | os.PathLike[str]) -> str:
    return one_line(name_of(os.fsdecode(path)), 200) or '""'


def _bytes(path: str | os.PathLike[str], name: str) -> bytes:
    complaint = "" if path == STDIN else _complaint(Path(path))
    if not complaint:
        try:
            return read_bytes(path, MOST_BYTES)
        except Unreadable as error:
            large = f"larger than {MOST_BYTES >> 20} MiB; must be the daily closes of one stock"
            complaint = large if str(error).startswith("larger") else str(error)
    raise ClosesError([f"{name}: {complaint}"])


def _complaint(path: Path) -> str:
    """Why there is nothing to read at a path; "" for a file, or a stream that the shell has opened."""
    try:
        if path.is_dir():
            return "is a directory; must be a CSV file of daily closes"
        if path.is_file() or is_stream(path):
            return ""
        if path.exists():  # a device may not end
            return "is not a regular file; must be a CSV file of daily closes, or - for the standard input"
    except (OSError, ValueError) as error:  # ValueError: such as a NUL character in the path
        return f"cannot be read: {one_line(getattr(error, 'strerror', None) or str(error))}"
    return "no such file; must be a CSV file of daily closes"


def _encoding(data: bytes) -> str:
    """The encoding: by a mark, by the zeros of UTF-16 between Latin letters, else UTF-8 if it is, else Windows'."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    head = data[:400]
    if len(head) >= 8 and len(data) % 2 == 0:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        if min(even, odd) == 0 and max(even, odd) > len(head) // 4:
            return "utf-16-be" if even else "utf-16-le"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        try:
            data.decode("cp1252")
        except UnicodeDecodeError:
            return "latin-1"
        return "cp1252"
    return "utf-8"
