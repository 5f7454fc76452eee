"""Titles and names in any script: fonts that have them, one remark where none has, the order of a sentence."""

import base64
import dataclasses
import io
import re
import warnings
import zipfile
from functools import partial

import numpy as np
import openpyxl
import pytest
from matplotlib import pyplot

import sim
from sim.board import report
from sim.board.charts import fonts
from sim.board.charts.calibration import calibration_picture
from sim.board.charts.canvas import lines_of, shortened
from sim.board.charts.images import save_figure
from sim.board.charts.run import cash_out_chart
from sim.board.charts.sketch import sketch
from sim.board.deck.deck import write_deck
from sim.board.page.page import page_text
from sim.board.report import write_report
from sim.board.story.story import story
from sim.board.workbook.workbook import write_workbook
from sim.closes import Closes
from sim.text.bidi import runs_leftward
from tests.board.test_story import pack_of
from tests.support.small_pack import small_pack
from tests.support.valence import valence_2002

CJK = "東京リチウム電池 2002年"
LEFTWARD = ["חברת וולנס והקו של ברג 2002", "شركة فالنس وخط برغ"]
SPOKEN = re.compile(r"[\u2068\u2069]")


def renamed(title):
    """A pack whose case has another title and another name of its note."""
    pack = pack_of("valence")
    case = pack.result.case.replace({"title": title, "notes[Baccarat note].name": title[:12].strip()})
    result = sim.simulate(case, paths=64, seed=7)
    return dataclasses.replace(pack, result=result)


@pytest.fixture(scope="module", params=LEFTWARD)
def leftward(request):
    return renamed(request.param)


def has_font(letter):
    return not fonts._found(frozenset(letter))[1]


def test_a_font_with_the_letters_is_found(tmp_path):
    case = renamed(CJK).result.case
    families, without = fonts.fonts_for(case.to_dict())
    if not has_font("東"):
        assert without
        pytest.skip("no font of this machine has Chinese letters")
    assert families
    assert not without
    assert fonts.fonts_for(valence_2002().to_dict()) == ((), "")
    result = renamed(CJK).result
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_figure(partial(sketch, cash_out_chart(result, "x"), result), file := io.BytesIO(), "svg")
    assert families[0] in file.getvalue().decode()


def test_labels_of_ticks_have_the_fonts_of_the_case():
    families = fonts.fonts_for(CJK)[0]
    if not families:
        pytest.skip("no font of this machine has Chinese letters")
    pack = renamed(CJK)
    chart = next(chart for chapter in story(pack) for chart in chapter.charts if chart.kind == "bars")
    ax = sketch(chart, pack.result)
    ax.set_yticks(range(99))  # makes further labels, outside the style of the sketch
    pyplot.close(ax.figure)
    for label in ax.get_yticklabels():
        assert families[0] in label.get_fontfamily()


def test_the_name_of_a_file_of_closes_has_its_font():
    if not fonts.fonts_for("电池.csv")[0]:
        pytest.skip("no font of this machine has Chinese letters")
    values = tuple(2.0 * np.exp(0.05 * np.random.default_rng(3).standard_normal(47).cumsum()))
    found = sim.calibrate(Closes("电池.csv", "Close", (), values))
    assert fonts.fonts_for("电池.csv")[0][0] in calibration_picture(found, "svg").decode()


@pytest.mark.parametrize(
    ("letters", "words"), [("\U000f0000", "one letter"), ("\U000f0001\U000f0002\U000f0003", "three letters")]
)
def test_letters_without_a_font_give_one_remark(letters, words, tmp_path, monkeypatch):
    pack = pack_of("valence")
    monkeypatch.setattr(fonts, "fonts_for", lambda document: ((), letters))
    monkeypatch.setattr(report, "_write_document", lambda function, pack, chapters, path: path.write_text("x"))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        write_report(pack, tmp_path)
    assert len(said) == 1
    assert f"no installed font has {words} of the case" in str(said[0].message)


def test_missing_letters_are_named():
    assert fonts._found(frozenset("\U000f0000")) == ((), "\U000f0000")
    assert fonts._found(frozenset()) == ((), "")
    assert fonts._found(frozenset("éß–Ω")) == ((), "")


@pytest.mark.parametrize(
    ("text", "lines"),
    [("東京リチウム", ["東京", "リチ", "ウム"]), ("abcdefg", ["abcd", "efg"]), ("a 東京", ["a", "東京"])],
)
def test_a_wide_letter_has_the_room_of_two(text, lines):
    assert lines_of(text, 4) == lines
    assert shortened("東京リチウム電池", 9) == "東京リ..."
    assert shortened("東京", 4) == "東京"


