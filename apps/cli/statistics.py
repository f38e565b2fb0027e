"""`agridata statistics`: published tables of area, yield and production in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agridata.errors import UsageError
from agridata.observations import file_stem
from agridata.statistics import PRESETS, import_statistics
from agridata.storage import SourceInfo
from apps.cli._common import AsOf, Home, Json, created, emit, moment, readable_file

app = typer.Typer(no_args_is_help=True, help="Import area, yield and production tables.")

SHOWN_REJECTIONS = 20
"""Lines of reasons on a terminal; ``--json`` has them all."""


@app.callback()
def group() -> None:
    """Published tables of area, yield and production."""


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="CSV, CSV.gz, Excel (.xlsx) or Parquet.")],
    preset: Annotated[
        str | None, typer.Option(help=f"Layout of a known file: {', '.join(PRESETS)}.")
    ] = None,
    source: Annotated[str, typer.Option(help="Who published the file.")] = "",
    licence: Annotated[str, typer.Option(help="Under which licence.")] = "none stated",
    simulated: Annotated[bool, typer.Option("--simulated", help="Values are simulated.")] = False,
    as_of: AsOf = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Import a long table (unit, year, season, area_ha …) or the wide rice panel."""
    if preset is not None and preset not in PRESETS:
        raise UsageError(
            f"no preset is called {preset!r}", field="--preset", fix=f"use {', '.join(PRESETS)}",
            problem_vi=f"không có mẫu {preset!r}", fix_vi=f"hãy dùng {', '.join(PRESETS)}",
        )  # fmt: skip
    readable_file(file)
    info = SourceInfo(
        file_stem(file), "statistics", f"Thống kê cây trồng ({file.name})",
        f"Crop statistics ({file.name})", source or file.name, licence, simulated,
    )  # fmt: skip
    importer = PRESETS[preset] if preset else import_statistics
    with created(home).session() as session:
        report = importer(session, file, info, moment(as_of))
        if report.imported:
            session.commit()
    lines = [f"{report.rows} rows: {report.imported} imported, {len(report.rejected)} rejected"]
    lines += [f"  {count} flagged {flag}" for flag, count in sorted(report.flagged.items())]
    lines += [
        f"  {one.where} {one.field}: {one.problem} → {one.fix}"
        for one in report.rejected[:SHOWN_REJECTIONS]
    ]
    emit(report.as_dict(), as_json=json, text="\n".join(lines))
    if not report.imported:
        raise typer.Exit(1)
