"""Signed notes, verifier keys, checkpoints, tlog-proofs, Ed25519, JCS: independent vectors."""

import base64
import contextlib
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.errors import CheckpointError, LedgerError, ProofError, TraceabilityError
from traceability.ledger import (
    NoteSigner,
    open_note,
    parse_checkpoint,
    parse_statement,
    parse_vkey,
    verify_tlog_proof,
)
from traceability.ledger._canonical import canonical_json, parse_canonical
from traceability.ledger._checkpoint import sign_checkpoint
from traceability.ledger._note import verify_ed25519
from traceability.ledger._rfc9162 import leaf_hash

NOTE_HEAD = "a.example/log\n1\n"


@pytest.fixture(scope="module")
def notes(shared_dir: Path) -> dict:
    return json.loads((shared_dir / "vectors/signed-note/vectors.json").read_text())


@pytest.fixture(scope="module")
def proofs(shared_dir: Path) -> list:
    return json.loads((shared_dir / "vectors/tlog-proof/vectors.json").read_text())


def policy_of(case: dict) -> str:
    """Write the vector's keys as a C2SP policy that requires every one of them."""
    logs = [vkey for vkey in case["vkeys"] if parse_vkey(vkey).kind == 1]
    witnesses = [vkey for vkey in case["vkeys"] if parse_vkey(vkey).kind == 4]
    names = [f"w{number}" for number in range(len(witnesses))]
    lines = [f"log {vkey}" for vkey in logs]
    lines += [f"witness {name} {vkey}" for name, vkey in zip(names, witnesses, strict=True)]
    if names:
        lines += [f"group everyone all {' '.join(names)}", "quorum everyone"]
    else:
        lines.append("quorum none")
    return "\n".join(lines) + "\n"


def test_note_vectors(notes):
    for case in notes["notes"]:
        keys = [parse_vkey(vkey) for vkey in case["vkeys"]]
        raw = base64.b64decode(case["note_b64"])
        if case["expect"] == "ok":
            opened = open_note(raw, keys)
            assert [key.name for key in opened.signers] == case["verified"], case["name"]
        else:
            with pytest.raises(CheckpointError):
                open_note(raw, keys)
    assert len(notes["notes"]) >= 21


def test_checkpoint_vectors_need_their_quorum(notes):
    seen = 0
    for case in notes["notes"]:
        raw = base64.b64decode(case["note_b64"])
        if case["expect"] != "ok" or raw.count(b"\n\n") != 1 or not raw.split(b"\n")[1].isdigit():
            continue
        count = len(case["verified"])
        checkpoint = parse_checkpoint(raw, case["vkeys"], quorum=count)
        assert checkpoint.note.encode() == raw
        assert str(checkpoint.size).encode() == raw.split(b"\n")[1]
        with pytest.raises(CheckpointError, match="required"):
            parse_checkpoint(raw, case["vkeys"], quorum=count + 1)
        with pytest.raises(CheckpointError):
            parse_checkpoint(raw, case["vkeys"], quorum=0)
        seen += 1
    assert seen >= 10


def test_vkey_vectors(notes):
    for case in notes["vkeys"]:
        if case["valid"]:
            assert str(parse_vkey(case["vkey"])) == case["vkey"]
        else:
            with pytest.raises(CheckpointError):
                parse_vkey(case["vkey"])


def test_signing_vector(notes):
    for case in notes["sign"]:
        signer = NoteSigner.parse(case["skey"])
        assert signer.sign_note(case["text"]) == case["want"]
        assert signer.secret() == case["skey"]
        assert case["skey"][-20:] not in repr(signer)


def test_tlog_proof_vectors(proofs):
    for case in proofs:
        proof, entry = case["proof"].encode(), base64.b64decode(case["leaf_data_b64"])
        if case["expect"] == "ok":
            verify_tlog_proof(proof, entry, policy_of(case))
            with pytest.raises(ProofError):
                verify_tlog_proof(proof, entry + b"x", policy_of(case))
        else:
            with pytest.raises(ProofError):
                verify_tlog_proof(proof, entry, policy_of(case))
    assert len(proofs) >= 70


