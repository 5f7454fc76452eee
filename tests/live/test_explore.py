"""The widgets of a notebook: the controls of the page, with the numbers of `simulate`."""

import subprocess
import sys
import time

import pytest

import sim
from tests.support.live_server import ROOT

pytest.importorskip("ipywidgets")


@pytest.fixture(scope="module")
def widget():
    return sim.explore("valence-2002", seed=11)


def fields(widget):
    boxes = widget.children[0].children[:-1]
    return {field.description: field for box in boxes for field in box.children[1:]}


def refined(widget, paths=200_000):
    end = time.monotonic() + 30
    while widget.answer.result.paths < paths and time.monotonic() < end:
        time.sleep(0.05)
    return widget.answer


def test_a_change_is_answered_at_once_and_refined(widget):
    fields(widget)["Commitment"].value = 40e6
    first = widget.answer
    assert first.changes == {"line.commitment": 40e6}
    last = refined(widget)
    assert last.result == sim.simulate(sim.load_case("valence-2002").replace(last.changes), paths=200_000, seed=11)
    assert "200,000 scenarios" in widget.children[1].value
    assert "<svg" in widget.children[1].value


def test_the_button_leads_back_to_the_case(widget):
    fields(widget)["Coverage limit"].value = False
    assert "line.coverage" in widget.answer.changes
    widget.children[0].children[-1].click()
    assert widget.answer.changes == {}
    assert "as" not in refined(widget).changes


def test_what_cannot_be_said_is_one_line(widget, monkeypatch):
    def refuse(*_):
        raise sim.CaseError(["live: x = 1: must be <2>"])

    fields(widget)["Commitment"].value = 40e6
    with monkeypatch.context() as patched:
        patched.setattr("sim.live.engine.changes_of", refuse)
        fields(widget)["Commitment"].value = 20e6
        assert widget.children[1].value == '<p role="alert">live: x = 1: must be &lt;2&gt;</p>'


def test_without_the_extra_one_line_says_what_to_install():
    code = "import sys; sys.modules['ipywidgets'] = None; import sim; sim.explore('valence-2002')"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert ran.stderr.splitlines()[-1].endswith('explore needs the package ipywidgets: pip install "fundrisk[live]"')
