"""Other cash by hand: flows, the items of a statement, interest income, notes that accrue or come in later, and a
valuation date inside a month."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import sim
from sim.verify import laws
from sim.verify.check import About, Check
from sim.verify.samples import by_hand, plain_case

CENT, TINY = 0.005, 1e-9  # dollars; days
REACHED = {"name": "licence", "probability": 0.5, "median_days": 100.0, "p90_days": 200.0}
LOAN = {"name": "loan", "principal": 10_000_000, "maturity": "2002-09-30", "base_rate": 0.05}


def checks(paths: int, seed: int) -> Iterator[Check]:
    """Flows, statements, interest income, notes, the first month; without chance but for two."""
    yield from _flows()
    yield from _uncertain(paths, seed)
    yield from _statement()
    yield from _one_item(paths, seed)
    yield from _income()
    yield from _notes()
    yield from _first_month()


def _case(changes: dict[str, Any]) -> sim.Case:
    """600,000 a month. 30 April is day 30, 31 May 61, 30 June 91, 31 July 122, 31 August 153, 30 September 183."""
    return plain_case({"line.commitment": 0, "horizon": "2002-09-30", "burn.monthly": 6e5} | changes)


def _ledger(changes: dict[str, Any]) -> Any:
    return sim.trace(_case(changes), path=0, seed=1).ledger


def _days(ledger: Any, cause: str = "operations") -> float:
    out = ledger["cash_out"]
    return out["days"] if out and out["cause"] == cause else math.nan


def _flow(amount: float, **when: Any) -> dict[str, Any]:
    return {"flows": [{"name": "flow", "amount": amount, **when}]}


def _flows() -> Iterator[Check]:
    # 1,500,000 - 600,000 in April - 300,000 on 10 May = 600,000 for May.
    day = About("a flow moves cash on its day", "sum by hand", TINY)
    out = _ledger({"company.cash": 1_500_000, **_flow(-300_000, date="2002-05-10")})
    yield day.exact("day of cash-out after a payment", 61, _days(out))
    out = _ledger({"company.cash": 1_500_000, **_flow(300_000, date="2002-05-10")})
    yield day.exact("day of cash-out after a receipt", 91, _days(out))
    # 10 May: 900,000 - 600,000 x 10/31 - 1,000,000.
    out = _ledger({"company.cash": 1_500_000, **_flow(-1_000_000, date="2002-05-10")})
    cause = About("a flow that takes cash below the minimum ends the runway", "sum by hand", CENT)
    yield cause.exact("day of cash-out by a flow", 40, _days(out, "flows"))
    yield cause.exact("cash after that flow, $", 900_000 - 6e6 / 31 - 1_000_000, out["ending_cash"])
    # 600,000 a month in all: 1,500,000 last until the middle of June.
    months = About("a monthly flow is used evenly, as burn is", "sum by hand", TINY)
    out = _ledger({"company.cash": 1_500_000, "burn.monthly": 4e5, **_flow(-200_000, monthly=True)})
    yield months.exact("day of cash-out with a monthly flow", 76, _days(out))
    # 200,000 more in June alone: 300,000 are left for it, of 800,000.
    june = _flow(-200_000, **{"monthly": True, "from": "2002-06-01", "to": "2002-06-30"})
    out = _ledger({"company.cash": 1_500_000, **june})
    yield months.exact("day of cash-out with a flow of one month", 61 + 30 * 3 / 8, _days(out))
    # 69% a year more: 1.69^(5/12) in September. All else is 0.
    grows = _flow(-100_000, monthly=True, growth=0.69) | {"burn.monthly": 0, "company.cash": 2_000_000}
    used = sum(100_000 * 1.69 ** (k / 12) for k in range(6))
    about = About("a monthly flow grows from the valuation month on", "sum by hand", CENT)
    yield about.exact("cash after six months of growth, $", 2_000_000 - used, _ledger(grows)["ending_cash"])
    # Reached on day 12.3: 32.3 days is after the close of day 32.
    case = _case({"milestones": [REACHED], **_flow(1e6, milestone="licence", delay_days=20.0)})
    about = About("a flow falls on the first day whose close is not before it is due", "t(d) >= T + delay")
    for words, reached, day_of_may in (("inside a day", 12.3, 3), ("at a close", 12.0, 2)):
        found = by_hand(case, achieved_days={"licence": reached})["flows"]
        got = [flow["date"] for flow in found] == [f"2002-05-{day_of_may:02}"]
        yield about.exact(f"flow after a milestone {words}", 1, int(got))
    # April to June use 1,800,000 and the flow's 200,000.
    about = About("a flow of operations counts in coverage", "sum by hand", CENT)
    for words, operations, known in (("of operations", True, 2_000_000), ("beside operations", False, 1_800_000)):
        changes = {"horizon": "2002-06-30", "line.commitment": 1e9, "line.coverage": {"percent": [100]}}
        out = _ledger(changes | _flow(-200_000, date="2002-05-10", operations=operations))
        yield about.exact(f"a quarter's draw with a flow {words}, $", known, out["raised"])


def _uncertain(paths: int, seed: int) -> Iterator[Check]:
    """One Bernoulli draw for each path and name: out by the flow, or not at all."""
    flows = [
        {"name": name, "amount": -2e6, "date": date, "probability": p}
        for name, date, p in (("one", "2002-05-10", 0.3), ("other", "2002-06-10", 0.5))
    ]
    case = _case({"company.cash": 3_700_000, "flows": flows})
    days = sim.simulate(case, paths=paths, seed=seed)["cash_out_days"]
    about = About("an uncertain flow happens with its probability", "one Bernoulli draw a path")
    yield about.share("no flow, or one", 1 - 0.3 * 0.5, days > 71)
    yield about.share("both flows", 0.3 * 0.5, days == 71)


def _statement() -> Iterator[Check]:
    def months(changes: dict[str, Any], *items: dict[str, Any]) -> list[float]:
        burn = {"model": "statement", "items": list(items)}
        case = _case({"burn": burn, **changes})
        return list(sim.trace(case, path=0, seed=1).history["cash_used"].values())

    costs = {"name": "costs", "monthly": 1e6}
    about = About("a month's cash used is the sum of the items", "sum by hand", CENT)
    revenue = {"name": "revenue", "monthly": -4e5, "growth": 0.44}
    # What is owed at the opening counts at its level: of February and March, at -2/12 and -1/12 of a year.
    for words, lag in (("at once", 0), ("two months later", 2)):
        known = sum(1e6 - 4e5 * 1.44 ** ((k - lag) / 12) for k in range(6))
        got = sum(months({}, costs, revenue | {"lag_months": lag}))
        yield about.exact(f"six months with revenue {words}, $", known, got)
    summer = {"name": "summer", "monthly": 3e5, "from": "2002-06-01", "to": "2002-08-01"}
    yield about.exact("six months with an item of three, $", 6e6 + 9e5, sum(months({}, costs, summer)))
    case = _case({"burn": {"model": "statement", "items": [costs]}, "company.cash": 2e6})
    earns = {"burn.items": [costs, {"name": "revenue", "monthly": -12e5}]}
    ledger = sim.trace(case.replace(earns), path=0, seed=1).ledger
    yield about.exact("cash of a company that earns, $", 2e6 + 12e5, ledger["ending_cash"])
    # Surely reached, on about day 50: royalties from June on.
    sure = {"name": "licence", "probability": 1.0, "median_days": 50.0, "p90_days": 50.0001}
    about = About("an item starts in the month after its milestone", "sum by hand", CENT)
    royalties = {"name": "royalties", "monthly": -5e5, "milestone": "licence"}
    paid = months({"milestones": [sure]}, costs, royalties)
    yield about.exact("use before royalties, $", 2e6, sum(paid[:2]))
    yield about.exact("use with royalties, $", 2e6, sum(paid[2:]))


def _one_item(paths: int, seed: int) -> Iterator[Check]:
    """One item with a volatility has the law of the lognormal burn: the first passage inside its first month."""
    sd, level, cash = 0.5, 1e6, 9e5
    item = {"name": "all", "monthly": level, "volatility": sd, "persistence": 0.6, "price_correlation": 0.7}
    case = _case({"burn": {"model": "statement", "items": [item]}, "company.cash": cash})
    days = sim.simulate(case, paths=paths, seed=seed)["cash_out_days"]
    about = About("one item has the law of the burn", "lognormal")
    for day in (20, 30):
        known = 1 - laws.lognormal_by(cash * 30 / day, level * math.exp(-(sd**2) / 2), sd)
        yield about.share(f"cash-out by day {day} with one item", known, days <= day)


def _income() -> Iterator[Check]:
    # 12,000,000 x 3.65% x 30/365 = 36,000 in April; then x 31/365 of what May opens with.
    about = About("interest on a month's opening cash, actual/365", "sum by hand", CENT)
    changes = {"burn.monthly": 0, "company.cash": 12_000_000, "company.interest_income_rate": 0.0365}
    months = _ledger(changes)["cash_month_end"]
    yield about.exact("cash after a month's interest, $", 12_036_000, months["2002-04"])
    yield about.exact("cash after two months' interest, $", 12_036_000 * (1 + 0.0365 * 31 / 365), months["2002-05"])
    short = _ledger({"company.cash": 1_000_000, "company.interest_income_rate": 0.0365})["cash_month_end"]
    # 1,000,000 - 600,000 + 3,000 in April; 403,000 x 3.65% x 31/365 in May; below zero none.
    may = 403_000 * (1 + 0.0365 * 31 / 365) - 600_000
    yield about.exact("no interest on what is bridged, $", may - 600_000, short["2002-06"])


def _notes() -> Iterator[Check]:
    def payments(**changes: Any) -> list[dict[str, Any]]:
        return list(_ledger({"company.cash": 1e9, "milestones": [SURE], "notes": [LOAN | changes]})["payments"])

    def paid(found: list[dict[str, Any]], what: str) -> float:
        return math.fsum(each[what] for each in found)

    def first(found: list[dict[str, Any]], what: str) -> float:
        return found[0][what] if found else math.nan

    # 90 days to 30 June, then 92 to 30 September; the loan's interest starts on 1 April.
    june, september = 1e7 * 0.05 * 90 / 365, 0.05 * 92 / 365
    about = About("interest that accrues is added to the principal on its dates", "sum by hand", CENT)
    found = payments(interest="accrue", interest_dates=["06-30"])
    yield about.exact("principal with accrued interest, $", 1e7 + june, paid(found, "principal"))
    yield about.exact("interest on it, $", (1e7 + june) * september, paid(found, "interest"))
    found = payments(interest_dates=["06-30", "09-30"])
    yield about.exact("interest of two dates, $", june + 1e7 * september, paid(found, "interest"))
    yield about.exact("number of payments", 2, len(found))
    about = About("interest owed at the opening is paid with the next", "sum by hand", CENT)
    found = payments(interest_dates=["06-30"], accrued=50_000, last_interest_date="2002-01-01")
    yield about.exact("first interest with what was owed, $", 50_000 + june, first(found, "interest"))
    about = About("interest starts when the principal comes in", "sum by hand", CENT)
    # 1 May to 30 September is 152 days; day 60 is 30 May, so from there 123 days.
    for words, advance, days in (
        ("on a date", {"date": "2002-05-01"}, 152),
        ("after a milestone", {"milestone": "licence", "delay_days": 9.5}, 123),
    ):
        found = payments(advance=advance)
        yield about.exact(f"interest of a tranche {words}, $", 1e7 * 0.05 * days / 365, paid(found, "interest"))
        yield about.exact(f"principal in and out, a tranche {words}, $", -1e7, first(found, "principal"))
    found = payments(advance={"milestone": "licence", "delay_days": 200.0})
    yield about.exact("payments on a tranche that comes too late", 0, len(found))


SURE = REACHED | {"probability": 1.0, "median_days": 50.0, "p90_days": 50.0001}


def _first_month() -> Iterator[Check]:
    # 16 April to 30 April is half the month: 300,000. 1,500,000 - 300,000 - 600,000 leave June's 600,000.
    about = About("month 0 is the rest of its month", "sum by hand", TINY)
    half = {"valuation_date": "2002-04-16", "company.cash": 1_500_000}
    yield about.exact("day of cash-out from 16 April", 15 + 31 + 30, _days(_ledger(half)))
    yield about.exact("day of cash-out inside it", 7.5, _days(_ledger(half | {"company.cash": 150_000})))
    # Days before it count at the expected figure: April to June is 1,800,000 all the same.
    about = About("coverage counts the days before the valuation date at their level", "sum by hand", CENT)
    covered = half | {"horizon": "2002-06-30", "line.commitment": 1e9, "line.coverage": {"percent": [100]}}
    yield about.exact("a quarter's draw from 16 April, $", 1_800_000, _ledger(covered)["raised"])
    # On the last session, 28 June, 28 of June's 30 days.
    to_date = covered | {"line.coverage": {"percent": [100], "basis": "to_date"}}
    yield about.exact("its draw to date, $", 1_200_000 + 560_000, _ledger(to_date)["raised"])
