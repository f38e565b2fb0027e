"""`agridata forecast`: salinity and yield with interval and baselines; a skill report."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agridata.errors import InputError, UsageError
from agridata.vocabulary import local_date
from apps.cli._common import AsOf, Home, Json, emit, moment, opened, readable_file, tell

if TYPE_CHECKING:
    import pandas as pd
    from sqlmodel import Session

    from agridata.vocabulary import Utc

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True, help="Forecast salinity and yield with intervals and baselines."
)

Out = Annotated[Path, typer.Option("--out", help="File to write: .csv or .parquet.")]
Seed = Annotated[int, typer.Option(help="Seed of whatever is drawn at random.")]

REPORT_LEADS = (1, 3, 7, 14)


@app.command("salinity")
def salinity_command(
    origins: Annotated[
        str, typer.Option(help="FROM:TO:STEPd, one FROM:TO (daily) or one day.", metavar="DAYS")
    ],
    out: Out,
    stations: Annotated[str, typer.Option(help="all, or keys separated by commas.")] = "all",
    leads: Annotated[str, typer.Option(help="Days ahead, 1 = the origin day.")] = "1,3,7,14",
    seed: Seed = 0,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Forecast the daily maximum salinity (g/L) at stations from past or present days.

    An origin sees only what was known before its local midnight; `observed` is filled
    where it is known by now.
    """
    from apps.forecasting import salinity_forecaster
    from remote_sensing.salinity import COLUMNS

    days, ahead = parse_origins(origins), parse_leads(leads)
    chosen = None if stations == "all" else [key.strip() for key in stations.split(",")]
    _check_target(out)
    with opened(home).session() as session:
        forecaster = salinity_forecaster(session, days, ahead, seed=seed)
        rows = forecaster.forecast(days, ahead, chosen)[list(COLUMNS)]
    write_table(rows, out)
    methods = {str(name): int(count) for name, count in rows["method"].value_counts().items()}
    emit(
        {"out": str(out), "rows": len(rows), "methods": methods},
        as_json=as_json,
        text=f"{len(rows)} rows → {out}",
    )


