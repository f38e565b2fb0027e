"""Vietnam's trace code as a conformant Digital Link.

Circular 02/2024/TT-BKHCN asks for product trace code + location trace code + lot + event
time in one carrier: ``https://DOMAIN/01/GTIN/10/LOT[/21/SERIAL]?416=GLN&8008=YYMMDDhhmm``.
The time is local clock time (AI 8008 carries no zone; GenSpecs 3.9.7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agridata.errors import UsageError
from agridata.vocabulary import Utc, to_local, to_utc
from traceability.errors import IdentifierError
from traceability.identifiers._digital_link import build_digital_link, parse_digital_link

__all__ = ["TraceCode", "build_trace_code", "parse_trace_code"]

_HALF_CENTURY = 50


@dataclass(frozen=True, slots=True)
class TraceCode:
    """What a trace code says; what it does not say is None.

    Parameters
    ----------
    gtin
        Product, 14 digits.
    lot, serial
        Batch or lot, and the single item's number.
    gln
        Production or service location, 13 digits; None where the place has no GLN.
    produced_at
        Production time (UTC).
    """

    gtin: str
    lot: str | None = None
    serial: str | None = None
    gln: str | None = None
    produced_at: Utc | None = None


def build_trace_code(
    domain: str,
    gtin: str,
    lot: str,
    gln: str | None,
    produced_at: datetime | None,
    serial: str | None = None,
) -> str:
    """Build the link that a label carries.

    Parameters
    ----------
    domain
        Where the link resolves.
    gtin
        8, 12, 13 or 14 digits.
    lot, serial
        At most 20 characters of CSET 82 each.
    gln
        Production location, or None: a place without GLN gets no invented one.
    produced_at
        Aware time; written to the minute on the province's clock.

    Raises
    ------
    IdentifierError
        If one of the values is not valid.
    UsageError
        If `produced_at` is naive.
    """
    elements = {"01": gtin, "10": lot}
    if serial:
        elements["21"] = serial
    if gln:
        elements["416"] = gln
    if produced_at is not None:
        elements["8008"] = _minute(produced_at)
    return build_digital_link(elements, domain)


def _minute(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise UsageError(
            "the production time has no zone", field="produced_at", fix="pass an aware time"
        )
    return to_local(moment).strftime("%y%m%d%H%M")


def parse_trace_code(uri: str) -> TraceCode:
    """Read a trace code back; the inverse of `build_trace_code`.

    Raises
    ------
    IdentifierError
        If the link is malformed or names no product.
    """
    elements = parse_digital_link(uri, short_gtin=True)
    if "01" not in elements:
        raise IdentifierError(
            "the link names no product",
            field="01",
            fix="a trace code begins with /01/GTIN",
            problem_vi="đường dẫn không có mã sản phẩm",
            fix_vi="mã truy xuất bắt đầu bằng /01/GTIN",
        )
    time = elements.get("8008")
    return TraceCode(
        gtin=elements["01"],
        lot=elements.get("10"),
        serial=elements.get("21"),
        gln=elements.get("416"),
        produced_at=None if time is None else _moment(time),
    )


def _moment(text: str) -> Utc:
    """Read YYMMDDhh[mm[ss]] of the province's clock (GenSpecs 7.12: 51–99 are the 1900s)."""
    year = int(text[:2])
    century = "20" if year <= _HALF_CENTURY else "19"
    return to_utc(datetime.strptime(century + text.ljust(12, "0"), "%Y%m%d%H%M%S"))  # noqa: DTZ007  to_utc adds the province's zone
