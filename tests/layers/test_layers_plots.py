"""`plots check`: the EUDR vectors, and files made here for every other rule."""

import json

import pytest
from shapely.geometry import box, mapping

from agridata.errors import InputError, UsageError
from agridata.layers import check_plots
from apps.cli import main

GHANA = (-1.98, 6.35)
OUTLINE = mapping(box(-1.982275, 6.348210, -1.977725, 6.352710))

EXPECTED = {
    "Passes polygon checks": None,
    "Passes with MultiPolygon support": None,
    "Self-intersection": "self_crossing",
    "Missing stable plot identifier": "no_plot_id",
    "Feature without geometry": "no_geometry",
    "Unreadable KML": "unreadable",
}
"""The vectors' own words → our reason."""


def file(path, *features, **members):
    listed = [
        {"type": "Feature", "properties": {"plot_id": f"GH-{n}"} | properties, "geometry": geometry}
        for n, (geometry, properties) in enumerate(features)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": listed} | members))
    return path


def point(lon, lat):
    return {"type": "Point", "coordinates": [lon, lat]}


def run(capsys, path, *more):
    code = main(["plots", "check", str(path), "--json", *more])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.shared
def test_every_vector_gets_its_expected_finding(shared_dir, capsys):
    folder = shared_dir / "vectors" / "eudr-geojson-fixtures"
    cases = json.loads((folder / "expected_findings.json").read_text())
    assert len(cases) == 6
    for case in cases:
        expected = EXPECTED[case["expected_finding"]]
        code, document = run(capsys, folder / case["file"], "--rules", "eudr")
        assert code == (1 if expected else 0), case["file"]
        assert document["ok"] is (expected is None)
        if expected == "unreadable":
            assert "cannot be read as KML" in document["errors"][0]["problem"]
        elif expected:
            assert [one["reason"] for one in document["errors"]] == [expected]
        else:
            claimed = json.loads((folder / case["file"]).read_text())["features"][0]["properties"]
            assert document["errors"] == []
            assert document["area_ha"] == pytest.approx(claimed["area_ha"], rel=0.02)


BAD = {
    "hole": (
        mapping(box(-1.98, 6.34, -1.97, 6.35).difference(box(-1.978, 6.342, -1.976, 6.344))), {},
    ),
    "self_crossing": ({"type": "Polygon", "coordinates": [
        [[-1.98, 6.34], [-1.97, 6.35], [-1.97, 6.34], [-1.98, 6.35], [-1.98, 6.34]]]}, {}),
    "unclosed_ring": ({"type": "Polygon", "coordinates": [
        [[-1.98, 6.34], [-1.97, 6.34], [-1.97, 6.35], [-1.98, 6.35]]]}, {}),
    "short_ring": ({"type": "Polygon", "coordinates": [
        [[-1.98, 6.34], [-1.97, 6.34], [-1.98, 6.34]]]}, {}),
    "geometry_type": ({"type": "LineString", "coordinates": [[-1.98, 6.34], [-1.97, 6.34]]}, {}),
    "swapped_axes": (point(6.352104, -1.980012), {}),
    "off_earth": (point(-1.98, 200.123456), {}),
    "empty_geometry": ({"type": "Polygon", "coordinates": []}, {}),
    "not_a_number": (point("-1.98", "6.35"), {}),
    "plot_needs_area": (point(*GHANA), {"Area": 4.5}),
    "plot_area": (point(*GHANA), {"Area": 0.05}),
    "country": (point(*GHANA), {"ProducerCountry": "Ghana"}),
    "no_plot_id": (point(*GHANA), {"plot_id": ""}),
    "not_a_shape": ({"type": "Circle", "coordinates": [1, 2]}, {}),
}  # fmt: skip


@pytest.mark.parametrize("reason", BAD)
def test_each_rule_is_named_and_the_other_plot_is_not(tmp_path, reason):
    path = file(tmp_path / "p.geojson", (OUTLINE, {}), BAD[reason])
    report = check_plots(path)
    if reason in ("geometry_type", "not_a_shape"):
        assert report.findings[0].reason == "geometry_type"
    else:
        assert [one.reason for one in report.findings] == [reason]
    assert {one.where for one in report.findings} == {"p.geojson:2"}
    assert not report.ok
    assert report.plots == 2
    assert all(one.problem_vi and one.fix for one in report.findings)


GOOD = {
    "a small point": (point(*GHANA), {"Area": 2.8}),
    "cattle on much land": (point(*GHANA), {"Area": 120, "commodity": "cattle"}),
    "several points": ({"type": "MultiPoint", "coordinates": [[-1.98, 6.35], [-1.97, 6.35]]}, {}),
    "a collection": ({"type": "GeometryCollection", "geometries": [OUTLINE, point(-1.5, 6.3)]}, {}),
    "a country": (point(*GHANA), {"ProducerCountry": "GH"}),
    "a place instead of a code": (point(*GHANA), {"plot_id": None, "ProductionPlace": "Mankranso"}),
    "Viet Nam": (point(105.4, 9.8), {"plot_id": "VN-1"}),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_the_rules_allow_passes(tmp_path, name):
    report = check_plots(file(tmp_path / "p.geojson", GOOD[name]))
    assert report.findings == []
    assert report.ok


def test_digits_are_counted_as_they_are_written(tmp_path):
    path = tmp_path / "p.geojson"
    text = '{"type":"FeatureCollection","features":[%s]}'
    plot = (
        '{"type":"Feature","properties":{"plot_id":"%s"},'
        '"geometry":{"type":"Point","coordinates":[%s]}}'
    )
    plots = [
        plot % ("GH-1", "-1.980000,6.350000"), plot % ("GH-2", "-1.98,6.350001"),
        plot % ("GH-3", "-1.9800001,6.3500000"),
    ]  # fmt: skip
    path.write_text(text % ",".join(plots))
    report = check_plots(path)
    assert report.ok
    said = [(one.where[-1], one.reason) for one in report.notes if "decimals" in one.reason]
    assert said == [("2", "few_decimals"), ("3", "many_decimals")]


def test_country_hints_come_from_attribute_file_or_code(tmp_path):
    turned = (point(6.352104, -1.980012), {"plot_id": "x1"})
    assert check_plots(file(tmp_path / "a.geojson", turned)).ok
    for number, told in enumerate([{"ProducerCountry": "GH"}, {"country": "GH"}]):
        path = file(tmp_path / f"b{number}.geojson", (turned[0], turned[1] | told))
        assert [one.reason for one in check_plots(path).findings] == ["swapped_axes"]
    path = file(tmp_path / "c.geojson", turned, metadata={"country": "GH"})
    assert [one.reason for one in check_plots(path).findings] == ["swapped_axes"]


def test_repeated_plots_are_findings_and_overlaps_notes(tmp_path):
    half = mapping(box(-1.98, 6.348210, -1.975, 6.352710))
    path = file(
        tmp_path / "p.geojson", (OUTLINE, {}), (OUTLINE, {}), (point(*GHANA), {"plot_id": "GH-0"}),
        (half, {}),
    )  # fmt: skip
    report = check_plots(path)
    assert [(one.where[-1], one.field) for one in report.findings] == [
        ("2", "geometry"), ("3", "plot_id"),
    ]  # fmt: skip
    overlaps = [one for one in report.notes if one.reason == "overlap"]
    assert [one.where[-1] for one in overlaps] == ["4"]
    assert "p.geojson:1" in overlaps[0].problem


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "cannot be read as GeoJSON"),
        ("[" * 100_000, "cannot be read as GeoJSON"),
        ('{"type": "Feature"}', "not a GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection", "features": []}', "it holds no features"),
        ('{"type": "FeatureCollection", "features": [1], "crs": "x"}', "not in WGS 84"),
    ],
)
def test_files_that_are_no_plots_are_refused(tmp_path, content, problem):
    path = tmp_path / "p.geojson"
    path.write_text(content)
    with pytest.raises(InputError, match=problem):
        check_plots(path)


