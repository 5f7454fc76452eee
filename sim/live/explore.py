"""The live controls of a case in a notebook."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import groupby
from typing import Any

from sim.board.page.html_tables import table
from sim.board.page.markup import Html, joined, tag
from sim.live.controls import Control
from sim.live.engine import Answer, Engine
from sim.live.shown import document
from sim.terms import Case, CaseError, load_case
from sim.text.tables import Table


def explore(case: Case | str, seed: int | None = None, *, workers: int | None = None) -> Any:
    """The controls of `fundrisk live` as widgets of a notebook, with the numbers and charts of the changed case.

    A change is answered with 20,000 paths at once, and with up to 200,000 as long as nothing else is changed. The
    numbers are those of `sim.simulate` with the same changes, seed and paths.

    Parameters
    ----------
    case : Case or str
        A case, the name of a shipped case, or the path of a case file.
    seed : int, optional
        The case's unless given.
    workers : int, optional
        Threads, as in `sim.simulate`.

    Returns
    -------
    ipywidgets.Widget
        Shown by a notebook. Its attribute `answer` is the last answer: `answer.result` and `answer.changes`, which
        `Case.replace` takes.

    Raises
    ------
    CaseError, ValueError
        If the case or an option cannot be used.
    ImportError
        Without the package ipywidgets: ``pip install "fundrisk[live]"``.

    Examples
    --------
    >>> sim.explore("valence-2002")                                     # doctest: +SKIP
    """
    try:
        import ipywidgets
    except ImportError:
        raise ImportError('explore needs the package ipywidgets: pip install "fundrisk[live]"') from None
    return _widget(ipywidgets, Engine(load_case(case), seed, workers))


def _widget(widgets: Any, engine: Engine) -> Any:
    """Controls on the left, answers on the right."""
    fields = [_field(widgets, control) for control in engine.controls]
    reset = widgets.Button(description="Back to the case")
    shown = widgets.HTML()
    pairs = list(zip(engine.controls, fields, strict=True))
    boxes = [
        widgets.VBox([widgets.HTML(tag("b", group)), *(field for _, field in members)])
        for group, members in groupby(pairs, lambda pair: pair[0].group)
    ]
    left = widgets.VBox([*boxes, reset], layout=widgets.Layout(min_width="430px", max_height="900px", overflow="auto"))
    whole = widgets.HBox([left, shown])
    answers = _Answers(engine, lambda answer: _show(whole, shown, answer), lambda words: _refuse(shown, words))

    def ask(*_: Any) -> None:
        answers.ask({control.key: field.value for control, field in pairs if field.value != control.base})

    def back(*_: Any) -> None:
        for control, field in pairs:
            field.value = control.base

    for field in fields:
        field.observe(ask, "value")
    reset.on_click(back)
    ask()
    return whole


def _field(widgets: Any, control: Control) -> Any:
    """The widget of a control; its value is that of the control."""
    style, layout = {"description_width": "190px"}, widgets.Layout(width="410px")
    if control.kind == "switch":
        return widgets.Checkbox(value=control.base, description=control.label, indent=False, tooltip=control.meaning)
    make = widgets.Dropdown if control.kind == "choice" else widgets.SelectionSlider
    words = [f"{text} (the case)" if i == control.place else text for i, text in enumerate(control.words)]
    options = list(zip(words, control.values, strict=True))
    return make(options=options, value=control.base, description=control.label, style=style, layout=layout)


def _show(whole: Any, shown: Any, answer: Answer) -> None:
    whole.answer = answer
    found = document(answer)
    rows = tuple((row["name"], row["words"], row["change"]) for row in found["rows"])
    numbers = table(Table("", ("", "now", "change from the case"), rows, (0,)), found["progress"])
    charts = [
        joined(tag("p", tag("b", each["title"])), Html(f'<div style="width:720px">{each["svg"]}</div>'))
        for each in found["figures"].values()
    ]
    shown.value = joined(tag("h3", f"{found['sentence']}."), numbers, tag("code", found["command"]), *charts)


def _refuse(shown: Any, words: str) -> None:
    shown.value = tag("p", words, role="alert")


class _Answers:
    """The answers to the last question: the first at once, finer ones from a thread that a new question ends."""

    def __init__(self, engine: Engine, show: Callable[[Answer], None], refuse: Callable[[str], None]) -> None:
        self.engine, self.show, self.refuse = engine, show, refuse
        self.stopped = threading.Event()
        self.thread: threading.Thread | None = None

    def ask(self, values: dict[str, Any]) -> None:
        self.stopped.set()
        if self.thread is not None:
            self.thread.join()
        self.stopped = stopped = threading.Event()
        try:
            answers = self.engine.answers(values, stopped.is_set)
        except CaseError as error:
            self.refuse(str(error))
            return
        self.show(next(answers))

        def refine() -> None:
            for answer in answers:
                if not stopped.is_set():
                    self.show(answer)

        self.thread = threading.Thread(target=refine, name="fundrisk explore", daemon=True)
        self.thread.start()
