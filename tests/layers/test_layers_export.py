"""Layers out again: formats, names, sums by unit, and the commands."""

import json
from datetime import UTC, date, datetime

import geopandas
import pyogrio
import pytest
from shapely.geometry import LineString, Point, box, mapping
from sqlmodel import select

from agridata.errors import InputError, NotFoundError, UsageError
from agridata.layers import (
    export_layer,
    import_layer,
    layer_statistics,
    list_layers,
)
from agridata.places.models import AdminUnit
from agridata.registry.models import Parcel
from agridata.storage import SourceInfo, bounds_of, record_data_set
from apps.cli import main

NOW = datetime(2026, 3, 20, 6, tzinfo=UTC)
TODAY = date(2026, 3, 20)
SOURCE = SourceInfo("made", "probe", "thử", "made here", "this test", "CC0-1.0", simulated=True)


GEO_FORMATS = (".fgb", ".geojson", ".gpkg", ".parquet")
"""Formats that keep every name, type and shape; the others are in test_layers_formats.py."""


def read(path):
    reader = geopandas.read_parquet if path.suffix == ".parquet" else geopandas.read_file
    return reader(path)


@pytest.fixture
def plots(tmp_path):
    """Three areas whose attributes would like to overwrite ours."""
    frame = geopandas.GeoDataFrame(
        {
            "id": ["a", "b", "c"], "area_ha": [99.0, 98.0, None], "fid": [7, 7, 7],
            "Tên": ["Ruộng lúa", None, "Ao"], "ten": [1, 2, 3], "TEN": [4, None, 6],
        },
        geometry=[box(105.4 + n / 100, 9.8, 105.405 + n / 100, 9.805) for n in range(3)],
        crs=4326,
    )  # fmt: skip
    path = tmp_path / "plots.parquet"
    frame.to_parquet(path)
    return path


@pytest.mark.parametrize("suffix", GEO_FORMATS)
def test_every_format_has_identity_area_and_attributes(session, plots, tmp_path, suffix):
    import_layer(session, plots, "land", now=NOW)
    target = tmp_path / f"out{suffix}"
    assert export_layer(session, "plots", target) == 3
    back = read(target).sort_values("source_id")
    assert back.crs.to_epsg() == 4326
    assert back["source_id"].tolist() == ["a", "b", "c"]
    assert back["area_ha"].tolist() == pytest.approx([30.35] * 3, rel=0.01)
    assert back["area_ha_source"].tolist()[:2] == [99.0, 98.0]
    assert back["fid_source"].tolist() == [7, 7, 7]
    assert back["Tên"].tolist()[0] == "Ruộng lúa"
    assert back["ten"].tolist() == [1, 2, 3]
    assert back["TEN_2"].tolist()[0] == 4
    source = read(plots)
    assert back.geometry.reset_index(drop=True).geom_equals_exact(source.geometry, 1e-6).all()


@pytest.mark.shared
def test_real_parcels_go_round(session, shared_dir, tmp_path):
    path = shared_dir / "data" / "parcels" / "brpgewaspercelen_definitief_2023.gpkg"
    import_layer(session, path, "land", now=NOW)
    target = tmp_path / "nl.fgb"
    export_layer(session, path.stem, target)
    back, source = read(target), read(path)
    assert sorted(back["gewas"]) == sorted(source["gewas"])
    planar = source.geometry.area.sum() / 10_000
    assert back["area_ha"].sum() == pytest.approx(planar, rel=1e-3)
    again = import_layer(session, target, "land", "back", now=NOW)
    assert again.imported == 100


