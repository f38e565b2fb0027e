"""Rejected rows as a file that a person repairs and imports again."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agridata.errors import Finding, InputError, UsageError
from agridata.layers._read import REPAIR_PREFIX, RawFeature, RawLayer, read_layers
from agridata.layers._reasons import named
from agridata.layers._rows import identity_column

__all__ = ["REJECTED_FORMATS", "write_rejected"]

REJECTED_FORMATS = (".csv", ".geojson")
"""Suffixes that `write_rejected` writes."""

TEXT = {"reason": "reason", "problem": "problem", "fix": "fix", "problem_vi": "problem_vi",
        "fix_vi": "fix_vi"}  # fmt: skip


def write_rejected(
    path: Path, findings: Sequence[Finding], to: Path, crs: str | None = None
) -> int:
    """Write the rows of `path` that `findings` reject to `to`; return how many.

    Parameters
    ----------
    path, crs
        The file as it was imported.
    findings
        Rejections of an import report.
    to
        ``.geojson`` (shapes as they were, in the file's own reference system) or ``.csv``
        (a table keeps its columns; other shapes become EWKT in a column ``wkt``).

    Notes
    -----
    Columns ``rejected_where, rejected_reason, rejected_problem, rejected_fix …`` are added
    and are not read back. Rows without an identity of their own get `source_id`, the
    number they had, so that repaired rows do not collide with those that landed.

    Raises
    ------
    UsageError
        If the suffix is neither.
    InputError
        If the file cannot be written, or `path` cannot be read.
    """
    if to.suffix.lower() not in REJECTED_FORMATS:
        raise UsageError(
            f"cannot write {to.suffix or 'a file without suffix'}", field="--rejected-to",
            fix=f"end the name in {' or '.join(REJECTED_FORMATS)}",
            problem_vi="không ghi được định dạng này",
            fix_vi=f"tên tệp phải kết thúc bằng {' hoặc '.join(REJECTED_FORMATS)}",
        )  # fmt: skip
    reasons: dict[str, Finding] = {}
    for one in findings:
        reasons.setdefault(one.where, named(one))
    layers = read_layers(path, crs)
    rows = list(_rows(layers, reasons))
    try:
        if to.suffix.lower() == ".csv":
            _write_csv(to, layers, rows)
        else:
            _write_geojson(to, layers, rows)
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror or error}", where=str(to), field="--rejected-to",
            fix="choose a folder that exists and may be written",
            problem_vi="không ghi được tệp", fix_vi="hãy chọn thư mục có sẵn và được ghi",
        ) from error  # fmt: skip
    return len(rows)


def _rows(
    layers: Sequence[RawLayer], reasons: Mapping[str, Finding]
) -> Iterator[tuple[RawFeature, dict[str, Any], dict[str, Any]]]:
    """Yield (feature, identity if it lacks one, columns that say why) of rejected rows."""
    for layer in layers:
        landed = [one.properties for one in layer.features if one.where not in reasons]
        column = identity_column(landed or [one.properties for one in layer.features])
        for one in layer.features:
            why = reasons.get(one.where)
            if why is None:
                continue
            lacking = column is None or one.properties.get(column) in (None, "")
            own = {} if not lacking else {"source_id": str(one.number)}
            yield one, own, _columns(why)


def _columns(why: Finding) -> dict[str, Any]:
    told = {"where": why.where, "field": why.field} | {
        key: getattr(why, name, "") for key, name in TEXT.items()
    }
    return {f"{REPAIR_PREFIX}{key}": value for key, value in told.items() if value}


def _write_geojson(to: Path, layers: Sequence[RawLayer], rows: Sequence[Any]) -> None:
    document: dict[str, Any] = {"type": "FeatureCollection"}
    code = layers[0].crs.to_authority() if layers else None
    if code is not None and code != ("EPSG", "4326"):
        name = f"urn:ogc:def:crs:{code[0]}::{code[1]}"
        document["crs"] = {"type": "name", "properties": {"name": name}}
    document["features"] = [
        {
            "type": "Feature",
            "properties": _cells(one) | own | why,
            "geometry": _geometry(one),
        }
        for one, own, why in rows
    ]
    to.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")


def _cells(one: RawFeature) -> dict[str, Any]:
    """Return the attributes; a table whose position cannot be read gives its raw cells."""
    unread = one.geometry is None and isinstance(one.source, dict) and "type" not in one.source
    return dict(one.source) if unread else dict(one.properties)


def _geometry(one: RawFeature) -> Any:
    """Return the shape as the file has it, also where it is broken."""
    import shapely

    if isinstance(one.source, dict) and isinstance(one.source.get("coordinates"), list):
        return one.source
    if one.geometry is None:
        return None
    return json.loads(shapely.to_geojson(one.geometry))


def _write_csv(to: Path, layers: Sequence[RawLayer], rows: Sequence[Any]) -> None:
    head = _srid_head(layers)
    records = [_record(one, head) | own | why for one, own, why in rows]
    names = list(dict.fromkeys(key for record in records for key in record))
    with to.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)


def _srid_head(layers: Sequence[RawLayer]) -> str:
    code = layers[0].crs.to_epsg() if layers else None
    return f"SRID={code};" if code else ""


def _record(one: RawFeature, head: str) -> dict[str, Any]:
    if isinstance(one.source, dict) and "coordinates" not in one.source and one.source:
        return dict(one.source)
    shape = "" if one.geometry is None else f"{head}{one.geometry.wkt}"
    return {key: _text(value) for key, value in one.properties.items()} | {"wkt": shape}


def _text(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
