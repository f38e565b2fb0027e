"""A small workspace that has one of everything a backup must carry, and a writer to disturb it."""

from __future__ import annotations

import hashlib
import itertools
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from agridata.observations.models import Reading, Scene, Station
from agridata.registry.models import Organisation, Product
from agridata.storage import DataSet, Workspace, bounds_of
from agridata.vocabulary import Utc, parse_as_of
from traceability.events import LotQuantity, harvest_event, location_uri
from traceability.labels.models import LabelSheet
from traceability.ledger import Ledger
from traceability.lots import capture, sequence

NOW = parse_as_of("2026-03-20T06:00")
LATER = Utc(NOW + timedelta(hours=1))
FARM, CHIEF, GTIN, GLN = "htx-sao-luu", "tinh-sao-luu", "09521234567882", "9521234000013"
TIFF = b"II*\0" + bytes(2_000)
PDF = b"%PDF-1.4 a sheet that was decoded"
WRITER = Path(__file__).with_name("backup_writer.py")


def make_world(workspace: Workspace) -> Ledger:
    """Fill a migrated workspace: a station, a scene, a sheet, keys, a log with one event."""
    ledger = Ledger.open(workspace)
    ledger.ensure_log_key("agridata.example/backup", now=NOW)
    with workspace.session() as session:
        session.add(_data_set())
        session.flush()
        for code in (FARM, CHIEF):
            session.add(Organisation(
                code=code, name=f"Tổ chức {code}", kind="cooperative", gln=GLN,
                location_code=GLN, simulated=True, data_set_key="tests",
            ))  # fmt: skip
        session.flush()
        session.add(Product(
            gtin=GTIN, organisation_code=FARM, name_vi="Lúa thử", name_en="Test paddy",
            crop="rice", simulated=True, data_set_key="tests",
        ))  # fmt: skip
        _add_station(session)
        _add_scene(session, workspace)
        session.flush()
        _add_sheet(session, workspace)
        session.commit()
    ledger.organisation_key(FARM, registrar=CHIEF, now=NOW)
    grow(workspace, 1)
    return ledger


def _data_set() -> DataSet:
    return DataSet(
        key="tests", kind="registry", title_vi="Thử", title_en="Test", source="tests", licence="",
        simulated=True, as_of=NOW, loaded_at=NOW, sha256="", rows_in_file=0, rows_stored=0,
        rows_rejected=0,
    )  # fmt: skip


def _add_station(session: Session) -> None:
    from shapely.geometry import Point

    where = Point(105.5, 9.8)
    session.add(Station(
        id=1, key="tram-1", name="Trạm 1", geom=where, simulated=True, data_set_key="tests",
        **bounds_of(where),
    ))  # fmt: skip
    session.flush()
    session.add(reading(0))


def reading(number: int) -> Reading:
    """Return the n-th reading, a second after the one before."""
    return Reading(
        station_id=1, variable="water_salinity", statistic="point",
        time=NOW - timedelta(seconds=number), value=1.25, unit="g/L", raw_value=1.25,
        raw_unit="g/L", data_set_key="tests",
    )  # fmt: skip


def _add_scene(session: Session, workspace: Workspace) -> None:
    (workspace.scenes_dir / "ndvi.tif").write_bytes(TIFF)
    session.add(Scene(
        key="ndvi", time=NOW, path="ndvi.tif", crs="EPSG:32648", bands=[], simulated=True,
        data_set_key="tests",
    ))  # fmt: skip


def _add_sheet(session: Session, workspace: Workspace) -> None:
    path = workspace.labels_dir / "tờ nhãn-1.pdf"
    path.write_bytes(PDF)
    session.add(LabelSheet(
        gtin=GTIN, lot="L1", stock="L7160", layout_version=1, printed_at=NOW, path=str(path),
        sha256=hashlib.sha256(PDF).hexdigest(), symbols=1, decoded=1,
    ))  # fmt: skip


def grow(workspace: Workspace, count: int, *, publish: bool = True, start: int = 0) -> list[str]:
    """Capture, sequence and (if asked) publish `count` harvest events; return their ids."""
    ledger = Ledger.open(workspace)
    ids = []
    for number in range(start, start + count):
        with ledger.session() as session:
            ids.append(capture(session, ledger, FARM, harvest(number), now=NOW).event_id)
            session.commit()
    with workspace.session() as session:
        sequence(session, ledger)
    if publish:
        ledger.publish(NOW)
    return ids


def harvest(number: int) -> dict[str, Any]:
    return harvest_event(
        harvested=LotQuantity(GTIN, f"L{number + 1}", 1000.0),
        at=NOW - timedelta(days=30, seconds=number), location=location_uri(GLN), parcels=["P-1"],
        operator="A" * 43, simulated=True,
    )  # fmt: skip


def write_for_ever(workspace: Workspace, tell: Any) -> None:
    """Readings and events without end; each acknowledged event's id is told."""
    ledger = Ledger.open(workspace)
    for number in itertools.count(1):
        with ledger.session() as session:
            session.add_all(reading(200 * number + one) for one in range(200))
            event = capture(session, ledger, FARM, harvest(number), now=NOW)
            event_id = event.event_id
            session.commit()
        tell(event_id)
        if number % 3 == 0:
            with workspace.session() as session:
                sequence(session, ledger)
        if number % 6 == 0:
            ledger.publish(NOW)


@contextmanager
def write_load(workspace: Workspace, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `write_for_ever` in a process of its own, acknowledged events go to `log`."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, WRITER, workspace.home, workspace.url], stdout=out
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def tree(folder: Path) -> dict[str, bytes]:
    """Return name → content of every file below a folder, locks and the database left out."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith((".lock", ".sqlite", "-shm", "-wal"))
    }
