"""A comparison of cases, as data and as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.analysis.paired import MEASURED, SHOWN, estimate_dict, levels_dict
from sim.analysis.paired_text import changes, levels
from sim.results.estimates import Estimate
from sim.results.figures import Period
from sim.results.provenance import calendar_of_all
from sim.results.summary import jsonable, manifest, span_of
from sim.results.value import Parts, Value
from sim.terms import Case
from sim.text.readable import Blocks, Readable
from sim.text.tables import Table


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Parts, Value, Readable):
    """Cases under common random numbers; the first is the base.

    `estimates` has one estimate per measure and case; `differences` are those of case minus base, paired by path, 0 for
    the base itself. `cash_out_by_period` is [case][period]: the probability of a cash-out by the end of each of the
    base's fiscal quarters; absent where a case does not span it. `notes` are sentences on what differs, such as
    horizons. Measures are those of `sim.analysis.paired.SHOWN`; "cash_out_12m" is among them where every case spans
    twelve months. The effective price is not: it is absent on paths without a draw, so that its differences could not
    be paired.
    """

    _parts = "names"

    names: tuple[str, ...]
    cases: tuple[Case, ...]
    paths: int
    seed: int
    sampler: str
    antithetic: bool
    estimates: Mapping[str, tuple[Estimate, ...]]
    differences: Mapping[str, tuple[Estimate, ...]]
    cash_out_by_period: tuple[tuple[Estimate, ...], ...]
    periods: tuple[Period, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON, with each whole case; absent numbers are None."""

        def of_case(i: int) -> dict[str, Any]:
            case, by_period = self.cases[i], zip(self.periods, self.cash_out_by_period[i], strict=True)
            return {
                "name": self.names[i],
                "title": case.title,
                "case_sha256": case.sha256,
                "estimates": levels_dict({name: row[i] for name, row in self.estimates.items()}, self.paths),
                "differences": {name: estimate_dict(row[i]) for name, row in self.differences.items()},
                "cash_out_by_period": [
                    {"period": period.label, "end": period.end} | estimate_dict(chance) for period, chance in by_period
                ],
                "case": case.to_dict(),
            }

        document = {
            "base": self.names[0],
            "paths": self.paths,
            "seed": self.seed,
            "sampler": self.sampler,
            "antithetic": self.antithetic,
            "cases": [of_case(i) for i in range(len(self.cases))],
            "notes": self.notes,
            "manifest": manifest(self.cases[0], self.paths, self.seed, self.sampler, self.antithetic)
            | {"calendar": calendar_of_all(map(span_of, self.cases))},
        }
        return jsonable(document)

    def _blocks(self) -> Blocks:
        return comparison_blocks(self)

    def _in_brief(self) -> str:
        return f"{len(self.names)} cases, the first {self.names[0]!r}, {self.paths:,} paths each, seed {self.seed}"


def comparison_blocks(comparison: Comparison) -> Blocks:
    """The values of every measure, then the differences from the base."""
    names, base = comparison.names, comparison.names[0]
    pairs = ", antithetic pairs" if comparison.antithetic else ""
    head = (
        f"{comparison.cases[0].title}\n{comparison.paths:,} paths each, seed {comparison.seed}, {comparison.sampler}"
        f"{pairs}, common random numbers"
    )
    heads = ("", *(SHOWN[name].column for name in MEASURED))
    found = comparison.estimates
    values = zip(names, *(levels(name, found[name]) for name in MEASURED), strict=True)
    tables = [Table("Means and probabilities, of all paths", heads, list(values))]
    if len(names) > 1:
        moved = zip(names[1:], *(changes(name, comparison.differences[name][1:]) for name in MEASURED), strict=True)
        tables.append(Table(f"Difference from {base}, path by path (95% interval)", heads, list(moved)))
    return [head, *tables, *comparison.notes]
