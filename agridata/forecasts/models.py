"""Forecasts and advice as they were issued, so that pages read and never compute them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from agridata.storage import UtcDateTime

__all__ = ["Advice", "SalinityForecast", "YieldForecast"]


class SalinityForecast(SQLModel, table=True):
    """Daily maximum salinity (g/L, local day) at a station, one row per lead.

    `origin` is a local day: only readings before its midnight were known, so lead 1 is
    the origin day itself. `baselines` maps name → g/L; `backtest` holds the scores at
    this lead ``{model: {rmse, coverage90, n}, persistence: {rmse}, …, shown: name}``.
    Where the model does not beat the best baseline, `method` names the baseline shown.
    """

    __tablename__ = "salinity_forecast"
    __table_args__ = (sa.UniqueConstraint("station_key", "origin", "lead_days"),)

    id: int | None = Field(default=None, primary_key=True)
    station_key: str = Field(foreign_key="station.key", index=True)
    origin: date
    lead_days: int
    valid_date: date
    p05: float
    p10: float
    p50: float
    p90: float
    p95: float
    mean: float
    prob_ge_1: float
    prob_ge_4: float
    method: str
    baselines: dict[str, float | None] = Field(sa_type=sa.JSON)
    backtest: dict[str, Any] = Field(sa_type=sa.JSON)
    simulated: bool


class YieldForecast(SQLModel, table=True):
    """Yield of one unit and season, t/ha, from figures of earlier years only.

    `last_known_year` says how far the figures reach; a larger gap widens the interval.
    """

    __tablename__ = "yield_forecast"
    __table_args__ = (sa.UniqueConstraint("unit_name", "crop", "season", "year"),)

    id: int | None = Field(default=None, primary_key=True)
    unit_name: str = Field(index=True)
    crop: str
    season: str
    year: int
    last_known_year: int
    p05: float
    p50: float
    p95: float
    mean: float
    method: str
    baselines: dict[str, float | None] = Field(sa_type=sa.JSON)
    backtest: dict[str, Any] = Field(sa_type=sa.JSON)
    simulated: bool


class Advice(SQLModel, table=True):
    """What a place was told about its intake, and on what it rested.

    `status` is ``advice`` or ``unknown``; `windows` is a list of
    ``{from, to, prob_safe}`` (ISO times with offset). `station_key` is None where the
    place has no station with readings.
    """

    __tablename__ = "advice"
    __table_args__ = (sa.UniqueConstraint("place_code", "as_of", "threshold_gl"),)

    id: int | None = Field(default=None, primary_key=True)
    place_code: str = Field(index=True)
    station_key: str | None = None
    as_of: datetime = Field(sa_type=UtcDateTime)
    threshold_gl: float
    status: str
    last_reading_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_value_gl: float | None = None
    data_age_hours: float | None = None
    windows: list[dict[str, Any]] = Field(sa_type=sa.JSON)
    sentence_vi: str
    sentence_en: str
    simulated: bool
