"""`agridata registry`: nouns, certificates and codes in, listed, ended, with their history."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agridata.errors import Finding, UsageError
from agridata.vocabulary import Utc, local_date, to_local, utc_now
from apps.cli._common import AsOf, Home, Json, created, emit, moment, opened, readable_file, tell

if TYPE_CHECKING:
    from sqlmodel import Session

    from agridata.storage import Workspace

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    help="Organisations, land, crops, animals, certificates and codes; who changed what.",
)

SHOWN = (
    "name", "number", "issuer", "crop", "species", "land_use", "role", "variety", "heads",
    "area_ha", "volume_m3", "cages", "trees", "planted_year", "area_entered", "stars",
    "standing", "tax_code", "postcode", "address", "organisation_code", "admin_unit_code",
    "valid_from", "valid_to",
)  # fmt: skip
"""Columns of a line of `list`, in this order, where they say something."""


class Kind(StrEnum):
    """What a registry file holds."""

    organisations = "organisations"
    members = "members"
    parcels = "parcels"
    plantings = "plantings"
    herds = "herds"
    ponds = "ponds"
    products = "products"
    certificates = "certificates"
    codes = "codes"


class Quantity(StrEnum):
    """What `measure` reads."""

    area = "area"
    mass = "mass"
    harvest = "yield"


Actor = Annotated[
    str | None,
    typer.Option("--actor", help="Who the audit trail names (default: cli:USER)."),
]
KindArgument = Annotated[Kind, typer.Argument(help="What to list.")]
NounArgument = Annotated[
    str, typer.Argument(metavar="NOUN", help="organisation, parcel, pond, certificate, code …")
]
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="Its code, as `list` shows it.")]


def _actor(given: str | None) -> str:
    if given:
        return given
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # a container without a name for its user
        return f"cli:uid-{os.getuid()}"


@contextmanager
def _writing(workspace: Workspace) -> Iterator[Session]:
    """Open a session that takes the write lock at once: it reads before it writes."""
    from sqlmodel import Session

    with Session(workspace.engine.execution_options(immediate=True)) as session:
        yield session


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, Excel, Parquet; GeoJSON.")],
    kind: Annotated[Kind, typer.Option("--kind", help="What the rows are.")],
    key: Annotated[
        str | None, typer.Option("--key", help="Name of the data set (default: the file's).")
    ] = None,
    title: Annotated[str | None, typer.Option("--title", help="What the source is.")] = None,
    complete: Annotated[
        bool, typer.Option("--complete", help="What the file no longer lists has ended.")
    ] = False,
    simulated: Annotated[bool, typer.Option("--simulated", help="Mark every row so.")] = False,
    actor: Actor = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Import FILE; good rows land, bad rows come back with where, field, reason and fix."""
    from agridata.observations import file_stem
    from agridata.registry import import_registry
    from agridata.storage import SourceInfo

    path = readable_file(file)
    called = title or path.name
    info = SourceInfo(
        key or file_stem(path), "registry", called, called, f"file {path.name}", "not stated",
        simulated,
    )  # fmt: skip
    with _writing(created(home)) as session:
        done = import_registry(
            session, path, kind.value, info, utc_now(), lambda: os.urandom(16),
            actor=_actor(actor), complete=complete,
        )  # fmt: skip
        session.commit()
    document = done.report.as_dict() | {"warnings": [one.as_dict() for one in done.warnings]}
    if not as_json:
        _tell_all("rejected", done.report.rejected)
        _tell_all("doubtful, kept", done.warnings)
    text = f"{done.report.imported} of {done.report.rows} rows imported"
    emit(document, as_json=as_json, text=text)
    if done.report.rows and not done.report.imported:
        raise typer.Exit(1)


def _tell_all(word: str, findings: list[Finding]) -> None:
    for one in findings:
        tell(f"{word}: {one.where} {one.field}: {one.problem} → {one.fix}")


