"""A result says what its paths say, and a saved one comes back whole or not at all."""

import dataclasses
import io
import json
import math
import os
import pickle
import re
import subprocess
import sys
import zipfile
from datetime import date, datetime

import numpy as np
import pytest

from sim import __version__
from sim.results.distribution import Distribution
from sim.results.estimates import proportion
from sim.results.files import write_arrays
from sim.results.measures import MEASURES
from sim.results.result import COLUMNS, Result, ResultError, fiscal_periods, write_text_atomically
from sim.results.saved import load_result
from sim.text.numbers import rounded
from tests.support.synthetic import synthetic_result
from tests.support.valence import valence_2002


@pytest.fixture(scope="module")
def result():
    return synthetic_result()


@pytest.fixture(scope="module")
def document(result):
    return json.loads(json.dumps(result.summary().to_dict(), allow_nan=False))


# --- arrays ---


def test_every_measure_is_an_array_with_one_value_a_path(result):
    for name in MEASURES:
        assert result[name].shape == (result.paths,)
    assert result["draws"].dtype == np.int32
    issued, outstanding = result["shares_issued"], result.case.company.shares_outstanding
    np.testing.assert_array_equal(result["dilution"], issued / (outstanding + issued))
    np.testing.assert_array_equal(np.isnan(result["effective_price"]), issued == 0)
    assert result["runway_months"].max() == 731 / 30.4375


def test_an_unknown_name_says_which_there_are(result):
    with pytest.raises(KeyError, match="raised, shares_issued, dilution"):
        result["dilutoin"]
    with pytest.raises(KeyError, match="raised, cash_out"):
        result.by_period["drawn"]


def test_nobody_can_write_into_a_result(result):
    with pytest.raises(ValueError, match="read-only"):
        result["raised"][0] = 1.0


def test_by_period_has_paths_down_and_periods_across(result):
    raised, out = result.by_period["raised"], result.by_period["cash_out"]
    assert raised.shape == out.shape == (result.paths, 8)
    np.testing.assert_allclose(raised.sum(axis=1), result["raised"])
    assert (out[:, 1:] >= out[:, :-1]).all()
    np.testing.assert_array_equal(out[:, -1], result["cause"] > 0)


def test_periods_are_fiscal_quarters(result):
    assert [period.label for period in result.periods] == [f"FY{y} Q{q}" for y in (2003, 2004) for q in (1, 2, 3, 4)]
    assert result.periods[0][1:] == (date(2002, 4, 1), date(2002, 6, 30))


def test_the_first_and_the_last_period_are_cut_to_the_span():
    case = valence_2002().replace({"valuation_date": "2002-05-01", "horizon": "2003-01-31"})
    assert [period[1:] for period in fiscal_periods(case)] == [
        (date(2002, 5, 1), date(2002, 6, 30)),
        (date(2002, 7, 1), date(2002, 9, 30)),
        (date(2002, 10, 1), date(2002, 12, 31)),
        (date(2003, 1, 1), date(2003, 1, 31)),
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"raised": None}, "raised is missing"),
        ({"draws": np.zeros(3, np.int32)}, r"draws has shape \(3,\); must be \(50,\)"),
        ({"cause": np.zeros(50)}, "cause has type float64; must be int8"),
        ({"raised_by_period": np.zeros((50, 8))}, r"raised_by_period has shape \(50, 8\); must be \(8, 50\)"),
    ],
)
def test_columns_that_do_not_fit_are_refused(change, message):
    good = synthetic_result(paths=50)
    columns = good.paths_or_sketch() | change
    columns = {name: column for name, column in columns.items() if column is not None}
    with pytest.raises(ValueError, match=message):
        Result(good.case, 50, 1, "philox", good.tallies, columns)


# --- probabilities ---


@pytest.mark.parametrize("by", ["2003-03-31", date(2003, 3, 31)])
def test_the_probability_of_cash_out_by_a_date_counts_its_close(result, by):
    got = result.probability_of_cash_out(by=by)
    count = int((result["cash_out_days"] <= 365).sum())  # the close of 31 March 2003 is t = 365
    assert got == proportion(count, result.paths)
    assert str(got).startswith("0.3")


