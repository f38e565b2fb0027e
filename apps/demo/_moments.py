"""As of when each kind of data is shown: data of different years are not joined as one season."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.errors import InputError
from agridata.observations import readings_frame
from agridata.statistics.models import CropStatistic
from agridata.storage import DataSet
from agridata.vocabulary import LOCAL_ZONE, Utc, parse_as_of, to_local, to_utc
from apps.demo._sources import SourceFile

__all__ = ["Moments", "choose_moments"]

REPLAY_MONTH, REPLAY_DAY, REPLAY_HOUR = 4, 1, 6
"""A real dry season is replayed on the morning of 1 April: the heart of the intrusion."""

STATIONS_FOR_A_SEASON = 5
"""A year counts as observed if this many stations report two-hourly in it."""

WATER_KINDS = ("stations", "salinity", "water_level", "discharge", "weather")


@dataclass(frozen=True, slots=True)
class Moments:
    """The moment of each subject; `season_year` is the winter-spring season that is traded."""

    water: Utc
    air: Utc
    trade: Utc
    last_statistics_year: int

    @property
    def season_year(self) -> int:
        """Year in which the traded winter-spring rice is harvested."""
        return to_local(self.trade).year

    def as_dict(self) -> dict[str, str]:
        """Return ISO times with the province's offset, for the report."""
        named = {"water": self.water, "air": self.air, "trade": self.trade}
        return {name: to_local(value).isoformat() for name, value in named.items()} | {
            "statistics": str(self.last_statistics_year)
        }


def choose_moments(
    session: Session, sources: dict[str, list[SourceFile]], as_of: Utc | None
) -> Moments:
    """Take ``--as-of``, else what the samples record, else what the real data allow.

    Real data: water on the morning of 1 April of the last season with two-hourly readings at five
    stations or more (or at the last reading, if earlier); air and trade at the end of the last
    scene's month.
    """
    recorded = max(
        (one.info.as_of for group in sources.values() for one in group if one.info.as_of),
        default=None,
    )
    given = as_of or (to_utc(recorded) if recorded else None)
    last_year = session.scalar(sa.select(sa.func.max(CropStatistic.year))) or 0
    if given is not None:
        moments = Moments(given, given, given, _years_before(given, last_year))
    else:
        water, air = _water_moment(session), _air_moment(sources)
        moments = Moments(water, air or water, air or water, last_year)
    _record(session, moments)
    return moments


def _years_before(moment: Utc, last_year: int) -> int:
    """Return the last year whose figures exist at `moment`: never the current one."""
    return min(last_year, to_local(moment).year - 1)


def _water_moment(session: Session) -> Utc:
    frame = readings_frame(session, "water_salinity", ("point",), None)
    if frame.empty:
        raise InputError(
            "no two-hourly salinity readings are stored", field="salinity_bihourly",
            fix="give a folder with salinity_vn/salinity_bihourly_*, or --as-of",
            problem_vi="chưa có số đo mặn hai giờ một lần",
            fix_vi="hãy cho thư mục có salinity_vn/salinity_bihourly_*, hoặc --as-of",
        )  # fmt: skip
    years = frame["time"].dt.tz_convert(LOCAL_ZONE).dt.year
    stations = frame["station"].groupby(years).nunique()
    seasons = [int(str(year)) for year, count in stations.items() if count >= STATIONS_FOR_A_SEASON]
    year = max(seasons, default=int(years.max()))
    last = to_utc(frame["time"][years == year].max().to_pydatetime())
    morning = datetime.combine(date(year, REPLAY_MONTH, REPLAY_DAY), time(REPLAY_HOUR))
    return min(to_utc(morning), Utc(last + timedelta(hours=1)))


def _air_moment(sources: dict[str, list[SourceFile]]) -> Utc | None:
    """Return the last second of the month of the newest scene file (`…_YYYY_MM.tif`)."""
    months = [one.path.stem.split("_")[-2:] for one in sources.get("scene", ())]
    numbers = [(int(year), int(month)) for year, month in months if (year + month).isdigit()]
    if not numbers:
        return None
    year, month = max(numbers)
    following = date(year + month // 12, month % 12 + 1, 1)
    return parse_as_of((following - timedelta(days=1)).isoformat())


def _record(session: Session, moments: Moments) -> None:
    """Note the moments with the data sets, so that every page finds them."""
    for row in session.exec(select(DataSet)).all():
        if row.kind in WATER_KINDS:
            row.as_of = moments.water
        elif row.kind == "statistics":
            row.as_of = moments.trade
        session.add(row)
    session.flush()


def record_kind(session: Session, kind: str, moment: Utc) -> None:
    """Note the moment of one kind of data set."""
    session.execute(sa.update(DataSet).where(col(DataSet.kind) == kind).values(as_of=moment))
