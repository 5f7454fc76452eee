"""Four figures of a run: cash over time, cash-out by quarter, and the distributions of capital raised and dilution.

Each takes `ax=None` (axes to draw on; by default those of a new figure) and returns the Axes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.board.charts.data import Chart, Source
from sim.board.charts.run import cash_chart, cash_out_chart, distribution_chart
from sim.board.charts.sketch import sketch
from sim.board.story.cash import cash_sentence
from sim.board.story.cash_out import cash_out_sentence
from sim.board.words import brief, capitalised, the_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sim.results.result import Result

__all__ = ["cash_fan", "cash_out_by_quarter", "dilution_distribution", "raised_distribution"]


def cash_fan(result: Result, ax: Axes | None = None) -> Axes:
    """Cash at month ends, in millions of dollars: median and bands of 50% and 90% of the scenarios.

    Cash may be negative after a cash-out. Raises ValueError for a run that kept no paths.

    Parameters
    ----------
    result : Result
        A run with `keep_paths=True`.
    ax : matplotlib Axes, optional
        Axes to draw on; those of a new figure by default.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> ax = cash_fan(sim.simulate("valence-2002", paths=10_000))       # doctest: +SKIP
    """
    sentence = cash_sentence(result)
    return sketch(cash_chart(result, sentence), result, sentence, ax)


def cash_out_by_quarter(result: Result, ax: Axes | None = None) -> Axes:
    """Probability (%) of being out of cash by the end of each fiscal quarter, by cause, with 95% Wilson intervals.

    Parameters and return value are those of `cash_fan`.
    """
    sentence = cash_out_sentence(result)
    return sketch(cash_out_chart(result, sentence), result, sentence, ax)


def raised_distribution(result: Result, ax: Axes | None = None) -> Axes:
    """Histogram of the capital raised under the line, in millions of dollars; needs a run that kept its paths.

    Parameters and return value are those of `cash_fan`.
    """
    return sketch(*raised_chart(result, Source.of(result.run)), ax=ax)


def raised_chart(result: Result, source: Source) -> tuple[Chart, Source, str]:
    """The chart of `raised_distribution`, its source and its headline, as `sketch` takes them."""
    raised = result.summary()["raised"]
    sentence = f"The company raises {brief('raised', raised.mean, raised.mcse)} on average"
    return distribution_chart(result, "raised"), source, sentence


def dilution_distribution(result: Result, ax: Axes | None = None) -> Axes:
    """Histogram of the dilution by the line's shares, in percent; needs a run that kept its paths.

    Parameters and return value are those of `cash_fan`.
    """
    dilution = result.summary()["dilution"]
    mean = brief("dilution", dilution.mean, dilution.mcse)
    return sketch(
        distribution_chart(result, "dilution"),
        result,
        f"{capitalised(the_line(result.case, owner=True))} shares dilute the holders by {mean} on average",
        ax,
    )
