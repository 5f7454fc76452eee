"""The command as the fuzzer runs it: in this process or in one of its own, and what its complaints must look like."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sim.cli import main
from sim.cli.meter import COMPILING
from tests.proof import expected
from tests.proof.expected import must

ROOT = Path(__file__).resolve().parents[2]


def command(made: Any, words: list[str], others: tuple[int, ...] = ()) -> tuple[int, str]:
    """Status and standard output of a command line whose complaints are as they must be."""
    made.shown.append(f"arguments: {[word[:300] for word in words]!r}")
    status, out, err = (as_process if made.processes else in_process)(words)
    must(status in (0, 2, *others), f"status {status}: {err[-300:]!r}")
    if status == 2:
        must(not out, f"refused, but printed {out[:200]!r}")
        complaints(err)
    else:
        must(not err, f"accepted, but said {err[:200]!r}")
    return status, out


def as_process(words: list[str]) -> tuple[int, str, str]:
    """Status, output and complaints of a process of its own; inside this one for what no process can be given."""
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "sim", *words],
            env=dict(os.environ, PYTHONPATH=str(ROOT)), capture_output=True, timeout=120, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (ValueError, OSError):  # NUL, lone surrogates, more than a command line may hold
        return in_process(words)
    return ran.returncode, ran.stdout.decode(), ran.stderr.decode().replace(f"{COMPILING}\n", "")


def in_process(words: list[str]) -> tuple[int, str, str]:
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        try:
            status = main(words)
        except SystemExit as left:
            status = int(left.code or 0)
    out, err = [(stream.flush(), stream.buffer.getvalue().decode())[1] for stream in streams]
    return status, out, err


def complaints(text: str) -> None:
    """Problems as people read them: whole lines, each with where it is and what is allowed."""
    must(text.endswith("\n") and text.strip(), f"no whole line of complaint: {text[:200]!r}")
    for line in text[:-1].split("\n"):
        must(expected.one_line(line), f"a complaint that is not one printable line: {line[:200]!r}")
        must(": " in line, f"a complaint without a place: {line[:200]!r}")
        must(len(line) <= 2_000, f"a complaint of {len(line)} characters: {line[:200]!r}")
        must("Traceback" not in line and " object at 0x" not in line, f"no sentence for people: {line[:200]!r}")
