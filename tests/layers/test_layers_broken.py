"""Broken files made here, each with the one reason it must be given."""

import json
import math
import sqlite3
import struct
import warnings
import zipfile

import geopandas
import openpyxl
import pandas as pd
import pytest
import shapely
from shapely.geometry import GeometryCollection, LineString, Point, Polygon, box, mapping
from sqlmodel import select

from agridata.errors import InputError
from agridata.layers import REASONS, import_layer
from agridata.layers.models import LayerFeature
from agridata.places.models import AdminUnit
from agridata.storage import DataSet, SourceInfo, bounds_of, record_data_set
from agridata.vocabulary import parse_as_of

NOW = parse_as_of("2026-03-20T06:00")
SOURCE = SourceInfo("made", "probe", "thử", "made here", "this test", "CC0-1.0", simulated=True)

CELL = box(105.40, 9.80, 105.41, 9.81)
"""A sound parcel of about 121 ha; every row file below holds it first."""


def ring(*corners):
    return {"type": "Polygon", "coordinates": [[list(corner) for corner in corners]]}


def closed(*corners):
    return ring(*corners, corners[0])


def geojson(path, *geometries):
    features = [
        {"type": "Feature", "properties": {"id": str(n)}, "geometry": geometry}
        for n, geometry in enumerate([mapping(CELL), *geometries])
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def frame(path, shapes, crs=4326, **columns):
    made = geopandas.GeoDataFrame(
        {"id": [str(n) for n in range(len(shapes))], **columns}, geometry=shapes, crs=crs
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a file without CRS is what some tests want
        made.to_parquet(path) if path.suffix == ".parquet" else made.to_file(path)
    return path


def csv(path, *rows, header="id,lon,lat,crop"):
    path.write_text("\n".join([header, "0,105.405,9.805,rice", *rows]) + "\n", encoding="utf-8")
    return path


def excel(path, *rows):
    book = openpyxl.Workbook()
    for row in [["mã", "Kinh độ", "Vĩ độ"], ["0", 105.405, 9.805], *rows]:
        book.active.append(row)
    book.save(path)
    return path


def wkt(path, *texts):
    rows = [f'{n};"{text}"' for n, text in enumerate([CELL.wkt, *texts])]
    path.write_text("\n".join(["id;wkt", *rows]))
    return path


def far_corner_swapped():
    return mapping(shapely.transform(CELL, lambda xy: xy[:, ::-1]))


def gpkg_with_wkb(path, replacement):
    """Overwrite the second row's bytes in a GeoPackage, as a broken program would."""
    frame(path, [CELL, box(105.5, 9.8, 105.51, 9.81)])
    connection = sqlite3.connect(path)
    triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    for (name,) in connection.execute(triggers).fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    (data,) = connection.execute(f'SELECT geom FROM "{path.stem}" WHERE fid = 2').fetchone()
    header = data[: 8 + 32]
    connection.execute(f'UPDATE "{path.stem}" SET geom = ? WHERE fid = 2', (header + replacement,))
    connection.commit()
    connection.close()
    return path


def unclosed_wkb():
    points = [(105.5, 9.8), (105.51, 9.8), (105.51, 9.81), (105.5, 9.81)]
    return struct.pack("<BIII", 1, 3, 1, 4) + b"".join(struct.pack("<dd", *xy) for xy in points)


KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<Placemark><name>a</name><Polygon><outerBoundaryIs><LinearRing><coordinates>
105.4,9.8 105.41,9.8 105.41,9.81 105.4,9.8
</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>
<Placemark><name>b</name>{broken}</Placemark></Document></kml>"""

ROWS = {
    "swapped axes": ("swapped_axes", lambda p: geojson(p / "a.geojson", far_corner_swapped())),
    "swapped axes in metres": (
        "swapped_axes",
        lambda p: frame(
            p / "a.gpkg",
            [utm(CELL), shapely.transform(utm(CELL), lambda xy: xy[:, ::-1])], crs=32648,
        ),
    ),
    "swapped columns of a table": ("swapped_axes", lambda p: csv(p / "a.csv", "1,9.8,105.4,x")),
    "self-crossing ring": (
        "self_crossing",
        lambda p: geojson(
            p / "a.geojson", closed((105.5, 9.8), (105.6, 9.9), (105.6, 9.8), (105.5, 9.9))
        ),
    ),
    "ring in a ring": (
        "not_valid",
        lambda p: geojson(
            p / "a.geojson",
            {"type": "MultiPolygon", "coordinates": [
                mapping(box(105.5, 9.8, 105.6, 9.9))["coordinates"],
                mapping(box(105.52, 9.82, 105.54, 9.84))["coordinates"]]},
        ),
    ),
    "unclosed ring": (
        "unclosed_ring",
        lambda p: geojson(p / "a.geojson", ring((105, 9), (106, 9), (106, 10), (105, 10))),
    ),
    "unclosed ring in WKT": (
        "unclosed_ring", lambda p: wkt(p / "a.csv", "POLYGON((105 9,106 9,106 10,105 10))")
    ),
    "unclosed ring in a database": (
        "unclosed_ring", lambda p: gpkg_with_wkb(p / "a.gpkg", unclosed_wkb())
    ),
    "unclosed ring in KML": (
        "unclosed_ring",
        lambda p: text(p / "a.kml", KML.format(
            broken="<Polygon><outerBoundaryIs><LinearRing><coordinates>105.5,9.8 105.51,9.8 "
            "105.51,9.81 105.5,9.81</coordinates></LinearRing></outerBoundaryIs></Polygon>")),
    ),
    "short ring": ("short_ring", lambda p: geojson(p / "a.geojson", ring((105, 9), (106, 9)))),
    "ring of one place": (
        "short_ring", lambda p: geojson(p / "a.geojson", closed((105, 9), (105, 9), (105, 9)))
    ),
    "null geometry": ("no_geometry", lambda p: geojson(p / "a.geojson", None)),
    "null geometry in a database": (
        "no_geometry", lambda p: frame(p / "a.gpkg", [CELL, None])
    ),
    "no position in a table": ("no_geometry", lambda p: csv(p / "a.csv", "1,,,rice")),
    "empty geometry": ("empty_geometry", lambda p: frame(p / "a.parquet", [CELL, Polygon()])),
    "empty coordinates": (
        "empty_geometry",
        lambda p: geojson(p / "a.geojson", {"type": "Polygon", "coordinates": []}),
    ),
    "NaN": (
        "non_finite",
        lambda p: geojson(p / "a.geojson", {"type": "Point", "coordinates": [math.nan, 9.8]}),
    ),
    "infinity": ("non_finite", lambda p: wkt(p / "a.csv", "POINT(inf 9.8)")),
    "infinity in a table": ("non_finite", lambda p: csv(p / "a.csv", "1,inf,9.8,x")),
    "words": (
        "not_a_number",
        lambda p: geojson(p / "a.geojson", {"type": "Point", "coordinates": ["105", "9"]}),
    ),
    "degrees, minutes, seconds": (
        "not_a_number", lambda p: csv(p / "a.csv", "1,105°24'18\"\",9°48'18\"\",x")
    ),
    "decimal comma": (
        "decimal_comma",
        lambda p: text(p / "a.csv", "id;lon;lat\n0;105.405;9.805\n1;105,5;9,8\n"),
    ),
    "decimal comma without quotes": (
        "decimal_comma", lambda p: csv(p / "a.csv", "1,105,51,9,81,rice")
    ),
    "decimal comma in Excel": (
        "decimal_comma", lambda p: excel(p / "a.xlsx", ["1", "105,5", "9,8"])
    ),
    "too many cells": ("too_many_cells", lambda p: csv(p / "a.csv", "1,105.5,9.8,rice,more")),
    "WKT that is none": ("not_a_shape", lambda p: wkt(p / "a.csv", "POLYGONE((1 2))")),
    "unknown type": (
        "not_a_shape",
        lambda p: geojson(p / "a.geojson", {"type": "Circle", "coordinates": [105, 9]}),
    ),
    "rows of two CRSs": (
        "other_crs",
        lambda p: text(
            p / "a.csv", "id;wkt\n0;SRID=4326;POINT(105.4 9.8)\n".replace(";P", ";P")
            .replace("0;SRID=4326;", '0;"SRID=4326;').replace("9.8)\n", '9.8)"\n')
            + '1;"SRID=32648;POINT(545000 1083000)"\n',
        ),
    ),
    "mixed types in one shape": (
        "mixed_types",
        lambda p: frame(p / "a.parquet", [CELL, GeometryCollection([Point(105, 9), CELL])]),
    ),
    "twin": ("duplicate", lambda p: geojson(p / "a.geojson", mapping(CELL))),
    "overlap": (
        "overlap", lambda p: geojson(p / "a.geojson", mapping(box(105.405, 9.80, 105.415, 9.81)))
    ),
    "parcel within a parcel": (
        "overlap", lambda p: frame(p / "a.fgb", [CELL, box(105.402, 9.802, 105.403, 9.803)])
    ),
    "sliver": (
        "sliver",
        lambda p: geojson(p / "a.geojson", mapping(box(105.5, 9.8, 105.5 + 1e-6, 9.81))),
    ),
    "metres called degrees": (
        "off_earth",
        lambda p: geojson(p / "a.geojson", {"type": "Point", "coordinates": [545000.0, 1083000.0]}),
    ),
    "degrees called metres": (
        "degrees_in_metres", lambda p: frame(p / "a.gpkg", [utm(CELL), CELL], crs=32648)
    ),
    "member that is no feature": (
        "not_a_feature",
        lambda p: text(
            p / "a.geojson",
            json.dumps({"type": "FeatureCollection", "features": [
                {"type": "Feature", "properties": {"id": "0"}, "geometry": mapping(CELL)},
                {"type": "Thing"}]}),
        ),
    ),
}  # fmt: skip


def utm(shape):
    return geopandas.GeoSeries([shape], crs=4326).to_crs(32648)[0]


def text(path, content):
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ROWS)
def test_the_broken_row_is_named_and_the_sound_one_lands(session, tmp_path, name):
    reason, make = ROWS[name]
    path = make(tmp_path)
    report = import_layer(session, path, "land", now=NOW)
    assert [(one.reason, one.where.rpartition(":")[2]) for one in report.rejected] == [
        (reason, "3" if path.suffix in (".csv", ".xlsx") else "2")
    ]
    (found,) = report.rejected
    assert found.problem.startswith(REASONS[reason].phrase)
    assert found.fix
    assert found.problem_vi
    assert found.fix_vi
    assert (report.rows, report.imported) == (2, 1)
    assert len(session.exec(select(LayerFeature)).all()) == 1


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.gpkg", bytes(32 << 20))
    return path


def archived(path, *members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def linked(path):
    link = zipfile.ZipInfo("a.shp")
    link.external_attr = 0o120777 << 16
    return archived(path, (link, "/etc/passwd"))


def locked(path):
    archived(path, ("a.geojson", "{}"))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x03\x04") + 6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    return path


def renamed(path, made):
    made.rename(path)
    return path


def lone_shp(folder):
    frame(folder / "a.shp", [CELL])
    (folder / "a.dbf").unlink()
    return folder / "a.shp"


def shp_without_prj(folder):
    frame(folder / "a.shp", [CELL])
    (folder / "a.prj").unlink()
    return folder / "a.shp"


PROSE = "Kính gửi phòng Nông nghiệp,\nđây là danh sách thửa đất của xã.\n"

FILES = {
    "zip bomb": ("archive_bomb", lambda p: bomb(p / "a.zip")),
    "zip of a thousand files": (
        "archive_bomb",
        lambda p: archived(p / "a.zip", *((f"{n}.txt", "") for n in range(1001))),
    ),
    "path out of the zip": (
        "unsafe_archive", lambda p: archived(p / "a.zip", ("../../a.shp", "x"))
    ),
    "absolute path in the zip": (
        "unsafe_archive", lambda p: archived(p / "a.zip", ("/etc/a.shp", "x"))
    ),
    "drive letter in the zip": (
        "unsafe_archive", lambda p: archived(p / "a.zip", ("C:\\a.shp", "x"))
    ),
    "link in the zip": ("unsafe_archive", lambda p: linked(p / "a.zip")),
    "password": ("unsafe_archive", lambda p: locked(p / "a.zip")),
    "zip in a zip": ("unsafe_archive", lambda p: archived(p / "a.zip", ("b.zip", "PK"))),
    "bomb that calls itself Excel": (
        "archive_bomb", lambda p: bomb(p / "a.zip").rename(p / "a.xlsx")
    ),
    "GeoPackage called GeoJSON": (
        "wrong_extension", lambda p: renamed(p / "a.geojson", frame(p / "b.gpkg", [CELL]))
    ),
    "GeoJSON called GeoPackage": (
        "wrong_extension", lambda p: renamed(p / "a.gpkg", geojson(p / "b.geojson"))
    ),
    "KML called CSV": (
        "wrong_extension", lambda p: text(p / "a.csv", KML.format(broken=""))
    ),
    "PDF called Shapefile": ("wrong_extension", lambda p: text(p / "a.shp", "%PDF-1.7")),
    "shp without dbf": ("incomplete_shapefile", lone_shp),
    "zipped shp without shx": (
        "incomplete_shapefile",
        lambda p: archived(p / "a.zip", ("a.shp", "x"), ("a.dbf", "x"), ("a.prj", "x")),
    ),
    "Shapefile without CRS": ("missing_crs", shp_without_prj),
    "GeoPackage without CRS": (
        "missing_crs", lambda p: frame(p / "a.gpkg", [utm(CELL)], crs=None)
    ),
    "table in metres without CRS": (
        "missing_crs", lambda p: text(p / "a.csv", "id,x,y\n1,545000,1083000\n")
    ),
    "WKT in metres without CRS": ("missing_crs", lambda p: text(
        p / "a.csv", 'id,wkt\n1,"POINT(545000 1083000)"\n')),
    "prose": ("no_coordinates", lambda p: text(p / "a.csv", PROSE)),
    "table without coordinates": (
        "no_coordinates", lambda p: text(p / "a.csv", "id,crop\n1,rice\n")
    ),
    "Excel without coordinates": (
        "no_coordinates", lambda p: sheet(p / "a.xlsx", [["mã", "cây"], [1, "lúa"]])
    ),
    "Parquet without coordinates": (
        "no_coordinates", lambda p: plain_parquet(p / "a.parquet", {"crop": ["rice"]})
    ),
}  # fmt: skip


def sheet(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def plain_parquet(path, columns):
    pd.DataFrame(columns).to_parquet(path)
    return path


@pytest.mark.parametrize("name", FILES)
def test_the_broken_file_is_refused_whole_with_its_reason(session, tmp_path, name):
    reason, make = FILES[name]
    path = make(tmp_path)
    with pytest.raises(InputError) as caught:
        import_layer(session, path, "land", now=NOW)
    (found,) = caught.value.findings
    assert found.reason == reason
    assert found.problem.startswith(REASONS[reason].phrase)
    assert path.name in found.where
    assert found.fix
    assert found.problem_vi
    assert session.exec(select(DataSet)).all() == []


UNREADABLE = {
    "prose called GeoJSON": ("a.geojson", PROSE.encode()),
    "prose called GeoPackage": ("a.gpkg", PROSE.encode()),
    "prose called KML": ("a.kml", PROSE.encode()),
    "prose called Excel": ("a.xlsx", PROSE.encode()),
    "prose called Parquet": ("a.parquet", PROSE.encode()),
    "bytes called CSV": ("a.csv", bytes(range(256))),
    "CSV of Windows-1258": ("a.csv", "id,tên,lon,lat\n1,Thửa,105,9\n".encode("utf-16-le")),
    "half a GeoJSON": ("a.geojson", b'{"type": "FeatureCollection", "features": [{"ty'),
    "half a GeoPackage": ("a.gpkg", b"SQLite format 3\x00" + bytes(200)),
    "lists without end": ("a.geojson", b'{"type":"FeatureCollection","features":' + b"[" * 100_000),
    "two columns of one name": ("a.csv", b"lon,lat,a,a\n105,9,1,2\n"),
    "no rows": ("a.csv", b"id,lon,lat\n"),
    "no bytes": ("a.csv", b""),
    "unclosed quote": ("a.csv", b'id,lon,lat\n"1,105,9\n'),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_layer_is_refused_in_words(session, tmp_path, name):
    stem, content = UNREADABLE[name]
    path = tmp_path / stem
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        import_layer(session, path, "land", now=NOW)
    (found,) = caught.value.findings
    assert found.fix
    assert found.problem_vi
    assert "Traceback" not in found.problem
    assert session.exec(select(DataSet)).all() == []


def test_there_are_more_than_25_broken_files():
    assert len(ROWS) + len(FILES) + len(UNREADABLE) >= 70


def test_an_overlap_names_partner_area_and_share(session, tmp_path):
    path = geojson(tmp_path / "a.geojson", mapping(box(105.405, 9.80, 105.415, 9.81)))
    (found,) = import_layer(session, path, "land", now=NOW).rejected
    area = 1_097.0 / 2 * 1_106.0  # half of a cell of 0.01°, metres at 9.8° N
    said = found.problem.replace(",", "")
    assert "a.geojson:1" in said
    assert float(said.split()[-6]) == pytest.approx(area, rel=0.01)
    assert "50.0%" in said


def test_a_ditch_drawn_twice_is_noted_not_refused(session, tmp_path):
    beside = box(105.4099, 9.80, 105.42, 9.81)
    report = import_layer(
        session, geojson(tmp_path / "a.geojson", mapping(beside)), "land", now=NOW
    )
    assert (report.imported, report.rejected) == (2, [])
    (note,) = [one for one in report.notes if one.reason == "small_overlap"]
    assert "a.geojson:1" in note.problem
    assert report.flagged["small_overlap"] == 1


def test_crops_and_soil_may_overlap(session, tmp_path):
    path = geojson(tmp_path / "a.geojson", mapping(box(105.405, 9.80, 105.415, 9.81)))
    assert import_layer(session, path, "crops", now=NOW).imported == 2
    assert import_layer(session, path, "soil", "b", now=NOW).imported == 2


def test_three_parcels_in_a_chain_lose_only_the_middle_one(session, tmp_path):
    shapes = [box(105.4 + n * 0.006, 9.8, 105.41 + n * 0.006, 9.81) for n in range(3)]
    path = frame(tmp_path / "a.gpkg", shapes)
    report = import_layer(session, path, "land", now=NOW)
    assert [one.where for one in report.rejected] == ["a.gpkg:2"]
    assert report.imported == 2


def test_rows_outside_the_province_are_refused_by_its_polygon(session, tmp_path):
    record_data_set(session, SOURCE, "0" * 64, NOW)
    province = box(105.3, 9.7, 105.45, 9.9)
    session.add(
        AdminUnit(
            code="93", level=1, name="Hậu Giang", full_name="Tỉnh Hậu Giang",
            search_key="tinh hau giang", valid_to=parse_as_of("2025-07-01").date(), geom=province,
            data_set_key="made", **bounds_of(province),
        )
    )  # fmt: skip
    session.flush()
    path = geojson(tmp_path / "a.geojson", mapping(box(106.4, 9.8, 106.41, 9.81)))
    report = import_layer(session, path, "land", now=NOW, province="93")
    (found,) = report.rejected
    assert (found.reason, found.where) == ("outside_province", "a.geojson:2")
    assert "Tỉnh Hậu Giang (93)" in found.problem
    with pytest.raises(InputError, match="no unit '92' with a polygon"):
        import_layer(session, path, "land", "b", now=NOW, province="92")


def test_decimals_beyond_the_sixth_are_noted(session, tmp_path):
    fine = box(105.5, 9.8, 105.51000012, 9.81)
    report = import_layer(session, geojson(tmp_path / "a.geojson", mapping(fine)), "land", now=NOW)
    (note,) = [one for one in report.notes if one.reason == "many_decimals"]
    assert "1 rows, the first is a.geojson:2" in note.problem
    assert report.imported == 2
    coarse = import_layer(session, geojson(tmp_path / "b.geojson"), "soil", now=NOW)
    assert coarse.notes == []


def test_shapes_of_another_type_are_noted(session, tmp_path):
    line = mapping(LineString([(105.5, 9.8), (105.6, 9.8)]))
    more = [mapping(box(105.7, 9.8, 105.71, 9.81)), line]
    report = import_layer(session, geojson(tmp_path / "a.geojson", *more), "other", now=NOW)
    assert [(one.reason, one.where) for one in report.notes] == [("other_type", "a.geojson:3")]


def test_a_stored_reason_survives_the_second_import(session, tmp_path):
    path = geojson(tmp_path / "a.geojson", None, mapping(CELL))
    first = import_layer(session, path, "land", now=NOW)
    again = import_layer(session, path, "land", now=NOW)
    assert [(one.where, one.problem) for one in again.rejected] == [
        (one.where, one.problem) for one in first.rejected
    ]
    assert all(one.problem_vi for one in again.rejected)
    assert [one.reason for one in again.rejected] == ["no_geometry", "duplicate"]


def test_every_reason_has_four_sentences_and_a_phrase_of_its_own():
    for name, words in REASONS.items():
        assert all(words), name
    phrases = [words.phrase for words in REASONS.values()]
    assert len(set(phrases)) == len(phrases)
