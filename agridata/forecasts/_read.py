"""Forecasts and advice back out: pages read these and never compute."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.forecasts.models import Advice, SalinityForecast, YieldForecast
from agridata.vocabulary import Utc

__all__ = ["advice_for", "latest_salinity", "yield_for"]


def latest_salinity(
    session: Session, station_key: str, *, until: date | None = None
) -> list[SalinityForecast]:
    """Return the newest forecast of a station, one row per lead, nearest day first.

    Parameters
    ----------
    until
        Local day of "now": forecasts of later origins did not exist then.

    Returns
    -------
    list
        Empty where nothing was issued.
    """
    query = sa.select(sa.func.max(SalinityForecast.origin)).where(
        col(SalinityForecast.station_key) == station_key
    )
    if until is not None:
        query = query.where(col(SalinityForecast.origin) <= until)
    origin = session.scalar(query)
    if origin is None:
        return []
    rows = select(SalinityForecast).where(
        SalinityForecast.station_key == station_key, SalinityForecast.origin == origin
    )
    return list(session.exec(rows.order_by(col(SalinityForecast.lead_days))))


def advice_for(
    session: Session, place_code: str, threshold_gl: float, *, until: Utc | None = None
) -> Advice | None:
    """Return the newest advice to a place for a threshold (g/L); None where none was given.

    Parameters
    ----------
    until
        "Now": later advice did not exist then.
    """
    query = select(Advice).where(
        Advice.place_code == place_code, Advice.threshold_gl == threshold_gl
    )
    if until is not None:
        query = query.where(Advice.as_of <= until)
    return session.exec(query.order_by(col(Advice.as_of).desc()).limit(1)).first()


def yield_for(
    session: Session, unit_name: str, crop: str, season: str, year: int
) -> YieldForecast | None:
    """Return the yield forecast (t/ha) of a unit, crop, season and year; None without one."""
    return session.exec(
        select(YieldForecast).where(
            YieldForecast.unit_name == unit_name,
            YieldForecast.crop == crop,
            YieldForecast.season == season,
            YieldForecast.year == year,
        )
    ).first()
