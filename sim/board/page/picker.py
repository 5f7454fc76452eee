"""The what-if picker of the page: sliders over the values of the grid.

All texts are written here; the script of the page only selects them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.board.page.html_tables import table
from sim.board.page.markup import Html, joined, tag
from sim.board.story.parts import setting
from sim.board.words import NO_BREAK, change, day, frequency, measure_of, plus_minus, reading
from sim.results.estimates import Estimate, LowerBound, proportion
from sim.text.tables import Table

if TYPE_CHECKING:
    from sim.analysis.grid import Axis, Grid
    from sim.analysis.pack import Pack
    from sim.terms import Case

__all__ = [
    "KEY", "P05", "axis_name", "axis_words", "chosen", "data", "measure_name", "measured", "picker",
    "with_error",
]  # fmt: skip

KEY = "what_if"
P05 = "raised_p05"
_CHANCES = ("cash_out", "cash_out_12m")
#: What is shown, in this order, as far as the grid has it.
_SHOWN = ("cash_out", "cash_out_12m", "runway_months", "raised", P05, "dilution", "funding_gap")
_NAMES = {
    "price.initial": "Opening stock price",
    "price.volatility": "Volatility of the stock price",
    "burn.monthly": "Monthly burn",
    "waivers": "Probability that a failed condition is waived",
}
_Z95 = 1.96


def axis_name(axis: Axis) -> str:
    """The name of a slider."""
    return _NAMES.get(axis.key, axis.label[:1].upper() + axis.label[1:])


def axis_words(axis: Axis) -> tuple[str, ...]:
    """The values of a slider as text."""
    suffix = " a share" if axis.key == "price.initial" else ""
    return tuple(f"{setting(value, axis.unit)}{suffix}" for value in axis.values)


def measure_name(name: str, case: Case) -> str:
    """`Out of cash by 31 March 2004`, `Runway`."""
    if name == "cash_out":
        return f"Out of cash by {day(case.horizon)}"
    told = {"cash_out_12m": "Out of cash within 12 months", P05: "Raised, 5% quantile"}
    return told.get(name) or measure_of(name, case)


def chosen(grid: Grid, name: str, at: tuple[int, ...]) -> str:
    """A measure at a point of the grid, with its error: `97 of 100 (96.9% ± 0.2)`, `10.7 months ± 0.1`."""
    return with_error(name, _estimate(grid, name, at), grid.paths)


def with_error(name: str, estimate: Estimate, paths: int) -> str:
    """A measure of so many paths with its error."""
    if name in _CHANCES:
        return f"{frequency(estimate, paths)} ({plus_minus(name, estimate)})"
    return plus_minus(measured(name), estimate)


def difference(grid: Grid, name: str, at: tuple[int, ...], base: tuple[int, ...]) -> str:
    """The change from the case. Its standard error is taken as the sum of the two errors, which is an upper bound: with
    common random numbers it is smaller, but the grid does not give it."""
    if at == base:
        return "-"
    here, there = _estimate(grid, name, at), _estimate(grid, name, base)
    error = here.error + there.error
    value = here.value - there.value
    return change(measured(name), Estimate(value, error, (value - _Z95 * error, value + _Z95 * error)))


def data(pack: Pack) -> dict[str, Any]:
    """The texts that the script shows: by measure, at every point of the grid, the first axis slowest."""
    grid = pack.grid
    base = tuple(axis.base for axis in grid.axes)
    places = list(np.ndindex(*(len(axis.values) for axis in grid.axes)))
    measures = []
    for name in _names(grid):
        scale = reading(measured(name)).scale
        estimates = [_estimate(grid, name, at) for at in places]
        measures.append(
            {
                "name": measure_name(name, pack.result.case),
                "words": [chosen(grid, name, at) for at in places],
                "changes": [difference(grid, name, at, base) for at in places],
                "values": [float(f"{each.value / scale:.5g}") for each in estimates],
                "low": [float(f"{each.ci95[0] / scale:.5g}") for each in estimates],
                "high": [float(f"{each.ci95[1] / scale:.5g}") for each in estimates],
            }
        )
    axes = [{"name": axis_name(axis), "words": axis_words(axis), "base": axis.base} for axis in grid.axes]
    return {"axes": axes, "measures": measures}


def picker(pack: Pack) -> Html:
    """The sliders, the results, and a table of the ends of each slider for paper and for pages without script."""
    grid = pack.grid
    words = json.dumps(data(pack), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "<>&":
        words = words.replace(letter, f"\\u{ord(letter):04x}")
    sliders = [_slider(i, axis) for i, axis in enumerate(grid.axes)]
    head = tag("tr", tag("td"), *(tag("th", name, scope="col") for name in ("your choice", "the case", "change")),
               tag("td", class_="strip"))  # fmt: skip
    base = tuple(axis.base for axis in grid.axes)
    rows = [
        tag(
            "tr", tag("th", measure_name(name, pack.result.case), scope="row", class_="words"),
            tag("td", chosen(grid, name, base), class_="chosen"), tag("td", chosen(grid, name, base)),
            tag("td", "-", class_="change"), tag("td", class_="strip", aria_hidden="true"),
        )
        for name in _names(grid)
    ]  # fmt: skip
    results = tag(
        "table", tag("caption", f"Means over {grid.paths:,} scenarios for each choice, with standard errors"),
        tag("thead", head), tag("tbody", *rows), id="picker-results",
    )  # fmt: skip
    form = tag(
        "form", tag("fieldset", tag("legend", "Your choice"), *sliders,
                    tag("button", "Back to the case", type="button", id="picker-reset")),
        class_="sliders",
    )  # fmt: skip
    return joined(
        tag("noscript", tag("p", "The sliders need JavaScript; the table below does not.", class_="plain")),
        tag("div", form,
            tag("div", results, class_="scroll", tabindex="0", role="region", aria_label="Results of your choice"),
            tag("p", "", id="picker-said", class_="unseen", role="status", aria_live="polite"),
            class_="picker", id="picker", hidden=True),
        ends(pack),
        tag("script", Html(words), type="application/json", id="picker-data"),
    )  # fmt: skip


def ends(pack: Pack) -> Html:
    """The case, and each slider at its lowest and its highest value with the others as in the case."""
    grid = pack.grid
    base = [axis.base for axis in grid.axes]
    names = [name for name in ("cash_out", "runway_months", "raised", "dilution") if name in grid.mean]

    def row(words: str, at: list[int]) -> tuple[str, ...]:
        return (words, *(chosen(grid, name, tuple(at)) for name in names))

    rows = [row("The case", base)]
    for i, axis in enumerate(grid.axes):
        for end in sorted({0, len(axis.values) - 1} - {axis.base}):
            rows.append(row(f"{axis_name(axis)}: {axis_words(axis)[end]}", [*base[:i], end, *base[i + 1 :]]))
    columns = ("", *(measure_name(name, pack.result.case) for name in names))
    words = "The case, and each input alone at its lowest and its highest value"
    return tag("div", table(Table("", columns, rows, (0,)), words), class_="ends")


def _slider(i: int, axis: Axis) -> Html:
    """One slider, its value, and a mark below the case's own value."""
    words, last = axis_words(axis), len(axis.values) - 1
    name, value = axis_name(axis), words[axis.base]
    if not last:
        return tag(
            "p",
            tag("span", name, class_="label"),
            tag("output", f"{value}{NO_BREAK}(no other was computed)"),
            class_="slider",
        )
    stops = [
        tag("span", tag("span", "the case", class_="unseen") if place == axis.base else "",
            class_="stop base" if place == axis.base else "stop", aria_hidden="true")
        for place in range(last + 1)
    ]  # fmt: skip
    return tag(
        "div",
        tag("label", name, for_=f"slider-{i}"),
        tag("output", value, id=f"slider-{i}-value", for_=f"slider-{i}"),
        tag("input", type="range", id=f"slider-{i}", min="0", max=str(last), step="1", value=str(axis.base),
            aria_valuetext=f"{value} (the case)", autocomplete="off"),
        tag("span", *stops, class_="stops", aria_hidden="true"),
        tag("span", tag("span", words[0]), tag("span", words[-1]), class_="range", aria_hidden="true"),
        class_="slider",
    )  # fmt: skip


def _names(grid: Grid) -> list[str]:
    return [name for name in _SHOWN if name in grid.mean]


def measured(name: str) -> str:
    """The measure of which a name is the mean or a quantile."""
    return "raised" if name == P05 else name


def _estimate(grid: Grid, name: str, at: tuple[int, ...]) -> Estimate:
    """An estimate of the grid; a probability has Wilson's interval, which has a width at 0 and 1 too."""
    mean, error = float(grid.mean[name][at]), float(grid.error[name][at])
    if name in _CHANCES:
        return proportion(round(mean * grid.paths), grid.paths)
    kind = LowerBound if grid.is_bound(name, at) else Estimate
    return kind(mean, error, (mean - _Z95 * error, mean + _Z95 * error))
