"""Commands in a process with settings and streams of any kind: the answer is the same, and nothing stays changed."""

from __future__ import annotations

import contextlib
import decimal
import gc
import io
import json
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np

from sim.cli import main
from tests.proof import inputs
from tests.proof.expected import must
from tests.support.process_state import changed, process_state

ERRORS = (OSError(5, "Input/output error"), BrokenPipeError(32, "Broken pipe"), ValueError("closed"), AttributeError())


def surroundings(rng: Random, made: Any) -> str:
    """A command with streams, settings and threads of any kind, and again with ordinary ones."""
    number = rng.randrange(len(made.cases))
    made.write("case.toml", inputs.toml_file(rng, made.cases[number]))
    made.write("in.json", json.dumps(made.histories[number], default=str).encode())
    few = ["--paths", str(rng.choice((16, 48, 160))), "--workers", str(rng.choice((1, 2, 3)))]
    words = rng.choice((
        ["check", "case.toml"], ["check", "none.toml"], ["cases"], ["--help"], ["run", "case.toml", "--paths", "none"],
        ["run", "case.toml", *few, "--json", "-"], ["run", "case.toml", *few, "--sampler", "sobol", "--json", "-"],
        ["run", "case.toml", *few], ["trace", "case.toml", "--path", "3", "--json", "-"],
        ["replay", "case.toml", "--history", "in.json"], ["outlook", "case.toml", *few, "--json", "-"],
    ))  # fmt: skip
    made.shown.append(f"arguments: {words}")
    return "refused" if same_answer(words, rng) == 2 else "valid"


class Stream:
    """A stream with some of what a stream has, any of which may fail."""

    def __init__(self, rng: Random, error: Exception | None) -> None:
        self.error, self.text = error, ""
        for name, value in (("isatty", rng.random() < 0.5), ("flush", None), ("fileno", 99), ("close", None)):
            if rng.random() < 0.6:
                setattr(self, name, lambda value=value: self._or_fail(value))
        if rng.random() < 0.5:
            self.encoding = rng.choice(("utf-8", "ascii", None))

    def write(self, text: str) -> int:
        self.text += text
        return self._or_fail(len(text))

    def _or_fail(self, value: Any) -> Any:
        if self.error is not None:
            raise self.error
        return value


def stream(rng: Random) -> Any:
    """A standard error of any kind."""
    closed = io.StringIO()
    closed.close()
    return rng.choice((None, closed, io.StringIO(), Stream(rng, None), *(Stream(rng, error) for error in ERRORS)))


@contextlib.contextmanager
def hostile_settings(rng: Random) -> Iterator[None]:
    """Settings of the process, some of them unusual, and afterwards as before."""
    context, errors, kept = decimal.getcontext().copy(), np.geterr(), (random.getstate(), gc.isenabled())
    shown, handler = np.get_printoptions(), signal.getsignal(signal.SIGTERM)
    settings: tuple[Callable[[], object], ...] = (
        lambda: decimal.setcontext(decimal.Context(rng.randint(1, 60), rng.choice(ROUNDINGS), traps=TRAPS)),
        lambda: np.seterr(all=rng.choice(("raise", "ignore", "warn"))),
        lambda: np.set_printoptions(precision=rng.randint(0, 3), threshold=0),
        lambda: warnings.simplefilter(rng.choice(("error", "always", "ignore"))),
        lambda: random.seed(rng.random()),
        gc.disable,
        lambda: signal.signal(signal.SIGTERM, rng.choice((signal.SIG_IGN, signal.SIG_DFL, lambda *_: None))),
    )
    try:
        with warnings.catch_warnings():
            for setting in settings:
                if rng.random() < 0.6:
                    setting()
            yield
    finally:
        decimal.setcontext(context)
        np.seterr(**errors)
        np.set_printoptions(**shown)
        random.setstate(kept[0])
        if kept[1]:
            gc.enable()
        signal.signal(signal.SIGTERM, handler)


ROUNDINGS = (decimal.ROUND_UP, decimal.ROUND_DOWN, decimal.ROUND_CEILING, decimal.ROUND_HALF_EVEN)
TRAPS = [decimal.Inexact, decimal.Rounded, decimal.FloatOperation, decimal.InvalidOperation, decimal.DivisionByZero]


@contextlib.contextmanager
def threads_that_start(number: int) -> Iterator[None]:
    """No more than `number` threads start."""
    start, left = threading.Thread.start, [number]

    def start_or_not(thread: threading.Thread) -> None:
        if not left[0]:
            raise RuntimeError("can't start new thread")
        left[0] -= 1
        start(thread)

    threading.Thread.start = start_or_not  # type: ignore[method-assign]
    try:
        yield
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]


def answer(words: list[str], errors: Any) -> tuple[int, str]:
    """Status and standard output of a command, with `errors` as the standard error."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        try:
            status = main(words)
        except SystemExit as left:
            status = int(left.code or 0)
    return status, out.getvalue()


def same_answer(words: list[str], rng: Random) -> int:
    """Status of a command whose answer does not depend on its surroundings, which it leaves as they are."""
    expected = answer(words, io.StringIO())
    errors = stream(rng)
    with hostile_settings(rng), threads_that_start(rng.choice((0, 1, 99))):
        before = process_state()
        got = answer(words, errors)
        left = changed(before)
    must(not left, f"left changed: {left}"[:400])
    must(_timeless(got) == _timeless(expected), f"another answer: {got[0]}, {got[1][:200]!r}")
    must(sys.stderr is not errors, "the stream stays replaced")
    return got[0]


def _timeless(answered: tuple[int, str]) -> tuple[int, Any]:
    """The answer without the time that it took."""
    status, text = answered
    if text.startswith("{"):
        return status, {name: value for name, value in json.loads(text).items() if name != "elapsed_s"}
    return status, text
