"""The slides: numbers are those of the pack, as precise as their errors allow, and sentences fit the case."""

import dataclasses
import itertools
import math
import re
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

import sim
from sim.analysis.price_models import price_models as price_models_of
from sim.analysis.scenarios import policies_of
from sim.analysis.solve import solve
from sim.analysis.variants import LINE_OFF, SIGNED, WAIVED, main_variants
from sim.board.charts.data import COLOURS, Chart, Series, Table, round_step
from sim.board.deck.deck import BUDGETS
from sim.board.story.answer import _cards, _error_words
from sim.board.story.appendix import commands
from sim.board.story.assumptions import assumptions
from sim.board.story.capital import capital, price_words
from sim.board.story.cash_out import most_cash_outs
from sim.board.story.clauses import clause_name, full_name
from sim.board.story.commitment import _because, commitment
from sim.board.story.cover import cover, prepared_words
from sim.board.story.lines import lines
from sim.board.story.outlook import gap_words
from sim.board.story.parts import MOST_CASES, compared_cases, input_words, setting
from sim.board.story.policies import policies
from sim.board.story.price_models import price_models
from sim.board.story.record import amount_words
from sim.board.story.sensitivity import sensitivity
from sim.board.story.story import CHAPTERS, story
from sim.board.story.targets import _sentence
from sim.board.words import (
    aligned,
    brief,
    change,
    exactly,
    frequency,
    input_name,
    moved,
    own_scenarios,
    plus_minus,
    tail,
    value,
    variant_name,
)
from sim.board.workbook.distributions import _headline as headline_of_distributions
from sim.results.estimates import Estimate, proportion
from tests.support.small_pack import cases, small_pack

CASES = cases()
_PACKS: dict = {}


def pack_of(name):
    """One pack a case for all tests."""
    if name not in _PACKS:
        _PACKS[name] = small_pack(CASES[name])
    return _PACKS[name]


@pytest.fixture(params=CASES)
def pack(request):
    return pack_of(request.param)


@pytest.fixture
def valence():
    return pack_of("valence")


def chapter(pack, key):
    return next(chapter for chapter in story(pack) if chapter.key == key)


def texts(each):
    """Every text of a slide."""
    cards = [" ".join((card.label, card.detail)) for card in each.cards]
    charts = [words for chart in each.charts for words in (chart.title, chart.alt, chart.x_title)]
    return [
        each.headline,
        each.sure,
        each.compared,
        each.change,
        each.source,
        each.notes,
        *each.points,
        *cards,
        *charts,
    ]


