"""Reading closes: every format gives one series, every fault its own line."""

import datetime
import math
from pathlib import Path

import pytest

import sim
from sim.calendar import sessions
from sim.closes.dates import stated
from sim.closes.numbers import decimal_mark, number
from sim.closes.splits import likely, ratio_of
from tests.support.tables_of_closes import CLOSES, DAYS, FORMATS, VOLUMES

FILES = Path(__file__).parent / "files"
GOOD = sorted(path.name for path in FILES.iterdir() if not path.name.startswith("bad_"))
WANTED = sim.read_closes(FILES / "stooq.csv")


def read(folder, text, encoding="utf-8", **options):
    """The closes of a file with this text."""
    path = folder / "closes.csv"
    path.write_bytes(text.encode(encoding))
    return sim.read_closes(path, **options)


def refused(folder, text, **options):
    """The lines of the error, without the folder."""
    with pytest.raises(sim.ClosesError) as error:
        read(folder, text, **options)
    return [line.removeprefix(f"{folder}/") for line in error.value.problems]


# --- formats ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GOOD)
def test_the_formats_of_services_give_one_series(name):
    found = sim.read_closes(FILES / name)
    assert (found.dates, found.values) == (WANTED.dates, WANTED.values)
    assert len(GOOD) == 18
    assert found.dates[0] == datetime.date(2023, 12, 18)
    assert found.values[:2] == (1272.1, 1318.45)


@pytest.mark.parametrize("name", FORMATS)
def test_formats_of_other_services_and_languages_too(name, tmp_path):
    text, encoding, has_volume = FORMATS[name]
    found = read(tmp_path, text, encoding)
    assert found.dates == DAYS
    assert found.values == pytest.approx(CLOSES, rel=1e-12)
    assert bool(found.volumes) == has_volume
    if has_volume:
        assert found.volumes == pytest.approx(VOLUMES, rel=0.01)  # some write 1.23M


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (
            "bad_ambiguous.csv",
            "line 2: Date = 01/02/2024: the day or the month may come first; write the dates as YYYY-MM-DD",
        ),
        ("bad_monthly.csv", "line 2: closes are 31 days apart; must be daily, not weekly or monthly"),
        ("bad_negative.csv", "line 2: Close = -1: must be a price from 0.000001 to 1e9"),
        (
            "bad_nohead.csv",
            "line 1: 2024-01-02,1: must be a header with the names of a date and a close, such as Date,Close; "
            "no line has them",
        ),
        ("bad_text.csv", "line 2: Close = abc: must be a price"),
    ],
)  # fmt: skip
def test_a_bad_file_has_its_own_line(name, line):
    with pytest.raises(sim.ClosesError) as error:
        sim.read_closes(FILES / name)
    assert error.value.problems == [f"{FILES / name}: {line}"]
    assert str(error.value) == f"{FILES / name}: {line}"


def test_adjusted_closes_are_preferred_and_a_column_overrides():
    found = sim.read_closes(FILES / "tiingo.csv")
    assert (found.column, found.notes[0]) == ("adjClose", "Closes are those of the column adjClose.")
    raw = sim.read_closes(FILES / "tiingo.csv", column="CLOSE")
    assert raw.values == pytest.approx([10.0 * close for close in WANTED.values])
    with pytest.raises(sim.ClosesError, match="column = Foo: must be the name of one column: date, close, high"):
        sim.read_closes(FILES / "tiingo.csv", column="Foo")


def test_a_column_may_have_any_name_beside_the_date(tmp_path):
    text = "A report\nDate,ABC,XYZ\n2024-01-02,9,5.0\n2024-01-03,8,5.2\n"
    assert read(tmp_path, text, column="xyz").values == (5.0, 5.2)
    with pytest.raises(sim.ClosesError, match=r"no line has them; --column \(column=\) names another column$"):
        read(tmp_path, text)


def test_headers_may_have_remarks_and_several_lines(tmp_path):
    rows = "2024-01-02,1,7\n2024-01-05,2,8\n"
    assert read(tmp_path, f'A report\nDate,"Adj\nClose",Volume (shares)\n{rows}').column == "Adj Close"
    assert read(tmp_path, f"Date,Close,Close %\n{rows}").values == (1.0, 2.0)
    assert read(tmp_path, f"Date;Close [USD];Vol\n{rows.replace(',', ';')}").volumes == (7.0, 8.0)


