"""`agridata scenes`: rasters into the workspace, and what is there."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from agridata.errors import UsageError
from agridata.vocabulary import Utc, parse_as_of
from apps.cli._common import AsOf, Home, Json, created, emit, moment, opened, readable_file

app = typer.Typer(no_args_is_help=True, help="Add rasters to the workspace; list them.")


class Mask(StrEnum):
    """Choices of ``--cloud-mask``."""

    auto = "auto"
    scl = "scl"
    none = "none"


@app.command()
def add(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="GeoTIFF/COG or NetCDF (one scene per date)."),
    ],
    cloud_mask: Annotated[
        Mask, typer.Option("--cloud-mask", help="scl masks clouds; auto does so where SCL exists.")
    ] = Mask.auto,
    time: Annotated[
        str | None, typer.Option("--time", help="Acquisition, where the file does not tell.")
    ] = None,
    id_prefix: Annotated[
        str, typer.Option("--id-prefix", help="Put before each id (the file's stem).")
    ] = "",
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Read the file where it is; keep no copy.")
    ] = False,
    simulated: Annotated[
        bool | None,
        typer.Option("--simulated/--measured", help="Override the file's tag SIMULATED."),
    ] = None,
    home: Home = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Add rasters as scenes: Cloud-Optimised GeoTIFFs with a STAC item each."""
    from apps.scenes import add_scenes, scene_row

    files = [readable_file(path) for path in paths]
    taken = _one_time(time, files)
    workspace = created(home)
    with workspace.session() as session:
        added = add_scenes(
            session, workspace, files, now=moment(as_of), id_prefix=id_prefix, time=taken,
            simulated=simulated, in_place=in_place, cloud_mask=cloud_mask.value,
        )  # fmt: skip
        rows = [scene_row(scene) for scene in added]
        session.commit()
    emit({"scenes": rows}, as_json=as_json, text=_lines(rows))


def _one_time(time: str | None, files: list[Path]) -> Utc | None:
    if time is None:
        return None
    if len(files) > 1:
        raise UsageError(
            "one time for several files", field="--time", fix="add such files one by one"
        )
    return parse_as_of(time)


@app.command("list")
def list_(home: Home = None, as_json: Json = False) -> None:
    """List the scenes of the workspace by time."""
    from apps.scenes import list_scenes, scene_row

    workspace = opened(home)
    with workspace.session() as session:
        rows = [scene_row(scene) for scene in list_scenes(session)]
    emit({"scenes": rows}, as_json=as_json, text=_lines(rows) or "no scenes yet")


def _lines(rows: list[dict[str, object]]) -> str:
    return "\n".join(_line(row) for row in rows)


def _line(row: dict[str, object]) -> str:
    bands = row["bands"]
    names = ",".join(str(band["name"]) for band in bands) if isinstance(bands, list) else ""
    share = row["cloud_share"]
    cloud = f"{share:.0%} cloud" if isinstance(share, float) else "no cloud figure"
    simulated = "  [simulated]" if row["simulated"] else ""
    return f"{row['id']}  {row['datetime']}  {str(row['crs'])[:12]}  {cloud}  {names}{simulated}"
