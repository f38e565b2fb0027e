"""Real parcels in their own reference systems; every kind of bad row by its name."""

import json
import zipfile
from datetime import UTC, datetime

import geopandas
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import (
    GeometryCollection,
    LineString,
    MultiPolygon,
    Point,
    Polygon,
    box,
    mapping,
)
from sqlmodel import select

from agridata.errors import InputError, UsageError
from agridata.layers import import_layer, list_layers
from agridata.layers.models import LayerFeature
from agridata.places.models import AdminUnit
from agridata.registry.models import Herd, Organisation, Parcel, Planting, Pond
from agridata.storage import DataSet, SourceInfo, bounds_of, record_data_set, stored_report

NOW = datetime(2026, 3, 20, 6, tzinfo=UTC)
SOURCE = SourceInfo("made", "probe", "thử", "made here", "this test", "CC0-1.0", simulated=True)

FIELDS = {
    "1_vietnam_areas.gpkg": {},
    "4_cambodia_areas.gpkg": {},
    "brpgewaspercelen_definitief_2023.gpkg": {"outside_country": 100},
    "jp_field_polygons_2024.parquet": {"outside_country": 100},
}
"""Real parcels: UTM 48N, UTM 48N, Dutch RD, JGD2011 with its geometry column called GEOM."""


def stored(session, name):
    query = select(LayerFeature).where(LayerFeature.layer == name).order_by(LayerFeature.id)
    return session.exec(query).all()


def frame_file(path, shapes, crs=4326, **columns):
    frame = geopandas.GeoDataFrame(columns, geometry=list(shapes), crs=crs)
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_file(path)
    return path


def geojson_file(path, *features):
    listed = [
        {"type": "Feature", "properties": properties, "geometry": geometry}
        for properties, geometry in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": listed}))
    return path


def ring(*corners):
    return {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}


GOOD = ring([105.40, 9.80], [105.41, 9.80], [105.41, 9.81], [105.40, 9.81])


@pytest.mark.shared
@pytest.mark.parametrize("name", FIELDS)
def test_real_parcels_keep_their_area(session, shared_dir, name):
    path = shared_dir / "data" / "parcels" / name
    read = geopandas.read_parquet if path.suffix == ".parquet" else geopandas.read_file
    ours = Geod(ellps="WGS84")
    expected = [
        abs(ours.geometry_area_perimeter(shape)[0]) / 10_000
        for shape in read(path).geometry.to_crs(4326)
    ]
    report = import_layer(session, path, "land", now=NOW)
    assert (report.rows, report.imported, report.rejected) == (100, 100, [])
    assert dict(report.flagged) == FIELDS[name]
    areas = [row.area_ha for row in stored(session, path.stem)]
    assert areas == pytest.approx(expected, rel=1e-3)


@pytest.mark.shared
def test_one_id_for_all_rows_is_no_identity(session, shared_dir):
    path = shared_dir / "data" / "parcels" / "1_vietnam_areas.gpkg"
    import_layer(session, path, "land", now=NOW)
    rows = stored(session, "1_vietnam_areas")
    assert [row.source_id for row in rows] == [str(number) for number in range(100)]
    assert {row.properties["id"] for row in rows} == {1}


@pytest.mark.shared
def test_the_files_own_identity_is_kept(session, shared_dir):
    path = shared_dir / "data" / "parcels" / "jp_field_polygons_2024.parquet"
    import_layer(session, path, "land", "ruộng Nhật", now=NOW)
    source = geopandas.read_parquet(path)
    rows = stored(session, "ruộng Nhật")
    assert [row.source_id for row in rows] == source["polygon_uuid"].tolist()
    assert rows[0].properties["land_type_jp"] == source["land_type_jp"][0]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("valid/polygon-over-4ha.geojson", None),
        ("valid/multipolygon-farm.geojson", None),
        ("invalid/self-intersecting-polygon.geojson", "crosses itself"),
        ("invalid/feature-without-geometry.geojson", "has no shape"),
    ],
)
def test_eudr_fixtures(session, shared_dir, name, problem):
    path = shared_dir / "vectors" / "eudr-geojson-fixtures" / name
    report = import_layer(session, path, "land", now=NOW)
    if problem is None:
        claimed = json.loads(path.read_text())["features"][0]["properties"]
        (row,) = stored(session, path.stem)
        assert row.source_id == claimed["plot_id"]
        assert row.area_ha == pytest.approx(claimed["area_ha"], rel=0.02)
    else:
        (finding,) = report.rejected
        assert problem in finding.problem
        assert (report.imported, stored(session, path.stem)) == (0, [])


