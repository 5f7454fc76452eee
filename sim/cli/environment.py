"""Environment variables of a command that mislead the libraries it uses."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

#: Folders of a user. The XDG Base Directory Specification says that a relative path is to be ignored.
FOLDERS = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
#: NumPy starts threads for its BLAS when it is loaded, and interrupts the process if none can be started. No command
#: multiplies large matrices.
BLAS = "OPENBLAS_NUM_THREADS"


@contextmanager
def prepared_environment(own: bool) -> Iterator[None]:
    """Variables as the command needs them, in a process of its own; afterwards they are as before.

    Numba and Matplotlib would otherwise keep compiled code and settings in a folder below the working directory.
    """
    if not own:
        yield
        return
    before = {name: os.environ.get(name) for name in (*FOLDERS, BLAS)}
    for name in FOLDERS:
        if before[name] is not None and not os.path.isabs(before[name] or ""):
            del os.environ[name]
    os.environ.setdefault(BLAS, "1")
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
