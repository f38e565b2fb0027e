"""Every stored figure in one long frame, whichever table holds it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from agridata.statistics._provinces import version_on, year_end

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FACT_COLUMNS", "TRIPLE_MEASURES", "facts_frame"]

FACT_COLUMNS = (
    "unit_name", "unit_level", "unit_version", "subject", "measure", "season", "year", "value",
    "raw_value", "unit", "flag", "data_set_key",
)  # fmt: skip

TRIPLE_MEASURES = (
    ("planted_area", "area_ha", "ha"),
    ("yield", "yield_t_ha", "t/ha"),
    ("production", "production_t", "t"),
)
"""Measure → column of `CropStatistic` and its unit."""


def facts_frame(
    session: Session,
    subjects: Sequence[str] | None = None,
    data_set: str | None = None,
    unit: str | None = None,
) -> pd.DataFrame:
    """Return figures in storage units, ordered; figure triples stand as three figures.

    Returns
    -------
    DataFrame
        `FACT_COLUMNS`; `year` int64, `value` and `raw_value` float64 (`raw_value` as
        published; NaN where only the storage unit is kept), else text.
    """
    import pandas as pd

    frames = [
        _singles(session, subjects, data_set, unit),
        *_triples(session, subjects, data_set, unit),
    ]
    filled = [one for one in frames if len(one)]
    frame = pd.concat(filled, ignore_index=True) if filled else frames[0]
    return frame.sort_values(
        ["subject", "measure", "season", "unit_level", "unit_name", "year", "data_set_key"],
        ignore_index=True,
    )


def _singles(
    session: Session, subjects: Sequence[str] | None, data_set: str | None, unit: str | None
) -> pd.DataFrame:
    table = SQLModel.metadata.tables["statistic"]
    query = sa.select(*(table.c[name] for name in FACT_COLUMNS))
    if subjects is not None:
        query = query.where(table.c.subject.in_(list(subjects)))
    if data_set is not None:
        query = query.where(table.c.data_set_key == data_set)
    if unit is not None:
        query = query.where(table.c.unit_name == unit)
    return _frame(session.execute(query).all(), FACT_COLUMNS)


def _triples(
    session: Session, subjects: Sequence[str] | None, data_set: str | None, unit: str | None
) -> list[pd.DataFrame]:
    table = SQLModel.metadata.tables["crop_statistic"]
    names = ("unit_name", "unit_level", "crop", "season", "year", "flag", "data_set_key")
    amounts = [column for _, column, _ in TRIPLE_MEASURES]
    query = sa.select(*(table.c[name] for name in (*names, *amounts)))
    if subjects is not None:
        query = query.where(table.c.crop.in_(list(subjects)))
    if data_set is not None:
        query = query.where(table.c.data_set_key == data_set)
    if unit is not None:
        query = query.where(table.c.unit_name == unit)
    wide = _frame(session.execute(query).all(), (*names, *amounts))
    wide["unit_version"] = [
        _version(name, level, year)
        for name, level, year in zip(
            wide["unit_name"], wide["unit_level"], wide["year"], strict=True
        )
    ]
    return [
        wide.rename(columns={"crop": "subject", column: "value"}).assign(
            measure=measure, unit=unit_of_value, raw_value=float("nan")
        )[list(FACT_COLUMNS)]
        for measure, column, unit_of_value in TRIPLE_MEASURES
    ]


def _version(name: str, level: str, year: int) -> str:
    if level != "province":
        return ""
    version, _flag = version_on(name, year_end(int(year)))
    return version.key if version else ""


def _frame(rows: Sequence[sa.Row[tuple[object, ...]]], names: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    values = zip(*rows, strict=True) if rows else ((),) * len(names)
    frame = pd.DataFrame({name: list(column) for name, column in zip(names, values, strict=True)})
    numbers = {"value", "raw_value", "area_ha", "yield_t_ha", "production_t"}
    kinds = {
        name: "int64" if name == "year" else "float64" if name in numbers else "str"
        for name in names
    }
    return frame.astype(kinds)
