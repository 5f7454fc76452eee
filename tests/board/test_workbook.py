"""The workbook, read back: the pack's numbers to the printed digits, formulas with their values, harmless words."""

import itertools
import math
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace

import pytest

import sim
from sim.analysis.price_variants import parameter_words
from sim.board.story.clauses import clause_name
from sim.board.story.story import story
from sim.board.story.targets import uncertain
from sim.board.words import MINUS, capitalised, measure_of, value
from sim.board.workbook.book import LENGTHS
from sim.board.workbook.cells import (
    ABSENT,
    MOST_LETTERS,
    aligned,
    change,
    form_like,
    is_formula_like,
    level,
    number,
    safe,
    set_to,
)
from sim.board.workbook.price_models import SHORTFALL
from sim.board.workbook.what_if import axis_labels
from sim.results.estimates import Estimate
from sim.results.measures import HEADLINE, censored_text
from sim.text.numbers import is_zero
from tests.board.test_story import CASES, pack_of, traces_of
from tests.support.hostile import FORMULAS, HOSTILE
from tests.support.sheet_sums import Sums, shown

_BOOKS: dict = {}
_READ: dict = {}
SHEETS = (
    "Cover", "Terms", "Summary", "Cash fan", "By quarter", "Survival", "Commitment", "Clauses", "Cap table",
    "All-in cost", "Distributions", "Sensitivity", "Price models", "Variants", "Stress cases", "Targets",
    "When to draw", "What-if", "Grid", "Outlook", "Record", "Assumptions", "Limits", "Appendix", LENGTHS,
)  # fmt: skip


def file_of(name, tmp_path_factory):
    from sim.board.workbook.workbook import write_workbook

    if name not in _BOOKS:
        path = tmp_path_factory.mktemp("workbook") / "workbook.xlsx"
        write_workbook(pack_of(name), story(pack_of(name)), path)
        _BOOKS[name] = path
    return _BOOKS[name]


def read(path, values=True):
    from openpyxl import load_workbook

    key = path, values
    if key not in _READ:
        _READ[key] = load_workbook(path, data_only=values)
    return _READ[key]


def near(expected):
    """To the 16 digits that the file has of a number; what is absent is a dash."""
    if isinstance(expected, (list, tuple)):
        return [near(each) for each in expected]
    return pytest.approx(expected, rel=1e-14, abs=1e-300) if math.isfinite(expected) else ABSENT


@pytest.fixture(params=CASES)
def made(request, tmp_path_factory):
    """(pack, the file)"""
    return pack_of(request.param), file_of(request.param, tmp_path_factory)


@pytest.fixture
def valence(tmp_path_factory):
    return pack_of("valence"), file_of("valence", tmp_path_factory)


def text_of(cell):
    """A cell as a person reads it."""
    numeric = isinstance(cell.value, (int, float)) and not isinstance(cell.value, bool)
    return shown(cell.value, cell.number_format) if numeric else cell.value


def row_of(sheet, first, after=1):
    """The cells right of the first cell with that text, below row `after`."""
    for row in sheet.iter_rows(min_row=after):
        if row[0].value == first:
            return row[1:]
    raise AssertionError(f"{sheet.title} has no row {first!r}")


def heading(sheet, start):
    """The row of the first heading that starts so."""
    return next(row[0].row for row in sheet.iter_rows() if str(row[0].value or "").startswith(start))


def told(name, stored, error):
    """What the deck writes, as a sheet shows it."""
    text = value(name, stored, error).replace(MINUS, "-").removesuffix(" months")
    return ABSENT if text == "-" else text


def wrong_digits(cells, name, estimates):
    """Texts of a column, if they do not all have the decimals that the largest error allows."""
    texts = [text_of(cell) for cell in cells if cell.value != ABSENT]
    pairs = [(each.value, each.error) for each in estimates if each.error > 0.0]
    allowed = [decimals(told(name, *pair)) for pair in pairs]
    return texts if {decimals(text) for text in texts} - {min(allowed, default=decimals(texts[0]))} else []


