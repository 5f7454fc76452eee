"""The twin: SPEC sections 4 to 7 for one path, written to be read beside them. It shares no code with `sim`.

    ledger = replay(case, history)        # section 5: the ledger of a history, both in section 8's JSON shape
    measures(case, ledger)                # section 7: the ten measures of that path
    raised_by_quarter(case, ledger)       # and what it raised in each fiscal quarter
    history = sample(case, seed, path)    # section 6: everything random in one path (sampler.py)

A case is the plain dictionary of its TOML file, or `read(case)` of it, which saves reading it again for every path.

Two programs agree to the last bit only if they do the same operations in the same order. The conventions:

* Operations use `rate = used / simulated_days` a day. The balance on a day is `base - rate * (t - t0)`, `base` being
  the balance on t0, the last day on which anything else moved the cash, or the month's opening; the minimum is broken
  at `t0 + max(0, (base - minimum) / rate)`.
* What is less than a cent is no draw, and no shortfall either (but for the opening cash, which nothing has rounded).
* Shares are whole numbers, all else floats. Sums run in time order. Coverage is
  `(percent / 100) * max(0, sum) + unused - drawn`.
* A draw and its legal cost are two additions to cash, a sweep's interest and principal two subtractions.
* Interest is `accrued += principal * rate * days / 365`, left to right, added at the note's interest dates, at its
  maturities (also at the original one of an extended note, where nothing is paid), and with a sweep at month-ends.
"""

import math
from datetime import date

from tests.twin.history import draw_history
from tests.twin.line_terms import LineTerms, happened
from tests.twin.lines import LineBooks, cut_lines, everyone_gives_notice, everyone_settles, fees_fall_due
from tests.twin.other_cash import OtherCash, comes_later
from tests.twin.people import People, coverage_name, follows_price, renewed
from tests.twin.terms import (
    DAY,
    Terms,
    _given,
    as_date,
    interest_dates,
    month_first,
    month_last,
    month_of,
    read,
)

CENT = 0.01  # dollars


class MissingHistory(ValueError):
    """The history lacks a close or a month that the ledger needs."""


# ---------------------------------------------------------------------------------------------- section 5: the ledger


class Note:
    """One note's state on one path."""

    def __init__(self, terms: Terms, note: dict, extended: bool):
        self.name = note["name"]
        self.principal, self.prepaid = 0.0 if comes_later(terms, note) else float(note["principal"]), 0.0
        self.accrued, self.pays = float(_given(note, "accrued", 0)), _given(note, "interest", "cash") == "cash"
        self.accrued_to = as_date(_given(note, "last_interest_date", terms.valuation_date))
        if note.get("accrued") is not None:
            self.accrued_to = terms.valuation_date
        lender_rate = float(note["base_rate"]) + float(_given(note, "margin", 0))
        self.rate = min(lender_rate, float(_given(note, "rate_cap", math.inf)))
        self.original_maturity = as_date(note["maturity"])
        self.maturity = as_date(note["extended_maturity"]) if extended else self.original_maturity
        self.interest_dates = set(interest_dates(terms, note))
        self.days = note.get("interest_dates") or [note.get("interest_date")] * bool(note.get("interest_date"))
        self.paid_to = as_date(_given(note, "last_interest_date", terms.valuation_date))
        self.opening, self.comes = float(note["principal"]), note.get("advance") is not None
        self.sweep = note.get("sweep")

    def accrue(self, day: date) -> None:
        self.accrued += self.principal * self.rate * (day - self.accrued_to).days / 365
        self.accrued_to = day

    def every_date(self, first: date, last: date) -> list[date]:
        """Each interest date from one day to another."""
        days = {date(year, *map(int, day.split("-"))) for year in range(first.year, last.year + 1) for day in self.days}
        return sorted(day for day in days if first <= day <= last)

    def paid_before(self, terms: Terms, first: date, last: date) -> float:
        """Interest of these days that was paid before the opening, on the opening principal."""
        known = min(last, terms.valuation_date - DAY, self.paid_to)
        dates = self.every_date(first, known)
        if not dates or not self.pays or self.comes:
            return 0.0
        before = self.every_date(dates[0] - 366 * DAY, dates[0] - DAY)[-1]
        return self.opening * self.rate * (dates[-1] - before).days / 365

    def still_due(self, terms: Terms, first: date, last: date) -> float:
        """Interest that falls due in these days, on the principal as it is."""
        dates = self.every_date(first, min(last, self.maturity))
        paying = dates * self.pays + [self.maturity] * (first <= self.maturity <= last)
        if not paying:
            return 0.0
        added = [] if self.pays else [day for day in dates if day < paying[-1]]
        if added:
            return self.principal * self.rate * (paying[-1] - added[-1]).days / 365
        return self.accrued + self.principal * self.rate * (paying[-1] - self.accrued_to).days / 365


