"""Make the sample province beside this file, byte for byte the same every time.

``python data_samples/make.py`` writes the files, ``--check`` makes them again in a
temporary folder and compares. What is simulated says so in every row, tag and in
SOURCES.csv; published facts carry their source; see README.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from shapely.geometry import mapping

from agridata.vocabulary import Utc, local_midnight, search_key, to_local
from apps.simulation import (
    PUBLISHED_RANGES,
    PUBLISHED_READINGS,
    RICE_PANEL_COLUMNS,
    SALINITY_STATIONS,
    SAMPLE_AS_OF,
    SAMPLE_COMMUNES,
    SAMPLE_SCENE_DATES,
    SAMPLE_SEASON_YEAR,
    SAMPLE_SEED,
    LibraryUnit,
    SimulatedRegistry,
    library_units,
    schematic_communes,
    simulate_discharge,
    simulate_registry,
    simulate_rice_panel,
    simulate_salinity,
    simulate_scene_series,
    simulate_water_level,
    two_hourly_times,
    write_csv,
    write_registry,
    write_scene,
)

HERE = Path(__file__).resolve().parent
SIMULATOR = "apps.simulation, seed 952 (simulated)"
OWN_LICENCE = "GPL-3.0-or-later (this project)"
AS_OF = to_local(SAMPLE_AS_OF).isoformat()
HAND_WRITTEN = {"make.py", "README.md"}

SEASONS: tuple[tuple[date, date], ...] = (
    (date(2024, 1, 1), date(2024, 5, 31)),
    (date(2025, 1, 1), date(2025, 5, 31)),
    (date(2026, 1, 1), date(2026, 3, 20)),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of SOURCES.csv."""

    file: str
    kind: str
    title_vi: str
    title_en: str
    source: str
    licence: str
    simulated: bool
    as_of: str = AS_OF


# administrative units --------------------------------------------------------------------

UNIT_COLUMNS = (
    "level", "code", "parent", "name", "full_name", "full_name_en", "type", "valid_from",
    "valid_to",
)  # fmt: skip

OLD_DISTRICTS = (  # GSO codes of old Hậu Giang
    ("930", "Vị Thanh", "Thành phố"), ("931", "Ngã Bảy", "Thành phố"),
    ("932", "Châu Thành A", "Huyện"), ("933", "Châu Thành", "Huyện"),
    ("934", "Phụng Hiệp", "Huyện"), ("935", "Vị Thủy", "Huyện"),
    ("936", "Long Mỹ", "Huyện"), ("937", "Long Mỹ", "Thị xã"),
)  # fmt: skip

ENGLISH = {
    "Tỉnh": "Province", "Thành phố": "City", "Xã": "Commune", "Phường": "Ward",
    "Đặc khu": "Special Zone", "Huyện": "District", "Thị xã": "Town",
}  # fmt: skip


def english(name: str, kind: str) -> str:
    """Return the toneless name with its kind in English: "Hiep Hung Commune"."""
    return f"{search_key(name).title()} {ENGLISH[kind]}"


def unit_rows() -> list[tuple[str | int, ...]]:
    """Return today's provinces and Cần Thơ's communes, then old Hậu Giang and its districts."""
    rows: list[tuple[str | int, ...]] = [
        (unit.level, unit.code, unit.parent, unit.name, unit.full_name,
         english(unit.name, unit.kind), unit.kind, "2025-07-01", "")
        for unit in library_units()
    ]  # fmt: skip
    rows.append(
        (1, "93", "", "Hậu Giang", "Tỉnh Hậu Giang", "Hau Giang Province", "Tỉnh", "2004-01-01",
         "2025-07-01")
    )  # fmt: skip
    rows += [
        (2, code, "93", name, f"{kind} {name}", english(name, kind), kind, "", "2025-07-01")
        for code, name, kind in OLD_DISTRICTS
    ]
    return rows


