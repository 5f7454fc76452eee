"""The uncertain inputs of a case, each with its low, its base and its high, and the overrides that set it.

Which keys are uncertain, and how far each may lie from its value, is stated with the key: `vary` in `sim.terms.parts`.
The documents' terms (commitment, caps, percentages, the discount) and the company's own decisions (its policy) are not
uncertain and are left out, unless the case's [ranges] name them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.results.estimates import decimals_allowed, rounded
from sim.terms import Case
from sim.terms.derived import facilities
from sim.terms.overrides import find, known_key, label_of
from sim.terms.ranges import Number
from sim.terms.schema import Key, Rows, Table, entry_keys, keys, values_of
from sim.terms.stated import SHARE, WAIVERS, WAIVERS_LABEL
from sim.terms.variation import Ends
from sim.text.numbers import lost, price


@dataclass(frozen=True)
class Input:
    """One uncertain number of a case; `low`, `base` and `high` in `unit`. `stated`: by the case's [ranges].

    `law` says how it is distributed: "uniform" between low and high, "triangular" with `mode`, "normal" or "lognormal"
    with low and high as the 5th and the 95th percentile.
    """

    key: str
    label: str
    unit: str
    low: float
    base: float
    high: float
    stated: bool
    overrides: Callable[[float], dict[str, float]]
    law: str = "uniform"
    mode: float | None = None

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"{self.key} = {self.low} to {self.high}: the lower end first")


# --- the inputs of a case --------------------------------------------------------------------------------------------


_FEW_DAYS = 10  # fewer may have decimals


def inputs_of(case: Case) -> tuple[Input, ...]:
    """Every uncertain input of a case, in the order of the file's tables: the stated ones, and the assumptions.

    Those without any room between low and high are left out.
    """
    stated: Mapping[str, Ends] = case.ranges or {}
    found = []
    for name, known, base, has_effect in _numbers(case):
        if name in stated:
            ends = stated[name]
        elif known.vary is not None and has_effect:
            ends = allowed_ends(number_rule(known), known.vary(base), base)
        else:
            continue
        if ends[0] < ends[1]:
            setter = _setter(case, name, name in stated)
            label = label_of(case, name)
            law = _law(case, name, number_rule(known))
            unit = _unit(case, name, known)
            found.append(Input(name, label, unit, ends[0], base, ends[1], name in stated, setter, *law))
    if case.conditions:
        low, high = stated.get(WAIVERS, (0.0, 1.0))
        if low < high:
            found.append(waivers(case, low, high, WAIVERS in stated))
    return tuple(found)


def input_of(case: Case, name: str) -> Input | None:
    """The input with a key, or None."""
    return next((one for one in inputs_of(case) if one.key == name), None)


def waivers(case: Case, low: float = 0.0, high: float = 1.0, stated: bool = False) -> Input:
    """All conditions' waiver probabilities as one number, their mean.

    Below the case's own mean all shrink in proportion; above it the probabilities of no waiver do. So 0 waives nothing,
    the case's own mean is the case as it is, and 1 waives everything. Conditions that [ranges] name are left alone.
    """
    signed = {
        f"{place}.waiver_probability": row.waiver_probability
        for key, line in facilities(case)
        for place, row in named(f"{key}.conditions", line.conditions)
        if f"{place}.waiver_probability" not in (case.ranges or {})
    }
    base = sum(signed.values()) / max(len(signed), 1)

    def overrides(mean: float) -> dict[str, float]:
        if mean == base:
            return dict(signed)
        if mean < base:
            return {name: p * (mean / base) for name, p in signed.items()}
        return {name: 1.0 - (1.0 - p) * ((1.0 - mean) / (1.0 - base)) for name, p in signed.items()}

    return Input(WAIVERS, WAIVERS_LABEL, "1", low, base, high, stated, overrides, *_law(case, WAIVERS, SHARE))


def _unit(case: Case, name: str, known: Key) -> str:
    """The unit of a key's number: dollars a month for the amount of a flow of every month."""
    flow, _, word = name.rpartition(".")
    if flow.startswith("flows[") and word == "amount" and find(case, f"{flow}.monthly")[1]:
        return "$/month"
    return known.unit or "1"


def _law(case: Case, name: str, rule: Number) -> tuple[str, float | None]:
    """Law and mode of an input."""
    if name not in (case.ranges or {}):
        return "uniform", None
    assert case.ranges is not None
    spread = case.ranges.spread(name)
    return spread.law(rule), spread.mode


def monthly_costs(case: Case) -> float:
    """Expected cash used a month, in dollars; of a statement the sum of its costs, without income."""
    return case.burn.monthly or sum((max(item.monthly, 0.0) for item in case.burn.items), 0.0)


def costs_times(case: Case, factor: float) -> dict[str, float]:
    """The overrides that multiply the monthly burn, or each cost of a statement, by a factor."""
    if case.burn.monthly is not None:
        return {"burn.monthly": case.burn.monthly * factor}
    items = named("burn.items", case.burn.items)
    return {f"{where}.monthly": item.monthly * factor for where, item in items if item.monthly > 0}


def number_rule(known: Key) -> Number:
    """The rule of a key's number, or of the numbers of its list."""
    rule: Number = known.rule if isinstance(known.rule, Number) else known.rule.of
    return rule