def basis_of(line: LineTerms) -> str:
    return _given(line.coverage, "basis", "quarter")


class Books:
    """The state of one path: cash, shares, what is left of the line, the notes, and what was written down so far."""

    def __init__(self, terms: Terms, history: dict):
        self.terms, self.history, self.other = terms, history, OtherCash(terms, history)
        self.cash, self.outstanding = terms.opening_cash, terms.opening_shares
        self.payments: dict[tuple[date, int], dict] = {}
        self.interest_paid: dict[int, float] = {}  # by month
        self.counted: dict[tuple[str, date], float] = {}  # interest in the coverage of a line on a date
        self.lines = [LineBooks(line) for line in terms.lines]
        self.notes = [Note(terms, note, note["name"] in history["extended"]) for note in terms.notes]
        self.base, self.base_day = self.cash, terms.valuation_date - DAY  # when something else last moved the cash
        self.cash_out, self.ending_cash, self.gap = None, None, 0.0
        self.other_shares, self.gap_month_end = 0, {}
        self.started = False  # the opening has been looked at
        self.discount_cost = 0.0
        self.people = People(terms, history)
        self.draws, self.cash_month_end = [], {}

    def headroom(self) -> int:
        return self.terms.issuable - self.outstanding

    def used(self, month: int) -> float:
        """Cash used in operations in a month as management has cut it; outside the simulated span the expected one."""
        if month not in self.terms.months():
            return self.expected(month)
        return self.other.in_operations(self.burn(month), month)

    def burn(self, month: int) -> float:
        """The same without other flows, which no cut changes."""
        key = f"{month // 12:04}-{month % 12 + 1:02}"
        if key not in self.history["cash_used"]:
            raise MissingHistory(f"the history has no cash used for {key}")
        fixed = self.history.get("cash_fixed", {}).get(key, 0.0)
        return self.people.burn(month, float(self.history["cash_used"][key]), float(fixed))

    def condition_holds(self, condition: dict, day: date) -> bool:
        """Whether a condition holds on a purchase date, waived or not."""
        after, t = _given(condition, "after", None), self.terms.t(day)
        if after is not None and day <= as_date(after):
            return True
        if condition["kind"] == "milestone":
            return happened(self.history["achieved_days"].get(condition["milestone"]), t)
        if condition["kind"] == "same_ceo":
            return not happened(self.history["ceo_change_days"], t)
        adverse = self.history["adverse_change_days"]
        lasts = (
            float(_given(self.terms.events["adverse_change"], "duration_days", math.inf))
            if adverse is not None
            else 0.0
        )
        return not (happened(adverse, t) and t < adverse + lasts)

    def waives(self, line: LineTerms, name: str, day: date) -> bool:
        """Whether the investor waives a condition of a line, or its coverage, on a day."""
        if line.waivers.get("mode") == "each_period":
            periods = self.history.get("waived_by_period", {})
            return name in periods.get(self.terms.quarter_label(self.terms.quarter(day)), self.history["waived"])
        return name in self.history["waived"]

    def covers(self, line: LineTerms, day: date) -> bool:
        """Whether coverage limits a draw on a day."""
        can = float(_given(line.coverage or {}, "waiver_probability", 0)) > 0
        return bool(line.coverage) and not (can and self.waives(line, coverage_name(line), day))

    def expected(self, month: int) -> float:
        """Expected cash used in operations, with the flows that are planned in a simulated month."""
        figure = self.people.expected(month)
        if month in self.terms.months():
            figure *= self.terms.share(month)
            for amount in self.other.planned(month):
                figure -= amount
        return figure

    def allowance(self, line: LineTerms, day: date, whole: bool = False) -> float:
        """Coverage before carrying forward and earlier draws: the quarter's percentage of its basis."""
        terms, basis = self.terms, basis_of(line)
        quarter, month, used = terms.quarter(day), month_of(day), 0.0
        first, stop = {
            "quarter": (quarter, quarter + 3),
            "to_date": (quarter, month),
            "previous_quarter": (quarter - 3, quarter),
            "forecast": (quarter, month),
        }[basis]
        months = [*range(first, stop), *[month] * (basis in ("to_date", "forecast"))]
        if whole and day == terms.quarter_end(quarter) and basis in ("to_date", "forecast"):
            months, basis = list(range(quarter, quarter + 3)), "quarter"
        for n, each in enumerate(months):
            if each == terms.first_month and terms.share(each) < 1.0:  # its days before the valuation date
                used += self.people.expected_before(each) * (1.0 - terms.share(each))
            if basis in ("to_date", "forecast") and n == len(months) - 1:
                share = ((day - terms.opening_of(month)).days + 1) / terms.simulated_days(month)
                used += self.used(month) * share
                if basis == "forecast":
                    used += self.expected(month) * (1.0 - share)
                    for later in range(month + 1, quarter + 3):
                        used += self.expected(later)
            else:
                used += self.used(each)
        if line.coverage.get("includes_interest"):
            used += self.interest(line, day, basis_of(line), whole)
        percent = line.coverage["percent"]
        number = (quarter - terms.quarter(line.start)) // 3
        return percent[min(number, len(percent) - 1)] / 100.0 * max(0.0, used)

    def interest(self, line: LineTerms, day: date, basis: str, whole: bool) -> float:
        """Interest on notes in the days of the basis: paid before the opening, paid since, and still due on a day."""
        terms, quarter = self.terms, self.terms.quarter(day)
        if not whole and (line.name, day) in self.counted:
            return self.counted[line.name, day]  # a settlement counts what its notice has counted
        shift = 3 if basis == "previous_quarter" else 0
        first, last = month_first(quarter - shift), terms.quarter_end(quarter - shift)
        last = day if basis == "to_date" and not whole else last
        total = 0.0
        for note in self.notes:
            total += note.paid_before(terms, first, last)
        for month in terms.months():
            if month_of(first) <= month <= month_of(last):
                total += self.interest_paid.get(month, 0.0)
        for note in self.notes:
            if not whole:
                total += note.still_due(terms, max(day, first), last)
        if not whole:
            self.counted[line.name, day] = total
        return total

    def pay_note(self, note: Note, day: date, interest: float, principal: float) -> None:
        """List what is paid on a note on a day, interest and principal together."""
        if interest == 0.0 and principal == 0.0:
            return
        key = (day, self.notes.index(note))
        empty = {"date": day.isoformat(), "note": note.name, "interest": 0.0, "principal": 0.0}
        payment = self.payments.setdefault(key, empty)
        payment["interest"] += interest
        self.interest_paid[month_of(day)] = self.interest_paid.get(month_of(day), 0.0) + interest
        payment["principal"] += principal

    def move_cash(self, amount: float, day: date) -> None:
        """Anything but operations moves the cash."""
        self.cash += amount
        if amount != 0:
            self.base, self.base_day = self.cash, day

    def look_at_cash(self, t: float, cause: str) -> None:
        """The funding gap, and the cash-out if this is the first moment below the minimum, by a cent or more."""
        short = self.terms.minimum - self.cash
        if short <= 0.0 or (short < CENT and self.started):
            return
        self.gap = max(self.gap, short)
        if self.cash_out is None:
            day = self.terms.valuation_date + max(0, math.ceil(t) - 1) * DAY
            self.cash_out = {"days": t, "date": day.isoformat(), "cause": cause}
            self.ending_cash = self.terms.minimum if cause == "operations" else self.cash


