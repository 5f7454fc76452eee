"""Random cases and histories over every option of the case file, in scales at which every limit binds now and then.

    case = random_case(random.Random(7))              # a valid case, as the dictionary of its TOML file
    history = random_history(random.Random(8), case)  # a history with every close and month the ledger may ask for

Figures are round now and then, so that limits tie and event times fall on a close of business exactly.
"""

from datetime import date, timedelta
from random import Random

from tests.twin.random_people import random_people_history
from tests.twin.terms import Terms, month_first, month_last, month_of, read, sessions

NAMES = ("same CEO", "265 Wh/l polymer", "licence", "Ænderung", "30 samples", "second generation", "电池", "x")
YEARS = range(1990, 2026)


def random_case(rng: Random, any_day: bool = False) -> dict:
    """A valid case over every option in combination. `any_day`: the valuation date need not begin a month."""
    first = rng.choice(YEARS) * 12 + rng.randrange(12)
    months = rng.choice((1, 2, 3, 4, 6, 9, 12, rng.randint(1, 40), rng.randint(12, 40)))
    case = {
        "schema": 1,
        "title": f"random case {rng.randrange(10**6)}",
        "valuation_date": month_first(first),
        "horizon": month_last(first + months - 1),
    }
    if any_day:
        last = month_last(first)
        case["valuation_date"] = rng.choice((last, _day(rng, month_first(first), last), last - timedelta(days=1)))
    burn = _amount(rng, 10 ** rng.uniform(4, 7))  # the scale of everything in dollars: a month's cash used
    initial = rng.choice((1.0, 2.5, 3.00, _amount(rng, 10 ** rng.uniform(-1.5, 2))))
    outstanding = max(1_000, int(burn * rng.uniform(3, 60) / initial))
    headroom = int(burn * rng.choice((rng.uniform(0, 6), rng.uniform(5, 40), 1_000)) / initial)
    reserved = rng.choice((0, rng.randrange(outstanding)))
    case["company"] = {
        "name": "Random, Inc.",
        "fiscal_year_end_month": rng.randint(1, 12),
        "cash": _amount(rng, burn * rng.choice((rng.uniform(0.5, 6), rng.uniform(2, 1 + months)))),
        "minimum_cash": rng.choice((0, 0, _amount(rng, burn * rng.uniform(0, 1.2)))),
        "shares_outstanding": outstanding,
        "shares_authorized": outstanding + reserved + headroom,
        "shares_reserved": reserved,
    }
    case["price"] = {
        "model": "gbm",
        "initial": initial,
        "drift": rng.choice((0.0, rng.uniform(-1, 1))),
        "volatility": rng.choice((0.0, 0.95, rng.uniform(0.1, 1.5))),
        "impact": rng.choice(("none", "dilution")),
    }
    case["burn"] = _burn(rng, burn, case)
    case["milestones"] = _milestones(rng, months)
    case["events"] = {
        "common_loading": rng.choice((0, 1, 0.4, rng.random())),
        "ceo_change": {"annual_rate": rng.choice((0.0, 0.12, 2.0)), "price_jump": rng.choice((0.0, -0.1, 0.3))},
        "adverse_change": {"annual_rate": rng.choice((0, 0.05, 3.0)), "duration_days": rng.choice((1, 30, 180, 45.5))},
    }
    if rng.random() < 0.6:
        case["third_party"] = _third_party(rng, burn)
    case["line"] = _line(rng, case, burn, months)
    case["notes"] = [_note(rng, case, burn, months, number) for number in range(rng.choice((0, 1, 1, 2, 3)))]
    case["policy"] = _policy(rng, case, burn)
    case["simulation"] = {"paths": rng.choice((1, 1000)), "seed": rng.choice((0, 1, 2**32 - 1, rng.randrange(2**63)))}
    return _leave_out(rng, case)


def _amount(rng: Random, value: float) -> float:
    """About `value`: as it is, or with two significant digits, as a float or (above ten) as an int."""
    if rng.random() < 0.4:
        return value
    rounded = float(f"{value:.1e}")
    return int(rounded) if rounded >= 10 and rng.random() < 0.5 else rounded


def _day(rng: Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randint(0, max(0, (last - first).days)))


