"""`valence-2002` as version 0.4 shipped it, whose numbers stay when the shipped case is corrected."""

from benchmarks.case import FILE as FILE
from benchmarks.case import valence_2002 as valence_2002