def replay(case: dict | Terms, history: dict) -> dict:
    """The ledger of a history. Closes are final: no moves are applied to them. Raises MissingHistory."""
    terms = read(case)
    return _ledger_of(_keep_ledger(terms, history, RecordedMarket(terms, history)))


def further(case: dict | Terms, history: dict) -> dict:
    """What a ledger's JSON does not have: the funding gap up to each month's end, and the shares that third parties got
    before the cash-out."""
    terms = read(case)
    books = _keep_ledger(terms, history, RecordedMarket(terms, history))
    return {"gap_month_end": books.gap_month_end, "other_shares": books.other_shares}


def _keep_ledger(terms: Terms, history: dict, market) -> Books:
    """Section 5, the order of events."""
    books = Books(terms, history)
    books.look_at_cash(0.0, "operations")  # opening below the minimum
    books.started = True
    books.people.open_month(terms.first_month, books.cash)
    for day in sorted({*terms.event_dates, *books.other.dates}):
        use_cash_in_operations(books, day)  # 1
        if day in terms.month_last_sessions:
            take_third_party_financing(books, market, day)  # 2
        books.other.take(books, day)
        everyone_settles(books, market, day)  # 3
        everyone_gives_notice(books, market, day)
        fees_fall_due(books, market, day)  # 4
        if day == month_last(month_of(day)):
            books.move_cash(-books.people.one_off, day)
            books.look_at_cash(terms.t(day), "operations")
        pay_interest(books, day)
        pay_principal(books, day)
        if day == month_last(month_of(day)):
            sweep_notes(books, day)  # 5
            books.other.credit(books, month_of(day))
            if books.people.bridge:
                books.move_cash(books.people.loan(day, books.cash), day)
            books.other.opening = books.cash
            books.base, books.base_day = books.cash, day
            books.cash_month_end[f"{day:%Y-%m}"] = books.cash
            books.gap_month_end[f"{day:%Y-%m}"] = books.gap
            books.people.open_month(month_of(day) + 1, books.cash)
    return books


