"""`agridata statistics`: published tables in, what does not add up, series across reforms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from agridata.errors import InputError, UsageError
from agridata.observations import file_stem
from agridata.statistics import (
    MEASURES,
    PRESETS,
    SEASONS,
    SUBJECTS,
    Issue,
    Point,
    check_statistics,
    extent_of,
    import_statistics,
    series_across,
    subject_text,
)
from agridata.storage import SourceInfo
from agridata.vocabulary import REFORM_DATE
from apps.cli._common import AsOf, Home, Json, created, emit, moment, opened, readable_file

app = typer.Typer(no_args_is_help=True, help="Published statistics: import, check, show.")

SHOWN_REJECTIONS = 20
"""Lines of reasons on a terminal; ``--json`` has them all."""

SHOWN_ISSUES = 40
"""Named years on a terminal; ``--json`` and ``--out`` have every figure."""


@app.callback()
def group() -> None:
    """Published tables: crops, livestock, fisheries by unit, season and year."""


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
    """Import a long table (of triples, or of single figures), the rice panel or GSO tables."""
    if preset is not None and preset not in PRESETS:
        raise _no_such("--preset", preset, PRESETS)
    readable_file(file)
    info = SourceInfo(
        file_stem(file), "statistics", f"Thống kê ({file.name})",
        f"Statistics ({file.name})", source or file.name, licence, simulated,
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


@app.command("check")
def check_command(
    subject: Annotated[
        list[str] | None, typer.Option(help="Only these subjects (rice, pig …); repeatable.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write every finding to a CSV file.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Name the years that do not add up; exit 1 if any table contradicts itself."""
    for name in subject or ():
        if name not in SUBJECTS:
            raise _no_such("--subject", name, SUBJECTS)
    with opened(home).session() as session:
        issues = check_statistics(session, subject)
    if out is not None:
        _write_issues(issues, out)
    errors = [one for one in issues if one.severity == "error"]
    document = {
        "ok": not errors,
        "errors": len(errors),
        "notes": len(issues) - len(errors),
        "by_check": dict(sorted(Counter(one.check for one in issues).items())),
        "years": _years(issues),
        "findings": [one.as_dict() for one in issues],
    }
    emit(document, as_json=json, text=_issue_text(issues))
    if errors:
        raise typer.Exit(1)


