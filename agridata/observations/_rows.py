"""One row of a file of nouns or figures: cells become values, or the row is rejected."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import TYPE_CHECKING

from agridata.errors import Finding, UsageError
from agridata.vocabulary import LonLat

if TYPE_CHECKING:
    from shapely import Point

__all__ = ["Row", "RowRejectedError"]

NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
YEAR = re.compile(r"[0-9]{4}")
TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}


class RowRejectedError(Exception):
    """Carries the finding of a rejected row to the loop that collects them."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(finding.problem)


class Row:
    """Cells of one row (or feature) by column name, with where they stand."""

    def __init__(self, where: str, cells: Mapping[str, str]) -> None:
        self.where = where
        self._cells = cells

    def rejected(
        self, field: str, problem: str, fix: str, problem_vi: str = "", fix_vi: str = ""
    ) -> RowRejectedError:
        """Return the error that rejects this row; raise it."""
        return RowRejectedError(Finding(self.where, field, problem, fix, problem_vi, fix_vi))

    def optional(self, field: str) -> str:
        """Return a cell, "" where blank."""
        return self._cells.get(field, "")

    def text(self, field: str, default: str = "") -> str:
        """Return a cell, `default` where blank; blank without default rejects the row."""
        text = self.optional(field) or default
        if text:
            return text
        raise self.rejected(
            field, "is blank", f"fill in {field}", "bị bỏ trống", f"hãy điền {field}"
        )

    def choice(self, field: str, choices: Collection[str], default: str = "") -> str:
        """Return a cell that must be one of `choices`."""
        text = self.text(field, default)
        if text in choices:
            return text
        raise self.rejected(
            field, f"{text!r} is not known", f"use one of {', '.join(choices)}",
            f"{text!r} không hợp lệ", f"hãy dùng một trong {', '.join(choices)}",
        )  # fmt: skip

    def year(self, field: str, first: int, last: int) -> int:
        """Return a calendar year between `first` and `last`, both included."""
        text = self.text(field)
        if YEAR.fullmatch(text) and first <= int(text) <= last:
            return int(text)
        raise self.rejected(
            field, f"{text!r} is not a year between {first} and {last}",
            f"write the calendar year of the harvest, for example {last}",
            f"{text!r} không phải năm từ {first} đến {last}",
            f"hãy ghi năm thu hoạch, ví dụ {last}",
        )  # fmt: skip

    def known(self, field: str, codes: Collection[str], what: str, *, needed: bool) -> str | None:
        """Return a reference to something loaded before; None where blank and not needed."""
        text = self.text(field) if needed else self.optional(field)
        if not text:
            return None
        if text in codes:
            return text
        raise self.rejected(
            field, f"no {what} has the code {text!r}", f"add the {what} first",
            f"không có mã {text!r}", f"hãy khai báo {text!r} trước",
        )  # fmt: skip

    def amount(self, field: str) -> float | None:
        """Return a finite number that is not negative; None where blank."""
        text = self.optional(field)
        if not text:
            return None
        value = float(text) if NUMBER.fullmatch(text) else math.nan
        if not math.isfinite(value):
            raise self.rejected(
                field, f"{text!r} is not a number", "write a number with a decimal point",
                f"{text!r} không phải là số", "hãy ghi số với dấu chấm thập phân",
            )  # fmt: skip
        if value < 0:
            raise self.rejected(
                field, f"{text!r} is negative", "write a number ≥ 0",
                f"{text!r} là số âm", "hãy ghi số không âm",
            )  # fmt: skip
        return value

    def count(self, field: str) -> int | None:
        """Return a whole number that is not negative; None where blank."""
        value = self.amount(field)
        if value is None or value.is_integer():
            return None if value is None else int(value)
        raise self.rejected(
            field, f"{self.optional(field)!r} is not a whole number", "write a whole number",
            "không phải số nguyên", "hãy ghi số nguyên",
        )  # fmt: skip

    def day(self, field: str) -> date | None:
        """Return an ISO date; None where blank."""
        text = self.optional(field)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise self.rejected(
                field, f"{text!r} is not a date of the calendar", "write 2026-03-20",
                f"{text!r} không phải ngày", "hãy ghi 2026-03-20",
            ) from None  # fmt: skip

    def truth(self, field: str) -> bool:
        """Return true or false; blank is false."""
        text = self.optional(field).lower()
        if text in TRUTH:
            return TRUTH[text]
        raise self.rejected(field, f"{text!r} is neither true nor false", "write true or false")

    def point(self) -> Point | None:
        """Return the position of columns ``lon`` and ``lat``; None where both are blank."""
        if not (self.optional("lon") or self.optional("lat")):
            return None
        from shapely import Point

        numbers = [self.text(name) for name in ("lon", "lat")]
        if not all(NUMBER.fullmatch(number) for number in numbers):
            raise self.rejected(
                "lon,lat", f"({', '.join(numbers)}) is not a pair of numbers",
                "give both in decimal degrees, or neither",
                "toạ độ không phải là hai số", "hãy ghi theo độ thập phân",
            )  # fmt: skip
        try:
            position = LonLat(float(numbers[0]), float(numbers[1]))
        except UsageError as error:
            found = error.findings[0]
            raise self.rejected("lon,lat", found.problem, found.fix) from None
        return Point(position.lon, position.lat)
