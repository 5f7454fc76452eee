"""The state that all programs in a process share, as a comparable value, and settings that a user may have made."""

from __future__ import annotations

import contextlib
import decimal
import gc
import locale
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np


def process_state() -> dict[str, Any]:
    """What a call must leave as it was. Third parties are asked only if they have been imported."""
    mask = os.umask(0)
    os.umask(mask)
    wakeup = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(wakeup)
    state = {
        "warnings": (list(warnings.filters), warnings.showwarning, warnings.formatwarning),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "wakeup": wakeup,
        "locale": locale.setlocale(locale.LC_ALL),
        "decimal": repr(decimal.getcontext()),
        "errors of NumPy": np.geterr(),
        "print options": np.get_printoptions(),
        "random": (random.getstate(), repr(np.random.get_state())),  # noqa: NPY002
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "umask": mask,
        "path": list(sys.path),
        "hooks": (sys.excepthook, sys.displayhook, threading.excepthook, sys.breakpointhook, sys.unraisablehook),
        "streams": [(stream, getattr(stream, "errors", None)) for stream in (sys.stdin, sys.stdout, sys.stderr)],
        "limits": (sys.getrecursionlimit(), gc.isenabled(), gc.get_threshold(), sys.getswitchinterval()),
        "threads": sorted(thread.name for thread in threading.enumerate() if not thread.daemon),
        "files": sorted(_open_files()),
    }
    if "matplotlib" in sys.modules:
        import matplotlib

        state["matplotlib"] = dict(matplotlib.rcParams)
    if "numba" in sys.modules:
        import numba

        state["numba"] = {name: value for name, value in vars(numba.config).items() if name.isupper()}
    return state


def _open_files() -> Iterator[str]:
    """What this process has open, by number, where the system tells."""
    folder = Path("/proc/self/fd")
    for name in os.listdir(folder) if folder.is_dir() else ():
        with contextlib.suppress(OSError):  # the folder that was just listed
            yield f"{name}: {os.readlink(folder / name)}"


def changed(before: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is not as it was, by name."""
    now = process_state()
    return {name: (before[name], now[name]) for name in before if before[name] != now[name]}


def make_hostile() -> None:
    """Settings of the process that a program which uses the library may have, all at once, for good."""
    everything = [decimal.Inexact, decimal.Rounded, decimal.FloatOperation, decimal.Subnormal, decimal.InvalidOperation]
    decimal.setcontext(decimal.Context(prec=3, rounding=decimal.ROUND_UP, Emin=-9, Emax=9, traps=everything))
    decimal.DefaultContext.prec, decimal.DefaultContext.rounding = 2, decimal.ROUND_DOWN
    np.seterr(all="raise")
    np.set_printoptions(precision=1, threshold=1, legacy="1.13", sign=" ")
    warnings.simplefilter("error")
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    gc.disable()
    sys.set_int_max_str_digits(640)
    sys.setswitchinterval(1e-5)
    for name in ("de_DE.UTF-8", *locale.locale_alias.values()):  # any that this machine has and that is not English
        if not name.startswith(("C", "en", "POSIX")):
            with contextlib.suppress(locale.Error):
                locale.setlocale(locale.LC_ALL, name)
                break
