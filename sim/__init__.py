"""fundrisk: how much an equity line of credit will really pay, at what dilution, and how long the money lasts.

Examples
--------
>>> import sim
>>> case = sim.load_case("valence-2002")
>>> result = sim.simulate(case, paths=100_000, seed=7)
>>> result.probability_of_cash_out(by="2003-03-31")
0.9433 +- 0.0007
"""

from importlib import import_module
from typing import TYPE_CHECKING

from sim.text.version import __version__

if TYPE_CHECKING:  # editors and type checkers read these lines; at run time each name is imported at its first use
    from sim.analysis.backtest import backtest
    from sim.analysis.calibration.calibrate import calibrate
    from sim.analysis.clauses import clauses
    from sim.analysis.compare import compare
    from sim.analysis.grid import grid
    from sim.analysis.outlook import outlook
    from sim.analysis.pack import gather
    from sim.analysis.roll_forward import roll_forward
    from sim.analysis.sensitivity import sensitivity
    from sim.analysis.solve import reverse_stress, solve
    from sim.analysis.sweep import sweep
    from sim.analysis.uncertainty import uncertainty
    from sim.analysis.variants import variants
    from sim.closes import Closes, ClosesError, read_closes
    from sim.engine.executors import ExecutorError
    from sim.engine.history import HistoryError
    from sim.engine.rerun import rerun
    from sim.engine.simulate import simulate
    from sim.engine.trace import replay, trace
    from sim.live.explore import explore
    from sim.results.files import ResultError
    from sim.results.merge import merge
    from sim.results.result import Result
    from sim.results.saved import load_result
    from sim.terms import Case, CaseError, load_case, shipped_cases

__all__ = [
    "Case",
    "CaseError",
    "Closes",
    "ClosesError",
    "ExecutorError",
    "HistoryError",
    "Result",
    "ResultError",
    "__version__",
    "backtest",
    "calibrate",
    "clauses",
    "compare",
    "explore",
    "gather",
    "grid",
    "load_case",
    "load_result",
    "merge",
    "outlook",
    "read_closes",
    "replay",
    "rerun",
    "reverse_stress",
    "roll_forward",
    "sensitivity",
    "shipped_cases",
    "simulate",
    "solve",
    "sweep",
    "trace",
    "uncertainty",
    "variants",
]

#: The module of each public name. Loading NumPy and Numba takes a second, which `import sim` alone must not cost.
_MODULES = {
    "backtest": "sim.analysis.backtest",
    "calibrate": "sim.analysis.calibration.calibrate",
    "clauses": "sim.analysis.clauses",
    "compare": "sim.analysis.compare",
    "gather": "sim.analysis.pack",
    "grid": "sim.analysis.grid",
    "outlook": "sim.analysis.outlook",
    "reverse_stress": "sim.analysis.solve",
    "roll_forward": "sim.analysis.roll_forward",
    "sensitivity": "sim.analysis.sensitivity",
    "solve": "sim.analysis.solve",
    "sweep": "sim.analysis.sweep",
    "uncertainty": "sim.analysis.uncertainty",
    "variants": "sim.analysis.variants",
    "rerun": "sim.engine.rerun",
    "simulate": "sim.engine.simulate",
    "Closes": "sim.closes",
    "ClosesError": "sim.closes",
    "read_closes": "sim.closes",
    "explore": "sim.live.explore",
    "ExecutorError": "sim.engine.executors",
    "HistoryError": "sim.engine.history",
    "replay": "sim.engine.trace",
    "trace": "sim.engine.trace",
    "ResultError": "sim.results.files",
    "Result": "sim.results.result",
    "load_result": "sim.results.saved",
    "merge": "sim.results.merge",
    "Case": "sim.terms",
    "CaseError": "sim.terms",
    "load_case": "sim.terms",
    "shipped_cases": "sim.terms",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