def test_the_page_isolates_names(leftward):
    title = leftward.result.case.title
    page = page_text(leftward, story(leftward))
    texts = re.sub(r"<(style|script|title)\b.*?</\1>", "", page, flags=re.DOTALL)
    texts = re.sub(r"<(?!/?bdi>)[^>]*>", "\n", texts)
    assert f"<bdi>{title}</bdi> | " in texts
    assert title not in re.sub(r"<bdi>.*?</bdi>", "", texts)
    assert title[:12].strip() not in re.sub(r"<bdi>.*?</bdi>", "", texts)
    assert f"<title>Funding risk: \u2068{title}\u2069</title>" in page


def test_the_deck_isolates_names(leftward, tmp_path):
    title = leftward.result.case.title
    write_deck(leftward, story(leftward), tmp_path / "deck.pptx")
    with zipfile.ZipFile(tmp_path / "deck.pptx") as deck:
        slides = [deck.read(name).decode() for name in deck.namelist() if re.match(r"ppt/slides/slide\d+.xml", name)]
    assert all(f"<a:t>\u2068{title}\u2069  |  " in slide for slide in slides)


NAMES_OF_ALL = {"company.name": "אלפא בע״מ", "notes[Baccarat note].name": "הלוואה א", "title": LEFTWARD[0]}


@pytest.fixture(scope="module")
def everything_leftward():
    """A pack whose charts name what runs leftward: the note in sensitivity and stress cases."""
    return small_pack(valence_2002().replace(NAMES_OF_ALL), paths=64)


def not_apart(texts):
    """Texts in which letters that run leftward are in no isolate, beside other words."""
    return [text for text in texts if runs_leftward(re.sub("\u2068[^\u2069]*\u2069", "", text))]


def test_what_the_page_reads_aloud_is_isolated(everything_leftward):
    page = page_text(everything_leftward, story(everything_leftward))
    markup = re.sub(r"<(style|script)\b.*?</\1>", "", page, flags=re.DOTALL)
    spoken = re.findall(r'\s(?:alt|title|aria-label|aria-valuetext)="([^"]*)"', markup)
    assert any(map(runs_leftward, spoken))
    assert not_apart(spoken) == []
    drawings = [base64.b64decode(data).decode() for data in re.findall(r"svg\+xml;base64,([\w+/=]+)", markup)]
    assert any(map(runs_leftward, drawings))
    assert not_apart(drawings) == []


def test_what_the_slides_read_aloud_is_isolated(everything_leftward, tmp_path):
    write_deck(everything_leftward, story(everything_leftward), tmp_path / "deck.pptx")
    with zipfile.ZipFile(tmp_path / "deck.pptx") as deck:
        parts = {name: deck.read(name).decode() for name in deck.namelist() if name.endswith(".xml")}
    for kind, pattern in {
        "slides": r'\s(?:descr|title|name)="([^"]*)"', "notesSlides": "<a:t>([^<]*)<", "charts": "<c:v>([^<]*)<",
    }.items():  # fmt: skip
        texts = [text for name, part in parts.items() if f"/{kind}/" in name for text in re.findall(pattern, part)]
        assert any(map(runs_leftward, texts)), kind
        assert not_apart(texts) == [], kind
    assert not_apart(re.findall("<dc:subject>([^<]*)<", parts["docProps/core.xml"])) == []


def test_texts_of_a_figure_are_isolated(everything_leftward):
    charts = (chart for chapter in story(everything_leftward) for chart in chapter.charts)
    chart = next(chart for chart in charts if chart.key == "tornado")
    save_figure(partial(sketch, chart, everything_leftward.result), file := io.BytesIO(), "svg")
    texts = re.findall(r">([^<]+)</text>", file.getvalue().decode())
    assert any(map(runs_leftward, texts))
    assert not_apart(texts) == []


def test_cells_read_from_left_to_right(leftward, tmp_path):
    for pack, order in ((leftward, 1), (pack_of("valence"), 0)):
        write_workbook(pack, story(pack), tmp_path / "book.xlsx")
        book = openpyxl.load_workbook(tmp_path / "book.xlsx")
        orders = {cell.alignment.readingOrder for sheet in book for row in sheet for cell in row if cell.value}
        assert orders == {order}
