"""GS1 Digital Link URIs, uncompressed form: read, checked and built.

Source: GS1 Digital Link Standard, URI Syntax 1.6, section 4; convenience names
(``/gtin/…/lot/…``) of release 1.1 are still read, never written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from traceability.errors import IdentifierError
from traceability.identifiers._check import gtin14
from traceability.identifiers._elements import (
    check_associations,
    check_value,
    known_identifier,
)
from traceability.identifiers._table import ApplicationIdentifier, find_identifier

__all__ = [
    "CONVENIENCE_NAMES",
    "MAX_URI_LENGTH",
    "build_digital_link",
    "escape_path",
    "escape_query",
    "parse_digital_link",
    "qualifiers_fit",
    "split_digital_link",
    "split_path",
    "unescape_path",
    "unescape_query",
]

MAX_URI_LENGTH = 2_048
"""Characters of a link read at most: longer ones do not fit a QR code that phones can read."""

CONVENIENCE_NAMES = {
    "gtin": "01", "itip": "8006", "gmn": "8013", "cpid": "8010", "gln": "414", "party": "417",
    "gsrnp": "8017", "gsrn": "8018", "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401",
    "gsin": "402", "grai": "8003", "giai": "8004", "cpv": "22", "lot": "10", "ser": "21",
    "cpsn": "8011", "glnx": "254", "refno": "8020", "srin": "8019",
}  # fmt: skip
"""Words that releases 1.0–1.2 allowed in a path in place of the number."""

_URI = re.compile(
    r"(?:https?|HTTPS?)://([A-Za-z0-9.\-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?(/[^?#]*)"
    r"(?:\?([^#]*))?(?:#.*)?"
)
_URI_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SHORTEST_COMPRESSED = 10


def _malformed(problem: str, *, field: str = "uri", fix: str = "") -> IdentifierError:
    return IdentifierError(
        problem,
        field=field,
        fix=fix or "write https://DOMAIN/01/GTIN/10/LOT, every other element in the query",
        problem_vi="đường dẫn GS1 Digital Link không đúng",
        fix_vi="hãy viết dạng https://TEN-MIEN/01/GTIN/10/SO-LO",
    )


def escape_path(value: str) -> str:
    """Percent-encode `value` for a path segment (all but RFC 3986 unreserved characters)."""
    return "".join(char if char in _UNRESERVED else _percent(char) for char in value)


def _percent(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # a byte that `unescape_path` kept
        return f"%{ord(char) - 0xDC00:02X}"
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))


def escape_query(value: str) -> str:
    """Percent-encode `value` for a query string; a blank becomes ``+``."""
    return escape_path(value).replace("%20", "+")


def unescape_path(text: str) -> str:
    """Undo percent-encoding; sequences that are none stay; bytes over 0x7F become surrogates."""
    return re.sub(
        r"%([0-9A-Fa-f]{2})",
        lambda found: bytes.fromhex(found[1]).decode("ascii", "surrogateescape"),
        text,
    )


def unescape_query(text: str) -> str:
    """Undo percent-encoding of a query value; ``+`` is a blank."""
    return unescape_path(text.replace("+", " "))


def split_path(path: str) -> list[tuple[str, str]]:
    """Return the (identifier, escaped value) pairs at the end of a link's path.

    The last primary key whose qualifiers reach the path's end counts, so that a stem may
    hold segments of any kind; an empty list where no such key is found.
    """
    segments = path.removesuffix("/").split("/")
    for start in range(len(segments) - 2, 0, -1):
        number = CONVENIENCE_NAMES.get(segments[start], segments[start])
        identifier = find_identifier(number)
        if identifier and identifier.is_key and (len(segments) - start) % 2 == 0:
            names = [CONVENIENCE_NAMES.get(n, n) for n in segments[start::2]]
            return list(zip(names, segments[start + 1 :: 2], strict=True))
    return []


def qualifiers_fit(identifier: ApplicationIdentifier, names: Iterable[str]) -> bool:
    """Return whether `names` are qualifiers of the key, in the standard's order."""
    given = tuple(names)
    return not given or any(
        given == tuple(name for name in way if name in given) for way in identifier.qualifiers
    )


def parse_digital_link(
    uri: str, *, short_gtin: bool = False, permit_unknown: bool = False
) -> dict[str, str]:
    """Read a GS1 Digital Link URI and check everything in it.

    Parameters
    ----------
    uri
        An uncompressed link; host and stem are free.
    short_gtin
        Also read GTIN-8, -12 and -13 in place of 14 digits (returned as 14).
    permit_unknown
        Keep numeric query keys that the General Specifications do not assign.

    Returns
    -------
    dict
        Application identifier → value: the path in its order, then the query in its order.
        Query keys that are not numbers are other people's and are left out.

    Raises
    ------
    IdentifierError
        If the URI is malformed or compressed, a value is wrong, elements do not go together.
    """
    found = _URI.fullmatch(uri) if len(uri) <= MAX_URI_LENGTH else None
    if found is None or not _URI_CHARACTERS.fullmatch(uri) or int(found[2] or 0) > 65_535:
        raise _malformed("this is not an http(s) URI with a domain and a path")
    elements = _read_path(found[3])
    for number, value in _read_query(found[4] or "", permit_unknown=permit_unknown):
        if number in elements:
            raise _malformed(f"({number}) comes twice", field=number, fix="leave one out")
        elements[number] = value
    return _checked(elements, short_gtin=short_gtin, permit_unknown=permit_unknown)


