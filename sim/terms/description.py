"""The terms in plain words, with the dates they mean."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Iterator

from sim import calendar
from sim.terms.case import Case
from sim.terms.parts import Condition, Milestone, Note
from sim.terms.problems import one_line
from sim.terms.record import record_lines
from sim.terms.stated import range_lines
from sim.terms.warnings import doubts
from sim.text.dates import long_date
from sim.text.numbers import count, money, percent

COLUMNS = 100
MOST_DRAWS = 1e6  # that are worth counting
LISTED_DATES = 3  # purchase dates of one quarter that are written out

CADENCES = {
    "quarter_end": "the last session of each fiscal quarter",
    "month_end": "the last session of each month",
    "weekly": "the last session of each week",
    "daily": "every session",
    "dates": "the listed dates",
}
BASES = {
    "quarter": "the cash used in operations in the same fiscal quarter, the whole of it",
    "to_date": "the cash used in operations in the fiscal quarter through the purchase date",
    "previous_quarter": "the cash used in operations in the fiscal quarter before",
}


def describe(case: Case) -> str:
    """What the case says, for a reader who has not seen the file: paragraphs and tables at most 100 columns wide.

    Expected figures are those of the burn model's mean, `Case.burn_level`; nothing is simulated.
    """
    sections = (
        ("Company", _company(case)),
        ("The line", _line(case)),
        ("Purchase dates and coverage", _purchases(case)),
        ("Conditions", _conditions(case)),
        ("Milestones", _milestones(case)),
        ("Third parties", _third_party(case)),
        ("Notes", _notes(case)),
        ("Shares", _shares(case)),
        ("Simulation", _simulation(case)),
        ("Ranges of what is uncertain", range_lines(case.ranges) if case.ranges else ()),
        ("What really happened, which no simulation looks at", _record(case)),
        ("Worth a second look", tuple(doubts(case))),
    )
    title = f"{_wrapped(case.title)}\n{one_line(case.source, 80)}  ({case.sha256[:12]})\n"
    return title + "".join(f"\n{head}\n{_indented(body)}\n" for head, body in sections if body != ())


# --- how things are written ------------------------------------------------------------------------------------------


def _wrapped(text: str, first: str = "", later: str = "") -> str:
    from textwrap import fill

    return fill(text, COLUMNS, initial_indent=first, subsequent_indent=later, break_on_hyphens=False)


def _indented(body: Iterable[str]) -> str:
    """Paragraphs wrapped under a heading; lines that start with a space stand as they are, "- " makes an item."""
    lines = []
    for text in body:
        if text.startswith(" "):
            lines.append(text.rstrip())
        else:
            lines.append(_wrapped(text, "  ", "    " if text.startswith("- ") else "  "))
    return "\n".join(lines)


def _table(rows: list[tuple[str, ...]], right: set[int]) -> Iterator[str]:
    """Rows in aligned columns; the columns of `right` are flush right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = (cell.rjust(widths[i]) if i in right else cell.ljust(widths[i]) for i, cell in enumerate(row))
        yield "  " + "  ".join(cells)


# --- the sections ----------------------------------------------------------------------------------------------------


def _company(case: Case) -> Iterator[str]:
    company, burn = case.company, case.burn
    quarter = calendar.fiscal_quarter(case.valuation_date, company.fiscal_year_end_month)
    year_end = quarter.plus(4 - quarter.quarter).end
    yield (
        f"{company.name} opens on {long_date(case.valuation_date)} ({quarter.label}) with {money(company.cash)}, "
        f"and is out of cash when it has less than {money(company.minimum_cash)}. "
        f"The simulation ends with {long_date(case.horizon)}; fiscal years end in {year_end:%B}."
    )
    growth = f", growing by {percent(burn.growth)} a year" if burn.growth else ""
    steps = "".join(f"; times {s.factor:g} from {long_date(s.date)}" for s in burn.steps[:6])
    more = f"; and {len(burn.steps) - 6} more steps" * (len(burn.steps) > 6)
    yield (
        f"Operations use {money(burn.monthly)} a month on average{growth}{steps}{more}. One month deviates by "
        f"{percent(burn.volatility)} (standard deviation of the log). " + _lasts(case)
    )


