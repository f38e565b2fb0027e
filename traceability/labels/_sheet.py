"""Label sheets as PDF: vector symbols, embedded font, text that can be copied."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib import resources
from typing import Any

from traceability.labels._stock import Stock
from traceability.labels._symbol import QUIET_MODULES, Symbol, fit_symbol

__all__ = ["LAYOUT_VERSION", "LabelContent", "render_sheet"]

LAYOUT_VERSION = 1
"""Raised whenever what is printed where changes, so that the print ledger can tell sheets apart."""

REGULAR, BOLD = "BeVietnamPro", "BeVietnamPro-SemiBold"
MARGIN_MM = 1.5
"""Paper kept free inside a label's edge: stock varies by half a millimetre a batch."""

LEADING = 1.2
TEXT_SCALES = (1.0, 0.9, 0.8, 0.72)
"""Type sizes tried in turn; below 0.72 (1.6 mm) people cannot read it."""


@dataclass(frozen=True, slots=True)
class LabelContent:
    """What one label says. `uri` is the symbol's payload, everything else is for the eye."""

    uri: str
    product_name: str
    organisation_name: str
    gtin: str
    lot: str
    packed_on: date | None
    short_code: str
    location_code: str
    simulated: bool


def render_sheet(
    contents: Sequence[LabelContent],
    stock: Stock,
    *,
    start_slot: int = 1,
    offset_x_mm: float = 0.0,
    offset_y_mm: float = 0.0,
) -> bytes:
    """Return the PDF of the labels, beginning at `start_slot` (from 1) of the first sheet.

    The same input gives the same bytes. The payloads are kept in the document's keywords, so that
    the sheet can be checked without the database.

    Raises
    ------
    LabelError
        If a symbol does not fit the stock.
    """
    from reportlab.lib.units import mm
    from reportlab.pdfgen.canvas import Canvas

    _register_fonts()
    buffer = io.BytesIO()
    size = (stock.page_width_mm * mm, stock.page_height_mm * mm)
    canvas = Canvas(buffer, pagesize=size, pageCompression=1, invariant=1, lang="vi")
    canvas.setTitle(f"Tem truy xuất {contents[0].gtin} {contents[0].lot}")
    canvas.setCreator("agridata")
    canvas.setKeywords(json.dumps([content.uri for content in contents]))
    for position, content in enumerate(contents, start=start_slot - 1):
        if position > start_slot - 1 and position % stock.per_page == 0:
            canvas.showPage()
        left, top = stock.corner_mm(position)
        canvas.saveState()
        canvas.translate((left + offset_x_mm) * mm, (stock.page_height_mm - top - offset_y_mm) * mm)
        canvas.scale(mm, mm)
        _draw_label(canvas, content, stock)
        canvas.restoreState()
    canvas.save()
    return buffer.getvalue()


def _register_fonts() -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    if REGULAR in pdfmetrics.getRegisteredFontNames():
        return
    fonts = resources.files("traceability.labels").joinpath("fonts")
    for name, file in ((REGULAR, "BeVietnamPro-Regular.ttf"), (BOLD, "BeVietnamPro-SemiBold.ttf")):
        pdfmetrics.registerFont(TTFont(name, io.BytesIO(fonts.joinpath(file).read_bytes())))


def _draw_label(canvas: Any, content: LabelContent, stock: Stock) -> None:
    """Draw with the origin at the label's top left, y upwards, in millimetres."""
    space = stock.label_height_mm - 2 * MARGIN_MM
    symbol = fit_symbol(content.uri, min(space, stock.label_width_mm * 0.55))
    top = (stock.label_height_mm - symbol.side_mm) / 2
    _draw_symbol(canvas, symbol, MARGIN_MM, top)
    left = MARGIN_MM + symbol.side_mm
    _draw_text(canvas, content, left, stock.label_width_mm - left - MARGIN_MM, stock)


def _draw_symbol(canvas: Any, symbol: Symbol, left_mm: float, top_mm: float) -> None:
    path = canvas.beginPath()
    module = symbol.module_mm
    for row, column, length in symbol.runs():
        path.rect(
            left_mm + (column + QUIET_MODULES) * module,
            -(top_mm + (row + 1 + QUIET_MODULES) * module),
            length * module,
            module,
        )
    canvas.drawPath(path, stroke=0, fill=1)


def _draw_text(canvas: Any, content: LabelContent, left: float, width: float, stock: Stock) -> None:
    """Write the lines in order of need; a small label shrinks the type, then loses the tail."""
    height = stock.label_height_mm - 2 * MARGIN_MM
    for scale in TEXT_SCALES:
        lines = _typeset(content, width, scale)
        if sum(size for _, size, _ in lines) * LEADING <= height:
            break
    y = -MARGIN_MM
    for font, size, line in lines:
        y -= size * LEADING
        if -y > stock.label_height_mm - MARGIN_MM:
            return
        canvas.setFont(font, size)
        canvas.drawString(left, y, line)


def _measured(font: str, size: float, text: str) -> float:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    return float(stringWidth(text, font, size))


def _typeset(content: LabelContent, width: float, scale: float) -> list[tuple[str, float, str]]:
    packed = f"Đóng gói {content.packed_on:%d/%m/%Y}" if content.packed_on else ""
    rows = (
        (BOLD, 2.9, content.product_name),
        (BOLD, 2.2, "MÔ PHỎNG" if content.simulated else ""),
        (BOLD, 2.6, content.short_code),
        (REGULAR, 2.2, f"Lô {content.lot}"),
        (REGULAR, 2.2, f"GTIN {content.gtin}"),
        (REGULAR, 2.2, packed),
        (REGULAR, 2.2, f"Nơi {content.location_code}"),
        (REGULAR, 2.2, content.organisation_name),
    )
    typeset: list[tuple[str, float, str]] = []
    for font, size, text in rows:
        scaled = size * scale
        lines = _wrapped(text, width, partial(_measured, font, scaled))
        typeset.extend((font, scaled, line) for line in lines)
    return typeset


def _wrapped(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Break `text` at spaces; a word wider than the column is cut where it must be."""
    lines = [""] if text else []
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if measure(joined) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        rest = word
        while measure(rest) > width and len(rest) > 1:
            cut = next((n for n in range(len(rest) - 1, 0, -1) if measure(rest[:n]) <= width), 1)
            lines[-1] = rest[:cut]
            lines.append("")
            rest = rest[cut:]
        lines[-1] = rest
    return lines
