"""Slide: what the model leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.board.story.chapter import Chapter
from sim.board.story.cover import WARNING
from sim.board.story.parts import table
from sim.terms.price import MODELS

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.terms import Case


def limits(pack: Pack) -> Chapter:
    """The assumptions of the model, and what follows from each."""
    rows = _rows(pack.result.case)
    return Chapter(
        key="limits",
        headline="The model leaves out cost cuts, asset sales, rescues and every risk that the case does not name",
        charts=(table("limits", "Limits of the model", ("the model", "so that"), rows, (0, 1)),),
        sure=_covered(pack),
        compared="The program is checked against closed forms, sums and a second program in another style.",
        change="Another seed changes the results within the sampling error; other inputs change them by more.",
        source="The price model and the events are those of the case",
        notes=WARNING,
    )


def _rows(case: Case) -> list[tuple[str, str]]:
    price = case.price
    moves = "moves the price" if price.impact == "dilution" else "does not move the price"
    rows = [
        (f"The stock price follows its own model ({MODELS[price.model]}); a draw {moves}",
         "news that is not in the case has no effect on the price"),
        ("The company cuts no costs and sells no assets when cash is short", "cash may run out sooner than in fact"),
        ("After a cash-out there is no rescue", "the simulation continues only to measure the funding gap"),
        ("Risks and terms that the case does not name do not occur", "the range of outcomes may be wider in fact"),
    ]  # fmt: skip
    if case.third_party is None:
        rows.insert(3, ("Nobody else finances the company", "cash may last longer in fact"))
    return rows


def _covered(pack: Pack) -> str:
    inputs = (
        "the range over the inputs measures how much they matter, as far as the case gives ranges"
        if pack.uncertainty is not None
        else "the error of the inputs is not measured, as the case gives no ranges"
    )
    return f"Confidence intervals measure the sampling error only; {inputs}."
