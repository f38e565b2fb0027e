"""Coupon codes of AI 8110 and 8112 (GS1 US North American Coupon Application Guideline).

Not used by farms; here because an element string may carry one and must be read past it.
"""

from __future__ import annotations

import re

from traceability.identifiers._fault import Fault

__all__ = ["coupon_code", "positive_offer"]

_ORDINALS = ("1ST", "2ND", "3RD")


class _Reader:
    """Takes fields off a row of digits, naming the field that is missing or cut."""

    def __init__(self, text: str) -> None:
        if re.search(r"[^0-9]", text):
            raise Fault("NON_DIGIT_CHARACTER")
        self.text = text
        self.place = 0

    @property
    def rest(self) -> str:
        return self.text[self.place :]

    def one(self, missing: str, allowed: str, wrong: str) -> str:
        if not self.rest:
            raise Fault(f"COUPON_MISSING_{missing}")
        if self.rest[0] not in allowed:
            raise Fault(f"COUPON_INVALID_{wrong}")
        self.place += 1
        return self.text[self.place - 1]

    def take(self, count: int, cut: str) -> str:
        if len(self.rest) < count:
            raise Fault(cut)
        self.place += count
        return self.text[self.place - count : self.place]

    def option(self, digit: str) -> bool:
        found = self.rest.startswith(digit)
        self.place += found
        return found


def coupon_code(value: str) -> None:
    """Check a coupon of AI 8110."""
    reader = _Reader(value)
    length = reader.one("GCP_VLI", "0123456", "GCP_LENGTH")
    reader.take(int(length) + 6, "COUPON_TRUNCATED_GCP")
    reader.take(6, "COUPON_TRUNCATED_OFFER_CODE")
    length = reader.one("SAVE_VALUE_VLI", "12345", "SAVE_VALUE_LENGTH")
    reader.take(int(length), "COUPON_TRUNCATED_SAVE_VALUE")
    _purchase(reader, 0)
    if reader.option("1"):
        name = "ADDITIONAL_PURCHASE_RULES_CODE"
        reader.one(name, "0123", name)
        _purchase(reader, 1)
        _purchase_prefix(reader, 1)
    if reader.option("2"):
        _purchase(reader, 2)
        _purchase_prefix(reader, 2)
    _dates(reader)
    _endings(reader)
    if reader.rest:
        raise Fault("COUPON_EXCESS_DATA")


def _purchase(reader: _Reader, number: int) -> None:
    name = f"{_ORDINALS[number]}_PURCHASE"
    length = reader.one(f"{name}_REQUIREMENT_VLI", "12345", f"{name}_REQUIREMENT_LENGTH")
    reader.take(int(length), f"COUPON_TRUNCATED_{name}_REQUIREMENT")
    reader.one(f"{name}_REQUIREMENT_CODE", "012349", f"{name}_REQUIREMENT_CODE")
    reader.take(3, f"COUPON_TRUNCATED_{name}_FAMILY_CODE")


def _purchase_prefix(reader: _Reader, number: int) -> None:
    name = f"{_ORDINALS[number]}_PURCHASE_GCP"
    length = int(reader.one(f"{name}_VLI", "01234569", f"{name}_LENGTH"))
    if length != 9:
        reader.take(length + 6, f"COUPON_TRUNCATED_{name}")


def _dates(reader: _Reader) -> None:
    expires = _day(reader, "3", "EXPIRATION", "COUPON_INVALID_EXIPIRATION_DATE")
    starts = _day(reader, "4", "START", "COUPON_INVALID_START_DATE")
    if expires and starts and expires < starts:
        raise Fault("COUPON_EXPIRATION_BEFORE_START")


def _day(reader: _Reader, option: str, name: str, wrong: str) -> str:
    from traceability.identifiers._lint import LINTERS

    if not reader.option(option):
        return ""
    day = reader.take(6, f"COUPON_TOO_SHORT_FOR_{name}_DATE")
    try:
        LINTERS["yymmdd"](day)
    except Fault:
        raise Fault(wrong) from None
    return day


def _endings(reader: _Reader) -> None:
    if reader.option("5"):
        length = reader.one("SERIAL_NUMBER_VLI", "0123456789", "SERIAL_NUMBER_LENGTH")
        reader.take(int(length) + 6, "COUPON_TRUNCATED_SERIAL_NUMBER")
    if reader.option("6"):
        name = "RETAILER_GCP_OR_GLN"
        length = reader.one(f"{name}_VLI", "1234567", f"{name}_LENGTH")
        reader.take(int(length) + 6, f"COUPON_TRUNCATED_{name}")
    if reader.option("9"):
        reader.one("SAVE_VALUE_CODE", "01256", "SAVE_VALUE_CODE")
        reader.one("SAVE_VALUE_APPLIES_TO_ITEM", "012", "SAVE_VALUE_APPLIES_TO_ITEM")
        reader.one("STORE_COUPON_FLAG", "0123456789", "STORE_COUPON_FLAG")
        reader.one("DONT_MULTIPLY_FLAG", "01", "DONT_MULTIPLY_FLAG")


def positive_offer(value: str) -> None:
    """Check a positive offer file coupon of AI 8112."""
    reader = _Reader(value)
    reader.one("FORMAT_CODE", "01", "FORMAT_CODE")
    length = reader.one("FUNDER_VLI", "0123456", "FUNDER_LENGTH")
    reader.take(int(length) + 6, "COUPON_TRUNCATED_FUNDER")
    reader.take(6, "COUPON_TRUNCATED_OFFER_CODE")
    length = reader.one("SERIAL_NUMBER_VLI", "0123456789", "SERIAL_NUMBER_LENGTH")
    reader.take(int(length) + 6, "COUPON_TRUNCATED_SERIAL_NUMBER")
    if reader.rest:
        raise Fault("COUPON_EXCESS_DATA")
