"""Figures as PNG and SVG: without the global state of pyplot, and the same bytes for the same chart."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from io import StringIO
from os import PathLike
from pathlib import Path
from typing import IO, Any

from sim.board.charts.canvas import default_style, matplotlib_here, settle
from sim.text.bidi import isolated_svg

_DPI = 150


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
    save_figures(draw, {kind: target}, size, rows)


def save_figures(
    draw: Callable[..., Any],
    targets: Mapping[str, str | PathLike[str] | IO[bytes]],
    size: tuple[float, float] = (9.0, 5.2),
    rows: int = 1,
) -> None:
    """`save_figure` for several kinds, each with its file: the figure is drawn and laid out once."""
    matplotlib = matplotlib_here()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with (
        default_style(),
        matplotlib.rc_context({"svg.hashsalt": "fundrisk", "svg.fonttype": "none"}),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", "Glyph .* missing")  # of scripts that the font lacks
        figure = Figure(figsize=size, dpi=_DPI, layout="constrained")
        FigureCanvasAgg(figure)
        draw(ax=figure.subplots(rows))
        settle(figure)
        figure.set_layout_engine("none")  # settled: each file needs one pass
        for kind, target in targets.items():
            _print(figure, target, kind)


def _print(figure: Any, target: str | PathLike[str] | IO[bytes], kind: str) -> None:
    """One file. `Figure.savefig` would draw the figure once more to lay it out."""
    figure.set_dpi(_DPI)
    match kind:
        case "png":
            from matplotlib.backends.backend_agg import FigureCanvasAgg

            FigureCanvasAgg(figure).print_png(target)
        case "svg":
            from matplotlib.backends.backend_svg import FigureCanvasSVG

            drawn = StringIO()
            FigureCanvasSVG(figure).print_svg(drawn, metadata={"Date": None})
            data = isolated_svg(drawn.getvalue()).encode()
            if isinstance(target, str | PathLike):
                Path(target).write_bytes(data)
            else:
                target.write(data)
        case _:
            from matplotlib.backends.backend_pdf import FigureCanvasPdf

            FigureCanvasPdf(figure).print_pdf(target, metadata={"CreationDate": None})
