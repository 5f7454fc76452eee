"""The twin's draws: SPEC section 5 and LINES sections 1 to 5 for one path. It shares no code with `sim`.

Conventions, beside those of `ledger.py`: a share limit is worth limit x (price / share_multiplier); the price of a
forward notice is estimated as multiplier x close; `known` amounts are in dollars and their shares the nearest whole
number, `forward` ones are whole shares, each limit rounded down. A limit is the reason if it is smaller by a cent or
more, of a limit in shares also by a share or more; authorised shares are held to the cent where the price is known.
"""

import math
from datetime import date

from tests.twin import sampler as reference_luck
from tests.twin.line_terms import EVERYTHING, Kind, LineTerms, happened, month_of

CENT = 0.01  # dollars


class Order:
    """A notice, from the day on which it is given to its settlement."""

    def __init__(self, kind: Kind, position: int, entry: dict):
        self.kind, self.position, self.entry = kind, position, entry
        self.amount = self.paid = 0.0  # dollars (estimated if forward) and the shares that they pay for
        self.shares, self.most = 0, EVERYTHING  # to be delivered, and at most
        self.reason = ""


class LineBooks:
    """The state of one line on one path."""

    def __init__(self, terms: LineTerms):
        used = terms.used
        self.terms, self.commitment = terms, terms.commitment - used["amount"]
        self.issued, self.paid = used["shares"], float(used["amount"])
        self.held, self.held_since = used["holdings"], 0  # the investor's shares at his last delivery; sessions from 1
        start = terms.terms.valuation_date
        self.drawn = {("cap", terms.period(start)): float(used["this_period"])}
        self.drawn["quarter", terms.terms.quarter(start)] = float(used["this_quarter"])
        self.pending: list[Order] = []
        self.today: dict[str, tuple[int, int]] = {}  # by kind: session and shares of its last notice
        self.settled = -EVERYTHING  # session of the last settlement
        self.raised, self.shares_issued, self.draws, self.costs, self.cut = 0.0, 0, 0, 0.0, 0.0

    def promised(self) -> int:
        return sum(order.shares for order in self.pending)

    def drawn_in(self, what: str, period: int) -> float:
        return self.drawn.get((what, period), 0.0)

    def holdings(self, session: int) -> float:
        """H(n0) max(0, 1 - (n - n0) / resale_sessions)."""
        resale = self.terms.ownership["resale_sessions"] if self.terms.ownership else 1
        return self.held * max(0.0, 1.0 - (session - self.held_since) / resale)


def give_notice(books, line: LineBooks, kind: Kind, market, day: date) -> None:
    """One purchase date of a kind of purchase, drawn or not."""
    market.decide_waivers(books.history, line.terms, day)
    position = books.terms.position[day]
    close = market.close(day)
    at = kind.at(close)
    average = close if kind.forward else least_of_legs(kind, market, position)[0]
    price = at["multiplier"] * average
    entry = {
        "date": day.isoformat(), "request": None, "average": average, "price": price, "close": close, "amount": 0.0,
        "shares": 0, "binding": "", "line": line.terms.name, "purchase": kind.name, "settled": None, "fee_shares": 0,
        "costs": 0.0,
    }  # fmt: skip
    books.draws.append(entry)
    order = Order(kind, position, entry)
    request = policy_request(books, kind, market, day, close)
    entry["request"] = None if request == EVERYTHING else request
    size_order(books, line, order, request, price, at, market, day)
    order.reason = refusal(books, line, kind, day, price, close, at) or order.reason
    if refusal(books, line, kind, day, price, close, at):
        order.amount, order.paid, order.shares = 0.0, 0.0, 0
    entry["binding"] = order.reason
    if order.amount == 0.0:
        return
    line.today[kind.name] = (position + 1, order.shares)
    if kind.settlement(position) > position:
        line.pending.append(order)
    else:
        deliver(books, line, order, market, order.amount, order.shares, price, day)


