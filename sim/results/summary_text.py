"""A summary in words and tables, for a terminal (at most 100 columns, plain ASCII of our own) and for a notebook."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sim.results.distribution import Distribution
from sim.results.estimates import QUANTILE_PERCENTS, Estimate
from sim.results.measures import COUNT, MEASURES
from sim.text.dates import long_date
from sim.text.numbers import decimals_allowed, first_digit, rounded
from sim.text.tables import Table, plain, table_html, table_text, wrapped

if TYPE_CHECKING:
    from sim.results.summary import Summary

_REASONS_WIDTH = 40
BINNED = "No paths were kept: quantiles and the worst 5% are read from bins, and are right to 1 part in 2,048."


def as_text(summary: Summary) -> str:
    """The answer in sentences, then the tables."""
    blocks = [_title(summary), "\n".join(wrapped(sentence) for sentence in answer(summary))]
    blocks += [table_text(table) for table in tables(summary)]
    return "\n\n".join(blocks)


def as_html(summary: Summary) -> str:
    """The same for a notebook. Every word that comes from a case is escaped."""
    parts = [f"<p><strong>{html.escape(_title(summary))}</strong></p>"]
    parts += [f"<p>{html.escape(sentence)}</p>" for sentence in answer(summary)]
    parts += [table_html(table) for table in tables(summary)]
    return "<div>" + "\n".join(parts) + "</div>"


def answer(summary: Summary) -> list[str]:
    """What the board asks, in sentences: does the money last, what does the line pay, at what dilution."""
    raised, dilution = summary["raised"], summary["dilution"]
    return [
        odds(summary) + _lasting(summary),
        f"The line raises {_mean('raised', raised)} on average{_of_commitment(summary)}; "
        f"the worst 5% of the paths raise {_worst('raised', raised)}.",
        f"That dilutes the holders by {_mean('dilution', dilution)} on average, "
        f"and by {_worst('dilution', dilution)} in the worst 5%.",
    ]


def odds(summary: Summary) -> str:
    """The probability of running out within the horizon, as a sentence."""
    chance, by = summary.cash_out, long_date(summary.periods[-1].end)
    if chance.value == 0.0:
        return f"Cash runs out by {by} in none of the {paths(summary)}: a probability below {_upward(chance.ci95[1])}%."
    causes = {cause: shares[-1] / chance.value for cause, shares in summary.causes_by_period.items() if shares[-1]}
    (first, most), *others = sorted(causes.items(), key=lambda item: -item[1])
    listed = "".join(f", {cause} {share:.0%}" for cause, share in others)
    why = f"{first} cause {most:.0%} of it{listed}" if others else f"always because of {first}"
    if chance.value == 1.0:
        above = 100 - _upward(1 - chance.ci95[0])
        return f"Cash runs out by {by} in each of the {paths(summary)}: a probability above {above:g}% ({why})."
    return f"Cash runs out by {by} with a probability of {percent(chance)} ({why})."


def paths(summary: Summary) -> str:
    """`100,000 paths`."""
    return _some_paths(summary.run.paths)


def _some_paths(number: int) -> str:
    return f"{number:,} path{'s' * (number != 1)}"


def tables(summary: Summary) -> list[Table]:
    """By quarter, by measure, and the commitment's waterfall."""
    return [_by_period(summary), _by_measure(summary), _waterfall(summary)]


def percent(estimate: Estimate) -> str:
    """`84.2% +- 0.1%`."""
    low, high = estimate.ci95
    scaled = Estimate(100 * estimate.value, 100 * estimate.se, (100 * low, 100 * high))
    return str(scaled).replace(" +- ", "% +- ") + "%"


def _title(summary: Summary) -> str:
    run = summary.run
    pairs = ", antithetic pairs" if run.antithetic else ""
    shard = f", from path {run.first_path:,} on" if run.first_path else ""
    return wrapped(f"{run.case.title}\n{paths(summary)}{shard}, seed {run.seed}, {run.sampler}{pairs}")


def _upward(chance: float) -> float:
    """A small probability in percent, rounded up to two digits."""
    digits = first_digit(100 * chance) + 1
    return math.ceil(100 * chance * 10.0**digits) / 10.0**digits


def _lasting(summary: Summary) -> str:
    """How long the median and the worst paths last, where that is not the horizon."""
    chance, runway = summary.cash_out.value, summary["runway_months"]
    if chance == 0.0:
        return ""
    worst = f"the worst 5% last {_worst('runway_months', runway)}."
    if chance < 0.5:
        return f" {worst.capitalize()}"
    return f" Half of the paths last {_briefly('runway_months', runway.p50.value, runway.p50.error)} or less; {worst}"


def _of_commitment(summary: Summary) -> str:
    commitment = float(summary.run.case.line.commitment)
    return f", of {MEASURES['raised'].format(commitment, 0.0)} committed" if commitment else ""


