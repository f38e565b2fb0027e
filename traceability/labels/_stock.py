"""Label stock: geometry is data, not code."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

from traceability.errors import LabelError

__all__ = ["Stock", "stock", "stocks"]


@dataclass(frozen=True, slots=True)
class Stock:
    """A sheet of labels; all lengths in millimetres, origin at the sheet's top left."""

    id: str
    page_width_mm: float
    page_height_mm: float
    columns: int
    rows: int
    label_width_mm: float
    label_height_mm: float
    margin_left_mm: float
    margin_top_mm: float
    pitch_x_mm: float
    pitch_y_mm: float
    source: str

    @property
    def per_page(self) -> int:
        """Labels on one sheet."""
        return self.columns * self.rows

    def corner_mm(self, slot: int) -> tuple[float, float]:
        """Return left and top of the label in `slot` (from 0, row by row) on its page."""
        row, column = divmod(slot % self.per_page, self.columns)
        return (
            self.margin_left_mm + column * self.pitch_x_mm,
            self.margin_top_mm + row * self.pitch_y_mm,
        )


@cache
def stocks() -> dict[str, Stock]:
    """Return every known stock by its id (`stocks.csv`)."""
    text = resources.files("traceability.labels").joinpath("stocks.csv").read_text("utf-8")
    return {row["id"]: _stock(row) for row in csv.DictReader(text.splitlines())}


def _stock(row: dict[str, str]) -> Stock:
    lengths = {key: float(value) for key, value in row.items() if key.endswith("_mm")}
    return Stock(
        id=row["id"], columns=int(row["columns"]), rows=int(row["rows"]), source=row["source"],
        **lengths,
    )  # fmt: skip


def stock(name: str) -> Stock:
    """Return the stock called `name`.

    Raises
    ------
    LabelError
        If it is not in the table.
    """
    known = stocks()
    if name not in known:
        raise LabelError(
            f"unknown label stock {name!r}", field="--stock", fix=f"one of {', '.join(known)}",
            problem_vi=f"không có loại giấy nhãn {name!r}",
            fix_vi=f"chọn một trong {', '.join(known)}",
        )  # fmt: skip
    return known[name]
