"""The linters of the GS1 Barcode Syntax Dictionary, by their names.

Each takes a value and raises `IdentifierError`; the problem ends with the dictionary's
error name in brackets, so that other implementations' messages can be compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from traceability.errors import IdentifierError
from traceability.identifiers._check import CSET82, check_digit, check_pair
from traceability.identifiers._code_lists import (
    COUNTRIES_ALPHA2,
    COUNTRIES_NUMERIC,
    CURRENCIES_NUMERIC,
    PACKAGE_TYPES,
)
from traceability.identifiers._coupon import coupon_code, positive_offer
from traceability.identifiers._fault import Fault

__all__ = ["LINTERS", "lint"]

_CSET39 = frozenset("#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_CSET64 = frozenset("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
_DIGITS = frozenset("0123456789")
_SHORTEST_COMPANY_PREFIX = 4
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LATITUDES, _LONGITUDES = 1_800_000_000, 3_600_000_000


def lint(name: str, value: str) -> None:
    """Check `value` with the dictionary's linter `name`.

    Parameters
    ----------
    name
        A linter of the GS1 Barcode Syntax Dictionary: ``csum``, ``yymmdd``, ``iso3166`` …
    value
        The whole component that the linter is meant for.

    Raises
    ------
    IdentifierError
        If the value is wrong, or there is no such linter.
    """
    checker = LINTERS.get(name)
    if checker is None:
        raise IdentifierError(f"there is no linter {name!r}", fix="see traceability.identifiers")
    try:
        checker(value)
    except Fault as fault:
        words = fault.code.lower().replace("_", " ")
        raise IdentifierError(
            f"{value[:90]!r}: {words} [{fault.code}]",
            field=name,
            fix=_FIXES.get(name, "compare the value with the label it was read from"),
            problem_vi=f"giá trị {value[:90]!r} không hợp lệ [{fault.code}]",
            fix_vi=_FIXES_VI.get(name, "hãy so lại giá trị với nhãn"),
        ) from None


_FIXES = {
    "csum": "read the number again; one digit is wrong or two are swapped",
    "yymmdd": "write year, month and day as YYMMDD",
    "yymmd0": "write year, month and day as YYMMDD; DD may be 00",
    "hh": "write the hour as 00 to 23",
    "mi": "write the minute as 00 to 59",
    "cset82": "use letters without tones, digits and the marks of GS1 CSET 82",
    "csetnumeric": "use digits only",
}
_FIXES_VI = {
    "csum": "hãy đọc lại mã số, có chữ số bị sai hoặc bị đảo",
    "yymmdd": "hãy viết ngày theo dạng NNTTNN: năm, tháng, ngày, mỗi phần hai chữ số",
    "yymmd0": "hãy viết ngày theo dạng năm, tháng, ngày, mỗi phần hai chữ số",
    "hh": "hãy viết giờ từ 00 đến 23",
    "mi": "hãy viết phút từ 00 đến 59",
    "cset82": "chỉ dùng chữ không dấu, chữ số và dấu câu của GS1",
    "csetnumeric": "chỉ dùng chữ số",
}


def _digits(value: str) -> None:
    if not _DIGITS.issuperset(value):
        raise Fault("NON_DIGIT_CHARACTER")


def _characters(allowed: frozenset[str], code: str) -> Callable[[str], None]:
    def check(value: str) -> None:
        if not allowed.issuperset(value):
            raise Fault(code)

    return check


def _one_of(values: frozenset[str], code: str) -> Callable[[str], None]:
    def check(value: str) -> None:
        if value not in values:
            raise Fault(code)

    return check


def _cset64(value: str) -> None:
    body = value.rstrip("=")
    if not _CSET64.issuperset(body):
        raise Fault("INVALID_CSET64_CHARACTER")
    padding = len(value) - len(body)
    if padding and (padding > 2 or len(value) % 3):
        raise Fault("INVALID_CSET64_PADDING")


def _check_sum(value: str) -> None:
    if not value:
        raise Fault("TOO_SHORT_FOR_CHECK_DIGIT")
    _digits(value)
    if len(value) == 1 or check_digit(value[:-1]) != value[-1]:
        raise Fault("INCORRECT_CHECK_DIGIT")


def _check_sum_alpha(value: str) -> None:
    if len(value) < 2:
        raise Fault("TOO_SHORT_FOR_CHECK_PAIR")
    if len(value) > 99:
        raise Fault("TOO_LONG_FOR_CHECK_PAIR_IMPLEMENTATION")
    if any(char not in CSET82 for char in value[:-2]):
        raise Fault("INVALID_CSET82_CHARACTER")
    if check_pair(value[:-2]) != value[-2:]:
        raise Fault("INCORRECT_CHECK_PAIR")


def _company_prefix(value: str) -> None:
    start = value[:_SHORTEST_COMPANY_PREFIX]
    if len(start) < _SHORTEST_COMPANY_PREFIX or not _DIGITS.issuperset(start):
        raise Fault("INVALID_GCP_PREFIX")


def _fixed_digits(value: str, length: int, what: str) -> None:
    if len(value) < length:
        raise Fault(f"{what}_TOO_SHORT")
    if len(value) > length:
        raise Fault(f"{what}_TOO_LONG")
    _digits(value)


def _date(value: str, *, year_digits: int, day_may_be_zero: bool) -> None:
    _fixed_digits(value, year_digits + 4, "DATE")
    year, month, day = int(value[:year_digits]), int(value[-4:-2]), int(value[-2:])
    if not 1 <= month <= 12:
        raise Fault("ILLEGAL_MONTH")
    leap = year % 4 == 0 and (year_digits == 2 or year % 100 != 0 or year % 400 == 0)
    last = 28 if month == 2 and not leap else _DAYS[month - 1]
    if not (0 if day_may_be_zero else 1) <= day <= last:
        raise Fault("ILLEGAL_DAY")


def _dates(year_digits: int, *, day_may_be_zero: bool) -> Callable[[str], None]:
    def check(value: str) -> None:
        _date(value, year_digits=year_digits, day_may_be_zero=day_may_be_zero)

    return check


def _clock(what: str, limit: int) -> Callable[[str], None]:
    def check(value: str) -> None:
        _fixed_digits(value, 2, what)
        if int(value) >= limit:
            raise Fault(f"ILLEGAL_{what}")

    return check


def _hour_minute(value: str) -> None:
    _fixed_digits(value, 4, "HOUR_WITH_MINUTE")
    LINTERS["hh"](value[:2])
    LINTERS["mi"](value[2:])


def _angle(what: str, most: int) -> Callable[[str], None]:
    def check(value: str) -> None:
        if len(value) != 10:
            raise Fault(f"{what}_INVALID_LENGTH")
        _digits(value)
        if int(value) > most:
            raise Fault(f"INVALID_{what}")

    return check


def _non_zero(value: str) -> None:
    _digits(value)
    if not value.strip("0"):
        raise Fault("ILLEGAL_ZERO_VALUE")


def _zero(value: str) -> None:
    if value.strip("0"):
        raise Fault("NOT_ZERO")


def _no_zero_prefix(value: str) -> None:
    _digits(value)
    if value.startswith("0"):
        raise Fault("ILLEGAL_ZERO_PREFIX")


def _has_non_digit(value: str) -> None:
    if _DIGITS.issuperset(value):
        raise Fault("REQUIRES_NON_DIGIT_CHARACTER")


def _hyphen(value: str) -> None:
    if not value or value.strip("-"):
        raise Fault("NOT_HYPHEN")


def _iban(value: str) -> None:
    if len(value) <= 4:
        raise Fault("IBAN_TOO_SHORT")
    if len(value) > 34:
        raise Fault("IBAN_TOO_LONG")
    if value[:2] not in COUNTRIES_ALPHA2:
        raise Fault("ILLEGAL_IBAN_COUNTRY_CODE")
    if not re.fullmatch(r"[0-9A-Z]+", value):
        raise Fault("INVALID_IBAN_CHARACTER")
    if int("".join(str(int(char, 36)) for char in value[4:] + value[:4])) % 97 != 1:
        raise Fault("INCORRECT_IBAN_CHECKSUM")


def _importer(value: str) -> None:
    if len(value) != 1:
        raise Fault("IMPORTER_IDX_MUST_BE_ONE_CHARACTER")
    if value not in _CSET64:
        raise Fault("INVALID_IMPORT_IDX_CHARACTER")


def _percent_encoded(value: str) -> None:
    if re.search(r"%(?![0-9A-Fa-f]{2})", value):
        raise Fault("INVALID_PERCENT_SEQUENCE")


def _piece_of_total(value: str) -> None:
    if not value or len(value) % 2:
        raise Fault("INVALID_LENGTH_FOR_PIECE_OF_TOTAL")
    _digits(value)
    half = len(value) // 2
    piece, total = int(value[:half]), int(value[half:])
    if not piece:
        raise Fault("ZERO_PIECE_NUMBER")
    if not total:
        raise Fault("ZERO_TOTAL_PIECES")
    if piece > total:
        raise Fault("PIECE_NUMBER_EXCEEDS_TOTAL")


def _position_in_sequence(value: str) -> None:
    found = re.fullmatch(r"([0-9]+)/([0-9]+)", value)
    if found is None:
        raise Fault("POSITION_IN_SEQUENCE_MALFORMED")
    if value.startswith("0") or found[2].startswith("0"):
        raise Fault("ILLEGAL_ZERO_PREFIX")
    if int(found[1]) > int(found[2]):
        raise Fault("POSITION_EXCEEDS_END")


LINTERS: dict[str, Callable[[str], None]] = {
    "couponcode": coupon_code,
    "couponposoffer": positive_offer,
    "cset39": _characters(_CSET39, "INVALID_CSET39_CHARACTER"),
    "cset64": _cset64,
    "cset82": _characters(frozenset(CSET82), "INVALID_CSET82_CHARACTER"),
    "csetnumeric": _digits,
    "csum": _check_sum,
    "csumalpha": _check_sum_alpha,
    "gcppos1": _company_prefix,
    "gcppos2": lambda value: _company_prefix(value[1:]),
    "hasnondigit": _has_non_digit,
    "hh": _clock("HOUR", 24),
    "hhmi": _hour_minute,
    "hyphen": _hyphen,
    "iban": _iban,
    "importeridx": _importer,
    "iso3166": _one_of(COUNTRIES_NUMERIC, "NOT_ISO3166"),
    "iso3166999": _one_of(COUNTRIES_NUMERIC | {"999"}, "NOT_ISO3166_OR_999"),
    "iso3166alpha2": _one_of(COUNTRIES_ALPHA2, "NOT_ISO3166_ALPHA2"),
    "iso4217": _one_of(CURRENCIES_NUMERIC, "NOT_ISO4217"),
    "iso5218": _one_of(frozenset("0129"), "INVALID_BIOLOGICAL_SEX_CODE"),
    "latitude": _angle("LATITUDE", _LATITUDES),
    "longitude": _angle("LONGITUDE", _LONGITUDES),
    "mediatype": _one_of(
        frozenset(f"{n:02}" for n in (*range(1, 11), *range(80, 100))), "INVALID_MEDIA_TYPE"
    ),
    "mi": _clock("MINUTE", 60),
    "nonzero": _non_zero,
    "nozeroprefix": _no_zero_prefix,
    "packagetype": _one_of(PACKAGE_TYPES, "INVALID_PACKAGE_TYPE"),
    "pcenc": _percent_encoded,
    "pieceoftotal": _piece_of_total,
    "posinseqslash": _position_in_sequence,
    "ss": _clock("SECOND", 60),
    "winding": _one_of(frozenset("019"), "INVALID_WINDING_DIRECTION"),
    "yesno": _one_of(frozenset("01"), "NOT_ZERO_OR_ONE"),
    "yymmd0": _dates(2, day_may_be_zero=True),
    "yymmdd": _dates(2, day_may_be_zero=False),
    "yyyymmd0": _dates(4, day_may_be_zero=True),
    "yyyymmdd": _dates(4, day_may_be_zero=False),
    "zero": _zero,
}
"""Dictionary name → the check; raises `Fault`, which `lint` turns into `IdentifierError`."""