@pytest.mark.parametrize("suffix", GEO_FORMATS)
def test_mixed_shapes_and_values_can_be_exported(session, tmp_path, suffix):
    rows = [
        ("a", 1, Point(105.4, 9.8)),
        ("b", "hai", box(105.4, 9.8, 105.5, 9.9)),
        ("c", {"x": [1]}, LineString([(105.4, 9.8), (105.5, 9.8)])),
    ]
    listed = [
        {"type": "Feature", "properties": {"id": name, "v": value}, "geometry": mapping(shape)}
        for name, value, shape in rows
    ]
    path = tmp_path / "mixed.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": listed}))
    import_layer(session, path, "other", now=NOW)
    target = tmp_path / f"out{suffix}"
    export_layer(session, "mixed", target)
    back = read(target).set_index("source_id")
    assert set(back.index) == {"a", "b", "c"}
    assert back["area_ha"].notna().to_dict() == {"a": False, "b": True, "c": False}
    assert json.loads(back["v"]["c"]) == {"x": [1]}


@pytest.mark.parametrize("suffix", GEO_FORMATS)
def test_an_export_replaces_the_file_or_leaves_it(session, plots, tmp_path, suffix, monkeypatch):
    import_layer(session, plots, "land", now=NOW)
    target = tmp_path / f"out{suffix}"
    target.write_bytes(b"the old file")

    def breaks(*_arguments, **_options):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(pyogrio, "write_dataframe", breaks)
        patch.setattr(geopandas.GeoDataFrame, "to_parquet", breaks)
        with pytest.raises(InputError, match="disk full"):
            export_layer(session, "plots", target)
    assert target.read_bytes() == b"the old file"
    export_layer(session, "plots", target)
    assert len(read(target)) == 3
    assert not list(tmp_path.glob(".export-*"))


def test_what_cannot_be_exported_is_said(session, plots, tmp_path):
    import_layer(session, plots, "land", now=NOW)
    with pytest.raises(NotFoundError, match="no layer 'moon'"):
        export_layer(session, "moon", tmp_path / "x.gpkg")
    with pytest.raises(UsageError, match=r"cannot write \.docx"):
        export_layer(session, "plots", tmp_path / "x.docx")
    with pytest.raises(InputError, match="cannot be written"):
        export_layer(session, "plots", tmp_path / "nowhere" / "x.gpkg")


@pytest.fixture
def province(session):
    """Two communes side by side and their province; one of them existed before as a district."""
    record_data_set(session, SOURCE, "0" * 64, NOW)
    reform = date(2025, 7, 1)
    for code, level, shape, dates in [
        ("92", 1, box(105, 9, 106, 10), {"valid_from": reform}),
        ("31001", 3, box(105, 9, 105.5, 10), {"valid_from": reform}),
        ("31002", 3, box(105.5, 9, 106, 10), {"valid_from": reform}),
        ("930", 2, box(105, 9, 105.5, 10), {"valid_to": reform}),
    ]:
        session.add(
            AdminUnit(
                code=code, level=level, name=code, full_name=f"Đơn vị {code}", search_key=code,
                geom=shape, data_set_key="made", **dates, **bounds_of(shape),
            )
        )  # fmt: skip
    session.flush()


@pytest.fixture
def fields(tmp_path):
    left, right = box(105.1, 9.1, 105.2, 9.2), box(105.3, 9.1, 105.4, 9.2)
    shapes = [left, right, box(105.45, 9.5, 105.7, 9.6), Point(105.9, 9.9), Point(120, 9)]
    path = tmp_path / "fields.parquet"
    geopandas.GeoDataFrame({"id": list("abcde")}, geometry=shapes, crs=4326).to_parquet(path)
    return path


def test_sums_by_commune_add_up(session, province, fields):
    import_layer(session, fields, "soil", now=NOW)
    sums = {one.code: one for one in layer_statistics(session, "fields", "commune", TODAY)}
    assert {code: one.features for code, one in sums.items()} == {"31001": 2, "31002": 2, "": 1}
    whole = sum(one.area_ha or 0 for one in sums.values())
    (summary,) = [one for one in list_layers(session) if one.name == "fields"]
    assert whole == pytest.approx(summary.area_ha, rel=1e-6)
    assert sums[""].area_ha is None
    assert "no unit" in sums[""].name