def test_a_cash_out_at_the_very_close_of_a_period_is_in_it():
    good = synthetic_result(paths=4)
    days = np.array([91.0, np.nextafter(91.0, 92.0), 731.0, np.inf])  # 30 June 2002 closes at t = 91
    columns = good.paths_or_sketch() | {"cash_out_days": days, "cause": np.array([1, 2, 3, 0], np.int8)}
    got = Result(good.case, 4, 1, "philox", good.tallies, columns)
    assert got.by_period["cash_out"][:, 0].tolist() == [True, False, False, False]
    assert got.by_period["cash_out"][:, -1].tolist() == [True, True, True, False]
    assert got.probability_of_cash_out(by="2002-06-30").value == 0.25
    assert got.summary().cash_out_counts[0].tolist() == [1, 0, 0]
    assert got.summary().cash_out_counts[-1].tolist() == [1, 1, 1]


def test_the_default_is_the_horizon(result):
    assert result.probability_of_cash_out() == result.summary().cash_out == result.probability_of_cash_out("2004-03-31")


@pytest.mark.parametrize("by", ["2004-04-01", "2002-03-31", "March", 20030331, datetime(2003, 3, 31, 1), float("nan")])
def test_a_day_outside_the_span_is_an_error(result, by):
    with pytest.raises(ValueError, match="must be a date from 2002-04-01 to 2004-03-31"):
        result.probability_of_cash_out(by=by)


def test_the_fan_starts_at_the_opening_cash(result):
    fan, cash = result.fan(), result.tallies.fan
    assert fan.dates[:2] == (date(2002, 4, 1), date(2002, 4, 30))
    assert fan.dates[-1] == date(2004, 3, 31)
    assert fan.p05[0] == fan.p95[0] == result.case.company.cash
    np.testing.assert_array_equal(fan.p25[1:], np.quantile(cash, 0.25, axis=1, method="inverted_cdf"))
    np.testing.assert_array_equal(fan.p95[1:], np.quantile(cash, 0.95, axis=1, method="inverted_cdf"))


# --- the summary's document ---


def test_the_document_has_exactly_the_contracts_keys(document):
    assert list(document) == [
        "case", "paths", "seed", "sampler", "version", "elapsed_s", "measures", "cash_out", "line", "lines", "rmst",
        "survival", "hazard", "incidence", "liquidity_at_risk", "average_price", "manifest",
    ]  # fmt: skip
    assert list(document["measures"]) == list(MEASURES)
    assert set(document["cash_out"]) == {"within_horizon", "by_period", "causes"}
    assert set(document["cash_out"]["within_horizon"]) == {"probability", "se", "ci95"}
    assert set(document["cash_out"]["causes"]) == {"operations", "interest", "principal"}
    for row in document["cash_out"]["by_period"]:
        assert set(row) == {"period", "end", "probability", "ci95"}
    assert set(document["line"]) == {"by_period", "waterfall"}
    for row in document["line"]["by_period"]:
        assert set(row) == {"period", "raised_mean", "raised_mcse", "binding"}
    assert set(document["line"]["waterfall"]) == {"commitment", "raised", "cut_by_third_parties", "unraised"}
    packages = {"numpy", "scipy", "numba", "llvmlite", "holidays", "python-dateutil"}
    assert set(document["manifest"]["versions"]) == {"fundrisk", "python", *packages}


