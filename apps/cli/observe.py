"""`agridata observe`: stations and readings of files in, series out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agridata.errors import UsageError
from agridata.observations import (
    PRESETS,
    VARIABLES,
    Locate,
    ReadingSpec,
    Station,
    ValueColumn,
    file_stem,
    find_station,
    homonyms,
    import_readings,
    import_stations,
    series,
    variable_named,
    write_series,
)
from agridata.storage import ImportReport, SourceInfo
from agridata.vocabulary import LonLat, Utc, local_date, local_midnight, parse_as_of
from apps.cli._common import (
    AsOf,
    Home,
    Json,
    created,
    emit,
    moment,
    opened,
    readable_file,
)
from apps.cli.observe_network import add_commands

if TYPE_CHECKING:
    from sqlmodel import Session

app = typer.Typer(no_args_is_help=True, help="Import readings of stations; read series back.")
stations_app = typer.Typer(no_args_is_help=True, help="The places where something is measured.")
app.add_typer(stations_app, name="stations")
add_commands(app)

Source = Annotated[str, typer.Option("--source", help="Who published the file.")]
Licence = Annotated[str, typer.Option("--licence", help="Under which licence.")]
Simulated = Annotated[bool, typer.Option("--simulated", help="The values are simulated.")]

COMMUNE = 3

SHOWN_REJECTIONS = 20
"""Lines of reasons on a terminal; ``--json`` has them all."""


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="CSV, CSV.gz, Excel (.xlsx) or Parquet.")],
    preset: Annotated[
        str | None, typer.Option(help=f"Layout of a known file: {', '.join(PRESETS)}.")
    ] = None,
    variable: Annotated[str | None, typer.Option(help=", ".join(VARIABLES))] = None,
    unit: Annotated[str | None, typer.Option(help="Unit of the value column.")] = None,
    station: Annotated[str | None, typer.Option(help="Station of every row.")] = None,
    station_col: Annotated[str | None, typer.Option(help="Column of station keys.")] = None,
    time_col: Annotated[str | None, typer.Option(help="Column of times.")] = None,
    value_col: Annotated[str | None, typer.Option(help="Column of values.")] = None,
    tz: Annotated[str, typer.Option(help="Clock of times without offset.")] = "Asia/Ho_Chi_Minh",
    statistic: Annotated[
        str, typer.Option(help="point, daily_max, daily_min or daily_mean.")
    ] = "point",
    temperature_col: Annotated[
        str | None, typer.Option(help="Water temperature in °C, for salinity read in dS/m.")
    ] = None,
    temperature: Annotated[
        float | None, typer.Option(help="The same for every row; 25 if the meter compensates.")
    ] = None,
    source: Source = "",
    licence: Licence = "none stated",
    simulated: Simulated = False,
    as_of: AsOf = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Import readings; rows = imported + rejected, suspicious values are flagged."""
    from apps.network import convert_salinity

    spec = _spec(preset, variable, unit, station, station_col, time_col, value_col, tz, statistic)
    spec = replace(spec, temperature_column=temperature_col, temperature_c=temperature)
    info = _readings_info(readable_file(file), preset, spec, source, licence, simulated=simulated)
    now = moment(as_of)
    with created(home).session() as session:
        report = import_readings(session, file, spec, info, now, convert=convert_salinity)
        _finish(session, report, as_json=json)


