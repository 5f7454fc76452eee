"""The proofs themselves: planted faults fit today's sources, operators do what they say, nothing is miscounted."""

import ast
from pathlib import Path

import pytest

from tests.proof import faults, mutants, operators
from tests.proof.bench import SUITE, Copy, Outcome, read_outcome, suite
from tests.proof.planted import FAULTS, read_table

ROOT = Path(__file__).resolve().parents[2]

# ------------------------------------------------------------------------------------------------------ faults


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.name)
def test_the_fault_applies_to_the_sources_of_today(fault):
    for file, text in faults.spoilt(fault).items():
        honest = (ROOT / file).read_text(encoding="utf-8")
        assert text != honest
        assert ast.dump(ast.parse(text)) != ast.dump(ast.parse(honest))


def test_the_models_document_counts_the_faults_of_today():
    text = (ROOT / "sim/docs/model.md").read_text(encoding="utf-8")
    assert f"fault injection: {len(FAULTS)} hand-written bugs" in text
    assert f"Every one of today's {len(FAULTS)} fits the sources" in text


def test_there_are_enough_faults_in_every_part():
    files = [file for fault in FAULTS.values() for file in fault.files]
    assert len(FAULTS) >= 45
    for part in ("kernels/", "lowering/", "terms/", "calendar/", "engine/sobol", "engine/trace", "results/"):
        assert any(file.startswith(f"sim/{part}") for file in files), part


def row(name: str, old: str, file: str = "sim/x.py") -> str:
    return f"[[fault]]\nname = '{name}'\nfile = '{file}'\nold = '{old}'\nnew = 'b'\n"


def test_faults_are_distinct():
    assert len(read_table(row("one", "a") + row("two", "aa"))) == 2
    with pytest.raises(ValueError, match="planted twice: one"):
        read_table(row("one", "a") + row("one", "aa"))
    with pytest.raises(ValueError, match="planted twice: two"):
        read_table(row("one", "a") + row("two", "a"))


def test_an_edit_must_fit_exactly_once(tmp_path):
    (tmp_path / "sim").mkdir()
    (tmp_path / "sim" / "x.py").write_text("x = a + a\ny = c\n", encoding="utf-8")
    planted = read_table(row("twice", "a") + row("nowhere", "zz") + row("once", "c"))
    for name, times in (("twice", 2), ("nowhere", 0)):
        with pytest.raises(ValueError, match=f"{name}: sim/x.py has the old text {times} times"):
            faults.spoilt(planted[name], tmp_path)
    assert faults.spoilt(planted["once"], tmp_path) == {"sim/x.py": "x = a + a\ny = b\n"}


def result(status: str) -> dict:
    return Outcome(status, "", 1.0)._asdict()


def test_caught_faults_are_counted():
    names = [f"fault {n}" for n in range(20)]
    results = {name: result("failed") for name in names} | {faults.CONTROL: result("passed")}
    wanted = [faults.CONTROL, *names]
    assert faults.good_enough(results, wanted)
    results["fault 3"] = result("passed")
    assert faults.good_enough(results, wanted)  # 19 of 20
    assert "20 faults planted, 19 caught by tests (95.0%)\nnot caught: fault 3" in faults.report(
        results, wanted, "tests"
    )
    results["fault 4"] = result("passed")
    assert not faults.good_enough(results, wanted)
    del results["fault 4"]  # not run is not caught
    assert not faults.good_enough(results, wanted)


def test_a_catcher_that_blames_honest_code_catches_nothing():
    results = {"a": result("failed"), faults.CONTROL: result("failed")}
    assert not faults.good_enough(results, [faults.CONTROL, "a"])
    assert "the unchanged program fails" in faults.report(results, [faults.CONTROL, "a"], "tests")


def test_the_suite_that_catches_compares_no_stored_bits():
    names = [Path(file).stem for file in suite(["test_measures"])]
    assert names[:2] == ["test_measures", "test_twin"]
    assert set(names) == set(SUITE)
    assert len(names) == len(set(names)) > 15
    assert not {"test_bits", "test_architecture", "test_proof"} & set(names)
    assert all((ROOT / file).exists() for file in suite())


# ------------------------------------------------------------------------------------------------------ the bench


@pytest.mark.parametrize(
    ("code", "text", "outcome"),
    [
        (0, "3 passed", ("passed", "")),
        (1, "FAILED tests/test_a.py::test_b[1] - assert 0\n1 failed", ("failed", "test_a.py::test_b[1]")),
        (2, "ERROR tests/test_a.py - ImportError\n1 error", ("failed", "test_a.py")),
        (-11, "", ("crash", "")),
        (3, "INTERNALERROR", ("crash", "")),
    ],
)
def test_a_run_of_tests_is_read(code, text, outcome):
    assert read_outcome(code, text, 1.0) == Outcome(*outcome, 1.0)


def test_no_test_at_all_is_no_outcome():
    with pytest.raises(RuntimeError, match="no test ran"):
        read_outcome(5, "no tests ran in 0.01s", 1.0)