def decimals(text):
    return len(text.partition(".")[2].rstrip("M%"))


# ------------------------------------------------------------------------------------------------------ its numbers


def wrong_measures(pack, book):
    """Cells of the summary's measures that are not the result's."""
    found, sheet = [], book["Summary"]
    after = heading(sheet, "Measures")
    for name in HEADLINE:
        distribution = pack.result.summary()[name]
        label = measure_of(name, pack.result.case) + ", months" * (name == "runway_months")
        cells = row_of(sheet, label, after)
        if cells[0].value != near(distribution.mean):
            found.append((label, cells[0].value, distribution.mean))
        mean = censored_text(told(name, distribution.mean, distribution.mcse), distribution.all_censored)
        if math.isfinite(distribution.mcse) and text_of(cells[0]) != mean:
            found.append((label, text_of(cells[0]), mean))
        for cell, quantile in zip(cells[4:9], distribution.quantiles, strict=True):
            if cell.value != near(quantile.value):
                found.append((label, cell.value, quantile.value))
    return found


def test_the_measures_are_the_results(made):
    pack, path = made
    assert wrong_measures(pack, read(path)) == []


def test_every_quarter_has_the_results_probabilities_and_dates(made):
    pack, path = made
    summary, sheet = pack.result.summary(), read(path)["By quarter"]
    rows = [row_of(sheet, period.label) for period in summary.periods]
    assert wrong_digits([row[2] for row in rows], "cash_out", summary.cash_out_by_period) == []
    assert wrong_digits([row[9] for row in rows], "raised", summary.raised_by_period) == []
    for i, (period, cells) in enumerate(zip(summary.periods, rows, strict=True)):
        chance, raised = summary.cash_out_by_period[i], summary.raised_by_period[i]
        assert [cell.value.date() for cell in cells[:2]] == [period.start, period.end]
        assert cells[0].is_date
        assert [cell.value for cell in cells[2:5]] == near([chance.value, *chance.ci95])
        assert [cell.value for cell in cells[6:9]] == near([shares[i] for shares in summary.causes_by_period.values()])
        assert cells[9].value == near(raised.value)
    total = row_of(sheet, "all quarters")[9]
    assert total.value == pytest.approx(summary["raised"].mean, rel=1e-12, abs=1e-9)


def models_of(pack):
    """The comparison of price models, with the names that people read."""
    found = pack.price_models
    return replace(found.comparison, names=tuple(capitalised(each.label) for each in found.variants.variants))


@pytest.mark.parametrize(
    ("name", "comparison"),
    [
        ("Stress cases", lambda pack: pack.scenarios),
        ("When to draw", lambda pack: pack.policies),
        ("Price models", models_of),
    ],
)
def test_comparisons_carry_estimates_and_paired_differences(made, name, comparison):
    pack, path = made
    book, found = read(path), comparison(pack)
    if name not in book.sheetnames:
        assert len(found.names) < 2
        return
    sheet = book[name]
    for measure in found.estimates:
        after = heading(sheet, measure_of(measure, pack.result.case))
        column = []
        for i, words in enumerate(found.names):
            estimate, difference = found.estimates[measure][i], found.differences[measure][i]
            cells = row_of(sheet, safe(words), after)
            assert cells[0].value == near(estimate.value)
            column.append(cells[0])
            if i:
                assert [cell.value for cell in cells[4:8]] == near(
                    [difference.value, difference.error, *difference.ci95]
                )
            after = cells[0].row + 1
        assert wrong_digits(column, measure, found.estimates[measure]) == []