def traces_of(pack):
    """What the appendix alone has: hash, seed with its scenarios, versions, commands."""
    run, versions = pack.result.run, pack.result.manifest["versions"]
    return [
        pack.result.manifest["case_sha256"], f"--seed {run.seed}", versions["numba"], "fundrisk report",
        "fundrisk rerun", "fundrisk verify", "--set KEY=VALUE",
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------------ sentences


def test_every_slide_has_its_texts_and_charts(pack):
    chapters = story(pack)
    assert 10 <= len(chapters) <= len(CHAPTERS)
    assert len({each.key for each in chapters}) == len(chapters)
    for each in chapters:
        assert each.headline[0].isupper() or each.key in ("cover", "terms")  # which begin with a name
        assert " " in each.headline
        assert not each.headline.endswith(".")
        assert not re.search(r"[<>]\N{MINUS SIGN}?\$?\d", each.headline), each.headline  # bounds are for tables
        assert each.notes
        if each.key not in ("cover", "terms"):  # which state what is in the documents
            assert all((each.sure, each.compared, each.change, each.source)), each.key
        for text in texts(each):
            assert not re.search(r"\bnan\b|\binf\b|None|\+-|e[+-]\d\d\b|-0\b", text), (each.key, text)
        for chart in each.charts:
            assert chart.title
            if chart.kind == "table":
                assert chart.table.rows
                assert all(len(row) == len(chart.table.columns) for row in chart.table.rows)
            else:
                assert chart.alt
                assert chart.series
                assert chart.categories


def test_the_shipped_case_has_all_slides(valence):
    assert [each.key for each in story(valence)] == [
        "cover", "ask", "terms", "answer", "cash", "cash_out", "liquidity", "commitment", "clauses", "cap_table",
        "capital", "sensitivity", "price_models", "scenarios", "stress", "policies", "outlook", "warning", "record",
        "assumptions", "limits", "appendix",
    ]  # fmt: skip


def test_slides_without_numbers_are_omitted():
    assert "record" not in {each.key for each in story(pack_of("never"))}
    assert {"commitment", "capital", "policies", "price_models"}.isdisjoint(
        each.key for each in story(pack_of("no line"))
    )


def test_words_that_were_replaced_are_absent(pack):
    gone = (
        r"\bfutures?\b|\bluck\b|worst 5%|one in twenty|nine tenths|fair share|the middle|as likely as not|[Aa]s signed|"
        r"[Ll]ine off|[Ee]very condition waived|coverage test|[Aa]ll-in|[Bb]urn a month|slide on sensitivity|"
        r"sensitivity slide|stress slide|[Bb]inding|censored|\bslip\b|third-party cut|scenarios slide|defaults"
    )
    for each in story(pack):
        for text in texts(each):
            assert not re.search(gone, text), (each.key, text)


def test_no_text_of_the_shipped_case_is_cut(valence):
    for each in story(valence):
        assert len(each.headline) <= BUDGETS["headline"], each.key
        if each.key not in ("assumptions", "record"):  # which list the sources that the case file names
            assert len(each.source) <= BUDGETS["source"], each.key
        for text in each.points:
            assert len(text) <= BUDGETS["title point" if each.key == "cover" else "point"], (each.key, text)
            assert "..." not in text, (each.key, text)
        for text in (each.sure, each.compared, each.change):
            assert len(text) <= BUDGETS["question"], (each.key, text)
            assert "..." not in text, (each.key, text)
        for chart in each.charts:
            names = {row[0] for row in chart.table.rows} if chart.table else set(chart.categories)
            assert not [name for name in names if "..." in str(name)], chart.key


@pytest.mark.parametrize(
    ("key", "field", "said"),
    [
        ("answer", "source", "Cash-out: the first day on which cash is below the minimum."),
        ("answer", "source", "a scenario without a cash-out counts with the full period"),
        ("cash", "notes", "The funding gap is the largest amount by which this cash falls below the minimum."),
        ("outlook", "notes", "The funding gap is the largest amount by which cash falls below the minimum, if someone"),
        ("scenarios", "sure", "All cases use the same random numbers, so their differences have less sampling error"),
        ("clauses", "source", "The average effect of each is its Shapley value."),
        (
            "policies",
            "notes",
            "if the stock closes at 125% of the opening price or more. Otherwise it requests the amount",
        ),
        ("limits", "compared", "closed forms"),
    ],
)
def test_slides_explain_their_terms(valence, key, field, said):
    assert said in getattr(chapter(valence, key), field)


def test_a_median_below_zero_is_explained(pack):
    found = [each for each in story(pack) if each.key == "cash"]
    for each in found:
        (median,) = [point for point in each.points if point.startswith("Median on ")]
        assert ("need outside cash" in median) == (pack.result.fan().p50[-1] < 0.0)


def test_variants_have_the_names_of_a_board(valence):
    charts = {chart.key: chart for each in story(valence) for chart in each.charts}
    names = ("With the line", "Without the line", "With the line, all conditions waived")
    assert charts["variants"].categories == names
    assert set(charts["outlook"].categories) == set(names)
    assert variant_name("without coverage", valence.result.case) == "without coverage"
    assert variant_name(WAIVED, valence.result.case, in_sentence=True) == "with all conditions waived"


def test_the_named_assumptions_are_those_that_are_shown(valence):
    each = chapter(valence, "assumptions")
    rows = each.charts[0].table.rows
    marked = sum("assumption" in source.lower() for _, _, source in rows)
    assert each.headline == f"Of the {len(rows)} inputs shown, {marked} are marked as assumptions in the case file"
    assert rows[0][:2] == ("Opening cash", "$11.5M ($9.895M to $11.94M)")


def test_dilution_says_that_it_is_the_lines(pack):
    for each in story(pack):
        for text in texts(each):
            for sentence in re.split(r"[;:.] ", text):
                if re.search("dilut", sentence, re.IGNORECASE):
                    assert "line" in sentence or "third parties" in sentence, (each.key, text)


def test_a_sentence_has_one_denominator(pack):
    for each in story(pack):
        for text in (each.headline, each.sure, each.compared, each.change):
            for sentence in text.split(". "):
                assert len(set(re.findall(r"\d of ([\d,]+)", sentence))) <= 1, sentence


@pytest.mark.parametrize("name", ["valence", "2026", "month two", "one month"])
def test_the_headline_has_one_population(name):
    result = pack_of(name).result
    out, headline = result["cash_out_days"], chapter(pack_of(name), "answer").headline
    if (out < math.inf).mean() < 0.5:
        assert "half" not in headline
        return
    when = re.search(r"half of all scenarios are out of cash by (\d+) (\w+) (\d+)", headline)
    months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]
    day = date(int(when[3]), months.index(when[2]) + 1, int(when[1]))
    days = (day - result.case.valuation_date).days
    assert (out <= days).mean() < 0.5 <= (out <= days + 1.0).mean()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {},
            "97% of the lowest close of the three sessions (Nasdaq trading days) that end with the purchase date.",
        ),
        (
            {"line.pricing.timing": "before"},
            "97% of the lowest close of the three sessions (Nasdaq trading days) before the purchase date",
        ),
        ({"line.pricing.statistic": "mean"}, "97% of the mean close of the three sessions"),
        ({"line.pricing.window": 1}, "97% of the close of the purchase date."),
        (
            {"line.pricing.window": 1, "line.pricing.timing": "before"},
            "97% of the close of the session (Nasdaq trading day) before the purchase date",
        ),
    ],
)
def test_the_price_is_described_as_the_case_has_it(changes, said):
    assert said in price_words(CASES["2026"].replace(changes))


