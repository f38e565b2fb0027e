"""What is wrong with an event or a document: every finding with its path and its fix."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from agridata.errors import Finding
from traceability.events._context import Prefixes, prefixes_of
from traceability.events._documents import Document, read_document
from traceability.events._personal import PersonalData
from traceability.events._shape import MODELS, check_time

__all__ = ["validate_document", "validate_event"]

_DOCUMENT_FIELDS = {
    "EPCISDocument": ("@context", "schemaVersion", "creationDate"),
    "EPCISQueryDocument": ("@context",),
}
_NO_EXTENSIONS = frozenset(("@context", "ilmd"))


def validate_event(
    event: Mapping[str, Any],
    *,
    known_personal: Collection[str] = (),
    strict_keys: bool = True,
) -> list[Finding]:
    """Return what is wrong with one event; an empty list means valid.

    Checked are the shape of EPCIS 2.0 and CBV 2.0 (event type, times, vocabulary, EPCs,
    quantities, namespaces of extension fields), and that no personal data are in it.

    Parameters
    ----------
    event
        JSON data with its ``@context``, as `load_document` or a builder returns it.
    known_personal
        Names and numbers of persons the caller holds; none of them may appear in any text.
    strict_keys
        False for other people's documents: ``name`` and ``address`` in foreign namespaces
        are then refused only where the value reads like a person's.

    Returns
    -------
    list of Finding
        `where` is a JSON path (``$.quantityList[0].uom``), sentences in both languages.
    """
    kind = event.get("type")
    model = MODELS.get(kind) if isinstance(kind, str) else None
    if model is None:
        return [_unknown_type(kind)]
    prefixes = prefixes_of(event.get("@context"))
    return [
        *_shape(event, model),
        *_namespaces(event, model, prefixes),
        *PersonalData(known_personal, strict_keys=strict_keys).findings(event, prefixes),
    ]


def validate_document(
    source: Path | str | bytes | Document,
    *,
    known_personal: Collection[str] = (),
    strict_keys: bool = True,
) -> list[Finding]:
    """Return what is wrong with a document and each of its events.

    Parameters
    ----------
    source
        As for `load_document`, or a `Document` already read.
    known_personal, strict_keys
        As for `validate_event`.

    Returns
    -------
    list of Finding
        Paths begin with the file and the number of the event: ``f.json#eventList[3]``.

    Raises
    ------
    EventError
        If there is no document to judge: unreadable, not JSON or XML, without events.
    """
    document = source if isinstance(source, Document) else read_document(source)
    findings = [_at(document.where, finding) for finding in _envelope(document.raw)]
    for number, event in enumerate(document.events):
        findings += [
            _at(f"{document.where}#event[{number}]", finding)
            for finding in validate_event(
                event, known_personal=known_personal, strict_keys=strict_keys
            )
        ]
    return findings


def _at(where: str, finding: Finding) -> Finding:
    return Finding(
        f"{where} {finding.where}",
        finding.field,
        finding.problem,
        finding.fix,
        finding.problem_vi,
        finding.fix_vi,
    )


def _unknown_type(kind: Any) -> Finding:
    given = f"{kind!r} is no event type" if kind else "has no event type"
    return Finding(
        "$.type",
        "type",
        f"{given} of EPCIS 2.0",
        f"use one of {', '.join(MODELS)}",
        "không phải là loại sự kiện của EPCIS 2.0",
        f"hãy dùng một trong: {', '.join(MODELS)}",
    )


def _envelope(raw: Any) -> Iterable[Finding]:
    if not isinstance(raw, Mapping) or "epcisBody" not in raw:
        return
    kind = raw.get("type")
    if kind not in _DOCUMENT_FIELDS:
        yield Finding(
            "$.type", "type", f"{kind!r} is no EPCIS document type", "use EPCISDocument",
            "không phải là loại tài liệu EPCIS", "hãy dùng EPCISDocument",
        )  # fmt: skip
        return
    for name in _DOCUMENT_FIELDS[kind]:
        if raw.get(name) in (None, "", []):
            yield _missing("$", name)
    if isinstance(raw.get("creationDate"), str):
        try:
            check_time(raw["creationDate"])
        except ValueError:
            yield _finding("$.creationDate", "creationDate", "time", "", {})


# shape


def _shape(event: Mapping[str, Any], model: type[BaseModel]) -> list[Finding]:
    try:
        model.model_validate(event)
    except ValidationError as error:
        found: dict[str, Finding] = {}
        for one in error.errors(include_url=False):
            place = [part for part in one["loc"] if not _is_branch(part)]
            path = "$" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in place)
            name = next((str(p) for p in reversed(place) if isinstance(p, str)), "")
            found.setdefault(
                path, _finding(path, name, one["type"], str(one["msg"]), one.get("ctx", {}))
            )
        return list(found.values())
    return []


def _is_branch(part: Any) -> bool:
    """Return whether `part` is pydantic's name of a union branch, not a key."""
    return isinstance(part, str) and (
        part in ("int", "float", "str") or "[" in part or part.startswith("function-")
    )