def make_admin(folder: Path) -> list[Entry]:
    """Write units.csv and the schematic communes."""
    folder.mkdir()
    write_csv(folder / "units.csv", UNIT_COLUMNS, unit_rows())
    names: dict[str, LibraryUnit] = {unit.code: unit for unit in library_units()}
    features = [
        json.dumps(
            {
                "type": "Feature",
                "properties": {
                    "code": commune.code,
                    "name": names[commune.code].name,
                    "former_province": "93",
                    "geometry_schematic": True,
                },
                "geometry": mapping(commune.polygon),
            },
            ensure_ascii=False,
        )
        for commune in schematic_communes()
    ]
    lines = ",\n".join(features)
    head = '{"type": "FeatureCollection", "name": "communes_schematic", "features": ['
    (folder / "communes_schematic.geojson").write_text(
        f"{head}\n{lines}\n]}}\n", encoding="utf-8", newline="\n"
    )
    return [
        Entry(
            "admin/units.csv", "admin", "Đơn vị hành chính (mã GSO)",
            "Administrative units (GSO codes)",
            "PyPI vietnam-provinces 2025.10.1 (data of 2025-10-18, General Statistics Office); "
            "old Hậu Giang and its districts: GSO codes of before 2025-07-01",
            "GPL-3.0-or-later (vietnam-provinces)", simulated=False, as_of="",
        ),
        Entry(
            "admin/communes_schematic.geojson", "admin",
            "Hình sơ đồ 28 xã, phường (không phải ranh giới)",
            "Schematic shapes of 28 communes (not boundaries)",
            "cells around approximate centres (rounded to 0.01° after "
            "thanglequoc/vietnamese-provinces-database, MIT), total area 1,622 km² as published",
            OWN_LICENCE, simulated=True, as_of="",
        ),
    ]  # fmt: skip


# water -----------------------------------------------------------------------------------


