"""Readings from files: checked column by column, flagged, stored in bulk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, select

from agridata.errors import Finding, UsageError
from agridata.observations import _reasons as reasons
from agridata.observations._cells import parse_numbers, parse_times, zone_named
from agridata.observations._conductivity import Converter, Salinity, salinity_of_rows
from agridata.observations._homonyms import homonym_ids
from agridata.observations._quality import flag_counts, quality_flags
from agridata.observations._specs import PRESETS, ReadingSpec, ValueColumn
from agridata.observations._stations import add_special_station, find_station
from agridata.observations._stored import unchanged_report
from agridata.observations._tables import Table, read_table, require_columns, require_rows
from agridata.observations._units import (
    STATISTICS,
    VARIABLES,
    Conversion,
    Variable,
    conversion,
    measures_conductivity,
)
from agridata.observations._units import variable_named as _variable_named
from agridata.observations.models import Station
from agridata.storage import ImportReport, SourceInfo, record_data_set, sha256_of
from agridata.vocabulary import Utc

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["import_readings"]

INSERT_ROWS = 20_000
"""Rows per INSERT round: keeps the parameter lists of a large file small in memory."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A value column with its variable and conversion resolved.

    Where salinity was read as conductivity, `conversion` leads to dS/m.
    """

    given: ValueColumn
    variable: Variable
    conversion: Conversion
    is_conductivity: bool = False


def import_readings(
    session: Session,
    path: Path,
    spec: ReadingSpec,
    info: SourceInfo,
    now: Utc,
    *,
    convert: Converter | None = None,
) -> ImportReport:
    """Store the readings of a table under data set `info.key`; the caller commits.

    Parameters
    ----------
    path
        CSV, CSV.gz, Excel or Parquet, see `read_table`.
    spec
        What the columns mean (`PRESETS`, or one's own).
    now
        Readings after it are rejected.
    convert
        Gives the salinity of a conductivity at a temperature; without it a column of
        conductivity is refused for salinity.

    Returns
    -------
    ImportReport
        Counted in rows of the file: ``rows == imported + len(rejected)``, a row that
        yields several readings counts once. `flagged` counts readings by failed check and
        by suspicion; one reading may count under several names. The same bytes
        read the same way are not read twice, unless rows had been rejected; other bytes
        replace the readings of the data set.

    Raises
    ------
    InputError
        If the file is no table, lacks a column, has no rows, or names a station or unit
        that is not known. A bad row is not raised but rejected with its reason: times
        and values that are none, the future, an unknown station, the same station and
        time twice in the file or already stored from another source. A blank cell is
        "not measured"; a row with no value at all is rejected.
    UsageError
        If the variable, statistic or time zone does not exist.
    """
    columns = [_resolved(one, spec, convert) for one in spec.values]
    zone_named(spec.zone)
    sha256 = _fingerprint(path, spec)
    done = unchanged_report(session, info.key, sha256)
    if done is not None:
        done.flagged.update(_stored_flags(session, info.key))
        return done
    table = read_table(path)
    named = [spec.time_column, *(one.column for one in spec.values)]
    named += [one for one in (spec.station_column, spec.temperature_column) if one]
    require_columns(table, named)
    require_rows(table)
    record_data_set(session, info, sha256, now)
    _forget(session, info.key)
    readings, rejected, flagged = _checked(session, table, columns, spec, info, now, convert)
    _insert(session, readings, info.key)
    record_data_set(session, info, sha256, now, table.rows, rejected)
    report = ImportReport(table.rows, table.rows - len(rejected), rejected)
    report.flagged.update(flagged)
    return report


def _resolved(given: ValueColumn, spec: ReadingSpec, convert: Converter | None) -> _Column:
    if given.statistic not in STATISTICS:
        raise UsageError(
            f"no statistic is called {given.statistic!r}",
            field="--statistic",
            fix=f"use one of {', '.join(STATISTICS)}",
        )
    variable = _variable_named(given.variable)
    has_temperature = spec.temperature_column is not None or spec.temperature_c is not None
    if (
        variable.name == "water_salinity"
        and measures_conductivity(given.unit)
        and has_temperature
        and convert is not None
    ):
        read = conversion(VARIABLES["conductivity"], given.unit)
        return _Column(given, variable, read, is_conductivity=True)
    return _Column(given, variable, conversion(variable, given.unit))


def _fingerprint(path: Path, spec: ReadingSpec) -> str:
    """Return the file's SHA-256, mixed with the spec where it is not a preset.

    A file that was read with the wrong unit must be read again with the right one.
    """
    file_hash = sha256_of(path)
    if spec in PRESETS.values():
        return file_hash
    return hashlib.sha256(f"{file_hash}\n{spec!r}".encode()).hexdigest()


def _stored_flags(session: Session, key: str) -> dict[str, int]:
    reading = SQLModel.metadata.tables["reading"].c
    pairs: list[tuple[str, int]] = []
    for names in (reading.flag, reading.suspect):
        counts = session.execute(
            sa.select(names, sa.func.count())
            .where(reading.data_set_key == key, names != "")
            .group_by(names)
        )
        pairs += [(text, count) for text, count in counts]
    return flag_counts(pairs)


def _forget(session: Session, key: str) -> None:
    """Delete what an earlier version of the source left."""
    reading = SQLModel.metadata.tables["reading"]
    session.execute(sa.delete(reading).where(reading.c.data_set_key == key))


def _checked(
    session: Session,
    table: Table,
    columns: list[_Column],
    spec: ReadingSpec,
    info: SourceInfo,
    now: Utc,
    convert: Converter | None,
) -> tuple[list[pd.DataFrame], list[Finding], dict[str, int]]:
    """Return one frame of good readings per column, the rejected rows, the flag counts."""
    checks = reasons.Rejections(table)
    stations = _stations_of_rows(session, table, spec, info, checks)
    times = _times_of_rows(table, columns, spec, now, checks)
    values = {one.given.column: _values_of_rows(table, one, checks) for one in columns}
    salinity = {
        one.given.column: salinity_of_rows(
            table, spec, one.given.column, _scaled(values[one.given.column], one.conversion),
            convert, checks,
        )
        for one in columns
        if one.is_conductivity and convert is not None
    }  # fmt: skip
    _reject_empty_rows(table, columns, checks)
    rows = table.frame.assign(station_id=stations, time=times)
    for one in columns:
        _reject_repeats(session, rows, one, values[one.given.column], info.key, checks)
    good = rows.loc[~rows.index.isin(checks.rows)]
    shared = homonym_ids(session)
    frames = [
        _readings(good, one, values[one.given.column], salinity.get(one.given.column), shared)
        for one in columns
    ]
    flagged = flag_counts(
        (str(text), int(count))
        for frame in frames
        for names in ("flag", "suspect")
        for text, count in frame[names].value_counts().items()
    )
    return frames, [*table.rejected, *checks.findings()], flagged


def _stations_of_rows(
    session: Session, table: Table, spec: ReadingSpec, info: SourceInfo, checks: reasons.Rejections
) -> pd.Series[Any]:
    """Return the station id of every row, rejecting rows of unknown stations."""
    import pandas as pd

    if spec.special is not None:
        one = add_special_station(session, spec.special, info.key, simulated=info.simulated)
        return pd.Series(one.id, index=table.frame.index)
    if spec.station is not None:
        return pd.Series(find_station(session, spec.station).id, index=table.frame.index)
    if spec.station_column is None:
        raise UsageError("no station is named", field="--station", fix="give --station-col COL")
    keys = table.frame[spec.station_column]
    ids: dict[str, Any] = dict(session.exec(select(Station.key, Station.id)).all())
    checks.add(keys.eq(""), spec.station_column, reasons.no_station)
    checks.add(~keys.isin([*ids, ""]), spec.station_column, reasons.unknown_station, keys)
    return keys.map(ids)


def _times_of_rows(
    table: Table, columns: list[_Column], spec: ReadingSpec, now: Utc, checks: reasons.Rejections
) -> pd.Series[pd.Timestamp]:
    """Return the moment of every row in UTC; a daily statistic stands at local midnight."""
    import pandas as pd

    text = table.frame[spec.time_column]
    daily = any(one.given.statistic != "point" for one in columns)
    times = parse_times(text, zone_named(spec.zone), whole_days=daily)
    checks.add(times.isna(), spec.time_column, reasons.bad_time, text)
    checks.add(times > pd.Timestamp(now), spec.time_column, reasons.in_future, text)
    return times


def _values_of_rows(table: Table, column: _Column, checks: reasons.Rejections) -> pd.Series[float]:
    """Return the numbers of a value column as sent; NaN where blank or rejected."""
    text = table.frame[column.given.column]
    numbers = parse_numbers(text)
    checks.add(numbers.isna() & text.ne(""), column.given.column, reasons.bad_number, text)
    return numbers


def _reject_empty_rows(table: Table, columns: list[_Column], checks: reasons.Rejections) -> None:
    names = [one.given.column for one in columns]
    blank = (table.frame[names] == "").all(axis=1)
    checks.add(blank, names[0], reasons.no_value)


def _reject_repeats(
    session: Session,
    rows: pd.DataFrame,
    column: _Column,
    values: pd.Series[float],
    data_set_key: str,
    checks: reasons.Rejections,
) -> None:
    """Reject readings whose station and time came before, in the file or from elsewhere."""
    usable = rows.loc[values.notna() & ~rows.index.isin(checks.rows), ["station_id", "time"]]
    again = usable.duplicated()
    if again.any():
        first = usable.assign(row=usable.index).groupby(["station_id", "time"])["row"]
        earlier = first.transform("first").astype("str")
        checks.add(again, column.given.column, reasons.repeated, earlier)
    stored = _stored_elsewhere(session, usable[~again], column, data_set_key)
    if stored is not None:
        checks.add(stored.notna(), column.given.column, reasons.stored_elsewhere, stored)


def _stored_elsewhere(
    session: Session, usable: pd.DataFrame, column: _Column, data_set_key: str
) -> pd.Series[str] | None:
    """Return which other data set already holds each reading; None if none does."""
    import pandas as pd

    if usable.empty:
        return None
    reading = SQLModel.metadata.tables["reading"].c
    found = session.execute(
        sa.select(reading.station_id, reading.time, reading.data_set_key).where(
            reading.station_id.in_([int(one) for one in usable["station_id"].unique()]),
            reading.variable == column.variable.name,
            reading.statistic == column.given.statistic,
            reading.time.between(
                usable["time"].min().to_pydatetime(), usable["time"].max().to_pydatetime()
            ),
            reading.data_set_key != data_set_key,
        )
    ).all()
    if not found:
        return None
    ids, times, keys = zip(*found, strict=True)
    stored = pd.Series(
        keys, index=pd.MultiIndex.from_arrays([ids, pd.to_datetime(list(times), utc=True)])
    )
    wanted = pd.MultiIndex.from_frame(usable)
    return pd.Series(stored.reindex(wanted).to_numpy(), index=usable.index, dtype="object")


def _scaled(raw: pd.Series[float], change: Conversion) -> pd.Series[float]:
    """Return numbers as sent in the unit that `change` leads to."""
    if (change.factor, change.offset) == (1.0, 0.0):
        return raw
    return (raw * change.factor + change.offset).round(9)  # 63 cm is 0.63 m, not 0.63 + 1e-17


def _readings(
    good: pd.DataFrame,
    column: _Column,
    values: pd.Series[float],
    salinity: Salinity | None,
    homonyms: set[int],
) -> pd.DataFrame:
    """Return the rows to insert for one value column, in storage units, with flags."""
    import pandas as pd

    raw = values.loc[good.index].dropna()
    rows = good.loc[raw.index]
    value = _scaled(raw, column.conversion) if salinity is None else salinity.value.loc[raw.index]
    station = rows["station_id"].astype("int64")
    flags = quality_flags(
        column.variable, station, rows["time"], value,
        statistic=column.given.statistic, homonyms=homonyms,
    )  # fmt: skip
    return pd.DataFrame(
        {
            "station_id": station,
            "time": rows["time"],
            "value": value,
            "raw_value": raw,
            "flag": flags["flag"],
            "suspect": flags["suspect"],
            "method": "" if salinity is None else salinity.method.loc[raw.index],
            "variable": column.variable.name,
            "statistic": column.given.statistic,
            "unit": column.variable.unit,
            "raw_unit": column.conversion.unit,
        }
    )


def _insert(session: Session, frames: list[pd.DataFrame], data_set_key: str) -> None:
    """Insert frames of readings through SQLAlchemy Core, which is one executemany per part."""
    statement = sa.insert(SQLModel.metadata.tables["reading"])
    for frame in frames:
        columns = {name: frame[name].tolist() for name in frame.columns if name != "time"}
        columns["time"] = frame["time"].dt.to_pydatetime().tolist()
        names = list(columns)
        rows = [
            {**dict(zip(names, row, strict=True)), "data_set_key": data_set_key}
            for row in zip(*columns.values(), strict=True)
        ]
        for start in range(0, len(rows), INSERT_ROWS):
            session.execute(statement, rows[start : start + INSERT_ROWS])
