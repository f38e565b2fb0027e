"""Sums by unit of either era: cut at borders, and the same through the reform."""

import json
import math
from datetime import UTC, date, datetime

import geopandas
import numpy as np
import pytest
import shapely
from pyproj import Geod
from shapely.geometry import LineString, Point, box

from agridata.errors import NotFoundError, UsageError
from agridata.layers import import_layer, layer_statistics
from agridata.places import carry_over, convert, hau_giang_communes, load_real_admin
from agridata.storage import Workspace
from apps.cli import main

NOW = datetime(2026, 3, 20, 6, tzinfo=UTC)
TODAY, LAST_DAY = date(2026, 3, 20), date(2025, 6, 30)


@pytest.fixture(scope="module")
def province(shared_dir, tmp_path_factory):
    """The real units and fields over all of old Hậu Giang, many of them across borders."""
    folder = tmp_path_factory.mktemp("stats")
    made = Workspace(folder / "home").create()
    with made.session() as session:
        load_real_admin(session, shared_dir / "data" / "admin", NOW)
        old = shapely.union_all([one.geom for one in hau_giang_communes(session, "pre2025")])
        random = np.random.default_rng(7)
        corners = random.uniform(old.bounds[:2], old.bounds[2:], (900, 2))
        shapes = [box(x, y, x + 0.012, y + 0.007) for x, y in corners]
        shapes = [one for one in shapes if old.contains(one)]
        frame = geopandas.GeoDataFrame({"id": range(len(shapes))}, geometry=shapes, crs=4326)
        frame.to_parquet(folder / "fields.parquet")
        import_layer(session, folder / "fields.parquet", "crops", now=NOW)
        session.commit()
    yield made, shapes
    made.engine.dispose()


@pytest.fixture
def session(province):
    with province[0].session() as opened:
        yield opened


def total(rows):
    return sum(one.area_ha or 0.0 for one in rows)


@pytest.mark.shared
def test_nothing_of_the_layer_is_lost_or_doubled(session, province):
    geod = Geod(ellps="WGS84")
    whole = sum(abs(geod.geometry_area_perimeter(one)[0]) for one in province[1]) / 10_000
    for by, on in (("commune", TODAY), ("commune", LAST_DAY), ("district", LAST_DAY),
                   ("province", TODAY), ("province", LAST_DAY)):  # fmt: skip
        rows = layer_statistics(session, "fields", by, on)
        assert total(rows) == pytest.approx(whole, rel=2e-3), (by, on)
        assert sum(one.features for one in rows) == len(province[1])


@pytest.mark.shared
def test_shapes_are_cut_where_the_border_runs(session, province):
    """Against planar overlays in a projection of another kind (Albers, equal area)."""
    albers = "+proj=aea +lat_1=9 +lat_2=10.5 +lat_0=9.8 +lon_0=105.6 +ellps=WGS84"
    fields = geopandas.GeoSeries(province[1], crs=4326).to_crs(albers)
    rows = {one.code: one for one in layer_statistics(session, "fields", "commune", TODAY)}
    communes = hau_giang_communes(session, "2025")
    for unit in communes[::4]:
        shape = geopandas.GeoSeries([unit.geom], crs=4326).to_crs(albers)[0]
        expected = fields.intersection(shape).area.sum() / 10_000
        assert rows[unit.code].area_ha == pytest.approx(expected, rel=1e-3), unit.full_name


@pytest.mark.shared
def test_a_places_totals_survive_the_reform(session):
    """Old districts told by today's communes: the sum of the parts is the old total."""
    districts = layer_statistics(session, "fields", "district", LAST_DAY)
    old = {one.code: one.area_ha for one in districts if one.code.startswith("93")}
    assert len(old) == 8
    for code, hectares in old.items():
        parts = layer_statistics(session, "fields", "commune", TODAY, within=code)
        assert total(parts) == pytest.approx(hectares, rel=0.01)
        assert len([one for one in parts if one.code]) > 1


@pytest.mark.shared
def test_old_communes_survive_the_reform_both_ways(session):
    before = layer_statistics(session, "fields", "commune", LAST_DAY)
    for one in [row for row in before if row.code][::5]:
        parts = layer_statistics(
            session, "fields", "commune", TODAY, within=one.code, within_era="pre2025"
        )
        assert total(parts) == pytest.approx(one.area_ha, rel=0.01)
        named = {part.code for part in convert(session, one.code, "2025")}
        assert named >= {part.code for part in parts if (part.area_ha or 0) > 0.02 * one.area_ha}


