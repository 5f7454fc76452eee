"""The twin's histories: everything random in one path together, and the market that gives its prices."""

from datetime import date

from tests.twin import models, other_cash
from tests.twin.line_terms import month_of
from tests.twin.moves import moved, stock_moves
from tests.twin.people import (
    financing_by_price,
    follows_price,
    people_history,
    renewed,
    waive_by_price,
    waiver_history,
)
from tests.twin.sampler import (
    EVENT_KEYS,
    EXTENSION,
    MONTH_END_NORMAL,
    Luck,
    brownian_path,
    cash_used,
    event_time,
    happens,
    milestone_times,
    month_lengths,
    third_party_financings,
)
from tests.twin.terms import Terms, _given


class SampledMarket:
    """Prices as the path draws them. A draw moves the prices after it, so each is settled when it is first passed."""

    def __init__(self, terms: Terms, luck: Luck, closes: list[float], days: dict[str, dict[int, float]]):
        self.terms, self.before_draws, self.days = terms, closes, days
        self.settled, self.factors, self.factor = [], [], 1.0
        self.luck, self.begun = luck, set()

    def close(self, day: date) -> float:
        return self.close_at(self.terms.position[day])

    def close_at(self, position: int) -> float:
        if position < 0:
            return self.terms.close_before(position)
        while len(self.settled) <= position:
            close = self.before_draws[len(self.settled)]
            self.settled.append(close * self.factor if self.terms.impact == "dilution" else close)
            self.factors.append(self.factor)
        return self.settled[position]

    def price_at(self, position: int, series: str) -> float:
        """The close, the low or the VWAP of a session."""
        close = self.close_at(position)
        if series == "close" or position < 0:
            return close if series == "close" else self.terms.initial
        price = self.days[series][position]
        return price * self.factors[position] if self.terms.impact == "dilution" else price

    def volume_at(self, position: int) -> float:
        return self.terms.volume["mean"] if position < 0 else self.days["volume"][position]

    def after_draw(self, day: date, outstanding: int, shares: int, price: float) -> None:
        """Section 5, moves of the stock: the theoretical ex-issue price, at the close of the settlement."""
        close = self.close(day)
        if self.terms.impact == "dilution" and shares > 0:
            self.factor *= (outstanding + shares * price / close) / (outstanding + shares)

    def decide_financing(self, history: dict, day: date) -> None:
        """Third parties of the month of `day`, its last session, who look at the price."""
        month = month_of(day)
        if follows_price(self.terms):
            before = [i for i, session in enumerate(self.terms.sessions) if month_of(session) < month]
            close = self.close_at(before[-1]) if before else self.terms.initial
            history["third_party"] += financing_by_price(self.terms, self.luck, month, close)

    def decide_waivers(self, history: dict, line, day: date) -> None:
        """Waivers that begin on a purchase date of a line, if it is the first of its period, or of the path."""
        each = line.waivers.get("mode") == "each_period"
        key = line.name, self.terms.quarter(day) if each else None
        if renewed(line) and line.waivers.get("price_sensitivity") and key not in self.begun:
            waive_by_price(self.terms, self.luck, history, line, day, self.close(day))
        self.begun.add(key)

    def all_closes(self) -> dict[str, float]:
        self.close_at(len(self.before_draws) - 1)
        return {day.isoformat(): close for day, close in zip(self.terms.sessions, self.settled, strict=True)}

    def all_days(self) -> dict[str, dict[str, float]]:
        """What the case looks at of a session beside its close."""
        found: dict[str, dict[str, float]] = {}
        for series in ("low", "vwap", "volume"):
            for n in sorted(self.terms.traded[series]):
                value = self.days["volume"][n - 1] if series == "volume" else self.price_at(n - 1, series)
                found.setdefault(self.terms.sessions[n - 1].isoformat(), {})[series] = value
        return found


def draw_history(terms: Terms, seed: int, path: int) -> tuple[dict, SampledMarket]:
    """The history of one path without its closes, and the market that gives them."""
    luck = Luck(seed, path)
    months = len(terms.months())
    shocks = [luck.nth_normal(MONTH_END_NORMAL, k) for k in range(months)]
    achieved = milestone_times(terms, luck)
    ceo_change, adverse_change = (event_time(terms, luck, key, half) for half, key in enumerate(EVENT_KEYS))
    history = {
        "closes": {},
        **_cash_used(terms, luck, shocks, achieved),
        "achieved_days": achieved,
        "ceo_change_days": ceo_change,
        "adverse_change_days": adverse_change,
        **waiver_history(terms, luck),
        "extended": [
            note["name"]
            for note in terms.notes
            if happens(luck, EXTENSION, note["name"], _given(note, "extension_probability", 0))
        ],
        "third_party": third_party_financings(terms, luck),
        **people_history(terms, luck),
    }
    if any(other_cash.chance(flow) < 1.0 for flow in terms.flows):
        history["flows"] = other_cash.sampled_flows(terms, luck)
    moves = stock_moves(terms, luck, achieved, ceo_change)
    path = models.Path(terms, luck, brownian_path(terms, luck, shocks))
    closes = [moved(close, terms.t(day), moves) for day, close in zip(terms.sessions, path.closes[1:], strict=True)]
    days = {series: {} for series in ("low", "vwap", "volume")}
    for n in sorted(terms.traded["low"] | terms.traded["vwap"]):
        low, vwap = models.shaped_day(path, n)
        days["low"][n - 1], days["vwap"][n - 1] = low, vwap
    for series in ("low", "vwap"):
        days[series] = {n: moved(price, terms.t(terms.sessions[n]), moves) for n, price in days[series].items()}
    if terms.traded["volume"]:
        volumes = models.Volumes(path, [terms.initial, *closes])
        volumes.fill(month_lengths(terms))
        days["volume"] = {n - 1: volumes.of(n) for n in terms.traded["volume"]}
    return history, SampledMarket(terms, luck, closes, days)


def _cash_used(terms: Terms, luck: Luck, shocks: list[float], achieved: dict[str, float]) -> dict[str, dict]:
    """The cash used, and what fixed items use of it where management cuts the rest."""
    used = cash_used(terms, luck, shocks)
    if not terms.items:
        return {"cash_used": used}
    fixed = [item for item in terms.items if item.get("fixed")]
    every, uncut = (
        dict(zip(used, other_cash.statement(terms, luck, shocks, achieved, items), strict=True))
        for items in (terms.items, fixed)
    )
    return {"cash_used": every} | ({"cash_fixed": uncut} if fixed and terms.response else {})
