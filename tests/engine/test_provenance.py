"""A run records the sessions and the versions that its numbers depend on; another calendar is named."""

import datetime
import json
import re
import sys
from importlib import import_module, metadata

import pytest

import sim
from sim.calendar import closures, is_session, purchases, sessions
from sim.cli import main
from sim.lowering.lower import _structure_of
from sim.results import provenance
from sim.results.files import ResultError
from sim.results.summary import manifest
from tests.proof.coverage import small_case
from tests.support.hostile import hostile_document
from tests.support.valence import valence_2002

calendar = import_module("sim.calendar.sessions")  # a function of the package has the same name
DAY = datetime.date(2002, 7, 3)


def forget() -> None:
    """Forget what has been derived from the sessions of years, and the versions."""
    for kept in (
        _structure_of, calendar._session_set, calendar.sessions, calendar.closures, purchases.last_sessions,
        provenance._calendar, provenance._versions,
    ):  # fmt: skip
        kept.cache_clear()


@pytest.fixture
def another_calendar(monkeypatch):
    """A function that makes days closed, and states another version of the library of sessions."""
    known = calendar._sessions_of_year

    def change(*closed: datetime.date, to: str = "0.999") -> None:
        monkeypatch.setattr(
            calendar, "_sessions_of_year", lambda year: tuple(day for day in known(year) if day not in closed)
        )
        monkeypatch.setattr("holidays.__version__", to)
        forget()

    yield change
    monkeypatch.undo()
    forget()


def shard(first_path: int = 0, **how) -> sim.Result:
    return sim.simulate(small_case(), paths=16_384, seed=3, first_path=first_path, **how)


def now() -> str:
    return metadata.version("holidays")


def test_the_manifest_tells_sessions_and_versions():
    case = small_case()
    made = sim.simulate(case, paths=16).manifest
    closed = [datetime.date.fromisoformat(day) for day in made["calendar"]["closed"]]
    days = [case.valuation_date + datetime.timedelta(n) for n in range((case.horizon - case.valuation_date).days + 1)]
    assert closed == [day for day in days if day.weekday() < 5 and not is_session(day)]
    assert made["calendar"]["sessions"] == len(sessions(case.valuation_date, case.horizon)) > 0
    assert len(made["calendar"]["sha256"]) == 64
    names = ("numpy", "scipy", "numba", "llvmlite", "holidays", "python-dateutil")
    assert {name: made["versions"][name] for name in names} == {name: metadata.version(name) for name in names}


@pytest.mark.parametrize(
    "span", [("2002-01-01", "2002-12-31"), ("1999-07-05", "1999-07-05"), ("2001-09-08", "2001-09-16")]
)
def test_closures_and_sessions_are_the_weekdays(span):
    first, last = map(datetime.date.fromisoformat, span)
    days = [first + datetime.timedelta(n) for n in range((last - first).days + 1)]
    both = sorted([*closures(first, last), *sessions(first, last)])
    assert both == [day for day in days if day.weekday() < 5]


@pytest.mark.parametrize("keep", [True, False])
def test_shards_of_two_calendars_are_not_merged(another_calendar, keep, tmp_path):
    first = shard(keep_paths=keep)
    before = now()
    another_calendar(DAY)
    second = shard(16_384, keep_paths=keep)
    second.save(tmp_path / "second.npz")
    for other in (second, sim.load_result(tmp_path / "second.npz")):
        with pytest.raises(ValueError, match="shards must be of one run: ") as told:
            sim.merge([other, first])
        expected = f"{DAY} is a session in holidays {before} and not in holidays 0.999"
        assert str(told.value) == f"shards must be of one run: {expected}"


def test_a_merged_run_has_the_calendar_of_its_shards(another_calendar):
    """Not that of the machine that merges; and the versions of every machine."""
    shards = [shard(), shard(16_384)]
    versions = shards[1].manifest["versions"] | {"numpy": "9.9"}
    shards[1] = written_with(shards[1], shards[1].manifest | {"versions": versions})
    another_calendar(DAY)
    whole = sim.merge(shards)
    assert whole.manifest["calendar"] == shards[0].manifest["calendar"]
    assert whole.manifest["versions"]["numpy"] == f"{metadata.version('numpy')}, 9.9"
    assert whole.manifest["versions"]["holidays"] == shards[0].manifest["versions"]["holidays"] != "0.999"
    assert (whole.manifest["paths"], whole.manifest["first_path"]) == (32_768, 0)


