"""The terms of a case in plain words, with the dates that they mean."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from sim import calendar
from sim.terms.case import Case
from sim.terms.description_cash import operations, other_cash
from sim.terms.description_events import milestones, notes, third_party
from sim.terms.description_line import conditions, line, purchases, sentence
from sim.terms.description_people import bridge, response
from sim.terms.description_price import price_lines
from sim.terms.line import Line
from sim.terms.named_variants import variant_lines
from sim.terms.problems import one_line
from sim.terms.record import record_lines
from sim.terms.stated import range_lines
from sim.terms.warnings import warnings_of
from sim.text.dates import long_date, month_name
from sim.text.numbers import money, percent
from sim.text.numbers import price as price_text
from sim.text.tables import wrapped


def describe(case: Case) -> str:
    """What the case says, for a reader who has not seen the file: paragraphs and tables at most 100 columns wide.

    Expected figures are those of the burn model's mean, `Case.burn_level`; nothing is simulated.
    """
    sections: tuple[tuple[str, Iterable[str]], ...] = (
        ("Company", _company(case)),
        *_lines(case),
        ("Milestones", milestones(case)),
        ("Third parties", third_party(case)),
        ("Notes", notes(case)),
        ("Other cash", tuple(other_cash(case))),
        ("Management", tuple(response(case))),
        ("An insider's loan", tuple(bridge(case))),
        ("Shares", _shares(case)),
        ("Simulation", _simulation(case)),
        ("Ranges of uncertain inputs", tuple(range_lines(case))),
        ("Variants", tuple(variant_lines(case))),
        ("What really happened (compared with the simulation, not used by it)", _record(case)),
        ("Warnings: unusual values (none is an error)", tuple(warnings_of(case))),
    )
    title = f"{wrapped(case.title)}\n{one_line(case.source, 80)}  (terms SHA-256 {case.sha256[:12]}...)\n"
    return title + "".join(f"\n{head}\n{_indented(body)}\n" for head, body in sections if body != ())


def _lines(case: Case) -> Iterator[tuple[str, Iterable[str]]]:
    """The sections of each line; where there are several, their heads have its name."""
    for facility in case.facilities:
        named = f": {facility.name}" if facility.name else ""
        yield f"The line{named}", line(case, facility)
        yield f"Purchase dates{' and coverage' * (facility.coverage is not None)}{named}", purchases(case, facility)
        yield f"Conditions{named}", conditions(case, facility)


def _indented(body: Iterable[str]) -> str:
    """Paragraphs wrapped under a heading; lines that start with a space stay as they are, "- " makes an item."""
    lines = []
    for text in body:
        hanging = "    " if text.startswith("- ") else "  "
        lines.append(text.rstrip() if text.startswith(" ") else wrapped(text, "  ", hanging))
    return "\n".join(lines)


def _company(case: Case) -> Iterator[str]:
    company = case.company
    quarter = calendar.fiscal_quarter(case.valuation_date, company.fiscal_year_end_month)
    least = f"falls below {money(company.minimum_cash)}" if company.minimum_cash else "falls below zero"
    yield (
        f"{company.name}: the simulation starts on {long_date(case.valuation_date)} ({quarter.label}) with "
        f"{money(company.cash)} of cash and ends on {long_date(case.horizon)}. The company is out of cash when its "
        f"cash {least}. Fiscal years end in {month_name(company.fiscal_year_end_month)}."
    )
    yield from operations(case)
    moves = ["draws", *["note payments"] * bool(case.notes), *["other flows"] * bool(case.flows)]
    without = " and ".join(filter(None, (", ".join(moves[:-1]), moves[-1])))
    yield f"Without {without}, the opening cash lasts {_lasts(case)} at the average cash use."


def _lasts(case: Case) -> str:
    """How long the opening cash lasts at the average cash use."""
    left = case.company.cash - case.company.minimum_cash
    for k in range(calendar.month_number(case.valuation_date, case.horizon) + 1):
        simulated = calendar.simulated_days(case.valuation_date, k)
        level = case.burn_level(k) * (simulated / calendar.days_in_month(case.valuation_date, k))
        if left < level:
            share = left / level if left > 0.0 else 0.0  # of the month
            days = math.floor(share * simulated)
            return f"until {long_date(calendar.month_opening(case.valuation_date, k) + days * calendar.ONE_DAY)}"
        left -= level
    return "beyond the horizon"


def _shares(case: Case) -> Iterator[str]:
    company = case.company
    headroom = company.shares_authorized - company.shares_reserved - company.shares_outstanding
    reserved = f"{company.shares_reserved:,}" if company.shares_reserved else "none"
    yield (
        f"{company.shares_outstanding:,} shares are outstanding and {reserved} are reserved for other purposes, such "
        f"as options. The charter authorises {company.shares_authorized:,}, so {headroom:,} can still be issued."
    )
    for facility in case.facilities:
        yield from _whole_commitment(case, facility, headroom)


def _whole_commitment(case: Case, facility: Line, headroom: int) -> Iterator[str]:
    """The shares of a whole commitment at the opening price, by its first kind of purchase."""
    company, pricing = case.company, facility.kinds(case.policy)[0].pricing
    assert pricing is not None  # a checked case
    price = pricing.multiplier * case.price.initial
    needed = math.floor((facility.commitment or 0.0) / price + 0.5)
    if not needed:
        return
    diluted = percent(needed / (company.shares_outstanding + needed))
    whole = f"the whole commitment of {facility.name}" if facility.name else "the whole commitment"
    yield (
        f"At the opening stock price, {price_text(case.price.initial)}, the purchase price is ${price:.4f} a share. "
        f"At this price {whole} is {needed:,} shares, a dilution of {diluted}. "
        f"{_enough(case, facility, headroom, (facility.commitment or 0.0) / pricing.multiplier)}"
    )


def _enough(case: Case, facility: Line, headroom: int, worth: float) -> str:
    """From which stock price on the shares suffice for the whole commitment; `worth`: that times its shares, $."""
    used = facility.used.shares if facility.used else 0
    rooms = [(headroom, "the charter")]
    cap = facility.exchange_cap
    if cap is not None:
        opening = case.company.shares_outstanding - used
        most = math.floor((cap.share or 0.0) * opening) if cap.shares is None else cap.shares
        exempt = " (where no exemption applies)" if cap.exempt_price or cap.vote else ""
        rooms.append((most - used, f"the exchange cap{exempt}"))
    if facility.registrations:
        rooms.append((sum(row.shares for row in facility.registrations) - used, "the registration of shares"))
    room, which = min(rooms, key=lambda pair: pair[0])
    if room <= 0:
        return sentence(f"{which} allows no more shares")
    limit = worth / room
    limit = round(limit, 2 if limit >= 0.1 else 4)
    if limit > case.price.initial:
        if which == "the charter":
            return f"The charter does not allow that many. From a stock price of {price_text(limit)} it would."
        return f"{sentence(f'{which} leaves {room:,}')} They suffice from a stock price of {price_text(limit)} on."
    if which == "the charter":
        return (
            f"At a stock price of at least {price_text(limit)} the authorised shares suffice for the whole commitment."
        )
    return f"At a stock price of at least {price_text(limit)}, {which} allows the whole commitment."


def _record(case: Case) -> Iterable[str]:
    return record_lines(case.record, case.company.fiscal_year_end_month) if case.record else ()


def _simulation(case: Case) -> Iterator[str]:
    yield from price_lines(case)
    yield f"{case.simulation.paths:,} simulated paths; the seed {case.simulation.seed} fixes the random numbers."
