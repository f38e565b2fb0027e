"""Proof bundles: everything a reader needs to verify a lot's events without asking us.

The reader pins the log's verifier key; nothing in the bundle is believed before it is
checked. Format ``agridata-proof-bundle/1``, JSON.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from traceability.errors import CheckpointError, LedgerError, ProofError
from traceability.ledger._canonical import parse_canonical
from traceability.ledger._checkpoint import Checkpoint, open_checkpoint
from traceability.ledger._note import decode_base64, encode_base64, parse_vkey
from traceability.ledger._registry import RegisteredKey
from traceability.ledger._rfc9162 import leaf_hash, verify_inclusion
from traceability.ledger._statement import Statement, parse_statement

__all__ = [
    "FORMAT",
    "ProvenEntry",
    "VerifiedBundle",
    "VerifiedEvent",
    "make_bundle",
    "verify_bundle",
]

FORMAT = "agridata-proof-bundle/1"

MAX_BUNDLE_BYTES = 5_000_000
"""A page's bundle is some 20 kB; bounds the work on a hostile one."""

MAX_ITEMS = 2_000
"""Keys and events of one lot's history."""

_LOT = re.compile(r"/01/(\d{14})/(?:22/[^/?#]+/)?10/([^/?#]+)", re.ASCII)
_INSTANCE = re.compile(r"/01/\d{14}(?:/(?:22|10|21)/[^/?#]+)+", re.ASCII)


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry with its inclusion path; `event` only where it is about one."""

    index: int
    entry: bytes
    path: Sequence[bytes]
    event: bytes | None = None


@dataclass(frozen=True, slots=True)
class VerifiedEvent:
    """An event whose statement, signature and place in the log were checked."""

    index: int
    statement: Statement
    event: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VerifiedBundle:
    """What a bundle proves: at `checkpoint`, these events about this lot were in the log."""

    checkpoint: Checkpoint
    gtin: str
    lot: str
    keys: tuple[RegisteredKey, ...]
    events: tuple[VerifiedEvent, ...]


def make_bundle(
    checkpoint: Checkpoint,
    about: Mapping[str, str],
    keys: Iterable[ProvenEntry],
    events: Iterable[ProvenEntry],
) -> dict[str, Any]:
    """Return the JSON document of a bundle."""
    return {
        "format": FORMAT,
        "about": dict(about),
        "checkpoint": checkpoint.note,
        "keys": [_item(each) for each in keys],
        "events": [_item(each) for each in events],
    }


def verify_bundle(bundle: Mapping[str, Any] | str | bytes, log_vkey: str) -> VerifiedBundle:
    """Check a bundle against the log's pinned verifier key.

    Checked in this order: the checkpoint's signature; each entry's inclusion at its index;
    the key chain from the self-signed registrar at entry 0; each event statement's
    signature by a key of its issuer added before it; SHA-256 of each event; that every
    event is connected, through the items it names, with the lot the bundle is about.

    Parameters
    ----------
    bundle
        The document, or its JSON text.
    log_vkey
        Verifier key of the log, from another source than the bundle.

    Raises
    ------
    ProofError
        At the first thing that does not hold.
    """
    document = _document(bundle)
    checkpoint = _checkpoint(document["checkpoint"], log_vkey)
    keys = _verified_keys(checkpoint, document["keys"])
    events = _verified_events(checkpoint, keys, document["events"])
    gtin, lot = _about(document["about"])
    _require_connected(gtin, lot, events)
    return VerifiedBundle(checkpoint, gtin, lot, tuple(keys.values()), events)


def _item(proven: ProvenEntry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "index": proven.index,
        "entry": proven.entry.decode(),
        "proof": [encode_base64(step) for step in proven.path],
    }
    if proven.event is not None:
        item["event"] = proven.event.decode()
    return item


def _document(bundle: Mapping[str, Any] | str | bytes) -> Mapping[str, Any]:
    if isinstance(bundle, str | bytes):
        if len(bundle) > MAX_BUNDLE_BYTES:
            raise _wrong("", f"is larger than {MAX_BUNDLE_BYTES} bytes")
        try:
            bundle = json.loads(bundle)
        except (ValueError, RecursionError) as error:
            raise _wrong("", "is not JSON") from error
    expected = {"format", "about", "checkpoint", "keys", "events"}
    if not isinstance(bundle, Mapping) or bundle.keys() != expected:
        raise _wrong("", f"must have exactly {', '.join(sorted(expected))}")
    if bundle["format"] != FORMAT:
        raise _wrong("format", f"must be {FORMAT}")
    for name in ("keys", "events"):
        if not isinstance(bundle[name], list) or not 0 < len(bundle[name]) <= MAX_ITEMS:
            raise _wrong(name, f"must be a list of 1 to {MAX_ITEMS}")
    return bundle


def _checkpoint(note: object, log_vkey: str) -> Checkpoint:
    try:
        key = parse_vkey(log_vkey)
        text = note if isinstance(note, str) else ""
        checkpoint, _ = open_checkpoint(text.encode(errors="surrogatepass"), [key])
    except CheckpointError as error:
        raise _wrong("checkpoint", error.findings[0].problem) from error
    if checkpoint.origin != key.name:
        raise _wrong("checkpoint", f"is that of {checkpoint.origin!r}, not {key.name!r}")
    return checkpoint


def _proven(checkpoint: Checkpoint, item: object, where: str) -> tuple[int, Statement]:
    fields = {"index", "entry", "proof", "event"} if "events" in where else None
    if not isinstance(item, dict) or item.keys() != (fields or {"index", "entry", "proof"}):
        raise _wrong(where, "has other fields than it must")
    steps = item["proof"] if isinstance(item["proof"], list) else [None]
    path = [decode_base64(step) if isinstance(step, str) else None for step in steps]
    if not isinstance(item["entry"], str) or None in path:
        raise _wrong(where, "is malformed")
    try:
        entry = item["entry"].encode()
        hashes = [step for step in path if step is not None]
        verify_inclusion(item["index"], checkpoint.size, leaf_hash(entry), hashes, checkpoint.root)
        statement = parse_statement(entry)
    except (ProofError, LedgerError) as error:
        raise _wrong(where, error.findings[0].problem) from error
    except UnicodeEncodeError as error:
        raise _wrong(where, "is not Unicode text") from error
    if statement.fields["origin"] != checkpoint.origin:
        raise _wrong(where, "is a statement for another log")
    return item["index"], statement


def _verified_keys(checkpoint: Checkpoint, items: list[object]) -> dict[str, RegisteredKey]:
    keys: dict[str, RegisteredKey] = {}
    last = -1
    for number, item in enumerate(items):
        where = f"keys[{number}]"
        index, statement = _proven(checkpoint, item, where)
        if statement.kind != "key-add" or index <= last or (number == 0) != (index == 0):
            raise _wrong(where, "must be key-add statements in order, entry 0 first")
        claims, last = statement.claims, index
        added = RegisteredKey(claims["kid"], claims["organisation"], statement.added_key, index)
        signer = keys.get(statement.issuer_kid, added if index == 0 else None)
        registrar = next(iter(keys.values()), added).organisation
        if signer is None or statement.issuer != registrar or signer.organisation != registrar:
            raise _wrong(where, "is not by the registrar of entry 0")
        _require_signature(where, statement, signer, index)
        if added.kid in keys:
            raise _wrong(where, "repeats a key")
        keys[added.kid] = added
    return keys


def _verified_events(
    checkpoint: Checkpoint, keys: Mapping[str, RegisteredKey], items: list[Any]
) -> tuple[VerifiedEvent, ...]:
    verified: list[VerifiedEvent] = []
    for number, item in enumerate(items):
        where = f"events[{number}]"
        index, statement = _proven(checkpoint, item, where)
        key = keys.get(statement.issuer_kid)
        if statement.kind != "epcis-event" or any(index == each.index for each in verified):
            raise _wrong(where, "must be one epcis-event statement, each once")
        if key is None or key.organisation != statement.issuer:
            raise _wrong(where, f"is not signed by a listed key of {statement.issuer!r}")
        _require_signature(where, statement, key, index)
        verified.append(VerifiedEvent(index, statement, _event(where, statement, item["event"])))
    return tuple(verified)


def _require_signature(where: str, statement: Statement, key: RegisteredKey, index: int) -> None:
    try:
        statement.verify(key.public_key)
    except LedgerError as error:
        raise _wrong(where, error.findings[0].problem) from error
    if not key.is_valid_at(index):
        raise _wrong(where, f"is signed with a key that is not valid at index {index}")


def _event(where: str, statement: Statement, text: object) -> Mapping[str, Any]:
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else b""
    if hashlib.sha256(data).hexdigest() != statement.claims["event_sha256"]:
        raise _wrong(where, "the event is not the one that was logged")
    try:
        event = parse_canonical(data, where)
    except LedgerError as error:
        raise _wrong(where, error.findings[0].problem) from error
    if not isinstance(event, dict):
        raise _wrong(where, "the event is not an object")
    return event


def _about(about: object) -> tuple[str, str]:
    if not isinstance(about, Mapping) or about.keys() != {"gtin", "lot"}:
        raise _wrong("about", "must have gtin and lot")
    gtin, lot = about["gtin"], about["lot"]
    if not (isinstance(gtin, str) and isinstance(lot, str) and gtin and lot):
        raise _wrong("about", "must have gtin and lot as text")
    return gtin.zfill(14), lot


def _require_connected(gtin: str, lot: str, events: Sequence[VerifiedEvent]) -> None:
    reached = {f"{gtin} {lot}"}
    waiting = [(event.index, set(_items_of(event.event))) for event in events]
    while waiting:
        linked = [(index, items) for index, items in waiting if items & reached]
        if not linked:
            raise _wrong("about", f"entry {waiting[0][0]} has nothing to do with lot {lot!r}")
        reached = reached.union(*(items for _, items in linked))
        waiting = [each for each in waiting if not each[1] & reached]


def _items_of(value: object) -> Iterator[str]:
    """Yield every lot and item that a (part of an) event names, in one spelling."""
    if isinstance(value, str):
        for gtin, lot in _LOT.findall(value):
            yield f"{gtin} {unquote(lot)}"
        yield from _INSTANCE.findall(value)
    elif isinstance(value, Mapping | list):
        for child in value.values() if isinstance(value, Mapping) else value:
            yield from _items_of(child)


def _wrong(field: str, problem: str) -> ProofError:
    return ProofError(
        f"{field or 'the bundle'}: {problem}",
        where="bundle",
        field=field,
        fix="do not trust this page; fetch the bundle again",
        problem_vi="bằng chứng không đúng",
        fix_vi="không nên tin trang này; hãy tải lại",
    )
