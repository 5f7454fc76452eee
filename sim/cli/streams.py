"""The standard streams of a command.

Remarks on standard error that cannot be written are dropped, and the work goes on. Output that is wanted is an error.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


class ClosedOutput(io.TextIOBase):
    """Stands for a standard output that was closed before the command began: to write to it is an error."""

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "it is closed")


def tell(text: str) -> None:
    """Print to standard output what accompanies a file that the command has written: a closed one loses nothing."""
    if not isinstance(sys.stdout, ClosedOutput):
        print(text)


def say(text: str, end: str = "\n") -> None:
    """Print to standard error. Where that cannot be written, the text is dropped.

    A closed terminal, a full disk or a reader that has gone is no reason to lose the work of a long command; the exit
    status still reports an error.
    """
    with suppress(OSError, ValueError, AttributeError):  # ValueError: the stream has been closed
        sys.stderr.write(f"{text}{end}")
        sys.stderr.flush()


def on_terminal() -> bool:
    """Whether standard error is a terminal."""
    try:
        return bool(sys.stderr.isatty())
    except (AttributeError, OSError, ValueError):
        return False


@contextmanager
def prepared(own: bool) -> Iterator[None]:
    """Streams that a command can print to, for as long as it runs; afterwards they are as before.

    A standard error that the parent process or the program has closed becomes the null device, a standard output a
    `ClosedOutput`, and characters that a stream's encoding lacks are escaped. `own` says that the process is the
    command's own: its first three descriptors are then never left for a file that the command opens.
    """
    if own:
        _reserve_descriptors()
    replaced: dict[str, Any] = {}
    errors: list[tuple[Any, str]] = []
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None or getattr(stream, "closed", False):
            replaced[name] = stream
            null = ClosedOutput() if name == "stdout" else open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, null)
        elif hasattr(stream, "reconfigure"):
            with suppress(OSError, ValueError):  # what was printed before may not be written any more
                errors.append((stream, stream.errors))
                stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        if own:
            _let_go(sys.stderr)
        for stream, before in errors:
            with suppress(OSError, ValueError):
                stream.reconfigure(errors=before)
        for name, stream in replaced.items():
            getattr(sys, name).close()
            setattr(sys, name, stream)


def abandon(stream: Any) -> None:
    """Send what a stream still holds to the null device: Python would report the same error when it ends."""
    with suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def _let_go(stream: Any) -> None:
    """Flush a stream, or abandon what cannot be written: Python would end with the status 120."""
    try:
        stream.flush()
    except (OSError, ValueError, AttributeError):
        abandon(stream)


def _reserve_descriptors() -> None:
    """Open the null device for standard streams that are closed, so that no file takes their numbers."""
    with suppress(OSError):
        while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(descriptor)
