"""The command `fundrisk calibrate`: what it prints and writes, and what it refuses."""

import datetime
import json
import tomllib

import numpy as np
import pytest

import sim
from sim.calendar import sessions
from sim.terms.files import SHIPPED
from tests.cli.test_cli import fundrisk, no_notice, started  # noqa: F401
from tests.support.tables_of_closes import FORMATS

VALENCE = (SHIPPED / "valence-2002.toml").read_bytes()


@pytest.fixture
def prices(tmp_path):
    """Closes of 401 sessions with volumes."""
    rng = np.random.default_rng(7)
    days = sessions(datetime.date(2022, 1, 3), datetime.date(2024, 1, 31))[-401:]
    closes = 3.0 * np.exp(np.cumsum(0.05 * rng.standard_normal(401)))
    volumes = rng.integers(10**5, 10**6, 401)
    rows = [f"{day},{close:.4f},{volume}" for day, close, volume in zip(days, closes, volumes, strict=True)]
    path = tmp_path / "prices.csv"
    path.write_text("\n".join(["Date,Close,Volume", *rows, ""]), encoding="utf-8")
    return path


@pytest.fixture
def case_file(tmp_path):
    path = tmp_path / "case.toml"
    path.write_bytes(VALENCE)
    return path


def test_the_command_agrees_with_the_library(prices, tmp_path):
    found = sim.calibrate(prices)
    assert fundrisk("calibrate", prices) == (0, f"{found}\n", "")
    ran = fundrisk("calibrate", prices, "--json", "-")
    assert (ran.status, json.loads(ran.out)) == (0, json.loads(json.dumps(found.to_dict())))
    assert fundrisk("calibrate", prices, "--json", tmp_path / "found.json").out == f"{found}\n"
    assert json.loads((tmp_path / "found.json").read_text(encoding="utf-8")) == json.loads(ran.out)


def test_the_table_of_one_model_can_be_appended_to_a_file(prices):
    ran = fundrisk("calibrate", prices, "--model", "garch")
    assert (ran.status, ran.err) == (0, "")
    table = tomllib.loads(ran.out)["price"]
    assert (table["model"], table["volume"]["mean"] > 0) == ("garch", True)


def test_a_case_is_written_and_runs(prices, case_file):
    ran = fundrisk("calibrate", prices, "--write", case_file, "--model", "gbm")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.endswith(
        f"{case_file}: set price.model, price.volatility\n{case_file}: left as they are: price.initial (the valuation "
        "date, 2002-04-01, is 7975 days before the last close, 2024-01-31); price.drift (0; closes cannot tell it)\n"
    )
    found = sim.calibrate(prices).volatility.estimate.value
    assert sim.load_case(case_file).price.volatility == pytest.approx(found, abs=0.001)
    assert case_file.read_text(encoding="utf-8").count("ASSUMPTION") == VALENCE.count(b"ASSUMPTION")


@pytest.mark.parametrize(("kind", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_a_picture_is_drawn(kind, begins, prices, tmp_path):
    picture = tmp_path / f"picture.{kind}"
    assert fundrisk("calibrate", prices, "--plot", picture).status == 0
    first = picture.read_bytes()
    assert first.startswith(begins)
    assert fundrisk("calibrate", prices, "--plot", picture).status == 0
    assert picture.read_bytes() == first


def test_splits_are_passed_on(prices):
    lines = prices.read_text(encoding="utf-8").splitlines()
    split = [f"{day},{float(close) * 10},{volume}" for day, close, volume in (line.split(",") for line in lines[1:200])]
    prices.write_text("\n".join([lines[0], *split, *lines[200:], ""]), encoding="utf-8")
    day = lines[200].partition(",")[0]
    refused = fundrisk("calibrate", prices)
    assert (refused.status, refused.out) == (2, "")
    assert f"with --split {day}=" in refused.err
    assert f"Closes before {day} are divided by 10" in fundrisk("calibrate", prices, "--split", f"{day}=10:1").out
    assert "=)" not in refused.err
    accepted = fundrisk("calibrate", prices, "--as-is", "--model", "gbm")
    assert accepted.status == 0
    assert "Accepted as they are: moves from " in accepted.err
    assert tomllib.loads(accepted.out)["price"]["model"] == "gbm"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("nowhere.csv", "nowhere.csv: no such file; must be a CSV file of daily closes"),
        ("PRICES --column Foo", "PRICES: column = Foo: must be the name of one column: Date, Close, Volume"),
        ("PRICES --split 2024", "--split = 2024: must be DATE=NEW:OLD once for each date, such as 2024-06-10=10:1"),
        ("PRICES --split 1999-01-04=2:1", "PRICES: split = 1999-01-04: must be a date of the file after its first one: "
            "the first day in new shares"),
        ("PRICES --plot x.gif", "--plot = x.gif: must end in .png, .svg or .pdf"),
        ("PRICES --json PRICES", "PRICES: cannot be written: it is an input of the same command"),
        ("PRICES --plot FOLDER/no/x.png", "FOLDER/no/x.png: cannot be written: there is no folder FOLDER/no"),
        ("PRICES --write FOLDER/none.toml", "FOLDER/none.toml: not a case file; must be the path of one"),
        ("PRICES --model merton", "--model = 'merton': left out: no evidence of jumps: the likelihood ratio to gbm is "
            "0.3, and must be at least 8"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_line(words, line, prices, tmp_path):
    def real(text):
        return text.replace("PRICES", str(prices)).replace("FOLDER", str(tmp_path))

    ran = fundrisk("calibrate", *real(words).split())
    assert (ran.status, ran.out, ran.err) == (2, "", real(line) + "\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["prices.csv"]


def test_closes_may_come_from_a_pipe(prices):
    with started("calibrate", "-", "--model", "gbm", stdin=prices.open()) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err, out) == (0, "", sim.calibrate(prices).price_table("gbm"))


def test_too_few_closes_are_refused(tmp_path):
    text, encoding, _ = FORMATS["Polygon"]
    path = tmp_path / "few.csv"
    path.write_text("\n".join(text.splitlines()[:20]), encoding=encoding)
    days = sim.read_closes(path).dates
    few = f"{path}: 19 closes from {days[0]} to {days[-1]}, 18 returns; must be at least 30\n"
    assert fundrisk("calibrate", path) == (2, "", few)
