"""The twin's people: WORLD section 2 for one path, written to be read beside it. It shares no code with `sim`.

Conventions: cover below a number of months means that cash is short of these months' burn by a cent or more. A month's
burn is its figure times (1 - cut), decided at its opening at the latest; what was decided later changes no month that
is over. A one-off cost is paid on the last day of the month of the decision, after that day's draws and before notes.
"""

import math
from datetime import date

from tests.twin import sampler
from tests.twin.line_terms import as_date, month_of
from tests.twin.sampler import (
    BRIDGE,
    THIRD_PARTY_MONTH,
    WAIVER,
    WAIVER_FACTOR,
    WAIVER_OF_PERIOD,
    Luck,
    index_of,
)
from tests.twin.terms import Terms, _given, days_in

CENT = 0.01  # dollars
NEVER = math.inf


class People:
    """What management and the insider have done on one path."""

    def __init__(self, terms: Terms, history: dict):
        self.terms = terms
        self.response, self.bridge = terms.response, terms.bridge
        since = _given(self.response or {}, "cut_from", None)
        self.cut_from, self.is_cut, self.one_off = month_of(as_date(since)) if since else NEVER, {}, 0.0
        self.begun = self.cut_from  # before the opening
        self.acts: list[dict] = []
        self.loans: list[dict] = []
        self.lent = self.accrued = 0.0
        certain = self.bridge and float(_given(self.bridge, "probability", 1)) >= 1
        self.willing = history.get("bridge_months", terms.month_labels() if certain else [])

    def burn(self, month: int, used: float, fixed: float) -> float:
        """A month's burn as decided so far: the cut is not of what fixed items use."""
        if not (self.begun <= month if month < self.terms.first_month else self.is_cut.get(month, False)):
            return used
        return fixed + (used - fixed) * (1.0 - float(self.response["cut"]))

    def expected(self, month: int) -> float:
        """The expected burn of a whole month as decided so far."""
        return self.burn(month, self.terms.level(month), self.terms.fixed_level(month))

    def expected_before(self, month: int) -> float:
        """The expected burn of a month as it was known at the opening."""
        level, fixed = self.terms.level(month), self.terms.fixed_level(month)
        return level if month < self.begun else fixed + (level - fixed) * (1.0 - float(self.response["cut"]))

    def open_month(self, month: int, cash: float) -> None:
        """Management's decision at a month's opening."""
        if not self.response or month not in self.terms.months():
            return
        self.is_cut[month] = self.cut_from <= month
        expected = self.expected(month)
        free, label = cash - self.terms.minimum, month_label(month)
        restore = _given(self.response, "restore_months", math.inf)
        self.one_off = 0.0
        if self.cut_from == NEVER:
            if float(self.response["cover_months"]) * expected - free >= CENT:
                self.cut_from = month + int(_given(self.response, "delay_months", 1))
                self.one_off = float(_given(self.response, "one_off_months", 0)) * expected
                self.acts.append({"month": label, "burn": "cut", "from": month_label(self.cut_from)})
        elif restore < math.inf and float(restore) * expected - free < CENT:
            self.cut_from = NEVER
            self.acts.append({"month": label, "burn": "restored", "from": label})
        for later in range(month, month + 4):
            self.is_cut[later] = self.cut_from <= later

    def loan(self, day: date, cash: float) -> float:
        """What the insider lends on a month's last day."""
        month = month_of(day)
        rate = float(_given(self.bridge, "rate", 0))
        self.accrued += self.lent * rate * days_in(month) / 365
        self.is_cut[month + 1] = self.cut_from <= month + 1
        expected = self.expected(month + 1)
        free = cash - self.terms.minimum
        trigger, target = (
            float(_given(self.bridge, f"{word}_months", n)) for word, n in (("trigger", 1), ("target", 2))
        )
        if trigger * expected - free < CENT or month_label(month) not in self.willing:
            return 0.0
        amount = min(target * expected - free, float(self.bridge["limit"]) - self.lent)
        if amount < CENT:
            return 0.0
        self.lent += amount
        self.loans.append({"date": day.isoformat(), "amount": amount})
        return amount

    def ledger(self) -> dict:
        """What the ledger says of them."""
        said = {"response": self.acts} if self.response else {}
        owed = {"loans": self.loans, "owed": self.lent + self.accrued}
        return said | ({"bridge": owed} if self.bridge else {})


def month_label(month: int) -> str:
    return f"{month // 12:04}-{month % 12 + 1:02}"


def has_own_waivers(line) -> bool:
    """Whether more than one draw a condition says what is waived."""
    rule = line.waivers
    shared = float(_given(rule, "common", 0)) > 0 or renewed(line)
    return shared or float(_given(line.coverage or {}, "waiver_probability", 0)) > 0


def renewed(line) -> bool:
    """Whether waivers are drawn on purchase dates."""
    return line.waivers.get("mode") == "each_period" or float(_given(line.waivers, "price_sensitivity", 0)) != 0


def waivable(line) -> list[tuple[str, float]]:
    """Names and probabilities, coverage last."""
    rows = [(row["name"], float(_given(row, "waiver_probability", 0))) for row in line.conditions]
    covered = float(_given(line.coverage or {}, "waiver_probability", 0))
    return rows + ([(coverage_name(line), covered)] if covered > 0 else [])


