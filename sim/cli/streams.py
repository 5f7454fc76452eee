"""The standard streams of a command.

Remarks on standard error that cannot be written are dropped, and the work goes on. Output that is wanted is an error.
Both are written in full to a pipe or terminal that does not block, as the parents of some commands leave them:
Python's own streams lose without an error what such a pipe does not take at once.
"""

from __future__ import annotations

import errno
import io
import os
import select
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import wraps
from typing import Any, ParamSpec

PATIENCE = {"stdout": float("inf"), "stderr": 2.0}  # seconds without a byte taken until a write is an error
LOOK = 0.1  # seconds between two looks at signals: one that arrives just before the wait does not interrupt it

P = ParamSpec("P")


def counted(change: Callable[P, AbstractContextManager[None]]) -> Callable[P, AbstractContextManager[None]]:
    """A change of what a process has once, for calls on several threads: the last that ends undoes it.

    Were each call to keep and restore what it found, a later one would keep what an earlier one had put there.
    """
    lock, made, inside = threading.Lock(), ExitStack(), 0

    @wraps(change)
    @contextmanager
    def entered(*arguments: P.args, **options: P.kwargs) -> Iterator[None]:
        nonlocal inside
        with lock:
            if not inside:
                made.enter_context(change(*arguments, **options))
            inside += 1
        try:
            yield
        finally:
            with lock:
                inside -= 1
                if not inside:
                    made.close()

    return entered


class ClosedOutput(io.TextIOBase):
    """Stands for a standard output that was closed before the command began: to write to it is an error."""

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "it is closed")


class WholeOutput(io.RawIOBase):
    """A descriptor that takes all that is written to it: where it does not block, a write waits until there is room."""

    def __init__(self, descriptor: int, patience: float) -> None:
        self.descriptor = self.name = descriptor
        self.patience = patience

    def fileno(self) -> int:
        return self.descriptor

    def isatty(self) -> bool:
        return os.isatty(self.descriptor)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        left = memoryview(data).cast("B")
        size = len(left)
        while left:
            try:
                left = left[os.write(self.descriptor, left) :]
            except BlockingIOError:
                self.wait()
        return size

    def wait(self) -> None:
        """Wait for room. Raises BlockingIOError when there is none for too long, and then at once."""
        room = select.poll()
        room.register(self.descriptor, select.POLLOUT)
        end = time.monotonic() + self.patience
        while not room.poll(1000 * LOOK):
            if time.monotonic() >= end:
                self.patience = 0.0
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def tell(text: str) -> None:
    """Print to standard output what accompanies a file that the command has written.

    A standard output that is closed, or a terminal that is gone, loses nothing.
    """
    if isinstance(sys.stdout, ClosedOutput):
        return
    try:
        print(text, flush=True)
    except OSError as error:
        if not _terminal_gone(error):
            raise
        raise BrokenPipeError(*error.args) from None  # as where the reader of a pipe has gone


def _terminal_gone(error: OSError) -> bool:
    """Whether standard output was a terminal. It is none any more, but no file on a disk that fails either."""
    try:
        return error.errno == errno.EIO and stat.S_ISCHR(os.fstat(sys.stdout.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):
        return False


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


@counted
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
        elif (whole := _whole(stream, own, PATIENCE[name])) is not None:
            replaced[name] = stream
            setattr(sys, name, whole)
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
            with suppress(OSError, ValueError):
                getattr(sys, name).close()
            setattr(sys, name, stream)


def _whole(stream: Any, own: bool, patience: float) -> io.TextIOWrapper | None:
    """A stream to the same descriptor that loses nothing; None where `stream` is none of Python's own or blocks anyway.

    In a process of its own a command has one from the beginning: others that share the descriptor may change it later.
    """
    buffer = getattr(stream, "buffer", None)
    if type(stream) is not io.TextIOWrapper or not isinstance(getattr(buffer, "raw", buffer), io.FileIO):
        return None
    if not hasattr(select, "poll") or not (own or not os.get_blocking(stream.fileno())):
        return None
    whole = WholeOutput(stream.fileno(), patience)
    try:
        _emptied(stream, whole)
    except (OSError, ValueError):
        return None
    return io.TextIOWrapper(
        whole, stream.encoding, "backslashreplace", None, stream.line_buffering, stream.write_through
    )


def _emptied(stream: Any, whole: WholeOutput) -> None:
    """Write what was printed before."""
    while True:
        try:
            return stream.flush()
        except BlockingIOError:
            whole.wait()


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
