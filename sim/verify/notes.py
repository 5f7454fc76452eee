"""Notes, to the cent: lives worked out by hand from the Baccarat note's terms, and defaults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import sim
from sim.lowering import program as r
from sim.verify.check import About, Check
from sim.verify.samples import by_hand, plain_case
from sim.verify.written import a_quarter, write_paths

CENT = 0.005  # a hand figure is rounded to the cent
NOTE: dict[str, Any] = {
    "name": "note", "principal": 15_000_000, "maturity": "2002-08-30", "extended_maturity": "2005-09-30",
    "base_rate": 0.0475, "margin": 0.01, "rate_cap": 0.10, "interest_date": "12-31", "last_interest_date": "2001-12-31",
}  # fmt: skip
SECTION_2 = "promissory note, section 2, by hand"


def checks(paths: int, seed: int) -> Iterator[Check]:
    """Cash moves for nothing but the notes, unless a check says so."""
    yield from _paid_at_maturity()
    yield from _extended()
    yield from _rates()
    yield from _revolving()
    yield from _defaults()
    yield from _coverage()
    yield from _extensions(paths, seed)


def _ledger(*notes: dict[str, Any], cash: float = 40_000_000, used: Any = (), **wanted: Any) -> Any:
    """The ledger of notes and `used` dollars of operations month by month (then none), through `horizon`."""
    case = plain_case(
        {
            "horizon": wanted.get("horizon", "2002-12-31"),
            "company.cash": cash,
            "company.minimum_cash": wanted.get("minimum", 0),
            "line.commitment": 0,
            "line.end": "2005-12-31",
            "notes": [{**NOTE, "name": f"note {i}"} | note for i, note in enumerate(notes)],
        }
    )
    return by_hand(case, used, extended=["note 0"] if wanted.get("extended") else [])


def _paid_at_maturity() -> Iterator[Check]:
    # 5.75% of 15,000,000 is 862,500 a year. 31 December to 30 August: 31 + 28 + 31 + 30 + 31 + 30 + 31 + 30 = 242 days.
    #   862,500 x 242 / 365 = 571,849.32; 40,000,000 - 15,000,000 - 571,849.32 = 24,428,150.68
    cash, paid = _ledger({})["cash_month_end"], 24_428_150.68
    about = About("interest is in arrears: none before it is due", SECTION_2)
    yield about.exact("cash before the maturity, $", 40_000_000, cash["2002-07"])
    about = About("principal and 242 days' interest are paid", "promissory note, sections 1 and 2", CENT)
    yield about.exact("cash after the maturity, $", paid, cash["2002-08"])
    about = About("a note that is paid is gone", SECTION_2, CENT)
    yield about.exact("cash at the year's end, $", paid, cash["2002-12"])
    # Due on its interest date: a full year's interest and principal, once.
    found = _ledger({"maturity": "2002-12-31"})["cash_month_end"]["2002-12"]
    about = About("interest due for two reasons is paid once", SECTION_2, CENT)
    yield about.exact("cash after a maturity on the interest date, $", 40_000_000 - 862_500 - 15_000_000, found)
    # Nothing said of the last interest: it runs from the valuation date, 1 April, to 30 August.
    #   29 + 31 + 30 + 31 + 30 = 151 days: 862,500 x 151 / 365 = 356,815.07
    found = _ledger({"last_interest_date": None})["cash_month_end"]["2002-08"]
    about = About("interest runs from the last interest date", "model, section 5, by hand", CENT)
    name = "cash after a maturity, interest from 1 April, $"
    yield about.exact(name, 40_000_000 - 15_000_000 - 356_815.07, found)


def _extended() -> Iterator[Check]:
    # Interest every 31 December, and from the last one with the principal:
    #   2002 and 2003: 365 days, 862,500.00 each                                    39,137,500.00  38,275,000.00
    #   2004, a leap year: 862,500 x 366 / 365 = 864,863.01                         37,410,136.99
    #   30 September 2005: 31 + 28 + 31 + 30 + 31 + 30 + 31 + 31 + 30 = 273 days, 862,500 x 273 / 365 = 645,102.74,
    #     and 15,000,000                                                            21,765,034.25
    cash = _ledger({}, extended=True, horizon="2005-12-31")["cash_month_end"]
    about = About("an extended note: interest each year, principal at its end", SECTION_2, CENT)
    for month, words, known in (
        ("2002-11", "after an extended maturity", 40_000_000.00),
        ("2002-12", "after the first interest date", 39_137_500.00),
        ("2003-12", "after the second", 38_275_000.00),
        ("2004-12", "after that of a leap year", 37_410_136.99),
        ("2005-12", "after the extended maturity", 21_765_034.25),
    ):
        yield about.exact(f"cash {words}, $", known, cash[month])


def _rates() -> Iterator[Check]:
    # 15,000,000 x 10% x 242/365 = 994,520.55; x 13% 1,292,876.71; x 0% nothing.
    about = About("the rate is min(base + margin, cap), simple, actual/365", SECTION_2, CENT)
    for words, note, interest in (
        ("13%, at most 10%", {"base_rate": 0.12}, 994_520.55),
        ("13% without a cap", {"base_rate": 0.12, "rate_cap": None}, 1_292_876.71),
        ("1% less a margin of 1%", {"base_rate": 0.01, "margin": -0.01}, 0.0),
    ):
        cash = _ledger(note)["cash_month_end"]
        yield about.exact(f"interest at {words}, $", interest, 25_000_000 - cash["2002-08"])


REVOLVING: dict[str, Any] = {
    "principal": 10_000_000, "maturity": "2002-12-31", "extended_maturity": None, "base_rate": 0.05,
    "interest_date": "", "last_interest_date": None, "sweep": {"prepay_above": 5_000_000, "reborrow_below": 2_000_000},
}  # fmt: skip


def _revolving() -> Iterator[Check]:
    # 6%, interest from 1 April, cash 12,000,000. A day's interest is principal x 0.06 / 365.        cash after
    #   April: 1,000,000 used leaves 11,000,000, and 6,000,000 too much. 29 days' interest 47,671.23 first,
    #     then principal 5,952,328.77, of which 4,047,671.23 remains                               5,000,000.00
    #   May: 1,000,000 used; 4,000,000 lies between the marks; 31 days' interest 20,626.49 waits    4,000,000.00
    #   June: 3,500,000 used leaves 500,000; 1,500,000 is borrowed again; 30 days 19,961.12 wait    2,000,000.00
    #     principal 5,547,671.23, interest owed 40,587.61
    #   July: 4,000,000 come in: 6,000,000, and 1,000,000 too much. 31 days 28,270.32: 68,857.93 owed are paid,
    #     then principal 931,142.07, of which 4,616,529.16 remains                                 5,000,000.00
    #   August to November: 500,000 a month                                                        3,000,000.00
    #   31 December: 500,000 used, 2,500,000. Interest of 31 + 30 + 31 + 30 + 31 = 153 days on 4,616,529.16:
    #     116,108.87, leaves 2,383,891.13; principal 4,616,529.16 takes cash below zero           -2,232,638.04
    used = [1e6, 1e6, 3.5e6, -4e6, 5e5, 5e5, 5e5, 5e5, 5e5]
    ledger = _ledger(REVOLVING, cash=12_000_000, used=used)
    source = "promissory note, section 4, by hand"
    about = About("prepayments save interest and may be borrowed again", source, CENT)
    for month, words, known in (
        ("2002-04", "after interest, principal prepaid", 5_000_000.00),
        ("2002-05", "between the two marks", 4_000_000.00),
        ("2002-06", "after borrowing again", 2_000_000.00),
        ("2002-07", "after another prepayment", 5_000_000.00),
        ("2002-11", "before the maturity", 3_000_000.00),
        ("2002-12", "after the maturity", -2_232_638.04),
    ):
        yield about.exact(f"revolving note, cash {words}, $", known, ledger["cash_month_end"][month])
    # April as above. In June 12,000,000 are used: -7,000,000, and all that was prepaid, 5,952,328.77, is borrowed
    # again. In July 1,000,000 more, and nothing is left to borrow.
    cash = _ledger(REVOLVING, cash=12_000_000, used=[1e6, 0, 1.2e7, 1e6])["cash_month_end"]
    about = About("no more is borrowed again than was prepaid", source, CENT)
    for month, words, known in (("2002-06", "borrowing all", -1_047_671.23), ("2002-07", "that", -2_047_671.23)):
        yield about.exact(f"revolving note, cash after {words}, $", known, cash[month])
    # Extended: on 30 June, after the original maturity, nothing is borrowed again.
    note = {**REVOLVING, "maturity": "2002-05-31", "extended_maturity": "2003-12-31"}
    cash = _ledger(note, cash=12_000_000, used=used[:3], extended=True)["cash_month_end"]
    about = About("re-borrowing ends with the original maturity", source, CENT)
    yield about.exact("revolving note, cash past its original maturity, $", 500_000, cash["2002-06"])


def _defaults() -> Iterator[Check]:
    # Principal: 10,000,000 - 571,849.32 = 9,428,150.68; less 15,000,000 is -5,571,849.32, on 30 August, day 152.
    # Interest, extended: 500,000 - 862,500 = -362,500 on 31 December, day 275.
    # Two notes: 700,000 - 571,849.32 - 571,849.32 = -443,698.63: the second one's interest comes before the first's
    #   principal, on 30 August.
    # With a minimum of 24,500,000: 40,000,000 - 571,849.32 - 15,000,000 = 24,428,150.68 is 71,849.32 below it.
    runway = About("a note that cannot be paid ends the runway on its day", "model, section 5")
    order = About("interest of every note is due before principal of any", "model, section 5, by hand", CENT)
    for words, ledger, cause, days, balance in (
        ("principal", _ledger({}, cash=10_000_000), "principal", 152, -5_571_849.32),
        ("interest", _ledger({}, cash=500_000, extended=True), "interest", 275, -362_500.00),
        ("two notes' interest", _ledger({}, {}, cash=700_000), "interest", 152, -443_698.63),
        ("principal, to a minimum", _ledger({}, minimum=24_500_000), "principal", 152, 24_428_150.68),
    ):
        out = ledger["cash_out"] or {"days": -1.0, "cause": ""}
        yield runway.exact(f"day of default on {words}", days, out["days"] if out["cause"] == cause else -1)
        yield order.exact(f"cash at a default on {words}, $", balance, ledger["ending_cash"])


def _coverage() -> Iterator[Check]:
    # April to June use 3,000,000. On 15 June 166 days' interest is paid, 392,260.27, and is not in it.
    case = plain_case(
        {"line.coverage": {"percent": [100]}, "horizon": "2002-06-30", "notes": [{**NOTE, "interest_date": "06-15"}]}
    )
    raised = sim.trace(case, path=0, seed=1).ledger["raised"]
    about = About("note interest is not in cash used in operations", "term sheet, clause (v)")
    yield about.exact("a quarter's draw at 100% coverage, $", 3_000_000, raised)
    yield from _interest_in_coverage()


def _interest_in_coverage() -> Iterator[Check]:
    """1,000,000 a month, and 15,000,000 at 5.75%: of the year, 166 days to 15 June are 392,260.27, and 76 more to 30
    August are 179,589.04."""
    about = About("interest that coverage counts", "model, section 5, by hand", CENT)
    june, august = 392_260.27, 179_589.04
    before = {"interest_date": "03-15", "last_interest_date": "2002-03-15"}
    # 30 April: 29,000,000 less 14,000,000 pay 120 days' interest, 283,561.64, and all principal but as much; on 15 June
    # 46 days of that are 2,054.85.
    sweep = {"sweep": {"prepay_above": 14_000_000, "reborrow_below": 0}}
    quarter, to_date, previous, forecast = "quarter", "to_date", "previous_quarter", "forecast"
    for words, basis, day, note, known in (
        ("the quarter's, paid", quarter, "2002-06-28", {}, 3_000_000 + june),
        ("the quarter's, still due", quarter, "2002-05-15", {}, 3_000_000 + june),
        ("the quarter's, added to the principal", quarter, "2002-06-28", {"interest": "accrue"}, 3_000_000),
        ("the quarter's, after a sweep", quarter, "2002-06-28", sweep, 3_000_000 + 283_561.64 + 2_054.85),
        ("with the principal", quarter, "2002-07-31", {}, 3_000_000 + august),
        ("with the principal, of an extended note", quarter, "2002-07-31", {"extension_probability": 1.0}, 3_000_000),
        ("not due by the date", to_date, "2002-06-14", {}, 2_000_000 + 1_000_000 * 14 / 30),
        # Interest is paid after the draws of a day; 168 days to 17 June are 396,986.30.
        ("due on the date", to_date, "2002-06-17", {"interest_date": "06-17"}, 2_566_666.67 + 396_986.30),
        ("of the quarter before", previous, "2002-07-31", {}, 3_000_000 + june),
        ("of the quarter before the opening", previous, "2002-06-28", before, 3_000_000 + 862_500),
        ("of the expected rest", forecast, "2002-05-15", {}, 3_000_000 + june),
    ):
        drawn = _covered({"basis": basis}, day, note)
        yield about.exact(f"draw with interest {words}, $", known, drawn)
    drawn = _covered({"carry_forward": True}, "2002-09-30", {})
    yield about.exact("draw with two quarters' interest, $", 6_571_849.32, drawn)  # 242 days, rounded once


def _covered(coverage: dict[str, Any], day: str, note: dict[str, Any]) -> float:
    """The only draw, at 100% coverage with interest."""
    case = plain_case(
        {
            "line.coverage": {"percent": [100], "includes_interest": True} | coverage,
            "policy": {"kind": "maximum", "dates": [day]},
            "horizon": "2002-12-31",
            "company.cash": 30e6,
            "notes": [{**NOTE, "interest_date": "06-15"} | note],
        }
    )
    drawn: float = sim.trace(case, path=0, seed=1).ledger["draws"][0]["amount"]
    return drawn


def _extensions(paths: int, seed: int) -> Iterator[Check]:
    """One Bernoulli draw for each note and path."""
    notes = [
        {**NOTE, "name": name, "principal": 5e6, "extension_probability": probability}
        for name, probability in (("one", 0.9), ("other", 0.5))
    ]
    case = plain_case({"horizon": "2002-12-31", "notes": notes})
    extended = write_paths(case, a_quarter(paths), seed).extended
    yield About("how often a note is extended", "extension_probability").share("note extended", 0.9, extended[0])
    about = About("each note has an extension of its own", "0.9 x 0.5")
    yield about.share("two notes extended", 0.45, np.all(extended, axis=0))
    changes = {"horizon": "2002-12-31", "company.cash": 1.2e7, "line.commitment": 0, "burn.monthly": 0}
    case = plain_case({**changes, "notes": [{**NOTE, "extension_probability": 0.9}]})
    result = sim.simulate(case, paths=paths, seed=seed)
    due = result["cause"] == 1 + r.CAUSES.index("principal")
    about = About("without an extension the principal is due", "1 - extension_probability")
    yield about.share("cash-out for principal", 0.1, due)
    # In all others: 12,000,000 - 862,500 on 31 December.
    off = np.abs(result["ending_cash"][result["cause"] == 0] - 11_137_500.00).max(initial=0.0)
    about = About("every path pays the same interest", SECTION_2, CENT)
    yield about.exact("largest error of their ending cash, $", 0, float(off))
