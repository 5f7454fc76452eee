"""Slide: what the model leaves out, and how to repeat the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.board.story.chapter import Chapter
from sim.board.story.parts import table
from sim.board.words import day, shortened

if TYPE_CHECKING:
    from sim.analysis.pack import Pack
    from sim.results.result import Result

_MODELS = {
    "gbm": "geometric Brownian motion",
    "merton": "jump diffusion",
    "heston": "stochastic-volatility model",
    "garch": "GARCH process",
    "bootstrap": "bootstrap of past closes",
}


def limits(pack: Pack) -> Chapter:
    """Limits of the model and the manifest of the run."""
    price = pack.result.case.price
    moves = "move" if price.impact == "dilution" else "do not move"
    return Chapter(
        key="limits",
        headline="The model leaves out cost cuts, asset sales, rescues and every risk that the case does not name",
        charts=(table("manifest", "To repeat the run", ("", ""), _manifest(pack.result), (0, 1)),),
        points=(
            f"The stock price follows a {_MODELS.get(price.model, price.model)}; draws {moves} it",
            "The company cuts no costs and sells no assets when cash is short",
            "After a cash-out there is no rescue; the simulation continues only to measure the funding gap",
            "Risks and terms that the case does not name do not occur",
        ),
        sure="Confidence intervals measure the sampling error only, not whether the inputs are right.",
        compared="`fundrisk verify` compares the program with known answers.",
        change="Another seed changes the results within the sampling error. The same case, seed, number of scenarios "
        "and version give the same numbers to the last bit, on any machine.",
        source="All inputs and the manifest are in result.json and run.npz",
        notes="The results are risk figures under stated assumptions, not forecasts.",
    )


def _manifest(result: Result) -> list[tuple[str, str]]:
    made, case = result.manifest, result.case
    versions = made["versions"]
    sampled = f"{result.paths:,}, {result.seed}, {result.sampler}" + ", antithetic" * result.run.antithetic
    return [
        ("case", shortened(case.title, 90)),
        ("SHA-256 of the case's terms", made["case_sha256"]),
        ("valuation date, horizon", f"{day(case.valuation_date)}, {day(case.horizon)}"),
        ("scenarios, seed, sampler", sampled),
        ("fundrisk, Python", f"{versions['fundrisk']}, {versions['python']}"),
        ("NumPy, SciPy, Numba", ", ".join(str(versions[name]) for name in ("numpy", "scipy", "numba"))),
        ("platform", shortened(made["platform"], 90)),
    ]
