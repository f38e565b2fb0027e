"""Raster files become scenes: a COG in the workspace, a STAC item, a row."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from agridata.errors import InputError, NotFoundError, UsageError
from agridata.observations.models import Scene
from agridata.storage import DataSet, SourceInfo, Workspace, record_data_set, sha256_of
from agridata.vocabulary import Utc

if TYPE_CHECKING:
    from remote_sensing.scenes import CloudMask, SceneDescription

__all__ = ["add_scene", "add_scenes", "list_scenes", "scene_path", "scene_row"]

SOURCE_HASH = "agridata:source_sha256"
"""Property of the STAC item: SHA-256 of the file the scene was made from."""


def add_scene(
    session: Session,
    workspace: Workspace,
    path: Path,
    *,
    now: Utc,
    info: SourceInfo | None = None,
    key: str | None = None,
    time: Utc | None = None,
    period: str | None = None,
    simulated: bool | None = None,
    in_place: bool = False,
    cloud_mask: CloudMask = "auto",
) -> Scene:
    """Catalogue one raster: a COG in the workspace (or read in place) and its `Scene` row.

    The caller commits. Adding the same bytes under the same key again changes nothing.

    Parameters
    ----------
    path
        GeoTIFF or another single raster with CRS.
    now
        When it is loaded.
    info
        Data set the scene belongs to; several scenes may share one. None makes one per scene.
    key, time, period, simulated
        None takes the file's stem, its tags or name, and its tag ``SIMULATED``.
    in_place
        Keep no copy: the row holds the absolute path.
    cloud_mask
        ``"auto"`` masks by SCL where the raster has it, ``"scl"`` insists, ``"none"`` keeps all.

    Raises
    ------
    RasterError
        Unreadable, without CRS, rotated, without a time.
    InputError
        If another raster has the key, or a raw Sentinel-2 stack is to stay in place.
    """
    from remote_sensing.scenes import describe_scene

    scene = describe_scene(path)
    if scene.driver == "netCDF":
        raise UsageError(
            "holds several dates", where=str(path), fix="use add_scenes, which makes one per date"
        )
    name = key or path.stem
    digest = sha256_of(path)
    known = _known(session, name, digest, path)
    if known is not None:
        return known
    taken = _moment(scene, time)
    span = scene.period if period is None else period
    is_simulated = scene.simulated if simulated is None else simulated
    data_set = info or _own_data_set(name, path, is_simulated)
    if in_place:
        stored, cloudy, place = _in_place(scene), None, str(path.resolve())
    else:
        stored, cloudy = _copied(scene, workspace.scenes_dir / f"{name}.tif", cloud_mask, taken)
        place = f"{name}.tif"
    row = _row(stored, name, taken, span, place, cloudy, is_simulated, data_set.key, digest)
    _count_in_data_set(session, data_set, digest, now)
    session.add(row)
    session.flush()
    return row


def _moment(scene: SceneDescription, time: Utc | None) -> Utc:
    from remote_sensing.scenes import require_time

    return require_time(scene) if time is None else time


def _known(session: Session, key: str, digest: str, path: Path) -> Scene | None:
    """Return the scene already catalogued from these bytes under `key`."""
    found = session.exec(select(Scene).where(Scene.key == key)).first()
    if found is None or found.stac_item["properties"].get(SOURCE_HASH) == digest:
        return found
    raise InputError(
        f"another raster already has the id {key!r}",
        where=str(path),
        field="id",
        fix="give an --id-prefix, or rename the file",
        problem_vi=f"đã có ảnh khác mang mã {key!r}",
        fix_vi="hãy dùng --id-prefix hoặc đổi tên tệp",
    )


def _own_data_set(key: str, path: Path, simulated: bool) -> SourceInfo:
    return SourceInfo(
        key=f"scene_{key}", kind="scene", title_vi=f"Ảnh {key}", title_en=f"Scene {key}",
        source=path.name, licence="not stated", simulated=simulated,
    )  # fmt: skip


def _in_place(scene: SceneDescription) -> SceneDescription:
    from remote_sensing.scenes import needs_scaling

    if needs_scaling(scene):
        raise InputError(
            "raw Sentinel-2 numbers need their offset applied before use",
            where=str(scene.path),
            field="in_place",
            fix="add it without --in-place",
        )
    return scene


def _copied(
    scene: SceneDescription, target: Path, cloud_mask: CloudMask, time: Utc
) -> tuple[SceneDescription, float | None]:
    from remote_sensing.scenes import make_cog

    result = make_cog(scene.path, target, cloud_mask=cloud_mask, time=time)
    return result.description, result.cloud_share


def _row(
    scene: SceneDescription, key: str, time: Utc, period: str, place: str,
    cloud_share: float | None, simulated: bool, data_set_key: str, digest: str,
) -> Scene:  # fmt: skip
    from remote_sensing.scenes import stac_item

    item = stac_item(
        scene, key=key, href=place, time=time, period=period, cloud_share=cloud_share,
        simulated=simulated,
    )  # fmt: skip
    item["properties"][SOURCE_HASH] = digest
    return Scene(
        key=key, time=time, period=period, path=place, crs=scene.crs,
        bands=[band.as_dict() for band in scene.bands], cloud_share=cloud_share, stac_item=item,
        simulated=simulated, data_set_key=data_set_key,
    )  # fmt: skip


def _count_in_data_set(session: Session, info: SourceInfo, digest: str, now: Utc) -> None:
    """Keep one data set row for all scenes that share it: count, and a hash over their hashes."""
    items = session.exec(select(Scene.stac_item).where(Scene.data_set_key == info.key)).all()
    digests = sorted([digest, *(item["properties"][SOURCE_HASH] for item in items)])
    joined = digest if not items else hashlib.sha256("".join(digests).encode()).hexdigest()
    known = session.get(DataSet, info.key)
    as_of = info.as_of if known is None or info.as_of is not None else known.as_of
    record_data_set(session, replace(info, as_of=as_of), joined, now, rows=len(digests))


def add_scenes(
    session: Session,
    workspace: Workspace,
    paths: Sequence[Path],
    *,
    now: Utc,
    info: SourceInfo | None = None,
    id_prefix: str = "",
    time: Utc | None = None,
    simulated: bool | None = None,
    in_place: bool = False,
    cloud_mask: CloudMask = "auto",
) -> list[Scene]:
    """Catalogue rasters, NetCDF stacks as one scene per date; all of them or none.

    Raises
    ------
    RasterError, InputError
        As `add_scene`; files written by this call are removed again, and the caller's
        transaction must not be committed.
    """
    from remote_sensing.scenes import describe_scene, netcdf_to_geotiffs

    before = {path.name for path in workspace.scenes_dir.glob("*.tif")}
    added = []
    with ExitStack() as stack:
        stack.callback(_remove_unless_done, done := [], workspace.scenes_dir, before)
        for path in paths:
            files = [path]
            if describe_scene(path).driver == "netCDF":
                _require_copy(path, in_place)
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                files = netcdf_to_geotiffs(path, folder)
            added += [
                add_scene(
                    session, workspace, file, now=now, info=info, key=f"{id_prefix}{file.stem}",
                    time=time, simulated=simulated, in_place=in_place, cloud_mask=cloud_mask,
                )
                for file in files
            ]  # fmt: skip
        done.append(True)
    return added


def _require_copy(path: Path, in_place: bool) -> None:
    if in_place:
        raise UsageError(
            "a NetCDF stack cannot be read in place", where=str(path), field="--in-place",
            fix="add it without --in-place",
        )  # fmt: skip


def _remove_unless_done(done: list[bool], folder: Path, before: set[str]) -> None:
    for path in () if done else folder.glob("*.tif"):
        if path.name not in before:
            path.unlink()


def list_scenes(session: Session) -> list[Scene]:
    """Return all scenes by time."""
    return list(session.exec(select(Scene).order_by(col(Scene.time), col(Scene.key))).all())


def scene_row(scene: Scene) -> dict[str, Any]:
    """Return the contract's JSON object of a scene."""
    return {
        "id": scene.key, "datetime": scene.time.isoformat().replace("+00:00", "Z"),
        "period": scene.period, "crs": scene.crs, "cloud_share": scene.cloud_share,
        "bands": scene.bands, "simulated": scene.simulated, "path": scene.path,
    }  # fmt: skip


def scene_path(session: Session, workspace: Workspace, scene_key: str) -> Path:
    """Return where the pixels of a scene are.

    Raises
    ------
    NotFoundError
        If there is no such scene.
    """
    scene = session.exec(select(Scene).where(Scene.key == scene_key)).first()
    if scene is None:
        raise NotFoundError(
            f"no scene {scene_key!r}", field="scene", fix="see `agridata scenes list`",
            problem_vi=f"không có ảnh {scene_key!r}",
        )  # fmt: skip
    return workspace.scenes_dir / scene.path  # an absolute path stays itself
