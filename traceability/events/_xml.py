"""EPCIS XML (2.0, and 1.2 as far as it says the same) into the JSON form of EPCIS 2.0.

Parsed with expat: a document type declaration may stand (one published example has one),
but any entity declaration, and with it every external reference, is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from traceability.errors import EventError
from traceability.events._vocabulary import EVENT_TYPES

__all__ = ["document_from_xml"]

_MAX_NESTING = 40
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_EPCIS_SPACE = "urn:epcglobal:epcis"
_WRAPPERS = frozenset(("extension", "baseExtension"))
_EPC_LISTS = frozenset(("epcList", "childEPCs", "inputEPCList", "outputEPCList"))
_QUANTITY_LISTS = frozenset(
    ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
)
_TYPED_LISTS = frozenset(("bizTransactionList", "sourceList", "destinationList"))
_PLACES = frozenset(("readPoint", "bizLocation"))
_NUMBERS = frozenset(
    ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue", "quantity")
)
_INTEGER = re.compile(r"[+-]?\d+")


@dataclass
class _Element:
    """One element: its namespace and name, attributes, children, text."""

    space: str
    name: str
    attributes: dict[tuple[str, str], str]
    spaces: dict[str, str]
    children: list[_Element] = field(default_factory=list)
    text: str = ""

    def first(self, name: str) -> _Element | None:
        return next((child for child in self.children if child.name == name), None)


def document_from_xml(data: bytes, where: str) -> dict[str, Any]:
    """Return an EPCISDocument or EPCISQueryDocument as JSON data.

    Raises
    ------
    EventError
        If the text is not well-formed XML, declares entities, is nested too deeply or holds
        no EPCIS events.
    """
    root = _Builder(where).parse(data)
    if root.name in EVENT_TYPES:
        event = _event(root)
        return {**event, "@context": _context(root)}
    listed = _find(root, "EventList")
    if listed is None:
        raise _refused(where, "is XML without an EventList", "send an EPCIS document")
    events = [_event(element) for element in _unwrapped(listed) if element.name in EVENT_TYPES]
    return _document(root, events)


def _document(root: _Element, events: list[dict[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {"@context": _context(root), "type": root.name}
    for name in ("schemaVersion", "creationDate"):
        if ("", name) in root.attributes:
            document[name] = root.attributes["", name]
    for scope in (root, *root.children):
        for child in scope.children:
            if child.name == "ignoreFields":
                document[_key(child)] = [_key(grandchild) for grandchild in child.children]
    if root.name == "EPCISQueryDocument":
        query = _find(root, "queryName")
        results: dict[str, Any] = {"resultsBody": {"eventList": events}}
        if query is not None:
            results["queryName"] = query.text.strip()
        document["epcisBody"] = {"queryResults": results}
    else:
        document["epcisBody"] = {"eventList": events}
    return document


class _Builder:
    """Builds the tree from expat's callbacks."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.stack: list[_Element] = []
        self.root: _Element | None = None
        self.spaces: dict[str, str] = {}
        self.pending: dict[str, str] = {}

    def parse(self, data: bytes) -> _Element:
        parser = expat.ParserCreate(namespace_separator="\x1f")
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.characters
        parser.StartNamespaceDeclHandler = self.namespace
        parser.EntityDeclHandler = self.entity
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        try:
            parser.Parse(data, True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise _refused(
                self.where, f"is not well-formed XML: {error}", "export it again"
            ) from error
        if self.root is None:  # pragma: no cover  expat refuses a document without element
            raise _refused(self.where, "is XML without an element", "export it again")
        return self.root

    def namespace(self, prefix: str | None, uri: str | None) -> None:
        if prefix and uri:
            self.pending[prefix] = uri

    def entity(self, *_: object) -> None:
        raise _refused(self.where, "declares an XML entity", "remove the document type declaration")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.stack) >= _MAX_NESTING:
            raise _refused(self.where, f"is nested deeper than {_MAX_NESTING} levels", "flatten it")
        if self.pending:
            self.spaces = {**self.spaces, **self.pending}
            self.pending = {}
        space, local = _split(name)
        element = _Element(space, local, {_split(n): v for n, v in attributes.items()}, self.spaces)
        if self.stack:
            self.stack[-1].children.append(element)
        else:
            self.root = element
        self.stack.append(element)

    def end(self, _: str) -> None:
        self.stack.pop()

    def characters(self, text: str) -> None:
        self.stack[-1].text += text


def _split(name: str) -> tuple[str, str]:
    """Return (namespace, local name); elements that name EPCIS's own namespace have none."""
    space, _, local = name.rpartition("\x1f")
    return ("" if space.startswith(_EPCIS_SPACE) else space), local


def _refused(where: str, problem: str, fix: str) -> EventError:
    return EventError(
        problem,
        where=where,
        fix=fix,
        problem_vi="không đọc được tài liệu XML",
        fix_vi="hãy xuất lại tài liệu EPCIS",
    )


def _find(element: _Element, name: str) -> _Element | None:
    pending = [element]
    while pending:
        current = pending.pop(0)
        if current.name == name:
            return current
        pending += current.children
    return None


