"""A case: one company, its line, its notes and the models of what may happen, in dollars and dates."""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from sim import calendar
from sim.terms.base import NAME, terms
from sim.terms.events import Events, Milestone, ThirdParty
from sim.terms.notes import Note
from sim.terms.parts import Burn, Company, Line, Policy, Price, Simulation
from sim.terms.problems import Problem, number_text, one_line, raise_if
from sim.terms.ranges import MOST_MONEY, Day, Whole
from sim.terms.record import Record
from sim.terms.schema import Rows, Table, Terms, Unread, attempt, item_name, key, plain, read_table, values_of
from sim.terms.stated import Ranges, StatedRanges, range_problems, still_there

MOST_YEARS = 30
MOST_LOG_PRICE = 290 * math.log(10)
SIMULATED_DAY = Day(last=datetime.date(calendar.LAST_SESSION_YEAR - 1, 12, 31))


@terms
class Case(Terms):
    """One valid case. Its attributes have the names of the case file's keys; `source` is the file's name or path."""

    schema: int = key(Whole(1, 1, noun="version"), meaning="version of the case file's format")
    title: str = key(NAME, meaning="title of the case")
    valuation_date: datetime.date = key(
        SIMULATED_DAY, meaning="first day of a month; the simulation starts at its opening"
    )
    horizon: datetime.date = key(SIMULATED_DAY, meaning="last simulated day, the last day of a month")
    company: Company = key(Table(Company), meaning="the company at the opening")
    price: Price = key(Table(Price), meaning="the stock price")
    burn: Burn = key(Table(Burn), meaning="cash used in operations")
    line: Line = key(Table(Line), meaning="the equity line")
    milestones: tuple[Milestone, ...] = key(Rows(Milestone), (), meaning="milestones that conditions ask for")
    events: Events = key(Table(Events), Events(), meaning="other events")
    third_party: ThirdParty | None = key(Table(ThirdParty), None, meaning="financing by third parties")
    notes: tuple[Note, ...] = key(Rows(Note), (), meaning="notes that fall due")
    policy: Policy = key(Table(Policy), Policy(), meaning="when and how much the company asks for")
    simulation: Simulation = key(Table(Simulation), Simulation(), meaning="size of a run")
    ranges: Ranges | None = key(
        StatedRanges(), None, meaning="low and high of uncertain inputs by their dotted keys; the others have defaults"
    )
    record: Record | None = key(
        Table(Record), None, meaning="what happened after the valuation date; it is compared, not simulated"
    )
    source: str = dataclasses.field(default="python", compare=False)

    def __post_init__(self) -> None:
        Terms.__post_init__(self)
        paid = {"last_interest_date": self.valuation_date}
        notes = (note if note.last_interest_date else Note(**(values_of(note) | paid)) for note in self.notes)
        object.__setattr__(self, "notes", tuple(notes))

    @classmethod
    def from_dict(cls, doc: Mapping[str, Any], *, source: str = "python", blame: str | None = None) -> Case:
        """A case from the plain document of a case file; dates as dates or ISO strings.

        `source` becomes the case's source; it, or `blame`, is the FILE part of the lines of a CaseError.
        """
        problems: list[Problem] = []
        made = read_table(cls, doc, "", lambda *problem: problems.append(problem))
        raise_if(problems, blame or source)
        return dataclasses.replace(made, source=source)

    def to_dict(self) -> dict[str, Any]:
        """The canonical document: every key that has a value, defaults too; plain JSON types, dates as ISO strings."""
        return plain(self)

    def replace(self, changes: Mapping[str, Any], *, blame: str = "replace") -> Case:
        """A new valid case with keys of any depth changed: `{"price.volatility": 0.8, "third_party": None}`.

        List entries go by name or number: `notes[Baccarat note].principal`, `policy.amounts[0]`; numbers count from 0.
        None removes an optional key, a table or an entry, and with it the ranges of what is in it; a
        number set outside of its range loses the range, which was meant for another one. CaseError lines
        carry `blame` as their FILE part.
        """
        from sim.terms.overrides import changed  # overrides read the schema of this class

        doc = changed(self.to_dict(), changes, Case, blame)
        keeps_ranges = self.ranges is not None and "ranges" not in changes
        apart = not any(str(name).startswith(("record", "ranges")) for name in changes)
        keeps_record = self.record is not None and apart
        doc |= dict.fromkeys([*["ranges"] * keeps_ranges, *["record"] * keeps_record])
        made = Case.from_dict(doc, source=self.source, blame=blame)
        # They were valid for this case and are not checked again.
        if keeps_ranges and self.ranges is not None:
            object.__setattr__(made, "ranges", still_there(made, self.ranges, self))
        if keeps_record:
            object.__setattr__(made, "record", self.record)
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

        monthly x (1 + growth)^(k/12) x factors of the steps dated on or before the month's first day.
        """
        return burn_level(self.burn, self.valuation_date, k)

    @property
    def purchase_dates(self) -> tuple[datetime.date, ...]:
        """`policy.dates` where given, else the last session of each period of `policy.cadence`, in order, as far as
        it lies in the term and in the simulated span."""
        return purchase_dates(self)

    # --- rules between tables: each yields (key, value, what is allowed) ---------------------------------------------

    def check_valuation_date(self) -> Iterator[Problem]:
        if self.valuation_date.day != 1:
            yield "valuation_date", self.valuation_date, "must be the first day of a month"

    def check_horizon(self) -> Iterator[Problem]:
        if (self.horizon + calendar.ONE_DAY).day != 1:
            yield "horizon", self.horizon, "must be the last day of a month"
        elif self.horizon < self.valuation_date:
            yield "horizon", self.horizon, f"must be after valuation_date, {self.valuation_date}"
        elif calendar.month_number(self.valuation_date, self.horizon) >= 12 * MOST_YEARS:
            yield (
                "horizon",
                self.horizon,
                f"must be at most {MOST_YEARS} years after valuation_date, {self.valuation_date}",
            )

    def check_term(self) -> Iterator[Problem]:
        if self.line.end < self.valuation_date:
            yield "line.end", self.line.end, f"must be on or after valuation_date, {self.valuation_date}"
        if self.line.start > self.horizon:
            yield "line.start", self.line.start, f"must be on or before horizon, {self.horizon}"

    def check_burn(self) -> Iterator[Problem]:
        last = calendar.month_number(self.valuation_date, self.horizon)
        steps = {calendar.month_number(self.valuation_date, step.date) for step in self.burn.steps}
        # Between steps the level is monotone, so its largest values lie beside them.
        months = {0, last} | {k + i for k in steps for i in (0, 1) if 0 <= k + i <= last}
        if any(burn_level(self.burn, self.valuation_date, k) > MOST_MONEY for k in sorted(months)):
            allowed = f"must stay at most {number_text(MOST_MONEY)} a month with growth and steps"
            yield "burn.monthly", self.burn.monthly, allowed

    def check_price(self) -> Iterator[Problem]:
        """Prices must stay numbers: a close that rounds to 0 has no shares, and one beyond all floats no value."""
        years = max(0, (self.horizon - self.valuation_date).days + 1) / 365.25
        price, jumps = self.price, [milestone.price_jump for milestone in self.milestones]
        if self.events.ceo_change is not None:
            jumps.append(self.events.ceo_change.price_jump)
        # ln of the furthest price: drift, the median's fall, nine standard deviations, and every jump.
        trend = price.drift * years - price.volatility**2 * years / 2
        reach = 9 * price.volatility * math.sqrt(years) + sum(abs(math.log1p(jump)) for jump in jumps)
        dilution = math.log(MOST_MONEY) * (price.impact == "dilution")  # new shares over old ones, all together
        low, high = min(trend, 0.0) - reach - dilution, max(trend, 0.0) + reach
        if math.log(price.initial) + low < -MOST_LOG_PRICE or math.log(price.initial) + high > MOST_LOG_PRICE:
            allowed = "must keep prices, with drift and jumps, between $1e-290 and $1e290 up to the horizon"
            yield "price.volatility", price.volatility, allowed

    def check_conditions(self) -> Iterator[Problem]:
        known = [milestone.name for milestone in self.milestones]
        for where, condition in entries("line.conditions", self.line.conditions):
            yield from attempt(_known_milestone, f"{where}.milestone", condition, "milestone", known)

    def check_follows(self) -> Iterator[Problem]:
        known = [milestone.name for milestone in self.milestones]
        for where, milestone in entries("milestones", self.milestones):
            yield from attempt(_known_milestone, f"{where}.follows", milestone, "follows", known)

    def check_circles(self) -> Iterator[Problem]:
        follows = {milestone.name: milestone.follows for milestone in self.milestones}
        done: set[str] = set()
        for name in follows:
            chain: list[str] = []
            while name in follows and name not in done:
                done.add(name)
                chain.append(name)
                name = follows[name]
            if name in chain:
                circle = one_line(" -> ".join([*chain[chain.index(name) :], name]), 200)
                yield (
                    f"milestones[{name}].follows",
                    follows[name],
                    f"must not lead back to the milestone itself, as in {circle}",
                )

    def check_notes(self) -> Iterator[Problem]:
        for where, note in entries("notes", self.notes):
            for check in (_note_maturity, _note_interest, _note_sweep):
                yield from attempt(check, where, note, self)

    def check_listed_dates(self) -> Iterator[Problem]:
        first, last = purchase_span(self)
        for i, day in enumerate(self.policy.dates):
            if not first <= day <= last:
                yield f"policy.dates[{i}]", day, f"must be inside the term and the simulated span, {first} to {last}"
            elif not calendar.is_session(day):
                yield f"policy.dates[{i}]", day, "must be a day on which Nasdaq trades"

    def check_ranges(self) -> Iterator[Problem]:
        if self.ranges is not None:
            yield from range_problems(self, self.ranges)

    def check_amounts(self) -> Iterator[Problem]:
        if self.policy.kind != "schedule" or (self.policy.cadence == "dates" and not self.policy.dates):
            return
        days = purchase_dates(self)
        if len(self.policy.amounts) != len(days):
            span = f" ({days[0]} to {days[-1]})" if days else ""
            allowed = (
                f"must have {len(days)} amounts, one for each purchase date{span}; {len(self.policy.amounts)} given"
            )
            yield "policy.amounts", list(self.policy.amounts), allowed


def entries(where: str, rows: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    """Each row of a list of tables with its key."""
    for number, row in enumerate(rows):
        try:
            name = item_name(row)
        except Unread:
            name = None
        yield f"{where}[{number if name is None else name}]", row


def _known_milestone(where: str, row: Any, word: str, known: list[str]) -> Iterator[Problem]:
    name = getattr(row, word)
    if name and name not in known:
        names = one_line(", ".join(known), 200)
        yield (
            where,
            name,
            f"must be the name of a milestone: {names}" if names else "must be empty, as the case has no milestones",
        )


def _note_maturity(where: str, note: Note, case: Case) -> Iterator[Problem]:
    if note.maturity < case.valuation_date:
        yield f"{where}.maturity", note.maturity, f"must be on or after valuation_date, {case.valuation_date}"


def _note_interest(where: str, note: Note, case: Case) -> Iterator[Problem]:
    if note.last_interest_date is not None and note.last_interest_date > case.valuation_date:
        allowed = f"must be on or before valuation_date, {case.valuation_date}"
        yield f"{where}.last_interest_date", note.last_interest_date, allowed


def _note_sweep(where: str, note: Note, case: Case) -> Iterator[Problem]:
    if note.sweep is not None and note.sweep.prepay_above < case.company.minimum_cash:
        allowed = f"must be at least company.minimum_cash, {number_text(case.company.minimum_cash)}"
        yield f"{where}.sweep.prepay_above", note.sweep.prepay_above, allowed


def purchase_span(case: Case) -> tuple[datetime.date, datetime.date]:
    """First and last day on which a purchase date can lie: the term, cut to the simulated span."""
    return max(case.line.start, case.valuation_date), min(case.line.end, case.horizon)


def purchase_dates(case: Case) -> tuple[datetime.date, ...]:
    """See `Case.purchase_dates`."""
    if case.policy.dates:
        return case.policy.dates
    return calendar.last_sessions(*purchase_span(case), case.policy.cadence, case.company.fiscal_year_end_month)


@lru_cache(maxsize=4096)
def burn_level(burn: Burn, valuation_date: datetime.date, k: int) -> float:
    """Case.burn_level, at 50 decimal digits and rounded to float once, so that it is the same on every machine."""
    from decimal import Decimal, localcontext

    first_day = calendar.month_start(valuation_date, k)
    with localcontext() as context:
        context.prec = 50
        level = Decimal(burn.monthly) * (1 + Decimal(burn.growth)) ** (Decimal(k) / 12)
        for step in burn.steps:
            if step.date <= first_day:
                level *= Decimal(step.factor)
        return float(level)
