"""Single values as the CBV 2.0 event hash writes them (8.9.2, rules 5–9 and 14–18)."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from traceability.errors import EventError
from traceability.events._context import Prefixes, expand_value
from traceability.identifiers import canonical_uri

__all__ = ["TIME_PATTERN", "canonical_text", "canonical_time", "canonical_value"]

TIME_PATTERN = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:([Zz])|([+-])(\d{2}):?(\d{2}))"
)
"""RFC 3339 date-time (the colon of the offset may be missing, as ISO 8601 allows)."""

_DECIMAL = re.compile(r"[+-]?\d+\.\d+")
_URN_WORDS = {
    "bizstep": "BizStep",
    "disp": "Disp",
    "btt": "BTT",
    "sdt": "SDT",
    "er": "ER",
}
_URN = re.compile(r"urn:epcglobal:cbv:(bizstep|disp|btt|sdt|er):(.+)")


@lru_cache(maxsize=4096)
def canonical_time(text: str) -> str:
    """Return a time in UTC with milliseconds, half a millisecond rounded up.

    Text that is no time comes back as it is: the validation, not the hash, judges it.
    """
    found = TIME_PATTERN.fullmatch(text)
    if found is None:
        return text
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    fraction, zulu, sign, offset_hour, offset_minute = found.groups()[6:]
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        if not zulu:
            offset = timedelta(hours=int(offset_hour), minutes=int(offset_minute))
            moment -= -offset if sign == "-" else offset
        digits = (fraction or "").ljust(4, "0")[:4]
        moment += timedelta(milliseconds=(int(digits) + 5) // 10)
    except (ValueError, OverflowError):
        return text
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def canonical_value(value: Any, prefixes: Prefixes) -> str:
    """Return a JSON value that is neither object nor list, as text."""
    if isinstance(value, str):
        return canonical_text(value, prefixes)
    if value is True or value is False:
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        raise EventError(
            "a number is too large",
            fix="write a number below 1e308",
            problem_vi="có con số quá lớn",
            fix_vi="hãy sửa lại con số",
        )
    return _number(str(value))


def _number(text: str) -> str:
    plain = format(Decimal(text), "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain


def canonical_text(text: str, prefixes: Prefixes) -> str:
    """Return a text value: trimmed, vocabulary in web form, identifiers as canonical links."""
    stripped = text.strip()
    if _DECIMAL.fullmatch(stripped):
        return _number(stripped)
    if ":" not in stripped:
        return stripped
    if found := _URN.fullmatch(stripped):
        return f"https://ref.gs1.org/cbv/{_URN_WORDS[found[1]]}-{found[2]}"
    expanded = expand_value(stripped, prefixes)
    if expanded.startswith(("urn:epc:", "http://", "https://", "HTTP://", "HTTPS://")):
        return _link(expanded)
    return expanded


@lru_cache(maxsize=16384)
def _link(text: str) -> str:
    return canonical_uri(text) or text
