"""Why a row or a file is refused: one name, one phrase and one way out for each reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from agridata.errors import Finding, InputError

__all__ = [
    "REASONS",
    "Defect",
    "NamedFinding",
    "Reason",
    "finding",
    "named",
    "reason_of",
    "refused",
]


class Reason(NamedTuple):
    """The phrase that opens every such problem, and what to do about it."""

    phrase: str
    fix: str
    phrase_vi: str
    fix_vi: str


@dataclass(frozen=True, slots=True)
class NamedFinding(Finding):
    """A finding whose `reason` is one of `REASONS`, for scripts."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Defect:
    """What reading already found wrong with one row: a reason and its details."""

    reason: str
    detail: str = ""
    field: str = "geometry"


_QGIS = "repair it (QGIS: Fix geometries), then look whether the area is still right"
_QGIS_VI = "hãy sửa hình (QGIS: Fix geometries) rồi xem lại diện tích"

REASONS = {
    # of a row
    "no_geometry": Reason(
        "the row has no shape", "draw the shape, or take the row out",
        "dòng này không có hình", "hãy vẽ hình, hoặc bỏ dòng này",
    ),
    "empty_geometry": Reason(
        "the shape is empty, it has no points", "draw the shape, or take the row out",
        "hình rỗng, không có điểm nào", "hãy vẽ hình, hoặc bỏ dòng này",
    ),
    "unclosed_ring": Reason(
        "a ring is not closed: its last point is not its first",
        "repeat the first point at the end of the ring",
        "vòng chưa khép kín: điểm cuối khác điểm đầu", "hãy lặp lại điểm đầu ở cuối vòng",
    ),
    "short_ring": Reason(
        "a ring has too few points, an area needs three corners and the first again",
        "draw the missing corners",
        "vòng có quá ít điểm, một vùng cần ba góc và lặp lại điểm đầu",
        "hãy vẽ đủ các góc",
    ),
    "not_a_shape": Reason(
        "the shape cannot be read", "draw it again, or correct the text of the shape",
        "không đọc được hình", "hãy vẽ lại, hoặc sửa phần ghi hình",
    ),
    "not_a_feature": Reason(
        "the member is not a GeoJSON feature", 'give it "type": "Feature"',
        "phần tử không phải là đối tượng GeoJSON", 'hãy ghi "type": "Feature"',
    ),
    "not_a_number": Reason(
        "a coordinate is not a number in decimal form", "write 105.7812 and 10.0341",
        "tọa độ không phải là số thập phân", "hãy viết 105.7812 và 10.0341",
    ),
    "decimal_comma": Reason(
        "a coordinate is written with a decimal comma", "write a point: 105.7812",
        "tọa độ viết bằng dấu phẩy thập phân", "hãy dùng dấu chấm: 105.7812",
    ),
    "non_finite": Reason(
        "a coordinate is not finite (NaN or infinity)", "give the true position",
        "tọa độ không hữu hạn (NaN hoặc vô cực)", "hãy ghi vị trí thật",
    ),
    "too_many_vertices": Reason(
        "too many vertices", "simplify the shape (1 m is enough)",
        "có quá nhiều đỉnh", "hãy đơn giản hóa hình (1 m là đủ)",
    ),
    "swapped_axes": Reason(
        "the axes are swapped: latitude stands where longitude belongs",
        "write longitude (x, easting) first, latitude (y, northing) second",
        "hai trục bị đảo: vĩ độ đứng ở chỗ kinh độ", "hãy ghi kinh độ (x) trước, vĩ độ (y) sau",
    ),
    "degrees_in_metres": Reason(
        "coordinates look like degrees", "correct the CRS: --crs EPSG:4326",
        "tọa độ có vẻ là độ", "hãy sửa hệ tọa độ: --crs EPSG:4326",
    ),
    "off_earth": Reason(
        "coordinates are not a place on Earth", "check the CRS of the file: --crs …",
        "tọa độ không nằm trên Trái Đất", "hãy kiểm tra hệ tọa độ của tệp: --crs …",
    ),
    "mixed_types": Reason(
        "mixes points, lines and areas in one shape", "split it into one row per shape",
        "trộn điểm, đường và vùng trong một hình", "hãy tách mỗi hình một dòng",
    ),
    "self_crossing": Reason(
        "a ring crosses itself", _QGIS, "đường bao tự cắt", _QGIS_VI,
    ),
    "not_valid": Reason(
        "the shape is not valid", _QGIS, "hình không hợp lệ", _QGIS_VI,
    ),
    "hole": Reason(
        "the area has a hole, which these rules forbid", "split it so that no part has a hole",
        "vùng có lỗ, quy tắc này không cho phép", "hãy chia hình để không còn lỗ",
    ),
    "sliver": Reason(
        "the area is a sliver", "merge it with its neighbour, or take it out",
        "vùng là một mảnh vụn", "hãy gộp vào thửa bên cạnh, hoặc bỏ đi",
    ),
    "duplicate": Reason(
        "duplicate", "remove one of the two",
        "bị trùng với một dòng khác", "hãy bỏ một trong hai",
    ),
    "overlap": Reason(
        "overlaps another parcel", "correct the common boundary of the two",
        "chồng lên thửa khác", "hãy sửa ranh giới chung của hai thửa",
    ),
    "outside_province": Reason(
        "lies outside the province", "check the position, or the CRS of the file",
        "nằm ngoài địa phận tỉnh", "hãy kiểm tra vị trí hoặc hệ tọa độ của tệp",
    ),
    "not_an_area": Reason(
        "is not an area", "draw the outline",
        "không phải là vùng", "hãy vẽ đường bao",
    ),
    "no_identity": Reason(
        "has no identity", "give every feature a code",
        "không có mã", "hãy ghi mã cho mỗi đối tượng",
    ),
    "unknown_code": Reason(
        "refers to a code that is not in the workspace",
        "import it first, or leave the attribute empty",
        "dẫn tới mã chưa có trong kho dữ liệu", "hãy nhập trước, hoặc để trống",
    ),
    "attribute": Reason(
        "an attribute cannot be used", "correct it",
        "một thuộc tính không dùng được", "hãy sửa lại",
    ),
    "other_crs": Reason(
        "the row names another CRS than the rows before", "put rows of one CRS into one file",
        "dòng này ghi hệ tọa độ khác các dòng trước", "hãy tách mỗi hệ tọa độ một tệp",
    ),
    "too_many_cells": Reason(
        "the row has more cells than the header",
        "quote cells with commas; write 105.7812, not 105,7812",
        "dòng có nhiều ô hơn tiêu đề", "hãy đặt ô có dấu phẩy trong ngoặc kép; viết 105.7812",
    ),
    # of a plot (rule sets)
    "no_plot_id": Reason(
        "the plot has no stable identifier", "give every plot a plot_id that never changes",
        "thửa không có mã cố định", "hãy ghi plot_id cố định cho mỗi thửa",
    ),
    "geometry_type": Reason(
        "this type of shape is not accepted", "draw a point or an area",
        "loại hình này không được chấp nhận", "hãy vẽ điểm hoặc vùng",
    ),
    "plot_needs_area": Reason(
        "a plot of more than 4 ha needs its outline, a point is not enough", "draw the polygon",
        "thửa trên 4 ha phải có đường bao, không chỉ một điểm", "hãy vẽ đường bao",
    ),
    "plot_area": Reason(
        "the area of a point must be 0.1 to 4 ha", "correct Area, in hectares",
        "diện tích của điểm phải từ 0,1 đến 4 ha", "hãy sửa Area, tính bằng héc-ta",
    ),
    "country": Reason(
        "the country is not a two-letter ISO 3166 code", "write VN, GH, CI …",
        "mã nước không phải hai chữ cái ISO 3166", "hãy viết VN, GH, CI …",
    ),
    "few_decimals": Reason(
        "fewer than 6 decimals", "give latitude and longitude with six decimals",
        "có ít hơn 6 chữ số thập phân", "hãy ghi vĩ độ và kinh độ với sáu chữ số thập phân",
    ),
    "no_country": Reason(
        "no ProducerCountry, which a type II file must have", "write VN, GH, CI …",
        "chưa có ProducerCountry mà tệp loại II phải có", "hãy viết VN, GH, CI …",
    ),
    # notes: the row lands all the same
    "many_decimals": Reason(
        "more than 6 decimals", "6 decimals are 11 cm; more is noise",
        "có hơn 6 chữ số thập phân", "6 chữ số là 11 cm; nhiều hơn là thừa",
    ),
    "outside_country": Reason(
        "lies outside Viet Nam", "check the position", "nằm ngoài Việt Nam", "hãy kiểm tra vị trí",
    ),
    "small_overlap": Reason(
        "touches another parcel with a small overlap", "correct the boundary when you are there",
        "chồng một phần nhỏ lên thửa khác", "hãy sửa ranh giới khi có dịp",
    ),
    "other_type": Reason(
        "is of another type than most shapes of the layer", "put points, lines and areas apart",
        "khác loại với đa số hình của lớp", "hãy tách điểm, đường và vùng",
    ),
    "published_area": Reason(
        "the published area is not the polygon's", "ask the source which of the two is right",
        "diện tích công bố khác diện tích của hình", "hãy hỏi nơi cung cấp con số nào đúng",
    ),
    "assumed_wgs84": Reason(
        "the table names no CRS; its numbers are degrees and are taken for WGS 84",
        "name the CRS to be sure: --crs EPSG:4326 or EPSG:4756 (VN-2000)",
        "bảng không ghi hệ tọa độ; các số là độ nên được hiểu là WGS 84",
        "hãy ghi rõ: --crs EPSG:4326 hoặc EPSG:4756 (VN-2000)",
    ),
    # of a file
    "not_a_collection": Reason(
        "is not a GeoJSON FeatureCollection of plots", "export the plots as GeoJSON again",
        "không phải FeatureCollection dạng GeoJSON", "hãy xuất lại các thửa dạng GeoJSON",
    ),
    "file_too_large": Reason(
        "the file is too large", "split it", "tệp quá lớn", "hãy chia nhỏ tệp",
    ),
    "other_datum": Reason(
        "coordinates are not in WGS 84", "transform them to WGS 84 (EPSG:4326)",
        "tọa độ không theo WGS 84", "hãy chuyển sang WGS 84 (EPSG:4326)",
    ),
    "missing_crs": Reason(
        "does not say its coordinate reference system (CRS)",
        "name it: --crs EPSG:32648 (UTM 48N), EPSG:4326 …",
        "tệp không ghi hệ tọa độ", "hãy ghi rõ: --crs EPSG:32648 …",
    ),
    "wrong_extension": Reason(
        "the name does not fit the content", "give the file its true suffix",
        "đuôi tệp không khớp nội dung", "hãy đặt đúng đuôi tệp",
    ),
    "unsafe_archive": Reason(
        "the archive is not safe to unpack", "zip the files of the layer again, and nothing else",
        "tệp nén không an toàn", "hãy nén lại riêng các tệp của lớp bản đồ",
    ),
    "archive_bomb": Reason(
        "the archive unpacks to too much", "zip the files of the layer again, and nothing else",
        "tệp nén bung ra quá lớn", "hãy nén lại riêng các tệp của lớp bản đồ",
    ),
    "incomplete_shapefile": Reason(
        "a Shapefile lacks one of its parts", "send .shp, .shx, .dbf and .prj together, zipped",
        "Shapefile thiếu thành phần", "hãy gửi đủ .shp, .shx, .dbf và .prj trong một tệp zip",
    ),
    "no_coordinates": Reason(
        "has no columns of coordinates", "name two columns lon and lat, or one wkt",
        "không có cột tọa độ", "hãy đặt tên hai cột lon và lat, hoặc một cột wkt",
    ),
}  # fmt: skip
"""Reason → its words. Names are part of the JSON output; phrases open the problem."""


