"""Element strings: values checked against the table, pairs checked against the rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from traceability.errors import IdentifierError
from traceability.identifiers._lint import lint
from traceability.identifiers._table import (
    ApplicationIdentifier,
    Component,
    find_identifier,
    split_number,
)

__all__ = [
    "MAX_ELEMENT_STRING",
    "check_associations",
    "check_value",
    "known_identifier",
    "parse_element_string",
]

MAX_ELEMENT_STRING = 8_192
"""Characters read at most: the largest GS1 symbol (QR version 40) holds 7,089 digits."""

_GROUP_SEPARATOR = "\x1d"
_SYMBOLOGIES = ("]C1", "]e0", "]d2", "]Q3", "]J1")
"""Identifiers that scanners put before GS1 element strings (ISO/IEC 15424)."""


def known_identifier(number: str) -> ApplicationIdentifier:
    """Return the application identifier `number`.

    Raises
    ------
    IdentifierError
        If the General Specifications assign no such number.
    """
    if found := find_identifier(number):
        return found
    raise IdentifierError(
        f"({number[:20]}) is not a GS1 application identifier",
        field=number[:20],
        fix="use the two to four digits of the General Specifications, for example 01 or 10",
        problem_vi=f"({number[:20]}) không phải là số phân định ứng dụng GS1",
        fix_vi="hãy dùng số phân định GS1, ví dụ 01 hoặc 10",
    )


def check_value(number: str, value: str) -> None:
    """Check one element's value: length, characters, check digit, date, code lists.

    Raises
    ------
    IdentifierError
        If `number` is unknown or `value` breaks its format.
    """
    identifier = known_identifier(number)
    rest = value
    for component in identifier.components:
        if not rest and component.optional:
            break
        part, rest = rest[: component.longest], rest[component.longest :]
        _check_component(number, component, part)
    if rest:
        raise _wrong_length(identifier, f"is longer than {identifier.longest} characters")


def _check_component(number: str, component: Component, part: str) -> None:
    if len(part) < component.shortest:
        raise _wrong_length(known_identifier(number), "is too short or empty")
    for linter in (component.charset, *component.linters):
        try:
            lint(linter, part)
        except IdentifierError as error:
            finding = error.findings[0]
            raise IdentifierError(
                f"({number}) {finding.problem}",
                field=number,
                fix=finding.fix,
                problem_vi=f"({number}) {finding.problem_vi}",
                fix_vi=finding.fix_vi,
            ) from error


def _wrong_length(identifier: ApplicationIdentifier, problem: str) -> IdentifierError:
    return IdentifierError(
        f"the value of ({identifier.number}) {identifier.title} {problem}",
        field=identifier.number,
        fix="compare it with the label it was read from",
        problem_vi=f"giá trị của ({identifier.number}) có độ dài không đúng",
        fix_vi="hãy so lại với nhãn",
    )


def parse_element_string(text: str, *, permit_unknown: bool = False) -> dict[str, str]:
    r"""Read a GS1 element string and check every value.

    Parameters
    ----------
    text
        Bracketed, ``(01)09521234543213(10)ABC`` with ``\(`` for a bracket in a value;
        or as scanned, ``^`` or the group separator (0x1D) for FNC1, with or without the
        scanner's symbology identifier.
    permit_unknown
        Keep bracketed identifiers that the General Specifications do not assign.

    Returns
    -------
    dict
        Application identifier → value in the order of the text. The same element twice
        with one value counts once. Pairs are not checked, see `check_associations`.

    Raises
    ------
    IdentifierError
        If an identifier is unknown, a value is wrong, or one comes twice with two values.
    """
    if len(text) > MAX_ELEMENT_STRING:
        raise _malformed(f"is longer than {MAX_ELEMENT_STRING} characters")
    bracketed = text.startswith("(")
    pairs = _bracketed(text) if bracketed else _scanned(text)
    found: dict[str, str] = {}
    for number, value in pairs:
        if find_identifier(number) or not (permit_unknown and bracketed):
            check_value(number, value)
        if found.setdefault(number, value) != value:
            raise IdentifierError(
                f"({number}) comes twice with two values",
                field=number,
                fix="one symbol describes one item; scan again",
                problem_vi=f"({number}) xuất hiện hai lần với hai giá trị khác nhau",
                fix_vi="hãy quét lại nhãn",
            )
    if not found:
        raise _malformed("holds no element")
    return found


def _malformed(problem: str) -> IdentifierError:
    return IdentifierError(
        f"the element string {problem}",
        field="element string",
        fix="write (01)09521234543213(10)LOT, or ^010952123454321310LOT as scanned",
        problem_vi="chuỗi dữ liệu GS1 không đọc được",
        fix_vi="hãy viết dạng (01)09521234543213(10)LOT",
    )


def _bracketed(text: str) -> Iterable[tuple[str, str]]:
    pieces = re.findall(r"\((\d{2,4})\)((?:[^(\\]|\\.)*)", text)
    if "".join(f"({number}){value}" for number, value in pieces) != text:
        raise _malformed("has a bracket out of place")
    return [(number, re.sub(r"\\(.)", r"\1", value)) for number, value in pieces]


def _scanned(text: str) -> Iterable[tuple[str, str]]:
    body = text
    for symbology in _SYMBOLOGIES:
        body = body.removeprefix(symbology)
    body = body.replace("^", _GROUP_SEPARATOR).removeprefix(_GROUP_SEPARATOR)
    pairs = []
    while body:
        identifier = split_number(body)
        if identifier is None:
            known_identifier(body[:4])
            raise _malformed(f"goes on with {body[:4]!r}, which no identifier begins with")
        body = body[len(identifier.number) :]
        if identifier.fixed:
            value, body = body[: identifier.longest], body[identifier.longest :]
            body = body.removeprefix(_GROUP_SEPARATOR)
        else:
            value, _, body = body.partition(_GROUP_SEPARATOR)
        pairs.append((identifier.number, value))
    return pairs


def check_associations(elements: Mapping[str, str]) -> None:
    """Check which elements must, and which must not, stand together.

    Parameters
    ----------
    elements
        Application identifier → value, all that one item carries.

    Raises
    ------
    IdentifierError
        Naming the element that is missing or the pair that excludes each other.
    """
    for number in elements:
        identifier = find_identifier(number)
        if identifier is None:
            continue
        for pattern in identifier.excludes:
            for other in _matching(pattern, elements):
                if other != number:
                    raise _excluded(number, other)
        if identifier.requires and not _satisfied(identifier.requires, elements):
            raise _lacking(identifier)
    _check_signature(elements)


def _matching(pattern: str, elements: Mapping[str, str]) -> list[str]:
    expression = re.compile(pattern.replace("n", r"\d"))
    return [number for number in elements if expression.fullmatch(number)]


def _satisfied(ways: Iterable[tuple[str, ...]], elements: Mapping[str, str]) -> bool:
    return any(all(_matching(pattern, elements) for pattern in way) for way in ways)


def _excluded(number: str, other: str) -> IdentifierError:
    return IdentifierError(
        f"({number}) and ({other}) must not stand on one item",
        field=number,
        fix=f"leave out ({other}) or ({number})",
        problem_vi=f"({number}) và ({other}) không được đi cùng nhau",
        fix_vi=f"hãy bỏ ({other}) hoặc ({number})",
    )


def _lacking(identifier: ApplicationIdentifier) -> IdentifierError:
    ways = " or ".join("+".join(f"({n})" for n in way) for way in identifier.requires)
    return IdentifierError(
        f"({identifier.number}) {identifier.title} needs {ways} beside it",
        field=identifier.number,
        fix=f"add {ways}",
        problem_vi=f"({identifier.number}) phải đi cùng {ways.replace(' or ', ' hoặc ')}",
        fix_vi="hãy bổ sung phần còn thiếu",
    )


_UNSERIALISED_LENGTH = {"253": 13, "255": 13, "8003": 14}
"""Keys whose serial part is optional; a digital signature needs it (GenSpecs 3.9.18)."""


def _check_signature(elements: Mapping[str, str]) -> None:
    if "8030" not in elements:
        return
    for number, length in _UNSERIALISED_LENGTH.items():
        if number in elements and len(elements[number]) == length:
            raise IdentifierError(
                f"(8030) digital signature needs a serial number in ({number})",
                field=number,
                fix=f"add the serial part to ({number})",
            )
