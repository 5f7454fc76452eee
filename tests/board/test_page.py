"""The page, read back: texts and numbers of the slides, nothing loaded, accessible, hostile texts."""

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

import sim
from sim.board.page import picker
from sim.board.page.markup import Html, joined, tag
from sim.board.page.page import page_text, source_of
from sim.board.story.story import story
from sim.board.words import change, plus_minus
from sim.results.estimates import Estimate, LowerBound, proportion
from tests.board.test_story import CASES, pack_of, traces_of
from tests.support.hostile import HOSTILE

EMPTY = {"meta", "input", "br", "img", "source"}
_PAGES: dict = {}


class Node:
    """An element with its attributes, children and text."""

    def __init__(self, name="", attributes=()):
        self.name, self.attributes, self.children = name, dict(attributes), []

    def all(self, *names):
        """Elements below it, in the page's order."""
        for child in self.children:
            if isinstance(child, Node):
                if not names or child.name in names:
                    yield child
                yield from child.all(*names)

    def one(self, name, **wanted):
        found = [node for node in self.all(name) if all(node.attributes.get(k) == v for k, v in wanted.items())]
        assert len(found) == 1, (name, wanted, len(found))
        return found[0]

    @property
    def text(self):
        return "".join(child if isinstance(child, str) else child.text for child in self.children)


class Reader(HTMLParser):
    """A page as nodes; every element must be closed in its turn."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.root = Node()
        self.open = [self.root]
        self.feed(text)
        self.close()
        assert len(self.open) == 1, "an element was not closed"

    def handle_starttag(self, name, attributes):
        assert len(attributes) == len(dict(attributes)), f"an attribute of {name} twice"
        node = Node(name, attributes)
        self.open[-1].children.append(node)
        if name not in EMPTY:
            self.open.append(node)

    def handle_endtag(self, name):
        assert self.open.pop().name == name

    def handle_data(self, words):
        self.open[-1].children.append(words)


def page_of(name):
    if name not in _PAGES:
        pack = pack_of(name)
        text = page_text(pack, story(pack))
        _PAGES[name] = (text, Reader(text).root)
    return _PAGES[name]


@pytest.fixture(params=CASES)
def made(request):
    """(pack, story, text, nodes)"""
    pack = pack_of(request.param)
    return pack, story(pack), *page_of(request.param)


@pytest.fixture
def valence():
    return pack_of("valence"), story(pack_of("valence")), *page_of("valence")


# ------------------------------------------------------------------------------------------------------ the story


def test_every_slide_is_a_section_with_its_answers(made):
    pack, chapters, _, page = made
    sections = {node.attributes["id"]: node for node in page.all("section")}
    assert [key for key in sections if key != picker.KEY] == [chapter.key for chapter in chapters]
    for chapter in chapters:
        section = sections[chapter.key]
        assert section.one("h2").text == chapter.headline
        said = [node.text for node in section.all("dd", "li", "p", "strong", "span", "small")]
        expected = [*filter(None, (chapter.sure, chapter.compared, chapter.change, chapter.notes)), *chapter.points]
        expected += [words for card in chapter.cards for words in (card.value, card.label, card.detail)]
        for words in expected:
            assert words in said, (chapter.key, words)
        assert not chapter.source or chapter.source.removesuffix(".") + "." in said
        asked = any((chapter.sure, chapter.compared, chapter.change))
        assert len(list(section.all("dl"))) == asked, chapter.key  # no empty box
        assert source_of(pack.result) in said


def test_only_the_appendix_has_hash_seed_versions_and_commands(made):
    pack, _, _, page = made
    for section in page.all("section"):
        found = [mark for mark in traces_of(pack) if mark in section.text]
        assert found == (traces_of(pack) if section.attributes["id"] == "appendix" else []), section.attributes["id"]


def test_the_picker_precedes_the_twelve_months(made):
    keys = [node.attributes["id"] for node in made[3].all("section")]
    assert keys.index(picker.KEY) + 1 == keys.index("outlook")


def test_the_contents_link_to_every_section(made):
    page = made[3]
    links = [node.attributes["href"] for node in page.one("nav").all("a")]
    assert links == [f"#{node.attributes['id']}" for node in page.all("section")]


def test_the_same_pack_gives_the_same_page(valence):
    pack, chapters, text, _ = valence
    assert page_text(pack, chapters) == text


def test_no_value_is_missing(made):
    _, _, _, page = made
    for node in page.all("p", "dd", "td", "li", "h2", "output"):
        assert not re.search(r"\bnan\b|\binf\b|\bNone\b|\+-", node.text), node.text


# ------------------------------------------------------------------------------------------------------ its numbers


def printed(text):
    """(value, half a unit of its last digit) of a printed number."""
    found = re.search(r"\d[\d,]*(?:\.(\d+))?", text.replace("\N{NO-BREAK SPACE}", ""))
    assert found, text
    value = float(found[0].replace(",", "")) * (-1 if "\N{MINUS SIGN}" in text[: found.start()] else 1)
    return value, 0.5 * 10.0 ** -len(found[1] or "")


def wrong_cells(chart, page):
    """Cells of the table behind a chart that are not the chart's values."""
    figure = page.one("figure", id=f"figure-{chart.key}")
    rows = [[cell.text for cell in row.all("th", "td")] for row in figure.one("tbody").all("tr")]
    assert len(rows) == len(chart.categories)
    found, place = [], 1
    for series in chart.series:
        for i, value in enumerate(series.values):
            text = rows[i][place]
            if text.startswith(("<", ">")):
                bound, _ = printed(text)
                if not (0.0 < value < bound if text[0] == "<" else bound < value):
                    found.append((chart.key, text, value))
            elif series.labels and text != series.labels[i] and (not series.low or series.low[i] == series.high[i]):
                found.append((chart.key, text, series.labels[i]))
            elif abs(printed(text)[0] - value) > 1.01 * printed(text)[1] + 1e-9 * abs(value):
                # A label has three digits at most, so that one of hundreds is rounded to units.
                found.append((chart.key, text, value))
            if series.low and rows[i][place + 1] == "-":  # of a number without an error
                assert series.low[i] == series.high[i]
            elif series.low:
                ends = [printed(part) for part in rows[i][place + 1].split(" to ")]
                if text[0] not in "<>" and not ends[0][0] <= printed(text)[0] <= ends[1][0]:
                    found.append((chart.key, text, ends))
                pairs = zip(ends, (series.low[i], series.high[i]), strict=True)
                found += [(chart.key, got, end) for got, end in pairs if abs(got[0] - end) > 1.01 * got[1]]
        place += 1 + bool(series.low)
    return found