@pytest.mark.shared
def test_a_truncated_kml_is_refused(session, shared_dir):
    path = shared_dir / "vectors" / "eudr-geojson-fixtures" / "invalid" / "malformed.kml"
    with pytest.raises(InputError, match="cannot be read as KML"):
        import_layer(session, path, "land", now=NOW)


BAD_ROWS = {
    "swapped axes": (ring([9.8, 105.4], [9.8, 105.41], [9.81, 105.41]), "axes are swapped"),
    "bow tie": (
        ring([105.5, 9.8], [105.6, 9.9], [105.6, 9.8], [105.5, 9.9]),
        "a ring crosses itself: Self-intersection[105.55 9.85]",
    ),
    "no shape": (None, "the row has no shape"),
    "empty": ({"type": "Polygon", "coordinates": []}, "empty"),
    "two points": ({"type": "Polygon", "coordinates": [[[105, 9], [106, 9]]]}, "too few points"),
    "words": ({"type": "Point", "coordinates": ["a", "b"]}, "not a number in decimal form: 'a'"),
    "metres as degrees": (
        {"type": "Point", "coordinates": [543210.0, 1081000.0]}, "not a place on Earth"
    ),
    "collapsed": (ring([105.5, 9.8], [105.6, 9.8], [105.5, 9.8]), "too few points"),
    "mixture": (
        mapping(GeometryCollection([Point(105, 9), box(105.4, 9.8, 105.5, 9.9)])),
        "mixes points, lines and areas",
    ),
    "twin": (GOOD, "duplicate: the same shape as"),
    "twin, other start": (
        ring([105.41, 9.81], [105.41, 9.80], [105.40, 9.80], [105.40, 9.81]), "duplicate"
    ),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD_ROWS)
def test_a_bad_row_is_named_and_the_good_one_lands(session, tmp_path, bad):
    geometry, problem = BAD_ROWS[bad]
    path = geojson_file(tmp_path / "plots.geojson", ({"id": "a"}, GOOD), ({"id": "b"}, geometry))
    report = import_layer(session, path, "land", now=NOW)
    assert (report.rows, report.imported) == (2, 1)
    (finding,) = report.rejected
    assert finding.where == "plots.geojson:2"
    assert finding.field == "geometry"
    assert problem in finding.problem
    assert finding.fix
    assert finding.problem_vi
    assert [row.source_id for row in stored(session, "plots")] == ["a"]
    assert stored_report(session, "layer:plots").rejected[0].problem == finding.problem


def test_all_bad_rows_at_once_add_up(session, tmp_path):
    features = [({"id": name}, geometry) for name, (geometry, _problem) in BAD_ROWS.items()]
    path = geojson_file(tmp_path / "plots.geojson", ({"id": "good"}, GOOD), *features)
    report = import_layer(session, path, "soil", now=NOW)
    assert report.rows == 1 + len(BAD_ROWS)
    assert report.imported == 1
    assert [one.where for one in report.rejected] == [
        f"plots.geojson:{number}" for number in range(2, 2 + len(BAD_ROWS))
    ]


def test_swapped_northing_and_easting_are_seen_in_metres_too(session, tmp_path):
    here = geopandas.GeoSeries([box(105.4, 9.8, 105.41, 9.81)], crs=4326).to_crs(32648)[0]
    turned = shapely.transform(here, lambda xy: xy[:, ::-1])
    path = frame_file(tmp_path / "utm.gpkg", [here, turned], crs=32648)
    report = import_layer(session, path, "land", now=NOW)
    (finding,) = report.rejected
    assert "axes are swapped" in finding.problem
    assert report.imported == 1