def test_ed25519_vectors(shared_dir):
    vectors = json.loads((shared_dir / "vectors/wycheproof/ed25519_test.json").read_text())
    count = 0
    for group in vectors["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            good = verify_ed25519(key, bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
            assert good == (case["result"] == "valid"), case["tcId"]
            count += 1
    assert count >= 151


def test_jcs_vectors(shared_dir):
    files = sorted((shared_dir / "vectors/rfc8785-jcs/input").iterdir())
    for path in files:
        expected = bytes.fromhex((path.parents[1] / "outhex" / f"{path.stem}.txt").read_text())
        assert canonical_json(json.loads(path.read_text("utf-8"))) == expected
        assert canonical_json(parse_canonical(expected, "vector")) == expected
    assert len(files) >= 6


@pytest.mark.parametrize(
    "line",
    ["", "01", "-1", "+1", "1 ", "٣", "9223372036854775808", "99999999999999999999", "0x1"],
)
def test_a_size_has_one_spelling(line):
    signer = NoteSigner.generate("a.example/log")
    root = base64.b64encode(bytes(32)).decode()
    note = signer.sign_note(f"a.example/log\n{line}\n{root}\n")
    with pytest.raises(CheckpointError):
        parse_checkpoint(note.encode(), [str(signer.key)])


@pytest.mark.parametrize("root", ["", "AA==", "A" * 43 + "B=", "A" * 44, "é"])
def test_a_root_is_32_bytes_in_one_spelling(root):
    signer = NoteSigner.generate("a.example/log")
    with pytest.raises(CheckpointError):
        parse_checkpoint(signer.sign_note(f"{NOTE_HEAD}{root}\n").encode(), [str(signer.key)])


def test_one_key_under_two_names_is_one_signer():
    signer = NoteSigner.generate("a.example/log")
    other = NoteSigner("b.example/log", signer._private_key)
    text = sign_checkpoint(signer, 0, hashlib.sha256(b"").digest()).note
    body = text.split("\n\n")[0] + "\n"
    note = text + other.sign_note(body).split("\n\n")[1]
    keys = [str(signer.key), str(other.key)]
    assert parse_checkpoint(note.encode(), keys).signers == ("a.example/log", "b.example/log")
    with pytest.raises(CheckpointError, match="required"):
        parse_checkpoint(note.encode(), keys, quorum=2)


LOG = NoteSigner.generate("log.example/1")
WITNESSES = [NoteSigner.generate(f"w.example/{number}") for number in range(3)]


def cosigner_vkey(signer: NoteSigner) -> str:
    return str(type(signer.key).of(signer.key.name, signer.key.public_key, 4))


def cosigned(text: str, witnesses: list) -> str:
    note = LOG.sign_note(text)
    for witness in witnesses:
        key = parse_vkey(cosigner_vkey(witness))
        message = b"cosignature/v1\ntime 1770000000\n" + text.encode()
        signature = key.key_id + (1770000000).to_bytes(8, "big") + witness.sign_bytes(message)
        note += f"— {key.name} {base64.b64encode(signature).decode()}\n"
    return note


def groups(quorum: str) -> str:
    lines = [f"log {LOG.key}"]
    lines += [f"witness w{n} {cosigner_vkey(each)}" for n, each in enumerate(WITNESSES)]
    return "\n".join([*lines, quorum])


@pytest.mark.parametrize(
    ("quorum", "signing", "holds"),
    [
        ("quorum none", [], True),
        ("quorum w1", [0], False),
        ("quorum w1", [1], True),
        ("group g 2 w0 w1 w2\nquorum g", [2], False),
        ("group g 2 w0 w1 w2\nquorum g", [0, 2], True),
        ("group g any w0 w1\ngroup h all g w2\nquorum h", [0], False),
        ("group g any w0 w1\ngroup h all g w2\nquorum h", [1, 2], True),
        (" \t# a comment\n\ngroup g all w0 w1 w2\n\tquorum  g ", [0, 1, 2], True),
    ],
)
def test_policies_ask_for_their_quorum(quorum, signing, holds):
    entry = b"an entry"
    root = base64.b64encode(leaf_hash(entry)).decode()
    note = cosigned(f"log.example/1\n1\n{root}\n", [WITNESSES[at] for at in signing])
    proof = f"c2sp.org/tlog-proof@v1\nindex 0\n\n{note}".encode()
    if holds:
        verify_tlog_proof(proof, entry, groups(quorum))
    else:
        with pytest.raises(ProofError, match="quorum"):
            verify_tlog_proof(proof, entry, groups(quorum))


@pytest.mark.parametrize(
    "quorum",
    [
        "", "quorum none\nquorum none", "quorum nobody", "group g 0 w0\nquorum g",
        "group g 3 w0 w1\nquorum g", "group g 01 w0\nquorum g", "group g any\nquorum g",
        "group g any w0 w0\nquorum g", "group g any none\nquorum g", "group w0 any w1\nquorum w0",
        "group g any w0\ngroup h any w0\nquorum h", "quorum none\x07", "log\nquorum none",
        "witness none x\nquorum none", f"witness w9 {LOG.key}\nquorum none", "hello\nquorum none",
        f"log {LOG.key}\nquorum none",
    ],
)  # fmt: skip
def test_bad_policies_are_refused(quorum):
    with pytest.raises(ProofError):
        verify_tlog_proof(b"", b"", groups(quorum))


parsers = {
    "note": lambda data: open_note(data, [LOG.key]),
    "checkpoint": lambda data: parse_checkpoint(data, [str(LOG.key)]),
    "vkey": lambda data: parse_vkey(data.decode("latin-1")),
    "proof": lambda data: verify_tlog_proof(data, b"", f"log {LOG.key}\nquorum none"),
    "policy": lambda data: verify_tlog_proof(b"", b"", data.decode("latin-1")),
    "statement": parse_statement,
}


@pytest.mark.parametrize("name", parsers)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_mutations_raise_only_our_errors(name, data, proofs, notes):
    seeds = [
        base64.b64decode(notes["notes"][0]["note_b64"]), proofs[0]["proof"].encode(),
        notes["vkeys"][0]["vkey"].encode(), b"log a+b+c\nquorum none\n", b'{"statement":{}}', b"",
    ]  # fmt: skip
    seed = bytearray(data.draw(st.sampled_from(seeds)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(seed)))
        seed[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    with contextlib.suppress(TraceabilityError):
        parsers[name](bytes(seed))
        assert name in ("vkey", "policy"), "nothing of this is signed by our key"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"null", b"{", b"[" * 50_000, b'{"a":1,"a":1}', b'{"b":1,"a":2}', b'{"a": 1}',
        b'"\\ud800"', b"1e400", b"NaN", b"[1.0]", b"\xff", b"9007199254740993", b'"\\u0041"',
        b"[" * 40 + b"]" * 40, b"-0",
    ],
)  # fmt: skip
def test_only_canonical_json_is_read(data):
    with pytest.raises(LedgerError):
        parse_canonical(data, "test") if data != b"null" else parse_statement(data)
