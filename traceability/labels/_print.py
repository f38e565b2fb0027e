"""The print ledger: a sheet is recorded only after it decoded, and written whole or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from sqlmodel import Session, col, select

from agridata.registry.models import Organisation, Product
from agridata.vocabulary import Utc, local_date
from traceability.errors import LabelError
from traceability.identifiers import build_digital_link, build_trace_code
from traceability.labels._sheet import LAYOUT_VERSION, LabelContent, render_sheet
from traceability.labels._stock import stock as stock_of
from traceability.labels._verify import SheetReport, verify_sheet
from traceability.labels.models import Label, LabelSheet
from traceability.lots.models import Lot

__all__ = [
    "MAX_LABELS",
    "lot_uri",
    "payloads_of",
    "print_labels",
    "sheet_path",
    "sheets_of",
]

MAX_LABELS = 2_000
"""Labels in one request: about a hundred A4 sheets, twenty seconds of rendering."""


def lot_uri(domain: str, lot: Lot, organisation: Organisation, *, serial: str | None = None) -> str:
    """Return the link a label carries.

    With a GLN and a packing time it is Vietnam's trace code (Circular 02/2024/TT-BKHCN: product,
    location, lot, time) as a GS1 Digital Link; without a GLN no AI 416 is invented.
    """
    if organisation.gln and lot.packed_at:
        return build_trace_code(
            domain, lot.gtin, lot.lot, organisation.gln, Utc(lot.packed_at), serial
        )
    elements = {"01": lot.gtin, "10": lot.lot} | ({"21": serial} if serial else {})
    return build_digital_link(elements, domain)


def print_labels(
    session: Session,
    lot: Lot,
    *,
    count: int,
    stock: str,
    domain: str,
    out: Path,
    now: Utc,
    start_slot: int = 1,
    serials: Callable[[int], str] | None = None,
) -> tuple[LabelSheet, SheetReport]:
    """Make a sheet, decode it back, write it to `out` and record it; the caller commits.

    Parameters
    ----------
    count
        Labels to print, at most `MAX_LABELS`.
    serials
        Gives the serial number (AI 21) of the n-th label; None prints lot-level labels.

    Raises
    ------
    LabelError
        If the lot may not be labelled, the request is out of range, or a symbol did not decode;
        then nothing is written.
    """
    product, organisation = _owner(session, lot)
    _refuse(lot, count, start_slot, stock)
    contents = [
        _content(lot, product, organisation, domain, serials(n) if serials else None)
        for n in range(count)
    ]
    pdf = render_sheet(contents, stock_of(stock), start_slot=start_slot)
    report = verify_sheet(pdf, [content.uri for content in contents])
    if not report.ok:
        raise LabelError(
            f"only {report.decoded} of {report.symbols} symbols decoded; sheet not handed out",
            where=str(out), fix="use a larger label stock",
            problem_vi=f"chỉ đọc lại được {report.decoded}/{report.symbols} mã; không xuất tờ nhãn",
            fix_vi="hãy dùng giấy nhãn lớn hơn",
        )  # fmt: skip
    _write_whole(out, pdf)
    return _record(session, lot, stock, contents, pdf, report, out, now, start_slot), report


def _owner(session: Session, lot: Lot) -> tuple[Product, Organisation]:
    product = session.get(Product, lot.gtin)
    organisation = session.get(Organisation, lot.organisation_code)
    if product is None or organisation is None:
        raise LabelError(
            "product or organisation of this lot is not registered", where=f"{lot.gtin}/{lot.lot}",
            fix="import the product and the organisation first",
            problem_vi="chưa đăng ký sản phẩm hoặc tổ chức của lô này",
            fix_vi="hãy nhập sản phẩm và tổ chức trước",
        )  # fmt: skip
    return product, organisation


def _refuse(lot: Lot, count: int, start_slot: int, stock: str) -> None:
    per_page = stock_of(stock).per_page
    problems = {
        f"lot is {lot.status}": lot.status != "active",
        f"{count} labels asked for": not 1 <= count <= MAX_LABELS,
        f"start slot {start_slot} of a sheet of {per_page}": not 1 <= start_slot <= per_page,
    }
    for problem, wrong in problems.items():
        if wrong:
            raise LabelError(
                problem, where=f"{lot.gtin}/{lot.lot}",
                fix=f"labels are printed for active lots, 1–{MAX_LABELS} at a time, "
                f"from slot 1–{per_page}",
                problem_vi="không in được nhãn: lô bị giữ, hoặc số lượng, vị trí không hợp lệ",
                fix_vi=f"chỉ in cho lô đang lưu hành, 1–{MAX_LABELS} nhãn, từ ô 1–{per_page}",
            )  # fmt: skip


def _content(
    lot: Lot, product: Product, organisation: Organisation, domain: str, serial: str | None
) -> LabelContent:
    return LabelContent(
        uri=lot_uri(domain, lot, organisation, serial=serial),
        product_name=product.name_vi,
        organisation_name=organisation.name,
        gtin=lot.gtin,
        lot=lot.lot if serial is None else f"{lot.lot} · {serial}",
        packed_on=local_date(lot.packed_at) if lot.packed_at else None,
        short_code=lot.short_code,
        location_code=organisation.gln or organisation.location_code,
        simulated=product.simulated or organisation.simulated,
    )


def _write_whole(path: Path, content: bytes) -> None:
    """Write, fsync and rename, so that no half sheet is ever found."""
    partial = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise LabelError(
            f"cannot be written: {error.strerror or error}", where=str(path), field="--out",
            fix="name a file in a folder that can be written to",
            problem_vi="không ghi được tệp này", fix_vi="hãy chọn tệp trong thư mục ghi được",
        ) from error  # fmt: skip


def _record(
    session: Session,
    lot: Lot,
    stock: str,
    contents: list[LabelContent],
    pdf: bytes,
    report: SheetReport,
    out: Path,
    now: Utc,
    start_slot: int,
) -> LabelSheet:
    sheet = LabelSheet(
        gtin=lot.gtin, lot=lot.lot, stock=stock, layout_version=LAYOUT_VERSION, printed_at=now,
        path=str(out), sha256=hashlib.sha256(pdf).hexdigest(),
        symbols=report.symbols, decoded=report.decoded,
    )  # fmt: skip
    session.add(sheet)
    session.flush()
    assert sheet.id is not None
    for slot, content in enumerate(contents, start=start_slot):
        _, _, serial = content.lot.partition(" · ")
        session.add(
            Label(
                sheet_id=sheet.id, slot=slot, gtin=lot.gtin, lot=lot.lot, serial=serial,
                uri=content.uri,
            )
        )  # fmt: skip
    session.flush()
    return sheet


def sheet_path(folder: Path, session: Session, lot: Lot) -> Path:
    """Return where the next sheet of a lot is kept: no earlier one is overwritten.

    Lot numbers may hold ``/`` and ``.``; they are escaped, so that the file stays in `folder`.
    """
    number = len(sheets_of(session, lot.gtin, lot.lot)) + 1
    name = f"{lot.gtin}-{quote(lot.lot, safe='')}"
    return folder / (f"{name}.pdf" if number == 1 else f"{name}-{number}.pdf")


def sheets_of(session: Session, gtin: str, lot: str) -> list[LabelSheet]:
    """Return the sheets printed for a lot, oldest first."""
    return list(
        session.exec(
            select(LabelSheet)
            .where(LabelSheet.gtin == gtin, LabelSheet.lot == lot)
            .order_by(col(LabelSheet.id))
        ).all()
    )


def payloads_of(session: Session, pdf: bytes) -> list[str] | None:
    """Return what the print ledger says a sheet's symbols hold; None for an unknown sheet."""
    sheet = session.exec(
        select(LabelSheet).where(LabelSheet.sha256 == hashlib.sha256(pdf).hexdigest())
    ).first()
    if sheet is None:
        return None
    labels = session.exec(
        select(Label).where(Label.sheet_id == sheet.id).order_by(col(Label.slot))
    ).all()
    return [label.uri for label in labels]
