"""The opponent in vectorised NumPy: the rules of `valence-2002`, paths side by side, no Python loop over paths.

What makes it good: batches whose arrays fit the cache; the fastest bit generator, filling arrays in place; only the
sessions that the rules use; moves of the stock added to one increment of the walk each; third parties as a list of
waiting times; the burn's logs summed in place. Two ways through the purchase dates:

* `masks`: every path on every date, with amounts that do not apply multiplied by 0;
* `lists`: only the paths that may still draw, by index, and only their closes are computed. With the policy
  `maximum` a path draws at most once a quarter, which this way uses.

It does not count binding reasons, which the library does.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from benchmarks.facts import Facts

CENT = 0.01
BATCH = {"masks": 16_384, "lists": 16_384}  # paths; about the fastest of 512 ... 32,768
OPERATIONS, INTEREST, PRINCIPAL = 1, 2, 3
COLUMNS = (
    "raised", "shares_issued", "discount_cost", "draws", "funding_gap", "ending_cash", "cash_out_days", "cause",
)  # fmt: skip


class Variates(NamedTuple):
    """Everything random of one batch. Rows are days, months, events; columns are paths."""

    walk: np.ndarray  # (window + rows + 1, paths): W with the moves of the stock, in units of sigma
    rate: np.ndarray  # (months, paths): cash used a day
    opens: np.ndarray  # (phases, paths): day from which all milestone conditions of the phase hold
    ceo: np.ndarray  # day from which the CEO condition fails
    adverse: np.ndarray  # day from which there is an adverse change
    extended: np.ndarray  # bool
    financings: list  # for each month: paths, amounts, cuts


class Books(NamedTuple):
    """The state of one batch's ledgers, each (paths,)."""

    cash: np.ndarray  # on day `since`
    since: np.ndarray
    outstanding: np.ndarray
    remaining: np.ndarray
    drawn: np.ndarray
    raised: np.ndarray
    issued: np.ndarray
    cost: np.ndarray
    draws: np.ndarray
    gap: np.ndarray
    out_days: np.ndarray
    cause: np.ndarray
    ending: np.ndarray
    by_period: np.ndarray  # (periods, paths)


def simulate(facts: Facts, paths: int, seed: int, way: str = "lists", batch: int | None = None) -> dict:
    """Columns (paths,) of `COLUMNS` and `raised_by_period` (periods, paths)."""
    rng = np.random.Generator(np.random.SFC64(seed))
    batch = min(batch or BATCH[way], paths)
    out = np.empty((len(COLUMNS) + len(facts.period_percent), paths))
    room = _room(facts, batch)
    for first in range(0, paths, batch):
        size = min(batch, paths - first)
        variates = draw_variates(rng, facts, room if size == batch else _room(facts, size))
        books = keep_ledger(facts, variates, size, way)
        out[:, first : first + size] = (
            books.raised, books.issued, books.cost, books.draws, books.gap, books.ending, books.out_days, books.cause,
            *books.by_period,
        )  # fmt: skip
    return {**dict(zip(COLUMNS, out, strict=False)), "raised_by_period": out[len(COLUMNS) :]}


