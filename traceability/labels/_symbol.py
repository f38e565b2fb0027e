"""One QR symbol as vector rectangles, at a size that a checkout and a phone can read.

Sizes follow GS1 General Specifications 5.12.3.1: X-dimension 0.396–0.990 mm, quiet zone of four
modules on all sides. Level Q first (a wet market blots labels), M where space is short, never L.
"""

from __future__ import annotations

from dataclasses import dataclass

from traceability.errors import LabelError

__all__ = ["MAX_MODULE_MM", "MIN_MODULE_MM", "QUIET_MODULES", "Symbol", "fit_symbol"]

MIN_MODULE_MM = 0.396
"""Smallest X-dimension at a point of sale (GS1 General Specifications 5.12.3.1)."""

MAX_MODULE_MM = 0.6
"""No larger than needed: at 0.6 mm a phone reads from half a metre and paper is left for text."""

QUIET_MODULES = 4
"""Clear modules on every side, by rule."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A QR matrix (True = dark), its error level and the module size chosen for the space, mm."""

    matrix: tuple[tuple[bool, ...], ...]
    level: str
    module_mm: float

    @property
    def side_mm(self) -> float:
        """Width with the quiet zone."""
        return (len(self.matrix) + 2 * QUIET_MODULES) * self.module_mm

    def runs(self) -> list[tuple[int, int, int]]:
        """Return dark runs as (row, first column, length), in modules without quiet zone."""
        found = []
        for number, row in enumerate(self.matrix):
            start = None
            for column, dark in enumerate((*row, False)):
                if dark and start is None:
                    start = column
                elif not dark and start is not None:
                    found.append((number, start, column - start))
                    start = None
        return found


def fit_symbol(text: str, space_mm: float) -> Symbol:
    """Return the symbol for `text` that fits a square of `space_mm`, at the best error level.

    Raises
    ------
    LabelError
        If even level M does not fit with modules of `MIN_MODULE_MM`.
    """
    for level in ("Q", "M"):
        matrix = _matrix(text, level)
        module = min(space_mm / (len(matrix) + 2 * QUIET_MODULES), MAX_MODULE_MM)
        if module >= MIN_MODULE_MM:
            return Symbol(matrix, level, module)
    raise LabelError(
        f"a code of {len(text)} characters does not fit {space_mm:.1f} mm", field="--stock",
        fix="use a larger label or a shorter link",
        problem_vi=f"mã dài {len(text)} ký tự không vừa {space_mm:.1f} mm",
        fix_vi="hãy dùng nhãn lớn hơn",
    )  # fmt: skip


def _matrix(text: str, level: str) -> tuple[tuple[bool, ...], ...]:
    from qrcode import QRCode
    from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q

    code = QRCode(error_correction=ERROR_CORRECT_Q if level == "Q" else ERROR_CORRECT_M, border=0)
    code.add_data(text.encode("ascii"), optimize=0)
    code.make(fit=True)
    return tuple(tuple(bool(dark) for dark in row) for row in code.get_matrix())
