"""Signed notes and verifier keys (C2SP signed-note v1.0.0, tlog-cosignature v1.0.1).

Parsers turn every low-level failure into `CheckpointError`. Signature types understood:
0x01 Ed25519 and 0x04 Ed25519 cosignature/v1; a key of any other type is refused when it is
configured, a signature by any other key is ignored, as the specification demands.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from traceability.errors import CheckpointError

__all__ = [
    "COSIGNATURE",
    "ED25519",
    "Note",
    "NoteSigner",
    "VerifierKey",
    "decode_base64",
    "encode_base64",
    "open_note",
    "parse_vkey",
    "verify_ed25519",
]

ED25519 = 0x01
COSIGNATURE = 0x04
"""Ed25519 over ``cosignature/v1``, a time and the note text: what witnesses sign with."""

MAX_NOTE_BYTES = 1_000_000
"""Bound on work before a signature is checked; Go's implementation uses the same."""

MAX_SIGNATURES = 100
"""C2SP asks for at least 16; Go's implementation stops at 100."""

_TIMESTAMP_BYTES = 8
_SIGNATURE_BYTES = 64
_KEY_ID_BYTES = 4
_VKEY = re.compile(r"(?P<name>[^+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/=]+)")
_SKEY = re.compile(r"PRIVATE\+KEY\+(?P<name>[^+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/=]+)")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key that may sign notes, as its vkey text says."""

    name: str
    key_id: bytes
    kind: int
    public_key: bytes

    def __str__(self) -> str:
        material = encode_base64(bytes([self.kind]) + self.public_key)
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def of(cls, name: str, public_key: bytes, kind: int = ED25519) -> VerifierKey:
        """Return the verifier key of an Ed25519 public key (32 bytes) under `name`.

        Raises
        ------
        CheckpointError
            If the name is empty or holds a space or plus sign.
        """
        if not _is_key_name(name):
            raise _malformed("key", f"{name!r} is not a key name", "leave out spaces and '+'")
        return cls(name, _key_id(name, kind, public_key), kind, public_key)

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """Tell whether `signature` (after the key id) is this key's over the note `text`."""
        if self.kind == COSIGNATURE:
            if len(signature) != _TIMESTAMP_BYTES + _SIGNATURE_BYTES:
                return False
            seconds = int.from_bytes(signature[:_TIMESTAMP_BYTES], "big")
            text = b"cosignature/v1\ntime %d\n" % seconds + text
            signature = signature[_TIMESTAMP_BYTES:]
            if seconds >= 1 << 63:
                return False
        return verify_ed25519(self.public_key, signature, text)


@dataclass(frozen=True, slots=True)
class Note:
    """A note that at least one known key signed.

    `signers` are the verified keys in the order of the note, each once.
    """

    text: str
    signers: tuple[VerifierKey, ...]


class NoteSigner:
    """An Ed25519 private key that signs notes under a name. Its repr shows no secret."""

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        public = private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key = VerifierKey.of(name, public)

    def __repr__(self) -> str:
        return f"NoteSigner({self.key})"

    @classmethod
    def generate(cls, name: str) -> NoteSigner:
        """Return a signer with a fresh key."""
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, skey: str) -> NoteSigner:
        """Read ``PRIVATE+KEY+<name>+<id>+<base64>``.

        Raises
        ------
        CheckpointError
            If the text is malformed or its key id is another key's.
        """
        found = _SKEY.fullmatch(skey)
        material = decode_base64(found["key"]) if found else None
        if found is None or material is None or len(material) != 33 or material[0] != ED25519:
            raise _malformed("key", "the private key is malformed", "restore it from its backup")
        signer = cls(found["name"], Ed25519PrivateKey.from_private_bytes(material[1:]))
        if signer.key.key_id.hex() != found["id"]:
            raise _malformed("key", "the private key's id is wrong", "restore it from its backup")
        return signer

    def secret(self) -> str:
        """Return ``PRIVATE+KEY+…``: for the key file only."""
        seed = self._private_key.private_bytes_raw()
        material = encode_base64(bytes([ED25519]) + seed)
        return f"PRIVATE+KEY+{self.key.name}+{self.key.key_id.hex()}+{material}"

    def sign_bytes(self, message: bytes) -> bytes:
        """Return the plain Ed25519 signature (64 bytes) over `message`."""
        return self._private_key.sign(message)

    def sign_note(self, text: str) -> str:
        """Return the note: `text` (ending in a newline), a blank line, our signature line."""
        signature = self.key.key_id + self.sign_bytes(text.encode())
        return f"{text}\n— {self.key.name} {encode_base64(signature)}\n"