def _missing(parent: str, name: str) -> Finding:
    return Finding(
        f"{parent}.{name}",
        name,
        f"{name} is missing",
        f"add {name}",
        f"thiếu {name}",
        f"hãy bổ sung {name}",
    )


_SENTENCES = {
    "uri": (
        "is not a URI",
        "write a URI: urn:… or https://…",
        "không phải là URI",
        "hãy viết URI, ví dụ urn:… hoặc https://…",
    ),
    "epc": (
        "is not a well-formed EPC URN or Digital Link",
        "write https://id.gs1.org/01/GTIN/10/LOT, or check the digits of the URN",
        "không phải là mã EPC hay Digital Link đúng dạng",
        "hãy viết https://id.gs1.org/01/GTIN/10/SO-LO",
    ),
    "time": (
        "is not a date and time with zone",
        "write it like 2026-03-20T06:00:00+07:00",
        "không phải là ngày giờ có múi giờ",
        "hãy viết như 2026-03-20T06:00:00+07:00",
    ),
    "negative": (
        "is a negative quantity",
        "write what moved as a positive number",
        "số lượng không được âm",
        "hãy ghi số dương",
    ),
    "string_pattern_mismatch": (
        "has not the form the standard asks for",
        "see the standard: uom is a code such as KGM, a zone offset is like +07:00",
        "không đúng dạng của tiêu chuẩn",
        "đơn vị là mã như KGM, múi giờ viết như +07:00",
    ),
    "literal_error": (
        "is not one of the words the standard allows",
        "an action is ADD, OBSERVE or DELETE",
        "không phải là từ mà tiêu chuẩn cho phép",
        "action là ADD, OBSERVE hoặc DELETE",
    ),
    "extra_forbidden": (
        "is not a field of this object",
        "leave it out, or put it at an extension point with a namespace prefix",
        "không phải là trường của đối tượng này",
        "hãy bỏ đi hoặc đặt ở chỗ mở rộng, có tiền tố không gian tên",
    ),
    "needs_type": (
        "is a sensor report without type and without exception",
        "add type, for example Temperature",
        "báo cáo cảm biến không có loại",
        "hãy bổ sung type, ví dụ Temperature",
    ),
    "ilmd_action": (
        "has ilmd although its action is not ADD",
        "ilmd describes a new lot: use action ADD, or leave ilmd out",
        "có ilmd nhưng action không phải là ADD",
        "ilmd chỉ dùng khi tạo lô mới (ADD)",
    ),
    "needs_parent": (
        "has no parentID",
        "name what the children were packed into",
        "thiếu parentID",
        "hãy ghi vật chứa",
    ),
    "needs_set": ("needs set or unset", "add one of them", "cần set hoặc unset", "hãy bổ sung"),
}
"""pydantic's error type → problem, fix, and both in Vietnamese."""


