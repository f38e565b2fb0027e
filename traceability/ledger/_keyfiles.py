"""Private keys as files of the workspace, readable by their owner only (mode 0600).

They are not encrypted yet: whoever reads the folder can sign. Encryption at rest belongs
to the same room and comes with key rotation.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from traceability.errors import LedgerError
from traceability.ledger._durable import write_durably
from traceability.ledger._note import NoteSigner

__all__ = [
    "create_key",
    "load_key",
    "log_key_path",
    "organisation_key_name",
    "organisation_key_path",
]

KEY_MODE = 0o600


def log_key_path(folder: Path) -> Path:
    """Return the file of the log's own key."""
    return folder / "log.key"


def organisation_key_path(folder: Path, code: str) -> Path:
    """Return the file of an organisation's key."""
    return folder / f"organisation-{quote(code, safe='')}.key"


def organisation_key_name(origin: str, code: str) -> str:
    """Return the name under which an organisation's key is shown: ``<origin>/<code>``."""
    return f"{origin}/{quote(code, safe='')}"


def load_key(path: Path) -> NoteSigner | None:
    """Return the key in `path`, None if there is no such file.

    Raises
    ------
    CheckpointError
        If the file is damaged.
    LedgerError
        If it cannot be read.
    """
    try:
        return NoteSigner.parse(path.read_text("utf-8").strip())
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(
            f"the key file cannot be read: {error}",
            where=str(path),
            fix="restore the key from its backup",
            problem_vi="không đọc được tệp khoá",
            fix_vi="hãy khôi phục khoá từ bản sao lưu",
        ) from error


def create_key(path: Path, name: str) -> NoteSigner:
    """Write a fresh key to `path`, mode 0600, flushed to disk."""
    signer = NoteSigner.generate(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_durably(path, f"{signer.secret()}\n".encode(), mode=KEY_MODE)
    return signer
