"""What the numbers stand on: assumptions with their sources, limits, and the manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.board.charts.data import Chart, Table
from sim.board.story.chapter import Chapter
from sim.board.story.what_if import moved, setting, span
from sim.board.story.words import brief, day, shortened
from sim.terms.sources import sources

if TYPE_CHECKING:
    from sim.analysis.pack import Pack

_MOST_ROWS = 13
_MOST_SOURCE = 170


def assumptions(pack: Pack) -> Chapter:
    """The figures that matter most, with where they come from."""
    case = pack.result.case
    said, legend = sources(case)
    rows = [
        ("Opening cash", brief("raised", case.company.cash, 0.0), said.get("company.cash", "")),
        ("Shares outstanding", f"{case.company.shares_outstanding:,}", said.get("company.shares_outstanding", "")),
        ("Commitment", brief("raised", case.line.commitment, 0.0), said.get("line.commitment", "")),
    ]
    swings = list(pack.sensitivity.ordered(moved(pack.sensitivity))) if pack.sensitivity else []
    swings = [swing for swing in swings if swing.key != "company.cash"]
    for swing in swings[: _MOST_ROWS - len(rows)]:
        ends = f"{setting(swing.base, swing.unit)} ({span(swing.low, swing.high, swing.unit)})"
        rows.append((_upper(shortened(swing.label, 44)), ends, beside(said, swing.key)))
    rows = [(what, figure, source.replace("ASSUMPTION", "assumption")) for what, figure, source in rows]
    shown = [
        (what, figure, shortened(source, _MOST_SOURCE) or ("see the case file" if said else "no source given"))
        for what, figure, source in rows
    ]
    table = Chart(
        "assumptions",
        "table",
        "Assumptions",
        alt="",
        table=Table("", ("input", "value (range)", "source"), shown, (0, 2)),
    )
    assumed = sum("assumption" in source for _, _, source in rows)
    return Chapter(
        key="assumptions",
        headline=f"At least {assumed} of the {len(rows)} inputs that matter most are assumptions, not documents"
        if assumed
        else "The inputs that matter most, and where they come from",
        charts=(table,),
        sure="The range is the low and the high that the sensitivity tries; the first rows are facts of the opening.",
        compared="Every key of the case, with its value, stands in the workbook and in result.json.",
        change="Change any of them with --set KEY=VALUE, or in the case file, and run the report again.",
        source="; ".join(f"[{tag}] {words}" for tag, words in legend.items()) or shortened(case.source, 80),
        notes="Ordered by what they do to the runway.",
    )


def beside(said: dict[str, str], key: str) -> str:
    """The words beside a key, or beside the table it stands in."""
    while key and key not in said:
        key = key[: key.rindex("[")] if key.endswith("]") else key.rpartition(".")[0]
    return said.get(key, "")


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def limits(pack: Pack) -> Chapter:
    """What the model leaves out, and what it takes to repeat the numbers."""
    result = pack.result
    made, case = result.manifest, result.case
    versions = made["versions"]
    rows = [
        ("case", shortened(case.title, 90)),
        ("SHA-256 of the case's terms", made["case_sha256"]),
        ("valuation date, horizon", f"{day(case.valuation_date)}, {day(case.horizon)}"),
        (
            "futures, seed, sampler",
            f"{result.paths:,}, {result.seed}, {result.sampler}" + ", antithetic" * result.run.antithetic,
        ),
        ("fundrisk, Python", f"{versions['fundrisk']}, {versions['python']}"),
        ("NumPy, SciPy, Numba", ", ".join(str(versions[name]) for name in ("numpy", "scipy", "numba"))),
        ("platform", shortened(made["platform"], 90)),
    ]
    table = Chart("manifest", "table", "To repeat it", alt="", table=Table("", ("", ""), rows, (0, 1)))
    price, impact = case.price, case.price.impact == "dilution"
    return Chapter(
        key="limits",
        headline="The numbers leave out cost cuts, asset sales and rescues, and what the case does not name",
        charts=(table,),
        points=(
            f"The stock follows a {_MODELS.get(price.model, price.model)}; draws {'' if impact else 'do not '}move it",
            "The company cuts no cost and sells nothing when cash gets short",
            "After a cash-out nobody steps in: what follows measures the gap only",
            "Risks and terms that the case does not name do not happen",
        ),
        sure="The intervals are those of the simulation. They say nothing about whether the inputs are right.",
        compared="The same case, seed and number of futures give the same numbers to the last bit, on any machine.",
        change="fundrisk verify computes the checks of the model against known answers.",
        source="Every input, with the manifest, in result.json and run.npz",
        notes="The simulated futures are risk figures under stated assumptions, not forecasts.",
    )


_MODELS = {
    "gbm": "geometric Brownian motion",
    "merton": "jump diffusion",
    "heston": "stochastic volatility",
    "garch": "GARCH process",
    "bootstrap": "bootstrap of past closes",
}