def _lasts(case: Case) -> str:
    """How far the opening cash reaches at the expected burn."""
    left = case.company.cash - case.company.minimum_cash
    for k in range(calendar.month_number(case.valuation_date, case.horizon) + 1):
        level = case.burn_level(k)
        if left < level:
            share = left / level if left > 0.0 else 0.0  # of the month
            days = math.floor(share * calendar.days_in_month(case.valuation_date, k))
            day = calendar.month_start(case.valuation_date, k) + days * calendar.ONE_DAY
            return f"At that pace, with no draw and no note to pay, the opening cash lasts until {long_date(day)}."
        left -= level
    return "At that pace, with no draw and no note to pay, the opening cash lasts beyond the horizon."


def _line(case: Case) -> Iterator[str]:
    line, pricing = case.line, case.line.pricing
    kind = "registered" if line.registered else "restricted"
    if not line.commitment:
        yield "The line is off: its commitment is $0."
        return
    yield (
        f"{line.investor} buys up to {money(line.commitment)} of {kind} stock from {long_date(line.start)} to "
        f"{long_date(line.end)}, whenever the company asks and the conditions hold. {_period_cap(case)}"
    )
    mean = "mean" if pricing.statistic == "mean" else "lowest"
    days = count(pricing.window, "trading day")
    when = "before the purchase date" if pricing.timing == "before" else "through the purchase date"
    close = f"the {mean} close of the {days} {when}" if pricing.window > 1 else f"the close of the trading day {when}"
    floor = f"below {money(pricing.floor)} there is no draw" if pricing.floor else "there is no floor price"
    yield f"Price: {percent(pricing.multiplier)} of {close}; {floor}."
    costs = f"Each draw costs {money(line.legal_cost_per_draw)} of legal fees. " * (line.legal_cost_per_draw > 0)
    least = f"A draw below {money(line.minimum_draw)} is not made. " * (line.minimum_draw > 0)
    if costs or least:
        yield (costs + least).strip()


def _period_cap(case: Case) -> str:
    line = case.line
    if line.max_per_period is None:
        return "No cap by fiscal quarter."
    cap = f"At most {money(line.max_per_period)} a fiscal quarter"
    if not line.max_per_period or line.commitment > MOST_DRAWS * line.max_per_period:
        return cap + "."
    full = math.ceil(line.commitment / line.max_per_period)
    month = case.company.fiscal_year_end_month
    first, last = (calendar.fiscal_quarter(day, month) for day in (line.start, line.end))
    quarters = count(last.ordinal - first.ordinal + 1, "fiscal quarter")
    return f"{cap}: {count(full, 'full draw')} would use up the commitment, and the term touches {quarters}."


def _purchases(case: Case) -> Iterator[str]:
    line, policy, days = case.line, case.policy, case.purchase_dates
    when = CADENCES["dates" if policy.dates else policy.cadence]
    yield f"{_request(case)} on {when}: {count(len(days), 'purchase date')}."
    if not days:
        return
    if line.coverage:
        carried = "; what a quarter leaves unused is carried forward" * line.coverage.carry_forward
        basis = BASES[line.coverage.basis]
        yield f"The draws of a fiscal quarter may not exceed its coverage, a share of {basis}{carried}."
    yield from _quarter_table(case, days)


def _request(case: Case) -> str:
    policy = case.policy
    months = f"{policy.target_months:g} months of expected burn" if policy.target_months is not None else ""
    match policy.kind:
        case "runway":
            return f"The company asks for what it lacks to have {months},"
        case "opportunistic":
            trigger = money((policy.price_trigger or 0) * case.price.initial)
            return (
                f"The company asks for what it lacks to have {months}, and for all it can get when the stock closes at "
                f"{trigger} or above,"
            )
        case "schedule":
            return f"The company asks for listed amounts, {money(sum(policy.amounts))} in all,"
    return "The company asks for all it can get"