def test_price_models_carry_their_parameters_and_the_shortfall_of_dilution(valence):
    pack, path = valence
    sheet, found = read(path)["Price models"], pack.price_models
    after = heading(sheet, SHORTFALL.format("the line's"))
    for i, each in enumerate(found.variants.variants):
        label = capitalised(each.label)
        cells = row_of(sheet, label, after)
        assert cells[0].value == near(found.shortfall[i].value)
        if i:
            difference = found.shortfall_differences[i]
            assert [cell.value for cell in cells[4:6]] == near([difference.value, difference.error])
        model = row_of(sheet, label, heading(sheet, "Models"))
        assert model[0].value == near(0.95)
        assert model[3].value == parameter_words(each.case.price)


def test_intervals_that_are_open_on_one_side_have_few_digits(valence):
    pack, path = valence
    solved = replace(pack.solutions[1], value=742_187.5, interval=(-math.inf, 909_000.0), unit="$/month")
    assert uncertain(solved) == pytest.approx((909_000.0 - 742_187.5) / 1.96, rel=1e-3)
    shown_as = shown(*set_to(solved.value, solved.unit, uncertain(solved))[:2])
    assert shown_as == "$0.74M a month"
    assert not [cell.value for row in read(path)["Targets"].iter_rows() for cell in row if "0000000" in text_or(cell)]


def text_or(cell):
    return str(text_of(cell) or "")


def test_shares_of_the_clauses_add_up_to_lifting_them_all(valence):
    pack, path = valence
    sheet, costs = read(path)["Clauses"], pack.clauses
    for measure in costs.shapley:
        after = heading(sheet, measure_of(measure, pack.result.case))
        shares = [row_of(sheet, clause_name(clause.key), after)[4].value for clause in costs.clauses]
        assert shares == near([share.value for share in costs.shapley[measure]])
        total = row_of(sheet, "all clauses removed", after)[4]
        assert math.fsum(shares) == pytest.approx(total.value, rel=1e-9, abs=1e-12)
        assert total.value == near(costs.together[measure].value)


def test_the_grid_is_the_packs(made):
    pack, path = made
    sheet, grid = read(path)["Grid"], pack.grid
    rows = [row for row in sheet.iter_rows(min_row=5) if isinstance(row[0].value, (int, float))]
    places = list(itertools.product(*(range(len(axis.values)) for axis in grid.axes)))
    assert len(rows) == len(places)
    for row, place in zip(rows, places, strict=True):
        assert [cell.value for cell in row[:4]] == near(
            [axis.values[i] for axis, i in zip(grid.axes, place, strict=True)]
        )
        expected = [array[place] for table in (grid.mean, grid.error) for array in table.values()]
        got = [cell.value for cell in row[4 : 4 + len(expected)]]
        assert got == near([float(x) for x in expected])


def test_distributions_hold_every_future(made):
    pack, path = made
    sheet = read(path)["Distributions"]
    for column in (3, 7, 11):
        shares = [row[column - 1].value for row in sheet.iter_rows(min_row=5)]
        shares = [share for share in shares if isinstance(share, float | int)]
        assert math.fsum(shares) == pytest.approx(1.0, abs=1e-12)
    raised = pack.result["raised"]
    block = [row[:3] for row in sheet.iter_rows(min_row=5) if isinstance(row[2].value, float | int)]
    for low, high, share in block[:-1]:
        inside = (raised >= low.value - 1e-6) & (raised < high.value - 1e-6)
        assert share.value == pytest.approx(inside.mean(), abs=1e-12)


def test_a_run_that_kept_no_paths_has_its_distributions_too(valence, tmp_path):
    from sim.board.workbook.workbook import write_workbook

    pack, path = valence
    run = pack.result.run
    flat = sim.simulate(run.case, paths=run.paths, seed=run.seed, keep_paths=False)
    other = type(pack)(**{**vars(pack), "result": flat})
    write_workbook(other, (), tmp_path / "flat.xlsx")
    here, there = (read(each)["Distributions"] for each in (path, tmp_path / "flat.xlsx"))
    pairs = [
        (a[2].value, b[2].value) for a, b in zip(here.iter_rows(min_row=20), there.iter_rows(min_row=20), strict=False)
    ]
    shares = [(a, b) for a, b in pairs if isinstance(a, float | int)]
    assert len(shares) > 5
    assert all(a == pytest.approx(b, abs=0.01) for a, b in shares)  # bins of 2^-11 of a value at the edges


