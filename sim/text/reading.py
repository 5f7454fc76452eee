"""Reading text files as editors and shells write them: the one place where bytes become text.

Editors on Windows put a byte order mark before UTF-8, and PowerShell's `>` writes UTF-16 with one. Whatever reads a
text that a person supplies (case, history, the JSON of a run) reads it with `read_text`.
"""

from __future__ import annotations

import codecs
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from sim.text.characters import escaped
from sim.text.frozen import whole

STDIN, STDIN_NAME = "-", "<stdin>"
#: Other names of the standard input; each reads what is left of it.
_ALSO_STDIN = (STDIN, "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
_CHUNK = 1 << 20
_IN_MEMORY = 1 << 26  # bytes of a pipe; more of them go to a temporary file
#: The longer mark first: that of UTF-32, little endian, begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_NO_MARK = (b"", "utf-8", "UTF-8")
_TERMINAL = "is a terminal; must be a file or a pipe"


@whole
@dataclass(frozen=True, slots=True)
class Form:
    """How a text is written in its file: its encoding, the byte order mark before it, and the ends of its lines."""

    encoding: str = "utf-8"
    mark: bytes = b""
    line_end: str = "\n"

    def written(self, text: str) -> bytes:
        """A text with newlines alone at the ends of its lines, in this form.

        Examples
        --------
        >>> Form(line_end="\\r\\n").written("a = 1\\n")
        b'a = 1\\r\\n'
        """
        return self.mark + text.replace("\n", self.line_end).encode(self.encoding)


def form_of(data: bytes) -> Form:
    """The form of a text in bytes; of line ends of two kinds, the one that most lines have."""
    mark, encoding, _ = _mark_of(data)
    text = data[len(mark) :].decode(encoding, "replace")
    windows = text.count("\r\n")
    return Form(encoding, mark, "\r\n" if 2 * windows > text.count("\n") else "\n")


class Unreadable(ValueError):
    """A file that cannot be read as text. The message is one line, without the name of the file."""


def is_stdin(name: str | os.PathLike[str]) -> bool:
    """Whether a name stands for the standard input."""
    return os.fspath(name) in _ALSO_STDIN


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a named pipe, or an open file of this process, such as /dev/stdin or `<(...)` of a shell."""
    is_open = os.fspath(path).startswith(("/dev/fd/", "/dev/stdin", "/proc/self/fd/")) and os.path.exists(path)
    return is_open or Path(path).is_fifo()


def name_of(name: str) -> str:
    """How messages name an input: `<stdin>` for `-`."""
    return STDIN_NAME if name == STDIN else name


def read_text(path: str | os.PathLike[str], most: int) -> str:
    """The text of a file, a pipe, or for "-" of the standard input. Raises Unreadable."""
    return decoded(read_bytes(path, most))


def read_bytes(path: str | os.PathLike[str], most: int) -> bytes:
    """The bytes of a file, a pipe, or for "-" of the standard input. Raises Unreadable, also beyond `most` bytes."""
    try:
        if path == STDIN:
            data = _standard_input(most)
        else:
            with open(path, "rb") as file:
                data = _bytes(file, most)
    except OSError as error:
        raise Unreadable(f"cannot be read: {escaped(error.strerror or str(error).splitlines()[0])}") from None
    except ValueError as error:  # such as a NUL character in the path
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"cannot be read: {escaped(str(error))}") from None
    if len(data) > most:
        raise Unreadable(f"larger than {most} bytes")
    return data


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file open for reading at any place; of a pipe, or for "-" of the standard input, a copy of all that it has.

    Raises Unreadable for a stream without bytes and for a device, which may not end, and OSError.
    """
    if path != STDIN and os.path.isfile(path):
        with open(path, "rb") as file:
            yield file
        return
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
        if path == STDIN:
            copy.writelines(_stream(sys.stdin and getattr(sys.stdin, "buffer", sys.stdin)))
        else:
            with open(path, "rb") as file:
                copy.writelines(_stream(file))
        if not copy.tell():
            raise Unreadable("is empty")
        copy.seek(0)
        yield cast(BinaryIO, copy)


def _stream(file: IO[Any] | None) -> Iterator[bytes]:
    """The bytes of a stream, in parts."""
    if file is None:
        raise Unreadable("cannot be read: it is closed")
    if file.isatty():
        raise Unreadable(_TERMINAL)
    endless = _is_device(file)
    while part := file.read(_CHUNK):
        part = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        if endless:
            raise Unreadable("is a device; must be a file or a pipe")
        yield part


def _is_device(file: IO[Any]) -> bool:
    try:
        return stat.S_ISCHR(os.fstat(file.fileno()).st_mode)
    except (OSError, AttributeError):  # of text in memory
        return False


def _standard_input(most: int) -> bytes:
    if sys.stdin is None:
        raise Unreadable("cannot be read: it is closed")
    binary = getattr(sys.stdin, "buffer", None)
    data = sys.stdin.read(most + 1).encode("utf-8", "surrogateescape") if binary is None else _bytes(binary, most)
    if not data:
        raise Unreadable("is empty")
    return data


def _bytes(file: BinaryIO, most: int) -> bytes:
    """At most one byte more than `most`. A terminal is refused: it would wait for somebody to type."""
    if file.isatty():
        raise Unreadable(_TERMINAL)
    parts, left = [], most + 1
    while left > 0 and (part := file.read(min(left, _CHUNK))):
        parts.append(part)
        left -= len(part)
    if not parts and hasattr(file, "fileno") and not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise Unreadable("is empty")
    return b"".join(parts)


def decoded(data: bytes) -> str:
    """Bytes as text with newlines alone at the ends of its lines: UTF-8, or what a byte order mark says.

    Raises Unreadable with the line of the first byte that is none of its encoding.

    Examples
    --------
    >>> decoded("\\ufeffa = 1\\r\\n".encode("utf-16-le"))
    'a = 1\\n'
    """
    mark, encoding, shown = _mark_of(data)
    body = data[len(mark) :]
    if not mark and _looks_wide(body):
        raise Unreadable("looks like UTF-16 without a byte order mark; must be UTF-8, or UTF-16 with one")
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        line = body[: error.start].decode(encoding, "replace").count("\n") + 1
        byte = f"byte 0x{body[error.start]:02x}"
        raise Unreadable(f"line {line}: not {shown}: {byte}") from None
    return text.replace("\r\n", "\n")


def _mark_of(data: bytes) -> tuple[bytes, str, str]:
    return next((known for known in _MARKS if data.startswith(known[0])), _NO_MARK)


def _looks_wide(body: bytes) -> bool:
    """Whether every other byte of the beginning is 0, as in UTF-16 of Latin letters."""
    start = body[:64]
    return len(start) >= 4 and (not any(start[1::2]) or not any(start[::2])) and any(start)
