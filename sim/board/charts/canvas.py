"""Axes, headline, footer and marks of the figures.

Matplotlib is imported when something is drawn. Its global style is neither used nor changed: figures look the same
whatever a user's matplotlibrc says.
"""

from __future__ import annotations

import importlib.util
import io
import os
import re
import sys
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sim.board.charts.data import Source

INK = "#1a1a1a"
GREY = "#666666"
# Blues that differ in lightness, so that they can be told apart in grey and by colour-blind readers.
LIGHT, MIDDLE = "#cfe1f2", "#7fb2d9"

_TITLE_SIZE, _LABEL_SIZE, _FOOTER_SIZE = 12.5, 8.5, 8.0
_LEAST_KEPT = 0.6  # of the letters that fit a text that is cut
_FILLER = "\0"
_MOST_LINES = 5
_MOST_ROOM = 0.5  # of the axes' height, for labels
# Texts are drawn with parse_math=False: two amounts in dollars must not become a formula between dollar signs.


def matplotlib_here() -> Any:
    """Matplotlib, imported; without the user's settings where it cannot be imported with them."""
    try:
        import matplotlib
    except (ValueError, OSError):  # no backend of that name, a matplotlibrc that is not UTF-8 or may not be read
        for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
            del sys.modules[name]  # what the import has left
        with _no_backend():
            return _without_settings()
    return matplotlib


def _without_settings() -> Any:
    """Matplotlib, imported so that a matplotlibrc that cannot be read is empty, also one in the working folder."""
    spec = importlib.util.find_spec("matplotlib")
    assert spec is not None
    assert spec.loader is not None
    made = sys.modules["matplotlib"] = importlib.util.module_from_spec(spec)
    vars(made)["open"] = _text_or_nothing
    try:
        spec.loader.exec_module(made)
    except BaseException:
        del sys.modules["matplotlib"]
        raise
    del vars(made)["open"]
    return made


def _text_or_nothing(file: Any, **how: Any) -> io.StringIO:
    try:
        with open(file, **how) as text:
            return io.StringIO(text.read())
    except (ValueError, OSError):
        return io.StringIO()


@contextmanager
def _no_backend() -> Iterator[None]:
    """An environment in which Matplotlib finds no backend."""
    before = os.environ.pop("MPLBACKEND", None)
    try:
        yield
    finally:
        if before is not None:
            os.environ["MPLBACKEND"] = before


@contextmanager
def default_style(families: Sequence[str] = ()) -> Iterator[None]:
    """Matplotlib's own settings for as long as something is drawn, but for the backend, on which no figure depends.

    `families` are fonts for letters that its own font lacks.
    """
    matplotlib = matplotlib_here()
    own = {name: value for name, value in matplotlib.rcParamsDefault.items() if not name.startswith("backend")}
    own["font.family"] = [*own["font.family"], *families]
    with matplotlib.rc_context(own):
        yield


def axes_for(ax: Axes | None, width: float = 9.0, height: float = 5.2) -> Axes:
    """`ax`, or the axes of a new figure, with the frame that all figures have."""
    from matplotlib import rcParams

    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots(figsize=(width, height), layout="constrained")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.grid(axis="y", color="#e3e3e3", linewidth=0.8)
    ax.set_axisbelow(True)
    # The font is set, as Matplotlib makes further labels when it draws, in the style of that time.
    ax.tick_params(labelsize=9, labelfontfamily=rcParams["font.family"])
    return ax


def headline(ax: Axes, sentence: str) -> None:
    """A sentence above the axes, wrapped to their width."""
    settle(page(ax))  # and with it the width of the axes
    text = sentence.replace(" +- ", "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}").rstrip(".")
    for letters in range(_letters(ax, _TITLE_SIZE), 19, -2):
        title = ax.set_title(wrapped(text, letters), loc="left", fontsize=_TITLE_SIZE, fontweight="bold",
                             color=INK, pad=10, parse_math=False)  # fmt: skip
        if title.get_window_extent().width <= 0.95 * ax.get_window_extent().width:  # the layout may still change
            break


def axis_labels(ax: Axes, x: str, y: str) -> None:
    ax.set_xlabel(x, fontsize=9.5, color=INK, parse_math=False)
    ax.set_ylabel(y, fontsize=9.5, color=INK, parse_math=False)


def footer(ax: Axes, source: Source, note: str = "", drop: float = 44.0) -> None:
    """The case and how the run was made, `drop` points below the axes."""
    letters = _letters(ax, _FOOTER_SIZE)
    lines = [shortened(source.title, letters), *lines_of(f"{source.made}. {note}".rstrip(". "), letters)]
    ax.annotate(
        "\n".join(lines), (0, 0), xycoords="axes fraction", xytext=(0, -drop), textcoords="offset points",
        va="top", ha="left", fontsize=_FOOTER_SIZE, color=GREY, annotation_clip=False, parse_math=False,
    )  # fmt: skip


