"""Certificates and codes: from a row to the record, and what holds at a moment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from agridata.errors import UsageError
from agridata.observations import Row
from agridata.registry._code_rules import NO_DECISION, rule_of
from agridata.registry._gs1 import gtin_14
from agridata.registry._known import Known
from agridata.registry.changes import history
from agridata.registry.models import Certificate, Organisation, Parcel, Pond, Product
from agridata.vocabulary import Utc, local_date, local_midnight, parse_as_of

__all__ = [
    "STATUSES",
    "HeldCertificate",
    "Subject",
    "certificate_from_row",
    "certificates_at",
    "standing_at",
    "valid_certificates",
]

STATUSES = ("active", "suspended", "revoked")
SHA256 = re.compile(r"[0-9a-f]{64}")
MARKET = re.compile(r"[A-Z]{2}")
OCOP_STARS = (3, 4, 5)

Standing = Literal["valid", "not_yet_valid", "expired", "suspended", "revoked"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about: an organisation, or a product, parcels or ponds with their holders.

    A lot is its product, its parcels, the organisation that packed it and those that farm.
    """

    organisations: tuple[str, ...] = ()
    parcels: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    ponds: tuple[str, ...] = ()

    @classmethod
    def of(cls, noun: Organisation | Parcel | Product | Pond) -> Subject:
        """Return the subject that one noun is."""
        if isinstance(noun, Organisation):
            return cls(organisations=(noun.code,))
        holders = (noun.organisation_code,) if noun.organisation_code else ()
        if isinstance(noun, Parcel):
            return cls(holders, parcels=(noun.code,))
        if isinstance(noun, Product):
            return cls(holders, products=(noun.gtin,))
        return cls(holders, ponds=(noun.code,))


@dataclass(frozen=True, slots=True)
class HeldCertificate:
    """A certificate or code as it stood at a moment.

    Parameters
    ----------
    standing
        ``valid`` only if its days include the moment and it was neither suspended nor revoked.
    since
        When it came to stand so: first day, day after the last, or the change of status.
    covered
        Parcels of the subject that it covers; empty where it is not limited to parcels.
    """

    certificate: Certificate
    standing: Standing
    since: date
    covered: tuple[str, ...]


def valid_certificates(session: Session, subject: Subject, at: Utc) -> list[Certificate]:
    """Return the certificates and codes of `subject` that hold at the moment `at`.

    A certificate that names parcels, a product or a pond covers a subject that names one of
    them; one that names none covers what its organisation has. An organisation asked for
    alone answers with all it holds. Expiry, suspension and revocation count from their
    moment on: an earlier `at` gets the earlier answer.
    """
    found = certificates_at(session, subject, at)
    return [one.certificate for one in found if one.standing == "valid"]


def standing_at(session: Session, one: Certificate, at: Utc) -> HeldCertificate:
    """Return how one certificate or code stood at `at`."""
    return HeldCertificate(one, *_standing(session, one, at), ())


def certificates_at(session: Session, subject: Subject, at: Utc) -> list[HeldCertificate]:
    """Return every certificate and code of `subject` with how it stood at `at`, by kind."""
    return [
        HeldCertificate(one, *_standing(session, one, at), _covered(one, subject))
        for one in _candidates(session, subject)
        if _covers(one, subject)
    ]


def _candidates(session: Session, subject: Subject) -> Sequence[Certificate]:
    table = Certificate
    wanted: list[sa.ColumnElement[bool]] = [
        col(table.organisation_code).in_(subject.organisations),
        col(table.product_gtin).in_(subject.products),
        col(table.pond_code).in_(subject.ponds),
    ]
    if subject.parcels:  # which parcels exactly is seen in Python: few certificates name any
        wanted.append(sa.cast(col(table.parcel_codes), sa.String) != "[]")
    return session.exec(
        select(table).where(sa.or_(*wanted)).order_by(col(table.kind), col(table.code))
    ).all()


def _covers(one: Certificate, subject: Subject) -> bool:
    limits = (
        (one.parcel_codes, subject.parcels),
        ([one.product_gtin] if one.product_gtin else [], subject.products),
        ([one.pond_code] if one.pond_code else [], subject.ponds),
    )
    if not any(asked for _, asked in limits) or not any(named for named, _ in limits):
        return one.organisation_code in subject.organisations
    return all(set(named) & set(asked) for named, asked in limits if named)


