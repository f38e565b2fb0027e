"""The real weather and soil tables in one workspace, loaded once for all tests that read them."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agridata.environment import import_weather, import_weather_stations
from agridata.observations import PRESETS, import_readings
from agridata.places import load_real_admin
from agridata.storage import ImportReport, SourceInfo, Workspace
from agridata.vocabulary import Utc
from apps.environment import add_soil_map, derive_all, store_ground
from apps.scenes import add_scene

NOW = Utc(datetime(2026, 7, 1, tzinfo=UTC))

ADMIN = (
    "vn_units_2025.csv", "vn_units_pre2025_wards.csv.gz", "92_can_tho_2025_communes.gpkg",
    "pre2025_provinces_districts.gpkg",
)  # fmt: skip
SOIL = (
    "static_sand.tif", "static_clay.tif", "static_bulk.tif", "static_dem.tif", "static_lulc.tif",
    "model_ece_xgb_2025_03.tif",
)  # fmt: skip
ERA5 = "era5_hourly_10.75N_106.25E_2020_2025"
MONTHLY, DAILY = "imhen_monthly_1960_2017", "daily_2009_2021_wwo"


@dataclass
class RealWeather:
    """The workspace, and what each import reported."""

    workspace: Workspace
    data: Path
    reports: dict[str, ImportReport]


def info(key: str, kind: str = "climate") -> SourceInfo:
    return SourceInfo(key, kind, f"vi {key}", f"en {key}", "publisher", "licence", simulated=False)


def build_real(home: Path, data: Path) -> RealWeather:
    workspace = Workspace(home / "home").create()
    admin = home / "admin"
    admin.mkdir()
    for name in ADMIN:
        (admin / name).symlink_to(data / "admin" / name)
    weather = data / "weather_vn"
    reports = {}
    with workspace.session() as session:
        load_real_admin(session, admin, NOW)
        reports["stations"] = import_weather_stations(
            session, weather / "imhen_stations.csv", info("imhen_stations", "weather_stations"), NOW
        )
        reports[MONTHLY] = import_weather(
            session, weather / f"{MONTHLY}.csv.gz", "imhen_monthly", info(MONTHLY), NOW
        )
        reports[DAILY] = import_weather(
            session, weather / f"{DAILY}.csv.gz", "wwo_daily", info(DAILY), NOW
        )
        era5 = last_year(data / "salinity_vn" / f"{ERA5}.csv.gz", home)
        import_readings(session, era5, PRESETS["era5"], info(ERA5, "weather"), NOW)
        derive_all(session, NOW)
        _load_ground(session, workspace, data / "raster_mekong_1km_2025")
        session.commit()
    return RealWeather(workspace, data, reports)


def last_year(path: Path, folder: Path) -> Path:
    """Copy the hours of 2025: five years of them say nothing more and take five times as long."""
    lines = gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)
    kept = [line for line in lines[1:] if line.startswith("2025")]
    out = folder / path.name
    out.write_bytes(gzip.compress("".join([lines[0], *kept]).encode(), mtime=0))
    return out


def _load_ground(session, workspace: Workspace, rasters: Path) -> None:
    add_scene(
        session, workspace, rasters / "mekong_2025_03.tif", now=NOW,
        info=info("mekong_2025_03", "scene"), simulated=False,
    )  # fmt: skip
    for name in SOIL:
        key = name.removesuffix(".tif")
        add_soil_map(session, workspace, rasters / name, now=NOW, info=info(key, "soil"))
    store_ground(session, workspace)