@pytest.mark.parametrize(
    ("closed", "named"),
    [
        ([DAY], f"{DAY} is a session"),
        ([DAY, datetime.date(2002, 8, 6)], "2002-07-03, 2002-08-06 are sessions"),
        ([datetime.date(2002, 8, d) for d in (1, 2, 5, 6, 7, 8, 9)],
         "2002-08-01, 2002-08-02, 2002-08-05, 2002-08-06, 2002-08-07, 2 more are sessions"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["json", "npz"])
def test_a_rerun_names_the_days_that_moved_the_paths(another_calendar, tmp_path, closed, named, kind):
    result = sim.simulate(valence_2002(), paths=200, seed=3)
    before, file = now(), tmp_path / f"run.{kind}"
    if kind == "npz":
        result.save(file)
    else:
        file.write_text(json.dumps(result.summary().to_dict()))
    another_calendar(*closed)
    got = sim.rerun(file)
    assert not got.same_paths
    assert got.calendar == (f"{named} in holidays {before} and not in holidays 0.999",)
    words = " ".join(str(got).split())  # lines are wrapped
    assert f"The calendar differs: {got.calendar[0]}." in words
    assert f"Another version: holidays {before}, now 0.999." in words


def test_a_library_changed_in_place_is_named_too(another_calendar, tmp_path):
    result = sim.simulate(small_case(), paths=50)
    result.save(tmp_path / "run.npz")
    another_calendar(DAY, to=now())
    (clause,) = sim.rerun(tmp_path / "run.npz").calendar
    assert clause == f"{DAY} is a session in the file and not in this installation"


def test_a_purchase_date_that_moves_after_the_horizon_is_seen():
    """Whether a day is the last session of its quarter can depend on a day beyond the span."""
    span = datetime.date(2002, 4, 1), datetime.date(2002, 6, 28)
    with_date = provenance.calendar_of(*span, (span[1],))
    without = provenance.calendar_of(*span, ())
    assert with_date["closed"] == without["closed"]
    (clause,) = provenance.calendar_differences({"calendar": with_date}, {"calendar": without})
    assert clause == "the purchase dates of the first and the second differ"


def two_kinds(first: dict, second: dict, horizon: str) -> sim.Case:
    """A case whose one line has two kinds of purchase."""
    document = small_case().to_dict()
    line = document["line"] | {"end": horizon, "purchases": []}
    pricing, most = line.pop("pricing"), line.pop("max_per_period", 1e6)
    line["purchases"] = [
        {"name": name, "policy": {"kind": "maximum", **policy}, "pricing": pricing, "max_per_draw": most}
        for name, policy in (("first", first), ("second", second))
    ]
    return sim.Case.from_dict({**document, "horizon": horizon, "line": line})


def seaside(horizon: str, *dates: str) -> sim.Case:
    """Two lines, one with listed dates and one with weekly ones, up to a horizon."""
    case = sim.load_case("valence-seaside-2009")
    changes = {"lines[Seaside].policy.dates": list(dates), "lines[Seaside].end": horizon, "lines[ATM].end": horizon}
    return case.replace({**changes, "horizon": horizon})


@pytest.mark.parametrize(
    ("build", "closed"),
    [
        (lambda: sim.load_case("valence-seaside-2009"), ["2010-10-01"]),
        (lambda: seaside("2010-06-30", "2010-05-27", "2010-06-30"), ["2010-07-01", "2010-07-02"]),
        (lambda: two_kinds({"cadence": "weekly"}, {"cadence": "daily"}, "2002-07-31"), ["2002-08-01", "2002-08-02"]),
        (lambda: two_kinds({"cadence": "month_end"}, {"cadence": "weekly"}, "2002-10-31"), ["2002-11-01"]),
    ],
)
def test_a_date_that_another_kind_has_is_seen(another_calendar, build, closed):
    """A closure after the horizon can give a kind of purchase a date that another kind has already."""
    case = build()
    before, dates = manifest(case, 1, 1, "philox"), case.purchase_dates
    another_calendar(*map(datetime.date.fromisoformat, closed))
    case = build()
    assert case.purchase_dates == dates
    (clause,) = provenance.calendar_differences(before, manifest(case, 1, 1, "philox"))
    assert clause == f"the purchase dates of holidays {now()} and holidays 0.999 differ"


def written_with(result, made):
    """A result with another manifest."""
    make, (run, *rest) = result.__reduce__()
    return make(run._replace(manifest=made), *rest)


def old(document: dict) -> dict:
    """A manifest as version 0.3.0 wrote it."""
    document = json.loads(json.dumps(document))
    del document["calendar"], document["versions"]["holidays"], document["versions"]["python-dateutil"]
    return document


def test_a_result_without_sessions_is_read_and_they_are_unknown(tmp_path, another_calendar):
    made = shard()
    made = written_with(made, old(made.manifest))
    made.save(tmp_path / "old.npz")
    back = sim.load_result(tmp_path / "old.npz")
    assert back == made
    assert provenance.sessions_of(back.manifest) == "unknown"
    got = sim.rerun(tmp_path / "old.npz")
    assert (got.same, "calendar" in str(got)) == (True, False)
    with pytest.raises(ValueError, match="the sessions of the first are unknown: its file was written without them"):
        sim.merge([back, shard(16_384)])
    another_calendar(DAY)
    assert "The sessions of the recorded run are unknown: its file was written without them." in str(
        sim.rerun(tmp_path / "old.npz")
    )


def test_old_shards_are_still_merged():
    shards = [shard(), shard(16_384)]
    shards = [written_with(each, {k: v for k, v in each.manifest.items() if k != "calendar"}) for each in shards]
    assert sim.merge(shards) == sim.simulate(small_case(), paths=32_768, seed=3)


@pytest.mark.parametrize("ending", ["csv.partial", "csv"])
@pytest.mark.parametrize(
    ("changes", "overrides", "closed"),
    [
        ([{}], {"price.volatility": 0.6}, "2002-07-03"),
        ([{}, {"horizon": "2005-06-30"}], {"price.volatility": 0.6}, "2005-05-03"),  # in one case alone
        ([{}], {"horizon": "2005-06-30"}, "2005-05-03"),  # in one row alone
        ([{}], {" valuation_date": "2001-04-02", "price.volatility": 0.6}, "2001-05-03"),
        (
            [{}],
            {"horizon": "2005-05-31", "policy.cadence": "quarter_end"},
            "2005-06-30",
        ),  # after the last row
    ],
)
def test_a_sweep_of_another_calendar_is_refused(another_calendar, tmp_path, ending, changes, overrides, closed):
    """Under the same version of the library: a day that was put right in place."""
    cases = {str(number): small_case().replace(each) for number, each in enumerate(changes)}
    file = tmp_path / "rows.csv"

    def swept(progress=None):
        return sim.sweep(cases, {"overrides": [{}, overrides]}, file, paths=16, workers=1, progress=progress)

    if ending == "csv":
        swept()
        how = "the calendar has changed"
    else:
        with pytest.raises(KeyboardInterrupt):
            swept(interrupt)
        how = f"{closed} is a session in its rows and not in this sweep"
    before = (tmp_path / f"rows.{ending}").read_bytes()
    another_calendar(datetime.date.fromisoformat(closed), to=now())
    with pytest.raises(ResultError) as error:
        swept()
    assert re.search(
        rf"another sweep: sessions = \w{{12}}, and \w{{12}} in this sweep \({re.escape(how)}\): must be removed",
        str(error.value),
    )
    assert (tmp_path / f"rows.{ending}").read_bytes() == before
    another_calendar(to=now())
    assert len(list(swept().rows())) == 2 * len(cases)


def interrupt(*_) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("calendar_", [None, 7, [], {}, {"sha256": 5}, {"sha256": "x", "closed": {}},
                                       {"sha256": "x\n", "closed": [1, None, "2002-05-27", "a\nb" * 99]}])  # fmt: skip
def test_a_calendar_of_another_kind_is_no_obstacle(tmp_path, calendar_):
    made = sim.simulate(small_case(), paths=50)
    made = written_with(made, made.manifest | {"calendar": calendar_})
    made.save(tmp_path / "run.npz")
    got = sim.rerun(tmp_path / "run.npz")
    assert got.same_paths
    assert all(line.isprintable() for line in str(got).split("\n"))


def test_a_listed_purchase_date_that_is_no_session_any_more_is_explained(another_calendar, tmp_path):
    doc = hostile_document(1) | {"policy": {"kind": "maximum", "dates": [str(DAY)]}}
    result = sim.simulate(sim.Case.from_dict(doc), paths=50)
    result.save(tmp_path / "run.npz")
    (tmp_path / "run.json").write_text(json.dumps(result.summary().to_dict()))
    before = now()
    another_calendar(DAY)
    for name in ("run.npz", "run.json"):
        with pytest.raises(sim.ResultError) as told:
            sim.rerun(tmp_path / name)
        assert str(told.value).endswith(f" ({DAY} is a session in holidays {before} and not in holidays 0.999)")
        assert str(told.value).count("\n") == 0


def test_a_package_that_is_not_loaded_has_the_version_installed(monkeypatch):
    monkeypatch.delitem(sys.modules, "dateutil")
    monkeypatch.setattr(provenance, "PACKAGES", ("numpy", "python-dateutil", "no-such-package"))
    forget()
    try:
        found = provenance.versions()
    finally:
        forget()
    assert list(found) == ["fundrisk", "python", "numpy", "python-dateutil", "no-such-package"]
    assert found["python-dateutil"] == metadata.version("python-dateutil")
    assert found["no-such-package"] is None


@pytest.mark.parametrize(
    ("arguments", "paths", "first"),
    [
        (["solve", "valence-2002", "--for", "cash", "--by", "2002-06-30", "--paths", "16"], 16, 0),
        (["solve", "valence-2002", "--reverse", "--by", "2002-06-30", "--paths", "16"], 16, 0),
        (["trace", "valence-2002", "--path", "7"], 1, 7),
    ],
)
def test_searches_and_traces_have_a_manifest(tmp_path, capsys, arguments, paths, first):
    file = tmp_path / "found.json"
    assert main([*arguments, "--json", str(file)]) == 0
    made = json.loads(file.read_text(encoding="utf-8"))["manifest"]
    run = sim.simulate("valence-2002", paths=16).manifest
    assert {word: made[word] for word in ("versions", "calendar", "case", "seed")} == {
        word: json.loads(json.dumps(run[word])) for word in ("versions", "calendar", "case", "seed")
    }
    assert (made["paths"], made["first_path"]) == (paths, first)


@pytest.mark.parametrize(
    ("changes", "closed"),
    [
        ({"horizon": "2005-06-30"}, "2005-05-03"),
        ({"valuation_date": "2001-04-02"}, "2001-05-03"),
        ({"valuation_date": "2004-04-01", "horizon": "2005-06-30", "line.end": "2005-03-31"}, "2004-07-02"),
    ],
)
def test_a_comparison_tells_the_sessions_of_every_case(another_calendar, changes, closed):
    base = small_case()
    other = base.replace(changes)

    def calendar_told(*cases):
        return sim.compare(cases, paths=16).to_dict()["manifest"]["calendar"]

    def days():
        return {*sessions(base.valuation_date, base.horizon), *sessions(other.valuation_date, other.horizon)}

    alone, both = calendar_told(base), calendar_told(base, other)
    assert alone == sim.simulate(base, paths=16).manifest["calendar"] == calendar_told(base, base)
    assert both == calendar_told(other, base) == calendar_told(base, other, base)
    assert both["sessions"] == len(days())
    of_other = sim.simulate(other, paths=16).manifest["calendar"]
    assert set(both["closed"]) == {*alone["closed"], *of_other["closed"]}
    another_calendar(datetime.date.fromisoformat(closed), to=now())
    assert calendar_told(base) == alone
    changed = calendar_told(base, other)
    assert changed["sessions"] == len(days()) == both["sessions"] - 1
    (clause,) = provenance.calendar_differences({"calendar": both}, {"calendar": changed})
    assert clause == f"{closed} is a session in the first and not in the second"