def test_inputs_without_effect_have_no_percentages():
    pack = pack_of("never")
    case = pack.result.case.replace({"line.commitment": 0})
    found = sim.sensitivity(case, paths=64, seed=7, indexed=2, samples=4, index_paths=8)
    said = sensitivity(dataclasses.replace(pack, sensitivity=found)).change
    assert said == "When the 2 most important inputs vary together, mean runway does not change."


def test_other_dates_of_the_shortfall_are_explained():
    found = pack_of("2026").outlook
    other = dataclasses.replace(found, gap_until=date(2027, 12, 31))
    assert found.until < other.gap_until
    assert "31 Dec 2027 (the end of the fiscal quarter in which the window ends)" in gap_words(other)[0]
    assert "(" not in gap_words(dataclasses.replace(found, gap_until=found.until))[0]


def test_cases_beyond_the_slide_are_counted(valence):
    found, n = valence.scenarios, MOST_CASES + 3
    many = dataclasses.replace(
        found,
        names=tuple(f"case {i}" for i in range(n)),
        **{
            field: {name: (row * n)[:n] for name, row in getattr(found, field).items()}
            for field in ("estimates", "differences")
        },
    )
    for few, more in ((found, 0), (many, 3)):
        chart, table = compared_cases("scenarios", few)
        assert len(chart.categories) == min(len(few.names), MOST_CASES)
        assert [row[0] for row in table.table.rows if "more" in row[0]] == ["3 more in the workbook"] * bool(more)


# ------------------------------------------------------------------------------------------------------ its numbers


def test_the_answer_is_the_probability_of_the_result(valence):
    chance = valence.result.summary().cash_out
    assert f"{round(100 * chance.value)} of 100" in chapter(valence, "answer").headline
    cards = chapter(valence, "answer").cards
    assert cards[0].value == f"{round(100 * chance.value)} of 100"
    assert cards[2].value == f"${valence.result.summary()['raised'].mean / 1e6:.1f}M"


