"""Charts as data drawn as native PowerPoint charts: editable, with their numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.util import Pt

from sim.board.charts.canvas import INK, MIDDLE
from sim.board.charts.data import COLOURS, NEUTRAL, Chart, Series, round_step
from sim.board.deck.elements import (
    AREA,
    FONT,
    SMALL,
    append,
    as_line,
    clear_of_intervals,
    dashed,
    describe,
    error_bars,
    fill,
    fixed_area,
    labels,
    legend,
    plain_text,
    rgb,
    to_lines,
)

if TYPE_CHECKING:
    from pptx.chart.chart import Chart as Native

NO_BREAK = "\N{NO-BREAK SPACE}"
BARS_AREA = (0.36, 0.13, 0.60, 0.78)
_GRID = "#E3E3E3"


def draw(shapes: Any, chart: Chart, box: tuple[int, int, int, int]) -> Any:
    """A chart's graphic frame in a box (left, top, width, height in EMU), with alternative text."""
    frame = _KINDS[chart.kind](shapes, chart, box)
    describe(frame, chart.title, chart.alt)
    return frame


def area_of(chart: Chart) -> tuple[float, float, float, float]:
    """The drawing area of a chart, in parts of its box."""
    return BARS_AREA if chart.kind in ("bars", "waterfall") else AREA


# --- the kinds -------------------------------------------------------------------------------------------------------


def _columns(shapes: Any, chart: Chart, box: tuple[int, int, int, int]) -> Any:
    frame = _framed(shapes, chart, box, XL_CHART_TYPE.COLUMN_CLUSTERED, _categories(chart), chart.series)
    native = frame.chart
    native.plots[0].gap_width = 60
    for series, drawn in zip(chart.series, native.plots[0].series, strict=True):
        fill(drawn.format, series.colour)
        error_bars(drawn, series)
        labels(drawn, series)
    _value_axis(native, chart, most=100.0 if chart.unit == "%" and _largest(chart) > 80.0 else None)
    if len(chart.series) > 1:
        legend(native)
    return frame


def _stacked(shapes: Any, chart: Chart, box: tuple[int, int, int, int]) -> Any:
    """Stacked columns. The total is an invisible line series that carries the error bars and data labels."""
    totals = [series for series in chart.series if series.role == "total"]
    parts = [series for series in chart.series if series.role != "total"]
    frame = _framed(shapes, chart, box, XL_CHART_TYPE.COLUMN_STACKED, _categories(chart), [*parts, *totals])
    native = frame.chart
    plot = native.plots[0]
    plot.gap_width, plot.overlap = 55, 100
    for series, drawn in zip([*parts, *totals], list(plot.series), strict=True):
        fill(drawn.format, series.colour)
        if series.role == "total":
            as_line(native, drawn, series)
    whole = chart.unit == "%" and (_largest(chart) > 80.0 or not totals)
    _value_axis(native, chart, most=100.0 if whole else None)
    letters = sum(len(series.name) + 4 for series in (*parts, *totals))
    legend(native, rows=1 if letters * 0.085 < box[2] / 914_400 * AREA[2] else 2)
    return frame


def _waterfall(shapes: Any, chart: Chart, box: tuple[int, int, int, int]) -> Any:
    """Bars on unfilled bars, from top to bottom. The names include the amounts, as stacks have no outer labels."""
    (series,) = chart.series
    amounts = [float(v or 0.0) for v in series.values]
    totals = (0, len(amounts) - 1)
    left, blank = amounts[0], []
    for place, amount in enumerate(amounts):
        left -= 0.0 if place in totals else amount
        blank.append(0.0 if place in totals else max(left, 0.0))
    rows = [
        Series("below", tuple(blank)),
        Series("total", tuple(a if n in totals else 0.0 for n, a in enumerate(amounts)), colour=COLOURS[0]),
        Series("not paid", tuple(0.0 if n in totals else a for n, a in enumerate(amounts)), colour=MIDDLE),
    ]
    labels = series.labels or ("",) * len(amounts)
    names = [f"{name}  {label}" for name, label in zip(chart.categories, labels, strict=True)]
    frame = _framed(shapes, chart, box, XL_CHART_TYPE.BAR_STACKED, names, rows)
    native = frame.chart
    plot = native.plots[0]
    plot.gap_width, plot.overlap = 40, 100
    native.category_axis.reverse_order = True
    for row, drawn in zip(rows, plot.series, strict=True):
        if row.name == "below":
            drawn.format.fill.background()
        else:
            fill(drawn.format, row.colour)
    _value_axis(native, chart, most=amounts[0] or 1.0, hidden=True)
    return frame