def test_a_spoilt_copy_fails_until_it_is_restored(tmp_path):
    texts = {
        "sim/__init__.py": "",  # else an installed package of that name would come first
        "sim/x.py": "def f(a):\n    return a + 1\n",
        "tests/test_x.py": "from sim.x import f\n\n\ndef test_f():\n    assert f(1) == 2\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    copy = Copy(tmp_path)
    try:
        assert copy.pytest(["tests/test_x.py"], 60).status == "passed"
        copy.edit({"sim/x.py": "def f(a):\n    return a - 1\n"})  # the same size: caches must tell them apart by time
        outcome = copy.pytest(["tests/test_x.py"], 60)
        assert (outcome.status, outcome.test, outcome.seen) == ("failed", "test_x.py::test_f", True)
        copy.restore()
        assert copy.pytest(["tests/test_x.py"], 60).status == "passed"
        copy.edit({"sim/x.py": "while True:\n    pass\n"})
        assert copy.pytest(["tests/test_x.py"], 1).status == "timeout"
    finally:
        copy.close()
    assert (tmp_path / "sim/x.py").read_text(encoding="utf-8") == texts["sim/x.py"]


# ------------------------------------------------------------------------------------------------------ mutants

SOURCE = '''"""A module with 1 docstring."""
from os import path

LIMIT: int = 3


def f(a, b=True):
    """Not 2 be changed."""
    if a < b and not b:
        raise ValueError(f"{a + 1}")
    for i in range(a):
        b[0] = min(a, i) * 0.5 if a is None else "x"
        b += 2
        b, a = put(s, hi & 0xFFFF)
    return b
'''
CHANGES = {
    "3 -> 4", "3 -> (2)", "True -> False",
    "a < b and not b -> (a < b or not b)", "a < b and not b -> (not b)", "a < b and not b -> (a < b)",
    "a < b -> (a <= b)", "a < b -> (a >= b)", "not b -> (b)",
    "range(a) -> (range(a - 1))",
    'b[0] = min(a, i) * 0.5 if a is None else "x" -> pass',
    "min(a, i) * 0.5 if a is None else \"x\" -> ('x' if a is None else min(a, i) * 0.5)",
    "min(a, i) * 0.5 -> (min(a, i) / 0.5)", "min(a, i) -> (max(a, i))", "0.5 -> 1.5", "0.5 -> 0.25",
    "a is None -> (a is not None)", "0 -> 1", "0 -> (-1)",
    "b += 2 -> b -= 2", "b += 2 -> pass", "2 -> 3", "2 -> (1)",
}  # fmt: skip


def test_operators_change_one_thing_each():
    found = operators.mutants("sim/x.py", SOURCE)
    assert {mutant.name.split(": ", 2)[2] for mutant in found} == CHANGES
    for mutant in found:
        changed = [
            pair for pair in zip(SOURCE.splitlines(), mutant.text.splitlines(), strict=True) if len(set(pair)) > 1
        ]
        assert len(changed) == 1, mutant.name
        assert ast.dump(ast.parse(mutant.text)) != ast.dump(ast.parse(SOURCE)), mutant.name


def test_names_of_mutants_are_distinct_and_say_where():
    found = operators.mutants(
        "sim/x.py", "def f(a):\n    return a + 1 + 1\n\nclass C:\n    def g(self):\n        return 1\n"
    )
    names = [mutant.name for mutant in found]
    assert len(names) == len(set(names))
    assert "sim/x.py:f: constant: 1 -> 2 #2" in names
    assert "sim/x.py:C.g: constant: 1 -> 2" in names


@pytest.fixture(scope="module")
def population() -> dict:
    return {m.name: m for file in mutants.sources() for m in operators.mutants(file, mutants.read(file))}


def test_the_sample_has_every_file_and_repeats(population):
    chosen = mutants.sample(population.values(), 200, 1)
    again = mutants.sample(reversed(list(population.values())), 200, 1)
    assert sorted(chosen) == sorted(again)
    files = [population[name].file for name in chosen]
    assert 190 <= len(chosen) == len(set(chosen)) <= 200 + len(set(files))  # rounded up for each file
    assert all(files.count(file) >= 1 for file in {mutant.file for mutant in population.values()})
    assert files.count("sim/kernels/ledger.py") > files.count("sim/kernels/cash.py")
    assert set(chosen) != set(mutants.sample(population.values(), 200, 2))


def test_equivalent_mutants_exist_and_have_a_reason(population):
    for name, reason in mutants.equivalent().items():
        assert name in population, name
        assert len(reason) > 20


def test_the_tests_of_every_part_exist():
    for tests in mutants.PARTS.values():
        assert all((ROOT / file).exists() for file in suite(tests))
    assert {mutants.part_of(file) for file in mutants.sources()} == set(mutants.PARTS)


def test_mutants_are_counted_by_file():
    wanted = ["x.py:f: 1", "x.py:f: 2", "x.py:f: 3", "x.py:f: 4", "y.py:g: 1", "y.py:g: 2"]
    results = {name: result(status) for name, status in zip(wanted, ("failed", "passed", "crash", "passed", "timeout"))}  # noqa: B905
    counts = mutants.count(results, wanted, {"x.py:f: 2": "no effect", "x.py:f: 1": "or so it was thought"})
    assert counts == {
        "x.py": {"tried": 4, "killed": 2, "survived": 1, "equivalent": 1}, "y.py": {"tried": 1, "killed": 1}
    }  # fmt: skip
    assert mutants.share_killed(counts) == 3 / 4
    assert mutants.share_killed({}) == 0.0
    assert "| all | 5 | 3 | 1 | 1 |" in mutants.report(counts)