def test_the_document_says_what_the_paths_say(result, document):
    expected = Distribution.from_values(result["dilution"], "high")
    assert document["measures"]["dilution"]["mean"] == result["dilution"].mean()
    assert document["measures"]["dilution"]["worst5_mean"] == expected.worst5_mean > expected.mean
    assert document["measures"]["raised"]["worst5_mean"] < document["measures"]["raised"]["p05"]
    quarter = document["cash_out"]["by_period"][3]
    assert (quarter["period"], quarter["end"]) == ("FY2003 Q4", "2003-03-31")
    assert quarter["probability"] == result.by_period["cash_out"][:, 3].mean()
    causes = document["cash_out"]["causes"]
    assert causes["principal"] == (result["cause"] == 3).mean()
    assert sum(causes.values()) == pytest.approx(document["cash_out"]["within_horizon"]["probability"])
    assert document["line"]["by_period"][2]["raised_mean"] == pytest.approx(result.by_period["raised"][:, 2].mean())
    assert (document["version"], document["seed"], document["paths"]) == (__version__, 11, 4000)
    assert document["manifest"]["case"] == result.case.to_dict()
    assert document["manifest"]["case_sha256"] == result.case.sha256


def test_binding_shares_are_of_purchase_dates_before_the_cash_out(result, document):
    limits = [i for i, reason in enumerate(result.tallies.reasons) if reason not in ("cash-out", "no purchase date")]
    assert result.tallies.binding[:, result.tallies.reasons.index("cash-out")].all()
    for row, counts in zip(document["line"]["by_period"], result.tallies.binding, strict=True):
        total = counts[limits].sum()
        expected = {result.tallies.reasons[i]: counts[i] / total for i in limits if counts[i]}
        assert row["binding"] == expected
        assert sum(expected.values()) == pytest.approx(1.0)


def test_the_waterfall_adds_up_to_the_commitment(document):
    fall = document["line"]["waterfall"]
    total = fall["raised"] + fall["cut_by_third_parties"] + sum(fall["unraised"].values())
    assert total == pytest.approx(fall["commitment"]) == 30_000_000


def test_absent_and_unbounded_numbers_are_null():
    case = valence_2002().replace({"line.commitment": 0})
    document = synthetic_result(paths=20, case=case).summary().to_dict()
    assert document["measures"]["effective_price"]["mean"] is None
    assert document["measures"]["effective_price"]["n"] == 0
    assert document["measures"]["ending_cash"]["p05_ci95"][0] is None
    json.dumps(document, allow_nan=False)


# --- what a person reads ---


@pytest.mark.parametrize("paths", [1, 3, 4000])
@pytest.mark.parametrize("lifetime", [1.0, 15.0, 1e5])
def test_the_table_fits_a_terminal(paths, lifetime):
    text = str(synthetic_result(paths=paths, lifetime_months=lifetime).summary())
    assert max(map(len, text.splitlines())) <= 100
    assert text.isascii()
    assert not re.search(r"\bnan\b", text.lower())
    flat = " ".join(text.split())
    assert all((measure.column in flat) == (name != "ending_cash") for name, measure in MEASURES.items())


def test_the_answer_comes_first(result):
    title, answer, *_ = str(result.summary()).split("\n\n")
    assert title.startswith("Valence Technology")
    chance = result.summary().cash_out
    shown, error = rounded(100 * chance.value, 1), rounded(100 * chance.se, 1)
    assert f"with a probability of {shown}% +- {error}%" in " ".join(answer.split())
    assert "of the $30M committed on average (expected shortfall, 5%: $" in " ".join(answer.split())
    assert "Expected shortfall, 5%, of the runway: " in " ".join(answer.split())
    assert "the largest shortage of cash is at most $" in " ".join(answer.split())


def test_certainty_is_said_with_its_bound():
    never = " ".join(str(synthetic_result(paths=300, lifetime_months=1e5).summary()).split())
    assert "in none of the 300 paths: a probability below 1.3%" in never
    always = " ".join(str(synthetic_result(paths=300, lifetime_months=1.0).summary()).split())
    assert "in each of the 300 paths: a probability above 98.7%" in always


def hostile_case():
    base = valence_2002()
    document = base.to_dict()
    document["title"] = "<script>alert('x')</script> & co"
    document["line"]["conditions"][0]["name"] = "<b>same</b> CEO " + "x" * 150
    return type(base).from_dict(document, source="hostile")


