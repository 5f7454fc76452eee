"""fundrisk: how much an equity line of credit will really pay, at what dilution, and how long the money lasts.

The public names are imported when they are first used, so that `import sim` stays light.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOMES = {
    "Case": "sim.terms",
    "CaseError": "sim.terms",
    "load_case": "sim.terms",
    "shipped_cases": "sim.terms",
    "simulate": "sim.engine.simulate",
    "trace": "sim.engine.trace",
    "replay": "sim.engine.trace",
    "HistoryError": "sim.engine.trace",
    "Result": "sim.results.result",
    "ResultError": "sim.results.result",
    "load_result": "sim.results.result",
    "merge": "sim.results.result",
    "rerun": "sim.engine.rerun",
    "compare": "sim.analysis.comparison",
    "sensitivity": "sim.analysis.sensitivity",
    "grid": "sim.analysis.grid",
    "solve": "sim.analysis.solving",
    "reverse_stress": "sim.analysis.solving",
    "variants": "sim.analysis.variants",
    "clauses": "sim.analysis.clauses",
    "outlook": "sim.analysis.outlook",
    "backtest": "sim.analysis.record",
    "gather": "sim.analysis.pack",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
