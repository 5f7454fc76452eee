"""The twin: SPEC sections 4 to 7 for one path, written to be read beside them. It shares no code with `sim`.

    ledger = replay(case, history)        # section 5: the ledger of a history, both in section 8's JSON shape
    measures(case, ledger)                # section 7: the ten measures of that path
    raised_by_quarter(case, ledger)       # and what it raised in each fiscal quarter
    history = sample(case, seed, path)    # section 6: everything random in one path (sampler.py)

A case is the plain dictionary of its TOML file, or `read(case)` of it, which saves reading it again for every path.

Two programs agree to the last bit only if they do the same operations in the same order. The conventions:

* Operations use `rate = used / days_in_month` a day. The balance on a day is `base - rate * (t - t0)`, `base` being the
  balance on t0, the last day on which anything else moved the cash, or the month's opening; the minimum is broken at
  `t0 + max(0, (base - minimum) / rate)`.
* What is less than a cent is no draw, and no shortfall either (but for the opening cash, which nothing has rounded).
* Shares are whole numbers, all else floats. Sums run in time order. Coverage is
  `(percent / 100) * max(0, sum) + unused - drawn`.
* A draw and its legal cost are two additions to cash, a sweep's interest and principal two subtractions.
* Interest is `accrued += principal * rate * days / 365`, left to right, added at the note's interest dates, at its
  maturities (also at the original one of an extended note, where nothing is paid), and with a sweep at month-ends.
"""

import math
from collections.abc import Iterator
from datetime import date

