"""Certificates and codes on the trace page: what holds, what no longer does, who says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from agridata.registry import Certificate, HeldCertificate, Parcel, Subject, certificates_at
from agridata.vocabulary import Utc
from apps.views._text import Lang, Sentence, day, say
from apps.views._trace_model import CertificateLine, Fact

__all__ = ["CERTIFICATES", "certificate_lines"]

S = Sentence

CERTIFICATES: Mapping[str, Sentence] = {
    "vietgap": S("VietGAP", "VietGAP"),
    "globalgap": S("GLOBALG.A.P.", "GLOBALG.A.P."),
    "organic": S("Hữu cơ", "Organic"),
    "ocop": S("OCOP {stars} sao", "OCOP, {stars} stars"),
    "growing_area": S("Mã số vùng trồng", "Growing-area code"),
    "packing_house": S("Mã số cơ sở đóng gói", "Packing-house code"),
    "pond": S("Mã số ao nuôi", "Pond code"),
    "gacc": S("Đăng ký GACC (Trung Quốc)", "GACC registration (China)"),
    "external_uid": S("Mã định danh ngoài", "External identifier"),
    "verified": S("Còn hiệu lực, {by} đã xác minh", "Valid, verified by {by}"),
    "evidenced": S("Còn hiệu lực, có giấy làm chứng cứ", "Valid, evidenced by a document"),
    "declared": S("Còn hiệu lực theo khai báo", "Valid as declared"),
    "not_yet_valid": S("Có hiệu lực từ {day}", "Valid only from {day}"),
    "expired": S("Đã hết hạn từ {day}", "Expired since {day}"),
    "suspended": S("Đang bị đình chỉ từ {day}", "Suspended since {day}"),
    "revoked": S("Đã bị thu hồi từ {day}", "Revoked since {day}"),
    "number": S("Số", "Number"),
    "issuer": S("Nơi cấp", "Issued by"),
    "market": S("Thị trường", "Market"),
    "days": S("Hiệu lực", "Validity"),
    "from_to": S("{first} đến hết {last}", "{first} to {last}, inclusive"),
    "from": S("từ {first}, không ghi ngày hết hạn", "from {first}, no end stated"),
    "decision": S("Quyết định", "Decision"),
    "covers": S("Phạm vi", "Covers"),
    "some_parcels": S("{some} trong {all} thửa của lô", "{some} of the lot's {all} parcels"),
    "all_parcels": S("mọi thửa của lô ({all})", "all parcels of the lot ({all})"),
}
"""Kinds, standings and labels; the trace page itself never verifies a certificate."""

MARKS = {
    "verified": "plausible", "evidenced": "", "declared": "unknown", "not_yet_valid": "unknown",
    "expired": "questionable", "suspended": "questionable", "revoked": "questionable",
}  # fmt: skip
"""Word → class of the word on the page: a tick only where a named third party confirmed."""


def certificate_lines(
    session: Session,
    *,
    gtin: str,
    parcels: Sequence[str],
    makers: Sequence[str],
    lang: Lang,
    now: Utc,
) -> tuple[CertificateLine, ...]:
    """Return the certificates and codes of a product or lot as they stand at `now`.

    Parameters
    ----------
    parcels
        Of the lot; () for a page about the product alone.
    makers
        Codes of the organisations behind it; those that farm the parcels are added.

    Returns
    -------
    tuple
        Valid ones first. An expired one is left out where a valid one of its kind and
        market stands beside it; suspended and revoked ones are always told.
    """
    query = select(Parcel.organisation_code).where(col(Parcel.code).in_(parcels))
    farmers = {code for code in session.exec(query).all() if code}
    who = tuple(sorted(farmers | set(filter(None, makers))))
    held = certificates_at(session, Subject(who, tuple(parcels), (gtin,)), now)
    fresh = {_sort_of(one) for one in held if one.standing == "valid"}
    told = [one for one in held if one.standing != "expired" or _sort_of(one) not in fresh]
    told.sort(key=lambda one: (one.standing != "valid", one.certificate.kind, one.certificate.code))
    return tuple(_line(one, len(parcels), lang) for one in told)


def _sort_of(one: HeldCertificate) -> tuple[str, str]:
    return one.certificate.kind, one.certificate.market


def _line(held: HeldCertificate, parcels: int, lang: Lang) -> CertificateLine:
    one = held.certificate
    word = _word(held)
    return CertificateLine(
        name=say(CERTIFICATES, lang, one.kind, stars=one.stars or ""),
        word=say(CERTIFICATES, lang, word, by=one.verified_by, day=day(held.since, lang)),
        mark=MARKS[word], standing=held.standing, simulated=one.simulated,
        facts=tuple(_facts(held, parcels, lang)),
    )  # fmt: skip


def _word(held: HeldCertificate) -> str:
    if held.standing != "valid":
        return held.standing
    if held.certificate.verified_by:
        return "verified"
    return "evidenced" if held.certificate.document_sha256 else "declared"


def _facts(held: HeldCertificate, parcels: int, lang: Lang) -> list[Fact]:
    one = held.certificate
    rows = [
        ("number", one.number, ""), ("issuer", one.issuer, "vi"), ("market", one.market, ""),
        ("days", _days(one, lang), ""), ("decision", one.decision_number, "vi"),
        ("covers", _covers(held, parcels, lang), ""),
    ]  # fmt: skip
    return [
        Fact(say(CERTIFICATES, lang, key), text, lang=written)
        for key, text, written in rows
        if text
    ]


def _days(one: Certificate, lang: Lang) -> str:
    first = day(one.valid_from, lang)
    if one.valid_to is None:
        return say(CERTIFICATES, lang, "from", first=first)
    return say(CERTIFICATES, lang, "from_to", first=first, last=day(one.valid_to, lang))


def _covers(held: HeldCertificate, parcels: int, lang: Lang) -> str:
    if not held.covered:
        return ""
    key = "all_parcels" if len(held.covered) == parcels else "some_parcels"
    return say(CERTIFICATES, lang, key, some=len(held.covered), all=parcels)
