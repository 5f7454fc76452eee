"""Every public object: short repr, table in a notebook, equality, hash, copies, pickles, read-only arrays."""

import ast
import copy
import datetime
import inspect
import math
import pickle
from collections.abc import Hashable, Iterable, Mapping, Sized
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from numbers import Number

import numpy as np
import pandas as pd
import pytest

import sim
from sim.analysis.capital import cost_of_capital
from sim.results.distribution import Distribution
from sim.results.estimates import Estimate, Quantile
from tests.support.valence import valence_2002

OPTIONS = {"paths": 64}
MOST_HTML = 20_000
TABLES = [
    "result", "without paths", "result: summary", "result: fan", "comparison", "clauses", "sensitivity", "grid",
    "variants", "solution", "stresses", "outlook", "backtest", "pooled", "pack", "trace",
    "by period", "by line", "of line",
    "lines", "history", "ledger", "history: replayed", "closes", "calibration",
]  # fmt: skip
#: What the public functions return, by the names of `_objects`.
FROZEN = [
    "result", "without paths", "one path", "result: summary", "result: fan", "result: run", "result: tallies",
    "result: estimate", "result: raised", "result: quantile", "result: waterfall", "result: period", "comparison",
    "clauses", "sensitivity", "swing", "indices", "clause", "axis", "fact", "grid", "variants", "solution", "stresses",
    "outlook", "backtest", "pooled", "pack", "sweep", "by period", "by line", "of line", "lines", "trace", "history",
    "ledger", "history: replayed", "closes", "calibration", "rerun", "case", "case: line", "case: ranges",
    "case: record",
]  # fmt: skip


def _objects(folder):
    case = valence_2002()
    result, thin = (sim.simulate(case, **OPTIONS, seed=7, keep_paths=kept) for kept in (True, False))
    lone = sim.simulate(case, paths=1, seed=7)  # errors and bounds of one path are not known
    dry = sim.simulate(case.replace({"line.commitment": 0}), **OPTIONS)  # no effective price
    trace = sim.trace(case, 3, 7)
    result.save(folder / "run.npz")
    analyses = {
        "comparison": sim.compare({"a": case, "b": case.replace({"burn.monthly": 1e6})}, **OPTIONS),
        "clauses": sim.clauses(case, **OPTIONS),
        "sensitivity": sim.sensitivity(case, **OPTIONS, indexed=2, samples=4, index_paths=16),
        "grid": sim.grid(case, **OPTIONS),
        "variants": sim.variants(case),
        "solution": sim.solve(case, "commitment", 0.99, **OPTIONS),
        "unsolved": sim.solve(case, "commitment", 1e-6, **OPTIONS),
        "stresses": sim.reverse_stress(case, **OPTIONS),
        "outlook": sim.outlook(case, **OPTIONS),
        "backtest": sim.backtest(case, **OPTIONS),
        "pooled": sim.backtest([case], **OPTIONS),
        "pack": sim.gather(case, **OPTIONS),
        "uncertainty": sim.uncertainty(case, draws=4, **OPTIONS),
        "sweep": sim.sweep(case, {"axes": {"price.volatility": [0.5, -1]}}, **OPTIONS),
    }
    runs = {"result": result, "without paths": thin, "one path": lone, "nothing drawn": dry}
    parts = {}
    for name, run in runs.items():
        summary = run.summary()
        parts |= {f"{name}: {part}": getattr(run, part) for part in ("run", "tallies", "case")}
        parts |= {f"{name}: summary": summary, f"{name}: fan": run.fan(), f"{name}: waterfall": summary.waterfall}
        parts |= {f"{name}: estimate": run.probability_of_cash_out(), f"{name}: period": run.periods[0]}
        parts |= {f"{name}: {measure}": distribution for measure, distribution in summary.items()}
        parts |= {f"{name}: quantile": summary["effective_price"].p05, f"{name}: capital": cost_of_capital(run)}
    analyses |= {"swing": analyses["sensitivity"].swings[0], "indices": analyses["sensitivity"].indices}
    analyses |= {"band": analyses["uncertainty"]["raised"], "drawn": analyses["uncertainty"].inputs[0]}
    analyses |= {"clause": analyses["clauses"].clauses[0], "axis": analyses["grid"].axes[0]}
    analyses |= {"fact": analyses["backtest"].rows[0]}
    terms = {f"case: {name}": getattr(case, name) for name in ("line", "company", "ranges", "record")}
    errors = {"no paths": _error(thin.__getitem__, "raised"), "no case": _error(sim.load_case, "nowhere")}
    errors |= {"no workers": _error(sim.simulate, case, paths=16, executor=_ended_pool())}
    errors |= {"no closes": _error(sim.read_closes, "nowhere")}
    errors |= {"no history": _error(sim.replay, case, {}), "no file": _error(sim.load_result, "nowhere")}
    return (
        runs | parts | analyses | terms | errors
        | {"by period": result.by_period, "by line": result.by_line, "of line": result.by_line["line"]}
        | {"lines": _of_lines().by_line, "history: replayed": sim.replay(case, trace.history)}
        | {"sketch": thin.sketch, "trace": trace, "history": trace.history}
        | {"closes": sim.Closes("prices.csv", "Close", (), (5.0, 5.1)), "calibration": sim.calibrate(_closes())}
        | {"ledger": trace.ledger, "rerun": sim.rerun(folder / "run.npz"), "case": case}
    )  # fmt: skip