def finding(
    where: str, reason: str, detail: str = "", *, field: str = "geometry", detail_vi: str = ""
) -> NamedFinding:
    """Return the finding `reason` at a place, with what is particular about it."""
    words = REASONS[reason]
    return NamedFinding(
        where, field, _joined(words.phrase, detail), words.fix,
        _joined(words.phrase_vi, detail_vi or detail), words.fix_vi, reason,
    )  # fmt: skip


def refused(where: str, reason: str, detail: str = "", *, field: str = "") -> InputError:
    """Return the error that refuses a whole file."""
    error = InputError.of([finding(where, reason, detail, field=field)])
    assert isinstance(error, InputError)
    return error


def _joined(phrase: str, detail: str) -> str:
    return f"{phrase}: {detail}" if detail else phrase


def reason_of(problem: str) -> str:
    """Return the reason whose phrase opens `problem`, "" if none does."""
    fitting = [name for name, words in REASONS.items() if problem.startswith(words.phrase)]
    return max(fitting, key=lambda name: len(REASONS[name].phrase), default="")


def named(known: Finding) -> Finding:
    """Return a finding that was stored as text with its reason and translation again."""
    reason = reason_of(known.problem)
    if isinstance(known, NamedFinding) or not reason:
        return known
    words = REASONS[reason]
    return NamedFinding(
        known.where, known.field, known.problem, words.fix, words.phrase_vi, words.fix_vi, reason
    )
