"""Why a row of readings was rejected, in words, at most one reason per row."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from agridata.errors import Finding
from agridata.observations._tables import Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Rejections"]

Reason = Callable[[str, str, str], Finding]
"""(where, field, text of the cell or other detail) -> Finding"""

DATE_SHAPE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}[/-]\d{1,2}[/-]\d{4}")


class Rejections:
    """Collects rejected rows of a table; the first reason found for a row stays."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._found: dict[int, Finding] = {}

    @property
    def rows(self) -> list[int]:
        """Row numbers rejected so far."""
        return list(self._found)

    def add(
        self,
        bad: pd.Series[bool],
        field: str,
        reason: Reason,
        detail: pd.Series[str] | None = None,
    ) -> None:
        """Reject every row where `bad` is true; `detail` is quoted in the reason."""
        for label in bad.index[bad.to_numpy()]:
            number = int(label)
            if number not in self._found:
                text = "" if detail is None else str(detail[label])
                self._found[number] = reason(self._table.where(number), field, text)

    def findings(self) -> list[Finding]:
        """Return the reasons in the order of the file."""
        return [self._found[number] for number in sorted(self._found)]


def no_station(where: str, field: str, _text: str) -> Finding:
    return Finding(where, field, "is blank", "name the station", "bị bỏ trống", "hãy ghi mã trạm")


def unknown_station(where: str, field: str, text: str) -> Finding:
    return Finding(
        where, field, f"no station has the key {text!r}",
        "import stations first (agridata observe stations import FILE)",
        f"không có trạm {text!r}", "hãy nhập danh sách trạm trước",
    )  # fmt: skip


def bad_time(where: str, field: str, text: str) -> Finding:
    fix = "write 2020-01-03 01:00:00 (or 03/01/2020 01:00, day first)"
    fix_vi = "hãy ghi 2020-01-03 01:00:00 hoặc 03/01/2020 01:00"
    if DATE_SHAPE.match(text):
        return Finding(
            where, field, f"{text!r} is not in the calendar or on the clock", fix,
            f"{text!r} không có trong lịch", fix_vi,
        )  # fmt: skip
    return Finding(
        where, field, f"{text!r} is not a time", fix, f"{text!r} không phải thời gian", fix_vi
    )


def in_future(where: str, field: str, text: str) -> Finding:
    return Finding(
        where, field, f"{text!r} lies in the future", "check the date and the time zone",
        f"{text!r} nằm ở tương lai", "hãy kiểm tra ngày và múi giờ",
    )  # fmt: skip


def bad_number(where: str, field: str, text: str) -> Finding:
    fix = "write a finite number with a decimal point, for example 0.5"
    if re.fullmatch(r"[+-]?\d+,\d+", text):
        fix = f"write a decimal point: {text.replace(',', '.')}"
    return Finding(
        where, field, f"{text!r} is not a number", fix,
        f"{text!r} không phải là số", "hãy ghi số với dấu chấm thập phân, ví dụ 0.5",
    )  # fmt: skip


def no_value(where: str, field: str, _text: str) -> Finding:
    return Finding(
        where, field, "no value was measured", "leave the row out, or give the value",
        "không có giá trị đo", "hãy bỏ dòng này hoặc ghi giá trị",
    )  # fmt: skip


def repeated(where: str, field: str, text: str) -> Finding:
    return Finding(
        where, field, f"same station and time as row {text}", "keep one of the two rows",
        f"trùng trạm và thời gian với dòng {text}", "hãy giữ một trong hai dòng",
    )  # fmt: skip


def stored_elsewhere(where: str, field: str, text: str) -> Finding:
    return Finding(
        where, field, f"this station and time is already stored from data set {text!r}",
        "leave the row out; the first source stays",
        f"trạm và thời gian này đã có từ bộ dữ liệu {text!r}", "hãy bỏ dòng này",
    )  # fmt: skip


def no_temperature(where: str, field: str, _text: str) -> Finding:
    return Finding(
        where, field, "conductivity without the water's temperature",
        "give the temperature in °C of this row",
        "độ dẫn điện thiếu nhiệt độ nước", "hãy ghi nhiệt độ nước (°C) của dòng này",
    )  # fmt: skip


def not_convertible(where: str, field: str, text: str) -> Finding:
    return Finding(
        where, field, f"cannot become a salinity by PSS-78: {text}",
        "check the value, its unit and the temperature",
        "không đổi được sang độ mặn theo PSS-78", "hãy kiểm tra giá trị, đơn vị và nhiệt độ",
    )  # fmt: skip