def _burn(rng: Random, burn: float, case: dict) -> dict:
    first, last = case["valuation_date"] - timedelta(days=400), case["horizon"] + timedelta(days=100)
    days = [rng.choice((_day(rng, first, last), _day(rng, first, last).replace(day=1))) for _ in range(3)]
    return {
        "model": "lognormal",
        "monthly": burn,
        "growth": rng.choice((0.0, 0.2, -0.3, rng.uniform(-0.6, 1.0))),
        "volatility": rng.choice((0.0, 0.25, rng.uniform(0, 0.8))),
        "persistence": rng.choice((0.0, 0.5, rng.uniform(-0.95, 0.95))),
        "price_correlation": rng.choice((0.0, -0.2, rng.uniform(-1, 1), -1.0, 1.0)),
        "steps": [{"date": day, "factor": rng.choice((0.5, 0.92, 1.3))} for day in days[: rng.choice((0, 0, 1, 2, 3))]],
    }


def _milestones(rng: Random, months: int) -> list[dict]:
    names = rng.sample(("polymer-265", "samples", "licence", "gen-2", "Überführung"), rng.choice((0, 1, 2, 3, 5)))
    chain = rng.sample(names, len(names))  # a milestone may follow one earlier in the chain, wherever it is in the file
    milestones = []
    for name in names:
        median = rng.choice((30, 120, rng.uniform(1, 30 * months)))
        milestones.append({
            "name": name,
            "probability": rng.choice((0, 1, 0.95, rng.random())),
            "median_days": median,
            "p90_days": median * rng.choice((1.01, 2, 2.75)),
            "follows": rng.choice(["", *chain[: chain.index(name)]]),
            "price_jump": rng.choice((0.0, 0.05, -0.2, 0.5)),
        })  # fmt: skip
    return milestones


def _third_party(rng: Random, burn: float) -> dict:
    return {
        "annual_rate": rng.choice((0.0, 0.4, 4.0, 40.0)),
        "median_amount": _amount(rng, burn * rng.uniform(0.3, 5)),
        "log_sd": rng.choice((0.0, 0.5, 1.5)),
        "kind": rng.choice(("equity", "debt")),
        "discount": rng.choice((0.0, 0.1, 0.35)),
        "reduction_probability": rng.choice((0.0, 0.5, 1.0)),
    }


def _line(rng: Random, case: dict, burn: float, months: int) -> dict:
    first, last = case["valuation_date"], case["horizon"]
    start = rng.choice((first, _day(rng, first, last), first - timedelta(days=rng.randint(1, 900))))
    end = rng.choice((last, _day(rng, max(start, first), last), last + timedelta(days=rng.randint(1, 600))))
    line = {
        "investor": "Investor, LLC",
        "commitment": rng.choice((0, *(_amount(rng, burn * months * rng.uniform(0.1, 1.5)) for _ in range(7)))),
        "start": start,
        "end": end,
        "period": "fiscal_quarter",
        "max_per_period": _amount(rng, 3 * burn * rng.uniform(0.2, 2)),
        "registered": rng.choice((True, False)),
        "legal_cost_per_draw": rng.choice((0, _amount(rng, burn * 0.01), _amount(rng, burn * rng.uniform(0, 4)))),
        "minimum_draw": rng.choice((0, 0, _amount(rng, burn * rng.uniform(0, 1.5)))),
        "pricing": {
            "series": "close",
            "window": rng.choice((1, 5, rng.randint(1, 30))),
            "timing": rng.choice(("before", "through")),
            "statistic": rng.choice(("mean", "lowest")),
            "multiplier": rng.choice((0.85, 1.0, rng.uniform(0.5, 1.1))),
        },
        "conditions": _conditions(rng, case),
    }
    if rng.random() < 0.3:
        line["pricing"]["floor"] = case["price"]["initial"] * rng.choice((0.3, 0.6, 0.85))
    if rng.random() < 0.25:
        del line["max_per_period"]
    if rng.random() < 0.3:
        line["max_per_draw"] = _amount(rng, burn * rng.uniform(0, 3))
    if rng.random() < 0.75:
        line["coverage"] = {
            "percent": [rng.choice((0, 100, 75, 50, 150, 33.3)) for _ in range(rng.randint(1, 5))],
            "basis": rng.choice(("quarter", "to_date", "previous_quarter")),
            "carry_forward": rng.choice((True, False)),
        }
    return line


def _conditions(rng: Random, case: dict) -> list[dict]:
    conditions = []
    for name in rng.sample(NAMES, rng.choice((0, 1, 2, 4))):
        kinds = ["same_ceo", "no_adverse_change"] + ["milestone"] * (2 if case["milestones"] else 0)
        condition = {"name": name, "kind": rng.choice(kinds), "waiver_probability": rng.choice((0.0, 0.6, 1.0))}
        if condition["kind"] == "milestone":
            condition["milestone"] = rng.choice(case["milestones"])["name"]
        if rng.random() < 0.5:
            condition["after"] = _day(rng, case["valuation_date"], case["horizon"])
        conditions.append(condition)
    return conditions


def _note(rng: Random, case: dict, burn: float, months: int, number: int) -> dict:
    first, last = case["valuation_date"], case["horizon"]
    maturity = rng.choice((_day(rng, first, last), _day(rng, first, last), last + timedelta(days=rng.randint(1, 800))))
    if rng.random() < 0.3:
        maturity = month_last(month_of(maturity))
    interest_date = rng.choice(("", "12-31", f"{rng.randint(1, 12):02}-{rng.randint(1, 28):02}", f"{maturity:%m-%d}"))
    note = {
        "name": f"note {number}",
        "principal": _amount(rng, burn * rng.choice((rng.uniform(0.2, 3), rng.uniform(1, 30)))),
        "maturity": maturity,
        "base_rate": rng.choice((0.0475, 0.0, rng.uniform(0, 0.5))),
        "margin": rng.choice((0.01, 0.0)),
        "interest_date": "" if interest_date == "02-29" else interest_date,
        "last_interest_date": first - timedelta(days=rng.choice((0, 1, rng.randint(0, 1200)))),
    }
    if rng.random() < 0.5:
        note["rate_cap"] = rng.choice((0.05, 0.10))
    if rng.random() < 0.5:
        note["extended_maturity"] = maturity + timedelta(days=rng.randint(1, 700))
        note["extension_probability"] = rng.choice((0.0, 0.5, 1.0))
    if rng.random() < 0.5:
        below = burn * rng.uniform(0, 4)
        above = max(below, case["company"]["minimum_cash"]) + burn * rng.uniform(0.01, 3)
        note["sweep"] = {"prepay_above": above, "reborrow_below": below}
    return note


def _policy(rng: Random, case: dict, burn: float) -> dict:
    policy = {
        "kind": rng.choice(("maximum", "maximum", "runway", "opportunistic", "schedule")),
        "cadence": rng.choice(("quarter_end", "month_end", "weekly", "daily")),
    }
    trading = sessions(max(case["valuation_date"], case["line"]["start"]), min(case["horizon"], case["line"]["end"]))
    if trading and rng.random() < 0.2:
        policy["dates"] = sorted(rng.sample(trading, rng.randint(1, min(12, len(trading)))))
        if rng.random() < 0.5:
            del policy["cadence"]
    if policy["kind"] in ("runway", "opportunistic"):
        policy["target_months"] = rng.choice((0, 1, 3, 6, rng.uniform(0, 12)))
        policy["price_trigger"] = rng.choice((1, 1.25, rng.uniform(0.5, 2)))
    if policy["kind"] == "schedule":
        number = len(read({**case, "policy": policy}).purchase_dates)
        policy["amounts"] = [rng.choice((0, 1, 1)) * _amount(rng, burn * rng.uniform(0.01, 3)) for _ in range(number)]
        if not 0 < number < 1000:
            policy = {"kind": "maximum", "cadence": "month_end"}
    return policy


def _leave_out(rng: Random, case: dict) -> dict:
    """Now and then optional keys are absent where their values are the defaults anyway, or optional tables are."""
    defaults = {"minimum_cash": 0, "shares_reserved": 0, "legal_cost_per_draw": 0, "minimum_draw": 0, "follows": ""}
    tables = [case["company"], case["line"], *case["milestones"]]
    for table in tables:
        for key in [key for key, default in defaults.items() if table.get(key) == default and rng.random() < 0.3]:
            del table[key]
    for key in ("milestones", "notes"):
        if not case[key] and rng.random() < 0.5:
            del case[key]
    return case


def random_history(rng: Random, case: dict | Terms) -> dict:
    """A history for a case, not sampled from its models: rough or round, at times equal to what it is held against."""
    terms = read(case)
    closes = _closes(rng, terms)
    return {
        "closes": closes,
        "cash_used": {f"{month_first(month):%Y-%m}": _cash_used(rng, terms, month) for month in terms.months()},
        "achieved_days": {name: _time(rng, terms) for name in terms.milestones if rng.random() < 0.7},
        "ceo_change_days": _time(rng, terms) if rng.random() < 0.4 else None,
        "adverse_change_days": _time(rng, terms) if rng.random() < 0.4 else None,
        "waived": [name for name in dict.fromkeys(row["name"] for row in terms.conditions) if rng.random() < 0.4],
        "extended": [note["name"] for note in terms.notes if note.get("extended_maturity") and rng.random() < 0.5],
        "third_party": [
            {"month": f"{month_first(month):%Y-%m}", "amount": _amount(rng, size), "reduces_line": rng.random() < 0.5}
            for month in terms.months()
            if terms.third_party and rng.random() < 0.25
            for size in [float(terms.third_party["median_amount"]) * rng.uniform(0.1, 3)]
        ],
        **_days(rng, terms, closes),
        **_flows(rng, terms),
        **_fixed(rng, terms),
        **random_people_history(rng, terms),
    }


def _flows(rng: Random, terms: Terms) -> dict[str, list[str]]:
    uncertain = [flow["name"] for flow in terms.flows if flow.get("probability", 1.0) < 1.0]
    return {"flows": [name for name in uncertain if rng.random() < 0.5]} if uncertain else {}


def _fixed(rng: Random, terms: Terms) -> dict[str, dict[str, float]]:
    """What fixed items use of the cash, where there is a response that does not cut it."""
    if not terms.response or not any(item.get("fixed") for item in terms.items):
        return {}
    return {"cash_fixed": {f"{month_first(month):%Y-%m}": _cash_used(rng, terms, month) for month in terms.months()}}


def _closes(rng: Random, terms: Terms) -> dict[str, float]:
    close, closes, step = terms.initial, {}, rng.choice((0.0, 0.02, 0.1))
    drift = rng.uniform(-0.01, 0.01) if step else 0.0
    digits = rng.choice((2, 4, None))
    for day in terms.sessions:
        close = min(max(close * (1 + drift + rng.uniform(-step, step)), terms.initial / 50), terms.initial * 20)
        closes[day.isoformat()] = close if digits is None else max(0.01, round(close, digits))
    return closes


def _days(rng: Random, terms: Terms, closes: dict[str, float]) -> dict[str, dict]:
    """Low, VWAP and volume of every session that the case looks at."""
    days: dict[str, dict[str, float]] = {}
    for series, sessions_of in terms.traded.items():
        for n in sorted(sessions_of):
            day = terms.sessions[n - 1].isoformat()
            value = closes[day] * rng.choice((1, rng.uniform(0.7, 1)))
            days.setdefault(day, {})[series] = rng.uniform(0, 1e6) if series == "volume" else value
    return {"days": days} if days else {}


def _cash_used(rng: Random, terms: Terms, month: int) -> float:
    level = terms.level(month)
    unusual = rng.choice((level, level, 0.0, -level * rng.random()))
    return rng.choice((level, _amount(rng, level), _amount(rng, level * rng.uniform(0.3, 2)), unusual))


def _time(rng: Random, terms: Terms) -> float:
    """When something happens: at a purchase date's close exactly, or at any time until after the horizon."""
    if terms.purchase_dates and rng.random() < 0.3:
        return terms.t(rng.choice(terms.purchase_dates))
    return rng.uniform(0, 1.3 * terms.t(terms.horizon))


def random_moves(rng: Random, case: dict) -> dict:
    """A case whose events move the stock, compensated: milestones, some after one another, and changes of CEO."""
    names = ("cell", "pack", "plant", "licence")
    case["milestones"] = [
        {
            "name": name,
            "probability": rng.choice((0.4, 0.95, 1, rng.random())),
            "median_days": (median := rng.uniform(1, 120)),
            "p90_days": median * rng.choice((1.01, 2, 5)),
            "follows": rng.choice(("", *names[:k])),
            "price_jump": rng.choice((0.15, -0.4, 2.5, 0.0)),
        }
        for k, name in enumerate(names)
    ]
    for condition in case["line"]["conditions"]:
        if condition["kind"] == "milestone":
            condition["milestone"] = rng.choice(names)
    rng.shuffle(case["milestones"])
    case["events"]["ceo_change"] = {"annual_rate": rng.choice((0.0, 0.5, 3.0)), "price_jump": rng.choice((-0.1, 0.4))}
    case["price"]["jumps"] = "compensated"
    return case


