"""Published weather tables into stations and readings: every row stored, or rejected with why.

The tables name stations by place and (the monthly one) spread the time over two columns. They
are rewritten with station keys and one time column, row for row, and handed to the intake of
`agridata.observations`, so that its checks, flags and counts hold here too.
"""

from __future__ import annotations

import csv
import gzip
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from agridata.environment._flags import flag_totals, settle_flags
from agridata.environment._kinds import MODELLED, OFFICIAL, place_name
from agridata.errors import UsageError
from agridata.observations import (
    ReadingSpec,
    Station,
    Table,
    ValueColumn,
    import_readings,
    import_stations,
    read_table,
    require_columns,
    require_rows,
)
from agridata.storage import ImportReport, SourceInfo
from agridata.vocabulary import Utc, search_key

__all__ = ["LAYOUTS", "WeatherLayout", "import_weather", "import_weather_stations"]

STATION_COLUMNS = ("station", "name", "lon", "lat", "place", "coord_source")


@dataclass(frozen=True, slots=True)
class WeatherLayout:
    """How a published weather table is read.

    `time_columns` are joined with "-" (a month stands at its first day); `prefix` begins the
    keys of its stations; `makes_places` says that the table itself is the list of stations.
    """

    prefix: str
    station_column: str
    time_columns: tuple[str, ...]
    values: tuple[ValueColumn, ...]
    makes_places: bool = False


LAYOUTS: Mapping[str, WeatherLayout] = {
    "imhen_monthly": WeatherLayout(
        OFFICIAL, "station", ("year", "month"),
        (
            ValueColumn("Ta", "air_temperature", "°C", "monthly_mean"),
            ValueColumn("Tx", "air_temperature", "°C", "monthly_mean_max"),
            ValueColumn("Tm", "air_temperature", "°C", "monthly_mean_min"),
            ValueColumn("Rf", "rain", "mm", "monthly_sum"),
            ValueColumn("aH", "absolute_humidity", "g/m3", "monthly_mean"),
            ValueColumn("rH", "relative_humidity", "%", "monthly_mean"),
            ValueColumn("Sh", "sunshine_duration", "h", "monthly_sum"),
        ),
    ),
    "wwo_daily": WeatherLayout(
        MODELLED, "province", ("date",),
        (
            ValueColumn("max", "air_temperature", "°C", "daily_max"),
            ValueColumn("min", "air_temperature", "°C", "daily_min"),
            ValueColumn("rain", "rain", "mm", "daily_sum"),
            ValueColumn("humidi", "relative_humidity", "%", "daily_mean"),
        ),
        makes_places=True,
    ),
}  # fmt: skip
"""Preset → layout. Ta, Tx, Tm are monthly means of the daily mean, highest and lowest temperature,
Rf and Sh monthly sums (choisy/imhen, R/data.R). Of the daily product, wind, cloud and pressure
are left out: it does not say which statistic of the day they are."""


def import_weather_stations(
    session: Session, path: Path, info: SourceInfo, now: Utc
) -> ImportReport:
    """Store the official stations of a table ``station, lon, latitude``; the caller commits.

    They get no commune: pages of a commune look for salinity stations in it, and a weather
    station speaks for all communes around.

    Raises
    ------
    InputError
        If the file is no table or lacks a column.
    """
    table = read_table(path)
    require_columns(table, ("station", "lon", "latitude"))
    require_rows(table)
    frame = table.frame
    made = {
        int(str(number)): [
            _key(OFFICIAL, plain), f"Trạm khí tượng {place_name(plain)}" if plain else "", lon, lat,
            "official station", f"{path.name}" if lon else "",
        ]
        for number, plain, lon, lat in zip(
            frame.index, frame["station"], frame["lon"], frame["latitude"], strict=True
        )
    }  # fmt: skip
    with _rewritten(table, STATION_COLUMNS, made) as plain_table:
        return import_stations(session, plain_table, info, now)