# ------------------------------------------------------------------------------------------------------ its formulas


def formulas(book):
    return [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def differing(path, typed=None):
    """Formulas whose stored value is not what they come to."""
    book, stored = read(path, values=False), read(path)
    sums, found = Sums(book, typed), []
    for cell in formulas(book):
        sheet = cell.parent.title
        got, expected = stored[sheet][cell.coordinate].value, sums.cell(sheet, cell.coordinate)
        close = got == expected if isinstance(expected, str) else got == pytest.approx(expected, rel=1e-9, abs=1e-12)
        if not close:
            found.append((sheet, cell.coordinate, cell.value, got, expected))
    return found


def test_every_formula_is_stored_with_its_value(made):
    _, path = made
    with zipfile.ZipFile(path) as file:
        sheets = [file.read(name).decode() for name in file.namelist() if name.startswith("xl/worksheets/sheet")]
    written = sum(len(re.findall("<f>", text)) for text in sheets)
    assert written > 60
    assert sum(len(re.findall(r"</f><v>[^<]+</v>", text)) for text in sheets) == written
    assert differing(path) == []


def test_shares_left_exclude_reserved_and_third_parties(made):
    pack, path = made
    company, new = pack.result.case.company, pack.result.summary()["shares_issued"].mean
    sheet = read(path)["Cap table"]
    third = row_of(sheet, "Shares that third parties buy (type your own)")[0].value
    assert (third > 0) == (pack.result.case.third_party is not None)
    left = company.shares_authorized - company.shares_reserved - company.shares_outstanding - new - third
    assert row_of(sheet, "Authorised shares left after both")[0].value == near(max(left, 0.0))


def test_no_column_has_more_shares_than_the_charter(tmp_path):
    from sim.board.workbook.workbook import write_workbook

    case = CASES["2026"].replace({"company.shares_authorized": 60_000_000})
    held = {"line.used": {"amount": 0, "shares": 0, "holdings": 1_000_000}}
    pack = replace(pack_of("2026"), result=sim.simulate(case.replace(held), paths=256, seed=7))
    write_workbook(pack, story(pack), tmp_path / "charter.xlsx")
    sheet = read(tmp_path / "charter.xlsx")["Cap table"]
    after = [cell.value for cell in row_of(sheet, "Shares after both")]
    most = case.company.shares_authorized - case.company.shares_reserved
    assert max(after) == near(most)
    assert all(each <= most * (1.0 + 1e-12) for each in after)
    assert row_of(sheet, "Part of the other opening holders together")[0].value == near(37e6 / after[0])
    assert differing(tmp_path / "charter.xlsx") == []


def test_another_choice_changes_the_values(valence):
    _, path = valence
    assert len(differing(path, {"part_held": 0.2})) == 5  # one a column of the cap table
    assert len(differing(path, {"third_shares": 1.0})) == 25


@pytest.mark.parametrize("where", ["first", "last", "mixed"])
def test_the_picker_finds_its_row_of_the_grid(made, where):
    pack, path = made
    grid, book = pack.grid, read(path, values=False)
    sizes = [len(axis.values) for axis in grid.axes]
    place = tuple({"first": 0, "last": n - 1, "mixed": (2 * i + 1) % n}[where] for i, n in enumerate(sizes))
    words = ("price", "volatility", "burn", "waivers")
    chosen = {f"{w}_choice": axis_labels(a)[i] for w, a, i in zip(words, grid.axes, place, strict=True)}
    names = list(grid.mean)
    chosen["measure_choice"] = next(
        row[0].value for row in book["What-if"].iter_rows() if str(row[0].value).startswith("Dilution")
    )
    sums, sheet = Sums(book, chosen), book["What-if"]
    first = heading(sheet, "Means over the scenarios") + 2
    for i, name in enumerate(names):
        expected = grid.mean[name][place]
        assert sums.cell("What-if", f"B{first + i}") == near(float(expected))
    after = heading(sheet, "=INDEX(measure_list,measure_place)") + 2
    for k in range(sizes[0]):
        along = 100.0 * grid.mean["dilution"][(k, *place[1:])]
        got = sums.cell("What-if", f"B{after + k}")
        assert got == pytest.approx(along, abs=0.5 * 10.0 ** -sums.value(sums.places["measure_digits"])[3][0] + 1e-9)
        assert sums.cell("What-if", f"C{after + k}") == (got if k == place[0] else 0)


def test_choices_are_words_in_lists(made):
    pack, path = made
    book = read(path)
    lists = [each for each in book["What-if"].data_validations.dataValidation if each.type == "list"]
    assert {each.formula1 for each in lists} == {
        f"{name}_list" for name in ("price", "volatility", "burn", "waivers", "measure")
    }
    for axis in pack.grid.axes:
        labels = axis_labels(axis)
        assert len(set(labels)) == len(axis.values)
        assert sum(label.endswith("(base case)") for label in labels) == 1
        assert not any(re.fullmatch(r"[\d.,$%-]+", label) for label in labels)  # would become a number


@pytest.mark.filterwarnings("ignore:Unable to read chart")  # of those that LibreOffice writes
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_works_out_the_same(valence, tmp_path):
    _, path = valence
    bare = tmp_path / "bare.xlsx"
    with zipfile.ZipFile(path) as file, zipfile.ZipFile(bare, "w") as out:
        for name in file.namelist():
            data = file.read(name)
            if name.startswith("xl/worksheets/sheet"):
                data = re.sub(rb"</f><v>[^<]*</v>", b"</f>", data)  # so that it must
            out.writestr(name, data)
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "xlsx"]
    subprocess.run([*command, "--outdir", tmp_path / "out", bare], check=True, capture_output=True, timeout=120)
    if not (tmp_path / "out" / "bare.xlsx").exists():
        pytest.skip("this LibreOffice has no Calc")
    stored, worked = read(path), read(tmp_path / "out" / "bare.xlsx")
    for cell in formulas(read(path, values=False)):
        got, expected = (book[cell.parent.title][cell.coordinate].value for book in (worked, stored))
        close = got == expected if isinstance(expected, str) else got == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert close, (cell.parent.title, cell.coordinate, got, expected)