def named(where: str, rows: tuple[Any, ...] | None) -> Iterator[tuple[str, Any]]:
    """Each entry of a list with its key; none where the list is absent."""
    rows = rows or ()
    return zip(entry_keys(where, rows), rows, strict=True)


def trial(case: Case, changes: Mapping[str, Any]) -> Case:
    """`case` with an input's overrides, and without ranges: a trial needs none. CaseError for what cannot be."""
    return case.replace({"ranges": None, **changes}, blame="ranges")


def merged(inputs: tuple[Input, ...], values: tuple[float, ...]) -> dict[str, float]:
    """The overrides of several inputs together."""
    changes: dict[str, float] = {}
    for one, value in zip(inputs, values, strict=True):
        changes |= one.overrides(value)
    return changes


def shown(value: float, unit: str, error: float = math.nan) -> str:
    """A value of an input as people read it, with no more digits than its error allows; without one, at most four."""
    if unit == "$/share" and not error > 0:
        return price(float(f"{value:.4g}")) if value >= 0 else f"-{price(float(f'{-value:.4g}'))}"
    scale, before, after = _format(value, unit, error)
    bare = abs(value) / scale
    if error > 0 and lost(bare, decimals := _decimals(value, unit, error / scale)):
        return f"{'<' if value > 0 else '>-'}{before}{rounded(10.0**-decimals, decimals)}{after}"
    error = math.nan if error < 1e-9 * abs(value) else error  # rounding of sums
    text = rounded(bare, _decimals(value, unit, error / scale)) if error > 0 else f"{round(float(f'{bare:.4g}'), 6):,}"
    text = text.rstrip("0").rstrip(".") if "." in text and not error > 0 else text
    return f"{'-' if value < 0 and text.strip('0.') else ''}{before}{text}{after}"


def as_shown(value: float, unit: str, error: float) -> float:
    """The number that `shown` prints for a value with an error above 0."""
    scale = _format(value, unit, error)[0]
    return round(value / scale, _decimals(value, unit, error / scale)) * scale


def _decimals(value: float, unit: str, error: float) -> int:
    """Decimals that an error allows; none of days, unless they are few."""
    return min(decimals_allowed(error), 0) if unit == "days" and abs(value) >= _FEW_DAYS else decimals_allowed(error)


def _format(value: float, unit: str, error: float) -> tuple[float, str, str]:
    """The scale in which a value is printed, and the text before and after the number."""
    scale, before, after = 1.0, "", f" {unit}"
    if unit in ("$", "$/month"):
        scale, before, after = (1e6, "$", "M") if max(abs(value), error) >= 1e5 else (1.0, "$", "")
        after += " a month" if unit == "$/month" else ""
    elif unit == "$/share":
        before, after = "$", ""
    elif unit == "events/year":  # the label says what is counted and that it is per year
        after = ""
    elif unit in ("1", "1/year"):
        scale, after = 0.01, "%" + " a year" * (unit == "1/year")
    return scale, before, after


# --- helpers ---------------------------------------------------------------------------------------------------------


def _numbers(case: Case) -> Iterator[tuple[str, Key, float, bool]]:
    """(dotted key, key, value, whether it has an effect) of every number that is simulated, is not whole and has a
    value."""

    def walk(part: Any, where: str) -> Iterator[tuple[str, Key, float, bool]]:
        values = values_of(part)
        of: Any = type(part)
        for word, known in keys(of).items():
            name, value, rule = f"{where}{word}", values[word], known.rule
            if isinstance(rule, Number) and value is not None:
                yield name, known, value, known.used is None or known.used(part)
            elif isinstance(rule, Table) and value is not None:
                yield from walk(value, f"{name}.")
            elif isinstance(rule, Rows):
                for place, row in named(name, value or ()):
                    yield from walk(row, f"{place}.")

    found = {row[0]: row for row in walk(case, "") if not row[0].startswith("record.")}
    if len(case.milestones) < 2:  # the common factor of one milestone
        found["events.common_loading"] = (*found["events.common_loading"][:3], False)
    if case.price.model == "bootstrap":  # no Brownian motion with which the burn could move
        found["burn.price_correlation"] = (*found["burn.price_correlation"][:3], False)
    for name in case.ranges or {}:
        if name not in found and name != WAIVERS:  # of a list of numbers, or absent
            value = find(case, name)[1]
            if value is not None:
                found[name] = (name, known_key(Case, name), value, True)
    yield from found.values()


def allowed_ends(rule: Number, ends: Ends, base: float) -> Ends:
    """The ends cut to what the key allows; an end that is not allowed itself gives way to the base."""

    def cut(end: float) -> float:
        end = max(end, rule.least if rule.least is not None else end)
        end = min(end, rule.most if rule.most is not None else end)
        open_ended = (rule.above is not None and end <= rule.above) or (rule.below is not None and end >= rule.below)
        return base if open_ended else end

    return cut(ends[0]), cut(ends[1])


def _setter(case: Case, name: str, stated: bool) -> Callable[[float], dict[str, float]]:
    """What sets a key. A milestone's median takes its 90% point along, unless [ranges] names that."""
    if name.endswith(".median_days"):
        late = name.removesuffix("median_days") + "p90_days"
        if late not in (case.ranges or {}):
            base, late_base = find(case, name)[1], find(case, late)[1]
            return lambda value: {name: value, late: late_base * (value / base)}  # exact at the base
    return lambda value: {name: value}
