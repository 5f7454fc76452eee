"""Reading case files: names, paths, TOML, and spellings that TOML does not read."""

import datetime
import io
import os
import sys
import threading

import pytest

from sim.terms import (
    CaseError,
    load_case,
)
from sim.terms.files import SHIPPED


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"schema = 1\ntitle = \n", "line 2, column 9: not valid TOML: Invalid value"),
        (b"a = 1\na = 2\n", "line 2, column 6: not valid TOML: Cannot overwrite a value"),
        (b"schema = 1\ntitle = '", "line 2, at the end of the file: not valid TOML"),
        (b"schema = 1\n# \xff\n", "line 2: not UTF-8: byte 0xff"),
        (b"a = " + b"9" * 5000, "not TOML that can be read: "),
        (b"a = " + b"[" * 100_000, "not TOML that can be read: "),
        (b"\0", "line 1, column 1: not valid TOML"),
        (b"#" * (2**20 + 1), "larger than 1048576 bytes; must be a case file of at most 1 MiB"),
    ],
)
def test_files_that_are_not_toml(tmp_path, content, expected):
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(CaseError) as caught:
        load_case(path)
    (line,) = caught.value.problems
    assert line.startswith(f"{path}: {expected}" if len(str(path)) < 190 else "")
    assert "\n" not in line


SCALES = [
    (word, "_000" * number)
    for number, words in [(1, "k thousand"), (2, "m mm mn mio million millions"), (3, "b bn billion")]
    for word in words.split()
]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("9,400,000", "TOML has no thousands commas; write 9_400_000"),
        ("9,400,000.50  # dollars", "TOML has no thousands commas; write 9_400_000.5"),
        ("-9,400", "TOML has no thousands commas; write -9_400"),
        ("1'000'000", "TOML has no thousands apostrophes; write 1_000_000"),
        ("9 400 000", "TOML has no thousands spaces; write 9_400_000"),
        ("9.400.000", "TOML has no thousands points; write 9_400_000"),
        ("9.400.000,5", "TOML has no thousands points; write 9_400_000.5"),
        ("0,85", "TOML has no decimal commas; write 0.85"),
        ("$5", "a number is written without $; write 5"),
        ("5 USD", "a number is written without USD; write 5"),
        ("$9,400,000", "TOML has no thousands commas; write 9_400_000"),
        ("$30 million", "a number is written in full, without million; write 30_000_000"),
        ("9.4M", "a number is written in full, without M; write 9_400_000"),
        *((f"5{word}", f"a number is written in full, without {word}; write 5{zeros}") for word, zeros in SCALES),
        ("5c", "a number is written in dollars, without c; write 0.05"),
        ("50 cents", "a number is written in dollars, without cents; write 0.5"),
        ("12.5\u00a2", "a number is written in dollars, without \u00a2; write 0.125"),
        ("85%", "a number is written without %; write 0.85"),
        (".5", "TOML requires digits on both sides of the point; write 0.5"),
        ("007", "TOML has no leading zeros; write 7"),
        ("09_400_000", "TOML has no leading zeros; write 9_400_000"),
        ("-01_5.25", "TOML has no leading zeros; write -15.25"),
        ("True", "TOML has true and false only; write true"),
        ("2002/4/1", "a date is written with hyphens; write 2002-04-01"),
        ("1 April 2002", "a date is written year first, as 2002-04-30"),
        ("maximum", 'text is written in quotes; write "maximum"'),
    ],
)
def test_spellings_that_toml_does_not_read(tmp_path, written, expected):
    path = tmp_path / "mine.toml"
    path.write_text(f"schema = 1\n[company]  # the company\ncash = {written}\nminimum_cash = 0\n", encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        load_case(path)
    value = written.partition("  #")[0]
    assert caught.value.problems == [f"{path}: line 3: company.cash = {value}: {expected}"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("percent = [100%, 50%]", "line.coverage.percent: 100%: a number is written without %; write 100"),
        ("steps = [{ date = 2002-10-01, factor = 0,92 }]", "line.coverage.steps: 0,92: TOML has no decimal commas; "),
        ("amounts = [$5, 6]", "line.coverage.amounts: $5: a number is written without $; write 5"),
        ("amounts = [1,000,000]", "line.coverage.amounts: 1,000,000: TOML has no thousands commas; write 1_000_000"),
    ],
)
def test_spellings_inside_lists(tmp_path, line, expected):
    path = tmp_path / "mine.toml"
    path.write_text(f"[line.coverage]\n{line}\n")
    with pytest.raises(CaseError) as caught:
        load_case(path)
    assert caught.value.problems[0].startswith(f"{path}: line 2: {expected}")


def test_an_empty_file_lacks_required_tables(tmp_path):
    path = tmp_path / "empty.toml"
    path.write_bytes(b"")
    with pytest.raises(CaseError) as caught:
        load_case(path)
    keys = [line.split(": ")[1] for line in caught.value.problems]
    assert keys == ["schema", "title", "valuation_date", "horizon", "company", "price", "burn", "line"]


def test_names_and_paths_that_lead_nowhere(tmp_path):
    for name, expected in {
        "valence-2003": "valence-2003: not a shipped case and not a file. Did you mean valence-2002? ",
        "": '"": not a shipped case and not a file. (`fundrisk cases` lists the shipped cases.)',
        str(tmp_path): f"{tmp_path}: is a directory; must be the name of a shipped case, or the path of a case file",
        "x" * 5000: "cannot be read: File name too long",
        "a\0b": "a\\x00b: ",
        "a\nb": "a\\nb: not a shipped case and not a file",
        None: "case = null: must be the name of a shipped case, or a path",
        3: "case = 3: must be the name of a shipped case, or a path",
    }.items():
        with pytest.raises(CaseError) as caught:
            load_case(name)
        (line,) = caught.value.problems
        assert expected in line


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes are a Unix matter")
def test_streams_name_closes_of_the_working_folder(tmp_path, monkeypatch):
    (tmp_path / "c.csv").write_text("Date,Close\n2002-03-27,3.0\n2002-03-28,3.1\n")
    text = (SHIPPED / "valence-2002.toml").read_text().replace("[price]\n", '[price]\ncloses = "c.csv"\n', 1)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    os.mkfifo(pipe := tmp_path / "folder" / "pipe")
    writer = threading.Thread(target=pipe.write_text, args=(text,))
    writer.start()
    made = load_case(pipe)
    writer.join()
    reader, sender = os.pipe()
    os.write(sender, text.encode())
    os.close(sender)
    assert load_case(f"/dev/fd/{reader}") == made
    os.close(reader)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert load_case("-") == made
    assert made.price.closes[-1] == (datetime.date(2002, 3, 28), 3.1)


def test_no_path_of_closes_is_no_folder(tmp_path):
    path = tmp_path / "case.toml"
    text = (SHIPPED / "valence-2002.toml").read_text()
    for name in ("", " "):
        path.write_text(text.replace("[price]\n", f'[price]\ncloses = "{name}"\n', 1))
        with pytest.raises(CaseError) as caught:
            load_case(path)
        said = f'{path}: price.closes = "{name}": must be the path of a CSV file, or a list of 1 to 100000 closes'
        assert caught.value.problems[0].startswith(said)
