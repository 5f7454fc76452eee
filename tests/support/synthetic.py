"""A result that looks like a run but comes from a few lines of NumPy: for tests of what is made of results."""

import numpy as np

from sim.lowering.program import reason_names
from sim.lowering.schedule import gap_months, issues_to_others
from sim.results.result import Result, Tallies, fiscal_periods
from tests.support.valence import valence_2002


def synthetic_result(paths=4000, seed=11, case=None, lifetime_months=15.0):
    """A plausible result for a case (default: the shipped one). The numbers hang together as a ledger's would."""
    case = case or valence_2002()
    rng = np.random.default_rng(seed)
    periods = fiscal_periods(case)
    horizon_days = (case.horizon - case.valuation_date).days + 1
    days = rng.lognormal(np.log(lifetime_months * 30.4), 0.5, paths)
    cause = rng.choice([1, 2, 3], p=[0.8, 0.05, 0.15], size=paths).astype(np.int8)
    cause[days > horizon_days] = 0
    days[days > horizon_days] = np.inf
    starts = np.array([(period.start - case.valuation_date).days for period in periods])
    offers = np.minimum(rng.lognormal(15.0, 0.6, (len(periods), paths)), 5e6) * (
        rng.random((len(periods), paths)) < 0.6
    )
    drawn = offers * (days[None, :] > starts[:, None])
    drawn *= np.minimum(1.0, case.line.commitment / np.maximum(drawn.sum(axis=0), 1.0))
    raised = drawn.sum(axis=0)
    price = rng.lognormal(0.6, 0.5, paths)
    shares = np.floor(raised / price + 0.5)
    columns = {
        "raised": raised,
        "shares_issued": shares,
        "discount_cost": raised * (1 / 0.85 - 1),
        "funding_gap": np.where(cause > 0, rng.lognormal(15.5, 0.7, paths), 0.0),
        "ending_cash": np.where(cause > 0, 0.0, rng.lognormal(15.0, 0.8, paths)),
        "draws": (drawn > 0).sum(axis=0).astype(np.int32),
        "cash_out_days": days,
        "cause": cause,
        "raised_by_period": drawn,
    }
    parts = np.array([months / 24 for months in gap_months(case)])[:, None]
    columns["gap_by_month"] = columns["funding_gap"] * parts * (days < 731 * parts)
    others = (int(issues_to_others(case)), paths)
    columns["other_shares"] = np.floor(rng.lognormal(14.0, 1.0, others)) * (rng.random(others) < 0.3)
    reasons = reason_names(tuple(condition.name for condition in case.line.conditions))
    binding = rng.integers(0, paths, (len(periods), len(reasons))) * (rng.random((len(periods), len(reasons))) < 0.4)
    binding[:, reasons.index("cash-out")] = paths // 3  # no limit on a draw: whoever reads this must leave it out
    missing = case.line.commitment * paths - raised.sum()
    weights = rng.random(len(reasons))
    months = horizon_days * 12 // 365
    burn = case.burn.monthly
    walk = np.cumsum(rng.normal(-0.45 * burn, 0.9 * burn, (months, min(paths, 1000))), axis=0)
    tallies = Tallies(
        reasons=reasons,
        binding=binding.astype(np.int64),
        purchase_dates=np.ones(len(periods), dtype=np.int64),
        cut_by_chunk=np.array([0.1 * missing]),
        unraised_by_chunk=(0.9 * missing * weights / weights.sum())[None, :],
        fan=case.company.cash + walk,
    )
    return Result(case, paths, seed, "philox", tallies, columns, elapsed_s=0.25)
