"""The history and the ledger of a path as text."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from typing import Any

from sim.terms import Case
from sim.text.dates import long_date
from sim.text.readable import Blocks
from sim.text.tables import Table


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
        lines.append(f"  date        asked, $M  {statistic:<7}    price    close  amount, $M      shares  bound by")
    else:
        lines.append("  no purchase date lies in the term")
    before, after = _split_at_cash_out(case, ledger)
    lines += map(_draw_line, before)
    if after:
        lines += [
            "After the cash-out (the shortfall is bridged; these amounts are not raised)",
            *map(_draw_line, after),
        ]
    if case.notes:
        width = max(len(note.name) for note in case.notes)
        lines += ["", "Payments on notes, $M (principal below 0 is borrowed again)"]
        lines += [
            f"  {paid['date']}  {paid['note']:<{width}}  interest {paid['interest'] / 1e6:9.4f}"
            f"  principal {paid['principal'] / 1e6:9.4f}{'  after the cash-out, bridged' if paid['date'] > out else ''}"
            for paid in ledger["payments"]
        ] or ["  none"]
    lines += _people_lines(ledger)
    lines += ["", "Cash at the end of each month, $M" + (" (* after the cash-out, bridged)" if out < "9999" else "")]
    months = [
        f"{month} {cash / 1e6:9.3f}{'*' if month >= out[:7] else ' '}"
        for month, cash in ledger["cash_month_end"].items()
    ]
    for first in range(0, len(months), 4):
        lines.append(("  " + "  ".join(months[first : first + 4])).rstrip())
    lines += ["", _outcome(case, ledger)]
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
    heads = ("Purchase date", "Price, $", "Amount, $M", "Shares", "Bound by")
    return [Table(case.title, heads, rows, (0, 4)), _outcome(case, ledger)]


def _draw_line(draw: Mapping[str, Any]) -> str:
    asked = "      all" if draw["request"] is None else f"{draw['request'] / 1e6:9.3f}"
    return (
        f"  {draw['date']}  {asked}  {draw['average']:7.4f}  {draw['price']:7.4f}  {draw['close']:7.4f}"
        f"  {draw['amount'] / 1e6:10.3f}  {draw['shares']:10,d}  {draw['binding']}"
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


def _outcome(case: Case, ledger: Mapping[str, Any]) -> str:
    out = ledger["cash_out"]
    price = f", ${ledger['raised'] / ledger['shares_issued']:.4f} a share" if ledger["shares_issued"] else ""
    raised = (
        f"The line raised ${ledger['raised'] / 1e6:,.3f}M for {ledger['shares_issued']:,d} shares{price}; "
        f"the discount cost ${ledger['discount_cost'] / 1e6:,.3f}M."
    )
    if out is None:
        return f"Cash lasts to the horizon, {case.horizon}, and ends at ${ledger['ending_cash'] / 1e6:,.3f}M.\n{raised}"
    gap = f"${ledger['funding_gap'] / 1e6:,.3f}M"
    return (
        f"Cash falls below its minimum on {out['date']} (day {out['days']:,.2f}); cause: {out['cause']}.\n{raised} "
        f"(Up to the cash-out.)\nTo reach the horizon, up to {gap} would have to be bridged."
    )


def _date(case: Case, days: float) -> datetime.date:
    # Events far beyond the calendar's end are all the same to a reader.
    return case.valuation_date + datetime.timedelta(days=min(max(0, math.ceil(days) - 1), 100_000))
