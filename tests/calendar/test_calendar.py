"""Protects the calendar: Nasdaq sessions, months, fiscal quarters and purchase dates."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from sim.calendar import (
    FiscalQuarter,
    days_in_month,
    fiscal_quarter,
    is_session,
    month_end,
    month_number,
    month_start,
    sessions,
)
from tests.support.valence import valence_2002

CASE = valence_2002()
DAY = timedelta(days=1)


def test_sessions_agree_with_an_independent_calendar():
    calendars = pytest.importorskip("pandas_market_calendars")
    first, last = date(1975, 1, 1), date(2029, 12, 31)
    expected = tuple(day.date() for day in calendars.get_calendar("NASDAQ").valid_days(first, last))
    assert sessions(first, last) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2001, 9, 10), True),
        (date(2001, 9, 11), False),  # closed for the rest of the week
        (date(2001, 9, 14), False),
        (date(2001, 9, 17), True),
        (date(2002, 3, 29), False),  # Good Friday
        (date(2002, 6, 29), False),  # a Saturday
        (date(2004, 6, 11), False),  # funeral of President Reagan
    ],
)
def test_is_session(day, expected):
    assert is_session(day) is expected


def test_sessions_include_both_ends_and_may_be_none():
    assert sessions(date(2002, 6, 27), date(2002, 7, 1)) == (date(2002, 6, 27), date(2002, 6, 28), date(2002, 7, 1))
    assert sessions(date(2002, 6, 29), date(2002, 6, 30)) == ()
    assert sessions(date(2002, 7, 1), date(2002, 6, 1)) == ()


def test_no_session_is_invented_where_the_calendar_ends():
    with pytest.raises(ValueError, match="2101"):
        is_session(date(2101, 1, 3))


@pytest.mark.parametrize("k", [-40, -13, -12, -1, 0, 1, 8, 9, 10, 23, 359])
def test_months_tile_the_calendar(k):
    opening = date(2002, 4, 1)
    first, last = month_start(opening, k), month_end(opening, k)
    assert month_number(opening, first) == month_number(opening, last) == k
    assert last + DAY == month_start(opening, k + 1)
    assert (last - first).days + 1 == days_in_month(opening, k)


def test_february_of_a_leap_year():
    assert month_end(date(2002, 4, 1), 22) == date(2004, 2, 29)
    assert days_in_month(date(2002, 4, 1), 10) == 28


@pytest.mark.parametrize("month", range(1, 13))
def test_fiscal_quarters_for_every_year_end(month):
    day = date(1999, 1, 1)
    while day < date(2004, 12, 31):
        quarter = fiscal_quarter(day, month)
        assert quarter.start <= day <= quarter.end
        following = fiscal_quarter(quarter.end + DAY, month)
        assert following == quarter.next() > quarter
        assert following.ordinal == quarter.ordinal + 1
        assert (quarter.end.year, quarter.end.month) == (quarter.fiscal_year, month) or quarter.quarter < 4
        if quarter.quarter == 4:  # the year is named after the calendar year in which it ends
            assert (quarter.end.year, quarter.end.month) == (quarter.fiscal_year, month)
        day += 7 * DAY


def test_quarters_of_the_term_sheet():
    first = fiscal_quarter(date(2002, 4, 1), 3)
    assert (first.label, first.start, first.end) == ("FY2003 Q1", date(2002, 4, 1), date(2002, 6, 30))
    assert fiscal_quarter(date(2002, 3, 31), 3).label == "FY2002 Q4"
    assert fiscal_quarter(date(2002, 12, 2), 3).label == "FY2003 Q3"
    assert len({FiscalQuarter(2003, 1, 3), first, first.next()}) == 2
    assert first.plus(-1).label == "FY2002 Q4"


def test_quarter_end_purchase_dates_of_the_shipped_case():
    got = " ".join(map(str, CASE.purchase_dates))
    assert got[:43] == "2002-06-28 2002-09-30 2002-12-31 2003-03-31"
    assert got[44:] == "2003-06-30 2003-09-30 2003-12-31 2004-03-31"


@pytest.mark.parametrize("cadence", ["quarter_end", "month_end", "weekly", "daily"])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2002, 4, 1), date(2004, 3, 31)),
        (date(2001, 1, 17), date(2002, 12, 17)),  # starts before the valuation date, ends inside a week and a quarter
        (date(2002, 11, 27), date(2002, 12, 1)),
        (date(2003, 12, 31), date(2007, 1, 1)),  # ends after the horizon
        (date(2004, 3, 31), date(2004, 3, 31)),
    ],
)
def test_purchase_dates_by_definition(cadence, start, end):
    """A session is a purchase date if the next session lies in another period, in the term and the simulated span."""
    case = CASE.replace({"policy.cadence": cadence, "line.start": start, "line.end": end})
    period = {
        "quarter_end": lambda day: fiscal_quarter(day, 3),
        "month_end": lambda day: (day.year, day.month),
        "weekly": lambda day: day - day.weekday() * DAY,
        "daily": lambda day: day,
    }[cadence]
    days = sessions(date(2002, 4, 1), date(2004, 4, 30))
    expected = [a for a, b in pairwise(days) if period(a) != period(b)]
    expected = [day for day in expected if max(start, CASE.valuation_date) <= day <= min(end, CASE.horizon)]
    assert list(case.purchase_dates) == expected


def test_a_week_whose_last_session_lies_past_the_term_has_no_purchase_date():
    case = CASE.replace({"policy.cadence": "weekly", "line.end": "2002-12-05"})  # a Thursday
    assert case.purchase_dates[-1] == date(2002, 11, 29)


def test_listed_dates_win_over_the_cadence():
    listed = ["2002-12-02", "2003-03-03"]
    assert [str(d) for d in CASE.replace({"policy.dates": listed}).purchase_dates] == listed


def test_purchase_dates_to_the_end_of_the_calendar():
    case = CASE.replace(
        {"valuation_date": "2099-01-01", "horizon": "2099-12-31", "notes": None, "burn.steps": []}
        | {"line.start": "2099-01-01", "line.end": "2150-01-01", "company.fiscal_year_end_month": 2}
    )
    assert [str(day) for day in case.purchase_dates] == ["2099-02-27", "2099-05-29", "2099-08-31", "2099-11-30"]
