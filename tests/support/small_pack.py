"""Packs small enough for tests: everything that `gather` finds, from few paths."""

import copy

import sim
from sim.analysis.backtest import backtest
from sim.analysis.clauses import clauses
from sim.analysis.compare import compare
from sim.analysis.grid import grid
from sim.analysis.outlook import outlook
from sim.analysis.pack import Pack
from sim.analysis.price_models import price_models
from sim.analysis.scenarios import policies_of, scenarios_of
from sim.analysis.sensitivity import sensitivity
from sim.analysis.solve import reverse_stress, solve
from sim.analysis.uncertainty import uncertainty
from sim.analysis.variants import main_variants
from tests.support.valence import valence_2002

NAMES = {"seed": 7}


def small_pack(case: sim.Case, paths: int = 512) -> Pack:
    """A pack from few paths."""
    by = min(case.horizon, case.valuation_date.replace(year=case.valuation_date.year + 1))
    return Pack(
        result=sim.simulate(case, paths=paths, **NAMES),
        variants=compare(main_variants(case), paths=paths, **NAMES),
        clauses=clauses(case, paths=64, **NAMES),
        sensitivity=sensitivity(case, paths=128, indexed=0, **NAMES),
        scenarios=compare(scenarios_of(case)[0], paths=paths, **NAMES),
        price_models=price_models(case, paths=paths, **NAMES),
        solutions=tuple(solve(case, what, 0.1, by, 256, **NAMES) for what in ("commitment", "cash")),
        stresses=reverse_stress(case, by, paths=256, **NAMES),
        outlook=outlook(case, paths=paths, warning=True, **NAMES),
        policies=compare(policies_of(case), paths=paths, **NAMES),
        grid=grid(case, paths=8, **NAMES),
        record=backtest(case, paths=128, seed=7) if getattr(case, "record", None) else None,
        elapsed_s=1.0,
        by=by,
        uncertainty=uncertainty(case, draws=32, paths=64, **NAMES) if case.ranges else None,
    )


def bare_document() -> dict:
    """A case without notes, milestones, conditions, third parties and events."""
    doc = copy.deepcopy(valence_2002().to_dict())
    doc |= {"notes": [], "milestones": [], "events": {}, "title": "A line and nothing else"}
    doc["line"]["conditions"] = []
    for name in ("third_party", "ranges", "record"):
        doc.pop(name, None)
    return doc


def case_of_2026() -> sim.Case:
    """A small company of 2026: weekly draws at the lowest close, a least draw, third-party equity, twelve quarters."""
    doc = bare_document() | {
        "title": "A company of 2026 and its $25 million equity line", "valuation_date": "2026-12-01",
        "horizon": "2029-11-30", "policy": {"kind": "maximum", "cadence": "weekly"},
    }  # fmt: skip
    doc["company"] |= {
        "fiscal_year_end_month": 12, "cash": 9_400_000, "minimum_cash": 500_000, "shares_outstanding": 38_000_000,
        "shares_authorized": 100_000_000, "shares_reserved": 4_000_000,
    }  # fmt: skip
    doc["price"] |= {"initial": 1.85, "volatility": 1.05, "impact": "dilution"}
    doc["burn"] |= {"monthly": 1_150_000, "steps": []}
    doc["line"] |= {
        "commitment": 25_000_000, "start": "2026-12-01", "end": "2029-11-30", "max_per_period": 2_500_000,
        "legal_cost_per_draw": 5_000, "minimum_draw": 100_000, "coverage": {"percent": [80], "basis": "quarter"},
        "pricing": {"window": 3, "timing": "through", "statistic": "lowest", "multiplier": 0.97, "floor": 0.5},
    }  # fmt: skip
    doc["third_party"] = {"annual_rate": 0.5, "median_amount": 4e6, "log_sd": 0.5, "kind": "equity", "discount": 0.12}
    return sim.Case.from_dict(doc)


def cases() -> dict[str, sim.Case]:
    """Cases that differ widely."""
    from tests.support.hostile import hostile_case

    shipped = valence_2002()
    bare = bare_document()
    return {
        "valence": shipped,
        "never": sim.Case.from_dict(bare | {"company": bare["company"] | {"cash": 1e9}}),
        "month two": sim.Case.from_dict(
            bare | {"company": bare["company"] | {"cash": 4e6, "shares_reserved": 3_000_000}}
        ),
        "no line": sim.Case.from_dict(bare).replace({"line.commitment": 0}),
        "one month": sim.Case.from_dict(bare | {"horizon": "2002-04-30"}),
        "2026": case_of_2026(),
        "hostile": hostile_case(),
    }
