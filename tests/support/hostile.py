"""Names and cases made to break what shows them: markup, formulas, paths, quotes, the longest text a case may hold.

    case = hostile_case()          # valid; every text of it is hostile in one way or another
    for text in REFUSED: ...       # texts that no case may hold

What shows a case (a page, a deck, a workbook, a file's name) must show these texts as they are, and do nothing else.
"""

from sim.terms import Case

#: Texts that a case may hold.
MARKUP = (
    "<script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    "R&D &amp; <b>bold</b> \"quoted\" 'single' `ticks`",
    "]]><!-- -- --> <?php ?> {{ 7*7 }} ${7*7} %(x)s {0}",
    "$\\frac{a}{b}$ \\input{x} _under_ ^up^ $unbalanced",
)
FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1:A9)", '=HYPERLINK("x","y")', "\uff1d1+1")
PATHS = (
    "../x",
    "..",
    ".",
    "/etc/passwd",
    "..\\..\\x",
    "C:\\x",
    "a/b/c",
    "~/.x",
    "con",
    "x" * 196 + ".npz",
    "-rf",
    "*?",
)
SCRIPTS = (
    "Überführung № 4",
    "电池协议",
    "אב גד",
    "خط ائتمان",
    "e\u0301\u0323\u0301\u0323 zalgo",
    "😀 ok",
    "ﬁ ﬂ ǆ",
    "İi ıI",
    "می\u200cخواهم \u200fx\u200e",
    "株式会社\u3000電池\u00a05",
)
LONG = ("W" * 200, "long words " * 18 + "x", "\U0001f600" * 200)
HOSTILE = (*MARKUP, *FORMULAS, *PATHS, *SCRIPTS, *LONG)

#: Texts that a case refuses: they would turn a line around, end it, or not be seen at all.
REFUSED = (
    "", " ", " blank before", "blank after ", "two\nlines", "a\rb", "a\tb", "nul\x00", "esc\x1b[2J", "\x7f", "bell\x07",
    "right\u202eleft", "soft\u00adhyphen", "zero\u200bwidth", "\ufeffmark", "line\u2028separator", "\u2066isolate",
    "\ud800", "x" * 201,
)  # fmt: skip


def hostile_document(shift: int = 0) -> dict:
    """The document of a valid two-year case whose every text is hostile; `shift` moves the texts on by so many."""
    texts = [HOSTILE[(shift + i) % len(HOSTILE)] for i in range(len(HOSTILE))]
    title, company, investor, *others = texts
    milestones, conditions, notes = others[:3], others[3:7], others[7:10]
    doc: dict = {
        "schema": 1,
        "title": title,
        "valuation_date": "2002-04-01",
        "horizon": "2004-03-31",
        "company": {
            "name": company,
            "fiscal_year_end_month": 3,
            "cash": 6e6,
            "shares_outstanding": 10**6,
            "shares_authorized": 10**7,
        },
        "price": {"model": "gbm", "initial": 2.5, "volatility": 0.8},
        "burn": {"model": "lognormal", "monthly": 1e6, "volatility": 0.2},
        "policy": {"kind": "maximum", "cadence": "quarter_end"},
    }
    doc["line"] = {
        "investor": investor,
        "commitment": 3e7,
        "start": "2002-04-01",
        "end": "2004-03-31",
        "pricing": {"window": 5, "timing": "before", "multiplier": 0.85},
        "max_per_period": 5e6,
        "coverage": {"percent": [100, 50]},
        "conditions": [
            {"name": conditions[0], "kind": "same_ceo"},
            {"name": conditions[1], "kind": "no_adverse_change"},
            {"name": conditions[2], "kind": "milestone", "milestone": milestones[0], "waiver_probability": 0.5},
            {"name": conditions[3], "kind": "milestone", "milestone": milestones[1], "after": "2002-09-30"},
        ],
    }
    doc["milestones"] = [
        {"name": name, "probability": 0.8, "median_days": 100, "p90_days": 300, "follows": follows, "price_jump": 0.1}
        for name, follows in zip(milestones, ["", milestones[0], ""], strict=True)
    ]
    doc["events"] = {
        "ceo_change": {"annual_rate": 0.3, "price_jump": -0.1},
        "adverse_change": {"annual_rate": 0.3, "duration_days": 90},
    }
    doc["third_party"] = {"annual_rate": 0.5, "median_amount": 2e6, "log_sd": 0.5, "kind": "equity"}
    doc["notes"] = [
        {
            "name": name,
            "principal": 1e6,
            "maturity": "2003-06-30",
            "extended_maturity": "2005-06-30",
            "extension_probability": 0.5,
            "base_rate": 0.05,
        }
        for name in notes
    ]
    doc["simulation"] = {"paths": 2000, "seed": 7}
    return doc


def hostile_case(shift: int = 0) -> Case:
    return Case.from_dict(hostile_document(shift), source=HOSTILE[shift % len(HOSTILE)])
