"""Figures draw the result's numbers, keep their labels apart, and leave Matplotlib as they found it."""

import subprocess
import sys
from datetime import date, timedelta

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import dates as mdates
from matplotlib.colors import to_rgb

from sim.board.charts import canvas, figures
from sim.terms import load_case
from tests.support.synthetic import synthetic_result

mpl.use("Agg")
from matplotlib import pyplot

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


@pytest.mark.parametrize("draw", FIGURES)
def test_a_figure_draws_on_the_axes_it_is_given_and_returns_them(draw, result):
    before = dict(mpl.rcParams)
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(14, 5))
    assert draw(result, ax=right) is right
    assert not left.has_data()
    assert len(pyplot.get_fignums()) == 1
    assert draw(result).figure is not figure
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("draw", FIGURES)
def test_a_headline_is_a_sentence_with_a_number_and_the_footer_names_the_run(draw, result):
    ax = draw(result)
    title = ax.get_title(loc="left")
    assert any(letter.isdigit() for letter in title)
    assert title[0].isupper()
    assert len(title.split()) > 5
    words = " ".join(text.get_text() for text in ax.texts)
    assert result.case.title in words
    assert "4,000 paths, seed 11, philox" in words


def band(ax, color):
    """Dates, lower and upper edge of the band of a colour."""
    (found,) = [each for each in ax.collections if np.allclose(each.get_facecolor()[0][:3], to_rgb(color))]
    points = found.get_paths()[0].vertices
    edges = {}
    for x, y in points:
        edges.setdefault(x, []).append(y)
    xs = sorted(edges)
    return xs, [min(edges[x]) for x in xs], [max(edges[x]) for x in xs]


def test_the_fan_is_the_results(result):
    ax, fan = figures.cash_fan(result), result.fan()
    x = mdates.date2num(fan.dates)
    for color, low, high in ((canvas.LIGHT, fan.p05, fan.p95), (canvas.MIDDLE, fan.p25, fan.p75)):
        xs, lower, upper = band(ax, color)
        np.testing.assert_allclose(xs, x)
        np.testing.assert_allclose(lower, low / 1e6)
        np.testing.assert_allclose(upper, high / 1e6)
    lines = {line.get_label(): line for line in ax.lines}
    np.testing.assert_allclose(lines["median"].get_ydata(), fan.p50 / 1e6)
    assert set(lines["minimum cash"].get_ydata()) == {result.case.company.minimum_cash / 1e6}


def test_bands_differ_in_lightness():
    def lightness(color):
        red, green, blue = to_rgb(color)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    steps = [lightness(color) for color in (canvas.DARK, canvas.MIDDLE, canvas.LIGHT)]
    assert steps[1] - steps[0] > 0.15
    assert steps[2] - steps[1] > 0.15
    causes = sorted(lightness(style["facecolor"]) for style in figures._CAUSE_STYLE.values())
    assert min(np.diff(causes)) > 0.15


def test_the_fan_marks_the_notes_and_the_conditions(result):
    ax = figures.cash_fan(result)
    words = " ".join(text.get_text().replace("\n", " ") for text in ax.texts).split()
    words = " ".join(words)
    assert "30 Aug 2002: Baccarat note due, $15M" in words
    assert "after 30 Sep 2002: draws need 265 Wh/l polymer, 30 cylindrical samples" in words
    places = {line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":"}
    assert mdates.date2num(date(2002, 8, 30)) in places
    assert mdates.date2num(date(2003, 3, 31)) in places
    assert mdates.date2num(date(2005, 9, 30)) not in places


def title(result):
    return " ".join(figures.cash_fan(result).get_title(loc="left").split())


def test_the_fans_headline_says_when_half_have_run_out(result):
    median = np.quantile(result["cash_out_days"], 0.5, method="inverted_cdf")
    when = date(2002, 4, 1) + timedelta(int(np.ceil(median)) - 1)
    assert f"Half of the paths run out of cash by the end of {when:%B %Y}, 8" in title(result)
    assert title(synthetic_result(lifetime_months=1e5)).endswith("in all of the 4,000 paths")
    rare = synthetic_result(lifetime_months=60.0)
    assert f"in {100 - 100 * rare.probability_of_cash_out().value:.1f}% ±" in title(rare)


