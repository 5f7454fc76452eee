"""What the documents say and what may happen: cases as frozen objects in dollars and dates, and how to read them."""

from sim.terms.calendar import (
    FiscalQuarter,
    days_in_month,
    fiscal_quarter,
    is_session,
    month_end,
    month_number,
    month_start,
    purchase_dates,
    sessions,
)
from sim.terms.case import Case
from sim.terms.files import load_case, shipped_cases
from sim.terms.overrides import overridden, parse_override
from sim.terms.parts import (
    AdverseChange,
    Burn,
    CeoChange,
    Company,
    Condition,
    Coverage,
    Events,
    Line,
    Milestone,
    Note,
    Policy,
    Price,
    Pricing,
    Simulation,
    Step,
    Sweep,
    ThirdParty,
)
from sim.terms.problems import CaseError
from sim.terms.words import describe

__all__ = [
    "AdverseChange",
    "Burn",
    "Case",
    "CaseError",
    "CeoChange",
    "Company",
    "Condition",
    "Coverage",
    "Events",
    "FiscalQuarter",
    "Line",
    "Milestone",
    "Note",
    "Policy",
    "Price",
    "Pricing",
    "Simulation",
    "Step",
    "Sweep",
    "ThirdParty",
    "days_in_month",
    "describe",
    "fiscal_quarter",
    "is_session",
    "load_case",
    "month_end",
    "month_number",
    "month_start",
    "overridden",
    "parse_override",
    "purchase_dates",
    "sessions",
    "shipped_cases",
]
