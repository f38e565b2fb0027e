"""Tables of area, yield and production: the long form and the wide rice panel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from agridata.errors import Finding, InputError
from agridata.observations import (
    Row,
    RowRejectedError,
    Table,
    read_table,
    require_columns,
    require_rows,
    unchanged_report,
)
from agridata.statistics._figures import (
    AREA_COLUMNS,
    PRODUCTION_COLUMNS,
    SEASONS,
    UNIT_LEVELS,
    YIELD_COLUMNS,
    Figure,
    identity_flag,
    unit_slip,
    yield_ceiling,
)
from agridata.statistics._gso import import_gso
from agridata.statistics._long import FIRST_YEAR, NEEDED, import_figures
from agridata.statistics.models import CropStatistic
from agridata.storage import ImportReport, SourceInfo, record_data_set, sha256_of
from agridata.vocabulary import Utc, local_date

__all__ = ["PRESETS", "import_rice_panel", "import_statistics"]

PANEL_AREA = "cultivated_area_"  # 1000 ha
PANEL_YIELD = "rice_yield_"  # quintal/ha
PANEL_PRODUCTION = "rice_production_"  # 1000 t

DERIVED = "derived_"
"""Flag prefix of a figure that the table leaves blank and the other two give."""

Keyed = dict[tuple[str, str, str, int], CropStatistic]
"""(unit, crop, season, year) → figure, so that nothing is stored twice."""


def import_rice_panel(session: Session, path: Path, info: SourceInfo, now: Utc) -> ImportReport:
    """Store the wide panel of rice by province, year and season; the caller commits.

    Parameters
    ----------
    path
        Columns ``province, year`` and, per season, ``cultivated_area_S`` (1000 ha),
        ``rice_yield_S`` (quintal/ha), ``rice_production_S`` (1000 t).

    Returns
    -------
    ImportReport
        Counted in rows of the file; a row is imported if one of its seasons is. A row
        of zeros is rejected: the crop was not grown or the province did not exist (Hậu
        Giang before 2004), which is not a yield of zero. `flagged` counts figures whose
        production is not area × yield within `IDENTITY_TOLERANCE_T_HA`.

    Raises
    ------
    InputError
        If the file is no table or not this panel.
    """
    return _import(session, path, info, now, _panel_columns, _panel_row)


def import_statistics(session: Session, path: Path, info: SourceInfo, now: Utc) -> ImportReport:
    """Store a long table, one figure or one figure triple per row; the caller commits.

    Parameters
    ----------
    path
        A table with the columns ``subject`` and ``measure`` holds single figures
        (livestock, fisheries …, see `import_figures`). A table of triples has the columns
        ``unit, year, season`` (`SEASONS`), optional ``crop`` (default rice) and ``level``
        (default province), and area, yield and production with the unit in the column's
        name: ``area_ha | area_1000ha``, ``yield_t_ha | yield_quintal_ha | yield_kg_ha``,
        ``production_t | production_1000t``. One of the three may be blank; it is computed
        from the other two and flagged ``derived_…``.

    Returns
    -------
    ImportReport
        Rows in, stored, rejected with reasons. A yield whose unit is not what its
        column says (60 t/ha of rice is 60 quintal/ha) is rejected with the fix.

    Raises
    ------
    InputError
        If the file is no table or lacks a column.
    """
    names = {str(name) for name in read_table(path).frame.columns}
    if names >= set(NEEDED[1:3]):
        return import_figures(session, path, info, now)
    return _import(session, path, info, now, _long_columns, _long_row)


PRESETS: Mapping[str, Callable[[Session, Path, SourceInfo, Utc], ImportReport]] = {
    "rice_panel": import_rice_panel,
    "gso": import_gso,
}
"""Preset of ``agridata statistics import`` → importer."""


def _import(
    session: Session,
    path: Path,
    info: SourceInfo,
    now: Utc,
    columns: Callable[[Table], Any],
    read_row: Callable[[Row, Any, int], list[CropStatistic]],
) -> ImportReport:
    sha256 = sha256_of(path)
    done = unchanged_report(session, info.key, sha256)
    if done is not None:
        return done
    table = read_table(path)
    layout = columns(table)
    require_rows(table)
    figures, rejected = _read_rows(table, lambda row: read_row(row, layout, local_date(now).year))
    record_data_set(session, info, sha256, now)
    session.execute(sa.delete(CropStatistic).where(col(CropStatistic.data_set_key) == info.key))
    for figure in figures.values():
        figure.data_set_key = info.key
    session.add_all(figures.values())
    record_data_set(session, info, sha256, now, table.rows, rejected)
    report = ImportReport(table.rows, table.rows - len(rejected), rejected)
    report.flagged.update(Counter(one.flag for one in figures.values() if one.flag))
    return report


def _read_rows(
    table: Table, read_row: Callable[[Row], list[CropStatistic]]
) -> tuple[Keyed, list[Finding]]:
    figures: Keyed = {}
    rejected = list(table.rejected)
    names = [str(name) for name in table.frame.columns]
    for number, *cells in table.frame.itertuples(name=None):
        row = Row(table.where(int(number)), dict(zip(names, map(str, cells), strict=True)))
        try:
            found = read_row(row)
            keyed = {(one.unit_name, one.crop, one.season, one.year): one for one in found}
            if keyed.keys() & figures.keys():
                raise row.rejected(
                    "", "stands in the file twice (same unit, crop, season and year)",
                    "keep one of the two rows", "bị trùng trong tệp", "hãy giữ một dòng",
                )  # fmt: skip
        except RowRejectedError as error:
            rejected.append(error.finding)
            continue
        figures.update(keyed)
    return figures, rejected


def _panel_columns(table: Table) -> tuple[str, ...]:
    """Return the seasons of a wide panel."""
    names = [str(name) for name in table.frame.columns]
    seasons = tuple(season for season in SEASONS if PANEL_YIELD + season in names)
    if not seasons:
        raise InputError(
            "is not a rice panel: no column rice_yield_SEASON",
            where=table.name,
            fix="import a long table without --preset, or name the seasons " + ", ".join(SEASONS),
            problem_vi="không phải bảng lúa theo vụ: thiếu cột rice_yield_…",
            fix_vi="hãy bỏ --preset nếu tệp ở dạng dài",
        )
    needed = [prefix + season for season in seasons for prefix in (PANEL_AREA, PANEL_PRODUCTION)]
    require_columns(table, ("province", "year", *needed))
    return seasons


def _panel_row(row: Row, seasons: tuple[str, ...], last_year: int) -> list[CropStatistic]:
    unit, year = row.text("province"), row.year("year", FIRST_YEAR, last_year)
    found = []
    for season in seasons:
        area, rate, production = (
            row.amount(prefix + season) or 0.0
            for prefix in (PANEL_AREA, PANEL_YIELD, PANEL_PRODUCTION)
        )
        if rate > 0:
            figure = _rounded(area * 1000, rate * 0.1, production * 1000)
            found.append(_statistic(unit, "province", "rice", season, year, figure))
    if not found:
        raise row.rejected(
            "", "not grown or province did not exist (no season has a yield)",
            "leave the row out; zero is not a yield",
            "không trồng hoặc tỉnh chưa thành lập", "hãy bỏ dòng này; 0 không phải năng suất",
        )  # fmt: skip
    return found


def _long_columns(table: Table) -> dict[str, tuple[str, float]]:
    """Return quantity → (column, factor to the storage unit)."""
    names = [str(name) for name in table.frame.columns]
    chosen = {}
    for quantity, options in (
        ("area", AREA_COLUMNS), ("yield", YIELD_COLUMNS), ("production", PRODUCTION_COLUMNS),
    ):  # fmt: skip
        there = [name for name in options if name in names]
        if len(there) != 1:
            raise InputError(
                f"has {'two columns' if there else 'no column'} for {quantity}",
                where=f"{table.name}:1",
                field=quantity,
                fix=f"name exactly one column {' or '.join(options)} (the unit is in the name)",
                problem_vi=f"cần đúng một cột cho {quantity}",
                fix_vi=f"hãy đặt tên cột là {' hoặc '.join(options)}",
            )
        chosen[quantity] = (there[0], options[there[0]])
    require_columns(table, ("unit", "year", "season"))
    return chosen


def _long_row(
    row: Row, columns: dict[str, tuple[str, float]], last_year: int
) -> list[CropStatistic]:
    unit, year = row.text("unit"), row.year("year", FIRST_YEAR, last_year)
    season = row.choice("season", SEASONS)
    crop, level = row.text("crop", "rice"), row.choice("level", UNIT_LEVELS, "province")
    amounts = {
        quantity: None if (amount := row.amount(column)) is None else amount * factor
        for quantity, (column, factor) in columns.items()
    }
    figure, flag = _completed(row, amounts)
    if figure.yield_t_ha > yield_ceiling(crop) and amounts["yield"] is None:
        raise row.rejected(
            columns["production"][0],
            f"production and area give {figure.yield_t_ha:g} t/ha, more than any field of {crop}",
            "check the units of area and production",
            f"sản lượng chia diện tích được {figure.yield_t_ha:g} tấn/ha, không thể có",
            "hãy kiểm tra đơn vị diện tích và sản lượng",
        )
    _check_yield_unit(row, columns["yield"], amounts, crop)
    return [_statistic(unit, level, crop, season, year, figure, flag)]


def _check_yield_unit(
    row: Row, column: tuple[str, float], amounts: Mapping[str, float | None], crop: str
) -> None:
    """Reject a row whose yield stands under the wrong unit, or cannot be in any."""
    rate, area, production = amounts["yield"], amounts["area"], amounts["production"]
    if rate is None:
        return
    name, factor = column
    implied = production / area if area and production else None
    meant = unit_slip(rate / factor, name, implied, crop)
    if not meant and rate > yield_ceiling(crop):
        raise row.rejected(
            name, f"{rate:g} t/ha is more than any field of {crop} bore", "correct the value",
            f"năng suất {rate:g} tấn/ha là không thể có", "hãy sửa giá trị",
        )  # fmt: skip
    if meant:
        unit = meant.removeprefix("yield_").replace("_", "/")
        raise row.rejected(
            name, f"{rate:g} t/ha cannot be: the yield looks like {unit}",
            f"rename the column to {meant}, or correct the value",
            f"năng suất {rate:g} tấn/ha không hợp lý: có lẽ đơn vị là {unit}",
            f"hãy đổi tên cột thành {meant} hoặc sửa giá trị",
        )  # fmt: skip


def _completed(row: Row, amounts: Mapping[str, float | None]) -> tuple[Figure, str]:
    """Return the triple, computing the one that is blank, and the flag that says so."""
    area, rate, production = amounts["area"], amounts["yield"], amounts["production"]
    if area is not None and rate is not None and production is not None:
        if area > 0:
            return _rounded(area, rate, production), ""
    elif area and rate is not None and production is None:
        return _rounded(area, rate, area * rate), DERIVED + "production"
    elif area and production is not None:
        return _rounded(area, production / area, production), DERIVED + "yield"
    elif rate and production:
        return _rounded(production / rate, rate, production), DERIVED + "area"
    raise row.rejected(
        "", "two of area, yield and production are needed, with an area above 0",
        "fill in at least two of them; leave out what was not grown",
        "cần ít nhất hai trong ba: diện tích, năng suất, sản lượng", "hãy điền thêm",
    )  # fmt: skip


def _rounded(area: float, rate: float, production: float) -> Figure:
    return Figure(round(area, 6), round(rate, 9), round(production, 6))


def _statistic(
    unit: str, level: str, crop: str, season: str, year: int, figure: Figure, flag: str = ""
) -> CropStatistic:
    return CropStatistic(
        unit_name=unit, unit_level=level, crop=crop, season=season, year=year,
        area_ha=figure.area_ha, yield_t_ha=figure.yield_t_ha, production_t=figure.production_t,
        flag=flag or identity_flag(figure), data_set_key="",
    )  # fmt: skip
