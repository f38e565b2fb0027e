"""Checkpoints: signed notes that state a log's size and root (C2SP tlog-checkpoint v1.0.0)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from traceability.errors import CheckpointError
from traceability.ledger._note import (
    NoteSigner,
    VerifierKey,
    decode_base64,
    encode_base64,
    open_note,
    parse_vkey,
)
from traceability.ledger._rfc9162 import EMPTY_ROOT, HASH_BYTES, MAX_TREE_SIZE

__all__ = ["Checkpoint", "open_checkpoint", "parse_checkpoint", "sign_checkpoint"]

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Size and root of a log as its key signed them.

    `note` is the exact signed text, `signers` the names of the keys that verified.
    """

    origin: str
    size: int
    root: bytes
    note: str
    signers: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Checkpoint({self.origin!r}, size={self.size}, root={self.root.hex()[:16]}…)"


def parse_checkpoint(note: bytes, verifier_keys: list[str], quorum: int = 1) -> Checkpoint:
    """Check a checkpoint and return what it says.

    Parameters
    ----------
    note
        The exact bytes of the signed note.
    verifier_keys
        vkeys of the log and its witnesses; signatures by others are ignored.
    quorum
        How many different public keys among them must have signed.

    Raises
    ------
    CheckpointError
        If the note is malformed, a known key's signature is wrong, or too few signed.
    """
    keys = [parse_vkey(vkey) for vkey in dict.fromkeys(verifier_keys)]
    checkpoint, signers = open_checkpoint(note, keys)
    signed = len({key.public_key for key in signers})
    if type(quorum) is not int or quorum < 1 or signed < quorum:
        raise CheckpointError(
            f"{signed} of the known keys signed, {quorum} are required",
            where="checkpoint",
            field="quorum",
            fix="collect more witnesses' signatures, or correct the list of keys",
            problem_vi="chưa đủ chữ ký của các bên làm chứng",
            fix_vi="hãy lấy thêm chữ ký của bên làm chứng",
        )
    return checkpoint


def open_checkpoint(
    note: bytes, keys: Sequence[VerifierKey]
) -> tuple[Checkpoint, tuple[VerifierKey, ...]]:
    """Return the checkpoint and the keys that signed it.

    Raises
    ------
    CheckpointError
        If the note is malformed or no known key signed it.
    """
    opened = open_note(note, keys)
    origin, size, root, extensions = _parse_text(opened.text)
    names = tuple(key.name for key in opened.signers)
    checkpoint = Checkpoint(origin, size, root, note.decode(), names, extensions)
    return checkpoint, opened.signers


def sign_checkpoint(signer: NoteSigner, size: int, root: bytes) -> Checkpoint:
    """Return the checkpoint of the log whose origin is the signer's name.

    Ed25519 is deterministic: the same size and root give the same bytes.
    """
    origin = signer.key.name
    note = signer.sign_note(f"{origin}\n{size}\n{encode_base64(root)}\n")
    return Checkpoint(origin, size, root, note, (origin,))


def _parse_text(text: str) -> tuple[str, int, bytes, tuple[str, ...]]:
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not all(lines):
        raise _malformed("origin, size and root expected, each on a line")
    origin, size_text, root_text, *extensions = lines
    if not _SIZE.fullmatch(size_text) or int(size_text) >= MAX_TREE_SIZE:
        raise _malformed(f"{size_text[:40]!r} is not a tree size")
    size, root = int(size_text), decode_base64(root_text)
    if root is None or len(root) != HASH_BYTES:
        raise _malformed("the root is not the base64 of 32 bytes")
    if size == 0 and root != EMPTY_ROOT:
        raise _malformed("the root of an empty tree must be SHA-256 of nothing")
    return origin, size, root, tuple(extensions)


def _malformed(problem: str) -> CheckpointError:
    return CheckpointError(problem, where="checkpoint", fix="fetch the checkpoint again")