# ------------------------------------------------------------------------------------------------------ its words


@pytest.mark.parametrize("text", [*HOSTILE, *FORMULAS, " =1+1", "\t=1", "-", "x" * 40_000, "\ud800", "\x00=1"])
def test_texts_fit_a_cell_as_they_are(text):
    found = safe(text)
    assert len(found) <= MOST_LETTERS
    found.encode("utf-8")
    assert is_formula_like(found) == bool(re.match(r"\s*[=+\-@\uff1d]", found))


def test_a_text_that_is_none_is_left_alone():
    assert safe("R&D <b> 97 of 100: 5-day mean") == "R&D <b> 97 of 100: 5-day mean"
    assert safe("=1+1") == "=1+1"
    assert safe("-") == ABSENT


def test_words_of_a_case_are_words_in_every_sheet(made):
    _, path = made
    book = read(path, values=False)
    ours = re.compile(r"=(?:[A-Z]{1,2}\d+[-+/*]|[=\d]|[a-z_]+|INDEX|MATCH|IF|IFERROR|SUM|MAX|MIN|[A-Z]{1,2}\d+$)")
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert ours.match(cell.value), cell.value
                    assert not re.search(r"HYPERLINK|cmd|SUM\(A1|1\+1\+1", cell.value)
                elif isinstance(cell.value, str):
                    assert cell.data_type == "s"
                    assert not cell.value.startswith("'")
                    assert cell.quotePrefix or not is_formula_like(cell.value), (sheet.title, cell.coordinate)


