"""The script's cryptography against vectors that others wrote, with both of its back ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.shared]

IMPORT = "const m = await import('/static/verify.js');"
BYTES = "const b = (t) => Uint8Array.from(atob(t), (x) => x.charCodeAt(0));"
HEX = "const h = (t) => Uint8Array.from(t.match(/../g) || [], (x) => parseInt(x, 16));"
OUTCOME = """const outcome = async (run) => {
  try { await run(); return "ok"; } catch (e) {
    if (!(e instanceof m.Refusal)) throw e;
    return e.code;
  }
};"""


@pytest.mark.parametrize(("back_end", "name"), [("native", "WebCrypto"), ("fallback", "noble")])
def test_wycheproof_ed25519(honest_page: Page, shared_dir: Path, back_end: str, name: str) -> None:
    groups = json.loads((shared_dir / "vectors/wycheproof/ed25519_test.json").read_text())
    cases = [
        {"id": one["tcId"], "pk": group["publicKey"]["pk"], "msg": one["msg"], "sig": one["sig"]}
        for group in groups["testGroups"]
        for one in group["tests"]
    ]
    valid = {
        one["tcId"]
        for group in groups["testGroups"]
        for one in group["tests"]
        if one["result"] == "valid"
    }
    used, accepted = honest_page.evaluate(
        f"""async ([cases, backEnd]) => {{ {IMPORT} {HEX}
          const crypto = await m[backEnd](), accepted = [];
          for (const t of cases)
            if (await crypto.verify(h(t.pk), h(t.sig), h(t.msg))) accepted.push(t.id);
          return [crypto.name, accepted]; }}""",
        [cases, back_end],
    )
    assert used == name
    assert len(cases) > 100
    assert set(accepted) == valid


@pytest.mark.parametrize("back_end", ["native", "fallback"])
def test_rfc9162_inclusion(honest_page: Page, shared_dir: Path, back_end: str) -> None:
    folder = shared_dir / "vectors/rfc6962-merkle/inclusion"
    cases = [json.loads(path.read_text()) for path in sorted(folder.rglob("*.json"))]
    outcomes = honest_page.evaluate(
        f"""async ([cases, backEnd]) => {{ {IMPORT} {BYTES} {OUTCOME}
          const crypto = await m[backEnd](), all = [];
          for (const t of cases) all.push(await outcome(() => m.verifyInclusion(crypto,
            t.leafIdx, t.treeSize, b(t.leafHash), (t.proof || []).map(b), b(t.root))));
          return all; }}""",
        [cases, back_end],
    )
    assert len(cases) > 40
    assert [one == "ok" for one in outcomes] == [not case["wantErr"] for case in cases]


def ed25519_keys(case: dict[str, Any]) -> list[str]:
    """The note's plain Ed25519 keys (type 1); cosignatures are another algorithm."""
    return [key for key in case["vkeys"] if key.split("+", 2)[2].startswith("A")]


def test_signed_notes(honest_page: Page, shared_dir: Path) -> None:
    notes = json.loads((shared_dir / "vectors/signed-note/vectors.json").read_text())["notes"]
    cases = [
        {"name": one["name"], "note": one["note_b64"], "vkey": key, "ok": one["expect"] == "ok"}
        for one in notes
        for key in ed25519_keys(one)
    ]
    outcomes = honest_page.evaluate(
        f"""async (cases) => {{ {IMPORT} {BYTES} {OUTCOME}
          const crypto = await m.native(), all = [];
          for (const t of cases) all.push(await outcome(() =>
            m.openNote(crypto, new TextDecoder().decode(b(t.note)), t.vkey)));
          return all; }}""",
        cases,
    )
    assert len(cases) > 15
    wrong = [
        case["name"]
        for case, one in zip(cases, outcomes, strict=True)
        if (one == "ok") != case["ok"]
    ]
    assert not wrong


def test_verifier_keys(honest_page: Page, shared_dir: Path) -> None:
    listed = json.loads((shared_dir / "vectors/signed-note/vectors.json").read_text())["vkeys"]
    outcomes = honest_page.evaluate(
        f"""async (keys) => {{ {IMPORT} {OUTCOME}
          const crypto = await m.native(), all = [];
          for (const key of keys) all.push(await outcome(() => m.parseVkey(crypto, key)));
          return all; }}""",
        [one["vkey"] for one in listed],
    )
    ours = [one["valid"] and one["vkey"].split("+", 2)[2].startswith("A") for one in listed]
    assert sum(ours) >= 2
    assert [one == "ok" for one in outcomes] == ours