def test_volumes_come_with_the_closes():
    assert WANTED.volumes[:2] == (1234567.0, 1244574.0)
    assert sim.read_closes(FILES / "investing.csv").volumes[0] == 1.23e6
    assert sim.read_closes(FILES / "nasdaq_na.csv").volumes == ()
    assert sim.read_closes(FILES / "tiingo.csv").volumes == WANTED.volumes


def test_closes_print_in_a_line_and_as_a_frame():
    pytest.importorskip("pandas")
    path = FILES / "stooq.csv"
    assert repr(WANTED) == f"<Closes: 24 closes, 2023-12-18 to 2024-01-23, column Close of {path}>"
    frame = WANTED.to_pandas()
    assert list(frame.columns) == ["close", "volume"]
    assert (len(frame), len(WANTED), str(frame.index[0])[:10]) == (24, 24, "2023-12-18")


# --- what is left out, and what is refused ---------------------------------------------------------------------------


def test_lines_without_a_close_are_counted(tmp_path):
    text = (
        "Date,Close\n2024-01-02,1\n2024-01-03,2\n2024-01-04,#N/A N/A\n2024-01-05,0\n2024-01-08,3\n2024-01-08,3.0\n,,\n"
    )
    found = read(tmp_path, text + "2024-01-09,null\nSource: the exchange\n")
    assert found.values == (1.0, 2.0, 3.0)
    assert found.notes[1:] == (
        "1 line is without a date above or below the closes: left out.",
        "1 line is repeated with the same close: counted once.",
        "2 lines are without a close: left out.",
        "1 line is with a close of 0: left out.",
    )


def test_rows_of_days_without_a_session_are_left_out(tmp_path):
    """2024-01-15 is a holiday; 2024-01-06, 07 and 13, 14 are weekends."""
    prices = {5: 1.0, 6: 1.0, 7: 1.0, 8: 1.1, 9: 1.1, 10: 1.2, 11: 1.3, 12: 1.4, 13: 1.4, 14: 1.4, 15: 1.4, 16: 1.5}

    def text_of(changed):
        return "Date,Close,Volume\n" + "".join(
            f"2024-01-{day:02d},{close},{day}\n" for day, close in (prices | changed).items()
        )

    found = read(tmp_path, text_of({}))
    assert [day.day for day in found.dates] == [5, 8, 9, 10, 11, 12, 16]
    assert found.values == (1.0, 1.1, 1.1, 1.2, 1.3, 1.4, 1.5)
    assert found.volumes == (5.0, 8.0, 9.0, 10.0, 11.0, 12.0, 16.0)
    assert found.notes[1:] == (
        "4 closes of Saturdays and Sundays without a session repeat the close before: left out.",
        "1 close of holidays of Nasdaq without a session repeats the close before: left out.",
    )
    some = read(tmp_path, text_of({7: 1.05, 15: 1.45}))
    assert [day.day for day in some.dates] == [5, 7, 8, 9, 10, 11, 12, 15, 16]
    assert some.notes[1:] == (
        "3 closes of Saturdays and Sundays without a session repeat the close before: left out.",
        "1 close of Saturdays and Sundays differs from the close before, the first on 2024-01-07: a market that trades "
        "on weekends, or another calendar. Such closes are kept, each as a session of a year of 252.",
        "1 close of holidays of Nasdaq differs from the close before, the first on 2024-01-15: an exchange with other "
        "holidays. Such closes are kept, each as a session of a year of 252.",
    )
    trading = read(tmp_path, text_of({6: 1.05, 7: 1.06, 13: 1.45}))
    assert [day.day for day in trading.dates] == [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ["closes.csv: empty; must be a CSV file of daily closes"]),
        ("  \n\n", ["closes.csv: empty; must be a CSV file of daily closes"]),
        ("Date,Close\n", ["closes.csv: line 1: no date below the header; must be daily closes"]),
        ("Date,Close\n2024-01-02,1\n2024-01-03,1e300\n", [
            "closes.csv: line 3: Close = 1e300: must be a price from 0.000001 to 1e9"]),
        ("Date,Close\n2024-01-02,1\n2024-01-03,inf\n", ["closes.csv: line 3: Close = inf: must be a price"]),
        ("Date,Close\n2024-02-30,1\n", [
            "closes.csv: line 2: Date = 2024-02-30: must be a date of the calendar, from 1800 to 2100"]),
        ("Date,Close\n2024-01-02,1\n,3\n2024-01-03,1\n", ["closes.csv: line 3: Date = (empty): must be a date"]),
        ("Date,Close\n2024-01-02,1\n\n2024-01-02,2\n", [
            "closes.csv: line 4: Date = 2024-01-02: also on line 2, with another close (1 and 2); must be one"]),
        ("Date,Close\n01/23/2024,1\n24/01/2024,2\n", [
            "closes.csv: line 3: Date = 24/01/2024: has the day first, but line 2 has the month first: 01/23/2024; "
            "must be one order, such as YYYY-MM-DD"]),
        ("Date,Close\n2024-01-02,1\n13/01/2024,2\n", [
            "closes.csv: line 3: Date = 13/01/2024: must be a date in the form of line 2, 2024-01-02"]),
        ("Date,Close\n02.01.2024,12,34\n", [
            "closes.csv: line 2: 3 cells where the header has 2; a number with a comma must be in quotes"]),
        ("Date;Close\n02.01.2024;12,5\n03.01.2024;12.6\n", [
            "closes.csv: line 3: Close = 12.6: must be a price with a decimal comma, as others of the file"]),
        ("Ticker,Date,Close\nA,2024-01-02,1\nB,2024-01-02,1\n", [
            "closes.csv: line 3: Ticker = B: must be A, as above: the closes of one stock"]),
        ('Date,Close\n2024-01-02,"1\n2024-01-03,2\n', [
            "closes.csv: line 2: a quotation mark that is not closed on its line"]),
        ("Date,Close\n2024-01-02,1\0\n", ["closes.csv: line 2: a NUL byte; must be a text file, such as CSV"]),
        ("<!DOCTYPE html>\n", ["closes.csv: a web page, not a table; must be a CSV file of daily closes"]),
        ('{"Information": "rate limit"}', ['closes.csv: JSON, not a table: {"Information": "rate limit"}']),
        ("PK\x03\x04", ["closes.csv: a workbook or a zip file; must be text: save the sheet with the closes as CSV"]),
        (",Close,Close\nTicker,A,B\nDate,,\n2024-01-02,1,2\n", [
            "closes.csv: line 1: no column that can only be the closes; name one of: Date, Close A, Close B "
            "(--column, column=)"]),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_line(text, lines, tmp_path):
    assert refused(tmp_path, text) == lines


