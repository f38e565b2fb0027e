"""`agridata places`: find and convert administrative units of both eras."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from agridata.errors import InputError, UsageError
from agridata.vocabulary import local_date, utc_now
from apps.cli._common import AsOf, Home, Json, created, emit, emit_rows, moment, opened

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Find and convert administrative units of both eras.")

_ERAS: dict[str, Literal["2025", "pre2025"]] = {"2025": "2025", "pre2025": "pre2025"}


class EraName(StrEnum):
    """The two eras by name."""

    pre2025 = "pre2025"
    since2025 = "2025"


@app.command("find")
def find_command(
    text: Annotated[str, typer.Argument(help="Name with or without tone marks, or a code.")],
    era: Annotated[
        EraName | None, typer.Option("--era", help="Only units of this era (default: both).")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most this many units.")] = 10,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List the units that TEXT may mean, best first; exit 1 if there is none."""
    from agridata.places import find

    chosen = _ERAS[era.value] if era else None
    with opened(home).session() as session:
        rows = [_unit(unit) for unit in find(session, text, chosen, limit)]
    emit_rows(rows, [_line(row) for row in rows] or ["nothing found"], as_json=as_json)
    if not rows:
        raise typer.Exit(1)


def _unit(unit: Any) -> dict[str, Any]:
    keys = ("code", "name", "full_name", "level", "parent_code", "valid_from", "valid_to", "note")
    return {key: getattr(unit, key) for key in keys}


def _line(row: dict[str, Any]) -> str:
    until = f"until {row['valid_to']}" if row["valid_to"] else "current"
    return f"{row['code']:<6} {row['full_name']} ({until})"


@app.command("convert")
def convert_command(
    code: Annotated[str, typer.Argument(help="2 digits province, 3 district, 5 commune.")],
    to: Annotated[str, typer.Option("--to", help="2025, pre2025 or a day (YYYY-MM-DD).")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List the units that cover CODE in another era, with the measured share of its area."""
    from agridata.places import convert

    with opened(home).session() as session:
        rows = [asdict(one) for one in convert(session, code, _target(to))]
    for row in rows:
        if not row["reason"]:
            del row["reason"]
    lines = [
        f"{row['code']:<6} {row['name']}  {_percent(row['share_of_area'])}  [{row['source']}]"
        + (f"  {row['reason']}" if "reason" in row else "")
        for row in rows
    ]
    emit_rows(rows, lines, as_json=as_json)


def _percent(share: float | None) -> str:
    return "share unknown" if share is None else f"{100 * share:.1f} %"


def _target(text: str, option: str = "--to") -> date | Literal["2025", "pre2025"]:
    if text in _ERAS:
        return _ERAS[text]
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is neither an era nor a day", field=option,
            fix="write 2025, pre2025 or a day such as 2024-05-01",
            problem_vi=f"{text!r} không phải là thời kỳ hay ngày",
            fix_vi="hãy viết 2025, pre2025 hoặc ngày như 2024-05-01",
        ) from error  # fmt: skip


@app.command("at")
def at_command(
    lon: Annotated[float, typer.Argument(help="Longitude in degrees, e.g. 105.47.")],
    lat: Annotated[float, typer.Argument(help="Latitude in degrees, e.g. 9.78.")],
    on: Annotated[
        str | None, typer.Option("--on", help="Day (YYYY-MM-DD), 2025 or pre2025; default today.")
    ] = None,
    as_of: AsOf = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Name the units that contain a position on a day, and those of the other era."""
    from agridata.places import LAST_DAY_BEFORE_REFORM, day_of_era, units_at
    from agridata.vocabulary import REFORM_DATE, LonLat

    place, today = LonLat(lon, lat), local_date(moment(as_of))
    target = today if on is None else _target(on, "--on")
    day = target if isinstance(target, date) else day_of_era(target, today)
    other = LAST_DAY_BEFORE_REFORM if day >= REFORM_DATE else max(today, REFORM_DATE)
    with opened(home).session() as session:
        found = {when: [_unit(one) for one in units_at(session, place, when)]
                 for when in (day, other)}  # fmt: skip
    document = {
        "lon": lon, "lat": lat, "on": day, "units": found[day],
        "other_era": {"on": other, "units": found[other]},
    }  # fmt: skip
    lines = [
        f"{when}: " + (", ".join(f"{row['full_name']} ({row['code']})" for row in found[when])
                       or "in no unit with a polygon")
        for when in (day, other)
    ]  # fmt: skip
    emit(document, as_json=as_json, text="\n".join(lines))
    if not found[day]:
        raise typer.Exit(1)


@app.command("load")
def load_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Laid out like the real admin/.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Load administrative units, polygons and the crosswalk from DIR."""
    from sqlmodel import Session

    from agridata.places import load_real_admin, load_sample_admin

    if not folder.is_dir():
        raise InputError(
            "no such folder", where=str(folder), field="DIR", fix="check the path",
            problem_vi="không có thư mục này", fix_vi="hãy kiểm tra đường dẫn",
        )  # fmt: skip
    engine = created(home).engine.execution_options(immediate=True)
    with Session(engine) as session:
        if (folder / "units.csv").is_file():
            reports = load_sample_admin(session, folder.resolve().parent, utc_now())
        else:
            reports = load_real_admin(session, folder, utc_now())
        session.commit()
    lines = [f"{name}: {report.imported} of {report.rows} rows" for name, report in reports.items()]
    document = {name: report.as_dict() for name, report in reports.items()}
    emit(document, as_json=as_json, text="\n".join(lines))
