"""One spelling for one thing: EPC URNs and Digital Links as constrained canonical links.

CBV 2.0, 8.9.2, rules 17 and 18: the domain becomes id.gs1.org, the query goes, and only
the finest level of identification stays. Check digits are not judged here: an identity
must exist even for a number that somebody printed wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from traceability.errors import IdentifierError
from traceability.identifiers._check import with_check_digit
from traceability.identifiers._digital_link import (
    escape_path,
    qualifiers_fit,
    split_path,
    unescape_path,
)
from traceability.identifiers._table import ApplicationIdentifier, find_identifier

__all__ = ["canonical_uri"]

_BASE = "https://id.gs1.org"
_SERIAL = r"((?:[!'()*+,.\-0-9:;=A-Za-z_]|%[0-9A-Fa-f]{2})+)"
_LINK = re.compile(r"https?://[^/?#]+(/[^?#]*)", re.IGNORECASE)
_FINEST = {"01": ("21", "235", "10"), "8006": ("21", "10"), "414": ("254",), "8010": ("8011",)}
"""Key → the qualifiers that identify, finest first; all others are dropped."""

_GTIN_LENGTHS = (8, 12, 13, 14)


def canonical_uri(uri: str) -> str | None:
    """Return the constrained canonical Digital Link of an EPC URN or a Digital Link.

    Returns
    -------
    str or None
        None where `uri` is neither, or not well formed.
    """
    if uri.startswith("urn:epc:"):
        return _from_urn(uri)
    found = _LINK.fullmatch(uri.split("?", 1)[0].split("#", 1)[0])
    return _from_link(found[1]) if found else None


def _from_link(path: str) -> str | None:
    pairs = split_path(path)
    if not pairs:
        return None
    number, value = pairs[0][0], unescape_path(pairs[0][1])
    identifier = find_identifier(number)
    qualifiers = dict(pairs[1:])
    if identifier is None or not _fits(identifier, value):
        return None
    if not qualifiers_fit(identifier, qualifiers) or not all(qualifiers.values()):
        return None
    if number == "01":
        value = value.zfill(14)
    finest = next((name for name in _FINEST.get(number, ()) if name in qualifiers), None)
    tail = "" if finest is None else f"/{finest}/{_escape(unescape_path(qualifiers[finest]))}"
    return f"{_BASE}/{number}/{_escape(value)}{tail}"


def _fits(identifier: ApplicationIdentifier, value: str) -> bool:
    """Return whether `value` has the key's shape: its digits where digits are due, its length."""
    if identifier.number == "01":
        return value.isdigit() and len(value) in _GTIN_LENGTHS
    rest = value
    for component in identifier.components:
        if not rest and component.optional:
            return True
        part, rest = rest[: component.longest], rest[component.longest :]
        if len(part) < component.shortest:
            return False
        if component.charset == "csetnumeric" and not part.isdigit():
            return False
    return not rest


def _escape(value: str) -> str:
    """Escape as canonical links do; the apostrophe, ``;`` and ``=`` stay as in EPC URNs."""
    escaped = escape_path(value)
    for char, code in (("'", "%27"), (";", "%3B"), ("=", "%3D")):
        escaped = escaped.replace(code, char)
    return escaped


def _digits(prefix: str, reference: str, total: int) -> str | None:
    if 6 <= len(prefix) <= 12 and len(prefix) + len(reference) == total:
        return prefix + reference
    return None


def _gtin(prefix: str, reference: str) -> str | None:
    joined = _digits(prefix, reference, 13)
    if joined is None:
        return None
    return with_check_digit(reference[0] + prefix + reference[1:])


def _thirteen(prefix: str, reference: str) -> str | None:
    joined = _digits(prefix, reference, 12)
    return None if joined is None else with_check_digit(joined)


def _eighteen(prefix: str, reference: str) -> str | None:
    joined = _digits(prefix, reference, 17)
    return None if joined is None else with_check_digit(joined)


def _sscc(prefix: str, reference: str) -> str | None:
    joined = _digits(prefix, reference, 17)
    if joined is None:
        return None
    return with_check_digit(reference[0] + prefix + reference[1:])


def _seventeen(prefix: str, reference: str) -> str | None:
    joined = _digits(prefix, reference, 16)
    return None if joined is None else with_check_digit(joined)


