"""The migrated schema is the models' schema, on both databases, there and back."""

import importlib
import warnings
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

import agridata
import traceability
from agridata.storage import open_engine
from agridata.storage._migrate import alembic_config, upgrade
from agridata.storage._spatial import GEOMETRY_TABLES

POSTGIS_OWN = {"spatial_ref_sys"}
SCHEMA_MODULES = ("models", "_schema")
"""Where tables are declared: `models` of any room, `_schema` of the ledger."""


def _import_all_tables() -> None:
    for package in (agridata, traceability):
        root = Path(package.__path__[0])
        for name in SCHEMA_MODULES:
            for path in root.rglob(f"{name}.py"):
                parts = path.relative_to(root.parent).with_suffix("").parts
                importlib.import_module(".".join(parts))


def _head() -> str | None:
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _ours(_object, name, kind, reflected, compare_to):
    """Leave out what no model declares on purpose: R*Trees, GiST indexes, PostGIS's own."""
    if kind == "table" and reflected and compare_to is None:
        return "_rtree" not in name and name not in POSTGIS_OWN
    if kind == "index" and reflected and compare_to is None:
        return name not in {f"ix_{table}_geom" for table in GEOMETRY_TABLES}
    return True


def _differences(engine: sa.Engine) -> list[object]:
    with engine.connect() as connection, warnings.catch_warnings():
        # reflection meets PostGIS' `geometry`, which SQLAlchemy itself does not know
        warnings.filterwarnings("ignore", "Did not recognize type 'geometry'", sa.exc.SAWarning)
        context = MigrationContext.configure(connection, opts={"include_object": _ours})
        return compare_metadata(context, SQLModel.metadata)


@pytest.fixture
def engine(database_url):
    made = open_engine(database_url)
    yield made
    made.dispose()


def test_an_empty_database_is_brought_to_the_newest_schema(engine):
    upgrade(engine)
    with engine.connect() as connection:
        assert _revision(connection) == _head()
        assert set(GEOMETRY_TABLES) <= set(sa.inspect(connection).get_table_names())


def test_migrating_twice_changes_nothing(engine):
    upgrade(engine)
    before = sorted(sa.inspect(engine).get_table_names())
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO data_set VALUES ('k','k','','','','',true,NULL,"
            "'2026-01-01 00:00:00','',0,0,0)"
        )
    upgrade(engine)
    assert sorted(sa.inspect(engine).get_table_names()) == before
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM data_set").scalar() == 1


def test_models_and_migrations_say_the_same(engine):
    _import_all_tables()
    upgrade(engine)
    assert _differences(engine) == []


def test_the_comparison_sees_a_missing_column(engine):
    _import_all_tables()
    upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE reading DROP COLUMN flag")
    assert [(change[0], change[2], change[3].name) for change in _differences(engine)] == [
        ("add_column", "reading", "flag")
    ]


def test_downgrade_to_base_leaves_no_table_of_ours(engine):
    upgrade(engine)
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    left = set(sa.inspect(engine).get_table_names()) - POSTGIS_OWN - {"alembic_version"}
    assert left == set()
    upgrade(engine)
    with engine.connect() as connection:
        assert _revision(connection) == _head()


def test_a_failing_migration_leaves_the_database_untouched(engine, monkeypatch):
    def breaks(*_arguments):
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr("agridata.storage._spatial.create_spatial_index", breaks)
    with pytest.raises(RuntimeError, match="disk"):
        upgrade(engine)
    assert set(sa.inspect(engine).get_table_names()) <= POSTGIS_OWN
