"""Figures: the numbers of the run, labels that do not overlap, any size, and any style of the user."""

import dataclasses
import hashlib
import io
import os
import subprocess
import sys
from datetime import date
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import dates as mdates
from matplotlib.colors import to_rgb

from sim.board.charts import canvas, figures
from sim.board.charts.data import Chart, Mark, Series
from sim.board.charts.images import save_figure
from sim.board.charts.run import cash_out_chart, distribution_chart
from sim.board.charts.sketch import sketch
from sim.board.story.story import story
from tests.board.test_story import pack_of
from tests.support.synthetic import synthetic_result

mpl.use("Agg")
from matplotlib import pyplot

from tests.support.valence import valence_2002

FIGURES = [
    figures.cash_fan,
    figures.cash_out_by_quarter,
    figures.raised_distribution,
    figures.dilution_distribution,
]


@pytest.fixture(scope="module")
def result():
    return synthetic_result()


@pytest.fixture(autouse=True)
def close_figures():
    yield
    pyplot.close("all")


# ------------------------------------------------------------------------------------------------------ the four


@pytest.mark.parametrize("draw", FIGURES)
def test_a_figure_uses_given_axes_and_returns_them(draw, result):
    pyplot.close("all")
    before = dict(mpl.rcParams)
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(14, 5))
    assert draw(result, ax=right) is right
    assert not left.has_data()
    assert len(pyplot.get_fignums()) == 1
    assert draw(result).figure is not figure
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("draw", FIGURES)
def test_headline_and_footer_are_complete(draw, result):
    ax = draw(result)
    title = ax.get_title(loc="left")
    assert any(letter.isdigit() for letter in title)
    assert title[0].isupper()
    assert len(title.split()) > 5
    words = " ".join(text.get_text() for text in ax.texts)
    assert result.case.title in words
    assert "4,000 scenarios, seed 11, philox" in words


STYLES = [
    {"axes.facecolor": "black", "text.color": "white", "font.size": 30.0},
    {"lines.linewidth": 9.0, "axes.grid": True, "savefig.dpi": 10, "font.family": "monospace"},
    {"axes.spines.left": False, "figure.facecolor": "#ff0000", "xtick.labelsize": 40},
    {"text.usetex": True, "axes.formatter.use_mathtext": True},
    {"savefig.bbox": "tight", "savefig.pad_inches": 2.0, "savefig.transparent": True, "savefig.format": "pdf"},
    {"figure.dpi": 31, "figure.autolayout": True, "figure.constrained_layout.use": False, "path.simplify": False},
    {"svg.hashsalt": "mine", "svg.fonttype": "path", "axes.formatter.use_locale": True, "axes.unicode_minus": False},
    {"date.converter": "concise", "timezone": "Pacific/Auckland", "date.autoformatter.month": "%d"},
    {"path.sketch": (1, 100, 2), "path.snap": False, "text.hinting": "none", "text.antialiased": False},
    {"hatch.linewidth": 6.0, "errorbar.capsize": 9.0, "patch.linewidth": 7.0, "legend.fontsize": 30},
]
HOSTILE = """
text.usetex: True
font.family: cursive
axes.grid: True
savefig.bbox: tight
figure.dpi: 33
backend: svg
svg.hashsalt: mine
axes.formatter.use_locale: True
date.converter: concise
date.epoch: 2000-01-01T00:00:00
timezone: Asia/Tokyo
axes.prop_cycle: cycler("color", ["r"])
axes.titlelocation: right
no.such.setting: 1
lines.linewidth: wide
"""
PRINT_HASHES = """
import hashlib, io
from tests.board.test_figures import FIGURES, save_figure, synthetic_result
result = synthetic_result()
for draw in FIGURES:
    for kind in ("png", "svg"):
        save_figure(lambda ax: draw(result, ax), file := io.BytesIO(), kind)
        print(hashlib.sha256(file.getvalue()).hexdigest())
"""


def bytes_of(draw, result, kind):
    save_figure(lambda ax: draw(result, ax), file := io.BytesIO(), kind)
    return file.getvalue()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("draw", FIGURES[:2])
@pytest.mark.parametrize("kind", ["png", "svg"])
def test_figures_do_not_depend_on_settings(style, draw, kind, result):
    expected = bytes_of(draw, result, kind)
    with mpl.rc_context(style):
        before = dict(mpl.rcParams)
        got = bytes_of(draw, result, kind)
        assert dict(mpl.rcParams) == before
    assert got == expected


