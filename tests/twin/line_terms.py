"""The twin's reading of a line: SPEC section 3 and LINES sections 1 to 5, from the plain dictionary of its file."""

import math
from bisect import bisect_right
from datetime import date
from itertools import pairwise

EVERYTHING = math.inf
OF_PURCHASES = (
    "pricing", "policy", "tiers", "max_per_draw", "max_shares_per_draw", "volume_before", "volume_during",
    "market_cap_share", "multiple_of", "cooldown_sessions", "settlement_sessions", "minimum_draw",
)  # fmt: skip


class Kind:
    """A kind of purchase: what it says itself, else what its line says, and as the last resort the case's policy."""

    def __init__(self, terms, line: "LineTerms", purchase: dict, of_line: dict, of_case: dict):
        said = {key: purchase.get(key) or of_line.get(key) for key in OF_PURCHASES}
        self.line, self.name = line, purchase.get("name", "purchase")
        self.policy = said["policy"] or of_case
        pricing = self.pricing = said["pricing"]
        self.multiplier = float(pricing["multiplier"])
        self.legs = [pricing | {"multiplier": 1.0}, *pricing.get("lesser_of", ())]
        self.forward = any(leg.get("timing") == "after" for leg in self.legs)
        self.drops = pricing.get("below_floor") == "drop_sessions"
        self.floor, self.floor_of_close = float(pricing.get("floor") or 0), float(pricing.get("floor_of_close") or 0)
        self.tiers = said["tiers"] or []
        self.max_per_draw = optional(said["max_per_draw"])
        self.max_shares_per_draw = optional(said["max_shares_per_draw"])
        self.volume_before, self.volume_during = said["volume_before"], said["volume_during"]
        self.market_cap_share, self.multiple_of = optional(said["market_cap_share"]), said["multiple_of"]
        self.cooldown = int(said["cooldown_sessions"] or 0)
        self.lag = int(said["settlement_sessions"] or 0)
        self.minimum_draw = float(said["minimum_draw"] or 0)
        self.dates = purchase_dates(terms, line, self.policy)
        self.number = {day: i for i, day in enumerate(self.dates)}

    def window(self, leg: dict, position: int) -> range:
        """Positions of a leg's sessions for a purchase on the session at `position`."""
        length, timing = int(leg["window"]), leg.get("timing") or "before"
        first = {"before": position - length, "through": position - length + 1, "after": position + 1}[timing]
        return range(first, first + length)

    def settlement(self, position: int) -> int:
        """Position of the session on which a notice of the session at `position` is settled."""
        return max([position, *(self.window(leg, position)[-1] for leg in self.legs)]) + self.lag

    def looks_at(self, position: int, sessions: int, impact: str):
        """The series, and positions of the sessions on which a notice or its settlement looks at it."""
        settles = self.settlement(position) < sessions
        yield "close", {position}
        for leg in self.legs if settles or not self.forward else ():
            yield leg.get("series") or "close", self.window(leg, position)
        if self.policy.get("kind") == "opportunistic" and self.policy.get("trigger_over") == "average":
            yield "close", range(position - int(self.policy["trigger_sessions"]), position)
        if self.volume_before:
            yield "volume", range(position - int(self.volume_before["sessions"]), position)
        if self.volume_during and (settles or not self.forward):
            yield "volume", self.during(position)
        if settles and (impact == "dilution" or self.line.pro_rata):
            yield "close", {self.settlement(position)}

    def during(self, position: int) -> range:
        """Positions of the sessions whose volume limits a draw: of the windows after the date, or the date's."""
        if not self.forward:
            return range(position, position + 1)
        last = max(self.window(leg, position)[-1] for leg in self.legs if leg.get("timing") == "after")
        return range(position + 1, last + 1)

    def at(self, close: float) -> dict:
        """Its limits at a close of the purchase date; `reached` is false below the first row of the tiers."""
        own = {
            "reached": True, "multiplier": self.multiplier, "max_per_draw": self.max_per_draw,
            "max_shares_per_draw": self.max_shares_per_draw,
        }  # fmt: skip
        if not self.tiers:
            return own
        rows = [row for row in self.tiers if row["from_price"] <= close]
        row = rows[-1] if rows else self.tiers[0]
        named = {key: row[key] for key in ("multiplier", "max_per_draw", "max_shares_per_draw") if row.get(key)}
        return own | named | {"reached": bool(rows)}