def split_digital_link(uri: str) -> tuple[dict[str, str], dict[str, str]]:
    """Read a link as `parse_digital_link` does, path and query apart.

    Returns
    -------
    tuple of dict
        Key and qualifiers of the path; attributes of the query.
    """
    elements = parse_digital_link(uri)
    found = _URI.fullmatch(uri)
    in_path = {name for name, _ in split_path(found[3])} if found else set()
    path = {name: value for name, value in elements.items() if name in in_path}
    return path, {name: value for name, value in elements.items() if name not in in_path}


def _checked(elements: dict[str, str], *, short_gtin: bool, permit_unknown: bool) -> dict[str, str]:
    if short_gtin and 8 <= len(elements.get("01", "")) <= 13:
        elements["01"] = gtin14(elements["01"])
    for number, value in elements.items():
        if find_identifier(number) is not None or not permit_unknown:
            check_value(number, value)
    check_associations(elements)
    return elements


def _read_path(path: str) -> dict[str, str]:
    pairs = split_path(path)
    if not pairs:
        raise _no_key(path)
    names = [name for name, _ in pairs]
    key = known_identifier(names[0])
    if not qualifiers_fit(key, names[1:]):
        raise _malformed(
            f"/{'/'.join(names[1:])}/ may not follow /{key.number}/ in this order",
            field=names[1],
            fix="the path order is /01/…/22/…/10/…/21/…; other elements go into the query",
        )
    return {name: unescape_path(value) for name, value in pairs}


def _no_key(path: str) -> IdentifierError:
    last = path.rsplit("/", 1)[-1]
    if len(last) >= _SHORTEST_COMPRESSED and re.fullmatch(r"[A-Za-z0-9_-]+", last):
        return _malformed(
            "no GS1 key in the path; it may be a compressed Digital Link, which is not read here",
            fix="scan the uncompressed link, or let the resolver that made it expand it",
        )
    return _malformed("no GS1 key such as /01/ is found in the path")


def _read_query(query: str, *, permit_unknown: bool) -> Iterable[tuple[str, str]]:
    for part in re.split("[&;]", query):
        name, equals, value = part.partition("=")
        if not equals or not re.fullmatch(r"\d+", name):
            continue
        identifier = find_identifier(name)
        if identifier is None and permit_unknown:
            yield name, unescape_query(value)
            continue
        if not known_identifier(name).in_query:
            raise _malformed(
                f"({name}) may not stand in the query",
                field=name,
                fix=f"({name}) belongs into the path, or not into a link at all",
            )
        yield name, unescape_query(value)


def build_digital_link(
    elements: Mapping[str, str], domain: str = "id.gs1.org", *, permit_unknown: bool = False
) -> str:
    """Build an uncompressed GS1 Digital Link URI.

    Parameters
    ----------
    elements
        Application identifier → value; the first primary key leads the path, its
        qualifiers follow in the standard's order, everything else goes into the query in
        the order given. A GTIN of 8, 12 or 13 digits is padded to 14.
    domain
        ``example.vn``, ``example.vn/trace`` or with ``http(s)://`` before it.

    Returns
    -------
    str
        The URI; `parse_digital_link` reads the same elements back.

    Raises
    ------
    IdentifierError
        If a value is wrong, no primary key is given or an element has no place in a link.
    """
    given = dict(elements)
    if 8 <= len(given.get("01", "")) < 14:
        given["01"] = gtin14(given["01"])
    for number, value in given.items():
        if not (permit_unknown and find_identifier(number) is None):
            check_value(number, value)
    check_associations(given)
    names = _path_names(given)
    path = "".join(f"/{name}/{escape_path(given[name])}" for name in names)
    rest = [f"{name}={escape_query(value)}" for name, value in given.items() if name not in names]
    return _stem(domain) + path + ("?" + "&".join(rest) if rest else "")


def _path_names(elements: Mapping[str, str]) -> list[str]:
    key = next((n for n in elements if (found := find_identifier(n)) and found.is_key), None)
    if key is None:
        raise _malformed(
            "a Digital Link needs a primary key such as (01)",
            fix="add the GTIN (01), or use a plain /t/CODE link",
        )
    for way in (*known_identifier(key).qualifiers, ()):
        names = [key, *(name for name in way if name in elements)]
        if not (strays := _strays(elements, names)):
            return names
    raise _malformed(
        f"({strays[0]}) has no place in a link with ({key})",
        field=strays[0],
        fix=f"leave ({strays[0]}) out",
    )


def _strays(elements: Mapping[str, str], names: list[str]) -> list[str]:
    rest = (name for name in elements if name not in names)
    return [n for n in rest if (found := find_identifier(n)) and not found.in_query]


def _stem(domain: str) -> str:
    stem = domain if "://" in domain else f"https://{domain}"
    if not _URI.fullmatch(stem.rstrip("/") + "/") or "?" in stem or "#" in stem:
        raise _malformed(
            f"{domain[:80]!r} is not a domain", field="domain", fix="give a domain: example.vn"
        )
    return stem.rstrip("/")
