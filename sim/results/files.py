"""Writing files that are either whole or not there, and reading back only what was written.

A saved run is an ordinary .npz (no pickles) whose last bytes, the archive's comment, are a SHA-256 of everything before
them. So damage anywhere is noticed: in an array, in the manifest, or in the parts of a zip file that its own checksums
leave out.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import secrets
import shutil
import stat
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np

from sim.text.characters import printable
from sim.text.reading import Unreadable, name_of, opened

_SEAL = b"fundrisk-sha256:"
_SEAL_LENGTH = len(_SEAL) + 64
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same run gives the same bytes, whenever it is saved


class ResultError(Exception):
    """A result that cannot be written or read. The message is one line: FILE: what is wrong."""


def write_text_atomically(path: str | os.PathLike[str], text: str) -> None:
    """Writes `text` (UTF-8) to `path` as `write_bytes_atomically` does."""
    write_bytes_atomically(path, text.encode())


def write_bytes_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Writes `data` to `path`: all of it, or an error (ResultError) and what was there before.

    A path that is no regular file, as /dev/stdout or a pipe, is written straight through.
    """
    target = Path(path)
    try:
        special = target.exists() and not target.is_file() and not target.is_dir()
    except (OSError, ValueError):
        special = False  # the writing below says what is wrong with it
    if special:
        with _one_line(path, "cannot be written"):
            target.write_bytes(data)
        return
    with _replacing(path) as file:
        file.write(data)


def write_arrays(path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray], compress: bool = False) -> None:
    """Writes named arrays to a sealed .npz at `path`, atomically. Raises ResultError."""
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with _replacing(path) as file:
        with zipfile.ZipFile(file, "w", method, allowZip64=True) as archive:
            for name, array in arrays.items():
                entry = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
                entry.compress_type = method
                with archive.open(entry, "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
            archive.comment = bytes(_SEAL_LENGTH)
        file.flush()
        length = file.seek(0, os.SEEK_END) - _SEAL_LENGTH
        seal = _seal(file, length)
        file.seek(length)
        file.write(seal)


def read_arrays(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """The arrays of a file that `write_arrays` wrote. Raises ResultError for any other file, and for a damaged one."""
    with reading(path), opened(path) as file:
        return arrays_in(file, path)


def arrays_in(file: BinaryIO, path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """The arrays of an open file; `path` names it in an error."""
    length = file.seek(0, os.SEEK_END) - _SEAL_LENGTH
    file.seek(max(length, 0))
    found = file.read(_SEAL_LENGTH)
    if length < 0 or found != _seal(file, length):
        raise ResultError(f"{shown(path)}: damaged, cut short, or not a saved result")
    file.seek(0)
    with np.load(file, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def hash_of_arrays(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of names, types, shapes and bits, in the order of the names; the same on every machine."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        digest.update(f"{name} {little.dtype.str} {little.shape}\n".encode())
        digest.update(little.data if little.size else b"")
    return digest.hexdigest()


def _seal(file: BinaryIO, length: int) -> bytes:
    """The seal of the first `length` bytes of `file`."""
    file.seek(0)
    digest = hashlib.sha256()
    while length > 0:
        chunk = file.read(min(length, 1 << 20))
        if not chunk:
            break
        digest.update(chunk)
        length -= len(chunk)
    return _SEAL + digest.hexdigest().encode()


@contextmanager
def _replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A new file beside `path` that takes its name when everything has reached the disk, or vanishes."""
    with _one_line(path, "cannot be written"):
        target = Path(os.path.realpath(path))  # a symbolic link stays one
        if target.exists() and not target.is_file():
            raise ResultError(f"{shown(path)}: cannot be written: not a regular file")
        draft = target.with_name(draft_name())
        # Permissions are those of any new file. Until a draft takes the place of a file, it is for its owner alone.
        mode = 0o600 if target.exists() else 0o666
        try:
            descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
            with os.fdopen(descriptor, "w+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            take_place(draft, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(draft)
            raise
        _sync_folder(target.parent)
        _tidy(target.parent)


def take_place(draft: Path, target: Path) -> None:
    """Move a draft to its name. Where it replaces a file, it gets the permissions and, where possible, the owner."""
    target = Path(os.path.realpath(target))  # a symbolic link stays one
    with suppress(FileNotFoundError):
        old = target.stat()
        mode = stat.S_IMODE(old.st_mode)
        if hasattr(os, "chown") and not _owned_as(draft, old):
            mode &= ~0o070  # what a group may do, another group must not
        with suppress(OSError):  # some file systems have no permissions; the draft is for its owner alone then
            os.chmod(draft, mode)
    os.replace(draft, target)


def _owned_as(draft: Path, old: os.stat_result) -> bool:
    """Give a draft the owner and the group of an old file, or the group alone; whether the group is the same now."""
    with suppress(OSError):
        os.chown(draft, old.st_uid, old.st_gid)
    with suppress(OSError):
        os.chown(draft, -1, old.st_gid)
    return draft.stat().st_gid == old.st_gid


# --- drafts ---

_DRAFT = re.compile(r"\.fundrisk-(?:(?:([0-9a-f]{8})-)?(\d+)-)?[0-9a-f]{16}\.tmp")
_OLD = 86_400.0  # seconds after which a draft that nobody has written to is left over from a process that was killed


def draft_name() -> str:
    """A new name for a file or a folder that is being written; it says which process of which machine writes."""
    return f".fundrisk-{_machine()}-{os.getpid()}-{secrets.token_hex(8)}.tmp"


def remove_leftovers(folder: Path) -> None:
    """Remove the drafts in a folder that killed processes have left there.

    A process that is killed cannot remove its draft. The drafts of a process of this machine are left over when it has
    ended; of another machine nothing is known, and a draft is left over when it has not changed for a day.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if (named := _DRAFT.fullmatch(entry.name)) and _left_over(entry, named[1], named[2]):
                with suppress(OSError):
                    shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)


_tidy = lru_cache(maxsize=64)(remove_leftovers)  # once for each folder: there may be thousands of files in it


@cache
def _machine() -> str:
    """Eight digits for the space in which the numbers of processes are unique: this machine since its start, or this
    container."""
    parts = [platform.node()]
    with suppress(OSError):
        parts += [Path("/proc/sys/kernel/random/boot_id").read_text(), os.readlink("/proc/self/ns/pid")]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


def _left_over(entry: os.DirEntry[str], machine: str | None, process: str | None) -> bool:
    if process and machine == _machine() and os.name != "nt":  # where a signal of 0 ends the process
        return not _lives(int(process))
    try:
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > _OLD
    except OSError:  # it has just been removed
        return False


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # of another user
        return True
    return True


def _sync_folder(folder: Path) -> None:
    """Makes the new name durable, where the system lets a folder be synchronised."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def shown(path: str | os.PathLike[str]) -> str:
    """The path, quoted where it would break the line; `<stdin>` for "-"."""
    text = name_of(os.fspath(path))
    return text if printable(text) else ascii(text)


def reading(path: str | os.PathLike[str]) -> AbstractContextManager[None]:
    """What goes wrong inside with reading a file is a ResultError of one line."""
    return _one_line(path, "cannot be read")


@contextmanager
def _one_line(path: str | os.PathLike[str], what: str) -> Iterator[None]:
    """Turns everything a file can do wrong into one line."""
    try:
        yield
    except Unreadable as error:  # which says so itself
        raise ResultError(f"{shown(path)}: {error}") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[:1] or [type(error).__name__]
        text = reason if isinstance(reason, str) else reason[0]
        raise ResultError(f"{shown(path)}: {what}: {text}") from None
