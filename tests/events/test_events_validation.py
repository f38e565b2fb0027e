"""Valid documents of others are accepted, invalid ones named, personal data refused."""

from __future__ import annotations

import contextlib
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from epcis_strategies import events, json_values, places_in, with_value
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.errors import EventError
from traceability.events import (
    LotQuantity,
    canonical_bytes,
    document_of,
    event_hash,
    harvest_event,
    load_document,
    location_uri,
    validate_document,
    validate_event,
)

GTIN = "09521234543213"
OPERATOR = "LXEWQrcmsEQBYnyp-6wy9chTD7GQPMTbAiWHF5IaSIE"


def in_folder(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix in (".json", ".jsonld", ".xml"))


@pytest.mark.shared
@pytest.mark.parametrize(
    "folder",
    [
        "openepcis-test-resources/2.0/JSON/Documents",
        "openepcis-test-resources/2.0/JSON/Events",
        "openepcis-test-resources/2.0/XML/Documents",
        "openepcis-test-resources/2.0/XML/Events",
        "openepcis-test-resources/2.0/XML/Query",
        "openepcis-test-resources/1.2",
        "gs1-epcis-draft/JSON",
        "gs1-epcis-draft/identical-hash",
        "epcis-event-hash/examples",
        "openepcis-dpp-ready/fsma204/epcis",
    ],
)
def test_valid_documents_of_others_are_accepted(shared_dir: Path, folder: str) -> None:
    files = in_folder(shared_dir / "vectors" / folder)
    assert files
    for path in files:
        assert validate_document(path, strict_keys=False) == [], path.name


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["JSON/Invalid", "XML/Invalid", "JSON/Query/Invalid"])
def test_invalid_documents_are_refused_with_a_reason(shared_dir: Path, folder: str) -> None:
    files = in_folder(shared_dir / "vectors/openepcis-test-resources/2.0" / folder)
    assert files
    for path in files:
        findings = validate_document(path, strict_keys=False)
        assert findings, path.name
        for finding in findings:
            assert finding.where.startswith(str(path))
            assert finding.problem
            assert finding.fix
            assert finding.problem_vi
            assert finding.fix_vi


