"""Days from hours, months from days: computed once by a command, read by pages.

A derived value stands beside the readings it was made of, in a data set of its own whose name
says where it comes from. A day or month with a gap is not made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from agridata.errors import NotFoundError
from agridata.storage import DataSet, SourceInfo, is_loaded, record_data_set, stored_report
from agridata.vocabulary import LOCAL_ZONE, Utc

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["derive_days", "derive_months"]

HOURS_OF_A_DAY = 24

METHOD = "2"
"""Number of this way to compute; another number computes everything again."""

DAYS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "air_temperature": (("daily_max", "max"), ("daily_min", "min"), ("daily_mean", "mean")),
    "rain": (("daily_sum", "sum"),),
}
"""Hourly variable → (statistic of the day, how it is computed)."""

MONTHS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("air_temperature", "daily_max"): ("monthly_mean_max", "mean"),
    ("air_temperature", "daily_min"): ("monthly_mean_min", "mean"),
    ("air_temperature", "daily_mean"): ("monthly_mean", "mean"),
    ("rain", "daily_sum"): ("monthly_sum", "sum"),
    ("relative_humidity", "daily_mean"): ("monthly_mean", "mean"),
}
"""Daily series → (statistic of the month, how it is computed)."""


def derive_days(session: Session, data_set_key: str, now: Utc) -> int:
    """Store local days of the hourly temperature and rain of a data set; no commit.

    Parameters
    ----------
    data_set_key
        Its point readings stand at full hours; rain is what fell in the hour that ends at the
        time (as in ERA5), so that the hour from 23 to 24 belongs to the day that ends then.

    Returns
    -------
    int
        Readings stored under ``<key>.daily``; days without 24 readings are left out.

    Raises
    ------
    NotFoundError
        If there is no such data set.
    """
    return _derived(session, data_set_key, "daily", "ngày", now, _days)


def derive_months(session: Session, data_set_key: str, now: Utc) -> int:
    """Store calendar months of the daily readings of a data set; no commit.

    Returns
    -------
    int
        Readings stored under ``<key>.monthly``; months with a missing day are left out.

    Raises
    ------
    NotFoundError
        If there is no such data set.
    """
    return _derived(session, data_set_key, "monthly", "tháng", now, _months)


def _derived(
    session: Session, key: str, step: str, step_vi: str, now: Utc,
    compute: Callable[[Session, str], pd.DataFrame],
) -> int:  # fmt: skip
    parent = session.get(DataSet, key)
    if parent is None:
        raise NotFoundError(
            f"no data set {key!r}", field="key", fix="import it first",
            problem_vi=f"không có bộ dữ liệu {key!r}", fix_vi="hãy nhập trước",
        )  # fmt: skip
    info = SourceInfo(
        f"{key}.{step}", "climate", f"{parent.title_vi}, tính theo {step_vi}",
        f"{parent.title_en}, computed {step} values", f"computed from {key}: {parent.source}",
        parent.licence, parent.simulated, parent.as_of,
    )  # fmt: skip
    sha256 = hashlib.sha256(f"{parent.sha256} {step} {METHOD}".encode()).hexdigest()
    if is_loaded(session, info.key, sha256):
        return stored_report(session, info.key).imported
    frame = compute(session, key)
    record_data_set(session, info, sha256, now)
    reading = SQLModel.metadata.tables["reading"]
    session.execute(sa.delete(reading).where(reading.c.data_set_key == info.key))
    rows = _rows(frame, info.key)
    if rows:
        session.execute(sa.insert(reading), rows)
    record_data_set(session, info, sha256, now, rows=len(rows))
    return len(rows)


def _days(session: Session, key: str) -> pd.DataFrame:
    import pandas as pd

    frame = _readings(session, key, list(DAYS), ["point"])
    hour = pd.Timedelta(hours=1)
    ended = frame["time"] - frame["variable"].map({"rain": hour}).fillna(pd.Timedelta(0))
    frame["day"] = ended.dt.tz_convert(LOCAL_ZONE).dt.normalize()
    parts = [
        _grouped(part, "day", statistic, how, HOURS_OF_A_DAY)
        for variable, wanted in DAYS.items()
        for statistic, how in wanted
        if len(part := frame[frame["variable"] == variable])
    ]
    return pd.concat(parts, ignore_index=True) if parts else frame.iloc[:0]


def _months(session: Session, key: str) -> pd.DataFrame:
    import pandas as pd

    statistics = sorted({statistic for _, statistic in MONTHS})
    frame = _readings(session, key, sorted({name for name, _ in MONTHS}), statistics)
    local = frame["time"].dt.tz_convert(LOCAL_ZONE)
    frame["month"] = local - pd.to_timedelta(local.dt.day - 1, unit="D")
    days = local.dt.days_in_month
    parts = []
    for (variable, daily), (statistic, how) in MONTHS.items():
        here = (frame["variable"] == variable) & (frame["statistic"] == daily)
        if here.any():
            parts.append(_grouped(frame[here], "month", statistic, how, days[here]))
    return pd.concat(parts, ignore_index=True) if parts else frame.iloc[:0]


def _grouped(
    part: pd.DataFrame, by: str, statistic: str, how: str, complete: int | pd.Series[int]
) -> pd.DataFrame:
    """Return one row per station and period in which no value is missing."""
    groups = part.assign(complete=complete).groupby(["station_id", "variable", "unit", by])
    out = groups.agg(value=("value", how), n=("value", "size"), complete=("complete", "first"))
    out = out[out["n"] >= out["complete"]].reset_index().rename(columns={by: "time"})
    return out.assign(statistic=statistic)[
        ["station_id", "variable", "unit", "time", "value", "statistic"]
    ]


def _readings(
    session: Session, key: str, variables: list[str], statistics: list[str]
) -> pd.DataFrame:
    """Return the possible readings of a data set with local-zone aware times."""
    import pandas as pd

    reading = SQLModel.metadata.tables["reading"].c
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    time = sa.type_coerce(
        reading.time, sa.String() if on_sqlite else sa.DateTime(timezone=True)
    )  # a Python call per row would be half of the query
    columns = (
        reading.station_id, reading.variable, reading.unit, time, reading.value, reading.statistic,
    )  # fmt: skip
    rows = session.execute(
        sa.select(*columns).where(
            reading.data_set_key == key,
            reading.variable.in_(variables),
            reading.statistic.in_(statistics),
            reading.flag == "",
        )
    ).all()
    names = ["station_id", "variable", "unit", "time", "value", "statistic"]
    frame = pd.DataFrame([tuple(row) for row in rows], columns=names)
    form = "%Y-%m-%d %H:%M:%S.%f" if on_sqlite else None
    frame["time"] = pd.to_datetime(frame["time"], utc=True, format=form)
    return frame


def _rows(frame: pd.DataFrame, key: str) -> list[dict[str, Any]]:
    if frame.empty:
        return []
    times = frame["time"].dt.tz_convert("UTC").dt.to_pydatetime()
    values = frame["value"].round(9)
    return [
        {
            "station_id": int(station), "variable": variable, "statistic": statistic,
            "time": time, "value": float(value), "unit": unit, "raw_value": float(value),
            "raw_unit": unit, "flag": "", "data_set_key": key,
        }
        for station, variable, statistic, time, value, unit in zip(
            frame["station_id"], frame["variable"], frame["statistic"], times, values,
            frame["unit"], strict=True,
        )
    ]  # fmt: skip
