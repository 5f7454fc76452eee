"""The backtests of several cases together, as data and as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.analysis.facts import Backtest, backtest_blocks, lying
from sim.analysis.positions import LEVEL, Calibrated
from sim.results.summary import jsonable
from sim.results.value import HashableValue, Parts
from sim.text.readable import Blocks, Readable
from sim.text.tables import Table

#: What each verdict means.
MEANING = {
    "calibrated": "The recorded figures do not contradict the model",
    "too low": "The model is biased: the recorded figures lie too high in their simulated distributions",
    "too high": "The model is biased: the recorded figures lie too low in their simulated distributions",
    "too sure": "The model is too sure: too many recorded figures lie near the ends of their simulated distributions, "
    "or beyond them",
    "too unsure": "The model is not sure enough: too many recorded figures lie in the middle of their simulated "
    "distributions",
}
METHOD = (
    "The test is Neyman's smooth test of uniform positions, of order two: one part for bias, one for too much or too "
    "little certainty. Each case counts once. Its distribution is simulated with one path of each case in the place of "
    "the record, so figures of one case may depend on each other, and may be discrete. It assumes that the cases are "
    "independent of one another, that the figures were not chosen because of their values, and that nothing in the "
    "cases was fitted to them."
)
_BAR = 40  # characters of the longest bar


@dataclass(frozen=True, eq=False, repr=False)
class PooledBacktest(Parts, HashableValue, Readable):
    """The backtests of several cases, and the test of all their figures together.

    `backtests` are in the order of the cases; `test` is None if no figure can be compared. `notes` are for the reader.
    """

    _parts = "backtests"

    backtests: tuple[Backtest, ...]
    test: Calibrated | None
    notes: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """The sentence that says whether the model is calibrated, biased or too sure; "" without figures."""
        return "" if self.test is None else verdict_of(self.test)

    def to_dict(self) -> dict[str, Any]:
        """As JSON; absent numbers are None."""
        test = self.test
        pooled = test and {
            "figures": test.figures,
            "cases": test.cases,
            "inside_90": sum(row.inside for each in self.backtests for row in each.compared),
            "histogram": {"counts": test.counts, "calibrated_p05": test.least, "calibrated_p95": test.most},
            "position": {"mean": test.position, "calibrated_95": test.usual},
            "test": {
                "method": METHOD,
                "p": test.p,
                "bias": test.bias._asdict() | {"z": test.bias.z},
                "spread": test.spread._asdict() | {"z": test.spread.z},
            },
            "verdict": test.verdict,
            "sentence": self.verdict,
        }
        document = {"cases": [each.to_dict() for each in self.backtests], "pooled": pooled, "notes": self.notes}
        return jsonable(document)

    def _blocks(self) -> Blocks:
        each = [block for found in self.backtests for block in backtest_blocks(found, notes=False)]
        return [*each, *pooled_blocks(self), *self.notes]

    def _in_brief(self) -> str:
        return f"{sum(len(each.rows) for each in self.backtests)} recorded figures of {len(self.backtests)} cases"


def verdict_of(test: Calibrated) -> str:
    """`The model is biased: ... (p = 0.012).`"""
    p = f"p = {test.p:.3f}" if test.p >= 0.001 else "p < 0.001"
    also = ""
    if test.verdict in ("too low", "too high") and test.spread.p < LEVEL:
        also = ", and too many of them near the ends" if test.spread.mean > 0.0 else ", and too many in the middle"
    if test.verdict in ("too sure", "too unsure") and test.bias.p < LEVEL:
        also = ", more of them high than low" if test.bias.mean > 0.0 else ", more of them low than high"
    end = "" if test.verdict != "calibrated" else " A test of few cases finds gross errors only."
    return f"{MEANING[test.verdict]}{also} ({p}).{end}"


def pooled_blocks(found: PooledBacktest) -> Blocks:
    """The histogram of the positions, the mean position, and the test."""
    test = found.test
    if test is None:
        return ["No recorded figure can be compared."]
    inside = sum(row.inside for each in found.backtests for row in each.compared)
    width = _BAR / max(*test.counts, 1.0)
    bins = len(test.counts)
    table = [
        (
            f"{100 * i // bins} to {100 * (i + 1) // bins}%",
            f"{count:.1f}",
            f"{low:.1f} to {high:.1f}",
            "#" * round(width * count),
        )
        for i, (count, low, high) in enumerate(zip(test.counts, test.least, test.most, strict=True))
    ]
    low, high = (100.0 * end for end in test.usual)
    return [
        Table(
            f"All figures together: {test.figures} figure{'s' * (test.figures > 1)} of {test.cases} "
            f"case{'s' * (test.cases > 1)}, by the share of paths with a lower value",
            ("paths below", "figures", "calibrated, 90%", ""),
            table,
            left=(0, 3),
        ),
        f"{lying(inside, test.figures)} inside the simulated 90% range. The mean position is "
        f"{100.0 * test.position:.0f}%, each case counted once; in a calibrated model it is between {low:.0f}% and "
        f"{high:.0f}% with a probability of 95%.",
        verdict_of(test),
        METHOD,
    ]
