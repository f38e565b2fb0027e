"""The postcode of a digital address: a checked value, never a guess."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agridata.errors import InputError

__all__ = ["Postcode"]


@dataclass(frozen=True, slots=True)
class Postcode:
    """A Vietnamese national postcode: five digits, leading zeros kept.

    Two digits stand for the region and province, four for the district or communes of an
    area, five for the delivery object. Only the form is checked: no list of issued codes
    is part of this project.

    Raises
    ------
    InputError
        If `text` is not five digits (spaces around it are ignored). Six digits are the
        code of before 2018, which no rule turns into the present one.
    """

    text: str

    def __post_init__(self) -> None:
        digits = self.text.strip()
        if not re.fullmatch(r"[0-9]{5}", digits):
            old = re.fullmatch(r"[0-9]{6}", digits) is not None
            raise InputError(
                f"{self.text!r} is not a postcode of five digits"
                + (" (six were used until 2018)" if old else ""),
                field="postcode",
                fix="write the five digits, with the leading zero; look old codes up anew",
                problem_vi=f"{self.text!r} không phải là mã bưu chính 5 chữ số",
                fix_vi="hãy ghi đủ 5 chữ số, giữ số 0 ở đầu; mã 6 số cũ phải tra lại",
            )
        object.__setattr__(self, "text", digits)

    def __str__(self) -> str:
        return self.text
