"""Short codes for typing: Crockford base32 with a check character.

Twelve characters, printed ``ABCD-EFGH-JKMX``: 55 bits of a digest over what the code
stands for, plus a weighted check character. Anyone who has no phone camera can type it.
Source: D. Crockford, "Base 32" (alphabet, decoding of O, I, L); the check is modulo 37.
"""

from __future__ import annotations

import hashlib

from traceability.errors import IdentifierError
from traceability.identifiers._check import gtin14

__all__ = ["format_short_code", "new_short_code", "normalise_short_code"]

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECKS = _ALPHABET + "*~$=U"
_LENGTH = 11
"""Data characters: 55 bits, so that a million lots collide with probability 1 in 70,000."""

_DECODE = str.maketrans({"O": "0", "I": "1", "L": "1"})
_IGNORED = str.maketrans("", "", "- \t\u2010\u2011\u2013")


def new_short_code(gtin: str, lot: str, *, attempt: int = 0) -> str:
    """Return the code of a lot: the same lot always gives the same code.

    Parameters
    ----------
    gtin
        8, 12, 13 or 14 digits.
    lot
        The lot number.
    attempt
        Raised by one when the code is taken by another lot, or its check character is
        one of ``* ~ $ =`` (skipped here already: codes are letters and digits only).

    Returns
    -------
    str
        12 characters without separators, the last one the check character.

    Raises
    ------
    IdentifierError
        If the GTIN is wrong.
    """
    while True:
        seed = f"agridata/short-code/v1\n{gtin14(gtin)}\n{lot}\n{attempt}".encode()
        bits = int.from_bytes(hashlib.sha256(seed).digest()[:7], "big") >> 1
        body = "".join(_ALPHABET[bits >> 5 * place & 31] for place in reversed(range(_LENGTH)))
        check = _check_character(body)
        if check in _ALPHABET:
            return body + check
        attempt += 1_000


def _check_character(body: str) -> str:
    value = 0
    for char in body:
        value = (value * 32 + _ALPHABET.index(char)) % 37
    return _CHECKS[value]


def normalise_short_code(text: str) -> str:
    """Return a typed code in its stored form, its check character verified.

    Lower case, hyphens, blanks and the letters people confuse are forgiven:
    ``O`` is 0, ``I`` and ``L`` are 1.

    Raises
    ------
    IdentifierError
        If the code has not 12 characters, or one was mistyped.
    """
    code = text.upper().translate(_IGNORED).translate(_DECODE)
    body, check = code[:-1], code[-1:]
    if len(body) != _LENGTH or any(char not in _ALPHABET for char in code):
        raise _mistyped(text, f"has not {_LENGTH + 1} letters and digits")
    if _check_character(body) != check:
        raise _mistyped(text, "is mistyped: its check character does not fit")
    return code


def _mistyped(text: str, problem: str) -> IdentifierError:
    return IdentifierError(
        f"the code {text[:40]!r} {problem}",
        field="code",
        fix="type the code under the QR symbol again",
        problem_vi=f"mã {text[:40]!r} không đúng",
        fix_vi="hãy nhập lại mã in dưới mã QR",
    )


def format_short_code(code: str) -> str:
    """Return a stored code as it is printed, in groups of four: ``ABCD-EFGH-JKMX``."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
