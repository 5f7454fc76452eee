"""A summary in sentences and tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from sim.results import statistics_text
from sim.results.distribution import Distribution
from sim.results.estimates import QUANTILE_PERCENTS
from sim.results.figures import Figures
from sim.results.measures import CENSORED_MARK, COUNT, HEADLINE, MEASURES, censored_text
from sim.text.dates import long_date
from sim.text.numbers import first_digit, rounded, shared_decimals, with_decimals
from sim.text.readable import Blocks
from sim.text.tables import Table

#: Limits with a smaller share of a quarter's draws are not listed.
LEAST_SHARE = 0.1
#: What the mean of the least favourable 5% of the paths is called.
SHORTFALL = "expected shortfall, 5%"
BINNED = (
    "The run kept no paths: quantiles and expected shortfalls come from a quantile sketch with a relative error of at "
    "most 1/2,048."
)
LINE_ONLY = "Dilution counts the shares issued under the line only"


def blocks(summary: Figures) -> Blocks:
    """The run, the answer in sentences, then the tables."""
    return [_title(summary), "\n".join(answer(summary)), *tables(summary)]


def answer(summary: Figures) -> list[str]:
    """Sentences on how long the cash lasts, what the line raises, and how much its shares dilute."""
    raised, dilution = summary["raised"], summary["dilution"]
    return [
        odds(summary) + _lasting(summary),
        statistics_text.shortage(summary),
        f"The company raises {_mean('raised', raised)}{_of_commitment(summary)} on average "
        f"({SHORTFALL}: {_worst('raised', raised)}).",
        f"{_whose(summary)} shares dilute the holders by {_mean('dilution', dilution)} on average "
        f"({SHORTFALL}: {_worst('dilution', dilution)}).{_other_shares(summary)}",
    ]


def odds(summary: Figures) -> str:
    """The probability of a cash-out within the horizon, as a sentence."""
    cash_out, by = summary.cash_out, long_date(summary.periods[-1].end)
    if cash_out.value == 0.0:
        above = _upward(cash_out.ci95[1])
        return f"Cash runs out by {by} in none of the {paths(summary)}: a probability below {above}%."
    causes = {cause: shares[-1] / cash_out.value for cause, shares in summary.causes_by_period.items() if shares[-1]}
    (first, most), *others = sorted(causes.items(), key=lambda item: -item[1])
    listed = "".join(f", {share:.0%} to {cause}" for cause, share in others)
    why = f"{most:.0%} of the cash-outs are due to {first}{listed}" if others else f"always due to {first}"
    if cash_out.value == 1.0:
        above = 100 - _upward(1 - cash_out.ci95[0])
        return f"Cash runs out by {by} in each of the {paths(summary)}: a probability above {above:g}% ({why})."
    return f"Cash runs out by {by} with a probability of {cash_out.as_percent()} ({why})."


def paths(summary: Figures) -> str:
    """`100,000 paths`."""
    return _some_paths(summary.run.paths)


def _some_paths(number: int) -> str:
    return f"{number:,} path{'s' * (number != 1)}"


def tables(summary: Figures) -> list[Table]:
    """By quarter, by measure, the commitment's waterfall where a line has a commitment in dollars, and statistics."""
    fall = [_waterfall(summary)] if summary.waterfall.commitment else []
    return [_by_period(summary), _by_measure(summary), *fall, *statistics_text.tables(summary)]


def _title(summary: Figures) -> str:
    run = summary.run
    pairs = ", antithetic pairs" if run.antithetic else ""
    shard = f", from path {run.first_path:,} on" if run.first_path else ""
    return f"{run.case.title}\n{paths(summary)}{shard}, seed {run.seed}, {run.sampler}{pairs}"


def _upward(probability: float) -> float:
    """A small probability in percent, rounded up to two digits."""
    digits = first_digit(100 * probability) + 1
    return math.ceil(100 * probability * 10.0**digits) / 10.0**digits