def least_of_legs(kind: Kind, market, position: int, floor: float = 0.0) -> tuple[float, int]:
    """The least of the legs, each times its own multiplier, and how many sessions of the first leg count: those at or
    above the floor where the others are left out."""
    values, kept = [], 0
    for number, leg in enumerate(kind.legs):
        prices = [market.price_at(i, leg.get("series") or "close") for i in kind.window(leg, position)]
        if number == 0 and kind.drops:
            prices = [price for price in prices if price >= floor]
        if number == 0:
            kept = len(prices)
            if kept == 0:
                return 0.0, 0
        values.append(float(leg.get("multiplier") or 1) * statistic(leg, prices))
    return min(values), kept


def statistic(leg: dict, prices: list[float]) -> float:
    name = leg.get("statistic") or "mean"
    if name == "lowest":
        return min(prices)
    if name == "mean_of_lowest":
        prices = sorted(prices)[: int(leg["count"])]
    total = 0.0
    for price in prices:
        total += price
    return total / len(prices)


def policy_request(books, kind: Kind, market, day: date, close: float) -> float:
    """What the company asks for."""
    terms, policy = books.terms, kind.policy
    level, name = books.people.expected(month_of(day)), policy.get("kind") or "maximum"
    reserve, need = policy.get("reserve_price"), policy.get("need_months")
    if reserve and close < reserve and not (need is not None and books.cash < need * level):
        return 0.0
    if name == "maximum":
        return EVERYTHING
    if name == "schedule":
        return float(policy["amounts"][kind.number[day]])
    if name == "opportunistic" and close >= float(policy["price_trigger"]) * trigger_base(books, policy, market, day):
        return EVERYTHING
    months = float(policy["target_months"])
    if name == "runway":
        if policy.get("price_tilt"):
            months = months + float(policy["price_tilt"]) * reference_luck.log(close / terms.initial)
        if policy.get("cover_months_high") is not None:
            months = min(months, float(policy["cover_months_high"]))
    return max(0.0, months * level - books.cash)


def trigger_base(books, policy: dict, market, day: date) -> float:
    if policy.get("trigger_over") != "average":
        return books.terms.initial
    position, sessions, total = books.terms.position[day], int(policy["trigger_sessions"]), 0.0
    for i in range(position - sessions, position):
        total += market.close_at(i)
    return total / sessions


def refusal(books, line: LineBooks, kind: Kind, day: date, price: float, close: float, at: dict) -> str | None:
    """The first rule that forbids a notice, if there is one."""
    session = books.terms.position[day] + 1
    if line.terms.in_blackout(day):
        return "blackout"
    if line.pending:
        named = kind.multiple_of and line.today.get(kind.multiple_of["purchase"], (0, 0))[0] == session
        if not named or any(order.position + 1 != session for order in line.pending):
            return "pending draw"
    if 1 <= session - line.settled <= kind.cooldown:
        return "cooldown"
    if not at["reached"]:
        return "price tier"
    if not kind.forward and price < max(kind.floor, kind.floor_of_close * close):
        return "floor price"
    for condition in line.terms.conditions:
        waived = books.waives(line.terms, condition["name"], day)
        if not waived and not books.condition_holds(condition, day):
            return f"condition: {condition['name']}"
    return None


def size_order(books, line: LineBooks, order: Order, request: float, price: float, at: dict, market, day: date) -> None:
    """Amount, shares and reason of a notice, whatever may forbid it."""
    kind, of_line = order.kind, line.terms
    limits = notice_limits(books, line, kind, request, at, market, day)
    each = price / of_line.share_multiplier
    cap = next((row for row in limits if row[0] == "exchange cap"), None)
    if cap is not None:
        without = [row for row in limits if row is not cap]
        if is_exempt(line, *take(without, each, price, kind), price):
            limits = without
    amount, paid, shares, most, reason = take(limits, each, price, kind)
    nothing = amount < CENT or most < 1 or (kind.forward and shares < 1)
    if not nothing and kind.minimum_draw - amount >= CENT:
        nothing, reason = True, "minimum draw"
    order.reason, order.most = reason, most
    if not nothing:
        order.amount, order.paid, order.shares = amount, paid, shares


