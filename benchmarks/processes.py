"""Running `fundrisk` and Python as processes of their own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import sim

ROOT = Path(sim.__file__).parent.parent


def environment(cache: Path | None = None) -> dict[str, str]:
    """This process's environment, `sim` found first; `cache`: a folder for compiled code instead of the usual one."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return os.environ | {"PYTHONPATH": path} | ({"NUMBA_CACHE_DIR": str(cache)} if cache else {})


def fundrisk(*arguments: str) -> list[str]:
    """The command line of `fundrisk`."""
    return [sys.executable, "-m", "sim", *arguments]


def finish(command: Sequence[str], folder: Path, cache: Path | None = None) -> str:
    """Run a command in a folder to its end and return its output; CalledProcessError if it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(cache),
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout
