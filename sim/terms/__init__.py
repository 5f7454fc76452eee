"""What the documents say and what may happen: cases as frozen objects in dollars and dates, and how to read them."""

from sim.terms.case import Case
from sim.terms.description import describe
from sim.terms.events import AdverseChange, CeoChange, Events, Milestone, ThirdParty
from sim.terms.files import load_case, shipped_cases
from sim.terms.flows import Advance, Flow
from sim.terms.line import Line, Purchase
from sim.terms.notes import Note, Sweep
from sim.terms.overrides import overridden, parse_override
from sim.terms.parts import Burn, Company, Condition, Coverage, Leg, Pricing, Simulation, Step
from sim.terms.people import Bridge, Response, Waivers
from sim.terms.policy import Policy
from sim.terms.price import Price, TradingDay, Volume
from sim.terms.problems import CaseError
from sim.terms.statement import Item

__all__ = [
    "Advance",
    "AdverseChange",
    "Bridge",
    "Burn",
    "Case",
    "CaseError",
    "CeoChange",
    "Company",
    "Condition",
    "Coverage",
    "Events",
    "Flow",
    "Item",
    "Leg",
    "Line",
    "Milestone",
    "Note",
    "Policy",
    "Price",
    "Pricing",
    "Purchase",
    "Response",
    "Simulation",
    "Step",
    "Sweep",
    "ThirdParty",
    "TradingDay",
    "Volume",
    "Waivers",
    "describe",
    "load_case",
    "overridden",
    "parse_override",
    "shipped_cases",
]
