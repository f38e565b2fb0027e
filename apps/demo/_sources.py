"""Which files of a data folder are what, and what is said of their source.

A folder either carries `SOURCES.csv` (the samples do) or is laid out like the real data, whose
files are known by their prefixes; more years in a file are simply more data.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from agridata.errors import InputError, UsageError
from agridata.observations import file_stem
from agridata.storage import SourceInfo
from agridata.vocabulary import Utc, parse_as_of

__all__ = ["SourceFile", "find_sources"]

HYDROMET = "Trung tâm Khí tượng Thủy văn / Southern Regional Hydromet Centre"
IMHEN = "Viện Khoa học Khí tượng Thủy văn và Biến đổi khí hậu / IMHEN (choisy/imhen)"
SOIL_GRIDS = "SoilGrids, ISRIC (quanguet0409/SalinityCygnss)"


@dataclass(frozen=True, slots=True)
class _Known:
    folder: str
    prefix: str
    role: str
    kind: str
    title_vi: str
    title_en: str
    source: str
    licence: str


_KNOWN = (
    _Known(
        "salinity_vn", "stations.csv", "stations", "stations",
        "Trạm đo mặn", "Salinity stations", HYDROMET, "none stated: internal use",
    ),
    _Known(
        "salinity_vn", "salinity_bihourly_", "salinity_bihourly", "salinity",
        "Độ mặn hai giờ một lần", "Two-hourly salinity", HYDROMET, "none stated: internal use",
    ),
    _Known(
        "salinity_vn", "salinity_daily_maxmin_", "salinity_daily", "salinity",
        "Độ mặn lớn nhất, nhỏ nhất ngày", "Daily maximum and minimum salinity",
        HYDROMET, "none stated: internal use",
    ),
    _Known(
        "salinity_vn", "water_level_", "water_level", "water_level",
        "Mực nước", "Water level", HYDROMET, "none stated: internal use",
    ),
    _Known(
        "salinity_vn", "mrc_kratie_daily_discharge_", "kratie", "discharge",
        "Lưu lượng Mê Công tại Kratie", "Mekong discharge at Kratie",
        "Mekong River Commission, time series portal", "MRC portal terms, unreviewed",
    ),
    _Known(
        "salinity_vn", "era5_hourly_", "era5", "weather",
        "Gió, nhiệt độ, mưa (tái phân tích ERA5)", "Wind, temperature, rain (ERA5 reanalysis)",
        "Copernicus Climate Change Service, ERA5", "Copernicus licence",
    ),
    _Known(
        "stats_vn", "gso_province_year_long", "gso", "statistics",
        "Trồng trọt, chăn nuôi, thủy sản theo tỉnh", "Crops, livestock, fisheries by province",
        "General Statistics Office of Viet Nam", "GPL-3 package; GSO",
    ),
    _Known(
        "yield_vn", "mekong_rice_province_season_", "rice_panel", "statistics",
        "Lúa theo tỉnh và vụ", "Rice by province and season",
        "General Statistics Office of Viet Nam", "none stated",
    ),
    _Known(
        "raster_mekong_1km_2025", "mekong_", "scene", "scene",
        "Ảnh tổ hợp tháng 1 km", "Monthly composite, 1 km",
        "quanguet0409/SalinityCygnss, MODIS, SMAP, CYGNSS", "MIT",
    ),
    _Known(
        "weather_vn", "imhen_stations", "weather_stations", "weather_stations",
        "Trạm khí tượng chính thức", "Official weather stations", IMHEN, "MIT",
    ),
    _Known(
        "weather_vn", "imhen_monthly_", "imhen_monthly", "climate",
        "Khí hậu tháng của trạm chính thức", "Monthly climate of official stations", IMHEN, "MIT",
    ),
    _Known(
        "weather_vn", "daily_", "wwo_daily", "climate",
        "Thời tiết ngày (sản phẩm mô hình, không phải trạm đo)",
        "Daily weather (a modelled product, no station)", "World Weather Online", "none stated",
    ),
    *(
        _Known(
            "raster_mekong_1km_2025", f"static_{name}", "soil_map", "soil", vi, en, source, "MIT",
        )
        for name, vi, en, source in (
            ("sand", "Bản đồ tỉ lệ cát", "Map of sand", SOIL_GRIDS),
            ("clay", "Bản đồ tỉ lệ sét", "Map of clay", SOIL_GRIDS),
            ("bulk", "Bản đồ dung trọng", "Map of bulk density", SOIL_GRIDS),
            ("dem", "Bản đồ độ cao", "Map of elevation", "quanguet0409/SalinityCygnss"),
            (
                "lulc", "Bản đồ lớp phủ mặt đất", "Map of land cover",
                "MODIS IGBP (quanguet0409/SalinityCygnss)",
            ),
        )
    ),
    _Known(
        "raster_mekong_1km_2025", "model_ece_", "soil_map", "soil",
        "Độ mặn đất, kết quả mô hình", "Soil salinity, a model's output",
        "quanguet0409/SalinityCygnss, XGBoost", "MIT",
    ),
)  # fmt: skip


_LISTED = ("file", "kind", "title_vi", "title_en", "source", "licence", "simulated", "as_of")
_MAY_BE_EMPTY = ("licence", "as_of")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to load: its role in the walk and what is said of it."""

    path: Path
    role: str
    info: SourceInfo