def _of_lines():
    return sim.simulate(sim.load_case("nikola-atm-2022"), **OPTIONS, seed=7)


def _closes():
    return [5.0 * math.exp(0.05 * math.sin(1.7 * i * i)) for i in range(200)]


def _ended_pool():
    with ThreadPoolExecutor(1) as pool:
        return pool


def _error(call, *given, **named):
    with pytest.raises(Exception) as caught:  # noqa: PT011
        call(*given, **named)
    return caught.value


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    return _objects(tmp_path_factory.mktemp("objects"))


def each(objects, leave_out=()):
    return ((name, thing) for name, thing in objects.items() if not isinstance(thing, leave_out))


def copies(thing):
    yield "copy", copy.copy(thing)
    yield "deep copy", copy.deepcopy(thing)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        yield f"protocol {protocol}", pickle.loads(pickle.dumps(thing, protocol))


def arrays_of(thing):
    """Every array inside an object that the object holds."""
    if isinstance(thing, np.ndarray):
        yield thing
    elif isinstance(thing, sim.Result):
        yield from thing.paths_or_sketch().values() if thing.sketch is None else ()
        yield from arrays_of(thing.tallies)
    elif isinstance(thing, dict):
        for item in thing.values():
            yield from arrays_of(item)
    elif isinstance(thing, tuple):
        for item in thing:
            yield from arrays_of(item)
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from arrays_of(getattr(thing, field.name))


def test_every_public_function_and_class_is_walked(objects):
    kinds = {type(thing) for thing in objects.values()}
    classes = {getattr(sim, name) for name in sim.__all__ if inspect.isclass(getattr(sim, name))}
    assert classes <= kinds
    public = [getattr(sim, name) for name in sim.__all__]
    given = {function.__annotations__["return"] for function in public if inspect.isfunction(function)}
    given = {name for returned in given for name in returned.split(" | ")}
    assert given - {"list[tuple[str, str]]", "Any"} <= {kind.__name__ for kind in kinds}


def test_a_repr_has_at_most_two_lines(objects):
    for name, thing in each(objects, Exception):
        assert len(repr(thing)) <= 400, name
        assert repr(thing).count("\n") <= 1, name


def test_a_result_is_a_table_in_a_notebook(objects):
    for name in TABLES:
        html = objects[name]._repr_html_()
        assert "<table" in html, name
        assert len(html) < MOST_HTML, name


