"""Rows on disk as they are done, in any order, so that a process that was killed loses none of them.

The journal of FILE is FILE.partial: a line that says what the rows are of, then a line for each row that is done, its
number first. It is locked while it is open, and the lock dies with the process. A last line without an end was being
written when the process died; it is dropped.
"""

from __future__ import annotations

import itertools
import json
import os
import stat
import time
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from sim.results.files import ResultError, shown
from sim.results.provenance import UNKNOWN, calendar_differences

FORMAT = "fundrisk sweep 1"
#: Seconds between two moments at which the rows are made safe from a failure of power.
SYNC_EVERY = 1.0
MOST_LINE = 2**24  # bytes
#: Facts of a sweep: a hash of its sessions, and the closures that tell how other sessions differ.
SESSIONS, CLOSED = "sessions", "closed"
_open_here: set[str] = set()  # locks of files are between processes


def difference(theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> str:
    """The first fact in which two sweeps differ: `seed = 7, and 8 in this sweep`; "" if there is none.

    Of other sessions the days are named where both have their closures.
    """
    for name in {**mine, **theirs}:
        if name != CLOSED and theirs.get(name) != mine.get(name):
            days = f" ({_of_days(theirs, mine)})" if name == SESSIONS else ""
            return f"{name} = {theirs.get(name, UNKNOWN)}, and {mine.get(name, UNKNOWN)} in this sweep{days}"
    return ""


def _of_days(theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> str:
    """How the sessions of two sweeps differ."""
    if CLOSED not in theirs or CLOSED not in mine:
        return "the calendar has changed"
    first, second = ({"calendar": {"sha256": facts.get(SESSIONS), "closed": facts[CLOSED]}} for facts in (theirs, mine))
    return "; ".join(calendar_differences(first, second, ("its rows", "this sweep")))


class Journal:
    """The rows of one sweep that are done.

    Parameters
    ----------
    file : str
        The file that the rows will make.
    facts : mapping of str to text or list of str
        What the rows are of. A journal of other facts is refused.
    rows : int
        Number of rows.

    Raises
    ------
    ResultError
        In one line, if another process has the journal, if it is of another sweep, or if it cannot be written.
    """

    def __init__(self, file: str, facts: Mapping[str, Any], rows: int) -> None:
        self.file, self.path = file, Path(f"{os.path.realpath(file)}.partial")
        self.header = (json.dumps([FORMAT, dict(facts)]) + "\n").encode()
        self.offsets = array("q", [-1]) * rows
        self.done = 0
        self.synced = time.monotonic()
        self.descriptor = self._locked()
        try:
            self.end = self._read(dict(facts))
        except BaseException:
            self.close()
            raise

    @property
    def name(self) -> str:
        return f"{shown(self.file)}.partial"

    def has(self, row: int) -> bool:
        return self.offsets[row] >= 0

    def add(self, rows: Sequence[tuple[int, list[Any]]]) -> None:
        """Write rows, each with its number. ResultError if they cannot be written; the rows before them stay."""
        lines = [f"{row}\t{json.dumps(values)}\n".encode() for row, values in rows]
        starts = itertools.accumulate(map(len, lines), initial=self.end)
        self._write(b"".join(lines))
        for (row, _), start in zip(rows, starts, strict=False):
            self.offsets[row] = start
        self.done += len(rows)
        if time.monotonic() - self.synced > SYNC_EVERY:
            self.sync()

    def sync(self) -> None:
        with suppress(OSError):  # some file systems cannot
            os.fsync(self.descriptor)
        self.synced = time.monotonic()

    def __iter__(self) -> Iterator[list[Any]]:
        """The values of all rows, in the order of their numbers."""
        with self._reader() as reader:
            for offset in self.offsets:
                reader.seek(offset)
                yield json.loads(reader.readline().partition(b"\t")[2])

    def close(self, remove: bool = False) -> None:
        """Give the lock back; with the journal at the end, whose permissions are then the most that the file has."""
        if remove:
            with suppress(OSError):
                mode = os.stat(self.file).st_mode & os.stat(self.path).st_mode
                if mode != os.stat(self.file).st_mode:
                    os.chmod(self.file, stat.S_IMODE(mode))
            with suppress(OSError):
                self.path.unlink()
        os.close(self.descriptor)
        _open_here.discard(str(self.path))

    def _locked(self) -> int:
        if str(self.path) in _open_here:
            raise self._busy()
        while True:
            try:
                descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), self._mode())
            except OSError as error:
                raise ResultError(f"{self.name}: cannot be written: {error.strerror}") from None
            if not _lock(descriptor):
                os.close(descriptor)
                raise self._busy()
            with suppress(OSError):
                if os.path.samestat(os.fstat(descriptor), os.stat(self.path)):
                    _open_here.add(str(self.path))
                    return descriptor
            os.close(descriptor)  # it was finished and removed before it was locked

    def _mode(self) -> int:
        """Permissions of a new journal: no more than those of the file, if there is an empty one."""
        with suppress(OSError):
            return 0o600 | 0o666 & stat.S_IMODE(os.stat(self.file).st_mode)
        return 0o666

    def _busy(self) -> ResultError:
        return ResultError(f"{shown(self.file)}: another sweep is writing this file: wait for it, or use another file")

    def _read(self, facts: dict[str, Any]) -> int:
        """Find the rows that are done; returns where the next one goes."""
        with self._reader() as reader:
            first = reader.readline(MOST_LINE)
            if not first.endswith(b"\n") and self.header.startswith(first):  # new, or killed at the start
                self.end = 0
                os.ftruncate(self.descriptor, 0)
                self._write(self.header)
                return self.end
            self._check_header(first, facts)
            self.end = len(first)
            while (line := reader.readline(MOST_LINE)).endswith(b"\n"):
                number = line.partition(b"\t")[0]
                if not number.isdigit() or int(number) >= len(self.offsets) or not line.endswith(b"]\n"):
                    raise ResultError(f"{self.name}: damaged at byte {self.end}: must be removed")
                self.done += self.offsets[int(number)] < 0
                self.offsets[int(number)] = self.end
                self.end += len(line)
        os.ftruncate(self.descriptor, self.end)
        return self.end

    def _check_header(self, first: bytes, facts: dict[str, Any]) -> None:
        try:
            kind, theirs = json.loads(first)
            if kind != FORMAT or not isinstance(theirs, dict):
                raise ValueError
        except (ValueError, TypeError):
            raise ResultError(f"{self.name}: is not the journal of a sweep: must be removed or renamed") from None
        differs = difference(theirs, facts)
        if differs:
            raise ResultError(
                f"{self.name}: has the rows of another sweep: {differs}: must be removed, or use another file"
            )

    def _reader(self) -> BinaryIO:
        """Of the same descriptor: closing another one of this file would give the lock back."""
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        return open(self.descriptor, "rb", closefd=False)

    def _write(self, line: bytes) -> None:
        os.lseek(self.descriptor, self.end, os.SEEK_SET)
        left = memoryview(line)
        try:
            while left:
                left = left[os.write(self.descriptor, left) :]
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self.descriptor, self.end)
            raise ResultError(f"{self.name}: cannot be written: {error.strerror}") from None
        self.end += len(line)


try:
    import fcntl

    def _lock(descriptor: int) -> bool:
        """Lock a file for this process alone: children do not inherit the lock, so that it dies with the process."""
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

except ImportError:  # Windows
    import msvcrt

    _FAR = 2**40  # a byte that no journal reaches: the lock is on bytes

    def _lock(descriptor: int) -> bool:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True
