"""Charts as SVG: what stands where, that no word leaves the drawing or meets another, and what a value looks like."""

import re
import xml.etree.ElementTree as ET
from datetime import date
from itertools import pairwise

import pytest

from sim.board.charts.data import Chart, Mark, Series
from sim.board.charts.labels import label_places
from sim.board.charts.svg import NARROW, WIDE, svg
from sim.board.charts.vector import LINE, broken, ticks, width_of
from sim.board.story.story import story
from tests.board.test_story import CASES, pack_of

SPACE = "{http://www.w3.org/2000/svg}"


def drawn(kind, categories, *series, narrow=False, **more):
    return ET.fromstring(svg(Chart("x", kind, "A title", "what it shows", categories, series, **more), narrow))


def boxes(root, colour=None):
    """(x, y, width, height) of the rectangles, those of legends left out."""
    found = [node for node in root.iter(f"{SPACE}rect") if colour in (None, node.get("fill"))]
    sizes = [tuple(float(node.get(name)) for name in ("x", "y", "width", "height")) for node in found]
    return [box for box in sizes if box[2:] != (18.0, 10.0)]


def words(root):
    """(text, left, right, base line) of each text."""
    found = []
    for node in root.iter(f"{SPACE}text"):
        x, wide = float(node.get("x")), width_of(node.text)
        left = {"middle": x - wide / 2, "end": x - wide}.get(node.get("text-anchor"), x)
        found.append((node.text, left, left + wide, float(node.get("y"))))
    return found


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("narrow", [False, True])
def test_words_stay_on_the_drawing(name, narrow):
    pack = pack_of(name)
    for chart in (chart for each in story(pack) for chart in each.charts if chart.kind != "table"):
        text = svg(chart, narrow)
        root = ET.fromstring(text)
        wide, high = map(float, root.get("viewBox").split()[2:])
        assert (wide, root.get("aria-label")) == (NARROW if narrow else WIDE, chart.alt)
        assert not re.search(r"""\bnan\b|"-?inf"|\sstyle="|\sid="|<script""", text)
        found = words(root)
        for said, left, right, base in found:
            assert left >= -2.0, (chart.key, said)
            assert right <= wide + 2.0, (chart.key, said)
            assert 8.0 <= base <= high, (chart.key, said)
        if chart.kind in ("bars", "waterfall"):
            shown = [said for said, *_ in found]
            several = len(chart.series) > 1  # then bars without a length have no label
            labels = [label for series in chart.series for label in series.labels]
            assert [x for x in labels if x not in shown and not (several and not re.search("[1-9]", x))] == []


def test_an_alt_of_nothing_hides_the_drawing():
    chart = Chart("x", "bars", "t", "", ("a",), (Series("s", (1.0,)),))
    assert ET.fromstring(svg(chart)).get("aria-hidden") == "true"


@pytest.mark.parametrize("narrow", [False, True])
def test_bars_are_as_long_as_their_values(narrow):
    root = drawn("bars", ("a", "b", "c"), Series("s", (1.0, 2.0, -4.0), labels=("1", "2", "−4")), narrow=narrow)
    one, two, four = boxes(root)
    assert two[2] == pytest.approx(2 * one[2], abs=0.05)
    assert four[2] == pytest.approx(4 * one[2], abs=0.05)
    assert four[0] + four[2] == pytest.approx(one[0], abs=0.05)


def test_stacks_and_waterfalls_add_up():
    root = drawn("stacked", ("a", "b"), Series("s", (10.0, 40.0)), Series("r", (30.0, 0.0), colour="#123456"), unit="%")
    low, high = (boxes(root, colour)[0] for colour in ("#08306b", "#123456"))
    assert high[3] == pytest.approx(3 * low[3], abs=0.05)
    assert high[1] + high[3] == pytest.approx(low[1], abs=0.05)
    whole, less, left = boxes(drawn("waterfall", ("all", "less", "left"), Series("s", (10.0, 7.5, 2.5)), unit="$M"))
    assert less[2] == pytest.approx(0.75 * whole[2], abs=0.05)
    assert less[0] == pytest.approx(left[0] + left[2], abs=0.05)


def test_a_fan_has_its_bands_median_and_marks():
    days = tuple(date(2002, month, 1) for month in (4, 5, 6))
    rows = {"p05": -1.0, "p25": 1.0, "p50": 2.0, "p75": 3.0, "p95": 5.0}
    series = [Series(name, (value,) * 3, colour=f"#{n}{n}{n}{n}{n}{n}") for n, (name, value) in enumerate(rows.items())]
    root = drawn("fan", days, *series, marks=(Mark(date(2002, 5, 1), "1 May 2002: a note is due"),), unit="$M")
    paths = {node.get("fill"): node.get("d") for node in root.iter(f"{SPACE}path") if node.get("fill") != "none"}
    heights = {fill: {float(y) for y in re.findall(r" (-?[\d.]+)", d)} for fill, d in paths.items()}
    (median,) = [node for node in root.iter(f"{SPACE}path") if node.get("stroke-width") == "2.4"]
    (middle,) = {float(y) for y in re.findall(r" (-?[\d.]+)", median.get("d"))}
    low, high = max(heights["#111111"]), min(heights["#111111"])
    assert (low + high) / 2 == pytest.approx(middle, abs=0.15)
    assert max(heights["#000000"]) - min(heights["#000000"]) == pytest.approx(3 * (low - high), abs=0.5)
    assert "1. 1 May 2002: a note is due" in [said for said, *_ in words(root)]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("n", [1, 2, 7, 13, 48, 160])
