"""Every format in and out: tables, KML, GeoParquet with odd columns, zipped Shapefiles."""

import json
import unicodedata
import zipfile

import geopandas
import openpyxl
import pandas as pd
import pytest
import shapely
from pyproj import Transformer
from shapely.geometry import LineString, Point, box
from sqlmodel import select

from agridata.errors import InputError
from agridata.layers import EXPORT_FORMATS, IMPORT_FORMATS, export_layer, import_layer
from agridata.layers.models import LayerFeature
from agridata.registry.models import Parcel
from agridata.vocabulary import parse_as_of

NOW = parse_as_of("2026-03-20T06:00")


def stored(session, name):
    query = select(LayerFeature).where(LayerFeature.layer == name).order_by(LayerFeature.id)
    return session.exec(query).all()


def metres():
    """The position of the tables below in UTM 48N."""
    to_utm = Transformer.from_crs(4326, 32648, always_xy=True)
    return to_utm.transform(105.4, 9.8)


@pytest.mark.parametrize(
    ("header", "row", "where"),
    [
        ("id,lon,lat", "a,105.4,9.8", (105.4, 9.8)),
        ("ID;Longitude;Latitude", "a;105.4;9.8", (105.4, 9.8)),
        ("id\tlng\tlat", "a\t105.4\t9.8", (105.4, 9.8)),
        ("mã,Kinh độ,Vĩ độ", "a,105.4,9.8", (105.4, 9.8)),
        ("id,vi_do,kinh_do", "a,9.8,105.4", (105.4, 9.8)),
        ("id,X,Y", "a,105.4,9.8", (105.4, 9.8)),
        ("id,wkt", "a,POINT (105.4 9.8)", (105.4, 9.8)),
        ("id;geometry", '"a";"SRID=32648;POINT ({utm})"', (105.4, 9.8)),
    ],
)
def test_tables_name_their_coordinates_in_many_ways(session, tmp_path, header, row, where):
    path = tmp_path / "p.csv"
    row = row.format(utm="{} {}".format(*metres()))
    path.write_text(f"\ufeff{header}\n{row}\n", encoding="utf-8")
    report = import_layer(session, path, "other", now=NOW)
    assert (report.rows, report.imported) == (1, 1)
    (feature,) = stored(session, "p")
    assert feature.geom.distance(Point(where)) < 1e-5


