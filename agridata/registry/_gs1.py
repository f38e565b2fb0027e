"""GS1 keys as the registry needs them: the check digit of GTIN and GLN."""

from __future__ import annotations

__all__ = ["gtin_14", "is_gln"]

GTIN_LENGTHS = (8, 12, 13, 14)


def _check_digit_right(digits: str) -> bool:
    """Tell whether the last digit is the mod-10 check digit (GS1 General Specifications 7.9)."""
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(digits[-2::-1]))
    return (10 - total % 10) % 10 == int(digits[-1])


def gtin_14(text: str) -> str | None:
    """Return the 14-digit form of a GTIN-8, -12, -13 or -14; None if it is not one."""
    if not (text.isascii() and text.isdigit() and len(text) in GTIN_LENGTHS):
        return None
    return text.zfill(14) if _check_digit_right(text) else None


def is_gln(text: str) -> bool:
    """Tell whether `text` is a 13-digit GLN with the right check digit."""
    return text.isascii() and text.isdigit() and len(text) == 13 and _check_digit_right(text)