def test_figures_do_not_depend_on_a_matplotlibrc(result, tmp_path):
    (tmp_path / "matplotlibrc").write_text(HOSTILE, encoding="utf-8")
    mine = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    mine |= {"MATPLOTLIBRC": str(tmp_path), "TZ": "Asia/Kolkata", "PYTHONPATH": os.getcwd()}
    run = subprocess.run([sys.executable, "-c", PRINT_HASHES], capture_output=True, text=True, env=mine, check=True)
    expected = [hashlib.sha256(bytes_of(draw, result, kind)).hexdigest() for draw in FIGURES for kind in ("png", "svg")]
    assert run.stdout.split() == expected


@pytest.mark.parametrize("style", [STYLES[0], STYLES[1], STYLES[3], STYLES[5], STYLES[7]])
def test_a_figure_of_a_notebook_is_drawn_in_the_style_of_the_project(style, result):
    def pixels():
        figure = figures.cash_fan(result).figure
        figure.canvas.draw()
        return np.asarray(figure.canvas.buffer_rgba())

    expected = pixels()
    with mpl.rc_context(style | {"path.simplify": True}):
        np.testing.assert_array_equal(pixels(), expected)


def test_months_are_english_whatever_the_locale(result, monkeypatch):
    monkeypatch.setattr("matplotlib.dates.DateFormatter.__call__", lambda *_: "locale")
    ax = figures.cash_fan(result)
    words = {label.get_text().split()[0] for label in ax.get_xticklabels()}
    assert words <= {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
    assert len(words) > 2


def band(ax, color):
    """Dates, lower and upper edge of the band of a colour."""
    (found,) = [each for each in ax.collections if np.allclose(each.get_facecolor()[0][:3], to_rgb(color))]
    edges = {}
    for x, y in found.get_paths()[0].vertices:
        edges.setdefault(x, []).append(y)
    xs = sorted(edges)
    return xs, [min(edges[x]) for x in xs], [max(edges[x]) for x in xs]


def test_the_fan_has_the_numbers_of_the_run(result):
    ax, fan = figures.cash_fan(result), result.fan()
    for color, low, high in ((canvas.LIGHT, fan.p05, fan.p95), (canvas.MIDDLE, fan.p25, fan.p75)):
        xs, lower, upper = band(ax, color)
        np.testing.assert_allclose(xs, mdates.date2num(fan.dates))
        np.testing.assert_allclose(lower, low / 1e6)
        np.testing.assert_allclose(upper, high / 1e6)
    lines = {line.get_label(): line for line in ax.lines}
    np.testing.assert_allclose(lines["median"].get_ydata(), fan.p50 / 1e6)
    assert set(lines["minimum cash"].get_ydata()) == {result.case.company.minimum_cash / 1e6}


def test_the_fan_marks_notes_and_conditions(result):
    ax = figures.cash_fan(result)
    words = " ".join(" ".join(text.get_text().split()) for text in ax.texts)
    assert "30 Aug 2002: Baccarat note due, $15M" in words
    assert "30 Sep 2002: later draws require 265 Wh/l polymer and 30 cylindrical samples" in words
    places = {line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":"}
    assert mdates.date2num(date(2002, 8, 30)) in places
    assert mdates.date2num(date(2003, 3, 31)) in places
    assert mdates.date2num(date(2005, 9, 30)) not in places


def test_the_columns_are_the_causes_with_wilson_intervals(result):
    ax, summary = figures.cash_out_by_quarter(result), result.summary()
    *bars, whiskers = ax.containers
    assert [container.get_label() for container in bars] == ["operations", "interest", "principal"]
    for container in bars:
        shares = 100.0 * summary.causes_by_period[container.get_label()]
        np.testing.assert_allclose([bar.get_height() for bar in container], shares)
    tops = [bar.get_y() + bar.get_height() for bar in bars[-1]]
    np.testing.assert_allclose(tops, [100.0 * chance.value for chance in summary.cash_out_by_period])
    (segments,) = whiskers.lines[2]
    ends = [segment[:, 1] for segment in segments.get_segments()]
    np.testing.assert_allclose(ends, [np.multiply(100.0, c.ci95) for c in summary.cash_out_by_period], atol=1e-9)


@pytest.mark.parametrize(("name", "scale"), [("raised", 1e6), ("dilution", 0.01)])
def test_the_histogram_has_every_path_and_the_quantiles(name, scale, result):
    ax = getattr(figures, f"{name}_distribution")(result)
    heights = np.array([bar.get_height() for bar in ax.patches])
    edges = distribution_chart(result, name).edges
    counts, _ = np.histogram(result[name] / scale, edges)
    np.testing.assert_allclose(heights * result.paths / 100.0, counts, atol=1e-6)
    assert counts.sum() == result.paths
    distribution = result.summary()[name]
    marked = sorted(line.get_xdata()[0] for line in ax.lines)
    expected = [quantile.value / scale for quantile in (distribution.p05, distribution.p50, distribution.p95)]
    np.testing.assert_allclose(marked, expected)


def crowded_case():
    """Many conditions that begin within weeks of each other, with long names."""
    case = valence_2002()
    document = case.to_dict()
    template = document["line"]["conditions"][1]
    document["line"]["conditions"] = [
        template
        | {"name": f"condition {i} with quite a long name of its own", "after": f"2002-{5 + i // 3:02d}-{10 + i % 3}"}
        for i in range(9)
    ]
    return type(case).from_dict(document, source="crowded")


@pytest.mark.parametrize("case", [valence_2002(), crowded_case()], ids=["valence", "crowded"])
@pytest.mark.parametrize("size", [(9, 5.2), (6, 4), (16, 9)])
def test_labels_of_marks_never_overlap(case, size):
    figure, ax = pyplot.subplots(figsize=size, layout="constrained")
    figures.cash_fan(synthetic_result(paths=200, case=case), ax=ax)
    figure.canvas.draw()
    labels = [text.get_window_extent() for text in ax.texts if text.get_transform() == ax.get_xaxis_transform()]
    assert len(labels) >= 3
    for i, one in enumerate(labels):
        assert one.x1 <= figure.bbox.x1 + 1
        for other in labels[i + 1 :]:
            apart = one.x1 <= other.x0 or other.x1 <= one.x0 or one.y1 <= other.y0 + 1 or other.y1 <= one.y0 + 1
            assert apart


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("draw", FIGURES)
@pytest.mark.parametrize(
    ("paths", "lifetime", "changes"),
    [
        (1, 15.0, {}),
        (300, 1e5, {"line.commitment": 0}),
        (300, 0.1, {}),
        (300, 60.0, {"horizon": "2031-03-31"}),
        (300, 15.0, {"title": "From $5 to $6 & back with _x_ and ^y^"}),
    ],
    ids=["one path", "nothing happens", "all at once", "29 years", "dollars and formulas"],
)
def test_extreme_results_are_drawn(draw, paths, lifetime, changes, tmp_path):
    case = valence_2002().replace(changes)
    ax = draw(synthetic_result(paths=paths, case=case, lifetime_months=lifetime))
    ax.figure.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    assert "nan" not in ax.get_title(loc="left")


def test_a_fan_without_paths_is_refused(result):
    bare = dataclasses.replace(result.tallies, fan=np.empty((24, 0)))
    columns = result.paths_or_sketch()
    without = type(result)(result.case, result.paths, 11, "philox", bare, columns)
    with pytest.raises(ValueError, match="must be of a run with paths kept"):
        figures.cash_fan(without)
    assert np.isnan(without.fan().p50).all()


def test_importing_the_figures_does_not_import_matplotlib():
    code = "import sim.board.charts.figures, sys; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# ------------------------------------------------------------------------------------------------------ any chart


def drawn(kind, categories, *series, size=(9.0, 4.2), **more):
    """The axes of a chart, drawn."""
    figure, ax = pyplot.subplots(figsize=size, layout="constrained")
    sketch(Chart("x", kind, "A title", "alt", categories, series, **more), synthetic_result(paths=4), ax=ax)
    figure.canvas.draw()
    return ax


WIDE, NARROW = (9.0, 4.2), (4.4, 3.6)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_bars_are_as_long_as_their_values(size):
    values = (1.0, 2.0, -4.0)
    ax = drawn("bars", ("a", "b", "c"), Series("s", values, labels=("1", "2", "−4")), size=size)
    assert [bar.get_width() for bar in ax.patches] == list(values)
    assert {"1", "2", "−4"} <= {text.get_text() for text in ax.texts}


def test_stacks_and_waterfalls_add_up():
    ax = drawn("stacked", ("a", "b"), Series("s", (10.0, 40.0)), Series("r", (30.0, 0.0)), unit="%")
    assert [(bar.get_y(), bar.get_height()) for bar in ax.patches] == [(0, 10), (0, 40), (10, 30), (40, 0)]
    ax = drawn("waterfall", ("all", "less", "left"), Series("s", (10.0, 7.5, 2.5)), unit="$M")
    assert [(bar.get_x(), bar.get_width()) for bar in ax.patches] == [(0, 10), (2.5, 7.5), (0, 2.5)]


def test_a_small_probability_is_a_low_column():
    ax = drawn("columns", ("a",), Series("s", (0.1,)), unit="%")
    assert ax.get_ylim() == (0.0, 5.0)


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("n", [1, 2, 7, 13, 48, 160])
@pytest.mark.parametrize("kind", ["columns", "stacked"])
def test_names_and_labels_of_columns_keep_apart(kind, size, n):
    names = tuple(f"FY{2003 + i // 4} Q{1 + i % 4}" for i in range(n))
    series = Series("s", (97.3,) * n, (96.0,) * n, (98.0,) * n, "total" * (kind == "stacked"), labels=("97.3%",) * n)
    ax = drawn(kind, names, series, unit="%", size=size)
    labels = [text for text in ax.texts if text.get_text() == "97.3%"]
    assert labels
    for row in (ax.get_xticklabels(), labels):
        boxes = sorted((text.get_window_extent() for text in row), key=lambda box: box.x0)
        assert all(one.x1 <= other.x0 for one, other in pairwise(boxes))
    assert any(text.get_text().endswith(f"Q{1 + (n - 1) % 4}") for text in ax.get_xticklabels())


def test_marks_at_one_place_share_a_label():
    marks = (Mark(1.0, "5%: 1"), Mark(1.0, "median: 1"), Mark(2.0, "95%: 2"))
    ax = drawn("histogram", (0.5, 1.5), Series("s", (40.0, 60.0)), edges=(0.0, 1.0, 2.0), marks=marks, unit="%")
    assert "5%: 1; median: 1" in " ".join(" ".join(text.get_text().split()) for text in ax.texts)


def test_the_legend_names_every_cause(result):
    ax = sketch(cash_out_chart(result, "x"), result)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "operations", "interest", "principal", "all causes",
    ]  # fmt: skip