def test_words_from_a_case_are_escaped_in_a_notebook_and_wrapped_in_a_terminal():
    summary = synthetic_result(paths=200, case=hostile_case()).summary()
    html = summary._repr_html_()
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;" in html
    assert re.findall(r"<(?!/)(\w+)", html).count("table") == 6
    assert max(map(len, str(summary).splitlines())) <= 100


def test_pandas_has_the_measures_as_rows(result):
    frame = result.summary().to_pandas()
    assert list(frame.index) == list(MEASURES)
    assert frame.loc["raised", "mean"] == result["raised"].mean()
    interval = result.summary()["raised"].p05.ci95
    assert tuple(frame.loc["raised", ["p05_ci95_low", "p05_ci95_high"]]) == interval


def test_without_pandas_the_error_says_what_to_install(result, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        result.summary().to_pandas()


def test_every_repr_is_one_line(result):
    assert "4,000 paths, seed 11, philox" in repr(result)
    summary = result.summary()
    parts = [result, summary, summary["raised"], summary.waterfall, summary.cash_out, result.by_period, result.fan()]
    for part in [*parts, result.run, result.tallies]:
        assert len(repr(part)) < 200, type(part)
        assert len(repr(part).splitlines()) == 1


def test_reading_a_result_needs_neither_pandas_nor_matplotlib_nor_scipy_stats():
    heavy = ("pandas", "matplotlib", "scipy.stats")
    code = f"import sim.results.result, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- saving ---


def test_a_saved_result_comes_back_equal(result, tmp_path):
    result.save(tmp_path / "run.npz")
    back = load_result(tmp_path / "run.npz")
    assert back == result
    assert back.run == result.run
    assert back.tallies.reasons == result.tallies.reasons
    assert back.case.source == result.case.source
    assert back.summary().to_dict() == result.summary().to_dict()
    assert str(back.summary()) == str(result.summary())
    for name, kind in COLUMNS.items():
        assert back[name].dtype == kind


def test_equality_is_about_the_numbers(result):
    assert result != synthetic_result(seed=12)
    assert result == synthetic_result()
    assert result != 1


def test_a_loaded_manifest_is_the_one_of_the_run(result, tmp_path):
    old = dict(result.manifest) | {"platform": "another machine"}
    columns = result.paths_or_sketch()
    made = Result(result.case, result.paths, 11, "philox", result.tallies, columns, written=old)
    made.save(tmp_path / "old.npz")
    assert load_result(tmp_path / "old.npz").manifest["platform"] == "another machine"


def test_saving_twice_gives_the_same_bytes(result, tmp_path):
    for name in ("a", "b"):
        result.save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_saved_result_is_an_ordinary_npz_without_pickles(result, tmp_path):
    result.save(tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz", allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["raised"], result["raised"])
    with zipfile.ZipFile(tmp_path / "run.npz") as archive:
        assert archive.testzip() is None


@pytest.fixture(scope="module")
def small_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("small") / "run.npz"
    synthetic_result(paths=3).save(path)
    return path.read_bytes()


def refused(data, path):
    """Whether a file of these bytes is refused, in one line that names it."""
    path.write_bytes(data)
    try:
        load_result(path)
    except ResultError as error:
        said = str(error)
        return said.startswith(f"{path}: ") and len(said.splitlines()) == 1
    return False


def test_every_flipped_byte_is_noticed(small_file, tmp_path):
    headers = [
        position + offset
        for magic in (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"\x93NUMPY")
        for position in [match.start() for match in re.finditer(re.escape(magic), small_file)][:4]
        for offset in range(46)
    ]
    spread = range(0, len(small_file), 37)
    tail = range(len(small_file) - 120, len(small_file))
    for position in sorted({*headers, *spread, *tail}):
        if position < len(small_file):
            damaged = bytearray(small_file)
            damaged[position] ^= 0x20  # also turns a hexadecimal letter into its capital
            assert refused(bytes(damaged), tmp_path / "damaged.npz"), position


def test_every_truncation_is_noticed(small_file, tmp_path):
    for length in [0, 1, 79, 80, 81, *range(100, len(small_file), 501), len(small_file) - 1]:
        assert refused(small_file[:length], tmp_path / "cut.npz")


def test_bytes_added_are_noticed(small_file, tmp_path):
    assert refused(small_file + b"\0", tmp_path / "long.npz")
    assert refused(b"\0" + small_file, tmp_path / "long.npz")


class Harmful:
    def __reduce__(self):
        return os.mkdir, ("harm",)


def test_no_pickle_is_ever_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refused(pickle.dumps(Harmful()), tmp_path / "pickle.npz")
    buffer = io.BytesIO()
    np.savez(buffer, header=np.array([Harmful()], dtype=object))
    assert refused(buffer.getvalue(), tmp_path / "object.npz")
    with pytest.raises(ResultError, match="cannot be written"):
        write_arrays(tmp_path / "sealed.npz", {"header": np.array([Harmful()], dtype=object)})
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    "header",
    [
        b"not json",
        b"[]",
        b"{}",
        json.dumps({"format": 99}).encode(),
        json.dumps({"format": 1, "manifest": {}, "reasons": []}).encode(),
    ],
)
def test_a_whole_file_of_something_else_is_one_line(header, tmp_path):
    path = tmp_path / "other.npz"
    write_arrays(path, {"header": np.frombuffer(header, np.uint8)})
    assert refused(path.read_bytes(), path)


def test_a_missing_file_and_a_folder_are_one_line(tmp_path):
    for path in (tmp_path / "nowhere.npz", tmp_path):
        with pytest.raises(ResultError, match="cannot be read"):
            load_result(path)


@pytest.mark.parametrize("where", ["no/such/folder/run.npz", ".", "a\0b", "x" * 300])
def test_a_path_that_cannot_be_written_is_one_line_and_leaves_nothing(result, tmp_path, where):
    target = f"{tmp_path}/{where}"
    for write in (result.save, lambda path: write_text_atomically(path, "{}")):
        with pytest.raises(ResultError, match="cannot be written") as caught:
            write(target)
        assert len(str(caught.value).splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_writing_leaves_the_old_file(result, tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResultError, match=r"run\.npz: cannot be written: No space left on device"):
        result.save(path)
    with pytest.raises(ResultError, match="No space left"):
        write_text_atomically(path, "new")
    assert [each.name for each in tmp_path.iterdir()] == ["run.npz"]
    assert path.read_text() == "old"


def test_an_interrupt_while_writing_leaves_nothing(result, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        result.save(tmp_path / "run.npz")
    assert list(tmp_path.iterdir()) == []


def test_text_is_written_whole_with_ordinary_permissions(tmp_path):
    path = tmp_path / "out.json"
    write_text_atomically(path, "ä\n")
    write_text_atomically(path, "ö\n")
    (tmp_path / "plain").touch()
    assert path.read_text(encoding="utf-8") == "ö\n"
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_text_atomically(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_device_is_written_through_and_not_replaced(result):
    write_text_atomically(os.devnull, "text")
    with pytest.raises(ResultError, match="not a regular file"):
        result.save(os.devnull)
    assert not os.path.isfile(os.devnull)


def test_tallies_of_another_shape_are_refused(result):
    t = result.tallies
    bad = dataclasses.replace(t, reasons=t.reasons[:-1])
    columns = result.paths_or_sketch()
    with pytest.raises(ValueError, match="binding has shape"):
        Result(result.case, result.paths, 11, "philox", bad, columns)


def test_a_run_of_the_largest_seed_survives_the_file(tmp_path):
    good = synthetic_result(paths=2)
    columns = good.paths_or_sketch()
    made = Result(good.case, 2, 2**64 - 1, "philox", good.tallies, columns, elapsed_s=math.pi, workers=2)
    made.save(tmp_path / "run.npz")
    back = load_result(tmp_path / "run.npz")
    assert (back.seed, back.run.elapsed_s, back.run.workers) == (2**64 - 1, math.pi, 2)
