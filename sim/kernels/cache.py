"""Disk cache of the outermost kernels, with a fingerprint so that machine code of older sources is never used.

Numba's cache notices an edit of the file that defines a cached function, not of the files it calls into. So that file
carries a fingerprint of every source that the kernels are made of; where it does not match, nothing is cached. After
an edit, `python -m sim.kernels.cache` writes the new one.
"""

import gc
import hashlib
import inspect
import re
import warnings
from contextlib import suppress
from functools import cache, wraps
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import InTreeCacheLocator
from numba.misc.appdirs import AppDirs

from sim.kernels.jit import POLICY

_KERNELS = Path(__file__).parent
_RECORDS = ("layout.py", "line_records.py", "model_records.py", "program.py", "world_records.py")
#: How an outermost kernel is compiled: nothing written in C calls it.
_HOW: dict[str, Any] = {**POLICY, "no_cfunc_wrapper": True}
#: Thresholds of Python's garbage collector while a kernel is compiled.
_SELDOM = (100_000, 50, 1_000)
_LINE = re.compile(r'^FINGERPRINT = "[0-9a-f]*"$', re.MULTILINE)


def fingerprint() -> str:
    """SHA-256, shortened, of all that the outermost kernels compile from; "" where the sources cannot be read."""
    digest = hashlib.sha256()
    try:
        for path in [*sorted(_KERNELS.rglob("*.py")), *(_KERNELS.parent / "lowering" / name for name in _RECORDS)]:
            digest.update(_LINE.sub("FINGERPRINT", path.read_text(encoding="utf-8")).encode())
    except OSError:
        return ""
    return digest.hexdigest()[:32]


def outermost(stamp: str):
    """Compile an outermost kernel; from the disk cache where `stamp` fits the sources and a cache can be kept."""

    def compile_later(function):
        if stamp and stamp == fingerprint():
            try:
                if _has_folder(function):
                    return _seldom_collected(_tolerant(numba.njit(function, cache=True, **_HOW)))
            except RuntimeError:  # neither the install folder nor the user's cache folder can be written to
                pass
            _say_once()
        return _seldom_collected(numba.njit(function, **_HOW))

    return compile_later


def _seldom_collected(kernel):
    """A kernel during whose compilation Python rarely looks for cycles: most of what Numba makes lives until its end,
    and a tenth of the time would go into walking it again and again."""
    if numba.config.DISABLE_JIT:  # the kernel is the function itself
        return kernel
    compiled = kernel.compile

    @wraps(compiled)
    def compile_and_restore(signature):
        before = gc.get_threshold()
        if before[0] > 0:  # 0: the user has no collections at all
            gc.set_threshold(*_SELDOM)
        try:
            return compiled(signature)
        finally:
            gc.set_threshold(*before)

    kernel.compile = compile_and_restore
    return kernel


def _has_folder(function: Any) -> bool:
    """Whether the folder that Numba would keep compiled code in is one of the install or of the user.

    Without a home directory, as for a user that the system does not know, Numba would make a folder `~` in the working
    directory, and load code from one that it finds there. The same holds for XDG_CACHE_HOME = some/folder, which the
    XDG Base Directory Specification says is to be ignored.
    """
    settings: Any = numba.config  # its names are made when it is imported
    if settings.CACHE_DIR or settings.DISABLE_JIT or Path(AppDirs("numba", False).user_cache_dir).is_absolute():
        return True
    return InTreeCacheLocator.from_function(function, inspect.getfile(function)) is not None


@cache
def _say_once() -> None:
    """Warn that nothing is kept. A user who has made warnings errors can still import the kernels."""
    with suppress(RuntimeWarning):
        warnings.warn(
            "compiled code cannot be kept, so every run compiles: set NUMBA_CACHE_DIR to a folder that can be written "
            "to",
            RuntimeWarning,
            stacklevel=4,
        )


def _tolerant(kernel):
    """A kernel that is compiled anew where its cache entry cannot be loaded: damaged, or of another program.

    Unpickling what another version wrote can raise anything, from EOFError to AttributeError of a class that is gone.
    """
    if numba.config.DISABLE_JIT:  # the kernel is the function itself
        return kernel
    entry = kernel._cache
    load = entry.load_overload

    def load_or_miss(*arguments):
        try:
            return load(*arguments)
        except Exception:
            with suppress(OSError):
                entry.flush()
            return None

    entry.load_overload = load_or_miss
    return kernel


def _write_stamps() -> None:
    stamp = f'FINGERPRINT = "{fingerprint()}"'
    for path in _KERNELS.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if _LINE.search(text):
            path.write_text(_LINE.sub(stamp, text), encoding="utf-8")


if __name__ == "__main__":
    _write_stamps()
