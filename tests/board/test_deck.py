"""The deck, read back: texts and numbers of the slides, native charts, descriptions, and text that fits."""

import io
import re
import zipfile

import pytest

from sim.board.charts.canvas import fitted, shortened
from sim.board.charts.data import Table
from sim.board.deck.deck import BUDGETS, footer_text, write_deck
from sim.board.deck.elements import number_format, plain_text
from sim.board.deck.tables import fits, heights
from sim.board.deck.text import printable
from sim.board.story.story import story
from tests.board.test_story import CASES, pack_of, traces_of

EMU = 914_400
_DECKS: dict = {}


def deck_of(name, tmp_path_factory):
    from pptx import Presentation

    if name not in _DECKS:
        path = tmp_path_factory.mktemp("deck") / "deck.pptx"
        write_deck(pack_of(name), story(pack_of(name)), path)
        _DECKS[name] = path
    return Presentation(_DECKS[name])


@pytest.fixture(params=CASES)
def made(request, tmp_path_factory):
    """(pack, story, deck)"""
    pack = pack_of(request.param)
    return pack, story(pack), deck_of(request.param, tmp_path_factory)


@pytest.fixture
def valence(tmp_path_factory):
    return pack_of("valence"), story(pack_of("valence")), deck_of("valence", tmp_path_factory)


def words(slide):
    return [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]


def charts(slide):
    return [shape.chart for shape in slide.shapes if shape.has_chart]


# ------------------------------------------------------------------------------------------------------ what is there


def test_the_deck_is_wide_and_complete(made):
    _, chapters, deck = made
    assert deck.slide_width / deck.slide_height == pytest.approx(16 / 9, abs=1e-3)
    assert 8 <= len(deck.slides) == len(chapters)


def test_each_slide_has_all_its_texts(made):
    pack, chapters, deck = made
    for number, (slide, chapter) in enumerate(zip(deck.slides, chapters, strict=True), 1):
        there = words(slide)
        most = BUDGETS["headline" if chapter.charts or chapter.cards else "title"]
        assert slide.shapes.title.text_frame.text == shortened(chapter.headline, most)
        assert any(footer_text(pack.result) in text for text in there)
        assert str(number) in there
        for question in (chapter.sure, chapter.compared, chapter.change):
            assert any(shortened(question, BUDGETS["question"]) in text for text in there)
        assert chapter.notes in slide.notes_slide.notes_text_frame.text


def test_the_footer_has_case_and_scenarios(valence):
    assert footer_text(valence[0].result) == (
        "Valence Technology and the Berg & Berg equity line, 2002  |  512 simulated scenarios"
    )


def told(slide):
    """Every text of a slide and of its notes."""
    cells = [cell.text for shape in slide.shapes if shape.has_table for row in shape.table.rows for cell in row.cells]
    return "\n".join([*words(slide), *cells, slide.notes_slide.notes_text_frame.text])


def test_only_the_appendix_has_hash_seed_versions_and_commands(made):
    pack, chapters, deck = made
    marks = traces_of(pack)
    *others, last = map(told, deck.slides)
    assert chapters[-1].key == "appendix"
    assert [mark for mark in marks if mark not in re.sub(r"\s", "", last) and mark not in last] == []
    for number, text in enumerate(others, 1):
        assert [mark for mark in marks if mark in text] == [], number


def test_the_cover_has_large_words_alone(valence):
    _, chapters, deck = valence
    cover = deck.slides[0]
    assert cover.shapes.title.text_frame.text == "Valence Technology, Inc.: how long the money lasts"
    assert not [shape for shape in cover.shapes if shape.has_chart or shape.has_table]
    (points,) = [shape for shape in cover.shapes if shape.name == "Points"]
    assert points.text_frame.text.split("\n") == list(chapters[0].points)


def test_every_shape_has_text_or_a_description(made):
    for slide in made[2].slides:
        for shape in slide.placeholders:
            assert shape.text_frame.text.strip(), "an empty placeholder"
        for shape in slide.shapes:
            properties = shape._element.xpath(".//p:cNvPr")[0]
            text = shape.has_text_frame and shape.text_frame.text.strip()
            assert text or properties.get("descr"), shape.name


# ------------------------------------------------------------------------------------------------------ its numbers


def numbers_of(slide):
    """Every series of every native chart of a slide: name and values."""
    return [
        (series.name, list(series.values)) for chart in charts(slide) for plot in chart.plots for series in plot.series
    ]


