"""`agridata backup`, `restore`, `doctor` as people and scripts call them."""

from __future__ import annotations

import json
import time

import pytest
from backup_worlds import NOW, grow
from demo_world import demo  # noqa: F401  a fixture

from agridata.storage import Workspace
from apps.cli import main

DEMO_SECONDS = 10.0
"""The demo-size backup must be quicker than this."""


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(one) for one in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_walk_backup_restore_doctor(world, tmp_path, capsys):
    world.engine.dispose()
    file, home = tmp_path / "b.zip", tmp_path / "restored"
    code, out, err = run(capsys, "backup", file, "--home", world.home, "--json")
    told = json.loads(out)
    assert code == 0
    assert told["verified"] is True
    assert told["ledger"]["size"] == 3
    assert "in clear" in err
    assert "không mã hoá" in err
    code, out, _ = run(capsys, "restore", file, "--home", home, "--json")
    assert code == 0
    assert json.loads(out)["ok"] is True
    code, out, _ = run(capsys, "doctor", "--home", home, "--json")
    assert code == 0
    assert json.loads(out)["findings"] == []
    code, out, _ = run(capsys, "ledger", "audit", "--home", home, "--json")
    assert code == 0


def test_people_read_vietnamese_first(world, tmp_path, capsys):
    world.engine.dispose()
    (world.keys_dir / "log.key").chmod(0o644)
    code, out, _ = run(capsys, "doctor", "--home", world.home)
    assert code == 1
    lines = out.splitlines()
    assert lines[0].startswith("LỖI / ERROR · keys · ")
    assert lines[1].strip().startswith("người khác")
    assert lines[2].strip().startswith("others")
    assert "chmod 600" in lines[3]
    assert "needs mending" in lines[-1]


def test_sealed_keys_by_a_passphrase_file(world, tmp_path, capsys):
    world.engine.dispose()
    (tmp_path / "phrase").write_text("correct horse battery staple\nsecond line\n")
    file = tmp_path / "b.zip"
    code, _, err = run(
        capsys, "backup", file, "--home", world.home, "--passphrase-file", tmp_path / "phrase"
    )
    assert code == 0
    assert "in clear" not in err
    code, out, _ = run(capsys, "restore", file, "--home", tmp_path / "r", "--json")
    assert code == 1
    assert json.loads(out)["errors"][0]["field"] == "--passphrase-file"
    code, _, _ = run(
        capsys, "restore", file, "--home", tmp_path / "r", "--passphrase-file", tmp_path / "phrase"
    )
    assert code == 0
    code, out, _ = run(
        capsys, "backup", file, "--home", world.home, "--without-keys", "--json",
        "--passphrase-file", tmp_path / "phrase",
    )  # fmt: skip
    assert code == 2


def test_an_older_backup_says_read_only_and_exits_1(world, tmp_path, capsys):
    world.engine.dispose()
    file = tmp_path / "b.zip"
    assert run(capsys, "backup", file, "--home", world.home)[0] == 0
    grow(world, 1, start=5)
    world.engine.dispose()
    code, out, _ = run(capsys, "restore", file, "--home", world.home, "--json")
    assert code == 1
    assert "already" in json.loads(out)["errors"][0]["problem"]
    code, out, err = run(capsys, "restore", file, "--home", world.home, "--force", "--json")
    told = json.loads(out)
    assert code == 1
    assert told["restored"] is True
    assert told["ledger"]["read_only"] is True
    assert "chỉ đọc" in err
    assert "read-only" in err
    code, out, _ = run(capsys, "doctor", "--home", world.home, "--json")
    assert code == 1
    assert json.loads(out)["findings"][0]["what"] == "ledger"


def test_a_checkpoint_from_elsewhere_is_an_option(world, tmp_path, capsys):
    world.engine.dispose()
    file, note = tmp_path / "b.zip", tmp_path / "checkpoint"
    assert run(capsys, "backup", file, "--home", world.home)[0] == 0
    grow(world, 1, start=5)
    world.engine.dispose()
    note.write_bytes((world.ledger_dir / "checkpoint").read_bytes())
    code, out, _ = run(
        capsys, "restore", file, "--home", tmp_path / "r", "--checkpoint", note, "--json"
    )
    assert code == 1
    assert json.loads(out)["ledger"]["read_only"] is True


def test_refusals_are_documents(tmp_path, capsys):
    code, out, _ = run(capsys, "backup", tmp_path / "b.zip", "--home", tmp_path / "none", "--json")
    assert code == 1
    assert json.loads(out)["ok"] is False
    (tmp_path / "junk.zip").write_bytes(b"PK junk")
    code, out, _ = run(capsys, "restore", tmp_path / "junk.zip", "--home", tmp_path / "r", "--json")
    assert code == 1
    assert set(json.loads(out)["errors"][0]) >= {"where", "field", "problem", "fix"}
    code, out, _ = run(capsys, "restore", tmp_path / "no.zip", "--home", tmp_path / "r", "--json")
    assert code == 1
    assert not (tmp_path / "r").exists()
    assert run(capsys, "doctor", "--home", tmp_path / "none", "--json")[0] == 1


def test_the_demo_is_backed_up_in_seconds(demo, tmp_path, capsys):  # noqa: F811  the fixture
    home = demo.copy(tmp_path / "demo").home
    start = time.perf_counter()
    code, out, _ = run(capsys, "backup", tmp_path / "b.zip", "--home", home, "--json")
    assert code == 0
    assert time.perf_counter() - start < DEMO_SECONDS
    assert json.loads(out)["members"] > 20
    code, out, _ = run(capsys, "restore", tmp_path / "b.zip", "--home", tmp_path / "r", "--json")
    told = json.loads(out)
    assert code == 0, told["doctor"]["findings"]
    assert [one for one in told["doctor"]["findings"] if one["severity"] != "note"] == []
    workspace = Workspace(tmp_path / "r")
    with workspace.engine.connect() as connection:
        readings = connection.exec_driver_sql("SELECT count(*) FROM reading").scalar()
    workspace.engine.dispose()
    assert readings == demo.report["readings"]


def test_now_is_printed_in_the_document(world, tmp_path, capsys):
    world.engine.dispose()
    _, out, _ = run(capsys, "backup", tmp_path / "b.zip", "--home", world.home, "--json")
    assert json.loads(out)["created_at"] > NOW.isoformat()
