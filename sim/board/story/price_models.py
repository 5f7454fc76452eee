"""Slide: the price model of the case, and the answer under other price models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sim.analysis.calibration.rewriting import CALIBRATED as CALIBRATED_TO
from sim.analysis.calibration.rewriting import MODEL_KEYS
from sim.analysis.price_models import TAIL
from sim.analysis.price_variants import CALIBRATED, STATED, kurtosis_of, parameter_words
from sim.board.story.chapter import Chapter
from sim.board.story.cover import paying_lines
from sim.board.story.parts import table
from sim.board.words import (
    BOUNDS,
    MINUS,
    NO_BREAK,
    PLUS_MINUS,
    aligned,
    bare,
    capitalised,
    change,
    frequency,
    moved,
    name_of,
    reading,
    shortened,
    the_line,
)
from sim.results.estimates import Estimate
from sim.terms.description_price import price_lines
from sim.terms.sources import CHANGED, comment_on, sources

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.analysis.price_models import PriceModels
    from sim.analysis.price_variants import PriceVariant
    from sim.terms import Price

#: Measures of the slide and their columns, the expected shortfall apart.
_MEASURES = {
    "shares_issued": "shares issued, M", "raised": "raised, $M", "runway_months": "runway, months",
    "cash_out": "out of cash, %",
}  # fmt: skip
_SHORTFALL = "dilution, expected shortfall, %"
_MOST_COMMENT = 90


def price_models(pack: Pack) -> Chapter | None:
    """Levels and paired changes under each model; nothing where the line is off or no other model applies."""
    found = pack.price_models
    if len(found.comparison.names) < 2 or not paying_lines(pack.result.case):
        return None
    shown = table("price_models", "Price models: level, and change from the case's model", *_rows(found), (0, 1))
    return Chapter(
        key="price_models",
        headline=_headline(found),
        charts=(shown,),
        sure=f"{found.comparison.paths:,} scenarios. All models use the same random numbers. In parentheses: the "
        f"change from the first row, path by path, {PLUS_MINUS} one standard error.",
        compared=f"The price model of the case is {own_model(pack)}.",
        change=origin(found),
        source="The same case with other price models. Kurtosis is that of a session's log return in the long run; "
        "3 is normal",
        notes=_notes(pack),
    )


def own_model(pack: Pack) -> str:
    """The model of the case, its parameters and where they come from."""
    found = pack.price_models
    own = found.variants.variants[0]
    beside, legend = sources(pack.result.case)
    made = comment_on(beside, "price.model")
    if found.variants.as_calibrated:
        origin = f"calibrated to {found.variants.returns:,} returns"
    elif made.startswith(CALIBRATED_TO) and CHANGED not in [beside.get(f"price.{key}") for key in MODEL_KEYS]:
        origin = made.rstrip(".")
    else:
        key = "price.closes" if own.case.price.model == "bootstrap" else "price.volatility"
        origin = f"stated in the case{_beside(comment_on(beside, key), legend)}"
    return f"{own.label}: {_parameters(own.case.price)}; {origin}"


def _beside(comment: str, legend: Mapping[str, str]) -> str:
    """The first sentence of a comment in parentheses, or what its tags stand for."""
    tags = [legend[tag] for tag in re.findall(r"\[(\w+)\]", comment) if tag in legend]
    words = re.sub(r"\[\w+\]\s*", "", comment) or "; ".join(tags)
    words = words.replace("ASSUMPTION", "assumption").partition(". ")[0].rstrip(".")
    return f" ({shortened(words, _MOST_COMMENT)})" if words else ""


def origin(found: PriceModels) -> str:
    """Where the parameters of the other models come from."""
    others = found.variants.variants[1:]
    calibrated = any(each.source == CALIBRATED for each in others)
    stated = any(each.source == STATED for each in others)
    shape = "the expected variance of the case's first year and stated shapes"
    if not calibrated:
        few = "too few" if found.comparison.cases[0].price.closes else "no"
        return f"The other models have {shape}; the case gives {few} closes to calibrate them to."
    words = f"Models marked [C] are calibrated to the {found.variants.returns:,} returns of the case's closes"
    return f"{words}; the others have {shape}." if stated else f"{words}."


def note_words(variant: PriceVariant) -> str:
    """Why a model is not calibrated."""
    return f"{capitalised(variant.label)} has a stated shape. {capitalised(variant.note)}."


def _rows(found: PriceModels) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    variants = found.variants.variants
    columns = {name: _cells(name, found.comparison.estimates[name], found.comparison.differences[name])
               for name in _MEASURES}  # fmt: skip
    tail = _cells(TAIL, found.shortfall, found.shortfall_differences)
    first, *rest = columns.values()
    rows = list(zip(map(_name, variants), map(_words, variants), first, tail, *rest, strict=True))
    first_head, *heads = _MEASURES.values()
    return ("price model", "parameters", first_head, _SHORTFALL, *heads), rows


def _name(variant: PriceVariant) -> str:
    label = capitalised(variant.label.removesuffix(", calibrated"))
    return f"{label}{' [C]' if variant.source == CALIBRATED else ''}"


def _words(variant: PriceVariant) -> str:
    price = variant.case.price
    return f"{_parameters(price)}; kurtosis {kurtosis_words(kurtosis_of(price))}"


def _parameters(price: Price) -> str:
    return parameter_words(price).replace("-", MINUS)


def kurtosis_words(kurtosis: float) -> str:
    return f"{kurtosis:.3g}" if kurtosis < 1e3 else "infinite" if kurtosis == float("inf") else f"{kurtosis:,.0f}"


def _cells(name: str, levels: tuple[Estimate, ...], differences: tuple[Estimate, ...]) -> list[str]:
    """`11.52`, then `11.83 (+0.31 ± 0.04)`."""
    shown = [bare(text) for text in aligned(name, levels)]
    moves = [bare(text) for text in aligned(name, differences[1:], signed=True)]
    errors = [_error(name, each, move) for each, move in zip(differences[1:], moves, strict=True)]
    return [
        shown[0],
        *(f"{level} ({move}{error})" for level, move, error in zip(shown[1:], moves, errors, strict=True)),
    ]


def _error(name: str, difference: Estimate, move: str) -> str:
    """` ± 0.04`, with the decimals of the difference; nothing where no path differs or the error is not known."""
    error = difference.se / reading(name).scale
    if not error > 0.0 or error == float("inf"):
        return ""
    decimals = len(move.partition(".")[2])
    least = 10.0**-decimals
    size = f"{error:.{decimals}f}" if error >= 0.5 * least else f"<{least:.{decimals}f}"
    return f"{NO_BREAK}{PLUS_MINUS}{NO_BREAK}{size}"


def _headline(found: PriceModels) -> str:
    """How far the answer moves: the smallest and the largest change of mean runway and of the expected shortfall."""
    runway, tail = found.comparison.differences["runway_months"][1:], found.shortfall_differences[1:]
    moves = [_span(name, each) for name, each in (("runway_months", runway), (TAIL, tail))]
    tail_name = f"the expected shortfall of {the_line(found.comparison.cases[0], owner=True)} dilution"
    if not any(moves):
        return f"No other price model changes the mean runway or {tail_name}"
    (first, moved), (second, other) = sorted(
        zip(("mean runway", tail_name), moves, strict=True), key=lambda pair: not pair[1]
    )
    if other:
        return f"Other price models change {first} {moved} and {second} {other}"
    return f"Other price models change {first} {moved}, not {second}"


def _span(name: str, differences: tuple[Estimate, ...]) -> str:
    """`by −0.4 to +1.2 months`, `by less than 0.01 months`, `by up to +1.2 months` from a change that is shown as none;
    "" where all differences are within two standard errors of 0."""
    if all(not abs(each.value) > 2.0 * each.error for each in differences):
        return ""
    low, high = (choose(differences, key=lambda each: each.value) for choose in (min, max))
    texts = list(dict.fromkeys(change(name, each, short=True) for each in (low, high)))
    large = [text for text in texts if text[0] not in BOUNDS]
    if not large:
        return f"by {moved(name, max(differences, key=lambda each: abs(each.value)))}"
    if len(large) < len(texts):
        return f"by up to {large[0]}"
    unit = " points" if name == TAIL else " months"
    return "by " + " to ".join([*(text.removesuffix(unit) for text in texts[:-1]), texts[-1]])


def _notes(pack: Pack) -> str:
    found = pack.price_models
    said = [next(iter(price_lines(pack.result.case))), origin(found)]
    said.append(
        f"The 5% expected shortfall (CVaR) of {the_line(pack.result.case, owner=True)} dilution is its mean over the "
        "5% of scenarios in which it is largest."
    )
    out = found.comparison.estimates["cash_out"]
    said.append(
        f"{name_of('cash_out')}: {frequency(min(out, key=_value), found.comparison.paths)} scenarios under the most "
        f"favourable model, {frequency(max(out, key=_value), found.comparison.paths)} under the least."
    )
    said += [note_words(each) for each in found.variants.variants if each.note]
    said += [f"{words}." for words in found.variants.left_out]
    if any(each.case.price.model == "bootstrap" for each in found.variants.variants[1:]):
        said.append(
            "Resampled returns have no correlation with the burn, and their random numbers are not those of "
            "the other models, so that their differences have larger errors."
        )
    return " ".join(said)


def _value(estimate: Estimate) -> float:
    return estimate.value