def find_sources(folder: Path) -> dict[str, list[SourceFile]]:
    """Return the files of `folder` by role, each role sorted by file name.

    Raises
    ------
    InputError
        If the folder is missing, holds none of the known files, or lists one that is missing.
    """
    if not folder.is_dir():
        raise InputError(
            "no such folder", where=str(folder), field="--data",
            fix="name a folder laid out like the data folder described in docs/data.md",
            problem_vi="không có thư mục dữ liệu này",
            fix_vi="hãy chỉ đúng thư mục dữ liệu (xem docs/data.md)",
        )  # fmt: skip
    listed = folder / "SOURCES.csv"
    found = _listed(folder, listed) if listed.is_file() else _by_prefix(folder)
    if not found:
        raise InputError(
            "holds none of the files the demo knows", where=str(folder), field="--data",
            fix="expected e.g. salinity_vn/salinity_bihourly_*.csv.gz (see docs/data.md)",
            problem_vi="không có tệp nào mà bản trình diễn nhận ra",
            fix_vi="ví dụ cần salinity_vn/salinity_bihourly_*.csv.gz (xem docs/data.md)",
        )  # fmt: skip
    roles: dict[str, list[SourceFile]] = {}
    for source in sorted(found, key=lambda one: one.path.name):
        roles.setdefault(source.role, []).append(source)
    return roles


def _by_prefix(folder: Path) -> list[SourceFile]:
    return [
        SourceFile(path, known.role, _info(path, known))
        for known in _KNOWN
        for path in sorted((folder / known.folder).glob(f"{known.prefix}*"))
        if path.is_file()
    ]


def _info(path: Path, known: _Known) -> SourceInfo:
    return SourceInfo(
        key=file_stem(path), kind=known.kind, title_vi=known.title_vi, title_en=known.title_en,
        source=known.source, licence=known.licence, simulated=False,
    )  # fmt: skip


def _listed(folder: Path, listing: Path) -> list[SourceFile]:
    rows = _read_listing(listing)
    prefixes = {(known.folder, known.prefix): known for known in _KNOWN}
    found = []
    for row in rows:
        path = folder / row["file"]
        if not path.is_file():
            raise InputError(
                f"names {row['file']}, which is not there", where=str(listing), field="file",
                fix="copy the whole folder again",
                problem_vi=f"thiếu tệp {row['file']}", fix_vi="hãy chép lại cả thư mục",
            )  # fmt: skip
        role = row.get("role") or next(
            (
                known.role
                for (place, prefix), known in prefixes.items()
                if path.parent.name == place and path.name.startswith(prefix)
            ),
            row["kind"],
        )
        found.append(SourceFile(path, role, _listed_info(path, row)))
    return found


def _read_listing(listing: Path) -> list[dict[str, str]]:
    try:
        with listing.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"cannot be read: {error}", where=str(listing), fix="save it as CSV in UTF-8",
            problem_vi="không đọc được danh mục nguồn", fix_vi="hãy lưu dạng CSV, mã UTF-8",
        ) from error  # fmt: skip
    for number, row in enumerate(rows, start=2):
        missing = [name for name in _LISTED if not row.get(name) and name not in _MAY_BE_EMPTY]
        missing += [name for name in _MAY_BE_EMPTY if row.get(name) is None]
        if missing:
            raise InputError(
                f"lacks {', '.join(missing)}", where=f"{listing}:{number}", field=missing[0],
                fix=f"one row per file with the columns {', '.join(_LISTED)}",
                problem_vi=f"thiếu {', '.join(missing)}",
                fix_vi=f"mỗi tệp một dòng với các cột {', '.join(_LISTED)}",
            )  # fmt: skip
    return rows


def _listed_moment(row: dict[str, str]) -> Utc | None:
    try:
        return parse_as_of(row["as_of"]) if row["as_of"] else None
    except UsageError as error:
        found = error.findings[0]
        raise InputError(
            found.problem, where=f"SOURCES.csv, {row['file']}", field="as_of", fix=found.fix,
            problem_vi=found.problem_vi, fix_vi=found.fix_vi,
        ) from error  # fmt: skip


def _listed_info(path: Path, row: dict[str, str]) -> SourceInfo:
    as_of = _listed_moment(row)
    return SourceInfo(
        key=file_stem(path), kind=row["kind"], title_vi=row["title_vi"],
        title_en=row["title_en"], source=row["source"], licence=row["licence"],
        simulated=row["simulated"] == "yes", as_of=as_of,
    )  # fmt: skip
