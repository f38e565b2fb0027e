"""Rejected rows come back as a file; repaired, they join the layer they were refused by."""

import csv
import json

import geopandas
import pytest
import shapely
from shapely.geometry import box, mapping
from sqlmodel import select

from agridata.errors import InputError, UsageError
from agridata.layers import import_layer, list_layers, write_rejected
from agridata.layers.models import LayerFeature
from agridata.registry.models import Parcel
from agridata.storage import DataSet
from agridata.vocabulary import parse_as_of
from apps.cli import main

NOW = parse_as_of("2026-03-20T06:00")
CELLS = [box(105.4 + n / 50, 9.8, 105.41 + n / 50, 9.81) for n in range(4)]


def stored(session, name):
    return session.exec(select(LayerFeature).where(LayerFeature.layer == name)).all()


def collection(path, features, crs=None):
    document = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": properties, "geometry": geometry}
        for properties, geometry in features
    ]} | ({"crs": crs} if crs else {})  # fmt: skip
    path.write_text(json.dumps(document))
    return path


def unclosed(shape):
    raw = json.loads(json.dumps(mapping(shape)))
    raw["coordinates"][0].pop()
    return raw


@pytest.fixture
def plots(tmp_path):
    """Four plots: two sound, one unclosed, one with swapped axes; no identities."""
    turned = shapely.transform(CELLS[3], lambda xy: xy[:, ::-1])
    return collection(
        tmp_path / "plots.geojson",
        [({"crop": "rice"}, mapping(CELLS[0])), ({"crop": "rice"}, unclosed(CELLS[1])),
         ({"crop": "mango"}, mapping(CELLS[2])), ({"crop": "durian"}, mapping(turned))],
    )  # fmt: skip


def test_repaired_geojson_joins_its_layer(session, plots, tmp_path):
    report = import_layer(session, plots, "land", now=NOW)
    assert [one.reason for one in report.rejected] == ["unclosed_ring", "swapped_axes"]
    back = tmp_path / "repair.geojson"
    assert write_rejected(plots, report.rejected, back) == 2
    document = json.loads(back.read_text())
    first, second = document["features"]
    assert first["properties"]["rejected_reason"] == "unclosed_ring"
    assert first["properties"]["rejected_where"] == "plots.geojson:2"
    assert first["properties"]["rejected_problem_vi"]
    assert first["geometry"] == unclosed(CELLS[1])
    outline = first["geometry"]["coordinates"][0]
    outline.append(outline[0])
    second["geometry"]["coordinates"] = [
        [[x, y] for y, x in one] for one in second["geometry"]["coordinates"]
    ]
    back.write_text(json.dumps(document))
    again = import_layer(session, back, "land", "plots", now=NOW, add=True)
    assert (again.imported, again.rejected) == (2, [])
    rows = {one.source_id: one for one in stored(session, "plots")}
    assert set(rows) == {"0", "1", "2", "3"}
    assert all(rows[str(n)].geom.equals(shape) for n, shape in enumerate(CELLS))
    assert rows["3"].properties == {"crop": "durian", "source_id": "3"}


def test_what_was_added_is_one_layer_and_added_once(session, plots, tmp_path):
    import_layer(session, plots, "soil", now=NOW)
    more = collection(tmp_path / "more.geojson", [({"source_id": "9"}, mapping(CELLS[1]))])
    import_layer(session, more, "soil", "plots", now=NOW, add=True)
    assert import_layer(session, more, "soil", "plots", now=NOW, add=True).imported == 1
    (layer,) = list_layers(session)
    assert (layer.name, layer.features) == ("plots", 3)
    assert import_layer(session, plots, "soil", now=NOW).imported == 2
    assert len(stored(session, "plots")) == 3
    plots.write_text(plots.read_text().replace("rice", "paddy"))
    import_layer(session, plots, "soil", now=NOW)
    assert len(stored(session, "plots")) == 2
    assert {one.key for one in session.exec(select(DataSet)).all()} == {"layer:plots"}


def test_rows_added_twice_or_over_others_are_refused(session, plots, tmp_path):
    import_layer(session, plots, "land", now=NOW)
    half = box(105.405, 9.8, 105.415, 9.81)
    more = collection(
        tmp_path / "more.geojson",
        [({"id": "a"}, mapping(CELLS[0])), ({"id": "b"}, mapping(half)),
         ({"id": "0"}, mapping(CELLS[1]))],
    )  # fmt: skip
    report = import_layer(session, more, "land", "plots", now=NOW, add=True)
    assert [one.reason for one in report.rejected] == ["duplicate", "overlap", "duplicate"]
    assert "plots 0" in report.rejected[0].problem
    assert "plots 0" in report.rejected[1].problem


def test_shapes_keep_their_own_reference_system(session, tmp_path):
    here = geopandas.GeoSeries(CELLS, crs=4326).to_crs(32648)
    turned = shapely.transform(here[1], lambda xy: xy[:, ::-1])
    path = tmp_path / "utm.gpkg"
    frame = geopandas.GeoDataFrame({"id": ["a", "b"]}, geometry=[here[0], turned], crs=32648)
    frame.to_file(path)
    report = import_layer(session, path, "land", now=NOW)
    for suffix in (".geojson", ".csv"):
        back = tmp_path / f"repair{suffix}"
        write_rejected(path, report.rejected, back)
        said = import_layer(session, back, "soil", f"again{suffix}", now=NOW).rejected
        assert [one.reason for one in said] == ["swapped_axes"]
    document = json.loads((tmp_path / "repair.geojson").read_text())
    assert document["crs"]["properties"]["name"].endswith("32648")
    rings = document["features"][0]["geometry"]["coordinates"]
    document["features"][0]["geometry"]["coordinates"] = [[[y, x] for x, y in rings[0]]]
    (tmp_path / "fixed.geojson").write_text(json.dumps(document))
    assert import_layer(session, tmp_path / "fixed.geojson", "land", "utm", now=NOW,
                        add=True).imported == 1  # fmt: skip
    assert {one.source_id for one in stored(session, "utm")} == {"a", "b"}