def crowded_case():
    """Many conditions that begin within weeks of each other, with long names."""
    case = load_case("valence-2002")
    document = case.to_dict()
    template = document["line"]["conditions"][1]
    document["line"]["conditions"] = [
        template
        | {"name": f"condition {i} with quite a long name of its own", "after": f"2002-{5 + i // 3:02d}-{10 + i % 3}"}
        for i in range(9)
    ]
    return type(case).from_dict(document, source="crowded")


@pytest.mark.parametrize("case", [load_case("valence-2002"), crowded_case()], ids=["valence", "crowded"])
@pytest.mark.parametrize("size", [(9, 5.2), (6, 4), (16, 9)])
def test_labels_of_marks_never_overlap(case, size):
    figure, ax = pyplot.subplots(figsize=size, layout="constrained")
    figures.cash_fan(synthetic_result(paths=200, case=case), ax=ax)
    figure.canvas.draw()
    labels = [text.get_window_extent() for text in ax.texts if text.get_transform() == ax.get_xaxis_transform()]
    assert len(labels) >= 4
    for i, one in enumerate(labels):
        assert one.x1 <= figure.bbox.x1 + 1
        for other in labels[i + 1 :]:
            apart = one.x1 <= other.x0 or other.x1 <= one.x0 or one.y1 <= other.y0 + 1 or other.y1 <= one.y0 + 1
            assert apart


def test_the_bars_are_the_causes_and_the_whiskers_wilsons(result):
    ax, summary = figures.cash_out_by_quarter(result), result.summary()
    *bars, whiskers = ax.containers
    names = [container.get_label() for container in bars]
    assert names == ["operations", "principal", "interest"]
    for name, container in zip(names, bars, strict=True):
        np.testing.assert_allclose([bar.get_height() for bar in container], summary.causes_by_period[name])
    tops = [bar.get_y() + bar.get_height() for bar in bars[-1]]
    np.testing.assert_allclose(tops, [chance.value for chance in summary.cash_out_by_period])
    (segments,) = whiskers.lines[2]
    ends = [segment[:, 1] for segment in segments.get_segments()]
    np.testing.assert_allclose(ends, [chance.ci95 for chance in summary.cash_out_by_period], atol=1e-12)
    assert ax.get_xticklabels()[0].get_text() == "FY2003 Q1\n30 Jun 2002"


@pytest.mark.parametrize(
    ("draw", "name", "scale"),
    [(figures.raised_distribution, "raised", 1e6), (figures.dilution_distribution, "dilution", 0.01)],
)
def test_the_histogram_holds_every_path_and_marks_the_summarys_quantiles(draw, name, scale, result):
    ax = draw(result)
    heights = np.array([bar.get_height() for bar in ax.patches])
    edges = [bar.get_x() for bar in ax.patches] + [ax.patches[-1].get_x() + ax.patches[-1].get_width()]
    values = result[name] / scale
    counts, _ = np.histogram(values, len(heights))
    np.testing.assert_allclose(heights * result.paths, counts, atol=1e-6)
    np.testing.assert_allclose([edges[0], edges[-1]], [values.min(), values.max()], atol=1e-9)
    distribution = result.summary()[name]
    marked = sorted(line.get_xdata()[0] for line in ax.lines)
    expected = [quantile.value / scale for quantile in (distribution.p05, distribution.p50, distribution.p95)]
    np.testing.assert_allclose(marked, expected)


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
def test_odd_results_are_drawn_too(draw, paths, lifetime, changes, tmp_path):
    case = load_case("valence-2002").replace(changes)
    ax = draw(synthetic_result(paths=paths, case=case, lifetime_months=lifetime))
    ax.figure.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    assert "nan" not in ax.get_title(loc="left")


def test_a_fan_without_paths_is_an_error_that_says_why(result):
    bare = result.tallies._replace(fan=np.empty((24, 0)))
    columns = dict(result.columns) | {"raised_by_period": result.by_period["raised"].T}
    without = type(result)(result.case, result.paths, 11, "philox", bare, columns)
    with pytest.raises(ValueError, match="kept no paths"):
        figures.cash_fan(without)
    assert np.isnan(without.fan().p50).all()


def test_importing_the_figures_does_not_import_matplotlib():
    code = "import sim.board.charts.figures, sys; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
