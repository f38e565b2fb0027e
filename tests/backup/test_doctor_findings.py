"""Every defect the doctor knows, planted one at a time: found, named, with a way to mend it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
import sqlalchemy as sa
from backup_worlds import FARM, NOW, PDF, grow, make_world

from agridata.errors import NotFoundError
from agridata.storage import Diagnosis, Workspace
from agridata.storage._doctor import FREE_FLOOR_BYTES
from agridata.vocabulary import Utc
from apps.doctor import examine, signed_in


def found(workspace: Workspace, what: str, **more) -> list[Diagnosis]:
    """Examine; return the findings of one check, all of them whole in both languages."""
    workspace.engine.dispose()
    health = examine(workspace, now=NOW, **more)
    for one in health.findings:
        assert one.where
        assert one.problem
        assert one.problem_vi
        assert one.fix
        assert one.fix_vi
    assert health.ok == all(one.severity != "error" for one in health.findings)
    return [one for one in health.findings if one.what == what]


def run(workspace: Workspace, *statements: str) -> None:
    """Do damage past all guards."""
    workspace.engine.dispose()
    with closing(sqlite3.connect(workspace.home / "agridata.sqlite")) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_a_sound_workspace_has_no_findings(place):
    source = place.world()
    health = examine(source, now=NOW, deep=True)
    assert [one for one in health.findings if one.severity != "note"] == []
    assert health.ok
    assert {"schema", "integrity", "references", "ledger", "audit", "scenes"} <= set(health.checked)


def test_an_empty_workspace_is_sound(place):
    assert examine(place("empty").create(), now=NOW, deep=True).ok


def test_the_doctor_changes_nothing(world):
    from backup_worlds import tree

    world.engine.dispose()
    before = {**tree(world.home), "db": (world.home / "agridata.sqlite").read_bytes()}
    examine(world, now=NOW, deep=True)
    world.engine.dispose()
    assert {**tree(world.home), "db": (world.home / "agridata.sqlite").read_bytes()} == before


def test_no_workspace_is_no_patient(tmp_path):
    with pytest.raises(NotFoundError):
        examine(Workspace(tmp_path / "none"), now=NOW)


@pytest.mark.parametrize(
    ("statement", "what", "severity", "where"),
    [
        ("UPDATE alembic_version SET version_num = '0003'", "schema", "error", "sqlite"),
        ("UPDATE alembic_version SET version_num = '9999'", "schema", "error", "sqlite"),
        ("DROP TABLE alembic_version", "schema", "error", "sqlite"),
        ("DROP TRIGGER log_entry_update", "schema", "error", "trigger log_entry_update"),
        ("DROP TRIGGER parcel_rtree_insert", "schema", "error", "trigger parcel_rtree_insert"),
        ("DROP INDEX ix_reading_data_set_key", "schema", "error", "ix_reading_data_set_key"),
        ("DROP TABLE rejected_row", "schema", "error", "table rejected_row"),
        ("ALTER TABLE product DROP COLUMN brand", "schema", "error", "column product.brand"),
        ("CREATE TRIGGER spy AFTER INSERT ON lot BEGIN SELECT 1; END", "schema", "error", "spy"),
        ("CREATE VIEW peek AS SELECT * FROM member", "schema", "error", "view peek"),
        ("DELETE FROM station_rtree", "spatial index", "error", "station_rtree"),
        ("INSERT INTO pond_rtree VALUES (9, 0, 1, 0, 1)", "spatial index", "error", "pond_rtree"),
        ("UPDATE station_rtree SET min_lon = 1", "spatial index", "error", "station_rtree"),
        ("DELETE FROM organisation", "references", "error", "product"),
        ("DELETE FROM station", "references", "error", "reading"),
        ("UPDATE data_set SET rows_in_file = 7", "data sets", "error", "tests"),
        ("UPDATE data_set SET rows_rejected = 2, rows_in_file = 2", "data sets", "error", "tests"),
        ("UPDATE scene SET path = 'gone.tif'", "scenes", "error", "ndvi"),
        ("UPDATE label_sheet SET sha256 = 'x'", "label sheets", "error", "tờ nhãn-1.pdf"),
        ("UPDATE lot SET gtin = '1'", "names", "warning", "event_lot.gtin, lot"),
        ("UPDATE station SET admin_unit_code = '31999'", "names", "warning", "station.admin"),
        ("UPDATE reading SET time = '2025-01-01 00:00:00.000000'", "age", "warning", "salinity"),
        ("UPDATE log_state SET size = size + 1", "ledger", "error", "tile/0/000"),
        ("UPDATE log_state SET size = 1", "ledger", "error", "agridata.example/backup"),
    ],
)  # fmt: skip
def test_a_defect_in_the_database_is_found(world, statement, what, severity, where):
    run(world, statement)
    defects = [one for one in found(world, what) if where in one.where]
    assert {one.severity for one in defects} == {severity}


def test_what_the_doctor_says_about_the_spatial_index_mends_it(world):
    run(
        world,
        "UPDATE station_rtree SET min_lon = 1",
        "INSERT INTO station_rtree VALUES (9,0,1,0,1)",
    )
    [defect] = found(world, "spatial index")
    assert "0 rows lack a box, 1 boxes lack a row, 1 boxes are wrong" in defect.problem
    run(world, *defect.fix.split('"')[1].rstrip(";").split("; "))
    assert found(world, "spatial index") == []


def test_a_damaged_page_is_found(world):
    world.engine.dispose()
    with (world.home / "agridata.sqlite").open("r+b") as stream:
        stream.seek(40_960)
        stream.write(bytes(8_192))
    defects = found(world, "integrity")
    assert defects
    assert all(one.severity == "error" for one in defects)
    assert "restore" in defects[0].fix


def test_a_file_that_is_no_database_is_found_by_every_check(world):
    world.engine.dispose()
    (world.home / "agridata.sqlite").write_bytes(b"not a database" * 1000)
    health = examine(world, now=NOW)
    assert not health.ok
    assert {"schema", "integrity", "ledger"} <= {one.what for one in health.findings}


@pytest.mark.parametrize("statement", ["DELETE", "DISABLE", "DROP INDEX", "COLUMN", "0003"])
def test_a_defect_on_postgresql_is_found(place, statement):
    if place.kind == "sqlite":
        return  # its own list is above
    planted = {
        "DELETE": ("DELETE FROM station", "references", "reading"),
        "DISABLE": ("ALTER TABLE log_entry DISABLE TRIGGER USER", "schema", "guard log_entry"),
        "DROP INDEX": ("DROP INDEX ix_station_geom", "schema", "ix_station_geom"),
        "COLUMN": ("ALTER TABLE product DROP COLUMN brand", "schema", "product.brand"),
        "0003": ("UPDATE alembic_version SET version_num = '0003'", "schema", "postgresql"),
    }
    sql, what, where = planted[statement]
    source = place.world()
    with source.engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        connection.execute(sa.text(sql))
    defects = [one for one in found(source, what) if where in one.where]
    assert [one.severity for one in defects] == ["error"]


def test_a_missing_and_a_spoiled_scene_are_found(world):
    (world.scenes_dir / "ndvi.tif").write_bytes(b"<html>")
    assert "no GeoTIFF" in found(world, "scenes")[0].problem
    (world.scenes_dir / "ndvi.tif").unlink()
    assert "missing" in found(world, "scenes")[0].problem


def test_a_missing_and_a_spoiled_sheet_are_found(world):
    path = world.labels_dir / "tờ nhãn-1.pdf"
    path.write_bytes(PDF + b" ")
    assert "not the sheet" in found(world, "label sheets")[0].problem
    path.unlink()
    run(world, f"UPDATE label_sheet SET path = '{path}'")
    assert [one.severity for one in found(world, "label sheets")] == ["error"]
    run(world, "UPDATE label_sheet SET path = '/somewhere/else/x.pdf'")
    assert [one.severity for one in found(world, "label sheets")] == ["note"]


def test_files_that_no_row_names_are_noted(world):
    (world.scenes_dir / "old.tif").write_bytes(b"x")
    (world.labels_dir / "old.pdf").write_bytes(b"x")
    assert [one.severity for one in found(world, "files")] == ["note", "note"]


@pytest.mark.parametrize(("name", "mode"), [("log.key", 0o644), ("log.key", 0o620), (".", 0o755)])
def test_keys_that_others_can_reach_are_found(world, name, mode):
    (world.keys_dir / name).chmod(mode)
    [defect] = found(world, "keys")
    assert defect.severity == "error"
    assert "chmod" in defect.fix
    assert "xoay" in defect.fix_vi or "thay khoá" in defect.fix_vi


def test_a_missing_and_a_wrong_log_key_are_found(world):
    (world.keys_dir / "log.key").unlink()
    assert [one.severity for one in found(world, "keys")] == ["warning"]
    shutil.copy(world.keys_dir / f"organisation-{FARM}.key", world.keys_dir / "log.key")
    assert [one.severity for one in found(world, "keys")] == ["error"]


def test_leftovers_are_found(world):
    (world.scenes_dir / ".ndvi.tif.part").write_bytes(b"")
    (world.home / "export.part").write_bytes(b"")
    (world.home / ".replaced-20260101T000000Z").mkdir()
    (world.home / ".replaced-20260101T000000Z" / ".x.part").write_bytes(b"")
    assert [one.severity for one in found(world, "leftovers")] == ["warning", "warning", "note"]


def test_a_full_disk_is_found(world, monkeypatch):
    usage = shutil.disk_usage(world.home)._replace(free=FREE_FLOOR_BYTES - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    assert [one.severity for one in found(world, "disk")] == ["error"]
    usage = usage._replace(free=1000)
    assert [one.severity for one in found(world, "disk")] == ["error", "warning"]


def test_a_missing_folder_is_named(world):
    shutil.rmtree(world.scenes_dir)
    assert [one.severity for one in found(world, "folders")] == ["warning"]


def test_a_rolled_back_database_is_read_only(world, tmp_path):
    world.engine.dispose()
    shutil.copy(world.home / "agridata.sqlite", tmp_path / "yesterday")
    grow(world, 1, start=5)
    world.engine.dispose()
    for old in world.home.glob("agridata.sqlite*"):
        old.unlink()
    shutil.copy(tmp_path / "yesterday", world.home / "agridata.sqlite")
    [defect] = found(world, "ledger")
    assert defect.severity == "error"
    assert "read-only" in defect.problem
    assert "chỉ đọc" in defect.problem_vi


def test_a_lost_signer_state_is_found(world):
    (world.ledger_dir / "signer-state.json").unlink()
    assert [one.severity for one in found(world, "ledger")] == ["error"]
    (world.ledger_dir / "signer-state.json").write_text("{}")
    assert signed_in(world.ledger_dir).damaged
    assert [one.severity for one in found(world, "ledger")] == ["error"]


def test_a_checkpoint_that_lags_is_named(world):
    grow(world, 1, publish=False, start=5)
    assert [one.severity for one in found(world, "ledger")] == ["note"]
    (world.ledger_dir / "checkpoint").unlink()
    assert [one.severity for one in found(world, "ledger")] == ["warning"]


def test_a_strangers_checkpoint_is_found(world, tmp_path):
    other = make_world(Workspace(tmp_path / "other").create())
    shutil.copy(other.workspace.ledger_dir / "checkpoint", world.ledger_dir / "checkpoint")
    assert [one.severity for one in found(world, "ledger")] == ["error"]
    other.engine.dispose()


def test_a_tampered_entry_needs_the_deep_look(world):
    run(world, "DROP TRIGGER log_entry_update", "UPDATE log_entry SET stmt = x'00' WHERE idx = 1")
    assert found(world, "audit") == []
    defects = found(world, "audit", deep=True)
    assert defects[0].where == "entry 1"
    assert all(one.severity == "error" for one in defects)


def test_age_is_measured_from_the_moment_asked_for(world):
    assert found(world, "age") == []  # the data set replays its own moment
    later = Utc(NOW + timedelta(days=10))
    [defect] = found(world, "age", as_of=later)
    assert defect.severity == "warning"
    assert "10 days" in defect.problem
    run(world, "UPDATE data_set SET as_of = NULL")
    assert found(world, "age") == []


def test_a_missing_library_and_font_are_named(world, monkeypatch):
    import apps.doctor

    monkeypatch.setattr(apps.doctor, "_required", lambda: ["sqlalchemy", "no-such-library"])
    monkeypatch.setattr(apps.doctor, "FONTS", (*apps.doctor.FONTS, "Comic.ttf"))
    assert sorted(one.where for one in found(world, "machine")) == ["Comic.ttf", "no-such-library"]


def test_every_declared_library_is_looked_for():
    from apps.doctor import _required

    assert {"alembic", "psycopg", "rasterio", "zxing-cpp"} <= set(_required())
    assert "pytest" not in _required()


def test_wrong_time_zone_data_are_found(world, monkeypatch):
    from zoneinfo import ZoneInfo

    from agridata.storage import _doctor

    monkeypatch.setattr(_doctor, "LOCAL_ZONE", ZoneInfo("Asia/Tokyo"))
    assert [one.severity for one in found(world, "time zone")] == ["error"]
