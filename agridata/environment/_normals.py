"""What is usual in a month: mean and 10-90 % range over the years of a station."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean, quantiles

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from agridata.environment._kinds import SourceKind
from agridata.environment._near import NearStation, stations_near
from agridata.vocabulary import LonLat, Utc, local_date, local_midnight

__all__ = ["MonthlyNormal", "monthly_values", "nearest_normal", "normal_of", "normals_of_year"]

NORMAL_YEARS = 30
"""A climatological normal is a mean over 30 years (WMO-No. 1203)."""

MIN_YEARS = 10
"""Fewer years give no normal; 10 are the least for a provisional one (WMO-No. 1203)."""

NORMAL_REACH_KM = 100.0
"""Means of a month differ between stations 75-100 km apart by 0.3 °C and 25 mm (median of 19
pairs in the south, 1988-2017): still a normal of the place."""

OFFICIAL_ONLY: tuple[SourceKind, ...] = ("official",)


@dataclass(frozen=True, slots=True)
class MonthlyNormal:
    """Mean and 10-90 % range of one month at one station, in the storage unit.

    `years` values from `first_year` to `last_year`, at most `NORMAL_YEARS` of them.
    """

    station: NearStation
    variable: str
    statistic: str
    month: int
    unit: str
    mean: float
    p10: float
    p90: float
    years: int
    first_year: int
    last_year: int
    data_set_key: str


@dataclass(frozen=True, slots=True)
class MonthValue:
    """One month's value of a series."""

    year: int
    month: int
    value: float
    unit: str
    data_set_key: str


def monthly_values(
    session: Session, station_id: int, variable: str, statistic: str, *, before: Utc
) -> list[MonthValue]:
    """Return the possible months of a series that had ended at `before`, in order of time.

    Readings flagged "range" or "inconsistent" are left out.
    """
    reading = SQLModel.metadata.tables["reading"].c
    rows = session.execute(
        sa.select(reading.time, reading.value, reading.unit, reading.data_set_key)
        .where(
            reading.station_id == station_id,
            reading.variable == variable,
            reading.statistic == statistic,
            reading.time < _this_month(before),
            reading.flag == "",
        )
        .order_by(reading.time)
    ).all()
    days = [local_date(row.time) for row in rows]
    return [
        MonthValue(day.year, day.month, row.value, row.unit, row.data_set_key)
        for day, row in zip(days, rows, strict=True)
    ]


def normal_of(
    values: Sequence[MonthValue], station: NearStation, variable: str, statistic: str, month: int
) -> MonthlyNormal | None:
    """Return the normal of a month from a series, None with fewer than `MIN_YEARS` years.

    The last `NORMAL_YEARS` values of that month are used. The range is the 10 % and 90 %
    quantile, linear between order statistics (type 7 of Hyndman and Fan 1996).
    """
    of_month = [one for one in values if one.month == month][-NORMAL_YEARS:]
    if len(of_month) < MIN_YEARS:
        return None
    numbers = [one.value for one in of_month]
    tenths = quantiles(numbers, n=10, method="inclusive")
    return MonthlyNormal(
        station, variable, statistic, month, of_month[0].unit, fmean(numbers), tenths[0],
        tenths[-1], len(numbers), of_month[0].year, of_month[-1].year,
        of_month[-1].data_set_key,
    )  # fmt: skip


def nearest_normal(
    session: Session,
    position: LonLat,
    variable: str,
    statistic: str,
    month: int,
    *,
    before: Utc,
    kinds: Sequence[SourceKind] = OFFICIAL_ONLY,
) -> MonthlyNormal | None:
    """Return the normal of a month at the nearest station that has one.

    Parameters
    ----------
    position
        The place asked about.
    month
        1 to 12.
    before
        Months that had not ended then are not known.
    kinds
        Which sources may speak; by default official stations only.

    Returns
    -------
    MonthlyNormal or None
        None where no station within `NORMAL_REACH_KM` has `MIN_YEARS` years.
    """
    normals = normals_of_year(
        session, position, variable, statistic, before=before, kinds=kinds, months=(month,)
    )
    return normals.get(month)


def normals_of_year(
    session: Session,
    position: LonLat,
    variable: str,
    statistic: str,
    *,
    before: Utc,
    kinds: Sequence[SourceKind] = OFFICIAL_ONLY,
    months: Sequence[int] = tuple(range(1, 13)),
) -> dict[int, MonthlyNormal]:
    """Return month → normal, all of one station: the nearest that has the first month asked."""
    near = stations_near(session, position, variable, statistic, within_km=NORMAL_REACH_KM)
    for station in near:
        if station.kind not in kinds:
            continue
        values = monthly_values(session, station.id, variable, statistic, before=before)
        found = {
            month: normal
            for month in months
            if (normal := normal_of(values, station, variable, statistic, month)) is not None
        }
        if months[0] in found:
            return found
    return {}


def _this_month(moment: Utc) -> Utc:
    day = local_date(moment)
    return local_midnight(date(day.year, day.month, 1))
