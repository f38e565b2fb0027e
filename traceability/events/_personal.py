"""Nothing personal in an event: it is signed, logged and published for ever.

Law 91/2025/QH15 gives people the right to deletion; a log cannot delete. Persons appear
only as salted commitments (``agd:operator``), and validation rejects the rest: keys that
ask for a person's data, values that look like it, and any text the caller knows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from agridata.errors import Finding
from agridata.vocabulary import nfc, search_key
from traceability.events._context import Prefixes, expand_key
from traceability.events._vocabulary import words

__all__ = ["AGD", "OPERATOR_PATTERN", "PersonalData"]

OPERATOR_PATTERN = re.compile(r"[A-Za-z0-9_-]{43}")
"""A salted commitment: SHA-256 in base64url without padding."""

AGD = "https://ns.agridata.example/epcis/"
"""Namespace of our own extension fields, prefix ``agd``."""

_ALWAYS = words(
    """
    fullname firstname lastname middlename familyname givenname surname nickname personname
    farmername ownername operatorname workername drivername contactname householder
    phone phonenumber telephone telephonenumber tel mobile mobilenumber mobilephone hotline
    contactphone fax email emailaddress mail contactemail zalo facebook
    homeaddress streetaddress postaladdress residence
    idnumber idcard idcardnumber identitycard identitynumber nationalid nationalidnumber
    citizenid personalid passport passportnumber driverlicence driverlicense
    dateofbirth birthdate dob birthday gender bankaccount accountnumber
    hoten hovaten tennguoi tennongdan tenchuho chuho dienthoai sodienthoai sdt cccd socccd
    cmnd socmnd cancuoc socancuoc ngaysinh diachinha gioitinh sotaikhoan
    """
)
"""Keys that ask for a person's data whatever the namespace (toneless, no separators)."""

_AMBIGUOUS = words("name address ten diachi contact")
"""Keys that may also name a thing; see `PersonalData`."""

_POSITIONS = words("latitude longitude lat lon lng gps coordinates position toado vido kinhdo")
"""Keys of exact positions: a field or house leads to its farmer (strict documents only)."""

_NUMBERED = re.compile(
    r"""
    (gtin|gln|sscc|grai|giai|gsrn|gdti|lot|lotnumber|batch|batchnumber|serial|serialnumber
    |quantity|weight|netweight|grossweight|count|value|area|yield|code|number|hash|uom
    |parcel|parcels|pond|plot|device|version|date|time|offset)$
    """,
    re.VERBOSE,
)
"""Keys of numbers that are no telephone: their values are not read as one."""

_SEPARATOR = r"[ .\-]{0,2}"
_PHONE = re.compile(
    rf"(?<![\w.+\-])(?:\(?(?:\+|00)84\)?{_SEPARATOR}(?:\(?0\)?{_SEPARATOR})?|\(?0)"
    rf"(?:\d\)?{_SEPARATOR}){{8,9}}\d(?![\w\-])"
)
_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_CITIZEN_ID = re.compile(r"(?<![\w.\-])0(?:\d[ .]?){10}\d(?![\w\-])")
_POND_CODE = re.compile(r"\d{2}-\d{2}-\d{4}-\d{3}")
_URI = re.compile(r"(?:https?://|urn:|ni://|geo:|did:)\S+", re.IGNORECASE)
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}\S*)?")
_SHORTEST_KNOWN = 3
_LONG_NUMBER = 8
"""Digits from which a known number is also found when it is grouped in another way."""
_STANDARD_TEXT = words(
    """
    type eventTime recordTime eventTimeZoneOffset action bizStep disposition uom @context
    epcList inputEPCList outputEPCList
    """
)
"""Fields whose form the standard fixes; only known personal texts are looked for in them."""


