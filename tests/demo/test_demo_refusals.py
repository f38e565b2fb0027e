"""A broken data folder: the contract's error, and a workspace as it was."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from demo_world import AS_OF, SEED, DemoWorld, row_counts, walk
from sqlmodel import select

from agridata.errors import AgridataError
from agridata.registry.models import Parcel
from agridata.storage import Workspace
from agridata.vocabulary import parse_as_of
from apps.cli import main
from apps.demo import find_sources
from apps.demo._trade import trade
from apps.simulation import (
    SAMPLE_COMMUNES,
    SAMPLE_SEASON_YEAR,
    SAMPLE_SEED,
    schematic_communes,
    simulate_registry,
)
from traceability.lots.models import Lot

SALINITY = "salinity_vn/salinity_bihourly_2024_2026.csv.gz"
LEVEL = "salinity_vn/water_level_2024_2026.csv.gz"
PANEL = "yield_vn/mekong_rice_province_season_1995_2025.csv"
SCENE = "scenes/ndvi_20260305.tif"
FIRST = "scenes/ndvi_20251210.tif"
Damage = Callable[[Path], object]


@pytest.fixture
def folder(demo: DemoWorld, tmp_path: Path) -> Path:
    """A copy of the small samples that may be damaged."""
    return Path(shutil.copytree(demo.folder, tmp_path / "data"))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path_factory.mktemp("empty") / "home").create()
    yield workspace
    workspace.engine.dispose()


def lines(path: Path, keep: Callable[[str], bool]) -> None:
    kept = [line for line in path.read_text("utf-8").splitlines(keepends=True) if keep(line)]
    path.write_text("".join(kept), "utf-8")


def unlisted(folder: Path, *parts: str) -> None:
    """Leave sources out of the list; scenes too where a test is not about them (time)."""
    lines(folder / "SOURCES.csv", lambda line: not any(part in line for part in parts))


def append(path: Path, row: str) -> None:
    path.write_text(path.read_text("utf-8") + row, "utf-8")


def state(workspace: Workspace) -> tuple[dict[str, int], set[str]]:
    home = workspace.home
    files = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
    return row_counts(workspace), {name for name in files if ".sqlite" not in name}


BROKEN: dict[str, tuple[Damage, str]] = {
    "a listed file is missing": (lambda data: (data / SALINITY).unlink(), "SOURCES.csv"),
    "people are missing": (lambda data: (data / "registry/members.csv").unlink(), "SOURCES.csv"),
    "the list lacks columns": (
        lambda data: (data / "SOURCES.csv").write_text("file,title\nadmin/units.csv,x\n"),
        "SOURCES.csv:2",
    ),
    "the list is no text": (
        lambda data: (data / "SOURCES.csv").write_bytes(b"\xff\xfe\x00"), "SOURCES.csv",
    ),
    "the list has a short row": (
        lambda data: append(data / "SOURCES.csv", "admin/units.csv,admin\n"), "SOURCES.csv:",
    ),
    "the list has a moment that is none": (
        lambda data: append(data / "SOURCES.csv", "admin/units.csv,a,t,t,s,l,no,soon\n"), "SOURCES",
    ),
    "readings are no gzip": (lambda data: (data / LEVEL).write_bytes(b"hello"), "water_level"),
    "readings end in the middle": (
        lambda data: (data / SALINITY).write_bytes((data / SALINITY).read_bytes()[:-2000]),
        "salinity_bihourly",
    ),
    "readings have no header": (
        lambda data: (data / SALINITY).write_bytes(gzip.compress(b"nuoc_trong,0.3,simulated\n")),
        "salinity_bihourly",
    ),
    "stations are something else": (
        lambda data: (data / "salinity_vn/stations.csv").write_text("a,b\n1,2\n"), "stations.csv",
    ),
    "units are something else": (
        lambda data: (data / "admin/units.csv").write_text("a,b\n1,2\n"), "units.csv",
    ),
    "fields are no JSON": (
        lambda data: (data / "registry/parcels.geojson").write_text("{"), "parcels.geojson",
    ),
    "the panel is something else": (lambda data: (data / PANEL).write_text("a,b\n1,2\n"), "rice"),
    "the panel is empty": (lambda data: (data / PANEL).write_bytes(b""), "rice"),
    "a scene is no raster": (lambda data: (data / SCENE).write_text("no raster"), SCENE),
    "a scene is cut off": (
        lambda data: (data / FIRST).write_bytes((data / FIRST).read_bytes()[:3000]), FIRST,
    ),
    "there are no readings": (lambda data: unlisted(data, "salinity_bihourly", "scenes/"), ""),
    "there is no panel": (lambda data: unlisted(data, "yield_vn", "scenes/"), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_folder_leaves_the_workspace_as_it_was(
    folder: Path, empty: Workspace, name: str
) -> None:
    damage, where = BROKEN[name]
    damage(folder)
    before = state(empty)
    with pytest.raises(AgridataError) as caught:
        walk(empty, folder)
    assert state(empty) == before
    first = caught.value.findings[0]
    assert where in first.where
    assert first.problem
    assert first.fix
    assert first.problem_vi
    assert caught.value.exit_code == 1


def test_a_workspace_with_content_keeps_it(demo: DemoWorld, folder: Path, tmp_path: Path) -> None:
    workspace = demo.copy(tmp_path / "home")
    (folder / SCENE).write_text("no raster")
    append(folder / PANEL, "Nowhere,1999\n")
    before = state(workspace)
    with pytest.raises(AgridataError):
        walk(workspace, folder)
    assert state(workspace) == before
    assert walk(workspace, demo.folder).report["ledger"] == demo.report["ledger"]
    workspace.engine.dispose()


@pytest.mark.parametrize("what", ["missing", "empty", "unknown"])
def test_a_wrong_folder_is_refused_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    folder, home = tmp_path / "data", tmp_path / "home"
    if what != "missing":
        folder.mkdir()
    if what == "unknown":
        (folder / "notes.txt").write_text("x")
    code = main(["demo", "--data", str(folder), "--home", str(home), "--no-serve", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == 1
    assert told["ok"] is False
    assert set(told["errors"][0]) >= {"where", "field", "problem", "fix"}
    assert not home.exists()


def test_an_earlier_moment_knows_less_and_broken_rows_are_counted(
    demo: DemoWorld, folder: Path, tmp_path: Path
) -> None:
    """On 8 January one lot exists, the one whose rice cannot have been ripe."""
    packed = folder / SALINITY
    broken = b"nuoc_trong,yesterday,salty,x\n"
    packed.write_bytes(gzip.compress(gzip.decompress(packed.read_bytes()) + broken, mtime=0))
    append(folder / "registry/plantings.csv", "NO-SUCH-FIELD,rice\n")
    unlisted(folder, "scenes/")
    workspace = Workspace(tmp_path / "home").create()
    early = walk(workspace, folder, as_of=parse_as_of("2026-01-08T06:00"), seed=SEED + 1).report
    assert list(early["plausibility"].values()) == ["questionable"]
    with workspace.session() as session:
        claimed = session.exec(select(Lot.parcel_codes)).all()
        known = set(session.exec(select(Parcel.code)).all())
        assert all(set(codes.split(",")) <= known for codes in claimed), "whatever the seed"
    assert early["labels"] == {"printed": 21, "decoded": 21}
    assert set(early["as_of"].values()) == {"2026-01-08T06:00:00+07:00", "2025"}
    assert early["readings"] == demo.report["readings"]
    keys = demo.report["ledger"]["size"] - demo.report["events"]
    assert early["ledger"]["size"] == keys + early["events"]
    for key in ("salinity_bihourly_2024_2026", "registry_plantings"):
        told, whole = early["sources"][key], demo.report["sources"][key]
        assert (told["rejected"], told["stored"]) == (1, whole["stored"])
        assert told["rows"] == whole["rows"] + 1
    workspace.engine.dispose()


def test_a_season_with_nothing_ripe_is_no_crash(tmp_path: Path) -> None:
    communes = [one for one in schematic_communes() if one.code in SAMPLE_COMMUNES]
    registry = simulate_registry(communes, season_year=SAMPLE_SEASON_YEAR, seed=SAMPLE_SEED)
    workspace = Workspace(tmp_path / "home").create()
    with workspace.session() as session:
        traded = trade(
            session, workspace, registry, parse_as_of("2025-12-01"),
            seed=SAMPLE_SEED, public_url="https://id.agridata.example", tell=str,
        )  # fmt: skip
    assert (traded.printed, traded.decoded, traded.recall_drill_seconds) == (0, 0, 0.0)
    assert traded.checkpoint.size == len(registry.organisations), "their keys"
    workspace.engine.dispose()


def test_sources_are_known_by_name_where_nothing_lists_them(tmp_path: Path) -> None:
    for name in (
        "salinity_vn/salinity_bihourly_2020.csv.gz",
        "salinity_vn/other.csv",
        "salinity_vn/stations.csv",
        "raster_mekong_1km_2025/mekong_2025_02.tif",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    found = find_sources(tmp_path)
    assert {role: [one.info.key for one in files] for role, files in found.items()} == {
        "salinity_bihourly": ["salinity_bihourly_2020"],
        "stations": ["stations"],
        "scene": ["mekong_2025_02"],
    }
    assert all(not one.info.simulated for files in found.values() for one in files)
    assert AS_OF not in {one.info.as_of for files in found.values() for one in files}