@stations_app.command("import")
def import_stations_command(
    file: Annotated[Path, typer.Argument(help="Table with columns station, name, lon, lat …")],
    source: Source = "",
    licence: Licence = "none stated",
    simulated: Simulated = False,
    as_of: AsOf = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Import stations; those with coordinates are placed in their commune."""
    readable_file(file)
    info = SourceInfo(
        file_stem(file), "stations", "Trạm đo", "Stations", source or file.name, licence, simulated
    )
    now = moment(as_of)
    with created(home).session() as session:
        locate = _locator(session, now)
        report = import_stations(session, file, info, now, locate=locate)
        _finish(session, report, as_json=json, homonyms=homonyms(session))


@stations_app.command("list")
def list_stations_command(home: Home = None, json: Json = False) -> None:
    """List stations with their position and commune."""
    from sqlmodel import select

    with opened(home).session() as session:
        rows = [
            {
                "station": one.key, "name": one.name, "river": one.river, "lon": one.min_lon,
                "lat": one.min_lat, "admin_unit_code": one.admin_unit_code,
                "simulated": one.simulated,
            }
            for one in session.exec(select(Station).order_by(Station.key))
        ]  # fmt: skip
    lines = [
        f"{row['station']:<24}{row['name']}, {row['river'] or '–'}, "
        f"{row['admin_unit_code'] or 'no commune'}"
        for row in rows
    ]
    emit({"stations": rows}, as_json=json, text="\n".join(lines))


@app.command("series")
def series_command(
    station: Annotated[str, typer.Argument(help="Key of the station (or its name, if unique).")],
    variable: Annotated[str, typer.Argument(help=", ".join(VARIABLES))],
    out: Annotated[Path, typer.Option(help="File to write, .csv or .parquet.")],
    start: Annotated[
        str | None, typer.Option("--from", help="First day or moment.", metavar="DATE")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Last day or moment.", metavar="DATE")
    ] = None,
    statistic: Annotated[
        str | None, typer.Option(help="Only this statistic (default: all).")
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Write a station's readings: station, time, value, unit, statistic, flag, raw_value."""
    variable_named(variable)
    first, last = _bounds(start, end)
    with opened(home).session() as session:
        key = find_station(session, station).key
        frame = series(session, key, variable, statistic, first, last)
    rows = write_series(frame, key, out)
    document = {"station": key, "variable": variable, "rows": rows, "out": str(out)}
    emit(document, as_json=json, text=f"{rows} readings of {key} → {out}")


def _spec(
    preset: str | None,
    variable: str | None,
    unit: str | None,
    station: str | None,
    station_col: str | None,
    time_col: str | None,
    value_col: str | None,
    tz: str,
    statistic: str,
) -> ReadingSpec:
    """Return the preset, or the layout that the options describe."""
    if preset is not None:
        if preset in PRESETS:
            return PRESETS[preset]
        raise UsageError(
            f"no preset is called {preset!r}", field="--preset", fix=f"use {', '.join(PRESETS)}",
            problem_vi=f"không có mẫu {preset!r}", fix_vi=f"hãy dùng {', '.join(PRESETS)}",
        )  # fmt: skip
    given = {
        "--variable": variable, "--unit": unit, "--time-col": time_col, "--value-col": value_col,
    }  # fmt: skip
    missing = [name for name, value in given.items() if not value]
    if missing or not (station or station_col) or (station and station_col):
        raise UsageError(
            f"needs {', '.join(missing)}" if missing else "needs --station or --station-col",
            field=missing[0] if missing else "--station",
            fix="give --variable --unit --time-col --value-col and either --station or "
            "--station-col, or a --preset",
            problem_vi="thiếu thông tin về các cột của tệp",
            fix_vi="hãy cho --variable --unit --time-col --value-col và --station hoặc "
            "--station-col, hoặc --preset",
        )
    value = ValueColumn(value_col or "", variable or "", unit or "", statistic)
    return ReadingSpec(time_col or "", (value,), station_col, station, zone=tz)


def _readings_info(
    file: Path,
    preset: str | None,
    spec: ReadingSpec,
    source: str,
    licence: str,
    *,
    simulated: bool,
) -> SourceInfo:
    """Name the data set: the file, and what was read of it where no preset says it."""
    one = spec.values[0]
    known = variable_named(one.variable)
    parts = [file_stem(file)]
    if preset is None:
        parts += [one.variable, one.statistic, *([spec.station] if spec.station else [])]
    return SourceInfo(
        ".".join(parts), "readings", f"Số đo {known.label_vi} ({file.name})",
        f"Readings of {one.variable.replace('_', ' ')} ({file.name})", source or file.name,
        licence, simulated,
    )  # fmt: skip


def _locator(session: Session, now: Utc) -> Locate:
    """Return the function that finds the commune of a position on the day of `now`."""
    from agridata.places import unit_at

    def locate(position: LonLat) -> str | None:
        unit = unit_at(session, position, local_date(now))
        return unit.code if unit and unit.level == COMMUNE else None

    return locate


def _bounds(start: str | None, end: str | None) -> tuple[Utc | None, Utc | None]:
    """Return the moments of ``--from`` (start of a day) and ``--to`` (end of a day)."""
    first = None if start is None else _moment_of("--from", start)
    if first is not None and start is not None and len(start) == len("2026-03-20"):
        first = local_midnight(date.fromisoformat(start))
    return first, None if end is None else _moment_of("--to", end)


def _moment_of(option: str, text: str) -> Utc:
    try:
        return parse_as_of(text)
    except UsageError as error:
        raise UsageError.of([replace(error.findings[0], field=option)]) from None


def _finish(session: Session, report: ImportReport, *, as_json: bool, **extra: Any) -> None:
    """Commit what was stored and tell it; exit 1 where nothing could be stored."""
    if report.imported:
        session.commit()
    document: dict[str, Any] = report.as_dict() | extra
    emit(document, as_json=as_json, text=_summary(report))
    if not report.imported:
        raise typer.Exit(1)


def _summary(report: ImportReport) -> str:
    lines = [f"{report.rows} rows: {report.imported} imported, {len(report.rejected)} rejected"]
    lines += [f"  {count} flagged {flag}" for flag, count in sorted(report.flagged.items())]
    lines += [
        f"  {one.where} {one.field}: {one.problem} → {one.fix}"
        for one in report.rejected[:SHOWN_REJECTIONS]
    ]
    if len(report.rejected) > SHOWN_REJECTIONS:
        lines.append(f"  … {len(report.rejected) - SHOWN_REJECTIONS} more (see --json)")
    return "\n".join(lines)
