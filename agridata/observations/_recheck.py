"""Flags made again from what is stored: the same checks, with all the data there is now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from agridata.observations._homonyms import homonym_ids
from agridata.observations._quality import (
    CLOCK_DRIFT,
    CONSTANT_SEASON,
    COPIED_YEAR,
    DUPLICATE_STATION,
    FAILURES,
    SEPARATOR,
    SUSPICIONS,
    flag_counts,
    quality_flags,
    split_flags,
)
from agridata.observations._units import VARIABLES
from agridata.vocabulary import Utc

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["QualityReport", "check_quality", "check_recent"]

RECENT = timedelta(days=3)
"""How far back new readings can change the flags of their neighbours."""

LOOKED_AT = timedelta(days=7)
"""What is read for it: the first of the recent readings need their neighbours too."""

WHOLE_SERIES_ONLY = frozenset({CONSTANT_SEASON, COPIED_YEAR, DUPLICATE_STATION, CLOCK_DRIFT})
"""Found by `check_quality` alone; `check_recent` leaves them as they are."""


@dataclass(slots=True)
class QualityReport:
    """Outcome of a check: readings looked at, flags there are now, readings whose flags changed."""

    readings: int = 0
    changed: int = 0
    flagged: Counter[str] = field(default_factory=Counter)
    by_station: dict[str, Counter[str]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``agridata observe qc``."""
        return {
            "readings": self.readings,
            "changed": self.changed,
            "flagged": dict(self.flagged),
            "by_station": {key: dict(one) for key, one in self.by_station.items()},
        }


def check_quality(
    session: Session, *, station: int | None = None, variables: Sequence[str] | None = None
) -> QualityReport:
    """Recompute the flags of stored readings over all data sets; the caller commits.

    Values never change, no reading goes. A second run changes nothing.

    Parameters
    ----------
    station
        Id of the only station whose flags are written; the others are still compared.
    variables
        Only these; None means every variable there is.
    """
    report = QualityReport()
    shared = homonym_ids(session)
    for variable, statistic in _series_kinds(session):
        if variable not in VARIABLES or (variables is not None and variable not in variables):
            continue
        frame = _frame(session, variable, statistic)
        found = quality_flags(
            VARIABLES[variable], frame["station"], frame["time"], frame["value"],
            statistic=statistic, received=frame["received"], homonyms=shared,
        )  # fmt: skip
        frame[["new_flag", "new_suspect"]] = found[["flag", "suspect"]]
        _write(session, frame if station is None else frame[frame["station"] == station], report)
    _name_stations(session, report)
    return report


def check_recent(session: Session, stations: Sequence[int], now: Utc) -> QualityReport:
    """Recompute what neighbours in time show, for the last days of `stations`; no commit.

    Run after readings came in over the network; season-long checks wait for
    `check_quality`.
    """
    report = QualityReport()
    kinds = [one for one in _series_kinds(session, stations) if one[0] in VARIABLES]
    for variable, statistic in kinds:
        frame = _frame(session, variable, statistic, stations, Utc(now - LOOKED_AT))
        found = quality_flags(
            VARIABLES[variable], frame["station"], frame["time"], frame["value"],
            statistic=statistic, received=frame["received"], whole_series=False,
        )  # fmt: skip
        for name, order in (("flag", FAILURES), ("suspect", SUSPICIONS)):
            frame[f"new_{name}"] = [
                _merged(old, new, order) for old, new in zip(frame[name], found[name], strict=True)
            ]
        _write(session, frame[frame["time"] >= now - RECENT], report)
    _name_stations(session, report)
    return report


def _merged(old: str, new: str, order: Sequence[str]) -> str:
    """Return the new names and those of the old ones that only a whole series shows."""
    names = {*split_flags(new), *(WHOLE_SERIES_ONLY & set(split_flags(old)))}
    return SEPARATOR.join(name for name in order if name in names)


def _series_kinds(session: Session, stations: Sequence[int] | None = None) -> list[tuple[str, str]]:
    reading = SQLModel.metadata.tables["reading"].c
    query = sa.select(reading.variable, reading.statistic).distinct()
    if stations is not None:
        query = query.where(reading.station_id.in_(list(stations)))
    return sorted((variable, statistic) for variable, statistic in session.execute(query))


def _frame(
    session: Session,
    variable: str,
    statistic: str,
    stations: Sequence[int] | None = None,
    since: Utc | None = None,
) -> pd.DataFrame:
    import pandas as pd

    reading = SQLModel.metadata.tables["reading"].c
    names = ("id", "station", "time", "value", "flag", "suspect", "received")
    query = sa.select(
        reading.id, reading.station_id, reading.time, reading.value, reading.flag,
        reading.suspect, reading.received_at,
    ).where(reading.variable == variable, reading.statistic == statistic)  # fmt: skip
    if stations is not None:
        query = query.where(reading.station_id.in_(list(stations)))
    if since is not None:
        query = query.where(reading.time >= since)
    rows = session.execute(query).all()
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    frame = pd.DataFrame({name: list(one) for name, one in zip(names, columns, strict=True)})
    for name in ("time", "received"):
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    return frame


def _write(session: Session, frame: pd.DataFrame, report: QualityReport) -> None:
    """Store the flags that differ and count all that hold."""
    reading = SQLModel.metadata.tables["reading"]
    differs = (frame["flag"] != frame["new_flag"]) | (frame["suspect"] != frame["new_suspect"])
    changed = frame.loc[differs, ["id", "new_flag", "new_suspect"]]
    if len(changed):
        session.execute(
            sa.update(reading)
            .where(reading.c.id == sa.bindparam("row"))
            .values(flag=sa.bindparam("new_flag"), suspect=sa.bindparam("new_suspect")),
            [
                {"row": int(row), "new_flag": flag, "new_suspect": suspect}
                for row, flag, suspect in changed.itertuples(index=False)
            ],
        )
    report.readings += len(frame)
    report.changed += len(changed)
    for names in ("new_flag", "new_suspect"):
        marked = frame.loc[frame[names] != "", ["station", names]]
        pairs = Counter(zip(marked["station"].tolist(), marked[names].tolist(), strict=True))
        for (station, text), number in pairs.items():
            single = flag_counts([(text, number)])
            report.flagged.update(single)
            report.by_station.setdefault(str(station), Counter()).update(single)


def _name_stations(session: Session, report: QualityReport) -> None:
    """Put keys in the place of ids."""
    station = SQLModel.metadata.tables["station"].c
    ids = [int(one) for one in report.by_station]
    keys = {
        str(number): key
        for number, key in session.execute(
            sa.select(station.id, station.key).where(station.id.in_(ids))
        )
    }
    report.by_station = {
        keys[number]: report.by_station[number]
        for number in sorted(report.by_station, key=keys.__getitem__)
    }