def test_degrees_under_a_metre_crs_are_named(session, tmp_path):
    path = frame_file(tmp_path / "lie.gpkg", [box(105.4, 9.8, 105.41, 9.81)], crs=32648)
    report = import_layer(session, path, "land", now=NOW)
    assert "look like degrees: but EPSG:32648 counts in metres" in report.rejected[0].problem
    assert import_layer(session, path, "land", now=NOW, crs="EPSG:4326").imported == 1


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".shp", ".fgb"])
def test_a_missing_crs_refuses_the_file_until_it_is_named(session, tmp_path, suffix):
    here = geopandas.GeoSeries([box(105.4, 9.8, 105.41, 9.81)], crs=4326).to_crs(32648)
    path = tmp_path / f"plots{suffix}"
    frame = geopandas.GeoDataFrame({"id": ["a"]}, geometry=list(here), crs=None)
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        with pytest.warns(UserWarning, match="'crs' was not provided"):
            frame.to_file(path)
    with pytest.raises(InputError, match="does not say its coordinate reference system"):
        import_layer(session, path, "land", now=NOW)
    assert import_layer(session, path, "land", now=NOW, crs="EPSG:32648").imported == 1
    (row,) = stored(session, "plots")
    assert row.geom.centroid.distance(Point(105.405, 9.805)) < 1e-4


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("none.gpkg", None, "no such file"),
        ("sheet.docx", b"PK", "format .docx is not known"),
        ("nothing", b"", "format without suffix"),
        ("text.gpkg", b"hello", "cannot be read as GeoPackage"),
        ("half.geojson", b'{"type": "FeatureColl', "cannot be read as GeoJSON"),
        ("plain.json", b'{"hello": 1}', "cannot be read as GeoJSON"),
        ("short.parquet", b"PAR1", "cannot be read as GeoParquet"),
        ("broken.zip", b"PK\x03\x04", "cannot be read as zipped Shapefile"),
        ("void.geojson", b'{"type": "FeatureCollection", "features": []}', "holds no features"),
    ],
)
def test_an_unusable_file_is_refused_whole(session, tmp_path, name, content, problem):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        import_layer(session, path, "land", now=NOW)
    (finding,) = caught.value.findings
    assert problem in finding.problem
    assert name in finding.where
    assert finding.fix
    assert finding.problem_vi
    assert session.exec(select(DataSet)).all() == []


def test_a_table_without_geometry_is_refused(session, tmp_path):
    import pandas as pd

    path = tmp_path / "plain.parquet"
    pd.DataFrame({"a": [1]}).to_parquet(path)
    with pytest.raises(InputError, match="has no columns of coordinates: it has 'a'"):
        import_layer(session, path, "land", now=NOW)


def test_too_many_vertices_are_refused_by_a_named_limit(session, tmp_path, monkeypatch):
    from agridata.layers import _check

    monkeypatch.setattr(_check, "MAX_VERTICES", 50)
    circle = Point(105.4, 9.8).buffer(0.01, quad_segs=30)
    path = frame_file(tmp_path / "round.gpkg", [circle, box(105.5, 9.8, 105.51, 9.81)])
    report = import_layer(session, path, "land", now=NOW)
    assert "too many vertices: 121, the limit is 50" in report.rejected[0].problem
    assert report.imported == 1


@pytest.mark.parametrize(
    ("limit", "problem"), [("MAX_FEATURES", "2 features"), ("MAX_FILE_BYTES", "MiB")]
)
def test_too_large_files_are_refused(session, tmp_path, monkeypatch, limit, problem):
    from agridata.layers import _archive, _read

    monkeypatch.setattr(_archive if limit == "MAX_FILE_BYTES" else _read, limit, 1)
    path = geojson_file(tmp_path / "p.geojson", ({}, GOOD), ({}, GOOD))
    with pytest.raises(InputError, match=problem):
        import_layer(session, path, "land", now=NOW)


def test_a_zip_that_unpacks_to_too_much_is_refused(session, tmp_path, monkeypatch):
    from agridata.layers import _archive

    monkeypatch.setattr(_archive, "MAX_UNPACKED_BYTES", 1 << 20)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.gpkg", bytes(4 << 20))
    assert path.stat().st_size < 1 << 16
    with pytest.raises(InputError, match="the limit is 1"):
        import_layer(session, path, "land", now=NOW)


def test_a_zipped_shapefile_with_vietnamese_attributes(session, tmp_path):
    folder = tmp_path / "shp"
    folder.mkdir()
    frame_file(folder / "thua.shp", [box(105.4, 9.8, 105.41, 9.81)], ten=["Thửa Đất 1"])
    path = tmp_path / "thua.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in folder.iterdir():
            archive.write(part, part.name)
    assert import_layer(session, path, "land", now=NOW).imported == 1
    assert stored(session, "thua")[0].properties["ten"] == "Thửa Đất 1"


