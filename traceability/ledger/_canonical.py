"""RFC 8785 (JCS): the one spelling of a JSON document, and the refusal of every other."""

from __future__ import annotations

import json
from typing import Any

import rfc8785

from traceability.errors import LedgerError

__all__ = ["canonical_json", "parse_canonical"]

MAX_DEPTH = 32
"""Nesting of statements and events; an EPCIS event needs about 8."""

_FAILURES = (ValueError, TypeError, RecursionError, rfc8785.CanonicalizationError)
"""`UnicodeError` (lone surrogates) is a `ValueError`."""


def canonical_json(value: Any) -> bytes:
    """Return the RFC 8785 bytes of a JSON value.

    Raises
    ------
    LedgerError
        If it has no such form (NaN, integers beyond 2^53, lone surrogates, other types).
    """
    try:
        return rfc8785.dumps(value)
    except _FAILURES as error:
        raise LedgerError(
            f"has no canonical form: {error}",
            fix="use objects, lists, strings, booleans, null and numbers of JSON",
        ) from error


def parse_canonical(data: bytes, where: str) -> Any:
    """Return the value of canonical bytes; refuse every other spelling of it.

    Raises
    ------
    LedgerError
        If `data` is not UTF-8, not JSON, nested deeper than 32 levels, or not its own
        RFC 8785 form (repeated keys, other order, spaces, other number spellings).
    """
    try:
        value = json.loads(data.decode())
        _require_shallow(value)
        same = rfc8785.dumps(value) == data
    except _FAILURES as error:
        raise LedgerError(
            f"is not JSON of bounded depth: {error}"[:200],
            where=where,
            fix="send the RFC 8785 bytes",
        ) from error
    if not same:
        raise LedgerError("is not canonical (RFC 8785)", where=where, fix="send the RFC 8785 bytes")
    return value


def _require_shallow(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