def test_tables_behind_charts_have_their_values(made):
    _, chapters, _, page = made
    drawn = [chart for chapter in chapters for chart in chapter.charts if chart.kind != "table"]
    assert len(drawn) > 4
    assert [wrong for chart in drawn for wrong in wrong_cells(chart, page)] == []


def test_tables_have_the_cells_of_the_slides(made):
    _, chapters, _, page = made
    for chapter in chapters:
        section = page.one("section", id=chapter.key)
        tables = {node.one("caption").text: node for node in section.all("table")}
        for chart in (chart for chart in chapter.charts if chart.table is not None):
            rows = [[cell.text for cell in row.all("th", "td")] for row in tables[chart.title].one("tbody").all("tr")]
            assert rows == [list(row) for row in chart.table.rows]


def test_pictures_are_the_charts_of_the_slides(made):
    pack, chapters, _, page = made
    for chart in (chart for chapter in chapters for chart in chapter.charts if chart.kind != "table"):
        figure = page.one("figure", id=f"figure-{chart.key}")
        assert figure.one("figcaption").text == chart.title
        image, source = figure.one("img"), figure.one("source")
        assert image.attributes["alt"] == chart.alt
        for data, narrow in ((image.attributes["src"], False), (source.attributes["srcset"], True)):
            text = base64.b64decode(data.removeprefix("data:image/svg+xml;base64,")).decode()
            assert not [mark for mark in traces_of(pack) if mark in text]
            assert ('viewBox="0 0 380 ' in text) == narrow
            assert not re.search(r"<script|\bon\w+=|javascript:", text)
            assert set(re.findall(r'href="([^"]*)', text)) <= set(re.findall(r'href="(#[^"]*)', text))


