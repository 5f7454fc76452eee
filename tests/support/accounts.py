"""Bookkeeping of one path, from its history and its ledger's draws alone: what cash must have been at each month's end.

    books = accounts(case, trace)       # Accounts: month-end cash, shares of every kind, turnover

Flows are summed month by month, not stretch by stretch as the ledger does, so figures agree to a rounding, not a bit.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta


@dataclass
class Loan:
    """One note on one path."""

    note: object
    extended: bool
    principal: float = 0.0
    accrued: float = 0.0
    prepaid: float = 0.0
    accrued_to: date | None = None
    rate: float = 0.0

    def __post_init__(self) -> None:
        note = self.note
        self.principal, self.accrued_to = note.principal, note.last_interest_date
        cap = float("inf") if note.rate_cap is None else note.rate_cap
        self.rate = min(note.base_rate + note.margin, cap)

    @property
    def maturity(self) -> date:
        return self.note.extended_maturity if self.extended else self.note.maturity

    def accrue(self, day: date) -> None:
        self.accrued += self.principal * self.rate * ((day - self.accrued_to).days / 365)
        self.accrued_to = day

    def pay(self, day: date) -> float:
        """Interest and principal due on a day."""
        by_calendar = self.note.interest_date == f"{day:%m-%d}" and day <= self.maturity
        if not by_calendar and day != self.maturity:
            return 0.0
        self.accrue(day)
        paid, self.accrued = self.accrued, 0.0
        if day == self.maturity:
            paid, self.principal, self.prepaid = paid + self.principal, 0.0, 0.0
        return paid

    def sweep(self, day: date, cash: float) -> float:
        """What a month's end takes out of cash (or, below zero, puts into it)."""
        if self.note.sweep is None:
            return 0.0
        self.accrue(day)
        excess, lack = cash - self.note.sweep.prepay_above, self.note.sweep.reborrow_below - cash
        if excess > 0:
            interest = min(self.accrued, excess)
            repaid = min(self.principal, excess - interest)
            self.accrued, self.principal = self.accrued - interest, self.principal - repaid
            self.prepaid += repaid
            return interest + repaid
        if lack > 0 and day < self.note.maturity:
            again = min(lack, self.prepaid)
            self.prepaid, self.principal = self.prepaid - again, self.principal + again
            return -again
        return 0.0


@dataclass
class Accounts:
    """What the books of one path say."""

    cash_month_end: dict[str, float] = field(default_factory=dict)
    turnover: float = 0.0  # opening cash and every flow's size: the scale of roundings
    shares_of_draws: int = 0
    shares_of_third_parties: int = 0
    cuts: dict[date, float] = field(default_factory=dict)  # of the commitment, by third parties
    opportunities: list[float] = field(default_factory=list)  # of each purchase date: min(remaining, period cap left)
    paid_on_notes: float = 0.0  # interest and principal, less what was borrowed again
    overdrawn: float = 0.0  # the most by which a draw passed what was left of the commitment

    def add(self, amount: float) -> float:
        self.turnover += abs(amount)
        return amount

    def pay(self, amount: float) -> float:
        self.paid_on_notes += amount
        return self.add(amount)


def accounts(case, trace) -> Accounts:
    """Money in and money out of one path, with what came in by draws taken from its ledger."""
    books, history = Accounts(), trace.history
    cash = books.add(case.company.cash)
    loans = [Loan(note, note.name in history["extended"]) for note in case.notes]
    draws = {draw["date"]: draw for draw in trace.ledger["draws"]}
    deals = {deal["month"]: deal for deal in history["third_party"]}
    remaining, drawn = case.line.commitment, 0.0
    cap = float("inf") if case.line.max_per_period is None else case.line.max_per_period
    last_sessions = _last_sessions(case)
    day = case.valuation_date
    while day <= case.horizon:
        month, key = f"{day:%Y-%m}", day.isoformat()
        if day == last_sessions[month] and month in deals:
            financing = _third_party(case, books, deals[month]["amount"], history["closes"].get(key))
            cash += books.add(financing)
            if deals[month]["reduces_line"] and case.line.start <= day <= case.line.end:
                books.cuts[day] = min(financing, remaining)
                remaining -= books.cuts[day]
        draw = draws.get(key)
        if draw:
            books.opportunities.append(min(remaining, cap - drawn))
        if draw and draw["amount"] > 0:
            cash += books.add(draw["amount"]) - books.add(case.line.legal_cost_per_draw)
            books.overdrawn = max(books.overdrawn, draw["amount"] - remaining)
            remaining -= draw["amount"]
            drawn += draw["amount"]
            books.shares_of_draws += draw["shares"]
        for loan in loans:
            cash -= books.pay(loan.pay(day))
        tomorrow = day + timedelta(days=1)
        if tomorrow.day == 1:
            if (day.month - case.company.fiscal_year_end_month) % 3 == 0:
                drawn = 0.0
            cash -= books.add(history["cash_used"][month])  # all of the month's: nothing looks at cash in between
            for loan in loans:
                cash -= books.pay(loan.sweep(day, cash))
            books.cash_month_end[month] = cash
        day = tomorrow
    return books


def _third_party(case, books: Accounts, amount: float, close: float | None) -> float:
    """A financing's money; equity takes shares of the charter."""
    if case.third_party.kind == "debt":
        return amount
    price = close * (1 - case.third_party.discount)
    company = case.company
    taken = books.shares_of_draws + books.shares_of_third_parties
    room = company.shares_authorized - company.shares_reserved - company.shares_outstanding - taken
    amount = min(amount, room * price)
    books.shares_of_third_parties += min(int(amount / price + 0.5), room)
    return amount


def _last_sessions(case) -> dict[str, date]:
    from tests.twin.terms import sessions

    return {f"{day:%Y-%m}": day for day in sessions(case.valuation_date, case.horizon)}


def comes_before(case, day: date, out: dict | None, own_cost: bool = False) -> bool:
    """Whether what happens on a day's third or earlier step comes before the cash-out.

    On the date itself payments come after the draw; operations come before it, but the draw's own legal cost does not.
    """
    if out is None:
        return True
    t = float((day - case.valuation_date).days + 1)
    return t < out["days"] or (t == out["days"] and (out["cause"] != "operations" or own_cost))


def before_cash_out(case, ledger) -> list[dict]:
    """Purchase dates that come before the cash-out, drawn or not."""
    counted = []
    for draw in ledger["draws"]:
        own_cost = draw["amount"] > 0 and case.line.legal_cost_per_draw > 0
        if comes_before(case, date.fromisoformat(draw["date"]), ledger["cash_out"], own_cost):
            counted.append(draw)
    return counted
