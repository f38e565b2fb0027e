"""The catalogue as files: DCAT-AP in JSON-LD, STAC for rasters, one schema and checksum a file."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from agridata.errors import InputError
from agridata.observations.models import Scene
from agridata.opendata._tables import Distribution, distributions
from agridata.storage import DataSet
from agridata.vocabulary import Utc

__all__ = ["CATALOGUE_FILE", "Published", "write_catalogue"]

CATALOGUE_FILE = "catalogue.jsonld"

_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "agd": "https://ns.agridata.example/opendata/",
}
"""Prefixes only: nobody needs the network to read the catalogue."""

_MEDIA = {".csv": "text/csv", ".geojson": "application/geo+json"}


@dataclass(frozen=True, slots=True)
class Published:
    """What `write_catalogue` wrote: data sets described, files offered, bytes."""

    datasets: int
    files: int
    withheld: int
    size: int


def write_catalogue(
    session: Session, to: Path, *, base_url: str, publisher: str, now: Utc
) -> Published:
    """Write the whole catalogue into `to`, replacing an earlier one at once.

    Everything is written beside `to` first and moved into place when complete, so that a
    reader never meets half a catalogue.

    Parameters
    ----------
    base_url
        Web address under which the folder will be served, for download links.
    publisher
        Name of the organisation that publishes.

    Raises
    ------
    InputError
        If `to` exists and is no earlier catalogue.
    """
    if to.exists() and not (to / CATALOGUE_FILE).is_file():
        raise InputError(
            "exists and is no catalogue of ours", where=str(to), field="--to",
            fix="name a new folder", problem_vi="thư mục đã có và không phải danh mục dữ liệu mở",
            fix_vi="hãy chọn thư mục mới",
        )  # fmt: skip
    partial = to.with_name(f".{to.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    described = [_dataset(session, partial, one, base_url) for one in distributions(session)]
    _write_stac(session, partial)
    document = _catalogue(described, publisher, base_url, now)
    _write_json(partial / CATALOGUE_FILE, document)
    size = sum(file.stat().st_size for file in partial.rglob("*") if file.is_file())
    shutil.rmtree(to, ignore_errors=True)
    partial.rename(to)
    offered = sum(1 for one in described if one["dcat:distribution"])
    return Published(len(described), offered, len(described) - offered, size)


def _catalogue(
    described: list[dict[str, Any]], publisher: str, base_url: str, now: Utc
) -> dict[str, Any]:
    return {
        "@context": _CONTEXT,
        "@id": f"{base_url}/{CATALOGUE_FILE}",
        "@type": "dcat:Catalog",
        "dct:title": _both("Dữ liệu mở nông nghiệp", "Open agricultural data"),
        "dct:description": _both(
            "Số liệu, quan trắc, dự báo của tỉnh; dữ liệu mô phỏng ghi rõ.",
            "Figures, observations and forecasts of the province; simulated data say so.",
        ),
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": publisher},
        "dct:language": ["vi", "en"],
        "dct:modified": now.isoformat(),
        "dcat:dataset": described,
    }


def _both(vi: str, en: str) -> list[dict[str, str]]:
    return [{"@value": vi, "@language": "vi"}, {"@value": en, "@language": "en"}]


def _dataset(session: Session, folder: Path, one: Distribution, base_url: str) -> dict[str, Any]:
    sources = [session.get(DataSet, key) for key in one.sources]
    known = [source for source in sources if source is not None]
    described: dict[str, Any] = {
        "@id": f"{base_url}/{one.name}#dataset",
        "@type": "dcat:Dataset",
        "dct:identifier": one.name,
        "dct:title": _both(one.title_vi, one.title_en),
        "dct:description": _both(_about(one, "vi"), _about(one, "en")),
        "dct:license": one.licence,
        "dct:source": sorted({source.source for source in known}),
        "agd:simulated": one.simulated,
        "dcat:distribution": [],
    }
    if known:
        described["dct:modified"] = max(source.loaded_at for source in known).isoformat()
    if one.rows is None:
        described["dct:accessRights"] = one.reason
        return described
    rows = _write_rows(folder / one.name, one)
    _write_json(folder / f"{one.name}.schema.json", _schema(one))
    described["dcat:distribution"] = [_distribution(folder / one.name, one, rows, base_url)]
    return described


def _about(one: Distribution, lang: str) -> str:
    simulated = (
        {"vi": "Dữ liệu mô phỏng. ", "en": "Simulated data. "}[lang] if one.simulated else ""
    )
    columns = ", ".join(column.name for column in one.columns)
    return f"{simulated}{'Các cột' if lang == 'vi' else 'Columns'}: {columns}."


def _distribution(path: Path, one: Distribution, rows: int, base_url: str) -> dict[str, Any]:
    return {
        "@type": "dcat:Distribution",
        "dcat:accessURL": f"{base_url}/{one.name}",
        "dcat:downloadURL": f"{base_url}/{one.name}",
        "dcat:mediaType": _MEDIA[path.suffix],
        "dcat:byteSize": path.stat().st_size,
        "dct:license": one.licence,
        "dct:conformsTo": f"{base_url}/{one.name}.schema.json",
        "agd:rows": rows,
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": "spdx:checksumAlgorithm_sha256",
            "spdx:checksumValue": hashlib.sha256(path.read_bytes()).hexdigest(),
        },
    }


def _schema(one: Distribution) -> dict[str, Any]:
    return {"fields": [asdict(column) for column in one.columns], "missingValues": [""]}


def _write_rows(path: Path, one: Distribution) -> int:
    assert one.rows is not None
    if path.suffix == ".geojson":
        return _write_geojson(path, one, one.rows())
    count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([column.name for column in one.columns])
        for row in one.rows():
            writer.writerow([_cell(value) for value in row])
            count += 1
        _flush(stream)
    return count


def _write_geojson(path: Path, one: Distribution, rows: Iterator[Any]) -> int:
    names = [column.name for column in one.columns[:-1]]
    features = [
        {
            "type": "Feature",
            "id": row[0],
            "properties": {
                name: _cell(value) if isinstance(value, date) else value
                for name, value in zip(names, row, strict=False)
            },
            "geometry": row[-1],
        }
        for row in rows
    ]
    _write_json(path, {"type": "FeatureCollection", "features": features})
    return len(features)


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def _write_stac(session: Session, folder: Path) -> None:
    """Write a static STAC catalogue with one item a scene."""
    scenes = session.exec(select(Scene).order_by(col(Scene.time), col(Scene.key))).all()
    if not scenes:
        return
    stac = folder / "stac"
    stac.mkdir()
    links = [{"rel": "root", "href": "./catalog.json", "type": "application/json"}]
    for scene in scenes:
        name = f"{scene.key}.json"
        item = {**scene.stac_item, "links": [{"rel": "root", "href": "./catalog.json"}]}
        _write_json(stac / name, item)
        links.append({"rel": "item", "href": f"./{name}", "type": "application/geo+json"})
    _write_json(
        stac / "catalog.json",
        {
            "type": "Catalog",
            "stac_version": "1.1.0",
            "id": "scenes",
            "title": "Ảnh / Scenes",
            "description": "Scenes of the workspace",
            "links": links,
        },
    )


def _write_json(path: Path, document: Any) -> None:
    with path.open("w", encoding="utf-8") as stream:
        json.dump(document, stream, ensure_ascii=False, default=str)
        _flush(stream)


def _flush(stream: Any) -> None:
    stream.flush()
    os.fsync(stream.fileno())