def _room(facts: Facts, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Arrays for the walk and the burn of a batch, used again for each."""
    return np.zeros((facts.window + len(facts.row_t) + 1, size)), np.zeros((len(facts.month_level), size))


# --- random numbers ---


def draw_variates(rng: np.random.Generator, facts: Facts, room: tuple[np.ndarray, np.ndarray]) -> Variates:
    walk, rate = room
    size, window = walk.shape[1], facts.window
    steps = walk[window:-1]
    rng.standard_normal(out=steps)
    _spread_burn(rng, facts, steps, rate)
    achieved = _milestones(rng, facts, size)
    ceo = rng.standard_exponential(size) * facts.ceo_mean_days
    adverse = rng.standard_exponential(size) * facts.adverse_mean_days
    _walk(facts, walk, achieved, ceo)
    if facts.ceo_waiver > 0:
        ceo[rng.random(size) < facts.ceo_waiver] = np.inf
    adverse[rng.random(size) < facts.adverse_waiver] = np.inf
    waived = rng.random((len(facts.condition_waiver), size)) < facts.condition_waiver[:, None]
    opens = np.zeros((len(waived) + 1, size))
    for c, m in enumerate(facts.condition_milestone):
        np.maximum(opens[c], np.where(waived[c], 0.0, achieved[m]), out=opens[c + 1])
    extended = rng.random(size) < facts.extension
    return Variates(walk, rate, opens, ceo, adverse, extended, _third_parties(rng, facts, size))


def _spread_burn(rng: np.random.Generator, facts: Facts, steps: np.ndarray, rate: np.ndarray) -> None:
    """Fill `rate` (months, paths) with cash used a day: lognormal, AR(1), its shocks correlated with the market's."""
    rng.standard_normal(out=rate)
    rate *= np.sqrt(1 - facts.correlation**2)
    for k in range(len(rate)):
        a, b = facts.month_rows[k], facts.month_rows[k + 1]
        weights = facts.row_root[a:b] * (facts.correlation / np.sqrt(facts.month_sessions[k]))
        rate[k] += np.einsum("i,ij->j", weights, steps[a:b])
    rate[1:] *= np.sqrt(1 - facts.persistence**2)
    for k in range(1, len(rate)):
        rate[k] += facts.persistence * rate[k - 1]
    rate *= facts.burn_sd
    rate += (np.log(facts.month_level / facts.month_days) - facts.burn_sd**2 / 2)[:, None]
    np.exp(rate, out=rate)


def _milestones(rng: np.random.Generator, facts: Facts, size: int) -> np.ndarray:
    """Days (milestones, paths) on which each is reached; infinite if never."""
    probability, log_median, log_sd, _ = facts.milestone.T[:, :, None]
    days = rng.standard_normal((len(facts.milestone), size))
    days *= np.sqrt(1 - facts.loading**2)
    days += facts.loading * rng.standard_normal(size)
    days *= log_sd
    days += log_median
    np.exp(days, out=days)
    days[rng.random(days.shape) >= probability] = np.inf
    for m, before in enumerate(facts.follows):
        if before >= 0:
            days[m] += days[before]
    return days


def _walk(facts: Facts, walk: np.ndarray, achieved: np.ndarray, ceo: np.ndarray) -> None:
    """Turn normals into W with the moves of the stock, each added to one step; the last row receives later moves."""
    steps, columns = walk[facts.window :], np.arange(walk.shape[1])
    for j in np.flatnonzero(facts.row_root != 1.0):
        steps[j] *= facts.row_root[j]
    row_at = np.searchsorted(facts.row_t, np.arange(facts.row_t[-1] + 2))
    moves = [(days, jump) for days, jump in zip(achieved, facts.milestone[:, 3], strict=True) if jump]
    for days, jump in [*moves, (ceo, facts.ceo_log_jump)]:
        day = np.ceil(np.minimum(days, facts.row_t[-1] + 1)).astype(np.intp)
        steps[row_at[day], columns] += jump / facts.sigma
    for j in range(1, len(steps) - 1):
        steps[j] += steps[j - 1]


def _third_parties(rng: np.random.Generator, facts: Facts, size: int) -> list:
    """For each month the paths with a financing, the amounts, and whether the line is cut; from waiting times."""
    months = len(facts.month_level)
    cells, p = months * size, facts.party_probability
    cell = np.cumsum(rng.geometric(p, int(cells * p + 6 * np.sqrt(cells * p) + 10))) - 1
    while cell[-1] < cells:
        cell = np.append(cell, cell[-1] + np.cumsum(rng.geometric(p, 100)))
    cell = cell[: np.searchsorted(cell, cells)]
    amount = np.exp(facts.party_log_median + facts.party_log_sd * rng.standard_normal(len(cell)))
    cuts = rng.random(len(cell)) < facts.party_reduction
    until = np.searchsorted(cell, np.arange(months + 1) * size)
    spans = enumerate(pairwise(until))
    return [(cell[a:b] - k * size, amount[a:b], cuts[a:b]) for k, (a, b) in spans]


# --- ledger ---


def open_books(facts: Facts, size: int) -> Books:
    zeros = np.zeros((9, size))
    return Books(
        np.full(size, facts.cash), zeros[0], np.full(size, facts.outstanding), np.full(size, facts.commitment),
        zeros[1], zeros[2], zeros[3], zeros[4], zeros[5], zeros[6], np.full(size, np.inf), zeros[7], zeros[8],
        np.zeros((len(facts.period_percent), size)),
    )  # fmt: skip


def keep_ledger(facts: Facts, variates: Variates, size: int, way: str) -> Books:
    """Every stop in order, for a batch."""
    books, every_path = open_books(facts, size), slice(None)
    closes = None
    if way == "masks":
        closes = variates.walk * facts.sigma
        closes += _log_base(facts)[:, None]
        np.exp(closes, out=closes)
    names = ("t", "month", "party", "purchase", "interest", "maturity", "month_end", "period_end")
    waiting, period = every_path, -1
    for t, k, party, p, interest, maturity, month_end, period_end in zip(
        *(getattr(facts, f"stop_{name}").tolist() for name in names), strict=True
    ):
        if party and len(variates.financings[k][0]):
            finance(facts, books, variates, t, k)
        if p >= 0:
            if facts.purchase_period[p] != period:
                period = facts.purchase_period[p]
                covered = _coverage(facts, variates, period)
                waiting = every_path if way == "masks" else _may_draw(facts, books, covered)
            if way == "masks":
                holds = _holds(facts, variates, t, p, every_path)
                buy(facts, books, variates, t, k, p, every_path, covered, holds, closes)
            elif len(waiting):
                holds = _holds(facts, variates, t, p, waiting)
                if holds.any():
                    buy(facts, books, variates, t, k, p, waiting[holds], covered, None, None)
                    waiting = waiting[~holds]
        if interest or month_end:
            operate(facts, books, variates.rate[k], t, every_path)
        if interest:
            pay_note(facts, books, variates, t, interest, maturity)
        if period_end:
            books.drawn[:] = 0.0
    np.copyto(books.ending, books.cash, where=books.out_days == np.inf)
    return books


def _log_base(facts: Facts) -> np.ndarray:
    """Log of the close without W, for each row of the walk; the rows before the opening first, the spare row last."""
    return np.log(facts.initial) + facts.growth * np.concatenate([np.zeros(facts.window), facts.row_session, [0.0]])


def _coverage(facts: Facts, variates: Variates, period: int) -> np.ndarray:
    k = facts.period_first_month[period]
    used = np.einsum("i,ij->j", facts.month_days[k : k + 3], variates.rate[k : k + 3])
    return used * (facts.period_percent[period] / 100)


def _may_draw(facts: Facts, books: Books, covered: np.ndarray) -> np.ndarray:
    """Paths for which a quarter begins with something to draw."""
    left = np.minimum(books.remaining, covered)
    return np.flatnonzero((left >= CENT) & (books.outstanding < facts.headroom))


def _holds(facts: Facts, variates: Variates, t: float, p: int, paths) -> np.ndarray:
    """Whether every condition holds on the purchase date or is waived."""
    adverse = variates.adverse[paths]
    holds = variates.opens[facts.purchase_phase[p]][paths] <= t
    holds &= variates.ceo[paths] > t
    holds &= (adverse > t) | (adverse + facts.adverse_days <= t)
    return holds


def operate(facts: Facts, books: Books, rate: np.ndarray, t: float, paths) -> None:
    """Cash after operations through day t; the cash-out by linear interpolation."""
    cash, since, rate = books.cash[paths], books.since[paths], rate[paths]
    now = cash - rate * (t - since)
    short = facts.minimum - now
    books.gap[paths] = np.maximum(books.gap[paths], short)
    broke = np.flatnonzero((short > 0.0) & (books.out_days[paths] == np.inf))
    if len(broke):
        at = broke if isinstance(paths, slice) else paths[broke]
        lasts = (cash[broke] - facts.minimum) / rate[broke]
        books.out_days[at] = since[broke] + np.maximum(lasts, 0.0)
        books.cause[at] = OPERATIONS
        books.ending[at] = facts.minimum
    books.cash[paths], books.since[paths] = now, t


def check(facts: Facts, books: Books, t: float, cause: int, paths) -> None:
    """Cash-out by a payment on day t, and the funding gap."""
    cash = books.cash[paths]
    short = facts.minimum - cash
    books.gap[paths] = np.maximum(books.gap[paths], short)
    broke = np.flatnonzero((short > 0.0) & (books.out_days[paths] == np.inf))
    if len(broke):
        at = broke if isinstance(paths, slice) else paths[broke]
        books.out_days[at], books.cause[at] = t, cause
        books.ending[at] = facts.minimum if cause == OPERATIONS else cash[broke]


def finance(facts: Facts, books: Books, variates: Variates, t: float, k: int) -> None:
    """Third-party financing on the month's last session."""
    paths, amount, cuts = variates.financings[k]
    operate(facts, books, variates.rate[k], t, paths)
    row = facts.month_rows[k + 1] - 1
    base = np.log(facts.initial) + facts.growth * facts.row_session[row]
    price = facts.party_price_factor * np.exp(facts.sigma * variates.walk[facts.window + row, paths] + base)
    headroom = facts.headroom - books.outstanding[paths]
    amount = np.minimum(amount, headroom * price)
    books.outstanding[paths] += np.minimum(np.floor(amount / price + 0.5), headroom)
    books.cash[paths] += amount
    books.remaining[paths] -= np.minimum(amount * cuts, books.remaining[paths])


def buy(facts: Facts, books: Books, variates: Variates, t, k, p, paths, covered, holds, closes) -> None:
    """The draw of `paths` on purchase date p; with masks, `holds` marks those whose conditions hold."""
    last = facts.window + facts.purchase_row[p]  # the close's row of the walk; the window lies before it
    first, period = last - facts.window, facts.purchase_period[p]
    if closes is None:
        look = variates.walk[first : last + 1].take(paths, axis=1)
        look *= facts.sigma
        look += _log_base_of(facts, p)
        np.exp(look, out=look)
    else:
        look = closes[first : last + 1]
    price = np.add.reduce(look[:-1], axis=0)
    price *= facts.multiplier / facts.window
    headroom = facts.headroom - books.outstanding[paths]
    drawn, remaining = books.drawn[paths], books.remaining[paths]
    amount = np.minimum(covered[paths], facts.cap)
    amount -= drawn
    np.minimum(amount, remaining, out=amount)
    np.minimum(amount, headroom * price, out=amount)
    takes = amount >= CENT
    if holds is not None:
        takes &= holds
    amount *= takes
    shares = amount / price
    shares += 0.5
    np.floor(shares, out=shares)
    np.minimum(shares, headroom, out=shares)
    operate(facts, books, variates.rate[k], t, paths)
    alive = books.out_days[paths] == np.inf
    books.cash[paths] += amount
    books.remaining[paths] -= amount
    books.drawn[paths] += amount
    books.outstanding[paths] += shares
    amount *= alive
    shares *= alive
    books.raised[paths] += amount
    books.by_period[period][paths] += amount
    books.issued[paths] += shares
    shares *= look[-1] - price
    books.cost[paths] += shares
    books.draws[paths] += alive & takes
    books.cash[paths] -= facts.legal_cost * takes
    check(facts, books, t, OPERATIONS, paths)


def _log_base_of(facts: Facts, p: int) -> np.ndarray:
    """Column of the log closes without W of purchase date p's window and close."""
    n = facts.row_session[facts.purchase_row[p]]
    sessions = np.maximum(np.arange(n - facts.window, n + 1), 0.0)
    return (np.log(facts.initial) + facts.growth * sessions)[:, None]


def pay_note(facts: Facts, books: Books, variates: Variates, t: float, days: float, maturity: int) -> None:
    """Interest of the note, at its maturity only where it is not extended, and then its principal."""
    due = ~variates.extended if maturity else variates.extended
    interest = facts.principal * facts.rate * days / 365
    books.cash[:] -= interest * due
    check(facts, books, t, INTEREST, slice(None))
    if maturity:
        books.cash[:] -= facts.principal * due
        check(facts, books, t, PRINCIPAL, slice(None))
