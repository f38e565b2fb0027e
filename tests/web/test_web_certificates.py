"""Certificates and codes on the trace page: what holds when, in whose words."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from trace_world import COOPERATIVE, GTIN, NOW, TraceWorld
from web_client import Opener

from agridata.registry import add_certificate, set_status
from agridata.storage import Workspace
from agridata.vocabulary import parse_as_of
from apps.views import PAGE

VI, EN = {"accept-language": "vi"}, {"accept-language": "en"}
VIETGAP = {
    "kind": "vietgap", "number": "VG-<1>", "issuer": "Trung tâm Chứng nhận Mẫu",
    "organisation_code": COOPERATIVE, "parcel_codes": "VT-001",
    "valid_from": "2025-06-01", "valid_to": "2026-05-31",
}  # fmt: skip
OCOP = {
    "kind": "ocop", "number": "OC-9", "issuer": "UBND TP Cần Thơ", "product_gtin": GTIN,
    "valid_from": "2025-06-01", "valid_to": "2028-05-31", "stars": "4",
    "decision_number": "12/QĐ-UBND", "document_sha256": "ab" * 32, "simulated": "true",
}  # fmt: skip
AREA = {
    "kind": "growing_area", "number": "VN-HGOR-0001", "issuer": "Cục Trồng trọt", "market": "CN",
    "parcel_codes": "VT-001", "valid_from": "2025-06-01", "verified_by": "Sở NN&MT",
}  # fmt: skip
OLD = VIETGAP | {"number": "VG-0", "valid_from": "2023-06-01", "valid_to": "2025-05-31"}
OTHERS = VIETGAP | {
    "kind": "organic",
    "number": "HC-1",
    "organisation_code": "cua-hang-can-tho",
    "parcel_codes": "",
}


@pytest.fixture(scope="module")
def home(world: TraceWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The traced world with five certificates; VietGAP is revoked on 19 March 2026, noon."""
    copy = tmp_path_factory.mktemp("web-certificates") / "home"
    shutil.copytree(world.home, copy)
    workspace = Workspace(copy)
    told = {"actor": "test", "now": NOW}
    with workspace.session() as session:
        for cells in (VIETGAP, OCOP, AREA, OLD, OTHERS):
            add_certificate(session, cells, **told)
        set_status(
            session, "VG-<1>", "revoked", at=parse_as_of("2026-03-19T12:00"),
            reason="phát hiện thuốc cấm ở hộ ông A", **told,
        )  # fmt: skip
        session.commit()
    workspace.engine.dispose()
    return copy


def section(html: str) -> str:
    found = re.search(r'<section id="certificates">(.*?)</section>', html, re.DOTALL)
    assert found
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[1]))


def test_each_certificate_says_how_it_stands(home: Path, world: TraceWorld, opened: Opener) -> None:
    html = opened(home).get(world.path, headers=VI).text
    text = section(html)
    for wanted in (
        "OCOP 4 sao mô phỏng", "Còn hiệu lực, có giấy làm chứng cứ", "UBND TP Cần Thơ",
        "01/06/2025 đến hết 31/05/2028", "12/QĐ-UBND",
        "Mã số vùng trồng", "Còn hiệu lực, Sở NN&amp;MT đã xác minh", "VN-HGOR-0001", "CN",
        "từ 01/06/2025, không ghi ngày hết hạn", "mọi thửa của lô (1)",
        "VietGAP", "Đã bị thu hồi từ 19/03/2026", "VG-&lt;1&gt;", PAGE["certificates_note"].vi,
    ):  # fmt: skip
        assert wanted in text, wanted
    assert text.index("OCOP") < text.index("VietGAP"), "what holds comes first"
    assert "Đã hết hạn từ 01/06/2025" in text, "no valid VietGAP stands beside the old one"
    assert "Hữu cơ" not in text, "the shop's own certificate says nothing of this lot"
    assert PAGE["certificates_none"].vi not in text
    assert "thuốc cấm" not in html, "a reason may name a person: it is not published"
    assert re.findall(r'class="word (\w*)" data-standing="(\w+)"', html) == [
        ("plausible", "valid"), ("", "valid"), ("questionable", "expired"),
        ("questionable", "revoked"),
    ]  # fmt: skip


def test_the_page_speaks_of_its_own_moment(home: Path, world: TraceWorld, opened: Opener) -> None:
    before = opened(home, as_of=parse_as_of("2026-03-19T11:59"), judge=None)
    text = section(before.get(world.path, headers=VI).text)
    assert "thu hồi" not in text
    assert "Còn hiệu lực theo khai báo" in text
    assert "VG-0" not in text, "an expired one is left out beside its valid successor"
    later = opened(home, as_of=parse_as_of("2028-06-01"), judge=None)
    text = section(later.get(world.path, headers=VI).text)
    assert "OCOP 4 sao mô phỏng Đã hết hạn từ 01/06/2028" in text
    early = opened(home, as_of=parse_as_of("2023-05-31"), judge=None)
    assert "Có hiệu lực từ 01/06/2023" in section(early.get(world.path, headers=VI).text)


def test_english_and_the_product_without_a_lot(
    home: Path, world: TraceWorld, opened: Opener
) -> None:
    client = opened(home)
    html = client.get(world.path, headers=EN).text
    text = section(html)
    assert "Revoked since 19 Mar 2026" in text
    assert "OCOP, 4 stars" in text
    assert '<span lang="vi">UBND TP Cần Thơ</span>' in html
    product = section(client.get(f"/01/{GTIN}", headers=EN).text)
    assert "OCOP" in product
    assert "VietGAP" not in product, "what holds for some land does not hold for a product"
    told = client.get(f"{world.path}?format=json&lang=en").json()["certificates"]
    assert [one["standing"] for one in told] == ["valid", "valid", "expired", "revoked"]


def test_none_is_said_to_be_none(world: TraceWorld, opened: Opener) -> None:
    assert PAGE["certificates_none"].vi in section(
        opened(world.home).get(world.path, headers=VI).text
    )
