"""`agridata zonal`: statistics of rasters over zones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from apps.cli._common import Home, Json, emit, readable_file, tell

app = typer.Typer(help="Statistics of rasters over zones, exact coverage.")


@app.command()
def zonal(
    zones: Annotated[Path, typer.Argument(help="Polygons: GeoPackage, GeoJSON, GeoParquet, …")],
    rasters: Annotated[list[Path], typer.Argument(metavar="RASTER...", help="Raster files.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Table to write (.parquet or .csv).")
    ] = None,
    stats: Annotated[
        str, typer.Option("--stats", help="Comma-separated: mean,count,stdev,min,max,sum.")
    ] = "mean,count,stdev,min,max,sum",
    id_col: Annotated[
        str | None, typer.Option("--id-col", help="Column of the zone's identity (default: id).")
    ] = None,
    bands: Annotated[
        str | None, typer.Option("--bands", help="Comma-separated names or numbers (default: all).")
    ] = None,
    layer: Annotated[
        str | None, typer.Option("--layer", help="Layer of ZONES (default: the first).")
    ] = None,
    home: Home = None,  # noqa: ARG001  every command takes --home; this one needs no workspace
    as_json: Json = False,
) -> None:
    """Write one row per zone × raster × band; without --out the rows are printed."""
    from remote_sensing.zonal import (
        checked_output,
        default_id_column,
        read_zones,
        write_table,
        zonal_statistics,
    )

    if out is not None:
        checked_output(out)
    shapes = read_zones(readable_file(zones), layer)
    column = id_col or default_id_column(shapes)
    files = [readable_file(path) for path in rasters]
    asked = None if bands is None else [name.strip() for name in bands.split(",")]
    wanted = [name.strip() for name in stats.split(",") if name.strip()]
    table = _all(zonal_statistics, shapes, column, files, asked, wanted)
    repeated = len(shapes) - (shapes[column].nunique() if column else len(shapes))
    if repeated:
        tell(f"{repeated} zones share a value of {column} with another; rows keep the file's order")
    document: dict[str, Any] = {
        "rows": len(table), "zones": len(shapes), "rasters": len(files), "id_column": column,
        "bands": list(dict.fromkeys(table["band"])),
    }  # fmt: skip
    if out is None:
        document["table"] = table.astype(object).where(table.notna(), None).to_dict("records")
        emit(document, as_json=as_json, text=table.to_csv(index=False).rstrip())
        return
    write_table(table, out)
    text = f"{len(table)} rows ({len(shapes)} zones × {len(files)} rasters) → {out}"
    emit(document | {"out": str(out)}, as_json=as_json, text=text)


def _all(
    statistics: Any, shapes: Any, column: str | None, files: list[Path],
    bands: list[str] | None, stats: list[str],
) -> Any:  # fmt: skip
    """Run over the rasters one by one, with a progress bar on a terminal."""
    import sys

    import pandas as pd

    with typer.progressbar(files, hidden=not sys.stderr.isatty(), file=sys.stderr) as shown:
        tables = [statistics(shapes, column, path, bands, stats) for path in shown]
    return pd.concat(tables, ignore_index=True)