def mistakes(pack, chapters):
    """Charts whose numbers are not those of the pack."""
    summary = pack.result.summary()
    found = []
    expected = {
        "cash_out": [100 * each.value for each in summary.cash_out_by_period],
        "variants": [each.value for each in pack.variants.estimates["runway_months"]],
        "scenarios": [each.value for each in pack.scenarios.estimates["runway_months"]],
        "policies": [each.value for each in pack.policies.estimates["runway_months"]],
        "outlook": [100 * each.value for each in pack.outlook.shortfall],
    }
    for chart in (chart for each in chapters for chart in each.charts):
        if chart.key in expected and list(chart.series[-1].values) != expected[chart.key]:
            found.append(chart.key)
        if chart.key == "cash":
            for name in ("p05", "p25", "p50", "p75", "p95"):
                if list(chart.named(name).values) != [v / 1e6 for v in getattr(pack.result.fan(), name)]:
                    found.append(f"cash {name}")
        if chart.key == "waterfall":
            first, *middle, last = chart.series[0].values
            fall = summary.waterfall
            dropped = (fall.cut + sum(fall.unraised.values())) / 1e6 - sum(middle)  # steps that are shown as 0
            least = 0.5 * 10.0 ** -len(chart.series[0].labels[-1].partition(".")[2].rstrip("M"))
            if not math.isclose(first - sum(middle) - dropped, last, rel_tol=1e-9, abs_tol=1e-9):
                found.append("waterfall")
            if not -1e-9 <= dropped <= least * len(fall.unraised):
                found.append("steps of the waterfall")
            if not all(float(label.strip("$M")) for label in chart.series[0].labels[1:-1]):
                found.append("steps without a length")
            if last != summary["raised"].mean / 1e6:
                found.append("raised")
    return found


def test_charts_have_the_numbers_of_the_pack(pack):
    assert mistakes(pack, story(pack)) == []


def test_intervals_contain_their_values(pack):
    for chart in (chart for each in story(pack) for chart in each.charts):
        for series in chart.series:
            for low, middle, high in zip(series.low, series.values, series.high, strict=bool(series.low)):
                assert low - 1e-9 <= middle <= high + 1e-9, (chart.key, series.name)


def test_numbers_of_a_column_have_one_number_of_decimals(pack):
    for chart in (chart for each in story(pack) for chart in each.charts):
        columns = [series.labels for series in chart.series if chart.key != "waterfall"]
        if chart.key in ("clause_table", "scenarios_table", "policies_table"):
            columns = list(zip(*chart.table.rows, strict=True))[1:]
        for column in columns:
            numbers = [text for text in column if re.search(r"\d", text)]
            assert len({len(text.partition(".")[2].rstrip("%M")) for text in numbers}) <= 1, (chart.key, column)


# ------------------------------------------------------------------------------------------------------ its words


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([0.1, 0.5, 0.2], "Cash runs out most often in Q2: in N scenarios"),
        ([0.3, 0.301, 0.1], "Cash runs out most often in Q1 and Q2: in about N scenarios each"),
        ([0.3, 0.301, 0.299], "Cash-outs are spread over the quarters; the largest number is in Q2: N scenarios"),
        ([0.0, 0.001, 0.0], "Cash runs out most often in Q2: in N scenarios"),
    ],
)
def test_quarters_within_the_sampling_error_are_not_ranked(steps, said):
    assert most_cash_outs(["Q1", "Q2", "Q3"], steps, 3_000, "N scenarios") == said


@pytest.mark.parametrize(
    ("successes", "trials", "said"),
    [
        (2_998, 3_000, "99.76% to 99.98%"),
        (1, 3_000, "0.01% to 0.19%"),
        (1_500, 3_000, "48.2% to 51.8%"),
        (999_999, 1_000_000, "above 99.99% to just below 100%"),
    ],
)
def test_no_end_of_an_interval_rounds_to_0_or_1(successes, trials, said):
    class Ran:
        paths = trials

    assert f": {said}, from" in _error_words(proportion(successes, trials), Ran)


@pytest.mark.parametrize(
    ("name", "number", "error", "expected"),
    [
        ("raised", 30e6, 0.0, "$30M"),
        ("raised", 11_527_000, 0.0, "$11.5M"),
        ("raised", 11_514_321, 25_000, "$11.5M"),
        ("raised", 100e6, 0.0, "$100M"),
        ("raised", 0.0, 0.0, "$0"),
        ("runway_months", 10.678, 0.02, "10.7 months"),
        ("cash_out", 0.97344, 0.0005, "97.3%"),
        ("cash_out", 0.97344, 0.03, "97%"),
        ("effective_price", math.nan, math.nan, "-"),
        ("funding_gap", -2.5e6, 1e4, "−$2.50M"),
    ],
)
def test_numbers_have_the_digits_that_errors_allow(name, number, error, expected):
    assert brief(name, number, error) == expected