@app.command("yield")
def yield_command(
    out: Out,
    level: Annotated[str, typer.Option(help="Units of the statistics: province.")] = "province",
    seasons: Annotated[str, typer.Option(help="all, or names separated by commas.")] = "all",
    years: Annotated[str | None, typer.Option(help="FROM:TO or one year.")] = None,
    fields: Annotated[
        Path | None, typer.Option(help="Survey of fields with yields to learn from (CSV).")
    ] = None,
    predict: Annotated[
        Path | None, typer.Option(help="Fields to forecast (CSV); their yield is not read.")
    ] = None,
    seed: Seed = 0,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Forecast rice yields (t/ha): of provinces by season, or of single fields."""
    _check_target(out)
    if fields is not None or predict is not None:
        rows = _field_rows(fields, predict)
    else:
        rows = _province_rows(level, seasons, years, seed, home)
    write_table(rows, out)
    emit({"out": str(out), "rows": len(rows)}, as_json=as_json, text=f"{len(rows)} rows → {out}")


@app.command("report")
def report_command(
    out: Annotated[Path, typer.Option("--out", help="Folder to write CSV and HTML into.")],
    seed: Seed = 0,
    as_of: AsOf = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Score past forecasts beside every baseline: skill, coverage, Brier; CSV and HTML."""
    from apps.skill_report import write_report

    now = moment(as_of)
    with opened(home).session() as session:
        tables, missing = _score_tables(session, now, seed)
    if not tables:
        raise InputError(
            "there is nothing to score", field="--home",
            fix="import salinity readings or a rice panel first",
            problem_vi="chưa có gì để chấm điểm", fix_vi="hãy nhập số đo mặn hoặc bảng lúa trước",
        )  # fmt: skip
    files = write_report(out, tables, now)
    for reason in missing:
        tell(reason)
    scores = {name: table.to_dict("records") for name, table in tables.items()}
    emit(
        {"files": [str(file) for file in files], "scores": scores, "missing": missing},
        as_json=as_json,
        text="\n".join(str(file) for file in files),
    )


def parse_origins(text: str) -> list[date]:
    """Read ``FROM:TO:STEPd``, ``FROM:TO`` or one day.

    Raises
    ------
    UsageError
        If it is none of these, or ends before it begins.
    """
    parts = text.split(":")
    try:
        first = date.fromisoformat(parts[0])
        last = date.fromisoformat(parts[1]) if len(parts) > 1 else first
        step = int(parts[2].removesuffix("d")) if len(parts) > 2 else 1
    except ValueError:
        step = 0
        first = last = date.min
    if len(parts) > 3 or step < 1 or last < first:
        raise UsageError(
            f"{text!r} is not a range of days", field="--origins",
            fix="write 2022-01-15:2022-05-15:5d",
            problem_vi=f"{text!r} không phải là khoảng ngày",
            fix_vi="ví dụ 2022-01-15:2022-05-15:5d",
        )  # fmt: skip
    return [first + timedelta(days=i) for i in range(0, (last - first).days + 1, step)]


def parse_leads(text: str) -> list[int]:
    """Read whole days separated by commas, or ``FROM-TO``.

    Raises
    ------
    UsageError
        If a part is no whole number.
    """
    try:
        spans = [[int(end) for end in part.split("-")] for part in text.split(",")]
    except ValueError as error:
        raise UsageError(
            f"{text!r} are not leads", field="--leads", fix="write 1,3,7,14 or 1-15"
        ) from error
    return sorted({lead for span in spans for lead in range(span[0], span[-1] + 1)})


def parse_years(text: str | None) -> list[int]:
    """Read ``FROM:TO`` or one year.

    Raises
    ------
    UsageError
        If it is missing or neither.
    """
    try:
        ends = [int(part) for part in (text or "").split(":")]
        return list(range(ends[0], ends[-1] + 1))
    except ValueError as error:
        raise UsageError(
            f"{text or 'nothing'!r} is not a range of years", field="--years",
            fix="write 2015:2019",
        ) from error  # fmt: skip


def write_table(rows: pd.DataFrame, out: Path) -> None:
    """Write a forecast by its suffix; days as ISO text in CSV.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written.
    """
    _check_target(out)
    try:
        if out.suffix == ".parquet":
            rows.to_parquet(out, index=False)
        else:
            rows.to_csv(out, index=False, float_format="%.6g")
    except OSError as error:
        raise InputError(
            f"cannot write: {error.strerror or error}", where=str(out), field="--out",
            fix="check that the folder exists and may be written",
            problem_vi="không ghi được tệp", fix_vi="hãy kiểm tra thư mục",
        ) from error  # fmt: skip


def _check_target(out: Path) -> None:
    """Refuse a file that could not be written before the long work starts."""
    if out.suffix not in (".csv", ".parquet"):
        raise UsageError(
            f"{out.name!r} ends in neither .csv nor .parquet", field="--out",
            fix="choose one of the two by the file name",
            problem_vi="tên tệp phải kết thúc bằng .csv hoặc .parquet",
        )  # fmt: skip
    if not out.parent.is_dir():
        raise InputError(
            "the folder does not exist", where=str(out), field="--out", fix="create it first",
            problem_vi="thư mục không tồn tại", fix_vi="hãy tạo thư mục trước",
        )  # fmt: skip


def _field_rows(fields: Path | None, predict: Path | None) -> pd.DataFrame:
    from remote_sensing.yields import forecast_fields

    if fields is None or predict is None:
        raise UsageError(
            "--fields and --predict belong together", field="--predict",
            fix="give the survey to learn from and the fields to forecast",
        )  # fmt: skip
    return forecast_fields(read_csv(fields), read_csv(predict))


def read_csv(path: Path) -> pd.DataFrame:
    """Read a CSV file of a user.

    Raises
    ------
    InputError
        If it is missing, empty or no UTF-8 table.
    """
    import pandas as pd

    try:
        return pd.read_csv(readable_file(path))
    except (ValueError, pd.errors.ParserError) as error:
        raise InputError(
            f"is not a CSV table: {error}", where=str(path),
            fix="save it as comma-separated UTF-8 with a header row",
            problem_vi="không phải bảng CSV", fix_vi="hãy lưu thành CSV UTF-8 có dòng tiêu đề",
        ) from error  # fmt: skip


def _province_rows(
    level: str, seasons: str, years: str | None, seed: int, home: Path | None
) -> pd.DataFrame:
    from agridata.statistics import panel_frame
    from remote_sensing.yields import forecast_yield

    if level != "province":
        raise UsageError(
            f"no statistics at level {level!r}", field="--level",
            fix="use province, or --fields and --predict for single fields",
        )  # fmt: skip
    wanted = None if seasons == "all" else [name.strip() for name in seasons.split(",")]
    asked = parse_years(years)
    with opened(home).session() as session:
        panel = panel_frame(session)
    return forecast_yield(panel, None, wanted, asked, seed=seed)


def _score_tables(
    session: Session, now: Utc, seed: int
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Return the tables that the workspace allows, and why the others are missing."""
    from agridata.statistics import panel_frame
    from apps.forecasting import run_yield, salinity_skill

    tables: dict[str, pd.DataFrame] = {}
    missing: list[str] = []

    def salinity() -> pd.DataFrame:
        return salinity_skill(session, as_of=now, leads=REPORT_LEADS, seed=seed)

    def yields() -> pd.DataFrame:
        known = panel_frame(session)["year"]
        newest = int(known.max()) if len(known) else local_date(now).year - 1
        return run_yield(session, years=[newest + 1], seed=seed).backtest

    makers: dict[str, Any] = {"salinity": salinity, "yield": yields}
    for name, make in makers.items():
        try:
            table = make()
        except InputError as error:
            missing.append(f"{name}: {error}")
        else:
            tables |= {name: table} if len(table) else {}
    return tables, missing
