"""The registry folder: rows with reasons, geodesic areas, personal values apart."""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import Point, Polygon
from sqlmodel import select

from agridata.errors import InputError, NotFoundError, UsageError
from agridata.registry import (
    Member,
    Organisation,
    Parcel,
    PersonalValue,
    Planting,
    Pond,
    Product,
    add_personal_value,
    commitment_of,
    geodesic_area,
    holds_on,
    load_registry,
    personal_values,
    registry_counts,
)
from agridata.storage import DataSet, SourceInfo, within_bounds
from agridata.vocabulary import Utc, local_date

NOW = Utc(datetime(2026, 3, 20, tzinfo=UTC))
INFO = SourceInfo("reg", "registry", "Mẫu", "Sample", "test", "none", True)
SQUARE = [[105.5, 9.7], [105.501, 9.7], [105.501, 9.701], [105.5, 9.701], [105.5, 9.7]]
BOW = [[105.5, 9.7], [105.501, 9.701], [105.501, 9.7], [105.5, 9.701], [105.5, 9.7]]


def salts() -> Callable[[], bytes]:
    numbers = iter(range(1, 10_000))
    return lambda: next(numbers).to_bytes(16, "big")


def feature(code: str, ring: object, **properties: object) -> dict[str, object]:
    shown = {"code": code, "organisation_code": "coop", "subject": "sub-1", "land_use": "rice",
             "admin_unit_code": "31480", "simulated": True, "geometry_schematic": True}  # fmt: skip
    geometry = {"type": "Polygon", "coordinates": [ring]} if isinstance(ring, list) else ring
    return {"type": "Feature", "properties": shown | properties, "geometry": geometry}