def test_every_page_says_case_and_scenarios(made):
    pack, path = made
    book, marks = read(path), traces_of(pack)
    for sheet in book:
        if sheet.title == LENGTHS:
            assert sheet.sheet_state == "hidden"
            continue
        for text in (sheet["A2"].value, sheet.oddFooter.left.text):
            assert "simulated scenarios" in text
        text = "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)
        if sheet.title == "Appendix":
            assert [mark for mark in marks if mark not in text] == []
        elif sheet.title != "Assumptions":  # every key of the case, its seed among them
            assert [mark for mark in marks if mark in text] == [], sheet.title
        assert sheet.oddHeader.left.text.strip()
        assert sheet.page_setup.orientation == ("portrait" if sheet.title == "What-if" else "landscape")
        assert sheet.page_setup.fitToWidth in (None, 1)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert not sheet.sheet_view.showGridLines
        assert sheet.freeze_panes


def test_the_shipped_case_has_every_sheet(valence):
    assert tuple(read(valence[1]).sheetnames) == SHEETS


def rounded_to(expected, error):
    """A number with an error of several units is stored rounded."""
    return pytest.approx(expected, abs=error)


def test_survival_and_liquidity_at_risk_are_the_results(valence):
    pack, path = valence
    sheet, found = read(path)["Survival"], pack.result.summary().statistics
    for period, hazard in zip(pack.result.periods, found.hazard, strict=True):
        if math.isfinite(hazard.value):
            assert row_of(sheet, period.label)[5].value == rounded_to(hazard.value, hazard.error)
    assert row_of(sheet, "12 months")[0].value == near(found.rmst[0].mean.value)
    after = heading(sheet, "Liquidity at risk")
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=after + 2, max_row=after + 1 + 4)]
    for row, span in zip(rows, found.liquidity_at_risk, strict=True):
        assert (row[0].date(), row[1]) == (span.end, span.months)
        assert row[3] == rounded_to(span.quantile(95).value, span.quantile(95).error)
        assert row[5] == rounded_to(span.tail.shortfall.value, span.tail.shortfall.error)
    assert row_of(sheet, "all raised / all shares issued")[0].value == near(found.average_price.value)


def test_every_key_of_the_case_is_among_the_assumptions(valence):
    pack, path = valence
    sheet = read(path)["Assumptions"]
    case = pack.result.case
    assert row_of(sheet, "company.cash")[0].value == case.company.cash
    assert text_of(row_of(sheet, "company.cash")[0]) == "$11.527M"
    assert row_of(sheet, "price.volatility")[0].value == case.price.volatility
    assert row_of(sheet, "notes[Baccarat note].maturity")[0].value.date() == case.notes[0].maturity
    assert "ASSUMPTION" in row_of(sheet, "price.volatility")[2].value


def test_headlines_are_the_storys(valence):
    pack, path = valence
    headlines = {chapter.key: chapter.headline for chapter in story(pack)}
    book = read(path)
    for name, key in (
        ("Summary", "answer"),
        ("By quarter", "cash_out"),
        ("Clauses", "clauses"),
        ("Outlook", "outlook"),
    ):
        assert book[name]["A1"].value == headlines[key]


# ------------------------------------------------------------------------------------------------------ the file


def test_charts_show_cells_that_are_there(made):
    _, path = made
    names = set(read(path).sheetnames)
    with zipfile.ZipFile(path) as file:
        charts = [file.read(name).decode() for name in file.namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) >= 12
    for text in charts:
        shown_cells = re.findall(r"<c:f>'?([^'!]+)'?!", text)
        assert shown_cells
        assert set(shown_cells) <= names
        assert "<c:v>nan" not in text.lower()