class PersonalData:
    """Looks through events for what must not be in them.

    Parameters
    ----------
    known
        Texts of persons that the caller holds (names, numbers); compared in NFC, without
        case and without tones.
    strict_keys
        True (our own events): ``name`` and ``address`` are refused in every namespace,
        except in ``agd:adminUnit``, and so are exact positions.
        False (other people's documents): names and addresses are refused only where the
        value reads like a person's, two words or more for a name, a number for an
        address; exact positions are let pass.
    """

    def __init__(self, known: Collection[str] = (), *, strict_keys: bool = True) -> None:
        self._known = [key for text in known if len(key := search_key(text)) >= _SHORTEST_KNOWN]
        self._numbers = [found for key in self._known if len(found := _digits(key)) >= _LONG_NUMBER]
        self._strict = strict_keys

    def findings(self, event: Mapping[str, Any], prefixes: Prefixes) -> list[Finding]:
        """Return one finding per key or value that may not stand in the event."""
        found: list[Finding] = []
        for key, value in event.items():
            if key not in _STANDARD_TEXT or self._known:
                found += self._walk(key, value, f"$.{key}", prefixes)
        return found

    def _walk(self, key: str, value: Any, path: str, prefixes: Prefixes) -> Iterator[Finding]:
        if key == "@context":
            return
        if isinstance(value, list):
            for number, item in enumerate(value):
                yield from self._walk(key, item, f"{path}[{number}]", prefixes)
            return
        name = expand_key(key, prefixes)
        local = _plain(name)
        if self._asks_for_a_person(name, local, value, path):
            yield _forbidden_key(path, key)
        elif isinstance(value, Mapping):
            for child, item in value.items():
                yield from self._walk(child, item, f"{path}.{child}", prefixes)
        elif local == "operator" and name.startswith(f"{{{AGD}}}"):
            yield from _operator(path, key, value)
        else:
            yield from self._value(key, local, value, path)

    def _asks_for_a_person(self, name: str, local: str, value: Any, path: str) -> bool:
        if local in _ALWAYS or (self._strict and local in _POSITIONS):
            return True
        if local not in _AMBIGUOUS or ":adminUnit." in path:
            return False
        if isinstance(value, Mapping) and not self._strict:
            return False
        own = name.startswith((f"{{{AGD}}}", "{http://ns.agridata"))
        return self._strict or own or _reads_like_a_person(local, value)

    def _value(self, key: str, local: str, value: Any, path: str) -> Iterator[Finding]:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            return
        text = nfc(str(value)).strip()
        if reason := self._personal_text(text, local, is_text=isinstance(value, str)):
            yield _personal_value(path, key, *reason)

    def _personal_text(self, text: str, local: str, *, is_text: bool) -> tuple[str, str] | None:
        if is_text and self._known:
            plain = search_key(text)
            digits = _digits(text)
            if any(_holds(plain, known) for known in self._known) or any(
                number in digits for number in self._numbers
            ):
                return "holds what is known to be a person's", "chứa dữ liệu đã biết của một người"
        if self._strict and text.startswith("geo:"):
            return "is an exact position", "là vị trí chính xác"
        if text.lower().startswith(("tel:", "mailto:", "sms:")):
            return "is a telephone or e-mail link", "là liên kết điện thoại hoặc thư điện tử"
        if is_text and "@" in text and _EMAIL.search(text):
            return "looks like an e-mail address", "giống địa chỉ thư điện tử"
        if _NUMBERED.search(local) or _URI.fullmatch(text):
            return None
        return _personal_number(text)


def _personal_number(text: str) -> tuple[str, str] | None:
    if sum(map(str.isdigit, text)) < 10:
        return None
    cleaned = _DATE_TIME.sub(" ", _POND_CODE.sub(" ", _URI.sub(" ", text)))
    if _CITIZEN_ID.search(cleaned):
        return "looks like a citizen's identity number", "giống số căn cước công dân"
    if _PHONE.search(cleaned):
        return "looks like a telephone number", "giống số điện thoại"
    return None


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _plain(name: str) -> str:
    """Return a key without namespace, tones, case and separators."""
    local = name.rpartition("}")[2]
    local = re.split(r"[/#:]", local)[-1]
    return re.sub(r"[^0-9a-z]", "", search_key(local))


def _reads_like_a_person(local: str, value: Any) -> bool:
    if not isinstance(value, str):
        return True
    if local in ("address", "diachi"):
        return any(map(str.isdigit, value)) or "," in value or len(value.split()) > 3
    return len(value.split()) > 1 or any(
        unicodedata.combining(char) for char in unicodedata.normalize("NFD", value)
    )


def _holds(text: str, known: str) -> bool:
    """Return whether `known` stands in `text` as whole words."""
    return f" {known} " in f" {re.sub(r'[^0-9a-z]+', ' ', text)} " or (
        not known.isalpha() and known in text
    )


def _operator(path: str, key: str, value: Any) -> Iterator[Finding]:
    if not (isinstance(value, str) and OPERATOR_PATTERN.fullmatch(value)):
        yield Finding(
            path,
            key,
            "is not a salted commitment",
            "put the 43 characters of the commitment (SHA-256, base64url), never the person",
            "không phải là cam kết có muối",
            "hãy dùng 43 ký tự của cam kết, không ghi thông tin của người",
        )


def _forbidden_key(path: str, key: str) -> Finding:
    return Finding(
        path,
        key,
        "asks for personal data, which may not stand in an event",
        "leave it out; a person appears only as a salted commitment in agd:operator",
        "là dữ liệu cá nhân, không được ghi trong sự kiện",
        "hãy bỏ trường này; người chỉ xuất hiện dưới dạng cam kết có muối (agd:operator)",
    )


def _personal_value(path: str, key: str, problem: str, problem_vi: str) -> Finding:
    return Finding(
        path,
        key,
        f"{problem}; personal data may not stand in an event",
        "leave it out; a person appears only as a salted commitment in agd:operator",
        f"{problem_vi}; dữ liệu cá nhân không được ghi trong sự kiện",
        "hãy bỏ giá trị này; người chỉ xuất hiện dưới dạng cam kết có muối (agd:operator)",
    )
