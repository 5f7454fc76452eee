"""Figures as PNG and SVG: without the global state of pyplot, and the same bytes for the same chart."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

from sim.board.charts.canvas import default_style

if TYPE_CHECKING:
    from os import PathLike

_DPI = 150
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
    import matplotlib
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