def notice_limits(books, line: LineBooks, kind: Kind, request: float, at: dict, market, day: date) -> list[tuple]:
    """Every limit of a notice in order: its name, whether it is in dollars, and how much; it may be negative."""
    terms, of_line, achieved = books.terms, line.terms, books.history["achieved_days"]
    session, close = terms.position[day] + 1, market.close(day)
    issued = line.issued + line.promised()
    limits = [("policy", True, request), *drawn_limits(books, line, day)]
    limits.append(("authorized shares", False, books.headroom()))
    limits.append(("line shares", False, of_line.max_shares - issued))
    limits.append(("draw cap", True, at["max_per_draw"]))
    limits.append(("share cap", False, at["max_shares_per_draw"]))
    limits.append(("volume", False, volume_limit(kind, market, terms.position[day])))
    limits.append(("market cap", True, kind.market_cap_share * (close * books.outstanding)))
    if kind.multiple_of:
        when, shares = line.today.get(kind.multiple_of["purchase"], (0, 0))
        limits.append(("multiple", False, float(kind.multiple_of["times"]) * shares if when == session else 0.0))
    if of_line.ownership:
        share, held = of_line.ownership["share"], line.holdings(session) + line.promised()
        limits.append(("ownership", False, (share * (books.outstanding + line.promised()) - held) / (1.0 - share)))
    if of_line.capped(day, achieved) < EVERYTHING:
        limits.append(("exchange cap", False, of_line.capped(day, achieved) - issued))
    limits.append(("registered shares", False, of_line.registered(day, achieved) - issued))
    return limits


def drawn_limits(books, line: LineBooks, day: date) -> list[tuple]:
    """Commitment, period cap and coverage, which a settlement meets once more, on the day of its notice."""
    of_line, quarter = line.terms, books.terms.quarter(day)
    limits = [
        ("commitment", True, line.commitment),
        ("period cap", True, of_line.cap - line.drawn_in("cap", of_line.period(day))),
    ]
    if books.covers(of_line, day):
        covered = books.allowance(of_line, day) + unused_before(books, line, quarter)
        limits.append(("coverage", True, covered - line.drawn_in("quarter", quarter)))
    return limits


def unused_before(books, line: LineBooks, quarter: int) -> float:
    """Coverage that the fiscal quarters of the term before `quarter` left unused, if it is carried forward."""
    terms, unused = books.terms, 0.0
    if not line.terms.coverage.get("carry_forward"):
        return 0.0
    for earlier in range(terms.quarter(line.terms.start), quarter, 3):
        covered = books.allowance(line.terms, terms.quarter_end(earlier), whole=True) + unused
        drawn = line.drawn_in("quarter", earlier) if terms.quarter_end(earlier) >= terms.valuation_date else 0.0
        unused = max(0.0, covered - drawn)
    return unused


def volume_limit(kind: Kind, market, position: int) -> float:
    """Shares by the volume before the date, and by that of the date itself where the price is known."""
    limit = EVERYTHING
    if kind.volume_before:
        rule = kind.volume_before
        volumes = [market.volume_at(i) for i in range(position - int(rule["sessions"]), position)]
        limit = max(float(rule.get("at_least_shares") or 0), float(rule["share"]) * typical(rule, volumes))
    if kind.volume_during and not kind.forward:
        limit = min(limit, float(kind.volume_during["share"]) * market.volume_at(position))
    return limit


def typical(rule: dict, volumes: list[float]) -> float:
    if rule.get("statistic") == "median":
        volumes, middle = sorted(volumes), len(volumes) // 2
        return volumes[middle] if len(volumes) % 2 else 0.5 * (volumes[middle - 1] + volumes[middle])
    total = 0.0
    for volume in volumes:
        total += volume
    return total / len(volumes)


