"""`agridata environment`: weather tables and soil maps in, weather and soil of a place out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agridata.environment import LAYOUTS, import_weather, import_weather_stations
from agridata.observations import file_stem
from agridata.storage import ImportReport, SourceInfo
from apps.cli._common import AsOf, Home, Json, created, emit, moment, opened, readable_file

if TYPE_CHECKING:
    from apps.views import Lang
    from apps.views.environment import EnvironmentPage

app = typer.Typer(no_args_is_help=True, help="Weather and soil of a place.")

Source = Annotated[str, typer.Option("--source", help="Who published the file.")]
Licence = Annotated[str, typer.Option("--licence", help="Under which licence.")]
Simulated = Annotated[bool, typer.Option("--simulated", help="The values are simulated.")]

SHOWN_REJECTIONS = 20


@app.command("stations")
def stations_command(
    file: Annotated[Path, typer.Argument(help="Official stations: station, lon, latitude.")],
    source: Source = "",
    licence: Licence = "none stated",
    as_of: AsOf = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Import official weather stations; import them before their readings."""
    info = SourceInfo(
        file_stem(readable_file(file)), "weather_stations", "Trạm khí tượng", "Weather stations",
        source or file.name, licence, simulated=False,
    )  # fmt: skip
    now = moment(as_of)
    with created(home).session() as session:
        report = import_weather_stations(session, file, info, now)
        session.commit()
    _told(report, as_json=json)


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="CSV, CSV.gz, Excel (.xlsx) or Parquet.")],
    preset: Annotated[str, typer.Option(help=f"Layout of the file: {', '.join(LAYOUTS)}.")],
    source: Source = "",
    licence: Licence = "none stated",
    simulated: Simulated = False,
    as_of: AsOf = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Import a published weather table; rows = imported + rejected."""
    key = file_stem(readable_file(file))
    info = SourceInfo(
        key, "climate", f"Thời tiết ({file.name})", f"Weather ({file.name})", source or file.name,
        licence, simulated,
    )  # fmt: skip
    now = moment(as_of)
    with created(home).session() as session:
        report = import_weather(session, file, preset, info, now)
        session.commit()
    _told(report, as_json=json)


@app.command("derive")
def derive_command(as_of: AsOf = None, home: Home = None, json: Json = False) -> None:
    """Compute days from hourly weather and months from days; gaps are left out."""
    from apps.environment import derive_all

    with opened(home).session() as session:
        made = derive_all(session, moment(as_of))
        session.commit()
    text = "\n".join(f"{key}: {count} values" for key, count in made.items())
    emit({"derived": made}, as_json=json, text=text or "no hourly or daily weather is loaded")


@app.command("soil")
def soil_command(
    rasters: Annotated[
        list[Path], typer.Argument(metavar="RASTER...", help="static_*.tif, model_ece_*.tif.")
    ],
    source: Source = "",
    licence: Licence = "none stated",
    simulated: Simulated = False,
    as_of: AsOf = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Add maps of the ground and store their statistics over the communes they cover."""
    from apps.environment import add_soil_map, soil_map_of, store_ground

    for path in rasters:
        soil_map_of(readable_file(path))
    workspace, now, rows = created(home), moment(as_of), {}
    with workspace.session() as session:
        for path in rasters:
            info = SourceInfo(
                f"soil_{file_stem(path)}", "soil", f"Bản đồ {path.name}", f"Map {path.name}",
                source or path.name, licence, simulated,
            )  # fmt: skip
            scene, stored = add_soil_map(session, workspace, path, now=now, info=info)
            rows[scene.key] = stored
        ground = store_ground(session, workspace)
        session.commit()
    lines = [f"{key}: {stored} zonal rows" for key, stored in rows.items()]
    emit({"zonal_rows": rows, "ground_rows": ground}, as_json=json, text="\n".join(lines))


@app.command("show")
def show_command(
    place: Annotated[str, typer.Argument(help="Commune: its code, or its name without tones.")],
    lang: Annotated[str, typer.Option(help="vi or en.")] = "vi",
    as_of: AsOf = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show last values with their age, what is usual in the month, and the soil."""
    from apps.views.environment import environment_page

    chosen: Lang = "en" if lang == "en" else "vi"
    with opened(home).session() as session:
        shown = environment_page(session, place, lang=chosen, now=moment(as_of))
    emit(asdict(shown), as_json=json, text=_page_text(shown))


def _page_text(shown: EnvironmentPage) -> str:
    """Write the page for a terminal, in the order of the phone's."""
    lines = [f"{shown.place} ({shown.code}), {shown.as_of}", shown.season]
    lines += [f"! {one}" for one in shown.watch]
    for items, head in (
        (shown.latest, ""),
        (shown.normals, shown.normals_origin),
        (shown.soil, ""),
    ):
        lines += [head] if head else []
        for item in items:
            badge = f" [{item.badge}]" if item.badge else ""
            lines.append(f"{item.label}: {item.value}{badge}")
            lines += [f"    {text}" for text in (item.meaning, item.note, item.origin) if text]
    return "\n".join(lines)


def _told(report: ImportReport, *, as_json: bool) -> None:
    """Tell what was stored; exit 1 where nothing could be."""
    lines = [f"{report.rows} rows: {report.imported} imported, {len(report.rejected)} rejected"]
    lines += [f"  {count} flagged {flag}" for flag, count in sorted(report.flagged.items())]
    lines += [f"  {one.where} {one.field}: {one.problem}" for one in report.rejected][
        :SHOWN_REJECTIONS
    ]
    emit(report.as_dict(), as_json=as_json, text="\n".join(lines))
    if not report.imported:
        raise typer.Exit(1)