def _quarter_table(case: Case, days: tuple[datetime.date, ...]) -> Iterator[str]:
    """One row for each fiscal quarter that has purchase dates."""
    coverage = case.line.coverage
    by_quarter: dict[calendar.FiscalQuarter, list[datetime.date]] = {}
    for day in days:
        quarter = calendar.fiscal_quarter(day, case.company.fiscal_year_end_month)
        by_quarter.setdefault(quarter, []).append(day)
    first = calendar.fiscal_quarter(case.line.start, case.company.fiscal_year_end_month)
    head = ("quarter", "ends", "purchase dates") + ("coverage", "at expected burn") * (coverage is not None)
    rows = [head]
    for quarter, dates in by_quarter.items():
        shown = ", ".join(str(day) for day in dates)
        if len(dates) > LISTED_DATES:
            shown = f"{len(dates)} from {dates[0]} to {dates[-1]}"
        cells = [quarter.label, str(quarter.end), shown]
        if coverage:
            share = coverage.percent[min(quarter.ordinal - first.ordinal, len(coverage.percent) - 1)]
            cells += [f"{share:g}%", money(share / 100 * _expected_use(case, quarter, dates[-1]))]
        rows.append(tuple(cells))
    yield from _table(rows, right={3, 4})


def _expected_use(case: Case, quarter: calendar.FiscalQuarter, last: datetime.date) -> float:
    """What the coverage's basis counts, at expected burn, on the quarter's last purchase date."""
    basis = case.line.coverage.basis if case.line.coverage else "quarter"
    k = calendar.month_number(case.valuation_date, quarter.start) - 3 * (basis == "previous_quarter")
    full = calendar.month_number(case.valuation_date, last) - k if basis == "to_date" else 3
    use = sum(case.burn_level(k + i) for i in range(full))
    if basis == "to_date":
        use += case.burn_level(k + full) * last.day / calendar.days_in_month(case.valuation_date, k + full)
    return use


def _conditions(case: Case) -> Iterator[str]:
    if not case.line.conditions:
        yield "None: the investor must always buy."
    for condition in case.line.conditions:
        yield f"- {condition.name}: {_condition(case, condition)}"


def _condition(case: Case, condition: Condition) -> str:
    after = f"after {long_date(condition.after)} " if condition.after else ""
    waiver = f" (or {case.line.investor} waives it, {percent(condition.waiver_probability)})"
    waived = waiver if condition.waiver_probability else " (never waived)"
    ceo, adverse = case.events.ceo_change, case.events.adverse_change
    match condition.kind:
        case "milestone":
            return f"{after}no draw unless {condition.milestone} is reached{waived}."
        case "same_ceo":
            chance = f"; such a change comes {_yearly(ceo.annual_rate)}" if ceo else "; the case expects none"
            return f"{after}no draw once the chief executive has changed{waived}{chance}."
        case _:
            if adverse is None:
                return f"{after}no draw after a material adverse change{waived}; the case expects none."
            return (
                f"{after}no draw for {adverse.duration_days:g} days from a material adverse change{waived}; "
                f"such a change comes {_yearly(adverse.annual_rate)}."
            )


def _yearly(rate: float) -> str:
    return f"at a rate of {rate:g} a year" if rate else "never"


def _milestones(case: Case) -> Iterator[str]:
    if not case.milestones:
        yield "None."
        return
    for milestone in case.milestones:
        jump = milestone.price_jump
        move = f"; the stock then moves by {'+' * (jump > 0)}{percent(jump)}" if jump else ""
        reached = f"reached at all with {percent(milestone.probability)}"
        yield f"- {milestone.name}: {reached}, {_clock(case, milestone)}{move}."


def _clock(case: Case, milestone: Milestone) -> str:
    if milestone.follows:
        return (
            f"{milestone.median_days:g} days (median) after {milestone.follows} and nine times in ten within "
            f"{milestone.p90_days:g}"
        )
    median, late = (_on(case, days) for days in (milestone.median_days, milestone.p90_days))
    return f"if so then by {median} (median) and nine times in ten by {late}"