def take(limits: list[tuple], each: float, price: float, kind: Kind) -> tuple:
    """Amount, shares that are paid for, shares to deliver, the least limit in shares, and the reason."""
    (reason, _, amount), *others = limits
    dollars, most = amount, EVERYTHING
    for name, in_dollars, limit in others:
        worth = limit if in_dollars else limit * each
        exact = in_dollars or (name == "authorized shares" and not kind.forward)
        reason = name if amount - worth >= (CENT if exact else max(CENT, each)) else reason
        amount = min(amount, worth)
        dollars, most = (min(dollars, limit), most) if in_dollars else (dollars, min(most, limit))
    multiplier = kind.line.share_multiplier
    if kind.forward:
        paid = max(0, min(floor(dollars / price), floor(most / multiplier)))
        return paid * price, paid, nearest(multiplier * paid, most), most, reason
    amount = max(0.0, amount)
    return amount, amount / price, nearest(multiplier * amount / price, most), most, reason


def floor(x: float) -> float:
    return x if math.isinf(x) else math.floor(x)


def nearest(shares: float, most: float) -> int:
    return max(0, min(math.floor(shares + 0.5), floor(most)))


def is_exempt(line: LineBooks, amount: float, paid: float, shares: int, most: float, reason: str, price: float) -> bool:
    """Whether a draw that is sized without the exchange cap has an average price at which the cap does not apply."""
    cap = line.terms.exchange_cap
    if not cap.get("exempt_price"):
        return False
    if cap.get("average") == "draw":
        return price >= cap["exempt_price"]
    issued = line.issued + line.promised() + shares + fee_shares(line.terms, amount)
    dollars = line.paid + sum(order.amount for order in line.pending) + amount
    return issued > 0 and dollars / issued >= cap["exempt_price"]


def fee_shares(terms: LineTerms, amount: float) -> int:
    return math.floor(terms.pro_rata * amount / terms.commitment + 0.5) if terms.pro_rata else 0


def settle(books, line: LineBooks, order: Order, market, day: date) -> None:
    """The settlement of a notice: its true price, what this and later events cut, and the delivery."""
    kind, noticed = order.kind, books.terms.sessions[order.position]
    line.pending.remove(order)
    close = market.close(noticed)
    at, lowest = kind.at(close), max(kind.floor, kind.floor_of_close * close)
    average, kept = least_of_legs(kind, market, order.position, lowest)
    average = average if kept else close
    price = at["multiplier"] * average
    order.entry |= {"average": average, "price": price}
    multiplier = line.terms.share_multiplier
    limits = [*drawn_limits(books, line, noticed), ("authorized shares", False, books.headroom())]
    most = min(order.most, books.headroom())
    if kind.forward:
        paid, window = order.paid, int(kind.legs[0]["window"])
        above = paid * kept / window if kind.drops else paid if price >= lowest else 0
        cuts = [("floor price", above), ("volume", during(kind, market, order.position) / multiplier)]
        cuts += [(name, limit / price if in_dollars else limit / multiplier) for name, in_dollars, limit in limits]
        for name, limit in cuts:
            limit = max(0, floor(limit))
            if paid - limit >= 1:
                paid, order.reason = limit, name
        amount, shares = paid * price, nearest(multiplier * paid, most)
    else:
        amount = order.amount
        for name, in_dollars, limit in limits:
            worth = limit if in_dollars else limit * (price / multiplier)
            order.reason = name if amount - worth >= CENT else order.reason
            amount = min(amount, worth)
        amount = amount if amount >= CENT else 0.0
        shares = nearest(multiplier * amount / price, most)
    order.entry["binding"] = order.reason
    if amount > 0:
        deliver(books, line, order, market, amount, shares, price, day)