def _ledger_of(books: Books) -> dict:
    return {
        "draws": books.draws,
        "payments": [books.payments[key] for key in sorted(books.payments)],
        "cash_month_end": books.cash_month_end,
        "cash_out": books.cash_out,
        "raised": sum(line.raised for line in books.lines),
        "shares_issued": sum(line.shares_issued for line in books.lines),
        "discount_cost": books.discount_cost,
        "funding_gap": books.gap,
        "ending_cash": books.cash if books.cash_out is None else books.ending_cash,
        **books.other.entries(),
        **books.people.ledger(),
    }


def use_cash_in_operations(books: Books, day: date) -> None:
    """5.1: a month's cash is used evenly over its days; the minimum is reached by linear interpolation."""
    month = month_of(day)
    rate = books.other.spent(books.burn(month), month) / books.terms.simulated_days(month)
    t = books.terms.t(books.base_day)
    books.cash = books.base - rate * (books.terms.t(day) - t)
    if rate > 0:
        t += max(0.0, (books.base - books.terms.minimum) / rate)
    books.look_at_cash(t, "operations")


def take_third_party_financing(books: Books, market, day: date) -> None:
    """5.2: third-party money; equity is limited by the charter, and the investor may cut the line by as much."""
    market.decide_financing(books.history, day)
    for deal in books.history["third_party"]:
        if deal["month"] != f"{day:%Y-%m}":
            continue
        amount = float(deal["amount"])
        if books.terms.third_party["kind"] == "equity":
            price = market.close(day) * (1 - float(_given(books.terms.third_party, "discount", 0)))
            room = max(0, books.headroom())  # fee shares of a line obey no limit
            amount = min(amount, room * price)
            shares = nearest_whole_shares(amount, price, room)
            books.outstanding += shares
            books.other_shares += shares if books.cash_out is None else 0
        books.move_cash(amount, day)
        if deal.get("reduces_line", False):
            cut_lines(books, amount, day)


def nearest_whole_shares(amount: float, price: float, headroom: int) -> int:
    return min(math.floor(amount / price + 0.5), headroom)


def pay_interest(books: Books, day: date) -> None:
    """5.4: interest of all notes due that day, also that due with the principal."""
    for note in books.notes:
        if day in note.interest_dates or day in (note.original_maturity, note.maturity):
            note.accrue(day)
        if day in note.interest_dates and not note.pays and day != note.maturity:
            note.principal, note.accrued = note.principal + note.accrued, 0.0
        elif day in note.interest_dates or day == note.maturity:
            books.pay_note(note, day, note.accrued, 0.0)
            books.move_cash(-note.accrued, day)
            note.accrued = 0.0
            books.look_at_cash(books.terms.t(day), "interest")


def pay_principal(books: Books, day: date) -> None:
    """5.4: principal at the maturity, the extended one if there is one on this path."""
    for note in books.notes:
        if day == note.maturity:
            books.pay_note(note, day, 0.0, note.principal)
            books.move_cash(-note.principal, day)
            note.principal = 0.0
            books.look_at_cash(books.terms.t(day), "principal")