def test_the_same_pack_gives_the_same_bytes(valence, tmp_path):
    from sim.board.workbook.workbook import write_workbook

    pack, path = valence
    write_workbook(pack, story(pack), tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == path.read_bytes()
    assert path.stat().st_size < 1_000_000


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("$11.51M", '"$"#,##0.00,,"M"'),
        ("97.3%", "#,##0.0%"),
        ("10.68 months", "#,##0.00"),
        ("$2.367M a month", '"$"#,##0.000,,"M a month"'),
        ("95% a year", '#,##0%" a year"'),
        ("120 days", '#,##0" days"'),
    ],
)
def test_formats_show_what_the_text_says(text, form):
    assert form_like(text) == form
    scale = 1e6 if "M" in text else 0.01 if "%" in text else 1.0
    stored = float(re.search(r"[\d.]+", text)[0]) * scale
    assert shown(stored, form) == text.removesuffix(" months")


def test_errors_decide_the_digits():
    assert shown(*level("raised", 11_512_345.0, 30_000.0)[:2]) == "$11.51M"
    assert shown(*level("raised", 11_512_345.0, 0.4e6)[:2]) == "$11.5M"
    tiny = change("raised", Estimate(-3.0, 1.0, (-5.0, -1.0)))
    assert (tiny.value, shown(*tiny[:2])) == (-3.0, ">-$0.001M")
    small, large = level("cash_out", 0.0008, 0.0003), level("cash_out", 0.3, 0.02)
    column = [shown(*cell[:2]) for cell in aligned([small, large, level("cash_out", 0.0, 0.0)])]
    assert column == ["<1%", "30%", "0%"]
    sure = [level("cash_out", each, 0.0005) for each in (0.99996, 0.9, 1.0)]
    assert [shown(*cell[:2]) for cell in aligned(sure)] == [">99.99%", "90.00%", "100.00%"]
    assert set_to(0.48e6, "$", 2e6).form == '"<$1M";"<$1M";"<$1M"'
    moved = change("raised", Estimate(-3.0e6, 1.0e5, (-3.2e6, -2.8e6)))
    assert shown(*moved[:2]) == "-$3.0M"
    coarse = number("120 days", 123.0, 20.0)
    assert coarse.value == 120.0
    assert level("raised", math.nan, 1.0) is None
    assert shown(*level("raised", 11_512_345.0, math.inf)[:2]) == "$12M"


def test_mean_runways_of_censored_paths_are_marked(tmp_path):
    from sim.board.workbook.workbook import write_workbook

    pack = pack_of("never")
    write_workbook(pack, story(pack), tmp_path / "never.xlsx")
    book = read(tmp_path / "never.xlsx")
    full = pack.result["runway_months"].max()
    for name in ("Summary", "Stress cases", "When to draw", "Sensitivity"):
        cells = [cell for row in book[name].iter_rows() for cell in row if cell.value == pytest.approx(full, abs=1e-9)]
        assert cells
        assert [cell.coordinate for cell in cells if '"+"' not in cell.number_format] == [], name


def test_no_text_is_cut_by_the_next_cell(made):
    for sheet in read(made[1]):
        merged = {place for area in sheet.merged_cells.ranges for place in area.cells}
        for row in sheet.iter_rows():
            for cell, beside in itertools.pairwise(row):
                assert cell.value != "", (sheet.title, cell.coordinate)
                if (cell.row, cell.column) in merged or beside.value is None:
                    continue
                if isinstance(cell.value, str) and not cell.value.startswith("=") and not cell.alignment.wrap_text:
                    width = sheet.column_dimensions[cell.column_letter].width
                    assert len(cell.value) <= 1.1 * width, (sheet.title, cell.coordinate, cell.value)


def test_what_is_shown_as_0_is_no_row_of_the_waterfall(valence):
    pack, path = valence
    rows = [row for row in read(path)["Commitment"].iter_rows() if str(row[0].value).startswith("not raised: ")]
    error = pack.result.summary()["raised"].mcse
    assert rows
    assert not any(is_zero(value("raised", row[1].value, error)) for row in rows)