def marks(ax: Axes, places: Sequence[tuple[float, str]], **line: Any) -> None:
    """Vertical lines at x with labels above the data, in rows so that no two labels overlap.

    If full labels ("30 Aug 2002: a note is due") would use more than half of the axes, only the text before the colon
    is shown; if that does not fit either, the label is omitted. Call it last: it raises the upper end of the y axis.
    """
    left, right = ax.get_xlim()
    shown = sorted((x, text) for x, text in places if left <= x <= right)
    if not shown:
        return
    settle(page(ax))  # so that extents are those of the page
    labels = [_label(ax, x, text) for x, text in shown]
    rows, heights = _rows(ax, labels)
    if sum(heights) > _MOST_ROOM:
        for label in labels:
            label.remove()
        labels = [_label(ax, x, text.partition(":")[0]) for x, text in shown]
        rows, heights = _rows(ax, labels)
    ends = np.cumsum(heights)
    room = float(ends[ends <= _MOST_ROOM].max(initial=0.0))
    bottom, top = ax.get_ylim()
    ax.set_ylim(bottom, bottom + (top - bottom) / (1.0 - room))
    style: dict[str, Any] = {"color": GREY, "linewidth": 0.9, "linestyle": ":", "zorder": 1.5} | line
    for (x, _), label, row in zip(shown, labels, rows, strict=True):
        if ends[row] <= room:
            label.set_y(1.0 - (ends[row] - heights[row]))
            ax.axvline(x, ymax=label.get_position()[1], **style)
        else:
            label.remove()
            ax.axvline(x, ymax=1.0 - room, **style)


def shortened(text: str, letters: int) -> str:
    """`text` on one line of at most `letters` letters; three dots stand for what is cut. A wide letter is two.

    What is left ends with a whole word, unless much more would be cut for it.
    """
    line = _widened(" ".join(re.split(r"[^\S\xa0]+", text.strip())))  # no-break spaces stay
    if len(line) > letters:
        cut = line[: max(letters - 3, 1)]
        last = len(cut) if line[len(cut)] == " " else cut.rfind(" ")
        line = cut[: last if last >= _LEAST_KEPT * len(cut) else None].rstrip(" ,;:.(") + "..."
    return line.replace(_FILLER, "")


def fitted(parts: Sequence[str], letters: int) -> str:
    """As many whole `parts` as fit, and how many more there are: `a; b; 2 more`. The first is cut if it is too long."""
    for kept in range(len(parts), 0, -1):
        more = [f"{len(parts) - kept} more"] * (kept < len(parts))
        line = shortened("; ".join([*parts[:kept], *more]), 10**6)
        if len(_widened(line)) <= letters:
            return line
    return shortened("; ".join(parts), letters)


def lines_of(text: str, letters: int) -> list[str]:
    """`text` in lines of at most `letters` letters, of which a wide one, such as a Chinese character, is two."""
    return [line.replace(_FILLER, "") for line in textwrap.wrap(_widened(text), letters)]


def wrapped(text: str, letters: int) -> str:
    """`lines_of`, one below the other."""
    return "\n".join(lines_of(text, letters))


def _widened(text: str) -> str:
    """`text` with a filler after each letter that is as wide as two."""
    if text.isascii():
        return text
    return "".join(c + _FILLER if unicodedata.east_asian_width(c) in ("W", "F") else c for c in text)


def _label(ax: Axes, x: float, text: str) -> Any:
    """A label to the right of x, or to the left where it would leave the axes."""
    lines = lines_of(text, 30)
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES - 1 :] = [shortened(" ".join(lines[_MOST_LINES - 1 :]), 30)]
    label = ax.text(
        x, 1.0, "\n".join(f" {line} " for line in lines), transform=ax.get_xaxis_transform(), ha="left", va="top",
        fontsize=_LABEL_SIZE, color=INK, linespacing=1.15, zorder=4,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.9, "pad": 0.5}, parse_math=False,
    )  # fmt: skip
    if label.get_window_extent().x1 > ax.get_window_extent().x1:
        label.set_horizontalalignment("right")
    return label


def _rows(ax: Axes, labels: Sequence[Any]) -> tuple[list[int], list[float]]:
    """The row of each label, the first in which it overlaps none, and the heights of the rows in parts of the axes."""
    tall = ax.get_window_extent().height
    taken: list[list[tuple[float, float]]] = []
    heights: list[float] = []
    rows = []
    for label in labels:
        box = label.get_window_extent()
        free = (i for i, row in enumerate(taken) if all(box.x0 > end + 4 or box.x1 < start - 4 for start, end in row))
        row = next(free, len(taken))
        if row == len(taken):
            taken.append([])
            heights.append(0.0)
        taken[row].append((box.x0, box.x1))
        heights[row] = max(heights[row], (box.height + 5) / tall)
        rows.append(row)
    return rows, heights


def page(ax: Axes) -> Any:
    """The whole figure, also of axes on a part of it."""
    return getattr(ax.figure, "figure", ax.figure)


def settle(figure: Any) -> None:
    """Lay a figure out as drawing it would, where it has a layout engine."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)


def inches(ax: Axes) -> float:
    """Width of the axes."""
    return float(page(ax).get_figwidth() * min(ax.get_position().width, 1.0))


def _letters(ax: Axes, size: float) -> int:
    """Letters of a font size that fit the width of the axes."""
    return max(int(inches(ax) * 72 / (0.56 * size)), 20)
