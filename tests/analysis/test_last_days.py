"""What falls on a window's last day is in it: a note due just then ends every path, wherever that is counted."""

from datetime import date, timedelta

import pytest

import sim
from sim.analysis.clauses import clauses
from sim.analysis.outlook import outlook
from sim.analysis.paired import values_of
from tests.support.valence import valence_2002

PATHS, SEED = 256, 3


def due(day: date) -> sim.Case:
    """Without chance, and with plenty of cash up to a payment of $15 million at the close of `day`."""
    doc = valence_2002().to_dict()
    for name in ("ranges", "record", "events", "third_party"):
        doc.pop(name, None)
    doc["line"] |= {"conditions": [], "commitment": 1_000.0, "legal_cost_per_draw": 0.0}
    doc |= {"milestones": [], "company": doc["company"] | {"cash": 20e6}}
    doc["burn"] |= {"monthly": 500_000.0, "volatility": 0.0}
    doc["price"] |= {"volatility": 0.0}
    note = doc["notes"][0] | {"maturity": day.isoformat(), "extension_probability": 0.0}
    doc["notes"] = [{key: value for key, value in note.items() if key != "extended_maturity"}]
    return sim.Case.from_dict(doc)


@pytest.mark.parametrize(("days_late", "out"), [(0, 1.0), (1, 0.0)])
def test_a_payment_on_the_last_day_of_twelve_months_counts(days_late, out):
    last = date(2003, 3, 31)
    case = due(last + timedelta(days_late))
    found = outlook(case, paths=PATHS, seed=SEED)
    assert found.until == last
    assert [each.value for each in found.shortfall] == [out] * len(found.names)
    costs = clauses(case, paths=64, seed=SEED)
    assert (costs.signed["cash_out_12m"].value, costs.lifted["cash_out_12m"].value) == (out, out)
    result = sim.simulate(case, paths=PATHS, seed=SEED)
    assert values_of(result, "cash_out_12m").mean() == out
    assert result.probability_of_cash_out(by=last).value == out
    assert result.summary().cash_out_by_period[3].value == out