# ------------------------------------------------------------------------------------------------------ the picker


def test_the_picker_has_the_numbers_of_the_grid(made):
    pack, _, _, page = made
    given = json.loads(page.one("script", type="application/json").text)
    grid = pack.grid
    assert [axis["words"] for axis in given["axes"]] == [list(picker.axis_words(axis)) for axis in grid.axes]
    assert [axis["base"] for axis in given["axes"]] == [axis.base for axis in grid.axes]
    shape = tuple(len(axis.values) for axis in grid.axes)
    base = tuple(axis.base for axis in grid.axes)
    names = {picker.measure_name(name, pack.result.case): name for name in grid.mean}
    assert len(given["measures"]) >= 6
    for measure in given["measures"]:
        name = names[measure["name"]]
        how = "raised" if name == "raised_p05" else name
        for n, at in enumerate(np.ndindex(shape)):
            mean, error = float(grid.mean[name][at]), float(grid.error[name][at])
            kind = LowerBound if name == "runway_months" and grid.mean["cash_out"][at] == 0.0 else Estimate
            estimate = kind(mean, error, (mean - 1.96 * error, mean + 1.96 * error))
            if name.startswith("cash_out"):
                estimate = proportion(round(mean * grid.paths), grid.paths)
                assert f"({plus_minus(name, estimate)})" in measure["words"][n]
            else:
                assert measure["words"][n] == plus_minus(how, estimate)
            if at == base:
                assert measure["changes"][n] == "-"
            else:
                moved = mean - float(grid.mean[name][base])
                sign = measure["changes"][n][0]
                assert sign not in "+\N{MINUS SIGN}" or (sign == "+") == (moved > 0)
                assert measure["low"][n] <= measure["values"][n] <= measure["high"][n]


def test_changes_are_as_precise_as_both_errors():
    grid = pack_of("valence").grid
    base = tuple(axis.base for axis in grid.axes)
    at = (0, *base[1:-1], len(grid.axes[-1].values) - 1)
    error = float(grid.error["dilution"][at] + grid.error["dilution"][base])
    moved = float(grid.mean["dilution"][at] - grid.mean["dilution"][base])
    expected = change("dilution", Estimate(moved, error, (moved - error, moved + error)))
    assert picker.difference(grid, "dilution", at, base) == expected
    assert any(digit in expected for digit in "123456789")


def test_the_ends_of_the_sliders_are_in_a_table(made):
    pack, _, _, page = made
    grid = pack.grid
    base = [axis.base for axis in grid.axes]
    block = next(node for node in page.all("div") if node.attributes.get("class") == "ends")
    rows = [[cell.text for cell in row.all("th", "td")] for row in block.one("tbody").all("tr")]
    assert rows[0][0] == "The case"
    expected = 1 + sum(len({0, len(axis.values) - 1} - {axis.base}) for axis in grid.axes)
    assert len(rows) == expected
    names = [name for name in ("cash_out", "runway_months", "raised", "dilution") if name in grid.mean]
    assert rows[0][1:] == [picker.chosen(grid, name, tuple(base)) for name in names]
    if len(grid.axes[0].values) > 1:
        assert rows[1][1:] == [picker.chosen(grid, name, (0, *base[1:])) for name in names]


# ------------------------------------------------------------------------------------------------------ for everybody