def test_at_most_five_lines_are_listed(tmp_path):
    text = "Date,Close\n" + "".join(f"2024-01-{day:02d},x\n" for day in range(1, 10))
    lines = refused(tmp_path, text)
    assert len(lines) == 6
    assert lines[-1] == "closes.csv: and 4 more such lines"


def test_large_files_and_other_things_are_refused_at_once(tmp_path):
    large = tmp_path / "large.csv"
    large.write_bytes(b"Date,Close\n" + b"2024-01-02,1.5\n" * 1_200_000)
    long = tmp_path / "long.csv"
    long.write_bytes(b"Date,Close\n" + b"2024-01-02,1.5\n" * 100_000)
    for path, words in (
        (long, "100,001 lines; must be the daily closes of one stock"),
        (large, "larger than 16 MiB; must be the daily closes of one stock"),
        (tmp_path, "is a directory; must be a CSV file of daily closes"),
        (tmp_path / "none.csv", "no such file; must be a CSV file of daily closes"),
    ):
        with pytest.raises(sim.ClosesError) as error:
            sim.read_closes(path)
        assert error.value.problems == [f"{path}: {words}"]


@pytest.mark.parametrize("text", ["a,b\n" * 100, "x" * 300_000, "Date,Close," * 5_000, "\x01\x02", ";;;\n,,,\n"])
def test_nonsense_never_ends_in_a_traceback(text, tmp_path):
    assert len(refused(tmp_path, text)) == 1


# --- splits ----------------------------------------------------------------------------------------------------------


def table(ratio, extra="", name=""):
    """Closes of 2.0 that are `ratio` times as high before the third session."""
    days = sessions(datetime.date(2024, 1, 2), datetime.date(2024, 1, 10))
    rows = "".join(
        f"{day},{2.0 * ratio if i < 2 else 2.0},{extra if i == 2 else extra and 1}\n" for i, day in enumerate(days)
    )
    return f"Date,Close,{name}\n{rows}"