def held(objects):
    """What the objects hold at any depth: objects of this program."""
    seen = {}
    for name, thing in each(objects, Exception):
        inside = () if name == "sketch" else parts_of(thing)  # what fills it is not public
        parts = [thing, *(part for way, part in inside if ".sketch." not in way)]
        seen |= {id(part): (name, part) for part in parts if type(part).__module__.startswith("sim.")}
    assert len(seen) > 1_000
    return seen.values()


def test_what_objects_hold_prints_briefly(objects):
    for name, part in held(objects):
        assert len(repr(part)) <= 400, (name, type(part))
        assert repr(part).count("\n") <= 1, (name, type(part))
        if isinstance(part, dict):
            assert part._repr_html_().count("<tr>") >= min(len(part), 60), name
        if hasattr(part, "_repr_html_"):
            assert len(part._repr_html_()) < MOST_HTML, name
    manifest = objects["result"].manifest
    assert repr(manifest).startswith("<FrozenDict of ")
    assert ast.literal_eval(str(manifest)) == manifest
    assert max(map(len, str(manifest).splitlines())) < 200
    assert str(objects["result"].gap_by_month).count("array(") == 4
    assert repr(objects["clauses"].shapley) in f"{[objects['clauses'].shapley]}"


def test_what_objects_hold_compares_and_copies(objects):
    frame = pd.DataFrame({"raised": [1.0, 2.0]})
    for name, part in held(objects):
        if isinstance(part, list):  # of numbers: NumPy compares each, as with any list
            continue
        for other in (np.arange(3.0), np.zeros((2, 2)), frame, frame["raised"], {"raised": frame}):
            assert ((part == other) is False, (other == part) is False) == (True, True), (name, type(part))
            assert ((part != other) is True, (other != part) is True) == (True, True), (name, type(part))
        assert (copy.deepcopy(part) == part) is True, (name, type(part))
        assert (pickle.loads(pickle.dumps(part)) == part) is True, (name, type(part))


def test_mappings_of_arrays_compare_as_wholes(objects):
    one, other = objects["result"], objects["nothing drawn"]
    again = copy.deepcopy(one)
    for mine, same, different in (
        (one.columns, again.columns, other.columns),
        (one.gap_by_month, again.gap_by_month, other.gap_by_month),
        (one.by_period.arrays, again.by_period.arrays, other.by_period.arrays),
        (one.summary().causes_by_period, again.summary().causes_by_period, other.summary().causes_by_period),
        (objects["grid"].mean, copy.deepcopy(objects["grid"].mean), {}),
        (_of_lines().line_tallies, pickle.loads(pickle.dumps(_of_lines().line_tallies)), None),
    ):
        assert (mine == same, same == mine, mine != same) == (True, True, False)
        assert (mine == different, different == mine, mine != different) == (False, False, True)
        if isinstance(mine, dict):
            assert mine == dict(same)
            assert dict(same) == mine
            assert dict(mine) != {**mine, "more": 1}


def test_copies_and_pickles_are_equal(objects):
    for name, thing in each(objects, Exception):
        for how, other in copies(thing):
            assert type(other) is type(thing), (name, how)
            assert (other == thing) is True, (name, how)
            assert (other != thing) is False, (name, how)


def test_errors_are_pickled_with_their_text(objects):
    for name, thing in objects.items():
        if isinstance(thing, Exception):
            assert all(str(other) == str(thing) for _, other in copies(thing)), name


def test_objects_of_other_kinds_are_unequal(objects):
    for name, thing in each(objects, Exception):
        for other in (None, 0, "raised", (), [1.0], {"raised": 1}, object()):
            assert (thing == other) is False, name
            assert (other == thing) is False, name


def test_no_two_different_objects_are_equal(objects):
    seen = [(name, thing) for name, thing in each(objects, Exception) if ":" not in name]
    for i, (name, thing) in enumerate(seen):
        for other, there in seen[i + 1 :]:
            assert (thing == there) is False, (name, other)