def _covered(one: Certificate, subject: Subject) -> tuple[str, ...]:
    return tuple(code for code in subject.parcels if code in one.parcel_codes)


def _standing(session: Session, one: Certificate, at: Utc) -> tuple[Standing, date]:
    today = local_date(at)
    status, changed = _status_at(session, one, at)
    if status in ("suspended", "revoked"):
        return ("revoked" if status == "revoked" else "suspended"), local_date(changed)
    if today < one.valid_from:
        return "not_yet_valid", one.valid_from
    if one.valid_to is not None and today > one.valid_to:
        return "expired", date.fromordinal(one.valid_to.toordinal() + 1)
    return "valid", one.valid_from


def _status_at(session: Session, one: Certificate, at: Utc) -> tuple[str, datetime]:
    """Return the status that held at `at`; before the first recorded one it was active."""
    if one.status_changed_at <= at:
        return one.status, one.status_changed_at
    states = [record.after or {} for record in history(session, "certificate", one.code)]
    past = [
        (str(state["status"]), datetime.fromisoformat(state["status_changed_at"]))
        for state in states
    ]
    earlier = [state for state in past if state[1] <= at]
    return earlier[-1] if earlier else ("active", local_midnight(one.valid_from))


def certificate_from_row(row: Row, known: Known, kinds: Iterable[str]) -> Certificate:
    """Return the certificate of one row; `known.warnings` gets what is only doubtful.

    Raises
    ------
    RowRejectedError
        If a rule of law, a reference, a date or the scope is wrong.
    """
    kind = row.choice("kind", tuple(kinds))
    number = _number(row, known, kind)
    market = _market(row, kind)
    first, last = _days(row, kind)
    status, changed, reason = _status(row, first)
    stars, decision = _ocop(row, known, kind)
    code = f"{kind}:{number}" + (f":{market}" if market else "") + f"@{first}"
    made = Certificate(
        code=code, kind=kind, number=number, issuer=row.text("issuer"), market=market,
        organisation_code=row.known(
            "organisation_code", known.organisations, "organisation", needed=False
        ),
        parcel_codes=_parcels(row, known), product_gtin=_product(row, known),
        pond_code=row.known("pond_code", known.ponds, "pond", needed=kind == "pond"),
        valid_from=first, valid_to=last, status=status, status_changed_at=changed,
        reason=reason, stars=stars, decision_number=decision, document_sha256=_document(row),
        verified_by=row.optional("verified_by"), simulated=row.truth("simulated"),
        data_set_key=None,
    )  # fmt: skip
    _check_scope(row, made)
    _check_verifier(row, known, made)
    return made


def _number(row: Row, known: Known, kind: str) -> str:
    number, told = rule_of(kind).check(row.text("number"))
    if told is not None and told.fatal:
        raise row.rejected("number", told.problem, told.fix, told.problem_vi, told.fix_vi)
    if told is not None:
        known.warn(row, "number", told)
    return number


def _market(row: Row, kind: str) -> str:
    market = row.optional("market").upper()
    if MARKET.fullmatch(market) or not (market or rule_of(kind).needs_market):
        return market
    raise row.rejected(
        "market", f"{market!r} is not a market: such a code is given for one market",
        "write two letters: CN, US, EU; VN for the domestic one",
        "thiếu hoặc sai thị trường của mã số", "hãy ghi hai chữ cái: CN, US, EU; VN là trong nước",
    )  # fmt: skip


def _days(row: Row, kind: str) -> tuple[date, date | None]:
    first, last = row.day("valid_from"), row.day("valid_to")
    if first is None:
        raise row.rejected(
            "valid_from", "is blank: without its first day it cannot be checked",
            "copy the date from the paper", "thiếu ngày bắt đầu hiệu lực",
            "hãy chép ngày từ giấy",
        )  # fmt: skip
    if last is None and rule_of(kind).needs_end:
        raise row.rejected(
            "valid_to", f"is blank: {kind} certificates are issued for a limited time",
            "copy the last day from the paper", "thiếu ngày hết hạn", "hãy chép ngày từ giấy",
        )  # fmt: skip
    if last is not None and last < first:
        raise row.rejected(
            "valid_to", f"{last} is before {first}", "correct one of the two dates",
            "ngày hết hạn trước ngày bắt đầu", "hãy sửa lại ngày",
        )  # fmt: skip
    return first, last


