"""Signals that wait: code that must run whole although a signal's handler may raise between any two of its steps.

Locks, futures and threads of the standard library are Python code. KeyboardInterrupt in the middle of it can leave a
lock taken for good, or a thread started that nobody knows of; whoever waits for them then waits for ever.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

#: Signals whose handlers may raise, as far as the system has them.
WAITING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
#: What starting a thread raises where the system starts no more.
NO_THREAD = (RuntimeError, OSError, MemoryError)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """The handlers of signals that arrive within the block are called at its end.

    Only the main thread runs handlers, so the block is an ordinary one in any other. It must not wait for anything.

    Examples
    --------
    >>> thread, started = threading.Thread(), []
    >>> with uninterrupted():
    ...     thread.start()
    ...     started.append(thread)
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: dict[int, FrameType | None] = {}
    handlers: dict[int, Any] = {}
    try:
        for number in WAITING:
            if callable(signal.getsignal(number)):
                handlers[number] = signal.signal(number, arrived.__setitem__)
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number, frame in arrived.items():
            handlers[number](number, frame)
