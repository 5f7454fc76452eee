"""What Ctrl-C does before there is anything to lose."""

from __future__ import annotations

import os
import signal
import threading

INTERRUPTED = 130


class LeaveAtOnce:
    """Ends the process on an interrupt while modules are imported and kernels compiled, when nothing is written yet.

    An exception would be lost in the compiler's callbacks, and wait for the end of a long call. So the signal wakes a
    thread, which needs no word from the main one.
    """

    def __init__(self) -> None:
        self.watching = False

    def start(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        reader, self.writer = os.pipe()
        os.set_blocking(self.writer, False)
        before = signal.signal(signal.SIGINT, lambda *_: None)
        # A script's background jobs inherit deaf ears; who sends the signal all the same means it.
        self.before = signal.default_int_handler if before == signal.SIG_IGN else before
        signal.set_wakeup_fd(self.writer)
        self.watching = True
        threading.Thread(target=self.watch, args=(reader,), daemon=True).start()

    def watch(self, reader: int) -> None:
        while (woken := os.read(reader, 1)) and woken[0] != signal.SIGINT:
            pass  # some other signal that this process handles
        if woken and self.watching:
            os.write(2, b"\nfundrisk: interrupted; nothing was written\n")
            os._exit(INTERRUPTED)
        os.close(reader)

    def stop(self) -> None:
        """From here on an interrupt is an exception."""
        if self.watching:
            self.watching = False
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGINT, self.before)
            os.close(self.writer)


AT_ONCE = LeaveAtOnce()