def test_other_datum_and_size_are_findings_of_the_file(tmp_path, monkeypatch):
    from agridata.layers import _plot_files

    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32648"}}
    path = file(tmp_path / "p.geojson", (OUTLINE, {}), crs=crs)
    assert [one.reason for one in check_plots(path).findings] == ["other_datum"]
    monkeypatch.setattr(_plot_files, "MAX_FILE_BYTES", 10)
    path = file(tmp_path / "q.geojson", (OUTLINE, {}))
    assert [one.reason for one in check_plots(path).findings] == ["file_too_large"]


def test_swapped_columns_of_a_table_of_plots(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("plot_id,latitude,longitude\nVN-1,108.893412,11.943278\nVN-2,11.9,108.8\n")
    report = check_plots(path)
    assert [(one.reason, one.where) for one in report.findings] == [("swapped_axes", "p.csv:2")]


def test_an_unknown_rule_set_is_wrong_usage(tmp_path, capsys):
    path = file(tmp_path / "p.geojson", (OUTLINE, {}))
    with pytest.raises(UsageError, match="not a rule set"):
        check_plots(path, "moon")
    code, document = run(capsys, path, "--rules", "moon")
    assert (code, document["errors"][0]["field"]) == (2, "--rules")
    code, document = run(capsys, tmp_path / "no.geojson")
    assert (code, document["ok"]) == (1, False)
