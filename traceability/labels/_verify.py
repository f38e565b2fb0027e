"""A sheet is rendered and decoded back before it is handed out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from traceability.errors import LabelError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["DPI", "SheetReport", "verify_sheet"]

DPI = 300
"""Resolution at which a sheet is read back: that of common office and thermal printers."""

DARK = 128
"""Grey level below which a pixel counts as ink."""


@dataclass(frozen=True, slots=True)
class SheetReport:
    """What was read back; lengths are of the printed symbols (mm, modules)."""

    symbols: int
    decoded: int
    mismatched: int
    min_module_mm: float
    min_quiet_modules: float

    @property
    def ok(self) -> bool:
        """True when every symbol asked for came back byte for byte."""
        return self.symbols > 0 and self.decoded == self.symbols and self.mismatched == 0

    def as_dict(self) -> dict[str, Any]:
        """Return the contract's JSON object."""
        return asdict(self)


def verify_sheet(pdf: bytes, expected: Sequence[str] | None = None) -> SheetReport:
    """Render a label PDF at `DPI`, decode every symbol and compare the payloads.

    Parameters
    ----------
    pdf
        The file's bytes.
    expected
        Payloads that must come back; None takes the list the sheet itself carries.

    Raises
    ------
    LabelError
        If the bytes are not a PDF, or it names no payloads.
    """
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(pdf)
    except pdfium.PdfiumError as error:
        raise LabelError(
            "is not a PDF", fix="give a label sheet made by `agridata labels print`",
            problem_vi="không phải tệp PDF", fix_vi="hãy chọn tờ nhãn do hệ thống in ra",
        ) from error  # fmt: skip
    wanted = list(expected) if expected is not None else _carried(document)
    texts: list[str] = []
    modules: list[float] = []
    quiets: list[float] = []
    for page in document:
        pixels = page.render(scale=DPI / 72, grayscale=True).to_numpy().squeeze()
        for text, module_px, quiet in _symbols(pixels):
            texts.append(text)
            modules.append(module_px / DPI * 25.4)
            quiets.append(quiet)
    document.close()
    missing = Counter(wanted) - Counter(texts)
    extra = Counter(texts) - Counter(wanted)
    return SheetReport(
        symbols=len(wanted),
        decoded=len(texts),
        mismatched=max(missing.total() - max(len(wanted) - len(texts), 0), extra.total()),
        min_module_mm=round(min(modules, default=0.0), 3),
        min_quiet_modules=round(min(quiets, default=0.0), 1),
    )


def _carried(document: Any) -> list[str]:
    try:
        carried = json.loads(document.get_metadata_value("Keywords") or "null")
    except ValueError:
        carried = None
    if not isinstance(carried, list) or not carried:
        raise LabelError(
            "names no payloads: it is not a label sheet of ours",
            fix="give a sheet made by `agridata labels print`",
            problem_vi="không phải tờ nhãn do hệ thống in ra",
            fix_vi="hãy chọn tờ nhãn do hệ thống in ra",
        )  # fmt: skip
    return [str(uri) for uri in carried]


def _symbols(pixels: np.ndarray[Any, Any]) -> list[tuple[str, float, float]]:
    """Return payload, module size (px) and quiet zone (modules) of each symbol on a page."""
    import zxingcpp

    found = []
    for code in zxingcpp.read_barcodes(
        pixels, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    ):
        box = _ink_box(pixels, code.position)
        modules = _module_count(pixels, box)
        module_px = (box[2] - box[0]) / modules
        found.append((code.text, module_px, _quiet_px(pixels, box) / module_px))
    return found


def _ink_box(pixels: np.ndarray[Any, Any], position: Any) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom (exclusive) of the symbol's ink."""
    import numpy as np

    corners = [
        (point.x, point.y)
        for point in (
            position.top_left, position.top_right, position.bottom_left, position.bottom_right,
        )
    ]  # fmt: skip
    slack = 4
    left = max(min(x for x, _ in corners) - slack, 0)
    top = max(min(y for _, y in corners) - slack, 0)
    right = max(x for x, _ in corners) + slack + 1
    bottom = max(y for _, y in corners) + slack + 1
    dark = pixels[top:bottom, left:right] < DARK
    rows = np.flatnonzero(dark.any(axis=1))
    columns = np.flatnonzero(dark.any(axis=0))
    return (
        left + int(columns[0]), top + int(rows[0]),
        left + int(columns[-1]) + 1, top + int(rows[-1]) + 1,
    )  # fmt: skip


def _module_count(pixels: np.ndarray[Any, Any], box: tuple[int, int, int, int]) -> int:
    """Return the modules per side: the finder pattern's first dark run is seven of them."""
    left, top, right, _ = box
    row = pixels[top + 1, left:right] < DARK
    finder = int((~row).argmax())
    return max(17 + 4 * round(((right - left) / (finder / 7) - 17) / 4), 21)


def _quiet_px(pixels: np.ndarray[Any, Any], box: tuple[int, int, int, int]) -> int:
    """Return the smallest clear distance (px) from the ink box, looking to all four sides."""
    left, top, right, bottom = box
    dark = pixels < DARK
    return min(
        _clear(dark[top:bottom, :left][:, ::-1].any(axis=0)),
        _clear(dark[top:bottom, right:].any(axis=0)),
        _clear(dark[:top, left:right][::-1].any(axis=1)),
        _clear(dark[bottom:, left:right].any(axis=1)),
    )


def _clear(line: Any) -> int:
    """Return how many leading entries of a boolean line are False."""
    return int(line.argmax()) if line.any() else len(line)