def _lasting(summary: Figures) -> str:
    """The median of the runway, where it is not the horizon, and its mean over the worst paths."""
    probability, runway = summary.cash_out.value, summary["runway_months"]
    if probability == 0.0:
        return ""
    worst = f" {SHORTFALL.capitalize()}, of the runway: {_worst('runway_months', runway)}."
    if probability < 0.5:
        return worst
    median = _briefly("runway_months", runway.p50.value, runway.p50.error)
    return f" Over all paths, the median runway is {median}.{worst}"


def _other_shares(summary: Figures) -> str:
    party, total = summary.run.case.third_party, summary.distributions.get("total_dilution")
    if party is None or party.kind != "equity":
        return ""
    if total is None:
        return " Third parties' shares are not included."
    return f" With third parties' shares, total dilution is {_mean('total_dilution', total)} on average."


def _of_commitment(summary: Figures) -> str:
    committed, left = summary.run.case.commitment, summary.waterfall.commitment
    if not committed:
        return " under the lines" if _several(summary) else " under the line"
    return _left(committed, left)


def _left(committed: float, left: float) -> str:
    format_amount = MEASURES["raised"].format
    if left < committed:
        return f" of the {format_amount(left, 0.0)} that is left of the commitment of {format_amount(committed, 0.0)}"
    return f" of the {format_amount(committed, 0.0)} committed"


def _several(summary: Figures) -> bool:
    return len(summary.run.case.facilities) > 1


def _whose(summary: Figures) -> str:
    return "The lines'" if _several(summary) else "The line's"


def _mean(name: str, distribution: Distribution) -> str:
    return _briefly(name, distribution.mean, distribution.mcse)


def _worst(name: str, distribution: Distribution) -> str:
    return _briefly(name, distribution.worst5_mean, distribution.worst5_se)


def _briefly(name: str, value: float, error: float) -> str:
    """For a sentence: at most three significant digits, however small the error."""
    # Twice the place of the third digit: an error of 1.4 places would leave four digits.
    coarse = 2.0 * 10.0 ** (math.floor(math.log10(abs(value))) - 2) if value and math.isfinite(value) else 0.0
    return MEASURES[name].format(value, max(error, coarse) if math.isfinite(error) else math.inf)


def _known(error: float) -> float:
    """An error that few paths cannot tell (NaN) as an infinite one, which leaves two digits."""
    return math.inf if math.isnan(error) else error


def _limits(binding: Mapping[str, float]) -> str:
    """The limits on a quarter's draws with their shares, the largest first; conditions by their name in quotes."""
    ranked = sorted(binding.items(), key=lambda item: -item[1])
    listed = [item for i, item in enumerate(ranked) if i == 0 or item[1] >= LEAST_SHARE]
    return ", ".join(f"{_quoted(reason)} {share:.0%}" for reason, share in listed) or "-"


def _quoted(reason: str) -> str:
    name = reason.removeprefix("condition: ")
    return reason if name == reason else f'"{name}"'


def _by_period(summary: Figures) -> Table:
    out = summary.cash_out_by_period
    scaled = [100 * estimate.value for estimate in out]
    decimals = shared_decimals(scaled, [100 * estimate.error for estimate in out], 4)
    raised = MEASURES["raised"].aligned(
        [amount.value for amount in summary.raised_by_period], [_known(each.se) for each in summary.raised_by_period]
    )
    rows = [
        (
            period.label,
            f"{period.end:%Y-%m-%d}",
            with_decimals(100 * estimate.value, decimals),
            " to ".join(rounded(100 * bound, decimals) for bound in estimate.ci95),
            amount,
            _limits(binding),
        )
        for period, estimate, amount, binding in zip(
            summary.periods, out, raised, summary.binding_by_period, strict=True
        )
    ]
    columns = ("Quarter", "ends", "out, %", "95% interval", "raised, $M", "limits on its draws")
    heading = "Probability of a cash-out by the end of each fiscal quarter, and mean raised in it, of all paths"
    note = (
        "Limits: share of the purchase dates before a cash-out on which each limit fixed the amount of the draw; "
        f"shares below {LEAST_SHARE:.0%} are not listed."
    )
    return Table(heading, columns, rows, (0, 1, 5), note)


