"""A chapter of the board's story, as pure data: deck and page show the same headlines and the same numbers."""

from __future__ import annotations

from dataclasses import dataclass

from sim.board.charts.data import Chart


@dataclass(frozen=True, slots=True)
class Card:
    """One number of the answer: `97 of 100`, what it is, and how sure."""

    value: str
    label: str
    detail: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """One message: a headline that is a sentence, what shows it, and the three questions that a board asks next.

    `sure` says how sure, `compared` with what, `change` what would change it; `source` where the numbers come from;
    `notes` are for the speaker.
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

    def chart(self, key: str) -> Chart:
        """The chart of a key."""
        return next(chart for chart in self.charts if chart.key == key)