@pytest.fixture(scope="module")
def ratified(shared_dir: Path) -> jsonschema.protocols.Validator:
    """The ratified EPCIS 2.0.1 JSON schema, with formats checked, nothing fetched."""
    folder = shared_dir / "vectors/opentraceability-gdst/schemas"
    schema = json.loads((folder / "epcis-2.0.1-json-schema.json").read_text("utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


@pytest.mark.shared
@settings(max_examples=60)
@given(event=events())
def test_what_we_build_satisfies_the_ratified_schema(
    ratified: jsonschema.protocols.Validator, event: dict[str, Any]
) -> None:
    from datetime import UTC, datetime

    assert validate_event(event) == []
    document = document_of([event], datetime(2026, 3, 20, tzinfo=UTC))
    assert validate_document(json.dumps(document)) == []
    assert [error.message for error in ratified.iter_errors(document)] == []


def harvest(**changes: Any) -> dict[str, Any]:
    from datetime import UTC, datetime

    event = harvest_event(
        harvested=LotQuantity(GTIN, "L260318-01", 5200),
        at=datetime(2026, 3, 18, 2, 30, tzinfo=UTC),
        location=location_uri(code="HTX-01"),
        parcels=["VT-0001"],
        operator=OPERATOR,
    )
    return {key: value for key, value in (event | changes).items() if value is not ...}


QUANTITY = "$.quantityList[0].quantity"
REPORT = "$.sensorElementList[0].sensorReport[0]"
CLASS = {"epcClass": "urn:x:y"}


def sensed(report: dict[str, Any]) -> dict[str, Any]:
    return {"sensorElementList": [{"sensorReport": [report]}]}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"type": "HarvestEvent"}, "$.type"),
        ({"type": ["ObjectEvent"]}, "$.type"),
        ({"eventTime": "2026-03-18T09:30:00"}, "$.eventTime"),
        ({"eventTime": "2026-02-30T09:30:00Z"}, "$.eventTime"),
        ({"eventTime": ...}, "$.eventTime"),
        ({"eventTimeZoneOffset": "+7"}, "$.eventTimeZoneOffset"),
        ({"eventTimeZoneOffset": "+15:00"}, "$.eventTimeZoneOffset"),
        ({"action": "MOVE"}, "$.action"),
        ({"action": ...}, "$.action"),
        ({"action": "OBSERVE"}, "$"),
        ({"bizStep": "harvesting"}, "$.bizStep"),
        ({"bizStep": "urn:epcglobal:cbv:bizstep:harvesting"}, "$.bizStep"),
        ({"disposition": "good"}, "$.disposition"),
        ({"readPoint": {"id": "ruộng nhà"}}, "$.readPoint.id"),
        ({"readPoint": {"id": "urn:x:y", "note": 1}}, "$.readPoint.note"),
        ({"epcList": ["urn:epc:id:sgtin:0614141.1.2"]}, "$.epcList[0]"),
        ({"epcList": ["https://id.gs1.org/01/123"]}, "$.epcList[0]"),
        ({"quantityList": ...}, "$"),
        ({"quantityList": [{"quantity": 1}]}, "$.quantityList[0].epcClass"),
        ({"quantityList": [{**CLASS, "quantity": "1"}]}, QUANTITY),
        ({"quantityList": [{**CLASS, "quantity": True}]}, QUANTITY),
        ({"quantityList": [{**CLASS, "quantity": -1}]}, QUANTITY),
        ({"quantityList": [{**CLASS, "uom": "kg"}]}, "$.quantityList[0].uom"),
        ({"quantityList": [{**CLASS, "unit": "KGM"}]}, "$.quantityList[0].unit"),
        ({"ilmd": {"lot": "1"}}, "$.ilmd.lot"),
        ({"ilmd": {"cbvnda:lot": "1"}}, "$.ilmd.cbvnda:lot"),
        ({"colour": "red"}, "$.colour"),
        ({"zz:colour": "red"}, "$.zz:colour"),
        (sensed({"value": 1}), REPORT),
        (sensed({"type": "Heat"}), f"{REPORT}.type"),
        ({"sensorElementList": []}, None),
        ({"agd:operator": "anh Bảy"}, "$.agd:operator"),
    ],
)  # fmt: skip
def test_each_deviation_is_found_at_its_path(changes: dict[str, Any], path: str | None) -> None:
    assert [finding.where for finding in validate_event(harvest(**changes))] == (
        [path] if path else []
    )


PERSONAL = [
    ("agd:name", "x"),
    ("agd:Name", "x"),
    ("cbvmda:fullName", "x"),
    ("agd:full_name", "x"),
    ("agd:SĐT", "1"),
    ("agd:họ-tên", "x"),
    ("agd:phone", "1"),
    ("agd:e-mail", "1"),
    ("agd:address", "ấp 3"),
    ("agd:idNumber", "1"),
    ("agd:date_of_birth", "1970-01-01"),
    ("agd:gps", "10.1,105.2"),
    ("agd:note", "gọi 0912.345.678"),
    ("agd:note", "0912 345 678"),
    ("agd:note", "+84 912 345 678"),
    ("agd:note", "+84(0)912345678"),
    ("agd:note", "0084912345678"),
    ("agd:note", "(0292) 3812 345"),
    ("agd:note", "tel:+84912345678"),
    ("agd:note", "a.b@example.vn"),
    ("agd:note", "CCCD: 093204001234"),
    ("agd:note", "093 204 001 234"),
    ("agd:note", "Nguyễn Văn Bảy gặt"),
    ("agd:note", "nguyen van bay gat"),
    ("agd:note", "NGUYỄN VĂN BẢY"),
    ("agd:deep", {"a": [{"phone": "1"}]}),
    ("agd:deep", [["x"], ["gọi 0912345678"]]),
    ("readPoint", {"id": "geo:10.0341,105.7822"}),
]