@pytest.mark.parametrize(
    ("name", "price", "stated"),
    [
        ("Close", "€ {}", "€"), ("Close", "{} €", "€"), ("Close", "CHF {}", "CHF"), ("Close", "{}p", "p"),
        ("Close", "{} zł", "zł"),
        ("Close", "C${}", "C$"), ("Close", "{} kr.", "kr"), ("Close (GBX)", "{}", "GBX"), ("Kurs in €", "{}", "€"),
        ("Close (EUR)", "€{}", "EUR and €"), ("Close", "${}", ""), ("Close", "US${}", ""),
        ("Close (USD)", "USD {}", ""), ("Close", "{}*", ""),
        ("Close", "{}K", ""), ("Close (ADJ)", "{}", ""),
    ],
)  # fmt: skip
def test_another_currency_than_the_dollar_is_reported(name, price, stated, tmp_path):
    text = "".join(f"2024-01-0{day},{price.format(f'{day}.5')}\n" for day in range(2, 6))
    said = [note for note in read(tmp_path, f"Date,{name}\n{text}").notes if note.startswith("Closes are in ")]
    assert said == ([f"Closes are in {stated}, a case counts in dollars: convert price.initial."] if stated else [])


def test_a_leap_is_refused_unless_it_is_explained(tmp_path):
    assert refused(tmp_path, table(10)) == [
        "closes.csv: line 4: Close goes from 20 to 2 in a day, on 2024-01-04; must be adjusted, as with --split "
        "2024-01-04=10:1 (splits=), or be confirmed with --as-is (as_is=True)"
    ]
    assert read(tmp_path, table(10), as_is=True).values[:3] == (20.0, 20.0, 2.0)
    found = read(tmp_path, table(10), splits={"2024-01-04": "10:1"})
    assert found.values == (2.0,) * 7
    assert found.notes[-1] == "Closes before 2024-01-04 are divided by 10 for a split of 10:1."
    assert read(tmp_path, table(0.05), splits={datetime.date(2024, 1, 4): "1:20"}).values == (2.0,) * 7
    assert len(read(tmp_path, table(4.4))) == 7
    assert "--split 2024-01-04=1:5" in refused(tmp_path, table(0.2))[0]


@pytest.mark.parametrize(
    ("factor", "split"),
    [(21.43, "1:20"), (1 / 21.43, "20:1"), (13.0, "1:12"), (7.2, "1:7"), (1 / 4.6, "5:1"), (3e3, "1:3000")],
)
def test_a_leap_suggests_a_split_that_companies_choose(factor, split):
    assert likely(factor) == split


def test_a_reverse_split_multiplies_the_closes_before_it(tmp_path):
    found = read(tmp_path, table(0.05), splits={"2024-01-04": "1:20"})
    assert found.notes[-1] == "Closes before 2024-01-04 are multiplied by 20 for a split of 1:20."


@pytest.mark.parametrize(
    "split", [{"2024-01-04": "ten"}, {"4 January": "10:1"}, {"2024-01-04": "0:1"}, {"2024-01-04": True}]
)
def test_a_split_must_be_a_date_and_a_ratio(split, tmp_path):
    assert "must be a date and new shares for old ones" in refused(tmp_path, table(10), splits=split)[0]


def test_a_split_must_leave_prices(tmp_path):
    wrong_way = refused(tmp_path, table(10), splits={"2024-01-04": "1:10"})
    assert wrong_way == [
        "closes.csv: line 4: Close goes from 200 to 2 in a day, on 2024-01-04, with the split of 1:10, which makes the "
        "move larger; must be --split 2024-01-04=10:1"
    ]
    assert "must be no split of that day" in refused(tmp_path, table(1), splits={"2024-01-04": "1:10"})[0]
    lines = refused(tmp_path, table(1), splits={"2024-01-04": "1:1000000", "2024-01-05": "1:1000000"})
    assert lines == ["closes.csv: split: must leave prices from 0.000001 to 1e9"]


def test_a_split_must_fall_on_a_date_of_the_file(tmp_path):
    for day in ("2024-01-02", "2024-01-06"):
        assert refused(tmp_path, table(10), splits={day: "10:1"}) == [
            f"closes.csv: split = {day}: must be a date of the file after its first one: the first day in new shares"
        ]


def test_a_column_of_splits_settles_which_closes_are_adjusted(tmp_path):
    unadjusted = read(tmp_path, table(10, "10", "Split Factor"))
    assert unadjusted.values == (2.0,) * 7
    already = read(tmp_path, table(1, "10", "Stock Splits"))
    assert already.values == (2.0,) * 7
    assert not any("divided" in note for note in already.notes)
    assert already.split_dates == (datetime.date(2024, 1, 4),)