def test_a_hash_agrees_with_equality_or_is_refused(objects):
    for name, thing in each(objects, Exception):
        if isinstance(thing, Hashable) and not isinstance(thing, tuple):
            assert all(hash(other) == hash(thing) for _, other in copies(thing)), name
        elif not isinstance(thing, Hashable):
            with pytest.raises(TypeError, match=f"unhashable type: '{type(thing).__name__}'"):
                hash(thing)


def test_arrays_are_read_only_also_in_copies(objects):
    seen = 0
    for name, thing in each(objects, Exception):
        for how, other in [("itself", thing), *copies(thing)]:
            for array in arrays_of(other):
                assert not array.flags.writeable, (name, how)
                seen += 1
    assert seen > 500


def test_fields_stay_frozen_in_copies(objects):
    for name, thing in each(objects, Exception):
        if is_dataclass(thing):
            for how, other in copies(thing):
                with pytest.raises((AttributeError, TypeError)):
                    setattr(other, fields(thing)[0].name, None)
                assert other == thing, (name, how)


@pytest.mark.parametrize("name", FROZEN)
def test_attributes_cannot_be_set_also_in_copies(objects, name):
    for how, other in [("itself", objects[name]), *copies(objects[name])]:
        mine = [word for word in dir(other) if not word.startswith("__")]
        for word in [*mine, "no_such_attribute", "__dict__"]:
            with pytest.raises((AttributeError, TypeError)):
                setattr(other, word, None)
            with pytest.raises((AttributeError, TypeError)):
                delattr(other, word)
        assert (other == objects[name]) is True, how


def test_objects_are_true_and_answer_in_and_len(objects):
    for name, thing in each(objects, Exception):
        assert bool(thing) is True, name
        if isinstance(thing, Mapping):
            assert len(thing) == len(list(thing)), name
            assert all(key in thing for key in thing), name
            assert "no such key" not in thing, name
            assert 0 not in thing, name
            assert dict(thing).keys() == set(thing), name
        elif isinstance(thing, Iterable):
            assert isinstance(thing, Sized), name
            assert len(thing) == len(list(thing)), name


def test_a_result_is_a_mapping_of_its_arrays(objects):
    result, thin = objects["result"], objects["without paths"]
    assert "raised" in result
    assert {"raised", "runway_months", "cause"} <= set(result)
    assert all(result[name].shape == (64,) for name in result)
    assert "raised" not in thin
    assert list(thin) == []
    assert "raised" in thin.summary()


def test_pickles_are_small(objects):
    of_arrays = sum(array.nbytes for array in arrays_of(objects["result"]))
    objects["result"].summary()
    text = len(objects["result"].case.text.encode())  # the case keeps what was read, for what quotes it
    assert len(pickle.dumps(objects["result"])) < of_arrays + text + 20_000
    assert len(pickle.dumps(objects["without paths"])) < 200_000
    assert len(pickle.dumps(objects["without paths: summary"])) < 100_000


@pytest.mark.parametrize("nan", [float("nan"), np.float64("nan"), -float("nan")])
def test_absent_numbers_are_equal(nan):
    one, other = (Estimate(nan, nan, (nan, x)) for x in (1.0, 1.0))
    assert one == other
    assert len({one, other}) == 1
    assert one != Estimate(nan, nan, (nan, 2.0))
    assert Quantile(nan, (nan, nan)) == Quantile(nan, (nan, nan))
    assert Distribution.of_nothing(3) == Distribution.of_nothing(3) != Distribution.of_nothing(4)
    assert len({Distribution.of_nothing(3), Distribution.of_nothing(3)}) == 1


def test_one_changed_number_makes_a_difference(objects):
    for name in ("result: tallies", "result: fan", "grid", "result: summary"):
        thing = objects[name]
        other = copy.deepcopy(thing)
        array = next(arrays_of(other))
        array.flags.writeable = True
        array.flat[0] += 1
        assert other != thing, name