class LineTerms:
    """One line."""

    def __init__(self, terms, line: dict, of_case: dict):
        self.terms, self.name = terms, line.get("name") or "line"
        used = line.get("used") or {}
        self.used = {key: used.get(key) or 0 for key in ("amount", "shares", "this_period", "holdings")}
        self.used["this_quarter"] = used.get("this_quarter", self.used["this_period"])
        self.commitment = optional(line.get("commitment"))
        self.start, self.end = as_date(line["start"]), as_date(line["end"])
        self.by_month = line.get("period") == "month"
        self.cap, self.max_shares = optional(line.get("max_per_period")), optional(line.get("max_shares"))
        self.legal_cost = float(line.get("legal_cost_per_draw") or 0)
        self.coverage, self.conditions = line.get("coverage"), list(line.get("conditions") or ())
        self.condition_names = [row["name"] for row in self.conditions]
        self.waivers = line.get("waivers") or {}
        self.blackouts = [(as_date(row["from"]), as_date(row["to"])) for row in line.get("blackouts") or ()]
        self.earnings, self.ownership = line.get("earnings_blackout"), line.get("ownership")
        self.registrations, self.exchange_cap = line.get("registrations"), line.get("exchange_cap")
        fees = line.get("fees") or {}
        self.stages = [(as_date(stage["date"]), stage) for stage in fees.get("staged") or ()]
        self.pro_rata, self.fee_share = int(fees.get("pro_rata_shares") or 0), float(fees.get("percent") or 0) / 100.0
        self.share_multiplier = float(fees.get("share_multiplier") or 1)
        listed = line.get("purchases") or [{}]
        self.kinds = [Kind(terms, self, purchase, line, of_case) for purchase in listed]

    def in_blackout(self, day: date) -> bool:
        if any(first <= day <= last for first, last in self.blackouts):
            return True
        if not self.earnings:
            return False
        before, after = self.earnings.get("before") or 0, self.earnings.get("after") or 0
        ends = [self.terms.quarter_end(self.terms.quarter(day) + 3 * k) for k in range(-5, 6)]
        return any(-before <= (day - end).days <= after for end in ends)

    def period(self, day: date) -> int:
        return month_of(day) if self.by_month else self.terms.quarter(day)

    def registered(self, day: date, achieved: dict) -> float:
        """Shares that are registered on a day; without registrations no limit."""
        if not self.registrations:
            return EVERYTHING
        total = 0.0
        for row in self.registrations:
            if row.get("effective"):
                total += row["shares"] if as_date(row["effective"]) <= day else 0.0
            else:
                total += row["shares"] if happened(achieved.get(row["milestone"]), self.terms.t(day)) else 0.0
        return total

    def capped(self, day: date, achieved: dict) -> float:
        """The exchange cap on a day, in shares of the line; no limit after the vote."""
        cap = self.exchange_cap
        if not cap or (cap.get("vote") and happened(achieved.get(cap["vote"]), self.terms.t(day))):
            return EVERYTHING
        return cap["shares"] if cap.get("shares") else cap["share"] * (self.terms.opening_shares - self.used["shares"])

    def fee_dates(self) -> list[tuple[date, int, dict]]:
        """Staged fees of the simulated span: the day, the position of the last session by then, the fee."""
        terms = self.terms
        inside = [(day, fee) for day, fee in self.stages if terms.valuation_date <= day <= terms.horizon]
        return [(day, bisect_right(terms.sessions, day) - 1, fee) for day, fee in inside]


def purchase_dates(terms, line: LineTerms, policy: dict) -> list[date]:
    """Purchase dates: the sessions of the term that close their week, month or fiscal quarter, or those listed."""
    listed, cadence = policy.get("dates"), policy.get("cadence") or "quarter_end"
    if listed:
        return [as_date(day) for day in listed]
    period = {
        "daily": lambda day: day,
        "weekly": lambda day: day.isocalendar()[:2],
        "month_end": month_of,
        "quarter_end": terms.quarter,
    }[cadence]
    return [
        day
        for day, following in pairwise(terms.later_sessions)
        if period(day) != period(following) and line.start <= day <= line.end and day <= terms.horizon
    ]


def optional(value: float | None) -> float:
    """A limit; where there is none, everything."""
    return EVERYTHING if value is None else float(value)


def happened(days: float | None, t: float) -> bool:
    return days is not None and days <= t


def month_of(day: date) -> int:
    """Months are numbered through: January of year 0 is month 0."""
    return day.year * 12 + day.month - 1


def as_date(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)
