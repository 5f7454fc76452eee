"""A case: one company, its line, its notes and the models of what may happen, in dollars and dates."""

from __future__ import annotations

import copy
import dataclasses
import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from sim import calendar
from sim.terms.base import NAME, terms
from sim.terms.consistency import CHECKS
from sim.terms.derived import burn_level, cut_levels, purchase_dates, purchases_of, reached
from sim.terms.events import Events, Milestone, ThirdParty
from sim.terms.flows import Flow
from sim.terms.forecast import Forecast
from sim.terms.line import Line, Purchase
from sim.terms.named_variants import (
    NamedVariants,
    StatedVariants,
    canonical_variants,
    fitting,
    moved_variants,
    variant_problems,
)
from sim.terms.native import native
from sim.terms.notes import Note
from sim.terms.other_names import as_spelled, inside, names_of
from sim.terms.overrides import changed
from sim.terms.parts import Burn, Company, Condition, Simulation
from sim.terms.people import Bridge, Response
from sim.terms.policy import Policy
from sim.terms.price import MODELS_OF, Price
from sim.terms.problems import CaseError, Problem, one_line, raise_if
from sim.terms.ranges import Day, Whole
from sim.terms.record import Record
from sim.terms.schema import (
    MOST_REPR,
    Draft,
    Rows,
    Table,
    Terms,
    attempt,
    key,
    plain,
    read_table,
    values_of,
)
from sim.terms.single_values import with_values
from sim.terms.stated import Ranges, StatedRanges, canonical_ranges, range_problems, still_there
from sim.text.reading import Form

SIMULATED_DAY = Day(last=datetime.date(calendar.LAST_SESSION_YEAR - 1, 12, 31))


