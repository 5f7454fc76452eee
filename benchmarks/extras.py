"""The time of a case with limits of today's lines, and with cuts and loans, over its time without; and of a band."""

from collections.abc import Callable
from functools import partial

import sim
from benchmarks.case import valence_2002
from benchmarks.report import Options, Report, cores, side_by_side
from sim.analysis.uncertainty import uncertainty
from sim.terms import Case
from sim.text.tables import Table

SEED, DRAWS, PATHS = 20020401, 200, 20_000
WEEKLY = {"policy.cadence": "weekly"}
#: As lines are priced today: by the lowest VWAP of the three sessions after the notice.
TODAY = {
    "line.pricing": {"series": "vwap", "window": 3, "timing": "after", "statistic": "lowest", "multiplier": 0.97},
}
LIMITS = {
    "price.volume": {"mean": 400_000, "sd": 1.1, "persistence": 0.6, "return_loading": 0.3},
    "line.tiers": [
        {"from_price": 0.0, "max_shares_per_draw": 100_000},
        {"from_price": 1.0, "max_shares_per_draw": 200_000},
        {"from_price": 3.0, "max_shares_per_draw": 400_000},
    ],
    "line.volume_before": {"sessions": 5, "share": 0.2},
    "line.ownership": {"share": 0.0999, "resale_sessions": 20},
    "line.exchange_cap": {"share": 0.1999, "exempt_price": 3.0},
}
PEOPLE = {
    "response": {"cover_months": 4, "cut": 0.3, "delay_months": 1, "one_off_months": 0.5, "restore_months": 12},
    "bridge": {"limit": 20_000_000, "trigger_months": 1, "target_months": 3, "probability": 0.8, "rate": 0.0575},
}


def run(options: Options) -> Report:
    report = Report("extras")
    paths, repeats = options.many(131_072), options.times(5)
    plain = valence_2002()
    weekly = plain.replace(WEEKLY)
    rows = []
    for what, before, after, most in (
        ("weekly draws: volume, tiers, ownership, exchange cap", weekly, weekly.replace(LIMITS), 4.0),
        ("the same, priced after the notice", weekly.replace(TODAY), weekly.replace(TODAY | LIMITS), 4.0),
        ("cuts of the burn and bridge loans", plain, plain.replace(PEOPLE), 1.3),
    ):
        programs = {"without": _run(before, paths), "with": _run(after, paths)}
        seconds = {name: least for name, (least, _) in side_by_side(programs, repeats).items()}
        each = {name: least / paths * 1e6 for name, least in seconds.items()}
        ratio = each["with"] / each["without"]
        rows.append((what, f"{each['without']:.2f}", f"{each['with']:.2f}", f"{ratio:.2f}"))
        report.figures[what] = each
        report.aim(f"time of {what}", ratio, most, False, "x")
    note = f"microseconds a path on one core; {paths:,} paths, best of {repeats} in turns"
    report.tables.append(Table("What a case pays for", ("", "without", "with", "ratio"), rows, note=note))
    band = partial(uncertainty, sim.load_case("valence-2002"), draws=DRAWS, paths=PATHS, seed=SEED)
    band()  # compile
    least, _ = side_by_side({"band": band}, min(repeats, 3))["band"]
    report.figures["band_seconds"] = least
    report.aim(f"a band of {DRAWS} draws of {PATHS:,} paths on {cores()} cores, seconds", least, 3.0, False)
    return report


def _run(case: Case, paths: int) -> Callable[[], object]:
    sim.simulate(case, paths=16, seed=SEED)  # compile
    return lambda: sim.simulate(case, paths=paths, seed=SEED, workers=1)
