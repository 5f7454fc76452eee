"""Exit immediately on Ctrl-C while importing and compiling, before any output is written."""

import os
import signal
import threading

INTERRUPTED = 130  # exit status


class LeaveAtOnce:
    """End the process on SIGINT while modules are imported and kernels are compiled.

    A KeyboardInterrupt would be lost in the compiler's callbacks, or wait for the end of a long call of native code.
    Python writes the number of each signal to a pipe instead, and a thread that reads the pipe ends the process
    without the main thread.
    """

    def __init__(self) -> None:
        self.watching = False

    def start(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        reader, self.writer = os.pipe()
        os.set_blocking(self.writer, False)
        before = signal.signal(signal.SIGINT, lambda *_: None)
        # Background jobs of a shell script inherit SIG_IGN for SIGINT. Restore the default handler, so that an explicit
        # signal still interrupts the run.
        self.before = signal.default_int_handler if before == signal.SIG_IGN else before
        signal.set_wakeup_fd(self.writer)
        self.watching = True
        threading.Thread(target=self._watch, args=(reader,), daemon=True).start()

    def stop(self) -> None:
        """From now on SIGINT raises KeyboardInterrupt."""
        if self.watching:
            self.watching = False
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGINT, self.before)
            os.close(self.writer)

    def _watch(self, reader: int) -> None:
        while (received := os.read(reader, 1)) and received[0] != signal.SIGINT:
            pass  # another signal that this process handles
        if received and self.watching:
            os.write(2, b"\nfundrisk: interrupted; nothing was written\n")
            os._exit(INTERRUPTED)
        os.close(reader)


AT_ONCE = LeaveAtOnce()
