"""The file of a backup: a ZIP whose last bytes are the checksum of all the others.

::

    database/agridata.sqlite      or database/TABLE.copy, PostgreSQL's COPY text
    home/...                      scenes, labels, ledger, keys (in clear) …
    keys.sealed                   keys under a passphrase
    manifest.json                 what is here: size and SHA-256 of each of the above
    (ZIP comment)                 "agridata-backup/1 sha256=<64 hex>" of every byte before it

Any ZIP program opens it. The comment is written last, after the file was read back: a file
whose making was cut off, at whatever point, says so itself. The sums find damage; they are no
signature: who can replace the file can replace them. What protects the ledger from that is its
own audit against checkpoints kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from agridata.storage._refusals import damaged, other_version

__all__ = [
    "FORMAT",
    "TRAILER",
    "Archive",
    "ArchiveWriter",
    "Member",
    "Progress",
    "safe_name",
    "seal",
    "sum_of",
]

FORMAT = "agridata-backup/1"
_SEALED = f"{FORMAT} sha256="
_UNSEALED = f"{FORMAT} unfinished".ljust(len(_SEALED) + 64, "-").encode()
MANIFEST = "manifest.json"

TRAILER = len(_UNSEALED)
"""Bytes of the comment at the end of the file."""

CHUNK = 1 << 20
"""Bytes read, hashed and written at once."""

MAX_MANIFEST_BYTES = 256 << 20
"""A manifest needs some 150 bytes per file: this is well over a million files."""

PACKED = (".tif", ".tiff", ".pdf", ".gz", ".zip", ".parquet", ".png", ".jpg")
"""Files that are compressed already are stored as they are."""

FAST = 3
"""Level of deflate: on the sample province 6 takes twice the time and saves 4 % more."""

Progress = Callable[[int], None]
"""Called with the number of bytes that were just dealt with."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside: its size in bytes and its SHA-256 (hex)."""

    size: int
    sha256: str


class ArchiveWriter:
    """Writes members one after another and remembers their sums."""

    def __init__(self, path: Path, progress: Progress) -> None:
        self.path = path
        self.members: dict[str, Member] = {}
        self._progress = progress
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self._stream = os.fdopen(handle, "w+b")
        self._zip = zipfile.ZipFile(self._stream, "w", zipfile.ZIP_DEFLATED, compresslevel=FAST)
        self._zip.comment = _UNSEALED

    def __repr__(self) -> str:
        return f"ArchiveWriter({str(self.path)!r}, {len(self.members)} members)"

    @contextmanager
    def member(self, name: str, mode: int = 0o600) -> Iterator[Callable[[bytes], None]]:
        """Open a member and yield what writes to it."""
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        packed = name.lower().endswith(PACKED)
        info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        info.external_attr = (mode & 0o777) << 16
        digest, size = hashlib.sha256(), 0
        with self._zip.open(info, "w", force_zip64=True) as stream:

            def write(data: bytes) -> None:
                nonlocal size
                stream.write(data)
                digest.update(data)
                size += len(data)
                self._progress(len(data))

            yield write
        self.members[name] = Member(size, digest.hexdigest())

    def add(self, name: str, path: Path, mode: int = 0o600) -> None:
        """Add the bytes of a file, to be restored with `mode`."""
        with path.open("rb") as source, self.member(name, mode) as write:
            while chunk := source.read(CHUNK):
                write(chunk)

    def finish(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest and flush all to disk; the file is still unsealed."""
        listed = {name: [one.size, one.sha256] for name, one in self.members.items()}
        document = json.dumps({**manifest, "members": listed}, ensure_ascii=False, indent=0)
        self._zip.writestr(zipfile.ZipInfo(MANIFEST, (1980, 1, 1, 0, 0, 0)), document)
        self._zip.close()
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()

    def close(self) -> None:
        """Let go of the file as it is; one that was not finished is of no use."""
        with suppress(OSError, ValueError):
            self._zip.close()
        with suppress(OSError):
            self._stream.close()


def seal(path: Path, sha256: str) -> None:
    """Write the checksum of the whole into the comment: from here on the file restores."""
    with path.open("r+b") as stream:
        stream.seek(-TRAILER, os.SEEK_END)
        stream.write(_SEALED.encode() + sha256.encode())
        stream.flush()
        os.fsync(stream.fileno())


def sum_of(path: Path, progress: Progress = lambda _count: None) -> tuple[str, bytes]:
    """Return the SHA-256 of all bytes before the comment, and the comment."""
    left = path.stat().st_size - TRAILER
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while left > 0 and (chunk := stream.read(min(CHUNK, left))):
            digest.update(chunk)
            left -= len(chunk)
            progress(len(chunk))
        return digest.hexdigest(), stream.read(TRAILER + 1)


class Archive:
    """A backup file opened for reading; nothing in it is believed before it is compared."""

    def __init__(self, path: Path, file: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
        self.path = path
        self.manifest = manifest
        self._zip = file
        self.members = {
            name: Member(int(size), str(sha256))
            for name, (size, sha256) in manifest["members"].items()
        }

    def __repr__(self) -> str:
        return f"Archive({str(self.path)!r}, {len(self.members)} members)"

    @classmethod
    @contextmanager
    def open(
        cls, path: Path, *, sealed: bool = True, progress: Progress = lambda _count: None
    ) -> Iterator[Archive]:
        """Open a backup, compare the sum of the whole file, read the manifest.

        Raises
        ------
        InputError
            If the file is no backup, is damaged or cut off, or of another format version.
        """
        if sealed:
            _require_sum(path, progress)
        try:
            with zipfile.ZipFile(path) as file:
                yield cls(path, file, _manifest(path, file))
        except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
            raise damaged(path, f"is no readable ZIP: {error}") from error

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a member; at the end they are compared with the manifest.

        Raises
        ------
        InputError
            If size or checksum differ; whoever kept the bytes must throw them away.
        """
        wanted = self.members[name]
        digest, size = hashlib.sha256(), 0
        try:
            with self._zip.open(name) as stream:
                while chunk := _bounded(stream, wanted.size - size):
                    digest.update(chunk)
                    size += len(chunk)
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError) as error:
            raise damaged(self.path, f"{name}: {error}") from error
        if (size, digest.hexdigest()) != (wanted.size, wanted.sha256):
            raise damaged(self.path, f"{name} does not have the checksum of the manifest")

    def mode(self, name: str) -> int:
        """Return the mode a file had, never one that lets others write."""
        return (self._zip.getinfo(name).external_attr >> 16) & 0o755 | 0o600

    def extract(self, name: str, to: Path, progress: Progress = lambda _count: None) -> None:
        """Write a member to a new file, mode 0600, flushed to disk."""
        to.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            for chunk in self.read(name):
                stream.write(chunk)
                progress(len(chunk))
            stream.flush()
            os.fsync(stream.fileno())

    def verify(self, progress: Progress = lambda _count: None) -> None:
        """Read every member and compare its checksum.

        Raises
        ------
        InputError
            At the first that differs.
        """
        for name in self.members:
            for chunk in self.read(name):
                progress(len(chunk))


