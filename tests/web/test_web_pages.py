"""Pages, errors, languages and headers of the served application."""

from __future__ import annotations

import gzip
import re
import shutil
from pathlib import Path

import brotli
import pytest
from trace_world import GTIN, LOT, SERIAL, TraceWorld
from web_client import Client, Opener

from agridata.observations.models import Scene, ZonalStatistic
from agridata.storage import Workspace
from agridata.vocabulary import parse_as_of
from apps.views import PAGE, VERIFIER
from apps.web import LOOPBACK_HOSTS
from traceability.ledger import leaf_hash, parse_checkpoint, verify_bundle
from traceability.lots import find_lot

VI = {"accept-language": "vi"}
EN = {"accept-language": "en"}
BAD_LINKS = [
    "/01/123",
    "/01/09521234567890",
    f"/01/{GTIN}/10/",
    f"/01/{GTIN}/21/A/10/B",
    "/01/x/y/z",
]


def visible(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_trace_page_tells_everything_in_order(client: Client, world: TraceWorld) -> None:
    html = client.get(world.path, headers=VI).text
    text = visible(html)
    order = [
        VERIFIER["word_unknown"].vi, "Gạo thơm ST25", "DX26/A1", "06/03/2026 09:30", "31/12/2026",
        "HTX Nông nghiệp Vị Thủy", "trước 01/07/2025: Thị trấn Nàng Mau", "Bạn mở trang này",
        "Nhận hàng", "Xuất hàng", "Đóng gói", "11.250,5 kg", "Thu hoạch", "VT-001", "1,8 ha",
        "nay thuộc Xã Vị Thủy", "Gieo sạ", "25/11/2025", PAGE["claims"].vi,
        PAGE["certificates"].vi, PAGE["season"].vi, "Đông Xuân 2026", PAGE["proof"].vi, world.vkey,
        PAGE["report"].vi,
    ]  # fmt: skip
    at = 0
    for wanted in order:
        at = text.find(wanted, at)
        assert at >= 0, wanted
    assert "Tính đến 20/03/2026 06:00" in text
    assert "&lt;5 kg&gt;" in html, "names from the register are escaped"


def test_english_page_marks_vietnamese_phrases(client: Client, world: TraceWorld) -> None:
    html = client.get(world.path, headers=EN).text
    assert '<html lang="en">' in html
    assert '<span lang="vi">HTX Nông nghiệp Vị Thủy</span>' in html
    assert "Fragrant rice ST25, 5 kg" in html
    assert "6 Mar 2026, 09:30" in html
    assert "11,250.5 kg" in html
    assert VERIFIER["word_unknown"].en in html


def test_a_missing_step_is_told_not_invented(world: TraceWorld, opened: Opener) -> None:
    early = opened(world.home, as_of=parse_as_of("2026-03-08T12:00"), judge=None)
    text = visible(early.get(world.path, headers=VI).text)
    assert text.count(PAGE["step_missing"].vi) == 2, "not shipped, not received at that moment"
    assert "Cửa hàng" not in text
    assert PAGE["claim_none"].vi in text


@pytest.mark.parametrize("path", BAD_LINKS)
@pytest.mark.parametrize(("headers", "lang"), [(VI, "vi"), (EN, "en")])
def test_bad_syntax_is_400_in_both_languages(
    client: Client, path: str, headers: dict[str, str], lang: str
) -> None:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 400
    assert f'<html lang="{lang}">' in answer.text
    assert PAGE["error_400"].text(lang) in answer.text  # type: ignore[arg-type]
    told = client.get(path, headers={"accept": "application/json"})
    assert told.status_code == 400
    assert set(told.json()["errors"][0]) >= {"where", "field", "problem", "fix"}


@pytest.mark.parametrize(
    "path",
    [f"/01/{GTIN}/10/NOPE", "/01/09521234000013", f"/01/{GTIN}/10/DX26%2FA1/21/XX", "/nowhere",
     "/tile/0/x001", "/tile/9/000", "/static/../_app.py", "/static/none.js",
     "/static/vendor/build.sh"],
)  # fmt: skip
def test_what_is_unknown_is_404_as_page_and_as_json(client: Client, path: str) -> None:
    answer = client.get(path, headers=EN)
    assert answer.status_code == 404
    assert PAGE["error_404"].en in answer.text
    told = client.get(path, headers={"accept": "application/json"}).json()
    assert told["ok"] is False
    assert told["errors"]


def test_the_same_page_as_json(client: Client, world: TraceWorld) -> None:
    told = client.get(f"{world.path}?format=json&lang=en").json()
    assert (told["gtin"], told["lot"], told["lang"]) == (GTIN, LOT, "en")
    assert [step["index"] for step in told["steps"] if step["signed"]] == [6, 5, 4, 3]
    assert told["verdict"]["status"] == "unknown"
    assert told["self_check_failed"] is False


def test_product_page_and_item_pages(client: Client, world: TraceWorld) -> None:
    product = client.get(f"/01/{GTIN}", headers=VI).text
    assert PAGE["no_lot"].vi in product
    assert f'href="{world.path}?lang=vi"' in product
    assert "verify.js" not in product
    assert SERIAL in client.get(f"{world.path}/21/{SERIAL}", headers=VI).text
    assert PAGE["void_label"].vi in client.get(f"{world.path}/21/VOID1", headers=VI).text


def test_attributes_of_the_code_do_not_disturb(client: Client, world: TraceWorld) -> None:
    answer = client.get(f"{world.path}?416=9521234000013&8008=260306093000&lang=en")
    assert answer.status_code == 200
    assert client.get(f"{world.path}?416=9521234000014").status_code == 400


def test_gtin_13_answers_like_gtin_14(client: Client) -> None:
    assert client.get(f"/01/{GTIN[1:]}/10/DX26%2FA1").status_code == 200


def test_short_codes(client: Client, world: TraceWorld) -> None:
    assert client.get(f"/t/{world.short_code.lower()}").status_code == 200
    moved = client.get(f"/t?code={world.short_code[:4]}-{world.short_code[4:]}&lang=en")
    assert moved.status_code == 303
    assert moved.headers["location"] == f"/t/{world.short_code}?lang=en"
    assert client.get("/t/ABC").status_code == 400
    mistyped = ("1" if world.short_code[0] != "1" else "2") + world.short_code[1:]
    assert client.get(f"/t/{mistyped}").status_code == 400


def test_a_recall_is_on_top(world: TraceWorld, tmp_path: Path, opened: Opener) -> None:
    home = tmp_path / "home"
    shutil.copytree(world.home, home)
    workspace = Workspace(home)
    with workspace.session() as session:
        lot = find_lot(session, world.short_code)
        lot.status = "recalled"
        session.add(lot)
        session.commit()
    workspace.engine.dispose()
    html = opened(home).get(world.path, headers=VI).text
    assert html.index(PAGE["recalled"].vi) < html.index('id="verdict"')
    assert 'data-status="recalled"' in html


def test_landing_has_four_doors_vietnamese_first(client: Client) -> None:
    html = client.get("/").text
    assert '<html lang="vi">' in html
    doors = [f"door_{name}" for name in ("farmer", "cooperative", "consumer", "officer")]
    places = [html.index(PAGE[door].vi) for door in doors]
    assert places == sorted(places)
    assert all(f'lang="en">{PAGE[door].en}<' in html for door in doors)
    assert "Tính đến 20/03/2026 06:00" in html
    assert 'href="?lang=en"' in html


def test_language_switch_keeps_the_other_parameters(client: Client, world: TraceWorld) -> None:
    html = client.get(f"{world.path}?416=9521234000013&lang=vi").text
    assert 'href="?416=9521234000013&amp;lang=en"' in html


def test_every_page_of_ours_carries_the_policy(client: Client, world: TraceWorld) -> None:
    for path in ("/", world.path, "/01/1", "/static/page.css", "/checkpoint", "/health"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
    html = client.get(world.path).text + client.get("/").text
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", html)
    assert re.findall(r"<script[^>]*>[^<]", html) == []
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', html)


def test_etag_and_304(client: Client, world: TraceWorld) -> None:
    first = client.get(world.path, headers=VI)
    tag = first.headers["etag"]
    again = client.get(world.path, headers={**VI, "if-none-match": tag})
    assert again.status_code == 304
    assert again.content == b""
    other = client.get(world.path, headers={**EN, "if-none-match": tag})
    assert other.status_code == 200
    assert "Accept-Language" in first.headers["vary"]


def test_compression_is_negotiated(client: Client, world: TraceWorld) -> None:
    plain = client.get(world.path, headers={**VI, "accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    for encoding, unpack in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        got = client.get(world.path, headers={**VI, "accept-encoding": encoding})
        body = got.extensions["raw"]
        assert got.headers["content-encoding"] == encoding
        assert "Accept-Encoding" in got.headers["vary"]
        assert unpack(body) == plain.content
        assert len(body) < 6_000
    refused = client.get(world.path, headers={"accept-encoding": "br;q=0, gzip;q=0"})
    assert "content-encoding" not in refused.headers


def test_host_check(world: TraceWorld, opened: Opener) -> None:
    guarded = opened(world.home, allowed_hosts=LOOPBACK_HOSTS)
    for host in ("localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"):
        assert guarded.get("/health", headers={"host": host}).status_code == 200
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8000", ""):
        assert guarded.get("/health", headers={"host": host}).status_code == 421


def test_the_log_is_mirrored(client: Client, world: TraceWorld) -> None:
    note = client.get("/checkpoint")
    checkpoint = parse_checkpoint(note.content, [world.vkey])
    assert checkpoint.size == 7
    tile = client.get("/tile/0/000.p/7")
    entries = client.get("/tile/entries/000.p/7").content
    assert len(tile.content) == 7 * 32
    assert "immutable" in tile.headers["cache-control"]
    leaves = []
    while entries:
        length = int.from_bytes(entries[:2], "big")
        leaves.append(leaf_hash(entries[2 : 2 + length]))
        entries = entries[2 + length :]
    assert b"".join(leaves) == tile.content


def test_the_proof_verifies_and_is_small(client: Client, world: TraceWorld) -> None:
    answer = client.get(f"{world.path}?format=proof")
    assert len(answer.content) < 20_000
    assert answer.headers["etag"]
    proven = verify_bundle(answer.json(), world.vkey)
    assert [one.index for one in proven.events] == [3, 4, 5, 6]
    assert client.get(f"/t/{world.short_code}?format=proof").json() == answer.json()
    assert client.get(f"/01/{GTIN}/10/NOPE?format=proof").status_code == 404


def test_unchecked_and_checked_bundles_are_equal(
    world: TraceWorld, client: Client, opened: Opener
) -> None:
    unchecked = opened(world.home, self_check=False).get(f"{world.path}?format=proof").json()
    assert unchecked == client.get(f"{world.path}?format=proof").json()


@pytest.mark.parametrize("lie", ["event", "proof", "checkpoint"])
def test_a_server_that_checks_itself_refuses_too(
    lies: dict[str, Path], world: TraceWorld, opened: Opener, lie: str
) -> None:
    client = opened(lies[lie])
    assert client.get(f"{world.path}?format=proof").status_code == 409
    html = client.get(world.path, headers=VI).text
    assert 'data-state="bad" aria-live="polite"' in html
    assert VERIFIER["selfcheck"].vi in html


def test_a_failure_nobody_foresaw_is_an_incident_not_a_traceback(
    world: TraceWorld, tmp_path: Path, opened: Opener
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    answer = opened(empty).get(world.path, headers=VI)
    assert answer.status_code == 500
    assert PAGE["error_500"].vi in answer.text
    assert "Traceback" not in answer.text
    assert "sqlite" not in answer.text.lower()


def test_health(client: Client) -> None:
    assert client.get("/health").json()["ok"] is True


def test_the_season_chart_has_a_sentence_and_says_what_is_simulated(
    world: TraceWorld, tmp_path: Path, opened: Opener
) -> None:
    home = tmp_path / "home"
    shutil.copytree(world.home, home)
    workspace = Workspace(home)
    with workspace.session() as session:
        for day, ndvi in (("2025-12-20", 0.3), ("2026-01-25", 0.82), ("2026-03-05", 0.21)):
            session.add(Scene(
                key=f"s{day}", time=parse_as_of(f"{day}T10:00"), path="x.tif", crs="EPSG:4326",
                bands=[], simulated=True, data_set_key="world",
            ))  # fmt: skip
            session.flush()
            session.add(ZonalStatistic(
                scene_key=f"s{day}", band="NDVI", zone_kind="parcel", zone="VT-001", count=9.0,
                mean=ndvi,
            ))  # fmt: skip
        session.commit()
    workspace.engine.dispose()
    html = opened(home, judge=None).get(world.path, headers=VI).text
    sentence = "NDVI cao nhất 0,82 vào 25/01/2026, gần nhất 0,21 vào 05/03/2026 (3 ảnh)."
    assert html.count(sentence) == 2, "as text and as the chart's name"
    assert 'points="0,42 144,11 300,47"' in html
    early = opened(home, judge=None, as_of=parse_as_of("2026-01-01")).get(world.path, headers=VI)
    assert "polyline" not in early.text, "one image is no line"
