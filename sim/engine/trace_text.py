"""The history and the ledger of a path as text."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from typing import Any

from sim.lowering.lower import lower
from sim.terms import Case
from sim.text.dates import long_date
from sim.text.readable import Blocks
from sim.text.tables import Table

ABOVE_ASKED = (
    "An amount can be above what was asked: where the price is that of sessions after the notice, the notice asks for\n"
    "shares at an estimated price, and they are paid for at the price of those sessions."
)
_CENT = 0.01
_MOST_LISTED = 12  # entries of a part of a history in a table


def history_text(case: Case, history: Mapping[str, Any]) -> str:
    """Events of one path: milestones, changes, waivers, extensions and third-party financing."""

    def day(days: float | None) -> str:
        if days is None:
            return "never"
        date = _date(case, days)
        return f"day {days:,.1f}" + (f" ({long_date(date)})" if date <= case.horizon else ", after the horizon")

    rows = [(f"milestone {m.name}", day(history["achieved_days"].get(m.name))) for m in case.milestones]
    rows.append(("change of CEO", day(history["ceo_change_days"])))
    rows.append(("material adverse change", day(history["adverse_change_days"])))
    rows.append(("waived", ", ".join(history["waived"]) or "nothing"))
    for period, names in history.get("waived_by_period", {}).items():
        rows.append((f"waived in {period}", ", ".join(names) or "nothing"))
    if case.notes:
        rows.append(("extended", ", ".join(history["extended"]) or "nothing"))
    if "flows" in history:
        rows.append(("uncertain flows", ", ".join(history["flows"]) or "none happens"))
    for financing in history["third_party"]:
        cut = ", and the investor may cut the line for it" if financing["reduces_line"] else ""
        rows.append((f"third party, {financing['month']}", f"${financing['amount'] / 1e6:,.2f}M{cut}"))
    if "bridge_months" in history:
        rows.append(("insider would lend in", ", ".join(history["bridge_months"]) or "no month"))
    width = max(len(name) for name, _ in rows)
    return "\n".join(["History", *(f"  {name:<{width}}  {value}" for name, value in rows)])


def ledger_text(case: Case, ledger: Mapping[str, Any]) -> str:
    """Draws with their binding reason, payments on notes, month-end cash, and the outcome.

    What follows the cash-out is set apart or marked: the ledger continues as if the shortfall had been bridged, only to
    measure the funding gap.
    """
    out = "9999" if ledger["cash_out"] is None else ledger["cash_out"]["date"]
    lines = ["Draws"]
    if ledger["draws"]:
        pricing = case.facilities[0].kinds(case.policy)[0].pricing
        legs = pricing.legs if pricing and len(case.purchases) == 1 else ()
        statistic = legs[0].statistic if len(legs) == 1 and legs[0].count is None else "average"
        lines.append(
            f"  date        asked, $M  {statistic:<7}    price    close  amount, $M      shares  bound by"
            + "; line, purchase" * (len(case.purchases) > 1)
        )
    else:
        lines.append("  no purchase date lies in the term")
    plan, several = lower(case), len(case.purchases) > 1
    lapses = [plan.has_tables and draw.settled is None for draw in plan.draws]
    rows = [_draw_line(draw, lapsed, several) for draw, lapsed in zip(ledger["draws"], lapses, strict=True)]
    first = len(_split_at_cash_out(case, ledger)[0])
    lines += rows[:first]
    if rows[first:]:
        lines += ["After the cash-out (the shortfall is bridged; these amounts are not raised)", *rows[first:]]
    lines += [""] * bool(said := above_asked(ledger)) + said
    if case.notes:
        width = max(len(note.name) for note in case.notes)
        lines += ["", "Payments on notes, $M (principal below 0 is borrowed again)"]
        lines += [
            f"  {paid['date']}  {paid['note']:<{width}}  interest {paid['interest'] / 1e6:9.4f}"
            f"  principal {paid['principal'] / 1e6:9.4f}{'  after the cash-out, bridged' if paid['date'] > out else ''}"
            for paid in ledger["payments"]
        ] or ["  none"]
    lines += _other_cash(ledger, out)
    lines += _people_lines(ledger)
    lines += ["", "Cash at the end of each month, $M" + (" (* after the cash-out, bridged)" if out < "9999" else "")]
    months = [
        f"{month} {cash / 1e6:9.3f}{'*' if month >= out[:7] else ' '}"
        for month, cash in ledger["cash_month_end"].items()
    ]
    for first in range(0, len(months), 4):
        lines.append(("  " + "  ".join(months[first : first + 4])).rstrip())
    lines += ["", _outcome(f"the horizon, {case.horizon}", ledger)]
    return "\n".join(lines)


def _people_lines(ledger: Mapping[str, Any]) -> list[str]:
    """What management decided, and what the insider lent."""
    lines: list[str] = []
    if "response" in ledger:
        lines += ["", "Management, at the opening of a month"]
        lines += [f"  {act['month']}  burn {act['burn']} from {act['from']} on" for act in ledger["response"]] or [
            "  nothing"
        ]
    if "bridge" in ledger:
        lines += [
            "",
            f"An insider's loans, $M (owed at the horizon with interest: {ledger['bridge']['owed'] / 1e6:,.3f})",
        ]
        loans = ledger["bridge"]["loans"]
        lines += [f"  {loan['date']}  {loan['amount'] / 1e6:9.4f}" for loan in loans] or ["  none"]
    return lines


def trace_blocks(case: Case, ledger: Mapping[str, Any]) -> Blocks:
    """The draws of one path as a table, and the outcome."""
    said = above_asked(ledger)
    return [_draws_table(case.title, ledger), *said, _outcome(f"the horizon, {case.horizon}", ledger)]


def ledger_blocks(ledger: Mapping[str, Any]) -> Blocks:
    """As `trace_blocks`, of a ledger alone; parts that a user took out are left out."""
    parts: list[str | Table] = [_draws_table("Draws", ledger)] if "draws" in ledger else []
    complete = {"cash_out", "raised", "shares_issued", "discount_cost", "funding_gap", "ending_cash"} <= ledger.keys()
    return [*parts, _outcome("the horizon", ledger)] if complete else parts


def history_blocks(history: Mapping[str, Any]) -> Blocks:
    """What each part of a history has, a line each."""
    rows = [(word.replace("_", " "), _in_short(value)) for word, value in history.items()]
    return [Table("History", ("", "Value"), rows, (0, 1))]


def _in_short(value: Any) -> str:
    """A part of a history: single values, names, or how many and from when to when."""
    if isinstance(value, Mapping) and len(value) > _MOST_LISTED:
        return f"{len(value):,} from {min(value)} to {max(value)}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_in_short(each)}" for name, each in value.items()) or "none"
    if isinstance(value, list | tuple):
        more = f" and {len(value) - _MOST_LISTED:,} more" * (len(value) > _MOST_LISTED)
        return "; ".join(map(_in_short, value[:_MOST_LISTED])) + more or "none"
    return "never" if value is None else f"{value:,.10g}" if isinstance(value, float) else str(value)


def _draws_table(heading: str, ledger: Mapping[str, Any]) -> Table:
    rows = [
        (
            draw["date"],
            f"{draw['price']:.4f}",
            f"{draw['amount'] / 1e6:,.3f}",
            f"{draw['shares']:,d}",
            draw["binding"],
        )
        for draw in ledger["draws"]
    ]
    return Table(heading, ("Purchase date", "Price, $", "Amount, $M", "Shares", "Bound by"), rows, (0, 4))


def above_asked(ledger: Mapping[str, Any]) -> list[str]:
    """Why some amounts are above what was asked, if some are."""
    above = any(draw["request"] is not None and draw["amount"] > draw["request"] + _CENT for draw in ledger["draws"])
    return [ABOVE_ASKED] * above


def _purchase_of(draw: Mapping[str, Any]) -> str:
    """`ATM, regular`: the line and the kind of purchase of a draw."""
    return ", ".join([draw["line"], *[draw["purchase"]] * (draw["purchase"] != "purchase")])


def _other_cash(ledger: Mapping[str, Any], out: str) -> list[str]:
    """Flows with a day, and the sum of interest income, where the case has any. `out`: date of the cash-out."""
    lines: list[str] = []
    if "flows" in ledger:
        width = max((len(flow["name"]) for flow in ledger["flows"]), default=0)
        rows = [
            f"  {flow['date']}  {flow['name']:<{width}}  {flow['amount'] / 1e6:9.4f}"
            f"{'  after the cash-out, bridged' if flow['date'] > out else ''}"
            for flow in ledger["flows"]
        ]
        lines += [
            "",
            "Flows, $M (below 0 goes out; monthly ones are not listed)",
            *(rows or ["  none"]),
        ]
    if "interest_income" in ledger:
        lines += ["", f"Interest income, all months together: ${sum(ledger['interest_income'].values()) / 1e6:,.4f}M"]
    return lines


def _draw_line(draw: Mapping[str, Any], lapsed: bool, several: bool) -> str:
    asked = "      all" if draw["request"] is None else f"{draw['request'] / 1e6:9.3f}"
    return (
        f"  {draw['date']}  {asked}  {draw['average']:7.4f}  {draw['price']:7.4f}  {draw['close']:7.4f}"
        f"  {draw['amount'] / 1e6:10.3f}  {draw['shares']:10,d}  {draw['binding']}"
        + f"; {_purchase_of(draw)}" * several
        + "; lapses: would be settled after the horizon" * lapsed
    )


def _split_at_cash_out(case: Case, ledger: Mapping[str, Any]) -> tuple[list, list]:
    """Draws before and after the cash-out. On its own day the amount raised tells on which side a draw was."""
    out = math.inf if ledger["cash_out"] is None else ledger["cash_out"]["days"]
    total = 0.0
    for n, draw in enumerate(ledger["draws"]):
        t = (datetime.date.fromisoformat(draw["date"]) - case.valuation_date).days + 1
        if t > out or (t == out and draw["amount"] > 0.0 and total == ledger["raised"]):
            return ledger["draws"][:n], ledger["draws"][n:]
        total += draw["amount"]
    return ledger["draws"], []


def _outcome(end: str, ledger: Mapping[str, Any]) -> str:
    out = ledger["cash_out"]
    price = f", ${ledger['raised'] / ledger['shares_issued']:.4f} a share" if ledger["shares_issued"] else ""
    raised = (
        f"The line raised ${ledger['raised'] / 1e6:,.3f}M for {ledger['shares_issued']:,d} shares{price}; "
        f"the discount cost ${ledger['discount_cost'] / 1e6:,.3f}M."
    )
    if out is None:
        return f"Cash lasts to {end}, and ends at ${ledger['ending_cash'] / 1e6:,.3f}M.\n{raised}"
    gap = f"${ledger['funding_gap'] / 1e6:,.3f}M"
    return (
        f"Cash falls below its minimum on {out['date']} (day {out['days']:,.2f}); cause: {out['cause']}.\n{raised} "
        f"(Up to the cash-out.)\nTo reach the horizon, up to {gap} would have to be bridged."
    )


def _date(case: Case, days: float) -> datetime.date:
    # Events far beyond the calendar's end are all the same to a reader.
    return case.valuation_date + datetime.timedelta(days=min(max(0, math.ceil(days) - 1), 100_000))
