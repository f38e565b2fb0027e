"""Flags of published months that the general check of one reading cannot give.

A flag never deletes and never changes a value; whatever carries one enters no normal, no derived
value and no advice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from agridata.observations import flag_counts

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["INCONSISTENT", "flag_totals", "settle_flags"]

RANGE = "range"

INCONSISTENT = "inconsistent"
"""A failed check of this room: figures of one month that contradict each other."""

MONTHLY_RAIN_MAX_MM = 5000
"""The wettest month kept here is 2,452 mm (Huế, November 1999); the limit of a day, 2,000 mm,
would flag seven true months."""

MEAN_OFF_MIDDLE_K = 3.0
"""A month's mean temperature lies 0.7 ± 0.5 K below the middle of its mean extremes (37,462
station-months 1961-2017); 3 K off is a typing error in one of the three. Measured."""

UPDATE_ROWS = 10_000
"""Row ids per statement: SQLite binds at most 32,766 values."""


def settle_flags(session: Session, data_set_key: str) -> None:
    """Set the flags of a data set's monthly readings; no commit.

    "range" is taken back from monthly rain that only exceeds the limit of a day;
    "inconsistent" marks the three temperatures of a month that contradict each other.
    """
    reading = SQLModel.metadata.tables["reading"]
    session.execute(
        sa.update(reading)
        .where(
            reading.c.data_set_key == data_set_key,
            reading.c.variable == "rain",
            reading.c.statistic == "monthly_sum",
            reading.c.flag == RANGE,
            reading.c.value.between(0, MONTHLY_RAIN_MAX_MM),
        )
        .values(flag="")
    )
    _flag_ids(session, _contradictions(_temperatures(session, data_set_key)))


def flag_totals(session: Session, data_set_key: str) -> dict[str, int]:
    """Return flag → number of readings of a data set that carry it."""
    reading = SQLModel.metadata.tables["reading"].c
    rows = session.execute(
        sa.select(reading.flag, sa.func.count())
        .where(reading.data_set_key == data_set_key, reading.flag != "")
        .group_by(reading.flag)
    ).all()
    return flag_counts((str(text), int(number)) for text, number in rows)


def _temperatures(session: Session, data_set_key: str) -> pd.DataFrame:
    import pandas as pd

    reading = SQLModel.metadata.tables["reading"].c
    names = ("id", "station_id", "time", "statistic", "value")
    time = sa.type_coerce(reading.time, sa.String())  # only a key here: left as the driver has it
    rows = session.execute(
        sa.select(reading.id, reading.station_id, time, reading.statistic, reading.value).where(
            reading.data_set_key == data_set_key,
            reading.variable == "air_temperature",
            reading.statistic.in_(("monthly_mean", "monthly_mean_max", "monthly_mean_min")),
        )
    ).all()
    return pd.DataFrame(rows, columns=list(names))


def _contradictions(frame: pd.DataFrame) -> list[int]:
    """Return the ids of readings whose month does not fit together."""
    if frame.empty:
        return []
    months = frame.pivot_table(index=["station_id", "time"], columns="statistic", values="value")
    wanted = ["monthly_mean", "monthly_mean_max", "monthly_mean_min"]
    months = months.reindex(columns=wanted).dropna()
    middle = (months["monthly_mean_max"] + months["monthly_mean_min"]) / 2
    off = (months["monthly_mean"] - middle).abs().round(6)  # 27.4 is stored as 300.55 K
    bad = months.index[off > MEAN_OFF_MIDDLE_K]
    keys = frame.set_index(["station_id", "time"]).index
    return [int(one) for one in frame.loc[keys.isin(bad), "id"]]


def _flag_ids(session: Session, ids: Sequence[int]) -> None:
    reading = SQLModel.metadata.tables["reading"]
    for start in range(0, len(ids), UPDATE_ROWS):
        session.execute(
            sa.update(reading)
            .where(reading.c.id.in_(ids[start : start + UPDATE_ROWS]), reading.c.flag == "")
            .values(flag=INCONSISTENT)
        )
