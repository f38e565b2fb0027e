"""Readings back out: one station's series, or all stations at once for the forecasters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from agridata.errors import InputError
from agridata.observations._stations import find_station
from agridata.observations._units import variable_named
from agridata.vocabulary import LOCAL_ZONE, Utc

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["readings_frame", "series", "write_series"]

DAILY = ("daily_max", "daily_min", "daily_mean")

WRITTEN = (
    "station", "time", "value", "unit", "statistic", "flag", "raw_value", "raw_unit", "method",
)  # fmt: skip
"""Columns of a written series: those of the contract first."""

TEXTS = frozenset({"station", "unit", "flag", "suspect", "raw_unit", "method", "statistic"})


def series(
    session: Session,
    station_key: str,
    variable: str,
    statistic: str | None = None,
    start: Utc | None = None,
    end: Utc | None = None,
) -> pd.DataFrame:
    """Return the readings of one station, in time order.

    Parameters
    ----------
    station_key
        Key of the station, or its name where only one station has it.
    statistic
        None returns every statistic.
    start, end
        Both inclusive.

    Returns
    -------
    DataFrame
        Columns ``time`` (UTC, datetime64[us, UTC]), ``value`` (storage unit), ``unit``,
        ``flag`` (failed checks), ``suspect`` (suspicions), ``raw_value``, ``raw_unit``,
        ``method``, ``statistic``; empty where nothing was measured, which is not the same
        as an unknown station.

    Raises
    ------
    NotFoundError
        If there is no such station.
    UsageError
        If there is no such variable.
    """
    reading = SQLModel.metadata.tables["reading"].c
    variable_named(variable)
    filters = [
        reading.station_id == find_station(session, station_key).id,
        reading.variable == variable,
    ]
    if statistic is not None:
        filters.append(reading.statistic == statistic)
    if start is not None:
        filters.append(reading.time >= start)
    if end is not None:
        filters.append(reading.time <= end)
    names = (
        "time", "value", "unit", "flag", "suspect", "raw_value", "raw_unit", "method", "statistic",
    )  # fmt: skip
    query = sa.select(*(_plain(session, reading[name]) for name in names)).where(*filters)
    return _frame(session, query.order_by(reading.time, reading.statistic), names)


def readings_frame(
    session: Session,
    variable: str,
    statistics: Sequence[str] = ("point",),
    until: Utc | None = None,
) -> pd.DataFrame:
    """Return the readings of every station, ordered by station and time.

    Parameters
    ----------
    until
        Only what was known at that moment: point readings up to it, daily statistics of
        local days that had ended by then.

    Returns
    -------
    DataFrame
        Columns ``station`` (key), ``time`` (UTC), ``value`` (storage unit), ``flag``
        (failed checks; suspicions are not named here), ``statistic``.

    Raises
    ------
    UsageError
        If there is no such variable.
    """
    tables = SQLModel.metadata.tables
    reading, station = tables["reading"].c, tables["station"].c
    variable_named(variable)
    names = ("station", "time", "value", "flag", "statistic")
    columns = (station.key, *(_plain(session, reading[name]) for name in names[1:]))
    query = (
        sa.select(*columns)
        .join_from(tables["reading"], tables["station"], reading.station_id == station.id)
        .where(reading.variable == variable, reading.statistic.in_(list(statistics)))
    )
    if until is not None:
        ended = until - timedelta(days=1)
        query = query.where(
            reading.time <= until,
            sa.or_(reading.statistic.not_in(DAILY), reading.time <= ended),
        )
    return _frame(session, query.order_by(station.key, reading.time), names)


def write_series(frame: pd.DataFrame, station_key: str, to: Path) -> int:
    """Write a `series` frame to CSV or Parquet and return the number of rows.

    Columns ``station, time, value, unit, statistic, flag, raw_value, raw_unit, method``;
    `time` is ISO 8601 with the province's offset (+07:00), `flag` names failed checks and
    suspicions alike, joined by ";".

    Raises
    ------
    InputError
        If the file name ends in neither .csv nor .parquet, or cannot be written.
    """
    out = frame.assign(
        station=station_key,
        time=[moment.isoformat() for moment in frame["time"].dt.tz_convert(LOCAL_ZONE)],
        flag=(frame["flag"] + ";" + frame["suspect"]).str.strip(";"),
    )
    out = out[list(WRITTEN)]
    suffix = to.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise InputError(
            f"{suffix or 'no suffix'} is not a format for series", where=str(to), field="--out",
            fix="end the name in .csv or .parquet",
            problem_vi="định dạng không được hỗ trợ", fix_vi="hãy dùng đuôi .csv hoặc .parquet",
        )  # fmt: skip
    try:
        if suffix == ".csv":
            out.to_csv(to, index=False, lineterminator="\n")
        else:
            out.to_parquet(to, index=False)
    except OSError as error:
        raise InputError(
            f"cannot be written: {error}", where=str(to), field="--out", fix="check the folder",
            problem_vi="không ghi được tệp", fix_vi="hãy kiểm tra thư mục",
        ) from error  # fmt: skip
    return len(out)


def _plain(session: Session, column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Read times as the driver gives them: a Python call per row is half of the query."""
    if column.name != "time":
        return column
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    return sa.type_coerce(column, sa.String() if on_sqlite else sa.DateTime(timezone=True))


def _frame(session: Session, query: sa.Select[Any], names: Sequence[str]) -> pd.DataFrame:
    """Return the rows of `query` as a frame with UTC times."""
    import pandas as pd

    rows = session.execute(query).all()
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    frame = pd.DataFrame({name: list(values) for name, values in zip(names, columns, strict=True)})
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    form = "%Y-%m-%d %H:%M:%S.%f" if on_sqlite else None
    frame["time"] = pd.to_datetime(frame["time"], utc=True, format=form).astype(
        "datetime64[us, UTC]"
    )
    for name in {"value", "raw_value"} & set(names):
        frame[name] = frame[name].astype("float64")
    for name in TEXTS & set(names):
        frame[name] = frame[name].astype("str")
    return frame
