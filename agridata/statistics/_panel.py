"""Statistics back out, as the frame that yield forecasts start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["panel_frame"]

COLUMNS = (
    "unit_name", "season", "year", "area_ha", "yield_t_ha", "production_t", "data_set_key",
)  # fmt: skip


def panel_frame(session: Session, crop: str = "rice") -> pd.DataFrame:
    """Return every figure of `crop`, ordered by unit, season, year and data set.

    Returns
    -------
    DataFrame
        ``unit_name, season, year`` (int64), ``area_ha, yield_t_ha, production_t``
        (float64), ``data_set_key``. Two sources that publish the same figure give two
        rows: choose by `data_set_key`.
    """
    import pandas as pd

    table = SQLModel.metadata.tables["crop_statistic"]
    columns = [table.c[name] for name in COLUMNS]
    query = (
        sa.select(*columns)
        .where(table.c.crop == crop)
        .order_by(table.c.unit_name, table.c.season, table.c.year, table.c.data_set_key)
    )
    rows = session.execute(query).all()
    values = zip(*rows, strict=True) if rows else ((),) * len(COLUMNS)
    frame = pd.DataFrame({name: list(column) for name, column in zip(COLUMNS, values, strict=True)})
    kinds = {"year": "int64", **dict.fromkeys(COLUMNS[3:6], "float64")}
    return frame.astype({**kinds, **dict.fromkeys(("unit_name", "season", "data_set_key"), "str")})
