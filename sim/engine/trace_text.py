"""A path's history and ledger in words and columns, for the terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sim.terms import Case


def history_text(case: Case, history: Mapping[str, Any]) -> str:
    """Events of one path: when milestones were reached, who left, what was waived, who else brought money."""

    def day(days: float | None) -> str:
        if days is None:
            return "never"
        date = _date(case, days)
        return f"day {days:,.1f}" + (f" ({date:%d %B %Y})" if date <= case.horizon else ", after the horizon")

    rows = [(f"milestone {m.name}", day(history["achieved_days"].get(m.name))) for m in case.milestones]
    rows.append(("change of CEO", day(history["ceo_change_days"])))
    rows.append(("material adverse change", day(history["adverse_change_days"])))
    rows.append(("waived", ", ".join(history["waived"]) or "nothing"))
    if case.notes:
        rows.append(("extended", ", ".join(history["extended"]) or "nothing"))
    for deal in history["third_party"]:
        cut = ", and the investor may cut the line for it" if deal["reduces_line"] else ""
        rows.append((f"third party, {deal['month']}", f"${deal['amount'] / 1e6:,.2f}M{cut}"))
    width = max(len(name) for name, _ in rows)
    return "\n".join(["History", *(f"  {name:<{width}}  {value}" for name, value in rows)])


def ledger_text(case: Case, ledger: Mapping[str, Any]) -> str:
    """Draws with the reason for their size, month-end cash, and what came of it."""
    lines = ["Draws"]
    if ledger["draws"]:
        lines.append("  date        asked, $M  average    price    close  amount, $M      shares  bound by")
    for draw in ledger["draws"]:
        asked = "      all" if draw["request"] is None else f"{draw['request'] / 1e6:9.3f}"
        lines.append(
            f"  {draw['date']}  {asked}  {draw['average']:7.4f}  {draw['price']:7.4f}  {draw['close']:7.4f}"
            f"  {draw['amount'] / 1e6:10.3f}  {draw['shares']:10,d}  {draw['binding']}"
        )
    if not ledger["draws"]:
        lines.append("  no purchase date lies in the term")
    lines += ["", "Cash at the end of each month, $M"]
    months = [f"{month} {cash / 1e6:9.3f}" for month, cash in ledger["cash_month_end"].items()]
    for first in range(0, len(months), 4):
        lines.append("  " + "   ".join(months[first : first + 4]))
    lines += ["", _outcome(case, ledger)]
    return "\n".join(lines)


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
        f"Cash falls below its minimum on {out['date']} (day {out['days']:,.2f}), through {out['cause']}.\n{raised} "
        f"(Up to the cash-out.)\nTo reach the horizon someone would have had to bridge up to {gap}."
    )


def _date(case: Case, days: float):
    import datetime

    # Events far beyond the calendar's end are all the same to a reader.
    return case.valuation_date + datetime.timedelta(days=min(max(0, math.ceil(days) - 1), 100_000))
