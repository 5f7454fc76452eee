"""Slide: the variants that the case names, beside the line as it is, off, and with its conditions waived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.variants import LINE_OFF, SIGNED, WAIVED
from sim.board.story.chapter import Chapter
from sim.board.story.cover import paying_lines
from sim.board.story.parts import compared_cases, paired
from sim.board.words import base_of, capitalised, frequency, listed, plus_minus, shortened, the_line, variant_name
from sim.text.numbers import money

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison
    from sim.analysis.pack import Pack


def variants(pack: Pack) -> Chapter | None:
    """Mean runway and cash-outs of each named variant; nothing for a case that names none."""
    found, named = pack.variants, pack.result.case.variants or {}
    if not any(name in named for name in found.names):
        return None
    return Chapter(
        key="variants",
        headline=_best(found, list(named)),
        charts=compared_cases("named_variants", found),
        sure=paired(found),
        compared=f"{capitalised(variant_name(found.names[0], pack.result.case))}: "
        f"{plus_minus('runway_months', found.estimates['runway_months'][0])} of mean runway.",
        change="The case file says what each variant changes; nothing says how likely it is.",
        source="Variants that the case names: the case with several inputs changed; "
        f"and {the_line(pack.result.case)} off or waived",
        notes="A variant is what the case would be if something else were so. No probability is attached to it. "
        f"{owed_words(pack)}".strip(),
    )


def compared_words(pack: Pack) -> str:
    """Which variants of the line are compared: `With the line, without the line and with all conditions waived`."""
    names, lines = pack.variants.names, the_line(pack.result.case)
    told = {SIGNED: f"with {lines}", LINE_OFF: f"without {lines}", WAIVED: "with all conditions waived"}
    said = [words for name, words in told.items() if name in names]
    return capitalised(listed([*said, *["in the variants of the case"] * (len(names) > len(said))]))


def owed_words(pack: Pack) -> str:
    """Why there is dilution without the line: its staged fees are owed whatever is drawn. Nothing where none is due."""
    case = pack.result.case
    stages = [stage for line in paying_lines(case) if line.fees is not None for stage in line.fees.staged]
    due = [stage for stage in stages if case.valuation_date <= stage.date <= case.horizon]
    what = [f"{sum(stage.shares for stage in due):,} fee shares"] * any(stage.shares for stage in due)
    what += [f"{money(sum(stage.cash for stage in due))} of fees"] * any(stage.cash for stage in due)
    return (
        f"Without {the_line(case)}, {listed(what)} are due all the same: they do not depend on draws." if what else ""
    )


def _best(found: Comparison, named: list[str]) -> str:
    """The named variant with the fewest cash-outs."""
    chances = found.estimates["cash_out"]
    best = min((i for i, name in enumerate(found.names) if name in named), key=lambda i: chances[i].value)
    base = base_of(chances[0], found.paths)
    there, here = (frequency(chances[i], found.paths, base) for i in (best, 0))
    if not any(chance.value for chance in chances):
        return "No scenario runs out of cash, in the case as it is or in any variant"
    if chances[best].value >= chances[0].value:
        return f"No named variant has fewer cash-outs than the case as it is: {here} scenarios"
    name = f"\N{LEFT DOUBLE QUOTATION MARK}{shortened(found.names[best], 60)}\N{RIGHT DOUBLE QUOTATION MARK}"
    return f"In the variant {name}, cash runs out in {there} scenarios instead of {here}"
