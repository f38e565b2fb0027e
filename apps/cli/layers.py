"""`agridata layers`: import, list, export and sum up geospatial layers."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from agridata.vocabulary import local_date, utc_now
from apps.cli._common import (
    AsOf,
    Home,
    Json,
    created,
    emit,
    emit_rows,
    moment,
    opened,
    readable_file,
)

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Import, list, export and sum up geospatial layers.")

SHOWN_REJECTIONS = 10
"""Rejected rows printed for people; ``--json`` lists all."""

_ERAS: dict[str, Literal["2025", "pre2025"]] = {"2025": "2025", "pre2025": "pre2025"}


class Kind(StrEnum):
    """What a layer is about."""

    admin = "admin"
    land = "land"
    crops = "crops"
    livestock = "livestock"
    fisheries = "fisheries"
    soil = "soil"
    other = "other"


class EraName(StrEnum):
    """The two eras by name."""

    pre2025 = "pre2025"
    since2025 = "2025"


class UnitLevel(StrEnum):
    """Levels of administrative units."""

    province = "province"
    district = "district"
    commune = "commune"


@app.command("import")
def import_command(
    file: Annotated[
        Path, typer.Argument(help="GeoJSON, GPKG, GeoParquet, FGB, KML, SHP, ZIP, CSV, Excel.")
    ],
    kind: Annotated[Kind, typer.Option("--kind", help="What the layer is about.")],
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the layer (default: the file's name).")
    ] = None,
    era: Annotated[
        EraName, typer.Option("--era", help="Era of administrative units (--kind admin).")
    ] = EraName.since2025,
    crs: Annotated[
        str | None, typer.Option("--crs", help="CRS of the coordinates, if the file lies or omits.")
    ] = None,
    id_col: Annotated[
        str | None, typer.Option("--id-col", help="Attribute that identifies a feature.")
    ] = None,
    province: Annotated[
        str | None, typer.Option("--province", help="Code of a unit; rows outside are rejected.")
    ] = None,
    add: Annotated[
        bool, typer.Option("--add", help="Add to the layer instead of replacing it.")
    ] = False,
    rejected_to: Annotated[
        Path | None,
        typer.Option("--rejected-to", help="Write rejected rows to FILE.geojson or .csv."),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Import FILE: good rows land, bad rows are named; exit 1 if no row was good."""
    from sqlmodel import Session

    from agridata.layers import import_layer, write_rejected

    readable_file(file)
    engine = created(home).engine.execution_options(immediate=True)
    with Session(engine) as session:
        report = import_layer(
            session, file, kind.value, name, now=utc_now(), era=_ERAS[era.value], crs=crs,
            id_column=id_col, province=province, add=add,
        )  # fmt: skip
        session.commit()
    lines = [f"{report.imported} of {report.rows} rows imported, {len(report.rejected)} rejected"]
    lines += [f"  {one.where}: {one.problem}" for one in report.rejected[:SHOWN_REJECTIONS]]
    if len(report.rejected) > SHOWN_REJECTIONS:
        lines.append(f"  … {len(report.rejected) - SHOWN_REJECTIONS} more (--json lists all)")
    lines += [f"  note {one.where}: {one.problem}" for one in report.notes[:SHOWN_REJECTIONS]]
    document = report.as_dict()
    if rejected_to is not None and report.rejected:
        write_rejected(file, report.rejected, rejected_to, crs)
        document["rejected_file"] = str(rejected_to)
        lines.append(f"rejected rows are in {rejected_to}: repair them and import it with --add")
    if report.imported == 0:  # a rejection as a whole, with the counts beside it
        document |= {"ok": False, "errors": document["rejected"]}
    emit(document, as_json=as_json, text="\n".join(lines))
    if report.imported == 0:
        raise typer.Exit(1)


@app.command("list")
def list_command(home: Home = None, as_json: Json = False) -> None:
    """List the layers of the workspace, imported ones first."""
    from agridata.layers import list_layers

    with opened(home).session() as session:
        rows = [asdict(layer) for layer in list_layers(session)]
    lines = [
        f"{row['name']:<32} {row['kind']:<10} {row['features']:>7}  {_hectares(row['area_ha'])}"
        + ("  simulated" if row["simulated"] else "")
        for row in rows
    ]
    emit_rows(rows, lines or ["no layers yet"], as_json=as_json)


def _hectares(area: float | None) -> str:
    return "" if area is None else f"{area:,.2f} ha"


@app.command("export")
def export_command(
    name: Annotated[str, typer.Argument(help="As in `agridata layers list`.")],
    to: Annotated[
        Path,
        typer.Option(
            "--to", help="FILE.parquet, .gpkg, .geojson, .fgb, .kml, .csv, .xlsx or .zip."
        ),
    ],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write layer NAME to a file with source_id, area_ha and its attributes, EPSG:4326."""
    from agridata.layers import export_layer

    with opened(home).session() as session:
        features = export_layer(session, name, to)
    emit(
        {"layer": name, "features": features, "file": str(to)},
        as_json=as_json,
        text=f"{features} features written to {to}",
    )


@app.command("stats")
def stats_command(
    name: Annotated[str, typer.Argument(help="As in `agridata layers list`.")],
    by: Annotated[UnitLevel, typer.Option("--by", help="Level of administrative units.")],
    era: Annotated[
        EraName | None, typer.Option("--era", help="Units of this era (default: of --as-of).")
    ] = None,
    within: Annotated[
        str | None, typer.Option("--within", help="Only inside the unit of this code.")
    ] = None,
    within_era: Annotated[
        EraName | None, typer.Option("--within-era", help="Era of that unit, if both have one.")
    ] = None,
    as_of: AsOf = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Features and hectares of layer NAME per administrative unit, cut at the borders."""
    from agridata.layers import layer_statistics
    from agridata.places import day_of_era

    day = local_date(moment(as_of))
    if era is not None:
        day = day_of_era(_ERAS[era.value], day)
    with opened(home).session() as session:
        found = layer_statistics(
            session, name, by.value, day, within=within,
            within_era=_ERAS[within_era.value] if within_era else None,
        )  # fmt: skip
    rows = [asdict(one) for one in found]
    lines = [
        f"{row['code']:<6} {row['name']:<32} {row['features']:>7}  {_hectares(row['area_ha'])}"
        for row in rows
    ]
    emit_rows(rows, [f"units as of {day}", *lines], as_json=as_json)
