"""Twelve months from the day the accounts are issued: how likely is a shortfall of cash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sim.results.summary import days_at_close, fiscal_periods, jsonable, manifest

if TYPE_CHECKING:
    from sim.results.estimates import Estimate
    from sim.terms import Case

#: What the figure is, and what it is not.
NOTE = (
    "A risk figure of this model, not an accounting conclusion: whether there is substantial doubt (ASC 205-40-50) or "
    "material uncertainty (IAS 1.25-26) is for management to judge, from all that is known on the day of issue. ASC "
    "looks one year ahead from that day, IAS 1.26 at least twelve months from the end of the reporting period."
)


@dataclass(frozen=True)
class Outlook:
    """Twelve months from the opening of `issued` to the close of `until`, cut at the horizon where that comes first.

    `names` are "line off", "as signed" and, where the line has conditions, "every condition waived". `shortfall` is the
    probability that cash falls below the minimum by `until`, of all paths: those out of cash before `issued` count, and
    `already` says how many they are. `differences` are paired, to as signed. `gap` is the mean over all paths of the
    largest shortfall ($) up to `gap_until`, the end of the fiscal quarter in which the window ends.
    """

    case: Case
    issued: date
    until: date
    cut: bool
    gap_until: date
    names: tuple[str, ...]
    shortfall: tuple[Estimate, ...]
    already: tuple[Estimate, ...]
    differences: tuple[Estimate, ...]
    gap: tuple[Estimate, ...]
    paths: int
    seed: int
    note: str = NOTE

    def to_dict(self) -> dict[str, Any]:
        """As JSON; absent numbers are None."""
        from sim.analysis.paired import estimate_dict

        tables = {name: getattr(self, name) for name in ("shortfall", "already", "differences", "gap")}
        document = {
            "issued": self.issued,
            "until": self.until,
            "cut_at_horizon": self.cut,
            "gap_until": self.gap_until,
            "paths": self.paths,
            "seed": self.seed,
            "variants": [
                {"name": name} | {table: estimate_dict(row[i]) for table, row in tables.items()}
                for i, name in enumerate(self.names)
            ],
            "note": self.note,
            "manifest": manifest(self.case, self.paths, self.seed, "philox"),
        }
        return jsonable(document)

    def __str__(self) -> str:
        from sim.analysis.tables import outlook_text

        return outlook_text(self)


def outlook(
    case: Case | str,
    issued: date | str | None = None,
    paths: int | None = None,
    seed: int | None = None,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], Any] | None = None,
) -> Outlook:
    """How likely cash falls short within twelve months of the day on which the accounts are issued.

    `issued` is a simulated day, the valuation date unless given. The window ends at the close of the day before the
    same date a year later, or at the horizon. Paths that are out of cash before it count as shortfalls: nobody has put
    money in. `paths` and `seed` are the case's unless given. Raises CaseError or ValueError.

    Variants are simulated to the end of the fiscal quarter in which the window ends, so that funding gaps are those up
    to there; what happens until then does not depend on what would come later.
    """
    from sim.analysis.compare import CHUNKS_AT_ONCE, part
    from sim.analysis.paired import NOTHING, Difference, Mean, Probability
    from sim.analysis.variants import LINE_OFF, SIGNED, main_variants
    from sim.engine.simulate import simulate
    from sim.lowering.program import CHUNK
    from sim.terms import load_case
    from sim.terms.problems import check_whole

    case = load_case(case)
    issued = _issued(case, issued)
    until, gap_until, cut = _window(case, issued)
    paths = check_whole("paths", case.simulation.paths if paths is None else paths, 1, 10**12)
    seed = check_whole("seed", case.simulation.seed if seed is None else seed, 0, 2**64 - 1)
    found = main_variants(shortened(case, gap_until))
    cases = {name: found[name] for name in (SIGNED, LINE_OFF, *list(found)[2:])}  # as signed first: the others' base
    before, end = days_at_close(case, issued) - 1, days_at_close(case, until)
    sums = {name: (Probability(None), Probability(None), Difference(None), Mean(None)) for name in cases}
    at_once, total = CHUNKS_AT_ONCE * CHUNK, paths * len(cases)
    for first in range(0, paths, at_once):
        here = min(at_once, paths - first)
        signed = None
        for i, (name, variant) in enumerate(cases.items()):
            told = None if progress is None else part(progress, first * len(cases) + i * here, total)
            run = simulate(variant, paths=here, seed=seed, first_path=first, workers=workers, progress=told)
            short = run["cash_out_days"] <= end
            signed = short if signed is None else signed
            shortfall, already, difference, gap = sums[name]
            shortfall.add(short)
            already.add(run["cash_out_days"] <= before)
            difference.add(short.astype(float) - signed)
            gap.add(run["funding_gap"])
    names = (LINE_OFF, SIGNED, *list(cases)[2:])
    rows = [tuple(sums[name][k].estimate() for name in names) for k in range(4)]
    differences = tuple(NOTHING if name == SIGNED else rows[2][i] for i, name in enumerate(names))
    return Outlook(
        case, issued, until, cut, gap_until, names, rows[0], rows[1], differences, rows[3], paths, seed
    )  # fmt: skip


def shortened(case: Case, horizon: date) -> Case:
    """The case with an earlier horizon, the end of a fiscal quarter: the same paths, as far as they go.

    Listed purchase dates beyond it go, and their amounts; a line that starts after it is off.
    """

    if horizon >= case.horizon:
        return case
    doc = case.to_dict() | {"horizon": horizon.isoformat()}
    line, policy = doc["line"], doc["policy"]
    days = case.purchase_dates
    kept = [day for day in days if day <= horizon]
    if case.line.start > horizon:
        line |= {"start": doc["valuation_date"], "commitment": 0.0}
        kept = []
    if not kept:
        doc["policy"] = {"kind": "maximum", "cadence": "quarter_end"}
        line["commitment"] = 0.0
    elif policy.get("dates"):
        policy["dates"] = [day.isoformat() for day in kept]
    if kept and policy["kind"] == "schedule":
        policy["amounts"] = policy["amounts"][: len(kept)]
    return type(case).from_dict(doc, source=case.source)


def _issued(case: Case, issued: date | str | None) -> date:
    first, last = case.valuation_date, case.horizon
    try:
        when = first if issued is None else issued if isinstance(issued, date) else date.fromisoformat(issued)
        inside = first <= when <= last
    except (TypeError, ValueError):
        inside = False
    if not inside:
        raise ValueError(f"issued = {issued}: must be a date from {first} to {last}")
    return when


def _window(case: Case, issued: date) -> tuple[date, date, bool]:
    """The window's last day, the end of the fiscal quarter it lies in, and whether the horizon cuts the window."""
    try:
        anniversary = issued.replace(year=issued.year + 1)
    except ValueError:  # 29 February
        anniversary = date(issued.year + 1, 3, 1)
    last = anniversary - timedelta(days=1)
    until = min(last, case.horizon)
    gap_until = next(period.end for period in fiscal_periods(case) if period.end >= until)
    return until, gap_until, until < last
