"""The exact bytes of an event: Unicode NFC, then the JSON Canonicalization Scheme."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from agridata.vocabulary import nfc
from traceability.errors import EventError

__all__ = ["canonical_bytes", "normalised"]


def normalised(value: Any) -> Any:
    """Return JSON data with every text and key in Unicode NFC (JCS does not do it)."""
    if isinstance(value, str):
        return value if unicodedata.is_normalized("NFC", value) else nfc(value)
    if isinstance(value, Mapping):
        found = {nfc(key): normalised(item) for key, item in value.items()}
        if len(found) != len(value):
            raise _not_canonical("two keys are the same text in different Unicode forms")
        return found
    if isinstance(value, (list, tuple)):
        return [normalised(item) for item in value]
    return value


def canonical_bytes(event: Mapping[str, Any]) -> bytes:
    """Return the bytes that are signed and hashed: NFC, then RFC 8785.

    Parameters
    ----------
    event
        JSON data; its order of keys and its spacing do not matter.

    Returns
    -------
    bytes
        UTF-8; the same for every way of writing the same data.

    Raises
    ------
    EventError
        If the data cannot be written as I-JSON: a number beyond 2^53 or not finite, a lone
        surrogate, a value that is not JSON, keys that differ only in Unicode form.
    """
    import rfc8785

    try:
        return rfc8785.dumps(normalised(event))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, TypeError) as error:
        raise _not_canonical(str(error)) from error


def _not_canonical(problem: str) -> EventError:
    return EventError(
        f"the event cannot be written canonically: {problem}",
        fix="use text, true/false, lists, objects, and numbers between -2^53 and 2^53",
        problem_vi="không thể chuẩn hóa sự kiện",
        fix_vi="hãy kiểm tra các con số và ký tự trong sự kiện",
    )