def _bars(shapes: Any, chart: Chart, box: tuple[int, int, int, int]) -> Any:
    """Horizontal bars, the first category on top."""
    frame = _framed(shapes, chart, box, XL_CHART_TYPE.BAR_CLUSTERED, _categories(chart), chart.series)
    native = frame.chart
    plot = native.plots[0]
    plot.gap_width, plot.overlap = 45, (100 if len(chart.series) > 1 else 0)
    native.category_axis.reverse_order = True
    native.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    bars = len(chart.categories)
    native.category_axis.tick_labels.font.size = Pt(SMALL if bars < 9 else SMALL - 1.5 if bars < 10 else SMALL - 3)
    append(native.category_axis._element, "c:tickLblSkip", {"val": "1"}, before=("c:noMultiLvlLbl", "c:extLst"))
    for series, drawn in zip(chart.series, plot.series, strict=True):
        fill(drawn.format, series.colour)
        drawn.invert_if_negative = False
        error_bars(drawn, series)
    ends = [v for s in chart.series for v in (*s.values, *s.low, *s.high) if v is not None]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = 0.22 * (high - low) or 1.0
    least, most = (low - room if low < 0.0 else 0.0), high + room
    inches = box[2] / 914_400 * BARS_AREA[2] / (most - least)
    for series, drawn in zip(chart.series, plot.series, strict=True):
        labels(drawn, clear_of_intervals(series, inches))
    _value_axis(native, chart, least=least, most=most, hidden=True)
    if len(chart.series) > 1:
        legend(native)
    return frame


def _histogram(shapes: Any, chart: Chart, box: tuple[int, int, int, int]) -> Any:
    edges = chart.edges[:-1]
    every = next((n for n in (1, 2, 5, 10, 20) if len(edges) / n <= 12), 50)
    # The others are blank, as not every viewer heeds the distance of labels.
    names = [f"{edge:.6g}" if i % every == 0 else NO_BREAK for i, edge in enumerate(edges)]
    frame = _framed(shapes, chart, box, XL_CHART_TYPE.COLUMN_CLUSTERED, names, chart.series)
    native = frame.chart
    native.plots[0].gap_width = 4
    fill(native.plots[0].series[0].format, chart.series[0].colour)
    _value_axis(native, chart)
    native.category_axis.major_tick_mark = XL_TICK_MARK.NONE
    for tag in ("c:tickLblSkip", "c:tickMarkSkip"):
        append(native.category_axis._element, tag, {"val": str(every)}, before=("c:noMultiLvlLbl", "c:extLst"))
    return frame


