"""JSON-LD contexts as far as EPCIS needs them: prefixes, read offline.

A context named by URL is never fetched; the standard's own is known (`STANDARD_PREFIXES`),
every other URL contributes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traceability.events._vocabulary import STANDARD_PREFIXES

__all__ = ["Prefixes", "expand_key", "expand_value", "prefixes_of"]

Prefixes = Mapping[str, str]


def prefixes_of(context: Any, inherited: Prefixes = STANDARD_PREFIXES) -> Prefixes:
    """Return prefix → namespace of a ``@context`` value on top of `inherited` ones."""
    parts = context if isinstance(context, list) else [context]
    found: dict[str, str] = {}
    for part in parts:
        if isinstance(part, Mapping):
            found |= {key: _namespace(value) for key, value in part.items() if _namespace(value)}
    return {**inherited, **found} if found else inherited


def _namespace(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("@id")
    return value if isinstance(value, str) else ""


def expand_key(key: str, prefixes: Prefixes) -> str:
    """Return an extension's key as the hash writes it: ``{namespace}local``."""
    prefix, colon, local = key.partition(":")
    if colon and prefix in prefixes:
        return f"{{{prefixes[prefix]}}}{local}"
    return key


def expand_value(text: str, prefixes: Prefixes) -> str:
    """Return a compact URI in full; any other text as it is."""
    prefix, colon, local = text.partition(":")
    if colon and prefix in prefixes and not local.startswith("//") and " " not in text:
        return prefixes[prefix] + local
    return text