@terms
class Case(Terms):
    """One valid case. Its attributes have the names of the case file's keys; `source` is the file's name or path.

    `text` is what the file said when it was read, for the comments beside its figures; empty for a case made in Python.
    `quoted` are the closes of the file that the text names at `price.closes`, None if it names none; `form` is how the
    file is written.
    """

    schema: int = key(Whole(1, 1, noun="version"), meaning="version of the case file's format")
    title: str = key(NAME, meaning="title of the case")
    valuation_date: datetime.date = key(
        SIMULATED_DAY, meaning="the simulation starts at its opening; month 0 is the rest of its month"
    )
    horizon: datetime.date = key(SIMULATED_DAY, meaning="last simulated day, the last day of a month")
    company: Company = key(Table(Company), meaning="the company at the opening")
    price: Price = key(Table(Price), meaning="the stock price")
    burn: Burn = key(Table(Burn), meaning="cash used in operations")
    line: Line | None = key(Table(Line), None, meaning="the equity line, where there is one")
    lines: tuple[Line, ...] = key(Rows(Line), (), brief=True, meaning="several equity lines, in place of [line]")
    milestones: tuple[Milestone, ...] = key(Rows(Milestone), (), meaning="milestones that conditions require")
    events: Events = key(Table(Events), Events(), meaning="other events")
    third_party: ThirdParty | None = key(Table(ThirdParty), None, meaning="financing by third parties")
    notes: tuple[Note, ...] = key(Rows(Note), (), meaning="notes that fall due")
    flows: tuple[Flow, ...] = key(Rows(Flow), (), brief=True, meaning="cash that comes and goes beside operations")
    response: Response | None = key(Table(Response), None, meaning="what management does when cash is short")
    bridge: Bridge | None = key(Table(Bridge), None, meaning="an insider's loan when cash is short")
    policy: Policy = key(Table(Policy), Policy(), meaning="when and how much the company requests")
    simulation: Simulation = key(Table(Simulation), Simulation(), meaning="size of a run")
    ranges: Ranges | None = key(
        StatedRanges(),
        None,
        meaning="uncertain inputs by their dotted keys: low and high; with a mode; or the 5th and 95th percentile",
    )
    variants: NamedVariants | None = key(
        StatedVariants(), None, meaning="what the case would be if something else were so: changed keys under a name"
    )
    record: Record | None = key(
        Table(Record), None, meaning="what happened after the valuation date; it is compared, not simulated"
    )
    forecasts: tuple[Forecast, ...] = key(
        Rows(Forecast),
        (),
        brief=True,
        meaning="what earlier cases had said of figures that are known by now; not simulated",
    )
    source: str = dataclasses.field(default="python", compare=False)
    text: str = dataclasses.field(default="", compare=False, repr=False)
    quoted: Any = dataclasses.field(default=None, compare=False, repr=False)
    form: Form = dataclasses.field(default=Form(), compare=False, repr=False)

    def __post_init__(self) -> None:
        Terms.__post_init__(self)
        paid = {"last_interest_date": self.valuation_date}
        notes = (note if note.last_interest_date else Note(**(values_of(note) | paid)) for note in self.notes)
        object.__setattr__(self, "notes", tuple(notes))
        object.__setattr__(self, "price", self.price.completed(self.valuation_date))
        if self.ranges is not None:
            object.__setattr__(self, "ranges", canonical_ranges(self, self.ranges))
        lines = variant_problems(self)
        if lines:
            raise CaseError(lines)
        if self.variants is not None:
            object.__setattr__(self, "variants", canonical_variants(self, self.variants))

    def __repr__(self) -> str:
        return f"<Case {one_line(self.title, MOST_REPR)!r} from {one_line(self.source)!r}>"

    @classmethod
    def from_dict(
        cls, doc: Mapping[str, Any], *, source: str = "python", text: str = "", blame: str | None = None
    ) -> Case:
        """Make a case from the plain document of a case file.

        Parameters
        ----------
        doc : mapping
            The tables and keys of the file; dates as dates or ISO strings.
        source : str
            Becomes the case's `source`.
        text : str
            Becomes the case's `text`: the case file that the document was read from.
        blame : str, optional
            The FILE part of the lines of an error; by default `source`.

        Returns
        -------
        Case

        Raises
        ------
        CaseError
            With a line for each problem.
        """
        problems: list[Problem] = []
        made = read_table(cls, doc, "", lambda *problem: problems.append(problem))
        raise_if(problems, blame or source)
        return dataclasses.replace(made, source=source, text=text)

    def to_dict(self) -> dict[str, Any]:
        """The canonical document: every key that has a value, defaults included, in plain JSON types.

        Examples
        --------
        >>> import sim
        >>> sim.load_case("valence-2002").to_dict()["company"]["cash"]
        10052000.0
        """
        return plain(self)

    def replace(self, changes: Mapping[str, Any], *, blame: str = "replace") -> Case:
        """A new case with keys of any depth changed.

        Parameters
        ----------
        changes : mapping
            Values by dotted key. Entries of lists are given by name or by number from 0:
            `notes[Baccarat note].principal`, `policy.amounts[0]`; a key can be given once, in one spelling. Numbers
            are those before the changes. None removes an optional key, a table or an entry, and the ranges of what is
            in it. A number that is set outside of its range loses the range. A variant of the case stays,
            with the keys that its entries have now, unless it changes an entry that is removed. Another price model
            removes the keys of the former one.
        blame : str
            The FILE part of the lines of an error.

        Returns
        -------
        Case

        Raises
        ------
        CaseError
            With a line for each problem.

        Examples
        --------
        >>> import sim
        >>> case = sim.load_case("valence-2002")
        >>> case.replace({"price.volatility": 0.8, "third_party": None}).price.volatility
        0.8
        """
        moved: Mapping[str, str | None] = {}
        keeps_ranges, keeps_record, keeps_variants = "ranges" not in changes, True, "variants" not in changes
        values = changes if keeps_ranges or changes["ranges"] is not None else _without(changes, "ranges")
        made = with_values(self, values)
        if made is None:
            keeps_record = not any(str(name).startswith(("record", "ranges")) for name in changes)
            made, moved = self._replaced(changes, blame, (keeps_ranges, keeps_record, keeps_variants))
        # They were valid for this case and are not checked again.
        if keeps_ranges and self.ranges is not None:
            object.__setattr__(made, "ranges", still_there(made, self.ranges, self, moved))
        if keeps_record and self.record is not None:
            object.__setattr__(made, "record", self.record)
        if keeps_variants and self.variants is not None:
            object.__setattr__(made, "variants", moved_variants(self.variants, moved))
        return made

    def _replaced(
        self, changes: Mapping[str, Any], blame: str, apart: tuple[bool, bool, bool]
    ) -> tuple[Case, Mapping[str, str | None]]:
        """The case with changes of any kind, and the list entries that have another key. `apart`: whether ranges,
        record and variants are left out."""
        doc = self.to_dict()
        model = native(changes.get("price.model"))
        if isinstance(model, str) and model != self.price.model:
            for word, models in MODELS_OF.items():
                if model not in models:
                    doc["price"].pop(word, None)
        moved = changed(doc, changes, Case, blame)
        for word, left_out in zip(("ranges", "record", "variants"), apart, strict=True):
            if left_out and getattr(self, word) is not None:
                doc[word] = None
        return self.with_document(doc, blame), moved

    def with_document(self, doc: Mapping[str, Any], blame: str | None = None) -> Case:
        """The case of another document, which still quotes the file of this one. Raises CaseError."""
        made = Case.from_dict(doc, source=self.source, text=self.text, blame=blame)
        return dataclasses.replace(made, quoted=self.quoted, form=self.form)

    def with_fitting_variants(self, before: Case) -> Case:
        """The case without the variants that it does not allow. Warns of each that it had as `before` and lacks."""
        if before.variants is None:
            return self
        bare, made = copy.copy(self), copy.copy(self)
        object.__setattr__(bare, "variants", None)
        object.__setattr__(made, "variants", fitting(bare, self.variants, before.variants))
        return made

    @property
    def sha256(self) -> str:
        """SHA-256 of the canonical document as JSON with sorted keys; the source is not part of it."""
        import hashlib
        import json

        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def burn_level(self, k: int) -> float:
        """Expected cash used in operations in month `k`, in dollars; month 0 is the valuation month, k may be negative.

        monthly x (1 + growth)^(k/12) x factors of the steps dated on or before the month's first day; of a statement
        the sum of its items, each as many months earlier as it is paid later. An item that waits for a milestone is not
        in it. Month 0 counts as a whole month.
        """
        return burn_level(self.burn, self.valuation_date, k, reached(self))

    def cut_levels(self, months: int) -> tuple[float, ...]:
        """`burn_level` of the first so many months as management's response cuts it, whole where there is none."""
        return cut_levels(self, tuple(range(months)))

    @property
    def facilities(self) -> tuple[Line, ...]:
        """The equity lines: that of [line] alone, or those of [[lines]]."""
        return self.lines if self.line is None else (self.line,)

    @property
    def commitment(self) -> float:
        """The commitments of all lines together, in dollars; a line without one counts as 0."""
        return sum(line.commitment or 0.0 for line in self.facilities)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of all lines, in the file's order."""
        return tuple(condition for line in self.facilities for condition in line.conditions)

    @property
    def purchases(self) -> tuple[tuple[Line, Purchase, tuple[datetime.date, ...]], ...]:
        """Each kind of purchase of each line, in the file's order: its line, its terms with what it takes over from the
        line and the case, and its purchase dates: `policy.dates` if given, else the last session of each period of
        `policy.cadence`, where it lies in the term and in the simulated span."""
        return purchases_of(self)

    @property
    def purchase_dates(self) -> tuple[datetime.date, ...]:
        """The purchase dates of all lines, in order, each once."""
        return purchase_dates(self)

    @classmethod
    def as_spelled(cls, values: dict[str, Any]) -> dict[str, Any]:
        return dict(vars(as_spelled(cls, Draft(values), known_names(values))))

    def check_tables(self) -> Iterator[Problem]:
        for check in CHECKS:
            yield from attempt(check, self)

    def check_ranges(self) -> Iterator[Problem]:
        if self.ranges is not None:
            yield from range_problems(self, self.ranges, Case)


def known_names(values: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The names that tables of a case, given by its values, and actuals of it can refer to."""
    lines = (values.get("line"), *(values.get("lines") or ()))
    return {
        "milestones": names_of(values.get("milestones")),
        "notes": names_of(values.get("notes")),
        "lines": names_of(values.get("lines")),
        "conditions": names_of(*inside(lines, "conditions")),
    }


def _without(changes: Mapping[str, Any], word: str) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if name != word}
