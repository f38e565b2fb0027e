"""Published statistics: figure triples of crops, and single figures of everything else."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

__all__ = ["CropStatistic", "Statistic"]


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


class Statistic(SQLModel, table=True):
    """One published figure: a unit, a subject, what was measured of it, season and year.

    `unit_name` is the name as published; `unit_code` and `unit_version` say which
    administrative unit that was in that year (``92@2004-01-01``: code @ first day of
    validity), None and "" where it could not be resolved. `value` is in `unit` (the
    measure's unit in storage: ha, t/ha, t, heads, m3 …); `raw_value` and `raw_unit` are
    as published. `flag` is "" or a comma-separated list: ``zero`` (not grown, not kept,
    or less than the last digit of the table shows), ``before_unit_existed``
    (back-calculated by the publisher), ``after_unit_ended``.
    """

    __tablename__ = "statistic"
    __table_args__ = (
        UniqueConstraint(
            "unit_name", "unit_level", "subject", "measure", "season", "year", "data_set_key"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    unit_name: str = Field(index=True)
    unit_level: str
    unit_code: str | None = Field(default=None, index=True)
    unit_version: str = ""
    subject: str = Field(index=True)
    measure: str
    season: str
    year: int
    value: float
    unit: str
    raw_value: float
    raw_unit: str
    flag: str = ""
    data_set_key: str = Field(foreign_key="data_set.key", index=True)