def write_gz(path: Path, lines: Iterable[str]) -> None:
    """Write lines as UTF-8 gzip without name or time in its header."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write("".join(f"{line}\n" for line in lines).encode())


def sample_times() -> list[Utc]:
    """Return the odd local hours of the three sample seasons."""
    return [
        moment
        for first, last in SEASONS
        for moment in two_hourly_times(
            first, min(SAMPLE_AS_OF, local_midnight(last + timedelta(days=1)))
        )
    ]


def make_water(folder: Path) -> list[Entry]:
    """Write stations, simulated readings, levels, discharge and the published readings."""
    folder.mkdir()
    _stations(folder / "stations.csv")
    times = sample_times()
    local = [f"{to_local(moment):%Y-%m-%d %H:%M:%S}" for moment in times]
    salinity = simulate_salinity(SALINITY_STATIONS, times, seed=SAMPLE_SEED)
    level = 100 * simulate_water_level(SALINITY_STATIONS, times, seed=SAMPLE_SEED)
    write_gz(
        folder / "salinity_bihourly_2024_2026.csv.gz",
        [
            "station,time,salinity_gl,source",
            *(
                f"{station.key},{moment},{value:.1f},simulated"
                for station, values in zip(SALINITY_STATIONS, salinity, strict=True)
                for moment, value in zip(local, values, strict=True)
            ),
        ],
    )
    write_gz(
        folder / "water_level_2024_2026.csv.gz",
        [
            "station,time,level_cm,source",
            *(
                f"{station.key},{moment},{value:.0f},simulated"
                for station, values in zip(SALINITY_STATIONS, level, strict=True)
                for moment, value in zip(local, values, strict=True)
            ),
        ],
    )
    _discharge(folder / "mrc_kratie_daily_discharge_2023_2026.csv.gz")
    _published(folder / "published_readings.csv")
    return _water_entries()


def _stations(path: Path) -> None:
    columns = (
        "station", "name", "river", "lon", "lat", "place", "province", "sources", "system_2024",
        "coord_source", "simulated",
    )  # fmt: skip
    write_csv(
        path,
        columns,
        [
            (one.key, one.name, one.river, f"{one.position.lon:.3f}", f"{one.position.lat:.3f}",
             one.place, "Hậu Giang", "simulated", "", "schematic, inside the commune named", "true")
            for one in SALINITY_STATIONS
        ],
    )  # fmt: skip


def _discharge(path: Path) -> None:
    first, last = date(2023, 1, 1), SEASONS[-1][1] - timedelta(days=1)
    days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    flow = simulate_discharge(days, seed=SAMPLE_SEED)
    rows = (
        f"{day},{value:.0f},S,Simulated,simulated (no MRC data)"
        for day, value in zip(days, flow, strict=True)
    )
    write_gz(path, ["date,discharge_m3s,obs,approval,grade", *rows])


def _published(path: Path) -> None:
    columns = ("station", "from", "to", "hour_local", "low_gl", "high_gl", "source", "simulated")
    single: list[tuple[str | float | None, ...]] = [
        (one.station_key, str(one.day), str(one.day), one.hour, one.salinity, one.salinity,
         one.source, "false")
        for one in PUBLISHED_READINGS
    ]  # fmt: skip
    ranges: list[tuple[str | float | None, ...]] = [
        (one.station_key, str(one.first_day), str(one.last_day), None, one.low, one.high,
         one.source, "false")
        for one in PUBLISHED_RANGES
    ]  # fmt: skip
    write_csv(path, columns, [*single, *ranges])


def _water_entries() -> list[Entry]:
    def entry(file: str, kind: str, title_vi: str, title_en: str, note: str = "") -> Entry:
        source = SIMULATOR + (f"; {note}" if note else "")
        return Entry(
            f"salinity_vn/{file}", kind, title_vi, title_en, source, OWN_LICENCE, simulated=True
        )

    return [
        entry(
            "stations.csv", "stations", "Trạm đo mặn (vị trí sơ đồ)",
            "Salinity stations (schematic positions)", "names from press readings",
        ),
        entry(
            "salinity_bihourly_2024_2026.csv.gz", "salinity", "Độ mặn hai giờ một lần (mô phỏng)",
            "Two-hourly salinity (simulated)",
            "meets the published readings in published_readings.csv",
        ),
        entry(
            "water_level_2024_2026.csv.gz", "water_level", "Mực nước hai giờ một lần (mô phỏng)",
            "Two-hourly water level (simulated)",
        ),
        entry(
            "mrc_kratie_daily_discharge_2023_2026.csv.gz", "discharge",
            "Lưu lượng ngày tại Kratie (mô phỏng, không phải số liệu MRC)",
            "Daily discharge at Kratie (simulated, not MRC data)",
            "March 2025 within the published 6.4–8.2 bn m³",
        ),
        Entry(
            "salinity_vn/published_readings.csv", "published",
            "Số đo mặn đã công bố ở Hậu Giang", "Published salinity readings of Hậu Giang",
            "press; the source stands in each row", "facts, cited", simulated=False, as_of="",
        ),
    ]  # fmt: skip


# statistics and calendar -----------------------------------------------------------------


def make_yield(folder: Path) -> list[Entry]:
    """Write the simulated rice panel."""
    folder.mkdir()
    name = "mekong_rice_province_season_1995_2025.csv"
    rows: list[tuple[str | int, ...]] = [
        (row.province, row.year, *(f"{cell:.1f}" for cell in row.cells))
        for row in simulate_rice_panel(seed=SAMPLE_SEED)
    ]
    write_csv(folder / name, RICE_PANEL_COLUMNS, rows)
    return [
        Entry(
            f"yield_vn/{name}", "statistics", "Lúa theo tỉnh và vụ (mô phỏng)",
            "Rice by province and season (simulated)",
            SIMULATOR + "; anchored to published figures of Hậu Giang 2020, 2023, 2024",
            OWN_LICENCE, simulated=True,
        )
    ]  # fmt: skip


_CALENDAR_SOURCE = "baohaugiang.com.vn 126467; vnews; vnanet"
_SUMMER_SOURCE = "vtv; diendannongnghiep"
CALENDAR: tuple[tuple[str | int, ...], ...] = (
    ("winter_spring", 2024, "early option (strong El Niño)", "2023-10-23", "2023-10-29", "", "",
     "Hậu Giang", _CALENDAR_SOURCE),
    ("winter_spring", 2024, "wave 1", "2023-11-21", "2023-11-27", "9/10", "15/10",
     "Hậu Giang", _CALENDAR_SOURCE),
    ("winter_spring", 2024, "wave 2 (main)", "2023-12-19", "2023-12-25", "7/11", "13/11",
     "Hậu Giang", _CALENDAR_SOURCE),
    ("winter_spring", 2024, "wave 3 (low land)", "2024-01-17", "2024-01-23", "7/12", "13/12",
     "Hậu Giang", _CALENDAR_SOURCE),
    ("summer_autumn", 2020, "wave 1", "2020-03-15", "2020-03-21", "", "", "Hậu Giang",
     _SUMMER_SOURCE),
    ("summer_autumn", 2020, "wave 2", "2020-04-13", "2020-04-19", "", "", "Hậu Giang",
     _SUMMER_SOURCE),
    ("summer_autumn", 2020, "rest", "", "2020-05-30", "", "", "Hậu Giang", _SUMMER_SOURCE),
)  # fmt: skip


def make_calendar(folder: Path) -> list[Entry]:
    """Write the published sowing calendar."""
    columns = (
        "season", "season_year", "wave", "sown_from", "sown_to", "lunar_from", "lunar_to", "place",
        "source", "simulated",
    )  # fmt: skip
    rows: list[tuple[str | int, ...]] = [(*row, "false") for row in CALENDAR]
    write_csv(folder / "season_calendar.csv", columns, rows)
    return [
        Entry(
            "season_calendar.csv", "published", "Lịch xuống giống đã công bố",
            "Published sowing calendar", "press; the source stands in each row", "facts, cited",
            simulated=False, as_of="",
        )
    ]  # fmt: skip


# registry and scenes ---------------------------------------------------------------------

REGISTRY_TITLES = {
    "organisations": ("Tổ chức", "Organisations"),
    "members": ("Thành viên", "Members"),
    "parcels": ("Thửa đất", "Land parcels"),
    "plantings": ("Vụ gieo trồng", "Plantings"),
    "herds": ("Đàn vật nuôi", "Herds"),
    "ponds": ("Ao, bể, lồng nuôi", "Ponds, tanks, cages"),
    "products": ("Sản phẩm", "Products"),
}


def sample_registry() -> SimulatedRegistry:
    """Return the registry over the six sample communes."""
    communes = [one for one in schematic_communes() if one.code in SAMPLE_COMMUNES]
    return simulate_registry(communes, season_year=SAMPLE_SEASON_YEAR, seed=SAMPLE_SEED)


def make_registry(folder: Path) -> list[Entry]:
    """Write the registry files."""
    return [
        Entry(
            f"registry/{path.name}", "registry", f"{REGISTRY_TITLES[path.stem][0]} (mô phỏng)",
            f"{REGISTRY_TITLES[path.stem][1]} (simulated)", SIMULATOR, OWN_LICENCE, simulated=True,
        )
        for path in write_registry(sample_registry(), folder)
    ]  # fmt: skip


def make_scenes(folder: Path) -> list[Entry]:
    """Write the NDVI scenes."""
    folder.mkdir()
    scenes = simulate_scene_series(sample_registry(), SAMPLE_SCENE_DATES, seed=SAMPLE_SEED)
    return [
        Entry(
            f"scenes/{write_scene(scene, folder).name}", "scene",
            f"NDVI ngày {scene.day:%d/%m/%Y} (mô phỏng)", f"NDVI of {scene.day} (simulated)",
            SIMULATOR, OWN_LICENCE, simulated=True,
        )
        for scene in scenes
    ]  # fmt: skip


# all -------------------------------------------------------------------------------------


def make(folder: Path) -> None:
    """Write the whole tree into an empty `folder`."""
    entries = [
        *make_admin(folder / "admin"),
        *make_water(folder / "salinity_vn"),
        *make_yield(folder / "yield_vn"),
        *make_calendar(folder),
        *make_registry(folder / "registry"),
        *make_scenes(folder / "scenes"),
    ]
    columns = ("file", "kind", "title_vi", "title_en", "source", "licence", "simulated", "as_of")
    rows = (
        (one.file, one.kind, one.title_vi, one.title_en, one.source, one.licence,
         "yes" if one.simulated else "no", one.as_of)
        for one in entries
    )  # fmt: skip
    write_csv(folder / "SOURCES.csv", columns, rows)


def made_files(folder: Path) -> dict[str, Path]:
    """Return the made files by relative path: all but this script and the README."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in HAND_WRITTEN and "__pycache__" not in path.parts
    }


def _same(one: Path, other: Path) -> bool:
    """Compare bytes; of gzip files the content counts too (zlib builds may pack differently)."""
    left, right = one.read_bytes(), other.read_bytes()
    if left != right and one.suffix == ".gz":
        return gzip.decompress(left) == gzip.decompress(right)
    return left == right


def differences(folder: Path, other: Path) -> list[str]:
    """Return the relative paths that are missing in one of two trees or differ."""
    left, right = made_files(folder), made_files(other)
    return sorted(
        name
        for name in left.keys() | right.keys()
        if name not in left or name not in right or not _same(left[name], right[name])
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Make or check the sample province; return the exit code."""
    parser = argparse.ArgumentParser(description="Make the sample province beside this script.")
    parser.add_argument("--check", action="store_true", help="only compare with a fresh one")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "samples"
        fresh.mkdir()
        make(fresh)
        if options.check:
            wrong = differences(HERE, fresh)
            for name in wrong:
                print(f"differs: {name}", file=sys.stderr)
            return 1 if wrong else 0
        for path in made_files(HERE).values():
            path.unlink()
        for name, path in made_files(fresh).items():
            target = HERE / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes())
            print(f"{target.stat().st_size:>9,}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
