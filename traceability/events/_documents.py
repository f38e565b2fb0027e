"""EPCIS documents in: JSON, JSON-LD and XML, from a file, text or bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from traceability.errors import EventError
from traceability.events._context import expand_key, prefixes_of

__all__ = [
    "MAX_DOCUMENT_BYTES",
    "MAX_NESTING",
    "Document",
    "Event",
    "load_document",
    "read_document",
]

MAX_DOCUMENT_BYTES = 256 * 1024 * 1024
"""Bytes of one document: 100,000 events are about 100 MB; more is sent in parts."""

MAX_NESTING = 40
"""Levels of objects and lists: the standard needs 9; deeper input is an attack on the stack."""

_BOM = b"\xef\xbb\xbf"


class Event(dict[str, Any]):
    """One event as plain JSON data, with the document's ``@context`` in it.

    `ignored` holds the expanded names that the document declared with ``ignoreFields``:
    the event hash leaves them out.
    """

    ignored: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Document:
    """A document as read: the whole of it and its events."""

    where: str
    raw: Any
    events: list[Event] = field(repr=False)


def load_document(source: Path | str | bytes) -> list[Event]:
    """Return the events of a document, each with its ``@context``.

    Parameters
    ----------
    source
        A path, or the text or bytes of an EPCISDocument, EPCISQueryDocument, bare event
        or list of events; JSON, JSON-LD (with or without byte-order mark) or XML.

    Returns
    -------
    list of dict
        Plain JSON data; XML is brought into the JSON form of EPCIS 2.0.

    Raises
    ------
    EventError
        If it cannot be read, is not JSON or XML, too large, too deep, or holds no events.
    """
    return read_document(source).events


def read_document(source: Path | str | bytes) -> Document:
    """Return the document itself and its events; same errors as `load_document`."""
    data, where = _bytes_of(source)
    if len(data) > MAX_DOCUMENT_BYTES:
        raise _unreadable(
            where, f"is larger than {MAX_DOCUMENT_BYTES // 2**20} MB", "send it in parts"
        )
    body = data.removeprefix(_BOM).lstrip()
    if body.startswith(b"<"):
        from traceability.events._xml import document_from_xml

        raw: Any = document_from_xml(body, where)
    else:
        raw = _parse_json(body, where)
    return Document(where, raw, _events_of(raw, where))


def _bytes_of(source: Path | str | bytes) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        return source, "document"
    if isinstance(source, str) and source.lstrip("\ufeff \t\r\n")[:1] in ("{", "[", "<"):
        return source.encode("utf-8", "surrogatepass"), "document"
    path = Path(source)
    try:
        return path.read_bytes(), str(path)
    except OSError as error:
        problem = "there is no such file" if not path.exists() else "cannot be read"
        raise _unreadable(str(path), problem, "check the path") from error
    except ValueError as error:
        raise _unreadable(str(path)[:80], "is no file name", "check the path") from error


def _unreadable(where: str, problem: str, fix: str) -> EventError:
    return EventError(
        problem,
        where=where,
        fix=fix,
        problem_vi="không đọc được tài liệu EPCIS",
        fix_vi="hãy kiểm tra lại tệp",
    )


def _parse_json(body: bytes, where: str) -> Any:
    try:
        raw = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise _unreadable(
            where, f"is not UTF-8 (byte {error.start})", "save it as UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        raise _unreadable(
            f"{where}:{error.lineno}",
            f"is not JSON: {error.msg} (line {error.lineno}, column {error.colno})",
            "send the whole document as it was exported",
        ) from error
    except RecursionError as error:
        raise _too_deep(where) from error
    except ValueError as error:
        raise _unreadable(
            where, f"holds a number that is none: {error}", "write a number"
        ) from error
    if _depth_exceeds(raw, MAX_NESTING):
        raise _too_deep(where)
    return raw


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _too_deep(where: str) -> EventError:
    return _unreadable(where, f"is nested deeper than {MAX_NESTING} levels", "flatten it")


def _depth_exceeds(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return True


def _children(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else ()


def _events_of(raw: Any, where: str) -> list[Event]:
    if isinstance(raw, list):
        return [_event(item, f"{where}#[{n}]", None, None) for n, item in enumerate(raw)]
    if not isinstance(raw, dict):
        raise _unreadable(where, "is neither an object nor a list", "send an EPCISDocument")
    if "epcisBody" not in raw:
        return [_event(raw, where, None, None)]
    listed, names = _listed_events(raw, where)
    context = raw.get("@context")
    return [
        _event(item, f"{where}#eventList[{n}]", context, names) for n, item in enumerate(listed)
    ]


def _listed_events(raw: Mapping[str, Any], where: str) -> tuple[list[Any], list[Any]]:
    """Return the event list of a document and the objects that may declare ignored fields."""
    body = raw["epcisBody"]
    scopes = [raw, body]
    if isinstance(body, dict) and isinstance(results := body.get("queryResults"), dict):
        body = results.get("resultsBody")
        scopes += [results, body]
    if isinstance(body, dict) and "event" in body and "eventList" not in body:
        return [body["event"]], scopes
    listed = body.get("eventList") if isinstance(body, dict) else None
    if not isinstance(listed, list):
        raise _unreadable(where, "has no list of events in epcisBody", "put them in eventList")
    return listed, scopes


def _event(item: Any, where: str, context: Any, scopes: list[Any] | None) -> Event:
    if not isinstance(item, dict):
        raise _unreadable(where, "is not an event (an object is due)", "remove it")
    event = Event(item)
    if context is not None:
        own = item.get("@context")
        event["@context"] = context if own is None else [*_listed(context), *_listed(own)]
    if scopes is not None:
        event.ignored = _ignored(scopes, event.get("@context"))
    return event


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _ignored(scopes: list[Any], context: Any) -> frozenset[str]:
    names = [
        name
        for scope in scopes
        if isinstance(scope, dict)
        for key, value in scope.items()
        if key.rpartition(":")[2] == "ignoreFields"
        for name in _listed(value)
        if isinstance(name, str)
    ]
    if not names:
        return frozenset()
    prefixes = prefixes_of(context)
    return frozenset(expand_key(name, prefixes) for name in names)