def parse_vkey(vkey: str) -> VerifierKey:
    """Read a verifier key ``<name>+<8 hex>+<base64 of type byte and key>``.

    Raises
    ------
    CheckpointError
        If it is malformed, of another type than Ed25519, or its id is another key's.
    """
    found = _VKEY.fullmatch(vkey) if isinstance(vkey, str) else None
    material = decode_base64(found["key"]) if found else None
    if found is None or material is None or len(material) != 33 or not _is_key_name(found["name"]):
        raise _malformed("vkey", f"{vkey!r} is not an Ed25519 verifier key", "copy it again, whole")
    name, kind, public_key = found["name"], material[0], material[1:]
    if kind not in (ED25519, COSIGNATURE):
        raise _malformed("vkey", f"key type {kind} is not supported", "use an Ed25519 key")
    if _key_id(name, kind, public_key).hex() != found["id"]:
        raise _malformed("vkey", f"the id in {vkey!r} is another key's", "copy it again, whole")
    return VerifierKey(name, bytes.fromhex(found["id"]), kind, public_key)


def open_note(note: bytes, keys: Sequence[VerifierKey]) -> Note:
    """Check a signed note against known keys.

    Parameters
    ----------
    note
        The exact bytes.
    keys
        Keys that may have signed it; signatures by others are ignored.

    Raises
    ------
    CheckpointError
        If the note is malformed, a known key's signature is wrong, or no known key signed.
    """
    text, lines = _split_note(note)
    known = {(key.name, key.key_id): key for key in keys}
    if len(known) != len(set(keys)):
        raise _malformed("vkey", "two keys share a name and id", "give each key once")
    signers: list[VerifierKey] = []
    for name, key_id, signature in map(_parse_signature_line, lines):
        key = known.get((name, key_id))
        if key is None or key in signers:
            continue
        if not key.verifies(text, signature):
            raise CheckpointError(
                f"the signature of {name}+{key_id.hex()} is wrong",
                where="note",
                fix="fetch the note again; if it stays, the log or the note is forged",
                problem_vi="chữ ký trên điểm kiểm tra không đúng",
                fix_vi="hãy tải lại; nếu vẫn sai thì dữ liệu đã bị giả mạo",
            )
        signers.append(key)
    if not signers:
        raise CheckpointError(
            "no known key signed the note",
            where="note",
            fix="check the verifier key you trust",
            problem_vi="không có chữ ký của khoá đã biết",
            fix_vi="hãy kiểm tra khoá xác minh",
        )
    return Note(text.decode(), tuple(signers))


def verify_ed25519(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether `signature` over `message` is that of `public_key` (RFC 8032, strict).

    Never raises: a key or signature of the wrong length verifies nothing.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def encode_base64(data: bytes) -> str:
    """Return standard base64 with padding (RFC 4648, section 4)."""
    return base64.b64encode(data).decode()


def decode_base64(text: str) -> bytes | None:
    """Return the bytes of standard base64; None unless `text` is their one spelling."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if encode_base64(data) == text else None


def _split_note(note: bytes) -> tuple[bytes, list[str]]:
    if not isinstance(note, bytes) or not 0 < len(note) <= MAX_NOTE_BYTES:
        raise _malformed("note", "a note must be bytes, at most 1 MB", "fetch it again")
    try:
        whole = note.decode()
    except UnicodeDecodeError as error:
        raise _malformed("note", "the note is not UTF-8", "fetch it again") from error
    if any(char < " " and char != "\n" for char in whole):
        raise _malformed("note", "the note holds control characters", "fetch it again")
    text, separator, signatures = whole.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise _malformed("note", "text, blank line, signature lines expected", "fetch it again")
    lines = signatures[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise _malformed("note", f"more than {MAX_SIGNATURES} signatures", "fetch it again")
    return f"{text}\n".encode(), lines


def _parse_signature_line(line: str) -> tuple[str, bytes, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    signature = decode_base64(encoded)
    if (
        dash != "—"
        or not _is_key_name(name)
        or signature is None
        or len(signature) <= _KEY_ID_BYTES
    ):
        raise _malformed("note", "a signature line is malformed", "fetch the note again")
    return name, signature[:_KEY_ID_BYTES], signature[_KEY_ID_BYTES:]


def _is_key_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(char.isspace() for char in name)


def _key_id(name: str, kind: int, public_key: bytes) -> bytes:
    named = name.encode(errors="surrogatepass") + b"\n" + bytes([kind]) + public_key
    return hashlib.sha256(named).digest()[:_KEY_ID_BYTES]


def _malformed(where: str, problem: str, fix: str) -> CheckpointError:
    return CheckpointError(problem, where=where, fix=fix)
