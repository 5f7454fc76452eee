"""The live page: milliseconds from an input event to painted numbers in headless Chromium, and of the answer alone."""

import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.browsers import BROWSER, DRIVER, chromium
from benchmarks.case import FILE, valence_2002
from benchmarks.processes import environment, fundrisk
from benchmarks.report import Check, Options, Report, timed
from sim.live.engine import FIRST, SHARDS, Engine
from sim.live.shown import document
from sim.text.tables import Table

#: Controls that are moved in turn, by their labels.
MOVED = ("Volatility of the stock price", "Monthly burn", "Commitment", "Opening cash", "Discount")
MOST_MS = 100.0
#: Notes, for each input event, when the page had its answer and when the frame with it was done.
_WATCH = """
window.times = [];
let begun = 0;
document.addEventListener('input', event => { begun = event.timeStamp; }, true);
new MutationObserver(() => {
    if (!begun) return;
    const since = begun, answered = performance.now();
    begun = 0;
    requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => window.times.push([answered - since, performance.now() - since]);
        channel.port2.postMessage(0);
    });
}).observe(document.documentElement, {attributes: true, attributeFilter: ['data-answers']});
"""
_FOCUS = "Array.from(document.querySelectorAll('label')).find(l => l.textContent === arguments[0]).control.focus()"
_PATHS = "return Number(document.documentElement.dataset.paths || 0)"


def run(options: Options) -> Report:
    report = Report("live")
    repeats = options.times(40)
    rows = [("answer and charts, no browser", answers(repeats))]
    if BROWSER and DRIVER:
        found = painted(repeats)
        answered, seen = zip(*found, strict=True)
        rows += [("input event to answer", list(answered)), ("input event to paint", list(seen))]
        report.aim("median from input event to paint", statistics.median(rows[-1][1]), MOST_MS, more=False, unit=" ms")
        report.checks.append(Check("every change was painted", len(found) == repeats, f"{len(found)} of {repeats}"))
    report.figures = dict(rows)
    table = [(name, *(f"{figure:.0f}" for figure in _spread(times))) for name, times in rows]
    heads = ("", "median", "90%", "largest")
    report.tables.append(Table(f"Milliseconds of a change, {FIRST:,} paths, {repeats} changes", heads, table))
    return report


def _spread(times: list[float]) -> tuple[float, float, float]:
    ordered = sorted(times)
    return statistics.median(ordered), ordered[int(0.9 * (len(ordered) - 1))], ordered[-1]


def answers(repeats: int) -> list[float]:
    """The first answer to another volatility, with its charts, in this process."""
    engine = Engine(valence_2002())

    def answer(n: int) -> dict[str, Any]:
        return document(next(engine.answers({"price.volatility": 0.5 + 0.01 * n}, lambda: False)))

    return [1e3 * timed(lambda n=n: answer(n))[0] for n in range(repeats)]


def painted(repeats: int) -> list[tuple[float, float]]:
    """Times to the answer and to the paint of a key press on a slider, each when the one before is refined."""
    from selenium.webdriver.common.keys import Keys

    with _page() as browser:
        _refined(browser)
        browser.execute_script(_WATCH)
        for n in range(repeats):
            browser.execute_script(_FOCUS, MOVED[n % len(MOVED)])
            browser.execute_script("delete document.documentElement.dataset.paths")
            key = Keys.ARROW_RIGHT if n // len(MOVED) % 2 else Keys.ARROW_LEFT
            browser.switch_to.active_element.send_keys(key)
            _refined(browser)
            time.sleep(0.3)
        return [tuple(pair) for pair in browser.execute_script("return window.times")]


def _refined(browser: Any) -> None:
    """Wait until the numbers have all paths."""
    end = time.monotonic() + 30.0
    while browser.execute_script(_PATHS) < SHARDS[-1] and time.monotonic() < end:
        time.sleep(0.05)


@contextmanager
def _page() -> Iterator[Any]:
    """The page of the shipped case in a browser."""
    words = fundrisk("live", str(FILE), "--port", "8950")
    server = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment()
    )  # fmt: skip
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        browser = chromium()
        try:
            browser.get(address)
            yield browser
        finally:
            browser.quit()
    finally:
        server.terminate()
        server.wait()
