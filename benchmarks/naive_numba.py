"""The opponent in naive Numba: the rules of `valence-2002`, one path at a time, `np.random`, `parallel=True`.

A direct translation of the rules into a loop over paths, made parallel by `prange`.
"""
# ruff: noqa: NPY002 - Numba's own generator, one for each thread, as the naive program uses it

import numba
import numpy as np

from benchmarks.facts import Facts
from benchmarks.numpy_opponent import CENT, COLUMNS, INTEREST, OPERATIONS, PRINCIPAL

RAISED, ISSUED, COST, DRAWS, GAP, ENDING, OUT_DAYS, CAUSE = range(len(COLUMNS))
CASH, SINCE, OUTSTANDING, REMAINING, DRAWN = range(5)


def simulate(facts: Facts, paths: int, seed: int, workers: int) -> dict:
    """Columns (paths,) of `COLUMNS` and `raised_by_period` (periods, paths). The seed holds for each thread."""
    numba.set_num_threads(min(workers, numba.config.NUMBA_NUM_THREADS))
    out = np.zeros((paths, len(COLUMNS) + len(facts.period_percent)))
    run_paths(facts, seed, out)
    columns = out.T
    return {**dict(zip(COLUMNS, columns, strict=False)), "raised_by_period": columns[len(COLUMNS) :]}


@numba.njit(parallel=True)
def run_paths(facts, seed, out):
    for worker in numba.prange(numba.get_num_threads()):
        np.random.seed(seed + worker)
    for i in numba.prange(len(out)):
        run_path(facts, out[i])


@numba.njit
def run_path(facts, out):
    """One path: sample it, then walk through its stops."""
    achieved, ceo, adverse = time_events(facts)
    w, shock = walk(facts)
    close = price(facts, w, achieved, ceo)
    rate = burn(facts, shock)
    waived = np.empty(len(facts.condition_waiver), np.bool_)
    for c in range(len(waived)):
        waived[c] = np.random.random() < facts.condition_waiver[c]
    if np.random.random() < facts.ceo_waiver:
        ceo = np.inf
    if np.random.random() < facts.adverse_waiver:
        adverse = np.inf
    extended = np.random.random() < facts.extension
    covered = np.empty(len(facts.period_percent))
    for q in range(len(covered)):
        k = facts.period_first_month[q]
        used = 0.0
        for m in range(k, k + 3):
            used += rate[m] * facts.month_days[m]
        covered[q] = used * facts.period_percent[q] / 100

    stops, months, parties, purchases = facts.stop_t, facts.stop_month, facts.stop_party, facts.stop_purchase
    interest, maturity, period_end = facts.stop_interest, facts.stop_maturity, facts.stop_period_end
    phases, periods, rows = facts.purchase_phase, facts.purchase_period, facts.window + facts.purchase_row
    month_rows, conditions = facts.window + facts.month_rows, facts.condition_milestone
    s = np.zeros(5)
    s[CASH], s[OUTSTANDING], s[REMAINING] = facts.cash, facts.outstanding, facts.commitment
    out[OUT_DAYS] = np.inf
    for j in range(len(stops)):
        t, k, p = stops[j], months[j], purchases[j]
        operate(facts, s, out, rate[k], t)
        if parties[j] and np.random.random() < facts.party_probability:
            finance(facts, s, close[month_rows[k + 1] - 1])
        can = p >= 0 and ceo > t and not adverse <= t < adverse + facts.adverse_days
        if can and milestones_hold(t, conditions, phases[p], waived, achieved):
            draw(facts, s, out, close, rows[p], covered, periods[p], t)
        if interest[j] > 0:
            due = not extended if maturity[j] else extended
            if due:
                s[CASH] -= facts.principal * facts.rate * interest[j] / 365
                check(facts, s, out, t, INTEREST)
                if maturity[j]:
                    s[CASH] -= facts.principal
                    check(facts, s, out, t, PRINCIPAL)
        if period_end[j]:
            s[DRAWN] = 0.0
    if out[OUT_DAYS] == np.inf:
        out[ENDING] = s[CASH]


@numba.njit(inline="always")
def time_events(facts):
    """Days of the milestones (infinite: never), of the CEO change and of the adverse change."""
    n = len(facts.milestone)
    achieved = np.empty(n)
    factor = np.random.standard_normal()
    for m in range(n):
        probability, log_median, log_sd = facts.milestone[m, 0], facts.milestone[m, 1], facts.milestone[m, 2]
        score = facts.loading * factor + np.sqrt(1 - facts.loading**2) * np.random.standard_normal()
        achieved[m] = np.exp(log_median + log_sd * score) if np.random.random() < probability else np.inf
        if facts.follows[m] >= 0:
            achieved[m] += achieved[facts.follows[m]]
    ceo = np.random.exponential(facts.ceo_mean_days)
    return achieved, ceo, np.random.exponential(facts.adverse_mean_days)


