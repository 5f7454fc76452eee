"""What happened since the valuation date of a case, as a roll-forward takes it: the file ACTUALS.toml."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sim.terms.base import MONEY, POSITIVE_MONEY, SHARES, terms
from sim.terms.closes import ShownCloses
from sim.terms.files import MOST_BYTES
from sim.terms.other_names import NameOf
from sim.terms.problems import CaseError, Problem, one_line, raise_if, show
from sim.terms.ranges import MOST_MONEY, Day, Flag, Number, Whole
from sim.terms.schema import Rows, Terms, Values, key, read_table
from sim.terms.toml_text import parsed
from sim.text.characters import composed
from sim.text.reading import Unreadable, read_text

ANY_SHARES = Whole(0, int(MOST_MONEY), floats=True, unit="shares")


@terms
class ActualDraw(Terms):
    """A draw, on the day on which shares and money changed hands."""

    date: datetime.date = key(Day(), meaning="day of the settlement")
    line: str = key(
        NameOf(empty=True, to="lines"), "", meaning="name of the line, an entry of [[lines]]; empty with one line"
    )
    amount: float = key(POSITIVE_MONEY, meaning="dollars paid for shares")
    shares: int = key(SHARES, meaning="shares issued, fee shares among them")


@terms
class ActualHoldings(Terms):
    """Shares of a line that its investor still holds."""

    line: str = key(NameOf(empty=True, to="lines"), "", meaning="name of the line; empty with one line")
    shares: int = key(ANY_SHARES, meaning="shares")


@terms
class ActualFinancing(Terms):
    """Money from a third party."""

    date: datetime.date = key(Day(), meaning="day of the financing")
    amount: float = key(POSITIVE_MONEY, meaning="amount")
    shares: int = key(ANY_SHARES, 0, meaning="shares issued for it")
    reduces_line: bool = key(Flag(), False, meaning="whether the investor reduced the commitment for it")


@terms
class ActualMilestone(Terms):
    name: str = key(NameOf(to="milestones"), meaning="name of a milestone of the case")
    date: datetime.date = key(Day(), meaning="day on which it was reached")


@terms
class ActualNote(Terms):
    name: str = key(NameOf(to="notes"), meaning="name of a note of the case")
    principal: float = key(MONEY, meaning="principal unpaid; 0 for a note that was repaid")
    interest_paid_to: datetime.date | None = key(
        Day(), None, meaning="day through which interest was paid; absent: its last interest date"
    )
    accrued: float | None = key(
        MONEY, None, meaning="interest owed at the new opening; absent: what has run since interest was paid"
    )
    extended: bool = key(Flag(), False, meaning="whether it was extended")


@terms
class Actuals(Terms):
    """Cash and shares are those at the opening of the new valuation date; everything else happened before it."""

    cash: float = key(MONEY, meaning="cash")
    shares_outstanding: int = key(SHARES, meaning="shares outstanding")
    closes: tuple[Any, ...] = key(
        ShownCloses(), meaning="recent closes up to the new valuation date: a file, or a list of dates and closes"
    )
    cash_used: float | None = key(
        Number(least=-MOST_MONEY, most=MOST_MONEY, unit="$"), None,
        meaning="cash used in operations in the month before the new valuation month, as management had cut it and "
        "without the flows of [[flows]]; absent: not known",
    )  # fmt: skip
    cut_from: datetime.date | None = key(
        Day(), None,
        meaning="first day of the month from which the burn is cut, where management has decided on a cut and not "
        "ended it; absent: there is none",
    )  # fmt: skip
    draws: tuple[ActualDraw, ...] = key(Rows(ActualDraw), (), meaning="all draws since the old valuation date")
    holdings: tuple[ActualHoldings, ...] = key(
        Rows(ActualHoldings), (), meaning="shares that investors still hold, for lines that limit their ownership"
    )
    milestones: tuple[ActualMilestone, ...] = key(Rows(ActualMilestone), (), meaning="milestones reached")
    ceo_change: datetime.date | None = key(Day(), None, meaning="day on which the chief executive changed")
    adverse_change: datetime.date | None = key(Day(), None, meaning="day of a material adverse change")
    waived: tuple[str, ...] = key(
        Values(NameOf(to="conditions"), 0),
        (),
        meaning="names of conditions that the investor waives, for the rest of the term",
    )
    not_waived: tuple[str, ...] = key(
        Values(NameOf(to="conditions"), 0), (), meaning="names of conditions that he refused to waive"
    )
    financings: tuple[ActualFinancing, ...] = key(Rows(ActualFinancing), (), meaning="money from third parties")
    bridge_lent: float | None = key(
        MONEY, None, meaning="what the insider has lent since the old valuation date; absent: nothing"
    )
    notes: tuple[ActualNote, ...] = key(
        Rows(ActualNote), (), meaning="state of the notes; those left out are as the case says"
    )

    def check_cut_from(self) -> Iterator[Problem]:
        if self.cut_from is not None and self.cut_from.day != 1:
            yield "cut_from", self.cut_from, "must be the first day of a month"

    def check_waived(self) -> Iterator[Problem]:
        waived = set(map(composed, self.waived))
        for name in self.not_waived:
            if composed(name) in waived:
                yield "not_waived", name, "must not be in waived as well"


class Told(NamedTuple):
    """Actuals and the name that errors call them by."""

    actuals: Actuals
    name: str


def load_actuals(actuals: str | os.PathLike[str] | Mapping[str, Any] | Actuals | Told) -> Told:
    """Actuals from a file, a document or an object, and the name that errors call them by.

    Raises
    ------
    CaseError
        With a line for each problem.
    """
    if isinstance(actuals, Told):
        return actuals
    if isinstance(actuals, Actuals):
        return Told(actuals, "actuals")
    if isinstance(actuals, Mapping):
        return Told(_read(actuals, "actuals"), "actuals")
    if not isinstance(actuals, str | os.PathLike):
        raise CaseError([f"actuals = {show(actuals)}: must be the path of a file, or a table"])
    name = one_line(os.fsdecode(actuals), 200)
    try:
        document = parsed(read_text(actuals, MOST_BYTES))
    except Unreadable as error:
        raise CaseError([f"{name}: {error}"]) from None
    except ValueError as error:
        raise CaseError([f"{name}: not TOML that can be read: {one_line(str(error), 200)}"]) from None
    if isinstance(document.get("closes"), str):
        document["closes"] = str(Path(actuals).parent / document["closes"])
    return Told(_read(document, name), name)


def _read(document: Mapping[str, Any], name: str) -> Actuals:
    problems: list[Problem] = []
    made = read_table(Actuals, document, "", lambda *problem: problems.append(problem))
    raise_if(problems, name)
    return made  # type: ignore[no-any-return]
