"""The board's story: every number in it is the pack's, as precise as its error allows, whatever the case."""

import dataclasses
import itertools
import math
import re

import pytest

from sim.board.charts.data import COLOURS, Chart, Series, Table, round_step
from sim.board.story.answer import _error_words, _most_run_out
from sim.board.story.story import CHAPTERS, story
from sim.board.story.words import brief, change, frequency, plus_minus, value
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


# ------------------------------------------------------------------------------------------------------ how it reads


def test_every_case_has_a_story_of_eight_to_fourteen_chapters_with_answers(pack):
    chapters = story(pack)
    assert 8 <= len(chapters) <= 14
    assert len({each.key for each in chapters}) == len(chapters)
    for each in chapters:
        assert each.headline[0].isupper()
        assert " " in each.headline
        assert not each.headline.endswith(".")
        assert all((each.sure, each.compared, each.change, each.source, each.notes)), each.key
        for text in (each.headline, each.sure, each.compared, each.change, *each.points):
            assert not re.search(r"\bnan\b|\binf\b|None|\+-|e[+-]\d\d\b|-0\b", text), (each.key, text)


def test_every_chart_has_words_and_values(pack):
    for each in story(pack):
        for chart in each.charts:
            assert chart.title
            if chart.kind == "table":
                assert chart.table.rows
                assert all(len(row) == len(chart.table.columns) for row in chart.table.rows)
            else:
                assert chart.alt
                assert chart.series
                assert chart.categories


def test_the_shipped_case_has_all_chapters(valence):
    assert [each.key for each in story(valence)] == [tell.__name__ for tell in CHAPTERS]


def test_what_really_happened_is_told_where_the_case_says_it(valence):
    told = chapter(valence, "record")
    assert "2 December 2002 was $1.13" in told.headline
    assert ["2 Dec 2002" in row[0] and "4,409,560" in row[2] for row in told.charts[0].table.rows].count(True) == 1
    assert "record" not in {each.key for each in story(pack_of("never"))}


def test_a_line_that_is_off_has_no_chapters_on_what_it_pays():
    assert {"commitment", "capital", "policies"}.isdisjoint(each.key for each in story(pack_of("no line")))


# ------------------------------------------------------------------------------------------------------ its numbers


def test_the_answer_is_the_probability_of_the_result(valence):
    chance = valence.result.summary().cash_out
    assert f"{round(100 * chance.value)} of 100" in chapter(valence, "answer").headline
    cards = chapter(valence, "answer").cards
    assert cards[0].value == f"{round(100 * chance.value)} of 100"
    assert cards[2].value == f"${valence.result.summary()['raised'].mean / 1e6:.1f}M"


def mistakes(pack, chapters):
    """Where a chart's numbers are not the pack's."""
    summary = pack.result.summary()
    found = []
    expected = {
        "cash_out": [100 * each.value for each in summary.cash_out_by_period],
        "variants": [each.value for each in pack.variants.estimates["runway_months"]],
        "scenarios": [each.value for each in pack.scenarios.estimates["runway_months"]][:9],
        "policies": [each.value for each in pack.policies.estimates["runway_months"]][:9],
        "outlook": [100 * each.value for each in pack.outlook.shortfall],
    }
    for each in chapters:
        for chart in each.charts:
            if chart.key in expected and list(chart.series[-1].values) != expected[chart.key]:
                found.append(chart.key)
            if chart.key == "cash":
                for name in ("p05", "p25", "p50", "p75", "p95"):
                    if list(chart.named(name).values) != [v / 1e6 for v in getattr(pack.result.fan(), name)]:
                        found.append(f"cash {name}")
            if chart.key == "waterfall":
                first, *middle, last = chart.series[0].values
                if not math.isclose(first - sum(middle), last, rel_tol=1e-9, abs_tol=1e-9):
                    found.append("waterfall")
                if last != summary["raised"].mean / 1e6:
                    found.append("raised")
    return found


def test_charts_hold_the_packs_own_numbers(pack):
    assert mistakes(pack, story(pack)) == []