def estimate(number, error):
    return Estimate(number, error, (number - 1.96 * error, number + 1.96 * error))


@pytest.mark.parametrize(
    ("name", "pairs", "signed", "expected"),
    [
        ("raised", [(2.34e6, 1e4), (0.436e6, 1e3), (0.001e6, 1e2)], True, ("+$2.34M", "+$0.44M", "<$0.01M")),
        ("raised", [(2.34e6, 1e4), (-0.001e6, 1e2), (0.004e6, 1e4)], True, ("+$2.34M", ">−$0.01M", "$0.00M")),
        ("raised", [(12.34e6, 2e6), (0.48e6, 1e6), (0.0, 0.0)], False, ("$12M", "<$1M", "$0M")),
        ("raised", [(5e6, 0.0), (20.96e6, 0.0)], False, ("$5.0M", "$21.0M")),
        ("cash_out", [(0.0, 0.0004), (0.018, 0.002), (0.779, 0.007)], False, ("0.0%", "1.8%", "77.9%")),
        ("runway_months", [(-5.89, 0.02), (math.nan, math.nan)], True, ("−5.89 months", "-")),
        ("dilution", [(-0.056, 0.001)], True, ("−5.6 points",)),
    ],
)
def test_a_column_has_the_digits_of_its_largest_error(name, pairs, signed, expected):
    assert aligned(name, [estimate(*pair) for pair in pairs], signed) == expected


def test_no_number_of_a_table_rounds_to_0_or_1():
    chances = [proportion(n, 10_000) for n in (0, 1, 9_730, 9_999, 10_000)]
    assert aligned("cash_out", chances) == ("0.0%", "<0.1%", "97.3%", ">99.9%", "100.0%")
    assert aligned("cash_out", [proportion(19_980, 20_000), proportion(20_000, 20_000)]) == ("99.9%", "100.0%")
    assert aligned("raised", [estimate(0.2e6, 1e3), estimate(1.0, 1.0)]) == ("$0.200M", "<$0.001M")


def test_estimates_are_written_with_their_errors():
    raised = estimate(11_514_321.0, 25_000.0)
    assert plus_minus("raised", raised).replace("\N{NO-BREAK SPACE}", " ") == "$11.51M ± 0.03"
    assert plus_minus("raised", estimate(25e6, 0.0)) == "$25M"
    assert (
        plus_minus("runway_months", estimate(11.0, 0.016)).replace("\N{NO-BREAK SPACE}", " ") == "11.00 months ± 0.02"
    )
    assert value("raised", 11_514_321.0, 25_000.0) == "$11.51M"
    assert change("raised", estimate(-2.5e6, 1e5)) == "−$2.5M"
    assert change("cash_out", estimate(0.031, 0.002)) == "+3.1 points"
    assert change("raised", estimate(0.0, 0.0)) == "$0"


@pytest.mark.parametrize(
    ("successes", "trials", "base", "expected"),
    [
        (97, 100, None, "97 of 100"),
        (0, 500, None, "none of 500"),
        (500, 500, None, "all 500"),
        (3, 1000, None, "3 of 1,000"),
        (997, 1000, None, "997 of 1,000"),
        (1, 200_000, None, "1 of 200,000"),
        (2_998, 3_000, None, "2,998 of 3,000"),
        (5, 8, None, "5 of 8"),
        (999, 1000, 100, "more than 99 of 100"),
        (1, 1000, 100, "fewer than 1 of 100"),
        (0, 1000, 100, "none"),
        (1000, 1000, 100, "all"),
        (955, 1000, 100, "96 of 100"),
    ],
)
def test_probabilities_are_written_as_frequencies(successes, trials, base, expected):
    assert frequency(proportion(successes, trials), trials, base) == expected


# ------------------------------------------------------------------------------------------------------ charts