@numba.njit(inline="always")
def walk(facts):
    """W on each row, and each month's standardised increment."""
    root, month_rows, month_sessions = facts.row_root, facts.month_rows, facts.month_sessions
    w, shock = np.empty(len(root)), np.empty(len(month_sessions))
    level, before = 0.0, 0.0
    for k in range(len(shock)):
        for j in range(month_rows[k], month_rows[k + 1]):
            level += root[j] * np.random.standard_normal()
            w[j] = level
        shock[k] = (level - before) / np.sqrt(month_sessions[k])
        before = level
    return w, shock


@numba.njit(inline="always")
def price(facts, w, achieved, ceo):
    """Closes: rows of the window before the opening, then each session's, with the moves of the stock."""
    days, sessions, milestone = facts.row_t, facts.row_session, facts.milestone
    close = np.full(facts.window + len(w), facts.initial)
    for j in range(len(w)):
        x = facts.sigma * w[j] + facts.growth * sessions[j]
        for m in range(len(achieved)):
            if days[j] >= achieved[m]:
                x += milestone[m, 3]
        if days[j] >= ceo:
            x += facts.ceo_log_jump
        close[facts.window + j] = facts.initial * np.exp(x)
    return close


@numba.njit(inline="always")
def burn(facts, shock):
    """Cash used a day, by month."""
    level, days = facts.month_level, facts.month_days
    rate = np.empty(len(shock))
    x, sd, phi, rho = 0.0, facts.burn_sd, facts.persistence, facts.correlation
    for k in range(len(shock)):
        z = rho * shock[k] + np.sqrt(1 - rho**2) * np.random.standard_normal()
        x = sd * z if k == 0 else phi * x + sd * np.sqrt(1 - phi**2) * z
        rate[k] = level[k] / days[k] * np.exp(x - sd**2 / 2)
    return rate


@numba.njit(inline="always")
def operate(facts, s, out, rate, t):
    """Cash after operations through day t."""
    now = s[CASH] - rate * (t - s[SINCE])
    if now < facts.minimum and out[OUT_DAYS] == np.inf:
        out[OUT_DAYS] = s[SINCE] + max(0.0, (s[CASH] - facts.minimum) / rate)
        out[CAUSE], out[ENDING] = OPERATIONS, facts.minimum
    out[GAP] = max(out[GAP], facts.minimum - now)
    s[CASH], s[SINCE] = now, t


@numba.njit(inline="always")
def check(facts, s, out, t, cause):
    """Cash-out by a payment."""
    if s[CASH] < facts.minimum and out[OUT_DAYS] == np.inf:
        out[OUT_DAYS], out[CAUSE] = t, cause
        out[ENDING] = facts.minimum if cause == OPERATIONS else s[CASH]
    out[GAP] = max(out[GAP], facts.minimum - s[CASH])


@numba.njit(inline="always")
def finance(facts, s, close):
    """A third party's equity, and the investor's cut of the line."""
    amount = np.exp(facts.party_log_median + facts.party_log_sd * np.random.standard_normal())
    share_price = close * facts.party_price_factor
    headroom = facts.headroom - s[OUTSTANDING]
    amount = min(amount, headroom * share_price)
    s[OUTSTANDING] += min(np.floor(amount / share_price + 0.5), headroom)
    s[CASH] += amount
    if np.random.random() < facts.party_reduction:
        s[REMAINING] -= min(amount, s[REMAINING])


@numba.njit(inline="always")
def milestones_hold(t, conditions, phase, waived, achieved):
    """Whether the milestone conditions that apply on day t, the first `phase`, hold or are waived."""
    holding = True
    for c in range(phase):
        holding &= waived[c] or achieved[conditions[c]] <= t
    return holding


@numba.njit(inline="always")
def draw(facts, s, out, close, row, covered, q, t):
    """The draw of a purchase date in period q, and its legal cost."""
    total = 0.0
    for j in range(row - facts.window, row):
        total += close[j]
    draw_price = facts.multiplier * total / facts.window
    headroom = facts.headroom - s[OUTSTANDING]
    amount = min(s[REMAINING], facts.cap - s[DRAWN], covered[q] - s[DRAWN], headroom * draw_price)
    if amount < CENT:
        return
    shares = min(np.floor(amount / draw_price + 0.5), headroom)
    if out[OUT_DAYS] == np.inf:
        out[RAISED] += amount
        out[ISSUED] += shares
        out[COST] += shares * (close[row] - draw_price)
        out[DRAWS] += 1.0
        out[len(COLUMNS) + q] += amount
    s[CASH] += amount - facts.legal_cost
    s[REMAINING] -= amount
    s[DRAWN] += amount
    s[OUTSTANDING] += shares
    check(facts, s, out, t, OPERATIONS)
