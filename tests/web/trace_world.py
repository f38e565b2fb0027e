"""One traced lot, made through the real rooms: registry, events, ledger; and lies about it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from shapely import box
from sqlmodel import Session

from agridata.places.models import AdminCrosswalk, AdminUnit
from agridata.registry.models import Organisation, Parcel, Planting, Product
from agridata.storage import DataSet, Workspace, bounds_of
from agridata.vocabulary import LOCAL_ZONE, Utc, parse_as_of, to_utc
from traceability.events import (
    AdminUnitThen,
    LotQuantity,
    harvest_event,
    location_uri,
    packing_event,
    receiving_event,
    shipping_event,
)
from traceability.identifiers import new_short_code
from traceability.labels.models import Label, LabelSheet
from traceability.ledger import Ledger
from traceability.lots import capture, sequence

AS_OF = "2026-03-20T06:00"
NOW = parse_as_of(AS_OF)
GTIN = "09521234567899"
PADDY = "09521234567882"
LOT = "DX26/A1"
HARVEST_LOT = "H-0301"
COOPERATIVE, SHOP, REGISTRAR = "htx-vi-thuy", "cua-hang-can-tho", "so-nn-mt"
GLN = {COOPERATIVE: "9521234000013", SHOP: "9521234000020", REGISTRAR: "9521234000037"}
SERIAL = "A7K2"


@dataclass(frozen=True)
class TraceWorld:
    """A workspace folder and where its lot is served."""

    home: Path
    vkey: str
    path: str = f"/01/{GTIN}/10/{LOT.replace('/', '%2F')}"
    short_code: str = new_short_code(GTIN, LOT)


def build_world(home: Path) -> TraceWorld:
    workspace = Workspace(home).create()
    ledger = Ledger.open(workspace)
    vkey = ledger.ensure_log_key("agridata.example/test", now=NOW)
    with workspace.session() as session:
        _register(session)
        session.commit()
    for code in (REGISTRAR, COOPERATIVE, SHOP):
        ledger.organisation_key(code, registrar=REGISTRAR, now=NOW)
    with ledger.session() as session:
        for organisation, event in events():
            capture(session, ledger, organisation, event, now=NOW)
        sequence(session, ledger)
        session.add(LabelSheet(
            id=1, gtin=GTIN, lot=LOT, stock="L7160", layout_version=1, printed_at=NOW,
            path="sheet.pdf", sha256="", symbols=2, decoded=2,
        ))  # fmt: skip
        session.flush()
        for slot, (serial, status) in enumerate([(SERIAL, "printed"), ("VOID1", "void")]):
            uri = f"https://trace.example/01/{GTIN}/10/D/21/{serial}"
            session.add(Label(
                sheet_id=1, slot=slot, gtin=GTIN, lot=LOT, serial=serial, uri=uri, status=status
            ))  # fmt: skip
        session.commit()
    ledger.publish(NOW)
    workspace.engine.dispose()
    return TraceWorld(home, vkey)


def _register(session: Session) -> None:
    session.add(DataSet(
        key="world", kind="registry", title_vi="Thế giới thử", title_en="Test world",
        source="tests/web/trace_world.py", licence="", simulated=True, as_of=None, loaded_at=NOW,
        sha256="", rows_in_file=0, rows_stored=0, rows_rejected=0,
    ))  # fmt: skip
    session.flush()
    here: dict[str, Any] = {"data_set_key": "world"}
    reform = date(2025, 7, 1)
    session.add(AdminUnit(
        code="31396", level=3, name="Vị Thủy", full_name="Xã Vị Thủy", search_key="vi thuy",
        valid_from=reform, **here,
    ))  # fmt: skip
    session.add(AdminUnit(
        code="31441", level=3, name="Nàng Mau", full_name="Thị trấn Nàng Mau",
        search_key="nang mau", valid_to=reform, **here,
    ))  # fmt: skip
    session.add(AdminCrosswalk(
        old_code="31441", new_code="31396", old_is_split=False, share_of_area=1.0, **here
    ))  # fmt: skip
    names = {
        COOPERATIVE: ("HTX Nông nghiệp Vị Thủy", "cooperative"),
        SHOP: ("Cửa hàng Nông sản Cần Thơ", "shop"),
        REGISTRAR: ("Sở Nông nghiệp và Môi trường", "authority"),
    }
    for code, (name, kind) in names.items():
        session.add(Organisation(
            code=code, name=name, kind=kind, gln=GLN[code], location_code=GLN[code],
            address="Ấp 4, xã Vị Thủy, thành phố Cần Thơ", admin_unit_code="31396",
            simulated=True, **here,
        ))  # fmt: skip
    session.flush()
    for gtin, name, english in (
        (GTIN, "Gạo thơm ST25 Vị Thủy <5 kg>", "Fragrant rice ST25, 5 kg"),
        (PADDY, "Lúa tươi ST25", "Fresh paddy ST25"),
    ):
        session.add(Product(
            gtin=gtin, organisation_code=COOPERATIVE, name_vi=name, name_en=english,
            brand="Vị Thủy", crop="rice", net_weight_kg=5.0, standards="TCVN 11888:2017",
            simulated=True, **here,
        ))  # fmt: skip
    field = box(105.62, 9.77, 105.63, 9.78)
    session.add(Parcel(
        code="VT-001", organisation_code=COOPERATIVE, admin_unit_code="31396", land_use="rice",
        area_ha=1.8, geom=field, geometry_schematic=True, simulated=True, **bounds_of(field),
        **here,
    ))  # fmt: skip
    session.flush()
    session.add(Planting(
        parcel_code="VT-001", crop="rice", variety="ST25", season="winter_spring", year=2026,
        sown_on=date(2025, 11, 25), expected_harvest_on=date(2026, 3, 2), simulated=True, **here,
    ))  # fmt: skip


def at(day: int, hour: int) -> Utc:
    return to_utc(datetime(2026, 3, day, hour, 30, tzinfo=LOCAL_ZONE))


def events() -> list[tuple[str, dict[str, Any]]]:
    """Harvest, packing, shipping, receiving: (organisation that signs, event)."""
    paddy = LotQuantity(PADDY, HARVEST_LOT, 11250.5)
    rice = LotQuantity(GTIN, LOT, 7300)
    farm, shop = location_uri(GLN[COOPERATIVE]), location_uri(GLN[SHOP])
    was = AdminUnitThen("31441", "Thị trấn Nàng Mau", "pre2025")
    harvest = harvest_event(
        harvested=paddy, at=at(1, 16), location=farm, parcels=["VT-001"], planted_area_ha=1.8,
        operator="A" * 43, admin_unit=was, variety="ST25", simulated=True,
    )  # fmt: skip
    packing = packing_event(
        inputs=[paddy], outputs=[rice], at=at(6, 9), location=farm,
        best_before=date(2026, 12, 31), simulated=True,
    )  # fmt: skip
    shipping = shipping_event(
        shipped=[rice], at=at(9, 5), location=farm, destination=shop, simulated=True
    )
    receiving = receiving_event(received=[rice], at=at(9, 14), location=shop, simulated=True)
    return [
        (COOPERATIVE, harvest),
        (COOPERATIVE, packing),
        (COOPERATIVE, shipping),
        (SHOP, receiving),
    ]


def damage_event(home: Path) -> None:
    """Claim more than was signed, in the event store."""
    with sqlite3.connect(home / "agridata.sqlite") as database:
        changed = database.execute(
            "UPDATE trace_event SET document = replace(document, '11250.5', '19250.5')"
            " WHERE biz_step = 'packing'"
        )
        assert changed.rowcount == 1
    database.close()


def damage_proof(home: Path) -> None:
    """Flip a bit of the first leaf hash in its tile, as somebody with the file can."""
    with sqlite3.connect(home / "agridata.sqlite") as database:
        database.execute("DROP TRIGGER log_tile_update")
        (tile,) = database.execute("SELECT data FROM log_tile WHERE id = 0").fetchone()
        lie = bytes([tile[0] ^ 1]) + tile[1:]
        database.execute("UPDATE log_tile SET data = ? WHERE id = 0", (lie,))
    database.close()


def damage_checkpoint(home: Path) -> None:
    """State another root under the same signature."""
    path = home / "ledger" / "checkpoint"
    lines = path.read_text("utf-8").split("\n")
    lines[2] = ("A" if lines[2][0] != "A" else "B") + lines[2][1:]
    path.write_text("\n".join(lines), "utf-8")


def damage_time(home: Path) -> None:
    """Show another day than the event that stays as it was signed."""
    with sqlite3.connect(home / "agridata.sqlite") as database:
        database.execute(
            "UPDATE trace_event SET event_time = datetime(event_time, '-3 days')"
            " WHERE biz_step = 'receiving'"
        )
    database.close()


def invent_event(home: Path) -> None:
    """Show an event that never went through the log, as if it stood there."""
    with sqlite3.connect(home / "agridata.sqlite") as database:
        database.row_factory = sqlite3.Row
        row = dict(database.execute("SELECT * FROM trace_event ORDER BY id DESC").fetchone())
        lots = database.execute("SELECT * FROM event_lot WHERE event_row = ?", (row["id"],))
        touched = [dict(one) for one in lots.fetchall()]
        row |= {"id": 999, "event_id": "urn:x", "cbv_hash": "x", "log_index": None}
        _insert(database, "trace_event", row)
        for one in touched:
            _insert(database, "event_lot", {**one, "id": None, "event_row": 999})
    database.close()


def _insert(database: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))


TAMPERINGS: dict[str, Callable[[Path], None]] = {
    "event": damage_event,
    "proof": damage_proof,
    "checkpoint": damage_checkpoint,
    "page": damage_time,
    "waiting": invent_event,
}
"""What the script must say → what was done to the workspace."""


def tamper(world: TraceWorld, home: Path, name: str) -> Path:
    """Return a copy of the world with one lie in it."""
    shutil.copytree(world.home, home)
    TAMPERINGS[name](home)
    return home
