"""What the documents say and what may happen: cases as frozen objects in dollars and dates, and how to read them."""

from sim.terms.case import Case
from sim.terms.description import describe
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
    "describe",
    "load_case",
    "overridden",
    "parse_override",
    "shipped_cases",
]