def write_parcels(folder: Path, *features: object, **more: object) -> None:
    document = {"type": "FeatureCollection", "features": list(features), **more}
    (folder / "parcels.geojson").write_text(json.dumps(document), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "registry"
    made.mkdir()
    tables = {
        "organisations": "code,name,kind,gln,location_code,address,admin_unit_code,simulated\n"
        "coop,HTX Mẫu,cooperative,9521101000016,L1,Ấp 1,31480,true\n"
        "mill,Nhà máy,mill,,L2,,,true\n",
        "members": "subject,organisation_code,role,name,phone,simulated\n"
        "sub-1,coop,farmer,Trần Mẫu Lúa,0000123456,true\n",
        "plantings": "parcel_code,crop,variety,season,year,sown_on,expected_harvest_on,simulated\n"
        "P1,rice,OM18,winter_spring,2026,2025-12-20,2026-03-28,true\n",
        "herds": "code,organisation_code,admin_unit_code,species,heads,lon,lat,simulated\n"
        "H1,coop,31480,pig,120,105.5,9.7,true\n",
        "ponds": "code,organisation_code,admin_unit_code,species,area_ha,volume_m3,cages,lon,lat,"
        "simulated\nA1,coop,31480,swamp_eel,,43,,105.5,9.7,true\n",
        "products": "gtin,organisation_code,name_vi,name_en,brand,crop,net_weight_kg,standards,"
        "simulated\n9521101001006,coop,Lúa,Paddy,,rice,5,VietGAP,true\n",
    }
    for name, text in tables.items():
        (made / f"{name}.csv").write_text(text, encoding="utf-8")
    write_parcels(made, feature("P1", SQUARE))
    return made


def add_line(folder: Path, name: str, line: str) -> None:
    with (folder / name).open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")


def test_a_whole_folder_goes_in(workspace_on, folder):
    with workspace_on.session() as session:
        reports = load_registry(session, folder, INFO, NOW, salts())
        session.commit()
        assert all(one.rows == one.imported == len(one.rejected) + one.rows
                   for one in reports.values())  # fmt: skip
        assert registry_counts(session) == {
            "organisations": 2, "members": 1, "parcels": 1, "plantings": 1, "herds": 1,
            "ponds": 1, "products": 1, "certificates": 0,
        }  # fmt: skip
        parcel = session.exec(select(Parcel)).one()
        expected = abs(Geod(ellps="WGS84").polygon_area_perimeter(*zip(*SQUARE, strict=True))[0])
        assert parcel.area_ha == pytest.approx(expected / 10_000, abs=1e-6)
        assert 1.2 < parcel.area_ha < 1.22
        assert parcel.geometry_schematic
        near = within_bounds(Parcel, (105.5, 9.7, 105.6, 9.8), session.get_bind().dialect.name)
        assert session.exec(select(Parcel).where(near)).one().code == "P1"
        assert session.exec(select(Product)).one().gtin == "09521101001006"
        assert session.exec(select(Planting)).one().sown_on.isoformat() == "2025-12-20"
        assert session.get_one(DataSet, "reg_parcels").simulated


def test_the_same_folder_again_changes_nothing(workspace_on, folder):
    with workspace_on.session() as session:
        first = load_registry(session, folder, INFO, NOW, salts())
        session.commit()
        before = session.exec(select(PersonalValue.commitment)).all()
        again = load_registry(session, folder, INFO, NOW, salts())
        assert {k: v.as_dict() for k, v in first.items()} == {
            k: v.as_dict() for k, v in again.items()
        }
        assert session.exec(select(PersonalValue.commitment)).all() == before


def test_a_changed_file_updates_and_ends_what_it_no_longer_lists(workspace_on, folder):
    write_parcels(folder, feature("P1", SQUARE), feature("P2", SQUARE))
    with workspace_on.session() as session:
        load_registry(session, folder, INFO, NOW, salts())
        session.commit()
        commitments = session.exec(select(PersonalValue.commitment)).all()
        write_parcels(folder, feature("P1", SQUARE, land_use="pineapple"))
        add_line(folder, "members.csv", "sub-2,mill,worker,Lê Mẫu Bưởi,,true")
        text = (folder / "organisations.csv").read_text("utf-8").replace("mill,Nhà máy", "m2,Máy")
        (folder / "organisations.csv").write_text(text, encoding="utf-8")
        reports = load_registry(session, folder, INFO, NOW, salts())
        session.commit()
        parcels = session.exec(select(Parcel).order_by(Parcel.code)).all()
        assert [(one.code, one.land_use, one.valid_to) for one in parcels] == [
            ("P1", "pineapple", None), ("P2", "rice", local_date(NOW)),
        ]  # fmt: skip
        assert reports["members.csv"].imported == 2  # an ended organisation can be referred to
        tomorrow = local_date(NOW) + timedelta(days=1)
        held = holds_on(Organisation, tomorrow)
        assert set(session.exec(select(Organisation.code).where(held))) == {"coop", "m2"}
        assert set(session.exec(select(Organisation.code))) == {"coop", "m2", "mill"}
        kept = session.exec(
            select(PersonalValue.commitment).where(PersonalValue.subject == "sub-1")
        ).all()
        assert sorted(kept) == sorted(commitments)


@pytest.mark.parametrize(
    ("ring", "problem"),
    [
        (BOW, "Self-intersection"),
        ([[9.7, 105.5], [9.7, 105.501], [9.701, 105.501], [9.7, 105.5]], "latitude stands before"),
        ([[600000, 1070000], [600100, 1070000], [600100, 1070100], [600000, 1070000]], "degrees"),
        ({"type": "Point", "coordinates": [105.5, 9.7]}, "Point"),
        ({"type": "Polygon", "coordinates": []}, "empty"),
        ({"type": "Polygon", "coordinates": "x"}, "cannot be read"),
        ({"type": "Blob"}, "cannot be read"),
        (None, "cannot be read"),
        ([[105.5, 9.7], [105.5, float("nan")], [105.6, 9.7], [105.5, 9.7]], "not"),
    ],
)
def test_bad_outlines_are_rejected_by_name(uncommitted, folder, ring, problem):
    bad = feature("P2", ring if ring is not None else {})
    write_parcels(folder, feature("P1", SQUARE), bad)
    with uncommitted.session() as session:
        report = load_registry(session, folder, INFO, NOW, salts())["parcels.geojson"]
        assert (report.rows, report.imported) == (2, 1)
        (finding,) = report.rejected
        assert (finding.where, finding.field) == ("parcels.geojson:feature 2", "geometry")
        assert problem in finding.problem


BAD = [
    ("organisations.csv", "coop,Twice,packer,,L3,,,true", "code", "twice"),
    ("organisations.csv", "c3,X,packer,9521101000017,L3,,,true", "gln", "not a GLN"),
    ("organisations.csv", "c3,X,packer,,,,,true", "location_code", "blank"),
    ("members.csv", "sub-2,nobody,farmer,A,,true", "organisation_code", "no organisation"),
    ("members.csv", "sub-2,coop,farmer,,,true", "name", "blank"),
    ("plantings.csv", "P9,rice,,year,2026,,,true", "parcel_code", "no parcel"),
    ("plantings.csv", "P1,rice,,monsoon,2026,,,true", "season", "not known"),
    ("plantings.csv", "P1,rice,,year,2026,2026-02-30,,true", "sown_on", "calendar"),
    ("plantings.csv", "P1,rice,,year,2026,2026-02-01,2026-01-01,true", "expected_harvest_on",
     "not after"),
    ("plantings.csv", "P1,rice,,winter_spring,2026,,,true", "parcel_code", "twice"),
    ("herds.csv", "H2,coop,,pig,-3,,,true", "heads", "negative"),
    ("herds.csv", "H2,coop,,pig,2.5,,,true", "heads", "whole"),
    ("herds.csv", "H2,coop,,pig,,,,true", "heads", "blank"),
    ("herds.csv", "H2,coop,,pig,3,105.5,,true", "lat", "blank"),
    ("herds.csv", "H2,coop,,pig,3,9.7,105.5,true", "lon,lat", "not a longitude"),
    ("ponds.csv", "A2,coop,,swamp_eel,0.5,,,,,true", "volume_m3", "m³"),
    ("ponds.csv", "A2,coop,,snakehead,-1,,,,,true", "area_ha", "negative"),
    ("ponds.csv", "A2,coop,,snakehead,,,,,,true", "area_ha", "no extent"),
    ("ponds.csv", "A2,coop,,snakehead,1,,,,,perhaps", "simulated", "neither"),
    ("products.csv", "9521101001007,coop,A,A,,rice,,,true", "gtin", "not a GTIN"),
    ("products.csv", "09521101001006,coop,A,A,,rice,,,true", "gtin", "twice"),
    ("products.csv", "9521101001013,coop,A,A,,rice,0,,true", "net_weight_kg", "is 0"),
    ("products.csv", "9521101001013,coop,A", "", "3 fields"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "line", "field", "problem"), BAD)
def test_bad_rows_are_rejected_with_field_and_reason(
    uncommitted, folder, name, line, field, problem
):
    add_line(folder, name, line)
    with uncommitted.session() as session:
        report = load_registry(session, folder, INFO, NOW, salts())[name]
        (finding,) = report.rejected
        assert (finding.field, finding.where.split(":")[0]) == (field, name)
        assert problem in finding.problem
        assert report.rows == report.imported + 1


def test_a_code_of_another_source_is_not_taken_over(workspace, folder):
    with workspace.session() as session:
        load_registry(session, folder, INFO, NOW, salts())
        other = SourceInfo("other", "registry", "", "", "", "", False)
        report = load_registry(session, folder, other, NOW, salts())["parcels.geojson"]
        assert "'reg_parcels'" in report.rejected[0].problem


def test_what_is_no_registry_is_refused_and_leaves_nothing(workspace, folder, tmp_path):
    with workspace.session() as session:
        with pytest.raises(InputError, match="no registry file"):
            load_registry(session, tmp_path, INFO, NOW, salts())
        for text in ("{", "[]", '{"type": "Feature"}', '{"type": "FeatureCollection"}'):
            (folder / "parcels.geojson").write_text(text, encoding="utf-8")
            with pytest.raises(InputError):
                load_registry(session, folder, INFO, NOW, salts())
            session.rollback()
        crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::9210"}}
        write_parcels(folder, feature("P1", SQUARE), crs=crs)
        with pytest.raises(InputError, match="WGS 84"):
            load_registry(session, folder, INFO, NOW, salts())
        session.rollback()
        assert set(registry_counts(session).values()) == {0}


def test_the_sample_province_goes_in_whole(workspace, project_root):
    folder = project_root / "data_samples" / "registry"
    with workspace.session() as session:
        reports = load_registry(session, folder, INFO, NOW, salts())
        assert len(reports) == 7
        assert all(not one.rejected and one.rows for one in reports.values())
        areas = session.exec(select(Parcel.area_ha)).all()
        assert all(0.2 < area < 3 for area in areas)
        eels = session.exec(select(Pond).where(Pond.species == "swamp_eel")).all()
        assert eels
        assert all(one.volume_m3 for one in eels)


def test_commitments_are_what_the_formula_says():
    salt = bytes(range(16))
    written = unicodedata.normalize("NFD", "Thoại Sơn")
    digest = hashlib.sha256(salt + "Thoại Sơn".encode()).digest()
    expected = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert commitment_of(salt, written) == expected
    assert len(expected) == 43
    with pytest.raises(UsageError):
        commitment_of(b"short", "x")


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16), st.text())
def test_a_commitment_hides_behind_its_salt(one, other, value):
    assert (commitment_of(one, value) == commitment_of(other, value)) == (one == other)


