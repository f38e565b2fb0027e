"""A small province in which every check passes, and the ways to spoil it."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shapely.geometry import Point, box
from sqlmodel import Session

from agridata.observations.models import Reading, Station
from agridata.places.models import AdminUnit
from agridata.registry.models import (
    Certificate,
    Herd,
    Member,
    Organisation,
    Parcel,
    Planting,
    Pond,
    Product,
)
from agridata.statistics import CropStatistic, Statistic, province_versions
from agridata.storage import DataSet, bounds_of, geodesic_area_m2
from agridata.vocabulary import Utc, nfc, search_key

NOW = Utc(datetime(2026, 3, 19, 23, 0, tzinfo=UTC))
REFORM = date(2025, 7, 1)
COMMUNES = {"31333": box(105.40, 9.75, 105.45, 9.80), "31338": box(105.45, 9.75, 105.50, 9.80)}
DATA_SETS = (
    "certificates", "empty", "figures", "herds", "members", "organisations", "panel", "parcels",
    "plantings", "ponds", "products", "salinity", "stations", "units",
)  # fmt: skip
DAYS = 40
STATIONS = {"upper": Point(105.41, 9.76), "lower": Point(105.43, 9.78)}


def placed(shape: Any) -> dict[str, Any]:
    return {"geom": shape, **bounds_of(shape)}


def field(number: int) -> Any:
    west = 105.41 + 0.002 * number
    return box(west, 9.77, west + 0.001, 9.771)


def parcel(code: str, shape: Any, **changes: Any) -> Parcel:
    values = {
        "code": code, "organisation_code": "coop", "admin_unit_code": "31333", "land_use": "rice",
        "area_ha": geodesic_area_m2(shape) / 10_000, "simulated": True, "data_set_key": "parcels",
        **placed(shape),
    }  # fmt: skip
    return Parcel(**{**values, **changes})


def build(session: Session) -> None:
    """Fill an empty workspace; the caller commits."""
    session.add_all(_data_sets())
    session.flush()
    session.add_all(_places())
    session.add(
        Organisation(
            code="coop", name=nfc("Hợp tác xã Mẫu"), kind="cooperative", gln="9521101000016",
            location_code="AGD-L0001", address="Phường Mẫu", admin_unit_code="31333",
            simulated=True, data_set_key="organisations",
        )
    )  # fmt: skip
    session.flush()
    session.add_all(_registry())
    session.add_all(_stations())
    session.flush()
    session.add_all(_plantings())
    session.add_all(_readings(session))
    session.add_all(_panel())
    session.add_all(_figures())
    session.flush()


def _data_sets() -> list[DataSet]:
    return [
        DataSet(
            key=key, kind="registry", title_vi=f"Bộ {key}", title_en=f"Set {key}", source="test",
            licence="none", simulated=True, as_of=None, loaded_at=NOW, sha256="",
            rows_in_file=0 if key == "empty" else 10, rows_stored=0 if key == "empty" else 10,
            rows_rejected=0,
        )
        for key in DATA_SETS
    ]  # fmt: skip


def _places() -> list[AdminUnit]:
    names = {"31333": "Phường Mẫu Một", "31338": "Xã Mẫu Hai", "31300": "Xã Mẫu Cũ"}
    return [
        AdminUnit(
            code=code, level=3, parent_code="92", name=name, full_name=name,
            search_key=search_key(name), valid_from=None if code == "31300" else REFORM,
            valid_to=REFORM if code == "31300" else None, data_set_key="units",
            **placed(COMMUNES.get(code)),
        )
        for code, name in names.items()
    ]  # fmt: skip


def _registry() -> list[Any]:
    common = {"organisation_code": "coop", "simulated": True}
    return [
        Member(subject="sub-1", role="farmer", data_set_key="members", **common),
        *(parcel(f"P{number}", field(number)) for number in range(1, 5)),
        Herd(
            code="H1", admin_unit_code="31333", species="pig", heads=40, data_set_key="herds",
            **common, **placed(Point(105.42, 9.76)),
        ),
        Pond(
            code="A1", admin_unit_code="31333", species="eel", volume_m3=30, data_set_key="ponds",
            **common, **placed(Point(105.44, 9.79)),
        ),
        Product(
            gtin="09521101001006", name_vi="Lúa", name_en="Rice", crop="rice",
            data_set_key="products", **common,
        ),
        Certificate(
            code="vietgap:1@2025-06-01", kind="vietgap", number="VG-1", issuer="Trung tâm Mẫu",
            organisation_code="coop", valid_from=date(2025, 6, 1), valid_to=date(2027, 5, 31),
            status_changed_at=NOW, simulated=True, data_set_key="certificates",
        ),
    ]  # fmt: skip


def _plantings() -> list[Planting]:
    return [
        Planting(
            parcel_code=f"P{number}", crop="rice", variety="OM5451", season="winter_spring",
            year=2026, sown_on=date(2025, 12, 20), expected_harvest_on=date(2026, 3, 28),
            simulated=True, data_set_key="plantings",
        )
        for number in range(1, 5)
    ]  # fmt: skip


def _stations() -> list[Station]:
    return [
        Station(
            key=key, name=key.title(), admin_unit_code="31333", simulated=True,
            data_set_key="stations", **placed(position),
        )
        for key, position in STATIONS.items()
    ]  # fmt: skip


def reading(station: int, time: datetime, value: float) -> Reading:
    return Reading(
        station_id=station, variable="water_salinity", statistic="point", time=time, value=value,
        unit="g/L", raw_value=value, raw_unit="g/l", data_set_key="salinity",
    )  # fmt: skip


def _readings(session: Session) -> list[Reading]:
    from sqlmodel import col, select

    stations = session.exec(select(Station).order_by(col(Station.key))).all()
    times = [NOW - timedelta(hours=2 * step) for step in range(12 * DAYS)]
    return [
        reading(station.id or 0, time, round(2 + math.sin(0.5 * step) + 0.1 * number, 2))
        for number, station in enumerate(stations)
        for step, time in enumerate(times)
    ]


def _panel() -> list[CropStatistic]:
    rows = []
    for place, unit in enumerate(("Can Tho", "Soc Trang", "Hau Giang")):
        for season, rate in (("winter_spring", 6.8), ("summer_autumn", 5.6)):
            for year in range(2018, 2026):
                area = 70_300.0 + 1_100 * place + 100 * (year - 2018)
                yield_t_ha = round(rate + 0.07 * (year - 2018) + 0.03 * place, 2)
                rows.append(
                    CropStatistic(
                        unit_name=unit, unit_level="province", crop="rice", season=season,
                        year=year, area_ha=area, yield_t_ha=yield_t_ha,
                        production_t=round(area * yield_t_ha, -2), data_set_key="panel",
                    )
                )  # fmt: skip
    return rows


def provinces() -> list[str]:
    """Twenty-two provinces that lived from before 2018 to the reform."""
    return [one.name for one in province_versions() if one.valid_to == REFORM][:22]


def figure(unit: str, subject: str, measure: str, year: int, value: float) -> Statistic:
    unit_of_value = {"heads": "heads", "production": "t"}[measure]
    return Statistic(
        unit_name=unit, unit_level="province", subject=subject, measure=measure, season="year",
        year=year, value=value, unit=unit_of_value, raw_value=value, raw_unit=unit_of_value,
        data_set_key="figures",
    )  # fmt: skip


def _figures() -> list[Statistic]:
    pigs = [
        figure(unit, "pig", "heads", year, 100_101.0 + 1_003 * place + 211 * (year - 2018))
        for place, unit in enumerate(provinces())
        for year in range(2018, 2026)
    ]
    water = []
    for year in range(2018, 2026):
        farmed, caught = 7_001.0 + 13 * (year - 2018), 2_003.0 + 7 * (year - 2018)
        water += [
            figure("Can Tho", "aquaculture", "production", year, farmed),
            figure("Can Tho", "capture", "production", year, caught),
            figure("Can Tho", "fishery", "production", year, farmed + caught),
        ]
    return pigs + water