def _status(row: Row, first: date) -> tuple[str, Utc, str]:
    """Return status, since when, and why; a blank status is active since the first day."""
    status = row.choice("status", STATUSES, default="active")
    text, reason = row.optional("status_changed_at"), row.optional("reason")
    if status != "active" and not (text and reason):
        field = "reason" if text else "status_changed_at"
        raise row.rejected(
            field, f"is blank for a {status} record", "say since when and why",
            "thiếu thời điểm hoặc lý do", "hãy ghi thời điểm và lý do",
        )  # fmt: skip
    if not text:
        return status, local_midnight(first), reason
    try:
        day_alone = len(text) == 10
        changed = local_midnight(date.fromisoformat(text)) if day_alone else parse_as_of(text)
    except (ValueError, UsageError):
        raise row.rejected(
            "status_changed_at", f"{text!r} is not a date or time", "write 2026-03-20",
            f"{text!r} không phải ngày giờ", "hãy ghi 2026-03-20",
        ) from None  # fmt: skip
    return status, changed, reason


def _ocop(row: Row, known: Known, kind: str) -> tuple[int | None, str]:
    stars, decision = row.count("stars"), row.optional("decision_number")
    if kind != "ocop":
        if stars is not None:
            raise row.rejected(
                "stars", f"{kind} has no stars", "leave it blank: stars are OCOP's",
                "chỉ OCOP mới có hạng sao", "hãy bỏ trống",
            )  # fmt: skip
        return None, decision
    if stars not in OCOP_STARS:
        raise row.rejected(
            "stars", "is not 3, 4 or 5", "copy the stars from the decision",
            "hạng sao OCOP phải là 3, 4 hoặc 5", "hãy chép hạng sao từ quyết định",
        )  # fmt: skip
    if not decision:
        known.warn(row, "decision_number", NO_DECISION)
    return stars, decision


def _parcels(row: Row, known: Known) -> list[str]:
    """Return the parcels of a cell such as ``P1; P2``, each of them known."""
    codes = sorted({part.strip() for part in row.optional("parcel_codes").split(";")} - {""})
    unknown = [code for code in codes if code not in known.parcels]
    if unknown:
        raise row.rejected(
            "parcel_codes", f"no parcel has the code {unknown[0]!r}",
            "add the parcel first; separate codes by ;",
            f"không có thửa {unknown[0]!r}", "hãy khai báo thửa trước; ngăn các mã bằng dấu ;",
        )  # fmt: skip
    return codes


def _product(row: Row, known: Known) -> str | None:
    written = row.optional("product_gtin")
    gtin = gtin_14(written) if written else None
    if written and gtin not in known.products:
        raise row.rejected(
            "product_gtin", f"no product has the GTIN {written!r}", "add the product first",
            f"không có sản phẩm {written!r}", "hãy khai báo sản phẩm trước",
        )  # fmt: skip
    return gtin


def _document(row: Row) -> str:
    text = row.optional("document_sha256").lower()
    if text and not SHA256.fullmatch(text):
        raise row.rejected(
            "document_sha256", "is not a SHA-256 (64 hexadecimal digits)",
            "run sha256sum on the scanned paper", "không phải mã băm SHA-256",
            "hãy tính lại mã băm của bản quét",
        )  # fmt: skip
    return text


def _check_scope(row: Row, made: Certificate) -> None:
    if made.organisation_code or made.parcel_codes or made.product_gtin or made.pond_code:
        return
    raise row.rejected(
        "organisation_code", "no scope is given",
        "name the organisation, parcels, product or pond that it is for",
        "không rõ cấp cho ai", "hãy ghi tổ chức, thửa, sản phẩm hoặc ao",
    )  # fmt: skip


def _check_verifier(row: Row, known: Known, made: Certificate) -> None:
    """A holder does not verify its own certificate: that needs a third party."""
    holder = made.organisation_code or ""
    if made.verified_by and made.verified_by in (holder, known.organisations.get(holder)):
        raise row.rejected(
            "verified_by", "is the holder itself", "name the third party that confirmed it",
            "đơn vị không thể tự xác minh", "hãy ghi bên thứ ba đã xác minh",
        )  # fmt: skip
