"""The time of a path and a session under each price model, beside the simulations of arch and of QuantLib.

With daily purchase dates every session of the other models is walked. Geometric Brownian motion draws the closes that a
path looks at; the same closes, all of them, are those of "merton" without jumps, which the others are compared with.
The opponents make closes alone.
"""

import importlib.util
from collections.abc import Callable

import numpy as np

import sim
from benchmarks.report import Options, Report, side_by_side
from sim.terms import Case
from sim.text.tables import Table
from sim.verify.models import BOOTSTRAP, GARCH, HESTON, MERTON, STUDENT
from sim.verify.samples import plain_case

SEED, SESSIONS = 20020401, 504
WALKED = "gbm, every session"
PRICES = {
    "gbm": {"model": "gbm"}, WALKED: MERTON | {"jump_rate": 0.0}, "merton": MERTON, "heston": HESTON, "garch": GARCH,
    "garch, Student-t": STUDENT, "bootstrap": BOOTSTRAP,
}  # fmt: skip
#: The most time of a walked session, over that of geometric Brownian motion.
MOST = {"merton": 1.2, "garch": 1.5, "heston": 2.2, "garch, Student-t": 3.3}


def case_of(price: dict, cadence: str) -> Case:
    """The plain case under a price model, with purchase dates at a cadence."""
    return plain_case({f"price.{key}": value for key, value in price.items()} | {"policy.cadence": cadence})


def run(options: Options) -> Report:
    report = Report("models")
    paths, repeats = options.many(65_536), options.times(3)
    rows = []
    for cadence in ("daily", "quarter_end"):
        works: dict[str, Callable] = {}
        for name, price in PRICES.items():
            case = case_of(price, cadence)
            sim.simulate(case, paths=16, seed=SEED)  # compile
            works[name] = lambda case=case: sim.simulate(case, paths=paths, seed=SEED, workers=1)
        timed = side_by_side(works, repeats)
        each = {name: timed[name][0] / (paths * SESSIONS) * 1e9 for name in works}
        rows += [(cadence, name, f"{ns:.2f}", f"{ns / each[WALKED]:.2f}") for name, ns in each.items()]
        report.figures[cadence] = each
    walked = report.figures["daily"]
    for name, most in MOST.items():
        report.aim(f"a session of {name} over one of gbm", walked[name] / walked[WALKED], most, False, "x")
    few = max(paths // 64, 16)
    for name, work in opponents(few).items():
        seconds = side_by_side({name: work}, repeats)[name][0]
        rows.append(("closes alone", name, f"{seconds / (few * SESSIONS) * 1e9:.2f}", ""))
        report.figures[name] = seconds / (few * SESSIONS) * 1e9
    note = f"one core, {paths:,} paths of {SESSIONS} sessions, best of {repeats} in turns"
    columns = ("purchase dates", "model", "ns", "x every session")
    report.tables.append(Table("A path and a session", columns, rows, left=(0, 1), note=note))
    return report


def opponents(paths: int) -> dict[str, Callable]:
    """Simulations of other libraries, where they are installed."""
    found: dict[str, Callable] = {}
    if importlib.util.find_spec("arch"):
        found["arch, GARCH(1,1)"] = lambda: _arch(paths)
    if importlib.util.find_spec("QuantLib"):
        found["QuantLib, Heston process"] = lambda: _quantlib(paths)
    return found


def _arch(paths: int) -> None:
    """Returns of as many paths by arch's simulation, one after the other."""
    from arch.univariate import GARCH as Garch
    from arch.univariate import ConstantMean, Normal

    model = ConstantMean(None, volatility=Garch(1, 0, 1), distribution=Normal(seed=np.random.default_rng(SEED)))
    for _ in range(paths):
        model.simulate([0.0, 0.16, 0.10, 0.85], SESSIONS, burn=0)


def _quantlib(paths: int) -> None:
    """Paths of QuantLib's Heston process with full truncation."""
    import QuantLib as ql

    flat = ql.YieldTermStructureHandle(ql.FlatForward(0, ql.NullCalendar(), 0.0, ql.Actual365Fixed()))
    spot = ql.QuoteHandle(ql.SimpleQuote(HESTON["initial"]))
    start, theta = HESTON["initial_volatility"] ** 2, HESTON["volatility"] ** 2
    process = ql.HestonProcess(
        flat, flat, spot, start, HESTON["mean_reversion"], theta, HESTON["vol_of_vol"], HESTON["correlation"],
        ql.HestonProcess.FullTruncation,
    )  # fmt: skip
    uniforms = ql.UniformRandomSequenceGenerator(2 * SESSIONS, ql.UniformRandomGenerator(SEED))
    times = ql.TimeGrid(SESSIONS / 252.0, SESSIONS)
    generator = ql.GaussianMultiPathGenerator(process, list(times), ql.GaussianRandomSequenceGenerator(uniforms), False)
    for _ in range(paths):
        generator.next()
