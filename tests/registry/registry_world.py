"""A few nouns to change: one organisation, two parcels, a product, a pond; a clock."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from shapely import box
from sqlmodel import Session

from agridata.registry import (
    Certificate,
    Member,
    Organisation,
    Parcel,
    Pond,
    Product,
    import_registry,
)
from agridata.registry._states import NOUN_KEYS, key_of, state_of
from agridata.registry.models import Herd, PersonalValue, Planting
from agridata.storage import DataSet, SourceInfo, bounds_of
from agridata.vocabulary import LOCAL_ZONE, Utc, to_utc

MODELS: tuple[type[Any], ...] = (
    Organisation, Member, PersonalValue, Parcel, Planting, Herd, Pond, Product, Certificate,
)  # fmt: skip
GTIN = "09521101001006"
HEADER = (
    "kind,number,issuer,organisation_code,parcel_codes,product_gtin,pond_code,market,"
    "valid_from,valid_to,status,status_changed_at,reason,stars,decision_number,"
    "document_sha256,verified_by"
)


def at(text: str) -> Utc:
    """Return a moment on the clock of the province."""
    return to_utc(datetime.fromisoformat(text).replace(tzinfo=LOCAL_ZONE))


NOW = at("2026-03-20T06:00")
ORIGIN = {"simulated": True, "data_set_key": "world"}


def add_data_set(session: Session) -> None:
    session.add(
        DataSet(
            key="world",
            kind="registry",
            title_vi="",
            title_en="",
            source="",
            licence="",
            simulated=True,
            loaded_at=NOW,
            sha256="",
            rows_in_file=0,
            rows_stored=0,
            rows_rejected=0,
        )
    )
    session.flush()


def organisation(code: str = "coop", name: str = "HTX Mẫu") -> Organisation:
    return Organisation(code=code, name=name, kind="cooperative", location_code="L1", **ORIGIN)


def parcel(code: str, owner: str | None = "coop") -> Parcel:
    shape = box(105.5, 9.7, 105.501, 9.701)
    return Parcel(
        code=code, organisation_code=owner, land_use="rice", area_ha=1.2, geom=shape,
        **bounds_of(shape), **ORIGIN,
    )  # fmt: skip


def populate(session: Session) -> None:
    """Add the world to an empty database; nothing is committed."""
    add_data_set(session)
    session.add_all([organisation(), organisation("other", "HTX Khác")])
    session.flush()
    session.add_all([parcel("P1"), parcel("P2"), parcel("P3", "other")])
    session.add(
        Product(gtin=GTIN, organisation_code="coop", name_vi="Lúa", name_en="", crop="rice",
                **ORIGIN)
    )  # fmt: skip
    session.add(
        Pond(code="A1", organisation_code="coop", species="pangasius", area_ha=0.5, **ORIGIN)
    )
    session.flush()


def states(session: Session) -> dict[tuple[str, str], dict[str, Any]]:
    """Return every noun as the database has it, keyed as the audit trail keys it."""
    from sqlmodel import select

    session.expire_all()
    found = {}
    for model in MODELS:
        noun = str(model.__tablename__)
        assert noun in NOUN_KEYS
        for row in session.exec(select(model)).all():
            state = state_of(row)
            found[noun, key_of(noun, state)] = state
    return found


def certificate_line(**cells: object) -> str:
    """Return a row of certificates.csv: VietGAP of the cooperative, but for `cells`."""
    given = {
        "kind": "vietgap", "number": "VG-1", "issuer": "Trung tâm Mẫu", "valid_from": "2025-01-01",
        "valid_to": "2026-12-31", "organisation_code": "coop",
    } | cells  # fmt: skip
    return ",".join(str(given.get(name, "")) for name in HEADER.split(","))


def take(session: Session, folder: Path, kind: str, text: str, **options: Any) -> Any:
    """Import `text` as a file of `kind` and return the outcome."""
    suffix = "geojson" if kind == "parcels" else "csv"
    path = folder / f"{kind}.{suffix}"
    path.write_text(text, encoding="utf-8")
    info = SourceInfo(options.pop("key", kind), "registry", "", "", "test", "", simulated=False)
    options = {"actor": "tester", "now": NOW, "salt_source": lambda: bytes(16)} | options
    return import_registry(session, path, kind, info, **options)


def take_certificates(session: Session, folder: Path, *lines: str, **options: Any) -> Any:
    """Import certificates or codes."""
    kind = options.pop("kind", "certificates")
    return take(session, folder, kind, "\n".join([HEADER, *lines]) + "\n", **options)


DAY = date(2026, 3, 20)
