"""Check digits and check characters (GS1 General Specifications 7.9), padded GTINs."""

from __future__ import annotations

from traceability.errors import IdentifierError

__all__ = ["CSET32", "CSET82", "check_digit", "check_pair", "gtin14", "with_check_digit"]

CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
"""ISO/IEC 646 invariant characters allowed in alphanumeric elements (fig. 7.11-1)."""

CSET32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Characters of a check character pair (7.9.5)."""

_PRIMES = tuple(n for n in range(2, 524) if all(n % m for m in range(2, int(n**0.5) + 1)))
"""Weights of the check character pair from right to left; 99 of them."""

_GTIN_LENGTHS = (8, 12, 13, 14)
_LONGEST_PAIRED = 97  # the dictionary's reference length, far above the 23 of any AI


def check_digit(digits: str) -> str:
    """Return the modulo-10 check digit that belongs after `digits`.

    Parameters
    ----------
    digits
        The key without its check digit, ASCII digits only.

    Raises
    ------
    IdentifierError
        If `digits` is empty or holds anything but ASCII digits.
    """
    if not (digits.isascii() and digits.isdigit()):
        raise IdentifierError(
            f"{digits[:40]!r} is not a row of digits",
            fix="give the digits of the key without spaces and without its check digit",
            problem_vi="mã phải gồm toàn chữ số",
            fix_vi="hãy nhập các chữ số, không có khoảng trắng",
        )
    weighted = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(digits[::-1]))
    return str(-weighted % 10)


def with_check_digit(digits: str) -> str:
    """Return `digits` followed by their check digit."""
    return digits + check_digit(digits)


def check_pair(text: str) -> str:
    """Return the two check characters that belong after `text` (GMN, MUDI).

    Raises
    ------
    IdentifierError
        If `text` is longer than 97 characters or holds one outside CSET 82.
    """
    if len(text) > _LONGEST_PAIRED or any(char not in CSET82 for char in text):
        raise IdentifierError(
            f"{text[:40]!r} cannot carry a check character pair",
            fix="use at most 97 letters, digits and punctuation marks of GS1 CSET 82",
        )
    total = sum(
        CSET82.index(char) * prime for char, prime in zip(text[::-1], _PRIMES, strict=False)
    )
    return CSET32[total % 1021 >> 5] + CSET32[total % 1021 & 31]


def gtin14(code: str) -> str:
    """Return a GTIN-8, -12, -13 or -14 as 14 digits, its check digit verified.

    Parameters
    ----------
    code
        A GTIN; blanks and hyphens between the digits are taken out.

    Raises
    ------
    IdentifierError
        If the length is none of 8, 12, 13, 14 or the check digit is wrong.
    """
    digits = code.replace(" ", "").replace("-", "")
    if len(digits) not in _GTIN_LENGTHS or not (digits.isascii() and digits.isdigit()):
        raise IdentifierError(
            f"{code[:40]!r} is not a GTIN",
            field="gtin",
            fix="a GTIN has 8, 12, 13 or 14 digits",
            problem_vi=f"{code[:40]!r} không phải là mã GTIN",
            fix_vi="mã GTIN có 8, 12, 13 hoặc 14 chữ số",
        )
    expected = check_digit(digits[:-1])
    if digits[-1] != expected:
        raise IdentifierError(
            f"the check digit of GTIN {digits} is {digits[-1]}, it should be {expected}",
            field="gtin",
            fix="read the number again; one digit is wrong or two are swapped",
            problem_vi=f"chữ số kiểm tra của GTIN {digits} phải là {expected}",
            fix_vi="hãy đọc lại mã số, có chữ số bị sai hoặc bị đảo",
        )
    return digits.zfill(14)
