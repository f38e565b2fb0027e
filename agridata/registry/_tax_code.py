"""The Vietnamese tax code (mã số thuế, MST) and its check digit."""

from __future__ import annotations

import re

__all__ = ["format_tax_code", "parse_tax_code"]

WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
SHAPE = re.compile(r"([0-9]{10})([0-9]{3})?")


def parse_tax_code(text: str) -> str | None:
    """Return the digits of a tax code, None if it is none.

    The tenth digit is ``10 − (31·d₁ + 29·d₂ + 23·d₃ + 19·d₄ + 17·d₅ + 13·d₆ + 7·d₇ +
    5·d₈ + 3·d₉) mod 11``; a branch adds 001–999. Digits 3 to 9 are a serial number from 1.

    Parameters
    ----------
    text
        10 or 13 digits; spaces, dots and hyphens between them are ignored.

    References
    ----------
    Circular 105/2020/TT-BTC art. 5 (structure N1N2 N3…N9 N10 N11N12N13); the weights as
    published with `stdnum.vn.mst` of python-stdnum, whose known numbers the tests use.
    """
    found = SHAPE.fullmatch(re.sub(r"[ .\-]", "", text))
    if found is None:
        return None
    digits, branch = found.groups()
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=False))
    wrong = digits[2:9] == "0000000" or branch == "000" or str(10 - total % 11) != digits[9]
    return None if wrong else digits + (branch or "")


def format_tax_code(digits: str) -> str:
    """Return a parsed tax code as people write it: ``0314409058-002`` for a branch."""
    return digits if len(digits) == 10 else f"{digits[:10]}-{digits[10:]}"
