"""The twin's moves of the stock: at milestones and at a change of the chief executive, raw or compensated.

Compensated, a close at t is multiplied by (1 + j 1{T <= t}) P(T > min(t, T))^j: first by the moves that have come, in
the order of the file, then by the power for each event that has a move.
"""

import math
from collections.abc import Callable

from tests.twin import sampler as reference_luck
from tests.twin.sampler import Luck, milestone_law, milestone_score, passed_by, still_to_come
from tests.twin.terms import Terms, _given

Move = Callable[[float], float]  # from the time of a close to what it is multiplied by


def moved(price: float, t: float, moves: list[Move]) -> float:
    """A price at time t, after every move."""
    for move in moves:
        price *= move(t)
    return price


def stock_moves(terms: Terms, luck: Luck, achieved: dict[str, float], ceo_change: float | None) -> list[Move]:
    """What the events of a path do to its prices, in the order in which they are multiplied."""
    ahead = {name: row for name, row in terms.milestones.items() if not row.get("achieved")}
    sizes = {name: float(_given(row, "price_jump", 0)) for name, row in ahead.items()}
    change = _given(terms.events, "ceo_change", {})
    fall = 0.0 if change.get("happened") else float(_given(change, "price_jump", 0))
    ceo_time = math.inf if ceo_change is None else ceo_change
    moves = [step(achieved.get(name, math.inf), 1.0 + size) for name, size in sizes.items() if size]
    moves += [step(ceo_time, 1.0 + fall)] if fall else []
    if terms.compensated:
        moves += [milestone_wait(terms, luck, achieved, name, size) for name, size in sizes.items() if size]
        if fall and change["annual_rate"]:
            rate = -fall / (365.25 / change["annual_rate"])
            moves.append(lambda t: reference_luck.exp(rate * min(t, ceo_time)))
    return moves


def step(time: float, factor: float) -> Move:
    return lambda t: factor if time <= t else 1.0


def milestone_wait(terms: Terms, luck: Luck, achieved: dict[str, float], name: str, size: float) -> Move:
    """P(T > min(t, T))^size, counted from the milestone that it follows, and 1 until that one is reached.

    Of a milestone that has been awaited, given that it has not come yet.
    """
    row = terms.milestones[name]
    leader, elapsed, passed = row.get("follows"), float(_given(row, "elapsed_days", 0)), passed_by(row)
    probability = still_to_come(row["probability"], passed) if elapsed else float(row["probability"])
    start = achieved.get(leader, math.inf) if leader else 0.0
    time, (log_median, log_sd) = achieved.get(name, math.inf), milestone_law(row)

    def power(tail: float) -> float:
        tail = reference_luck.fma(probability, tail, 1.0 - probability)
        return reference_luck.exp(size * reference_luck.log(tail))

    def move(t: float) -> float:
        if time <= t:
            return power(reference_luck.upper_tail(milestone_score(terms, luck, name)))
        if not start < t:
            return 1.0
        score = (reference_luck.log(t - start + elapsed) - log_median) / log_sd
        return power(reference_luck.upper_tail(score) / (1.0 - min(float(passed), 1.0 - 2.0**-53)))

    return move