def missing(chapters, deck):
    """Series of the story whose values no chart of their slide holds."""
    lost = []
    for slide, chapter in zip(deck.slides, chapters, strict=True):
        held = [values for _, values in numbers_of(slide)]
        for chart in chapter.charts:
            if chart.kind == "waterfall":
                whole = [sum(column) for column in zip(*held[1:3], strict=True)]
                lost += [chart.key] * (whole != list(chart.series[0].values))
            elif chart.kind != "table":
                lost += [f"{chart.key}: {s.name}" for s in chart.series if list(s.values) not in held]
    return lost


def test_native_charts_have_the_numbers_of_the_slides(made):
    _, chapters, deck = made
    assert sum(len(charts(slide)) for slide in deck.slides) >= 6
    assert missing(chapters, deck) == []


def shown_by(form, number):
    """What a value looks like under a number format of ours."""
    section = form.split(";")[1 if number < 0 and ";" in form else 0]
    if section[1:].lstrip("\N{NO-BREAK SPACE}").startswith(("<", ">")):  # a bound
        return section.strip('"')
    before, digits, after = re.fullmatch(r'(?:"([^"]*)")?([#,0.]+)(?:"([^"]*)")?', section).groups()
    decimals = len(digits.partition(".")[2])
    text = f"{abs(number):{',' if ',' in digits else ''}.{decimals}f}"
    return f"{before or ''}{text}{after or ''}"


def test_labels_show_values_as_the_slides_do(made):
    _, chapters, deck = made
    checked = 0
    for slide, chapter in zip(deck.slides, chapters, strict=True):
        told = {label for chart in chapter.charts for series in chart.series for label in series.labels}
        for chart in charts(slide):
            for series in chart._chartSpace.xpath(".//c:ser"):
                values = [float(node.text) for node in series.xpath("./c:val//c:v")]
                for label in series.xpath("./c:dLbls/c:dLbl"):
                    place = int(label.xpath("./c:idx")[0].get("val"))
                    form = label.xpath("./c:numFmt")[0].get("formatCode")
                    text = shown_by(form, values[place]).replace("\N{NO-BREAK SPACE}", "").strip()
                    checked += 1
                    assert text in told, (chapter.key, text)
    assert checked > 8


@pytest.mark.parametrize(
    ("label", "number"), [("+$1.2M", 1.21), ("−$0.40M", -0.4), ("97.3%", 97.344), ("11.0", 11.04), ("$1,000M", 1000.0)]
)
def test_number_formats_show_values_as_their_labels(label, number):
    assert shown_by(number_format(label), number) == label


@pytest.mark.parametrize(("label", "number"), [("53.3%", 53.35), ("+0.1", 0.15), ("−0.1", -0.15), ("2.5M", 2.54)])
def test_a_viewer_cannot_round_a_label_to_the_other_side(label, number):
    form = number_format(label, number)
    assert (form == f'"{label}"') == (number != 2.54)


def test_rows_are_as_high_as_their_text():
    text = "a kind of purchase with a price, limits and dates of its own; " * 6
    table = Table("", ("", ""), (("Who", "a company"), ("Price", text), ("Limits", text[:200])), (0, 1))
    assert not fits(table, 9.3, 0.46, 10.5)
    (who, price, limits), whole = heights(table, 9.3, 3.0, 10.5)
    assert whole
    assert who < limits < price
    assert heights(table, 9.3, 0.9, 10.5) == ([], False)


def test_tables_have_the_cells_of_the_slides(made):
    _, chapters, deck = made
    for slide, chapter in zip(deck.slides, chapters, strict=True):
        tables = [shape.table for shape in slide.shapes if shape.has_table]
        told = [chart.table for chart in chapter.charts if chart.kind == "table"]
        assert len(tables) == len(told)
        for table, expected in zip(tables, told, strict=True):
            got = [[cell.text for cell in row.cells] for row in table.rows]
            whole = [list(expected.columns)] * any(expected.columns) + [list(row) for row in expected.rows]
            assert len(got) == len(whole)
            for cells, wanted in zip(got, whole, strict=True):
                for cell, text in zip(cells, wanted, strict=True):
                    assert cell == text or (cell.endswith("...") and text.startswith(cell[:-3].rstrip())), text
                    assert cell == text or not re.fullmatch(r"[-−+$\d.,%M ]+", text), "a number that was cut"