def faults(page):
    """Obstacles for users of a screen reader or a keyboard."""
    found = []
    ids = [node.attributes["id"] for node in page.all() if "id" in node.attributes]
    found += [f"id {name} twice" for name in {name for name in ids if ids.count(name) > 1}]
    for node in page.all():
        for name in ("aria-labelledby", "aria-describedby", "for"):
            if not set(node.attributes.get(name, "").split()) <= set(ids):
                found.append(f"{name} of {node.name} leads nowhere")
    labelled = {node.attributes["for"] for node in page.all("label")}
    found += ["an input without a label" for node in page.all("input") if node.attributes["id"] not in labelled]
    levels = [int(node.name[1]) for node in page.all("h1", "h2", "h3", "h4")]
    found += ["headings jump" for one, next_ in pairwise([0, *levels]) if next_ > one + 1]
    found += ["not one h1"] * (levels.count(1) != 1)
    for figure in page.all("figure"):
        found += ["a figure without caption"] * (len(list(figure.all("figcaption"))) != 1)
        found += ["a picture without description" for image in figure.all("img") if not image.attributes.get("alt")]
    for table in page.all("table"):
        found += ["a table without caption"] * (len(list(table.all("caption"))) != 1)
        found += ["a heading without scope" for node in table.all("th") if "scope" not in node.attributes]
        found += ["an empty heading" for node in table.all("th") if not node.text.strip()]
    for node in page.all("div"):
        if node.attributes.get("class") == "scroll" and not {"tabindex", "role", "aria-label"} <= set(node.attributes):
            found.append("a frame that scrolls, but not with the keyboard")
    html = page.one("html")
    found += ["no language"] * (html.attributes.get("lang") != "en")
    found += ["no landmark"] * (len(list(page.all("main"))) != 1)
    return found


def test_the_page_is_accessible(made):
    assert faults(made[3]) == []


def contrast(one, two):
    """WCAG 2.2, contrast ratio of two colours #rrggbb."""

    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    dark, bright = sorted((light(one), light(two)))
    return (bright + 0.05) / (dark + 0.05)


def test_text_has_contrast(valence):
    style = valence[3].one("style").text
    colours = dict(re.findall(r"--(\w+): (#\w{6})", style))
    for ground in ("#ffffff", colours["pale"]):
        for words in (colours["ink"], colours["grey"], colours["dark"], "#0b4a9c", "#666666"):
            assert contrast(words, ground) >= 4.5
    assert contrast("#dce8f5", colours["dark"]) >= 4.5
    assert contrast("#bdbdbd", "#ffffff") < 4.5


# ------------------------------------------------------------------------------------------------------ alone and safe


def test_the_page_loads_nothing(made):
    _, _, text, page = made
    policy = page.one("meta", **{"http-equiv": "Content-Security-Policy"}).attributes["content"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for kind, element in (("style", page.one("style")), ("script", list(page.all("script"))[-1])):
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert {node.name for node in page.all()}.isdisjoint(
        {"link", "iframe", "object", "embed", "base", "use", "b", "svg"}
    )
    for node in page.all():
        assert not any(name.startswith("on") or name == "style" for name in node.attributes)
        for name in {"src", "srcset"} & set(node.attributes):
            assert node.attributes[name].startswith("data:image/svg+xml;base64,")
        assert node.attributes.get("href", "#").startswith("#")
    assert set(re.findall(r"https?://[^\s\"'<>)]+", text)) <= {"http://www.w3.org/2000/svg"}  # in page.js
    assert len(list(page.all("script"))) == 2


def test_hostile_text_is_shown_as_text(made):
    pack, _, _, page = made
    assert page.one("h1").text == pack.result.case.title
    assert page.one("head").one("title").text.endswith(pack.result.case.title)


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_stays_a_title(valence, title):
    case = dataclasses.replace(valence[0].result.case, title=title)
    pack = dataclasses.replace(valence[0], result=sim.simulate(case, paths=4, seed=7))
    text = page_text(pack, ())
    page = Reader(text).root
    assert page.one("h1").text == title
    assert len(list(page.all("script"))) == 2
    assert "</style" not in page.one("style").text


def test_text_is_escaped():
    assert tag("p", "<b>&\"'") == "<p>&lt;b&gt;&amp;&quot;&#x27;</p>"
    assert tag("p", tag("b", "x"), class_='"', hidden=True, id=None) == '<p class="&quot;" hidden><b>x</b></p>'
    assert joined("<", Html("<br>")) == "&lt;<br>"
    assert tag("rect", x=1.23456, stroke_width=2.0) == '<rect x="1.23" stroke-width="2"></rect>'