def _by_measure(summary: Figures) -> Table:
    rows = []
    for name in HEADLINE:
        if name not in summary.distributions:
            continue
        distribution = summary[name]
        measure, quantiles = MEASURES[name], distribution.quantiles
        whole = measure.reading is COUNT  # quantiles of counts have no decimals
        whole_period = distribution.all_censored
        mean = measure.format_bare(distribution.mean, _known(distribution.mcse))
        worst = measure.format_bare(distribution.worst5_mean, _known(distribution.worst5_se))
        errors = [1.0 if whole else quantile.error for quantile in quantiles]
        texts = measure.aligned([quantile.value for quantile in quantiles], errors)
        rows.append(
            (
                measure.column,
                censored_text(mean, whole_period),
                measure.format_error(distribution.mcse, distribution.mean),
                *map(censored_text, texts, map(distribution.is_censored, QUANTILE_PERCENTS)),
                censored_text(worst, whole_period),
            )
        )
    names = ("median" if each == 50 else f"{each}%" for each in QUANTILE_PERCENTS)
    absent, censored = summary["effective_price"].absent, summary["runway_months"].censored or 0
    notes = [f"ES, 5%: {SHORTFALL}, the mean of the least favourable 5% of the paths; also called CVaR."]
    notes += [f"{LINE_ONLY}, not those of third parties."] * bool(_other_shares(summary))
    notes += _average_price(summary)
    notes += [_earlier(summary)] * bool(summary.absent)
    notes += [f"{_some_paths(absent)} drew nothing and {_has(absent)} no effective price."] * bool(absent)
    without = f"{_some_paths(censored)} {_has(censored)} no cash-out; the runway is then the full period (censored)"
    notes += [f"{without}, marked {CENSORED_MARK}."] * bool(censored)
    notes += [BINNED] * summary.binned
    return Table("Measures, of all paths", ("", "mean", "+-", *names, "ES, 5%"), rows, (0,), " ".join(notes))


def _average_price(summary: Figures) -> list[str]:
    """The ratio of the means, beside the mean of the paths' prices."""
    price = summary.statistics.average_price
    if math.isnan(price.value):
        return []
    said = MEASURES["effective_price"].format(price.value, _known(price.se))
    error = f" +- {MEASURES['effective_price'].format_error(price.se, price.value)}" if price.se == price.se else ""
    return [f"Average price: {said}{error} a share, all that is raised over all shares issued for it."]


def _earlier(summary: Figures) -> str:
    """What a saved run lacks."""
    labels = ", ".join(MEASURES[name].label.lower() for name in summary.absent)
    return f"The saved run has no {labels}: an earlier version made it."


def _has(number: int) -> str:
    return "has" if number == 1 else "have"


def _waterfall(summary: Figures) -> Table:
    fall, raised = summary.waterfall, summary["raised"]
    # An amount between 0 and the commitment C with mean m varies by sqrt(m (C - m)) from path to path, or by less.
    spread = 2.0 if summary.run.groups == "pairs" else 1.0

    def error(amount: float) -> float:
        most = math.sqrt(max(amount * (fall.commitment - amount), 0.0) * spread / summary.run.paths)
        return max(most, _known(raised.mcse))

    ranked = sorted(fall.unraised.items(), key=lambda item: -item[1])
    amounts = {"raised": fall.raised, "reduction for third-party financing": fall.cut}
    amounts |= {f"unraised: {reason}": amount for reason, amount in ranked}
    errors = [_known(raised.mcse), *(error(amount) for amount in list(amounts.values())[1:]), 0.0]
    amounts["commitment left" if fall.commitment < summary.run.case.commitment else "commitment"] = fall.commitment
    texts = MEASURES["raised"].aligned(list(amounts.values()), errors)
    shares = [amount / fall.commitment if fall.commitment else math.nan for amount in amounts.values()]
    rows = list(zip(amounts, texts, _percents(shares), strict=True))
    return Table("Use of the commitment, mean of all paths", ("", "$M", "share"), rows, (0,))


def _percents(shares: Sequence[float]) -> list[str]:
    """Whole percentages."""
    return ["-" if math.isnan(share) else "<1%" if 0 < share < 0.005 else f"{share:.0%}" for share in shares]
