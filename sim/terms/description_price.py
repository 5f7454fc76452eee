"""The stock price, the trading day and the volume in plain words, with remarks on unusual values."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sim.terms.case import Case
from sim.terms.derived import spread_of
from sim.terms.price import Price
from sim.text.numbers import percent
from sim.text.numbers import price as price_text

FEW_RETURNS, FEW_BLOCKS = 500, 20
LEAST_DEGREES = 4.0  # at or below, the kurtosis is infinite
LEAST_FELLER = 0.5


def price_lines(case: Case) -> Iterator[str]:
    price = case.price
    impact = (
        "Each draw moves it to the theoretical ex-issue price."
        if price.impact == "dilution"
        else "Draws do not move it."
    )
    trend = f"a growth of its mean of {percent(price.drift)} a year" if price.drift else "no trend in its mean"
    apart = " Apart from its moves at milestones and other events, it" if _jumps(case) else " It"
    compensated = ""
    if price.jumps == "compensated" and _jumps(case):
        compensated = (
            " Until such an event comes, the price drifts against its move, so that the moves leave the growth of the "
            "mean as it is."
        )
    opening = f"The stock price is {price_text(price.initial)} at the opening."
    yield f"{opening}{apart} {_moves(price, trend)}{compensated} {impact}"
    yield from _remarks(price)
    yield from _closes(case)
    yield from _day(price)


def _moves(price: Price, trend: str) -> str:
    """How it moves: a sentence that begins with a verb."""
    if price.model == "bootstrap":
        return (
            f"takes the returns of {len(price.closes) - 1:,} sessions, which the case gives, in blocks of "
            f"{price.block_days:g} sessions on average, with a volatility of {percent(spread_of(price))} a year and "
            f"{trend} (stationary bootstrap)."
        )
    volatility = f"moves at random with a volatility of {percent(price.volatility)} a year"
    if price.model == "gbm":
        return f"{volatility} and {trend} (geometric Brownian motion)."
    if price.model == "merton":
        return (
            f"{volatility} and {trend}, and jumps {price.jump_rate:g} times a year on average: the log of a jump has "
            f"the mean {price.jump_mean:g} and the standard deviation {price.jump_sd:g}. Jumps included, its "
            f"volatility is {percent(spread_of(price))} a year (jump diffusion of Merton)."
        )
    opening = (
        f"{percent(price.opening_volatility)} a year at the opening and {percent(price.volatility)} in the long run"
    )
    if price.model == "heston":
        return (
            f"moves at random with {trend} and a volatility that changes: {opening}. Its variance has a volatility of "
            f"{price.vol_of_vol:g} and a correlation of {price.correlation:g} with the price, and half of a "
            f"shock to it is gone after {math.log(2.0) / price.mean_reversion:.2f} years (Heston)."
        )
    shocks = (
        "normal shocks"
        if price.degrees_of_freedom is None
        else f"Student-t shocks with {price.degrees_of_freedom:g} degrees of freedom"
    )
    return (
        f"moves at random with {trend} and a volatility that changes: {opening}, {_half_life(price)} "
        f"(GARCH(1, 1) with alpha {price.alpha:g}, beta {price.beta:g} and {shocks})."
    )


def _half_life(price: Price) -> str:
    memory = price.alpha + price.beta
    if memory == 0.0:
        return "and a shock to it is gone after one session"
    return f"and half of a shock to its variance is gone after {math.log(0.5) / math.log(memory):,.1f} sessions"


def _remarks(price: Price) -> Iterator[str]:
    """What is unusual about the parameters of the model; none is an error."""
    if price.model == "heston" and price.vol_of_vol > 0.0:
        feller = 2.0 * price.mean_reversion * price.volatility**2 / price.vol_of_vol**2
        if feller < LEAST_FELLER:
            ratio = "2 mean_reversion volatility^2 / vol_of_vol^2"
            yield f"The variance is near zero much of the time: {ratio} is {feller:.2f}."
    if price.model == "garch" and price.degrees_of_freedom is not None and price.degrees_of_freedom <= LEAST_DEGREES:
        yield f"With {price.degrees_of_freedom:g} degrees of freedom the kurtosis of the shocks is infinite."
    if price.model == "bootstrap":
        returns = len(price.closes) - 1
        if returns < FEW_RETURNS:
            yield f"{returns} returns are few: what the file does not show cannot happen."
        if returns / price.block_days < FEW_BLOCKS:
            blocks = f"{returns / price.block_days:.1f} blocks of {price.block_days:g} sessions"
            yield f"The file has {blocks}, which are few."


def _closes(case: Case) -> Iterator[str]:
    """What the closes that the case gives are used for."""
    if case.price.closes is None:
        return
    before, given = case.price.closes_before(case.valuation_date), len(case.price.closes)
    later = f" {given - len(before)} of {given} closes are of later dates." if len(before) < given else ""
    if before:
        initial, last = price_text(case.price.initial), price_text(before[-1])
        place = f"; the opening price, {initial}, takes its place" if case.price.initial != before[-1] else ""
        legs = [leg for _, purchase, _ in case.purchases if purchase.pricing for leg in purchase.pricing.legs]
        others = " Windows of lows and VWAPs find the opening price there."
        yield (
            f"Windows that reach back before the valuation date find the {len(before):,} closes that the case gives, "
            f"the last of them {last}{place}.{others * any(leg.series != 'close' for leg in legs)}{later}"
        )
    elif later:
        yield f"No close that the case gives is of a date before the valuation date.{later}"


def _day(price: Price) -> Iterator[str]:
    if price.day is not None and price.day.overnight_share:
        yield f"{percent(price.day.overnight_share)} of a session's variance falls before its open."
    volume = price.volume
    if volume is not None:
        falls = (
            f" A price of half of the opening's comes with {2.0**volume.price_elasticity:.2f} times as many shares."
            if volume.price_elasticity
            else ""
        )
        size = (
            "does not depend on the size of the stock's move, as returns are resampled"
            if price.model == "bootstrap"
            else f"is higher by {volume.return_loading:g} for a move of one standard deviation of the stock"
        )
        yield (
            f"{volume.mean:,.0f} shares are traded in a session on average. The log of volume has a standard deviation "
            f"of {volume.sd:g} and a correlation of {volume.persistence:g} with that of the next session, and {size}."
            f"{falls}"
        )


def _jumps(case: Case) -> bool:
    """Whether an event moves the stock price."""
    ceo = case.events.ceo_change
    moves = any(milestone.price_jump and not milestone.achieved for milestone in case.milestones)
    return moves or bool(ceo and ceo.price_jump and not ceo.happened)