#: What other programs hand over, which compare themselves with what they are given.
FOREIGN = [
    np.arange(64.0), np.array(1.0), np.array([]), np.array(["raised"]), np.ones((2, 3)), np.float64(1), np.int8(0),
    [1], {1: 2}, {"raised"}, (0.5, (0.25, 0.75)), 1j, b"raised", math.nan, pd.Series([1, 2]), pd.Series(dtype=float),
    pd.DataFrame({"raised": [1.0]}), pd.Index(["raised"]), pd.Timestamp("2002-04-01"), pd.NaT,
]  # fmt: skip


@pytest.mark.filterwarnings("error")
def test_a_comparison_with_anything_is_true_or_false(objects):
    for name, thing in each(objects, Exception):
        for other in FOREIGN:
            for found in (thing == other, other == thing):
                assert found is False or found is np.False_, (name, type(other))
            for found in (thing != other, other != thing):
                assert found is True or found is np.True_, (name, type(other))


def parts_of(thing, way="", depth=0):
    """What can be reached from an object by its fields, properties and entries, and that is there again when it is
    asked for again."""
    yield way, thing
    if depth > 6 or isinstance(thing, str | bytes | type | Number):
        return
    if isinstance(thing, Mapping):
        for key, value in thing.items():
            if thing[key] is value:
                yield from parts_of(value, f"{way}[{key}]", depth + 1)
    elif isinstance(thing, tuple | list):
        for i, value in enumerate(thing[:3]):
            yield from parts_of(value, f"{way}[{i}]", depth + 1)
    if not type(thing).__module__.startswith("sim."):
        return
    for word in dir(thing):
        if not word.startswith("_"):
            try:
                value = getattr(thing, word)
                if not callable(value) and getattr(thing, word) is value:
                    yield from parts_of(value, f"{way}.{word}", depth + 1)
            except (AttributeError, KeyError, ImportError):
                continue


@pytest.mark.parametrize("name", [name for name in FROZEN if name != "sweep"])
def test_nothing_inside_can_be_changed(objects, name):
    for how, other in [("itself", objects[name]), *copies(objects[name])]:
        for way, part in parts_of(other):
            if ".sketch." in way:  # what fills it is not public; its arrays are tested above
                continue
            if isinstance(part, dict):
                for change in (lambda d=part: d.update(x=1), lambda d=part: d.__setitem__("x", 1), part.clear):
                    with pytest.raises(TypeError, match="read-only"):
                        change()
            elif isinstance(part, list):
                for change in (lambda d=part: d.append(1), part.sort, part.reverse, part.clear):
                    with pytest.raises(TypeError, match="read-only"):
                        change()
            else:
                assert not isinstance(part, set | bytearray), (how, way)
                assert not isinstance(part, np.ndarray) or not part.flags.writeable, (how, way)
        assert (other == objects[name]) is True, how


def test_what_a_document_has_can_be_changed(objects):
    """`to_dict` is the caller's own."""
    for name in ("result: summary", "comparison", "sensitivity", "trace", "history", "ledger", "case"):
        before = objects[name].to_dict()
        for part in (part for _, part in parts_of(objects[name].to_dict()) if isinstance(part, dict | list)):
            part.clear()
        assert objects[name].to_dict() == before, name
    assert {**objects["result"].manifest} | {"paths": 1} != objects["result"].manifest


def test_in_agrees_with_iteration(objects):
    for name, thing in each(objects, Exception):
        if not isinstance(thing, Iterable):
            assert not hasattr(thing, "__len__"), name
            assert not hasattr(thing, "__getitem__"), name
            assert not hasattr(thing, "__contains__"), name
            continue
        parts = list(thing)
        assert len(parts) == len(thing), name
        assert all(part in thing for part in parts), name
        for other in ("no such part", 17.5, None, -1, object(), datetime.date(1901, 1, 1)):
            assert (other in thing) is any(part is other or part == other for part in parts), (name, other)
    assert "a" in objects["comparison"]
    assert objects["sensitivity"].swings[0] in objects["sensitivity"]
    assert objects["backtest"].rows[0] in objects["backtest"]
    assert objects["result: fan"].dates[-1] in objects["result: fan"]
    assert np.arange(3) not in objects["result"]