def test_names_of_quarters_are_not_cut(tmp_path_factory):
    deck = deck_of("2026", tmp_path_factory)
    names = [list(chart.plots[0].categories) for slide in deck.slides for chart in charts(slide)]
    quarters = [each for each in names if any(str(name).startswith("FY") for name in each)]
    assert len(quarters) == 2
    for each in quarters:
        assert len(set(each)) == len(each) > 12
        assert all(re.fullmatch(r"FY\d\d Q[1-4]", name) for name in each)


# ------------------------------------------------------------------------------------------------------ text that fits


def width_of(text, size, bold):
    """Width in inches in Arial, from DejaVu Sans, whose letters are about an eighth wider."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal", size=size)
    return TextToPath().get_text_width_height_descent(text, font, ismath=False)[0] / 72 * 0.88


def height_of(frame, width):
    """Height in inches that the paragraphs of a frame take when broken at blanks."""
    total = 0.0
    for paragraph in frame.paragraphs:
        run = paragraph.runs[0]
        size, bold = run.font.size.pt, bool(run.font.bold)
        lines, room = 1, width
        for word in run.text.split(" "):
            wide = width_of(word + " ", size, bold)
            if wide > room and room < width:
                lines, room = lines + 1, width
            lines += int(wide / width)  # a word without blanks is broken where it must be
            room -= wide % width
        total += lines * size * 1.18 / 72 + (paragraph.space_after.pt if paragraph.space_after else 0.0) / 72
    return total


def overflowing(deck):
    """Text boxes whose words take more room than they have, and shapes that leave the slide."""
    found = []
    for number, slide in enumerate(deck.slides, 1):
        for shape in slide.shapes:
            right, bottom = shape.left + shape.width, shape.top + shape.height
            if shape.left < 0 or shape.top < 0 or right > deck.slide_width or bottom > deck.slide_height:
                found.append((number, shape.name, "leaves the slide"))
            if shape.has_text_frame and shape.text_frame.text and len(shape.text_frame.text) > 2:
                needed = height_of(shape.text_frame, shape.width / EMU)
                if needed > shape.height / EMU + 0.02:
                    found.append((number, shape.name, f"{needed:.2f} in {shape.height / EMU:.2f} inches"))
    return found


def test_all_text_fits_its_box(made):
    assert overflowing(made[2]) == []


# ------------------------------------------------------------------------------------------------------ what is hostile


def test_case_texts_are_no_formulas_in_charts(tmp_path_factory):
    deck_of("hostile", tmp_path_factory)
    books = 0
    with zipfile.ZipFile(_DECKS["hostile"]) as deck:
        for name in deck.namelist():
            if name.endswith(".xlsx"):
                books += 1
                with zipfile.ZipFile(io.BytesIO(deck.read(name))) as book:
                    sheet = book.read("xl/worksheets/sheet1.xml").decode()
                    assert "<f>" not in sheet
                    assert "hyperlink" not in sheet.lower()
    assert books > 5


@pytest.mark.parametrize("text", ["=1+1", "+1", "-2", "@SUM(A1)", "{=1}", "http://x", "mailto:a@b", " =1"])
def test_texts_like_formulas_or_addresses_remain_texts(text):
    assert plain_text(text) == "\N{NO-BREAK SPACE}" + text
    assert plain_text("licence") == "licence"


@pytest.mark.parametrize(
    ("text", "letters", "cut"),
    [
        ("later draws require licence", 20, "later draws..."),
        ("unchanged to the opening. It is", 28, "unchanged to the opening..."),
        ("a note due, $1.76M", 15, "a note due..."),
        ("a-name-without-any-blank", 12, "a-name-wi..."),
        ("a name-with-a-long-second-word", 20, "a name-with-a-lon..."),
        ("it fits", 7, "it fits"),
    ],
)
def test_a_text_is_cut_after_a_word(text, letters, cut):
    assert shortened(text, letters) == cut
    assert len(cut) <= letters


@pytest.mark.parametrize(("letters", "text"), [(14, "one; 2 more"), (16, "one; two; 1 more")])
def test_a_list_is_cut_between_its_parts(letters, text):
    assert fitted(["one", "two", "three and more"], letters) == text
    assert fitted(["one", "two"], letters) == "one; two"
    assert fitted([""], letters) == ""
    assert fitted(["a word that is far too long"], letters) == shortened("a word that is far too long", letters)


def test_numbers_and_their_errors_stay_on_one_line():
    together = "97.3%\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}0.1"
    assert printable(together + "\x00") == together + " "
    assert shortened(f"a\n b  {together}", 99) == f"a b {together}"
