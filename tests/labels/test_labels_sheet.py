"""A sheet must come back byte for byte, at a size that a checkout can read."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.errors import LabelError
from traceability.labels import LabelContent, fit_symbol, render_sheet, stock, stocks, verify_sheet

URI = (
    "https://id.agridata.example/01/09521234000017/10/GM-2026-03-A1/21/{serial}"
    "?416=9521234000000&8008=2603120930"
)


def content(serial: str) -> LabelContent:
    return LabelContent(
        uri=URI.format(serial=serial),
        product_name="Gạo thơm Đài Thơm 8 túi 5 kg",
        organisation_name="Hợp tác xã Nông nghiệp Long Mỹ",
        gtin="09521234000017",
        lot="GM-2026-03-A1",
        packed_on=date(2026, 3, 12),
        short_code="7K3F-9QW2-X",
        location_code="9521234000000",
        simulated=True,
    )


@pytest.mark.parametrize("name", sorted(stocks()))
def test_every_stock_prints_and_reads_back(name: str) -> None:
    wanted = [content(f"S{n:04d}") for n in range(stock(name).per_page + 1)]
    report = verify_sheet(render_sheet(wanted, stock(name)))
    assert report.ok
    assert report.decoded == len(wanted)
    assert report.min_module_mm >= 0.396
    assert report.min_quiet_modules >= 4


def test_a_symbol_measured_from_the_render_has_the_size_that_was_drawn() -> None:
    drawn = fit_symbol(content("S0001").uri, 35.1).module_mm
    report = verify_sheet(render_sheet([content("S0001")], stock("L7160")))
    assert report.min_module_mm == pytest.approx(drawn, rel=0.02)


def test_stock_geometry_adds_up_to_the_page() -> None:
    sheet = stock("L7160")
    assert pytest.approx(sheet.page_height_mm) == 7 * 38.1 + 2 * 15.15
    assert pytest.approx(sheet.page_width_mm) == 3 * 63.5 + 2 * 2.5 + 2 * 7.25
    assert sheet.corner_mm(20) == pytest.approx((7.25 + 2 * 66, 15.15 + 6 * 38.1))


def test_a_sheet_that_says_something_else_is_refused() -> None:
    pdf = render_sheet([content("S0001"), content("S0002")], stock("L7160"))
    report = verify_sheet(pdf, [content("S0001").uri, content("S0003").uri])
    assert not report.ok
    assert report.mismatched == 1


def test_a_missing_symbol_is_noticed() -> None:
    pdf = render_sheet([content("S0001")], stock("L7160"))
    report = verify_sheet(pdf, [content("S0001").uri, content("S0002").uri])
    assert not report.ok
    assert (report.symbols, report.decoded) == (2, 1)


def test_the_same_sheet_is_the_same_bytes() -> None:
    one, two = (render_sheet([content("S0001")], stock("L7160")) for _ in range(2))
    assert one == two


def test_text_can_be_copied_in_vietnamese() -> None:
    import pypdfium2 as pdfium

    document = pdfium.PdfDocument(render_sheet([content("S0001")], stock("5163")))
    text = document[0].get_textpage().get_text_bounded()
    document.close()
    for words in ("Gạo thơm Đài Thơm 8", "MÔ PHỎNG", "Đóng gói 12/03/2026", "7K3F-9QW2-X"):
        assert words in text


@pytest.mark.parametrize("garbage", [b"", b"%PDF-1.4 nothing", b"\x00" * 64])
def test_garbage_is_not_a_sheet(garbage: bytes) -> None:
    with pytest.raises(LabelError):
        verify_sheet(garbage)


def test_unknown_stock_names_the_known_ones() -> None:
    with pytest.raises(LabelError) as caught:
        stock("L9999")
    assert "L7160" in caught.value.findings[0].fix


def test_a_link_too_long_for_the_label_is_refused() -> None:
    with pytest.raises(LabelError, match="does not fit"):
        fit_symbol("https://id.agridata.example/" + "x" * 300, 20)


@settings(max_examples=25, deadline=None)
@given(
    lot=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._", min_size=1, max_size=20),
    name=st.text(min_size=1, max_size=60),
)
def test_whatever_is_printed_reads_back(lot: str, name: str) -> None:
    one = content("S1")
    odd = LabelContent(
        uri=f"https://id.agridata.example/01/09521234000017/10/{lot}",
        product_name=name,
        organisation_name=one.organisation_name,
        gtin=one.gtin,
        lot=lot,
        packed_on=None,
        short_code=one.short_code,
        location_code=one.location_code,
        simulated=False,
    )
    assert verify_sheet(render_sheet([odd], stock("L7160"))).ok