def _finding(path: str, name: str, kind: str, message: str, context: Mapping[str, Any]) -> Finding:
    if kind == "missing":
        return _missing(path.rpartition(".")[0], name)
    if kind == "vocabulary":
        return _not_in_vocabulary(path, name, context)
    if kind in _SENTENCES:
        return Finding(path, name, *_SENTENCES[kind])
    if kind == "needs_what":
        return Finding(
            path, name, f"the event {message}", "add what the event is about",
            "sự kiện không nêu đối tượng", "hãy bổ sung hàng hóa của sự kiện",
        )  # fmt: skip
    return Finding(
        path, name, f"has the wrong kind of value: {message.lower()}", "see EPCIS 2.0",
        "giá trị không đúng kiểu", "hãy xem chuẩn EPCIS 2.0",
    )  # fmt: skip


def _not_in_vocabulary(path: str, name: str, context: Mapping[str, Any]) -> Finding:
    words = ", ".join(list(context.get("words", ()))[:6])
    return Finding(
        path,
        name,
        f"is no {context.get('kind', 'word')} of CBV 2.0",
        f"use a bare name of the standard ({words}, …) or a URI of your own",
        "không thuộc từ vựng CBV 2.0",
        f"hãy dùng từ của tiêu chuẩn ({words}, …) hoặc URI riêng",
    )


# names of extension fields


def _namespaces(
    event: Mapping[str, Any], model: type[BaseModel], prefixes: Prefixes
) -> Iterable[Finding]:
    yield from _names(event, set(model.model_fields) | _NO_EXTENSIONS, "$", prefixes)
    ilmd = event.get("ilmd")
    if isinstance(ilmd, Mapping):
        yield from _names(ilmd, {"@context"}, "$.ilmd", prefixes)
    for name in ("readPoint", "bizLocation"):
        if isinstance(event.get(name), Mapping):
            yield from _names(event[name], {"id", "@context"}, f"$.{name}", prefixes)
    yield from _sensor_names(event.get("sensorElementList"), prefixes)


def _sensor_names(sensors: Any, prefixes: Prefixes) -> Iterable[Finding]:
    from traceability.events._shape import SensorElement, SensorMetadata, SensorReport

    for number, sensor in enumerate(sensors if isinstance(sensors, list) else ()):
        if not isinstance(sensor, Mapping):
            continue
        path = f"$.sensorElementList[{number}]"
        yield from _names(sensor, set(SensorElement.model_fields), path, prefixes)
        metadata = sensor.get("sensorMetadata")
        if isinstance(metadata, Mapping):
            known = set(SensorMetadata.model_fields)
            yield from _names(metadata, known, f"{path}.sensorMetadata", prefixes)
        reports = sensor.get("sensorReport")
        for index, report in enumerate(reports if isinstance(reports, list) else ()):
            if isinstance(report, Mapping):
                known = set(SensorReport.model_fields)
                yield from _names(report, known, f"{path}.sensorReport[{index}]", prefixes)


def _names(
    node: Mapping[str, Any], known: set[str], path: str, prefixes: Prefixes
) -> Iterable[Finding]:
    for key in node:
        if key in known:
            continue
        prefix, colon, local = key.partition(":")
        if not colon or not local:
            yield Finding(
                f"{path}.{key}", key, "is no field of EPCIS 2.0 and has no namespace",
                "write it as prefix:name and declare the prefix in @context",
                "không phải là trường của EPCIS 2.0 và không có không gian tên",
                "hãy viết dạng tiền-tố:tên và khai báo tiền tố trong @context",
            )  # fmt: skip
        elif prefix not in prefixes and not local.startswith("//") and prefix != "urn":
            yield Finding(
                f"{path}.{key}", key, f"the prefix {prefix!r} is not declared",
                f"declare {prefix!r} in @context",
                f"tiền tố {prefix!r} chưa được khai báo",
                f"hãy khai báo {prefix!r} trong @context",
            )  # fmt: skip
