"""What officers do to registry nouns: find one, end it, suspend or revoke a certificate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, or_, select

from agridata.errors import InputError, NotFoundError, UsageError
from agridata.observations import Row, RowRejectedError
from agridata.registry._certificates import STATUSES, certificate_from_row
from agridata.registry._code_rules import CERTIFICATE_KINDS, CODE_KINDS
from agridata.registry._known import Known
from agridata.registry._states import NOUN_KEYS, state_of
from agridata.registry.changes import recording
from agridata.registry.models import (
    Certificate,
    Herd,
    Member,
    Organisation,
    Parcel,
    Planting,
    Pond,
    Product,
)
from agridata.vocabulary import Utc

__all__ = [
    "NOUNS",
    "add_certificate",
    "described",
    "end_validity",
    "find_noun",
    "holds_on",
    "list_nouns",
    "noun_of",
    "set_status",
]

NOUNS: Mapping[str, type[SQLModel]] = {
    str(model.__tablename__): model
    for model in (Organisation, Member, Parcel, Planting, Herd, Pond, Product, Certificate)
}
"""Nouns with a validity, by table name."""


def holds_on(model: type[Any], day: date) -> sa.ColumnElement[bool]:
    """Return a filter for nouns whose validity includes `day` (its last day does too)."""
    return sa.and_(
        or_(col(model.valid_from).is_(None), col(model.valid_from) <= day),
        or_(col(model.valid_to).is_(None), col(model.valid_to) >= day),
    )


def find_noun(session: Session, noun: str, key: str) -> Any:
    """Return one noun by its business key; a certificate also by its number alone.

    `noun` may be the table name or the word people use for many (``parcels``, ``codes``).

    Raises
    ------
    UsageError
        If there is no such kind of noun.
    NotFoundError
        If none has the key.
    InputError
        If several certificates have the number.
    """
    noun = noun_of(noun)
    model = _model(noun)
    columns = NOUN_KEYS[noun]
    parts = key.rsplit("/", len(columns) - 1)
    found: list[Any] = []
    if len(parts) == len(columns):
        found = _where(session, model, dict(zip(columns, parts, strict=True)))
    if not found and model is Certificate:
        found = _where(session, model, {"number": key})
    if not found:
        raise NotFoundError(
            f"no {noun} {key!r}", where=key, field="KEY",
            fix=f"see `agridata registry list {noun}`",
            problem_vi=f"không có {key!r}", fix_vi="hãy xem danh sách",
        )  # fmt: skip
    if len(found) > 1:
        raise InputError(
            f"{len(found)} certificates have the number {key!r}", field="KEY",
            fix="give the whole key: " + ", ".join(one.code for one in found),
            problem_vi=f"có {len(found)} giấy cùng số {key!r}", fix_vi="hãy ghi mã đầy đủ",
        )  # fmt: skip
    return found[0]


def list_nouns(session: Session, kind: str, day: date | None = None) -> list[Any]:
    """Return the nouns of one of `KINDS` (or of a table name), by key.

    Parameters
    ----------
    day
        Only those whose validity includes it; None lists ended ones too. For certificates
        that speaks of their dates alone: see `certificates_at` for suspension and revocation.

    Raises
    ------
    UsageError
        If the kind is unknown.
    """
    model: Any = _model(noun_of(kind))
    query = select(model).order_by(*(getattr(model, name) for name in NOUN_KEYS[noun_of(kind)]))
    groups = {"certificates": CERTIFICATE_KINDS, "codes": CODE_KINDS}
    if kind in groups:
        query = query.where(col(model.kind).in_(groups[kind]))
    if day is not None:
        query = query.where(holds_on(model, day))
    return list(session.exec(query).all())


def noun_of(kind: str) -> str:
    """Return the table name behind a word such as ``parcels``, ``parcel`` or ``codes``."""
    return "certificate" if kind in ("code", "codes") else kind.removesuffix("s")


def described(noun: SQLModel) -> dict[str, Any]:
    """Return a noun as JSON values, without its outline; nothing personal is in it."""
    return {name: value for name, value in state_of(noun).items() if name != "geom"}


def _model(noun: str) -> type[SQLModel]:
    if noun in NOUNS:
        return NOUNS[noun]
    raise UsageError(
        f"{noun!r} is not a noun of the registry", field="NOUN",
        fix=f"use one of {', '.join(NOUNS)}",
        problem_vi=f"không có loại {noun!r}", fix_vi=f"hãy dùng một trong {', '.join(NOUNS)}",
    )  # fmt: skip


def _where(session: Session, model: type[SQLModel], values: Mapping[str, str]) -> list[Any]:
    columns = SQLModel.metadata.tables[str(model.__tablename__)].c
    query = select(model)
    for name, value in values.items():  # a year is compared as text: "P1/main_season/x" is none
        query = query.where(sa.cast(columns[name], sa.String) == value)
    return list(session.exec(query).all())


def end_validity(session: Session, noun: str, key: str, *, on: date, actor: str, now: Utc) -> Any:
    """Let a noun hold until `on`, its last day, and no longer; the caller commits.

    Nothing is deleted: what refers to it keeps referring, its history stays.

    Raises
    ------
    NotFoundError, UsageError
        As `find_noun`.
    InputError
        If it begins after `on`, or already ended before.
    """
    found = find_noun(session, noun, key)
    if found.valid_from is not None and on < found.valid_from:
        raise InputError(
            f"it only begins on {found.valid_from}", where=key, field="--on",
            fix="give a later day, or correct its first day",
            problem_vi=f"đến {found.valid_from} mới bắt đầu", fix_vi="hãy chọn ngày muộn hơn",
        )  # fmt: skip
    if found.valid_to is not None and found.valid_to < on:
        raise InputError(
            f"it already ended on {found.valid_to}", where=key, field="--on",
            fix="an end is only moved forward in time; import it again to extend it",
            problem_vi=f"đã kết thúc ngày {found.valid_to}", fix_vi="muốn gia hạn hãy nhập lại",
        )  # fmt: skip
    with recording(session, actor=actor, now=now):
        found.valid_to = on
        session.add(found)
    return found


def set_status(
    session: Session,
    key: str,
    status: str,
    *,
    at: Utc,
    reason: str,
    actor: str,
    now: Utc,
) -> Certificate:
    """Suspend, revoke or reinstate a certificate or code from `at` on; the caller commits.

    Raises
    ------
    NotFoundError
        If there is none.
    UsageError
        If the status is unknown.
    InputError
        If it was revoked (that is final), no reason is given, `at` is in the future, or a
        later change of status is already on record.
    """
    if status not in STATUSES:
        raise UsageError(f"{status!r} is not a status", fix=f"use one of {', '.join(STATUSES)}")
    found: Certificate = find_noun(session, "certificate", key)
    problem = _status_problem(found, status, at, reason, now)
    if problem is not None:
        english, fix, vietnamese = problem
        raise InputError(english, where=found.code, field="status", fix=fix, problem_vi=vietnamese)
    with recording(session, actor=actor, now=now):
        found.status, found.status_changed_at, found.reason = status, at, reason.strip()
        session.add(found)
    return found


def _status_problem(
    found: Certificate, status: str, at: Utc, reason: str, now: Utc
) -> tuple[str, str, str] | None:
    """Return what forbids the change: problem, fix, problem in Vietnamese."""
    if found.status == status:
        return f"it is already {status}", "nothing is to do", "đã ở trạng thái này"
    if found.status == "revoked":
        return ("it was revoked, which is final", "import the newly issued one",
                "đã bị thu hồi, không thể phục hồi")  # fmt: skip
    if not reason.strip():
        return "no reason is given", "say why, naming no person", "thiếu lý do"
    if at > now:
        return "the moment lies in the future", "record it when it happens", "thời điểm chưa tới"
    if at < found.status_changed_at:
        return (f"its status changed later, at {found.status_changed_at.isoformat()}",
                "give a later moment", "đã có thay đổi trạng thái muộn hơn")  # fmt: skip
    return None


def add_certificate(
    session: Session, cells: Mapping[str, str], *, actor: str, now: Utc
) -> Certificate:
    """Add one certificate or code as typed into a form; the caller commits.

    Parameters
    ----------
    cells
        The columns of certificates.csv and codes.csv, as text.

    Raises
    ------
    InputError
        If a rule that is law is broken, or it is already there.
    """
    row = Row("form", dict(cells))
    try:
        made = certificate_from_row(row, Known.of(session), (*CERTIFICATE_KINDS, *CODE_KINDS))
    except RowRejectedError as error:
        raise InputError.of([error.finding]) from error
    if _where(session, Certificate, {"code": made.code}):
        raise InputError(
            f"{made.code} is already there", field="number", fix="suspend, revoke or end it",
            problem_vi="đã có giấy này", fix_vi="hãy đổi trạng thái của nó",
        )  # fmt: skip
    with recording(session, actor=actor, now=now):
        session.add(made)
    return made