_Key = Callable[[str, str], str | None]
_SCHEMES: dict[str, tuple[str, _Key, str]] = {
    # scheme: (what follows prefix and reference, key from both, link with {k}ey and {s}erial)
    "id:sgtin": (rf"\.{_SERIAL}", _gtin, "/01/{k}/21/{s}"),
    "id:sscc": ("", _sscc, "/00/{k}"),
    "id:sgln": (rf"\.{_SERIAL}", _thirteen, "/414/{k}/254/{s}"),
    "id:grai": (rf"\.{_SERIAL}", lambda p, r: _prefixed(_thirteen(p, r)), "/8003/{k}{s}"),
    "id:gsrn": ("", _eighteen, "/8018/{k}"),
    "id:gsrnp": ("", _eighteen, "/8017/{k}"),
    "id:gdti": (rf"\.{_SERIAL}", _thirteen, "/253/{k}{s}"),
    "id:sgcn": (r"\.(\d{1,12})", _thirteen, "/255/{k}{s}"),
    "id:gsin": ("", _seventeen, "/402/{k}"),
    "id:upui": (rf"\.{_SERIAL}", _gtin, "/01/{k}/235/{s}"),
    "id:pgln": ("", _thirteen, "/417/{k}"),
    "class:lgtin": (rf"\.{_SERIAL}", _gtin, "/01/{k}/10/{s}"),
    "idpat:sgtin": (r"\.\*", _gtin, "/01/{k}"),
    "idpat:upui": (r"\.\*", _gtin, "/01/{k}"),
    "idpat:grai": (r"\.\*", lambda p, r: _prefixed(_thirteen(p, r)), "/8003/{k}"),
    "idpat:gdti": (r"\.\*", _thirteen, "/253/{k}"),
    "idpat:sgcn": (r"\.\*", _thirteen, "/255/{k}"),
}
_ITIP = re.compile(rf"urn:epc:(id|idpat):itip:(\d+)\.(\d+)\.(\d\d)\.(\d\d)\.(?:\*|{_SERIAL})")
_CPI = re.compile(r"urn:epc:(id|idpat):cpi:(\d{6,12})\.((?:[0-9A-Z-]|%2[3Ff])+)\.(?:\*|(\d{1,12}))")
_PLAIN = {"giai": "8004", "ginc": "401"}
_PLAIN_URN = re.compile(rf"urn:epc:id:(giai|ginc):(\d{{6,12}})\.{_SERIAL}")


def _prefixed(key: str | None) -> str | None:
    return None if key is None else "0" + key


def _from_urn(uri: str) -> str | None:
    if found := _PLAIN_URN.fullmatch(uri):
        return f"{_BASE}/{_PLAIN[found[1]]}/{found[2]}{_reescape(found[3])}"
    if found := _CPI.fullmatch(uri):
        tail = f"/8011/{found[4]}" if found[1] == "id" and found[4] else ""
        return f"{_BASE}/8010/{found[2]}{_reescape(found[3])}{tail}"
    if found := _ITIP.fullmatch(uri):
        key = _gtin(found[2], found[3])
        tail = f"/21/{_reescape(found[6])}" if found[6] else ""
        return None if key is None else f"{_BASE}/8006/{key}{found[4]}{found[5]}{tail}"
    kind, _, body = uri.removeprefix("urn:epc:").partition(":")
    scheme, _, body = body.partition(":")
    return _from_scheme(f"{kind}:{scheme}", body)


def _from_scheme(scheme: str, body: str) -> str | None:
    if scheme not in _SCHEMES:
        return None
    pattern, key_of, form = _SCHEMES[scheme]
    found = re.fullmatch(rf"(\d+)\.(\d*){pattern}", body)
    if found is None:
        return None
    try:
        key = key_of(found[1], found[2])
    except IdentifierError:
        return None
    if key is None:
        return None
    serial = found[3] if found.re.groups > 2 else ""
    if scheme == "id:sgln" and serial == "0":
        return f"{_BASE}/414/{key}"
    return _BASE + form.format(k=key, s=_reescape(serial))


def _reescape(serial: str) -> str:
    return _escape(unescape_path(serial))