def test_a_number_that_is_not_the_packs_is_seen(valence):
    chapters = list(story(valence))
    for place, each in enumerate(chapters):
        for number, chart in enumerate(each.charts):
            if chart.key not in ("cash_out", "cash", "waterfall", "outlook", "scenarios"):
                continue
            last = chart.series[-1] if chart.key != "cash" else chart.series[0]
            values = (*last.values[:-1], last.values[-1] * 1.0001)
            series = tuple(dataclasses.replace(s, values=values) if s is last else s for s in chart.series)
            charts = list(each.charts)
            charts[number] = dataclasses.replace(chart, series=series)
            wrong = list(chapters)
            wrong[place] = dataclasses.replace(each, charts=tuple(charts))
            assert mistakes(valence, wrong) != [], chart.key


def test_intervals_hold_their_values(pack):
    for each in story(pack):
        for chart in each.charts:
            for series in chart.series:
                for low, middle, high in zip(series.low, series.values, series.high, strict=bool(series.low)):
                    assert low - 1e-9 <= middle <= high + 1e-9, (chart.key, series.name)


# ------------------------------------------------------------------------------------------------------ how it writes


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([0.1, 0.5, 0.2], "Most often the money runs out in Q2"),
        ([0.3, 0.301, 0.1], "Most often the money runs out in Q1 and Q2, with little between them"),
        ([0.3, 0.301, 0.299], "No quarter stands out among the cash-outs, Q2 has most"),
        ([0.0, 0.001, 0.0], "Most often the money runs out in Q2"),
    ],
)
def test_quarters_that_nothing_tells_apart_are_not_ranked(steps, said):
    worst = steps.index(max(steps))
    assert _most_run_out(("Q1", "Q2", "Q3"), steps, worst, 3_000) == said


@pytest.mark.parametrize(
    ("successes", "trials", "said"),
    [
        (2_998, 3_000, "99.76% to 99.98%"),
        (1, 3_000, "0.01% to 0.19%"),
        (1_500, 3_000, "48.2% to 51.8%"),
        (999_999, 1_000_000, "above 99.99% to just below 100%"),
    ],
)
def test_no_end_of_an_interval_rounds_to_never_or_always(successes, trials, said):
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
def test_numbers_are_written_as_precisely_as_they_are_known(name, number, error, expected):
    assert brief(name, number, error) == expected


def test_estimates_are_written_with_their_errors():
    estimate = Estimate(11_514_321.0, 25_000.0, (11.46e6, 11.57e6))
    assert plus_minus("raised", estimate).replace("\N{NO-BREAK SPACE}", " ") == "$11.51M ± 0.03"
    assert value("raised", 11_514_321.0, 25_000.0) == "$11.51M"
    assert change("raised", Estimate(-2.5e6, 1e5, (-2.7e6, -2.3e6))) == "−$2.5M"
    assert change("cash_out", Estimate(0.031, 0.002, (0.027, 0.035))) == "+3.1 points"
    assert change("raised", Estimate(0.0, 0.0, (0.0, 0.0))) == "$0"


@pytest.mark.parametrize(
    ("successes", "trials", "expected"),
    [
        (97, 100, "97 of 100"),
        (0, 500, "none of 500"),
        (500, 500, "all 500"),
        (3, 1000, "3 of 1,000"),
        (997, 1000, "997 of 1,000"),
        (1, 200_000, "1 of 200,000"),
        (2_998, 3_000, "all but 2 of 3,000"),
        (5, 8, "5 of 8"),
    ],
)
def test_probabilities_are_written_as_natural_frequencies(successes, trials, expected):
    assert frequency(proportion(successes, trials), trials) == expected


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
def test_charts_that_cannot_be_drawn_do_not_exist(wrong):
    with pytest.raises(ValueError, match=":"):
        wrong()


@pytest.mark.parametrize(("span", "step"), [(60.0, 10.0), (1.0, 0.2), (0.0, 1.0), (8.0, 1.0), (8.1, 2.0)])
def test_steps_are_round(span, step):
    assert round_step(span) == pytest.approx(step)
