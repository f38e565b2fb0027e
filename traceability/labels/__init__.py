"""QR label sheets: printed, decoded back, accounted for."""

from traceability.labels._print import (
    MAX_LABELS,
    lot_uri,
    payloads_of,
    print_labels,
    sheet_path,
    sheets_of,
)
from traceability.labels._sheet import LabelContent, render_sheet
from traceability.labels._stock import Stock, stock, stocks
from traceability.labels._symbol import Symbol, fit_symbol
from traceability.labels._verify import SheetReport, verify_sheet

__all__ = [
    "MAX_LABELS",
    "LabelContent",
    "SheetReport",
    "Stock",
    "Symbol",
    "fit_symbol",
    "lot_uri",
    "payloads_of",
    "print_labels",
    "render_sheet",
    "sheet_path",
    "sheets_of",
    "stock",
    "stocks",
    "verify_sheet",
]
