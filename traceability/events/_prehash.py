"""The CBV 2.0 event hash: one canonical text per event, and its SHA-256.

Source: CBV 2.0, 8.9.2 and its reference implementation's published examples. Where the
two differ, the published examples decide, because the hash exists to be compared:

* the type stands *before* the business transaction, source or destination it belongs to;
* ``certificationInfo`` follows the time zone offset;
* destinations stand before sources: the reference implementation takes the lists of
  business transactions, destinations, sources and the ILMD alphabetically, after the
  sensor elements (for events that hold sensors and such lists no example is at hand).

``eventID``, ``recordTime``, ``errorDeclaration``, comments and the fields a document asks
to ignore are left out: the hash is an identity, not a seal. The seal is a signature over
`canonical_bytes`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from traceability.errors import EventError
from traceability.events._canonical import normalised
from traceability.events._context import Prefixes, expand_key, prefixes_of
from traceability.events._values import canonical_time, canonical_value
from traceability.events._vocabulary import (
    ALERT_TYPES,
    BIZ_STEPS,
    BIZ_TRANSACTION_TYPES,
    COMPONENTS,
    DISPOSITIONS,
    MEASUREMENT_TYPES,
    SOURCE_DESTINATION_TYPES,
)

__all__ = ["event_hash", "event_prehash"]

_CBV = "https://ref.gs1.org/cbv/"
_VOC = "https://gs1.org/voc/"
_LEFT_OUT = frozenset(
    ("@context", "type", "eventID", "recordTime", "errorDeclaration", "rdfs:comment", "comment")
)
_METADATA = (
    "time",
    "startTime",
    "endTime",
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "bizRules",
)
_REPORT = (
    *("type", "exception", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod"),
    *("time", "microorganism", "chemicalSubstance", "value", "component", "stringValue"),
    *("booleanValue", "hexBinaryValue", "uriValue", "minValue", "maxValue", "meanValue"),
    *("sDev", "percRank", "percValue", "uom", "coordinateReferenceSystem"),
)
_VERBATIM = frozenset(("stringValue", "hexBinaryValue", "booleanValue", "uom"))
_WORDS: dict[str, tuple[frozenset[str], str]] = {
    "bizStep": (BIZ_STEPS, f"{_CBV}BizStep-"),
    "disposition": (DISPOSITIONS, f"{_CBV}Disp-"),
    "set": (DISPOSITIONS, f"{_CBV}Disp-"),
    "unset": (DISPOSITIONS, f"{_CBV}Disp-"),
    "exception": (ALERT_TYPES, _VOC),
    "component": (COMPONENTS, f"{_CBV}Comp-"),
}
_TYPES: dict[str, tuple[frozenset[str], str]] = {
    "bizTransaction": (BIZ_TRANSACTION_TYPES, f"{_CBV}BTT-"),
    "source": (SOURCE_DESTINATION_TYPES, f"{_CBV}SDT-"),
    "destination": (SOURCE_DESTINATION_TYPES, f"{_CBV}SDT-"),
    "sensorReport": (MEASUREMENT_TYPES, _VOC),
}
_Node = Mapping[str, Any]


def event_hash(event: Mapping[str, Any]) -> str:
    """Return the event hash ID, ``ni:///sha-256;<64 hex>?ver=CBV2.0``.

    Parameters
    ----------
    event
        JSON data of one EPCIS 2.0 event, with its ``@context``.

    Raises
    ------
    EventError
        If the event has no type or a standard field has another shape than the standard's.
    """
    digest = hashlib.sha256(event_prehash(event).encode("utf-8", "surrogatepass")).hexdigest()
    return f"ni:///sha-256;{digest}?ver=CBV2.0"


def event_prehash(event: Mapping[str, Any]) -> str:
    """Return the text that `event_hash` hashes; same parameter and errors."""
    data: _Node = normalised(event)
    kind = data.get("type")
    if not isinstance(kind, str):
        raise _misshapen("type", "names the kind of event")
    prefixes = prefixes_of(data.get("@context"))
    ignored: frozenset[str] = getattr(event, "ignored", frozenset())
    return f"eventType={kind}" + _Writer(prefixes, ignored).event(data)


def _misshapen(field: str, problem: str) -> EventError:
    return EventError(
        f"{field} {problem}",
        field=field,
        fix="see EPCIS 2.0 for the shape of this field",
        problem_vi=f"trường {field} không đúng cấu trúc EPCIS 2.0",
        fix_vi="hãy sửa theo chuẩn EPCIS 2.0",
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _object(value: Any, field: str) -> _Node:
    if isinstance(value, Mapping):
        return value
    raise _misshapen(field, "must be an object")


class _Writer:
    """Writes the parts of one event; knows its prefixes and the names to ignore."""

    def __init__(self, prefixes: Prefixes, ignored: frozenset[str]) -> None:
        self.prefixes = prefixes
        self.ignored = ignored

    def event(self, data: _Node) -> str:
        texts: list[str] = []
        for key, write in _ORDER:
            if key in data:
                texts.append(write(self, key, data[key]))
        rest = (item for item in data.items() if item[0] not in _KNOWN)
        return "".join(texts) + self.extensions(rest)

    # fields with one value, or several of the same kind

    def single(self, key: str, value: Any) -> str:
        return "".join(sorted(self.pair(key, item) for item in _listed(value)))

    def time(self, key: str, value: Any) -> str:
        if not isinstance(value, str):
            raise _misshapen(key, "must be a time")
        return f"{key}={canonical_time(value.strip())}"

    def pair(self, key: str, value: Any, words: tuple[frozenset[str], str] | None = None) -> str:
        if isinstance(value, (Mapping, list)):
            raise _misshapen(key, "must be a single value")
        known, base = words or _WORDS.get(key, (frozenset(), ""))
        if isinstance(value, str) and value.strip() in known:
            text = base + value.strip()
        elif isinstance(value, str) and key in _VERBATIM:
            text = value.strip()
        else:
            text = canonical_value(value, self.prefixes)
        return f"{key}={text}" if text else ""

    # lists

    def epcs(self, key: str, value: Any) -> str:
        texts = sorted(self.pair("epc", item) for item in _listed(value))
        return key + "".join(texts) if any(texts) else ""

    def quantities(self, key: str, value: Any) -> str:
        texts = []
        for item in _listed(value):
            node = _object(item, key)
            body = "".join(
                self.pair(name, node[name])
                for name in ("epcClass", "quantity", "uom")
                if name in node
            )
            texts.append("quantityElement" + body)
        return key + "".join(sorted(texts)) if texts else ""

    def typed(self, key: str, value: Any) -> str:
        name = key.removesuffix("List")
        texts = []
        for item in _listed(value):
            node = _object(item, key)
            kind = self.pair("type", node["type"], _TYPES[name]) if "type" in node else ""
            texts.append(kind + (self.pair(name, node[name]) if name in node else ""))
        return key + "".join(sorted(texts)) if texts else ""

    def dispositions(self, key: str, value: Any) -> str:
        node = _object(value, key)
        body = "".join(self.single(name, node[name]) for name in ("set", "unset") if name in node)
        return key + body if body else ""

    def location(self, key: str, value: Any) -> str:
        node = _object(value, key)
        identity = self.pair("id", node["id"]) if "id" in node else ""
        return key + identity + self.extensions(i for i in node.items() if i[0] != "id")

    # sensors

    def sensors(self, key: str, value: Any) -> str:
        texts = sorted(self.sensor(_object(item, key)) for item in _listed(value))
        return key + "".join(texts) if texts else ""

    def sensor(self, node: _Node) -> str:
        text = "sensorElement"
        if "sensorMetadata" in node:
            metadata = _object(node["sensorMetadata"], "sensorMetadata")
            text += "sensorMetadata" + self.fields(metadata, _METADATA, None)
        reports = _listed(node.get("sensorReport", []))
        text += "".join(
            sorted(
                "sensorReport"
                + self.fields(_object(r, "sensorReport"), _REPORT, _TYPES["sensorReport"])
                for r in reports
            )
        )
        known = ("sensorMetadata", "sensorReport")
        return text + self.extensions(item for item in node.items() if item[0] not in known)

    def fields(
        self, node: _Node, order: tuple[str, ...], types: tuple[frozenset[str], str] | None
    ) -> str:
        texts = []
        for name in order:
            if name not in node:
                continue
            if name.lower().endswith("time"):
                texts.append(self.time(name, node[name]))
            else:
                texts.append(self.pair(name, node[name], types if name == "type" else None))
        return "".join(texts) + self.extensions(i for i in node.items() if i[0] not in order)

    # everything that is not of the standard

    def ilmd(self, key: str, value: Any) -> str:
        return key + self.extensions(_object(value, key).items())

    def extensions(self, items: Any) -> str:
        texts = [
            text
            for key, value in items
            if key not in _LEFT_OUT_NESTED
            for text in self.extension(expand_key(key, self.prefixes), value)
        ]
        return "".join(sorted(texts))

    def extension(self, name: str, value: Any) -> list[str]:
        if name in self.ignored:
            return []
        if isinstance(value, list):
            return [text for item in value for text in self.extension(name, item)]
        if isinstance(value, Mapping):
            return [name + self.nested(value)]
        text = canonical_value(value, self.prefixes)
        return [f"{name}={text}" if text else name]

    def nested(self, value: _Node) -> str:
        own = value.get("@context")
        writer = self if own is None else _Writer(prefixes_of(own, self.prefixes), self.ignored)
        text = canonical_value(value["#text"], self.prefixes) if "#text" in value else ""
        rest = ((key, item) for key, item in value.items() if key not in ("@context", "#text"))
        return (f"={text}" if text else "") + writer.extensions(rest)


_LEFT_OUT_NESTED = frozenset(("@context", "rdfs:comment"))
_ORDER: tuple[tuple[str, Callable[[_Writer, str, Any], str]], ...] = (
    ("eventTime", _Writer.time),
    ("eventTimeZoneOffset", _Writer.single),
    ("certificationInfo", _Writer.single),
    ("epcList", _Writer.epcs),
    ("parentID", _Writer.single),
    ("inputEPCList", _Writer.epcs),
    ("childEPCs", _Writer.epcs),
    ("quantityList", _Writer.quantities),
    ("childQuantityList", _Writer.quantities),
    ("inputQuantityList", _Writer.quantities),
    ("outputEPCList", _Writer.epcs),
    ("outputQuantityList", _Writer.quantities),
    ("action", _Writer.single),
    ("transformationID", _Writer.single),
    ("bizStep", _Writer.single),
    ("disposition", _Writer.single),
    ("persistentDisposition", _Writer.dispositions),
    ("readPoint", _Writer.location),
    ("bizLocation", _Writer.location),
    ("sensorElementList", _Writer.sensors),
    ("bizTransactionList", _Writer.typed),
    ("destinationList", _Writer.typed),
    ("ilmd", _Writer.ilmd),
    ("sourceList", _Writer.typed),
)
_KNOWN = frozenset(key for key, _ in _ORDER) | _LEFT_OUT