def test_all_layers_of_a_geopackage_are_read(session, tmp_path):
    path = tmp_path / "two.gpkg"
    for number, name in enumerate(("north", "south")):
        shape = box(105 + number, 9, 105.1 + number, 9.1)
        frame = geopandas.GeoDataFrame({"id": [name]}, geometry=[shape], crs=4326)
        frame.to_file(path, layer=name)
    report = import_layer(session, path, "soil", now=NOW)
    assert (report.rows, report.imported) == (2, 2)
    assert {row.source_id for row in stored(session, "two")} == {"north", "south"}


def test_attributes_become_json_in_nfc(session, tmp_path):
    import unicodedata

    properties = {
        "tên": unicodedata.normalize("NFD", "Thoại Sơn"), "day": "2026-03-20", "n": 3, "x": None,
        "nested": {"a": [1, 2]}, "list": [1, 2], "yes": True,
    }  # fmt: skip
    path = geojson_file(tmp_path / "p.geojson", (properties, GOOD))
    import_layer(session, path, "other", now=NOW)
    session.expire_all()
    (row,) = stored(session, "p")
    assert row.properties["tên"] == "Thoại Sơn"
    assert len(row.properties["tên"]) == 9
    assert row.properties["nested"] == {"a": [1, 2]}
    assert row.properties["list"] == [1, 2]
    assert row.properties["yes"] is True
    assert row.properties["day"].startswith("2026-03-20")


def test_repeated_identities_are_duplicates(session, tmp_path):
    shapes = [box(105 + n, 9, 105.1 + n, 9.1) for n in range(3)]
    path = frame_file(tmp_path / "p.gpkg", shapes, code=["a", "b", "b"])
    report = import_layer(session, path, "other", now=NOW)
    assert report.imported == 2
    assert (report.rejected[0].field, report.rejected[0].where) == ("source_id", "p.gpkg:3")
    other = import_layer(session, path, "other", "named", now=NOW, id_column="missing")
    assert other.imported == 0
    assert {one.problem for one in other.rejected} == {"has no identity"}


def test_points_and_lines_have_no_area(session, tmp_path):
    shapes = [Point(105.4, 9.8), LineString([(105.4, 9.8), (105.5, 9.9)]), Point(105.4, 9.8)]
    path = frame_file(tmp_path / "mixed.parquet", shapes, id=["a", "b", "c"])
    report = import_layer(session, path, "fisheries", now=NOW)
    assert report.imported == 3
    assert [row.area_ha for row in stored(session, "mixed")] == [None] * 3


def test_a_mixture_in_one_shape_is_refused(session, tmp_path):
    both = GeometryCollection([Point(105.4, 9.8), box(105.4, 9.8, 105.5, 9.9)])
    path = frame_file(tmp_path / "m.parquet", [both], id=["a"])
    assert "mixes" in import_layer(session, path, "other", now=NOW).rejected[0].problem


def test_the_same_bytes_change_nothing_and_other_bytes_replace(session, tmp_path):
    path = geojson_file(tmp_path / "p.geojson", ({"id": 1}, GOOD), ({"id": 2}, None))
    first = import_layer(session, path, "land", now=NOW)
    (row,) = stored(session, "p")
    again = import_layer(session, path, "land", now=NOW.replace(day=21))
    assert again.as_dict()["rows"] == first.rows
    assert [one.problem for one in again.rejected] == [one.problem for one in first.rejected]
    assert stored(session, "p")[0].id == row.id
    moved = ring([105.50, 9.80], [105.51, 9.80], [105.51, 9.81])
    geojson_file(path, ({"id": 7}, moved), ({"id": 8}, GOOD))
    import_layer(session, path, "land", now=NOW)
    assert [row.source_id for row in stored(session, "p")] == ["7", "8"]
    assert stored_report(session, "layer:p").rejected == []


def test_a_file_without_one_good_row_leaves_the_layer_as_it_was(session, tmp_path):
    path = geojson_file(tmp_path / "p.geojson", ({"id": 1}, GOOD))
    import_layer(session, path, "land", now=NOW)
    geojson_file(path, ({"id": 2}, None))
    report = import_layer(session, path, "land", now=NOW)
    assert report.imported == 0
    assert [row.source_id for row in stored(session, "p")] == ["1"]
    assert stored_report(session, "layer:p").imported == 1