def _on(case: Case, days: float) -> str:
    """The date on which a time in days from the opening falls."""
    return long_date(case.valuation_date + datetime.timedelta(days=math.ceil(days) - 1))


def _third_party(case: Case) -> Iterator[str]:
    third = case.third_party
    if third is None or not third.annual_rate:
        yield "No financing by third parties."
        return
    shares = (
        f"shares at {percent(third.discount)} below the close" if third.kind == "equity" else "debt, without shares"
    )
    yield (
        f"Financing by third parties comes at a rate of {third.annual_rate:g} a year, {money(third.median_amount)} "
        f"(median), as {shares}. With {percent(third.reduction_probability)} {case.line.investor} then cuts the "
        "remaining commitment by as much."
    )


def _notes(case: Case) -> Iterator[str]:
    if not case.notes:
        yield "None."
    for note in case.notes:
        due = f"{money(note.principal)} due {long_date(note.maturity)}{_extension(note)}"
        yield f"- {note.name}: {due}. {_interest(note)}"
        if note.sweep:
            yield (
                f"- {note.name}, sweep at each month's end: cash above {money(note.sweep.prepay_above)} prepays "
                f"it; below {money(note.sweep.reborrow_below)} prepaid principal is borrowed again, until "
                f"{long_date(note.maturity)}."
            )


def _extension(note: Note) -> str:
    if note.extended_maturity is None or not note.extension_probability:
        return ""
    return f", with {percent(note.extension_probability)} extended to {long_date(note.extended_maturity)}"


def _interest(note: Note) -> str:
    whole = note.base_rate + note.margin
    rate = whole if note.rate_cap is None else min(whole, note.rate_cap)
    cap = "" if note.rate_cap is None else f", at most {percent(note.rate_cap)}"
    paid = "with the principal"
    if note.interest_date:
        month, day = map(int, note.interest_date.split("-"))
        paid = f"every {day} {datetime.date(2000, month, 1):%B} and with the principal"
    since = f" since {long_date(note.last_interest_date)}" if note.last_interest_date else ""
    return (
        f"Interest of {percent(rate)} a year ({percent(note.base_rate)} + {percent(note.margin)}{cap}) runs{since}, "
        f"{money(note.principal * rate)} a year on the whole principal, and is paid {paid}."
    )


def _shares(case: Case) -> Iterator[str]:
    company, line = case.company, case.line
    headroom = company.shares_authorized - company.shares_reserved - company.shares_outstanding
    price = line.pricing.multiplier * case.price.initial
    needed = math.floor(line.commitment / price + 0.5)
    yield (
        f"{company.shares_outstanding:,} shares are outstanding and {company.shares_reserved:,} reserved of "
        f"{company.shares_authorized:,} authorised, which leaves {headroom:,}."
    )
    if not needed:
        return
    yield (
        f"At the opening price of ${case.price.initial:.2f}, that is ${price:.4f} a share, the whole commitment takes "
        f"{needed:,} shares{_dilution(company.shares_outstanding, needed)}. {_headroom(case, headroom)}"
    )


def _dilution(outstanding: int, issued: int) -> str:
    return f", a dilution of {percent(issued / (outstanding + issued))}"


def _headroom(case: Case, headroom: int) -> str:
    if not headroom:
        return "The charter leaves none."
    limit = case.line.commitment / (headroom * case.line.pricing.multiplier)
    if limit > case.price.initial:
        return f"The charter does not allow that many: it takes closes of ${limit:.2f} or more."
    return f"The charter allows it at closes of ${limit:.2f} or more."


def _record(case: Case) -> Iterable[str]:
    return record_lines(case.record, case.company.fiscal_year_end_month) if case.record else ()


def _simulation(case: Case) -> Iterator[str]:
    price, impact = case.price, "each draw moves it to the theoretical ex-issue price"
    yield (
        f"The stock follows a geometric Brownian motion from ${price.initial:.2f}, volatility "
        f"{percent(price.volatility)} and drift {percent(price.drift)} a year; "
        f"{impact if price.impact == 'dilution' else 'draws do not move it'}."
    )
    yield f"{case.simulation.paths:,} paths, seed {case.simulation.seed}."