@pytest.mark.parametrize(("key", "value"), PERSONAL)
def test_personal_data_are_refused(key: str, value: Any) -> None:
    findings = validate_event(harvest(**{key: value}), known_personal=["Nguyễn Văn Bảy"])
    assert len(findings) == 1
    assert findings[0].where.startswith(f"$.{key}")
    assert findings[0].problem_vi


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("agd:gtin", "09521234543213"),
        ("agd:gln", "0912345678901"),
        ("agd:lot", "0912345678"),
        ("agd:pondCode", "01-01-0001-001"),
        ("agd:note", "ao 01-01-0001-001, thu ngày 2026-03-18 09:30"),
        ("agd:note", "thu 1200 kg, 05 bao, giá 6500"),
        ("agd:since", "2026-03-18T09:00:00+07:00"),
        ("agd:quantity", 912345678),
        ("agd:report", "https://example.vn/kq/0912345678"),
        ("gs1:productName", "Gạo Hậu Giang Đài Thơm 8"),
        ("agd:variety", "Bảy Núi"),
        ("agd:adminUnit", {"code": "31396", "name": "Xã Vị Thủy", "era": "2025"}),
        ("agd:photo", "ni:///sha-256;0912345678901234567890"),
    ],
)
def test_other_data_are_not_taken_for_personal(key: str, value: Any) -> None:
    assert validate_event(harvest(**{key: value}), known_personal=["Nguyễn Văn Bảy"]) == []


def test_names_of_foreign_documents_are_judged_by_their_value() -> None:
    context = [*harvest()["@context"], {"ext": "https://ns.example.com/"}]
    thing = harvest(**{"@context": context, "ext:name": "Testing"})
    person = harvest(**{"@context": context, "ext:name": "Nguyen Van Bay"})
    assert validate_event(thing, strict_keys=False) == []
    assert validate_event(thing) != []
    assert validate_event(person, strict_keys=False) != []


def test_a_known_number_is_found_however_it_is_grouped() -> None:
    event = harvest(**{"agd:lot": "LOT-0912-345-678"})
    assert validate_event(event) == []
    assert validate_event(event, known_personal=["0912 345 678"]) != []


def test_a_builder_refuses_what_would_be_personal() -> None:
    from datetime import UTC, datetime

    with pytest.raises(EventError) as caught:
        harvest_event(
            harvested=LotQuantity(GTIN, "L1", 1),
            at=datetime(2026, 3, 18, tzinfo=UTC),
            location=location_uri(code="HTX-01"),
            parcels=["VT-0001"],
            extra={"agd:phone": "0912345678"},
        )
    assert caught.value.findings[0].field == "agd:phone"


@given(event=events())
def test_what_we_build_is_valid_for_strangers_too(event: dict[str, Any]) -> None:
    assert validate_event(event, strict_keys=False) == []


@settings(max_examples=150)
@given(data=st.data(), event=events())
def test_mutated_events_never_raise_anything_but_our_error(
    data: st.DataObject, event: dict[str, Any]
) -> None:
    path = data.draw(st.sampled_from(places_in(event)[1:]))
    mutated = with_value(event, path, data.draw(json_values))
    findings = validate_event(mutated)
    for finding in findings:
        assert finding.where.startswith("$")
    with contextlib.suppress(EventError):
        assert event_hash(mutated).startswith("ni:///sha-256;")
    with contextlib.suppress(EventError):
        canonical_bytes(mutated)


@settings(max_examples=150)
@given(data=st.data(), event=events())
def test_mutated_bytes_never_raise_anything_but_our_error(
    data: st.DataObject, event: dict[str, Any]
) -> None:
    raw = bytearray(canonical_bytes(event))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with contextlib.suppress(EventError):
        for loaded in load_document(bytes(raw) or b"{}"):
            validate_event(loaded)
            event_hash(loaded)


def test_a_quantity_that_is_no_number_is_refused() -> None:
    event = harvest(quantityList=[{"epcClass": "urn:x:y", "quantity": math.inf, "uom": "KGM"}])
    assert [finding.where for finding in validate_event(event)] == ["$.quantityList[0].quantity"]


def test_a_quantity_beyond_every_double_is_refused_not_raised() -> None:
    event = harvest_event(
        harvested=LotQuantity("09521234543213", "L1", 10.0),
        at=datetime(2026, 3, 1, 8, tzinfo=UTC),
        location="https://id.gs1.org/414/9521234000006",
        parcels=["P1"],
    )
    event["quantityList"][0]["quantity"] = 10**400
    assert any("finite" in one.problem for one in validate_event(event))
