"""Certificates and codes: what holds at which moment, for whom; rules of law and of habit."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registry_world import DAY, GTIN, NOW, at, certificate_line, populate, take_certificates
from sqlmodel import select

from agridata.errors import InputError, NotFoundError, UsageError
from agridata.registry import (
    CERTIFICATE_KINDS,
    CODE_KINDS,
    Certificate,
    Organisation,
    Parcel,
    Pond,
    Product,
    Subject,
    add_certificate,
    certificates_at,
    end_validity,
    find_noun,
    history,
    set_status,
    valid_certificates,
)
from agridata.registry._code_rules import RULES

COOP = Subject(organisations=("coop",))
TOLD = {"actor": "officer", "now": at("2026-12-31T23:00")}


def numbers(session, subject, moment):
    return [one.number for one in valid_certificates(session, subject, at(moment))]


def test_expiry_and_revocation_change_the_answer_from_their_moment_on(session, tmp_path):
    take_certificates(session, tmp_path, certificate_line())
    assert numbers(session, COOP, "2024-12-31T23:59") == []
    assert numbers(session, COOP, "2025-01-01T00:00") == ["VG-1"]
    assert numbers(session, COOP, "2026-12-31T23:59") == ["VG-1"]
    assert numbers(session, COOP, "2027-01-01T00:00") == []
    set_status(session, "VG-1", "suspended", at=at("2026-02-01T08:00"), reason="hồ sơ", **TOLD)
    set_status(session, "VG-1", "active", at=at("2026-03-01T08:00"), reason="đã bổ sung", **TOLD)
    set_status(session, "VG-1", "revoked", at=at("2026-04-01T08:00"), reason="thuốc cấm", **TOLD)
    for moment, expected in {
        "2026-02-01T07:59": ["VG-1"], "2026-02-01T08:00": [], "2026-03-01T07:59": [],
        "2026-03-01T08:00": ["VG-1"], "2026-04-01T07:59": ["VG-1"], "2026-04-01T08:00": [],
    }.items():  # fmt: skip
        assert numbers(session, COOP, moment) == expected, moment
    (revoked,) = certificates_at(session, COOP, at("2027-06-01T00:00"))
    assert (revoked.standing, str(revoked.since)) == ("revoked", "2026-04-01")
    kept = history(session, "certificate", revoked.certificate.code)
    assert [one.after["status"] for one in kept] == ["active", "suspended", "active", "revoked"]


def test_a_status_in_the_file_counts_from_its_day(session, tmp_path):
    row = certificate_line(status="revoked", status_changed_at="2026-02-01", reason="x")
    take_certificates(session, tmp_path, row)
    assert numbers(session, COOP, "2026-01-31T23:59") == ["VG-1"]
    assert numbers(session, COOP, "2026-02-01T00:00") == []


def test_an_earlier_end_stays_on_record(session, tmp_path):
    take_certificates(session, tmp_path, certificate_line())
    end_validity(session, "certificates", "VG-1", on=DAY, **TOLD)
    (held,) = certificates_at(session, COOP, at("2026-03-21T00:00"))
    assert (held.standing, str(held.since)) == ("expired", "2026-03-21")
    last = history(session, "certificate", held.certificate.code)[-1]
    assert (last.action, last.before["valid_to"]) == ("end", "2026-12-31")
    with pytest.raises(InputError, match="already ended"):
        end_validity(session, "certificate", "VG-1", on=at("2026-05-01T00:00").date(), **TOLD)
    with pytest.raises(InputError, match="only begins"):
        end_validity(session, "certificate", "VG-1", on=at("2024-05-01T00:00").date(), **TOLD)


def test_scope_is_what_the_paper_names(session, tmp_path):
    take_certificates(
        session, tmp_path,
        certificate_line(number="ALL"),
        certificate_line(number="LAND", parcel_codes="P1; P2"),
        certificate_line(number="LAND3", organisation_code="", parcel_codes="P3"),
        certificate_line(number="GOODS", product_gtin="9521101001006"),
        certificate_line(number="BOTH", product_gtin=GTIN, parcel_codes="P2"),
        certificate_line(number="OTHER", organisation_code="other"),
    )  # fmt: skip
    take_certificates(
        session, tmp_path, certificate_line(kind="pond", number="92-01-0001-001", pond_code="A1"),
        kind="codes",
    )  # fmt: skip

    def asked(*organisations, **subject):
        return set(numbers(session, Subject(organisations, **subject), "2026-03-20T00:00"))

    assert asked("coop") == {"ALL", "LAND", "GOODS", "BOTH", "92-01-0001-001"}
    assert asked("coop", parcels=("P1",)) == {"ALL", "LAND"}
    assert asked("coop", parcels=("P2",), products=(GTIN,)) == {"ALL", "LAND", "GOODS", "BOTH"}
    assert asked("coop", parcels=("P1",), products=(GTIN,)) == {"ALL", "LAND", "GOODS"}
    assert asked("coop", products=("00000000000000",)) == {"ALL"}
    assert asked(parcels=("P3", "P9")) == {"LAND3"}
    assert asked(ponds=("A1",)) == {"92-01-0001-001"}
    assert asked("nobody") == set()
    one = session.exec(select(Parcel).where(Parcel.code == "P1")).one()
    assert Subject.of(one) == Subject(("coop",), parcels=("P1",))
    assert Subject.of(session.get_one(Product, GTIN)) == Subject(("coop",), products=(GTIN,))
    assert Subject.of(session.exec(select(Pond)).one()) == Subject(("coop",), ponds=("A1",))
    assert Subject.of(session.get_one(Organisation, "coop")) == COOP
    both = certificates_at(session, Subject(("coop",), parcels=("P1", "P9")), NOW)
    assert {one.certificate.number: one.covered for one in both} == {"ALL": (), "LAND": ("P1",)}


REFUSED = [
    ({"kind": "iso"}, "kind", "not known"),
    ({"kind": "pond"}, "kind", "not known"),
    ({"number": ""}, "number", "blank"),
    ({"issuer": ""}, "issuer", "blank"),
    ({"valid_from": ""}, "valid_from", "first day"),
    ({"valid_to": ""}, "valid_to", "limited time"),
    ({"valid_to": "2024-12-31"}, "valid_to", "before"),
    ({"valid_to": "31/12/2026"}, "valid_to", "calendar"),
    ({"organisation_code": ""}, "organisation_code", "no scope"),
    ({"organisation_code": "nobody"}, "organisation_code", "no organisation"),
    ({"parcel_codes": "P1;P9"}, "parcel_codes", "'P9'"),
    ({"product_gtin": "9521101001013"}, "product_gtin", "no product"),
    ({"product_gtin": "9521101001007"}, "product_gtin", "no product"),
    ({"pond_code": "A9"}, "pond_code", "no pond"),
    ({"market": "China"}, "market", "market"),
    ({"status": "lost"}, "status", "not known"),
    ({"status": "revoked"}, "status_changed_at", "blank for"),
    ({"status": "revoked", "status_changed_at": "2026-01-01"}, "reason", "blank for"),
    ({"status_changed_at": "soon"}, "status_changed_at", "not a date"),
    ({"stars": "4"}, "stars", "no stars"),
    ({"kind": "ocop"}, "stars", "3, 4 or 5"),
    ({"kind": "ocop", "stars": "6", "decision_number": "1"}, "stars", "3, 4 or 5"),
    ({"document_sha256": "abc"}, "document_sha256", "64"),
    ({"verified_by": "HTX Mẫu"}, "verified_by", "holder itself"),
    ({"verified_by": "coop"}, "verified_by", "holder itself"),
]


@pytest.mark.parametrize(("cells", "field", "problem"), REFUSED)
def test_a_bad_row_comes_back_with_its_reason_and_a_good_one_lands(
    uncommitted, tmp_path, cells, field, problem
):
    with uncommitted.session() as session:
        populate(session)
        bad = certificate_line(**({"number": "BAD"} | cells))
        done = take_certificates(session, tmp_path, certificate_line(), bad)
        assert (done.report.rows, done.report.imported) == (2, 1)
        (finding,) = done.report.rejected
        assert (finding.where, finding.field) == ("certificates.csv:3", field)
        assert problem in finding.problem
        assert finding.fix
        assert finding.problem_vi
        assert [one.number for one in session.exec(select(Certificate))] == ["VG-1"]


POND = {"kind": "pond", "pond_code": "A1"}
CODES = [
    ({**POND, "number": "92-01-0001-001"}, "92-01-0001-001", ""),
    ({**POND, "number": "92010042017"}, "92-01-0042-017", ""),
    ({**POND, "number": "92-02-0001-001"}, "92-02-0001-001", "cá tra"),
    ({"kind": "growing_area", "market": "CN", "number": "VN-TGOR-0037"}, "VN-TGOR-0037", ""),
    ({"kind": "growing_area", "market": "cn", "number": "VNTGOR0037"}, "VNTGOR0037", ""),
    ({"kind": "growing_area", "market": "CN", "number": "VN-TGPH-0012"}, "VN-TGPH-0012", "seen"),
    ({"kind": "growing_area", "market": "VN", "number": "HG 12/2024"}, "HG 12/2024", "seen"),
    ({"kind": "packing_house", "market": "US", "number": "VN-TGPH-0012"}, "VN-TGPH-0012", ""),
    ({"kind": "packing_house", "market": "US", "number": "PH12"}, "PH12", "seen"),
    ({"kind": "gacc", "number": "CVNM17042601150001"}, "CVNM17042601150001", ""),
    ({"kind": "gacc", "number": "c/12"}, "c/12", "seen"),
    ({"kind": "external_uid", "number": "b1946ac9-anything"}, "b1946ac9-anything", ""),
]


@pytest.mark.parametrize(("cells", "stored", "doubt"), CODES)
def test_codes_keep_their_form_and_doubts_are_told(uncommitted, tmp_path, cells, stored, doubt):
    with uncommitted.session() as session:
        populate(session)
        row = certificate_line(**({"valid_to": ""} | cells))
        done = take_certificates(session, tmp_path, row, kind="codes")
        assert done.report.rejected == []
        assert session.exec(select(Certificate)).one().number == stored
        assert [doubt in one.problem for one in done.warnings] == ([True] if doubt else [])
        assert done.report.flagged == ({"unconfirmed": 1} if doubt else {})


@pytest.mark.parametrize(
    "number",
    ["92-01-0000-001", "92-01-0001-000", "9-01-0001-001", "92-01-0001-0011", "AA-01-0001-001",
     "92 01 0001 001", "920100420171", "٩٢-01-0001-001"],
)  # fmt: skip
def test_a_pond_code_that_breaks_the_decree_is_refused(uncommitted, tmp_path, number):
    with uncommitted.session() as session:
        populate(session)
        row = certificate_line(**POND, number=number)
        (finding,) = take_certificates(session, tmp_path, row, kind="codes").report.rejected
        assert "Decree 55/2017" in finding.problem
        assert "55/2017" in finding.problem_vi


def test_market_is_part_of_a_code(session, tmp_path):
    code = {"kind": "growing_area", "number": "VN-HGOR-0001", "valid_to": ""}
    rows = [certificate_line(**code, market=market) for market in ("CN", "US")]
    assert take_certificates(session, tmp_path, *rows, kind="codes").report.imported == 2
    with pytest.raises(InputError, match="2 certificates"):
        find_noun(session, "code", "VN-HGOR-0001")
    set_status(session, "growing_area:VN-HGOR-0001:CN@2025-01-01", "revoked", at=NOW, reason="x",
               **TOLD)  # fmt: skip
    assert [one.market for one in valid_certificates(session, COOP, NOW)] == ["US"]
    bare = certificate_line(**code)
    (finding,) = take_certificates(session, tmp_path, bare, kind="codes", key="b").report.rejected
    assert finding.field == "market"


def test_a_status_changes_only_as_it_can(session, tmp_path):
    take_certificates(session, tmp_path, certificate_line())

    def refused(status, problem, moment="2026-03-20T00:00", reason="x"):
        with pytest.raises(InputError, match=problem):
            set_status(session, "VG-1", status, at=at(moment), reason=reason, **TOLD)

    refused("active", "already active")
    refused("revoked", "no reason", reason=" ")
    refused("revoked", "future", moment="2027-01-01T00:00")
    set_status(session, "VG-1", "suspended", at=NOW, reason="x", **TOLD)
    refused("revoked", "changed later", moment="2026-03-19T00:00")
    set_status(session, "VG-1", "revoked", at=NOW, reason="x", **TOLD)
    refused("active", "final", moment="2026-06-01T00:00")
    with pytest.raises(UsageError, match="not a status"):
        set_status(session, "VG-1", "lost", at=NOW, reason="x", **TOLD)
    with pytest.raises(NotFoundError):
        set_status(session, "VG-9", "revoked", at=NOW, reason="x", **TOLD)
    with pytest.raises(UsageError, match="not a noun"):
        find_noun(session, "cloud", "x")


def test_a_newer_file_updates_but_does_not_undo_decisions(session, tmp_path):
    lines = [certificate_line(number=one) for one in ("VG-1", "VG-2", "VG-3", "VG-4")]
    take_certificates(session, tmp_path, *lines)
    set_status(session, "VG-1", "revoked", at=NOW, reason="x", **TOLD)
    end_validity(session, "certificate", "VG-2", on=DAY, **TOLD)
    newer = [line.replace("Trung tâm Mẫu", "Trung tâm Khác") for line in lines[:3]]
    done = take_certificates(session, tmp_path, *newer, complete=True)
    assert done.report.flagged == {"unlisted": 1}
    stored = {one.number: one for one in session.exec(select(Certificate)).all()}
    assert [stored[f"VG-{n}"].issuer[-4:] for n in (1, 2, 3)] == ["Khác"] * 3
    assert stored["VG-1"].status == "revoked"
    assert stored["VG-2"].valid_to == DAY
    assert str(stored["VG-4"].valid_to) == "2026-12-31", "only its issuer ends a certificate"


def test_a_form_adds_one_certificate(session):
    cells = {"kind": "ocop", "number": "OC-1", "issuer": "UBND", "organisation_code": "coop",
             "valid_from": "2025-06-01", "valid_to": "2028-05-31", "stars": "4",
             "decision_number": "12/QĐ"}  # fmt: skip
    made = add_certificate(session, cells, **TOLD)
    assert (made.stars, made.data_set_key) == (4, None)
    with pytest.raises(InputError, match="already there"):
        add_certificate(session, cells, **TOLD)
    with pytest.raises(InputError, match="3, 4 or 5"):
        add_certificate(session, {**cells, "stars": "2"}, **TOLD)


def test_every_kind_has_a_rule():
    assert set(RULES) == {*CERTIFICATE_KINDS, *CODE_KINDS}


@given(st.lists(st.tuples(st.sampled_from(["suspended", "active", "revoked"]), st.integers(0, 99)),
                max_size=6),
       st.integers(-10, 110))  # fmt: skip
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # each example rolls back
def test_the_answer_at_a_moment_is_the_last_status_before_it(uncommitted, changes, asked):
    """Against a plain list of what was accepted, hour by hour."""
    from datetime import timedelta

    accepted = [("active", -10_000)]
    with uncommitted.session() as session:
        populate(session)
        cells = {"kind": "organic", "number": "X", "issuer": "A", "organisation_code": "coop",
                 "valid_from": "2025-01-01", "valid_to": "2026-12-30"}  # fmt: skip
        add_certificate(session, cells, **TOLD)
        for status, hour in changes:
            try:
                moment = NOW + timedelta(hours=hour)
                set_status(session, "X", status, at=moment, reason="x", **TOLD)
                accepted.append((status, hour))
            except InputError:
                continue
        expected = [status for status, hour in accepted if hour <= asked][-1]
        (held,) = certificates_at(session, COOP, NOW + timedelta(hours=asked))
        assert held.standing == ("valid" if expected == "active" else expected)