def test_a_table_in_metres_is_read_once_its_crs_is_named(session, tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("code,easting,northing\n007,{},{}\n".format(*metres()))
    assert import_layer(session, path, "other", now=NOW, crs="EPSG:32648").imported == 1
    (feature,) = stored(session, "p")
    assert feature.geom.distance(Point(105.4, 9.8)) < 1e-5
    assert feature.source_id == "007"


def test_degrees_without_a_crs_are_taken_for_wgs_84_and_that_is_said(session, tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("id,lon,lat\n1,105.4,9.8\n")
    report = import_layer(session, path, "other", now=NOW)
    assert [one.reason for one in report.notes] == ["assumed_wgs84"]
    named = import_layer(session, path, "other", "q", now=NOW, crs="EPSG:4756")
    assert named.notes == []
    here, there = stored(session, "p")[0].geom, stored(session, "q")[0].geom
    assert 0.0001 < here.distance(there) < 0.01  # VN-2000 lies some hundred metres beside WGS 84


def test_cells_keep_their_meaning(session, tmp_path):
    name = unicodedata.normalize("NFD", "Thửa Đất")
    path = tmp_path / "p.csv"
    path.write_text(
        f'{unicodedata.normalize("NFD", "tên")},code,n,x,lon,lat\n"{name}, số 1",007,12,1.5,105,9\n'
        ",008,,2,105.1,9\n"
    )
    import_layer(session, path, "other", now=NOW)
    first, second = stored(session, "p")
    assert first.properties == {"tên": "Thửa Đất, số 1", "code": "007", "n": 12, "x": 1.5}
    assert second.properties["n"] is None
    assert [one.source_id for one in (first, second)] == ["007", "008"]


def test_excel_sheets_are_read_as_people_leave_them(session, tmp_path):
    path = tmp_path / "p.xlsx"
    book = openpyxl.Workbook()
    for row in [
        ["Mã thửa", "Kinh độ", "Vĩ độ", "Ngày", None],
        ["A1", 105.4, 9.8, pd.Timestamp("2026-03-20")],
        [None, None, None, None],
        ["A2", "105.5", "9.8", None],
    ]:
        book.active.append(row)
    book.create_sheet("ghi chú").append(["không đọc"])
    book.save(path)
    report = import_layer(session, path, "other", now=NOW)
    assert (report.rows, report.imported) == (2, 2)
    first, second = stored(session, "p")
    assert first.properties["Ngày"].startswith("2026-03-20")
    assert second.geom.equals(Point(105.5, 9.8))


@pytest.mark.parametrize("column", ["GEOM", "the_geom", "geometry", "wkb"])
def test_parquet_without_geo_metadata_is_a_table_of_wkb(session, tmp_path, column):
    path = tmp_path / "p.parquet"
    shape = box(105.4, 9.8, 105.41, 9.81)
    pd.DataFrame({"id": ["a"], column: [shapely.to_wkb(shape)]}).to_parquet(path)
    assert import_layer(session, path, "soil", now=NOW).imported == 1
    assert stored(session, "p")[0].geom.equals(shape)


@pytest.mark.parametrize("column", ["GEOM", "hình", "shape"])
def test_geoparquet_with_an_odd_geometry_column(session, tmp_path, column):
    path = tmp_path / "p.parquet"
    shape = box(105.4, 9.8, 105.41, 9.81)
    frame = geopandas.GeoDataFrame({"id": ["a"], column: [shape]}, geometry=column, crs=4326)
    frame.to_crs(3405).to_parquet(path)
    assert import_layer(session, path, "soil", now=NOW).imported == 1
    (feature,) = stored(session, "p")
    assert feature.geom.hausdorff_distance(shape) < 1e-7
    assert feature.properties == {"id": "a"}


def test_land_in_a_table_becomes_parcels(session, tmp_path):
    path = tmp_path / "p.csv"
    path.write_text(
        'code,land_use,wkt\nP1,rice,"POLYGON((105.4 9.8,105.41 9.8,105.41 9.81,105.4 9.8))"\n'
    )
    import_layer(session, path, "land", now=NOW)
    (parcel,) = session.exec(select(Parcel)).all()
    assert (parcel.code, parcel.land_use) == ("P1", "rice")
    assert parcel.area_ha == pytest.approx(60.7, rel=0.01)


def test_replaced_parcels_end_and_their_history_stays(session, tmp_path):
    from agridata.registry import history

    path = tmp_path / "p.csv"
    head = "code,land_use,wkt\n"
    row = '{},{},"POLYGON(({} 9.8,{} 9.81,105.9 9.805,{} 9.8))"\n'

    def parcel(code, use, x):
        return row.format(code, use, x, x, x)

    path.write_text(head + parcel("P1", "rice", 105.4))
    import_layer(session, path, "land", now=NOW)
    path.write_text(head + parcel("P1", "orchard", 105.4))
    import_layer(session, path, "land", now=NOW)
    path.write_text(head + parcel("P2", "rice", 106.4))
    import_layer(session, path, "land", now=NOW)
    parcels = {one.code: one for one in session.exec(select(Parcel)).all()}
    assert (parcels["P1"].land_use, str(parcels["P1"].valid_to)) == ("orchard", "2026-03-20")
    assert parcels["P2"].valid_to is None
    assert [one.action for one in history(session, "parcel", "P1")] == ["insert", "update", "end"]
    assert export_layer(session, "parcels", tmp_path / "now.csv") == 1


@pytest.fixture
def layer(session, tmp_path):
    """Two areas, a line and a point with Vietnamese names, numbers and a formula."""
    frame = geopandas.GeoDataFrame(
        {
            "id": list("abcd"), "tên": ["Ruộng", "Vườn", "Kênh", "=2+3"], "n": [1, 2, 3, -4],
            "long": ["x" * 300] * 4,
        },
        geometry=[
            box(105.4, 9.8, 105.41, 9.81), box(105.5, 9.8, 105.51, 9.81),
            LineString([(105.4, 9.8), (105.5, 9.9)]), Point(105.45, 9.85),
        ],
        crs=4326,
    )  # fmt: skip
    path = tmp_path / "mixed.parquet"
    frame.to_parquet(path)
    import_layer(session, path, "other", now=NOW)
    return frame


@pytest.mark.parametrize("suffix", EXPORT_FORMATS)
def test_what_is_exported_can_be_imported_again(session, layer, tmp_path, suffix):
    path = tmp_path / f"out{suffix}"
    assert export_layer(session, "mixed", path) == 4
    assert suffix in IMPORT_FORMATS
    report = import_layer(session, path, "other", "back", now=NOW)
    assert (report.rows, report.imported, report.rejected) == (4, 4, [])
    back = {one.source_id: one for one in stored(session, "back")}
    for name, shape in zip(layer["id"], layer.geometry, strict=True):
        assert back[name].geom.normalize().equals_exact(shape.normalize(), 1e-6)
    assert back["a"].area_ha == pytest.approx(121.4, rel=0.01)
    assert {one.properties["tên"] for one in back.values()} >= {"Ruộng", "Vườn", "Kênh"}


def test_a_zipped_shapefile_holds_one_part_per_type(session, layer, tmp_path):
    export_layer(session, "mixed", tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        stems = {name.rsplit(".", 1)[0] for name in archive.namelist()}
        assert archive.read("out_areas.cpg") == b"UTF-8"
        assert "WGS" in archive.read("out_areas.prj").decode()
    assert stems == {"out_areas", "out_lines", "out_points"}


def test_no_cell_of_a_spreadsheet_is_a_formula(session, layer, tmp_path):
    export_layer(session, "mixed", tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert "=2+3" in {cell.value for cell in cells}
    assert not [cell for cell in cells if cell.data_type == "f"]
    export_layer(session, "mixed", tmp_path / "out.csv")
    table = pd.read_csv(tmp_path / "out.csv")
    assert "'=2+3" in set(table["tên"])
    assert table["n"].tolist() == [1, 2, 3, -4]
    assert table["inner_lon"].between(105, 106).all()


def test_kml_attributes_are_kept_without_the_drivers_noise(session, tmp_path):
    path = tmp_path / "p.kml"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2">'
        "<Document><Placemark><name>Thửa 1</name><ExtendedData><Data name='code'>"
        "<value>P1</value></Data></ExtendedData><Point><coordinates>105.4,9.8,3</coordinates>"
        "</Point></Placemark></Document></kml>"
    )
    import_layer(session, path, "other", now=NOW)
    (feature,) = stored(session, "p")
    assert feature.source_id == "P1"
    assert feature.properties["Name"] == "Thửa 1"
    assert "altitudeMode" not in feature.properties
    assert not feature.geom.has_z


def test_members_that_are_no_features_are_counted_not_lost(session, tmp_path):
    good = {"type": "Feature", "properties": {}, "geometry": {"type": "Point",
            "coordinates": [105.4, 9.8]}}  # fmt: skip
    path = tmp_path / "p.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [None, good, "x", good]}))
    report = import_layer(session, path, "other", now=NOW)
    assert report.rows == 4 == report.imported + len(report.rejected)
    assert [one.where for one in report.rejected] == ["p.geojson:1", "p.geojson:3"]
    assert [one.source_id for one in stored(session, "p")] == ["1", "3"]


def test_an_unwritable_table_leaves_the_old_file(session, layer, tmp_path, monkeypatch):
    def breaks(*_arguments, **_options):
        raise OSError("disk full")

    for suffix, target in (
        (".csv", "pandas.DataFrame.to_csv"),
        (".zip", "zipfile.ZipFile.write"),
    ):
        path = tmp_path / f"out{suffix}"
        path.write_bytes(b"the old file")
        with monkeypatch.context() as patch:
            patch.setattr(target, breaks)
            with pytest.raises(InputError, match="disk full"):
                export_layer(session, "mixed", path)
        assert path.read_bytes() == b"the old file"
