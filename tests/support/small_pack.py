"""Packs small enough for tests: everything that `gather` finds, from few paths."""

import copy

import sim
from sim.analysis.backtest import backtest
from sim.analysis.clauses import clauses
from sim.analysis.compare import compare
from sim.analysis.grid import grid
from sim.analysis.outlook import outlook
from sim.analysis.pack import Pack
from sim.analysis.scenarios import policies_of, scenarios_of
from sim.analysis.sensitivity import sensitivity
from sim.analysis.solve import reverse_stress, solve
from sim.analysis.variants import main_variants

NAMES = {"seed": 7}


def small_pack(case: sim.Case, paths: int = 512) -> Pack:
    """What the board is told, from few paths."""
    by = min(case.horizon, case.valuation_date.replace(year=case.valuation_date.year + 1))
    return Pack(
        result=sim.simulate(case, paths=paths, **NAMES),
        variants=compare(main_variants(case), paths=paths, **NAMES),
        clauses=clauses(case, paths=64, **NAMES),
        sensitivity=sensitivity(case, paths=128, indexed=0, **NAMES),
        scenarios=compare(scenarios_of(case)[0], paths=paths, **NAMES),
        solutions=tuple(solve(case, what, 0.1, by, 256, **NAMES) for what in ("commitment", "cash")),
        stresses=reverse_stress(case, by, paths=256, **NAMES),
        outlook=outlook(case, paths=paths, **NAMES),
        policies=compare(policies_of(case), paths=paths, **NAMES),
        grid=grid(case, paths=8, **NAMES),
        record=backtest(case, paths=128, seed=7) if getattr(case, "record", None) else None,
        elapsed_s=1.0,
        by=by,
    )


def bare_document() -> dict:
    """A case without notes, milestones, conditions, third parties and events."""
    doc = copy.deepcopy(sim.load_case("valence-2002").to_dict())
    doc |= {"notes": [], "milestones": [], "events": {}, "title": "A line and nothing else"}
    doc["line"]["conditions"] = []
    for name in ("third_party", "ranges", "record"):
        doc.pop(name, None)
    return doc


def cases() -> dict[str, sim.Case]:
    """Very different cases: each is as good a board's as the others."""
    from tests.support.hostile import hostile_case

    shipped = sim.load_case("valence-2002")
    bare = bare_document()
    return {
        "valence": shipped,
        "never": sim.Case.from_dict(bare | {"company": bare["company"] | {"cash": 1e9}}),
        "month two": sim.Case.from_dict(
            bare | {"company": bare["company"] | {"cash": 4e6, "shares_reserved": 3_000_000}}
        ),
        "no line": sim.Case.from_dict(bare).replace({"line.commitment": 0}),
        "one month": sim.Case.from_dict(bare | {"horizon": "2002-04-30"}),
        "hostile": hostile_case(),
    }
