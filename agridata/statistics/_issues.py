"""What a check of statistics names: one thing that does not add up, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from agridata.statistics._subjects import MEASURES, SUBJECTS

__all__ = ["CHECKS", "SEASON_NAMES", "Issue", "subject_text"]

SEASON_NAMES: Mapping[str, tuple[str, str]] = {
    "winter_spring": ("Đông Xuân", "winter-spring"),
    "summer_autumn": ("Hè Thu", "summer-autumn"),
    "autumn_winter": ("Thu Đông", "autumn-winter"),
    "main_season": ("Mùa", "main season"),
    "year": ("cả năm", "whole year"),
}

CHECKS: Mapping[str, tuple[str, str, str]] = {
    "units_do_not_add_up": (
        "error", "tổng các tỉnh khác số cả nước", "the units do not add up to the whole",
    ),
    "seasons_do_not_add_up": (
        "error", "tổng các vụ khác số cả năm", "the seasons do not add up to the year",
    ),
    "parts_do_not_add_up": (
        "error", "tổng các thành phần khác tổng chung", "the parts do not add up to the whole",
    ),
    "production_not_area_times_yield": (
        "error", "sản lượng khác diện tích × năng suất", "production is not area × yield",
    ),
    "unit_slip": (
        "error", "sai đơn vị (gấp 10, 100, 1000)", "a slip of unit (10, 100, 1000 times)",
    ),
    "copied_year": ("error", "năm này chép lại năm trước", "the year repeats the year before"),
    "year_out_of_place": ("error", "năm ghi sai", "the year stands apart from the others"),
    "sources_differ": ("note", "hai nguồn khác nhau", "two sources differ"),
}  # fmt: skip
"""Check → severity and its name in Vietnamese and English. A note is no error of the table:
two sources may both be right at the time they were printed (2015–16 are preliminary)."""


COUNTED = ("units", "year")
"""Units of issues whose note says all: there is no pair of figures to show."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One named problem; `found` and `expected` are in `unit_of_value`."""

    check: str
    subject: str
    measure: str
    season: str
    year: int
    unit: str
    found: float
    expected: float
    unit_of_value: str
    data_set: str
    note_vi: str = ""
    note_en: str = ""

    @property
    def severity(self) -> str:
        """Return ``error`` or ``note``."""
        return CHECKS[self.check][0]

    @property
    def sentence_vi(self) -> str:
        """Return the problem in one Vietnamese sentence."""
        return self._sentence(0)

    @property
    def sentence_en(self) -> str:
        """Return the problem in one English sentence."""
        return self._sentence(1)

    def _sentence(self, lang: int) -> str:
        season = f", {SEASON_NAMES[self.season][lang]}" if self.season != "year" else ""
        unit = {"*": ("mọi đơn vị", "all units")}.get(self.unit, (self.unit, self.unit))[lang]
        what = f"{unit} {self.year}, {subject_text(self.subject, self.measure)[lang]}{season}"
        parts = [f"{what}: {CHECKS[self.check][1 + lang]}"]
        if self.unit_of_value not in COUNTED:
            parts.append(f"{self.found:,.10g} ≠ {self.expected:,.10g} {self.unit_of_value}")
        note = (self.note_vi, self.note_en)[lang]
        return "; ".join([*parts, note] if note else parts)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``agridata statistics check``."""
        return {
            **asdict(self), "severity": self.severity,
            "sentence_vi": self.sentence_vi, "sentence_en": self.sentence_en,
        }  # fmt: skip


def subject_text(subject: str, measure: str) -> tuple[str, str]:
    """Return "diện tích gieo trồng lúa" and "rice, planted area"."""
    known, how = SUBJECTS.get(subject), MEASURES.get(measure)
    vi, en = (known.vi, known.en) if known else (subject, subject)
    how_vi, how_en = (how.vi, how.en) if how else (measure, measure)
    return f"{how_vi} {vi}", f"{en}, {how_en}"
