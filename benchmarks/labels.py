"""A run of labels as PDF: vector paths and checked sizes, against reportlab's own QR widget."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from benchmarks._row import Row, best_of

__all__ = ["run"]

LABELS = 120


def run(labels: int = LABELS) -> list[Row]:
    """Time and weigh both; ours is also read back symbol by symbol, as before every hand-out."""
    from traceability.labels import LabelContent, render_sheet, stock, verify_sheet

    uris = [
        f"https://id.agridata.example/01/09521101003017/10/OM18-260218-03/21/{i:08d}"
        "?416=9521101000016&8008=2602180955"
        for i in range(labels)
    ]
    contents = [
        LabelContent(
            uri, "Gạo OM18 túi 5 kg", "Cơ sở đóng gói mẫu", "09521101003017", "OM18-260218-03",
            date(2026, 2, 18), "HW04CG56Z1CZ", "9521101000016", simulated=True,
        )
        for uri in uris
    ]  # fmt: skip
    sheet = render_sheet(contents, stock("L7160"))
    if not verify_sheet(sheet, uris).ok:
        raise RuntimeError("the sheet cannot be read back: nothing to compare")
    ours = best_of(3, lambda: render_sheet(contents, stock("L7160")))
    other = best_of(3, lambda: _widgets(uris))
    read = best_of(1, lambda: verify_sheet(sheet, uris))
    return [
        Row("label sheets, rendered / reportlab QR widgets", ours, other, "s", labels),
        Row("label sheets, size / reportlab QR widgets", len(sheet), len(_widgets(uris)), "bytes",
            labels),
        Row("label sheets, read back before hand-out / –", read, float("nan"), "s", labels),
    ]  # fmt: skip


def _widgets(uris: list[str]) -> bytes:
    """Return sheets of the same grid and symbol size with nothing but the symbols."""
    from reportlab.graphics import renderPDF
    from reportlab.graphics.barcode.qr import QrCodeWidget
    from reportlab.graphics.shapes import Drawing
    from reportlab.lib.units import mm
    from reportlab.pdfgen.canvas import Canvas

    from traceability.labels import stock

    grid = stock("L7160")
    buffer = io.BytesIO()
    canvas: Any = Canvas(buffer, pagesize=(grid.page_width_mm * mm, grid.page_height_mm * mm))
    for slot, uri in enumerate(uris):
        if slot and slot % grid.per_page == 0:
            canvas.showPage()
        left, top = grid.corner_mm(slot)
        side = (grid.label_height_mm - 3) * mm
        drawing = Drawing(side, side)
        drawing.add(QrCodeWidget(uri, barWidth=side, barHeight=side, barLevel="M"))
        height = grid.page_height_mm - top - grid.label_height_mm
        renderPDF.draw(drawing, canvas, left * mm, height * mm)
    canvas.save()
    return buffer.getvalue()
