"""Small folders: the sample province, broken lists, and replacing one load by another."""

import csv
import gzip
import json
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box, mapping
from sqlmodel import select

from agridata.errors import InputError, UsageError
from agridata.places import (
    convert,
    find,
    get_unit,
    hau_giang_communes,
    level_of_code,
    load_real_admin,
    load_sample_admin,
    slug,
    unit_at,
)
from agridata.places.models import AdminCrosswalk, AdminUnit
from agridata.storage import DataSet
from agridata.vocabulary import LonLat

NOW = datetime(2026, 3, 20, 6, tzinfo=UTC)
LAST_DAY = date(2025, 6, 30)

UNITS = """\
level,code,parent,name,full_name,full_name_en,type,valid_from,valid_to
1,92,,Cần Thơ,Thành phố Cần Thơ,Can Tho City,Thành phố,2025-07-01,
1,93,,Hậu Giang,Tỉnh Hậu Giang,Hau Giang Province,Tỉnh,2004-01-01,2025-07-01
3,31441,92,Vị Thủy,Xã Vị Thủy,Vi Thuy Commune,Xã,2025-07-01,
3,31321,92,Vị Thanh,Phường Vị Thanh,Vi Thanh Ward,Phường,2025-07-01,
3,31120,92,Cái Khế,Phường Cái Khế,Cai Khe Ward,Phường,2025-07-01,
"""


def feature(code, shape, **properties):
    return {
        "type": "Feature", "properties": {"code": code} | properties, "geometry": mapping(shape)
    }  # fmt: skip


def write_geojson(path, *features):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


@pytest.fixture
def samples(tmp_path):
    admin = tmp_path / "samples" / "admin"
    admin.mkdir(parents=True)
    (admin / "units.csv").write_text(UNITS)
    write_geojson(
        admin / "communes_schematic.geojson",
        feature("31441", box(105.5, 9.7, 105.6, 9.8), former_province="93"),
        feature("31321", box(105.4, 9.7, 105.5, 9.8), former_province="93"),
        feature("31120", box(105.7, 10.0, 105.8, 10.1), former_province="92"),
        feature("99999", box(0, 0, 1, 1)),
    )
    return admin.parent


def test_the_sample_province_says_that_it_is_schematic(workspace_on, samples):
    with workspace_on.session() as session:
        reports = load_sample_admin(session, samples, NOW)
        session.commit()
        assert {name: (one.rows, one.imported) for name, one in reports.items()} == {
            "units.csv": (5, 5), "communes_schematic.geojson": (4, 3),
        }  # fmt: skip
        assert [unit.code for unit in hau_giang_communes(session, "2025")] == ["31321", "31441"]
        unit = unit_at(session, LonLat(105.55, 9.75), date(2026, 3, 20))
        assert unit.code == "31441"
        assert unit.geometry_schematic
        assert unit.area_km2 is None
        assert session.get(DataSet, "sample_admin_communes_schematic").simulated
        assert not session.get(DataSet, "sample_admin_units").simulated
        assert get_unit(session, "93", 1, LAST_DAY).valid_from == date(2004, 1, 1)


def test_the_committed_samples_load(workspace, project_root):
    folder = project_root / "data_samples"
    with workspace.session() as session:
        reports = load_sample_admin(session, folder, NOW)
        assert all(report.rejected == [] for report in reports.values())
        assert len(hau_giang_communes(session, "2025")) == 28
        assert load_sample_admin(session, folder, NOW).keys() == reports.keys()
        known = session.get(DataSet, "sample_admin_communes_schematic")
        assert "schematic" in known.title_en.casefold()
    workspace.engine.dispose()


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [("2004-01-01", "1/1/2004", "date"), ("full_name_en", "english", "full_name_en")],
)
def test_a_broken_sample_is_refused_whole(workspace, samples, old, new, named):
    path = samples / "admin" / "units.csv"
    path.write_text(path.read_text().replace(old, new))
    with workspace.session() as session:
        with pytest.raises(InputError, match=named):
            load_sample_admin(session, samples, NOW)
        assert session.exec(select(AdminUnit)).all() == []
    workspace.engine.dispose()


@pytest.fixture
def made_up(tmp_path):
    """A folder laid out like the real one: old province 93 is the left half of two communes."""
    folder = tmp_path / "admin"
    folder.mkdir()
    (folder / "vn_units_2025.csv").write_text(
        "level,code,parent,name,full_name,full_name_en,type\n"
        "1,92,,Cần Thơ,Thành phố Cần Thơ,Can Tho City,Thành phố\n"
        "2,31001,92,Trái,Xã Trái,Left,Xã\n2,31002,92,Phải,Xã Phải,Right,Xã\n"
        "2,31002,92,Phải,Xã Phải,Right,Xã\n2,310,92,x,Xã x,x,Xã\n2,31003,77,y,Xã y,y,Xã\n"
    )
    with gzip.open(folder / "vn_units_pre2025_wards.csv.gz", "wt", encoding="utf-8") as stream:
        stream.write(
            "province_code,province,district_code,district,ward_code,ward,ward_type\n"
            "93,Tỉnh Hậu Giang,930,Thành phố Vị Thanh,30001,Xã Một,Xã\n"
            "93,Tỉnh Hậu Giang,930,Thành phố Vị Thanh,30002,Xã Hai,Xã\n"
            "94,Tỉnh Sóc Trăng,940,Huyện Ba,30003,Xã Một,Xã\n"
            "94,Tỉnh Sóc Trăng,94,Huyện Ba,30004,Xã Bốn,Xã\n"
        )
    with gzip.open(folder / "vn_crosswalk_old_to_new_2025.csv.gz", "wt", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["old_ward_code", "new_ward_code"])
        writer.writerows(
            [("30001", "31001"), ("30001", "31002"), ("30003", "31002"), ("30003", "31001"),
             ("30003", "31002"), ("39999", "31001"), ("30001", "39999")]
        )  # fmt: skip
    write(folder / "92_can_tho_2025_communes.gpkg", "communes",
          [("31001", box(105.0, 9, 105.2, 9.1)), ("31002", box(105.2, 9, 105.4, 9.1))])  # fmt: skip
    write(folder / "pre2025_provinces_districts.gpkg", "units",
          [("93", box(105.0, 9, 105.25, 9.1)), ("94", box(105.25, 9, 105.4, 9.1))])  # fmt: skip
    write(folder / "haugiang_pre2025_communes.gpkg", "communes",
          [("30001", box(105.0, 9, 105.1, 9.1)), ("30002", box(105.1, 9, 105.2502, 9.1)),
           ("30009", box(105.0, 9.0, 105.02, 9.02))], crs=32648)  # fmt: skip
    return folder


