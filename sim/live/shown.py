"""What the page shows of an answer: a sentence, the measures with their errors, and the charts of the report's page."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from sim.board.charts.data import Chart
from sim.board.charts.run import cash_chart, cash_out_chart, distribution_chart
from sim.board.charts.svg import svg
from sim.board.page.html_tables import numbers
from sim.board.page.picker import measure_name, measured, with_error
from sim.board.story.answer import answer_sentence
from sim.board.story.cash import cash_sentence
from sim.board.story.cash_out import cash_out_sentence
from sim.board.story.commitment import waterfall_chart
from sim.board.words import NO_BREAK, PLUS_MINUS, change, plus_minus
from sim.live.engine import SHARDS, Answer
from sim.results.estimates import Estimate
from sim.results.result import Result
from sim.terms.rewriting import toml_value

#: The figures, in the order of the page.
FIGURES = ("cash", "cash_out", "waterfall", "dilution")
#: The measures that stand large above the figures.
CARDS = ("cash_out", "runway_months", "raised", "dilution")


def document(answer: Answer, narrow: bool = False) -> dict[str, Any]:
    """An answer as JSON: texts and markup that the page puts in their places. `narrow`: charts for half the width."""
    result = answer.result
    return {
        "paths": result.paths,
        "progress": f"{result.paths:,} scenarios" + ", refining ..." * (result.paths < SHARDS[-1]),
        "is_last": result.paths >= SHARDS[-1],
        "sentence": answer_sentence(result),
        "rows": rows_of(answer),
        "figures": {chart.key: _figure(chart, narrow) for chart in charts_of(result)},
        "command": command(result.case.source, answer.changes, result),
        "settings": settings(answer.changes),
    }


def rows_of(answer: Answer) -> list[dict[str, Any]]:
    """The measures: as text, as a number with its standard error, and their change from the case."""
    return [
        {
            "key": name,
            "name": measure_name(name, answer.result.case),
            "words": with_error(name, level, answer.result.paths),
            "case": with_error(name, answer.base[name], answer.result.paths),
            "value": level.value,
            "se": level.se,
            "change": _moved(name, answer.moves[name]) if answer.changes else "-",
        }
        for name, level in answer.levels.items()
    ]


def _moved(name: str, move: Estimate) -> str:
    """`+2.59 points ± 0.04`: a change with its error, unless that is 0."""
    _, sign, error = plus_minus(measured(name), move).partition(f"{NO_BREAK}{PLUS_MINUS}")
    return f"{change(measured(name), move)}{sign}{error}"


def charts_of(result: Result) -> Iterator[Chart]:
    """Those that a run has numbers for."""
    summary = result.summary()
    if result.tallies.fan.shape[1]:
        yield cash_chart(result, cash_sentence(result))
    yield cash_out_chart(result, cash_out_sentence(result))
    if summary.waterfall.commitment:
        yield waterfall_chart(summary)
    if summary["dilution"].mean > 0.0:
        yield distribution_chart(result, "dilution")


def _figure(chart: Chart, narrow: bool) -> dict[str, str]:
    return {"title": chart.title, "svg": svg(chart, narrow), "numbers": numbers(chart)}


def settings(changes: Mapping[str, Any]) -> list[str]:
    """Changes as `fundrisk ... --set` takes them: `price.volatility=0.8`; an empty value removes a key."""
    return [f"{key}={'' if value is None else toml_value(value)}" for key, value in changes.items()]


def command(name: str, changes: Mapping[str, Any], result: Result) -> str:
    """The command that prints the same numbers."""
    words = [f"--set {shlex.quote(text)}" for text in settings(changes)]
    run = result.run
    return " ".join(["fundrisk run", shlex.quote(name), *words, f"--paths {run.paths} --seed {run.seed}"])