def test_a_name_that_is_no_layer_is_not_taken_over(session, tmp_path):
    record_data_set(session, SOURCE, "0" * 64, NOW)
    path = geojson_file(tmp_path / "p.geojson", ({}, GOOD))
    with pytest.raises(InputError, match="not a layer"):
        import_layer(session, path, "land", now=NOW, info=SOURCE)
    assert session.get(DataSet, "made").kind == "probe"


@pytest.mark.parametrize("name", ["", " ", "a/b", "x" * 101, "a\nb"])
def test_unusable_names_are_refused(session, tmp_path, name):
    path = geojson_file(tmp_path / "p.geojson", ({}, GOOD))
    if name == "":
        assert import_layer(session, path, "land", name, now=NOW).imported == 1
        return
    with pytest.raises(InputError, match="cannot be the name"):
        import_layer(session, path, "land", name, now=NOW)


def test_an_unknown_kind_is_wrong_usage(session, tmp_path):
    with pytest.raises(UsageError, match="not a kind"):
        import_layer(session, geojson_file(tmp_path / "p.geojson", ({}, GOOD)), "moon", now=NOW)


@pytest.fixture
def cooperative(session):
    record_data_set(session, SOURCE, "0" * 64, NOW)
    session.add(
        Organisation(
            code="coop-01", name="HTX", kind="cooperative", location_code="L1", simulated=True,
            data_set_key="made",
        )
    )  # fmt: skip
    shape = box(105.3, 9.7, 105.45, 9.9)
    session.add(
        AdminUnit(
            code="31321", level=3, name="Vị Thanh", full_name="Phường Vị Thanh",
            search_key="phuong vi thanh", geom=shape, data_set_key="made", **bounds_of(shape),
        )
    )  # fmt: skip
    session.flush()


def test_land_with_codes_becomes_parcels(session, cooperative, tmp_path):
    shapes = [box(105.4 + n / 100, 9.8, 105.405 + n / 100, 9.805) for n in range(4)]
    shapes.append(Point(105.4, 9.8))
    path = frame_file(
        tmp_path / "p.parquet", shapes, code=["P1", "P2", "P2", "P4", "P5"], land_use="rice",
        organisation_code=["coop-01", None, None, "coop-99", None],
    )  # fmt: skip
    report = import_layer(session, path, "land", now=NOW)
    assert [(one.where, one.field) for one in report.rejected] == [
        ("p.parquet:3", "code"), ("p.parquet:4", "organisation_code"), ("p.parquet:5", "geometry"),
    ]  # fmt: skip
    parcels = session.exec(select(Parcel).order_by(Parcel.code)).all()
    assert [(one.code, one.admin_unit_code, one.land_use) for one in parcels] == [
        ("P1", "31321", "rice"), ("P2", "31321", "rice"),
    ]  # fmt: skip
    assert parcels[0].area_ha == pytest.approx(30.35, rel=0.01)
    assert not parcels[0].simulated
    assert stored(session, "p") == []


def test_planted_parcels_are_not_replaced(session, cooperative, tmp_path):
    shapes = [box(105.4, 9.8, 105.405, 9.805)]
    path = frame_file(tmp_path / "p.parquet", shapes, code=["P1"], land_use=["rice"])
    import_layer(session, path, "land", now=NOW)
    session.add(
        Planting(
            parcel_code="P1", crop="rice", variety="ST25", season="winter_spring", year=2026,
            simulated=True, data_set_key="made",
        )
    )  # fmt: skip
    session.flush()
    frame_file(path, shapes, code=["P9"], land_use=["rice"])
    with pytest.raises(InputError, match="plantings rest on the parcels"):
        import_layer(session, path, "land", now=NOW)
    assert [one.code for one in session.exec(select(Parcel)).all()] == ["P1"]