def sweep_notes(books: Books, day: date) -> None:
    """5.5: a revolving note takes cash above one level and gives back, until its maturity, below another."""
    for note in books.notes:
        if not note.sweep:
            continue
        note.accrue(day)
        above, below = float(note.sweep["prepay_above"]), float(note.sweep["reborrow_below"])
        if books.cash > above:
            excess = books.cash - above
            interest = min(excess, note.accrued)
            principal = min(excess - interest, note.principal)
            note.accrued -= interest
            note.principal -= principal
            note.prepaid += principal
            books.pay_note(note, day, interest, principal)
            books.move_cash(-interest, day)
            books.move_cash(-principal, day)
        elif books.cash < below and day < note.original_maturity:
            again = min(below - books.cash, note.prepaid)
            note.prepaid -= again
            note.principal += again
            books.pay_note(note, day, 0.0, -again)
            books.move_cash(again, day)


class RecordedMarket:
    """Closes as the history wrote them down; before the valuation date the initial price."""

    def __init__(self, terms: Terms, history: dict):
        self.terms, self.closes, self.days = terms, history["closes"], history.get("days", {})

    def close(self, day: date) -> float:
        return self.close_at(self.terms.position[day])

    def price_at(self, position: int, series: str) -> float:
        """The close, the low or the VWAP of a session."""
        if series == "close":
            return self.close_at(position)
        if position < 0:
            return self.terms.initial
        return float(self.days[self.terms.sessions[position].isoformat()][series])

    def close_at(self, position: int) -> float:
        if position < 0:
            return self.terms.close_before(position)
        key = self.terms.sessions[position].isoformat()
        if key not in self.closes:
            raise MissingHistory(f"the history has no close for {key}")
        return float(self.closes[key])

    def volume_at(self, position: int) -> float:
        if position < 0:
            return self.terms.volume["mean"]
        return float(self.days[self.terms.sessions[position].isoformat()]["volume"])

    def after_draw(self, day: date, outstanding: int, shares: int, price: float) -> None:
        """Nothing: recorded closes are final."""

    def decide_financing(self, history: dict, day: date) -> None:
        """Nothing: the history lists who came."""

    def decide_waivers(self, history: dict, line: LineTerms, day: date) -> None:
        """Nothing: the history lists what is waived."""


# ---------------------------------------------------------------------------------------------- section 6: one path


def sample(case: dict | Terms, seed: int, path: int) -> dict:
    """The history of one path, with a close for every session from the valuation date to the horizon."""
    terms = read(case)
    history, market = draw_history(terms, seed, path)
    if terms.impact == "dilution" or follows_price(terms) or any(map(renewed, terms.lines)):
        _keep_ledger(terms, history, market)  # draws move later closes, and what looks at them comes of the ledger
    history["closes"] = market.all_closes()
    if any(terms.traded.values()):
        history["days"] = market.all_days()
    return history


# ---------------------------------------------------------------------------------------------- section 7: measures


def measures(case: dict | Terms, ledger: dict) -> dict[str, float | None]:
    """The ten measures of one path; None where a measure is absent."""
    terms = read(case)
    raised, issued, cost = ledger["raised"], ledger["shares_issued"], ledger["discount_cost"]
    survived = ledger["cash_out"]["days"] if ledger["cash_out"] else terms.t(terms.horizon)
    return {
        "raised": raised,
        "shares_issued": issued,
        "dilution": issued / (terms.opening_shares + issued),
        "effective_price": raised / issued if issued else None,
        "discount_cost": cost,
        "effective_discount": cost / (raised + cost) if raised + cost else None,
        "runway_months": survived / 30.4375,
        "funding_gap": ledger["funding_gap"],
        "ending_cash": ledger["ending_cash"],
        "draws": len(counted_draws(terms, ledger)),
    }


def counted_draws(case: dict | Terms, ledger: dict) -> list[dict]:
    """The draws up to the cash-out. On the day of the cash-out itself the sum raised tells on which side a draw was."""
    terms, counted, total = read(case), [], 0.0
    out = math.inf if ledger["cash_out"] is None else ledger["cash_out"]["days"]
    for entry in ledger["draws"]:
        t = terms.t(as_date(entry["date"]))
        if entry["amount"] > 0 and (t < out or (t == out and total != ledger["raised"])):
            counted.append(entry)
            total += entry["amount"]
    return counted


def raised_by_quarter(case: dict | Terms, ledger: dict) -> dict[str, float]:
    """What the path raised in each fiscal quarter of the simulated span, by label."""
    terms = read(case)
    raised = {terms.quarter_label(terms.quarter(month_last(month))): 0.0 for month in terms.months()}
    for entry in counted_draws(terms, ledger):
        raised[terms.quarter_label(terms.quarter(as_date(entry["date"])))] += entry["amount"]
    return raised
