"""The twin's reading of a case: SPEC section 4 (time) and section 3 (the case), from the plain dictionary of its file.

Shares no code with `sim`. Months are numbered through (year * 12 + month - 1), a fiscal quarter is the number of its
first month. What a case leaves out has its default here. Figures of the case are computed with `decimal` at 50 digits,
from the exact value of the float in the case, and rounded once.
"""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Context, Decimal, localcontext
from functools import cache
from itertools import pairwise

import holidays

from tests.twin.line_terms import LineTerms, as_date, month_of

DAY = timedelta(days=1)
FIFTY_DIGITS = Context(prec=50)


# ---------------------------------------------------------------------------------------------- section 4: time


@cache
def _sessions_of_month(month: int) -> tuple[date, ...]:
    closed = _closed_days()
    first, last = month_first(month), month_last(month)
    days = (first + i * DAY for i in range((last - first).days + 1))
    return tuple(day for day in days if day.weekday() < 5 and day not in closed)


@cache
def _closed_days():
    return holidays.financial_holidays("XNAS")


def month_first(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def month_last(month: int) -> date:
    return date(month // 12, month % 12 + 1, days_in(month))


def days_in(month: int) -> int:
    return monthrange(month // 12, month % 12 + 1)[1]


def sessions(first: date, last: date) -> list[date]:
    """Nasdaq trading days from `first` to `last`."""
    months = range(month_of(first), month_of(last) + 1)
    return [day for month in months for day in _sessions_of_month(month) if first <= day <= last]


# ---------------------------------------------------------------------------------------------- section 3: the case


def _given(table: dict, key: str, default):
    """The value of an optional key; absent, None and the empty string are all "not given"."""
    value = table.get(key)
    return default if value is None or value == "" else value


class Terms:
    """The case as sections 4 to 6 use it: defaults filled in, dates as dates, money as floats, shares as ints."""

    def __init__(self, case: dict):
        self.valuation_date, self.horizon = as_date(case["valuation_date"]), as_date(case["horizon"])
        self.first_month, self.last_month = month_of(self.valuation_date), month_of(self.horizon)
        self.sessions = sessions(self.valuation_date, self.horizon)
        self.position = {day: i for i, day in enumerate(self.sessions)}
        self.later_sessions = sessions(self.valuation_date, self.horizon + 14 * DAY)
        company, price, burn = case["company"], case["price"], case["burn"]
        self.fiscal_year_end_month = int(company["fiscal_year_end_month"])
        self.opening_cash, self.minimum = float(company["cash"]), float(_given(company, "minimum_cash", 0))
        self.opening_shares = int(company["shares_outstanding"])
        self.issuable = int(company["shares_authorized"]) - int(_given(company, "shares_reserved", 0))
        self._read_price(price)
        figures = ("monthly", "growth", "volatility", "persistence", "price_correlation")
        self.burn = {key: float(_given(burn, key, 0)) for key in figures}
        self.items, self.flows = list(_given(burn, "items", ())), list(_given(case, "flows", ()))
        self.interest_income_rate, self.context = float(_given(company, "interest_income_rate", 0)), FIFTY_DIGITS
        self.last_surprise = _given(burn, "last_surprise", None)
        self.steps = [(as_date(step["date"]), float(step["factor"])) for step in _given(burn, "steps", ())]
        self.milestones = {milestone["name"]: milestone for milestone in _given(case, "milestones", ())}
        self.events, self.third_party = _given(case, "events", {}), _given(case, "third_party", None)
        self.notes = list(_given(case, "notes", ()))
        self.response, self.bridge = _given(case, "response", None), _given(case, "bridge", None)
        self.policy = _given(case, "policy", {"kind": "maximum"})
        self.several = not case.get("line")
        listed = case["lines"] if self.several else [case["line"]]
        self.lines = [LineTerms(self, line, self.policy) for line in listed]
        self.conditions = [condition for line in self.lines for condition in line.conditions]
        self.commitment = sum(line.commitment for line in self.lines)
        self.purchase_dates = sorted({day for line in self.lines for kind in line.kinds for day in kind.dates})
        last_sessions = (_sessions_of_month(month)[-1] for month in self.months())
        self.month_last_sessions = {day for day in last_sessions if day >= self.valuation_date}
        self.event_dates = event_dates(self)
        self._levels: dict[int, float] = {}
        self.look()

    def _read_price(self, price: dict) -> None:
        """The stock price and the trading day; closes before the valuation date."""
        self.model, self.drift = _given(price, "model", "gbm"), float(_given(price, "drift", 0))
        rows = [row if isinstance(row, list | tuple) else (None, row) for row in _given(price, "closes", ())]
        every = [float(close) for _, close in rows]
        self.gross = tuple(after / before for before, after in pairwise(every))
        self.closes = [float(close) for day, close in rows if day is None or as_date(day) < self.valuation_date]
        self.initial = float(price["initial"] if price.get("initial") is not None else self.closes[-1])
        self.volatility = float(_given(price, "volatility", 0))
        defaults = {
            "jump_rate": 0, "jump_mean": 0, "jump_sd": 0, "initial_volatility": self.volatility, "mean_reversion": 4,
            "vol_of_vol": 1.2, "correlation": 0, "alpha": 0.08, "beta": 0.9, "degrees_of_freedom": 0, "block_days": 20,
        }  # fmt: skip
        self.price = {key: float(_given(price, key, default)) for key, default in defaults.items()}
        self.impact = _given(price, "impact", "none")
        self.compensated = _given(price, "jumps", "raw") == "compensated"
        self.overnight = float(_given(_given(price, "day", {}), "overnight_share", 0))
        volume = _given(price, "volume", None)
        defaults = {"sd": 0.7, "persistence": 0.6, "return_loading": 0.3, "price_elasticity": 0, "mean": 0}
        self.volume = volume and {key: float(_given(volume, key, default)) for key, default in defaults.items()}

    def close_before(self, position: int) -> float:
        """The close of a session before the valuation date; position -1 is the last one."""
        return self.closes[position] if -len(self.closes) <= position < -1 else self.initial

    def look(self, volumes: Iterable[int] = ()) -> None:
        """Sessions, from 1, whose close, low, VWAP or volume some clause looks at."""
        self.traded: dict[str, set[int]] = {"close": set(), "low": set(), "vwap": set(), "volume": set(volumes)}
        for line in self.lines:
            for kind in line.kinds:
                for day in kind.dates:
                    for series, positions in kind.looks_at(self.position[day], len(self.sessions), self.impact):
                        self.traded[series] |= {i + 1 for i in positions}
            self.traded["close"] |= {position + 1 for _, position, fee in line.fee_dates() if fee.get("shares")}
        closes = self.traded.pop("close")
        for series in self.traded:
            self.traded[series] = {n for n in self.traded[series] if n > 0}
            closes |= self.traded[series] | {n - 1 for n in self.traded[series]}
        if self.third_party is not None:
            closes |= {self.position[day] + 1 for day in self.month_last_sessions}
        self.last_needed = max(closes, default=0)

    def months(self) -> range:
        return range(self.first_month, self.last_month + 1)

    def month_labels(self) -> list[str]:
        return [f"{month_first(month):%Y-%m}" for month in self.months()]

    def t(self, day: date) -> float:
        """Section 4: the close of business on `day`, in days since the opening of the valuation date."""
        return float((day - self.valuation_date).days + 1)

    def quarter(self, day: date) -> int:
        """The fiscal quarter of `day`, as the number of its first month."""
        return month_of(day) - (day.month - self.fiscal_year_end_month - 1) % 3

    def quarter_end(self, quarter: int) -> date:
        return month_last(quarter + 2)

    def quarter_label(self, quarter: int) -> str:
        """ "FY2003 Q1": a fiscal year has the name of the calendar year in which it ends."""
        number = (quarter % 12 - self.fiscal_year_end_month) % 12 // 3
        return f"FY{(quarter + 11 - 3 * number) // 12} Q{number + 1}"

    def level(self, month: int) -> float:
        """Section 6: expected cash used in operations in a month, inside the simulated span or outside it."""
        if month not in self._levels:
            if not self.items:
                self._levels[month] = self._level(self.burn["monthly"], self.burn["growth"], month)
            else:
                total = 0.0
                for item in self.items:
                    if not self.waits(item):  # nobody plans with what is not reached yet
                        total += self.item_level(item, month - int(_given(item, "lag_months", 0)))
                self._levels[month] = total
        return self._levels[month]

    def fixed_level(self, month: int) -> float:
        """The part of it that management does not cut."""
        total = 0.0
        for item in self.items:
            if item.get("fixed") and not self.waits(item):
                total += self.item_level(item, month - int(_given(item, "lag_months", 0)))
        return total

    def item_level(self, item: dict, month: int) -> float:
        """Expected figure of an item in a whole month."""
        first, begin, end = self.opening_of(month), item.get("from"), item.get("to")
        if (begin and first < as_date(begin)) or (end and first > as_date(end)):
            return 0.0
        reached = self.reached(item)
        if reached and month <= month_of(reached):  # it starts in the month after
            return 0.0
        return self._level(float(item["monthly"]), float(_given(item, "growth", 0)), month)

    def reached(self, table: dict) -> date | None:
        """When the milestone that a flow, an advance or an item waits for was reached, if before the opening."""
        day = self.milestones[table["milestone"]].get("achieved") if table.get("milestone") else None
        return as_date(day) if day else None

    def waits(self, table: dict) -> bool:
        return bool(table.get("milestone")) and not self.reached(table)

    def _level(self, monthly: float, growth: float, month: int) -> float:
        with localcontext(FIFTY_DIGITS):
            value = Decimal(monthly) * (1 + Decimal(growth)) ** (Decimal(month - self.first_month) / 12)
            for day, factor in self.steps:
                if day <= self.opening_of(month):
                    value *= Decimal(factor)
            return float(value)

    def opening_of(self, month: int) -> date:
        """The first day of a month; the valuation month begins on the valuation date."""
        return self.valuation_date if month == self.first_month else month_first(month)

    def simulated_days(self, month: int) -> int:
        return (month_last(month) - self.opening_of(month)).days + 1

    def share(self, month: int) -> float:
        return self.simulated_days(month) / days_in(month)


def read(case: dict | Terms) -> Terms:
    """The terms of a case given as a dictionary; terms already read are returned as they are."""
    return case if isinstance(case, Terms) else Terms(case)


def interest_dates(terms: Terms, note: dict) -> list[date]:
    """Each `interest_date` of the span after the last one paid, as long as the note can possibly run."""
    days = note.get("interest_dates") or [note.get("interest_date")] * bool(note.get("interest_date"))
    paid = as_date(_given(note, "last_interest_date", terms.valuation_date))
    if note.get("accrued") is not None:
        paid = terms.valuation_date - DAY
    final = as_date(_given(note, "extended_maturity", note["maturity"]))
    years = range(terms.valuation_date.year, terms.horizon.year + 1)
    every_year = (date(year, *map(int, day.split("-"))) for year in years for day in days)
    return [due for due in every_year if max(paid + DAY, terms.valuation_date) <= due <= min(final, terms.horizon)]


def event_dates(terms: Terms) -> list[date]:
    """Every date on which something can happen on some path; they cut operations into stretches."""
    days = {*terms.purchase_dates, *terms.month_last_sessions, *map(month_last, terms.months())}
    for line in terms.lines:
        days.update(day for day, _, _ in line.fee_dates())
        for kind in line.kinds:
            settlements = (kind.settlement(terms.position[day]) for day in kind.dates)
            days.update(terms.sessions[i] for i in settlements if i < len(terms.sessions))
    for note in terms.notes:
        maturities = (as_date(_given(note, key, date.max)) for key in ("maturity", "extended_maturity"))
        days.update(interest_dates(terms, note), (day for day in maturities if day <= terms.horizon))
    return sorted(days)
