"""The table [line] of a case file, an entry of [[lines]], and its kinds of purchase, as frozen objects."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any

from sim.terms.base import MONEY, NAME, SHARES, terms
from sim.terms.clause_tables import (
    Blackout,
    EarningsBlackout,
    ExchangeCap,
    Fees,
    MultipleOf,
    Ownership,
    Registration,
    Tier,
    Used,
    VolumeBefore,
    VolumeDuring,
)
from sim.terms.other_names import as_spelled, names_of
from sim.terms.parts import Condition, Coverage, Pricing
from sim.terms.people import Waivers
from sim.terms.policy import Policy
from sim.terms.problems import MISSING, Problem, number_text
from sim.terms.ranges import Day, Flag, Number, Text, Whole
from sim.terms.schema import Clause, Draft, Rows, Table, Terms, key, keys, unchecked, values_of
from sim.terms.variation import HALF_TO_TWICE
from sim.text.numbers import count

_SESSIONS = Whole(0, 250, unit="sessions")


@terms
class PurchaseTerms(Terms):
    """What a kind of purchase says of itself. What it leaves out is as its line says."""

    pricing: Pricing | None = key(Table(Pricing), None, meaning="how the purchase price is found")
    policy: Policy | None = key(
        Table(Policy), None, meaning="when and how much the company requests; absent: as the line's, or the case's"
    )
    tiers: tuple[Tier, ...] = key(
        Rows(Tier), (), brief=True,
        meaning="limits by the close of the purchase date: the row with the highest from_price that it reaches",
        clause=Clause(
            "price tier", "limits by the close of the date: {}", (), kind="date",
            shown=lambda rows: "; ".join(row.words for row in rows),
        ),
    )  # fmt: skip
    max_per_draw: float | None = key(
        MONEY, None,
        meaning="the most that one draw can be",
        clause=Clause("draw cap", "at most {} per draw"),
    )  # fmt: skip
    max_shares_per_draw: int | None = key(
        SHARES, None,
        meaning="the most shares that one draw can be",
        clause=Clause("share cap", "at most {} shares per draw", kind="shares"),
    )  # fmt: skip
    volume_before: VolumeBefore | None = key(
        Table(VolumeBefore), None,
        meaning="limit by the volume of the sessions before the purchase date",
        clause=Clause("volume", "at most {}", kind="shares", shown=lambda volume: volume.words),
    )  # fmt: skip
    volume_during: VolumeDuring | None = key(
        Table(VolumeDuring), None,
        meaning="limit by the volume of the sessions of the pricing window, or of the purchase date if it lies before",
        clause=Clause("volume", "at most {}", kind="shares", shown=lambda volume: volume.words),
    )  # fmt: skip
    market_cap_share: float | None = key(
        Number(above=0, most=1, unit="1"), None,
        meaning="the most that one draw can be, as a share of close x outstanding shares",
        clause=Clause("market cap", "at most {} of the market value of the outstanding shares", kind="shares"),
    )  # fmt: skip
    multiple_of: MultipleOf | None = key(
        Table(MultipleOf), None,
        meaning="limit by the shares of another purchase of the line on the same date",
        clause=Clause("multiple", "at most {}", kind="shares", shown=lambda multiple: multiple.words),
    )  # fmt: skip
    cooldown_sessions: int = key(
        _SESSIONS, 0, brief=True,
        meaning="sessions after the line's last settlement on which no notice may be given",
        clause=Clause(
            "cooldown", "no notice within {} of the last settlement", 0, kind="date",
            shown=lambda x: count(x, "session"),
        ),
    )  # fmt: skip
    settlement_sessions: int = key(
        _SESSIONS, 0, brief=True,
        meaning="sessions from the purchase date, or from the end of a pricing window after it, to settlement",
    )  # fmt: skip
    minimum_draw: float = key(
        MONEY, 0.0,
        meaning="a smaller draw is not made",
        clause=Clause("minimum draw", "no draw below {}", 0.0, kind="size"),
    )  # fmt: skip

    def check_tiers(self) -> Iterator[Problem]:
        for i in range(1, len(self.tiers)):
            price, before = self.tiers[i].from_price, self.tiers[i - 1].from_price
            if price <= before:
                yield f"tiers[{i}].from_price", price, f"must be above that of the row before it, {number_text(before)}"


@terms
class Purchase(PurchaseTerms):
    name: str = key(NAME, meaning="name of the kind of purchase")


@terms
class Line(PurchaseTerms):
    name: str = key(Text(empty=True), "", brief=True, meaning="name of the line; an entry of [[lines]] needs one")
    investor: str = key(NAME, meaning="name of the investor")
    commitment: float | None = key(
        MONEY,
        None,
        meaning="the most that all draws together can be; 0 turns the line off; absent: no limit in dollars",
    )
    max_shares: int | None = key(
        SHARES, None,
        meaning="the most shares that the line can ever issue, fee shares among them",
        # Without a commitment in dollars they are the size of the line, which is no clause.
        clause=Clause(
            "line shares", "at most {} shares under the line", kind="shares",
            used=lambda line: line.commitment is not None,
        ),
    )  # fmt: skip
    signing: datetime.date | None = key(Day(), None, meaning="day of the signing; absent: the first day of the term")
    start: datetime.date = key(Day(), meaning="first day of the term")
    end: datetime.date = key(Day(), meaning="last day of the term")
    period: str = key(
        Text(("fiscal_quarter", "month")), "fiscal_quarter",
        meaning="the period of max_per_period; that of coverage is the fiscal quarter",
    )  # fmt: skip
    max_per_period: float | None = key(
        MONEY, None,
        meaning="the most that the draws of one period can be",
        clause=Clause("period cap", "at most {} per {period}"),
    )  # fmt: skip
    used: Used | None = key(
        Table(Used), None, meaning="what the line did before the valuation date; it counts for limits, in no measure"
    )
    registered: bool = key(Flag(), False, meaning="whether the shares are registered for resale")
    legal_cost_per_draw: float = key(
        MONEY, 0.0,
        meaning="legal fees that the company pays for each draw",
        clause=Clause("legal fees", "the company pays {} of legal fees for each draw", 0.0, kind="cost"),
        label="legal fees of a draw", vary=HALF_TO_TWICE,
    )  # fmt: skip
    fees: Fees | None = key(Table(Fees), None, meaning="fees in cash and in shares")
    coverage: Coverage | None = key(
        Table(Coverage), None,
        meaning="limit of a quarter's draws by the cash used in operations",
        clause=Clause("coverage", "draws at most {}", kind="coverage", shown=lambda coverage: coverage.words),
    )  # fmt: skip
    conditions: tuple[Condition, ...] = key(Rows(Condition), (), meaning="conditions of a draw, in the line's order")
    waivers: Waivers | None = key(
        Table(Waivers), None, meaning="how waivers are drawn; absent: once, each condition for itself"
    )
    blackouts: tuple[Blackout, ...] = key(
        Rows(Blackout), (), brief=True,
        meaning="days on which no notice may be given",
        clause=Clause(
            "blackout", "no notice {}", (), kind="date", shown=lambda rows: "; ".join(row.words for row in rows)
        ),
    )  # fmt: skip
    earnings_blackout: EarningsBlackout | None = key(
        Table(EarningsBlackout), None,
        meaning="days around the end of each fiscal quarter on which no notice may be given",
        clause=Clause("blackout", "no notice {}", kind="date", shown=lambda blackout: blackout.words),
    )  # fmt: skip
    registrations: tuple[Registration, ...] = key(
        Rows(Registration), (), brief=True,
        meaning="shares that may be issued, as they become registered; absent: no such limit",
        clause=Clause(
            "registered shares", "only registered shares: {}", (), kind="shares",
            shown=lambda rows: "; ".join(row.words for row in rows),
        ),
    )  # fmt: skip
    exchange_cap: ExchangeCap | None = key(
        Table(ExchangeCap), None,
        meaning="the most shares that the line can issue without a vote of the holders",
        clause=Clause("exchange cap", "at most {}", kind="shares", shown=lambda cap: cap.words),
    )  # fmt: skip
    ownership: Ownership | None = key(
        Table(Ownership), None,
        meaning="the most that the investor may hold of the outstanding shares",
        clause=Clause("ownership", "{}", kind="shares", shown=lambda ownership: ownership.words),
    )  # fmt: skip
    purchases: tuple[Purchase, ...] = key(
        Rows(Purchase), (), brief=True, meaning="kinds of purchase; absent: one kind, made of the line's own keys"
    )

    def check_term(self) -> Iterator[Problem]:
        if self.end < self.start:
            yield "end", self.end, f"must be on or after line.start, {self.start}"

    def check_signing(self) -> Iterator[Problem]:
        if self.signing is not None and self.signing > self.end:
            yield "signing", self.signing, f"must be on or before line.end, {self.end}"

    def check_commitment(self) -> Iterator[Problem]:
        if self.commitment is None and self.max_shares is None:
            rule = keys(Line)["commitment"].rule
            yield "commitment", MISSING, f"must be {rule.allowed}, unless max_shares is there"

    def check_pricing(self) -> Iterator[Problem]:
        allowed = keys(PurchaseTerms)["pricing"].rule.allowed
        if self.pricing is None and not self.purchases:
            yield "pricing", MISSING, f"must be {allowed}"
        for purchase in self.purchases:
            if self.pricing is None and purchase.pricing is None:
                yield f"purchases[{purchase.name}].pricing", MISSING, f"must be {allowed}, as the line has none"

    @classmethod
    def as_spelled(cls, values: dict[str, Any]) -> dict[str, Any]:
        return dict(vars(as_spelled(cls, Draft(values), {"purchases": names_of(values.get("purchases"))})))

    def check_multiples(self) -> Iterator[Problem]:
        if self.multiple_of is not None:
            yield "multiple_of", self.multiple_of.purchase, "must be a key of one of line.purchases"
        names: list[str] = []
        for purchase in self.purchases:
            multiple = purchase.multiple_of
            if multiple is not None and multiple.purchase not in names:
                allowed = f"must be a purchase of this line that is listed before it: {', '.join(names) or 'none is'}"
                yield f"purchases[{purchase.name}].multiple_of.purchase", multiple.purchase, allowed
            names.append(purchase.name)

    def check_fees(self) -> Iterator[Problem]:
        if self.fees is not None and self.fees.pro_rata_shares and self.commitment is None:
            yield "fees.pro_rata_shares", self.fees.pro_rata_shares, "must be 0, as the line has no commitment"

    def check_used(self) -> Iterator[Problem]:
        if self.used is None:
            return
        if self.commitment and self.used.amount > self.commitment:  # a commitment of 0 turns the line off
            yield "used.amount", self.used.amount, f"must be at most line.commitment, {number_text(self.commitment)}"
        if self.max_shares is not None and self.used.shares > self.max_shares:
            yield "used.shares", self.used.shares, f"must be at most line.max_shares, {self.max_shares}"

    @property
    def label(self) -> str:
        """The line's name; "line" where it has none."""
        return self.name or "line"

    @property
    def agent(self) -> str:
        """Who sells the shares at the market for the company, where the investor is named as an agent; else ""."""
        name, _, role = self.investor.rpartition(" as ")
        return name.rstrip(", ") if re.fullmatch(r"(sales |the )?agents?", role.strip(), re.IGNORECASE) else ""

    @property
    def party(self) -> str:
        """`Berg & Berg`, or `Citigroup as agent`: the investor's name as a part of a sentence."""
        return f"{self.agent} as agent" if self.agent else self.investor

    @property
    def trade(self) -> str:
        """`buys`, or, of an agent, `sells`: what the party does with the shares."""
        return "sells" if self.agent else "buys"

    @property
    def waives_by_price(self) -> bool:
        """Whether waivers are drawn on purchase dates: anew each fiscal quarter, or with the close."""
        waivers = self.waivers
        return waivers is not None and (waivers.mode == "each_period" or waivers.price_sensitivity != 0)

    def kinds(self, policy: Policy) -> tuple[Purchase, ...]:
        """The line's kinds of purchase, each with everything that counts for it: its own terms, else the line's, and as
        the last resort the case's policy."""
        own = values_of(self)
        if not self.purchases:
            return (self._kind(own | {"name": "purchase"}, policy),)
        return tuple(self._kind(own | _stated(purchase), policy) for purchase in self.purchases)

    def _kind(self, values: dict[str, Any], policy: Policy) -> Purchase:
        values["policy"] = values["policy"] or policy
        made: Purchase = unchecked(Purchase, values)
        return made


def _stated(purchase: Purchase) -> dict[str, Any]:
    """The terms that a kind of purchase states itself."""
    known = keys(Purchase)
    return {word: value for word, value in values_of(purchase).items() if value != known[word].default}
