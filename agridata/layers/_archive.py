"""What a file really is, and whether an archive may be opened at all."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from agridata.errors import InputError
from agridata.layers._reasons import refused

__all__ = ["IMPORT_FORMATS", "refuse_before_opening"]

IMPORT_FORMATS = {
    ".csv": "CSV", ".fgb": "FlatGeobuf", ".geojson": "GeoJSON", ".geoparquet": "GeoParquet",
    ".gpkg": "GeoPackage", ".json": "GeoJSON", ".kml": "KML", ".parquet": "GeoParquet",
    ".shp": "Shapefile", ".tsv": "CSV", ".xlsx": "Excel", ".zip": "zipped Shapefile",
}  # fmt: skip
"""Suffixes that `import_layer` reads."""

MAX_FILE_BYTES = 1 << 30
"""1 GiB: a layer is read as a whole; the parcels of a province fill a few hundred MB."""

MAX_UNPACKED_BYTES = 4 << 30
"""4 GiB: a zipped Shapefile that unpacks to more is not a map but a trap."""

MAX_MEMBERS = 1_000
"""Files in one archive: a Shapefile has 4 to 8, a province by commune a few hundred."""

MAX_RATIO = 200
"""Unpacked bytes per packed byte of one file beyond 10 MiB: real shapes reach about 20."""

MAGIC = {
    b"SQLite format 3\x00": (".gpkg",),
    b"PAR1": (".parquet", ".geoparquet"),
    b"PK\x03\x04": (".zip", ".xlsx"),
    b"fgb\x03": (".fgb",),
    b"\x00\x00\x27\x0a": (".shp",),
    b"%PDF": (),
    b"\x89PNG": (),
    b"\xff\xd8\xff": (),
    b"\xd0\xcf\x11\xe0": (),
}
"""First bytes → suffixes that fit them (none: no format we read)."""

KNOWN_AS = {
    b"%PDF": "a PDF", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture",
    b"\xd0\xcf\x11\xe0": "an Excel file of before 2007 (.xls)",
}  # fmt: skip

SHAPEFILE_PARTS = (".shx", ".dbf")
"""What a .shp cannot be read without (its .prj is asked for as the CRS)."""


def refuse_before_opening(path: Path) -> None:
    """Raise `InputError` for a file that must not or cannot be opened as what it says it is."""
    if not path.is_file():
        raise InputError(
            "no such file" if not path.exists() else "is not a file",
            where=str(path), fix="check the path",
            problem_vi="không tìm thấy tệp", fix_vi="hãy kiểm tra đường dẫn",
        )  # fmt: skip
    suffix = path.suffix.lower()
    if suffix not in IMPORT_FORMATS:
        raise InputError(
            f"format {path.suffix or 'without suffix'} is not known",
            where=path.name, fix=f"use one of {', '.join(sorted(IMPORT_FORMATS))}",
            problem_vi="không nhận ra định dạng tệp",
            fix_vi=f"hãy dùng một trong: {', '.join(sorted(IMPORT_FORMATS))}",
        )  # fmt: skip
    _refuse_size(path, path.stat().st_size, MAX_FILE_BYTES)
    _refuse_other_content(path, suffix)
    if suffix in (".zip", ".xlsx"):
        _refuse_archive(path)
    if suffix == ".shp":
        _refuse_lone_shp(path)


def _refuse_size(path: Path, size: int, limit: int) -> None:
    if size > limit:
        raise InputError(
            f"has {size >> 20} MiB, the limit is {limit >> 20}", where=path.name,
            fix="split it by district or commune",
            problem_vi="tệp quá lớn", fix_vi="hãy chia theo huyện hoặc xã",
        )  # fmt: skip


def _refuse_other_content(path: Path, suffix: str) -> None:
    """Refuse a file whose first bytes are those of another format."""
    with path.open("rb") as stream:
        head = stream.read(512)
    magic = next((one for one in MAGIC if head.startswith(one)), None)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if magic is not None and suffix not in MAGIC[magic]:
        known = KNOWN_AS.get(magic) or f"a {IMPORT_FORMATS[MAGIC[magic][0]]} file"
        raise refused(path.name, "wrong_extension", f"{suffix}, but it is {known}")
    if suffix not in (".json", ".geojson") and text.startswith(b"{") and b'"type"' in text:
        raise refused(path.name, "wrong_extension", f"{suffix}, but it is a GeoJSON file")
    if suffix != ".kml" and text.startswith(b"<") and b"<kml" in text:
        raise refused(path.name, "wrong_extension", f"{suffix}, but it is a KML file")


def _refuse_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        known = IMPORT_FORMATS[path.suffix.lower()]
        raise InputError(
            f"cannot be read as {known}: {error}", where=path.name, fix="zip it again",
            problem_vi=f"không đọc được tệp dạng {known}", fix_vi="hãy nén lại",
        ) from error  # fmt: skip
    for member in members:
        _refuse_member(path, member)
    _refuse_incomplete(path, [PurePosixPath(member.filename) for member in members])
    if len(members) > MAX_MEMBERS:
        raise refused(
            path.name, "archive_bomb", f"{len(members)} files, the limit is {MAX_MEMBERS}"
        )
    whole = sum(member.file_size for member in members)
    if whole > MAX_UNPACKED_BYTES:
        said = f"{whole >> 20} MiB, the limit is {MAX_UNPACKED_BYTES >> 20}"
        raise refused(path.name, "archive_bomb", said)


def _refuse_member(path: Path, member: zipfile.ZipInfo) -> None:
    name = member.filename.replace("\\", "/")
    inside = PurePosixPath(name)
    where = f"{path.name}/{member.filename!r}"
    if inside.is_absolute() or ".." in inside.parts or ":" in name:
        raise refused(where, "unsafe_archive", "a name leads out of the folder")
    if (member.external_attr >> 16) & 0o170000 == 0o120000:
        raise refused(where, "unsafe_archive", "it holds a link")
    if member.flag_bits & 1:
        raise refused(where, "unsafe_archive", "it is locked with a password")
    if inside.suffix.lower() == ".zip":
        raise refused(where, "unsafe_archive", "it holds another archive")
    packed, whole = max(member.compress_size, 1), member.file_size
    if whole > 10 << 20 and whole / packed > MAX_RATIO:
        raise refused(where, "archive_bomb", f"{packed >> 10} KiB become {whole >> 20} MiB")


def _refuse_incomplete(path: Path, members: list[PurePosixPath]) -> None:
    there = {str(one).lower() for one in members}
    for shp in (one for one in members if one.suffix.lower() == ".shp"):
        parts = [str(shp.with_suffix(suffix)) for suffix in SHAPEFILE_PARTS]
        lacking = [part for part in parts if part.lower() not in there]
        if lacking:
            raise refused(path.name, "incomplete_shapefile", f"no {', '.join(lacking)}")


def _refuse_lone_shp(path: Path) -> None:
    beside = {one.suffix.lower() for one in path.parent.glob(f"{path.stem}.*")}
    lacking = [suffix for suffix in SHAPEFILE_PARTS if suffix not in beside]
    if lacking:
        raise refused(path.name, "incomplete_shapefile", f"no {', '.join(lacking)} beside it")
