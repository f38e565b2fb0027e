"""Export a layer with identity, geodesic area and attributes, in any of the usual formats."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from agridata.errors import InputError, UsageError
from agridata.layers._catalogue import LayerSource, find_layer
from agridata.layers._write import EXPORT_FORMATS, write_frame
from agridata.layers.models import LayerFeature
from agridata.places.models import AdminUnit
from agridata.storage import geodesic_area_m2

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

__all__ = ["export_layer"]

OWN_COLUMNS = ("source_id", "area_ha", "geometry", "fid", "wkt", "inner_lon", "inner_lat")
"""Columns (and GDAL's row number) that an attribute of the source must not overwrite."""

_HIDDEN = {"id", "geom", "min_lon", "min_lat", "max_lon", "max_lat", "area_ha", "search_key",
           "subject"}  # fmt: skip
"""Not exported: bookkeeping, and the pseudonym that leads to a person."""


def export_layer(session: Session, name: str, to: Path) -> int:
    """Write the layer `name` to `to` (format by suffix); return the number of features.

    Every export has `source_id` (identity in the source or registry), `area_ha` (geodesic
    hectares, null for points and lines), the attributes, and geometry in EPSG:4326. An
    attribute that would take one of these names gets the suffix ``_source``. The file
    appears whole or not at all.

    Raises
    ------
    NotFoundError
        If there is no such layer.
    InputError
        If the folder does not exist or cannot be written.
    UsageError
        If the suffix is none of `EXPORT_FORMATS`.
    """
    suffix = to.suffix.lower()
    if suffix not in EXPORT_FORMATS:
        raise UsageError(
            f"cannot write {to.suffix or 'a file without suffix'}", field="--to",
            fix=f"end the name in {', '.join(EXPORT_FORMATS)}",
            problem_vi="không ghi được định dạng này",
            fix_vi=f"tên tệp phải kết thúc bằng {', '.join(EXPORT_FORMATS)}",
        )  # fmt: skip
    layer = find_layer(session, name)
    frame = _frame(session, layer)
    try:
        with tempfile.TemporaryDirectory(dir=to.parent, prefix=".export-") as folder:
            draft = Path(folder) / to.name
            write_frame(frame, draft, suffix)
            draft.replace(to)
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror or error}", where=str(to), field="--to",
            fix="choose a folder that exists and may be written",
            problem_vi="không ghi được tệp", fix_vi="hãy chọn thư mục có sẵn và được ghi",
        ) from error  # fmt: skip
    return len(frame)


def _frame(session: Session, layer: LayerSource) -> GeoDataFrame:
    import geopandas

    query = select(layer.model).where(layer.rows).order_by(col(layer.model.id))
    rows = session.exec(query).all()
    records = [_record(row) for row in rows]
    return geopandas.GeoDataFrame(
        _unique_names(records), geometry=[row.geom for row in rows], crs="EPSG:4326"
    )


def _record(row: Any) -> dict[str, Any]:
    """Return `source_id`, `area_ha` and the attributes of one row."""
    if isinstance(row, LayerFeature):
        own = {"source_id": row.source_id, "area_ha": row.area_ha}
        values = {key: _flat(value) for key, value in row.properties.items()}
        return own | {_free(key): value for key, value in values.items()}
    own = {"source_id": row.code, "area_ha": _hectares(row)}
    columns = [key for key in type(row).model_fields if key not in _HIDDEN]
    return own | {key: _flat(getattr(row, key)) for key in columns}


def _hectares(row: Any) -> float | None:
    """Return the stored area, or for administrative units the geodesic one of the polygon."""
    if isinstance(row, AdminUnit):
        return None if row.geom is None else geodesic_area_m2(row.geom) / 10_000
    area: float | None = getattr(row, "area_ha", None)
    return area


def _free(key: str) -> str:
    return f"{key}_source" if key.casefold() in OWN_COLUMNS else key


def _flat(value: Any) -> Any:
    """Return a value that every format can hold: nested ones as JSON text, days as text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _unique_names(records: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return columns; names that differ only in case are numbered (GeoPackage folds case)."""
    names = list(dict.fromkeys(key for record in records for key in record))
    columns, seen = {}, set[str]()
    for key in names:
        shown, number = key, 2
        while shown.casefold() in seen:
            shown, number = f"{key}_{number}", number + 1
        seen.add(shown.casefold())
        columns[shown] = _one_type([record.get(key) for record in records])
    return columns


def _one_type(values: list[Any]) -> list[Any]:
    """Return `values`, as text where numbers and text are mixed (columns have one type)."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) <= 1 or kinds == {int, float}:
        return values
    return [None if value is None else str(value) for value in values]