@app.command("show")
def show_command(
    unit: Annotated[str, typer.Option(help="Province, with or without tone marks, or its code.")],
    subject: Annotated[str, typer.Option(help="rice, maize, pig, poultry, aquaculture …")],
    years: Annotated[str, typer.Option(help="FIRST:LAST", metavar="Y:Y")] = "1995:2016",
    measure: Annotated[str, typer.Option(help=", ".join(MEASURES))] = "",
    season: Annotated[str, typer.Option(help=", ".join(SEASONS))] = "year",
    extent: Annotated[
        str | None,
        typer.Option(help="Borders of which day: 2025, pre2025 or a date (default: the last)."),
    ] = None,
    data_set: Annotated[
        str | None, typer.Option(help="Only this data set (default: the largest).")
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show a province's series in one extent, across the splits and mergers of its time."""
    if subject not in SUBJECTS:
        raise _no_such("--subject", subject, SUBJECTS)
    chosen = measure or _usual_measure(subject)
    if chosen not in MEASURES:
        raise _no_such("--measure", chosen, MEASURES)
    if season not in SEASONS:
        raise _no_such("--season", season, SEASONS)
    version = extent_of(unit, _day(extent))
    with opened(home).session() as session:
        points = series_across(
            session, version, subject, chosen, season, _span(years), data_set=data_set
        )
    document = {
        "unit": version.name_vi,
        "code": version.code,
        "valid_from": version.valid_from,
        "valid_to": version.valid_to,
        "subject": subject,
        "measure": chosen,
        "season": season,
        "unit_of_value": MEASURES[chosen].unit,
        "points": [one.as_dict() for one in points],
    }
    head = f"{version.name_vi} ({version.code}, {version.valid_from or '…'} – "
    head += f"{version.valid_to or '…'}): {subject_text(subject, chosen)[1]}, {season}"
    emit(document, as_json=json, text="\n".join([head, *map(_point_text, points)]))
    if all(one.value is None for one in points):
        raise typer.Exit(1)


def _usual_measure(subject: str) -> str:
    return "heads" if SUBJECTS[subject].kind == "livestock" else "production"


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    if text in ("2025", "pre2025"):
        return REFORM_DATE if text == "2025" else date(2025, 6, 30)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is no day", field="--extent", fix="write 2025, pre2025 or 2003-12-31",
            problem_vi=f"{text!r} không phải ngày", fix_vi="hãy viết 2025, pre2025 hoặc 2003-12-31",
        ) from error  # fmt: skip


def _span(text: str) -> range:
    first, _, last = text.partition(":")
    try:
        span = range(int(first), int(last or first) + 1)
    except ValueError:
        span = range(0)
    if 0 < len(span) <= 200:
        return span
    raise UsageError(
        f"{text!r} is no span of years", field="--years", fix="write 1995:2016",
        problem_vi=f"{text!r} không phải khoảng năm", fix_vi="hãy viết 1995:2016",
    )  # fmt: skip


def _no_such(field: str, text: str, known: Sequence[str] | Any) -> UsageError:
    names = ", ".join(known)
    return UsageError(
        f"{field.lstrip('-')} {text!r} is not known", field=field, fix=f"use one of {names}",
        problem_vi=f"không có {text!r}", fix_vi=f"hãy dùng một trong {names}",
    )  # fmt: skip


def _years(issues: Sequence[Issue]) -> list[dict[str, Any]]:
    """Return each named year once, with the number of units it concerns."""
    counted = Counter(
        (one.check, one.subject, one.measure, one.season, one.year, one.data_set) for one in issues
    )
    names = ("check", "subject", "measure", "season", "year", "data_set")
    return [
        {**dict(zip(names, key, strict=True)), "units": count}
        for key, count in sorted(counted.items())
    ]


def _issue_text(issues: Sequence[Issue]) -> str:
    if not issues:
        return "nothing contradicts itself (or there is nothing to compare)"
    years = _years(issues)
    lines = [
        f"{one['check']}: {one['year']} {one['subject']} {one['measure']} {one['season']} "
        f"({one['units']} findings, {one['data_set']})"
        for one in years[:SHOWN_ISSUES]
    ]
    if len(years) > SHOWN_ISSUES:
        lines.append(f"… and {len(years) - SHOWN_ISSUES} more years; --json or --out has them all")
    errors = sum(one.severity == "error" for one in issues)
    return "\n".join([*lines, f"{errors} errors, {len(issues) - errors} notes"])


def _write_issues(issues: Sequence[Issue], out: Path) -> None:
    import pandas as pd

    columns = list(issues[0].as_dict()) if issues else ["check", "sentence_vi", "sentence_en"]
    try:
        frame = pd.DataFrame([one.as_dict() for one in issues], columns=columns)
        frame.to_csv(out, index=False, lineterminator="\n")
    except OSError as error:
        raise InputError(
            f"cannot be written: {error}", where=str(out), field="--out", fix="check the folder",
            problem_vi="không ghi được tệp", fix_vi="hãy kiểm tra thư mục",
        ) from error  # fmt: skip


def _point_text(point: Point) -> str:
    if point.value is None:
        return f"  {point.year}  –  {point.reason_en}"
    note = "" if point.how == "published" else f"  [{point.how}] {' + '.join(point.sources)}"
    flag = f"  ({point.flag})" if point.flag else ""
    return f"  {point.year}  {point.value:,.10g} {point.unit}{note}{flag}"
