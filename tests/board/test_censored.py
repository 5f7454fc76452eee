"""A pack of a case that never runs out of cash: every runway that it shows is marked as the lower bound that it is."""

import base64
import re
import zipfile
from html import unescape

import pytest

import sim
from sim.board.deck.deck import write_deck
from sim.board.page.page import page_text
from sim.board.story.story import story
from sim.board.workbook.workbook import write_workbook
from tests.support.small_pack import small_pack
from tests.support.valence import valence_2002

openpyxl = pytest.importorskip("openpyxl")
_MONTH = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
#: The full period, 24.02 months, with any decimals and without a mark; a date and a share are none.
UNMARKED = re.compile(rf"(?<![\d.,$+\u2212-])24(?:\.0\d*)?(?![\d.,+%]|\s*(?:scenarios|paths|of|{_MONTH})\b)")
#: What has the number of the period without being a runway: bins of a histogram, the times to which means are
#: restricted, rows of formulas.
OTHERS = re.compile(r"^(?:\d\d\.0 to \d\d\.0|24 months|=.*)$")


@pytest.fixture(scope="module", params=[2e8, 2e9])
def pack(request):
    return small_pack(valence_2002().replace({"company.cash": request.param}), paths=128)


def unmarked(texts):
    return [(where, text) for where, text in texts if UNMARKED.search(text) and not OTHERS.match(text.strip())]


def texts_of_chapters(chapters):
    for chapter in chapters:
        words = [chapter.headline, *chapter.points, chapter.sure, chapter.compared, chapter.change, chapter.notes]
        words += [text for card in chapter.cards for text in (card.value, card.label, card.detail)]
        for chart in chapter.charts:
            words += [chart.title, chart.alt, *(label for series in chart.series for label in series.labels)]
            words += [cell for row in chart.table.rows for cell in row] if chart.table else []
        yield from ((chapter.key, text) for text in words)


def texts_of_deck(path):
    with zipfile.ZipFile(path) as file:
        for name in file.namelist():
            if name.endswith(".xml"):
                for found in re.findall(r'<a:t>([^<]*)<|(?:descr|title)="([^"]*)"', file.read(name).decode()):
                    yield name, unescape(found[0] or found[1])


def texts_of_page(markup):
    encoded = re.findall(r"data:image/svg\+xml;base64,([\w+/=]+)", markup)
    parts = [re.sub(r"<(script|style).*?</\1>", "", markup, flags=re.DOTALL)]
    for part in [*parts, *(base64.b64decode(data).decode() for data in encoded)]:
        for found in re.findall(r'>([^<]+)<|(?:alt|aria-label|aria-valuetext)="([^"]*)"', part):
            yield "page", unescape(found[0] or found[1])
    for words in re.findall(r'"words":\[(.*?)\]', markup):
        yield from (("picker", word) for word in re.findall(r'"(.*?)"', words))


def texts_of_workbook(path):
    for sheet in openpyxl.load_workbook(path).worksheets:
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            if isinstance(cell.value, str):
                yield sheet.title, cell.value
            elif isinstance(cell.value, float) and 24.0 < cell.value < 24.1:
                yield sheet.title, f"{cell.value:.2f}{'+' * ('+' in cell.number_format)}"


def test_no_document_shows_a_full_period_as_a_runway(pack, tmp_path):
    chapters = story(pack)
    assert unmarked(texts_of_chapters(chapters)) == []
    write_deck(pack, chapters, tmp_path / "deck.pptx")
    assert unmarked(texts_of_deck(tmp_path / "deck.pptx")) == []
    assert unmarked(texts_of_page(page_text(pack, chapters))) == []
    write_workbook(pack, chapters, tmp_path / "workbook.xlsx")
    # Formulas of the sheet What-if show what is chosen; a note says what the full period is.
    rows = [row for row in unmarked(texts_of_workbook(tmp_path / "workbook.xlsx")) if row[0] != "What-if"]
    assert rows == []


def test_each_document_has_marked_runways(pack, tmp_path):
    chapters = story(pack)
    write_deck(pack, chapters, tmp_path / "deck.pptx")
    write_workbook(pack, chapters, tmp_path / "workbook.xlsx")
    of_page = list(texts_of_page(page_text(pack, chapters)))
    for texts in (
        texts_of_chapters(chapters), texts_of_deck(tmp_path / "deck.pptx"), of_page,
        texts_of_workbook(tmp_path / "workbook.xlsx"),
    ):  # fmt: skip
        assert sum("24.0" in text and "+" in text for _, text in texts) > 3


def test_no_table_shows_a_full_period_as_a_runway(pack):
    for found in (pack.result.summary(), pack.clauses, pack.sensitivity, pack.uncertainty, pack.grid, pack.outlook):
        lines = [line for line in str(found).splitlines() if re.search("runway|horizon", line, re.IGNORECASE)]
        assert unmarked((type(found).__name__, line) for line in lines) == []
    estimates = [*pack.variants.estimates["runway_months"], pack.clauses.signed["runway_months"]]
    assert {str(each) for each in estimates} == {"24.0164+ +- 0"}


@pytest.mark.parametrize("cash", [25e6, 62e6])
def test_the_mean_of_some_cash_outs_has_no_mark(cash):
    found = sim.compare([valence_2002().replace({"company.cash": cash})], paths=2_000, seed=3)
    (chance,), (runway,) = found.estimates["cash_out"], found.estimates["runway_months"]
    assert 0.0 < chance.value < 1.0
    assert "+ " not in str(runway).replace(" +- ", " ")