MODELS = ("merton", "heston", "garch", "bootstrap", "gbm")


def random_past(rng: Random, case: dict) -> dict:
    """A case with what has happened before its valuation date, as a roll-forward writes it."""
    before = [case["valuation_date"] - timedelta(days=days) for days in (0, 1, 20, 170, 400)]
    begun = {""}
    waiting = list(case.get("milestones", []))
    while ready := [milestone for milestone in waiting if milestone.get("follows", "") in begun]:
        waiting = [milestone for milestone in waiting if milestone not in ready]
        for milestone in ready:
            if rng.random() < 0.4:
                milestone["achieved"] = rng.choice(before)
                begun.add(milestone["name"])
            elif rng.random() < 0.7:
                passed = milestone["median_days"] * rng.choice((1e-3, 0.5, 1.0, 2.0, 20.0))
                milestone["elapsed_days"] = min(rng.choice((passed, round(passed))), 1e5)
    for event in ("ceo_change", "adverse_change"):
        if rng.random() < 0.3:
            case["events"][event]["happened"] = rng.choice(before)
    if rng.random() < 0.6:
        case["burn"]["last_surprise"] = rng.choice((0.0, 0.5, rng.uniform(-2, 2)))
    return case


def random_market(rng: Random, case: dict, model: str = "") -> dict:
    """A case with another price model, closes before its valuation date, and prices of the day in its pricing."""
    price, pricing = case["price"], case["line"]["pricing"]
    model = model or rng.choice(MODELS)
    price |= {"model": model, "volatility": rng.choice((0.3, 0.95, rng.uniform(0.1, 1.5)))}
    keys = {
        "merton": {"jump_rate": (0, 6, 60.0, 252), "jump_mean": (0.0, -0.05, 0.3), "jump_sd": (0.0, 0.2, 0.5)},
        "heston": {
            "initial_volatility": (None, 0.0, 1.1), "mean_reversion": (None, 3, 20.0), "vol_of_vol": (None, 0.0, 3.0),
            "correlation": (None, -0.9, 0.5, 1.0),
        },
        "garch": {
            "initial_volatility": (None, 1.3), "alpha": (None, 0.0, 0.05), "beta": (None, 0.0, 0.85),
            "degrees_of_freedom": (None, 2.5, 4.5, 30),
        },
        "bootstrap": {"block_days": (None, 1, 5.5, 40)},
        "gbm": {},
    }  # fmt: skip
    price |= {key: value for key, values in keys[model].items() if (value := rng.choice(values)) is not None}
    if model == "bootstrap" or rng.random() < 0.4:
        number = rng.randint(101, 140) if model == "bootstrap" else rng.randint(1, 40)
        price["closes"] = [price["initial"] * rng.uniform(0.8, 1.25) for _ in range(number)]
        if rng.random() < 0.5:
            last = case["valuation_date"] - timedelta(days=1)
            days = [last - timedelta(days=number - 1 - k) for k in range(number)]
            price["closes"] = [[day, close] for day, close in zip(days, price["closes"], strict=True)]
        if rng.random() < 0.3:
            del price["initial"]
    if model == "bootstrap":
        del price["volatility"]
        case["burn"]["price_correlation"] = 0.0
    if rng.random() < 0.5:
        price["day"] = {"overnight_share": rng.choice((0.0, 0.2, 0.9))}
    if rng.random() < 0.6:
        pricing |= _statistic(rng)
        pricing["lesser_of"] = [
            _statistic(rng) | {"multiplier": rng.choice((0.97, 1.0))} for _ in range(rng.randint(0, 2))
        ]
    return case


def _statistic(rng: Random) -> dict:
    """A window of some series, and its statistic."""
    window = rng.choice((1, 3, 10, rng.randint(1, 30)))
    statistic = rng.choice(("mean", "lowest", "mean_of_lowest"))
    return {
        "series": rng.choice(("close", "low", "vwap")),
        "window": window,
        "timing": rng.choice(("before", "through")),
        "statistic": statistic,
        **({"count": rng.randint(1, min(3, window))} if statistic == "mean_of_lowest" else {}),
    }