def _mean(name: str, distribution: Distribution) -> str:
    return _briefly(name, distribution.mean, distribution.mcse)


def _worst(name: str, distribution: Distribution) -> str:
    return _briefly(name, distribution.worst5_mean, distribution.worst5_se)


def _briefly(name: str, value: float, error: float) -> str:
    """For a sentence: at most three significant digits, however small the error."""
    coarse = 10.0 ** (math.floor(math.log10(abs(value))) - 2) if value and math.isfinite(value) else 0.0
    return MEASURES[name].format(value, max(error, coarse) if math.isfinite(error) else math.inf)


def _known(error: float) -> float:
    """An error that few paths cannot tell (NaN) leaves hardly a digit to believe."""
    return math.inf if math.isnan(error) else error


def _most_binding(binding: Mapping[str, float]) -> str:
    """The reasons that bound most, as many as fit. Conditions by their name in quotes."""
    words = ""
    for reason, share in sorted(binding.items(), key=lambda item: -item[1]):
        name = plain(reason)
        if name.startswith("condition: "):
            name = f'"{name.removeprefix("condition: ")}"'
        longer = f"{words}, {name} {share:.0%}" if words else f"{name} {share:.0%}"
        if words and len(longer) > _REASONS_WIDTH:
            break
        words = longer
    return words or "-"


def _by_period(summary: Summary) -> Table:
    raised = MEASURES["raised"]
    rows = []
    for period, chance, amount, binding in zip(
        summary.periods, summary.cash_out_by_period, summary.raised_by_period, summary.binding_by_period, strict=True
    ):
        digits = min(decimals_allowed(100 * chance.error), 4)
        low, high = (rounded(100 * bound, digits) for bound in chance.ci95)
        rows.append(
            (
                period.label,
                f"{period.end:%Y-%m-%d}",
                rounded(100 * chance.value, digits),
                f"{low}-{high}",
                raised.format_bare(amount.value, _known(amount.se)),
                _most_binding(binding),
            )
        )
    columns = ("Quarter", "ends", "out, %", "95% interval", "raised, $M", "what bound its draws before the cash-out")
    heading = "Probability of being out of cash by the end of each fiscal quarter; what the line paid in it"
    return Table(heading, columns, rows, (0, 1, 5))


def _by_measure(summary: Summary) -> Table:
    rows = []
    for name, distribution in summary.distributions.items():
        measure = MEASURES[name]
        whole = measure.reading is COUNT  # quantiles of counts have no decimals
        rows.append(
            (
                measure.column,
                measure.format_bare(distribution.mean, _known(distribution.mcse)),
                measure.format_error(distribution.mcse, distribution.mean),
                *(measure.format_bare(each.value, 1.0 if whole else each.error) for each in distribution.quantiles),
                measure.format_bare(distribution.worst5_mean, _known(distribution.worst5_se)),
            )
        )
    quantiles = ("median" if each == 50 else f"{each}%" for each in QUANTILE_PERCENTS)
    absent, censored = summary["effective_price"].absent, round(summary.run.paths * (1.0 - summary.cash_out.value))
    have = "has" if absent == 1 else "have"
    notes = [f"{_some_paths(absent)} drew nothing and {have} no effective price."] * bool(absent)
    notes += [f"The runway of {_some_paths(censored)} reaches the horizon and is censored there."] * bool(censored)
    notes += [BINNED] * summary.binned
    return Table("Measures", ("", "mean", "+-", *quantiles, "worst 5%"), rows, (0,), " ".join(notes))


def _waterfall(summary: Summary) -> Table:
    fall, raised = summary.waterfall, MEASURES["raised"]
    # An amount between 0 and the commitment C with mean m varies by sqrt(m (C - m)) from path to path, or by less.
    spread = 2.0 if summary.run.groups == "pairs" else 1.0

    def row(words: str, amount: float, error: float = 0.0) -> tuple[str, ...]:
        share = 100 * amount / fall.commitment if fall.commitment else math.nan
        shown = "-" if math.isnan(share) else "<1%" if 0 < share < 0.5 else f"{share:.0f}%"
        most = math.sqrt(max(amount * (fall.commitment - amount), 0.0) * spread / summary.run.paths)
        return words, raised.format_bare(amount, error or max(most, summary["raised"].mcse)), shown

    rows = [row("raised", fall.raised, _known(summary["raised"].mcse)), row("cut by third parties", fall.cut)]
    ranked = sorted(fall.unraised.items(), key=lambda item: -item[1])
    rows += [row(f"unraised: {plain(reason)}", amount) for reason, amount in ranked]
    rows.append(("commitment", raised.format_bare(fall.commitment, 0.0), "100%" if fall.commitment else "-"))
    return Table("Where the commitment goes, mean of the paths", ("", "$M", "share"), rows, (0,))