from tests.twin.history import draw_history
from tests.twin.terms import (
    DAY,
    EVERYTHING,
    Terms,
    _given,
    as_date,
    days_in,
    interest_dates,
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
        self.principal, self.prepaid, self.accrued = float(note["principal"]), 0.0, 0.0
        self.accrued_to = as_date(_given(note, "last_interest_date", terms.valuation_date))
        lender_rate = float(note["base_rate"]) + float(_given(note, "margin", 0))
        self.rate = min(lender_rate, float(_given(note, "rate_cap", math.inf)))
        self.original_maturity = as_date(note["maturity"])
        self.maturity = as_date(note["extended_maturity"]) if extended else self.original_maturity
        self.interest_dates = set(interest_dates(terms, note))
        self.sweep = note.get("sweep")

    def accrue(self, day: date) -> None:
        self.accrued += self.principal * self.rate * (day - self.accrued_to).days / 365
        self.accrued_to = day


class Books:
    """The state of one path: cash, shares, what is left of the line, the notes, and what was written down so far."""

    def __init__(self, terms: Terms, history: dict):
        self.terms, self.history = terms, history
        self.cash, self.outstanding = terms.opening_cash, terms.opening_shares
        self.payments: dict[tuple[date, int], dict] = {}
        self.commitment, self.drawn, self.unused = terms.commitment, 0.0, 0.0
        self.quarter = terms.quarter(terms.start)  # `drawn` is this fiscal quarter's, `unused` that of those before
        self.notes = [Note(terms, note, note["name"] in history["extended"]) for note in terms.notes]
        self.base, self.base_day = self.cash, terms.valuation_date - DAY  # when something else last moved the cash
        self.cash_out, self.ending_cash, self.gap = None, None, 0.0
        self.started = False  # the opening has been looked at
        self.raised, self.shares_issued, self.discount_cost = 0.0, 0, 0.0
        self.draws, self.cash_month_end = [], {}

    def headroom(self) -> int:
        return self.terms.issuable - self.outstanding

    def used(self, month: int) -> float:
        """Cash used in operations in a month; outside the simulated span its expected figure."""
        if month not in self.terms.months():
            return self.terms.level(month)
        key = f"{month // 12:04}-{month % 12 + 1:02}"
        if key not in self.history["cash_used"]:
            raise MissingHistory(f"the history has no cash used for {key}")
        return float(self.history["cash_used"][key])

    def pay_note(self, note: Note, day: date, interest: float, principal: float) -> None:
        """List what is paid on a note on a day, interest and principal together."""
        if interest == 0.0 and principal == 0.0:
            return
        key = (day, self.notes.index(note))
        empty = {"date": day.isoformat(), "note": note.name, "interest": 0.0, "principal": 0.0}
        payment = self.payments.setdefault(key, empty)
        payment["interest"] += interest
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
    return _keep_ledger(terms, history, RecordedMarket(terms, history))


def _keep_ledger(terms: Terms, history: dict, market) -> dict:
    """Section 5, the order of events."""
    books = Books(terms, history)
    books.look_at_cash(0.0, "operations")  # opening below the minimum
    books.started = True
    for day in terms.event_dates:
        use_cash_in_operations(books, day)  # 1
        if day in terms.month_last_sessions:
            take_third_party_financing(books, market, day)  # 2
        if day in terms.purchase_number:
            draw(books, market, day)  # 3
        pay_interest(books, day)  # 4
        pay_principal(books, day)
        if day == month_last(month_of(day)):
            sweep_notes(books, day)  # 5
            books.base, books.base_day = books.cash, day
            books.cash_month_end[f"{day:%Y-%m}"] = books.cash
    return {
        "draws": books.draws,
        "payments": [books.payments[key] for key in sorted(books.payments)],
        "cash_month_end": books.cash_month_end,
        "cash_out": books.cash_out,
        "raised": books.raised,
        "shares_issued": books.shares_issued,
        "discount_cost": books.discount_cost,
        "funding_gap": books.gap,
        "ending_cash": books.cash if books.cash_out is None else books.ending_cash,
    }


def use_cash_in_operations(books: Books, day: date) -> None:
    """5.1: a month's cash is used evenly over its days; the minimum is reached by linear interpolation."""
    rate = books.used(month_of(day)) / days_in(month_of(day))
    t = books.terms.t(books.base_day)
    books.cash = books.base - rate * (books.terms.t(day) - t)
    if rate > 0:
        t += max(0.0, (books.base - books.terms.minimum) / rate)
    books.look_at_cash(t, "operations")


def take_third_party_financing(books: Books, market, day: date) -> None:
    """5.2: third-party money; equity is limited by the charter, and the investor may cut the line by as much."""
    for deal in books.history["third_party"]:
        if deal["month"] != f"{day:%Y-%m}":
            continue
        amount = float(deal["amount"])
        if books.terms.third_party["kind"] == "equity":
            price = market.close(day) * (1 - float(_given(books.terms.third_party, "discount", 0)))
            amount = min(amount, books.headroom() * price)
            books.outstanding += nearest_whole_shares(amount, price, books.headroom())
        books.move_cash(amount, day)
        if deal.get("reduces_line", False) and books.terms.start <= day <= books.terms.end:
            books.commitment -= min(amount, books.commitment)


def draw(books: Books, market, day: date) -> None:
    """5.3: one purchase date, drawn or not, and the legal cost of a draw."""
    terms, close = books.terms, market.close(day)
    start_quarter(books, day)
    average = window_statistic(terms, market, day)
    price = terms.multiplier * average
    request = policy_request(books, day, close)
    amount, binding = 0.0, refusal(books, day, price)
    if binding is None:
        limit, binding = smallest(draw_limits(books, day, request, price))
        amount = limit if limit >= CENT else 0.0
        if amount > 0.0 and terms.minimum_draw - amount >= CENT:
            amount, binding = 0.0, "minimum draw"
    shares = nearest_whole_shares(amount, price, books.headroom())
    books.draws.append({
        "date": day.isoformat(), "request": None if request == EVERYTHING else request, "average": average,
        "price": price, "close": close, "amount": amount, "shares": shares, "binding": binding,
    })  # fmt: skip
    if amount > 0:
        if books.cash_out is None:
            # Rounded amounts can add up to a last bit more than the commitment; what was raised is held to it.
            books.raised = min(books.raised + amount, terms.commitment)
            books.shares_issued += shares
            books.discount_cost += shares * (close - price)
        market.after_draw(day, books.outstanding, shares, price, close)
        books.move_cash(amount, day)
        books.commitment -= amount
        books.drawn += amount
        books.outstanding += shares
        books.move_cash(-terms.legal_cost, day)
        books.look_at_cash(terms.t(day), "operations")


def nearest_whole_shares(amount: float, price: float, headroom: int) -> int:
    return min(math.floor(amount / price + 0.5), headroom)


def window_statistic(terms: Terms, market, day: date) -> float:
    """The price before the discount: the least of the legs, each over its trading days before the purchase date, or
    through it."""
    return min(leg["multiplier"] * leg_statistic(terms, market, day, leg) for leg in terms.legs)


def leg_statistic(terms: Terms, market, day: date, leg: dict) -> float:
    stop = terms.position[day] + (1 if leg["timing"] == "through" else 0)
    prices = [market.price_at(i, leg["series"]) for i in range(stop - leg["window"], stop)]
    if leg["statistic"] == "lowest":
        return min(prices)
    if leg["statistic"] == "mean_of_lowest":
        prices = sorted(prices)[: leg["count"]]
    total = 0.0
    for price in prices:
        total += price
    return total / len(prices)


def policy_request(books: Books, day: date, close: float) -> float:
    """Order 3: what the company asks for."""
    terms, policy = books.terms, books.terms.policy
    if policy["kind"] == "maximum":
        return EVERYTHING
    if policy["kind"] == "schedule":
        return float(policy["amounts"][terms.purchase_number[day]])
    if policy["kind"] == "opportunistic" and close >= float(policy["price_trigger"]) * terms.initial:
        return EVERYTHING
    return max(0.0, float(policy["target_months"]) * terms.level(month_of(day)) - books.cash)


def refusal(books: Books, day: date, price: float) -> str | None:
    """Orders 1 and 2: the reason why nothing can be drawn at all, if there is one."""
    if price < books.terms.floor:
        return "floor price"
    for condition in books.terms.conditions:
        waived = condition["name"] in books.history["waived"]
        if not waived and not condition_holds(books.terms, books.history, condition, day):
            return f"condition: {condition['name']}"
    return None


def condition_holds(terms: Terms, history: dict, condition: dict, day: date) -> bool:
    """Whether a condition holds on a purchase date, waived or not."""
    after, t = _given(condition, "after", None), terms.t(day)
    if after is not None and day <= as_date(after):
        return True
    if condition["kind"] == "milestone":
        return _happened(history["achieved_days"].get(condition["milestone"]), t)
    if condition["kind"] == "same_ceo":
        return not _happened(history["ceo_change_days"], t)
    adverse = history["adverse_change_days"]
    return not (_happened(adverse, t) and t < adverse + float(terms.events["adverse_change"]["duration_days"]))


def _happened(days: float | None, t: float) -> bool:
    return days is not None and days <= t


def draw_limits(books: Books, day: date, request: float, price: float) -> Iterator[tuple[str, float]]:
    """Orders 3 to 8, in their order; a limit may be negative."""
    yield "policy", request
    yield "commitment", books.commitment
    yield "period cap", books.terms.cap - books.drawn
    if books.terms.coverage:
        yield "coverage", allowance(books, day) + books.unused - books.drawn
    yield "authorized shares", books.headroom() * price
    yield "draw cap", books.terms.draw_cap


def smallest(limits: Iterator[tuple[str, float]]) -> tuple[float, str]:
    """The smallest limit and its name, the earlier one on a tie; limits less than a cent apart are a tie."""
    name, limit = next(limits)
    for other_name, other in limits:
        name = other_name if limit - other >= CENT else name
        limit = min(limit, other)
    return limit, name


def allowance(books: Books, day: date) -> float:
    """Order 6 before carrying forward and earlier draws: the quarter's percentage of its basis."""
    terms, basis = books.terms, _given(books.terms.coverage, "basis", "quarter")
    quarter, month, used = terms.quarter(day), month_of(day), 0.0
    first, stop = {
        "quarter": (quarter, quarter + 3),
        "to_date": (quarter, month),
        "previous_quarter": (quarter - 3, quarter),
    }[basis]
    for earlier in range(first, stop):
        used += books.used(earlier)
    if basis == "to_date":
        used += books.used(month) * (day.day / days_in(month))
    percent = terms.coverage["percent"]
    number = (quarter - terms.quarter(terms.start)) // 3
    return percent[min(number, len(percent) - 1)] / 100.0 * max(0.0, used)


def start_quarter(books: Books, day: date) -> None:
    """Closes fiscal quarters of the term that ended before `day`; their unused coverage may carry forward."""
    while books.quarter < books.terms.quarter(day):
        if books.terms.coverage and books.terms.coverage.get("carry_forward"):
            last_day = month_last(books.quarter + 2)
            books.unused = max(0.0, allowance(books, last_day) + books.unused - books.drawn)
        books.quarter, books.drawn = books.quarter + 3, 0.0


def pay_interest(books: Books, day: date) -> None:
    """5.4: interest of all notes due that day, also that due with the principal."""
    for note in books.notes:
        if day in note.interest_dates or day in (note.original_maturity, note.maturity):
            note.accrue(day)
        if day in note.interest_dates or day == note.maturity:
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
        if series == "close" or position < 0:
            return self.close_at(position)
        return float(self.days[self.terms.sessions[position].isoformat()][series])

    def close_at(self, position: int) -> float:
        if position < 0:
            return self.terms.close_before(position)
        key = self.terms.sessions[position].isoformat()
        if key not in self.closes:
            raise MissingHistory(f"the history has no close for {key}")
        return float(self.closes[key])

    def after_draw(self, day: date, outstanding: int, shares: int, price: float, close: float) -> None:
        """Nothing: recorded closes are final."""


# ---------------------------------------------------------------------------------------------- section 6: one path


def sample(case: dict | Terms, seed: int, path: int) -> dict:
    """The history of one path, with a close for every session from the valuation date to the horizon."""
    terms = read(case)
    history, market = draw_history(terms, seed, path)
    if terms.impact == "dilution":
        _keep_ledger(terms, history, market)  # draws move later closes, so the closes come of the ledger
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
