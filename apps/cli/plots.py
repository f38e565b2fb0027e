"""`agridata plots`: check a file of plots against a rule set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from apps.cli._common import Home, Json, emit, readable_file

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Check files of plots against a rule set.")

SHOWN = 20
"""Findings printed for people; ``--json`` lists all."""


@app.callback()
def _group() -> None:
    """Check files of plots against a rule set."""


@app.command("check")
def check_command(
    file: Annotated[Path, typer.Argument(help="GeoJSON; also KML, CSV, GPKG … of plots.")],
    rules: Annotated[str, typer.Option("--rules", help="Rule set: eudr.")] = "eudr",
    home: Home = None,  # noqa: ARG001  every command takes it; this one needs no workspace
    as_json: Json = False,
) -> None:
    """Judge every plot of FILE; exit 1 if anything speaks against it."""
    from agridata.layers import check_plots

    report = check_plots(readable_file(file), rules)
    verdict = "passes" if report.ok else f"{len(report.findings)} findings"
    lines = [f"{file.name}: {report.plots} plots, {report.area_ha:,.2f} ha: {verdict}"]
    for one in report.findings[:SHOWN]:
        lines += [f"  {one.where}: {one.problem_vi}", f"    {one.problem} → {one.fix}"]
    if len(report.findings) > SHOWN:
        lines.append(f"  … {len(report.findings) - SHOWN} more (--json lists all)")
    lines += [f"  note {one.where}: {one.problem}" for one in report.notes[:SHOWN]]
    lines.append(f"  rules: {report.rules}")
    emit(report.as_dict() | {"file": str(file)}, as_json=as_json, text="\n".join(lines))
    if not report.ok:
        raise typer.Exit(1)