def test_sums_follow_the_day(session, province, fields):
    import_layer(session, fields, "soil", now=NOW)
    before = layer_statistics(session, "fields", "district", date(2025, 6, 30))
    assert {one.code: one.features for one in before} == {"930": 2, "": 3}
    with pytest.raises(UsageError, match="no district level since"):
        layer_statistics(session, "fields", "district", TODAY)
    with pytest.raises(UsageError, match="not a level"):
        layer_statistics(session, "fields", "hamlet", TODAY)


def test_the_registry_is_a_layer_too(session, province, tmp_path):
    shape = box(105.1, 9.1, 105.2, 9.2)
    session.add(
        Parcel(
            code="P1", land_use="rice", area_ha=1.5, geom=shape, simulated=True,
            data_set_key="made", **bounds_of(shape),
        )
    )  # fmt: skip
    session.flush()
    listed = {one.name: one for one in list_layers(session)}
    assert listed.keys() == {"communes_2025", "provinces_2025", "districts_pre2025", "parcels"}
    assert listed["parcels"].simulated
    assert listed["parcels"].area_ha == 1.5
    export_layer(session, "parcels", tmp_path / "p.gpkg")
    (row,) = read(tmp_path / "p.gpkg").to_dict("records")
    assert (row["source_id"], row["area_ha"], row["land_use"]) == ("P1", 1.5, "rice")
    assert "subject" not in row
    export_layer(session, "communes_2025", tmp_path / "c.parquet")
    back = read(tmp_path / "c.parquet").set_index("source_id")
    assert back["full_name"]["31001"] == "Đơn vị 31001"
    assert back["area_ha"]["31001"] == pytest.approx(607_000, rel=0.01)
    assert session.exec(select(Parcel)).one().geom.equals(shape)


def cli(capsys, home, *arguments):
    code = main(["layers", *map(str, arguments), "--home", str(home), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_the_commands_answer_as_the_contract_says(workspace, plots, tmp_path, capsys):
    home = workspace.home
    code, report = cli(capsys, home, "import", plots, "--kind", "land")
    assert (code, report["imported"], report["rows"], report["rejected"]) == (0, 3, 3, [])
    code, layers = cli(capsys, home, "list")
    assert (code, [one["name"] for one in layers]) == (0, ["plots"])
    code, done = cli(capsys, home, "export", "plots", "--to", tmp_path / "x.gpkg")
    assert (code, done["features"]) == (0, 3)
    code, sums = cli(capsys, home, "stats", "plots", "--by", "commune", "--as-of", "2026-03-20")
    assert (code, sums[0]["features"]) == (0, 3)
    code, refused = cli(capsys, home, "export", "moon", "--to", tmp_path / "x.gpkg")
    assert (code, refused["ok"]) == (1, False)
    workspace.engine.dispose()


def test_the_command_lists_rejections_and_its_exit_code_says_whether_any_row_landed(
    workspace, tmp_path, capsys
):
    bad = {"type": "Feature", "properties": {"id": "x"}, "geometry": None}
    good = {"type": "Feature", "properties": {"id": "y"},
            "geometry": {"type": "Point", "coordinates": [105.4, 9.8]}}  # fmt: skip
    path = tmp_path / "p.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [bad, good]}))
    code, report = cli(capsys, workspace.home, "import", path, "--kind", "other")
    assert (code, report["imported"]) == (0, 1)
    assert report["rejected"][0].keys() >= {"where", "field", "problem", "fix"}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [bad]}))
    code, report = cli(capsys, workspace.home, "import", path, "--kind", "other")
    assert (code, report["imported"], report["ok"]) == (1, 0, False)
    assert report["errors"] == report["rejected"]
    code, report = cli(capsys, workspace.home, "import", tmp_path / "no.gpkg", "--kind", "land")
    assert (code, report["errors"][0]["problem"]) == (1, "no such file")
    code, report = cli(capsys, workspace.home, "import", path, "--kind", "moon")
    assert (code, report["ok"]) == (2, False)
    workspace.engine.dispose()
