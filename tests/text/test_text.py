"""Text: tables that fit a terminal, numbers with the decimals that their errors allow, money and dates."""

import datetime
import math

import numpy as np
import pytest

from sim.text.dates import long_date
from sim.text.numbers import aligned, count, money, percent, rounded, shared_decimals
from sim.text.tables import WIDTH, Table, plain, table_html, table_text, wrapped

SMALL = Table("Fruit", ("", "sold", "in stock"), [("apples", "12", "3.5"), ("figs", "1,000", "12.0")], note="Today.")


def test_a_small_table_to_the_letter():
    assert table_text(SMALL).splitlines() == [
        "Fruit",
        "           sold  in stock",
        "  apples     12       3.5",
        "  figs    1,000      12.0",
        "  Today.",
    ]


@pytest.mark.parametrize("width", [4, 30, 60])
@pytest.mark.parametrize("numbers", [1, 4, 9, 15])
def test_wide_tables_fit_and_lose_nothing(width, numbers):
    words = " ".join(["word"] * (width // 4))
    heads = tuple(f"head {'of many words ' * 3}{i}" for i in range(numbers))
    rows = [(f"{words} {r}", *(f"{r}{i}.25" for i in range(numbers)), f"bound by {words}") for r in range(3)]
    text = table_text(Table("Heading", ("", *heads, "what limited the draws"), rows, (0, numbers + 1)))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "..." not in text
    for each in [*(f"{r}{i}.25" for r in range(3) for i in range(numbers))]:
        assert text.split().count(each) == 1, each  # two columns never touch
    assert text.count("many") == 3 * numbers
    assert text.count("limited") == 1


def test_heads_wrap_above_their_columns():
    heads = ("", "what " * 12 + "it was", "share of all the paths " * 3)
    text = table_text(Table("", heads, [("row", "1", "2")])).splitlines()
    assert len(text) > 2
    assert text[-1].split() == ["row", "1", "2"]
    assert text[-1].endswith("2")
    assert len(text[-1]) == max(map(len, text))


def test_cells_of_words_wrap_and_words_of_any_length_fit():
    text = table_text(Table("", ("", "why", "n"), [("a", "x" * 300, "1"), ("b", "y z " * 60, "2")], (0, 1)))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert (text.count("x"), text.count("y") - 1, text.count("z")) == (300, 60, 60)


def test_a_table_without_rows_or_heads():
    assert table_text(Table("Nothing", ("a", "b"), [])) == "Nothing\n  a  b"
    assert table_text(Table("", (), [("a", "1"), ("bc", "23")])) == "  a    1\n  bc  23"
    assert table_text(Table("Empty", (), [])) == "Empty"


def test_details_stand_under_their_rows():
    text = table_text(Table("", ("", "n"), [("a", "1"), ("b", "2")], details=("first", "second")))
    assert [line.strip() for line in text.splitlines()] == ["n", "a  1", "first", "b  2", "second"]


def test_control_characters_never_reach_the_terminal():
    text = table_text(Table("h\x1b[2J", ("c\a",), [("r\n\x07",)], note="n\x1b")) + wrapped("w\x1b\tx")
    assert all(line.isprintable() for line in text.splitlines())
    assert plain("a\x1bb") == "a b"


def test_html_escapes_every_part():
    table = Table("<h>", ("<c>", "n"), [("<r>", "1")], note="<n>")
    page = table_html(table)
    assert "<h>" not in page
    assert all(f"&lt;{letter}&gt;" in page for letter in "hcrn")
    assert page.count("text-align:right") == 2


@pytest.mark.parametrize(
    ("values", "errors", "texts"),
    [
        ((5.0, 5.0, 10.0, 15.0, 20.957), (0.0, 0.0, 0.0, 0.0, 0.012), ["5.00", "5.00", "10.00", "15.00", "20.96"]),
        ((1.0, 2.5, 30.0), (0.0, 0.0, 0.0), ["1.0", "2.5", "30.0"]),
        ((0.04, 97.31, 0.0), (0.01, 0.2, 0.0), ["<0.1", "97.3", "0.0"]),
        ((0.04, 97.31), (0.06, 0.2), ["0.0", "97.3"]),
        ((-0.04, 1234.5), (0.01, 0.9), [">-0.1", "1,234.5"]),
        ((1234.5, 88.0), (20.0, 4.0), ["1,230", "90"]),
        ((math.nan, 3.14159), (math.nan, 0.02), ["-", "3.14"]),
        ((), (), []),
    ],
)
def test_a_column_has_one_number_of_decimals(values, errors, texts):
    assert aligned(values, errors, 4) == texts


def test_decimals_are_bounded_by_what_the_unit_needs():
    assert shared_decimals([1.0], [1e-9], 2) == 2
    assert shared_decimals([1.0 / 3.0], [0.0], 3) == 3
    assert shared_decimals([1.0], [math.inf], 3) == 0


@pytest.mark.parametrize(
    ("amount", "text"),
    [(3e7, "$30.0 million"), (2.37e6, "$2.37 million"), (25e3, "$25,000"), (1.134, "$1.13"), (2e9, "$2.00 billion")],
)
def test_money(amount, text):
    assert money(amount) == text


def test_percent_count_and_date():
    assert [percent(share) for share in (0.6, 0.0575, 1 / 3)] == ["60%", "5.75%", "33.33%"]
    assert [count(n, "draw") for n in (0, 1, 6, 24, 1200)] == [
        "no draws", "one draw", "six draws", "24 draws", "1,200 draws",
    ]  # fmt: skip
    assert long_date(datetime.date(2002, 9, 30)) == "30 September 2002"


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [
        (99.05, 1, "99.1"), (0.125, 2, "0.13"), (2.5, 0, "3"), (-2.5, 0, "-3"), (1.005, 2, "1.01"), (-0.04, 1, "0.0"),
        (12_345.0, -1, "12,350"), (0.285 * 100.0, 0, "29"), (28.49999999, 0, "28"), (math.nan, 1, "nan"),
    ],
)  # fmt: skip
def test_halves_are_rounded_as_in_a_spreadsheet(number, decimals, text):
    assert rounded(number, decimals) == text
    assert rounded(np.float64(number), np.int64(decimals)) == text