def test_livestock_and_fisheries_land_in_the_registry(session, cooperative, tmp_path):
    herds = frame_file(
        tmp_path / "h.gpkg", [Point(105.4, 9.8), Point(105.4, 9.8), Point(105.4, 9.8)],
        code=["H1", "H2", "H3"], species="duck", heads=["400", "many", "1.5"], simulated=True,
    )  # fmt: skip
    report = import_layer(session, herds, "livestock", now=NOW)
    assert [one.where for one in report.rejected] == ["h.gpkg:2", "h.gpkg:3"]
    (herd,) = session.exec(select(Herd)).all()
    assert (herd.heads, herd.simulated, herd.admin_unit_code) == (400, True, "31321")
    ponds = frame_file(
        tmp_path / "a.gpkg", [box(105.4, 9.8, 105.401, 9.801), Point(105.41, 9.8)],
        code=["A1", "A2"], species="swamp_eel", volume_m3=[None, 43.0],
    )  # fmt: skip
    assert import_layer(session, ponds, "fisheries", now=NOW).imported == 2
    pond, tank = session.exec(select(Pond).order_by(Pond.code)).all()
    assert pond.area_ha == pytest.approx(1.21, rel=0.01)
    assert (tank.area_ha, tank.volume_m3) == (None, 43.0)


def test_administrative_polygons_reach_their_units(session, cooperative, tmp_path):
    unit = session.exec(select(AdminUnit)).one()
    unit.geometry_schematic = True
    shapes = [box(105.3, 9.7, 105.5, 9.9), box(105.5, 9.7, 105.6, 9.9), box(106, 9, 106.1, 9.1)]
    path = frame_file(
        tmp_path / "units.gpkg", shapes, code=["31321", "31333", "3"],
        name=["Vị Thanh", "Vị Tân", "x"], fullName=["Phường Vị Thanh", "Phường Vị Tân", "x"],
    )  # fmt: skip
    report = import_layer(session, path, "admin", now=NOW)
    assert (report.imported, [one.field for one in report.rejected]) == (2, ["code"])
    known, new = session.exec(select(AdminUnit).order_by(AdminUnit.code)).all()
    assert (known.geom.bounds[2], known.geometry_schematic) == (105.5, False)
    assert (known.data_set_key, known.geometry_data_set_key) == ("made", "layer:units")
    assert (new.full_name, new.level, new.valid_to) == ("Phường Vị Tân", 3, None)
    again = import_layer(session, path, "admin", "other name", now=NOW)
    assert "already has a polygon from layer:units" in again.rejected[0].problem
    assert again.imported == 0


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cells=st.lists(
        st.one_of(st.none(), st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans())),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_rows_are_imported_or_rejected_never_lost(session, tmp_path, cells):
    """Any mixture of empty, good, repeated and self-crossing cells adds up."""

    def geometry(cell):
        if cell is None:
            return None
        x, y, crossed = 105 + cell[0] / 10, 9 + cell[1] / 10, cell[2]
        corners = [(x, y), (x + 0.05, y), (x + 0.05, y + 0.05), (x, y + 0.05)]
        if crossed:
            corners[1], corners[2] = corners[2], corners[1]
        return Polygon(corners)

    shapes = [geometry(cell) for cell in cells]
    path = frame_file(tmp_path / "any.parquet", shapes, number=range(len(cells)))
    report = import_layer(session, path, "soil", "any", now=NOW)
    sound = {cell[:2] for cell in cells if cell is not None and not cell[2]}
    assert report.rows == len(cells) == report.imported + len(report.rejected)
    assert report.imported == len(sound)
    assert len(stored(session, "any")) == len(sound)
    session.rollback()


def test_import_works_on_both_databases(workspace_on, tmp_path):
    several = MultiPolygon([box(105, 9, 105.1, 9.1), box(105.2, 9, 105.3, 9.1)])
    path = geojson_file(
        tmp_path / "p.geojson", ({"id": "a"}, several.__geo_interface__), ({"id": "b"}, None)
    )
    with workspace_on.session() as session:
        report = import_layer(session, path, "soil", now=NOW)
        session.commit()
        assert (report.imported, len(report.rejected)) == (1, 1)
        session.expire_all()
        (row,) = stored(session, "p")
        assert row.geom.equals(several)
        geojson_file(path, ({"id": "c"}, None))
        assert import_layer(session, path, "soil", now=NOW).imported == 0
        session.commit()
        (summary,) = list_layers(session)
        assert (summary.name, summary.features) == ("p", 1)
        assert summary.bounds == (105, 9, 105.3, 9.1)
