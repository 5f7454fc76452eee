"""One slide as data: deck, page and workbook show the same headlines and numbers."""

from __future__ import annotations

from dataclasses import dataclass

from sim.board.charts.data import Chart


@dataclass(frozen=True, slots=True)
class Card:
    """One large number, such as `97 of 100`, what it is, and a second number on its spread or error."""

    value: str
    label: str
    detail: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """One message: a headline that is a sentence, its charts, and answers to the three questions that a board asks.

    `sure` answers "How sure are we?", `compared` "Compared with what?", `change` "What would change it?". `source`
    says where the numbers come from; `notes` are for the speaker.
    """

    key: str
    headline: str
    charts: tuple[Chart, ...] = ()
    cards: tuple[Card, ...] = ()
    points: tuple[str, ...] = ()
    sure: str = ""
    compared: str = ""
    change: str = ""
    source: str = ""
    notes: str = ""
