"""Correct, complete, clean, live: four figures per data set and per unit, with their counts.

Each rule belongs to one figure, counts what it checked and what failed, and says how to raise
it. The definitions are in docs/quality.md.
"""

from agridata.quality._history import history, latest, record
from agridata.quality._measure import Figures, QualityReport, measure
from agridata.quality._rules import DIMENSIONS, RULES, Rule, Tally
from agridata.quality.models import QualityMeasure

__all__ = [
    "DIMENSIONS",
    "RULES",
    "Figures",
    "QualityMeasure",
    "QualityReport",
    "Rule",
    "Tally",
    "history",
    "latest",
    "measure",
    "record",
]