@pytest.mark.parametrize("size", [(9.0, 5.2), (6.0, 4.0)])
def test_headlines_are_not_cut(size):
    pack = pack_of("valence")
    for each in story(pack):
        for chart in (chart for chart in each.charts if chart.kind != "table"):
            figure, ax = pyplot.subplots(figsize=size, layout="constrained")
            sketch(chart, pack.result, each.headline, ax)
            figure.canvas.draw()
            title = ax._left_title.get_window_extent()
            assert title.x1 <= figure.bbox.x1, (chart.key, each.headline)


@pytest.mark.parametrize("kind", ["encoding", "backend", "both", "folder", "folder and backend", "forbidden"])
def test_settings_that_cannot_be_read_change_nothing(tmp_path, kind):
    (tmp_path / "matplotlibrc").write_bytes(b"" if kind == "backend" else "# Größe".encode("latin-1"))
    forbidden = (
        "import builtins; known = open\n"
        "def refuse(file, *more, **how):\n"
        "    if str(file).endswith('matplotlibrc') and 'mpl-data' not in str(file):\n"
        "        raise PermissionError(13, 'no', file)\n"
        "    return known(file, *more, **how)\n"
        "builtins.open = refuse\n"
    )
    script = forbidden * (kind == "forbidden") + (
        "import io, os, sys; from sim.board.charts.images import save_figure; before = dict(os.environ); "
        "save_figure(lambda ax: ax.plot([1, 2]), room := io.BytesIO(), 'png'); assert dict(os.environ) == before; "
        "sys.stdout.buffer.write(room.getvalue())"
    )
    usual = os.environ | {"PYTHONPATH": os.getcwd()}
    changed = {} if kind.startswith("folder") else {"MATPLOTLIBRC": str(tmp_path)}
    changed |= {"MPLBACKEND": "nonsense"} if kind == "both" or kind.endswith("backend") else {}
    drawn = [
        subprocess.run([sys.executable, "-c", script], env=here, cwd=folder, capture_output=True, check=True).stdout
        for here, folder in ((usual, None), (usual | changed, tmp_path if kind.startswith("folder") else None))
    ]
    assert drawn[0].startswith(b"\x89PNG")
    assert drawn[0] == drawn[1]


def test_words_below_columns_stay_whole_and_above_the_footer():
    """Names of variants are long; a word that is broken cannot be read."""
    names = ("with the line", "management acts", "insiders lend", "with the line, all conditions waived", "x", "y", "z")
    chart = Chart("x", "columns", "t", "", names, (Series("s", tuple(map(float, range(7)))),))
    ax = sketch(chart, synthetic_result(), "A sentence.")
    figure = ax.figure
    figure.draw_without_rendering()
    labels = [label for label in ax.get_xticklabels() if label.get_text()]
    assert {word for label in labels for word in label.get_text().split()} == {
        w for name in names for w in name.split()
    }
    (below,) = [text for text in ax.texts if "scenarios, seed" in text.get_text()]
    assert min(label.get_window_extent().y0 for label in labels) > below.get_window_extent().y1
    boxes = sorted((label.get_window_extent() for label in labels), key=lambda box: box.x0)
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
    pyplot.close(figure)