def safe_name(name: str) -> bool:
    """Tell whether a member's name stays inside the folder it is unpacked to."""
    parts = name.split("/")
    return (
        not set(name) & {"\\", "\0"}
        and name.isprintable()
        and all(part not in ("", ".", "..") for part in parts)
        and ((parts[0] in ("home", "database") and len(parts) > 1) or name == "keys.sealed")
    )


def _bounded(stream: IO[bytes], left: int) -> bytes:
    """Read on, but never more than one byte beyond what the manifest promised."""
    return stream.read(min(CHUNK, left + 1))


def _require_sum(path: Path, progress: Progress) -> None:
    try:
        found, comment = sum_of(path, progress)
    except (OSError, ValueError) as error:
        raise damaged(path, f"cannot be read: {error}") from error
    if comment == _UNSEALED:
        raise damaged(path, "its making was cut off before it was verified")
    if not comment.startswith(FORMAT.split("/", maxsplit=1)[0].encode()):
        raise damaged(path, "is not an agridata backup, or it is cut off")
    if not comment.startswith(_SEALED.encode()):
        raise damaged(path, f"is of another version than {FORMAT}")
    if comment != _SEALED.encode() + found.encode():
        raise damaged(path, "its bytes do not have the checksum at its end")


def _manifest(path: Path, file: zipfile.ZipFile) -> dict[str, Any]:
    """Return the manifest after comparing its list with what the ZIP holds."""
    names = [info.filename for info in file.infolist()]
    sizes = {info.filename: info.file_size for info in file.infolist()}
    if MANIFEST not in sizes or sizes[MANIFEST] > MAX_MANIFEST_BYTES:
        raise damaged(path, "has no manifest")
    try:
        manifest = json.loads(file.read(MANIFEST))
        version = manifest["format"]
        listed = {str(name): int(size) for name, (size, _sum) in manifest["members"].items()}
    except (ValueError, KeyError, TypeError, zlib.error, RecursionError) as error:
        raise damaged(path, "its manifest cannot be read") from error
    if version != FORMAT:
        raise other_version(path, str(version)[:40], FORMAT)
    unsafe = next((name for name in names if name != MANIFEST and not safe_name(name)), None)
    if unsafe is not None:
        raise damaged(path, f"holds {unsafe!r}, which would be unpacked outside the workspace")
    del sizes[MANIFEST]
    if len(names) != len(set(names)) or sizes != listed:
        raise damaged(path, "its manifest does not list what it holds")
    return dict(manifest)
