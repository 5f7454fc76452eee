"""The actuals of a simulated path: what a company on it would report at the opening of a day."""

import datetime
import math

from sim.analysis.forecasts import cut_from, used_in
from sim.analysis.recorded import issues
from sim.calendar import ONE_DAY


def actuals_of(told, since, to):
    """The document of ACTUALS.toml, of what happened on a path from `since` to the day before `to`."""
    case, last = told.case, to - ONE_DAY
    received = [i for i in issues(told) if i.date <= last]
    month = last.isoformat()[:7]
    draws = [
        draw for draw in told.ledger.draws if draw["settled"] and since.isoformat() <= draw["settled"] < to.isoformat()
    ]
    reached = {
        name: case.valuation_date + datetime.timedelta(days=max(0, math.ceil(days) - 1))
        for name, days in told.history.achieved_days.items()
        if days < (to - case.valuation_date).days
    }
    since_when = cut_from(told, month)
    return {
        "cash": told.ledger.cash_month_end[month],
        "shares_outstanding": int(case.company.shares_outstanding + sum(i.shares for i in received)),
        "closes": [[day, close] for day, close in told.history.closes.items() if day < to.isoformat()],
        "cash_used": used_in(told, month),
        **({"cut_from": f"{since_when}-01"} if since_when else {}),
        "draws": [
            {"date": draw["settled"], "amount": draw["amount"], "shares": draw["shares"] + draw["fee_shares"]}
            for draw in draws
        ],
        "milestones": [{"name": name, "date": day} for name, day in reached.items() if since <= day < to],
        "financings": [
            {"date": i.date, "amount": i.amount, "shares": int(i.shares)}
            for i in received
            if i.third_party and since <= i.date
        ],
    }
