"""``agridata trace`` as people and scripts call it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from apps.cli import main

EVENT = {
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
    "type": "ObjectEvent",
    "eventTime": "2026-03-20T06:00:00+07:00",
    "eventTimeZoneOffset": "+07:00",
    "action": "OBSERVE",
    "epcList": ["https://id.gs1.org/01/09521234543213/10/L1"],
}
PREHASH = (
    "eventType=ObjectEventeventTime=2026-03-19T23:00:00.000ZeventTimeZoneOffset=+07:00"
    "epcListepc=https://id.gs1.org/01/09521234543213/10/L1action=OBSERVE"
)


def write(folder: Path, data: Any) -> str:
    path = folder / "event.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
    return str(path)


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_hash_and_prehash_print_one_line_per_event(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, [EVENT, EVENT])
    assert main(["trace", "prehash", path]) == 0
    assert capsys.readouterr().out.splitlines() == [PREHASH, PREHASH]
    assert main(["trace", "hash", path]) == 0
    hashes = capsys.readouterr().out.splitlines()
    assert len(hashes) == 2
    assert hashes[0].startswith("ni:///sha-256;")
    assert hashes[0].endswith("?ver=CBV2.0")
    assert main(["trace", "hash", path, "--json"]) == 0
    assert said(capsys) == {"ok": True, "hashes": hashes}


@pytest.mark.shared
def test_hash_of_published_documents(shared_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shared_dir / "vectors/epcis-event-hash/examples"
    for path in (*folder.glob("*.jsonld"), *folder.glob("*.xml")):
        assert main(["trace", "hash", str(path)]) == 0
        assert capsys.readouterr().out.split() == path.with_suffix(".hashes").read_text().split()


def test_validate_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "validate", write(tmp_path, EVENT), "--json"]) == 0
    assert said(capsys) == {"ok": True, "profile": "core", "events": 1}


def test_validate_exits_1_with_every_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, {**EVENT, "action": "MOVE", "phone": "0912345678"})
    assert main(["trace", "validate", path, "--json"]) == 1
    told = said(capsys)
    assert told["ok"] is False
    assert {error["field"] for error in told["errors"]} == {"action", "phone"}
    for error in told["errors"]:
        assert error["where"].startswith(path)
        assert error["problem"]
        assert error["fix"]
    assert main(["trace", "validate", path]) == 1
    assert "không" in capsys.readouterr().out


@pytest.mark.parametrize(("content", "code"), [("{", 1), ("[3]", 1), ("<x", 1), (None, 1)])
def test_bad_input_is_the_contract_s_error(
    content: str | None, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "none.json") if content is None else write(tmp_path, content)
    for command in ("hash", "prehash", "validate"):
        assert main(["trace", command, path, "--json"]) == code
        told = said(capsys)
        assert told["ok"] is False
        assert {"where", "field", "problem", "fix"} <= set(told["errors"][0])


def test_wrong_usage_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, EVENT)
    for arguments in (["validate", path, "--profile", "mars"], ["uri", "build", "01"], ["what"]):
        assert main(["trace", *arguments, "--json"]) == 2
        assert said(capsys)["ok"] is False


def test_uri_parse_and_build(capsys: pytest.CaptureFixture[str]) -> None:
    uri = "https://example.vn/01/09521234543213/10/L-1?416=9521234000006&8008=2603200600"
    parts = ["01=09521234543213", "10=L-1"]
    query = "416=9521234000006,8008=2603200600"
    built = ["trace", "uri", "build", *parts, "--domain", "example.vn", "--query", query]
    assert main(built) == 0
    assert capsys.readouterr().out.strip() == uri
    assert main([*built, "--json"]) == 0
    assert said(capsys) == {"uri": uri}
    for flags in ([], ["--json"]):
        assert main(["trace", "uri", "parse", uri, *flags]) == 0
        assert said(capsys) == {
            "elements": {"01": "09521234543213", "10": "L-1"},
            "attributes": {"416": "9521234000006", "8008": "2603200600"},
        }


@pytest.mark.parametrize(
    "arguments",
    [
        ["parse", "https://example.vn/01/09521234543214"],
        ["parse", "nonsense"],
        ["build", "10=L1"],
        ["build", "01=09521234543214"],
        ["build", "01=09521234543213", "8200=x"],
        ["build", "01=09521234543213", "--domain", "a b"],
    ],
)
def test_bad_uris_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "uri", *arguments, "--json"]) == 1
    (error,) = said(capsys)["errors"]
    assert error["problem"]
    assert error["fix"]