def coverage_name(line) -> str:
    return f"coverage of {line.name}" if line.terms.several else "coverage"


def waives(line, name: str, probability: float, quarter: str, luck: Luck, moneyness: float | None) -> bool:
    """Whether a condition is waived, for the whole term (quarter "") or in one; `moneyness`: S / S0, or None."""
    rule = line.waivers
    common, b = float(_given(rule, "common", 0)), float(_given(rule, "price_sensitivity", 0))
    if probability in (0.0, 1.0):
        return probability == 1.0
    p = probability
    if b and moneyness is not None:
        log_odds = sampler.fma(b, sampler.log(moneyness), sampler._exact("log odds", probability))
        p = 1.0 / (1.0 + sampler.exp(-log_odds))
    label = f" {quarter}" if quarter else ""
    u = luck.uniform(WAIVER_OF_PERIOD if quarter else WAIVER, index_of(name + label), 0)
    if not common:
        return u < p
    factor = luck.normal(WAIVER_FACTOR, index_of(line.name + label), 0)
    score = sampler.fma(common, factor, math.sqrt(1 - common * common) * sampler.normal(u))
    return score < sampler.normal(min(max(p, 2.0**-53), 1.0 - 2.0**-53))


def waiver_history(terms: Terms, luck: Luck) -> dict:
    """`waived`, and `waived_by_period` where lines have it; waivers by the price follow with the ledger."""
    waived, covered, periods = [], [], {}
    for line in terms.lines:
        rule = line.waivers
        b = float(_given(rule, "price_sensitivity", 0))
        quarters = line_quarters(line) if rule.get("mode") == "each_period" else [""]
        for name, p in waivable(line):
            for quarter in quarters:
                happens = (not b or p in (0.0, 1.0)) and waives(line, name, p, quarter, luck, None)
                place = covered if name == coverage_name(line) and name not in line.condition_names else waived
                if not quarter:
                    place += [name] * happens
                elif happens:
                    periods.setdefault(quarter, []).append(name)
    said = {"waived": list(dict.fromkeys(waived + covered))}
    return said | by_period(terms, periods)


def line_quarters(line) -> list[str]:
    days = sorted({day for kind in line.kinds for day in kind.dates})
    return list(dict.fromkeys(line.terms.quarter_label(line.terms.quarter(day)) for day in days))


def by_period(terms: Terms, periods: dict) -> dict:
    """`waived_by_period` in the order of the quarters, of the conditions and of coverage."""
    lines = [line for line in terms.lines if line.waivers.get("mode") == "each_period" and waivable(line)]
    labels = {quarter for line in lines for quarter in line_quarters(line)}
    order = [name for line in lines for name in line.condition_names] + [coverage_name(line) for line in lines]
    quarters = range(terms.quarter(terms.valuation_date), terms.last_month + 1, 3)
    known = [label for label in map(terms.quarter_label, quarters) if label in labels]
    said = {label: sorted(periods.get(label, ()), key=order.index) for label in known}
    return {"waived_by_period": said} if said else {}


def waive_by_price(terms: Terms, luck: Luck, history: dict, line, day: date, close: float) -> None:
    """The waivers of a line that begin on its first purchase date of a period, by that date's close."""
    quarter = terms.quarter_label(terms.quarter(day)) if line.waivers.get("mode") == "each_period" else ""
    for name, p in waivable(line):
        if p in (0.0, 1.0) or not waives(line, name, p, quarter, luck, close / terms.initial):
            continue
        if quarter:
            listed = history["waived_by_period"][quarter]
            history["waived_by_period"] |= {quarter: [*listed, name]}
        else:
            history["waived"].append(name)
    if quarter and waivable(line):
        history |= by_period(terms, history["waived_by_period"])
    else:
        order = [row["name"] for row in terms.conditions] + [coverage_name(line) for line in terms.lines]
        history["waived"] = sorted(dict.fromkeys(history["waived"]), key=order.index)


def financing_by_price(terms: Terms, luck: Luck, month: int, close_before: float) -> list[dict]:
    """The financing of a month, if one comes: 1 - exp(-rate / 12 (S / S0)^beta), S the close of the month before."""
    model, k = terms.third_party, month - terms.first_month
    beta = float(model["price_sensitivity"])
    factor = min(10.0, sampler.exp(beta * sampler.log(close_before / terms.initial))) if k else 1.0
    p = 1.0 - sampler.exp(-(float(model["annual_rate"]) / 12.0 * factor))
    if luck.uniform(THIRD_PARTY_MONTH, k >> 1, k & 1) >= p:
        return []
    return [sampler.financing_of_month(terms, luck, k)]


def follows_price(terms: Terms) -> bool:
    model = terms.third_party
    return bool(model and model["annual_rate"] and _given(model, "price_sensitivity", 0))


def people_history(terms: Terms, luck: Luck) -> dict:
    """The random part of a history."""
    if not terms.bridge:
        return {}
    p, willing = float(_given(terms.bridge, "probability", 1)), []
    for k, label in enumerate(terms.month_labels()):
        call = (1 << 20, 0) if terms.bridge.get("common") else (k >> 1, k & 1)
        willing += [label] * (luck.uniform(BRIDGE, *call) < p)
    return {"bridge_months": willing}
