"""Documents in: every form the standard knows, every way to be unreadable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from traceability.errors import EventError
from traceability.events import (
    MAX_NESTING,
    canonical_bytes,
    event_hash,
    event_prehash,
    load_document,
    read_document,
)

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
EVENT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2026-03-20T06:00:00+07:00",
    "eventTimeZoneOffset": "+07:00",
    "action": "OBSERVE",
    "epcList": ["urn:epc:id:sgtin:0614141.107346.2017"],
    "ex:note": "ghi chú",
}
PREFIXES = {"ex": "https://ns.example.com/"}
BODY = {"eventList": [EVENT]}


def document(**changes: Any) -> dict[str, Any]:
    return {
        "@context": [CONTEXT, PREFIXES],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-20T06:00:00+07:00",
        "epcisBody": BODY,
        **changes,
    }


QUERY = document(
    type="EPCISQueryDocument",
    epcisBody={"queryResults": {"queryName": "SimpleEventQuery", "resultsBody": BODY}},
)


@pytest.mark.parametrize(
    "data",
    [
        document(),
        QUERY,
        document(epcisBody={"event": EVENT}),
        {"@context": [CONTEXT, PREFIXES], **EVENT},
        [{"@context": [CONTEXT, PREFIXES], **EVENT}],
    ],
)
def test_every_form_gives_the_same_event(data: Any, tmp_path: Path) -> None:
    text = json.dumps(data, ensure_ascii=False)
    path = tmp_path / "events.jsonld"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    for source in (text, text.encode(), path, str(path)):
        (event,) = load_document(source)
        assert {**event} == {"@context": [CONTEXT, PREFIXES], **EVENT}
        assert "{https://ns.example.com/}note=ghi chú" in event_prehash(event)


def test_contexts_of_document_and_event_are_joined() -> None:
    inner = {**EVENT, "@context": {"own": "https://own.example/"}, "own:x": "1"}
    (event,) = load_document(json.dumps(document(epcisBody={"eventList": [inner]})))
    assert event["@context"] == [CONTEXT, PREFIXES, {"own": "https://own.example/"}]
    assert "{https://own.example/}x=1" in event_prehash(event)


def test_fields_that_the_document_asks_to_ignore_are_not_hashed() -> None:
    asking = document(**{"ex:ignoreFields": ["ex:note"]})
    (event,) = load_document(json.dumps(asking))
    bare = {key: value for key, value in event.items() if key != "ex:note"}
    assert event_hash(event) == event_hash(bare)
    assert canonical_bytes(event) != canonical_bytes(bare)


@pytest.mark.parametrize(
    ("source", "where", "says"),
    [
        (b"", "document:1", "not JSON"),
        (b"{", "document:1", "not JSON"),
        (b'{"a":\n1,}', "document:2", "line 2"),
        (b"[1]", "document#[0]", "not an event"),
        (b"12", "document", "neither"),
        (b'{"epcisBody": 3}', "document", "no list of events"),
        (b'{"epcisBody": {"eventList": {}}}', "document", "no list of events"),
        (b'{"epcisBody": {"eventList": ["x"]}}', "document#eventList[0]", "not an event"),
        (b'{"a": NaN}', "document", "number"),
        (b'{"a": "\xff"}', "document", "UTF-8"),
        (b'{"a":' * 60 + b"1" + b"}" * 60, "document", "deeper"),
        (b"[" * 100_000, "document", "deeper"),
        (b"<a", "document", "XML"),
        (b"<a/>", "document", "EventList"),
        (b"<a>" * 60 + b"</a>" * 60, "document", "deeper"),
    ],
)
def test_what_cannot_be_read_is_told_with_place_and_fix(
    source: bytes, where: str, says: str
) -> None:
    with pytest.raises(EventError) as caught:
        load_document(source)
    finding = caught.value.findings[0]
    assert finding.where == where
    assert says in finding.problem
    assert finding.fix
    assert finding.problem_vi


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(EventError, match=r"no such file|cannot be read"):
            load_document(path)


def test_the_deepest_allowed_nesting_is_read() -> None:
    depth = MAX_NESTING - 1
    event = '{"type": "ObjectEvent", "ex:a": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}"
    assert load_document(event)[0]["type"] == "ObjectEvent"


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1/x.dtd"> %x;]>',
    ],
)
def test_xml_entities_are_refused(declaration: str) -> None:
    body = "<EPCISDocument><EPCISBody><EventList/></EPCISBody></EPCISDocument>"
    text = f'<?xml version="1.0"?>{declaration}{body}'
    with pytest.raises(EventError) as caught:
        load_document(text)
    assert "entity" in caught.value.findings[0].problem


def test_an_external_document_type_is_not_fetched() -> None:
    text = (
        '<!DOCTYPE a SYSTEM "http://192.0.2.1/x.dtd">'
        "<EPCISDocument><EPCISBody><EventList/></EPCISBody></EPCISDocument>"
    )
    assert load_document(text) == []


def test_xml_extensions_keep_prefix_and_type() -> None:
    text = """<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0"
        creationDate="2026-03-20T06:00:00+07:00" xmlns:ex="https://ns.example.com/"
        xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><EPCISBody><EventList>
        <ObjectEvent><eventTime>2026-03-20T06:00:00+07:00</eventTime>
        <eventTimeZoneOffset>+07:00</eventTimeZoneOffset><epcList/><action>OBSERVE</action>
        <ex:count xsi:type="xsd:integer">10</ex:count><ex:list>a</ex:list><ex:list>b</ex:list>
        <ex:tree><ex:leaf xsi:type="xsd:double">2.50</ex:leaf></ex:tree>
        </ObjectEvent></EventList></EPCISBody></e:EPCISDocument>"""
    found = read_document(text)
    assert found.raw["type"] == "EPCISDocument"
    assert found.events[0]["@context"][1] == {"ex": "https://ns.example.com/"}
    assert found.events[0]["ex:count"] == 10
    assert found.events[0]["ex:list"] == ["a", "b"]
    assert found.events[0]["ex:tree"] == {"ex:leaf": 2.5}


@pytest.mark.shared
def test_documents_with_a_byte_order_mark_are_read(shared_dir: Path) -> None:
    path = shared_dir / "vectors/opentraceability-gdst/traceback/epcisquerydoc-example01.jsonld"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(load_document(path)) > 10


@pytest.mark.shared
def test_malformed_json_of_others_is_refused(shared_dir: Path) -> None:
    folder = shared_dir / "vectors/opentraceability-gdst/invalid"
    with pytest.raises(EventError, match="not JSON"):
        load_document(folder / "EPCISQueryDocument_malformed.jsonld")
