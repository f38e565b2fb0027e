"""The rules: each belongs to one of the four figures and says how to raise it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["DIMENSIONS", "EXAMPLES_KEPT", "RULES", "Check", "Rule", "Tally", "tallied"]

DIMENSIONS: Mapping[str, tuple[str, str]] = {
    "correct": ("Đúng", "Correct"),
    "complete": ("Đủ", "Complete"),
    "clean": ("Sạch", "Clean"),
    "live": ("Sống", "Live"),
}
"""The four figures in the order in which they are always shown."""

EXAMPLES_KEPT = 5
"""Keys kept per rule and data set, so that a person can begin; exports hold the rest."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is counted: what it is called, and what to do where it fails."""

    dimension: str
    vi: str
    en: str
    fix_vi: str
    fix_en: str


RULES: Mapping[str, Rule] = {
    "check_digit": Rule(
        "correct", "số kiểm tra của GTIN, GLN", "check digit of GTIN and GLN",
        "đối chiếu mã với giấy chứng nhận GS1 rồi sửa",
        "compare the code with the GS1 certificate and correct it",
    ),
    "possible_value": Rule(
        "correct", "giá trị có thể có", "value that can be",
        "xem lại phiếu đo, sửa lỗi gõ hoặc kiểm tra cảm biến",
        "look at the sheet, correct the typing error or check the sensor",
    ),
    "figures_agree": Rule(
        "correct", "số liệu khớp nhau (diện tích × năng suất, tổng)",
        "figures agree (area × yield, sums)",
        "chạy `agridata statistics check` rồi hỏi lại nơi công bố",
        "run `agridata statistics check` and ask the publisher",
    ),
    "unit_of_value": Rule(
        "correct", "đúng đơn vị (tạ/ha, tấn/ha)", "right unit (quintal/ha, t/ha)",
        "sửa tên cột hoặc giá trị theo đúng đơn vị", "correct the column's unit or the value",
    ),
    "position": Rule(
        "correct", "vị trí trong nước, không đảo trục", "position in the country, axes in order",
        "ghi kinh độ trước, vĩ độ sau, rồi nạp lại", "write longitude first and import again",
    ),
    "place_agrees": Rule(
        "correct", "vị trí nằm trong xã đã khai", "position inside the commune named",
        "sửa mã xã hoặc toạ độ", "correct the commune or the position",
    ),
    "shape": Rule(
        "correct", "đường bao không tự cắt", "outline does not cross itself",
        "sửa hình (QGIS: Fix geometries) rồi nạp lại",
        "repair the shape (QGIS: Fix geometries) and import again",
    ),
    "area_agrees": Rule(
        "correct", "diện tích khớp với hình vẽ", "area agrees with the shape",
        "đo lại thửa hoặc sửa diện tích khai", "measure the parcel again or correct the area",
    ),
    "dates_in_order": Rule(
        "correct", "ngày tháng đúng thứ tự", "dates in order",
        "sửa ngày gieo, ngày thu hoạch, ngày hiệu lực",
        "correct the days of sowing, harvest and validity",
    ),
    "rows_stored": Rule(
        "complete", "dòng trong tệp đã vào kho", "rows of the file that were stored",
        "sửa các dòng bị trả lại rồi nạp lại tệp",
        "repair the rows that were sent back and import the file again",
    ),
    "required_fields": Rule(
        "complete", "ô bắt buộc có giá trị", "required fields filled in",
        "bổ sung ô còn trống", "fill in what is blank",
    ),
    "series_unbroken": Rule(
        "complete", "số đo có đủ giữa lần đầu và lần cuối trong năm",
        "readings present between the first and the last of the year",
        "nạp phần còn thiếu, kiểm tra đường truyền",
        "import what is missing, check the transmission",
    ),
    "station_reports": Rule(
        "complete", "trạm có số đo", "station has readings",
        "nạp số đo của trạm hoặc ghi trạm đã ngừng",
        "import the station's readings or end the station",
    ),
    "years_present": Rule(
        "complete", "năm có đủ trong chuỗi thống kê", "years present in the series",
        "tìm niên giám của năm còn thiếu", "find the yearbook of the missing year",
    ),
    "text_form": Rule(
        "clean", "chữ đúng chuẩn Unicode NFC, không thừa khoảng trắng",
        "text in Unicode NFC, no stray spaces",
        "nạp lại tệp: bộ nạp tự chuẩn hoá chữ", "import the file again: the intake normalises",
    ),
    "unique": Rule(
        "clean", "không trùng", "no duplicate", "giữ một bản, kết thúc hiệu lực bản kia",
        "keep one, end the other",
    ),
    "reference": Rule(
        "clean", "mã xã có trong danh mục", "commune code in the list",
        "sửa mã theo danh mục đơn vị hành chính", "correct the code by the list of units",
    ),
    "no_overlap": Rule(
        "clean", "thửa không chồng lên thửa khác", "parcel does not overlap another",
        "xem hai thửa trên bản đồ, vẽ lại ranh", "look at both on the map, draw the border again",
    ),
    "own_reading": Rule(
        "clean", "số đo không chép lại, không đứng im cả mùa",
        "reading is no copy and not one value all season",
        "kiểm tra cảm biến và sổ đo của trạm", "check the sensor and the station's book",
    ),
    "own_year": Rule(
        "clean", "năm thống kê không chép năm trước", "year of statistics is no copy",
        "hỏi lại nơi công bố bảng của năm đó", "ask the publisher for that year's table",
    ),
    "fresh": Rule(
        "live", "số đo mới", "fresh readings",
        "kiểm tra trạm, nối lại đường truyền", "check the station, connect it again",
    ),
    "arrived_in_time": Rule(
        "live", "số đo về kịp thời", "readings arrived in time",
        "kiểm tra đường truyền và bộ đệm của thiết bị", "check the link and the device's buffer",
    ),
    "code_in_force": Rule(
        "live", "mã xã còn hiệu lực", "commune code in force",
        "đổi sang mã mới: `agridata places convert`",
        "change to the new code: `agridata places convert`",
    ),
    "certificate_in_force": Rule(
        "live", "chứng nhận còn hạn", "certificate in force",
        "gia hạn chứng nhận hoặc ghi đã hết hạn", "renew the certificate or record its end",
    ),
    "planting_recent": Rule(
        "live", "thửa có vụ gieo trồng trong 12 tháng qua",
        "parcel has a planting of the last 12 months",
        "ghi vụ hiện tại vào nhật ký", "record the present season",
    ),
    "statistics_recent": Rule(
        "live", "thống kê mới trong 2 năm", "statistics of the last two years",
        "nạp niên giám mới nhất", "import the newest yearbook",
    ),
    "scene_recent": Rule(
        "live", "ảnh mới trong 35 ngày", "image of the last 35 days",
        "nạp ảnh mới", "add a new image",
    ),
    "reviewed": Rule(
        "live", "bộ dữ liệu được nạp lại trong 12 tháng", "data set loaded within 12 months",
        "lấy bản mới từ nguồn rồi nạp lại", "take the new edition from its source",
    ),
}  # fmt: skip
"""Every rule, by figure. docs/quality.md explains each; a test compares the two."""


@dataclass(slots=True)
class Tally:
    """How many things one rule checked in one data set (and unit), and how many failed."""

    checked: int = 0
    failing: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add the counts of another tally."""
        self.checked += other.checked
        self.failing += other.failing
        room = EXAMPLES_KEPT - len(self.examples)
        self.examples += other.examples[: max(room, 0)]


@dataclass(frozen=True, slots=True)
class Check:
    """The tally of one rule in one data set and unit ("" where no unit is meant)."""

    rule: str
    data_set: str
    unit: str
    tally: Tally


def tallied(rule: str, outcomes: Iterable[tuple[str, str, bool, str]]) -> list[Check]:
    """Count outcomes ``(data set, unit, passed, key)`` of one rule."""
    checked: Counter[tuple[str, str]] = Counter()
    failing: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], list[str]] = {}
    for data_set, unit, passed, key in outcomes:
        checked[data_set, unit] += 1
        if not passed:
            failing[data_set, unit] += 1
            kept = examples.setdefault((data_set, unit), [])
            if len(kept) < EXAMPLES_KEPT:
                kept.append(key)
    return [
        Check(rule, *place, Tally(number, failing[place], examples.get(place, [])))
        for place, number in checked.items()
    ]
