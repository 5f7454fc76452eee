"""Kinds of purchase of lines with every limit: their completed terms, and the rows of their prices and tiers."""

from __future__ import annotations

import math

from sim.lowering import model_records as m
from sim.lowering import program as r
from sim.terms import Policy, Pricing, Purchase


def limit(value: float | None) -> float:
    """A limit as a number; an absent one is infinite."""
    return r.UNLIMITED if value is None else float(value)


def priced(purchase: Purchase) -> Pricing:
    """The pricing of a completed kind of purchase."""
    assert purchase.pricing is not None
    return purchase.pricing


def followed(purchase: Purchase) -> Policy:
    """The policy of a completed kind of purchase."""
    assert purchase.policy is not None
    return purchase.policy


def averaged(policy: Policy) -> bool:
    """Whether the trigger is a multiple of an average close."""
    return policy.kind == "opportunistic" and policy.trigger_over == "average"


def leg_rows(pricing: Pricing) -> list[dict]:
    """The legs of a price."""
    return [
        {
            "series": m.SERIES.index(leg.series),
            "window": leg.window,
            "statistic": r.STATISTICS.index(leg.statistic),
            "count": min(leg.count or 1, leg.window),
            "multiplier": leg.multiplier,
        }
        for leg in pricing.legs
    ]


def tier_rows(purchase: Purchase, pricing: Pricing) -> list[dict]:
    """The limits from each close on; without tiers one row that every close reaches."""
    own = {
        "from_price": -math.inf,
        "share_cap": limit(purchase.max_shares_per_draw),
        "draw_cap": limit(purchase.max_per_draw),
        "multiplier": pricing.multiplier,
    }
    rows = []
    for tier in purchase.tiers:
        row = own | {"from_price": tier.from_price}
        row |= {"share_cap": limit(tier.max_shares_per_draw)} if tier.max_shares_per_draw is not None else {}
        row |= {"draw_cap": limit(tier.max_per_draw)} if tier.max_per_draw is not None else {}
        row |= {"multiplier": tier.multiplier} if tier.multiplier is not None else {}
        rows.append(row)
    return rows or [own]