def during(kind: Kind, market, position: int) -> float:
    """Shares by the volume of the sessions of the windows after the date."""
    if not kind.volume_during:
        return EVERYTHING
    total = 0.0
    for i in kind.during(position):
        total += market.volume_at(i)
    return float(kind.volume_during["share"]) * total


def deliver(books, line: LineBooks, order: Order, market, amount: float, shares: int, price: float, day: date) -> None:
    """Shares and money change hands, then the costs are paid."""
    terms, noticed, of_line = books.terms, books.terms.sessions[order.position], line.terms
    free, costs = fee_shares(of_line, amount), of_line.legal_cost + of_line.fee_share * amount
    order.entry |= {
        "amount": amount, "shares": shares, "settled": day.isoformat(), "fee_shares": free, "costs": costs,
    }  # fmt: skip
    if books.cash_out is None:
        # Rounded amounts can add up to a last bit more than the commitment; what was raised is held to it.
        line.raised = min(line.raised + amount, of_line.commitment - of_line.used["amount"])
        line.shares_issued += shares + free
        given_away = shares * (order.entry["close"] - price)
        books.discount_cost += given_away + (free * market.close(day) if free else 0.0)
        line.draws, line.costs = line.draws + 1, line.costs + costs
    market.after_draw(day, books.outstanding, shares, price)
    books.move_cash(amount, day)
    line.commitment -= amount
    line.paid += amount
    for what, period in (("cap", of_line.period(noticed)), ("quarter", terms.quarter(noticed))):
        line.drawn[what, period] = line.drawn_in(what, period) + amount
    hand_over(books, line, terms.position[day] + 1, shares + free)
    line.settled = terms.position[day] + 1
    books.move_cash(-costs, day)
    books.look_at_cash(terms.t(day), "operations")


def hand_over(books, line: LineBooks, session: int, shares: int) -> None:
    """Shares go to the investor."""
    books.outstanding += shares
    line.issued += shares
    line.held, line.held_since = line.holdings(session) + shares, session


def pay_staged_fee(books, line: LineBooks, market, day: date, position: int, fee: dict) -> None:
    """A fee that is due on a day, whose shares are worth the last close by then."""
    shares, cash = int(fee.get("shares") or 0), float(fee.get("cash") or 0)
    if books.cash_out is None:
        line.shares_issued += shares
        line.costs += cash
        books.discount_cost += shares * market.close_at(position) if shares else 0.0
    hand_over(books, line, position + 1, shares)
    books.move_cash(-cash, day)
    books.look_at_cash(books.terms.t(day), "operations")


def everyone_settles(books, market, day: date) -> None:
    """Settlements that fall on a day: lines in the file's order, kinds of purchase in theirs."""
    position = books.terms.position.get(day)
    for line in books.lines:
        due = [order for order in line.pending if order.kind.settlement(order.position) == position]
        for order in sorted(due, key=lambda order: line.terms.kinds.index(order.kind)):
            settle(books, line, order, market, day)


def everyone_gives_notice(books, market, day: date) -> None:
    for line in books.lines:
        for kind in line.terms.kinds:
            if day in kind.number:
                give_notice(books, line, kind, market, day)


def fees_fall_due(books, market, day: date) -> None:
    for line in books.lines:
        for due, position, fee in line.terms.fee_dates():
            if due == day:
                pay_staged_fee(books, line, market, day, position, fee)


def cut_lines(books, amount: float, day: date) -> None:
    """A third party's investment cuts every line in its term by as much, or what its running period still allows."""
    for line in books.lines:
        if not line.terms.start <= day <= line.terms.end:
            continue
        if books.terms.third_party.get("reduces") == "period":
            key = "cap", line.terms.period(day)
            line.drawn[key] = line.drawn_in(*key) + min(amount, max(0.0, line.terms.cap - line.drawn_in(*key)))
        else:
            line.commitment -= min(amount, line.commitment)


__all__ = ["LineBooks", "cut_lines", "everyone_gives_notice", "everyone_settles", "fees_fall_due", "happened"]
