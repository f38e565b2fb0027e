"""What a certificate or code must look like: an error where law says so, else a warning."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agridata.registry._gs1 import is_gln

__all__ = ["CERTIFICATE_KINDS", "CODE_KINDS", "NO_DECISION", "NumberRule", "Told", "rule_of"]

CERTIFICATE_KINDS = ("vietgap", "globalgap", "organic", "ocop")
CODE_KINDS = ("growing_area", "packing_house", "pond", "gacc", "external_uid")


@dataclass(frozen=True, slots=True)
class Told:
    """A fault of a number, in both languages; `fatal` where a law fixes the form."""

    problem: str
    fix: str
    problem_vi: str
    fix_vi: str
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class NumberRule:
    """How a number of one kind is written.

    Parameters
    ----------
    check
        Returns the number as it is stored, and what is wrong with it (None: nothing).
    needs_market
        The code is given for one market.
    needs_end
        The scheme issues it for a limited time: without its last day it cannot be checked.
    """

    check: Callable[[str], tuple[str, Told | None]]
    needs_market: bool = False
    needs_end: bool = False
    source: str = ""


NO_DECISION = Told(
    "is blank: an OCOP rank rests on a decision", "copy its number from the certificate",
    "thiếu số quyết định công nhận hạng sao", "hãy chép số quyết định",
)  # fmt: skip

POND = re.compile(r"([0-9]{2})-?([0-9]{2})-?([0-9]{4})-?([0-9]{3})")
PANGASIUS = "01"
GROWING_AREA = re.compile(r"VN-?[A-Z]{2}OR-?[0-9]{3,4}")
PACKING_HOUSE = re.compile(r"VN-?[A-Z]{2}PH-?[0-9]{3,4}")
GACC = re.compile(r"[A-Z0-9]{6,30}")


def _pond(number: str) -> tuple[str, Told | None]:
    """Check ``AA-BB-CCCC-DDD``: province, species, farm 0001–9999, pond 001–999."""
    found = POND.fullmatch(number)
    if found is None or found[3] == "0000" or found[4] == "000":
        return number, Told(
            f"{number!r} is not a pond code (AA-BB-CCCC-DDD: province, species, farm "
            "0001-9999, pond 001-999; Decree 55/2017 art. 4)",
            "copy the 11 digits from the decision that gave the code",
            f"{number!r} không phải mã số ao nuôi 11 chữ số (Nghị định 55/2017, điều 4)",
            "hãy chép lại từ giấy xác nhận mã số", fatal=True,
        )  # fmt: skip
    written = "-".join(found.groups())
    if found[2] == PANGASIUS:
        return written, None
    return written, Told(
        f"species {found[2]} of {written} is not 01 (cá tra), the only one that the decree names",
        "check the third and fourth digit",
        f"mã loài {found[2]} không phải 01 (cá tra), loài duy nhất nghị định nêu",
        "hãy xem lại chữ số thứ ba và thứ tư",
    )


def _free(number: str) -> tuple[str, Told | None]:
    return number, None


def _shaped(pattern: re.Pattern[str], example: str) -> Callable[[str], tuple[str, Told | None]]:
    def check(number: str) -> tuple[str, Told | None]:
        if pattern.fullmatch(number):
            return number, None
        return number, Told(
            f"{number!r} does not look like the codes seen so far ({example}); the rule itself "
            "is not confirmed, so it was kept", "compare it with the paper",
            f"{number!r} không giống các mã đã thấy ({example}); quy tắc chưa được xác nhận nên "
            "vẫn được giữ", "hãy đối chiếu với giấy cấp mã",
        )  # fmt: skip

    return check


def _ggn(number: str) -> tuple[str, Told | None]:
    if is_gln(number):
        return number, None
    return number, Told(
        f"{number!r} is not a GGN as they are usually written (13 digits, the last one the "
        "GS1 check digit)", "compare it with the certificate",
        f"{number!r} không giống mã GGN (13 chữ số, số cuối là số kiểm tra GS1)",
        "hãy đối chiếu với giấy chứng nhận",
    )  # fmt: skip


RULES: Mapping[str, NumberRule] = {
    "vietgap": NumberRule(_free, needs_end=True),
    "globalgap": NumberRule(_ggn, needs_end=True, source="GGN on certificates seen; unconfirmed"),
    "organic": NumberRule(_free, needs_end=True),
    "ocop": NumberRule(_free, needs_end=True),
    "growing_area": NumberRule(
        _shaped(GROWING_AREA, "VN-TGOR-0037"), needs_market=True,
        source="codes seen; TCCS 774:2020/BVTV not on file",
    ),
    "packing_house": NumberRule(
        _shaped(PACKING_HOUSE, "VN-TGPH-0012"), needs_market=True,
        source="codes seen; TCCS 774:2020/BVTV not on file",
    ),
    "pond": NumberRule(_pond, source="Decree 55/2017/NĐ-CP art. 4"),
    "gacc": NumberRule(
        _shaped(GACC, "capital letters and digits"), source="GACC decree 280; unconfirmed"
    ),
    "external_uid": NumberRule(_free),
}  # fmt: skip
"""Kind → rule. The kinds together are `CERTIFICATE_KINDS` and `CODE_KINDS`."""


def rule_of(kind: str) -> NumberRule:
    """Return the rule of a kind of certificate or code."""
    return RULES[kind]
