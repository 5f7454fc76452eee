"""The benchmarks' plots. Each function writes one PNG and returns nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7")  # Okabe and Ito: safe for the colour-blind
MARKERS = "osD^"

Line = Sequence[tuple[float, float]]  # points (x, y)


def lines(
    ax: Axes, title: str, x: str, y: str, drawn: Mapping[str, Line], log_x: bool = False, log_y: bool = False
) -> None:
    """Named lines with markers; a legend if there are several."""
    for (name, points), colour, marker in zip(drawn.items(), COLOURS, MARKERS, strict=False):
        ax.plot(*zip(*points, strict=True), color=colour, marker=marker, label=name)
    ax.set(title=title, xlabel=x, ylabel=y)
    if log_x:
        ax.set_xscale("log")
    if log_y:
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=0)
    ax.grid(alpha=0.3)
    if len(drawn) > 1:
        ax.legend(frameon=False)


def panels(n: int) -> tuple[Figure, list[Axes]]:
    """A figure with n axes side by side."""
    figure = Figure(figsize=(4.2 * n, 3.4), layout="constrained")
    return figure, list(figure.subplots(1, n, squeeze=False)[0])


def save(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=120)
