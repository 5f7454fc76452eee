"""Slide: dilution, price and cost of the capital raised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.analysis.capital import CapitalCost, cost_of_capital
from sim.board.charts.run import distribution_chart
from sim.board.story.chapter import Card, Chapter
from sim.board.words import brief, in_words, plus_minus, share_between, spoken, tail, the_line
from sim.terms.description_line import price_words as price_of
from sim.text.numbers import count

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.results.summary import Summary
    from sim.terms import Case, Pricing


_MOST_PRICES = 200  # letters of the prices of all kinds of purchase, and of third parties


def capital(pack: Pack) -> Chapter | None:
    """The cost of the capital and the dilution; nothing where no scenario draws."""
    result, case = pack.result, pack.result.case
    summary = result.summary()
    if not summary["effective_price"].n:
        return None
    cost, dilution = cost_of_capital(result), summary["dilution"]
    mean = brief("effective_discount", summary["effective_discount"].mean, summary["effective_discount"].mcse)
    often, most = tail(result, "dilution", 95)
    return Chapter(
        key="capital",
        headline=f"Discount and fees cost {in_words(spoken('effective_discount', cost.all_in))} of the shares' market "
        f"value; {the_line(case, owner=True)} shares dilute the holders by "
        f"{in_words(brief('dilution', dilution.mean, dilution.mcse))} on average",
        charts=(distribution_chart(result, "dilution"),) if result.sketch is None else (),
        cards=_cards(case, summary, cost),
        sure=f"Discount and fees {plus_minus('effective_discount', cost.all_in)}; mean dilution by {the_line(case)} "
        f"{plus_minus('dilution', dilution.estimate)}.",
        compared=price_words(case),
        change=f"A lower stock price: the same amount drawn under {the_line(case)} then dilutes the holders more. "
        f"In {often} scenarios {the_line(case, owner=True)} dilution is {most}."
        if dilution.p95.value
        else f"A draw in more scenarios: in {share_between(result, 'raised', 0.0, 0.0)} nothing is raised.",
        source="Discount to the close of the purchase date plus fees, divided by the shares' market value; "
        "one-off, not a rate per year",
        notes=f"Dilution by {the_line(case, owner=True)} shares = these / (opening shares + these), up to the "
        f"cash-out; shares that third parties buy are not counted.{_total(summary)} Cost = total discount and fees / "
        "total market value, over all scenarios. The simple average of the discounts, over scenarios with a draw, is "
        f"{mean}.",
    )


def _total(summary: Summary) -> str:
    """Dilution by all shares, and what the holders keep."""
    if "total_dilution" not in summary:
        return ""
    total, kept = summary["total_dilution"].estimate, summary["retained_ownership"].estimate
    return (
        f" With third parties' shares, mean total dilution is {plus_minus('total_dilution', total)}. The holders keep "
        f"{plus_minus('retained_ownership', kept)} of the company on average, nothing where cash runs out."
    )


def _with_shares(case: Case) -> str:
    """Fee shares are part of the discount, as they are issued for no dollars."""
    fees = [line.fees for line in case.facilities if line.fees]
    any_shares = any(each.pro_rata_shares or any(stage.shares for stage in each.staged) for each in fees)
    return " and fee shares" * any_shares


def _cards(case: Case, summary: Summary, cost: CapitalCost) -> tuple[Card, ...]:
    dilution, price = summary["dilution"], summary["effective_price"]
    low, high = (brief("effective_price", each.value, each.error) for each in (price.p25, price.p75))
    return (
        Card(
            brief("dilution", dilution.p50.value, dilution.p50.error),
            f"median dilution by {the_line(case, owner=True)} shares",
            f"mean {plus_minus('dilution', dilution.estimate)}",
        ),
        Card(
            brief("effective_price", price.p50.value, price.p50.error),
            "median price per share, over scenarios with a draw",
            f"middle 50%: {low} to {high}",
        ),
        Card(
            spoken("effective_discount", cost.all_in),
            "discount and fees, of the shares' market value",
            f"discount{_with_shares(case)} {spoken('effective_discount', cost.discount)}, "
            f"cash fees {spoken('effective_discount', cost.legal)}",
        ),
    )


def _pricings(case: Case) -> Iterator[tuple[str, Pricing]]:
    """The pricing of each kind of purchase, with a name."""
    for line, purchase, _ in case.purchases:
        if purchase.pricing is not None:
            yield ", ".join([line.label, *[purchase.name] * bool(line.purchases)]), purchase.pricing


def price_words(case: Case) -> str:
    """How the line prices its shares, and at what discount third parties buy theirs."""
    third, prices = case.third_party, dict(_pricings(case))
    others = ""
    if third is not None and third.kind == "equity":
        others = f" Third parties buy at a discount of {100 * third.discount:g}% to the close."
    texts, n = list(dict.fromkeys(map(price_of, prices.values()))), len(prices)
    several = any(line.purchases for line in case.facilities)
    things = f"{count(n, 'kind')} of purchase" if several else count(n, "line")
    if len(texts) == 1:
        text = f"The line's price is {texts[0]}." if n == 1 else f"The price of the {things} is {texts[0]}."
        short = f"The slide on the terms states the price of {the_line(case, owner=True)} shares."
    else:
        text = " ".join(f"The price of {name} is {price_of(pricing)}." for name, pricing in prices.items())
        short = f"The {things} have prices of their own, which the slide on the terms states."
    if len(text + others) > _MOST_PRICES:
        text = short
    return text + others