@pytest.mark.shared
def test_figures_carried_by_area_keep_their_sum(session):
    before = layer_statistics(session, "fields", "commune", LAST_DAY)
    figures = {one.code: one.area_ha for one in before if one.code}
    carried = carry_over(session, figures, "2025")
    assert carried.kept == {}
    assert sum(carried.totals.values()) == pytest.approx(sum(figures.values()), rel=1e-9)
    rice = {"930": 1000.0, "934": 2500.0}
    now = carry_over(session, rice, "2025")
    assert sum(now.totals.values()) == pytest.approx(3500)
    rows = layer_statistics(session, "fields", "commune", TODAY)
    measured = {one.code: one.area_ha for one in rows}
    close = [
        code
        for code, value in carried.totals.items()
        if math.isclose(value, measured.get(code, 0.0), rel_tol=0.2, abs_tol=50)
    ]
    assert len(close) > 0.8 * len(carried.totals)  # spread evenly enough for the method


@pytest.mark.shared
def test_what_was_not_measured_is_kept_not_guessed(session):
    whole, unlinked = "00004", "07693"  # an old ward that went whole; one that no source links
    carried = carry_over(session, {whole: 10.0, unlinked: 4.0}, "2025")
    assert sum(carried.totals.values()) + sum(carried.kept.values()) == 14.0
    assert carried.kept[unlinked] == 4.0
    assert carried.reasons.keys() == carried.kept.keys()


@pytest.mark.shared
def test_the_command_takes_era_and_place(province, capsys):
    def run(*arguments):
        code = main(["layers", "stats", "fields", "--by", "commune", *arguments, "--home",
                     str(province[0].home), "--as-of", "2026-03-20", "--json"])  # fmt: skip
        return code, json.loads(capsys.readouterr().out)

    code, now = run()
    assert code == 0
    code, before = run("--era", "pre2025")
    assert {one["code"] for one in before} != {one["code"] for one in now}
    code, parts = run("--within", "930")
    assert 0 < sum(one["area_ha"] or 0 for one in parts) < sum(one["area_ha"] or 0 for one in now)
    code, refused = run("--within", "99999")
    assert (code, refused["ok"]) == (1, False)


def test_points_and_lines_count_where_they_lie(workspace_on, tmp_path):
    from agridata.places.models import AdminUnit
    from agridata.storage import SourceInfo, bounds_of, record_data_set

    source = SourceInfo("made", "probe", "thử", "made", "this test", "CC0-1.0", simulated=True)
    with workspace_on.session() as session:
        record_data_set(session, source, "0" * 64, NOW)
        for code, shape in (("31001", box(105, 9, 105.5, 10)), ("31002", box(105.5, 9, 106, 10))):
            session.add(
                AdminUnit(
                    code=code, level=3, name=code, full_name=code, search_key=code, geom=shape,
                    valid_from=date(2025, 7, 1), data_set_key="made", **bounds_of(shape),
                )
            )  # fmt: skip
        session.flush()
        shapes = [
            box(105.4, 9.5, 105.7, 9.6), Point(105.1, 9.5), Point(120, 9),
            LineString([(105.6, 9.5), (105.7, 9.5)]), box(105.9, 9.2, 106.1, 9.3),
        ]  # fmt: skip
        path = tmp_path / "f.parquet"
        geopandas.GeoDataFrame({"id": list("abcde")}, geometry=shapes, crs=4326).to_parquet(path)
        import_layer(session, path, "other", now=NOW)
        rows = {one.code: one for one in layer_statistics(session, "f", "commune", TODAY)}
        assert {code: one.features for code, one in rows.items()} == {
            "31001": 1, "31002": 3, "": 1
        }  # fmt: skip
        geod = Geod(ellps="WGS84")
        whole = abs(geod.geometry_area_perimeter(shapes[0])[0]) / 10_000
        assert rows["31001"].area_ha == pytest.approx(whole / 3, rel=1e-3)
        assert rows["31002"].area_ha == pytest.approx(whole * 2 / 3 + rows[""].area_ha, rel=0.01)
        with pytest.raises(UsageError, match="no district level"):
            layer_statistics(session, "f", "district", TODAY)
        with pytest.raises(NotFoundError, match="with a polygon"):
            layer_statistics(session, "f", "commune", TODAY, within="93")
        clipped = layer_statistics(session, "f", "commune", TODAY, within="31001")
        assert [(one.code, one.features) for one in clipped] == [("31001", 2)]