def _all_spaces(element: _Element) -> dict[str, str]:
    found = dict(element.spaces)
    pending = list(element.children)
    while pending:
        current = pending.pop()
        for prefix, uri in current.spaces.items():
            if found.setdefault(prefix, uri) != uri:
                found[_other_prefix(prefix, uri, found)] = uri
        pending += current.children
    return found


def _other_prefix(prefix: str, uri: str, taken: dict[str, str]) -> str:
    number = 2
    while taken.get(f"{prefix}{number}", uri) != uri:
        number += 1
    return f"{prefix}{number}"


_STANDARD_SPACES = ("urn:epcglobal:epcis", "urn:epcglobal:xsd", "http://www.w3.org/2001/XMLSchema")
_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def _context(element: _Element) -> list[Any]:
    own = {
        prefix: uri
        for prefix, uri in sorted(_all_spaces(element).items())
        if not uri.startswith(_STANDARD_SPACES)
    }
    return [_CONTEXT, own] if own else [_CONTEXT]


def _key(element: _Element) -> str:
    return _name(element.space, element.name, element.spaces)


def _name(space: str, local: str, spaces: dict[str, str]) -> str:
    """Return ``prefix:local``; a default namespace has no prefix and is written in full."""
    if not space:
        return local
    prefix = next((p for p, uri in spaces.items() if uri == space), None)
    return f"{prefix}:{local}" if prefix else f"{space}{local}"


def _unwrapped(element: _Element) -> list[_Element]:
    found: list[_Element] = []
    for child in element.children:
        found += _unwrapped(child) if child.name in _WRAPPERS and not child.space else [child]
    return found


def _is_nil(element: _Element) -> bool:
    return element.attributes.get((_XSI, "nil")) in ("true", "1")


def _event(element: _Element) -> dict[str, Any]:
    event: dict[str, Any] = {"type": element.name}
    for child in _unwrapped(element):
        if _is_nil(child):
            continue
        if child.space:
            _add(event, _key(child), _extension(child))
        else:
            _standard(event, child)
    return event


def _standard(event: dict[str, Any], child: _Element) -> None:
    name = child.name
    if name in _EPC_LISTS:
        event[name] = [epc.text.strip() for epc in child.children]
    elif name in _QUANTITY_LISTS:
        event[name] = [_quantity(item) for item in child.children]
    elif name in _TYPED_LISTS:
        event[name] = [_typed(item) for item in child.children]
    elif name in _PLACES or name == "ilmd":
        event[name] = _fields(child)
    elif name == "errorDeclaration":
        event[name] = _error_declaration(child)
    elif name == "persistentDisposition":
        event[name] = _dispositions(child)
    elif name == "sensorElementList":
        event[name] = [_sensor(item) for item in child.children]
    elif child.children:
        event[name] = _fields(child)
    else:
        _add(event, name, child.text.strip())


def _add(target: dict[str, Any], key: str, value: Any) -> None:
    """Put `value` under `key`; what comes twice becomes a list."""
    if key not in target:
        target[key] = value
    elif isinstance(target[key], list):
        target[key].append(value)
    else:
        target[key] = [target[key], value]


def _fields(element: _Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in _unwrapped(element):
        _add(found, _key(child), _extension(child))
    return found


def _extension(element: _Element) -> Any:
    if element.children:
        return _fields(element)
    text = element.text.strip()
    kind = element.attributes.get((_XSI, "type"), "").rpartition(":")[2]
    if kind in ("integer", "int", "long", "double", "float", "decimal"):
        return _number(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _number(text: str) -> Any:
    try:
        return int(text) if _INTEGER.fullmatch(text) else float(text)
    except ValueError:
        return text


def _quantity(element: _Element) -> dict[str, Any]:
    return {
        child.name: _number(child.text.strip()) if child.name in _NUMBERS else child.text.strip()
        for child in element.children
        if not _is_nil(child)
    }


def _typed(element: _Element) -> dict[str, Any]:
    kind = element.attributes.get(("", "type"))
    return ({"type": kind} if kind else {}) | {element.name: element.text.strip()}


def _error_declaration(element: _Element) -> dict[str, Any]:
    found = _fields(element)
    corrective = element.first("correctiveEventIDs")
    if corrective is not None:
        found["correctiveEventIDs"] = [child.text.strip() for child in corrective.children]
    return found


def _dispositions(element: _Element) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for child in element.children:
        found.setdefault(child.name, []).append(child.text.strip())
    return found


def _sensor(element: _Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in _unwrapped(element):
        if child.space:
            _add(found, _key(child), _extension(child))
        elif child.name == "sensorReport":
            found.setdefault("sensorReport", []).append(_attributes(child))
        elif child.name == "sensorMetadata":
            found["sensorMetadata"] = _attributes(child)
    return found


def _attributes(element: _Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for (space, local), text in element.attributes.items():
        value: Any = text
        if not space and local in _NUMBERS:
            value = _number(text)
        elif not space and local == "booleanValue":
            value = text in ("true", "1")
        found[_name(space, local, element.spaces)] = value
    for child in element.children:
        _add(found, _key(child), _extension(child))
    return found