def _fan(shapes: Any, chart: Chart, box: tuple[int, int, int, int]) -> Any:
    """The quantiles as lines with the data of the result, and bands between them stacked on the lowest quantile."""

    def between(low: str, high: str) -> tuple[float, ...]:
        pairs = zip(chart.named(low).values, chart.named(high).values, strict=True)
        return tuple(float(b or 0.0) - float(a or 0.0) for a, b in pairs)

    light, middle = chart.named("p05").colour, chart.named("p25").colour
    bands = [
        Series("under the bands", chart.named("p05").values),
        Series("5% to 95% of scenarios", between("p05", "p25"), colour=light),
        Series("25% to 75%", between("p25", "p75"), colour=middle),
        Series("75% to 95%", between("p75", "p95"), colour=light),
    ]
    names = {"p05": "5%", "p25": "25%", "p50": "median", "p75": "75%", "p95": "95%"}
    lines = [Series(names[name], chart.named(name).values, colour=middle) for name in names]
    lines += [series for series in chart.series if series.role == "limit"]
    frame = _framed(shapes, chart, box, XL_CHART_TYPE.AREA_STACKED, chart.categories, [*bands, *lines])
    native = frame.chart
    drawn = list(native.plots[0].series)
    for row, each in zip(bands, drawn, strict=False):
        if row.name == "under the bands":
            each.format.fill.background()
        else:
            fill(each.format, row.colour)
    to_lines(native, drawn[len(bands) :])
    for row, each in zip(lines, native.plots[1].series, strict=True):
        each.smooth = False
        strong = row.name == "median" or row.role == "limit"
        each.format.line.width = Pt(2.5) if row.name == "median" else Pt(1.5 if strong else 0.5)
        each.format.line.color.rgb = rgb(COLOURS[0] if row.name == "median" else row.colour)
        if row.role == "limit":
            dashed(each)
    values = [float(v) for row in chart.series for v in row.values if v is not None]
    step = round_step(max(values) - min(values))
    _value_axis(native, chart, least=step * (min(values) // step), most=-step * (-max(values) // step), step=step)
    form = "#,##0" if step >= 1.0 else "0.0##"
    native.value_axis.tick_labels.number_format = f'{form};"\N{MINUS SIGN}"{form}'
    axis = native.category_axis
    axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    axis.tick_labels.number_format, axis.tick_labels.number_format_is_linked = "mmm yyyy", False
    every = next((n for n in (1, 2, 3, 6, 12, 24, 60) if len(chart.categories) / n <= 10), 60)
    for tag, text in (("c:baseTimeUnit", "days"), ("c:majorUnit", str(every)), ("c:majorTimeUnit", "months")):
        append(axis._element, tag, {"val": text}, before=("c:extLst",))
    later = ("c:majorUnit", "c:minorUnit", "c:dispUnits", "c:extLst")
    append(native.value_axis._element, "c:crossBetween", {"val": "midCat"}, before=later)
    hidden = [
        n
        for n, row in enumerate([*bands, *lines])
        if row.name in ("under the bands", "75% to 95%", "5%", "25%", "75%", "95%")
    ]
    legend(native, without=hidden)
    return frame


_KINDS: dict[str, Callable[..., Any]] = {
    "fan": _fan, "columns": _columns, "stacked": _stacked, "waterfall": _waterfall, "bars": _bars,
    "histogram": _histogram,
}  # fmt: skip


# --- what they share -------------------------------------------------------------------------------------------------


def _framed(
    shapes: Any,
    chart: Chart,
    box: tuple[int, int, int, int],
    kind: Any,
    categories: Sequence[Any],
    rows: Sequence[Series],
) -> Any:
    """A native chart with its data and the frame that all charts have."""
    data = CategoryChartData(number_format="General")
    data.categories = [plain_text(each) if isinstance(each, str) else each for each in categories]
    for row in rows:
        data.add_series(plain_text(row.name), row.values)
    frame = shapes.add_chart(kind, *box, data)
    native: Native = frame.chart
    native.has_legend, native.has_title = False, False
    native.font.size, native.font.name, native.font.color.rgb = Pt(SMALL), FONT, rgb(INK)
    native.category_axis.has_major_gridlines = False
    native.category_axis.format.line.color.rgb = rgb(NEUTRAL)
    native._chartSpace.chart.get_or_add_autoTitleDeleted().set("val", "1")
    fixed_area(native, area_of(chart))
    if chart.x_title:
        title = native.category_axis.axis_title.text_frame
        title.text = chart.x_title
        title.paragraphs[0].runs[0].font.size, title.paragraphs[0].runs[0].font.bold = Pt(SMALL), False
    return frame


def _value_axis(
    native: Native, chart: Chart, least: float | None = None, most: float | None = None, step: float | None = None,
    hidden: bool = False,
) -> None:  # fmt: skip

    axis = native.value_axis
    axis.minimum_scale = 0.0 if least is None and _never_negative(chart) else least
    if most is not None:
        axis.maximum_scale = most
    if step is not None:
        axis.major_unit = step
    axis.major_tick_mark = XL_TICK_MARK.NONE
    axis.format.line.fill.background()
    axis.has_major_gridlines = not hidden
    if hidden:
        axis.tick_label_position = XL_TICK_LABEL_POSITION.NONE
        return
    axis.major_gridlines.format.line.color.rgb = rgb(_GRID)
    span = _largest(chart)
    per_cent = '0"%"' if span > 5.0 else '0.0"%"' if span > 0.5 else '0.00"%"' if span > 0.05 else '0.0000"%"'
    axis.tick_labels.number_format = per_cent if chart.unit == "%" else "General"
    axis.tick_labels.number_format_is_linked = False


def _largest(chart: Chart) -> float:
    return max((v for series in chart.series for v in (*series.values, *series.high) if v is not None), default=0.0)


def _never_negative(chart: Chart) -> bool:
    return all(v is None or v >= 0.0 for series in chart.series for v in (*series.values, *series.low))


def _categories(chart: Chart) -> list[str]:
    return list(chart.axis_names)
