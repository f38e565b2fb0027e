"""Proofs and policies as text files: C2SP tlog-proof and tlog-policy.

A `.tlog-proof` holds the index of an entry, its inclusion proof and the checkpoint, so that
one entry can be verified offline. A policy says whose signatures make a checkpoint valid.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from traceability.errors import CheckpointError, ProofError
from traceability.ledger._checkpoint import Checkpoint, open_checkpoint
from traceability.ledger._note import (
    COSIGNATURE,
    ED25519,
    VerifierKey,
    decode_base64,
    encode_base64,
    parse_vkey,
)
from traceability.ledger._rfc9162 import HASH_BYTES, leaf_hash, verify_inclusion

__all__ = ["Policy", "format_tlog_proof", "parse_policy", "verify_tlog_proof"]

HEADER = "c2sp.org/tlog-proof@v1"

MAX_PROOF_BYTES = 1_100_000
"""A checkpoint of at most 1 MB and a path of at most 63 hashes."""

MAX_POLICY_LINES = 1_000
"""The specification asks for at least 32 logs, 32 witnesses and 32 groups."""

MAX_PATH = 63
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")

Quorum = Callable[[frozenset[bytes]], bool]
"""Public keys that cosigned → whether a witness or group counts as having witnessed."""


@dataclass(slots=True)
class Policy:
    """Logs that are accepted, witnesses that are known, and the quorum among them."""

    logs: list[VerifierKey] = field(default_factory=list)
    witnesses: list[VerifierKey] = field(default_factory=list)
    quorum: Quorum | None = None

    def check(self, note: bytes) -> Checkpoint:
        """Return the checkpoint if the policy accepts it.

        Raises
        ------
        CheckpointError
            If it is malformed, not signed by a listed log under its origin, or the quorum
            of witnesses is missing.
        """
        checkpoint, signers = open_checkpoint(note, [*self.logs, *self.witnesses])
        if not any(key in self.logs and key.name == checkpoint.origin for key in signers):
            raise CheckpointError(
                f"no listed log {checkpoint.origin!r} signed the checkpoint",
                where="checkpoint",
                fix="list the log's verifier key in the policy",
            )
        witnessed = frozenset(key.public_key for key in signers if key in self.witnesses)
        if self.quorum is None or not self.quorum(witnessed):
            raise CheckpointError(
                "the quorum of witnesses is missing",
                where="checkpoint",
                fix="collect more cosignatures",
            )
        return checkpoint


def parse_policy(text: str) -> Policy:
    """Read a C2SP tlog-policy.

    Raises
    ------
    ProofError
        If a line is malformed, a name or key is repeated or unknown, or there is not
        exactly one quorum line.
    """
    policy = Policy()
    names: dict[str, Quorum] = {}
    used: set[str] = set()
    lines = text.split("\n") if isinstance(text, str) else []
    if not 0 < len(lines) <= MAX_POLICY_LINES:
        raise _bad_policy(0, f"a policy is text of at most {MAX_POLICY_LINES} lines")
    for number, line in enumerate(lines, start=1):
        if any((char < " " and char != "\t") or char == "\x7f" for char in line):
            raise _bad_policy(number, "control characters are not allowed")
        words = re.split(r"[ \t]+", line.strip(" \t"))
        if words == [""] or words[0].startswith("#"):
            continue
        _read_policy_line(policy, names, used, number, words)
    if policy.quorum is None:
        raise _bad_policy(len(lines), "the quorum line is missing")
    return policy


def verify_tlog_proof(proof: bytes, entry: bytes, policy: str) -> None:
    """Check a `.tlog-proof` of `entry` under a policy.

    Parameters
    ----------
    proof
        The exact bytes of the proof file.
    entry
        The exact bytes of the logged entry (not its hash).
    policy
        C2SP tlog-policy text: accepted logs, witnesses, quorum.

    Raises
    ------
    ProofError
        If proof or policy are malformed, the checkpoint is not accepted, or the entry is
        not in the log.
    """
    accepted = parse_policy(policy)
    index, path, note = _split_proof(proof)
    if not isinstance(entry, bytes):
        raise _bad_proof("the entry must be bytes")
    try:
        checkpoint = accepted.check(note)
    except CheckpointError as error:
        raise ProofError(
            error.findings[0].problem, where="tlog-proof", fix=error.findings[0].fix
        ) from error
    verify_inclusion(index, checkpoint.size, leaf_hash(entry), path, checkpoint.root)


def format_tlog_proof(index: int, path: Sequence[bytes], checkpoint: Checkpoint) -> str:
    """Return the text of a `.tlog-proof` file."""
    lines = [HEADER, f"index {index}", *map(encode_base64, path)]
    return "\n".join(lines) + "\n\n" + checkpoint.note


def _read_policy_line(
    policy: Policy, names: dict[str, Quorum], used: set[str], number: int, words: list[str]
) -> None:
    match words:
        case ["log", vkey] | ["log", vkey, _]:
            key = _policy_key(number, vkey, (ED25519, COSIGNATURE))
            _refuse_repeated_key(number, policy.logs, key)
            policy.logs.append(key)
        case ["witness", name, vkey] | ["witness", name, vkey, _]:
            key = _policy_key(number, vkey, (COSIGNATURE,))
            _refuse_repeated_key(number, policy.witnesses, key)
            policy.witnesses.append(key)
            _define(names, number, name, _single(key))
        case ["group", name, threshold, *members]:
            _define(names, number, name, _group(names, used, number, threshold, members))
        case ["quorum", name]:
            if policy.quorum is not None:
                raise _bad_policy(number, "there are two quorum lines")
            policy.quorum = _no_witness if name == "none" else _member(names, number, name)
        case _:
            raise _bad_policy(number, f"{words[0]!r} line is malformed or unknown")


def _policy_key(number: int, vkey: str, kinds: tuple[int, ...]) -> VerifierKey:
    try:
        key = parse_vkey(vkey)
    except CheckpointError as error:
        raise _bad_policy(number, error.findings[0].problem) from error
    if key.kind not in kinds:
        raise _bad_policy(number, f"key type {key.kind} is not for this role")
    return key


def _refuse_repeated_key(number: int, keys: list[VerifierKey], key: VerifierKey) -> None:
    if any(key.public_key == other.public_key for other in keys):
        raise _bad_policy(number, f"the public key of {key.name!r} is listed twice")


def _define(names: dict[str, Quorum], number: int, name: str, quorum: Quorum) -> None:
    if name in names or name == "none":
        raise _bad_policy(number, f"the name {name!r} is taken")
    names[name] = quorum


def _member(names: dict[str, Quorum], number: int, name: str) -> Quorum:
    if name not in names:
        raise _bad_policy(number, f"{name!r} is not defined on a line above")
    return names[name]


def _single(key: VerifierKey) -> Quorum:
    return lambda signed: key.public_key in signed


def _no_witness(_signed: frozenset[bytes]) -> bool:
    return True


def _group(
    names: dict[str, Quorum], used: set[str], number: int, threshold: str, members: list[str]
) -> Quorum:
    rules = [_member(names, number, name) for name in members]
    if not rules or len(set(members)) != len(members) or used & set(members):
        raise _bad_policy(number, "a group lists at least one member, each in one group only")
    used |= set(members)
    written = {"any": "1", "all": str(len(rules))}.get(threshold, threshold)
    if not re.fullmatch(r"[1-9][0-9]{0,3}", written) or int(written) > len(rules):
        raise _bad_policy(number, f"threshold {threshold!r} is not any, all or 1 to {len(rules)}")
    needed = int(written)
    return lambda signed: sum(rule(signed) for rule in rules) >= needed


def _split_proof(proof: bytes) -> tuple[int, list[bytes], bytes]:
    if not isinstance(proof, bytes) or len(proof) > MAX_PROOF_BYTES:
        raise _bad_proof("a proof must be bytes, at most 1.1 MB")
    head, separator, note = proof.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise _bad_proof("the proof is not text") from error
    if not separator or lines.pop(0) != HEADER:
        raise _bad_proof(f"the first line must be {HEADER!r}, a blank line precedes the checkpoint")
    extra = lines.pop(0).removeprefix("extra ") if lines and lines[0].startswith("extra ") else ""
    if decode_base64(extra) is None:
        raise _bad_proof("the extra data are not base64")
    index = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if index is None or len(lines) > MAX_PATH:
        raise _bad_proof("an index line is expected, then at most 63 hashes")
    return int(index[1]), [_path_hash(line) for line in lines], note


def _path_hash(line: str) -> bytes:
    digest = decode_base64(line)
    if digest is None or len(digest) != HASH_BYTES:
        raise _bad_proof("a line of the proof is not the base64 of 32 bytes")
    return digest


def _bad_policy(number: int, problem: str) -> ProofError:
    return ProofError(problem, where=f"policy:{number}", fix="see c2sp.org/tlog-policy")


def _bad_proof(problem: str) -> ProofError:
    return ProofError(problem, where="tlog-proof", fix="fetch the proof again")