@app.command("list")
def list_command(
    kind: KindArgument,
    everything: Annotated[
        bool, typer.Option("--all", help="Ended, expired and revoked ones too.")
    ] = False,
    as_of: AsOf = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List what holds at the moment: keys, names, extents, validity, standing."""
    from agridata.registry import described, list_nouns

    now = moment(as_of)
    day = None if everything or kind in (Kind.certificates, Kind.codes) else local_date(now)
    with opened(home).session() as session:
        rows = [
            described(one) | _standing(session, one, now)
            for one in list_nouns(session, kind.value, day)
        ]
    rows = [one for one in rows if everything or one.get("standing", "valid") == "valid"]
    document = {"as_of": now.isoformat(), "kind": kind.value, "count": len(rows), "rows": rows}
    head = f"{len(rows)} {kind.value} as of {to_local(now):%Y-%m-%d %H:%M}"
    emit(document, as_json=as_json, text="\n".join([head, *map(_line, rows)]))


def _standing(session: Session, noun: Any, now: Utc) -> dict[str, Any]:
    from agridata.registry import Certificate, standing_at

    if not isinstance(noun, Certificate):
        return {}
    held = standing_at(session, noun, now)
    return {"standing": held.standing, "since": held.since.isoformat()}


def _line(row: dict[str, Any]) -> str:
    key = str(
        row.get("code") or row.get("gtin") or row.get("subject")
        or f"{row['parcel_code']}/{row['season']}/{row['year']}"
    )  # fmt: skip
    told = [f"{name}={row[name]}" for name in SHOWN if row.get(name) not in (None, "", [])]
    simulated = "  [simulated / mô phỏng]" if row["simulated"] else ""
    return f"{key}  " + "  ".join(told) + simulated


@app.command("show")
def show_command(
    noun: NounArgument,
    key: KeyArgument,
    as_of: AsOf = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show one noun, with the certificates and codes that hold for it at the moment."""
    from agridata.registry import (
        Organisation,
        Parcel,
        Pond,
        Product,
        Subject,
        certificates_at,
        described,
        find_noun,
    )

    now = moment(as_of)
    with opened(home).session() as session:
        found = find_noun(session, noun, key)
        document = described(found) | _standing(session, found, now) | {"as_of": now.isoformat()}
        if isinstance(found, Organisation | Parcel | Product | Pond):
            document["certificates"] = [
                {"code": one.certificate.code, "standing": one.standing, "since": one.since}
                for one in certificates_at(session, Subject.of(found), now)
            ]
    emit(document, as_json=as_json)


@app.command("history")
def history_command(
    noun: NounArgument,
    key: KeyArgument,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Print every change of one noun, oldest first: when, who, what it was, what it became."""
    from agridata.registry import find_noun, history, noun_of
    from agridata.registry.changes import key_of_noun

    with opened(home).session() as session:
        found = find_noun(session, noun, key)
        records = history(session, noun_of(noun), key_of_noun(found))
        changes: list[dict[str, Any]] = [
            {"id": one.id, "at": one.at, "actor": one.actor, "action": one.action,
             "before": one.before, "after": one.after}
            for one in records
        ]  # fmt: skip
    lines = [
        f"{one['id']:>6}  {to_local(one['at']):%Y-%m-%d %H:%M:%S}  {one['action']:<6}  "
        f"{one['actor']}  {_difference(one['before'], one['after'])}"
        for one in changes
    ]
    document = {"noun": noun_of(noun), "key": key_of_noun(found), "changes": changes}
    emit(document, as_json=as_json, text="\n".join(lines) or "no recorded change")


def _difference(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    if before is None or after is None:
        return ""
    changed = [name for name in after if name != "geom" and before.get(name) != after[name]]
    told = [f"{name}: {before.get(name)!r} → {after[name]!r}" for name in changed]
    return "; ".join(told + (["geom"] if before.get("geom") != after.get("geom") else []))


@app.command("end")
def end_command(
    noun: NounArgument,
    key: KeyArgument,
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="Its last day, YYYY-MM-DD.")],
    actor: Actor = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """End the validity of a noun: nothing is deleted, its history stays."""
    from agridata.registry import described, end_validity

    try:
        day = date.fromisoformat(on)
    except ValueError as error:
        raise UsageError(
            f"{on!r} is not a day", field="--on", fix="write 2026-03-20",
            problem_vi=f"{on!r} không phải ngày", fix_vi="hãy ghi 2026-03-20",
        ) from error  # fmt: skip
    with _writing(opened(home)) as session:
        found = end_validity(session, noun, key, on=day, actor=_actor(actor), now=utc_now())
        session.commit()
        document = described(found)
    emit(document, as_json=as_json, text=f"{key}: last day {day}")


Reason = Annotated[str, typer.Option("--reason", help="Why; name no person.")]
At = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="From when on (default: now).")
]


def _change_status(
    key: str, status: str, at: str | None, reason: str, actor: str | None, home: Path | None,
    *, as_json: bool,
) -> None:  # fmt: skip
    from agridata.registry import described, set_status

    now = utc_now()
    since = moment(at) if at else now
    with _writing(opened(home)) as session:
        found = set_status(
            session, key, status, at=since, reason=reason, actor=_actor(actor), now=now
        )
        session.commit()
        document = described(found)
    text = f"{document['code']}: {status} since {to_local(since):%Y-%m-%d %H:%M}"
    emit(document, as_json=as_json, text=text)


@app.command("revoke")
def revoke_command(
    key: KeyArgument,
    reason: Reason,
    at: At = None,
    actor: Actor = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Revoke a certificate or code: from that moment it holds no more, for good."""
    _change_status(key, "revoked", at, reason, actor, home, as_json=as_json)


@app.command("suspend")
def suspend_command(
    key: KeyArgument,
    reason: Reason,
    at: At = None,
    actor: Actor = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Suspend a certificate or code until it is reinstated or revoked."""
    _change_status(key, "suspended", at, reason, actor, home, as_json=as_json)


@app.command("reinstate")
def reinstate_command(
    key: KeyArgument,
    reason: Reason,
    at: At = None,
    actor: Actor = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Let a suspended certificate or code hold again."""
    _change_status(key, "active", at, reason, actor, home, as_json=as_json)


@app.command("measure")
def measure_command(
    text: Annotated[str, typer.Argument(help="Such as '2,5 công tầm lớn' or '7,5 tạ/công'.")],
    quantity: Annotated[Quantity, typer.Option("--as", help="What is measured.")] = Quantity.area,
    asked_kg: Annotated[
        float | None, typer.Option("--kg", help="What one unit weighs here, as you were told.")
    ] = None,
    asked_m2: Annotated[
        float | None, typer.Option("--m2", help="How large one unit is here, as you were told.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Convert a quantity in local units to SI, with the factor used and where it comes from."""
    del home  # every command takes --home; this one reads no workspace
    from dataclasses import asdict

    from agridata.registry import parse_area, parse_mass, parse_yield

    if quantity is Quantity.area:
        found = parse_area(text, asked_m2=asked_m2)
    elif quantity is Quantity.mass:
        found = parse_mass(text, asked_kg=asked_kg)
    else:
        found = parse_yield(text, asked_kg=asked_kg, asked_m2=asked_m2)
    told = f"{found.value:g} {found.unit}  (1 {found.entered_unit} = {found.factor:g}; "
    emit(asdict(found), as_json=as_json, text=told + f"{found.source})")
