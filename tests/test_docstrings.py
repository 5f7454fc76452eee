"""The examples in docstrings print what they say."""

import doctest
import importlib
import pkgutil

import pytest

import sim

HOW = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MODULES = ["sim", *(each.name for each in pkgutil.walk_packages(sim.__path__, "sim.") if "__main__" not in each.name)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some write files
    module = importlib.import_module(name)
    runner = doctest.DocTestRunner(optionflags=HOW, verbose=False)
    texts: list[str] = []
    for examples in doctest.DocTestFinder().find(module, name, extraglobs={"sim": sim}):
        runner.run(examples, out=texts.append)
    assert not texts, "".join(texts)


@pytest.mark.parametrize("name", ["simulate", "compare", "sweep", "solve", "sensitivity", "Result", "load_case"])
def test_public_functions_have_examples(name):
    assert ">>>" in getattr(sim, name).__doc__
