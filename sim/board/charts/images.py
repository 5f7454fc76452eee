"""Figures as PNG and SVG: without the global state of pyplot, and the same bytes for the same chart."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

from sim.board.charts.canvas import default_style, matplotlib_here
from sim.board.charts.sketch import sketch

if TYPE_CHECKING:
    from os import PathLike

    from sim.board.charts.data import Chart
    from sim.results.result import Result

_DPI = 150
_WIDE_SIZE, _NARROW_SIZE = (9.0, 4.2), (4.4, 3.6)
#: Height of a bar with its name, in inches.
_WIDE_BAR, _NARROW_BAR = 0.42, 0.55


_NO_DATE = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}


def save_figure(
    draw: Callable[..., Any],
    target: str | PathLike[str] | IO[bytes],
    kind: str,
    size: tuple[float, float] = (9.0, 5.2),
    rows: int = 1,
) -> None:
    """Write what `draw(ax=axes)` draws to a file, as "png", "svg" or "pdf". Texts of an SVG are texts, not outlines.

    With several `rows`, `draw` is called with as many axes, one below the other.
    """
    matplotlib = matplotlib_here()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with (
        default_style(),
        matplotlib.rc_context({"svg.hashsalt": "fundrisk", "svg.fonttype": "none"}),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", "Glyph .* missing")  # of scripts that the font lacks
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        draw(ax=figure.subplots(rows))
        figure.savefig(target, format=kind, dpi=_DPI, metadata=_NO_DATE.get(kind, {}))


def svg_text(chart: Chart, result: Result, narrow: bool = False) -> str:
    """A chart as an SVG element for a page that has a headline of its own, for a wide or a narrow screen."""
    width, height = _NARROW_SIZE if narrow else _WIDE_SIZE
    if chart.kind in ("bars", "waterfall"):
        height = len(chart.categories) * (_NARROW_BAR if narrow else _WIDE_BAR) + 1.3
    file = BytesIO()
    save_figure(partial(sketch, chart, result), file, "svg", (width, height))
    text = file.getvalue().decode("utf-8")
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text[text.index("<svg") :], flags=re.DOTALL)
    return re.sub(r">\s+<", "><", text)