@pytest.mark.parametrize("kind", ["columns", "stacked"])
def test_names_and_labels_of_columns_keep_apart(kind, narrow, n):
    names = tuple(f"FY{2003 + i // 4} Q{1 + i % 4}" for i in range(n))
    series = Series("s", (97.3,) * n, (96.0,) * n, (98.0,) * n, "total" * (kind == "stacked"), labels=("97.3%",) * n)
    found = words(drawn(kind, names, series, unit="%", narrow=narrow))
    lines = {}
    for said, left, right, base in found:
        lines.setdefault(base, []).append((left, right, said))
    for row in lines.values():
        assert all(one[1] <= other[0] for one, other in pairwise(sorted(row))), row
    assert "97.3%" in [said for said, *_ in found]
    assert any(said.endswith(f"Q{1 + (n - 1) % 4}") for said, *_ in found)


def test_labels_of_marks_never_overlap():
    days = tuple(date(2002 + n // 12, n % 12 + 1, 1) for n in range(24))
    series = [Series(name, (1.0,) * 24) for name in ("p05", "p25", "p50", "p75", "p95")]
    marks = tuple(Mark(date(2002, 3, 1 + 4 * n), f"{n} Mar 2002: a condition of a long name begins") for n in range(6))
    for narrow in (False, True):
        found = [each for each in words(drawn("fan", days, *series, marks=marks, narrow=narrow)) if each[3] < 200.0]
        for i, (_, left, right, base) in enumerate(found):
            for _, start, end, other in found[i + 1 :]:
                assert right <= start or end <= left or abs(base - other) >= LINE - 3.0


def test_marks_at_one_place_share_a_label():
    marks = (Mark(1.0, "5%: 1"), Mark(1.0, "median: 1"), Mark(2.0, "95%: 2"))
    root = drawn("histogram", (0.5, 1.5), Series("s", (40.0, 60.0)), edges=(0.0, 1.0, 2.0), marks=marks, unit="%")
    assert "5%: 1; median: 1" in [said for said, *_ in words(root)]


def test_lines_are_broken_where_they_must():
    assert broken("one two three", width_of("one two")) == ["one two", "three"]
    assert all(width_of(line) <= 40.0 for line in broken("unbreakablelongword and more", 40.0))
    assert broken("a b c d e f", width_of("a"), 2) == ["a", "..."] or broken("a b c d e f", 30.0, 1)[0].endswith("...")
    assert broken("東京東京", width_of("東京")) == ["東京", "東京"]


def test_ticks_are_round_numbers_inside_the_ends():
    assert ticks(0.0, 1.0, 5) == [(0.0, "0.0"), (0.2, "0.2"), (0.4, "0.4"), (pytest.approx(0.6), "0.6"), (0.8, "0.8"),
                                  (1.0, "1.0")]  # fmt: skip
    assert [text for _, text in ticks(-25.0, 11.0, 7)] == ["−20", "−10", "0", "10"]


def test_names_of_columns_are_never_left_out_on_a_narrow_screen():
    names = ("With the line", "Without the line", "All conditions waived", "A financing instead", "Lower burn", "Late")
    series = Series("share", (10.0, 20.0, 30.0, 40.0, 50.0, 60.0), labels=("10%", "20%", "30%", "40%", "50%", "60%"))
    shown = [said for said, *_ in words(drawn("columns", names, series, narrow=True, unit="%"))]
    assert set(names) <= set(shown)
    assert set(series.labels) <= set(shown)
    months = tuple(f"FY2027 Q{n % 4 + 1}" for n in range(6))
    assert boxes(drawn("columns", months, series, narrow=True, unit="%"))[0][3] > 20.0  # still upright


def test_bars_without_a_length_have_no_label_beside_others():
    down, up = (
        Series("low", (0.0, -1.0), labels=("0.00", "-1.00")),
        Series("high", (2.0, 0.0), labels=("+2.00", "0.00")),
    )
    shown = [said for said, *_ in words(drawn("bars", ("a", "b"), down, up))]
    assert "0.00" not in shown
    assert {"-1.00", "+2.00"} <= set(shown)


@pytest.mark.parametrize(
    ("marks", "places"),
    [
        ([(10.0, 20.0), (40.0, 20.0), (70.0, 20.0)], [(0, False), (0, False), (0, False)]),  # room for each
        ([(10.0, 20.0), (80.0, 20.0), (95.0, 20.0)], [(0, False), (1, True), (0, True)]),  # the last two on the left
        ([(10.0, 50.0), (30.0, 50.0)], [(0, False), (1, False)]),  # below one another
    ],
)
def test_labels_lie_on_no_line(marks, places):
    found = label_places(marks, right=100.0)
    assert found == places
    for (at, width), (row, leftward) in zip(marks, found, strict=True):
        for (line, _), (top, _) in zip(marks, found, strict=True):
            start, end = (at - width, at) if leftward else (at, at + width)
            assert top > row or not start < line < end
