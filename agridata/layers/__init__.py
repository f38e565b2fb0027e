"""Geospatial layers in and out, with a reason for every rejected feature."""

from agridata.layers._archive import IMPORT_FORMATS
from agridata.layers._catalogue import LayerSummary, list_layers
from agridata.layers._export import export_layer
from agridata.layers._import import KINDS, import_layer
from agridata.layers._plots import RULE_SETS, PlotReport, check_plots
from agridata.layers._reasons import REASONS, NamedFinding, Reason
from agridata.layers._rejected import REJECTED_FORMATS, write_rejected
from agridata.layers._report import LayerReport
from agridata.layers._stats import UnitShare, layer_statistics
from agridata.layers._write import EXPORT_FORMATS

__all__ = [
    "EXPORT_FORMATS",
    "IMPORT_FORMATS",
    "KINDS",
    "REASONS",
    "REJECTED_FORMATS",
    "RULE_SETS",
    "LayerReport",
    "LayerSummary",
    "NamedFinding",
    "PlotReport",
    "Reason",
    "UnitShare",
    "check_plots",
    "export_layer",
    "import_layer",
    "layer_statistics",
    "list_layers",
    "write_rejected",
]