def test_adjusted_closes_settle_the_splits_of_the_others(tmp_path):
    text = "Date,Close,Adj Close\n2024-01-02,20,1.9\n2024-01-03,20,1.9\n2024-01-04,2,1.9\n2024-01-05,2,2\n"
    found = read(tmp_path, text, column="Close")
    assert found.values == (2.0, 2.0, 2.0, 2.0)
    assert found.notes[-1] == "Closes before 2024-01-04 are divided by 10 for a split of 10:1."


def test_volumes_follow_the_splits(tmp_path):
    text = (
        "Date,Close,Volume,Adj Close,Split Factor\n2024-01-02,20,100,2,1\n2024-01-03,2,1000,2,10\n2024-01-04,2,900,2,1"
    )
    assert read(tmp_path, text).volumes == (1000.0, 1000.0, 900.0)
    assert read(tmp_path, text, column="close").volumes == (1000.0, 1000.0, 900.0)
    assert read(tmp_path, text.replace("Volume", "adjVolume")).volumes == (100.0, 1000.0, 900.0)


def test_ratios_are_new_shares_for_old():
    assert [ratio_of(text) for text in ("10:1", "3/2", "1-for-20", 4)] == [10.0, 1.5, 0.05, 4.0]


# --- cells -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [
        ("$1,310.58", ".", 1310.58), ("1.310,58 €", ",", 1310.58), ("CHF 1'310.58", ".", 1310.58),
        ("1.46M", ".", 1.46e6),
        ("1\u202f310,58", ",", 1310.58), ("12,34,567.5", ".", 1234567.5), ("(12.5)", ".", -12.5), ("−3", ".", -3.0),
        ("1.3E-05", ".", 1.3e-5), ("0,5 Mio.", ",", 5e5), (".5", ".", 0.5), ("3 Mrd", ",", 3e9),
        ("USD 12.30", ".", 12.3),
        ('="7.5"', ".", 7.5), ("12.3 kr", ".", 12.3), ("1,234", ".", 1234.0),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text, mark, value):
    assert number(text, mark) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    ("text", "mark"), [("abc", "."), ("1,23", "."), ("1.2.3", "."), ("12.6", ","), ("1 apple", ".")]
)
def test_other_texts_are_no_numbers(text, mark):
    with pytest.raises(ValueError, match="not a number"):
        number(text, mark)


@pytest.mark.parametrize(
    ("column", "mark"),
    [
        (["1,234", "2,345"], "."), (["1,234", "12,5"], ","), (["0,123"], ","), (["1.234,5"], ","), (["1,234.5"], "."),
        (["1.234.567"], ","), (["1,234,567"], "."), (["12"], "."), (["null"], "."),
    ],
)  # fmt: skip
def test_the_decimal_mark_is_what_some_number_shows(column, mark):
    assert decimal_mark([column]) == mark


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("2024-01-05T00:00:00Z", (2024, 1, 5)), ("20240105", (2024, 1, 5)), ("Fri Jan 05 2024", (2024, 1, 5)),
        ("5. Januar 2024", (2024, 1, 5)), ("mardi 2 janv. 2024", (2024, 1, 2)), ("2 de mayo de 2024", (2024, 5, 2)),
        ("02-Jan-24", (2024, 1, 2)), ("2024 Dec 3", (2024, 12, 3)), ("45296", (2024, 1, 5)),
        ("1704430800000", (2024, 1, 5)),
        ("Average", None), ("Jan-24", None), ("12.5", None), ("", None),
    ],
)  # fmt: skip
def test_dates_are_read_as_people_write_them(text, fields):
    found = stated(text)
    assert (found.fields if found else None) == fields


def test_the_order_of_day_and_month_comes_from_the_column(tmp_path):
    # 6 and 7 January 2024 are a weekend, as are 1 June and 1 July 2024 and 2024-04-06 no session.
    assert read(tmp_path, "Date,Close\n01/05/2024,1\n01/08/2024,2\n01/09/2024,2\n").dates[0] == datetime.date(
        2024, 1, 5
    )
    found = read(tmp_path, "Date,Close\n13/11/23,1\n14/11/23,2\n15/11/23,3\n")
    assert found.dates[0] == datetime.date(2023, 11, 13)
    assert math.isclose(sum(found.values), 6.0)