def write(path, layer, units, crs=4326):
    import geopandas

    codes, shapes = zip(*units, strict=True)
    frame = geopandas.GeoDataFrame(
        {"code": codes, "district_code": "930", "tenxa": "Xã Chín"}, geometry=list(shapes), crs=4326
    )
    frame.to_crs(crs).to_file(path, layer=layer, engine="pyogrio")


def test_known_answers_of_a_made_up_province(workspace_on, made_up):
    with workspace_on.session() as session:
        reports = load_real_admin(session, made_up, NOW)
        session.commit()
        rejected = {
            name: [(one.where.split(":", 1)[1], one.field) for one in report.rejected]
            for name, report in reports.items()
            if report.rejected
        }
        assert rejected == {
            "vn_units_2025.csv": [("5", "code"), ("6", "code"), ("7", "parent")],
            "vn_units_pre2025_wards.csv.gz": [("5", "district_code")],
            "vn_crosswalk_old_to_new_2025.csv.gz": [
                ("3", "new_ward_code"),  # 30001 lies wholly in 31001
                ("5", "new_ward_code"),  # 31001 does not reach into old province 94
                ("6", "new_ward_code"),  # the same link twice
                ("7", "old_ward_code"),
                ("8", "new_ward_code"),
            ],
        }
        assert [unit.code for unit in hau_giang_communes(session, "2025")] == ["31001"]
        shares = {one.code: one.share_of_area for one in convert(session, "30002", "2025")}
        assert shares == pytest.approx({"31001": 2 / 3, "31002": 1 / 3}, abs=0.002)
        (published,) = convert(session, "30003", "2025")
        assert (published.code, published.share_of_area) == ("31002", None)
        ended = get_unit(session, "30009")
        assert (ended.full_name, ended.valid_to) == ("Xã Chín", date(2025, 3, 1))


def test_other_bytes_replace_what_was_loaded(workspace, made_up, samples):
    with workspace.session() as session:
        load_sample_admin(session, samples, NOW)
        load_real_admin(session, made_up, NOW)
        session.commit()
        assert session.get(DataSet, "sample_admin_units") is None
        assert find(session, "Vị Thủy") == []
        (made_up / "vn_crosswalk_old_to_new_2025.csv.gz").unlink()
        load_real_admin(session, made_up, NOW)
        session.commit()
        links = session.exec(select(AdminCrosswalk)).all()
        assert {link.data_set_key for link in links} == {"haugiang_pre2025_communes"}
        assert session.get(DataSet, "vn_crosswalk_old_to_new_2025") is None
    workspace.engine.dispose()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("vn_units_2025.csv", b"\xff\xfe\x00broken"),
        ("vn_units_pre2025_wards.csv.gz", b"not gzip"),
        ("92_can_tho_2025_communes.gpkg", b"not a geopackage"),
    ],
)
def test_a_broken_file_stores_nothing(workspace, made_up, name, content):
    (made_up / name).write_bytes(content)
    with workspace.session() as session:
        with pytest.raises(InputError) as caught:
            load_real_admin(session, made_up, NOW)
        assert name in caught.value.findings[0].where
        assert session.exec(select(AdminUnit)).all() == []
    workspace.engine.dispose()


def test_nothing_to_search_for_is_wrong_usage(workspace):
    with workspace.session() as session, pytest.raises(UsageError):
        find(session, "  ")
    workspace.engine.dispose()


@given(st.text(max_size=30))
def test_slugs_are_plain_and_stable(name):
    made = slug(name)
    assert slug(made) == made
    assert not set(made) & set(" /?#%&.")


@given(st.text(max_size=6))
def test_only_digits_have_a_level(code):
    level = level_of_code(code)
    assert (level is not None) == (code.isascii() and code.isdigit() and len(code) in (2, 3, 5))


def test_reading_places_needs_no_heavy_library():
    program = (
        "import sys, agridata.places, agridata.layers; "
        "heavy = {'geopandas', 'rasterio', 'xarray', 'sklearn', 'pandas'}; "
        "print(sorted(heavy & sys.modules.keys()))"
    )
    shown = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert shown.stdout.decode().strip() == "[]"