def test_a_table_comes_back_as_a_table(session, tmp_path):
    path = tmp_path / "p.csv"
    path.write_text('code,land_use,lon,lat\nW1,well,105.4,9.8\nW2,well,"105,5","9,8"\nW3,,,\n')
    report = import_layer(session, path, "other", now=NOW)
    assert [one.reason for one in report.rejected] == ["decimal_comma", "no_geometry"]
    back = tmp_path / "repair.csv"
    assert write_rejected(path, report.rejected, back) == 2
    rows = list(csv.DictReader(back.read_text().splitlines()))
    assert rows[0]["lon"] == "105,5"
    assert rows[0]["rejected_field"] == "lon"
    assert rows[0]["rejected_fix"].startswith("write a point")
    fixed = back.read_text().replace("105,5", "105.5").replace("9,8", "9.8")
    back.write_text("\n".join(fixed.splitlines()[:2]) + "\n")
    assert import_layer(session, back, "other", "p", now=NOW, add=True).imported == 1
    assert {one.source_id for one in stored(session, "p")} == {"W1", "W2"}


def test_a_duplicate_parcel_is_repaired_into_the_registry(session, tmp_path):
    features = [({"code": code, "land_use": "rice"}, mapping(shape)) for code, shape in
                (("P1", CELLS[0]), ("P1", CELLS[1]))]  # fmt: skip
    path = collection(tmp_path / "p.geojson", features)
    report = import_layer(session, path, "land", now=NOW)
    back = tmp_path / "repair.geojson"
    write_rejected(path, report.rejected, back)
    back.write_text(back.read_text().replace('"code": "P1"', '"code": "P2"'))
    assert import_layer(session, back, "land", "p", now=NOW, add=True).imported == 1
    assert {one.code for one in session.exec(select(Parcel)).all()} == {"P1", "P2"}
    (layer,) = [one for one in list_layers(session) if one.name == "p"]
    assert layer.features == 2


def test_what_cannot_be_written_is_said(session, plots, tmp_path):
    report = import_layer(session, plots, "land", now=NOW)
    with pytest.raises(UsageError, match=r"cannot write \.gpkg"):
        write_rejected(plots, report.rejected, tmp_path / "x.gpkg")
    with pytest.raises(InputError, match="cannot be written"):
        write_rejected(plots, report.rejected, tmp_path / "nowhere" / "x.csv")


def test_the_command_writes_the_file_also_when_no_row_landed(workspace, plots, tmp_path, capsys):
    def run(*arguments):
        code = main(["layers", *map(str, arguments), "--home", str(workspace.home), "--json"])
        return code, json.loads(capsys.readouterr().out)

    back = tmp_path / "repair.csv"
    code, report = run("import", plots, "--kind", "land", "--rejected-to", back)
    assert (code, report["imported"], len(report["rejected"])) == (0, 2, 2)
    assert report["rejected"][0]["reason"] == "unclosed_ring"
    assert report["rejected_file"] == str(back)
    assert len(list(csv.DictReader(back.read_text().splitlines()))) == 2
    code, report = run(
        "import", back, "--kind", "land", "--rejected-to", tmp_path / "again.geojson"
    )
    assert (code, report["ok"]) == (1, False)
    assert len(json.loads((tmp_path / "again.geojson").read_text())["features"]) == 2
    workspace.engine.dispose()


def test_repair_works_on_both_databases(workspace_on, plots, tmp_path):
    with workspace_on.session() as session:
        report = import_layer(session, plots, "land", now=NOW)
        session.commit()
        back = tmp_path / "repair.geojson"
        write_rejected(plots, report.rejected, back)
        document = json.loads(back.read_text())
        del document["features"][1]
        document["features"][0]["geometry"] = mapping(CELLS[1])
        back.write_text(json.dumps(document))
        assert import_layer(session, back, "land", "plots", now=NOW, add=True).imported == 1
        session.commit()
        assert len(stored(session, "plots")) == 3


def test_parcels_change_end_and_return_on_both_databases(workspace_on, tmp_path):
    def parcels(*codes):
        listed = [({"code": code, "land_use": "rice"}, mapping(CELLS[int(code)])) for code in codes]
        return collection(tmp_path / "p.geojson", listed)

    def current(session):
        query = select(Parcel.code).where(Parcel.valid_to.is_(None)).order_by(Parcel.code)
        return session.exec(query).all()

    with workspace_on.session() as session:
        import_layer(session, parcels("0", "1"), "land", "p", now=NOW)
        import_layer(session, parcels("2"), "land", "p", now=NOW, add=True)
        session.commit()
        assert current(session) == ["0", "1", "2"]
        import_layer(session, parcels("0", "3"), "land", "p", now=NOW)
        session.commit()
        assert current(session) == ["0", "3"]
        import_layer(session, parcels("1"), "land", "p", now=NOW, add=True)
        session.commit()
        assert current(session) == ["0", "1", "3"]
