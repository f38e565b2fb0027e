"""One STAC item per scene, built with pystac; nothing is fetched."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pystac
from shapely.geometry import box, mapping

from agridata.vocabulary import Utc
from remote_sensing.scenes._errors import NoSceneTimeError
from remote_sensing.scenes._types import SceneDescription

__all__ = ["require_time", "stac_item"]

EXTENSIONS = (
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
)
COG_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"


def stac_item(
    scene: SceneDescription,
    *,
    key: str,
    href: str,
    time: Utc | None = None,
    period: str | None = None,
    cloud_share: float | None = None,
    simulated: bool | None = None,
) -> dict[str, Any]:
    """Return the STAC 1.1 item of a scene as a JSON-able dict.

    Parameters
    ----------
    scene
        From `describe_scene`.
    key
        Item id.
    href
        Where the pixels are, as written into the asset.
    time, period, simulated
        Override what the file says; None keeps it.
    cloud_share
        0–1; written as ``eo:cloud_cover`` in percent.

    Raises
    ------
    NoSceneTimeError
        If neither the file nor `time` tells when.
    """
    start = time or require_time(scene)
    properties = _projection(scene)
    properties["agridata:simulated"] = scene.simulated if simulated is None else simulated
    if cloud_share is not None:
        properties["eo:cloud_cover"] = round(100 * cloud_share, 3)
    span = scene.period if period is None else period
    if span == "P1M":
        month_end = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        properties |= {"start_datetime": _text(start), "end_datetime": _text(month_end)}
    item = pystac.Item(
        id=key, geometry=mapping(box(*scene.bbox)), bbox=list(scene.bbox), datetime=start,
        properties=properties, stac_extensions=list(EXTENSIONS),
    )  # fmt: skip
    asset = pystac.Asset(href=href, media_type=COG_TYPE, roles=["data"])
    asset.extra_fields["bands"] = [_band(band.as_dict()) for band in scene.bands]
    item.add_asset("data", asset)
    return dict(item.to_dict(include_self_link=False, transform_hrefs=False))


def require_time(scene: SceneDescription) -> Utc:
    """Return when a scene was taken.

    Raises
    ------
    NoSceneTimeError
        If neither tags nor file name tell.
    """
    if scene.time is not None:
        return scene.time
    raise NoSceneTimeError(
        "neither tags nor file name tell when the scene was taken",
        where=str(scene.path),
        field="time",
        fix="name the file with YYYYMMDD or give --time",
        problem_vi="không rõ ảnh chụp ngày nào",
        fix_vi="hãy đặt ngày YYYYMMDD trong tên tệp hoặc dùng --time",
    )


def _text(moment: Utc) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _projection(scene: SceneDescription) -> dict[str, Any]:
    named = {"proj:code": scene.crs} if scene.crs.startswith("EPSG:") else {"proj:code": None}
    return named | {
        "proj:wkt2": scene.crs_wkt,
        "proj:shape": list(scene.shape),
        "proj:transform": [*scene.transform, 0.0, 0.0, 1.0],
    }


def _band(band: dict[str, Any]) -> dict[str, Any]:
    known = {"name": band["name"], "raster:scale": band["scale"], "raster:offset": band["offset"]}
    return known | ({} if band["nodata"] is None else {"nodata": band["nodata"]})
