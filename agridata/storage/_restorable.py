"""Whether a backup that is whole can be restored here at all."""

from __future__ import annotations

from agridata.errors import InputError
from agridata.storage._archive import Archive
from agridata.storage._refusals import damaged, other_version
from agridata.storage._schema import known_revisions
from agridata.storage._snapshot import SQLITE_MEMBER, copy_member, sqlite_path
from agridata.storage._workspace import Workspace

__all__ = ["require_restorable"]


def require_restorable(
    workspace: Workspace, archive: Archive, passphrase: str | None, *, with_keys: bool
) -> None:
    """Refuse what this program, this database or this call cannot restore."""
    told = archive.manifest
    _require_shape(archive)
    target = "postgresql" if sqlite_path(workspace) is None else "sqlite"
    if told["database"]["kind"] != target:
        raise InputError(
            f"is a backup of a {told['database']['kind']} database, this workspace is on {target}",
            where=str(archive.path), field="AGRIDATA_DATABASE_URL",
            fix="restore it to the kind of database it was taken from",
            problem_vi="bản sao lưu thuộc loại cơ sở dữ liệu khác",
            fix_vi="hãy khôi phục vào đúng loại cơ sở dữ liệu đã sao lưu",
        )  # fmt: skip
    if told["schema_revision"] not in known_revisions():
        raise other_version(archive.path, f"schema {told['schema_revision']}", known_revisions()[0])
    if "keys.sealed" in archive.members and with_keys and passphrase is None:
        raise InputError(
            "the private keys in this backup are sealed; nothing was restored",
            where=str(archive.path), field="--passphrase-file",
            fix="give the passphrase, or restore with --without-keys",
            problem_vi="khoá riêng trong bản sao lưu được niêm phong; chưa khôi phục gì",
            fix_vi="hãy đưa mật khẩu, hoặc khôi phục với --without-keys",
        )  # fmt: skip


def _require_shape(archive: Archive) -> None:
    """Refuse a manifest that lacks what a restore goes by."""
    told, members = archive.manifest, archive.members
    try:
        database = told["database"]
        tables = database.get("tables", {})
        complete = (
            all(isinstance(told[name], str) for name in ("created_at", "schema_revision", "keys"))
            and isinstance(told["ledger"], dict)
            and (SQLITE_MEMBER in members or database["kind"] != "sqlite")
            and (isinstance(database.get("sequences"), dict) or database["kind"] == "sqlite")
            and all(copy_member(name) in members for name in tables)
            and all(
                isinstance(one["rows"], int) and all(isinstance(c, str) for c in one["columns"])
                for one in tables.values()
            )
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise damaged(archive.path, "its manifest is incomplete") from error
    if not complete:
        raise damaged(archive.path, "its manifest is incomplete")