def test_personal_values_are_kept_apart_and_replaced_when_they_change(workspace_on, folder):
    salt, other = b"a" * 16, b"b" * 16
    with workspace_on.session() as session:
        load_registry(session, folder, INFO, NOW, salts())
        assert personal_values(session) == ["0000123456", "Trần Mẫu Lúa"]
        assert "Trần" not in str(session.exec(select(Member)).one())
        mail = add_personal_value(session, "sub-1", "e-mail", " a@b.vn ", salt=salt)
        assert mail == commitment_of(salt, "a@b.vn")
        assert add_personal_value(session, "sub-1", "e-mail", "a@b.vn", salt=other) == mail
        new = add_personal_value(session, "sub-1", "e-mail", "c@d.vn", salt=other)
        assert new == commitment_of(other, "c@d.vn")
        assert personal_values(session) == ["0000123456", "Trần Mẫu Lúa", "c@d.vn"]
        with pytest.raises(NotFoundError):
            add_personal_value(session, "sub-9", "name", "X", salt=salt)
        with pytest.raises(InputError):
            add_personal_value(session, "sub-1", "name", "  ", salt=salt)


@given(st.floats(102, 109), st.floats(8, 23), st.floats(0.0005, 0.02))
def test_area_is_geodesic_whichever_way_the_outline_runs(lon, lat, half):
    ring = [(lon - half, lat - half), (lon + half, lat - half), (lon + half, lat + half),
            (lon - half, lat + half)]  # fmt: skip
    area = geodesic_area(Polygon(ring))
    assert area == pytest.approx(geodesic_area(Polygon(ring[::-1])))
    hole = geodesic_area(Polygon(ring, [Point(lon, lat).buffer(half / 2).exterior.coords]))
    assert 0 < hole < area
