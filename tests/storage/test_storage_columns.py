"""Column types mean the same on both databases; durability settings hold."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import shapely
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPoint, Point, Polygon, box
from sqlmodel import select

from agridata.errors import EnvironmentMissingError, InputError, NotFoundError, UsageError
from agridata.layers.models import LayerFeature
from agridata.storage import (
    DataSet,
    RejectedRow,
    SourceInfo,
    Workspace,
    bounds_of,
    geodesic_area_m2,
    is_loaded,
    open_engine,
    record_data_set,
    sha256_of,
    stored_report,
)
from agridata.storage._imports import Finding

NOW = datetime(2026, 3, 20, 6, tzinfo=UTC)
INFO = SourceInfo("probe", "layer_other", "thử", "probe", "made here", "CC0-1.0", simulated=True)

ON_BOTH = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

lon = st.floats(-179, 178, allow_nan=False, width=64)
lat = st.floats(-89, 88, allow_nan=False, width=64)
points = st.builds(Point, lon, lat)
boxes = st.builds(lambda x, y, w, h: box(x, y, x + w, y + h), lon, lat,
                  st.floats(1e-6, 1), st.floats(1e-6, 1))  # fmt: skip
lines = st.lists(st.tuples(lon, lat), min_size=2, max_size=8, unique=True).map(LineString)
shapes = st.one_of(points, boxes, lines, st.builds(lambda a, b: MultiPoint([a, b]), points, points))


def feature(geometry, number=0):
    return LayerFeature(
        layer="probe", kind="other", source_id=str(number), properties={}, geom=geometry,
        data_set_key="probe", **bounds_of(geometry),
    )  # fmt: skip


@pytest.fixture
def session(workspace_on):
    with workspace_on.session() as opened:
        record_data_set(opened, INFO, "0" * 64, NOW)
        yield opened


@ON_BOTH
@given(shape=shapes)
def test_geometry_comes_back_as_it_went_in(session, shape):
    row = feature(shape)
    session.add(row)
    session.flush()
    session.expire(row)
    assert shapely.equals_identical(shapely.normalize(row.geom), shapely.normalize(shape))
    session.delete(row)
    session.flush()


def test_a_third_dimension_is_dropped(session):
    session.add(feature(Point(105.5, 9.8, 3.0)))
    session.flush()
    session.expire_all()
    assert session.exec(select(LayerFeature)).one().geom == Point(105.5, 9.8)


def test_postgis_knows_the_reference_system(workspace_on, session):
    if workspace_on.engine.dialect.name != "postgresql":
        assert session.connection().exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        return
    session.add(feature(Point(105.5, 9.8)))
    session.flush()
    srid = session.connection().exec_driver_sql("SELECT ST_SRID(geom) FROM layer_feature")
    assert srid.scalar() == 4326


@ON_BOTH
@given(
    seconds=st.integers(-2_000_000_000, 7_000_000_000),
    micros=st.integers(0, 999_999),
    offset=st.integers(-14 * 60, 14 * 60),
)
def test_times_come_back_as_the_same_moment_in_utc(session, seconds, micros, offset):
    epoch = datetime(1970, 1, 1, tzinfo=timezone(timedelta(minutes=offset)))
    aware = epoch + timedelta(seconds=seconds, microseconds=micros)
    stored = session.get(DataSet, "probe")
    stored.loaded_at = aware
    session.flush()
    session.expire(stored)
    assert stored.loaded_at == aware
    assert stored.loaded_at.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(session):
    session.get(DataSet, "probe").loaded_at = datetime(2026, 3, 20, 6)  # noqa: DTZ001  the point
    with pytest.raises(sa.exc.StatementError) as caught:
        session.flush()
    assert isinstance(caught.value.orig, UsageError)
    session.rollback()


def test_leaving_a_session_without_commit_leaves_nothing(workspace_on):
    with workspace_on.session() as opened:
        record_data_set(opened, INFO, "0" * 64, NOW)
        opened.add(feature(Point(105.5, 9.8)))
        opened.flush()
    with workspace_on.session() as opened:
        assert opened.exec(select(DataSet)).all() == []
        assert opened.exec(select(LayerFeature)).all() == []
        if workspace_on.engine.dialect.name == "sqlite":
            tree = opened.connection().exec_driver_sql("SELECT count(*) FROM layer_feature_rtree")
            assert tree.scalar() == 0


def test_sqlite_acknowledges_only_what_survives_a_power_cut(workspace):
    with workspace.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    workspace.engine.dispose()


def test_an_immediate_transaction_holds_the_write_lock(workspace):
    with workspace.engine.connect().execution_options(immediate=True) as first:
        first.exec_driver_sql("SELECT 1")
        other = open_engine(workspace.url)
        with other.connect() as second:
            second.exec_driver_sql("PRAGMA busy_timeout = 1")
            with pytest.raises(sa.exc.OperationalError, match="locked"):
                second.exec_driver_sql("DELETE FROM data_set")
        other.dispose()
    workspace.engine.dispose()


def test_an_unknown_database_is_named():
    with pytest.raises(EnvironmentMissingError, match="mysql"):
        open_engine("mysql://localhost/x")


def test_a_missing_workspace_says_how_to_make_one(tmp_path):
    with pytest.raises(NotFoundError) as caught:
        Workspace(tmp_path / "nowhere").require()
    assert "agridata demo" in caught.value.findings[0].fix


def test_private_keys_lie_in_a_folder_of_their_owner_only(workspace):
    assert workspace.keys_dir.stat().st_mode & 0o077 == 0
    workspace.engine.dispose()


def test_a_data_set_remembers_its_rejected_rows_once(session):
    bad = [Finding("a.csv:2", "x", "is not a number", "write a number")]
    record_data_set(session, INFO, "1" * 64, NOW, rows=5, rejected=bad)
    record_data_set(session, INFO, "2" * 64, NOW, rows=4, rejected=bad)
    report = stored_report(session, "probe")
    assert (report.rows, report.imported, report.rejected) == (4, 3, bad)
    assert len(session.exec(select(RejectedRow)).all()) == 1
    assert is_loaded(session, "probe", "2" * 64)
    assert not is_loaded(session, "probe", "1" * 64)


def test_an_unknown_data_set_has_no_report(session):
    with pytest.raises(NotFoundError):
        stored_report(session, "never loaded")


def test_the_hash_of_a_missing_file_is_a_rejection(tmp_path):
    with pytest.raises(InputError) as caught:
        sha256_of(tmp_path / "none.csv")
    assert caught.value.findings[0].where.endswith("none.csv")


@given(x=st.floats(-170, 170), y=st.floats(-80, 80), side=st.floats(1e-4, 0.5))
def test_area_is_that_of_the_ellipsoid_whatever_the_ring_direction(x, y, side):
    from pyproj import Geod

    square = box(x, y, x + side, y + side)
    expected = abs(Geod(ellps="GRS80").geometry_area_perimeter(square)[0])
    assert geodesic_area_m2(square) == pytest.approx(expected, rel=1e-6)
    assert geodesic_area_m2(square.reverse()) == pytest.approx(expected, rel=1e-6)


def test_holes_are_taken_off_and_parts_add_up():
    outer, hole = box(105, 9, 106, 10), box(105.2, 9.2, 105.4, 9.4)
    pierced = Polygon(outer.exterior, [hole.exterior])
    expected = geodesic_area_m2(outer) - geodesic_area_m2(hole)
    assert geodesic_area_m2(pierced) == pytest.approx(expected)
    both = shapely.MultiPolygon([pierced, box(107, 9, 108, 10)])
    assert geodesic_area_m2(both) == pytest.approx(
        expected + geodesic_area_m2(box(107, 9, 108, 10))
    )
    assert geodesic_area_m2(Point(105, 9)) == 0
    assert geodesic_area_m2(Polygon()) == 0
