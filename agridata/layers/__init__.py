"""Geospatial layers in and out, with a reason for every rejected feature."""

from agridata.layers._catalogue import LayerSummary, list_layers
from agridata.layers._export import EXPORT_FORMATS, export_layer
from agridata.layers._import import KINDS, import_layer
from agridata.layers._read import IMPORT_FORMATS
from agridata.layers._stats import UnitShare, layer_statistics

__all__ = [
    "EXPORT_FORMATS",
    "IMPORT_FORMATS",
    "KINDS",
    "LayerSummary",
    "UnitShare",
    "export_layer",
    "import_layer",
    "layer_statistics",
    "list_layers",
]