def import_weather(
    session: Session, path: Path, layout: str, info: SourceInfo, now: Utc
) -> ImportReport:
    """Store a published weather table; the caller commits.

    Parameters
    ----------
    layout
        Name in `LAYOUTS`.
    now
        Readings after it are rejected.

    Returns
    -------
    ImportReport
        Counted in rows of the file: ``rows == imported + len(rejected)``; `flagged` counts
        readings, after the flags of `settle_flags`.

    Raises
    ------
    InputError
        As `agridata.observations.import_readings`.
    UsageError
        If there is no such layout.
    """
    if layout not in LAYOUTS:
        raise UsageError(
            f"no weather layout is called {layout!r}", field="--preset",
            fix=f"use one of {', '.join(LAYOUTS)}", problem_vi=f"không có mẫu {layout!r}",
            fix_vi=f"hãy dùng một trong {', '.join(LAYOUTS)}",
        )  # fmt: skip
    given = LAYOUTS[layout]
    table = read_table(path)
    columns = [given.station_column, *given.time_columns, *(one.column for one in given.values)]
    require_columns(table, columns)
    require_rows(table)
    if given.makes_places:
        _store_places(session, table, given, info, now)
    spec = ReadingSpec("time", given.values, "station")
    with _rewritten(table, *_reading_rows(table, given)) as plain_table:
        report = import_readings(session, plain_table, spec, info, now)
    settle_flags(session, info.key)
    return replace(report, flagged=Counter(flag_totals(session, info.key)))


def _key(prefix: str, plain: str) -> str:
    return prefix + search_key(plain).replace(" ", "_") if plain else ""


def _reading_rows(
    table: Table, layout: WeatherLayout
) -> tuple[tuple[str, ...], dict[int, list[str]]]:
    """Return the columns and rows (by row number) with station keys and one time column."""
    frame = table.frame
    names = [one.column for one in layout.values]
    keys = {plain: _key(layout.prefix, plain) for plain in frame[layout.station_column].unique()}
    rows: dict[int, list[str]] = {}
    cells = frame[[layout.station_column, *layout.time_columns, *names]]
    for row in cells.itertuples(name=None):
        number, plain, *rest = row
        parts = rest[: len(layout.time_columns)]
        rows[int(number)] = [keys[plain], _time(parts), *rest[len(parts) :]]
    return ("station", "time", *names), rows


def _time(parts: list[str]) -> str:
    """Return the day a row stands for; what is none stays as written, and is rejected as such."""
    if len(parts) == 1:
        return parts[0]
    year, month = parts
    return f"{year}-{month.zfill(2)}-01" if year and month else year


def _store_places(
    session: Session, table: Table, layout: WeatherLayout, info: SourceInfo, now: Utc
) -> None:
    """Store the places of a product that brings no positions: those of the stations so called."""
    names = [name for name in table.frame[layout.station_column].unique() if name]
    rows = {
        number: _place_row(session, layout.prefix, name)
        for number, name in enumerate(sorted(names), start=2)
    }
    listed = replace(
        info, key=f"{info.key}.places", kind="weather_stations",
        title_vi=f"Nơi tính: {info.title_vi}", title_en=f"Places of: {info.title_en}",
    )  # fmt: skip
    with _rewritten(None, STATION_COLUMNS, rows) as places:
        import_stations(session, places, listed, now)


def _place_row(session: Session, prefix: str, plain: str) -> list[str]:
    twin = session.exec(select(Station).where(Station.key == _key(OFFICIAL, plain))).first()
    known = twin is not None and twin.min_lon is not None
    lon, lat = (str(twin.min_lon), str(twin.min_lat)) if twin is not None and known else ("", "")
    source = "position of the official station of that name" if known else ""
    return [
        _key(prefix, plain), f"{place_name(plain)} (WWO)", lon, lat,
        "place of a modelled product", source,
    ]  # fmt: skip


@contextmanager
def _rewritten(
    table: Table | None, columns: Iterable[str], rows: Mapping[int, list[str]]
) -> Iterator[Path]:
    """Give a file under the table's name whose rows stand where the original ones stand.

    A row that the original could not give (too few cells) is written as one cell, so that it is
    rejected again and counted once.
    """
    name = "places.csv" if table is None else table.name
    if not name.lower().endswith((".csv", ".csv.gz")):
        name += ".csv"
    broken = {_row_number(one.where) for one in table.rejected} if table is not None else set()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        with _opened(path) as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(columns)
            for number in range(2, max([*rows, *broken], default=1) + 1):
                writer.writerow(rows.get(number, ["?"] if number in broken else []))
        yield path


def _row_number(where: str) -> int:
    number = where.rpartition(":")[2]
    return int(number) if number.isdigit() else 0


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open for text; the same rows give the same bytes, so that a second import is known."""
    if path.suffix != ".gz":
        with path.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        return
    import io

    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as stream,
    ):
        yield stream
