"""Published area, yield and production by unit, crop, season and year."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

__all__ = ["CropStatistic"]


class CropStatistic(SQLModel, table=True):
    """One figure triple; `unit_name` is the name in the statistics as published.

    Units in storage: ha, t/ha, t. `flag` is "" or says which identity fails
    (``production_not_area_times_yield``).
    """

    __tablename__ = "crop_statistic"
    __table_args__ = (UniqueConstraint("unit_name", "crop", "season", "year", "data_set_key"),)

    id: int | None = Field(default=None, primary_key=True)
    unit_name: str = Field(index=True)
    unit_level: str
    crop: str
    season: str
    year: int
    area_ha: float
    yield_t_ha: float
    production_t: float
    flag: str = ""
    data_set_key: str = Field(foreign_key="data_set.key", index=True)
