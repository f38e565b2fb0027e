"""The spatial index: used by the planner, in step with the table, a superset of the truth."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import box
from sqlmodel import select

from agridata.layers.models import LayerFeature
from agridata.storage import SourceInfo, bounds_of, record_data_set, within_bounds

NOW = datetime(2026, 3, 20, 6, tzinfo=UTC)
INFO = SourceInfo("grid", "layer_other", "lưới", "grid", "made here", "CC0-1.0", simulated=True)


def cell(x, y, size=0.5):
    shape = box(x, y, x + size, y + size)
    return {
        "layer": "grid", "kind": "other", "source_id": f"{x}/{y}", "properties": {},
        "geom": shape, "data_set_key": "grid", **bounds_of(shape),
    }  # fmt: skip


def with_grid(opened):
    record_data_set(opened, INFO, "0" * 64, NOW)
    opened.execute(sa.insert(LayerFeature), [cell(x, y) for x in range(30) for y in range(30)])
    return opened


@pytest.fixture
def session(workspace_on):
    with workspace_on.session() as opened:
        yield with_grid(opened)


def dialect(session):
    return session.get_bind().dialect.name


def found(session, bounds):
    query = select(LayerFeature.source_id).where(
        within_bounds(LayerFeature, bounds, dialect(session))
    )
    return sorted(session.exec(query).all())


def in_step(session):
    """On SQLite, tell whether the R*Tree holds exactly the rows (its floats round outward)."""
    if dialect(session) != "sqlite":
        return True
    link = session.connection()
    differing = link.exec_driver_sql(
        "SELECT count(*) FROM layer_feature f LEFT JOIN layer_feature_rtree t ON t.id = f.id "
        "WHERE t.id IS NULL OR t.min_lon > f.min_lon OR t.max_lon < f.max_lon "
        "OR t.min_lat > f.min_lat OR t.max_lat < f.max_lat"
    ).scalar()
    strays = link.exec_driver_sql(
        "SELECT count(*) FROM layer_feature_rtree WHERE id NOT IN (SELECT id FROM layer_feature)"
    ).scalar()
    sound = link.exec_driver_sql("SELECT rtreecheck('layer_feature_rtree')").scalar()
    return (differing, strays, sound) == (0, 0, "ok")


def test_the_planner_uses_the_index(session):
    query = select(LayerFeature.id).where(
        within_bounds(LayerFeature, (3.1, 3.1, 3.2, 3.2), dialect(session))
    )
    text = str(query.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
    if dialect(session) == "sqlite":
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()
        assert "layer_feature_rtree VIRTUAL TABLE INDEX 2" in str(plan)
    else:
        session.connection().exec_driver_sql("ANALYZE layer_feature")
        plan = session.connection().exec_driver_sql(f"EXPLAIN {text}").all()
        assert "ix_layer_feature_geom" in str(plan)


def test_bulk_inserts_are_found(session):
    assert found(session, (3.1, 4.1, 3.2, 4.2)) == ["3/4"]
    assert found(session, (-5, -5, -4, -4)) == []
    assert len(found(session, (0, 0, 40, 40))) == 900
    assert in_step(session)


def test_two_boxes_in_one_query_do_not_mix(session):
    name = dialect(session)
    query = select(LayerFeature.source_id).where(
        sa.or_(
            within_bounds(LayerFeature, (0.1, 0.1, 0.2, 0.2), name),
            within_bounds(LayerFeature, (9.1, 9.1, 9.2, 9.2), name),
        )
    )
    assert sorted(session.exec(query).all()) == ["0/0", "9/9"]


def test_the_index_follows_update_and_delete(session):
    moved = session.exec(select(LayerFeature).where(LayerFeature.source_id == "3/4")).one()
    shape = box(100, 10, 100.5, 10.5)
    moved.geom = shape
    for key, value in bounds_of(shape).items():
        setattr(moved, key, value)
    session.flush()
    assert found(session, (3.1, 4.1, 3.2, 4.2)) == []
    assert found(session, (100.1, 10.1, 100.2, 10.2)) == ["3/4"]
    session.delete(moved)
    session.execute(sa.delete(LayerFeature).where(LayerFeature.min_lon > 20))
    session.flush()
    assert found(session, (100.1, 10.1, 100.2, 10.2)) == []
    assert len(found(session, (0, 0, 40, 40))) == 21 * 30 - 1
    assert in_step(session)


def test_replacing_a_row_of_sqlite_leaves_no_stale_box(workspace):
    columns = "layer, kind, source_id, properties, geom, min_lon, min_lat, max_lon, max_lat"
    with workspace.session() as session:
        with_grid(session)
        session.connection().exec_driver_sql(
            f"INSERT OR REPLACE INTO layer_feature ({columns}, data_set_key) "
            f"SELECT layer, kind, source_id, properties, geom, 60, 60, 61, 61, data_set_key "
            "FROM layer_feature WHERE source_id = '3/4'"
        )
        assert found(session, (60.1, 60.1, 60.2, 60.2)) == ["3/4"]
        assert found(session, (3.1, 4.1, 3.2, 4.2)) == []
        assert in_step(session)
    workspace.engine.dispose()


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    x=st.floats(-2, 31), y=st.floats(-2, 31), width=st.floats(0.01, 9), height=st.floats(0.01, 9)
)
def test_the_filter_never_misses_a_box_that_overlaps(session, x, y, width, height):
    query = box(x, y, x + width, y + height)
    truth = {
        f"{i}/{j}"
        for i in range(30)
        for j in range(30)
        if query.intersects(box(i, j, i + 0.5, j + 0.5))
    }
    assert truth <= set(found(session, query.bounds))