def grey(colour):
    """Lightness of #rrggbb, 0 to 255. ITU-R BT.601."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_neighbouring_colours_differ_in_grey():
    lightness = [grey(colour) for colour in COLOURS]
    assert min(abs(a - b) for a, b in itertools.pairwise(lightness)) > 25


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Chart("x", "pie", "", ""),
        lambda: Chart("x", "table", "", ""),
        lambda: Chart("x", "columns", "", "", table=Table("", (), (), ())),
        lambda: Chart("x", "columns", "", "", categories=("a",), series=(Series("s", (1.0, 2.0)),)),
        lambda: Series("s", (1.0, 2.0), low=(1.0,)),
        lambda: Series("s", (math.nan,)),
        lambda: Chart("x", "histogram", "", "", categories=(1.0,), series=(Series("s", (1.0,)),)),
    ],
)
def test_charts_that_cannot_be_drawn_are_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        wrong()


def test_many_quarters_have_short_names():
    def chart(n):
        names = tuple(f"FY{2027 + i // 4} Q{1 + i % 4}" for i in range(n))
        return Chart("x", "columns", "", "", categories=names, series=(Series("s", (1.0,) * n),))

    assert chart(8).axis_names[0] == "FY2027 Q1"
    assert chart(12).axis_names[::11] == ("FY27 Q1", "FY29 Q4")
    assert len(set(chart(12).axis_names)) == 12


@pytest.mark.parametrize(("span", "step"), [(60.0, 10.0), (1.0, 0.2), (0.0, 1.0), (8.0, 1.0), (8.1, 2.0)])
def test_steps_are_round(span, step):
    assert round_step(span) == pytest.approx(step)


def test_charts_of_fewer_scenarios_state_their_number(pack):
    own = {"clauses": pack.clauses.paths if pack.clauses else None, "cash": pack.result.fan().paths}
    for chart in (chart for chapter in story(pack) for chart in chapter.charts if chart.key in own):
        assert (f"(from {own[chart.key]:,} scenarios)" in chart.title) == (own[chart.key] != pack.result.paths)


@pytest.mark.parametrize(("paths", "words"), [(4096, " (from 4,096 scenarios)"), (16_384, " (from 16,384 scenarios)")])
def test_own_scenarios_are_named_beside_the_run(paths, words):
    result = pack_of(next(iter(CASES))).result
    assert own_scenarios(paths, result) == words
    assert own_scenarios(result.paths, result) == ""


def of_lines(name, stored=True):
    """What slides of the lines of a shipped case read of a pack; its run keeps its paths where they are `stored`."""
    case = sim.load_case(name)
    result, variants = (
        sim.simulate(case, paths=128, seed=7, keep_paths=stored),
        sim.compare(main_variants(case), paths=128, seed=7),
    )
    return SimpleNamespace(result=result, variants=variants)


def test_several_lines_have_a_row_each():
    pack = of_lines("nikola-2021")
    chapter = lines(pack)
    rows = chapter.charts[0].table.rows
    raised = {name: arrays["raised"].mean() for name, arrays in pack.result.by_line.items()}
    assert [row[0] for row in rows] == ["Tumim June", "Tumim September"]
    for row in rows:
        assert abs(float(row[2].strip("$M")) * 1e6 - raised[row[0]]) <= pack.result.summary()["raised"].mcse
    assert rows[0][1] == "$253M"  # 300 less the 47 that were drawn before
    assert "$553M left of $600M" in _cards(pack.result)[2].label
    assert lines(of_lines("kulr-2022")) is None


def test_several_lines_are_never_one():
    pack = of_lines("nikola-2021")
    names = [variant_name(name, pack.result.case) for name in (SIGNED, LINE_OFF)]
    assert names == ["with the lines", "without the lines"]
    said = " ".join(texts(capital(pack)))
    assert "the lines' shares" in said
    assert not re.search(r"the line\b", said, re.IGNORECASE)


def test_lines_in_shares_alone_are_not_off():
    pack = of_lines("valence-seaside-2009")
    chapter = commitment(pack)
    assert [chart.kind for chart in chapter.charts] == ["stacked"]
    assert "share cap" in chapter.headline
    assert _cards(pack.result)[2].label == "raised under the lines on average"
    case = pack.result.case
    pack.price_models, pack.policies = price_models_of(case, 64, 7), sim.compare(policies_of(case), paths=64, seed=7)
    pack.sensitivity = None
    assert None not in (policies(pack), price_models(pack))
    (row,) = (row for row in assumptions(pack).charts[0].table.rows if row[0] == "Size of the lines")
    assert row[1] == "16,900,000 shares and 5,378,552 left of 10,000,000 shares"
    assert row[2].startswith("[PA] no limit in dollars; [ATM]")
    found = lines(pack).charts[0].table
    assert [row[1] for row in found.rows] == ["16,900,000 shares", "5,378,552 shares"]
    assert found.columns[-1] == "price of a share"  # no dollars of a commitment are left unraised


def test_an_agent_sells_what_an_investor_buys():
    atm, line = sim.load_case("nikola-atm-2022").facilities
    assert (atm.party, atm.trade) == ("Citigroup Global Markets Inc. as agent", "sells")
    assert (line.party, line.trade) == ("Tumim Stone Capital LLC", "buys")
    said = cover(of_lines("nikola-atm-2022")).points[0]
    assert said.startswith(
        "At-the-market programme of $400M with Citigroup Global Markets Inc. as agent and equity line"
    )


def test_clauses_removed_together_are_named_by_the_first():
    key = "clauses: exchange cap of Lincoln Park, ownership of Lincoln Park, volume of Lincoln Park"
    assert clause_name(key) == "exchange cap of Lincoln Park and 2 more"
    assert full_name(key) == "exchange cap of Lincoln Park, ownership of Lincoln Park and volume of Lincoln Park"


def test_a_commitment_has_all_its_digits():
    pack = of_lines("biolargo-2020")
    assert "$10.25M committed" in _cards(pack.result)[2].label
    assert commitment(pack).headline.startswith("Of $10.25M committed")


def test_a_share_with_a_large_error_does_not_round_the_others_to_tens():
    shares = [Estimate(0.68, 0.03, (0.62, 0.74)), Estimate(0.0, 0.2, (0.0, 0.8))]
    assert aligned("cash_out", shares) == ("68%", "0%")


def test_a_long_price_is_left_to_the_slide_on_the_terms():
    case = sim.load_case("biolargo-2020")
    assert len(price_words(case)) <= BUDGETS["question"]
    assert price_words(case).startswith("The slide on the terms states the price of the line's shares.")


@pytest.mark.parametrize("stored", [True, False])
def test_ends_that_many_scenarios_share_have_their_number(stored):
    pack = of_lines("athersys-2018", stored)
    dilution, kept = of_lines("athersys-2018").result["dilution"], pack.result
    share = round(100 * (dilution >= dilution.max() * 0.999).mean())
    assert share >= 50  # the registered shares are all sold
    assert _cards(kept)[3].detail.startswith(f"{share} of 100 scenarios: 16.1%, the most")
    assert f"In {share} of 100 scenarios the line's dilution is 16.1%, the most." in capital(pack).change
    assert f"in {share} of 100 the dilution by the line is 16.1%, the most" in headline_of_distributions(kept)
    assert "discount and fee shares" not in capital(pack).cards[2].detail
    sorrento = of_lines("sorrento-2020", stored)
    raised = of_lines("sorrento-2020").result["raised"]
    share = round(100 * (raised >= 0.999 * sorrento.result.summary().waterfall.commitment).mean())
    assert share > 5
    assert f"in {share} of 100 all of it" in commitment(sorrento).sure
    assert "discount and fee shares" in capital(sorrento).cards[2].detail


def test_scenarios_in_which_nothing_is_raised_are_counted():
    case = sim.load_case("sorrento-2020").replace({"company.cash": 4e6})
    result = sim.simulate(case, paths=128, seed=7)
    none = (result["raised"] == 0.0).mean()
    assert none > 0.06
    assert _cards(result)[2].detail == f"in {round(100 * none)} of 100 scenarios nothing is raised"


def test_ends_without_ties_are_those_of_5_of_100_scenarios(valence):
    values = valence.result["raised"]
    often, least = tail(valence.result, "raised", 5)
    assert often == f"{round(100 * (values <= np.sort(values)[25]).mean())} of 100"
    assert least.endswith(" or less")
    assert tail(valence.result, "raised", 95)[1].endswith(" or more") or values.max() <= 1.001 * np.sort(values)[486]


def test_too_few_registered_shares_are_the_reason_in_a_sentence():
    assert _because("registered shares") == "too few shares are registered"


def test_a_line_that_was_used_has_what_is_left_everywhere():
    case = sim.load_case("valence-2002")
    case = case.replace({"line.used": {"amount": 9e6, "shares": 3_000_000}})
    pack = dataclasses.replace(pack_of("valence"), result=sim.simulate(case, paths=128, seed=7))
    said = {key: chapter(pack, key) for key in ("cover", "ask", "terms", "answer", "commitment", "assumptions")}
    left = pack.result.summary().waterfall.commitment
    words = f"{exactly(left)} left of {exactly(case.commitment)}"
    assert words == "$21M left of $30M"
    assert words in said["cover"].points[0]
    assert "up to $30M, of which $21M is left," in said["terms"].headline
    assert words in said["answer"].cards[2].label
    assert words in said["commitment"].headline
    assert words in said["assumptions"].charts[0].table.rows[2]
    assert words in said["ask"].headline or "line" not in said["ask"].headline
    assert not any(re.search(r"of \$30M", text.replace(words, "")) for each in said.values() for text in texts(each))


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (0.9, 0.9, "The price of the two lines is 90% of"),
        (0.9, 0.8, "The two lines have prices of their own, which the slide on the terms states."),
    ],
)
def test_lines_that_price_alike_have_one_price(first, second, said):
    case = sim.load_case("nikola-2021").replace(
        {"lines[0].pricing.multiplier": first, "lines[1].pricing.multiplier": second}
    )
    text = price_words(case)
    assert text.startswith(said)
    assert "kind" not in text


def test_figures_of_next_to_no_error_have_four_digits():
    assert amount_words(252_999_995.4, "$", 3.0) == "$253M"
    assert amount_words(252_999_995.4, "$", 1.2e6) == "$253M"
    assert amount_words(96_412_000.0, "$", 2.3e5) == "$96.4M"


def test_days_are_whole():
    assert amount_words(200.0, "days", 0.3) == "200"
    assert setting(197.0, "days", 0.41) == "197 days"
    assert setting(2.5, "days", 0.1) == "2.5 days"


def test_a_label_of_two_parts_is_a_subject():
    assert input_words("resale registration: probability") == "the probability of resale registration"
    assert input_words("ATM: phase 2: price move") == "the price move of ATM: phase 2"
    assert input_words("monthly burn") == "monthly burn"
    assert input_name("resale registration: probability", 40) == "resale registration: probability"
    assert input_name("resale registration: probability", 28) == "resale regis...: probability"
    assert input_name("a burn of many and long words", 15) == "a burn of..."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (0.0, "no change"),
        (1.234, "+1.23 months"),
        (-1.234, "\N{MINUS SIGN}1.23 months"),
        (-1e-5, "less than 0.01 months"),
    ],
)
def test_a_change_in_a_sentence_is_in_words(change, said):
    error = 1e-5 if abs(change) < 0.1 else 0.01
    assert moved("runway_months", Estimate(change, error, (change, change))) == said


def test_a_changed_case_says_so():
    case = sim.load_case("kulr-2022")
    assert prepared_words(case).endswith("of the case file kulr-2022, as of 1 June 2022")
    changed = case.replace({"policy.cadence": "weekly", "company.name": "A & B"})
    assert prepared_words(changed).endswith("of the case file kulr-2022, with two changed inputs, as of 1 June 2022")
    told = commands(sim.simulate(changed, paths=128))["to make the pack"]
    assert told == (
        "fundrisk report kulr-2022 --set 'company.name=\"A & B\"' --set policy.cadence=weekly --paths 128 "
        "--seed 20220513 --out DIR"
    )


def test_a_target_that_is_met_says_so():
    case = CASES["valence"].replace({"company.cash": 90e6})
    found = solve(case, "cash", 0.1, date(2003, 3, 31), 256, seed=7)
    assert re.match(
        r"The base case keeps cash-outs .*: opening cash must be at least .*, and is \$90M", _sentence((found,))
    )
